"""Which stream goes where, under which names: the declarations. `apply` applies them to records.

A stream feeds the profiles of a database or the subprofiles of one of its collections. Several
streams may feed one profile: each owns its own fields and never touches another's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct

from target_copernica.mapping.paths import value_at
from target_copernica.mapping.transforms import transformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_copernica.mapping.paths import Path, Record
    from target_copernica.mapping.transforms import Step
    from target_copernica.mapping.values import Column

__all__ = [
    "STAMP", "AccountMap", "ActMap", "CartLineMap", "CouponMap", "DatabaseMap", "EndsWithMap", "FieldMap",
    "Fragment", "Moment", "ParentMap", "Person", "PlaceMap", "StreamMap", "TimesMap",
]  # fmt: skip

STAMP: Final = "%Y-%m-%dT%H:%M:%S.%f"
"""How instants (UTC) are kept, so that texts compare as times do."""


class FieldMap(Struct, frozen=True, dict=True):
    """One Copernica field and where its value comes from.

    Attributes:
        name: Name in Copernica.
        column: Type, length, choices.
        sources: Paths into the record; the first that holds a value counts.
        index: Whether Copernica indexes the field.
        steps: What the mapping does to the value, in the order of doing.
        never_live: Whether a change of it alone never runs follow-ups, whatever its time.
        key: Name of its line in the mapping, which stays where a mapping renames the field.
        description: What is written beside it in Copernica.
    """

    name: str
    column: Column
    sources: tuple[Path, ...] = ()
    index: bool = False
    steps: tuple[Step, ...] = ()
    never_live: bool = False
    key: str = ""
    description: str = ""

    @cached_property
    def plain(self) -> str | None:
        """The one property that is taken as it is, if it is one: nearly all fields are so; this is faster."""
        is_plain = not self.steps and len(self.sources) == 1 and len(self.sources[0]) == 1
        return self.sources[0][0] if is_plain else None

    def value(self, record: Record) -> Any:  # noqa: ANN401 - any JSON value
        """The source value for this field.

        Args:
            record: A record of the stream.

        Returns:
            A JSON value, or `ABSENT`.
        """
        if not self.steps and len(self.sources) == 1:
            return value_at(record, self.sources[0])
        return transformed(record, self.sources, self.steps)


class ParentMap(Struct, frozen=True):
    """How a record of a subprofile finds the profile that it belongs to.

    Attributes:
        key: Paths of the parts of the profile's key.
        email: Path of an e-mail address that stands in for a missing key.
        order: Path of an order id that stands in where both are missing.
        stub: Fields of a profile that is made because a subprofile needs it; None where none is made.
    """

    key: tuple[Path, ...]
    email: Path | None = None
    order: Path | None = None
    stub: tuple[FieldMap, ...] | None = None


class PlaceMap(Struct, frozen=True):
    """Where records go, and whether they may make something there.

    Attributes:
        database: Alias of a database of the mapping.
        collection: Name of a collection of it; None for profiles.
        parent: For subprofiles.
        creates: Whether a record may make what it finds missing.
    """

    database: str
    collection: str | None = None
    parent: ParentMap | None = None
    creates: bool = False


class TimesMap(Struct, frozen=True):
    """How old a record is, and which of two is the newer one.

    Attributes:
        created: Path of the instant at which the thing came to be.
        changed: Path of the instant at which it last changed.
        version: Path of a time or whole number: an older one never overwrites a newer one.
    """

    created: Path | None = None
    changed: Path | None = None
    version: Path | None = None


class ActMap(Struct, frozen=True):
    """How a record tells that a person wants mail.

    Attributes:
        kind: `subscription` or `order`.
        email: Path of the address.
        id: Path of the record's own id.
        at: Path of the instant.
        confirmed: Path of the boolean that says whether the address was confirmed.
        confirmed_at: Path of the instant at which that last changed.
        ticked: Path of the boolean without which it is no act; None where each record is one.
    """

    kind: str
    email: Path
    id: Path
    at: Path
    confirmed: Path | None = None
    confirmed_at: Path | None = None
    ticked: Path | None = None


class CouponMap(Struct, frozen=True):
    """How a record tells that a coupon was used.

    Attributes:
        code: Path of its code.
        unless: Properties and values with which it counts as not used.
    """

    code: Path
    unless: tuple[tuple[Path, str], ...] = ()


class CartLineMap(Struct, frozen=True):
    """How a record tells what is in a cart.

    Attributes:
        cart: Path of the cart's id.
        sku: Path of what names the article.
        count: Path of the number of pieces.
        gone: Path of the reason for which the line is in the cart no more.
        taken: Reasons that mean that the buyer took it out.
    """

    cart: Path
    sku: Path
    count: Path
    gone: Path
    taken: tuple[str, ...]


class EndsWithMap(Struct, frozen=True):
    """Which records of another stream end what a stream wrote: a cart that is over ends its lines.

    Attributes:
        stream: The other stream.
        key: Paths, in its records, of all parts of the stream's own key but the last.
        take: Properties of its records that say the same of what they end.
    """

    stream: str
    key: tuple[Path, ...]
    take: tuple[str, ...]


class StreamMap(Struct, frozen=True, dict=True):
    """What becomes of a stream's records.

    Attributes:
        stream: Name of the stream.
        place: Where they go.
        key: Paths of the parts of the record's own key; empty: a hash over the whole record.
        fields: The fields that this stream owns.
        times: How old they are.
        absent: What a record that vanished from a complete list leaves in its fields, by lower-case name;
            None where nothing becomes of it.
        act: How its records tell who wants mail; None where they do not.
        once: Whether its records are events: one that is there is never written again.
        ends: Path of what says that a record is over: one with a value there makes nothing.
        ends_with: Which records of another stream end what it wrote, where its own did not.
        coupon: How its records tell that a coupon was used; None where they do not.
        cart_line: How its records tell what is in a cart; None where they do not.
        own_rows: Whether no other stream writes to its profiles or subprofiles, so that it may fill fields
            that others fill elsewhere in the same place.
    """

    stream: str
    place: PlaceMap
    key: tuple[Path, ...]
    fields: tuple[FieldMap, ...]
    times: TimesMap = TimesMap()
    absent: Mapping[str, str] | None = None
    act: ActMap | None = None
    once: bool = False
    own_rows: bool = False
    ends: Path | None = None
    ends_with: EndsWithMap | None = None
    coupon: CouponMap | None = None
    cart_line: CartLineMap | None = None

    @property
    def stub(self) -> tuple[FieldMap, ...]:
        """Fields of a profile that is made because a subprofile of this stream needs it."""
        return (self.place.parent.stub if self.place.parent else None) or ()

    @cached_property
    def never_live(self) -> tuple[str, ...]:
        """Names of the fields that are never live."""
        return tuple(entry.name for entry in self.fields if entry.never_live)

    @property
    def lists_acts(self) -> bool:
        """Whether its records are a list of those who want mail, so that who is gone opted out."""
        return self.act is not None and self.act.ticked is None

    @property
    def empties_absent(self) -> bool:
        """Whether records that vanished from a complete list lose their fields here."""
        return self.absent is not None


class DatabaseMap(Struct, frozen=True):
    """A Copernica database of the mapping.

    Attributes:
        alias: Its name within the mapping.
        name: Its name in Copernica, or its id in digits.
        shared_email: Name of a field that says `yes` where another profile has the same address.
        consent: Names of the fields that keep consent, by role; none where it is not kept.
        descriptions: What is written beside these fields in Copernica, by role or name in the preset.
    """

    alias: str
    name: str
    shared_email: str | None = None
    consent: Mapping[str, str] = {}
    descriptions: Mapping[str, str] = {}


class AccountMap(Struct, frozen=True):
    """A whole mapping: databases by alias, streams by name."""

    databases: Mapping[str, DatabaseMap]
    streams: Mapping[str, StreamMap]


@dataclass(frozen=True, slots=True)
class Person:
    """The profile that a subprofile belongs to.

    Attributes:
        key: The profile's key; where `email` is given it is the fallback.
        email: Folded address: the one profile that has it is meant.
        stub: Fields to make the profile with, if it must be made; None if it may not.
        former_key: Its key in version 0.1, where that differs.
        follows: Whether what is below it only happens to an order that is a record of its own.
    """

    key: str
    email: str | None = None
    stub: Mapping[str, str] | None = None
    former_key: str | None = None
    follows: bool = False


class Moment(NamedTuple):
    """When something was done, and by which run.

    Attributes:
        run: The number of the run in the ledger.
        at: The server's time, in seconds since 1970.
    """

    run: int
    at: int

    @property
    def time(self) -> str:
        """The time, ISO, in UTC."""
        return datetime.fromtimestamp(self.at, UTC).isoformat(timespec="seconds")


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
        never_live: Names of the fields that never run follow-ups when they change.
        once: Whether it is an event: where its key is there already, nothing is written.
        ends: Whether it only ends what is there: where its key is not there, nothing is written.
        read: When its record was read; None for what an earlier version left waiting.
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
    former_key: str | None = None
    arrival: int = 0
    never_live: tuple[str, ...] = ()
    once: bool = False
    read: Moment | None = None
    ends: bool = False

    @property
    def is_never_live(self) -> bool:
        """Whether it has nothing to say that may run follow-ups when it changes."""
        return bool(self.never_live) and all(name in self.never_live for name in self.fields)
