"""How one request is made: address, authentication, envelope, errors, retry."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from tap_seoshop.api.quota import Use
from tap_seoshop.api.retry import AwayError, Patience, patiently
from tap_seoshop.errors import (
    ApiAwayError,
    MissingListError,
    NotAllowedError,
    NotFoundError,
    SettingsError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tap_seoshop.api.interrupt import Interrupt
    from tap_seoshop.api.parallel import Parallel
    from tap_seoshop.api.quota import Quota

__all__ = ["Access", "Answer", "Client"]

Given = TypeVar("Given")
Made = TypeVar("Made")

TIMEOUT = (3.05, 60)
"""Seconds to connect and to wait for the next bytes."""
FIRST_PATIENCE = 2.0
"""Seconds of retries before the first good answer: a run that cannot start must end soon."""
PATIENCE = 300.0
"""Seconds of retries later in a run: the platform has outages of minutes."""
CLOCKS_DIFFER = timedelta(seconds=1)
"""How far the clock of an answer and that of the records may lie apart."""
MOMENTARY_404 = (0.5, 1.0, 2.0)
"""Pauses in seconds after a 404 of an order that exists (`docs/api/seoshop.md`, section 8)."""
UNKNOWN_LANGUAGE = "language"
REDIRECT, UNAUTHORIZED, FORBIDDEN, MISSING, TOO_MANY, SERVER = 300, 401, 403, 404, 429, 500


@dataclass(frozen=True)
class Answer:
    """A good answer.

    Attributes:
        body: The JSON object, numbers with a point as `Decimal`.
        at: The server's time when it was sent.
        took: For how long before that the shop may have read its records.
    """

    body: dict[str, Any]
    at: datetime
    took: timedelta = timedelta()

    @property
    def asked(self) -> datetime:
        """The server's time before the shop read its records: later changes may be missing in the answer."""
        return self.at - self.took

    def many(self, key: str) -> list[dict[str, Any]]:
        """The records of a list; an absent key is an empty list (`docs/api/seoshop.md`, section 3)."""
        found = self.body.get(key)
        return found if isinstance(found, list) else []

    def one(self, key: str) -> dict[str, Any]:
        """The record of a single answer.

        Raises:
            UnexpectedAnswerError: There is none.
        """
        found = self.body.get(key)
        if not isinstance(found, dict):
            raise UnexpectedAnswerError(f"an answer of the shop lacks `{key}`; please report it")
        return found


@dataclass(frozen=True)
class Access:
    """The address of a shop, and the credentials.

    Attributes:
        api_url: Address of the cluster, without language.
        language: Two-letter code of a language that is active in the shop.
        auth: API key and secret.
        user_agent: How the tap names itself.
    """

    api_url: str
    language: str
    auth: tuple[str, str] = field(repr=False)
    user_agent: str


class Client:
    """The API of one shop, through one keep-alive session and one quota.

    Args:
        access: Its address and the credentials.
        quota: Says when a request may be sent.
        interrupt: Says when the run is to end.
        parallel: Sends several requests at a time.
        log: Gets a line for each retry.
    """

    def __init__(
        self, access: Access, quota: Quota, interrupt: Interrupt, parallel: Parallel, log: logging.Logger
    ) -> None:
        self.quota = quota
        self.sent: Counter[str] = Counter()
        self.refused = 0
        self._root = f"{access.api_url.rstrip('/')}/{access.language}/"
        self._language = access.language
        self._interrupt = interrupt
        self._parallel = parallel
        self._log = log
        self._session = requests.Session()
        self._session.auth = access.auth
        self._key = hashlib.sha256(access.auth[1].encode()).digest()
        self._session.headers.update({"User-Agent": access.user_agent, "Accept": "application/json"})
        self._lock = threading.Lock()
        self._offset: timedelta | None = None

    @property
    def reached(self) -> bool:
        """Whether the API has given a good answer in this run."""
        return self._offset is not None

    def keyed_hash(self, value: str) -> str:
        """A hash that tells two values apart, and from which none can be found without the API secret."""
        return hashlib.blake2b(
            value.encode("utf-8", "surrogatepass"), key=self._key, digest_size=8
        ).hexdigest()

    def now(self) -> datetime:
        """The server's time; before the first answer, this machine's."""
        return datetime.now(UTC) + (self._offset or timedelta())

    def get(self, path: str, params: Mapping[str, str] | None = None, *, use: Use = Use.LIST) -> Answer:
        """Read one resource, with retries.

        Args:
            path: Below the language, without `.json`: `orders/1/products`.
            params: The query.
            use: What it is for. Only a request for details may find nothing.

        Raises:
            NotFoundError: HTTP 404 for a detail, also after the pauses in which a momentary one would pass.
            NotAllowedError: HTTP 401 or 403.
            SettingsError: The language is not active in the shop.
            MissingListError: HTTP 404 for a list.
            ApiAwayError: No good answer after all retries; a 404 page for a list that was there is none.
            UnexpectedAnswerError: Refused for a reason that no retry can change.
            QuotaSpentError: No request may be sent.
            InterruptedRunError: A signal came.
        """
        patience = Patience(
            lambda: PATIENCE if self.reached else FIRST_PATIENCE,
            self._interrupt.sleep,
            lambda error, pause: self._log.warning(
                "%s while reading %s; trying again in %.1f s", error, path, pause
            ),
        )
        momentary = iter(MOMENTARY_404 if self.reached and _may_be_momentary(path) else ())

        def attempt() -> Answer:
            while True:
                patience.extend(self._admitted(use))
                try:
                    return self._once(path, params)
                except NotFoundError as error:
                    if use is Use.LIST and self.reached and not error.in_json:
                        raise AwayError("HTTP 404 from a gateway") from None
                    if (pause := next(momentary, None)) is None:
                        raise
                    self._interrupt.sleep(pause)

        try:
            return patiently(attempt, patience)
        except NotFoundError:
            if use is not Use.LIST:
                raise
            raise MissingListError(f"the shop has no {path} (HTTP 404); is `api_url` right?") from None
        except AwayError as error:
            raise ApiAwayError(
                f"the shop's API at {self._place()} is away ({error}, while reading {path}); "
                "nothing is lost, try again later"
            ) from None

    def ahead(
        self, make: Callable[[Given], Made], given: Iterable[Given]
    ) -> Iterator[tuple[Given, Made | Exception]]:
        """Call `make` for each of `given`, several at a time: see `Parallel.ahead`."""
        return self._parallel.ahead(make, given)

    def close(self) -> None:
        """Let go of threads and connections; does not wait for a request under way."""
        self._parallel.close()
        self._session.close()

    def _admitted(self, use: Use) -> float:
        """Wait for the quota; returns the seconds, which do not count as time without an answer."""
        before = time.monotonic()
        self._interrupt.check()
        self.quota.admit(use)
        return time.monotonic() - before

    def _once(self, path: str, params: Mapping[str, str] | None) -> Answer:
        with self._lock:
            self.sent[re.sub(r"/\d+", "/{id}", path)] += 1
        headers: Mapping[str, str] = {}
        try:
            response = self._send(path, params)
            headers = response.headers
        except (
            requests.Timeout,
            requests.ConnectionError,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            # The library's own text would show the address with its query.
            raise AwayError(_what(error)) from None
        except requests.RequestException as error:
            raise AwayError(f"a broken answer ({type(error).__name__})") from None
        finally:
            self.quota.learn(headers)
        return self._judge(response, path)

    def _send(self, path: str, params: Mapping[str, str] | None) -> requests.Response:
        main = threading.current_thread() is threading.main_thread()
        with self._interrupt.waiting() if main else contextlib.nullcontext():
            return self._session.get(
                f"{self._root}{path}.json", params=params, timeout=TIMEOUT, allow_redirects=False
            )

    def _judge(self, response: requests.Response, path: str) -> Answer:
        status = response.status_code
        body = _object(response)
        error = body.get("error") if body is not None else None
        if status < REDIRECT and body is not None and "error" in body:
            # The vendor's client takes an `error` key for a failure on any status.
            code = error.get("code") if isinstance(error, dict) else None
            status = code if isinstance(code, int) and code > REDIRECT else SERVER
        if status == TOO_MANY:
            with self._lock:
                self.refused += 1
            self.quota.refused()
            raise AwayError("too many requests", wait=_retry_after(response.headers))
        if status >= SERVER:
            raise AwayError(f"HTTP {status}")
        if status == MISSING:
            message = str(error.get("message", "")) if isinstance(error, dict) else ""
            if UNKNOWN_LANGUAGE in message.lower():
                raise SettingsError(
                    f"the shop does not know the language {self._language!r}, or it is not active there: "
                    "set `language` to one that is (back office, Settings > Languages)"
                )
            raise NotFoundError(path, in_json=body is not None)
        if status in (UNAUTHORIZED, FORBIDDEN):
            raise NotAllowedError(_refusal(status, path))
        if status >= REDIRECT:
            raise UnexpectedAnswerError(f"the shop refuses {path} (HTTP {status}); is `api_url` right?")
        if body is None:
            raise AwayError(f"an answer that is not JSON (HTTP {status})")
        at = _date(response.headers)
        with self._lock:
            self._offset = at - datetime.now(UTC)
        return Answer(body, at, response.elapsed + CLOCKS_DIFFER)

    def _place(self) -> str:
        return re.sub(r"^https?://(?:[^/@]*@)?([^/]+)/.*", r"\1", self._root)


def _may_be_momentary(path: str) -> bool:
    """Whether a 404 of this path has been seen to pass: only on order endpoints."""
    return path.startswith("orders")


def _object(response: requests.Response) -> dict[str, Any] | None:
    try:
        body = json.loads(response.content, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _what(error: requests.RequestException) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "no secure connection"
    return "no connection"


def _refusal(status: int, path: str) -> str:
    if status == UNAUTHORIZED:
        return (
            "the shop refuses the key or the secret: check both `api_key` and `api_secret`, "
            "and whether the key is activated, in the shop's back office (Settings > Developers), and "
            "`cluster` (HTTP 401)"
        )
    return (
        f"the key may not read {path}: give it that permission in the shop's back office "
        "(Settings > Developers), or deselect the stream (HTTP 403)"
    )


def _retry_after(headers: Mapping[str, str]) -> float:
    """Least seconds to wait after a 429: by `Retry-After` in either form; else one.

    See `docs/api/seoshop.md`, section 2: the header is unproven, and the cap per second has no window.
    """
    given = headers.get("Retry-After", "")
    if given.isascii() and given.isdecimal():
        return min(float(given), PATIENCE / 2)
    with contextlib.suppress(ValueError, TypeError):
        seconds = (parsedate_to_datetime(given) - _date(headers)).total_seconds()
        return min(max(seconds, 0.0), PATIENCE / 2)
    return 1.0


def _date(headers: Mapping[str, str]) -> datetime:
    try:
        at = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return datetime.now(UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
