"""Which customers were deleted in the shop: those that a complete list has no more, each asked for once.

No list of the API shows deletions (`docs/api/seoshop.md`, section 10). The lists of customers are read whole
for the summaries now and then; the ids of the last time stand in the state, packed. Who is missing is only a
candidate: the list may be cut, or a record may have slipped between two pages. The shop's own 404 for the
record counts, the page of a gateway does not.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from itertools import accumulate
from typing import TYPE_CHECKING

from tap_seoshop.api.quota import Use
from tap_seoshop.bookmarks.forms import KnownMark
from tap_seoshop.bookmarks.times import written_time
from tap_seoshop.errors import NotFoundError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_seoshop.reading.context import Reading
    from tap_seoshop.streams.base import SeoshopStream

__all__ = ["DELETED_AT", "Departed", "packed", "unpacked"]

DELETED_AT = "_sdc_deleted_at"
"""The property by which Singer taps say that a record is gone at the source."""


class Departed:
    """Tells the target of deleted customers.

    Args:
        reading: The run.
        stream: The stream of the customers.
    """

    def __init__(self, reading: Reading, stream: SeoshopStream) -> None:
        self._reading = reading
        self._stream = stream
        self._most = reading.settings.find_deleted
        self._bookmark = reading.state.bookmark(stream.name, KnownMark, "known_")

    def compare(self, present: set[int]) -> None:
        """The list of customers was read whole.

        Args:
            present: Ids of those that it has.
        """
        known = set(unpacked(self._bookmark.ids))
        missing = sorted(known - present)
        if len(missing) > self._most:
            self._reading.log.warning(
                "%d customers are not in the list any more, more than the %d of the setting `find_deleted`: "
                "a list that is cut, or a right that was lost, looks the same, so none counts as deleted; if "
                "they are, raise it for one run",
                len(missing),
                self._most,
            )
            return
        still = {number for number in missing if not self.confirm(number)}
        self._bookmark.ids = packed(present | still)

    def confirm(self, number: int) -> bool:
        """Ask for a customer, and write a record with the time of the deletion if there is none.

        Args:
            number: The id.

        Returns:
            Whether the customer is gone.
        """
        try:
            self._reading.client.get(f"{self._stream.place.path}/{number}", use=Use.CHANGED)
        except NotFoundError as error:
            if not error.in_json:
                return False
            at = written_time(self._reading.client.now())
            self._reading.emit(self._stream, {"id": number, DELETED_AT: at})
            return True
        return False


def packed(numbers: Iterable[int]) -> str:
    """Ids as a short text: about two characters for each, where they lie close together.

    Args:
        numbers: Positive ids.
    """
    found = bytearray()
    last = 0
    for number in sorted(numbers):
        step, last = number - last, number
        while step > 0x7F:  # noqa: PLR2004 - seven bits a byte, the eighth says that more follow
            found.append(step & 0x7F | 0x80)
            step >>= 7
        found.append(step)
    return base64.b85encode(zlib.compress(bytes(found), 9)).decode()


def unpacked(text: str) -> list[int]:
    """The reverse of `packed`.

    Raises:
        SettingsError: The state holds something else.
    """
    if not text:
        return []
    try:
        content = zlib.decompress(base64.b85decode(text))
    except (ValueError, binascii.Error, zlib.error):
        raise SettingsError("the state's `known_ids` is not what this tap writes: remove it") from None
    steps, step, shift = [], 0, 0
    for byte in content:
        step |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - likewise
            steps.append(step)
            step = shift = 0
    return list(accumulate(steps))
