"""A real queue in PostgreSQL, two workers with a volume each, and twelve shops that they keep true."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleet.standing import Past
from seoshop_copernica.engines import home_for
from support.engines import ALONE, NAMES, installed, twelve_shops, until
from support.postgres import Postgres, running_postgres, server_programs
from support.programs import run, start
from support.queue_workers import VOLUMES, Queue

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    if (programs := server_programs()) is None:
        pytest.skip("the machine has no PostgreSQL server")
    with running_postgres(programs) as running:
        yield running


@pytest.fixture
def postgres(server: Postgres) -> Postgres:
    server.do("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return server


KILLED = next(name for name in NAMES if home_for(name, VOLUMES) == VOLUMES[0])
REVOKED = next(name for name in NAMES if home_for(name, VOLUMES) == VOLUMES[1])


def test_twelve_shops_are_kept_true_by_two_workers_of_which_one_is_killed(
    tmp_path: Path, postgres: Postgres
) -> None:
    with (
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
        look(postgres)
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
        look(postgres)
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


def test_a_tick_that_was_cut_off_does_not_block_the_one_that_waits_already(
    tmp_path: Path, postgres: Postgres
) -> None:
    """The worker was back, and had queued the shop's next tick, before the killed one counted as stalled."""
    past = Past(tmp_path / "home", datetime.now(UTC))
    past.shop("alpha", cadence="3d")
    past.run("alpha", 1)
    queue = Queue(tmp_path, [past.home], postgres)
    for status in ("doing", "todo"):
        put(postgres, "tick", "alpha", {"shop": "alpha"}, status=status)

    def is_over() -> bool:
        found = jobs(postgres)
        return found.count(("look", "failed")) > 1 or "tick" not in dict(found)

    with queue.worker("volume-0") as worker:
        until(is_over, worker, queue.log)
    assert "tick" not in dict(jobs(postgres)), queue.log()


WORKER = """
import asyncio
import seoshop_queue as queue

queue.engines.command = lambda home, name: ["/bin/sh", "-c", {command!r}]
queue.engines.LONGEST, queue.engines.ENDING = {longest}, 0.2
queue.engines.due = lambda home, names: list(names)
queue.app.periodic_registry.periodic_tasks.clear()


async def main() -> None:
    async with queue.app.open_async():
        await queue.app.run_worker_async(
            queues=["volume-0"], wait=False, delete_jobs="successful", shutdown_graceful_timeout=0.2
        )


asyncio.run(main())
"""


@pytest.mark.parametrize("waits", [True, False])
def test_a_tick_that_fails_while_the_next_one_waits_gives_the_lock_back(
    tmp_path: Path, postgres: Postgres, *, waits: bool
) -> None:
    queue = Queue(tmp_path, [tmp_path], postgres)
    put(postgres, "tick", "alpha", {"shop": "alpha"})
    waiting = tmp_path / "waiting.sql"
    waiting.write_text(inserted("tick", "alpha", {"shop": "alpha"}) if waits else "SELECT 1")
    another = f"{postgres.programs}/psql --no-psqlrc -h {postgres.folder} -U postgres -f {waiting} postgres"
    marker = tmp_path / "marker"
    dies = f"test -e {marker} || {{ touch {marker}; {another}; kill -9 $$; }}"
    code = WORKER.format(command=dies, longest=900)
    said = run(installed("queue") / "python", "-c", code, env=queue.environ)
    assert said.code == 0, said.log
    left = [] if waits else [("tick", "todo")]
    assert jobs(postgres) == [("tick", "failed"), *left], said.log


def test_a_tick_that_does_not_hear_that_its_time_is_over_is_ended(tmp_path: Path, postgres: Postgres) -> None:
    queue = Queue(tmp_path, [tmp_path], postgres)
    put(postgres, "tick", "alpha", {"shop": "alpha"})
    code = WORKER.format(command="trap '' TERM; while :; do sleep 0.05; done", longest=0.2)
    said = run(installed("queue") / "python", "-c", code, env=queue.environ)
    assert (said.code, jobs(postgres)) == (0, []), said.log


def test_a_worker_that_is_to_end_ends_its_ticks_and_leaves_none_that_blocks_the_next(
    tmp_path: Path, postgres: Postgres
) -> None:
    queue = Queue(tmp_path, [tmp_path], postgres)
    put(postgres, "tick", "alpha", {"shop": "alpha"})
    began, asked = tmp_path / "began", tmp_path / "asked"
    waits = f"trap 'touch {asked}; exit 0' TERM; touch {began}; while :; do sleep 0.05; done"
    code = WORKER.format(command=waits, longest=900)
    with start(installed("queue") / "python", "-c", code, env=queue.environ) as worker:
        until(began.exists, worker, str)
        worker.terminate()
    assert worker.returncode == 0
    assert asked.exists(), "it ends after its request in hand"
    assert jobs(postgres) == [("tick", "aborted")]
    put(postgres, "tick", "alpha", {"shop": "alpha"})
    said = run(installed("queue") / "python", "-c", WORKER.format(command="", longest=900), env=queue.environ)
    assert (said.code, jobs(postgres)) == (0, [("tick", "aborted")]), said.log


def look(postgres: Postgres) -> None:
    """Let both workers look now which shops are due, not at the next full minute."""
    for volume in VOLUMES:
        put(postgres, "look", f"look {volume}", {"timestamp": 0}, volume=volume)


def inserted(
    task: str, lock: str, arguments: dict[str, Any], status: str = "todo", volume: str = "volume-0"
) -> str:
    """What queues a job, unless one waits already."""
    return (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status) "  # noqa: S608  # words of this test
        f"VALUES ('{volume}', '{task}', '{lock}', '{lock}', '{json.dumps(arguments)}', '{status}') "
        "ON CONFLICT DO NOTHING"
    )


def put(postgres: Postgres, task: str, lock: str, arguments: dict[str, Any], **more: str) -> None:
    """Queue a job."""
    postgres.do(inserted(task, lock, arguments, **more))


def jobs(postgres: Postgres) -> list[tuple[str, str]]:
    """Which there are, oldest first."""
    found = postgres.do("SELECT task_name, status FROM procrastinate_jobs ORDER BY id")
    return [(task, status) for task, _, status in (line.partition("|") for line in found.splitlines())]
