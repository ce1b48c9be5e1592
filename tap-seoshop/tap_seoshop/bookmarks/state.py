"""The state of the tap: its bookmarks in today's form, and when they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tap_seoshop.bookmarks.forms import (
    VERSION,
    Backfill,
    DetailMark,
    IncrementalMark,
    ShopMark,
    SourceQuota,
    SummaryMark,
)
from tap_seoshop.bookmarks.store import Bookmarks
from tap_seoshop.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["State", "migrate"]

STATE_EVERY = 50
Form = TypeVar("Form", bound=msgspec.Struct)


def migrate(marks: Bookmarks) -> list[str]:
    """Bring bookmarks that an older version of the tap wrote into today's form.

    Returns:
        Streams whose first load begins again, since it may have missed records.

    Raises:
        SettingsError: A newer version wrote them.
    """
    shop = marks.of("shop", ShopMark)
    if shop.version > VERSION:
        raise SettingsError(
            f"the state has form {shop.version}, which a newer version of this tap wrote: upgrade the tap"
        )
    if shop.version < 2 and "customer_summaries" in marks.names():  # noqa: PLR2004  # the form's number
        # Its time was that of any summary, not of all of them.
        marks.of("customer_summaries", SummaryMark).read_at = None
    again = _missed(marks) if shop.version < 3 else []  # noqa: PLR2004  # the form's number
    for name in again:
        marks.of(name, DetailMark).backfill = Backfill(open=True)
    if shop.version < 4:  # noqa: PLR2004  # the form's number
        for name in marks.names():
            if marks.has(name, "west"):
                mark = marks.of(name, IncrementalMark)
                mark.west = mark.west or None  # 0 stood for a list without records, too
    shop.version = VERSION
    return again


def _missed(marks: Bookmarks) -> list[str]:
    """Streams with a first load of form 2 that is under way, or ended before all was done."""
    found = []
    for name in marks.names():
        if marks.has(name, "backfill"):
            backfill = marks.of(name, DetailMark).backfill
            if backfill.open or backfill.done < backfill.total:
                found.append(name)
    return found


class State:
    """The state of the tap: the bookmarks of all streams, and when they leave.

    Args:
        held: What the SDK holds and writes; changed in place when a STATE message leaves.
        emit: Writes a STATE message of it.
        account: A digest of address and key, which shows that another shop may be meant.
        frozen: Write no STATE message: the bookmarks are to stay as they are.

    Attributes:
        shop: The bookmark of the shop.
        before_write: Called before a STATE message is written.
        begun_again: Streams whose first load begins again, since an older version may have missed records.

    Raises:
        SettingsError: A newer version of the tap wrote it, or another tap.
    """

    def __init__(
        self, held: dict[str, Any], emit: Callable[[], None], *, account: str, frozen: bool = False
    ) -> None:
        self._marks = Bookmarks(held)
        self.begun_again = migrate(self._marks)
        self.account = account
        self.shop = self._marks.of("shop", ShopMark)
        self._emit = emit
        self.before_write: list[Callable[[], None]] = []
        self._frozen = frozen

    def bookmark(self, stream: str, form: type[Form], prefix: str = "") -> Form:
        """The bookmark of a stream, or the part with keys that begin with `prefix`: see `Bookmarks.of`."""
        return self._marks.of(stream, form, prefix)

    @property
    def every(self) -> int:
        """Details between two STATE messages; more when the state is large: each message holds all of it."""
        return max(STATE_EVERY, self._marks.entries() // STATE_EVERY)

    def write(self, quota: SourceQuota | None = None) -> None:
        """Write a STATE message.

        Args:
            quota: The rate windows as last seen, for status pages.
        """
        if self._frozen:
            return
        if quota is not None:
            self.shop.source_quota = quota
        for call in self.before_write:
            call()
        self._marks.save()
        self._emit()
