"""A dry run announces what the real run then does, count by count, for random messages and contents."""

import logging
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.colleague import Colleague
from support.sandbox import Sandbox, running_sandbox
from support.singer import customer, order, record
from target_copernica.api.interrupt import Interrupt
from target_copernica.run.run import Run
from target_copernica.run.workspace import Workspace
from target_copernica.singer.target import TargetCopernica
from target_copernica.typed_settings import Settings

pytestmark = pytest.mark.slow

TIMES = ["2019-08-21T17:15:00Z", "2020-01-01T00:00:00Z", "2026-11-02T09:20:00Z", "2026-11-02T09:21:00Z"]
STREAMS = {
    "customers": {
        "profiles_of": "people",
        "key": ["shopId", "id"],
        "creates": True,
        "created_time": "createdAt",
        "changed_time": "updatedAt",
        "version": "updatedAt",
        "fields": {"email": {"type": "email"}, "firstname": {"length": 50}, "phone": {"length": 50}},
    },
    "customer_summaries": {
        "profiles_of": "people",
        "key": ["shopId", "customerId"],
        "fields": {"order_count": {"from": "orderCount", "type": "integer"}},
    },
    "orders": {
        "subprofiles_of": "people.Orders",
        "key": ["shopId", "id"],
        "creates": True,
        "created_time": "createdAt",
        "changed_time": "updatedAt",
        "version": "updatedAt",
        "parent": {"key": ["shopId", "customerId"], "email": "email", "order": "id"},
        "stub": {"email": "email", "firstname": "firstname"},
        "fields": {"number": {"length": 50}, "total": {"from": "priceIncl", "type": "float"}},
    },
}
NUMBERS = st.integers(1, 3)
PEOPLE = st.builds(
    customer,
    NUMBERS,
    at=st.sampled_from(TIMES),
    updated=st.sampled_from(TIMES),
    firstname=st.sampled_from(["Zoë", "Ann"]),
    email=st.sampled_from(["both@example.com", "own@example.com", "no address"]),
    _sdc_deleted_at=st.sampled_from([None, None, None, TIMES[3]]),
)
ORDERS = st.builds(
    order,
    NUMBERS,
    st.sampled_from([1, 2, 3, None]),
    at=st.sampled_from(TIMES),
    updated=st.sampled_from(TIMES),
    _sdc_deleted_at=st.sampled_from([None, None, None, TIMES[3]]),
)
SUMMARIES = st.builds(
    lambda number, count: record("customer_summaries", customerId=number, orderCount=count), NUMBERS, NUMBERS
)
MESSAGES = st.lists(st.one_of(PEOPLE, ORDERS, SUMMARIES), max_size=8)


@pytest.fixture(scope="module")
def shared() -> Any:
    with running_sandbox(
        customers=0, orders=0, order_rows=0, more=("--import-seconds", "0", "--no-curated")
    ) as sandbox:
        yield sandbox


def done(config: dict[str, Any], messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One run in this process; what it counted."""
    target = TargetCopernica(config=config, validate_config=True)
    work = Workspace(Settings.of(target.config), Interrupt(), logging.getLogger("target-copernica"))
    with work, Run(work) as run:
        run.start()
        intakes = {stream: run.intake(stream, {}, []) for stream in STREAMS}
        for message in messages:
            intakes[message["stream"]].take(dict(message["record"]), run.admit())
        run.finish()
        told = run.report.as_json(work.client.calls)
    streams = {
        stream: {
            name: number for name, number in counts.items() if name not in ("calls", "waited", "seconds")
        }
        for stream, counts in told["streams"].items()
    }
    return {"streams": streams, "stubs": told["stubs"], "history": told["history"]}


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    first=MESSAGES,
    then=MESSAGES,
    removed=st.booleans(),
    lost=st.booleans(),
    there=st.booleans(),
    deletes=st.sampled_from(["ignore", "flag", "delete"]),
    rows=st.sampled_from([2, 1000]),
)
def test_a_dry_run_announces_what_the_real_run_does(
    shared: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    first: list[dict[str, Any]],
    then: list[dict[str, Any]],
    removed: bool,  # noqa: FBT001 - drawn
    lost: bool,  # noqa: FBT001 - drawn
    there: bool,  # noqa: FBT001 - drawn
    deletes: str,
    rows: int,
) -> None:
    name, folder = f"D{uuid.uuid4().hex[:12]}", tmp_path_factory.mktemp("dry")
    config = shared.target_config(
        folder / "state", preset=None, deletes=deletes, batch_size_rows=rows, existing_people="adopt",
        mapping={"databases": {"people": {"name": name, "shared_email": "shared"}}, "streams": STREAMS},
    )  # fmt: skip
    if first:
        done(config, first)
        if there:
            Colleague(shared, name).creates({"firstname": "Colleague", "email": "both@example.com"})
        people = shared.profiles(name)
        if removed and people:
            shared.remove_profile(int(people[0]["ID"]))
        if lost:
            (folder / "state" / "ledger.sqlite").unlink()
    before = shared.last()
    announced = done({**config, "dry_run": True}, then)
    asked = [one["method"] for one in shared.requests(before, side="copernica") if "auth" not in one["path"]]
    assert set(asked) <= {"GET"}
    assert announced == done(config, then)
