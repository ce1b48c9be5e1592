"""A repair by hand: some records are read again, and no bookmark moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_seoshop.api.quota import Use
from tap_seoshop.errors import ApiAwayError, NotFoundError, QuotaSpentError, SettingsError
from tap_seoshop.streams import STREAMS
from tap_seoshop.streams.base import IncrementalStream
from tap_seoshop.streams.customers import Customers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_seoshop.reading.context import Reader, Reading

__all__ = ["reread"]

LISTS = {stream.name: stream.place for stream in STREAMS if issubclass(stream, IncrementalStream)}


def reread(reading: Reading, readers: Sequence[Reader]) -> None:
    """Read the records that the setting `reread` names, and all that is made of them.

    Args:
        reading: The run.
        readers: The readers of the streams that are selected.

    Raises:
        SettingsError: It names a list that nothing selected is made of.
        ApiAwayError: The quota does not suffice; no state remembers what is missing, so that a person must.
    """
    try:
        _reread(reading, readers)
    except QuotaSpentError as error:
        raise ApiAwayError(f"not all that `reread` names was read: {error}; run it again later") from None


def _reread(reading: Reading, readers: Sequence[Reader]) -> None:
    for name, numbers in reading.settings.reread.items():
        place = LISTS.get(name)
        wanted = [reader for reader in readers if place in reader.follows]
        if place is None or not wanted:
            what = "is none that can be read by ids" if place is None else "is not selected"
            raise SettingsError(
                f"the setting `reread` names `{name}`, which {what}: {', '.join(LISTS)} can be"
            )
        found = 0
        for number in dict.fromkeys(numbers):
            try:
                raw = reading.client.get(f"{place.path}/{number}", use=Use.CHANGED).one(place.one)
            except NotFoundError:
                for departed in reading.departed if name == Customers.name else ():
                    departed.confirm(number)
                reading.log.warning("%s: the shop has no record %d", name, number)
                continue
            found += 1
            for reader in wanted:
                reader.reread(place, raw)
        reading.log.info("%s: %d records read again; the state stays as it was", name, found)
