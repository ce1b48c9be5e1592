"""What Copernica must look like, what it looks like, and the mapping with its fields as they really are."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from target_copernica.consent.model import CHOICES, SOURCE_LENGTH
from target_copernica.errors import SettingsError
from target_copernica.mapping.keys import KEY_FIELD, KEY_LENGTH
from target_copernica.mapping.values import Column, empty_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_copernica.mapping.model import AccountMap, DatabaseMap, FieldMap, StreamMap

__all__ = [
    "ActualCollection", "ActualDatabase", "ActualField", "Place", "WantedDatabase", "WantedField",
    "effective", "fitted_stub", "parse_database", "parse_fields", "wanted_database", "wanted_databases",
]  # fmt: skip

SHARED: Final = "yes"
"""What the field of a shared address says; it is empty elsewhere."""

_LENGTHS: Final = {"email": 254, "phone": 50, "phone_fax": 50, "phone_gsm": 50, "select": 50}
_NUMBERS: Final = frozenset({"integer", "float"})
_LENGTH_COUNTS: Final = frozenset({"text", "email", "phone", "phone_fax", "phone_gsm"})


@dataclass(frozen=True, slots=True)
class WantedField:
    """A field that must be there.

    Attributes:
        name: Its name.
        type: Copernica's type.
        length: Longest text; None where the type has none.
        index: Whether it is indexed.
        value: Default, or the choices of a select, one a line.
        description: What people read about it.
    """

    name: str
    type: str
    length: int | None = None
    index: bool = False
    value: str = ""
    description: str = ""

    def body(self) -> dict[str, object]:
        """The body of the call that creates it (`POST database/{id}/fields`)."""
        body: dict[str, object] = {
            "name": self.name,
            "type": self.type,
            "value": self.value,
            "displayed": True,
            "index": self.index,
        }
        if self.description:
            body["description"] = self.description
        return body if self.length is None else {**body, "length": self.length}


@dataclass(frozen=True, slots=True)
class WantedDatabase:
    """A database that must be there: its own fields, and those of each collection."""

    name: str
    fields: tuple[WantedField, ...]
    collections: Mapping[str, tuple[WantedField, ...]]
    newsletter: str | None = None
    """Name of the field that says who may be mailed."""
    optional: frozenset[str] = frozenset()
    """Lower-case names of fields without which a run goes on where none may be made."""


@dataclass(frozen=True, slots=True)
class ActualField:
    """A field as Copernica has it.

    Attributes:
        id: Its id.
        name: As it stands there.
        column: Type, length, choices.
        default: What it holds in a new profile or subprofile that is not told.
        index: Whether it is indexed; also where the answer does not tell.
    """

    id: int
    name: str
    column: Column
    default: str = ""
    index: bool = True


@dataclass(frozen=True, slots=True)
class ActualCollection:
    """A collection as Copernica has it.

    Attributes:
        id: Its id.
        name: As it stands there.
        fields: By lower-case name.
        cut: Whether the answer told not all of its fields.
    """

    id: int
    name: str
    fields: Mapping[str, ActualField]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class ActualDatabase:
    """A database as Copernica has it.

    Attributes:
        id: Its id.
        fields: By lower-case name.
        collections: By lower-case name.
        mails: Whether people in it may be mailed.
        description: What people read about it; None where the account does not tell.
        created: When it was made, as Copernica prints it; None where the account does not tell.
    """

    id: int
    fields: Mapping[str, ActualField]
    collections: Mapping[str, ActualCollection]
    mails: bool = True
    description: str | None = None
    created: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stream writes: a database, or a collection of one.

    Attributes:
        database_id: Id of the database.
        collection_id: Id of the collection, or None.
        name: For messages: `SEOshop` or `SEOshop.Orders`.
        collection: Copernica's name of the collection, or None.
        fields: What is there, by lower-case name; what was renamed also by the mapping's name.
        marks: What `mark` has told.
    """

    database_id: int
    collection_id: int | None
    name: str
    collection: str | None
    fields: Mapping[str, ActualField] = field(repr=False)
    marks: dict[str, tuple[str, str]] = field(init=False, default_factory=dict, repr=False, compare=False)

    def mark(self, name: str) -> tuple[str, str]:
        """Id and type of a field, looked up once.

        Args:
            name: Its name, in any case.

        Returns:
            A text of both, and the type.

        Raises:
            KeyError: There is no such field.
        """
        if (known := self.marks.get(name)) is None:
            there = self.fields[name.lower()]
            kind = there.column.type
            known = self.marks[name] = (f"{there.id}\x1f{kind}\x1f", kind)
        return known

    @property
    def code(self) -> str:
        """The ledger's name of this place."""
        return f"d{self.database_id}" if self.collection_id is None else f"c{self.collection_id}"

    @property
    def database_code(self) -> str:
        """The ledger's name of the database that it is, or belongs to."""
        return f"d{self.database_id}"

    @property
    def email_field(self) -> str | None:
        """The field by which a profile is mailed; None where there is none, and for collections."""
        return self.address_field if self.collection_id is None else None

    @property
    def address_field(self) -> str | None:
        """The field of type email that it has, a collection too; None where there is none."""
        return next((entry.name for entry in self.fields.values() if entry.column.type == "email"), None)

    @property
    def list_path(self) -> str:
        """The path that lists and (for profiles) creates what is in it."""
        if self.collection_id is None:
            return f"database/{self.database_id}/profiles"
        return f"collection/{self.collection_id}/subprofiles"


def wanted_databases(mapping: AccountMap) -> Iterator[tuple[str, WantedDatabase]]:
    """What a mapping needs, database by database.

    Args:
        mapping: All of it.

    Yields:
        The alias of each, and what must be there.
    """
    for alias, database in mapping.databases.items():
        streams = [stream for stream in mapping.streams.values() if stream.place.database == alias]
        yield (
            alias,
            described(
                wanted_database(database.name, streams, database.shared_email, database.consent), database
            ),
        )


def wanted_database(
    name: str,
    streams: Iterable[StreamMap],
    shared_email: str | None = None,
    consent: Mapping[str, str] | None = None,
) -> WantedDatabase:
    """What the streams of a mapping need in a database.

    Args:
        name: Name or id of the database.
        streams: The streams that go there.
        shared_email: Name of the field that marks profiles with one address, if it is wanted.
        consent: Names of the fields that keep consent, by role.

    Returns:
        Its fields and collections, each with the key field first.
    """
    key = WantedField(KEY_FIELD, "text", KEY_LENGTH, index=True)
    own: dict[str, WantedField] = {KEY_FIELD: key}
    collections: dict[str, dict[str, WantedField]] = {}
    for stream in streams:
        collection = stream.place.collection
        place = own if collection is None else collections.setdefault(collection, {KEY_FIELD: key})
        for entry in stream.fields:
            place[entry.name.lower()] = _wanted(entry)
        for entry in stream.stub:
            own.setdefault(entry.name.lower(), _wanted(entry))
    if shared_email is not None:
        own.setdefault(
            shared_email.lower(), WantedField(shared_email, "select", _LENGTHS["select"], value=SHARED)
        )
    for role, field_name in (consent or {}).items():
        own.setdefault(field_name.lower(), _wanted_for_consent(role, field_name))
    return WantedDatabase(
        name,
        tuple(own.values()),
        {collection: tuple(fields.values()) for collection, fields in collections.items()},
        (consent or {}).get("newsletter"),
        frozenset(field_name.lower() for field_name in (consent or {}).values()),
    )


def described(wanted: WantedDatabase, database: DatabaseMap) -> WantedDatabase:
    """The same, with what is written beside the fields that no stream fills.

    Args:
        wanted: What must be there.
        database: How the mapping declares it.
    """
    names = {KEY_FIELD: KEY_FIELD, "shared_email": database.shared_email, **database.consent}
    texts = {names[role]: text for role, text in database.descriptions.items() if role in names}

    def fields(own: Iterable[WantedField]) -> tuple[WantedField, ...]:
        return tuple(
            one if one.description else dataclasses.replace(one, description=texts.get(one.name, ""))
            for one in own
        )

    collections = {name: fields(own) for name, own in wanted.collections.items()}
    return dataclasses.replace(wanted, fields=fields(wanted.fields), collections=collections)


def _wanted_for_consent(role: str, name: str) -> WantedField:
    choices = CHOICES.get(role)
    if choices is not None:
        return WantedField(name, "select", _LENGTHS["select"], role == "newsletter", "\n".join(choices))
    if role == "newsletter_source":
        return WantedField(name, "text", SOURCE_LENGTH)
    return WantedField(name, "empty_datetime")


def _wanted(entry: FieldMap) -> WantedField:
    column = entry.column
    default = "0" if column.type in _NUMBERS else "\n".join(column.choices)
    return WantedField(
        entry.name,
        column.type,
        column.length or _LENGTHS.get(column.type),
        entry.index,
        default,
        entry.description,
    )


def parse_database(body: Mapping[str, Any]) -> ActualDatabase:
    """Read the answer to `GET database/{id}`.

    Args:
        body: Its JSON.

    Raises:
        SettingsError: It has not the form that the API reference shows.
    """
    try:
        found = [_collection(entry) for entry in body["collections"]["data"]]
        description, created = body.get("description"), body.get("created")
        return ActualDatabase(
            int(body["ID"]),
            parse_fields(body["fields"]["data"]),
            {collection.name.lower(): collection for collection in found},
            bool((body.get("intentions") or {}).get("email", True)),
            description if isinstance(description, str) else None,
            created if isinstance(created, str) and created else None,
        )
    except (KeyError, TypeError, ValueError):
        raise SettingsError(
            "Copernica's description of the database has an unknown form: "
            "is api_url the address of version 4?"
        ) from None


def _collection(entry: Mapping[str, Any]) -> ActualCollection:
    shown = entry["fields"]
    number = len(shown["data"])
    cut = int(shown.get("total", 0)) > number or number >= int(shown.get("limit", 100))
    return ActualCollection(int(entry["ID"]), str(entry["name"]), parse_fields(shown["data"]), cut)


def parse_fields(fields: Iterable[Mapping[str, Any]]) -> dict[str, ActualField]:
    """Read a list of fields as the API gives it, by lower-case name."""
    return {str(entry["name"]).lower(): _actual(entry) for entry in fields}


def _actual(entry: Mapping[str, Any]) -> ActualField:
    kind = str(entry["type"])
    length = int(entry.get("length") or 0) if kind in _LENGTH_COUNTS else 0
    default = str(entry.get("value") or empty_value(kind))
    choices: tuple[str, ...] = ()
    if kind == "select":  # its value lists the choices, with an asterisk behind the default
        lines = default.splitlines()
        choices = tuple(line.removesuffix("*") for line in lines)
        default = next((line.removesuffix("*") for line in lines if line.endswith("*")), "")
    column = Column(kind, length or None, choices)
    return ActualField(int(entry["ID"]), str(entry["name"]), column, default, entry.get("index") is not False)


def effective(stream: StreamMap, place: Place) -> StreamMap:
    """The mapping of a stream with the fields as they really are.

    Args:
        stream: The mapping.
        place: Where it writes.

    Returns:
        The same, with Copernica's own names, types, lengths and choices.
    """
    return replace(stream, fields=tuple(_fitted(entry, place) for entry in stream.fields))


def fitted_stub(stream: StreamMap, profiles: Place) -> StreamMap:
    """The mapping with its stub fields, too, as they really are in the database above."""
    parent = stream.place.parent
    if parent is None or parent.stub is None:
        return stream
    fitted = replace(parent, stub=tuple(_fitted(entry, profiles) for entry in parent.stub))
    return replace(stream, place=replace(stream.place, parent=fitted))


def _fitted(entry: FieldMap, place: Place) -> FieldMap:
    there = place.fields[entry.name.lower()]
    column = replace(
        there.column,
        length=min(filter(None, (there.column.length, entry.column.length)), default=None),
        truncate=entry.column.truncate,
    )
    return replace(entry, name=there.name, column=column)
