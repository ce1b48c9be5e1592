"""A call to a dead-man service (healthchecks.io and the like) when a run begins and when it ends.

The form is the usual one: `URL/start`, then `URL/EXIT_CODE`, each with `rid`, an id for the run. No data is
sent. A service that does not answer costs a line in the log, and never a run.
"""

from __future__ import annotations

import logging
import threading
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from seoshop_copernica.errors import TroubleError

__all__ = ["Ping"]

log = logging.getLogger("seoshop_copernica")

_TIMEOUT: Final = 10.0


class Ping:
    """The pings of one run.

    Args:
        url: The check's address.
        shop: For the log.

    Raises:
        TroubleError: It is no address of the web.
    """

    def __init__(self, url: str, shop: str) -> None:
        self._url = urlsplit(url)
        if self._url.scheme not in {"http", "https"}:
            raise TroubleError("ping_url must be an address that begins with https://")
        self._shop = shop
        self._starting: threading.Thread | None = None
        self._run = 0

    def begun(self, run: int) -> None:
        """Say that a run has begun; it does not wait for the answer.

        Args:
            run: Its number in the record.
        """
        self._run = run
        self._starting = threading.Thread(target=self._send, args=("start",), daemon=True)
        self._starting.start()

    def ended(self, code: int) -> None:
        """Say that it has ended.

        Args:
            code: The exit code.
        """
        if self._starting is not None:
            self._starting.join(_TIMEOUT)
            self._send(str(code))

    def _send(self, what: str) -> None:
        query = "&".join(filter(None, (self._url.query, urlencode({"rid": _id(self._run)}))))
        url = self._url._replace(path=f"{self._url.path.rstrip('/')}/{what}", query=query).geturl()
        try:
            request = Request(url, headers={"User-Agent": "seoshop-copernica"})  # noqa: S310  # see __init__
            with urlopen(request, timeout=_TIMEOUT):  # noqa: S310  # likewise
                pass
        except HTTPError as error:
            log.warning("[warning ] %s: ping_url answers HTTP %d; the run goes on", self._shop, error.code)
        except (OSError, HTTPException, ValueError):  # HTTPException: what answers does not speak HTTP
            log.warning("[warning ] %s: ping_url does not answer; the run goes on", self._shop)


def _id(run: int) -> str:
    """A run's number in the form of a UUID, which is what these services take; it stays readable."""
    return f"00000000-0000-0000-0000-{run:012d}"
