"""The mappings that the README shows: each does what stands beside its lines."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from scripts.target_tables import NAMES, README

from target_copernica.mapping.apply import emptied, fragment_of
from target_copernica.mapping.layers import read_yaml
from target_copernica.mapping.load import load_mapping
from target_copernica.mapping.model import AccountMap

ZONE = ZoneInfo("Europe/Amsterdam")


def examples() -> list[dict[str, Any]]:
    found = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    return [read_yaml(text, "example") for text in found]


def loaded(preset: str | None, own: dict[str, Any]) -> AccountMap:
    mapping = load_mapping(preset, [own], NAMES)
    assert mapping is not None
    return mapping


def test_lines_over_a_preset() -> None:
    mapping = loaded("seoshop", examples()[0])
    assert "variants" not in mapping.streams
    orders = {entry.name: entry for entry in mapping.streams["orders"].fields}
    assert orders["order_total"].sources == (("priceIncl",),)
    assert {"total", "weight"}.isdisjoint(orders)
    assert orders["comment"].column.truncate
    people = {entry.name: entry.sources for entry in mapping.streams["customers"].fields}
    assert people["Voornaam"] == (("firstname",),)
    assert people["nickname"] == (("memo",),)
    assert "Voornaam" in {entry.name for entry in mapping.streams["orders"].stub}


ORDER = {"shopId": 7, "id": 3, "customerId": 5, "orderState": "complete"}


def test_derived_fields_are_named_anew_and_switched_off_in_a_line() -> None:
    page = (README.parents[1] / "docs" / "in-copernica.md").read_text()
    (dutch,) = re.findall(r"```yaml\n(streams:\n  customer_metrics:.*?)```", page, re.DOTALL)
    mapping = loaded("seoshop", read_yaml(dutch, "example"))
    segment = next(entry for entry in mapping.streams["customer_metrics"].fields if entry.name == "segment")
    assert segment.column.choices[:3] == ("topklant", "trouw", "grote klant")
    record = {"shopId": 7, "customerId": 3, "segment": "at risk"}
    found = fragment_of(record, mapping.streams["customer_metrics"], ZONE)
    assert (found.fields["segment"], found.is_never_live) == ("dreigt af te haken", True)
    (off,) = re.findall(r"`(customer_metrics: \{fields.*?)` below", page)
    fields = loaded("seoshop", {"streams": read_yaml(off, "example")}).streams["customer_metrics"].fields
    assert "segment" not in {entry.name for entry in fields}
    assert len(fields) == 12
    none = loaded("seoshop", {"streams": {"customer_metrics": None}})
    assert "customer_metrics" not in none.streams


def test_a_status_of_the_shops_own_becomes_one_of_the_seven_states() -> None:
    page = (README.parents[1] / "docs" / "in-copernica.md").read_text()
    (example,) = re.findall(r"```yaml\n(streams:\n  orders:.*?)```", page, re.DOTALL)
    orders = loaded("seoshop", read_yaml(example, "example")).streams["orders"]
    states = {
        (title, fragment_of({**ORDER, "customStatusTitle": title}, orders, ZONE).fields.get("order_state"))
        for title in ("Alles retour", "Klaar voor afhalen", "", None, "Not listed")
    }
    assert states == {
        ("Alles retour", "returned"), ("Klaar voor afhalen", "shipped"), ("", "complete"), (None, "complete"),
        ("Not listed", None),
    }  # fmt: skip


def test_a_whole_mapping() -> None:
    mapping = loaded(None, examples()[1])
    person = {
        "club": "C", "number": 5, "email": "a@example.com", "first": "Zoë", "last": "d'Hondt", "mobile": "",
        "home": "020", "address": {"city": "Gent"}, "state": "A", "joined": "2026-07-01T22:30:00Z",
        "changed": "2026-07-03T10:00:00Z",
    }  # fmt: skip
    people = mapping.streams["people"]
    assert fragment_of(person, people, ZONE).fields == {
        "email": "a@example.com", "name": "Zoë d'Hondt", "phone": "020", "city": "Gent", "origin": "club",
        "status": "active", "member_since": "2026-07-02", "left_on": "",
    }  # fmt: skip
    assert fragment_of({**person, "state": "X"}, people, ZONE).fields["left_on"] == "2026-07-03"
    assert emptied(people, "c:5", ZONE).fields == {"status": "gone"}
    payment = {"id": 1, "club": "C", "member": None, "email": "B@example.com", "amount": 5}
    found = fragment_of(payment, mapping.streams["payments"], ZONE)
    assert found.person is not None
    assert found.person.email == "b@example.com"
    assert found.person.stub == {"email": "B@example.com"}
