"""Records packed with a sample of their own kind at hand, so that a million of them fit onto a small disk."""

import zlib
from collections.abc import Sequence
from typing import Self

# What zlib looks back upon at most.
WINDOW = 32768
# Nearly as small as the highest level, in half its time.
LEVEL = 3


class Packer:
    """Packs records of one kind: what they have in common stands once, in the sample.

    A packed record says itself whether it was packed with a sample: one from before there was any unpacks
    just as well.
    """

    def __init__(self, sample: bytes = b"") -> None:
        """Pack with `sample`, or, where that is empty, each record by itself."""
        self.sample = sample
        self._start = zlib.compressobj(LEVEL, zdict=sample) if sample else zlib.compressobj(LEVEL)

    @classmethod
    def learned(cls, texts: Sequence[bytes]) -> Self:
        """A packer with as many of `texts` for its sample as are of use."""
        return cls(b"".join(texts)[-WINDOW:])

    def packed(self, text: bytes) -> bytes:
        """`text` made small."""
        packing = self._start.copy()
        return packing.compress(text) + packing.flush()

    def unpacked(self, packed: bytes) -> str:
        """The text that was packed.

        Raises:
            zlib.error: packed with another sample.
        """
        return zlib.decompressobj(zdict=self.sample).decompress(packed).decode()
