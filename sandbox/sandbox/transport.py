"""Connections that can be cut without an answer, which ASGI itself has no word for."""

import asyncio

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import get_remote_addr

_open: dict[tuple[str, int], asyncio.Transport] = {}


class CuttableProtocol(H11Protocol):
    """uvicorn's HTTP protocol; remembers the connection of each client address."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Remember the connection."""
        super().connection_made(transport)
        if address := get_remote_addr(transport):
            _open[address] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if address := get_remote_addr(self.transport):
            _open.pop(address, None)
        super().connection_lost(exc)


async def abort(scope: Scope) -> None:
    """Cut the connection a request came over, so that the client sees it end without an answer."""
    transport = _transport(scope)
    if transport is not None:
        transport.abort()
        await _noticed()


async def end(scope: Scope) -> None:
    """End the connection once what was sent is on its way: the client sees an answer that breaks off."""
    transport = _transport(scope)
    if transport is not None:
        transport.close()
        await _noticed()


def _transport(scope: Scope) -> asyncio.Transport | None:
    client = scope.get("client")
    return _open.get((client[0], client[1])) if client else None


async def _noticed() -> None:
    """Two turns of the loop: the first runs connection_lost, by which uvicorn knows not to answer 500."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
