"""How one request to Copernica is made: URL, token, retry, errors, counting. Nothing else knows HTTP."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import requests

from target_copernica.api.auth import REFUSED, Token
from target_copernica.api.retry import AwayError, patiently
from target_copernica.errors import (
    ApiAwayError,
    CallBudgetError,
    LostAnswerError,
    NotAllowedError,
    RefusedError,
    SettingsError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_copernica.api.interrupt import Interrupt

__all__ = ["Client", "Params"]

T = TypeVar("T")
Params = list[tuple[str, str]]

_CONNECT_SECONDS: Final = 3.05
_READ_SECONDS: Final = 120
_PATIENCE_AT_START: Final = 2.5
"""Seconds of retrying before the first answer: a wrong host is reported soon."""

_PATIENCE: Final = 300
"""Seconds of retrying later on: gateway trouble of minutes was seen on the live API."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_DONE: Final = frozenset({200, 201, 202, 204, 303})
_AWAY: Final = frozenset({429, 500, 502, 503, 504})
_OWN_WORDS: Final = re.compile("supplied id|given id|already been removed|invalid method", re.IGNORECASE)
"""How Copernica says that it does not know something (docs/api/copernica.md section 2)."""

_TOKEN_REFUSED: Final = re.compile("access token|authenti|authoriz", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Request:
    """One call.

    Attributes:
        kind: What it is counted as.
        method: Of HTTP.
        path: Below the version.
        params: Query, in order.
        body: What is sent as JSON.
    """

    kind: str
    method: str
    path: str
    params: Params | None = None
    body: Mapping[str, Any] | None = None


class _Connection(threading.local):
    """A keep-alive session for each thread: sessions of `requests` are not made to be shared."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.headers["User-Agent"] = f"target-copernica/{version('target-copernica')}"


class Client:
    """Calls to one account, from any thread.

    Args:
        api_url: Address of the API, version included.
        auth_url: Address of the token service.
        api_token: The secret of the settings.
        interrupt: Breaks off waits.
    """

    def __init__(self, api_url: str, auth_url: str, api_token: str, interrupt: Interrupt) -> None:
        self._api_url = _checked_url(api_url, "api_url")
        self._auth_url = _checked_url(auth_url, "auth_url")
        self._api_token = api_token
        self._interrupt = interrupt
        self._connection = _Connection()
        self._counting = threading.Lock()
        self._token = Token(lambda: self._patiently(self._exchange), self.now)
        self._offset = timedelta(0)
        self._answered = False
        self._only_reads = False
        self._allowed: tuple[int, str] | None = None
        self.calls: Counter[str] = Counter()

    def only_read(self) -> None:
        """From here on nothing but GET leaves."""
        self._only_reads = True

    def allow(self, calls: int, budget: str) -> None:
        """Set how many calls may be made, not counting exchanges of the token, which cost nothing.

        Args:
            calls: So many from here on.
            budget: What they are called in the message at their end.
        """
        self._allowed = (self.billed + calls, budget)

    @property
    def billed(self) -> int:
        """Calls so far that Copernica counts."""
        return self.calls.total() - self.calls["token"]

    def now(self) -> datetime:
        """The server's time, in UTC, by the `Date` header of its last answer."""
        return datetime.now(UTC) + self._offset

    def sign_in(self) -> None:
        """Get the token that the first call needs, and by the answer the server's time.

        Raises:
            NotAllowedError: The token service gives none.
            ApiAwayError: It does not answer.
        """
        self._token.header()

    def get(self, path: str, params: Params | None = None) -> Any:  # noqa: ANN401 - any JSON
        """Read. Repeated until it works.

        Args:
            path: Below the version, without a leading slash.
            params: Query, in order; `fields[]` may occur several times.

        Returns:
            The JSON of the answer.

        Raises:
            RefusedError: HTTP 4xx, or an `error` object.
            NotAllowedError: The token is refused, also a fresh one.
            ApiAwayError: No answer after all retries.
        """
        return self._patiently(lambda: _json_of(self._call(_Request("read", "GET", path, params))))

    def put(self, path: str, body: Mapping[str, Any]) -> None:
        """Write to one thing by its id. Repeating it does no harm, so it is repeated.

        Raises:
            RefusedError: HTTP 4xx.
            NotAllowedError: The token is refused, also a fresh one.
            ApiAwayError: No answer after all retries.
        """
        self._patiently(lambda: self._call(_Request("write", "PUT", path, body=body)))

    def delete(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Delete one thing by its id. Repeating it does no harm, so it is repeated.

        Args:
            path: Below the version.
            body: How (docs/api/copernica.md section 6).

        Raises:
            RefusedError: HTTP 4xx; also where it is gone already.
            NotAllowedError: The token is refused, also a fresh one.
            ApiAwayError: No answer after all retries.
        """
        self._patiently(lambda: self._call(_Request("write", "DELETE", path, body=body)))

    def post(self, path: str, body: Mapping[str, Any], kind: str = "write") -> int | None:
        """Create one thing. Where the answer is lost, only reading tells whether it was carried out.

        Args:
            path: Below the version.
            body: The thing.
            kind: What it is counted as.

        Returns:
            The new id, or None where the answer does not tell it.

        Raises:
            RefusedError: HTTP 4xx: nothing was made.
            LostAnswerError: It may have been carried out.
            NotAllowedError: The token is refused, also a fresh one.
            ApiAwayError: It never reached Copernica.
        """

        def once() -> int | None:
            try:
                return _created_id(self._call(_Request(kind, "POST", path, body=body)))
            except AwayError as error:
                if error.sent:
                    raise LostAnswerError(str(error)) from None
                raise

        return self._patiently(once)

    def _patiently(self, attempt: Callable[[], T]) -> T:
        def guarded() -> T:
            self._interrupt.check()
            return attempt()

        patience = _PATIENCE if self._answered else _PATIENCE_AT_START
        try:
            return patiently(guarded, self._interrupt.wait, patience)
        except AwayError as error:
            raise ApiAwayError(
                f"Copernica cannot be reached: {error}; nothing is lost, run again later"
            ) from None

    def _call(self, request: _Request) -> requests.Response:
        token = self._token.header()
        try:
            return self._once(request, token)
        except NotAllowedError:
            # Refused before anything was done, so that also a POST may be sent again with a new token.
            self._token.forget(token)
            return self._once(request, self._token.header())

    def _once(self, request: _Request, token: dict[str, str]) -> requests.Response:
        if self._only_reads and request.method != "GET":
            raise AssertionError(f"{request.method} in a dry run")  # an error of the code that calls this
        headers = dict(token)
        data = None
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(request.body).encode()
        self._count(request.kind)
        answer = self._send(
            request.method,
            f"{self._api_url}/{request.path}",
            params=request.params,
            data=data,
            headers=headers,
        )
        if answer.status_code in _DONE:
            return answer
        call = f"{request.method} {_without_values(request.path)}"
        message = _error_message(answer)
        if answer.status_code in (401, 403) or (message and _TOKEN_REFUSED.search(message)):
            raise NotAllowedError(REFUSED)
        if answer.status_code in _AWAY or message is None or _is_of_the_way(answer, message):
            raise AwayError(
                f"{call}: HTTP {answer.status_code}",
                wait=_retry_after(answer, self.now()),
                sent=answer.status_code != requests.codes.too_many_requests,
            )
        raise RefusedError(message, answer.status_code, call)

    def _exchange(self) -> str:
        self._count("token")
        answer = self._send("POST", self._auth_url, data={"access_token": self._api_token})
        if answer.status_code in _AWAY or answer.status_code == requests.codes.not_found:
            raise AwayError(
                f"token service: HTTP {answer.status_code}", wait=_retry_after(answer, self.now())
            )
        if answer.status_code not in _DONE:
            raise NotAllowedError(REFUSED)
        return answer.text

    def _count(self, kind: str) -> None:
        with self._counting:
            if kind != "token" and self._allowed is not None and self.billed >= self._allowed[0]:
                raise CallBudgetError(
                    f"{self._allowed[1]} is spent; what was written is kept, the rest comes with a later run"
                )
            self.calls[kind] += 1

    def _send(self, method: str, url: str, **request: Any) -> requests.Response:  # noqa: ANN401
        """Send once; a redirect is never followed: `Location` answers a PUT and may name another host."""
        try:
            answer = self._connection.session.request(
                method, url, timeout=(_CONNECT_SECONDS, _READ_SECONDS), allow_redirects=False, **request
            )
        except requests.RequestException as error:
            # The library's own text quotes the address with its query.
            raise AwayError(_words(error), sent=not _never_sent(error)) from None
        self._answered = True
        if sent_at := answer.headers.get("Date"):
            with contextlib.suppress(TypeError, ValueError):
                self._offset = parsedate_to_datetime(sent_at) - datetime.now(UTC)
        return answer


def _without_values(path: str) -> str:
    """A path for messages: it may hold an address (`email/{address}/datarequest`)."""
    return re.sub(r"[0-9]+", "N", re.sub(r"^email/[^/]+", "email/ADDRESS", path))


def _checked_url(url: str, setting: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query:
        raise SettingsError(f"setting {setting}: expected an address such as https://api.copernica.com/v4")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise SettingsError(
            f"setting {setting}: plain http is for this machine only, the token would be readable on its way"
        )
    return url.rstrip("/")


def _json_of(answer: requests.Response) -> Any:  # noqa: ANN401
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        raise AwayError(f"an answer that is no JSON (HTTP {answer.status_code})") from None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        raise RefusedError(str(body["error"].get("message", "")), answer.status_code, "GET")
    return body


def _error_message(answer: requests.Response) -> str | None:
    """Copernica's own message, or None for what is not its error object (a gateway's page)."""
    try:
        return str(answer.json()["error"]["message"])
    except (requests.JSONDecodeError, KeyError, TypeError):
        return None


def _is_of_the_way(answer: requests.Response, message: str) -> bool:
    """Whether a 404 comes from something in between: its body is not Copernica's error object."""
    return answer.status_code == requests.codes.not_found and not _OWN_WORDS.search(message)


def _created_id(answer: requests.Response) -> int | None:
    """The id of what a POST made: in `X-Created` or at the end of a location header."""
    for header in ("X-Created", "X-location", "Location"):
        if found := re.search(r"(\d+)/?$", answer.headers.get(header, "").partition("?")[0]):
            return int(found[1])
    return None


def _retry_after(answer: requests.Response, now: datetime) -> float | None:
    value = answer.headers.get("Retry-After", "")
    if value.isdigit():
        return min(float(value), _PATIENCE)
    try:
        return (
            max(0.0, min((parsedate_to_datetime(value) - now).total_seconds(), _PATIENCE)) if value else None
        )
    except (TypeError, ValueError):
        return None


def _words(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate cannot be verified"
    return "no connection" if _never_sent(error) else "the connection broke"


def _never_sent(error: requests.RequestException) -> bool:
    """Whether no byte of the request can have arrived: refused, unknown host, no connection in time."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError)):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError")
