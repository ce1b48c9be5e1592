"""Reads from a product metafield how many days a product lasts (setting `reorder_metafield`).

It costs one request for each product, at the lowest priority: when the product is first bought, when it has
changed (if the list of products is read anyway), and every `summaries_full_interval`, since it is not
documented whether a change of a metafield changes the `updatedAt` of its product. What was not read waits in
the order book for the next run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_seoshop.api.quota import Use
from tap_seoshop.errors import NotAllowedError, NotFoundError, QuotaSpentError
from tap_seoshop.reading.details import LATEST, details_of
from tap_seoshop.records.normalize import integer, moment, parse_moment
from tap_seoshop.streams.taxonomy import ProductMetafields
from tap_seoshop.summaries.lasting import LONGEST, days_told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from tap_seoshop.reading.context import Reading
    from tap_seoshop.reading.followers import End
    from tap_seoshop.summaries.lasting import Lasting

__all__ = ["ProductDays"]


class ProductDays:
    """Reads how many days products last, and follows the list of products if it is read anyway.

    Args:
        reading: The run.

    Attributes:
        lasting: Keeps the days; None while there is no order book.
    """

    def __init__(self, reading: Reading) -> None:
        self.lasting: Lasting | None = None
        self._reading = reading
        self._client = reading.client
        self._key = reading.settings.reorder_metafield

    @property
    def since(self) -> datetime:
        """Changes since then are wanted: this asks for none."""
        return LATEST

    def take(self, raw: Mapping[str, Any], *, whole: bool) -> None:
        """Take a product of the incremental list."""
        del whole
        product, stamp = integer(raw.get("id")), moment(raw.get("updatedAt"))
        if self.lasting and product and stamp and (at := parse_moment(stamp)):
            self.lasting.moved(product, int(at.timestamp()))

    def not_after(self, at: datetime) -> None:
        """Nothing to forget: it has no bookmark."""

    def reached(self, end: End) -> None:
        """Nothing to record: what is missed is read every `summaries_full_interval`."""

    def cut(self) -> None:
        """Likewise."""

    def read(self) -> None:
        """Read the products that are due, as time and quota allow, and note which customers to write.

        Raises:
            TapError: A request failed for a reason other than the quota.
        """
        if self.lasting is None or not self._key or self._reading.limits.sample:
            return
        self.lasting.want()
        settings, now = self._reading.settings, int(self._client.now().timestamp())
        due = self.lasting.unread(
            now - int(settings.full_table_interval), now - int(settings.summaries_full_interval)
        )
        left, wrong = len(due), list[int]()
        try:
            for product, outcome in self._client.ahead(self._fetch, self._while_in_time(due)):
                if isinstance(outcome, QuotaSpentError):
                    break
                left -= 1
                if not self._take(self.lasting, product, outcome):
                    wrong.append(product)
                if left % self._reading.state.every == 0:
                    self._reading.write_state()
        finally:
            self._tell(left, wrong)
        self.lasting.touch_buyers()

    def _fetch(self, product: int) -> tuple[int, list[dict[str, Any]]]:
        """The time of the request and the metafields of a product; runs in one of the client's threads."""
        asked = int(self._client.now().timestamp())
        return asked, details_of(self._client, ProductMetafields.place, product, Use.BACKFILL)

    def _take(
        self, lasting: Lasting, product: int, outcome: tuple[int, list[dict[str, Any]]] | Exception
    ) -> bool:
        """Keep what was read; false if the value is wrong."""
        if isinstance(outcome, NotFoundError):
            if outcome.in_json:  # a gateway's page proves nothing: the product waits for the next run
                lasting.put(product, None, int(self._client.now().timestamp()))
            return True
        if isinstance(outcome, NotAllowedError):
            raise NotAllowedError(f"the setting `reorder_metafield`: {outcome}") from None
        if isinstance(outcome, Exception):
            raise outcome
        asked, fields = outcome
        try:
            lasting.put(product, days_told(fields, self._key), asked)
        except ValueError:
            lasting.put(product, None, asked)
            return False
        return True

    def _while_in_time(self, products: Iterable[int]) -> Iterator[int]:
        for product in products:
            if not self._reading.limits.in_time():
                return
            yield product

    def _tell(self, left: int, wrong: list[int]) -> None:
        """Log how many wait, and which products have a wrong value, without the value itself."""
        if left:
            self._reading.log.info("the metafields of %d products come with the next runs", left)
        if wrong:
            more = f" (and of {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            self._reading.log.warning(
                "the metafield %r of product %d%s is no whole number of days from 1 to %d: no re-order date "
                "is told from it",
                self._key,
                wrong[0],
                more,
                LONGEST,
            )
