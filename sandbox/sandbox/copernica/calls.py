"""One API call as the handlers see it, and how it is read from HTTP."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from sandbox.copernica.answers import ApiError

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.session import Session
    from sandbox.settings import Settings

_LIST_ITEM: Final = re.compile(r"fields\[[^\]]*\]")
_LONG: Final = 21
_FORM_NAME: Final = re.compile(r"([^\[]+)((?:\[[^\]]*\])*)")


@dataclass(frozen=True)
class Call:
    """One call, token checked.

    Attributes:
        session: Transaction, clock, switches.
        settings: The sandbox's.
        url: The address that was asked.
        base: The part of it up to the version.
        path: What the route's placeholders stand for, by name.
        pairs: The query in order.
        body: The body, `{}` where there is none.
    """

    session: Session
    settings: Settings
    url: str
    base: str
    path: dict[str, str]
    pairs: tuple[tuple[str, str], ...]
    body: Any

    @property
    def db(self) -> sqlite3.Connection:
        """The open transaction."""
        return self.session.db

    @cached_property
    def query(self) -> dict[str, str]:
        """The query; of a name that comes twice, the last."""
        return dict(self.pairs)

    @property
    def conditions(self) -> list[str]:
        """The values of `fields[]`; a `fields` that is no list is ignored."""
        return [value for name, value in self.pairs if _LIST_ITEM.fullmatch(name)]

    @property
    def names_fields(self) -> bool:
        """Whether the query has the parameter `fields` in any form."""
        return any(name == "fields" or _LIST_ITEM.fullmatch(name) for name, _ in self.pairs)

    @property
    def properties(self) -> dict[str, Any]:
        """The body as an object; anything else counts as empty."""
        return self.body if isinstance(self.body, dict) else {}

    def text(self, name: str, otherwise: str = "") -> str:
        """A property of the body as text."""
        value = self.properties.get(name, otherwise)
        return str(value) if isinstance(value, (str, int, float)) else otherwise

    def address(self, path: str) -> str:
        """The full address of a thing."""
        return f"{self.base}/{path}"


def read_body(content_type: str, raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Read a body as JSON or as a form, as its content type says.

    Raises:
        ApiError: It cannot be read.
    """
    if not raw.strip():
        return {}
    try:
        text = raw.decode()
        if content_type.startswith("application/x-www-form-urlencoded"):
            return _form(text)
        parsed = json.loads(text, parse_int=_number, parse_constant=_no_number)
        # Half a character, written as an escape, is no text that could be stored.
        json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ApiError("Invalid data provided") from None
    return parsed


def _number(digits: str) -> float:
    """A whole number as PHP reads it: one beyond 64 bits is a float."""
    return int(digits) if len(digits) < _LONG and abs(int(digits)) < 2**63 else float(digits)


def _no_number(name: str) -> float:
    """JSON knows no NaN and no Infinity."""
    raise ValueError(name)


def _form(text: str) -> dict[str, Any]:
    """A form body as PHP reads it: `fields[email]=x` is an object, `interests[]=x` a list."""
    parsed: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found = _FORM_NAME.fullmatch(name)
        if found is None:
            parsed[name] = value
            continue
        keys = [found[1], *re.findall(r"\[([^\]]*)\]", found[2])]
        inner = parsed
        for key in keys[:-1]:
            deeper = inner.get(key)
            if not isinstance(deeper, dict):
                deeper = inner[key] = {}
            inner = deeper
        inner[keys[-1] or str(len(inner))] = value
    return {name: _as_list(value) for name, value in parsed.items()}


def _as_list(value: Any) -> Any:  # noqa: ANN401 - a part of the form
    if not isinstance(value, dict):
        return value
    if list(value) == [str(position) for position in range(len(value))]:
        return [_as_list(item) for item in value.values()]
    return {name: _as_list(item) for name, item in value.items()}
