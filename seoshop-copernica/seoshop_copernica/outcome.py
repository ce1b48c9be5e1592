"""How a tick ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a tick ended.

    Attributes:
        shop: Of which shop.
        kind: `done`; `busy`: another one was at work, which is no failure; `early`: it is not due yet;
            `failed`; `stopped` by a signal.
        code: Exit code, see `docs/fleet.md`.
        cause: Why, in one line without secrets and personal data.
        run: Number of the run in the record; None where none began.
    """

    shop: str
    kind: Literal["done", "busy", "early", "failed", "stopped"]
    code: int = 0
    cause: str = "done"
    run: int | None = None
