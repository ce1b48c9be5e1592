"""Whatever an API can do to a client: in the end Copernica holds what the shop holds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.programs import BIN, Piped, pipe, run
from support.sandbox import SECRETS, Sandbox, running_sandbox

pytestmark = pytest.mark.slow

SIZES = {"customers": 12, "orders": 14, "order_rows": 30, "per_second": 1000, "import_seconds": 0.1}
RUNS = 6
"""In so many runs all has arrived, the last one free of faults."""
OFTEN: dict[str, Any] = {"times": None, "chance": 0.1, "seed": 3}
DONE, GONE, AWAY = 0, 1, 4
AGEING = {"lateness", "rfm", "segment", "orders_365", "net_365"}

BROKEN: dict[str, dict[str, Any]] = {
    "a gateway's page": {"do": "status", "status": 502},
    "too many requests": {"do": "status", "status": 429, "body": ""},
    "cut before": {"do": "drop_before"},
    "cut after": {"do": "drop_after"},
    "half an answer, cut": {"do": "cut"},
    "half an answer": {"do": "half"},
    "no JSON": {"do": "garbage"},
    "no body": {"do": "empty"},
    "drip": {"do": "drip", "seconds": 0.1},
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an undisturbed run of this shop leaves behind."""
    with running_sandbox(**SIZES) as sandbox:
        ended = synced(sandbox, tmp_path_factory.mktemp("undisturbed"))
        assert (ended.tap.code, ended.target.code) == (DONE, DONE), ended.target.log
        return sandbox.content()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The same shop, and an empty Copernica."""
    with running_sandbox(**SIZES) as started:
        yield started


def synced(sandbox: Sandbox, folder: Path) -> Piped:
    """One run, in which nothing secret is said, whatever happens."""
    config = sandbox.tap_config(requests_per_second=900)
    ended = pipe(folder, config, sandbox.target_config(folder / "state"))
    for program in (ended.tap, ended.target):
        assert not [secret for secret in SECRETS if secret in program.err]
        assert "Traceback" not in program.err, program.err
    return ended


def settled(sandbox: Sandbox, folder: Path, break_it: Callable[[], Any]) -> list[tuple[int, int]]:
    """Run with faults until all went well or often enough, and once more without; the exit codes."""
    break_it()
    codes = []
    for _ in range(RUNS - 1):
        ended = synced(sandbox, folder)
        codes.append((ended.tap.code, ended.target.code))
        if codes[-1] == (DONE, DONE):
            break
        sandbox.clock(advance=60)  # else the next run waits as long for calls that may be under way
    sandbox.clear_faults()
    ended = synced(sandbox, folder)
    assert (ended.tap.code, ended.target.code) == (DONE, DONE), ended.tap.err + ended.target.err
    return codes


def lasting(content: dict[str, Any]) -> dict[str, Any]:
    """What Copernica holds without what a day's ageing may change."""
    return {
        place: {
            key: {name: value for name, value in fields.items() if name not in AGEING}
            for key, fields in rows.items()
        }
        for place, rows in content.items()
    }


@pytest.mark.parametrize("side", ["seoshop", "copernica"])
@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_a_tenth_of_all_requests_goes_wrong(
    sandbox: Sandbox, tmp_path: Path, expected: dict[str, Any], side: str, fault: dict[str, Any]
) -> None:
    codes = settled(sandbox, tmp_path, lambda: sandbox.fault(side, "", **OFTEN | fault))
    assert sandbox.content() == expected
    assert set(codes) <= {(DONE, DONE), (AWAY, DONE), (DONE, AWAY), (GONE, AWAY)}
    assert sandbox.followups(run=True) == []


EXPIRE = {"path": "/admin/copernica/tokens/expire"}
TWO_HOURS = {"path": "/admin/clock", "body": {"advance": 7200}}


def test_rows_that_are_missing_for_a_moment_arrive_in_the_end(
    sandbox: Sandbox, tmp_path: Path, expected: dict[str, Any]
) -> None:
    settled(
        sandbox,
        tmp_path,
        lambda: sandbox.fault("seoshop", "/orders/[0-9]+/products", "missing", **OFTEN | {"chance": 0.4}),
    )
    assert sandbox.content() == expected


def test_tokens_that_expire_now_and_then(sandbox: Sandbox, tmp_path: Path, expected: dict[str, Any]) -> None:
    for number in (2, 20, 60, 150):
        sandbox.fault("copernica", "", "call_before", nth=number, call=EXPIRE)
    ended = synced(sandbox, tmp_path)
    assert (ended.tap.code, ended.target.code) == (DONE, DONE), ended.target.err
    assert [rule["hits"] for rule in sandbox.faults()["faults"]] == [1, 1, 1, 1]
    assert sandbox.content() == expected


def test_an_import_that_fails_after_half_of_its_rows(
    sandbox: Sandbox, tmp_path: Path, expected: dict[str, Any]
) -> None:
    """What it left out is sent again in the same run."""
    sandbox.settings(imports_end="halfway")
    heal = {"path": "/admin/settings", "body": {"imports_end": "done"}}
    sandbox.fault("copernica", "/imports$", "call_after", method="POST", call=heal)
    ended = synced(sandbox, tmp_path)
    assert (ended.tap.code, ended.target.code) == (DONE, DONE)
    assert [job["status"] for job in sandbox.imports()].count("failed") == 1
    assert sandbox.content() == expected
    assert sandbox.followups(run=True) == []


def test_imports_that_all_fail(sandbox: Sandbox, tmp_path: Path, expected: dict[str, Any]) -> None:
    """What cannot be written stands in the rejects file, and is written when it is sent again."""
    sandbox.settings(imports_end="halfway")
    synced(sandbox, tmp_path)
    assert sandbox.content() != expected
    sandbox.settings(imports_end="done")
    for _ in range(2):  # rows whose profile was refused as well
        run(BIN / "target-copernica", "--config", tmp_path / "target.json", "replay")
    assert synced(sandbox, tmp_path).target.code == DONE
    assert sandbox.content() == expected
    assert sandbox.followups(run=True) == []


def test_an_import_that_never_ends(sandbox: Sandbox, tmp_path: Path, expected: dict[str, Any]) -> None:
    """After an hour by Copernica's clock runs say so and stop at once; after a day they go on without it."""
    sandbox.settings(imports_end="never")
    sandbox.fault("copernica", "/import/[0-9]+$", "call_after", nth=2, call=TWO_HOURS)
    for _ in range(2):
        ended = synced(sandbox, tmp_path)
        assert ended.target.code == AWAY, ended.target.err
        assert "has not ended after an hour" in ended.target.err
    sandbox.settings(imports_end="done")
    sandbox.clock(advance=86_400)
    ended = synced(sandbox, tmp_path)
    assert (ended.tap.code, ended.target.code) == (DONE, DONE), ended.target.err
    assert "has not ended after a day" in ended.target.err
    assert lasting(sandbox.content()) == lasting(expected)


def test_orders_that_come_and_go_between_two_requests(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each order that the shop holds at the end is there, with its rows."""
    moved = {"path": "/admin/shop/move", "body": {"seed": 5, "new_orders": 1, "payments": 2}}
    gone = min(one["id"] for one in sandbox.shop("orders"))
    goes = {"path": "/admin/shop/delete", "body": {"resource": "orders", "id": gone}}
    sandbox.fault("seoshop", "/orders.json$", "call_after", call=moved, times=3)
    sandbox.fault("seoshop", "/products.json$", "call_after", nth=2, call=goes)
    synced(sandbox, tmp_path)
    sandbox.clear_faults()
    sandbox.clock(advance=60)
    ended = synced(sandbox, tmp_path)
    assert (ended.tap.code, ended.target.code) == (DONE, DONE)
    content = sandbox.content()
    held = {place.rpartition("/")[2]: set(rows) for place, rows in content.items()}
    shop = sandbox.status()["shop"]["id"]
    orders = {f"{shop}:{one['id']}" for one in sandbox.shop("orders")}
    assert orders <= held["Orders"] <= orders | {f"{shop}:{gone}"}
    rows = {f"{shop}:{one['id']}" for one in sandbox.shop("order_products") if one["orderId"] != gone}
    assert rows <= held["OrderItems"]
