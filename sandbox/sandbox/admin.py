"""The admin calls: what tests and demos see of the sandbox and do to it. They never count as API calls."""

import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sandbox.context import Context
from sandbox.faults import Faults, parse_rule
from sandbox.requestlog import SIDES
from sandbox.seoshop.switches import DELETED_CUSTOMER, GUEST_TYPE, ORDER_TOUCHES, STOCK_TOUCHES
from sandbox.settings import changed
from sandbox.shop import edit, resources
from sandbox.shop.db import Shop
from sandbox.shop.links import rebased
from sandbox.shop.move import Reading, move
from sandbox.shop.nested import NESTED
from sandbox.switches import Switch, defaults

Status = Callable[[Context], Mapping[str, Any]]
Endpoint = Callable[[Request], Awaitable[Response]]

LINES_AT_ONCE = 200

# Names under which /admin/status counts what the API calls otherwise.
COUNTED = {name: "order_rows" if name == "order_products" else name for name in resources.ALL}


def routes(
    context: Context, shop: Shop, faults: Faults, switches: tuple[Switch, ...], statuses: Mapping[str, Status]
) -> list[BaseRoute]:
    """The calls below `/admin`, without those of the Copernica side.

    Args:
        context: what is changed and shown.
        shop: what is changed and shown.
        faults: the rules in force.
        switches: all switches that can be set.
        statuses: what other sides add to the status, by name.
    """
    return [
        *_running(context, shop, switches, statuses),
        *_faults(faults),
        *_shop(context, shop),
    ]


async def _posted(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise ValueError(f"the body is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise TypeError("the body is no JSON object")
    return body


def _checked(handle: Endpoint) -> Endpoint:
    """Answer 400 with one line where `handle` finds a request wrong, 404 where it finds nothing."""

    async def checked(request: Request) -> Response:
        try:
            return await handle(request)
        except KeyError as error:
            return JSONResponse({"error": f"the body lacks {error}"}, 400)
        except LookupError as error:
            return JSONResponse({"error": str(error.args[0])}, 404)
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return checked


def _running(
    context: Context, shop: Shop, switches: tuple[Switch, ...], statuses: Mapping[str, Status]
) -> list[BaseRoute]:
    def now() -> str:
        return context.clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z")

    async def status(_request: Request) -> Response:
        counts = {COUNTED[name]: shop.count(resource) for name, resource in resources.ALL.items()}
        body = {"now": now(), "shop": {"id": shop.fact("shop")["id"], **counts}}
        body |= {name: of_side(context) for name, of_side in statuses.items()}
        return JSONResponse(body | {"requests": context.log.counts()})

    async def requests(request: Request) -> Response:
        side = request.query_params.get("side")
        if side is not None and side not in SIDES:
            raise ValueError(f"side is one of {', '.join(SIDES)}, not {side!r}")
        since = int(request.query_params.get("since", "0"))
        return JSONResponse({"requests": context.log.since(since, side)})

    async def clock(request: Request) -> Response:
        body = await _posted(request)
        if "set" in body:
            context.clock.set(datetime.fromisoformat(body["set"]))
        context.clock.advance(float(body.get("advance", 0)))
        return JSONResponse({"now": now()})

    async def settings(request: Request) -> Response:
        if request.method == "POST":
            context.settings = changed(context.settings, await _posted(request), switches)
        values = context.settings
        return JSONResponse(
            {
                "rate_limits": "/".join(map(str, values.rate_limits)),
                "per_second": values.per_second,
                "languages": list(values.languages),
                "window_factor": values.window_factor,
                "import_seconds": values.import_seconds,
                "imports_end": values.imports_end,
                "may_write": values.may_write,
                "switches": defaults(switches) | dict(values.switches),
            }
        )

    return [
        Route("/status", _checked(status)),
        Route("/requests", _checked(requests)),
        Route("/clock", _checked(clock), methods=["POST"]),
        Route("/settings", _checked(settings), methods=["GET", "POST"]),
    ]


def _faults(faults: Faults) -> list[BaseRoute]:
    async def handle(request: Request) -> Response:
        if request.method == "POST":
            faults.add(parse_rule(await _posted(request)))
        if request.method == "DELETE":
            faults.clear()
        return JSONResponse({"faults": [rule.shown() for rule in faults.rules]})

    return [Route("/faults", _checked(handle), methods=["GET", "POST", "DELETE"])]


def _shop(context: Context, shop: Shop) -> list[BaseRoute]:
    async def moved(request: Request) -> Response:
        setting = context.settings.switch
        reading = Reading(setting(STOCK_TOUCHES) == "yes", setting(ORDER_TOUCHES), setting(GUEST_TYPE))
        asked = await _posted(request)
        return JSONResponse({"changed": move(shop, context.clock.now(), asked, reading)})

    async def change(request: Request) -> Response:
        body = await _posted(request)
        resource = _resource(body["resource"])
        return JSONResponse(edit.change(shop, resource, body["id"], body["fields"], context.clock.now()))

    async def delete(request: Request) -> Response:
        body = await _posted(request)
        unlinks = context.settings.switch(DELETED_CUSTOMER) == "false"
        edit.delete(shop, _resource(body["resource"]), body["id"], unlinks=unlinks)
        return JSONResponse({"deleted": body["id"]})

    async def insert(request: Request) -> Response:
        body = await _posted(request)
        return JSONResponse(edit.insert(shop, _resource(body["resource"]), body["body"], context.clock.now()))

    async def every(request: Request) -> Response:
        lines = _every(shop, request.path_params["resource"])
        base = f"{request.url.scheme}://{request.url.netloc}/seoshop/{context.settings.languages[0]}/"

        return StreamingResponse(_json_lines(lines, base), media_type="application/jsonl")

    return [
        Route("/shop/move", _checked(moved), methods=["POST"]),
        Route("/shop/change", _checked(change), methods=["POST"]),
        Route("/shop/delete", _checked(delete), methods=["POST"]),
        Route("/shop/insert", _checked(insert), methods=["POST"]),
        Route("/shop/{resource}", _checked(every)),
    ]


async def _json_lines(texts: Iterator[str], base: str) -> AsyncIterator[str]:
    """Every record as a JSON line, many at once; asynchronous, since one thread alone may use the store."""
    lines = (rebased(text, base) + "\n" for text in texts)
    while chunk := "".join(islice(lines, LINES_AT_ONCE)):
        yield chunk


def _every(shop: Shop, name: str) -> Iterator[str]:
    """Every record of a kind, those below a record with its id."""
    below = {nested.name: nested for nested in NESTED}
    if name in below and name not in resources.ALL:
        return below[name].every(shop)
    resource = _resource(name)
    return (_owned(resource, row, text) for row, text in shop.every(resource))


def _owned(resource: resources.Resource, row: sqlite3.Row, text: str) -> str:
    owner = resource.beside if resource.is_nested else {}
    return "{" + "".join(f'"{name}":{row[column]},' for name, column in owner.items()) + text[1:]


def _resource(name: str) -> resources.Resource:
    if name not in resources.ALL:
        raise LookupError(f"no resource {name!r}; there are {', '.join(resources.ALL)}")
    return resources.ALL[name]
