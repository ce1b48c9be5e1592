"""Run the sandbox on a loopback port until it is told to stop."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from sandbox.transport import CuttableProtocol

# Longer than clients keep an idle connection: what closes late cannot cross a request that is on its way.
KEEP_ALIVE_SECONDS = 75

# Hanging requests are let go of at the end; a client that keeps its connection must not keep the sandbox.
GRACE_SECONDS = 1


def serve(app: ASGIApp, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Serve `app` until SIGTERM or SIGINT.

    Args:
        app: the ASGI application.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        ready: called with the port once requests are answered.

    Raises:
        OSError: the address cannot be listened on.
    """
    if threading.current_thread() is threading.main_thread():
        # uvicorn stops at these signals and then raises them again for the former handler: there is none.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: None)
    listener = socket.create_server((host, port))
    # asyncio sets it only on sockets that name their protocol, which these do not: each answer would wait
    # 40 ms for the client's acknowledgement of its headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        http=CuttableProtocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    asyncio.run(_Server(config, lambda: ready(listener.getsockname()[1])).serve([listener]))


class _Server(uvicorn.Server):
    """Tells when it has started."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._started()
