"""Which shop this is: asked once for a state, and again where another shop may be meant."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tap_seoshop.bookmarks.times import due, written_time
from tap_seoshop.errors import SettingsError
from tap_seoshop.reading.context import Reader
from tap_seoshop.records.normalize import integer

if TYPE_CHECKING:
    from tap_seoshop.reading.context import Reading
    from tap_seoshop.streams.base import SeoshopStream

__all__ = ["ShopReader"]


class ShopReader(Reader):
    """Reads the shop's own record.

    Args:
        reading: The run.
        stream: Where it is written, if that is selected.
    """

    def __init__(self, reading: Reading, stream: SeoshopStream | None) -> None:
        super().__init__(reading)
        self._stream = stream
        self._was_read = False

    def begin(self) -> None:
        """Find out the shop's id: from the state, or from the API where that may be another shop's.

        Raises:
            SettingsError: The state belongs to another shop.
        """
        state = self._reading.state
        if state.shop.shop_id is None or state.shop.account != self._digest(state.shop.shop_id):
            self._read()
            self._reading.write_state()

    def read(self) -> None:
        """Write the shop again when it is due."""
        if self._stream is None or self._was_read:
            return
        interval, now = self._reading.settings.full_table_interval, self._reading.client.now()
        if due(self._reading.state.shop.read_at, interval, now):
            self._read()

    def _read(self) -> None:
        bookmark = self._reading.state.shop
        raw = self._reading.client.get("shop").one("shop")
        number = integer(raw.get("id"))
        if number is None:
            raise SettingsError("the shop does not tell its id; is `api_url` right?")
        if bookmark.shop_id not in (None, number):
            raise SettingsError(
                f"the state is of shop {bookmark.shop_id}, the key of shop {number}: "
                "use the state that belongs to this shop, or none"
            )
        bookmark.shop_id, bookmark.account = number, self._digest(number)
        self._was_read = True
        if self._stream is not None:
            self._stream.begin()
            self._stream.emit({**self._stream.normalizer(raw), "id": number}, number)
            bookmark.read_at = written_time(self._reading.client.now())

    def _digest(self, shop_id: object) -> str:
        """What the state keeps to notice that address, key or shop are not those of the run before."""
        return hashlib.sha256(f"{self._reading.state.account} {shop_id}".encode()).hexdigest()[:8]
