"""What a command works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

    from target_copernica.interrupt import Interrupt

__all__ = ["Session"]


@dataclass(frozen=True, slots=True)
class Session:
    """The settings, checked; nothing is locked and nothing was asked yet.

    Attributes:
        settings: With defaults.
        interrupt: The signal flag.
        log: The target's logger.
    """

    settings: Mapping[str, Any]
    interrupt: Interrupt
    log: logging.Logger
