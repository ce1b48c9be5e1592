"""How a run of the pipeline is started: forked, as two programs in a shell's pipe, or by Meltano."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from json import dumps
from typing import Self

from chaos.judge import clocks
from chaos.judge.command_lines import sampled
from chaos.judge.extras import selection
from chaos.judge.forked import Child, Strike, fork, opened
from chaos.judge.leaks import LOUD
from chaos.judge.world import Ended, World
from support.meltano import Meltano, selected
from support.programs import BIN, clean_environment

__all__ = ["PIPELINES", "UnderWay"]

COMMAND_LINES = "command-lines.log"
A_REQUEST = 0.05
"""Seconds that stand for a request, where a program cannot be struck at one."""
MELTANO_STARTS = 4.0
"""Seconds in which Meltano has done nothing yet."""
PATIENCE = 400


def forked(world: World, tap: Strike | None, target: Strike | None) -> Ended:
    """`tap | target >> states` without the second that Python takes to start."""
    ended = UnderWay.begun(world, tap, target).ended()
    world.keep_state()
    return ended


@dataclass(frozen=True)
class UnderWay:
    """A forked run that has not ended yet."""

    tap: Child
    target: Child
    between: Child | None

    @classmethod
    def begun(cls, world: World, tap: Strike | None = None, target: Strike | None = None) -> Self:
        """Start tap and target, under the conditions of the world."""
        conditions = world.conditions
        with ExitStack() as stack:
            logs = {
                name: stack.enter_context(opened(world.folder / name)) for name in ("tap.log", "target.log")
            }
            states = stack.enter_context(_states(world))
            reads, writes = os.pipe()
            source = _forked(world, "tap-seoshop", tap, stdin=None, stdout=writes, stderr=logs["tap.log"])
            os.close(writes)
            between = None
            if conditions.input_ends is not None:
                reads, between = _cut(reads, conditions.input_ends)
            sink = _forked(
                world, "target-copernica", target, stdin=reads, stdout=states, stderr=logs["target.log"]
            )
            os.close(reads)
        return cls(source, sink, between)

    def ended(self) -> Ended:
        """Wait for both."""
        if self.between:
            self.between.wait()
        return Ended(self.tap.wait(), self.target.wait())


def _forked(
    world: World, program: str, strike: Strike | None, *, stdin: int | None, stdout: int, stderr: int
) -> Child:
    breaks, hampers = world.sabotage.get(program), world.conditions.of(program)

    def changed() -> None:
        hampers()
        if breaks:
            breaks()

    arguments = world.tap_arguments() if program == "tap-seoshop" else world.target_arguments()
    return fork(
        program, arguments, stdin=stdin, stdout=stdout, stderr=stderr, strike=strike, sabotage=changed
    )


def _cut(reads: int, size: int) -> tuple[int, Child]:
    """A pipe that ends after so many bytes of another, as that of `head -c`, and the process that cuts it."""
    begins, ends = os.pipe()
    if pid := os.fork():
        os.close(reads)
        os.close(ends)
        return begins, Child(pid)
    try:
        for descriptor in {*range(3, 256)} - {reads, ends}:
            with suppress(OSError):
                os.close(descriptor)
        while size and (part := os.read(reads, min(size, 4096))):
            os.write(ends, part)
            size -= len(part)
    finally:
        os._exit(0)


@contextmanager
def _states(world: World) -> Iterator[int]:
    """Where the target writes its states to."""
    world.states.touch()
    match world.conditions.output:
        case "broken":
            reads, writes = os.pipe()
            os.close(reads)
        case "closed":
            # What is only readable answers a write as a closed descriptor does.
            writes = os.open(world.states, os.O_RDONLY | os.O_TRUNC)
        case output:
            writes = os.open(output or world.states, os.O_WRONLY | os.O_TRUNC)
    try:
        yield writes
    finally:
        os.close(writes)


def programs(world: World, tap: Strike | None, target: Strike | None) -> Ended:
    """`tap | target >> states` with the installed commands."""
    environment = clean_environment() | LOUD | clocks.environment(world.conditions.clock)
    with ExitStack() as stack:
        stack.enter_context(sampled(world.folder / COMMAND_LINES))
        logs = {name: stack.enter_context(opened(world.folder / name)) for name in ("tap.log", "target.log")}
        states = stack.enter_context(opened(world.states))
        source = subprocess.Popen(
            [BIN / "tap-seoshop", *world.tap_arguments()],
            stdout=subprocess.PIPE,
            stderr=logs["tap.log"],
            env=environment,
        )
        sink = subprocess.Popen(
            [BIN / "target-copernica", *world.target_arguments()],
            stdin=source.stdout,
            stdout=states,
            stderr=logs["target.log"],
            env=environment,
        )
        world.conditions.limit_files_of(sink.pid)  # long before Python has started
        assert source.stdout is not None
        source.stdout.close()
        _strike({seconds(tap): (source, tap), seconds(target): (sink, target)})
        ended = Ended(source.wait(PATIENCE), sink.wait(PATIENCE))
    world.keep_state()
    return ended


def meltano(world: World, tap: Strike | None, target: Strike | None) -> Ended:
    """`meltano run tap-seoshop target-copernica`; a strike hits the whole group of processes."""
    folder = world.folder / "project"
    runner = Meltano(folder, world.sandbox)
    bookmarks = folder / "bookmarks"
    if not world.bookmarks.exists():
        shutil.rmtree(bookmarks, ignore_errors=True)
    environment = clean_environment() | LOUD | clocks.environment(world.conditions.clock) | runner.places
    environment["TARGET_COPERNICA_STATE_DIR"] = str(world.state)
    for name, value in world.target_settings().items():
        environment[f"TARGET_COPERNICA_{name.upper()}"] = value if isinstance(value, str) else dumps(value)
    if world.extras:
        environment["TAP_SEOSHOP__SELECT"] = selection(selected("tap-seoshop"))
    # Runs are minutes apart by the sandbox's clock, and seconds by Meltano's. Without it, Meltano takes a run
    # that was killed for one that is at work, for five minutes, and refuses the next.
    options = ["--force"]
    if world.conditions.seconds:
        options.append(f"--timeout={world.conditions.seconds}")
    quota = world.conditions.limit_files_of_target
    with sampled(world.folder / COMMAND_LINES, quota), opened(world.folder / "meltano.log") as log:
        process = subprocess.Popen(
            [BIN / "meltano", f"--env-file={os.devnull}", "run", *options, "tap-seoshop", "target-copernica"],
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
        if strike := tap or target:
            try:
                process.wait(MELTANO_STARTS + seconds(strike))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, strike.signum)
        code = process.wait(PATIENCE)
    # The bookmarks are Meltano's own; this file only says that there are some.
    world.bookmarks.touch()
    return Ended(code, code)


PIPELINES: Mapping[str, Callable[[World, Strike | None, Strike | None], Ended]] = {
    "forked": forked,
    "programs": programs,
    "meltano": meltano,
}


def seconds(strike: Strike | None) -> float:
    """When a program is struck that cannot be struck at a request."""
    if strike is None:
        return 0.0
    return strike.seconds or strike.request * A_REQUEST


def _strike(planned: Mapping[float, tuple["subprocess.Popen[bytes]", Strike | None]]) -> None:
    began = time.monotonic()
    for at, (process, strike) in sorted(planned.items(), key=lambda one: one[0]):
        if strike is None:
            continue
        time.sleep(max(0.0, at - (time.monotonic() - began)))
        if process.poll() is None:
            process.send_signal(signal.Signals(strike.signum))
