"""Faults on demand: rules that say which request goes wrong, and how."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.requestlog import NO_ANSWER, RequestLog
from sandbox.sides import side_of
from sandbox.transport import abort

ACTIONS = ("hang_after", "hang_before", "drop_after", "drop_before", "status")
FIELDS = {"side", "method", "path", "nth", "times", "do", "status", "body", "headers"}


@dataclass
class Rule:
    """Requests `nth` to `nth + times - 1` that fit side, method and path go wrong as `do` says.

    `..._before` leaves the request undone, `..._after` carries it out and keeps its answer. With `times` None
    there is no last one.
    """

    do: str
    side: str | None = None
    method: str | None = None
    path: str = ""
    nth: int = 1
    times: int | None = 1
    status: int = 503
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def fits(self, side: str, method: str, path: str) -> bool:
        """Whether the rule speaks of this request."""
        return (
            self.side in (None, side)
            and self.method in (None, method)
            and re.search(self.path, path) is not None
        )

    def strikes(self) -> bool:
        """Count a fitting request; say whether it is one that goes wrong."""
        self.seen += 1
        struck = self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)
        self.hits += struck
        return struck


def parse_rule(body: Mapping[str, Any]) -> Rule:
    """The rule that `POST /admin/faults` describes.

    Raises:
        ValueError: an unknown field or action, or a value it cannot have.
        TypeError: a body that is no text.
    """
    unknown = set(body) - FIELDS
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(FIELDS))}")
    if body.get("do") not in ACTIONS:
        raise ValueError(f"a fault does one of {', '.join(ACTIONS)}, not {body.get('do')!r}")
    for name, kinds in {"nth": (int,), "times": (int, type(None)), "status": (int,), "path": (str,)}.items():
        if name in body and not isinstance(body[name], kinds):
            raise ValueError(f"{name} of a fault cannot be {body[name]!r}")
    try:
        re.compile(body.get("path", ""))
    except re.error as error:
        raise ValueError(f"path of a fault is no regular expression: {error}") from error
    values = dict(body)
    if not isinstance(values.get("body", ""), str):
        raise TypeError("body of a fault is text")
    return Rule(**values)


class Faults:
    """The rules in force. Clearing them also lets go of the requests that hang."""

    def __init__(self) -> None:
        """No rule."""
        self.rules: list[Rule] = []
        self.released = asyncio.Event()

    def add(self, rule: Rule) -> None:
        """Put a rule in force, after those already there."""
        self.rules.append(rule)

    def clear(self) -> None:
        """Drop all rules and end all hanging requests (without an answer)."""
        self.rules.clear()
        self.released.set()
        self.released = asyncio.Event()

    def strike(self, side: str, method: str, path: str) -> Rule | None:
        """The rule that this request falls under; each fitting rule counts the request."""
        struck = [rule for rule in self.rules if rule.fits(side, method, path) and rule.strikes()]
        return struck[0] if struck else None


class FaultMiddleware:
    """Lets requests go wrong as the rules say; lies around the request log's middleware.

    A request that is not carried out is logged here, since it never gets further in.
    """

    def __init__(self, app: ASGIApp, faults: Faults, log: RequestLog, clock: Clock) -> None:
        """Wrap `app`."""
        self._app = app
        self._faults = faults
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or let it go wrong."""
        side = side_of(scope)
        rule = self._faults.strike(side, scope["method"], scope["path"]) if side else None
        if rule is None or side is None:
            await self._app(scope, receive, send)
            return
        if rule.do.endswith("_after"):
            await self._app(scope, receive, _swallow)
        else:
            self._log.add(
                side=side,
                at=self._clock.now(),
                method=scope["method"],
                path=scope["path"],
                query=scope["query_string"].decode("latin-1"),
                status=rule.status if rule.do == "status" else NO_ANSWER,
            )
        if rule.do == "status":
            await _answer(rule, send)
            return
        if rule.do.startswith("hang"):
            await self._hang(receive)
        await abort(scope)

    async def _hang(self, receive: Receive) -> None:
        """Wait until the rules are cleared or the client goes away."""
        released = asyncio.ensure_future(self._faults.released.wait())
        gone = asyncio.ensure_future(_gone(receive))
        _, pending = await asyncio.wait({released, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()


async def _swallow(_message: Message) -> None:
    """Take an answer and keep it."""


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(rule: Rule, send: Send) -> None:
    body = rule.body.encode()
    headers = {"content-type": "text/html; charset=UTF-8", "content-length": str(len(body))}
    headers |= {name.lower(): value for name, value in rule.headers.items()}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": rule.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
