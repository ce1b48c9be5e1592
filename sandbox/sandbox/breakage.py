"""How a request goes wrong on the wire: what `faults.py` says, done to the connection and to the answer."""

import asyncio
import json
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.faults import UNDONE, Faults, Rule
from sandbox.requestlog import NO_ANSWER, Asked, RequestLog
from sandbox.sides import side_of
from sandbox.transport import abort, end

GATEWAY = """<html>
<head><title>Loadbalancer Error</title></head>
<body><h1>Loadbalancer Error</h1><p>The service is not available, or receives too many requests.</p></body>
</html>
"""
"""As gateways in front of the APIs answer (docs/api/copernica.md, section 1; seoshop.md, section 9)."""
HTML = "text/html; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
GARBAGE = b'{"error": <b>Notice</b>: Undefined index in'
SERVER_ERROR = 500
REFUSED = 400


@dataclass
class _Answer:
    """An answer, read whole before it is sent on."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def head(self, length: int) -> Message:
        kept = [(name, value) for name, value in self.headers if name.lower() != b"content-length"]
        headers = [*kept, (b"content-length", str(length).encode("ascii"))]
        return {"type": "http.response.start", "status": self.status, "headers": headers}

    async def send(self, send: Send) -> None:
        await send(self.head(len(self.body)))
        await send({"type": "http.response.body", "body": self.body})


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
        query = scope["query_string"].decode("latin-1")
        rule = self._faults.strike(side, scope["method"], scope["path"], query) if side else None
        if rule is None or side is None:
            await self._app(scope, receive, send)
            return
        scope = {**scope}  # routing changes it, and the connection is still to be found
        if rule.do not in UNDONE:
            await self._done(rule, scope, receive, send)
            return
        answer = _instead(rule, scope, side) if rule.do in ("status", "missing") else None
        self._log.add(
            Asked(scope["method"], scope["path"], query),
            side=side,
            at=self._clock.now(),
            status=answer.status if answer else NO_ANSWER,
        )
        if answer:
            await answer.send(send)
            return
        if rule.do == "hang_before":
            await self._hang(receive)
        await abort(scope)

    async def _done(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry a request out, and let its answer go wrong."""
        if rule.do == "slow":
            await asyncio.sleep(rule.seconds)
        if rule.do == "call_before":
            await _call(self._app, scope, rule)
        answer = await _carried_out(self._app, scope, receive)
        if rule.do == "call_after":
            await _call(self._app, scope, rule)
        half = answer.body[: len(answer.body) // 2]
        match rule.do:
            case "hang_after":
                await self._hang(receive)
                await abort(scope)
            case "drop_after":
                await abort(scope)
            case "cut":
                await send(answer.head(len(answer.body)))
                await send({"type": "http.response.body", "body": half, "more_body": True})
                await end(scope)
            case "half" | "garbage" | "empty":
                answer.body = {"half": half, "garbage": GARBAGE}.get(rule.do, b"")
                await answer.send(send)
            case "drip":
                await send(answer.head(len(answer.body)))
                for byte in answer.body:
                    await asyncio.sleep(rule.seconds / len(answer.body))
                    await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
                await send({"type": "http.response.body", "body": b""})
            case _:
                await answer.send(send)

    async def _hang(self, receive: Receive) -> None:
        """Wait until the rules are cleared or the client goes away."""
        released = asyncio.ensure_future(self._faults.released.wait())
        gone = asyncio.ensure_future(_gone(receive))
        _, pending = await asyncio.wait({released, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()


def _target(scope: Scope) -> str:
    query: str = scope["query_string"].decode("latin-1")
    path: str = scope["path"]
    return f"{path}?{query}" if query else path


async def _carried_out(app: ASGIApp, scope: Scope, receive: Receive) -> _Answer:
    answer = _Answer(NO_ANSWER, [], b"")

    async def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message.get("headers", []))
        else:
            answer.body += message.get("body", b"")

    await app({**scope}, receive, take)
    return answer


async def _call(app: ASGIApp, scope: Scope, rule: Rule) -> None:
    """Make the admin call of a rule, as if it had been sent from outside.

    Raises:
        RuntimeError: it was refused; the rule cannot do what it promises.
    """
    path = str(rule.call["path"])
    body = json.dumps(rule.call.get("body", {})).encode()
    inner = {
        **scope,
        "method": "POST",
        "path": path,
        "raw_path": path.encode("ascii"),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    answer = await _carried_out(app, inner, receive)
    if answer.status >= REFUSED:
        raise RuntimeError(f"{path} of a fault was refused: {answer.body.decode(errors='replace')}")


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _instead(rule: Rule, scope: Scope, side: str) -> _Answer:
    """The answer to a request that is not carried out."""
    if rule.do == "missing":
        status, text, kind = _missing(scope, side)
    else:
        gateway = rule.body is None and rule.status >= SERVER_ERROR
        status, text, kind = rule.status, GATEWAY if gateway else rule.body or "", HTML
    given = {name.lower(): value for name, value in rule.headers.items()}
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in ({"content-type": kind} | given).items()
    ]
    return _Answer(status, headers, text.encode())


def _missing(scope: Scope, side: str) -> tuple[int, str, str]:
    """Status, body and type of "there is no such record", as each side says it."""
    if side != "seoshop":
        return 400, json.dumps({"error": {"message": "No entity with supplied ID"}}), JSON
    error = {
        "code": 404,
        "method": scope["method"],
        "request": _target(scope).removeprefix("/seoshop"),
        "message": "The requested resource was not found.",
    }
    return 404, json.dumps({"error": error}), JSON
