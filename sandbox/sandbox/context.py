"""What every part of the sandbox is handed: the one clock, the settings, the log and the data folder."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.clock import Clock
from sandbox.requestlog import RequestLog
from sandbox.settings import Settings


@dataclass
class Context:
    """Shared by both APIs and the admin calls of one running sandbox.

    `settings` is frozen and replaced as a whole when an admin call changes it: always read it through the
    context, never keep a reference to it.
    """

    clock: Clock
    settings: Settings
    log: RequestLog
    data: Path
