"""Where the API's documentation is open to several readings, the tap finds the same under each."""

import json
from typing import Any

import pytest

from sandbox.seoshop.switches import GUEST_TYPE, LACKING, SWITCHES
from support.sandbox import Sandbox, running_sandbox
from tap.conftest import SMALL, Read, Reader, read_shop
from tap_seoshop.streams import STREAMS

pytestmark = pytest.mark.slow

ALL = tuple(stream.name for stream in STREAMS)
# What the shop does by itself differs in these, not what the tap finds of it.
OTHER_SHOP = (LACKING, GUEST_TYPE)
READINGS = [(one.name, choice) for one in SWITCHES if one not in OTHER_SHOP for choice in one.choices[1:]]
LIFE = {"new_orders": 2, "payments": 1}


def found(read: Read) -> dict[str, dict[str, Any]]:
    """The newest of each record, by stream and key."""
    keys: dict[str, list[str]] = {}
    records: dict[str, dict[str, Any]] = {}
    for message in read.messages:
        if message["type"] == "SCHEMA":
            keys[message["stream"]] = message["key_properties"]
        if message["type"] == "RECORD":
            key = json.dumps([message["record"][name] for name in keys[message["stream"]]])
            records.setdefault(message["stream"], {})[key] = message["record"]
    return records


@pytest.fixture(scope="module")
def likely(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What is found under the likelier readings; the shop is the same in each test."""
    with running_sandbox(**SMALL) as sandbox:
        return found(read_shop(tmp_path_factory.mktemp("likely"), sandbox, select=ALL))


@pytest.mark.parametrize(("switch", "choice"), READINGS)
def test_all_is_found_and_what_is_new_too(
    moving: Sandbox, likely: dict[str, dict[str, Any]], reader: Reader, switch: str, choice: str
) -> None:
    moving.settings(switches={switch: choice})
    whole = reader(moving, select=ALL)
    assert whole.ended.code == 0, whole.ended.log
    assert found(whole) == likely
    moving.clock(advance=3600)
    back = moving.move(returns=1)
    changed = moving.move(**LIFE)
    moving.clock(advance=60)
    again = reader(moving, select=ALL, state=whole.state)
    assert again.ended.code == 0, again.ended.log
    got = found(again)
    assert set(back["returns"]) <= {one["id"] for one in got["returns"].values()}
    for stream in ("orders", "order_products", "order_events", "variant_movements"):
        assert set(changed[stream]) <= {one["id"] for one in got[stream].values()}, stream
