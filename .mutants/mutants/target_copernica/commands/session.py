"""What a command works with."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_copernica.errors import NotAllowedError, RefusedError
from target_copernica.run.workspace import Workspace

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping

    from target_copernica.api.interrupt import Interrupt

__all__ = ["Session", "opened"]


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


@contextmanager
def opened(session: Session, **over: object) -> Iterator[Workspace]:
    """Open the account of the settings; no run works on it meanwhile.

    Args:
        session: The settings.
        over: Settings to take otherwise.

    Yields:
        The workspace, closed at the end.

    Raises:
        SettingsError: A setting cannot work.
        LockedError: A run is at work.
        NotAllowedError: Copernica refused a call.
    """
    work = Workspace({**session.settings, **over}, session.interrupt, session.log)
    try:
        yield work
    except RefusedError as error:
        raise NotAllowedError(f"{error}; has the token the right to it?") from None
    finally:
        work.close()
