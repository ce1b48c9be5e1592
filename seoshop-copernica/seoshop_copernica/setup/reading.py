"""One request, and what came of it. Nothing here is tried twice: a person waits for the answer."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPResponse

__all__ = ["Reply", "ask"]

_SECONDS: Final = 15
_LONGEST: Final = 1_000_000
"""Bytes of an answer that are read; those asked for here have a few thousand at most."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, or why there is none.

    Args:
        status: Of HTTP; None where no answer came.
        body: The JSON of the answer; its text where it is no JSON.
        trouble: Why no answer came, in words.
        headers: Names of the answer's headers, in small letters.
    """

    status: int | None
    body: Any = None
    trouble: str = ""
    headers: frozenset[str] = frozenset()

    @property
    def good(self) -> bool:
        """Whether it is an answer to what was asked."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  # HTTP's own limits


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401  # as urllib declares it
        return None


def ask(url: str, headers: Mapping[str, str], form: bytes | None = None) -> Reply:
    """Read an address, or send a form to it.

    Args:
        url: An http or https address.
        headers: What goes with it.
        form: A form's body; with it the request is a POST.
    """
    request = Request(url, form, dict(headers))  # noqa: S310  # the scheme is checked where addresses are given
    try:
        with build_opener(_NoRedirect).open(request, timeout=_SECONDS) as answer:
            return _reply(answer.status, answer)
    except HTTPError as error:
        with error:
            return _reply(error.code, error)
    except TimeoutError:
        return Reply(None, trouble="no answer in time")
    except URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            return Reply(None, trouble="no secure connection")
        return Reply(
            None, trouble="no answer in time" if isinstance(error.reason, TimeoutError) else "no connection"
        )
    except (OSError, HTTPException):
        return Reply(None, trouble="the connection broke")


def _reply(status: int, answer: HTTPResponse | HTTPError) -> Reply:
    names = frozenset(name.lower() for name in answer.headers)
    return Reply(status, _json(answer.read(_LONGEST)), headers=names)


def _json(content: bytes) -> Any:  # noqa: ANN401  # any JSON
    text = content.decode(errors="replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
