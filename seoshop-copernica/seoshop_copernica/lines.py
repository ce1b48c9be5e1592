"""YAML whose errors name the line."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.timestamp import TimeStamp

from seoshop_copernica.errors import ListError
from seoshop_copernica.shops import EXPECTED, OWNED, Defaults, Shop

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

__all__ = ["Node", "load"]

_AT: Final = re.compile(r" - at `\$\.?(.*)`$")
_FIELD: Final = re.compile(r"unknown field `(.+?)`|missing required field `(.+?)`")
_STEP: Final = re.compile(r"[^.\[\]]+")
_Form = TypeVar("_Form", bound=Defaults)


def load(file: Path) -> Node:
    """The lines of a file.

    Raises:
        ListError: It cannot be read, is no YAML, or says a thing twice.
    """
    try:
        found = YAML().load(file.read_text(encoding="utf-8-sig"))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ListError(str(file), mark.line + 1 if mark else None, _flat(error.problem)) from None
    except (YAMLError, UnicodeDecodeError):
        raise ListError(str(file), None, "this is no YAML in UTF-8") from None
    except OSError as error:
        raise ListError(str(file), None, str(error.strerror)) from None
    if not isinstance(found, CommentedMap):
        raise ListError(str(file), None, "expected `shops:` with a name and its lines for each")
    return Node(str(file), found)


class Node:
    """The lines below one name.

    Args:
        file: For messages.
        body: As the parser made them.
    """

    def __init__(self, file: str, body: CommentedMap) -> None:
        self._file = file
        self._body = body

    @property
    def content(self) -> dict[str, Any]:
        """As plain values."""
        plain: dict[str, Any] = _plain(self._body)
        return plain

    def names(self) -> list[str]:
        """What stands to the left of the colons."""
        return [str(name) for name in self._body]

    def line_of(self, *path: str) -> int:
        """The line at which a name stands, or the nearest one above it that is there."""
        body: Any = self._body
        line = int(body.lc.line)
        for step in path:
            if isinstance(body, CommentedMap):
                name = next((name for name in body if str(name) == step), None)
                if name is None:
                    break
                line = int(body.lc.key(name)[0])
                body = body[name]
            elif isinstance(body, CommentedSeq) and step.isdigit() and int(step) < len(body):
                line = int(body.lc.item(int(step))[0])
                body = body[int(step)]
            else:
                break
        return line + 1

    def child(self, name: str) -> Node | None:
        """The lines below a name; None where it has none.

        Raises:
            ListError: Something else stands there.
        """
        found = next((value for key, value in self._body.items() if str(key) == name), None)
        if found is None:
            return None
        if not isinstance(found, CommentedMap):
            raise self._error("expected `name: value` lines", name)
        return Node(self._file, found)

    def only(self, allowed: Collection[str]) -> None:
        """See that no line has a name that means nothing.

        Raises:
            ListError: One has.
        """
        for name in self.names():
            if name not in allowed:
                raise self._error(f"unknown `{name}`; possible: {', '.join(sorted(allowed))}", name)

    def check_defaults(self) -> None:
        """See that these lines can hold for all shops.

        Raises:
            ListError: They cannot.
        """
        self._converted(self.content, Defaults)

    def shop(self, given: Mapping[str, Any], name: str | None = None) -> Shop:
        """A shop of these lines.

        Args:
            given: They, laid over what holds for all.
            name: Which line to blame; by default the one in which the trouble is.

        Raises:
            ListError: Something is not right.
        """
        return self._converted(given, Shop, *([name] if name else []))

    def _converted(self, given: Mapping[str, Any], form: type[_Form], *blamed: str) -> _Form:
        for own in {"name", "home", "listed"}.intersection(given):
            raise self._error(f"unknown `{own}`", own)
        for side, owned in OWNED.items():
            settings = given.get(side)
            for setting in owned:
                if isinstance(settings, dict) and setting in settings:
                    what = (
                        "each shop has its own"
                        if setting == "state_dir"
                        else "say under `secrets:` where it is"
                    )
                    raise self._error(f"`{setting}` does not belong into a list: {what}", side, setting)
        try:
            return msgspec.convert(given, form)
        except msgspec.ValidationError as error:
            text = str(error)
            path = _STEP.findall(found[1]) if (found := _AT.search(text)) else []
            if unknown := _FIELD.search(text):
                path.append(unknown[1] or unknown[2])
            text = _AT.sub("", text)
            for pattern, words in EXPECTED.items():
                text = text.replace(f"`str` matching regex '{pattern}'", words)
            raise self._error(text, *blamed, *path) from None

    def _error(self, text: str, *path: str) -> ListError:
        where = f" (`{'.'.join(path)}`)" if path and f"`{path[-1]}`" not in text else ""
        return ListError(self._file, self.line_of(*path), f"{text}{where}")


def _plain(value: Any) -> Any:  # noqa: ANN401  # any YAML
    """A parsed value without what the parser hangs on it."""
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, (TimeStamp, date)):
        return value.isoformat()
    for kind in (bool, int, float, str):  # of which the parser's own kinds are, too
        if isinstance(value, kind):
            return kind(value)
    return None if value is None else str(value)


def _flat(text: str | None) -> str:
    return " ".join((text or "this is no YAML").split()).partition(" with value ")[
        0
    ]  # the value may be secret
