"""Records are kept packed, and come back letter by letter."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.shop import edit, resources
from sandbox.shop.db import BATCH, Shop
from sandbox.shop.generate import generate
from sandbox.shop.packing import WINDOW, Packer
from sandbox.shop.plan import Plan

from .conftest import NOW, PLAN

TEXTS = st.text(max_size=400)
BULKY = (resources.CUSTOMERS, resources.ORDERS, resources.ORDER_PRODUCTS, resources.INVOICES)


def stored(shop: Shop, resource: resources.Resource) -> int:
    """Bytes that the bodies of a resource take."""
    sql = f"SELECT SUM(LENGTH(body)) FROM {resource.name}_bodies"  # noqa: S608  # names declared in resources.py
    size: int = shop.connection.execute(sql).fetchone()[0]
    return size


@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_what_is_packed_comes_back(known: list[str], text: str) -> None:
    packer = Packer.learned([one.encode() for one in known])
    assert packer.unpacked(packer.packed(text.encode())) == text


@given(TEXTS, TEXTS)
def test_what_was_packed_before_there_was_a_sample_comes_back_too(text: str, known: str) -> None:
    assert Packer(known.encode()).unpacked(Packer().packed(text.encode())) == text


def test_a_sample_holds_no_more_than_is_of_use() -> None:
    assert Packer.learned([b"a" * WINDOW, b"b"]).sample == b"a" * (WINDOW - 1) + b"b"


def test_records_take_a_fifth_of_their_length(shop: Shop) -> None:
    for resource in BULKY:
        length = sum(len(text.encode()) for _, text in shop.every(resource))
        assert stored(shop, resource) < length / 5, resource.name


def test_the_next_program_reads_what_was_filled_and_changed(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    shop = Shop(path)
    generate(shop, PLAN)
    newest = shop.newest_id(resources.ORDERS)
    edit.change(shop, resources.ORDERS, newest, {"memo": "Bel eerst ☎️"}, NOW)
    texts = {name: [text for _, text in shop.every(resource)] for name, resource in resources.ALL.items()}
    shop.close()
    again = Shop(path)
    assert {name: [text for _, text in again.every(one)] for name, one in resources.ALL.items()} == texts
    assert (again.get(resources.ORDERS, newest) or {})["memo"] == "Bel eerst ☎️"
    again.close()


def test_a_filled_shop_has_its_indices_and_its_log(make_shop: Callable[[Plan], Shop], tmp_path: Path) -> None:
    sql = "SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name"
    empty = Shop(tmp_path / "empty.sqlite")
    filled = make_shop(Plan(customers=3, orders=3, order_rows=3, now=NOW))
    expected = [row["name"] for row in empty.connection.execute(sql)]
    assert [row["name"] for row in filled.connection.execute(sql)] == expected
    assert filled.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    empty.close()


def test_a_shop_that_could_not_be_filled_is_as_it_was(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop.sqlite")
    body = {"id": 1, "title": "x" * WINDOW}

    def bodies() -> Iterator[resources.Body]:
        yield from [body] * BATCH
        raise KeyError

    with pytest.raises(KeyError), shop.filling():
        shop.put_all(resources.BRANDS, bodies())
    shop.put(resources.BRANDS, body)
    shop.close()
    again = Shop(tmp_path / "shop.sqlite")
    assert again.get(resources.BRANDS, 1) == body
    again.close()
