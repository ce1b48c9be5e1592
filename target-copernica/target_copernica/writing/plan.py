"""Decides what is to happen with a pending write, from what is remembered. Pure, and decided nowhere else.

A run carries a plan out, a dry run announces it, `replay` feeds it. What has to be read first (whether a key
is there already, whether a profile still exists) is read before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_copernica.memory.parts import Part, is_newer, overlaid
from target_copernica.writing.pending import STUB, without_overridden

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from target_copernica.mapping.model import Fragment, Moment
    from target_copernica.memory.ledger import Entry
    from target_copernica.writing.pending import PendingWrite

    Digest = Callable[[Mapping[str, str]], bytes]
    """A keyed hash of fields and their values, in this order."""

__all__ = [
    "Create", "Delete", "Memory", "Over", "Parent", "Plan", "Removed", "Said", "Stale", "Unchanged", "Update",
    "Wait", "is_unchanged", "plan", "plan_deletion",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parent:
    """The profile that a subprofile belongs to.

    Attributes:
        place: The ledger's name of its database.
        key: Its key.
        entry: What is known under that key.
    """

    place: str
    key: str
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one profile or subprofile.

    Attributes:
        entry: What is known under its key.
        parts: By stream, what was written.
        parent: Of a subprofile: its profile.
    """

    entry: Entry | None = None
    parts: Mapping[str, Sequence[Part]] = field(default_factory=dict)
    parent: Parent | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What one stream has to say, beside what newer versions said.

    Attributes:
        stream: Its name.
        fragments: What is left of it, oldest version first; none where all is stale.
        changed: Those of them that differ from what was written.
        parts: What is to be remembered of the stream afterwards.
    """

    stream: str
    fragments: Sequence[Fragment]
    changed: Sequence[Fragment]
    parts: Sequence[Part]

    @property
    def changes(self) -> bool:
        """Whether anything of it is to be written."""
        return bool(self.changed)

    def written(self, wrote: Moment) -> list[Part]:
        """What is to be remembered once what differs was written.

        Args:
            wrote: When that was.
        """
        new = {(one.version, (*one.fields,)) for one in self.changed}
        return [
            Part(part.version, part.names, part.digest, part.read, wrote)
            if (part.version, part.names) in new
            else part
            for part in self.parts
        ]

    @property
    def idle(self) -> str:
        """Why nothing of it is to be written, as the report counts it."""
        return "unchanged" if self.fragments else "stale"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen with one pending write.

    Attributes:
        said: What each stream of it has to say.
    """

    said: Sequence[Said]

    @property
    def fields(self) -> dict[str, str]:
        """What is to be written. Each stream owns its fields; those of a stub give way to all others."""
        found: dict[str, str] = {}
        for one in sorted(self.said, key=lambda one: one.stream != STUB):
            for fragment in one.changed:
                found.update(fragment.fields)
        return found


class Unchanged(Plan):
    """Copernica has all of it; at most the version is new."""


class Stale(Plan):
    """Newer versions fill all of its fields, or only a stub of what is there already is left."""


class Removed(Plan):
    """The profile or subprofile, or the profile above it, was removed in Copernica."""


class Over(Plan):
    """It only ends what was never there."""


@dataclass(frozen=True, slots=True)
class Wait(Plan):
    """Its profile or subprofile, or its parent, does not exist yet, or it is in doubt whether it still does.

    Attributes:
        parent: Place and key of the profile that it waits for; None where it waits for its own entry.
    """

    parent: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Create(Plan):
    """Make it.

    Attributes:
        parent: Of a subprofile: the profile that it is made under.
    """

    parent: Parent | None = None


@dataclass(frozen=True, slots=True)
class Update(Plan):
    """Change it.

    Attributes:
        entry: Which.
    """

    entry: Entry


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete it.

    Attributes:
        entry: Which.
    """

    entry: Entry


def plan(write: PendingWrite, memory: Memory, digest: Digest) -> Plan:
    """Decide about one pending write.

    Args:
        write: What came.
        memory: What is remembered.
        digest: Hashes fields of its place.
    """
    entry = memory.entry
    remembered = {} if entry is None else memory.parts
    said = [
        _said(stream, fragments, remembered.get(stream, ()), digest)
        for stream, fragments in write.fragments.items()
        if entry is None or stream != STUB
    ]
    if entry is not None and write.is_event:
        return Unchanged(said)  # also where a lost ledger no longer knows what was written
    if not any(one.changes for one in said):
        return Unchanged(said) if any(one.fragments for one in said) else Stale(said)
    if entry is not None:
        return _hindered(said, entry) or Update(said, entry)
    if not write.creates:
        return Over(said) if all(fragment.ends for fragment in write.each) else Wait(said)
    parent = memory.parent
    if parent is None:
        return Create(said)
    return _hindered(said, parent.entry, (parent.place, parent.key)) or Create(said, parent)


def plan_deletion(fragment: Fragment, memory: Memory) -> Stale | Removed | Delete:
    """Decide about a record that says that it is gone at the source.

    Args:
        fragment: The record.
        memory: What is remembered.
    """
    remembered = memory.parts.get(fragment.stream, ())
    if any(is_newer(part.version, fragment.version) for part in remembered) and fragment.version:
        return Stale(())
    if memory.entry is None or memory.entry.removed:
        return Removed(())
    return Delete(memory.entry)


def is_unchanged(fragment: Fragment, parts: Sequence[Part], digest: Digest) -> bool:
    """Whether all that a fragment says was written.

    Args:
        fragment: What came.
        parts: What its stream wrote.
        digest: Hashes fields of its place.
    """
    fields = fragment.fields
    if len(parts) == 1 and (parts[0].names is None or parts[0].names == (*fields,)):
        return parts[0].digest == digest(fields)
    if any(part.names is None for part in parts):
        return False
    found: set[str] = set()
    for part in parts:
        names = part.names or ()
        if all(name in fields for name in names):
            if part.digest != digest({name: fields[name] for name in names}):
                return False
            found.update(names)
    return bool(parts) and len(found) == len(fields)


def _hindered(
    said: Sequence[Said], entry: Entry | None, parent: tuple[str, str] | None = None
) -> Removed | Wait | None:
    """What is to happen where an entry cannot be written to, or stood under."""
    if entry is None or entry.in_doubt:
        return Wait(said, parent)
    return Removed(said) if entry.removed else None


def _said(stream: str, fragments: Sequence[Fragment], parts: Sequence[Part], digest: Digest) -> Said:
    held = [(part.version, part.names) for part in parts]
    left = [one for fragment in fragments if (one := without_overridden(fragment, held)) is not None]
    changed = [fragment for fragment in left if not is_unchanged(fragment, parts, digest)]
    after = tuple(parts)
    for fragment in left:
        new = Part(fragment.version, (*fragment.fields,), digest(fragment.fields), fragment.read)
        after = overlaid(after, new)
    return Said(stream, left, changed, after)
