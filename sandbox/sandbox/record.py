"""Writing down what a sandbox is asked and what it answers: `sandbox record`."""

from base64 import b64encode
from collections import deque
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.scenario import Answer, Step, step_line
from sandbox.settings import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET
from sandbox.sides import side_of

KEY = "Basic " + b64encode(f"{SEOSHOP_KEY}:{SEOSHOP_SECRET}".encode()).decode()


@dataclass
class _Taken:
    """A request that is being answered, and what has come so far."""

    told: MutableMapping[str, Any]
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    done: bool = False

    @property
    def step(self) -> Step:
        """The step that it has become."""
        return Step(**self.told, answer=Answer(self.status, self.headers, self.body.decode(errors="replace")))


class Recorder:
    """Lies around the whole sandbox. API requests and admin calls that change something become steps.

    The clock stands still while a request is answered, so that replaying it gives the same stamps.
    """

    def __init__(self, app: ASGIApp, clock: Clock, file: TextIO) -> None:
        """Record what `app` is asked into `file`, step by step as they began."""
        self._app = app
        self._clock = clock
        self._file = file
        self._open: deque[_Taken] = deque()
        self._tokens: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write it down."""
        changes = scope["type"] == "http" and scope["path"].startswith("/admin/") and scope["method"] != "GET"
        if side_of(scope) is None and not changes:
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        with self._clock.held():
            taken = _Taken(self._told(scope, body.decode(errors="replace")))
            self._open.append(taken)

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    taken.status = message["status"]
                    taken.headers = dict(Headers(raw=message["headers"]))
                taken.body += message.get("body", b"")
                await send(message)

            try:
                await self._app(scope, _again(body, receive), noting)
            finally:
                self._end(taken)

    def _told(self, scope: Scope, body: str) -> dict[str, Any]:
        headers = Headers(scope=scope)
        query = scope["query_string"].decode("latin-1")
        if scope["path"].rstrip("/") == "/copernica/authenticate" and COPERNICA_TOKEN not in body:
            body = "access_token=stranger"  # which may be a real one
        return {
            "at": self._clock.now().isoformat(),
            "method": scope["method"],
            "target": scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
            "host": headers.get("host", ""),
            "who": self._who(headers.get("authorization")),
            "content_type": headers.get("content-type", ""),
            "body": body,
        }

    def _who(self, authorization: str | None) -> str | None:
        if authorization is None:
            return None
        if authorization == KEY:
            return "key"
        token = authorization.removeprefix("Bearer ")
        return f"token {self._tokens.index(token) + 1}" if token in self._tokens else "stranger"

    def _end(self, taken: _Taken) -> None:
        """Write all steps that have ended, up to the first that has not."""
        taken.done = True
        if taken.step.gives_token:
            self._tokens.append(taken.body.decode())
            taken.body = bytearray(b"a token")
        while self._open and self._open[0].done:
            step = self._open.popleft().step
            self._file.write(step_line(step))
        self._file.flush()


async def _body(receive: Receive) -> bytes:
    parts = bytearray()
    while True:
        message = await receive()
        parts += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """What gives a body that was taken already, and then what comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
