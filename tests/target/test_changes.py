"""What was changed in an account is seen by ids: every kind of change, in every mix, in process."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_copernica.account.changes import Kind, examined
from target_copernica.account.diff import missing
from target_copernica.account.structure import (
    ActualCollection,
    ActualDatabase,
    ActualField,
    WantedDatabase,
    WantedField,
)
from target_copernica.mapping.keys import KEY_FIELD
from target_copernica.mapping.values import Column
from target_copernica.memory.known_account import KnownPlace

KEY = WantedField(KEY_FIELD, "text", 64)
WANTED = WantedDatabase(
    "Club",
    (KEY, WantedField("phone", "text", 50), WantedField("city", "text", 50)),
    {"Orders": (KEY, WantedField("total", "float")), "Visits": (KEY,)},
)
CREATED = "2026-11-02 10:00:00"


@dataclass(frozen=True)
class Fate:
    """What became of a field or collection."""

    name: str | None  # None: removed
    new: bool = False  # another thing took its name


FATES = st.builds(Fate, st.sampled_from([None, "same", "other"]), st.booleans())


def fields(names: dict[str, Fate], first: int) -> dict[str, ActualField]:
    found: dict[str, ActualField] = {}
    for number, (name, fate) in enumerate(names.items()):
        called = {"same": name, "other": f"{name}_old", None: None}[fate.name]
        length = 64 if name == KEY_FIELD else 50
        if called:
            found[called] = ActualField(first + number, called, Column("text", length))
        if fate.new and called != name:
            found[name] = ActualField(first + 90 + number, name, Column("text", length))
    return found


PLACES = {"Club": "d1", "Orders": "c10", "Visits": "c20"}
NAMES = {
    "Club": (KEY_FIELD, "phone", "city"),
    "Orders": (KEY_FIELD, "total"),
    "Visits": (KEY_FIELD,),
}
FIRST = {"Club": 100, "Orders": 300, "Visits": 500}
KNOWN = {
    code: KnownPlace(
        code,
        name if name == "Club" else f"Club.{name}",
        {field: FIRST[name] + number for number, field in enumerate(NAMES[name])},
        created=CREATED if name == "Club" else None,
    )
    for name, code in PLACES.items()
}
FROM_0_1 = {code: replace(place, fields={}, created=None) for code, place in KNOWN.items()}


@st.composite
def accounts(draw: st.DrawFn) -> tuple[dict[str, dict[str, Fate]], dict[str, Fate], ActualDatabase]:
    inside = {place: {name: draw(FATES) for name in NAMES[place]} for place in PLACES}
    fates = {name: draw(FATES) for name in ("Orders", "Visits")}
    collections: dict[str, ActualCollection] = {}
    for name, fate in fates.items():
        called = {"same": name, "other": f"{name}Old", None: None}[fate.name]
        number = int(PLACES[name][1:])
        if called:
            there = fields(inside[name], FIRST[name])
            collections[called.lower()] = ActualCollection(number, called, there)
        if fate.new and called != name:
            empty = {KEY_FIELD: ActualField(FIRST[name] + 50, KEY_FIELD, Column("text", 64))}
            collections[name.lower()] = ActualCollection(number + 5, name, empty)
    actual = ActualDatabase(1, fields(inside["Club"], FIRST["Club"]), collections, created=CREATED)
    return inside, fates, actual


@given(accounts())
def test_no_key_field_and_no_collection_is_ever_made_anew(
    account: tuple[dict[str, dict[str, Fate]], dict[str, Fate], ActualDatabase],
) -> None:
    inside, fates, actual = account
    found = examined(WANTED, actual, KNOWN)
    lost = {f"Club.{name}" for name, fate in fates.items() if fate.name is None}
    keys = {
        place if place == "Club" else f"Club.{place}"
        for place in PLACES
        if inside[place][KEY_FIELD].name != "same" and (place == "Club" or fates[place].name is not None)
    }
    assert {change.name for change in found.stops} == lost | keys
    gone = {change.name for change in found.stops if change.kind is Kind.COLLECTION_GONE}
    assert gone == lost
    if not found.stops:
        lacking = missing(WANTED, found.actual)
        made = [entry.name for entry in lacking.fields]
        made += [entry.name for entries in lacking.collections.values() for entry in entries]
        assert KEY_FIELD not in made
        for place in PLACES:
            for name in NAMES[place]:
                there = (
                    found.actual.fields if place == "Club" else found.actual.collections[place.lower()].fields
                )
                fate = inside[place][name]
                assert (name in there) == (fate.name is not None or fate.new)
                if fate.name == "other" and not fate.new:  # followed
                    assert there[name].name == f"{name}_old"


@given(accounts())
def test_a_ledger_of_0_1_makes_no_key_field_and_no_collection_anew(
    account: tuple[dict[str, dict[str, Fate]], dict[str, Fate], ActualDatabase],
) -> None:
    inside, fates, actual = account
    found = examined(WANTED, actual, FROM_0_1)
    stopped = {change.name for change in found.stops}
    assert {f"Club.{name}" for name, fate in fates.items() if fate.name is None} <= stopped
    if inside["Club"][KEY_FIELD] in (Fate("other"), Fate(None)):
        assert "Club" in stopped


@given(accounts())
def test_a_place_that_was_never_written_to_is_not_missed(
    account: tuple[dict[str, dict[str, Fate]], dict[str, Fate], ActualDatabase],
) -> None:
    *_, actual = account
    assert examined(WANTED, actual, {}).changes == ()


@pytest.mark.parametrize(
    ("created", "another"),
    [
        (CREATED, False),
        (None, False),
        ("2026-11-02 09:00:00", False),  # printed in another zone
        ("2026-11-02 15:30:00", False),
        ("2026-11-02 10:00:01", True),
        ("2026-11-05 10:00:00", True),
        ("2025-11-02 10:00:00", True),
        ("soon", False),
    ],
)
def test_a_database_of_another_day_is_another_one(created: str | None, *, another: bool) -> None:
    whole = {field: Fate("same") for field in NAMES["Club"]}
    actual = ActualDatabase(1, fields(whole, 100), {}, created=created)
    wanted = replace(WANTED, collections={})
    assert bool(examined(wanted, actual, KNOWN).stops) is another


def test_names_that_were_exchanged_are_taken_as_they_are() -> None:
    """The mapping names both, so both are found by their names."""
    there = {
        KEY_FIELD: ActualField(100, KEY_FIELD, Column("text", 64)),
        "phone": ActualField(102, "phone", Column("text", 50)),
        "city": ActualField(101, "city", Column("text", 50)),
    }
    found = examined(replace(WANTED, collections={}), ActualDatabase(1, there, {}, created=CREATED), KNOWN)
    assert found.stops == ()
    assert found.actual.fields["phone"].id == 102


def test_a_collection_that_mapping_and_account_renamed_alike_is_the_same() -> None:
    wanted = replace(WANTED, collections={"Sales": WANTED.collections["Orders"]})
    orders = ActualCollection(10, "Sales", fields({name: Fate("same") for name in NAMES["Orders"]}, 300))
    club = fields({name: Fate("same") for name in NAMES["Club"]}, 100)
    found = examined(wanted, ActualDatabase(1, club, {"sales": orders}, created=CREATED), KNOWN)
    assert found.changes == ()
