"""Lists, counts and single records of a resource, straight from the store's JSON text."""

import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from sandbox.context import Context
from sandbox.seoshop import answers
from sandbox.seoshop.beyond.embedded import single_order
from sandbox.seoshop.filters import LARGEST, fields_of, newest_first, page_of, refuse_unknown, where_of
from sandbox.seoshop.switches import EMBEDDED_LINES, LIST_EMBEDS, NESTED_PAGES, SINGLE_EVENT
from sandbox.shop.db import Shop, dumped
from sandbox.shop.links import rebased
from sandbox.shop.nested import Nested
from sandbox.shop.resources import ORDER_EVENTS, ORDERS, Resource
from sandbox.shop.zone import zone_of

# So many of an order's products a single order may embed, by a switch.
FEW = 50

Handler = Callable[[Request], Awaitable[Response]]


def base_of(request: Request) -> str:
    """Where links of this answer point: the address the caller used, with its language."""
    return f"{request.url.scheme}://{request.url.netloc}/seoshop/{request.path_params['language']}/"


def _id(request: Request, name: str) -> int:
    """The id in the path; one too large for the store is unknown."""
    number: int = request.path_params[name]
    return number if number <= LARGEST else 0


def _only(text: str, fields: list[str]) -> str:
    body = json.loads(text)
    return dumped({name: value for name, value in body.items() if name in fields})


def _list(request: Request, key: str, texts: list[str]) -> Response:
    fields = fields_of(request.query_params)
    if fields is not None:
        texts = [_only(text, fields) for text in texts]
    return answers.many(key, [rebased(text, base_of(request)) for text in texts])


def _embedding(context: Context, shop: Shop, order: str) -> str:
    most = FEW if context.settings.switch(EMBEDDED_LINES) == "first_50" else None
    return dumped(single_order(shop, json.loads(order), most))


def lister(context: Context, shop: Shop, resource: Resource) -> Handler:
    """Serves the list, newest first."""
    zone = zone_of(shop)

    async def handle(request: Request) -> Response:
        where = where_of(resource, request.query_params, context.settings, zone)
        page = page_of(request.query_params, context.settings)
        texts = shop.page(
            resource,
            where,
            limit=page.limit,
            offset=page.offset,
            newest_first=newest_first(resource, request.query_params, context.settings),
        )
        if resource is ORDERS and context.settings.switch(LIST_EMBEDS) == "orders":
            texts = [_embedding(context, shop, text) for text in texts]
        return _list(request, resource.many, texts)

    return handle


def counter(context: Context, shop: Shop, resource: Resource) -> Handler:
    """Serves the count, with the list's filters."""
    zone = zone_of(shop)

    async def handle(request: Request) -> Response:
        where = where_of(resource, request.query_params, context.settings, zone)
        return answers.of_text(dumped({"count": shop.count(resource, where)}))

    return handle


def getter(context: Context, shop: Shop, resource: Resource) -> Handler:
    """Serves a single record; an order with all that belongs to it embedded."""

    async def handle(request: Request) -> Response:
        text = shop.text(resource, _id(request, "id"))
        if text is None:
            raise answers.ApiError(404, answers.NOT_FOUND)
        if resource is ORDERS:
            text = _embedding(context, shop, text)
        key = context.settings.switch(SINGLE_EVENT) if resource is ORDER_EVENTS else resource.one
        return answers.one(key, rebased(text, base_of(request)))

    return handle


def _below(shop: Shop, nested: Nested, request: Request) -> list[str]:
    parent = _id(request, "parent")
    if shop.text(nested.parent, parent) is None:
        raise answers.ApiError(404, answers.NOT_FOUND)
    return nested.below(shop, parent)


def nested_lister(context: Context, shop: Shop, nested: Nested) -> Handler:
    """Serves a list below a record: the rows of an order in the order they were put in."""

    async def handle(request: Request) -> Response:
        texts = _below(shop, nested, request)
        refuse_unknown(request.query_params, (), context.settings)
        if context.settings.switch(NESTED_PAGES) == "paged":
            page = page_of(request.query_params, context.settings)
            texts = texts[page.offset : page.offset + page.limit]
        return _list(request, nested.many, texts)

    return handle


def nested_counter(shop: Shop, nested: Nested) -> Handler:
    """Serves how many records stand below one."""

    async def handle(request: Request) -> Response:
        return answers.of_text(dumped({"count": len(_below(shop, nested, request))}))

    return handle


def nested_getter(shop: Shop, nested: Nested) -> Handler:
    """Serves one of the records below one."""

    async def handle(request: Request) -> Response:
        wanted = _id(request, "id")
        for text in _below(shop, nested, request):
            if json.loads(text)["id"] == wanted:
                return answers.one(nested.one, rebased(text, base_of(request)))
        raise answers.ApiError(404, answers.NOT_FOUND)

    return handle
