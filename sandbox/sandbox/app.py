"""The one ASGI application: both APIs, the admin calls, and what surrounds them."""

from types import ModuleType

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from sandbox import admin, seoshop
from sandbox.context import Context
from sandbox.faults import FaultMiddleware, Faults
from sandbox.middleware import DateMiddleware, LogMiddleware
from sandbox.shop.db import Shop
from sandbox.switches import Switch

try:
    from sandbox import copernica
except ImportError:  # pragma: no cover
    copernica = None  # type: ignore[assignment]


def build(context: Context, shop: Shop) -> Starlette:
    """The application that serves `shop` and Copernica with what `context` holds."""
    faults = Faults()
    sides: list[ModuleType] = [copernica] if copernica else []
    switches: tuple[Switch, ...] = seoshop.SWITCHES
    for side in sides:
        switches += getattr(side, "SWITCHES", ())
    admin_routes = admin.routes(context, shop, faults, switches, {"copernica": side.status for side in sides})
    for side in sides:
        admin_routes += side.admin_routes(context)
    return Starlette(
        routes=[
            Mount("/seoshop", app=seoshop.application(context, shop)),
            *(Mount("/copernica", routes=side.routes(context)) for side in sides),
            Mount("/admin", routes=admin_routes),
        ],
        middleware=[
            Middleware(DateMiddleware, clock=context.clock),
            Middleware(FaultMiddleware, faults=faults, log=context.log, clock=context.clock),
            Middleware(LogMiddleware, log=context.log, clock=context.clock),
        ],
    )
