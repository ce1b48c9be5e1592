"""Whatever comes after a forgetting, the address stays away: under `block` for good, under `ask` it waits."""

import shutil
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.desk import Desk
from support.sandbox import Sandbox, running_sandbox
from support.singer import LONG_AGO, customer, order, order_row, record

pytestmark = pytest.mark.slow

SOON = "2026-11-20T10:00:00Z"
SHARED, OWN = "both@example.com", "own@example.com"
ADDRESSES = st.sampled_from([SHARED, SHARED, OWN])
NUMBERS = st.integers(1, 3)
TIMES = st.sampled_from([LONG_AGO, LONG_AGO, SOON])
MESSAGES = st.lists(
    st.one_of(
        st.builds(customer, NUMBERS, at=TIMES, email=ADDRESSES),
        st.builds(order, NUMBERS, st.sampled_from([1, 2, 3, None]), at=TIMES, email=ADDRESSES),
        st.builds(order_row, NUMBERS, NUMBERS, st.sampled_from([1, 2, None]), at=TIMES, email=ADDRESSES),
        st.builds(
            lambda number, street: record(
                "customer_summaries", customerId=number, orderCount=1, billingStreet=street
            ),
            NUMBERS,
            ADDRESSES,
        ),
    ),
    min_size=1,
    max_size=6,
)
ACTS = st.lists(
    st.sampled_from(["resync", "resync", "more", "lost ledger", "replay", "old backup", "forget again"]),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def shared() -> Any:
    more = ("--import-seconds", "0", "--no-curated")
    with running_sandbox(customers=0, orders=0, order_rows=0, more=more) as sandbox:
        yield sandbox


def forget(desk: Desk) -> None:
    desk.command("forget", "--from", "-", "--yes", lines=[SHARED])


def old_backup(desk: Desk, backup: Path) -> None:
    """Everything but a copy of the receipts is that of before."""
    receipts = shutil.copy(desk.state / "receipts.jsonl", desk.folder / "receipts.jsonl")
    shutil.rmtree(desk.state)
    shutil.copytree(backup, desk.state)
    desk.command("restore-check", "--heal", "--receipts", str(receipts))


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=MESSAGES, after=MESSAGES, acts=ACTS, on_return=st.sampled_from(["ask", "block"]))
def test_a_forgotten_address_stays_away(
    shared: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    acts: list[str],
    on_return: str,
) -> None:
    desk = Desk(
        shared,
        tmp_path_factory.mktemp("desk"),
        f"F{uuid.uuid4().hex[:12]}",
        {"on_return": on_return, "on_removed": "recreate", "max_rejects": 1000},
    )
    # What stands in a text about another person before is not found; docs/privacy.md says so.
    old = [one for one in before if SOON not in str(one) and one["record"].get("billingStreet") != SHARED]
    desk.send(*(old or [customer(9)]))
    backup = shutil.copytree(desk.state, desk.folder / "backup")
    forget(desk)
    messages = [*before]
    for act in acts:
        if act == "more":
            messages += after
        elif act == "lost ledger":
            (desk.state / "ledger.sqlite").unlink()
        elif act == "replay":
            desk.command("replay")
        elif act == "old backup":
            old_backup(desk, backup)
        elif act == "forget again":
            forget(desk)
        if act != "replay":
            desk.send(*messages)
        assert desk.held(SHARED) == [], act
        assert set(desk.kept(SHARED)) <= ({"rejects.jsonl"} if on_return == "ask" else set()), act
