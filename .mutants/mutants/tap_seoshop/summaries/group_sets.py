"""All groups of a customer in one record, made from the list of memberships."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tap_seoshop.records.normalize import link_id, text
from tap_seoshop.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["GroupSets"]

TABLE = "CREATE TABLE member (customer INTEGER, grp INTEGER, PRIMARY KEY (customer, grp)) WITHOUT ROWID"


class GroupSets:
    """Collects memberships in a temporary file, since a shop may have more than fit in memory."""

    def __init__(self) -> None:
        self._db = scratch(TABLE)

    def add(self, raw: Mapping[str, Any]) -> None:
        """Add a membership, in the form of the API; one without customer or group says nothing."""
        pair = (link_id(raw.get("customer")), link_id(raw.get("group")))
        if None not in pair:
            self._db.execute("INSERT OR IGNORE INTO member VALUES (?, ?)", pair)

    def records(self, titles: Mapping[Any, Any]) -> Iterator[dict[str, Any]]:
        """A record for each customer with groups; a group just deleted has no title and is left out.

        Args:
            titles: Title of each group, by id.
        """
        rows = self._db.execute("SELECT customer, grp FROM member ORDER BY customer DESC, grp")
        for customer, members in groupby(rows, key=lambda row: int(row[0])):
            known = [(group, text(titles.get(group))) for _, group in members if group in titles]
            if known:
                yield {
                    "customerId": customer,
                    "groupIds": [group for group, _ in known],
                    "groupTitles": [title or "" for _, title in known],
                }
