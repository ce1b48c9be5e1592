"""Where everything of one shop stands. Two shops never share a place, whatever they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from seoshop_copernica.errors import TroubleError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NAME_PATTERN", "PIPELINE", "Places", "checked_name", "places_of"]

NAME_PATTERN: Final = "^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$"
"""Names of shops become names of folders and of systemd units: no case, no slash can make two of them one."""

PIPELINE: Final = ("tap-seoshop", "target-copernica")

_RESERVED: Final = frozenset({"sandbox"})
"""`make clean` removes `state/sandbox`."""


@dataclass(frozen=True, slots=True)
class Places:
    """The files and folders of one shop.

    Args:
        home: The project's folder.
        name: The shop's name, as `checked_name` takes it.
    """

    home: Path
    name: str

    @property
    def folder(self) -> Path:
        """All that is remembered of the shop. It is one folder, so that it can be moved as one."""
        return self.home / "state" / self.name

    @property
    def lock(self) -> Path:
        """Held by the tick that is at work."""
        return self.folder / "tick.lock"

    @property
    def programs_lock(self) -> Path:
        """Held by the programs that a tick has started, also when the tick itself was killed."""
        return self.folder / "programs.lock"

    @property
    def alarms_lock(self) -> Path:
        """Held while alarms are told, so that each is told once."""
        return self.folder / "alarms.lock"

    @property
    def bookmarks(self) -> Path:
        """Meltano's state backend."""
        return self.folder / "bookmarks"

    @property
    def ledger(self) -> Path:
        """The target's `state_dir`."""
        return self.folder / "target-copernica"

    @property
    def order_book(self) -> Path:
        """The tap's `state_dir`."""
        return self.folder / "tap-seoshop"

    @property
    def reconcile_book(self) -> Path:
        """A copy of it, there while `reconcile` is at work: what a tick knows stays as it is."""
        return self.folder / "reconcile"

    @property
    def catalog(self) -> Path:
        """What the tap can read, as it told when it was last asked."""
        return self.folder / "catalog.json"

    @property
    def reconcile_catalog(self) -> Path:
        """The same for `reconcile`, which reads less."""
        return self.folder / "reconcile.json"

    @property
    def history(self) -> Path:
        """The record of the runs, SQLite."""
        return self.folder / "runs.sqlite"

    @property
    def log(self) -> Path:
        """What its ticks said, where they are asked to keep it here."""
        return self.folder / "tick.log"

    def state(self, environment: str) -> Path:
        """The bookmarks' file.

        Args:
            environment: Meltano's environment, which begins the name of a state.
        """
        return self.bookmarks / self.state_id(environment) / "state.json"

    @staticmethod
    def state_id(environment: str) -> str:
        """How Meltano calls the state of the pipeline."""
        return f"{environment}:{'-to-'.join(PIPELINE)}"


def checked_name(name: str) -> str:
    """The name of a shop, if it can be one.

    Raises:
        TroubleError: It cannot.
    """
    if not re.fullmatch(NAME_PATTERN.strip("^$"), name):
        raise TroubleError(
            f"{name!r} cannot be the name of a shop: 1 to 63 of a-z, 0-9, `-` and `_`, beginning and ending "
            "with a letter or digit"
        )
    if name in _RESERVED:
        raise TroubleError(f"a shop cannot be called {name!r}: `make clean` removes the folder of that name")
    return name


def places_of(home: Path, name: str) -> Places:
    """Where a shop's files stand.

    Raises:
        TroubleError: No shop can have that name.
    """
    return Places(home, checked_name(name))
