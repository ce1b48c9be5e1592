"""A record's fields for a reader: who it is, in groups, without what is empty."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.copernica.places import Place
from sandbox.copernica.records import Record
from sandbox.page.languages import by_english_name, english

KEY = "external_key"
"""The field that says which record of the shop this is: `{shop}:{id}`."""

EMPTY = frozenset({"", "0000-00-00", "0000-00-00 00:00:00"})
"""What Copernica prints where there is nothing."""

GROUPS = (
    "Person",
    "Orders",
    "Amounts",
    "Billing address",
    "Shipping address",
    "Dates",
    "Details",
    "Numbers that identify",
)

_NAMES = ("firstname", "first_name", "middlename", "middle_name", "lastname", "last_name")
_TITLES = ("name", "title", "number", "company", "email", KEY)
_PERSON = frozenset(
    {*_NAMES, "gender", "phone", "mobile", "birthdate", "birth_date", "language", "company", "vat_number"}
)
_PERSON_TYPES = frozenset({"email", "phone", "phone_fax", "phone_gsm"})
_COLUMNS = (
    "number", "title", "variant", "name", "firstname", "lastname", "email", "ordered_at", "status",
    "payment_status", "shipment_status", "article_code", "brand", "quantity", "price", "row_total", "total",
    "stock", "order_count",
)  # fmt: skip
_MOST_COLUMNS = 6
_USUAL_COLUMNS = 4


@dataclass(frozen=True)
class Group:
    """Fields that belong together: names with their values."""

    title: str
    fields: Mapping[str, str]


def filled(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that hold something."""
    return {name: value for name, value in fields.items() if value not in EMPTY}


def grouped(place: Place, fields: Mapping[str, str]) -> list[Group]:
    """The fields that hold something, in the order of `GROUPS`."""
    types = {field.name: field.type for field in place.fields}
    found: dict[str, dict[str, str]] = {title: {} for title in GROUPS}
    for name, value in filled(fields).items():
        found[group_of(name, types.get(name, "text"))][name] = value
    return [Group(title, members) for title, members in found.items() if members]


def group_of(name: str, kind: str) -> str:
    """The group of a field, told from its name and its type."""
    name = english(name).lower()
    head, _, rest = name.partition("_")
    if rest and head in ("billing", "shipping") and not rest.endswith(("cost", "method", "status")):
        return f"{head.capitalize()} address"
    if name == KEY or (rest and name.endswith("_id")) or kind == "foreign_key":
        return "Numbers that identify"
    if kind in _PERSON_TYPES or name in _PERSON:
        return "Person"
    if rest and "order" in name.split("_"):
        return "Orders"
    if kind == "float":
        return "Amounts"
    return "Dates" if "date" in kind else "Details"


def label(fields: Mapping[str, str]) -> str:
    """What a person calls the record: its name, else its title or number, else its e-mail address or key."""
    known = {key: fields[name].strip() for key, name in by_english_name(fields).items()}
    if name := " ".join(known[part] for part in _NAMES if known.get(part)):
        return name
    return next((known[part] for part in _TITLES if known.get(part)), "without a name")


def columns(place: Place) -> list[str]:
    """The fields of a list's columns: those that tell records apart, else the first ones."""
    names = {english(field.name).lower(): field.name for field in place.fields}
    telling = [names[name] for name in _COLUMNS if name in names]
    others = [field.name for field in place.fields if group_of(field.name, field.type) != GROUPS[-1]]
    return (telling if len(telling) > 1 else others[:_USUAL_COLUMNS])[:_MOST_COLUMNS]


def newest_first(place: Place, records: Iterable[Record]) -> Sequence[Record]:
    """Records by the first of their dates that says when they came about, newest first; else by id."""
    dates = [field for field in place.fields if "date" in field.type]
    first = dates[0] if dates else None
    return sorted(records, key=lambda one: (one.value(first) if first else "", one.id), reverse=True)
