"""Who opted out in Copernica: unsubscribes and complaints, of the Marketing Suite and of Publisher.

Webhooks would tell it sooner, but they cannot leave out our own changes (docs/api/copernica.md section 13b).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from target_copernica.consent.model import Event
from target_copernica.errors import NotAllowedError, RefusedError
from target_copernica.mapping.keys import fold_email

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

    from target_copernica.api.client import Client, Params
    from target_copernica.memory.ledger import Ledger

__all__ = ["OptOuts"]

_ZONE: Final = ZoneInfo(
    "Europe/Amsterdam"
)  # in which Copernica prints times (docs/api/copernica.md section 16)
_PAGE: Final = 1000
_MARGIN: Final = timedelta(hours=2)
"""What is shown late, and the hour that comes twice in autumn, are read again; what is known is no news."""

_FIRST_LOOK: Final = timedelta(days=30)
"""So far back goes the first look: what is older stands in the profiles, read before any is raised."""

_MANY: Final = 100
"""So many profiles that did not come from here, a call each, are worth a line in the log."""

_LISTS: Final = (
    ("ms/unsubscribes", "optout"),
    ("ms/abuses", "complaint"),
    ("publisher/unsubscribes", "optout"),
    ("publisher/abuses", "complaint"),
)


@dataclass(slots=True)
class OptOuts:
    """Asks, and has the answers noted by address.

    Attributes:
        client: The account.
        ledger: Knows profiles by id, and keeps what is heard.
        log: Where it is told that Copernica does not say.
        every: How often to look.
        looked: Whether this run did: None not yet, else whether Copernica answered.
        databases: Ids of the databases whose opt-outs count; None for all of the account.
        unmanaged: How many profiles that did not come from here were among them.
    """

    client: Client
    ledger: Ledger
    log: logging.Logger
    every: timedelta
    databases: frozenset[int] | None = None
    looked: bool | None = None
    unmanaged: int = 0

    def look(self, *, only_if_due: bool = False) -> bool:
        """Read who opted out since the last look.

        That takes four calls, one for each mailing that has news, and one for each profile that did not
        come from here: its address may be one of ours, too.

        A refusal is told and borne: a token may lack the right to read statistics.

        Args:
            only_if_due: Only if the last look is long ago; else once in a run.

        Returns:
            Whether Copernica told it.
        """
        if self.looked is not None:
            return self.looked
        now, last = self.client.now(), self.ledger.consents.last_look()
        since = datetime.fromisoformat(last) if last else now - _FIRST_LOOK
        if only_if_due and last and now - since < self.every:
            return True
        try:
            heard = [one for path, what in _LISTS for one in self._read(path, what, since, now)]
        except (RefusedError, NotAllowedError) as error:
            self.log.warning("%s; without knowing who opted out there nothing is raised", error)
            self.looked = False
            return False
        if self.unmanaged > _MANY:
            self.log.info(
                "%d people opted out whose profiles did not come from here: a call for the address of each",
                self.unmanaged,
            )
        with self.ledger.transaction():
            self.ledger.consents.hear(heard, now.isoformat())
            self.ledger.consents.note_look(now.isoformat())
        self.looked = True
        return True

    def _read(self, path: str, what: str, since: datetime, now: datetime) -> Iterator[tuple[str, Event]]:
        rows = self._rows(path, since)
        if path.startswith("ms/"):  # which names no profiles: the list of the mailing does
            kind = path.partition("/")[2]
            mailings = sorted({str(row.get("mailing")) for row in rows if row.get("mailing")})
            rows = [row for mailing in mailings for row in self._rows(f"ms/emailing/{mailing}/{kind}", since)]
        for row in rows:
            at = min(_instant(row.get("timestamp")) or now, now)
            source = "copernica:complaint" if what == "complaint" else "copernica:unsubscribe"
            for who in self._who(row):
                yield who, Event(what, at, source)

    def _rows(self, path: str, since: datetime) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            question: Params = [("start", str(len(found))), ("limit", str(_PAGE)), ("total", "false")]
            at = f"{(since - _MARGIN).astimezone(_ZONE):%Y-%m-%d %H:%M:%S}"
            is_ms = path.startswith("ms/")
            question.append(("begintime", at) if is_ms else ("fields[]", f"timestamp>{at}"))
            answer = self.client.get(path, question)
            rows = answer.get("data") if isinstance(answer, dict) else None
            if not isinstance(rows, list):
                raise RefusedError("an answer of an unknown form", 200, f"GET {path}")
            found += rows
            if len(rows) < min(_PAGE, int(answer.get("limit", _PAGE))):
                return found

    def _who(self, row: dict[str, Any]) -> set[str]:
        """Hashes of the addresses of those who opted out: nearly always one, and known."""
        profile, subprofile = row.get("profile"), row.get("subprofile")
        if profile and (who := self.ledger.consents.address_by_id(int(profile))) is not None:
            return {who}
        found: set[str] = set()
        self.unmanaged += 1
        for path in filter(
            None, (profile and f"profile/{profile}", subprofile and f"subprofile/{subprofile}")
        ):
            try:
                shown = self.client.get(path)
            except RefusedError:
                continue  # it is gone
            if self._is_elsewhere(shown):
                return set()
            fields = shown.get("fields") or {}
            addresses = [fold_email(value) for value in fields.values() if "@" in str(value)]
            found |= {self.ledger.consents.who(address) for address in addresses if address}
        return found

    def _is_elsewhere(self, shown: dict[str, Any]) -> bool:
        """Whether it is in a database whose opt-outs do not count; what does not name one counts."""
        database = shown.get("database")
        return self.databases is not None and database is not None and int(database) not in self.databases


def _instant(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=_ZONE, fold=1)  # the later one is stricter
    except ValueError:
        return None
