"""A record becomes a fragment of a profile or subprofile, by the mapping of its stream."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.derive import CONTENT_KEY
from target_copernica.mapping.keys import (
    KEY_FIELD,
    email_key,
    external_key,
    fold_email,
    former_fold,
    former_key,
    order_key,
)
from target_copernica.mapping.model import Fragment, Person
from target_copernica.mapping.paths import ABSENT, value_at
from target_copernica.mapping.values import BadValueError, convert, empty_value, parse_instant, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from target_copernica.mapping.model import EndsWithMap, FieldMap, StreamMap
    from target_copernica.mapping.paths import Path, Record

    Known = Callable[[str], bool]

__all__ = [
    "emptied", "ended_by", "fragment_of", "good_fields", "key_above", "key_of", "mapped", "parent_key_of",
    "raw_fragment", "version_of", "with_key", "with_known_keys",
]  # fmt: skip

_VERSION_DIGITS: Final = 20


def mapped(record: dict[str, Any], stream: StreamMap, zone: ZoneInfo) -> Fragment:
    """Apply a mapping to a record, also of a stream without a key.

    Args:
        record: As the tap sent it.
        stream: Its mapping.
        zone: The zone of Copernica's wall clock.

    Raises:
        RejectedRecordError: Its key, or the key of its profile, cannot be built.
    """
    if stream.key == (CONTENT_KEY,):
        record = {**record, CONTENT_KEY[0]: _content_hash(record)}
    return fragment_of(record, stream, zone)


def _content_hash(record: dict[str, Any]) -> str:
    text = json.dumps(record, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


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
    parts = [_value_or_none(record, path) for path in stream.key]
    key = external_key(parts)
    fields, problems = _convert_all(record, stream.fields, zone)
    ends = stream.ends is not None and bool(_value_or_none(record, stream.ends))
    return Fragment(
        stream=stream.stream,
        key=key,
        fields=fields,
        person=_person(record, stream, zone) if stream.place.parent else None,
        creates=stream.place.creates and not ends,
        version=_version(record, stream.times.version),
        created=_instant(record, stream.times.created),
        changed=_instant(record, stream.times.changed),
        problems=tuple(problems),
        former_key=former_key(parts),
        never_live=stream.never_live,
        once=stream.once,
        ends=ends,
    )


def good_fields(record: Record, stream: StreamMap, zone: ZoneInfo) -> list[str]:
    """Names of the fields for which a record has a good value, also where the record is refused."""
    fields, problems = _convert_all(record, stream.fields, zone)
    bad = {name for name, _ in problems}
    return [name for name in fields if name not in bad]


def version_of(record: Record, stream: StreamMap) -> str | None:
    """Version of a record as sortable text, also of one that cannot be mapped."""
    return _version(record, stream.times.version)


def with_known_keys(fragment: Fragment, known: Known, person_known: Known) -> Fragment:
    """Give a fragment the keys by which version 0.1 knew its record and its person.

    Args:
        fragment: Just mapped.
        known: Says whether a key is known in the fragment's place.
        person_known: Likewise in the database above.

    Returns:
        The same fragment.
    """
    fragment.key = _known_key(fragment.key, fragment.former_key, known)
    if (person := fragment.person) is not None and person.former_key is not None:
        fragment.person = replace(person, key=_known_key(person.key, person.former_key, person_known))
    return fragment


def _known_key(key: str, former: str | None, known: Known) -> str:
    return former if former is not None and not known(key) and known(former) else key


def key_of(record: Record, stream: StreamMap, known: Known = lambda _key: False) -> str | None:
    """Key of a record, also of one that cannot be mapped.

    Args:
        record: Any record of the stream.
        stream: Its mapping.
        known: Says whether a key is known in the stream's place.

    Returns:
        The key, or None where it cannot be built.
    """
    try:
        parts = [_value_or_none(record, path) for path in stream.key]
        return _known_key(external_key(parts), former_key(parts), known)
    except RejectedRecordError:
        return None


def parent_key_of(record: Record, stream: StreamMap) -> str | None:
    """Key of the profile that a record belongs to, also of a record that cannot be mapped.

    Args:
        record: Any record of the stream.
        stream: Its mapping.

    Returns:
        The key; None where the record, or the mapping, does not name one.
    """
    if stream.place.parent is None:
        return None
    try:
        return external_key([_value_or_none(record, path) for path in stream.place.parent.key])
    except RejectedRecordError:
        return None


def key_above(record: Record, rule: EndsWithMap) -> str | None:
    """What the keys of all that a record ends begin with.

    Args:
        record: The record that is over.
        rule: Of the stream that wrote what it ends.

    Returns:
        The first parts of those keys; None where the record lacks one.
    """
    try:
        return external_key([_value_or_none(record, path) for path in rule.key])
    except RejectedRecordError:
        return None


def ended_by(record: Record, stream: StreamMap, key: str, zone: ZoneInfo) -> Fragment | None:
    """What a record of another stream says of something that it ends.

    Args:
        record: The record that is over.
        stream: The mapping of the stream that wrote what it ends.
        key: Key of that.
        zone: The zone of Copernica's wall clock.

    Returns:
        A fragment of that stream; None where the record does not say whose it is.
    """
    rule = stream.ends_with
    assert rule is not None  # noqa: S101 - the caller asked
    parts = [*(_value_or_none(record, path) for path in rule.key), key.rpartition(":")[2]]
    said = {name: record[name] for name in rule.take if name in record}
    said |= {path[0]: part for path, part in zip(stream.key, parts, strict=False)}
    try:
        fragment = fragment_of(said, stream, zone)
    except RejectedRecordError:
        return None
    return fragment if fragment.key == key else None


def raw_fragment(record: Record, stream: StreamMap, key: str | None) -> Fragment:
    """What a record that cannot be mapped says of whom, and since when: never to be written.

    Args:
        record: The record.
        stream: Its mapping.
        key: Its key; None where it has none.
    """
    parent = parent_key_of(record, stream)
    return Fragment(
        stream.stream,
        key or "",
        dict(record),
        Person(parent) if parent is not None else None,
        creates=stream.place.creates,
        created=_instant(record, stream.times.created),
        changed=_instant(record, stream.times.changed),
    )


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
    parent = stream.place.parent
    assert parent is not None  # noqa: S101 - the caller asked
    stub = _convert_all(record, parent.stub, zone)[0] if parent.stub is not None else None
    follows = stub is None and parent.order is not None and parent.order not in stream.key
    parts = [_value_or_none(record, path) for path in parent.key]
    if all(part not in (None, "") for part in parts):
        return Person(external_key(parts), stub=stub, former_key=former_key(parts), follows=follows)
    prefix = parts[:-1]  # the shop; the last part is the person's own id
    if parent.email and (email := fold_email(_value_or_none(record, parent.email))):
        former = former_fold(email)
        return Person(
            email_key(prefix, email),
            email=email,
            stub=stub,
            former_key=email_key(prefix, former) if former else None,
            follows=follows,
        )
    if parent.order:
        number = _value_or_none(record, parent.order)
        return Person(order_key(prefix, number), stub=stub, follows=follows)
    raise RejectedRecordError("the profile that it belongs to is not named")


def _version(record: Record, path: Path | None) -> str | None:
    value = _value_or_none(record, path) if path else None
    if (number := whole_number(value)) is not None:
        if number < 0:
            return None
        digits = f"{number:020d}"
        # Longer numbers sort behind all of 20 digits, and among themselves by their length first.
        return digits if len(digits) == _VERSION_DIGITS else f"n{len(digits):04d}{digits}"
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
    value = value_at(record, path)
    return None if value is ABSENT else value


def with_key(fields: Mapping[str, str], key: str) -> dict[str, str]:
    """Add the key field.

    Args:
        fields: Copernica values by field name.
        key: The key.

    Returns:
        A new dict, the key first.
    """
    return {KEY_FIELD: key, **fields}
