"""`tap-seoshop | target-copernica` as two programs and a pipe, with nothing of ours between them.

Their settings reach them through files without a name, which no other process can open: neither command lines
nor disks hold a secret.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec

from seoshop_copernica.errors import TroubleError
from seoshop_copernica.locks import note_group
from seoshop_copernica.signals import usage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seoshop_copernica.signals import Relay

__all__ = ["Ended", "Pipe", "Side"]

_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Side:
    """A program and what it gets.

    Attributes:
        program: Its name, found by PATH, or its path.
        config: Its settings.
        environ: Its environment.
    """

    program: str
    config: Mapping[str, Any]
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """How the two ended.

    Attributes:
        codes: Exit codes by program, `tap` and `target`; 128 + n where signal n ended one.
        first: Which of them ended first.
        cpu: Seconds of CPU of both, by the system's account.
        memory: Most memory of either, in KiB.
    """

    codes: Mapping[str, int]
    first: str
    cpu: float
    memory: int


@dataclass(slots=True)
class Pipe:
    """One run.

    Attributes:
        tap: Reads.
        target: Writes.
        catalog: What is read.
        state: Where it goes on; None for the beginning.
        on_state: Takes each state that the target acknowledges.
        on_line: Takes each line that a program says, with `tap` or `target`.
    """

    tap: Side
    target: Side
    catalog: Path
    state: Mapping[str, Any] | None
    on_state: Callable[[dict[str, Any]], None]
    on_line: Callable[[str, str], None]

    def run(self, relay: Relay, lock: int) -> Ended:
        """Run both to their end.

        Args:
            relay: Passes signals on to them.
            lock: A handle of a lock that they hold as long as they live.

        Raises:
            TroubleError: A program cannot be started, or a state cannot be kept.
        """
        arguments: dict[str, Mapping[str, Any] | Path] = {"--catalog": self.catalog}
        if self.state:
            arguments["--state"] = self.state
        reading = _started(self.tap, arguments, None, 0, lock)
        assert reading.stdout is not None  # noqa: S101  # as asked for
        note_group(lock, reading.pid)
        relay.to(reading.pid)
        try:
            writing = _started(self.target, {}, reading.stdout, reading.pid, lock)
        except TroubleError:
            reading.terminate()
            reading.communicate()
            raise
        relay.to(reading.pid)  # once more: a signal may have come between the two starts
        reading.stdout.close()  # only the target holds it now, so that the tap sees its end
        return self._attended({"tap": reading, "target": writing})

    def _attended(self, running: Mapping[str, subprocess.Popen[bytes]]) -> Ended:
        """Take what they say until they end; a state that cannot be kept ends the target, and so the tap."""
        rest: dict[IO[bytes], bytes] = {}
        order: list[str] = []
        trouble: TroubleError | None = None
        with selectors.DefaultSelector() as waiting:
            for side, process in running.items():
                assert process.stderr is not None  # noqa: S101
                waiting.register(process.stderr, selectors.EVENT_READ, (side, "says"))
            states = running["target"].stdout
            assert states is not None  # noqa: S101
            waiting.register(states, selectors.EVENT_READ, ("target", "state"))
            while waiting.get_map():
                for key, _ in waiting.select():
                    stream: IO[bytes] = key.fileobj  # type: ignore[assignment]  # what was registered
                    side, kind = key.data
                    chunk = os.read(stream.fileno(), _CHUNK)
                    *lines, rest[stream] = (rest.get(stream, b"") + chunk).split(b"\n")
                    if not chunk:
                        last = rest.pop(stream)
                        lines += [last] if kind == "says" else []  # half a state is none
                        waiting.unregister(stream)
                        stream.close()
                        order += [side] if kind == "says" else []
                    try:
                        self._take(side, kind, [line for line in lines if line.strip()])
                    except TroubleError as error:
                        trouble = trouble or error
                        running["target"].terminate()
        ended = {side: usage_of(process) for side, process in running.items()}
        if trouble is not None:
            raise trouble
        return Ended(
            {side: code for side, (code, _, _) in ended.items()},
            order[0],
            sum(cpu for _, cpu, _ in ended.values()),
            max(memory for _, _, memory in ended.values()),
        )

    def _take(self, side: str, kind: str, lines: list[bytes]) -> None:
        if kind == "says":
            for line in lines:
                self.on_line(side, line.decode(errors="replace"))
        elif lines:  # of several states the newest says it all
            try:
                state = msgspec.json.decode(lines[-1], type=dict[str, Any])
            except msgspec.DecodeError:
                raise TroubleError("the target wrote something that is no state to standard output") from None
            self.on_state(state)


def _started(
    what: Side,
    arguments: Mapping[str, Mapping[str, Any] | Path],
    stdin: IO[bytes] | None,
    group: int,
    lock: int,
) -> subprocess.Popen[bytes]:
    """Start a program; options whose value is an object get a file without a name that holds it."""
    with ExitStack() as stack:
        command, handles = [what.program], [lock]
        for option, value in {"--config": what.config, **arguments}.items():
            command.append(option)
            if isinstance(value, Path):
                command.append(str(value))
                continue
            file = stack.enter_context(_nameless())
            file.write(msgspec.json.encode(value))
            file.seek(0)
            handles.append(file.fileno())
            command.append(f"/dev/fd/{file.fileno()}")
        try:
            return subprocess.Popen(
                command,
                env=dict(what.environ),
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=group,
                pass_fds=handles,
            )
        except OSError as error:
            raise TroubleError(f"{what.program} cannot be started: {error.strerror}") from None


def _nameless() -> IO[bytes]:
    """A file that no other process can open: in memory where the system can do that."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("settings"), "w+b", buffering=0)  # noqa: PTH123  # of a handle
    return tempfile.TemporaryFile(buffering=0)
