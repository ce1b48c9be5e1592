"""One address in two Unicode forms is one key; who version 0.1 knew by a key of the other form keeps it."""

import sqlite3
import unicodedata
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.account import Account
from support.singer import record, schema
from target_copernica.mapping.apply import fragment_of, key_of, with_known_keys
from target_copernica.mapping.keys import KEY_LENGTH, external_key, fold_email, former_key
from target_copernica.mapping.load import load_mapping
from target_copernica.mapping.model import Fragment, StreamMap
from target_copernica.memory.ledger import Ledger
from target_copernica.memory.tombstones import Tombstones

ADDRESS = "zo\u00eb@example.com"
OTHER_FORM = unicodedata.normalize("NFD", ADDRESS)
BY_0_1 = "zoe.cc.88.40example.2ecom"  # what version 0.1 made of the second
ZONE = ZoneInfo("UTC")


def streams() -> dict[str, StreamMap]:
    """People by their address, and orders that name their person by it."""
    people = {"profiles_of": "people", "key": ["email"], "creates": True, "fields": {"email": {}}}
    orders = {
        "subprofiles_of": "people.Orders",
        "key": ["id"],
        "parent": {"key": ["person"], "email": "email"},
        "creates": True,
        "fields": {},
    }
    by_key = {**orders, "parent": {"key": ["email"]}}
    own = {
        "databases": {"people": {"name": "People"}},
        "streams": {"people": people, "orders": orders, "by_key": by_key},
    }
    mapping = load_mapping(None, [own], {})
    assert mapping is not None
    return dict(mapping.streams)


def settled(stream: str, record: dict[str, Any], *known: str) -> Fragment:
    """A fragment with the keys that it gets where others are known."""
    fragment = fragment_of(record, streams()[stream], ZONE)
    return with_known_keys(fragment, known.__contains__, known.__contains__)


NAMES = st.text(st.characters(exclude_categories=["Z", "Cc"], exclude_characters="@"), min_size=1).filter(
    str.strip
)
ADDRESSES = NAMES.map("{}@example.com".format)


def by_0_1(text: str) -> str:
    """The key that version 0.1 gave to a text, if it is not too long."""
    plain = b"abcdefghijklmnopqrstuvwxyz0123456789_-"
    return "".join(
        chr(byte) if byte in plain else f".{byte:02x}" for byte in text.encode("utf-8", "surrogatepass")
    )


@given(ADDRESSES)
def test_every_form_of_an_address_gives_one_key(text: str) -> None:
    forms = [unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)]
    assert len({external_key([form]) for form in forms}) == 1
    assert len({fold_email(form) for form in forms}) == 1


@given(NAMES.filter(lambda text: len(by_0_1(text)) <= KEY_LENGTH))
@example("zo\u00eb")
@example("zoe\u0308")
def test_all_other_keys_are_those_of_0_1(text: str) -> None:
    assert (external_key([text]), former_key([text])) == (by_0_1(text), None)


@given(ADDRESSES.filter(lambda text: len(by_0_1(text)) <= KEY_LENGTH))
@example("e\u0308\u00eb@example.com")
def test_an_address_is_found_by_the_key_that_0_1_gave_to_it_as_it_was_sent(text: str) -> None:
    assert by_0_1(text) in (external_key([text]), former_key([text]))


@given(ADDRESSES.filter(lambda text: len(by_0_1(unicodedata.normalize("NFD", text))) <= KEY_LENGTH))
def test_the_composed_form_finds_who_0_1_knew_by_the_decomposed_one(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    known = by_0_1(unicodedata.normalize("NFD", text))
    assert known in (external_key([composed]), former_key([composed]))


def test_two_that_differ_in_their_form_alone_stay_two_where_the_key_is_no_address() -> None:
    keys = {settled("orders", {"id": form, "person": "1"}).key for form in ("zo\u00eb", "zoe\u0308")}
    assert keys == {"zo.c3.ab", "zoe.cc.88"}


def test_a_person_in_two_forms_is_one() -> None:
    keys = {settled("people", {"email": form}).key for form in (ADDRESS, OTHER_FORM)}
    assert keys == {"zo.c3.ab.40example.2ecom"}


@pytest.mark.parametrize("form", [ADDRESS, OTHER_FORM])
def test_what_0_1_knew_by_the_other_form_keeps_its_key(form: str) -> None:
    assert settled("people", {"email": form}, BY_0_1).key == BY_0_1
    person = settled("by_key", {"id": 1, "email": form}, BY_0_1).person
    assert person is not None
    assert person.key == BY_0_1
    assert key_of({"email": form}, streams()["people"], [BY_0_1].__contains__) == BY_0_1


@pytest.mark.parametrize("form", [ADDRESS, OTHER_FORM])
def test_two_that_0_1_made_stay_as_they_are_and_the_composed_form_goes_on(form: str) -> None:
    composed = external_key([ADDRESS])
    assert settled("people", {"email": form}, BY_0_1, composed).key == composed


def test_a_guest_order_in_the_other_form_finds_its_person(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite", Tombstones(tmp_path / "tombstones.jsonl"))
    ledger.know_entry("1", "7:3", 11)
    ledger.addresses.note("1", "7:3", fold_email(ADDRESS))
    ledger.know_entry("1", "7:4", 12)
    ledger.addresses.note(
        "1", "7:4", unicodedata.normalize("NFD", "ren\u00e9@example.com")
    )  # as 0.1 noted it
    for name, key in ((ADDRESS, "7:3"), (OTHER_FORM, "7:3"), ("ren\u00e9@example.com", "7:4")):
        person = settled("orders", {"id": 1, "email": name}).person
        assert person is not None
        assert person.email is not None
        assert ledger.addresses.keys("1", person.email) == [key]
    ledger.close()


def test_a_person_that_0_1_made_of_an_order_in_the_other_form_keeps_the_key() -> None:
    found = {}
    for form in (ADDRESS, OTHER_FORM):
        person = settled("orders", {"id": 1, "email": form}).person
        assert person is not None
        assert person.former_key is not None
        found[form] = person
    assert found[ADDRESS].key == found[OTHER_FORM].key
    former = found[ADDRESS].former_key or ""
    again = settled("orders", {"id": 2, "email": OTHER_FORM}, former).person
    assert again is not None
    assert again.key == former


@pytest.mark.slow
def test_a_ledger_of_0_1_with_the_other_form_goes_on_with_one_person(account: Account) -> None:
    people = {"profiles_of": "people", "key": ["email"], "creates": True, "fields": {"email": {}, "name": {}}}
    own: dict[str, Any] = {"databases": {"people": {"name": "People"}}, "streams": {"people": people}}
    head = schema("people", {"email": {"type": "string"}, "name": {"type": "string"}}, ["email"])

    def sent(email: str, name: str) -> None:
        account.send(head, record("people", email=email, name=name), preset=None, mapping=own)

    sent("plain@example.com", "as 0.1 wrote it")
    (there,) = account.sandbox.profiles("People")
    account.sandbox.edit_profile(int(there["ID"]), external_key=BY_0_1)
    with sqlite3.connect(account.folder / "state" / "ledger.sqlite") as ledger:
        for table in ("entry", "fragment"):
            ledger.execute(f"UPDATE {table} SET key = ?", (BY_0_1,))  # noqa: S608  # names of ours
    ledger.close()
    for form in (OTHER_FORM, ADDRESS):
        sent(form, f"New {len(form)}")
        (person,) = account.sandbox.profiles("People")
        assert person["ID"] == there["ID"]
        assert person["fields"]["external_key"] == BY_0_1
        assert person["fields"]["name"] == f"New {len(form)}"
