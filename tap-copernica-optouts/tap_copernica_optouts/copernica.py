"""The calls to Copernica: the token, and GET. Nothing here can write."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

__all__ = ["Copernica", "OptOutsError"]

_SECONDS: Final = 120
_DONE: Final = 200


class OptOutsError(Exception):
    """What ends the program: one line, without personal data.

    Args:
        line: What happened, and what to do.
        exit_code: 2 settings or state, 3 refused, 4 away.
    """

    def __init__(self, line: str, exit_code: int) -> None:
        super().__init__(line)
        self.exit_code = exit_code


class Copernica:
    """An account, for reading.

    Args:
        api_url: Address of the API, version included.
        auth_url: Address of the token service.
        api_token: The secret of the settings.

    Raises:
        OptOutsError: The token is refused, or nothing answers.
    """

    def __init__(self, api_url: str, auth_url: str, api_token: str) -> None:
        self._url = api_url.rstrip("/")
        self._session = requests.Session()
        retry = Retry(5, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))
        answer = self._asked("POST", auth_url, data={"access_token": api_token})
        if answer.status_code != _DONE:
            raise OptOutsError("the token service refuses the setting `api_token`", 3)
        self._session.headers["Authorization"] = f"Bearer {answer.text}"
        self.now = (
            parsedate_to_datetime(answer.headers["Date"]) if "Date" in answer.headers else datetime.now(UTC)
        )
        """Copernica's time."""

    def get(self, path: str, **params: str) -> dict[str, Any] | None:
        """Read; None where it says that there is no such thing.

        Args:
            path: Below the version.
            params: Query; `fields` stands for `fields[]`.

        Raises:
            OptOutsError: It is refused, or nothing answers.
        """
        query = {"fields[]" if name == "fields" else name: value for name, value in params.items()}
        answer = self._asked("GET", f"{self._url}/{path}", params=query)
        try:
            body = answer.json()
        except requests.JSONDecodeError:
            body = None
        if isinstance(body, dict) and answer.status_code == _DONE and "error" not in body:
            return body
        message = str(body["error"].get("message", "")) if isinstance(body, dict) and "error" in body else ""
        if "supplied ID" in message:
            return None
        kind = "/".join("N" if step.isdigit() else step for step in path.split("/"))
        if answer.status_code >= requests.codes.internal_server_error or not message:
            raise OptOutsError(f"GET {kind}: HTTP {answer.status_code}; run again later", 4)
        raise OptOutsError(f"GET {kind} was refused: {message}; has the token the right to it?", 3)

    def _asked(self, method: str, url: str, **request: Any) -> requests.Response:  # noqa: ANN401 - the library's
        try:
            return self._session.request(method, url, timeout=_SECONDS, allow_redirects=False, **request)
        except requests.RequestException:
            raise OptOutsError("Copernica cannot be reached; run again later", 4) from None
