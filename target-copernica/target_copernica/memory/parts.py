"""What the ledger remembers of a stream's fields in one profile or subprofile: which version filled which.

A record fills some fields; a later one may fill others. So what is remembered is a few parts, in the ordinary
case one: the fields that one version filled last, and a digest of their values.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from target_copernica.mapping.model import Moment

__all__ = ["Part", "is_newer", "newest", "overlaid"]

UNKNOWN: Final = b""
"""The digest of what is there in a version that is known, with values that are not."""

DIGEST_SIZE: Final = 16
"""Bytes of a digest. Where others changed the values one more stands before it: it equals no content then."""

_UNCONFIRMED: Final = b"?"


@dataclass(frozen=True, slots=True)
class Part:
    """The fields that one version of a record filled last.

    Attributes:
        version: The version; None where the stream has none.
        names: The fields; None where an early ledger did not keep them: it stands for all of the stream.
        digest: A keyed hash of their values; empty where they are not known. Where others changed them a
            question mark stands before it, until they are written again or found to be as they were.
        read: When its record was read last; None where that is not known.
        wrote: When it was written last, likewise.
    """

    version: str | None
    names: tuple[str, ...] | None
    digest: bytes
    read: Moment | None = field(default=None, compare=False)
    wrote: Moment | None = field(default=None, compare=False)

    def without(self, names: Collection[str]) -> Part | None:
        """What is left of it when a version that is not older fills these fields; None where nothing is."""
        if self.names is None:
            return None
        left = tuple(name for name in self.names if name not in names)
        if left == self.names and left:
            return self
        digest = _UNCONFIRMED if self.is_unconfirmed else UNKNOWN
        return Part(self.version, left, digest, self.read, self.wrote) if left else None

    @property
    def is_unconfirmed(self) -> bool:
        """Whether the values were found changed by others."""
        return len(self.digest) in {1, DIGEST_SIZE + 1}  # 1: by version 0.1, which kept no more

    @property
    def written(self) -> bytes:
        """Digest of the values that were written, whether they are still there or not."""
        return self.digest[1:] if self.is_unconfirmed else self.digest

    def unconfirmed(self) -> Part:
        """This part, found changed by others."""
        return replace(self, digest=_UNCONFIRMED + self.written)

    def confirmed(self) -> Part:
        """This part, found as it was written."""
        return replace(self, digest=self.written)


def is_newer(version: str | None, other: str | None) -> bool:
    """Whether a version is newer than another; none at all is older than any."""
    return (version or "") > (other or "")


def newest(versions: Iterable[str | None]) -> str | None:
    """The newest of some versions; None where there is none."""
    return max((version for version in versions if version is not None), default=None)


def overlaid(parts: Sequence[Part], new: Part) -> tuple[Part, ...]:
    """What is remembered after one more version was written.

    Args:
        parts: What was remembered.
        new: What was written; none of its fields stands in a newer part.

    Returns:
        The parts, oldest first. The fields of older parts that the new one does not fill keep their version.
        The new one was written when they were, until it is written itself.
    """
    names, wrote = new.names or (), new.wrote
    kept: list[Part] = []
    for part in parts:
        left = part if is_newer(part.version, new.version) else part.without(names)
        if left is not part and part.wrote is not None:
            wrote = part.wrote if wrote is None else max(wrote, part.wrote)
        if left is not None:
            kept.append(left)
    kept.append(Part(new.version, new.names, new.digest, new.read, wrote))
    return tuple(sorted(kept, key=lambda part: part.version or ""))
