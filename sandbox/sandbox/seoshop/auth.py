"""HTTP Basic with the API key as user and the API secret as password."""

import base64
import binascii
import secrets

from starlette.requests import Request

from sandbox.settings import SEOSHOP_KEY, SEOSHOP_SECRET


def authenticated(request: Request) -> bool:
    """Whether the request bears the sandbox's key and secret."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    expected = f"{SEOSHOP_KEY}:{SEOSHOP_SECRET}".encode()
    return scheme.lower() == "basic" and secrets.compare_digest(given, expected)
