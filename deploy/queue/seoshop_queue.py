"""Ticks of very many shops by a queue in PostgreSQL, with workers on many machines.

The folder of a shop stays on one volume, and each volume has a queue of its own.
"""

import asyncio
import os
from typing import Final

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job

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
    """A tick failed.

    Attributes:
        code: Its exit code.
    """

    def __init__(self, code: int, cause: str) -> None:
        super().__init__(cause)
        self.code = code


class ByCause(BaseRetryStrategy):
    """Tries again what may go better soon."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When; None for not at all."""
        wait = engines.again(exception.code, job.attempts) if isinstance(exception, TickError) else None
        return None if wait is None else RetryDecision(retry_in={"seconds": wait})


@app.task(name="tick", pass_context=True, retry=ByCause())
async def tick(context: JobContext, shop: str) -> None:
    """One tick of one shop.

    Raises:
        TickError: It failed.
    """
    if not context.job.attempts and not await asyncio.to_thread(engines.due, HOME, [shop]):
        return
    process = await asyncio.create_subprocess_exec(
        *engines.command(HOME, shop), stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(engines.LONGEST):
            _, said = await process.communicate()
    except TimeoutError:
        process.terminate()
        await process.communicate()
        return
    except asyncio.CancelledError:  # the worker is to end: so is the tick, after its request in hand
        process.terminate()
        await process.communicate()
        raise
    code, cause = engines.ended(shop, process.returncode or 0, said.decode(errors="replace"))
    if code:
        raise TickError(code, cause)


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
        await app.job_manager.retry_job(job)
    for shop in await asyncio.to_thread(engines.due, HOME, [row["shop"] for row in placed]):
        try:
            await tick.configure(queue=VOLUME, lock=shop, queueing_lock=shop).defer_async(shop=shop)
        except AlreadyEnqueued:  # it waits for its turn already
            continue


@app.periodic(cron="40 3 * * *", periodic_id=VOLUME)
@app.task(name="delete_old", queue=VOLUME)
async def delete_old(timestamp: int) -> None:  # noqa: ARG001  # what procrastinate hands to a periodic task
    """Forgets ticks that failed a week ago. Those that ended well the worker deletes itself."""
    await app.job_manager.delete_old_jobs(
        KEEP_FAILED_HOURS, queue=VOLUME, include_failed=True, include_cancelled=True, include_aborted=True
    )
