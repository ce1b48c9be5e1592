"""What the target takes for stored is what Copernica stores: cell by cell, and for any value."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scripts.target_tables import COLUMNS, README, SAMPLES, ZONE, value_table

from sandbox.copernica import values as stored_values
from support.account import Account
from support.singer import record, schema
from target_copernica.mapping.values import FIELD_TYPES, BadValueError, Column, comparable, convert

TYPES = sorted(FIELD_TYPES)
LENGTH = 20
CHOICES = ("yes", "no")
RULES = [
    stored_values.Rules(datetime(2026, 11, 2, 9, tzinfo=UTC), cut, printing)
    for cut in (True, False)
    for printing in ("php", "shortest", "as_sent")
]


def column_of(kind: str) -> Column:
    length = LENGTH if kind == "text" else None
    return Column(kind, length, CHOICES if kind == "select" else ())


def stored(kind: str, sent: str, rules: stored_values.Rules) -> str:
    """What a field of Copernica holds after `sent` was written to it."""
    choices = "\n".join(CHOICES) if kind == "select" else ""
    field = stored_values.FieldDef(1, "f", kind, choices, LENGTH if kind == "text" else 255)
    return stored_values.convert(field, sent, rules)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("label", SAMPLES)
def test_a_cell_is_stored_as_it_was_sent(label: str, kind: str) -> None:
    try:
        sent = convert(SAMPLES[label], column_of(kind), ZONE)
    except BadValueError:
        return  # never sent: which cells these are, the table in the README says
    for rules in RULES:
        assert comparable(stored(kind, sent, rules), kind) == comparable(sent, kind)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False)
    | st.text()
    | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
) | st.datetimes().map(datetime.isoformat)


@given(JSON, st.sampled_from(TYPES), st.sampled_from(RULES))
@example("\x00", "email", RULES[0])
@example("1e3", "integer", RULES[0])
def test_any_value_is_stored_as_it_was_sent_or_refused(
    value: Any, kind: str, rules: stored_values.Rules
) -> None:
    try:
        sent = convert(value, column_of(kind), ZONE)
    except BadValueError:
        return
    assert comparable(stored(kind, sent, rules), kind) == comparable(sent, kind)


def test_the_readme_shows_the_table() -> None:
    assert value_table() in README.read_text()


def test_the_whole_table_through_the_program(account: Account) -> None:
    kinds = [kind for kind in TYPES if kind != "email"]  # two of one type are refused, so one field each
    lines = {
        f"a_{kind}": {
            "from": "value",
            "type": kind,
            **({"length": LENGTH} if kind == "text" else {}),
            **({"choices": list(CHOICES)} if kind == "select" else {}),
        }
        for kind in [*kinds, "email"]
    }
    stream = {"profiles_of": "people", "key": ["id"], "creates": True, "fields": lines}
    mapping = {"databases": {"people": {"name": "Values"}}, "streams": {"things": stream}}
    head = schema("things", keys=["id"])
    samples = [value for value in SAMPLES.values() if not hasattr(value, "quantize")]
    rows = [record("things", id=number, value=value) for number, value in enumerate(samples)]
    account.send(head, *rows, preset=None, mapping=mapping)
    refused = {(one["key"], one["field"]) for one in account.rejects()}
    people = account.people("Values")
    for number, value in enumerate(samples):
        for kind in TYPES:
            try:
                sent = convert(value, column_of(kind), ZONE)
            except BadValueError:
                assert (str(number), f"a_{kind}") in refused
                sent = ""
            assert comparable(people[str(number)][f"a_{kind}"], kind) == comparable(sent, kind)
    assert len(COLUMNS) + 4 == len(TYPES)  # each type has its column in the README
