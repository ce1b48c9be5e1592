"""The paths of the SEOshop API, and what is checked before any of them: key, rate, language."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.context import Context
from sandbox.seoshop import account, answers, lists
from sandbox.seoshop.auth import authenticated, may_write
from sandbox.seoshop.filters import LARGEST
from sandbox.seoshop.ratelimit import RateLimiter
from sandbox.seoshop.switches import FORBIDDEN_BODY, LACKING, REFUSED_BODY, TIME_BODY
from sandbox.shop.db import Shop, dumped
from sandbox.shop.links import rebased
from sandbox.shop.nested import NESTED, Nested
from sandbox.shop.resources import LISTED, SUBSCRIPTIONS, Resource
from sandbox.shop.zone import zone_of
from sandbox.sides import count_call


def application(context: Context, shop: Shop) -> ASGIApp:
    """The API below `/seoshop`."""
    limiter = RateLimiter(context, zone_of(shop))
    routes = [
        *_account_routes(context, shop, limiter),
        Route("/{language}/subscriptions/{id:int}.json", _deleter(shop), methods=["DELETE"]),
        *(route for resource in LISTED for route in _resource_routes(context, shop, resource)),
        *(route for nested in NESTED for route in _nested_routes(context, shop, nested)),
    ]
    return Gate(routes, context, limiter)


def _resource_routes(context: Context, shop: Shop, resource: Resource) -> list[Route]:
    path = f"/{{language}}/{resource.path}"
    return [
        Route(f"{path}.json", lists.lister(context, shop, resource)),
        Route(f"{path}/count.json", lists.counter(context, shop, resource)),
        Route(f"{path}/{{id:int}}.json", lists.getter(context, shop, resource)),
    ]


def _deleter(shop: Shop) -> lists.Handler:
    """Deletes a subscription, the one thing that can be written here (`docs/api/seoshop.md`, 5.6)."""

    async def handle(request: Request) -> Response:
        if not may_write(request):
            raise answers.ApiError(403, answers.FORBIDDEN)
        number = request.path_params["id"]
        if number > LARGEST or not shop.delete(SUBSCRIPTIONS, number):
            raise answers.ApiError(404, answers.NOT_FOUND)
        return Response(status_code=204)

    return handle


def _nested_routes(context: Context, shop: Shop, nested: Nested) -> list[Route]:
    path = f"/{{language}}/{nested.path.replace('{parent}', '{parent:int}')}"
    return [
        Route(f"{path}.json", lists.nested_lister(context, shop, nested)),
        Route(f"{path}/count.json", lists.nested_counter(shop, nested)),
        Route(f"{path}/{{id:int}}.json", lists.nested_getter(shop, nested)),
    ]


def _account_routes(context: Context, shop: Shop, limiter: RateLimiter) -> list[Route]:
    zone = zone_of(shop)

    async def the_shop(request: Request) -> Response:
        return answers.one("shop", rebased(dumped(shop.fact("shop")), lists.base_of(request)))

    async def the_account(request: Request) -> Response:
        return answers.one("account", rebased(dumped(account.account()), lists.base_of(request)))

    async def permissions(_request: Request) -> Response:
        return answers.one(
            "accountPermissions", dumped(account.permissions(context.settings.switch(LACKING)))
        )

    async def ratelimit(_request: Request) -> Response:
        now = context.clock.now()
        return answers.one("accountRatelimit", dumped(account.ratelimit(limiter.windows(), now, zone)))

    async def time(_request: Request) -> Response:
        body = account.time(context.clock.now(), zone)
        alone = context.settings.switch(TIME_BODY) == "text"
        return answers.one("time", dumped(body["datetime"] if alone else body))

    return [
        Route("/{language}/shop.json", the_shop),
        Route("/{language}/account.json", the_account),
        Route("/{language}/account/permissions.json", permissions),
        Route("/{language}/account/ratelimit.json", ratelimit),
        Route("/{language}/time.json", time),
    ]


class Gate:
    """Checks each request, puts the rate headers on each answer, and words each error."""

    def __init__(self, routes: list[Route], context: Context, limiter: RateLimiter) -> None:
        """Guard `routes`."""
        self._routes = routes
        self._context = context
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        if not authenticated(request):
            response, headers = answers.error(request, 401, answers.NOT_AUTHENTICATED), self._limiter.look()
        else:
            verdict = self._limiter.take()
            headers = verdict.headers
            if verdict.counted:
                count_call(scope)
            if verdict.allowed:
                response = await self._answer(request)
            else:
                response = answers.error(request, 429, answers.TOO_MANY)
                if self._context.settings.switch(REFUSED_BODY) == "empty":
                    response = answers.of_text("", 429)
        response.headers.update(headers)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        language, _, path = request.url.path.removeprefix("/seoshop/").partition("/")
        if language not in self._context.settings.languages:
            return answers.error(request, 404, answers.UNKNOWN_LANGUAGE)
        settings = self._context.settings
        if account.group_of(path) == settings.switch(LACKING):
            if settings.switch(FORBIDDEN_BODY) == "message":
                return answers.of_text(dumped({"message": answers.FORBIDDEN}), 403)
            return answers.error(request, 403, answers.FORBIDDEN)
        try:
            return await self._routed(request)
        except answers.ApiError as failure:
            return answers.error(request, failure.status, failure.message)

    async def _routed(self, request: Request) -> Response:
        known = False
        for route in self._routes:
            match, found = route.matches(request.scope)
            if match is Match.FULL:
                request.scope.update(found)
                response: Response = await route.endpoint(request)
                return response
            known = known or match is Match.PARTIAL
        raise (
            answers.ApiError(405, answers.NOT_ALLOWED) if known else answers.ApiError(404, answers.NOT_FOUND)
        )
