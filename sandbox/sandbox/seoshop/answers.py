"""The forms of an answer: one top-level key, and the envelope of an error."""

import json
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json; charset=UTF-8"

UNKNOWN_LANGUAGE = "Unknown or inactive language."
NOT_AUTHENTICATED = "Could not authenticate you."
FORBIDDEN = "You are not allowed to do this."
NOT_FOUND = "The requested resource was not found."
NOT_ALLOWED = "Method not allowed."
TOO_MANY = "Too many requests."


def of_text(text: str, status: int = 200) -> Response:
    """An answer of ready JSON text."""
    return Response(text, status, media_type=JSON)


def one(key: str, text: str) -> Response:
    """A single record under its key."""
    return of_text(f'{{"{key}":{text}}}')


def many(key: str, texts: Iterable[str]) -> Response:
    """A list under its key."""
    return of_text(f'{{"{key}":[{",".join(texts)}]}}')


class ApiError(Exception):
    """A request that is answered with the error envelope."""

    def __init__(self, status: int, message: str) -> None:
        """Answer with `status` and `message`."""
        super().__init__(message)
        self.status = status
        self.message = message


def error(request: Request, status: int, message: str) -> Response:
    """The error envelope; its `request` is the path below the host, with language and query."""
    path = request.url.path.removeprefix("/seoshop")
    query = f"?{request.url.query}" if request.url.query else ""
    envelope = {"code": status, "method": request.method, "request": path + query, "message": message}
    return of_text(json.dumps({"error": envelope}, separators=(",", ":")), status)
