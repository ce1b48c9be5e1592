"""What in Copernica differs from what this target wrote: reported, and written again when it comes again."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from target_copernica.account.content import content_of
from target_copernica.memory.addresses import SHARED_STREAM
from target_copernica.memory.parts import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_copernica.account.readback import Found, Readback
    from target_copernica.account.removed import RemovalCheck
    from target_copernica.account.structure import Place
    from target_copernica.memory.ledger import Ledger
    from target_copernica.memory.parts import Part

__all__ = ["Drift", "read_drift"]

_EXAMPLES: Final = 3


@dataclass(slots=True)
class Drift:
    """What was found in a place.

    Attributes:
        name: The place.
        read: How many are there.
        unmanaged: How many of them have no key of ours.
        changed: Of how many the fields of a stream are not as they were written, by stream.
        examples: Keys of some of them.
        duplicate_keys: Keys that more than one profile or subprofile has.
        lost_keys: Keys that were emptied or changed by hand.
        removed: Keys of what was removed since the last look.
        in_doubt: Keys of what Copernica no longer knows; the next run asks again.
        missing: Keys of what Copernica knows by id and does not list.
    """

    name: str
    read: int = 0
    unmanaged: int = 0
    changed: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    duplicate_keys: list[str] = field(default_factory=list)
    lost_keys: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For machines; two of its names once more as version 0.1 wrote them."""
        as_before = {"strangers": self.unmanaged, "twins": self.duplicate_keys}
        return {**asdict(self), "changed": {**self.changed}, **as_before}

    def for_people(self) -> str:
        """One line."""
        words = [f"{self.name}: {self.read} read"]
        words += [f"{number} changed by others ({stream})" for stream, number in sorted(self.changed.items())]
        for what, keys in (
            ("removed", self.removed),
            ("in doubt, asked for again by the next run", self.in_doubt),
            ("standing there twice", self.duplicate_keys),
            ("whose key was emptied or changed, restored by the next run", self.lost_keys),
            ("missing in the list", self.missing),
        ):
            if keys:
                words.append(f"{len(keys)} {what} ({', '.join(keys[:_EXAMPLES])})")
        if self.unmanaged:
            words.append(f"{self.unmanaged} that did not come from here")
        return "; ".join(words if len(words) > 1 else [*words, "all as it was written"])


def read_drift(place: Place, ledger: Ledger, readback: Readback, removed: RemovalCheck) -> Drift:
    """Read a place whole, a thousand a call, and hold it against the ledger, which is refreshed by that.

    Args:
        place: The place.
        ledger: Knows what was written; what differs is written again when it comes again.
        readback: Reads.
        removed: Notes what is gone.

    Raises:
        SettingsError: More are gone than `max_tombstones` allows.
    """
    drift = Drift(place.name)
    ledger.scan.begin()
    ledger.scan.forget_duplicate_keys(place.code)
    for page in readback.full_scan(place):
        drift.read += len(page)
        ledger.scan.saw(thing.id for _, thing in page)
        with ledger.transaction():
            for key, thing in page:
                ours = ledger.key_of(place.code, thing.id) or key  # it may have been changed there
                if ours is None:
                    drift.unmanaged += 1
                elif streams := _changed(place, ledger, ours, thing):
                    drift.changed.update(streams)
                    drift.examples += [ours] if len(drift.examples) < _EXAMPLES else []
    drift.lost_keys = ledger.findings.lost_keys(place.code)
    drift.duplicate_keys = [
        key for key in ledger.scan.duplicate_keys(place.code) if key not in drift.lost_keys
    ]
    drift.removed = removed.note(place, drift.read)
    for entry_id, key in ledger.scan.missed(place.code):
        if ledger.findings.is_noted(place.code, entry_id):
            drift.in_doubt.append(key)
        else:
            drift.missing.append(key)
    return drift


def _changed(place: Place, ledger: Ledger, key: str, thing: Found) -> list[str]:
    """Streams whose fields are not as they were written. What was put back by hand is confirmed again."""
    entry = ledger.entry(place.code, key)
    if entry is None or entry.id != thing.id:
        return []  # another one with a key of ours
    there = {name.lower(): value for name, value in thing.fields.items()}
    changed = []
    for stream, parts in ledger.all_parts(place.code, key).items():
        looked_at = [_looked_at(place, ledger, part, there) for part in parts]
        if looked_at != list(parts):
            ledger.remember(place.code, key, stream, looked_at)
        if any(part.is_unconfirmed for part in looked_at):
            changed.append(stream)
            if stream == SHARED_STREAM:  # no record brings it again
                ledger.addresses.make_due(place.code, key)
    return changed


def _looked_at(place: Place, ledger: Ledger, part: Part, there: Mapping[str, str]) -> Part:
    """What is remembered after a look: unconfirmed where it is not as it was written."""
    if part.names is None or part.digest == UNKNOWN:
        return part
    # What was renamed in Copernica since stands in the place under both of its names.
    fields = [place.fields[name.lower()].name for name in part.names if name.lower() in place.fields]
    read = {name: there[name.lower()] for name in fields if name.lower() in there}
    if len(read) == len(part.names) and ledger.digest(content_of(place, read)) == part.written:
        return part.confirmed()
    return part.unconfirmed()
