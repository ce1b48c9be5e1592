"""What a run reads again, what it leaves, and what it owes to the next one."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.programs import BIN, kept, start
from support.sandbox import Sandbox
from tap.conftest import FAST, SMALL, Reader

LIVE = ["customers", "orders", "invoices", "shipments", "products", "variants"]
ALL_LIVE = [*LIVE, "returns"]
LINES = "order_products"


def paths(sandbox: Sandbox, since: int) -> list[str]:
    return [one["path"].removeprefix("/seoshop/nl/").removesuffix(".json") for one in sandbox.requests(since)]


def line_ids(sandbox: Sandbox, orders: list[int] | None = None) -> set[int]:
    found = sandbox.shop("order_products")
    return {line["id"] for line in found if orders is None or line["orderId"] in orders}


def test_an_unchanged_run_asks_each_changed_list_once_and_nothing_else(
    moving: Sandbox, reader: Reader
) -> None:
    state = reader(moving).state
    # The shop ignores the filter of returns: that is found out once, and said once.
    for lists, said in ((ALL_LIVE, 1), (LIVE, 0), (LIVE, 0)):
        mark = moving.last()
        read = reader(moving, state=state)
        assert paths(moving, mark) == lists
        assert read.ended.err.count("the shop ignores the time filter of returns") == said
        assert read.records(LINES) == read.records("customer_summaries") == []
        state = read.state


def test_the_look_back_costs_no_lines_and_no_summaries(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving).state
    moving.clock(advance=3600)
    changed = moving.move(seed=1, new_orders=2, payments=1)
    moving.clock(advance=5)  # what changed in the second of the reading is read once more
    state = reader(moving, state=state).state
    mark = moving.last()
    read = reader(moving, state=state)
    assert paths(moving, mark) == LIVE
    assert {one["id"] for one in read.records("orders")} == set(changed["orders"])


def test_a_small_change_reads_only_what_it_touches(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving, select=("orders", LINES)).state
    moving.clock(advance=3600)
    changed = moving.move(seed=2, new_orders=2, payments=1, shipments=1)
    mark = moving.last()
    read = reader(moving, state=state, select=("orders", LINES))
    assert {one["id"] for one in read.records("orders")} == set(changed["orders"])
    assert {one["id"] for one in read.records(LINES)} == line_ids(moving, changed["orders"])
    wanted = ["orders", *(f"orders/{number}/products" for number in changed["orders"])]
    assert sorted(paths(moving, mark)) == sorted(wanted)


def test_deselecting_orders_does_not_break_their_lines(moving: Sandbox, reader: Reader) -> None:
    read = reader(moving, select=(LINES,))
    assert {one["id"] for one in read.records(LINES)} == line_ids(moving)
    assert set(read.streams("RECORD")) == {LINES}
    assert {LINES, "orders"} <= set(read.state["bookmarks"]["shop"]["reads"])
    assert "customers" not in read.state["bookmarks"]["shop"]["reads"]
    moving.clock(advance=3600)
    changed = moving.move(seed=2, new_orders=1)
    read = reader(moving, select=(LINES,), state=read.state)
    assert {one["orderId"] for one in read.records(LINES)} == set(changed["orders"])


def test_a_stream_selected_later_is_read_in_full(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving, select=("orders",)).state
    read = reader(moving, state=state, select=("orders", LINES, "customer_summaries"))
    assert read.records("orders") == []
    assert {one["id"] for one in read.records(LINES)} == line_ids(moving)
    assert len(read.records("customer_summaries")) == len(moving.shop("customers"))


def test_who_left_the_last_group_is_missing_from_the_next_complete_list(
    moving: Sandbox, reader: Reader
) -> None:
    sets = "customer_group_sets"
    before = reader(moving)
    moving.clock(advance=600)
    changed = moving.move(seed=1, group_leaves=2)
    early = reader(moving, state=before.state)
    assert sets not in early.streams("RECORD") + early.streams("ACTIVATE_VERSION")
    moving.clock(advance=3600)
    late = reader(moving, state=early.state)
    assert late.streams("ACTIVATE_VERSION").count(sets) == 1
    still = {one["customer"]["resource"]["id"] for one in moving.shop("groups_customers")}
    assert {one["customerId"] for one in late.records(sets)} == still
    gone = {one["customerId"] for one in before.records(sets)} - still
    assert gone & set(changed["left_groups"])
    versions = [one["version"] for one in late.messages if one["type"] == "ACTIVATE_VERSION"]
    older = [one["version"] for one in before.messages if one["type"] == "ACTIVATE_VERSION"]
    assert min(versions) > max(older)


def test_full_lists_are_read_when_they_are_due(moving: Sandbox, reader: Reader) -> None:
    lists = ("customer_groups", "customer_group_memberships", "order_custom_statuses", "brands")
    select = ("shop", "customers", "orders", "invoices", "shipments", "products", "variants", *lists)
    state = reader(moving, select=select).state
    moving.clock(advance=86_400)
    mark = moving.last()
    read = reader(moving, state=state, select=select)
    due = ["shop", "groups/customers/count", "groups/customers", "groups", "orders/customstatuses", "brands"]
    assert paths(moving, mark) == [*LIVE, *due]
    assert len(read.records("brands")) == len(moving.shop("brands"))


def test_a_new_brand_is_read_in_the_run_that_meets_it(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving, select=("products",)).state
    moving.clock(advance=3600)
    brand = {**moving.shop("brands")[0], "id": 987654, "title": "Brand new"}
    moving.insert("brands", brand)
    link = {"resource": {"id": 987654, "url": "brands/987654", "link": "brands/987654.json"}}
    product = moving.shop("products")[0]["id"]
    moving.change("products", product, brand=link)
    mark = moving.last()
    read = reader(moving, state=state, select=("products",))
    assert [one["brandTitle"] for one in read.records("products")] == ["Brand new"]
    assert paths(moving, mark) == ["products", "brands"]


def test_a_brand_that_is_gone_leaves_the_title_out_and_is_asked_for_once(
    moving: Sandbox, reader: Reader
) -> None:
    product = next(one for one in moving.shop("products") if one["brand"])
    moving.delete("brands", product["brand"]["resource"]["id"])
    first = reader(moving, select=("products",))
    (record,) = [one for one in first.records("products") if one["id"] == product["id"]]
    assert "brandTitle" not in record
    assert record["brandId"] is not None
    moving.clock(advance=3600)
    moving.change("products", product["id"], title="Another title")
    mark = moving.last()
    reader(moving, state=first.state, select=("products",))
    assert paths(moving, mark) == ["products"]


def test_a_momentary_404_is_retried(moving: Sandbox, reader: Reader) -> None:
    moving.fault("seoshop", "/orders/[0-9]+/products", "status", status=404, times=1)
    read = reader(moving, select=(LINES,))
    assert read.ended.code == 0
    assert {one["id"] for one in read.records(LINES)} == line_ids(moving)


def test_a_gateways_404_of_a_list_is_retried(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving, select=("customers", "orders")).state
    moving.clock(advance=60)
    changed = moving.move(new_orders=1)
    moving.clock(advance=5)
    moving.fault("seoshop", "/orders", "status", status=404, body="<h1>Not Found</h1>", times=1)
    read = reader(moving, select=("customers", "orders"), state=state)
    assert read.ended.code == 0
    assert "HTTP 404 from a gateway while reading orders; trying again" in read.ended.err
    assert set(changed["orders"]) <= {one["id"] for one in read.records("orders")}


def test_an_order_that_stays_404_is_owed_reported_and_read_later(moving: Sandbox, reader: Reader) -> None:
    order = moving.shop("orders")[3]["id"]
    moving.fault("seoshop", f"/orders/{order}/products", "status", status=404, times=100)
    read = reader(moving, select=(LINES,))
    assert read.ended.code == 0
    assert f"1 orders answer 404 and stay owed: {order}" in read.ended.err
    assert read.state["bookmarks"][LINES]["pending"] == [[order, 1]]
    assert {one["id"] for one in read.records(LINES)} == line_ids(moving) - line_ids(moving, [order])
    moving.clear_faults()
    again = reader(moving, select=(LINES,), state=read.state)
    assert {one["id"] for one in again.records(LINES)} == line_ids(moving, [order])
    (line, *_) = again.records(LINES)
    held = next(one for one in moving.shop("orders") if one["id"] == order)
    assert (line["email"], line["orderNumber"]) == (held["email"], held["number"])
    assert again.state["bookmarks"][LINES]["pending"] == []


def test_a_deleted_order_is_given_up_after_some_runs_and_reported(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving, select=(LINES,)).state
    order = moving.shop("orders")[0]["id"]
    moving.delete("orders", order)
    state["bookmarks"][LINES]["pending"] = [[order, 3]]
    read = reader(moving, select=(LINES,), state=state)
    assert read.state["bookmarks"][LINES]["pending"] == [[order, 4]]
    read = reader(moving, select=(LINES,), state=read.state)
    assert read.state["bookmarks"][LINES]["pending"] == []
    assert f"order {order} was not found in 5 runs: it counts as deleted" in read.ended.err


def test_a_first_load_that_is_cut_goes_on_where_it_was(moving: Sandbox, reader: Reader) -> None:
    got: list[int] = []
    state: dict[str, Any] | None = None
    done = 0
    for _ in range(20):
        read = reader(moving, select=(LINES,), state=state, max_run_seconds=1, requests_per_second=12)
        assert read.ended.code == 0
        got += [one["id"] for one in read.records(LINES)]
        state = read.state
        backfill = state["bookmarks"][LINES]["backfill"]
        assert backfill["done"] > done
        done = backfill["done"]
        progress, at = state["bookmarks"]["shop"]["progress"], state["bookmarks"]["orders"]["read_at"]
        assert (progress["done"], progress["total"]) == (done, len(moving.shop("orders")))
        # An instant, as text of one form.
        assert progress["eta"] > at if backfill["open"] else progress["eta"] is None
        if not backfill["open"]:
            break
    assert backfill["open"] is False
    assert done == len(moving.shop("orders"))
    assert set(got) == line_ids(moving)
    assert len(got) == len(set(got))


def test_changed_orders_that_do_not_fit_wait_in_the_state(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving, select=(LINES,)).state
    moving.clock(advance=3600)
    changed = moving.move(seed=4, new_orders=20)
    moving.clock(advance=5)  # what changed in the second of the reading is read once more
    read = reader(moving, select=(LINES,), state=state, max_run_seconds=1, requests_per_second=8)
    pending = [number for number, _ in read.state["bookmarks"][LINES]["pending"]]
    now = {one["orderId"] for one in read.records(LINES)}
    assert pending
    assert now | set(pending) == set(changed["orders"])
    rest = reader(moving, select=(LINES,), state=read.state)
    assert {one["orderId"] for one in rest.records(LINES)} == set(pending)


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_killed_loses_nothing(
    kill: signal.Signals, moving: Sandbox, reader: Reader, tmp_path: Path
) -> None:
    config = kept(tmp_path, moving.tap_config(**{**FAST, "requests_per_second": 40}))
    (tmp_path / "config.json").write_text(json.dumps(config))
    lines = []
    command = BIN / "tap-seoshop", "--config", tmp_path / "config.json"
    with start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            lines.append(json.loads(line))
            if sum(one["type"] == "RECORD" and one["stream"] == LINES for one in lines) == 10:
                process.send_signal(kill)
                break
        rest = process.stdout.read()  # not communicate(), which would pass over what is buffered here
        err = process.stderr.read()
    if kill != signal.SIGKILL:
        assert process.returncode == 128 + kill
        assert "Traceback" not in err
        assert err.strip().split("\n")[-1].startswith(f"tap-seoshop: stopped by signal {int(kill)}")
        lines += [json.loads(line) for line in rest.split("\n") if line]
        assert lines[-1]["type"] == "STATE"
    places = [place for place, one in enumerate(lines) if one["type"] == "STATE"]
    state = lines[places[-1]]["value"]
    known = {
        one["record"]["id"]
        for one in lines[: places[-1]]
        if one["type"] == "RECORD" and one["stream"] == LINES
    }
    read = reader(moving, state=state)
    assert read.ended.code == 0
    assert known | {one["id"] for one in read.records(LINES)} == line_ids(moving)
    if kill != signal.SIGKILL:
        assert known & {one["id"] for one in read.records(LINES)} == set()


def test_full_refresh_merged_into_an_old_state_leaves_nothing_of_it(moving: Sandbox, reader: Reader) -> None:
    old = reader(moving).state
    old["bookmarks"][LINES] |= {"pending": [[1, 2]], "seen": [[1, "2026-01-01T00:00:00Z"]]}
    fresh = reader(moving).state
    merged = {name: {**old["bookmarks"][name], **fresh["bookmarks"][name]} for name in fresh["bookmarks"]}
    assert merged == fresh["bookmarks"]


def test_the_state_of_another_shop_stops_the_run(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving, select=("brands",)).state
    state["bookmarks"]["shop"] |= {"shop_id": 7, "account": "other"}
    read = reader(moving, state=state)
    assert read.ended.code == 2
    assert "the state is of shop 7, the key of shop 300001" in read.said


def test_a_spent_day_is_no_failure(moving: Sandbox, reader: Reader) -> None:
    moving.settings(rate_limits="1000/1000/45")
    got: set[int] = set()
    read = reader(moving, quota_reserve=0.1)
    assert read.ended.code == 0
    assert "stopped early: the key's requests per day are used up" in read.ended.err
    assert not [one for one in moving.requests() if one["status"] == 429]
    got |= {one["id"] for one in read.records(LINES)}
    moving.settings(rate_limits="1000/1000/1000")
    read = reader(moving, state=read.state)
    assert got | {one["id"] for one in read.records(LINES)} == line_ids(moving)
    assert got & {one["id"] for one in read.records(LINES)} == set()


@pytest.mark.parametrize(
    ("zone", "reading", "bound"),
    [
        ("America/New_York", "shop", "exclusive"),
        ("America/New_York", "utc", "inclusive"),
        ("Europe/Amsterdam", "shop", "exclusive"),
        ("Pacific/Auckland", "shop", "inclusive"),
    ],
)
def test_no_change_is_missed_in_whatever_zone_the_filter_is_read(
    zone: str, reading: str, bound: str, start_sandbox: Any, reader: Reader
) -> None:
    switches = ("--switch", f"seoshop.filter_zone={reading}", "--switch", f"seoshop.filter_bound={bound}")
    shop = start_sandbox(**SMALL, more=("--zone", zone, *switches))
    state = reader(shop, select=("customers", LINES)).state
    assert state["bookmarks"]["customers"]["west"] == (5 * 3600 if zone == "America/New_York" else 0)
    for step in range(2):
        shop.clock(advance=300)
        changed = shop.move(seed=step, new_orders=1, address_changes=2)
        shop.clock(advance=5)  # what changed in the second of the reading is read once more
        read = reader(shop, select=("customers", LINES), state=state)
        assert set(changed["customers"]) <= {one["id"] for one in read.records("customers")}
        assert {one["orderId"] for one in read.records(LINES)} == set(changed["orders"])
        state = read.state
        assert not state["bookmarks"]["customers"]["filter_ignored"]


def test_a_start_date_leaves_older_records_out(moving: Sandbox, reader: Reader) -> None:
    newest = sorted(moving.shop("orders"), key=lambda one: str(one["updatedAt"]))[-5:]
    start = newest[0]["updatedAt"]
    read = reader(moving, select=("orders", LINES), start_date=start)
    assert {one["id"] for one in newest} <= {one["id"] for one in read.records("orders")}
    assert len(read.records("orders")) < len(moving.shop("orders"))
    assert {one["orderId"] for one in read.records(LINES)} <= {one["id"] for one in read.records("orders")}
