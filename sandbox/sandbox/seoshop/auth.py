"""HTTP Basic with an API key as user and its secret as password."""

import base64
import binascii
import secrets

from starlette.requests import Request

from sandbox.settings import SEOSHOP_KEY, SEOSHOP_SECRET, SEOSHOP_WRITE_KEY, SEOSHOP_WRITE_SECRET


def authenticated(request: Request) -> bool:
    """Whether the request bears one of the sandbox's keys and its secret."""
    return may_write(request) or _bears(request, SEOSHOP_KEY, SEOSHOP_SECRET)


def may_write(request: Request) -> bool:
    """Whether it is the key that may write customers (subscriptions among them); the other one only reads."""
    return _bears(request, SEOSHOP_WRITE_KEY, SEOSHOP_WRITE_SECRET)


def _bears(request: Request, key: str, secret: str) -> bool:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    return scheme.lower() == "basic" and secrets.compare_digest(given, f"{key}:{secret}".encode())
