"""How one request is made: address, authentication, envelope, errors, retry; and many of them at a time."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

import backoff
import requests

from tap_seoshop.api.quota import Use
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
    from tap_seoshop.api.quota import Quota

__all__ = ["Answer", "Client"]

Given = TypeVar("Given")
Made = TypeVar("Made")

TIMEOUT = (3.05, 60)
"""Seconds to connect and to wait for the next bytes."""
FIRST_PATIENCE = 2.0
"""Seconds of retries before the first good answer: who starts a run wants to know soon."""
PATIENCE = 300.0
"""Seconds of retries later in a run: the platform has outages of minutes."""
LONGEST_PAUSE = 30
CLOCKS_DIFFER = timedelta(seconds=1)
"""How far the clock of an answer and that of the records may lie apart."""
MOMENTARY_404 = (0.5, 1.0, 2.0)
"""Pauses in seconds after a 404 of an order that exists (`docs/api/seoshop.md`, section 8)."""
UNKNOWN_LANGUAGE = "language"
OK, REDIRECT, UNAUTHORIZED, FORBIDDEN, MISSING, TOO_MANY, SERVER = 200, 300, 401, 403, 404, 429, 500


@dataclass(frozen=True)
class Answer:
    """A good answer.

    Attributes:
        body: The JSON object, numbers with a point as `Decimal`.
        at: The server's time when it was sent.
        took: For how long before that the shop may have looked at its records.
    """

    body: dict[str, Any]
    at: datetime
    took: timedelta = timedelta()

    @property
    def asked(self) -> datetime:
        """The server's time before the shop looked: what changed later may be missing in the answer."""
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


class _TransientError(Exception):
    """A failure after which the same request may succeed."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


class Client:
    """The API of one shop, through one keep-alive session and one quota.

    Args:
        api_url: Address of the cluster, without language.
        language: Two-letter code of a language that is active in the shop.
        auth: API key and secret.
        user_agent: How the tap names itself.
        quota: Says when a request may be sent.
        interrupt: Says when the run is to end.
        concurrency: Most requests under way at a time.
        log: Where retries are told.
    """

    def __init__(  # noqa: PLR0913  # each is a setting or a part of the run
        self,
        *,
        api_url: str,
        language: str,
        auth: tuple[str, str],
        user_agent: str,
        quota: Quota,
        interrupt: Interrupt,
        concurrency: int,
        log: logging.Logger,
    ) -> None:
        self.quota = quota
        self.sent: Counter[str] = Counter()
        self.refused = 0
        self._root = f"{api_url.rstrip('/')}/{language}/"
        self._language = language
        self._interrupt = interrupt
        self._concurrency = concurrency
        self._log = log
        self._session = requests.Session()
        self._session.auth = auth
        self._session.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._offset: timedelta | None = None

    @property
    def reached(self) -> bool:
        """Whether the API has given a good answer in this run."""
        return self._offset is not None

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
            ApiAwayError: No good answer after all retries.
            UnexpectedAnswerError: Refused for a reason that no retry mends.
            QuotaSpentError: No request may be sent.
            InterruptedRunError: A signal came.
        """
        started = time.monotonic()
        pauses = backoff.expo(factor=0.5, max_value=LONGEST_PAUSE)
        next(pauses)  # the generator waits to be started
        momentary = iter(MOMENTARY_404 if self.reached and _may_be_momentary(path) else ())
        while True:
            try:
                started += self._admitted(use)
                return self._once(path, params)
            except NotFoundError:
                again = next(momentary, None)
                if again is None:
                    if use is not Use.LIST:
                        raise
                    raise MissingListError(
                        f"the shop has no {path} (HTTP 404); is `api_url` right?"
                    ) from None
                self._interrupt.sleep(again)
            except _TransientError as error:
                pause = (
                    error.pause if error.pause is not None else backoff.full_jitter(next(pauses) or 1) + 0.1
                )
                patience = PATIENCE if self.reached else FIRST_PATIENCE
                if time.monotonic() + pause - started > patience:
                    raise ApiAwayError(
                        f"the shop's API at {self._place()} is away ({error}, while reading {path}); "
                        "nothing is lost, try again later"
                    ) from None
                self._log.warning("%s while reading %s; trying again in %.1f s", error, path, pause)
                self._interrupt.sleep(pause)

    def ahead(
        self, make: Callable[[Given], Made], given: Iterable[Given]
    ) -> Iterator[tuple[Given, Made | Exception]]:
        """Call `make` for each of `given` in a few threads; the results in order, a failure as a value.

        Args:
            make: Sends the requests for one.
            given: What to do; read only a little ahead.

        Yields:
            Each one with what was made of it.

        Raises:
            InterruptedRunError: A signal came.
        """
        if self._concurrency == 1:
            for one in given:
                with self._interrupt.waiting():
                    outcome = _outcome(make, one)
                yield one, outcome
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="fetch")
        waiting: deque[tuple[Given, Future[Made | Exception]]] = deque()
        rest = iter(given)
        try:
            while True:
                while len(waiting) < self._concurrency:
                    try:
                        one = next(rest)
                    except StopIteration:
                        break
                    waiting.append((one, self._pool.submit(_outcome, make, one)))
                if not waiting:
                    return
                one, future = waiting.popleft()
                with self._interrupt.waiting():
                    outcome = future.result()
                yield one, outcome
        finally:
            for _, future in waiting:
                future.cancel()

    def close(self) -> None:
        """Let go of threads and connections; does not wait for a request under way."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    def _admitted(self, use: Use) -> float:
        """Wait for the quota; the seconds that it took, which are no time without an answer."""
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
            raise _TransientError(_what(error)) from None
        except requests.RequestException as error:
            raise _TransientError(f"a broken answer ({type(error).__name__})") from None
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
            raise _TransientError("too many requests", _retry_after(response.headers))
        if status >= SERVER:
            raise _TransientError(f"HTTP {status}")
        if status == MISSING:
            message = str(error.get("message", "")) if isinstance(error, dict) else ""
            if UNKNOWN_LANGUAGE in message.lower():
                raise SettingsError(
                    f"the shop does not know the language {self._language!r}, or it is not active there: "
                    "set `language` to one that is"
                )
            raise NotFoundError(path)
        if status in (UNAUTHORIZED, FORBIDDEN):
            raise NotAllowedError(_refusal(status, path))
        if status >= REDIRECT:
            raise UnexpectedAnswerError(f"the shop refuses {path} (HTTP {status}); is `api_url` right?")
        if body is None:
            raise _TransientError(f"an answer that is not JSON (HTTP {status})")
        at = _date(response.headers)
        with self._lock:
            self._offset = at - datetime.now(UTC)
        return Answer(body, at, response.elapsed + CLOCKS_DIFFER)

    def _place(self) -> str:
        return re.sub(r"^https?://(?:[^/@]*@)?([^/]+)/.*", r"\1", self._root)


def _may_be_momentary(path: str) -> bool:
    """Whether a 404 of this path has been seen to pass: only on order endpoints."""
    return path.startswith("orders")


def _outcome(make: Callable[[Given], Made], one: Given) -> Made | Exception:
    try:
        return make(one)
    except Exception as error:  # noqa: BLE001  # handed over to the thread that asked
        return error


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
        return "the shop refuses the key or the secret: check both `api_key` and `api_secret` (HTTP 401)"
    return (
        f"the key may not read {path}: give it that permission in the shop's back office, "
        "or deselect the stream (HTTP 403)"
    )


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait after a 429: by `Retry-After` in either form; else the quota knows, or a second or two.

    See `docs/api/seoshop.md`, section 2: the header is unproven, and the cap per second has no window.
    """
    given = headers.get("Retry-After", "")
    if given.isascii() and given.isdecimal():
        return min(float(given), PATIENCE / 2)
    with contextlib.suppress(ValueError, TypeError):
        seconds = (parsedate_to_datetime(given) - _date(headers)).total_seconds()
        return min(max(seconds, 0.0), PATIENCE / 2)
    return float(backoff.full_jitter(1.0)) + 1.0


def _date(headers: Mapping[str, str]) -> datetime:
    try:
        at = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return datetime.now(UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
