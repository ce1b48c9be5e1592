"""Streams that are off by default: what hangs on a record of another list, logs, and carts."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from support.sandbox import Sandbox, running_sandbox
from tap.compared import PRIVATE, told_otherwise
from tap.conftest import SMALL, Read, Reader, fill, read_shop
from tap_seoshop.streams import STREAMS
from tap_seoshop.streams.base import AppendOnlyStream, DetailStream

# What is made of other lists has tests of its own.
OFF = {one.name: one for one in STREAMS if not one.selected_by_default and not hasattr(one, "sources")}
DETAILS: dict[str, Any] = {name: stream for name, stream in OFF.items() if issubclass(stream, DetailStream)}
LOGS = [name for name, stream in OFF.items() if issubclass(stream, AppendOnlyStream)]


@pytest.fixture(scope="module")
def deep_shop() -> Iterator[Sandbox]:
    """A shop that no test of this module changes."""
    with running_sandbox(**SMALL) as sandbox:
        fill(sandbox)
        yield sandbox


@pytest.fixture(scope="module")
def deep(deep_shop: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """The first run over all streams that are off by default, and over nothing else."""
    read = read_shop(tmp_path_factory.mktemp("deep"), deep_shop, select=tuple(OFF))
    assert read.ended.code == 0, read.ended.log
    return read


def rows(stream: str, records: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Records by key, as the shop's own bodies have it too."""
    names = [name for name in OFF[stream].primary_keys if name != "shopId"]
    return {tuple(one[name] for name in names): one for one in records}


def paths(sandbox: Sandbox, since: int = 0) -> Counter[str]:
    asked = (one["path"] for one in sandbox.requests(since))
    return Counter(path.removeprefix("/seoshop/nl/").removesuffix(".json") for path in asked)


def stamps(sandbox: Sandbox, resource: str) -> dict[int, str]:
    return {one["id"]: one["updatedAt"] for one in sandbox.shop(resource)}


@pytest.mark.parametrize("stream", OFF)
def test_every_record_of_the_shop_arrives_once_and_with_every_field(
    stream: str, deep_shop: Sandbox, deep: Read
) -> None:
    held, got = rows(stream, deep_shop.shop(stream)), rows(stream, deep.records(stream))
    assert len(got) == len(deep.records(stream)) > 0
    assert set(got) == set(held)
    for key, raw in held.items():
        assert told_otherwise(raw, got[key], PRIVATE.get(stream, set())) == []


def test_details_name_their_parent(deep_shop: Sandbox, deep: Read) -> None:
    for stream, above in (("invoice_items", "invoices"), ("shipment_products", "shipments")):
        held = {one["id"]: one for one in deep_shop.shop(above)}
        for record in deep.records(stream):
            body = held[record[f"{above[:-1]}Id"]]
            assert record["orderId"] == body["order"]["resource"]["id"]
            assert record["customerId"] == body["customer"]["resource"]["id"]


def test_a_first_run_asks_for_each_list_and_each_parent_once(deep_shop: Sandbox, deep: Read) -> None:
    assert deep.ended.code == 0
    wanted = {"shop"}
    for name, stream in OFF.items():
        if name in DETAILS:
            above = DETAILS[name].parent.place.path
            wanted |= {above, f"{above}/count"}
            wanted |= {stream.place.path.format(id=one["id"]) for one in deep_shop.shop(above)}
        else:
            wanted |= {stream.place.path, f"{stream.place.path}/count"}
    asked = paths(deep_shop)
    pages = {
        OFF[name].place.path: -(-len(deep_shop.shop(name)) // 250) for name in OFF if name not in DETAILS
    }
    assert set(asked) == wanted
    assert {path: count for path, count in asked.items() if count != pages.get(path, 1)} == {}


def test_later_runs_ask_again_only_for_changed_parents(moving: Sandbox, reader: Reader) -> None:
    fill(moving)
    state = reader(moving, select=tuple(OFF)).state
    parents = {DETAILS[name].parent.name for name in DETAILS}
    before = {name: stamps(moving, name) for name in parents}
    older = {name: set(rows(name, moving.shop(name))) for name in LOGS}
    moving.clock(advance=3600)
    moving.move(seed=3, new_orders=2, payments=1, shipments=2, credit_notes=1, address_changes=1)
    moved = {
        name: {key for key, stamp in stamps(moving, name).items() if before[name].get(key) != stamp}
        for name in parents
    }
    assert all(moved.values())
    moving.clock(advance=5)  # what changed in the second of the reading is read once more
    mark = moving.last()
    read = reader(moving, select=tuple(OFF), state=state)
    wanted = {DETAILS[name].parent.place.path for name in DETAILS}
    wanted |= {
        OFF[name].place.path.format(id=key) for name in DETAILS for key in moved[DETAILS[name].parent.name]
    }
    wanted |= {OFF[name].place.path for name in OFF if name not in DETAILS}
    assert paths(moving, mark) == dict.fromkeys(wanted, 1)
    for name, stream in DETAILS.items():
        key = f"{stream.parent_key}Id"
        held = [one for one in moving.shop(name) if one[key] in moved[stream.parent.name]]
        assert set(rows(name, read.records(name))) == set(rows(name, held))
    for name in LOGS:
        new = set(rows(name, moving.shop(name))) - older[name]
        assert new
        assert set(rows(name, read.records(name))) == new
    mark = moving.last()
    idle = reader(moving, select=tuple(OFF), state=read.state)
    # The shop ignores the filter of carts: that is found out once, and said once.
    assert read.ended.err.count("the shop ignores the time filter of quotes") == 1
    assert set(paths(moving, mark)) == {DETAILS[name].parent.place.path for name in DETAILS} | {
        OFF[name].place.path for name in LOGS
    }
    assert not any(idle.records(name) for name in DETAILS)


def test_a_parent_that_answers_404_is_owed_reported_and_read_later(
    deep_shop: Sandbox, reader: Reader
) -> None:
    stream = "invoice_items"
    invoice = deep_shop.shop("invoices")[2]["id"]
    deep_shop.fault("seoshop", f"/invoices/{invoice}/items", "status", status=404, times=100)
    read = reader(deep_shop, select=(stream,))
    deep_shop.clear_faults()
    assert read.ended.code == 0
    assert f"1 invoices answer 404 and stay owed: {invoice}" in read.ended.err
    held = {one["id"] for one in deep_shop.shop(stream)}
    lacking = {one["id"] for one in deep_shop.shop(stream) if one["invoiceId"] == invoice}
    assert lacking
    assert {one["id"] for one in read.records(stream)} == held - lacking
    again = reader(deep_shop, select=(stream,), state=read.state)
    assert {one["id"] for one in again.records(stream)} == lacking
    assert again.state["bookmarks"][stream]["pending"] == []


@pytest.mark.slow
def test_details_that_do_not_fit_into_a_run_come_with_the_next(deep_shop: Sandbox, reader: Reader) -> None:
    stream, state, got = "product_images", None, Counter[int]()
    for _ in range(30):
        read = reader(deep_shop, select=(stream,), state=state, max_run_seconds=1, requests_per_second=15)
        assert read.ended.code == 0
        got.update(one["id"] for one in read.records(stream))
        state = read.state
        if not state["bookmarks"][stream]["backfill"]["open"]:
            break
    assert got == Counter(one["id"] for one in deep_shop.shop(stream))
