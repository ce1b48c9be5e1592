"""What surrounds every answer of both APIs: its entry in the request log, and the clock's Date header."""

from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.requestlog import Asked, RequestLog
from sandbox.sides import cost_of, side_of


class LogMiddleware:
    """Notes each API request with the status it was answered with."""

    def __init__(self, app: ASGIApp, log: RequestLog, clock: Clock) -> None:
        """Wrap `app`."""
        self._app = app
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it was answered."""
        side = side_of(scope)
        if side is None:
            await self._app(scope, receive, send)
            return
        # Routing changes the scope's path on the way in.
        asked = Asked(scope["method"], scope["path"], scope["query_string"].decode("latin-1"))

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._log.add(
                    asked,
                    side=side,
                    at=self._clock.now(),
                    status=message["status"],
                    cost=cost_of(scope),
                )
            await send(message)

        await self._app(scope, receive, noting)


class DateMiddleware:
    """Puts the sandbox's time into the Date header, in place of the server's own."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        """Wrap `app`."""
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and date its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dating(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._clock.now(), usegmt=True).encode("ascii")
                message = {**message, "headers": [*message.get("headers", []), (b"date", date)]}
            await send(message)

        await self._app(scope, receive, dating)
