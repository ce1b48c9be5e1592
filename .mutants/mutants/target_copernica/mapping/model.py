"""Which stream goes where, under which names: declarations, and the pure functions that apply them.

A stream feeds the profiles of a database or the subprofiles of one of its collections. Several
streams may feed one profile: each owns its own fields and never touches another's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.keys import KEY_FIELD, email_key, external_key, fold_email, order_key
from target_copernica.mapping.values import BadValueError, Column, convert, empty_value, parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingType
    from zoneinfo import ZoneInfo

__all__ = [
    "STAMP", "DatabaseMap", "FieldMap", "Fragment", "Mapping", "ParentMap", "Person", "StreamMap",
    "emptied", "fragment_of", "good_fields", "key_of", "version_of", "with_key",
]  # fmt: skip

Record = dict[str, Any]
Path = tuple[str, ...]

STAMP: Final = "%Y-%m-%dT%H:%M:%S.%f"
"""How instants (UTC) are kept, so that texts compare as times do."""

ABSENT: Final = object()
"""What a path finds where the record has no such property: the field is then left alone."""


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One Copernica field and where its value comes from.

    Attributes:
        name: Name in Copernica.
        column: Type, length, choices.
        sources: Paths into the record; the first that holds a value counts.
        index: Whether Copernica indexes the field.
        constant: A fixed value, instead of a path.
        join: Joins the entries of a list, or of all sources.
        values: Source value (as text) to Copernica value.
        when: Path and value that the record must hold, else the field is empty.
    """

    name: str
    column: Column
    sources: tuple[Path, ...] = ()
    index: bool = False
    constant: str | None = None
    join: str | None = None
    values: MappingType[str, str] = field(default_factory=dict)
    when: tuple[tuple[Path, str], ...] = ()
    plain: str | None = field(init=False, default=None, repr=False, compare=False)
    """The one property that is taken as it is: what nearly all fields are, and a shorter way for them."""

    def __post_init__(self) -> None:
        """See what is plain."""
        special = self.join is not None or self.constant is not None or self.values or self.when
        if not special and len(self.sources) == 1 and len(self.sources[0]) == 1:
            object.__setattr__(self, "plain", self.sources[0][0])

    def value(self, record: Record) -> Any:  # noqa: ANN401 - any JSON value
        """The source value for this field.

        Args:
            record: A record of the stream.

        Returns:
            A JSON value, or `ABSENT`.
        """
        if any(_as_text(_at(record, path)) != wanted for path, wanted in self.when):
            return None
        if self.constant is not None:
            return self.constant
        found = self._joined(record) if self.join is not None else self._first(record)
        if self.values and found is not ABSENT and found is not None:
            return self.values.get(_as_text(found), found)
        return found

    def _first(self, record: Record) -> Any:  # noqa: ANN401
        found: Any = ABSENT
        for path in self.sources:
            candidate = _at(record, path)
            if candidate is not ABSENT and (found is ABSENT or candidate not in (None, "")):
                found = candidate
            if found is not ABSENT and found not in (None, ""):
                break
        return found

    def _joined(self, record: Record) -> Any:  # noqa: ANN401
        found = [value for path in self.sources if (value := _at(record, path)) is not ABSENT]
        if not found:
            return ABSENT
        entries = [entry for value in found for entry in (value if isinstance(value, list) else [value])]
        return str(self.join).join(_as_text(entry) for entry in entries if entry not in (None, ""))


@dataclass(frozen=True, slots=True)
class ParentMap:
    """How a record finds the profile that it belongs to.

    Attributes:
        key: Paths of the parts of the profile's key.
        email: Path of an e-mail address that stands in for a missing key.
        order: Path of an order id that stands in where both are missing.
    """

    key: tuple[Path, ...]
    email: Path | None = None
    order: Path | None = None


@dataclass(frozen=True, slots=True)
class StreamMap:
    """Where a stream's records go.

    Attributes:
        stream: Name of the stream.
        database: Alias of a database of the mapping.
        collection: Name of a collection of it; None for profiles.
        key: Paths of the parts of the record's own key; empty: a hash over the whole record.
        parent: For subprofiles.
        creates: Whether a record may make what it finds missing.
        stub: Fields of a profile that is made because a subprofile needs it.
        created_time: Path of the instant at which the thing came to be.
        changed_time: Path of the instant at which it last changed.
        version: Path of a time or whole number: an older one never overwrites a newer one.
        absent: What a record that vanished from a complete list leaves in its fields, by lower-case name;
            None where nothing becomes of it.
        fields: The fields that this stream owns.
    """

    stream: str
    database: str
    collection: str | None
    key: tuple[Path, ...]
    parent: ParentMap | None
    creates: bool
    stub: tuple[FieldMap, ...] | None
    created_time: Path | None
    changed_time: Path | None
    version: Path | None
    absent: MappingType[str, str] | None
    fields: tuple[FieldMap, ...]

    @property
    def empties_absent(self) -> bool:
        """Whether records that vanished from a complete list lose their fields here."""
        return self.absent is not None


@dataclass(frozen=True, slots=True)
class DatabaseMap:
    """A Copernica database of the mapping.

    Attributes:
        alias: Its name within the mapping.
        name: Its name in Copernica, or its id in digits.
        shared_email: Name of a field that says `yes` where another profile has the same address.
    """

    alias: str
    name: str
    shared_email: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """All of it: databases by alias, streams by name."""

    databases: MappingType[str, DatabaseMap]
    streams: MappingType[str, StreamMap]


@dataclass(frozen=True, slots=True)
class Person:
    """Who a subprofile belongs to.

    Attributes:
        key: The profile's key; where `email` is given it is the fallback.
        email: Folded address: the one profile that has it is meant.
        stub: Fields to make the profile with, if it must be made; None if it may not.
    """

    key: str
    email: str | None = None
    stub: MappingType[str, str] | None = None


@dataclass(slots=True)
class Fragment:
    """What one record says of one profile or subprofile.

    Attributes:
        stream: Its stream.
        key: Key of the profile or subprofile.
        fields: Copernica values by field name, the key field not among them.
        person: For subprofiles.
        creates: Whether it may make what it finds missing.
        version: Sortable text, or None.
        created: When the thing came to be, as `STAMP`; empty where the record does not say, None
            where the mapping names no such time.
        changed: When it last changed, likewise.
        problems: Field name and reason of each value that was left out or emptied.
        vanished: Whether it stands for a record that a complete list no longer has.
        arrival: Number of its record within this run; 0 where it comes from an earlier one.
    """

    stream: str
    key: str
    fields: dict[str, str]
    person: Person | None = None
    creates: bool = False
    version: str | None = None
    created: str | None = None
    changed: str | None = None
    problems: tuple[tuple[str, str], ...] = ()
    vanished: bool = False
    arrival: int = 0


def fragment_of(record: Record, stream: StreamMap, zone: ZoneInfo) -> Fragment:
    """Apply a mapping to a record.

    Args:
        record: A record of the stream.
        stream: Its mapping.
        zone: The zone of Copernica's wall clock.

    Returns:
        What is to be written. A property that the record lacks leaves its field alone.

    Raises:
        RejectedRecordError: Its key, or the key of its profile, cannot be built.
    """
    key = external_key([_value_or_none(record, path) for path in stream.key])
    fields, problems = _convert_all(record, stream.fields, zone)
    return Fragment(
        stream=stream.stream,
        key=key,
        fields=fields,
        person=_person(record, stream, zone) if stream.parent else None,
        creates=stream.creates,
        version=_version(record, stream.version),
        created=_instant(record, stream.created_time),
        changed=_instant(record, stream.changed_time),
        problems=tuple(problems),
    )


def good_fields(record: Record, stream: StreamMap, zone: ZoneInfo) -> list[str]:
    """Names of the fields for which a record has a good value, also where the record is refused."""
    fields, problems = _convert_all(record, stream.fields, zone)
    bad = {name for name, _ in problems}
    return [name for name in fields if name not in bad]


def version_of(record: Record, stream: StreamMap) -> str | None:
    """Version of a record as sortable text, also of one that cannot be mapped."""
    return _version(record, stream.version)


def key_of(record: Record, stream: StreamMap) -> str | None:
    """Key of a record, also of one that cannot be mapped.

    Args:
        record: Any record of the stream.
        stream: Its mapping.

    Returns:
        The key, or None where it cannot be built.
    """
    try:
        return external_key([_value_or_none(record, path) for path in stream.key])
    except RejectedRecordError:
        return None


def emptied(stream: StreamMap, key: str, zone: ZoneInfo) -> Fragment:
    """What is written for a record that vanished from a complete list.

    Args:
        stream: Its mapping, with `absent`.
        key: Its key.
        zone: The zone of Copernica's wall clock.

    Returns:
        A fragment that empties or sets fields of the stream, as history.
    """
    left = stream.absent or {}
    fields, problems = {}, []
    for entry in stream.fields:
        if (name := entry.name.lower()) in left:
            try:
                fields[entry.name] = convert(left[name], entry.column, zone)
            except BadValueError as bad:
                problems.append((entry.name, bad.reason))
    return Fragment(stream.stream, key, fields, problems=tuple(problems), vanished=True)


def _convert_all(
    record: Record, fields: tuple[FieldMap, ...], zone: ZoneInfo
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    converted: dict[str, str] = {}
    problems: list[tuple[str, str]] = []
    for entry in fields:
        value = entry.value(record) if entry.plain is None else record.get(entry.plain, ABSENT)
        if value is ABSENT:
            continue
        try:
            converted[entry.name] = convert(value, entry.column, zone)
        except BadValueError as bad:
            problems.append((entry.name, bad.reason))
            if bad.empties:
                converted[entry.name] = empty_value(entry.column.type)
    return converted, problems


def _person(record: Record, stream: StreamMap, zone: ZoneInfo) -> Person:
    parent = stream.parent
    assert parent is not None  # noqa: S101 - the caller asked
    stub = _convert_all(record, stream.stub, zone)[0] if stream.stub is not None else None
    parts = [_value_or_none(record, path) for path in parent.key]
    if all(part not in (None, "") for part in parts):
        return Person(external_key(parts), stub=stub)
    prefix = parts[:-1]  # the shop; the last part is the person's own id
    if parent.email and (email := fold_email(_value_or_none(record, parent.email))):
        return Person(email_key(prefix, email), email=email, stub=stub)
    if parent.order:
        return Person(order_key(prefix, _value_or_none(record, parent.order)), stub=stub)
    raise RejectedRecordError("the profile that it belongs to is not named")


def _version(record: Record, path: Path | None) -> str | None:
    value = _value_or_none(record, path) if path else None
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:020d}" if value >= 0 else None
    return _stamp(value) if isinstance(value, str) else None


def _instant(record: Record, path: Path | None) -> str | None:
    """None where the mapping names no such time, an empty text where the record has none."""
    if path is None:
        return None
    value = _value_or_none(record, path)
    return (isinstance(value, str) and _stamp(value)) or ""


@lru_cache(maxsize=1024)  # a version is mostly the age too
def _stamp(text: str) -> str | None:
    instant = parse_instant(text)
    return instant.replace(tzinfo=None).isoformat(timespec="microseconds") if instant else None


def _value_or_none(record: Record, path: Path) -> Any:  # noqa: ANN401
    value = _at(record, path)
    return None if value is ABSENT else value


def _at(record: Any, path: Path) -> Any:  # noqa: ANN401
    for step in path:
        if not isinstance(record, dict):
            return None if record is None else ABSENT
        if step not in record:
            return ABSENT
        record = record[step]
    return record


def _as_text(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def with_key(fields: MappingType[str, str], key: str) -> dict[str, str]:
    """Add the key field.

    Args:
        fields: Copernica values by field name.
        key: The key.

    Returns:
        A new dict, the key first.
    """
    return {KEY_FIELD: key, **fields}
