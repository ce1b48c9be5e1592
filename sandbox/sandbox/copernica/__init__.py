"""Copernica's side of the sandbox: its REST API version 4, its token service, and the admin calls on both."""

from sandbox.copernica.admin import admin_routes, status
from sandbox.copernica.server import close, routes
from sandbox.copernica.switches import SWITCHES

__all__ = ["SWITCHES", "admin_routes", "close", "routes", "status"]
