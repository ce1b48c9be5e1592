"""Marks coupons of a Copernica campaign as redeemed when an order used their code.

A code is stored before the STATE of its order is emitted, and sent at the end of a run, once. The API call
would add codes that the campaign does not have (docs/api/copernica.md, section 13), so only known codes are
sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from target_copernica.errors import RefusedError, SettingsError
from target_copernica.mapping.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_copernica.api.client import Client
    from target_copernica.mapping.model import StreamMap
    from target_copernica.memory.ledger import Ledger

__all__ = ["Redeeming"]

_FEW: Final = 20
"""Up to this many codes are looked up one by one; for more, the whole campaign is read, 1,000 a call."""
_PAGE: Final = 1000


@dataclass(slots=True)
class Redeeming:
    """Marks coupons redeemed.

    Attributes:
        ledger: Keeps the codes.
        client: The account.
        campaign: Id of the campaign; None if no coupons are to be marked.
    """

    ledger: Ledger
    client: Client
    campaign: int | None
    _used: set[str] = field(default_factory=set)

    def take(self, stream: StreamMap, record: Mapping[str, Any]) -> None:
        """Take the code that a record says was used, if any.

        Args:
            stream: Its mapping.
            record: As the tap sent it.
        """
        if self.campaign is None or stream.coupon is None:
            return
        code = value_at(record, stream.coupon.code)
        undone = any(value_at(record, path) == value for path, value in stream.coupon.unless)
        if isinstance(code, str) and code.strip() and not undone:
            self._used.add(code.strip())

    def flush(self) -> None:
        """Store what was taken; durable when this returns."""
        if self._used:
            with self.ledger.transaction():
                self.ledger.coupons.use(sorted(self._used))
            self._used.clear()

    def settle(self) -> None:
        """Mark the coupons that were not marked yet, also those left over from earlier runs.

        Raises:
            SettingsError: Copernica does not know the campaign, or refuses the call.
        """
        self.flush()
        codes = self.ledger.coupons.untold() if self.campaign is not None else []
        if not codes:
            return
        path = f"couponcampaign/{self.campaign}/coupons"
        wanted = {_folded(code) for code in codes}
        try:
            found = list(self._one_by_one(path, codes) if len(codes) <= _FEW else self._pages(path))
            open_ones = {
                one["code"] for one in found if _folded(one["code"]) in wanted and one["status"] != "redeemed"
            }
            source = [{"code": code, "redeemed": True} for code in sorted(open_ones)]
            for start in range(0, len(source), _PAGE):
                self.client.put(path, {"source": source[start : start + _PAGE]})
        except RefusedError as error:
            raise SettingsError(
                f"setting coupon_campaign: the coupons of campaign {self.campaign} cannot be marked "
                f"({error}); the codes are kept for the next run"
            ) from None
        with self.ledger.transaction():
            self.ledger.coupons.tell(codes)

    def _one_by_one(self, path: str, codes: Sequence[str]) -> Iterator[dict[str, Any]]:
        for code in codes:
            yield from self.client.get(path, [("fields[]", f"code=={code}"), ("limit", "10")])["data"]

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        start = 0
        while True:
            answer = self.client.get(path, [("start", str(start)), ("limit", str(_PAGE))])
            yield from answer["data"]
            start += len(answer["data"])
            if len(answer["data"]) < min(_PAGE, int(answer.get("limit", _PAGE))):
                return


def _folded(code: object) -> str:
    """A code as Copernica compares it: without case, trimmed."""
    return str(code).strip().casefold()
