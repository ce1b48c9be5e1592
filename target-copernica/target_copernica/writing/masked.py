"""How a person is shown in a log: a key that says nothing as it is, of all else only the first letters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["masked_fields", "masked_key"]

_OPEN_KEY: Final = re.compile("[0-9:]+")


def masked_fields(fields: Mapping[str, str]) -> str:
    """The fields that are filled, each with the first letter of its value."""
    filled = {name: value for name, value in fields.items() if value not in ("", "0")}
    return ", ".join(f"{name}={value[0]}***" for name, value in filled.items())


def masked_key(key: str | None) -> str:
    """A key of numbers as it is, of any other the first letters."""
    if key is None:
        return "(no key)"
    return key if _OPEN_KEY.fullmatch(key) else f"{key[:3]}***"
