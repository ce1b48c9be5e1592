"""The calls to the shop: its list of subscriptions, and DELETE of one of them. There is no other."""

from __future__ import annotations

from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

__all__ = ["OptOutsError", "Seoshop"]

_CLUSTERS: Final = {"eu1": "https://api.webshopapp.com", "us1": "https://api.shoplightspeed.com"}
_SECONDS: Final = 60
_PAGE: Final = 250
_PASSES: Final = 2
_RETRIED: Final = frozenset({"GET", "DELETE"})
"""A subscription that is gone stays gone: a DELETE whose answer was lost may be sent again."""


class OptOutsError(Exception):
    """What ends the program: one line, without personal data.

    Args:
        line: What happened, and what to do.
        exit_code: 2 settings or input, 3 refused, 4 away, 5 too many.
    """

    def __init__(self, line: str, exit_code: int) -> None:
        super().__init__(line)
        self.exit_code = exit_code


class Seoshop:
    """A shop, for the one thing that may be written.

    Args:
        config: The settings `api_key`, `api_secret`, and `api_url` or `cluster`, `language`.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        base = config.get("api_url") or _CLUSTERS.get(config.get("cluster") or "eu1")
        if base is None:
            raise OptOutsError("setting cluster: eu1 or us1", 2)
        if not config.get("api_key") or not config.get("api_secret"):
            raise OptOutsError(
                "the settings `api_key` and `api_secret` are needed: a key that may write customers", 2
            )
        self._list = f"{base.rstrip('/')}/{config.get('language') or 'nl'}/subscriptions"
        self._session = requests.Session()
        self._session.auth = (config["api_key"], config["api_secret"])
        retry = Retry(
            5, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=_RETRIED,
            raise_on_status=False,
        )  # fmt: skip
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def subscriptions(self) -> list[dict[str, Any]]:
        """All of them. A list that changed while it was read is read again.

        Raises:
            OptOutsError: Refused, away, or changing all the time.
        """
        for _ in range(_PASSES):
            count = int(self._json(f"{self._list}/count.json", {})["count"])
            found: dict[int, dict[str, Any]] = {}
            page = 1
            while rows := self._json(f"{self._list}.json", {"limit": _PAGE, "page": page})["subscriptions"]:
                found |= {int(row["id"]): row for row in rows}
                if len(rows) < _PAGE:
                    break
                page += 1
            if len(found) >= count:
                return list(found.values())
        raise OptOutsError("the list of subscriptions changes while it is read; run again later", 4)

    def delete(self, number: int) -> None:
        """Delete a subscription; one that is gone already is as well.

        Args:
            number: Its id.

        Raises:
            OptOutsError: Refused, or away.
        """
        self._asked("DELETE", f"{self._list}/{int(number)}.json", (204, 200, 404))

    def _json(self, url: str, params: dict[str, int]) -> dict[str, Any]:
        try:
            found = self._asked("GET", url, (200,), params=params).json()
        except requests.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise OptOutsError("the shop gave an answer that is no JSON; run again later", 4)
        return found

    def _asked(self, method: str, url: str, good: tuple[int, ...], **request: Any) -> requests.Response:  # noqa: ANN401 - the library's
        try:
            answer = self._session.request(method, url, timeout=_SECONDS, allow_redirects=False, **request)
        except requests.RequestException:
            raise OptOutsError("the shop cannot be reached; run again later", 4) from None
        if answer.status_code in good:
            return answer
        if answer.status_code in (401, 403):
            raise OptOutsError(
                f"the shop refuses {method} subscriptions: the key must be allowed to write customers", 3
            )
        raise OptOutsError(f"{method} subscriptions: HTTP {answer.status_code}; run again later", 4)
