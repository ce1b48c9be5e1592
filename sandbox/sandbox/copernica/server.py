"""Copernica over HTTP: from a request to a call in one transaction, and from its answer to a response."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.copernica import account, auth, imports
from sandbox.copernica.answers import ApiError
from sandbox.copernica.api import route
from sandbox.copernica.calls import Call, read_body
from sandbox.copernica.session import Session
from sandbox.copernica.store import close_store, open_store
from sandbox.requestlog import harmless_path
from sandbox.sides import count_call
from sandbox.store import transaction

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from sandbox.context import Context
    from sandbox.copernica.answers import Answer

_METHODS: Final = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
"""The last two are refused, in Copernica's own words."""
_TOO_MANY: Final = 429
_VERSION: Final = "/v4/"


def routes(context: Context) -> list[BaseRoute]:
    """The token service and version 4 of the API.

    Args:
        context: Clock, settings and data directory of this sandbox.
    """
    store = open_store(context.data)
    recent: deque[float] = deque()

    async def authenticate(request: Request) -> Response:
        form = await request.body()
        try:
            with transaction(store):
                return PlainTextResponse(
                    auth.exchange(store, context.clock.now(), context.settings.switches, form)
                )
        except ApiError as error:
            return _refusal(error)

    async def version_4(request: Request) -> Response:
        raw = await request.body()
        try:
            with transaction(store):
                session = Session(
                    store,
                    context.clock.now(),
                    context.settings.switches,
                    request.method.lower(),
                    path=harmless_path(request.path_params["path"]),
                )
                if not _within_second(recent, session):
                    return _refusal(ApiError("Too many requests", _TOO_MANY), {"Retry-After": "1"})
                return _response(_answer(context, request, raw, session))
        except ApiError as error:
            return _refusal(error)

    return [
        Route("/authenticate", authenticate, methods=["POST"]),
        Route("/v4/{path:path}", version_4, methods=_METHODS),
    ]


def close(context: Context) -> None:
    """Let go of the data directory; whatever is asked after that opens it anew.

    Args:
        context: Of this sandbox.
    """
    close_store(context.data)


def _answer(context: Context, request: Request, raw: bytes, session: Session) -> Answer:
    """Token, then path, then id, then the rest: in the order in which the live API was seen to check."""
    auth.check(session.db, session.now, session.switches, request.headers.get("authorization", ""))
    account.count_call(session.db, session.stamp[:10])
    count_call(request.scope)
    imports.settle(session.db, session.now, session.switches)
    handler, path = route(request.method, request.path_params["path"])
    if request.method != "GET" and not context.settings.may_write:
        raise ApiError("Access denied", int(session.switch("missing_right")))
    url = str(request.url)
    call = Call(
        session,
        context.settings,
        url,
        url.partition(_VERSION)[0] + _VERSION.rstrip("/"),
        path,
        tuple(request.query_params.multi_items()),
        read_body(request.headers.get("content-type", ""), raw),
    )
    return handler(call)


def _response(answer: Answer) -> Response:
    if answer.content is None:
        return Response(status_code=answer.status, headers=answer.headers)
    return JSONResponse(answer.content, answer.status, answer.headers)


def _refusal(error: ApiError, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"message": error.message}}, error.status, headers)


def _within_second(recent: deque[float], session: Session) -> bool:
    """Whether the switch `rate_limit` lets one more call pass; a refused one does not count."""
    limit, now = session.switch("rate_limit"), session.now.timestamp()
    while recent and not 0 <= now - recent[0] < 1:
        recent.popleft()
    if limit == "none" or len(recent) < int(limit):
        recent.append(now)
        return True
    return False
