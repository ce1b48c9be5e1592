"""A real queue in PostgreSQL, two workers with a volume each, and twelve shops that they keep true."""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from seoshop_copernica.engines import home_for
from support.engines import ALONE, NAMES, twelve_shops, until
from support.postgres import running_postgres, server_programs
from support.queue_workers import VOLUMES, Queue

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

KILLED = next(name for name in NAMES if home_for(name, VOLUMES) == VOLUMES[0])
REVOKED = next(name for name in NAMES if home_for(name, VOLUMES) == VOLUMES[1])


def test_twelve_shops_are_kept_true_by_two_workers_of_which_one_is_killed(tmp_path: Path) -> None:
    programs = server_programs()
    if programs is None:
        pytest.skip("the machine has no PostgreSQL server")
    with (
        running_postgres(programs) as postgres,
        twelve_shops(tmp_path, homes=len(VOLUMES)) as shops,
        ExitStack() as workers,
    ):
        queue = Queue(tmp_path, shops.homes, postgres)
        first, second = (workers.enter_context(queue.worker(volume)) for volume in VOLUMES)

        def wait_for(name: str, *codes: int | None) -> None:
            until(lambda: shops.codes(name) == list(codes), second, queue.log)

        for name in NAMES:
            wait_for(name, 0)
        shops.tick_alone()
        calls = shops.calls()
        assert set(calls.values()) == {calls[ALONE]}
        assert [name for name in NAMES if shops.differences(name)] == []

        held = shops.hold(KILLED)
        shops.pass_time(1)
        until(held, first, queue.log)
        os.killpg(first.pid, signal.SIGKILL)  # the worker and its ticks; their programs are left at work
        first.wait()
        here = {name for name in NAMES if home_for(name, VOLUMES) == VOLUMES[0]}
        cut = {name for name in here if shops.codes(name) == [0, None]}
        assert KILLED in cut
        for name in NAMES:
            if name not in here:
                wait_for(name, 0, 0)
        assert shops.codes(KILLED) == [0, None], "its state is where it was, and no other worker takes it"
        shops.sandboxes[KILLED].clear_faults()
        workers.enter_context(queue.worker(VOLUMES[0]))
        for name in NAMES:
            wait_for(name, *([0, None, 0] if name in cut else [0, 0]))
        shops.tick_alone()
        calls = shops.calls()
        assert {calls[name] for name in NAMES if name not in cut} == {calls[ALONE]}
        assert [name for name in NAMES if shops.differences(name)] == []

        shops.revoke(REVOKED)
        shops.pass_time(2)
        for name in NAMES:
            wait_for(name, *([0, None] if name in cut else [0]), 0, 3 if name == REVOKED else 0)
        shops.tick_alone()
        calls = shops.calls()
        assert {calls[name] for name in NAMES if name != REVOKED} == {calls[ALONE]}
        assert [name for name in NAMES if shops.differences(name)] == [REVOKED]
        assert str(shops.runs(REVOKED)[-1]["cause"]) in queue.log()
        for folder in (home / "state" for home in shops.homes):
            held_here = {name for name in NAMES if (folder / name).exists()}
            assert held_here == {
                name for name in NAMES if shops.homes[VOLUMES.index(home_for(name, VOLUMES))] == folder.parent
            }
