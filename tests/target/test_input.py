"""Messages that no tap should send: one clear line and exit code 2, or the record to the rejects."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.sandbox import Sandbox, running_sandbox
from support.singer import LONG_AGO, complete, customer, lines, record, schema, state


@pytest.fixture(scope="module")
def sandbox() -> Any:
    more = ("--import-seconds", "0.1", "--no-curated")
    with running_sandbox(customers=0, orders=0, order_rows=0, more=more) as running:
        yield running


@pytest.fixture
def shared(sandbox: Sandbox, tmp_path: Path) -> Account:
    """An account that refused input leaves as it was."""
    return Account(sandbox, tmp_path)


SCHEMA = {
    "type": "SCHEMA",
    "stream": "customers",
    "schema": {"properties": {}},
    "key_properties": ["id"],
}
RECORD: dict[str, Any] = {"type": "RECORD", "stream": "customers", "record": {}}
ODD = {
    "record null": [SCHEMA, RECORD | {"record": None}],
    "record text": [SCHEMA, RECORD | {"record": "x"}],
    "stream number": [SCHEMA, RECORD | {"stream": 1}],
    "stream null": [SCHEMA | {"stream": None}],
    "type list": [{"type": ["RECORD"]}],
    "schema null": [SCHEMA | {"schema": None}],
    "properties null": [SCHEMA | {"schema": {"properties": None}}],
    "property number": [SCHEMA | {"schema": {"properties": {"a": 1}}}],
    "keys text": [SCHEMA | {"key_properties": "id"}],
    "half a character": [SCHEMA | {"stream": "a\ud800"}],
    "record before schema": [RECORD],
    "batch": [SCHEMA, {"type": "BATCH", "stream": "customers", "encoding": {}, "manifest": []}],
    "unknown type": [{"type": "GREETING"}],
}


@pytest.mark.parametrize("case", ODD)
def test_odd_messages_end_with_one_line(shared: Account, case: str) -> None:
    ended = shared.send_text("".join(json.dumps(message) + "\n" for message in ODD[case]))
    assert ended.code == 2, ended.err
    last = ended.err.strip().splitlines()[-1]
    assert last.startswith("target-copernica: ")
    assert "unexpected" not in last
    assert "Traceback" not in ended.err


def test_a_line_nested_without_end_is_no_message(shared: Account) -> None:
    deep = '{"type":"RECORD","stream":"customers","record":' + "[" * 100_000 + "]" * 100_000 + "}\n"
    ended = shared.send_text(deep)
    assert (ended.code, "Traceback" in ended.err) == (2, False)
    assert "line 1" in ended.err


def test_one_very_long_line_is_read(account: Account) -> None:
    long = record("customers", id=1, createdAt=LONG_AGO, updatedAt=LONG_AGO, memo="x" * 8_000_000)
    account.send(long, state(n=1))
    assert list(account.people()) == ["7:1"]


def test_schemas_with_decimals_and_bare_true_are_understood(account: Account) -> None:
    properties = {
        "code": {"type": "string"},
        "price": {"type": "number", "multipleOf": 0.01, "minimum": 0.5},
        "free": True,
        "multipleOf": {"type": "integer"},
    }
    row = {"code": "a", "price": 12.35, "free": [1], "multipleOf": 3}
    message = schema("prices", properties, ["code"])
    account.send(message, {"type": "RECORD", "stream": "prices", "record": row}, state(n=1), preset=None)
    assert account.people("prices")["a"]["price"] == "12.35"
    assert account.people("prices")["a"]["multipleOf"] == "3"


def test_a_property_that_cannot_be_checked_is_reported_and_is_written(account: Account) -> None:
    message = schema("prices", {"code": {"type": "string", "pattern": "("}}, ["code"])
    row = {"type": "RECORD", "stream": "prices", "record": {"code": "a"}}
    ended = account.send(message, row, preset=None)
    assert "cannot be used to check records: code" in ended.err
    assert list(account.people("prices")) == ["a"]


def test_half_a_character_in_an_address_empties_it(account: Account) -> None:
    account.send(customer(1, email="a\ud83d@example.com", firstname="a\ud83db"), state(n=1))
    assert account.people()["7:1"]["email"] == ""
    assert account.people()["7:1"]["firstname"] == "a?b"


def test_numbers_that_cannot_be_written_out_are_refused(account: Account) -> None:
    text = lines(customer(1), customer(2))
    text = text.replace('"firstname": "Zo\\u00eb"', '"firstname": 1e999999', 1)
    text += lines(customer(3)).splitlines()[-1].replace('"id": 3', '"id": 1e999999') + "\n"
    ended = account.send_text(text)
    assert ended.code == 0, ended.err
    assert sorted(account.people()) == ["7:1", "7:2"]
    assert sorted(one["kind"] for one in account.rejects()) == ["field", "record"]


def test_two_streams_into_one_database_are_refused(account: Account) -> None:
    ended = account.send(customer(1), products_database="SEOshop", check=False)
    assert ended.code == 2
    assert account.sandbox.databases() == {}
    assert "database of its own" in ended.err.strip().splitlines()[-1]
    rows = [{"type": "RECORD", "stream": name, "record": {"id": 1}} for name in ("price list", "price_list")]
    heads = [schema(name, {"id": {"type": "integer"}}, ["id"]) for name in ("price list", "price_list")]
    ended = account.send(*heads, *rows, preset=None, check=False)
    assert ended.code == 2
    assert "price_list" in ended.err.strip().splitlines()[-1]


def test_a_refused_record_of_a_complete_list_is_not_taken_for_gone(account: Account) -> None:
    properties = {"customerId": {"type": ["integer", "null"]}, "groupTitles": {"type": "array"}}
    head = schema("customer_group_sets", properties, ["customerId"])
    vip = record("customer_group_sets", customerId=1, groupTitles=["VIP"])
    account.send(customer(1), customer(2), head, vip, complete("customer_group_sets"))
    bad = record("customer_group_sets", customerId=1, groupTitles="VIP")
    account.send(head, bad, complete("customer_group_sets"))
    assert account.people()["7:1"]["customer_groups"] == "VIP"
    ended = account.send(
        head, record("customer_group_sets", customerId=None, groupTitles=[]), complete("customer_group_sets")
    )
    assert account.people()["7:1"]["customer_groups"] == "VIP"
    assert "nothing is emptied" in ended.err
    ended = account.send(head, complete("customer_group_sets"))
    assert account.people()["7:1"]["customer_groups"] == ""
    assert "1 emptied" in ended.err
    assert " updated;" not in ended.err


def test_a_run_that_cannot_start_is_noted_all_the_same(account: Account) -> None:
    ended = account.send(customer(1), database="4711", check=False)
    assert ended.code == 2
    assert '"seconds"' in ended.err  # its closing line
