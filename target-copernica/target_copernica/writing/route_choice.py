"""By which calls pending writes are carried out, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_copernica.writing.by_import import IMPORT_CALLS
from target_copernica.writing.plan import Create

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import Place
    from target_copernica.writing.pending import PendingWrite
    from target_copernica.writing.plan import Plan

__all__ = ["Limits", "RouteChoice"]


@dataclass(frozen=True, slots=True)
class Limits:
    """When pending writes are carried out.

    Attributes:
        rows: History of a place goes when there are so many.
        batch_age: What is live goes after so many seconds.
        history_age: History goes after so many seconds.
        route: `auto`: history by import, live by single calls unless an import is cheaper; `single` or
            `import`: everything so.
        recreate: Whether what was removed is made anew by the next run.
    """

    rows: int
    batch_age: float
    history_age: float
    route: str = "auto"
    recreate: bool = False


@dataclass(frozen=True, slots=True)
class RouteChoice:
    """Single calls, or an import.

    Attributes:
        route: As `Limits` has it.
        readback: Knows what it costs to make sure of it.
    """

    route: str
    readback: Readback

    def is_import(self, profiles: Place, planned: Sequence[tuple[PendingWrite, Plan]], *, live: bool) -> bool:
        """Whether an import is the way: for history always, for what is live where it costs fewer calls.

        Args:
            profiles: The database that it is, or belongs to.
            planned: What to write.
            live: Whether follow-ups are to run.
        """
        if self.route != "auto" or not live:
            return self.route != "single"
        groups = {() if isinstance(plan, Create) else tuple(sorted(plan.fields)) for _, plan in planned}
        calls = len(groups) * IMPORT_CALLS
        if calls < len(planned):
            people = {plan.parent.key for _, plan in planned if isinstance(plan, Create) and plan.parent}
            calls += self.readback.cost_of_confirming(profiles, people)
        return calls < len(planned)
