"""`forget` is killed at each call and each local write, and run again: the end is the same."""

import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from support.desk import Desk, few_fields
from support.killing import KilledError, Killer, until
from support.programs import BIN, start, written
from support.sandbox import Sandbox
from support.singer import customer, order, record

pytestmark = pytest.mark.slow

MOST = 80
"""More people than there are moments at which one forgetting can be killed."""


def person(number: int) -> list[dict[str, Any]]:
    """A customer, an order, an order of another customer with the address, a summary that waits, a reject."""
    email = f"person{number}@example.com"
    return [
        customer(number),
        order(1000 + number, number),
        order(2000 + number, 1, email=email),
        record("customer_summaries", customerId=5000 + number, orderCount=1, billingStreet=email),
        record("orders", id=None, customerId=number, email=email),
    ]


def ids(desk: Desk) -> dict[str, str]:
    """Ids of the profiles, by key."""
    return {one["fields"]["external_key"]: one["ID"] for one in desk.sandbox.profiles("Shop")}


def without_ledger(desk: Desk) -> Desk:
    """The same desk with what is left when the ledger is lost: a run makes those whom it does not find."""
    beside = Desk(desk.sandbox, desk.folder / "beside", desk.database)
    shutil.rmtree(beside.folder, ignore_errors=True)
    shutil.copytree(desk.state, beside.state)
    (beside.state / "ledger.sqlite").unlink()
    return beside


def test_killed_at_each_moment_it_ends_the_same(
    start_sandbox: Callable[..., Sandbox], tmp_path: Path
) -> None:
    more = ("--import-seconds", "0", "--no-curated")
    desk = Desk(start_sandbox(customers=0, orders=0, order_rows=0, more=more), tmp_path, "Shop")
    numbers = range(2, MOST)
    everyone = [customer(1), *(one for number in numbers for one in person(number))]
    desk.send(*everyone)
    made = ids(desk)
    moments = 0
    for number in numbers:
        killer = Killer(after=moments + 1)
        lines = [f"person{number}@example.com"]
        try:
            with killer.at_work():
                desk.command("forget", "--from", "-", "--yes", lines=lines)
        except KilledError:
            moments += 1
        else:
            break
        if number % 2 == 0:
            without_ledger(desk).send(*person(number), on_return="block", max_rejects=1000)
            assert ids(desk).get(f"7:{number}", made[f"7:{number}"]) == made[f"7:{number}"]
        desk.command("forget", "--from", "-", "--yes", lines=lines)
    assert killer.left > 0, "the last one was not killed"
    assert moments > 30
    forgotten = [f"person{number}@example.com" for number in range(2, moments + 3)]
    assert f"of {len(forgotten)} receipts is whole" in desk.command("receipts")
    (desk.state / "rejects.jsonl").unlink()
    desk.send(*everyone, on_return="block")
    shown = str(desk.sandbox.content())
    assert [one for one in forgotten if f"'{one}'" in shown] == []
    assert f"person{moments + 3}@example.com" in shown
    ledger = (desk.state / "ledger.sqlite").read_bytes()
    assert [one for one in forgotten if f'"{one}"'.encode() in ledger] == []


def test_killed_while_a_run_forgets_who_was_deleted_in_the_shop(
    start_sandbox: Callable[..., Sandbox], tmp_path: Path
) -> None:
    more = ("--import-seconds", "0", "--no-curated")
    desk = Desk(start_sandbox(customers=0, orders=0, order_rows=0, more=more), tmp_path, "Shop")
    numbers = range(2, 12)
    desk.send(customer(1), *(one for number in numbers for one in person(number)))
    for number in numbers:
        gone = customer(number, updated="2026-11-02T09:20:00Z", _sdc_deleted_at="2026-11-02T09:20:10Z")
        with suppress(KilledError), Killer(after=4 * number).at_work():
            desk.send(gone, on_shop_deletion="forget")
        desk.send(gone, on_shop_deletion="forget")
    assert [one for number in numbers for one in desk.held(f"person{number}@")] == []
    assert f"of {len(numbers)} receipts is whole" in desk.command("receipts")
    assert set(desk.people()) == {"7:1"}


def test_killed_from_outside_while_a_profile_is_removed(
    start_sandbox: Callable[..., Sandbox], tmp_path: Path
) -> None:
    more = ("--import-seconds", "0", "--no-curated")
    desk = Desk(start_sandbox(customers=0, orders=0, order_rows=0, more=more), tmp_path, "Shop")
    desk.send(*person(2), order(11, 2))
    desk.sandbox.fault("copernica", "/profile/", "hang_before", method="DELETE")
    names = written(tmp_path / "names.txt", {})
    names.write_text("person2@example.com\n")
    config = written(tmp_path / "target.json", desk.config(mapping=few_fields("Shop")))
    process = start(BIN / "target-copernica", "--config", config, "forget", "--from", names, "--yes")
    until(lambda: desk.sandbox.faults()["faults"][0]["hits"] > 0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    desk.sandbox.clear_faults()
    desk.send(*person(2), on_return="block")
    desk.command("forget", "--from", str(names), "--yes")
    assert desk.held("person2@example.com") == []
    assert desk.kept("person2@example.com") == []
