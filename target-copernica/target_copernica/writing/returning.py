"""What becomes of a record of a person who is forgotten: it is left out, or the person has returned.

Only what the person did after the forgetting is a return: a later order, a later account. A resync, a replay,
a backfill or a restored backup brings records of before, and the shop goes on shipping and crediting an order
of before; those are left out whatever the settings say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from target_copernica.mapping.model import STAMP
from target_copernica.memory.traces import addresses_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import Fragment
    from target_copernica.memory.forgotten import Mark, Thing
    from target_copernica.memory.ledger import Ledger
    from target_copernica.writing.outcomes import Outcomes

    OnReturn = Literal["ask", "block", "welcome"]

__all__ = ["Returning", "Verdict", "judged"]

ASKED: Final = (
    "a person who was forgotten has returned: send it again with `replay` and the setting on_return welcome "
    "or block"
)


class Verdict(Enum):
    """What is to become of a record."""

    PASS = "pass"  # noqa: S105 - no password
    FORGOTTEN = "forgotten"
    BLOCKED = "blocked"
    ASKED = "asked"
    WELCOME = "welcome"


def judged(
    fragment: Fragment, marks: Iterable[Mark], on_return: OnReturn, *, is_below: bool, is_living: bool
) -> Verdict:
    """Decide about a record.

    Args:
        fragment: What it says.
        marks: Of its key, its profile's key and all addresses in it: those that are known.
        on_return: The setting.
        is_below: Whether it is of a subprofile.
        is_living: Whether what it is about stands in Copernica and is not forgotten: then a later change of
            it counts, too (a customer takes an address over).
    """
    marks = list(marks)
    if not marks:
        return Verdict.PASS
    forgotten_at = max(_stamp(mark.at) for mark in marks)
    is_later = (fragment.created or "") > forgotten_at
    if all(mark.returned for mark in marks):
        return Verdict.PASS if is_later or not is_below else Verdict.FORGOTTEN
    is_act = is_later and fragment.creates and not _follows(fragment)
    if not is_act and not (is_living and (fragment.changed or "") > forgotten_at):
        return Verdict.FORGOTTEN
    return {"ask": Verdict.ASKED, "block": Verdict.BLOCKED, "welcome": Verdict.WELCOME}[on_return]


@dataclass(frozen=True, slots=True)
class Returning:
    """Stands before the writer.

    Attributes:
        ledger: Knows who is forgotten, and who is there.
        outcomes: What became of each record.
        on_return: The setting.
        now: The server's time.
    """

    ledger: Ledger
    outcomes: Outcomes
    on_return: OnReturn
    now: Callable[[], datetime]

    def admits(self, place: Place, fragment: Fragment, number: int) -> bool:
        """Whether a record may go on; else it is settled.

        Args:
            place: Where it goes.
            fragment: What it says.
            number: Of its record at the state checkpoint.
        """
        forgotten = self.ledger.tombstones.forgotten
        if not forgotten:
            return True
        own, things, marks, is_there, verdict = self._judged(place, fragment)
        if verdict is Verdict.PASS:
            return True
        if verdict is Verdict.WELCOME:
            forgotten.let_return(things, self.now().isoformat(timespec="seconds"))
            return True
        if not is_there and any(not mark.returned for mark in marks):
            if not _follows(fragment):  # else it may come with a later order, once that was let in
                # So that what other streams say of it, without an address, is left out as well.
                forgotten.add([own], forgotten.case_of(things), max(mark.at for mark in marks))
            self.ledger.stop_waiting_for(place.code, fragment.key)
        if verdict is Verdict.ASKED:
            self.outcomes.ask(fragment, number, ASKED)
        else:
            self.outcomes.leave_out(fragment, number, verdict.value)
        return False

    def left_out(self, place: Place, fragment: Fragment) -> str | None:
        """How a record counts that is of a person who is forgotten and did not return; None for any other.

        Args:
            place: Where it goes.
            fragment: What it says.
        """
        if not self.ledger.tombstones.forgotten:
            return None
        verdict = self._judged(place, fragment)[-1]
        return verdict.value if verdict in (Verdict.FORGOTTEN, Verdict.BLOCKED) else None

    def _judged(
        self, place: Place, fragment: Fragment
    ) -> tuple[Thing, set[Thing], list[Mark], bool, Verdict]:
        """Its own key, all it names, the marks of these, whether it is there, and the verdict."""
        forgotten = self.ledger.tombstones.forgotten
        own = forgotten.key(place.code, fragment.key)
        things = {own, *self._others(place, fragment)}
        marks = [mark for thing in things if (mark := forgotten.mark(thing)) is not None]
        entry = self.ledger.entry(place.code, fragment.key)
        is_there = entry is not None and not entry.removed
        verdict = judged(
            fragment,
            marks,
            self.on_return,
            is_below=place.collection_id is not None,
            is_living=is_there and forgotten.mark(own) is None,
        )
        return own, things, marks, is_there, verdict

    def _others(self, place: Place, fragment: Fragment) -> Iterable[Thing]:
        forgotten = self.ledger.tombstones.forgotten
        for folded in addresses_in(fragment.fields):
            yield forgotten.address(folded)
        if (person := fragment.person) is not None:
            yield forgotten.key(place.database_code, person.key)
            if person.email is not None:
                yield forgotten.address(person.email)
            for folded in addresses_in(dict(person.stub or {})):
                yield forgotten.address(folded)


def _follows(fragment: Fragment) -> bool:
    return fragment.person is not None and fragment.person.follows


def _stamp(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(UTC).strftime(STAMP)
