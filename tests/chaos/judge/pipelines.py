"""How a run of the pipeline is started: forked, as two programs in a shell's pipe, or by Meltano."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from chaos.judge.command_lines import sampled
from chaos.judge.forked import Strike, fork, opened
from chaos.judge.leaks import LOUD
from chaos.judge.world import Ended, World
from support.meltano import Meltano
from support.programs import BIN, clean_environment

__all__ = ["PIPELINES"]

COMMAND_LINES = "command-lines.log"
A_REQUEST = 0.05
"""Seconds that stand for a request, where a program cannot be struck at one."""
MELTANO_STARTS = 4.0
"""Seconds in which Meltano has done nothing yet."""
PATIENCE = 400


def forked(world: World, tap: Strike | None, target: Strike | None) -> Ended:
    """`tap | target >> states` without the second that Python takes to start."""
    reads, writes = os.pipe()
    with ExitStack() as stack:
        logs = {name: stack.enter_context(opened(world.folder / name)) for name in ("tap.log", "target.log")}
        states = stack.enter_context(opened(world.states))
        source = fork(
            "tap-seoshop",
            world.tap_arguments(),
            stdout=writes,
            stderr=logs["tap.log"],
            strike=tap,
            sabotage=world.sabotage.get("tap-seoshop"),
        )
        os.close(writes)
        sink = fork(
            "target-copernica",
            world.target_arguments(),
            stdin=reads,
            stdout=states,
            stderr=logs["target.log"],
            strike=target,
            sabotage=world.sabotage.get("target-copernica"),
        )
        os.close(reads)
        ended = Ended(source.wait(), sink.wait())
    world.keep_state()
    return ended


def programs(world: World, tap: Strike | None, target: Strike | None) -> Ended:
    """`tap | target >> states` with the installed commands."""
    with ExitStack() as stack:
        stack.enter_context(sampled(world.folder / COMMAND_LINES))
        logs = {name: stack.enter_context(opened(world.folder / name)) for name in ("tap.log", "target.log")}
        states = stack.enter_context(opened(world.states))
        source = subprocess.Popen(
            [BIN / "tap-seoshop", *world.tap_arguments()],
            stdout=subprocess.PIPE,
            stderr=logs["tap.log"],
            env=clean_environment() | LOUD,
        )
        sink = subprocess.Popen(
            [BIN / "target-copernica", *world.target_arguments()],
            stdin=source.stdout,
            stdout=states,
            stderr=logs["target.log"],
            env=clean_environment() | LOUD,
        )
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
    environment = (
        clean_environment() | LOUD | runner.places | {"TARGET_COPERNICA_STATE_DIR": str(world.state)}
    )
    with sampled(world.folder / COMMAND_LINES), opened(world.folder / "meltano.log") as log:
        process = subprocess.Popen(
            [BIN / "meltano", f"--env-file={os.devnull}", "run", "tap-seoshop", "target-copernica"],
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
