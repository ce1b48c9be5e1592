"""Which address shows what. None of these is an API call, and none is in the request log."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.context import Context
from sandbox.copernica import imports, unsubscribing
from sandbox.copernica.session import Session
from sandbox.copernica.store import open_store
from sandbox.page import people, rendering, views
from sandbox.page.look import Look, View
from sandbox.page.missing import MissingError
from sandbox.page.searches import Searches
from sandbox.page.traffic import Tally
from sandbox.shop.db import Shop
from sandbox.store import transaction

TABLE: tuple[tuple[str, Callable[[Look], View]], ...] = (
    ("/", views.overview),
    ("/search", views.empty_search),
    ("/search/{id}", views.search),
    ("/databases/{id}", views.database),
    ("/collections/{id}", views.collection),
    ("/profiles/{id}", views.profile),
    ("/subprofiles/{id}", views.subprofile),
    ("/requests", views.requests),
    ("/campaigns", views.campaign_list),
    ("/imports", views.import_list),
    ("/imports/{id}", views.import_rows),
    ("/{elsewhere:path}", views.nowhere),
)


def routes(context: Context, shop: Shop) -> list[BaseRoute]:
    """The addresses of the page.

    Args:
        context: of this sandbox.
        shop: SEOshop's side.
    """
    templates = rendering.environment()
    tally = Tally(context.log)
    searches = Searches()

    @contextmanager
    def looking(request: Request) -> Iterator[Look]:
        """What is due is carried out first, as for any other look into Copernica."""
        db = open_store(context.data)
        with transaction(db):
            imports.settle(db, context.clock.now(), context.settings.switches)
            yield Look(context, shop, db, tally, searches, request.path_params, request.query_params)

    def endpoint(view: Callable[[Look], View]) -> Callable[[Request], Awaitable[Response]]:
        async def shown(request: Request) -> Response:
            with looking(request) as look:
                try:
                    return rendering.answer(templates, view(look))
                except MissingError as error:
                    return rendering.answer(templates, views.missing(look, str(error)), 404)

        return shown

    async def searched(request: Request) -> Response:
        """What was typed comes in a body and is answered with an address that does not tell it."""
        form = parse_qs((await request.body()).decode(errors="replace"))
        number = searches.add(form.get("q", [""])[0])
        return RedirectResponse(f"/search/{number}", 303, rendering.HEADERS)

    async def unsubscribed(request: Request) -> Response:
        """A button was pressed: the person opts out, and the page is shown again."""
        form = parse_qs((await request.body()).decode(errors="replace"))
        with looking(request) as look:
            try:
                record = people.profile(look.db, look.id).record
                session = Session(look.db, context.clock.now(), context.settings.switches, "interface")
                unsubscribing.on_demand(session, record, "ms", form.get("kind", ["unsubscribes"])[0])
            except MissingError as error:
                return rendering.answer(templates, views.missing(look, str(error)), 404)
            except ValueError:
                return rendering.answer(templates, views.missing(look, "There is no such opt-out."), 400)
        return RedirectResponse(f"/profiles/{record.id}#consent", 303, rendering.HEADERS)

    async def style(_request: Request) -> Response:
        return rendering.style()

    return [
        Route("/style.css", style, methods=["GET"]),
        Route("/search", searched, methods=["POST"]),
        Route("/profiles/{id}/unsubscribe", unsubscribed, methods=["POST"]),
        *(Route(path, endpoint(view), methods=["GET"]) for path, view in TABLE),
    ]
