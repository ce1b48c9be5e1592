"""`--test` says in one line each what can be read, and ends with the code that tells the kind of failure."""

import socket
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from support.programs import Ended, tap
from support.sandbox import Sandbox
from tap.conftest import FAST, NOT_SERVED
from tap_seoshop.streams import STREAMS


def probed(folder: Path, sandbox: Sandbox, **settings: Any) -> tuple[Ended, dict[str, str]]:
    """What it said of each stream."""
    ended = tap(folder, sandbox.tap_config(**{**FAST, **settings}), "--test")
    lines = [line.split(maxsplit=1) for line in ended.out.strip().split("\n") if line]
    return ended, {line[0]: line[1] for line in lines}


def test_it_names_the_shop_and_says_a_line_of_each_stream(moving: Sandbox, tmp_path: Path) -> None:
    ended, said = probed(tmp_path, moving)
    assert ended.code == 0, ended.log
    assert said.pop("shop") == "works"
    assert ended.out.startswith("shop 300001 reached (sample-shop.webshopapp.com, EUR)\n")
    assert set(said) == {stream.name for stream in STREAMS} - {"shop"}
    for stream, words in said.items():
        assert words.startswith("works") == (stream not in NOT_SERVED), (stream, words)
    # One record of each list, and no list twice.
    asked = Counter(one["path"] for one in moving.requests() if one["status"] == 200)
    assert set(asked.values()) == {1}
    assert all("limit=1" in one["query"] for one in moving.requests() if "shop.json" not in one["path"])


def test_a_missing_permission_is_reported_where_it_is_missing(moving: Sandbox, tmp_path: Path) -> None:
    moving.fault("seoshop", "/(invoices|orders/[0-9]+/products)\\.json", "status", status=403, times=100)
    ended, said = probed(tmp_path, moving)
    assert ended.code == 3
    assert said["invoices"] == "not allowed: the key lacks a permission, most likely to read orders"
    assert said["order_products"].startswith("not allowed")
    assert said["customers"] == said["orders"] == "works"
    assert "the key may not read invoices, order_products:" in ended.err


def test_what_is_not_selected_may_be_forbidden(moving: Sandbox, tmp_path: Path) -> None:
    moving.fault("seoshop", "/quotes", "status", status=403, times=100)
    ended, said = probed(tmp_path, moving)
    assert ended.code == 0
    assert said["quotes"].startswith("not allowed")
    assert said["quotes"].endswith("(not selected by default)")
    assert said["cart_products"].startswith("not allowed")


def test_an_api_that_is_away_is_code_4(tmp_path: Path) -> None:
    with socket.socket() as listener:  # bound, but not listening
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/seoshop"
        ended, said = probed(tmp_path, Sandbox.at(""), api_url=url)
    assert (ended.code, said) == (4, {})
    assert "is away (no connection" in ended.err.strip().split("\n")[-1]


@pytest.mark.parametrize(
    ("settings", "code"), [({"api_secret": "wrong"}, 3), ({"language": "xx"}, 2), ({"api_key": ""}, 2)]
)
def test_what_keeps_it_from_the_shop_is_one_line(
    settings: dict[str, str], code: int, shop: Sandbox, tmp_path: Path
) -> None:
    ended, said = probed(tmp_path, shop, **settings)
    assert (ended.code, said) == (code, {})
    assert ended.err.strip().split("\n")[-1].startswith("tap-seoshop: ")
