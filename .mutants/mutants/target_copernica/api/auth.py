"""How the 24-hour token is got and renewed.

The API token of the settings is exchanged for a JWT at the token service (docs/api/copernica.md
section 1). It lives in memory only and travels in a header only.
"""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import jwt

from target_copernica.errors import NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Token"]

_THREE_PARTS: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_MARGIN: Final = timedelta(minutes=10)
"""Renewed this long before it ends: longer than any one call with its retries."""

_LIFETIME: Final = timedelta(hours=24)
REFUSED: Final = (
    "Copernica does not accept the API token: check `api_token` (made in the Marketing Suite dashboard, "
    "shown in full only once) and whether calls are limited to certain IP addresses"
)


class Token:
    """The JWT in use, by several threads.

    Args:
        exchange: Asks the token service and returns the body of its answer.
        now: The server's time.
    """

    def __init__(self, exchange: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._exchange = exchange
        self._now = now
        self._lock = threading.Lock()
        self._value: str | None = None
        self._ends = datetime.min.replace(tzinfo=UTC)

    def header(self) -> dict[str, str]:
        """The header that a call carries, with a token that is not about to end.

        Raises:
            NotAllowedError: The token service gives none.
        """
        with self._lock:
            if self._value is None or self._now() >= self._ends - _MARGIN:
                self._renew()
            return {"Authorization": f"Bearer {self._value}"}

    def forget(self, header: dict[str, str]) -> None:
        """The API refused it: the next call gets a new one.

        Args:
            header: What was refused; another thread may have got a new token since.
        """
        with self._lock:
            if header["Authorization"] == f"Bearer {self._value}":
                self._value = None

    def _renew(self) -> None:
        answer = self._exchange().strip().strip('"').strip()
        if not _THREE_PARTS.fullmatch(answer):
            raise NotAllowedError(REFUSED)
        self._value = answer
        self._ends = self._expiry(answer) or self._now() + _LIFETIME

    @staticmethod
    def _expiry(token: str) -> datetime | None:
        # Signed by Copernica for Copernica: only its end is read here, nothing is trusted.
        try:
            claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
            return datetime.fromtimestamp(claims["exp"], UTC)
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError):
            return None
