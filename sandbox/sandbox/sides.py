"""Which API a request is for."""

from collections.abc import MutableMapping
from typing import Any

from starlette.types import Scope

from sandbox.requestlog import Side

SEOSHOP = "/seoshop/"
COPERNICA = "/copernica/"
COPERNICA_TOKEN = "/copernica/authenticate"  # noqa: S105  # a path

_COST = "sandbox.cost"


def count_call(scope: MutableMapping[str, Any]) -> None:
    """Note that a request counts as a call with the API that it is for."""
    scope[_COST] = 1


def cost_of(scope: MutableMapping[str, Any]) -> int:
    """How many calls a request counted for."""
    return int(scope.get(_COST, 0))


def side_of(scope: Scope) -> Side | None:
    """The side whose calls this request counts to; None for admin calls and for what is no HTTP request."""
    if scope["type"] != "http":
        return None
    path: str = scope["path"]
    if path.startswith(SEOSHOP):
        return "seoshop"
    if path.rstrip("/") == COPERNICA_TOKEN:
        return "copernica_token"
    if path.startswith(COPERNICA):
        return "copernica"
    return None
