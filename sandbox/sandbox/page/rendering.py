"""From a view to an answer: templates that escape everything, and headers that allow no script."""

import re
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from sandbox.copernica.zone import stamp
from sandbox.page.look import View

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[_.@/?&=])(?=[^\W\d])")
"""Where a long name may go on in the next line: `shipping_|address`, `company|Vat|Number`."""
_JOINT = re.compile(r"(?<=[_@/])(?=[^\W\d])|(?<=\d)(?=T\d\d:)")
"""The same for a value: `jan.jansen@|example.com`, `2026-01-13|T09:34:52`."""


def told(value: Any) -> str:  # noqa: ANN401 - any JSON value that is no list or object
    """A value of the shop, for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def seams(name: str) -> Markup:
    """A name that breaks between its words only."""
    return Markup("<wbr>").join(escape(part) for part in _SEAM.split(name))


def joints(value: str) -> Markup:
    """A value that breaks at its blanks, if it has any, else between its parts."""
    parts = [value] if " " in value else _JOINT.split(value)
    return Markup("<wbr>").join(escape(part) for part in parts)


def local(moment: str | datetime) -> str:
    """A moment as Copernica prints it, in Amsterdam; a text is ISO with an offset."""
    return stamp(datetime.fromisoformat(moment) if isinstance(moment, str) else moment)


def address(path: str, query: Mapping[str, Any] | None = None, **more: Any) -> str:  # noqa: ANN401 - what a query holds
    """A link to a path of the page with a query."""
    parts = {**(query or {}), **more}
    return f"{path}?{urlencode(parts)}" if parts else path


def environment() -> Environment:
    """The templates of this folder, with what they call."""
    made = Environment(
        loader=PackageLoader("sandbox.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"local": local, "number": "{:,}".format, "seams": seams, "joints": joints, "told": told}
    made.globals |= {"address": address}
    return made


def answer(templates: Environment, view: View, status: int = 200) -> Response:
    """The page that a view shows."""
    html = templates.get_template(view.template).render(view.values)
    return HTMLResponse(html, status, HEADERS)


def style() -> Response:
    """The style sheet."""
    text = resources.files("sandbox.page").joinpath("style.css").read_text("utf-8")
    return Response(text, media_type="text/css", headers=HEADERS)
