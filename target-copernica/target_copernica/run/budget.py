"""How many calls may be made: Copernica bills them (docs/api/copernica.md section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from target_copernica.api.client import Client
    from target_copernica.memory.ledger import Ledger
    from target_copernica.typed_settings import CallBudget

__all__ = ["Budget"]


class Budget:
    """Counts the calls of a month over all runs, and ends a run at the end of its budget.

    Args:
        client: Makes the calls.
        ledger: Remembers those of earlier runs.
        most: The setting `call_budget`.
    """

    def __init__(self, client: Client, ledger: Ledger, most: CallBudget) -> None:
        self._client = client
        self._ledger = ledger
        self._most = most
        self._noted = 0

    def begin(self) -> None:
        """Allow what is left."""
        left: list[tuple[int, str]] = []
        if (most := self._most.run) is not None:
            left.append((most, f"the budget of {most} calls for one run (setting call_budget.run)"))
        if (most := self._most.month) is not None:
            left.append(
                (
                    max(0, most - self.spent),
                    f"the budget of {most} calls for a month (setting call_budget.month)",
                )
            )
        if left:
            self._client.allow(*min(left))

    def note(self) -> None:
        """Note what was spent since the last time."""
        if new := self._client.billed - self._noted:
            self._ledger.journal.add_calls(self._month(), new)
            self._noted += new

    @property
    def spent(self) -> int:
        """Calls of this month by all runs, as far as they were noted."""
        return self._ledger.journal.calls_of(self._month())

    def _month(self) -> str:
        return f"{self._client.now():%Y-%m}"
