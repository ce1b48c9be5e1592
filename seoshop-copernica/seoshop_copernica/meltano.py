"""`meltano run` in a folder of its own for each environment and pipeline.

Meltano keeps the catalog and the state that it hands to a tap in a folder that all runs of the project share,
so that two runs side by side read each other's. Beyond that: a few lines of log instead of a page, the cause
of a failure, and the failed program's own exit code, where Meltano knows only 1.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from seoshop_copernica.errors import TroubleError
from seoshop_copernica.locks import note_group
from seoshop_copernica.signals import usage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from seoshop_copernica.signals import Relay

__all__ = ["Ended", "Outcome", "Run", "event_of", "folder", "side_of", "system_folder"]

PLUGINS: Final = ("extractors", "loaders", "mappers", "utilities")

CHATTER: Final = re.compile(
    r"Skipping parse of env var settings|Reader '.+' completed processing|\S+ v\S+, Meltano SDK v|summary \{"
)
"""What the SDK says in each run, whatever happens; and the summary for programs, told to people above it."""
CAUSE: Final = re.compile(r"(?:tap-seoshop|target-copernica): ")
"""How tap and target begin the one line that says why they ended."""


class Outcome:
    """What one run said: the lines worth keeping, and why it failed."""

    def __init__(self) -> None:
        self._causes: dict[str, str] = {}
        self._codes: Mapping[str, int] = {}
        self._told_codes: dict[str, int] = {}
        self._last = "it said nothing"

    def kept(self, line: str) -> str | None:
        """Take one line of Meltano's JSON log.

        Returns:
            The line for people; None for one that says nothing new, or may hold a person's data.
        """
        event = event_of(line)
        if event.get("stdio") == "stdout":  # Singer messages, which Meltano logs at level debug
            return None
        name, text, level = (
            event.get("name", "meltano"),
            str(event.get("event", "")),
            event.get("level", "info"),
        )
        self._codes = event.get("exit_codes") or self._codes
        side = side_of(event)
        if "exit_code" in event:  # tap and target tell their own: Meltano breaks where a target leaves early
            self._told_codes[side] = int(event["exit_code"])
        if level in ("error", "critical") or CAUSE.match(text):
            self._causes.pop(side, None)  # in the order of each side's last word
            self._causes[side] = text
        self._last = text or self._last
        quiet = (
            "stdio" not in event or event.get("plugin_logger") == "singer_sdk.metrics" or CHATTER.match(text)
        )
        if not text or (quiet and level in ("debug", "info")):
            return None
        return f"[{level:<8}] {name}: {text.removeprefix(f'{name}: ')}"

    def code(self, meltano: int) -> int:
        """The exit code of the program that failed; Meltano's where none was told."""
        if not (meltano and self._failed):
            return meltano
        side = self._failed[0]
        return self._codes.get(side) or self._told_codes.get(side) or meltano

    @property
    def cause(self) -> str:
        """Why the run failed, in one line."""
        sides = (*self._failed, "meltano")
        return next((self._causes[side] for side in sides if side in self._causes), self._last)

    @property
    def _failed(self) -> list[str]:
        """The sides that failed, the one that did first before the one that only found it gone."""
        failed = [side for side, code in self._codes.items() if code] or ["extractors", "loaders"]
        said = [side for side in self._causes if side in failed]
        return said + [side for side in failed if side not in said]


def event_of(line: str) -> dict[str, Any]:
    """A line of Meltano's JSON log; a line that is none counts as said by Meltano."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"event": line.strip(), "stdio": "stderr", "name": "meltano"}


def side_of(event: Mapping[str, Any]) -> str:
    """Who said a line: `extractors`, `loaders`, or `meltano` itself."""
    return "loaders" if event.get("consumer") else "extractors" if "stdio" in event else "meltano"


def folder(system: Path, environment: str, blocks: Iterable[str]) -> Path:
    """Meltano's folder for the runs of one pipeline in one environment, with the project's plugins in it.

    Args:
        system: Meltano's folder of the project, `.meltano`.
        environment: name of the environment.
        blocks: what is run: plugins, or the name of a job.
    """
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", "--".join((environment, *blocks)))
    made = system / "runs" / name
    made.mkdir(parents=True, exist_ok=True)
    for kind in PLUGINS:
        link = made / kind
        if (system / kind).is_dir() and not link.is_symlink():
            link.symlink_to(system / kind)
    return made


def system_folder(home: Path) -> Path:
    """Meltano's folder of a project.

    Raises:
        TroubleError: The plugins are not installed.
    """
    system = Path(os.environ.get("MELTANO_SYS_DIR_ROOT") or home / ".meltano").resolve()
    if not (system / "extractors").is_dir():
        raise TroubleError("the plugins are not installed: run `make setup`")
    return system


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        code: Exit code of the program that failed; 0 where none did.
        cause: Why, in one line.
        cpu: Seconds of CPU of Meltano and the programs that it started.
        memory: Most memory of one of them, KiB.
    """

    code: int
    cause: str
    cpu: float
    memory: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pipeline.

    Attributes:
        home: The project's folder.
        own: Meltano's folder for it, see `folder`.
        environment: Of `meltano.yml`.
        blocks: Options and plugins, or the name of a job.
        environ: All of its environment.
        env_file: A file of variables for it.
    """

    home: Path
    own: Path
    environment: str
    blocks: Sequence[str]
    environ: Mapping[str, str]
    env_file: Path

    def go(self, relay: Relay, handles: Sequence[int], on_line: Callable[[str, str | None], None]) -> Ended:
        """Run it to its end.

        Args:
            relay: Passes signals on to it.
            handles: Locks that it holds as long as it lives; the first one names its process group.
            on_line: Takes each line of its JSON log, and the line for people where it says something.

        Raises:
            TroubleError: Meltano is not installed.
        """
        program = Path(sys.executable).parent / "meltano"
        command = [str(program), "--log-format=json", f"--env-file={self.env_file}"]
        command += [f"--environment={self.environment}", "run", *self.blocks]
        outcome = Outcome()
        try:
            process = subprocess.Popen(
                command,
                cwd=self.home,
                env={
                    **self.environ,
                    "MELTANO_PROJECT_ROOT": str(self.home),
                    "MELTANO_SYS_DIR_ROOT": str(self.own),
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                pass_fds=tuple(handles),
                start_new_session=True,  # so that each signal reaches tap and target once
            )
        except OSError as error:
            raise TroubleError(f"{program} cannot be started: {error.strerror}") from None
        note_group(handles[0], process.pid)
        relay.to(process.pid)
        assert process.stdout is not None  # noqa: S101  # as asked for above
        with process.stdout:
            for line in process.stdout:
                on_line(line, outcome.kept(line))
        code, cpu, memory = usage_of(process)
        code = outcome.code(code)
        return Ended(code, outcome.cause if code else "done", cpu, memory)
