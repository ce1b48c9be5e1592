"""`fields[]`: how conditions are read and what they match (docs/api/copernica.md, section 8)."""

import operator
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import copernica
from sandbox.copernica.conditions import matches, parse, resolve
from sandbox.copernica.values import FieldDef, Rules, php_int

from .conftest import Account

RULES = Rules(datetime(2026, 11, 2, 9, tzinfo=UTC))
FIELDS = (
    FieldDef(1, "Name", "text"),
    FieldDef(2, "number", "integer"),
    FieldDef(3, "choice", "select", "a\nA"),
)


def hits(condition: str, name: str = "", number: str = "0", choice: str = "") -> bool:
    found = resolve([condition], FIELDS, RULES)
    assert len(found.known) == 1
    return matches(
        found.known,
        {"id": "7", "code": "abc", "modified": "2026-11-02 10:00:00"},
        {1: name, 2: number, 3: choice},
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a==b", ("a", "==", "b")), ("  a==b  ", ("a", "==", "b")), ("a == b", ("a ", "==", " b")),
        ("a>b", ("a", ">", "b")),
        ("a==b>c", ("a", "==", "b>c")), ("a==", ("a", "==", "")), ("a>==b", ("a", ">=", "=b")),
        ("a=~%b", ("a", "=~", "%b")),
        ("a=b", None), ("a", None), ("", None), ("==b", None), ("a!b", None),
    ],
)  # fmt: skip
def test_condition_is_cut_at_the_first_operator_after_a_trim(
    text: str, parts: tuple[str, str, str] | None
) -> None:
    assert parse(text) == parts


def test_texts_compare_without_case_and_trailing_spaces() -> None:
    assert hits("NAME==mUIT", name="Muit")
    assert hits("name==x ", name="x")
    assert hits("name==x", name="x ")
    assert not hits("name==x", name=" x")
    assert hits("name== x", name=" x")


def test_selects_compare_with_case() -> None:
    assert hits("choice==a", choice="a")
    assert not hits("choice==a", choice="A")


def test_value_is_converted_as_the_field_would() -> None:
    assert hits("number==abc", number="0")
    assert hits("number==", number="0")
    assert hits("number==7abc", number="7")
    assert hits("name==", name="")


def test_special_names_are_known() -> None:
    assert hits("id==7")
    assert not hits("ID==8")
    assert hits("code==ABC")
    assert hits("modified>=2026-11-02T09:00:00Z")
    assert not hits("modified>2026-11-02 10:00:00")


def test_like_takes_percent_and_underscore() -> None:
    assert hits("name=~a%d_", name="Abcde")
    assert not hits("name!~a%d_", name="Abcde")
    assert hits("name=~a.c", name="a.c")
    assert not hits("name=~a.c", name="abc")


def test_field_called_modified_hides_the_special_name() -> None:
    found = resolve(["modified==x"], (FieldDef(9, "modified", "text"),), RULES)
    assert found.known[0].special is None


def test_unknown_names_and_what_cannot_be_read_are_told_apart() -> None:
    found = resolve(["name ==x", "bogus==1", "nothing"], FIELDS, RULES)
    assert (found.known, found.unknown, found.unparsable) == ((), ("name ", "bogus"), ("nothing",))


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<>": operator.ne, "<": operator.lt,
    ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
WORDS = st.text(alphabet="abAB é=<~", max_size=4)


@given(st.sampled_from(sorted(OPERATORS)), WORDS, WORDS)
def test_condition_on_a_text_matches_what_a_plain_model_says(sign: str, stored: str, value: str) -> None:
    if len(sign) == 1 and value[:1] in tuple("=<~"):
        return  # documented as ambiguous: the sign would swallow it
    model = OPERATORS[sign](stored.rstrip(" ").casefold(), value.rstrip().casefold())
    assert hits(f"name{sign}{value}", name=stored) is model


@given(
    st.sampled_from(sorted(OPERATORS)),
    st.integers(-5, 5),
    st.integers(-5, 5) | st.text(alphabet="12 ax", max_size=3),
)
def test_condition_on_a_number_matches_what_a_plain_model_says(
    sign: str, stored: int, value: int | str
) -> None:
    assert hits(f"number{sign}{value}", number=str(stored)) is OPERATORS[sign](stored, php_int(value))


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.text(alphabet="abA ", max_size=2), max_size=8),
    wanted=st.text(alphabet="abA ", max_size=2),
)
def test_indexed_field_finds_what_an_unindexed_one_finds(
    account_of_both: Account, values: list[str], wanted: str
) -> None:
    before = len(account_of_both.get("database/1/profileids"))
    for value in values:
        account_of_both.profile(1, plain=value, indexed=value)
    by_index = account_of_both.get("database/1/profiles", fields=f"indexed=={wanted}", limit=1000)
    by_reading = account_of_both.get("database/1/profiles", fields=f"plain=={wanted}", limit=1000)
    assert by_index == by_reading
    assert by_index["total"] <= before + len(values)


@pytest.fixture(scope="module")
def account_of_both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    account = Account.on(tmp_path_factory.mktemp("copernica"))
    account.database(plain="text", indexed={"type": "text", "index": True})
    yield account
    copernica.close(account.context)


def test_unknown_condition_is_ignored_so_that_everything_matches(account: Account) -> None:
    database = account.database(name="text")
    people = [account.profile(database, name=name) for name in ("a", "b")]
    assert (
        account.put(f"database/{database}/profiles", {"fields": {"name": "x"}}, fields="bogus==1").status_code
        == 204
    )
    assert [account.fields_of(person)["name"] for person in people] == ["x", "x"]
    account.put(f"database/{database}/profiles", {"fields": {"name": "y"}}, fields="")
    assert [account.fields_of(person)["name"] for person in people] == ["y", "y"]


def test_unknown_condition_is_refused_under_the_switch(account: Account) -> None:
    account.switch(unknown_condition="400")
    database = account.database(name="text")
    person = account.profile(database, name="a")
    account.refusal("PUT", f"database/{database}/profiles", {"fields": {"name": "x"}}, fields="bogus==1")
    assert account.fields_of(person)["name"] == "a"


def test_known_condition_still_counts_beside_an_unknown_one(account: Account) -> None:
    database = account.database(name="text")
    account.profile(database, name="a")
    kept = account.profile(database, name="b")
    found = account.get(f"database/{database}/profiles", fields=["name==b", "bogus==1"])
    assert [row["ID"] for row in found["data"]] == [str(kept)]


def test_condition_on_a_renamed_field_matches_everything(account: Account) -> None:
    database = account.database(external_key={"type": "text", "index": True})
    for key in "abc":
        account.profile(database, external_key=key)
    assert account.get(f"database/{database}/profiles", fields="external_key==a")["total"] == 1
    account.http.post(
        f"/admin/copernica/databases/{database}/fields/external_key/rename", json={"name": "other"}
    )
    assert account.get(f"database/{database}/profiles", fields="external_key==a")["total"] == 3
    assert account.get(f"database/{database}/profiles", fields="other==a")["total"] == 1


def test_fields_that_is_no_list_is_ignored(account: Account) -> None:
    database = account.database(name="text")
    account.profile(database, name="a")
    assert account.http.get(f"/copernica/v4/database/{database}/profiles?fields=name==b").json()["total"] == 1


@pytest.mark.parametrize("spelling", ["fields[]", "fields%5B%5D", "fields%5B0%5D", "fields[0]"])
def test_fields_parameter_is_read_in_all_spellings(account: Account, spelling: str) -> None:
    database = account.database(name="text")
    account.profile(database, name="a b")
    account.profile(database, name="c")
    found = account.http.get(f"/copernica/v4/database/{database}/profiles?{spelling}=name%3D%3Da+b").json()
    assert found["total"] == 1
