"""One shop, one Copernica account, the pipeline between them, and what can happen to each."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos.judge.forked import Child, Strike, fork, opened
from chaos.judge.leaks import mark_people
from support.sandbox import READY, Sandbox, serve_arguments

DONE = 0
SIZES: dict[str, Any] = {"customers": 5, "orders": 7, "order_rows": 14}
PACE: dict[str, Any] = {"per_second": 1000, "import_seconds": 0.02, "more": ("--no-curated",)}
SETTLED = 61
"""Seconds after which a call whose answer was lost can no longer be under way."""
A_DAY = 86_400
LOST_FILES = {
    "ledger": ("ledger.sqlite",),
    "bookmarks": (),
    "ledger and bookmarks": ("ledger.sqlite",),
}


@dataclass(frozen=True)
class Ended:
    """How a run of the pipeline ended: exit codes, or -N where signal N ended a program."""

    tap: int
    target: int

    @property
    def well(self) -> bool:
        """Whether both programs were done."""
        return (self.tap, self.target) == (DONE, DONE)


Pipeline = Callable[["World", Strike | None, Strike | None], Ended]
"""How tap and target are run: forked, as programs, or through Meltano."""


@dataclass
class World:
    """What a scenario plays in.

    Attributes:
        sandbox: Both APIs.
        folder: What the pipeline keeps: settings, bookmarks, the target's state folder, logs.
        pipeline: How tap and target are run.
        sabotage: Breaks a program, by its name: the judge must notice.
        first_run: When the first run began, by the sandbox's clock (ISO); empty before.
        removed: Keys of profiles that a colleague removed.
        forgotten: Those of them that only a lost ledger knew: they may come back (target-copernica's README).
        doubtful: Whether only a check and a full run can make all equal again.
        runs: How many runs there were.
    """

    sandbox: Sandbox
    folder: Path
    pipeline: Pipeline
    sabotage: Mapping[str, Callable[[], None]]
    first_run: str = ""
    removed: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    doubtful: bool = False
    runs: int = 0
    _ledger_is_whole: bool = True

    @property
    def state(self) -> Path:
        """The target's state folder."""
        return self.folder / "state"

    @property
    def bookmarks(self) -> Path:
        """The tap's bookmarks."""
        return self.folder / "state.json"

    def run(self, tap: Strike | None = None, target: Strike | None = None) -> Ended:
        """One run of the pipeline."""
        self.runs += 1
        self.first_run = self.first_run or self.sandbox.status()["now"]
        ended = self.pipeline(self, tap, target)
        self._ledger_is_whole = self._ledger_is_whole or ended.well
        return ended

    def command(self, *words: str) -> int:
        """One of the target's commands; its exit code."""
        with opened(self.folder / "command.log") as log:
            return fork("target-copernica", [*self.target_arguments(), *words], stdout=log, stderr=log).wait()

    def logs(self) -> Iterator[tuple[str, str]]:
        """Name and text of every log of the last run."""
        for name in ("tap.log", "target.log", "command.log", "meltano.log"):
            if (file := self.folder / name).exists():
                yield name, file.read_text(errors="replace")

    # What can happen ------------------------------------------------------------------------

    def remove_profile(self, number: int) -> None:
        """A colleague removes one of the profiles."""
        if profiles := self._profiles():
            profile = profiles[number % len(profiles)]
            self.sandbox.remove_profile(int(profile["ID"]))
            key = profile["fields"]["external_key"]
            (self.removed if self._ledger_is_whole else self.forgotten).add(key)

    def empty_a_field(self, number: int, name: str) -> None:
        """A colleague empties a field of one of the profiles."""
        if profiles := self._profiles():
            profile = profiles[number % len(profiles)]
            self.sandbox.edit_profile(int(profile["ID"]), **{name: ""})
            self.doubtful = True

    def lose(self, what: str) -> None:
        """Files of the pipeline are lost."""
        for name in LOST_FILES[what]:
            (self.state / name).unlink(missing_ok=True)
            self._forget()
        if "bookmarks" in what:
            self.bookmarks.unlink(missing_ok=True)
        self.doubtful = True

    def back_up(self) -> None:
        """Bookmarks and state folder are copied."""
        shutil.rmtree(self.folder / "backup", ignore_errors=True)
        if self.state.exists():
            shutil.copytree(self.state, self.folder / "backup" / "state")
            if self.bookmarks.exists():
                shutil.copy(self.bookmarks, self.folder / "backup")

    def restore(self) -> None:
        """The copy comes back."""
        backup = self.folder / "backup"
        if backup.exists():
            self._forget()
            shutil.rmtree(self.state)
            shutil.copytree(backup / "state", self.state)
            self.bookmarks.unlink(missing_ok=True)
            if (backup / "state.json").exists():
                shutil.copy(backup / "state.json", self.bookmarks)
            self.doubtful = True

    def _forget(self) -> None:
        self.forgotten |= self.removed
        self.removed.clear()
        self._ledger_is_whole = False

    def _profiles(self) -> list[dict[str, Any]]:
        if "SEOshop" not in self.sandbox.databases():
            return []
        return [one for one in self.sandbox.profiles("SEOshop") if one["fields"].get("external_key")]

    # The end --------------------------------------------------------------------------------

    def calm_down(self) -> Ended:
        """All faults end; one run, which is a full one where files were lost or edited by hand."""
        self.sandbox.clear_faults()
        self.sandbox.clock(advance=A_DAY + SETTLED)
        if self.doubtful:
            self.command("check")
            self.bookmarks.unlink(missing_ok=True)
        return self.run()

    # How the programs are started -------------------------------------------------------------

    @property
    def states(self) -> Path:
        """The STATE lines of the last run."""
        return self.folder / "states"

    def keep_state(self) -> None:
        """Keep the last whole state of a run, as `tail -n 1` does."""
        if whole := [line for line in self.states.read_text().split("\n")[:-1] if line]:
            self.bookmarks.write_text(whole[-1])

    def tap_arguments(self) -> list[str]:
        """The tap's command line."""
        config = _written(self.folder / "tap.json", self.sandbox.tap_config(requests_per_second=900))
        state = ["--state", str(self.bookmarks)] if self.bookmarks.exists() else []
        return ["--config", str(config), *state]

    def target_arguments(self) -> list[str]:
        """The target's command line."""
        settings = self.sandbox.target_config(self.state, batch_size_rows=5)
        return ["--config", str(_written(self.folder / "target.json", settings))]


@contextmanager
def new_world(
    folder: Path, pipeline: Pipeline, sabotage: Mapping[str, Callable[[], None]]
) -> Iterator[World]:
    """A shop of a few people beside an empty Copernica."""
    reads, writes = os.pipe()
    with opened(folder / "sandbox.log") as log:
        arguments = serve_arguments(**SIZES, **PACE, data=folder / "data")
        child: Child = fork("sandbox", arguments, stdout=writes, stderr=log, sabotage=mark_people)
    os.close(writes)
    with os.fdopen(reads) as said:
        found = READY.search(said.readline())
        assert found, (folder / "sandbox.log").read_text()
        try:
            yield World(Sandbox(found[1]), folder, pipeline, sabotage)
        finally:
            child.signal(signal.SIGTERM)
            child.wait()


def _written(file: Path, content: dict[str, Any]) -> Path:
    file.write_text(json.dumps(content))
    return file
