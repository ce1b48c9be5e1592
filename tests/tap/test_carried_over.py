"""A state that version 0.1 of the tap wrote in the middle of its first load is gone on with.

`state-0.1.json` is what that version left over the shop of `SMALL`, after the lines of 8 of 30 orders.
"""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from msgspec import Struct

from support.sandbox import Sandbox
from tap.conftest import Reader
from tap_seoshop.bookmarks.forms import (
    AppendOnlyMark,
    DetailMark,
    FullTableMark,
    IncrementalMark,
    SeenMark,
    ShopMark,
    SummaryMark,
)
from tap_seoshop.bookmarks.store import Bookmarks
from tap_seoshop.streams import STREAMS
from tap_seoshop.streams.base import (
    AppendOnlyStream,
    DetailStream,
    FullTableStream,
    IncrementalStream,
    SeoshopStream,
    SummaryStream,
)
from tap_seoshop.streams.shop import Shop
from tap_seoshop.streams.summaries import CustomerSummaries

STATE: dict[str, Any] = json.loads(Path(__file__).with_name("state-0.1.json").read_text())


def test_a_state_of_0_1_is_gone_on_with(moving: Sandbox, reader: Reader) -> None:
    old = STATE["bookmarks"]
    moving.clock(advance=60)  # else a quick machine reads before the moment at which that version stopped
    read = reader(moving, state=STATE)
    assert read.ended.code == 0, read.ended.log
    # What 0.1 owed: the rest of the first load, which begins again since 0.1 could miss orders.
    held = {order["id"] for order in moving.shop("orders")}
    assert {line["orderId"] for line in read.records("order_products")} == held
    # What it had done is not read whole again.
    begun = old["customers"]["replication_key_value"]
    assert all(record["updatedAt"] >= begun for record in read.records("customers"))
    assert read.records("brands") == []
    new = read.state["bookmarks"]
    for stream, bookmark in old.items():
        assert set(bookmark) <= set(new[stream])
    assert new["shop"]["shop_id"] == old["shop"]["shop_id"]
    assert new["shop"]["version"] > old["shop"]["version"]
    assert new["order_products"]["backfill"]["open"] is False
    assert new["order_products"]["backfill"]["done"] == len(held)


def test_keys_of_another_version_are_kept(moving: Sandbox, reader: Reader) -> None:
    given = json.loads(json.dumps(STATE))
    given["bookmarks"]["orders"]["of_tomorrow"] = {"a": 1}
    given["bookmarks"]["a_stream_of_tomorrow"] = {"replication_key_value": "x"}
    read = reader(moving, state=given, select=("orders",))
    assert read.ended.code == 0, read.ended.log
    assert read.state["bookmarks"]["orders"]["of_tomorrow"] == {"a": 1}
    assert read.state["bookmarks"]["a_stream_of_tomorrow"] == {"replication_key_value": "x"}


FORMS: tuple[tuple[type[SeoshopStream], tuple[type[Struct], ...]], ...] = (
    (Shop, (ShopMark,)),
    (IncrementalStream, (IncrementalMark,)),
    (AppendOnlyStream, (AppendOnlyMark,)),
    (FullTableStream, (FullTableMark,)),
    (DetailStream, (DetailMark, SeenMark)),
    (SummaryStream, (SummaryMark,)),
)


def test_typed_bookmarks_write_every_value_of_0_1_back() -> None:
    state = deepcopy(STATE)
    marks = Bookmarks(state)
    for stream in STREAMS:
        if stream.name in STATE["bookmarks"]:
            for form in next(forms for kind, forms in FORMS if issubclass(stream, kind)):
                marks.of(stream.name, form)
    for source in CustomerSummaries.sources:
        marks.of("customer_summaries", SeenMark, f"{source.name}_")
    marks.save()
    for name, old in STATE["bookmarks"].items():
        for key, value in old.items():
            new = state["bookmarks"][name][key]
            assert new == ({**new, **value} if isinstance(value, dict) else value)
