"""Ticks of very many shops by a queue in PostgreSQL, with workers on many machines.

The folder of a shop stays on one volume, and each volume has a queue of its own.
"""

import asyncio
import os
from contextlib import suppress
from typing import Final

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.types import TimeDeltaParams

from seoshop_copernica import engines
from seoshop_copernica.ticks import home_of

HOME: Final = home_of()
VOLUMES: Final = os.environ.get("SEOSHOP_VOLUMES", "volume-0").split(",")
"""All there are. To grow, add one at the end: the shops that are there already stay where they are."""
VOLUME: Final = os.environ.get("SEOSHOP_VOLUME", VOLUMES[0])
"""The one on which this worker's HOME is."""
KEEP_FAILED_HOURS: Final = 7 * 24

PLACES: Final = """
DO $$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('seoshop_place')); -- two workers may be the first
    CREATE TABLE IF NOT EXISTS seoshop_place (shop text PRIMARY KEY, volume text NOT NULL);
END $$
"""
PLACE: Final = """
INSERT INTO seoshop_place (shop, volume) SELECT unnest(%(shops)s::text[]), %(volume)s ON CONFLICT DO NOTHING
"""
PLACED: Final = "SELECT shop FROM seoshop_place WHERE volume = %(volume)s"

app = App(connector=PsycopgConnector())  # libpq's PGHOST, PGUSER and so on say where


class TickError(Exception):
    """A tick failed."""


@app.task(name="tick", pass_context=True)
async def tick(context: JobContext, shop: str, tried: int = 0) -> None:
    """One tick of one shop; where it fails for what may go better soon, another one is queued.

    Raises:
        TickError: It failed.
    """
    if not tried and not context.job.attempts and not await asyncio.to_thread(engines.due, HOME, [shop]):
        return
    process = await asyncio.create_subprocess_exec(
        *engines.command(HOME, shop), stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(engines.LONGEST):
            _, said = await process.communicate()
    except TimeoutError:
        await end(process)
        return
    except asyncio.CancelledError:  # the worker is to end: so is the tick, after its request in hand
        await end(process)
        raise
    code, cause = engines.ended(shop, process.returncode or 0, said.decode(errors="replace"))
    if code:
        # Not by a retry of the job itself: that fails where the next tick waits already, and keeps the lock.
        if (wait := engines.again(code, tried)) is not None:
            await queued(shop, schedule_in={"seconds": wait}, tried=tried + 1)
        raise TickError(cause)


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask a tick to end, and end it if it does not."""
    process.terminate()
    try:
        async with asyncio.timeout(engines.ENDING):
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()


async def queued(shop: str, schedule_in: TimeDeltaParams | None = None, **more: int) -> None:
    """Queue a tick of a shop, unless one waits already."""
    job = tick.configure(queue=VOLUME, lock=shop, queueing_lock=shop, schedule_in=schedule_in)
    with suppress(AlreadyEnqueued):
        await job.defer_async(shop=shop, **more)


@app.periodic(cron="* * * * *", periodic_id=VOLUME)
@app.task(name="look", queue=VOLUME, queueing_lock=f"look {VOLUME}", priority=1)
async def look(timestamp: int) -> None:  # noqa: ARG001  # what procrastinate hands to a periodic task
    """Takes in new shops, and queues the ticks of this volume that are due or were cut off."""
    listed = await asyncio.to_thread(engines.listed, HOME)
    ours = [shop.name for shop in listed if engines.home_for(shop.name, VOLUMES) == VOLUME]
    await app.connector.execute_query_async(PLACES)
    await app.connector.execute_query_async(PLACE, shops=ours, volume=VOLUME)
    placed = await app.connector.execute_query_all_async(PLACED, volume=VOLUME)
    for job in await app.job_manager.get_stalled_jobs(queue=VOLUME):  # of a worker that is no more
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:  # the shop's next tick waits already, for the lock that this one would keep
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
    for shop in await asyncio.to_thread(engines.due, HOME, [row["shop"] for row in placed]):
        await queued(shop)


@app.periodic(cron="40 3 * * *", periodic_id=VOLUME)
@app.task(name="delete_old", queue=VOLUME)
async def delete_old(timestamp: int) -> None:  # noqa: ARG001  # what procrastinate hands to a periodic task
    """Forgets ticks that failed a week ago. Those that ended well the worker deletes itself."""
    await app.job_manager.delete_old_jobs(
        KEEP_FAILED_HOURS, queue=VOLUME, include_failed=True, include_cancelled=True, include_aborted=True
    )
