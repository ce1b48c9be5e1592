"""Which API a request is for."""

from starlette.types import Scope

from sandbox.requestlog import Side

SEOSHOP = "/seoshop/"
COPERNICA = "/copernica/"
COPERNICA_TOKEN = "/copernica/authenticate"  # noqa: S105  # a path


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
