"""The one ASGI application: both APIs, the admin calls, and what surrounds them."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from sandbox import admin, copernica, page, seoshop
from sandbox.breakage import FaultMiddleware
from sandbox.context import Context
from sandbox.faults import Faults
from sandbox.middleware import DateMiddleware, LogMiddleware
from sandbox.shop.db import Shop
from sandbox.switches import Switch

# What can be switched, on both sides.
SWITCHES: tuple[Switch, ...] = (*seoshop.SWITCHES, *copernica.SWITCHES)


def build(context: Context, shop: Shop) -> Starlette:
    """The application that serves `shop` and Copernica with what `context` holds."""
    faults = Faults()
    admin_routes = [
        *admin.routes(context, shop, faults, SWITCHES, {"copernica": copernica.status}),
        *copernica.admin_routes(context),
    ]
    return Starlette(
        routes=[
            Mount("/seoshop", app=seoshop.application(context, shop)),
            Mount("/copernica", routes=copernica.routes(context)),
            Mount("/admin", routes=admin_routes),
            *page.routes(context, shop),
        ],
        middleware=[
            Middleware(DateMiddleware, clock=context.clock),
            Middleware(FaultMiddleware, faults=faults, log=context.log, clock=context.clock),
            Middleware(LogMiddleware, log=context.log, clock=context.clock),
        ],
    )
