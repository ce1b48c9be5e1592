"""A code location for Dagster: each shop of `shops.yml` is an asset, and a tick is its step."""

import errno
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.storage.tags import GRPC_INFO_TAG

from seoshop_copernica import engines
from seoshop_copernica.status import Status
from seoshop_copernica.ticks import home_of

HOME: Final = home_of()
GROUP: Final = int(os.environ.get("SEOSHOP_COPERNICA_GROUP", "20"))
"""How many shops one run carries: Dagster's own cost is for each run, not for each shop."""
PATIENCE: Final = timedelta(minutes=5)
"""A run that takes longer no longer holds up the other shops of its group: another run begins beside it."""
LOOK: Final = int(os.environ.get("SEOSHOP_COPERNICA_LOOK", "30"))
"""Seconds between two looks which shops are due; how fresh all are is looked at half as often."""
KEEP_DONE, KEEP_FAILED = timedelta(days=1), timedelta(days=7)

SHOPS: Final = engines.listed(HOME)
POOLS: Final = {shop.name: (f"copernica_{shop.account}", f"seoshop_{shop.key}") for shop in SHOPS}
"""Of each shop: those of its account of Copernica and of its key of SEOshop."""
GROUPS: Final = {f"shops_{n:02}": names for n, names in enumerate(engines.grouped(list(POOLS), GROUP), 1)}
FRESH: Final = "fresh"
FIGURES: Final = ("run", "true_to", "records", "written", "orders", "requests", "calls", "cpu")
GROUP_OF: Final = {name: group for group, names in GROUPS.items() for name in names}


def key_of(name: str) -> dg.AssetKey:
    """The asset of a shop."""
    return dg.AssetKey(["shop", name])


def asset_of(shop: engines.Listed) -> dg.AssetsDefinition:
    """A shop."""
    spec = dg.AssetSpec(
        key_of(shop.name),
        group_name=GROUP_OF[shop.name],
        tags={"seoshop_key": shop.key, "copernica_account": shop.account},
        skippable=True,
    )

    # Names of shops hold no capitals, so that no two become one.
    @dg.multi_asset(name=f"tick_{shop.name.replace('-', 'D')}", specs=[spec])
    def ticked(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        tried = context.retry_number
        if not tried and not engines.due(HOME, [shop.name]):
            return
        before = engines.last_run(HOME, shop.name)
        with slots(context, POOLS[shop.name]) as free:
            if free:
                code, cause = engines.tick(shop.name, engines.command(HOME, shop.name))
            elif tried:
                raise dg.RetryRequested(max_retries=tried + 1, seconds_to_wait=LOOK)
            else:  # the sensor begins another run once there is a slot
                return
        if code:
            wait = engines.again(code, tried)
            if wait is None:
                raise dg.Failure(cause, {"exit_code": code}, allow_retries=False)
            context.log.warning("%s; tried again in %d seconds", cause, wait)
            raise dg.RetryRequested(max_retries=tried + 1, seconds_to_wait=wait)
        # None: another one was at work, or it was ended after its half an hour and goes on at the next turn.
        if run := engines.completed(HOME, shop.name, before):
            yield dg.MaterializeResult(
                asset_key=spec.key, metadata={name: getattr(run, name) for name in FIGURES}
            )

    return ticked


@contextmanager
def slots(context: dg.AssetExecutionContext, pools: tuple[str, ...]) -> Iterator[bool]:
    """Holds a slot of each pool, or of none where one is full, without waiting.

    A step of Dagster names one pool, and a run in process waits for it: two accounts with a long first load
    would soon have all runs waiting.
    """
    with InstanceConcurrencyContext(context.instance, context.run) as claims:
        steps = {pool: f"{context.op_execution_context.op.name} {pool}" for pool in pools}
        try:
            yield all(claims.claim(pool, step) for pool, step in steps.items())
        finally:
            for step in steps.values():
                claims.free_step(step)


def check_of(name: str) -> dg.AssetChecksDefinition:
    """Whether a shop is fresh: asked by hand here; else the sensor `stale` tells it."""

    @dg.asset_check(asset=key_of(name), name=FRESH)
    def fresh() -> dg.AssetCheckResult:
        found = next(one for one in engines.standing(HOME) if one.shop == name)
        return dg.AssetCheckResult(
            passed=found.verdict == FRESH, severity=severity_of(found), metadata=metadata_of(found)
        )

    return fresh


def severity_of(found: Status) -> dg.AssetCheckSeverity:
    """Only what is stale is an error; rejects wait for a person, and a new shop for its first run."""
    return dg.AssetCheckSeverity.ERROR if found.verdict == "stale" else dg.AssetCheckSeverity.WARN


def metadata_of(found: Status) -> dict[str, str | int | None]:
    """What is shown beside the answer."""
    cause = found.failure.cause if found.failure and not found.failure.over else None
    return {"stands": found.verdict, "true_to": found.true_to, "rejects": found.rejects, "cause": cause}


JOBS: Final = [
    dg.define_asset_job(
        group,
        dg.AssetSelection.assets(*map(key_of, names)).without_checks(),
        executor_def=dg.in_process_executor,
    )
    for group, names in GROUPS.items()
]


@dg.sensor(jobs=JOBS, minimum_interval_seconds=LOOK, default_status=dg.DefaultSensorStatus.RUNNING)
def due(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Begins a run of each group with a shop that is due and finds slots, unless one is at work or waits."""
    end_lost_runs(context)
    ready = engines.due(HOME, GROUP_OF)
    full = full_pools(context.instance, {pool for name in ready for pool in POOLS[name]})
    wanted = dict.fromkeys(GROUP_OF[name] for name in ready if full.isdisjoint(POOLS[name]))
    recent = datetime.now(UTC) - PATIENCE
    waiting = dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED])
    at_work = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED], created_after=recent
    )
    in_hand = {run.job_name for runs in (waiting, at_work) for run in context.instance.get_runs(runs)}
    begun = [group for group in wanted if group not in in_hand]  # who has waited longest comes first
    yield from (dg.RunRequest(job_name=group) for group in begun)
    if not begun:
        yield dg.SkipReason("no group has a shop that is due, finds slots and is not in hand")


def full_pools(instance: dg.DagsterInstance, pools: set[str]) -> set[str]:
    """Those of which no slot is free."""
    found = instance.event_log_storage.get_concurrency_infos(sorted(pools))
    return {
        name
        for name, pool in found.items()
        if pool.limit is not None and pool.active_slot_count >= pool.limit
    }


def end_lost_runs(context: dg.SensorEvaluationContext) -> None:
    """Ends runs that were at work when the machine stopped: they would hold slots until the run timeout."""
    for run in context.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        place = json.loads(run.tags.get(GRPC_INFO_TAG, "{}")).get("socket")
        if place and not is_served(place):
            context.instance.report_run_failed(run, "The process that carried this run is gone.")


def is_served(place: str) -> bool:
    """Whether a process listens at a socket."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(0)
        return asked.connect_ex(place) not in {errno.ENOENT, errno.ECONNREFUSED}


@dg.sensor(minimum_interval_seconds=2 * LOOK, default_status=dg.DefaultSensorStatus.RUNNING)
def stale(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Tells how fresh each shop is, where that has changed since it was last told."""
    known = json.loads(context.cursor or "{}")
    found = {one.shop: one for one in engines.standing(HOME) if one.shop in GROUP_OF}
    changed = [one for name, one in found.items() if known.get(name) != one.verdict]
    return dg.SensorResult(
        asset_events=[
            dg.AssetCheckEvaluation(
                asset_key=key_of(one.shop),
                check_name=FRESH,
                passed=one.verdict == FRESH,
                severity=severity_of(one),
                metadata=metadata_of(one),
            )
            for one in changed
        ],
        cursor=json.dumps({name: one.verdict for name, one in found.items()}),
    )


@dg.op
def delete_old(context: dg.OpExecutionContext) -> None:
    """Keeps runs that ended well for a day, others for a week; each shop has a record of its own."""
    ended = [dg.DagsterRunStatus.SUCCESS], [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    for statuses, keep in zip(ended, (KEEP_DONE, KEEP_FAILED), strict=True):
        old = dg.RunsFilter(statuses=statuses, created_before=datetime.now(UTC) - keep)
        while runs := context.instance.get_runs(old, limit=100):
            for run in runs:
                context.instance.delete_run(run.run_id)


@dg.job(executor_def=dg.in_process_executor)
def delete_old_runs() -> None:
    """Keeps Dagster's storage small."""
    delete_old()


defs = dg.Definitions(
    assets=[asset_of(shop) for shop in SHOPS],
    asset_checks=[check_of(shop.name) for shop in SHOPS],
    jobs=[*JOBS, delete_old_runs],
    sensors=[due, stale],
    schedules=[
        dg.ScheduleDefinition(
            job=delete_old_runs, cron_schedule="40 3 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
        )
    ],
)
