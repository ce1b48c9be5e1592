"""By which calls drafts are written, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_copernica.writing.by_import import IMPORT_CALLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import Place
    from target_copernica.memory.ledger import Ledger
    from target_copernica.writing.parents import Parents
    from target_copernica.writing.queue import Draft

__all__ = ["Limits", "Route"]


@dataclass(frozen=True, slots=True)
class Limits:
    """When drafts are written.

    Attributes:
        rows: History of a place goes when there are so many.
        batch_age: Live drafts go after so many seconds.
        history_age: History goes after so many seconds.
        route: `auto`: history by import, live by single calls unless an import is cheaper; `single` or
            `import`: everything so.
    """

    rows: int
    batch_age: float
    history_age: float
    route: str = "auto"


@dataclass(frozen=True, slots=True)
class Route:
    """Single calls, or an import.

    Attributes:
        route: As `Limits` has it.
        ledger: Knows what is there.
        readback: Knows what it costs to make sure of it.
        parents: Know whose a subprofile is.
    """

    route: str
    ledger: Ledger
    readback: Readback
    parents: Parents

    def is_import(self, place: Place, profiles: Place, drafts: Sequence[Draft], *, live: bool) -> bool:
        """Whether an import is the way: for history always, for what is live where it costs fewer calls.

        Args:
            place: Where to write.
            profiles: The database that it is, or belongs to.
            drafts: What to write.
            live: Whether follow-ups are to run.
        """
        if self.route != "auto" or not live:
            return self.route != "single"
        groups = {
            () if self.ledger.entry(place.code, draft.key) is None else tuple(sorted(draft.fields()))
            for draft in drafts
        }
        calls = len(groups) * IMPORT_CALLS
        if place.collection_id is not None and calls < len(drafts):
            whose = set(self.parents.new_under(place, profiles, drafts).values())
            calls += self.readback.cost_of_confirming(profiles, whose)
        return calls < len(drafts)
