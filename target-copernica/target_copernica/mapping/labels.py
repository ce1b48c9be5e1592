"""What fields are called and described as, in the language of the setting `labels`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ENGLISH", "LANGUAGES", "about", "label_fields", "labels"]

ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, "nl", "de")

_BESIDES: Final = ("external_key", "shared_email")


@cache
def labels() -> dict[str, dict[str, dict[str, str]]]:
    """`name` and `about` of each field by language, by its name in the preset."""
    return tomllib.loads((resources.files("target_copernica.mapping") / "labels.toml").read_text("utf-8"))


def about(key: str, language: str) -> str:
    """What is written beside a field; empty where there is nothing to say.

    Args:
        key: Its name in the preset.
        language: One of `LANGUAGES`.
    """
    return labels().get(key, {}).get("about", {}).get(language, "")


def label_fields(tree: dict[str, Any], language: str) -> None:
    """Give the fields of a mapping the names and descriptions of a language.

    What a line of the mapping says itself stays.

    Args:
        tree: The lines of the mapping, changed in place.
        language: One of `LANGUAGES`.
    """
    for key, body in _fields(tree):
        name = labels().get(key, {}).get("name", {}).get(language)
        if name is not None:
            body.setdefault("name", name)
        if text := about(key, language):
            body.setdefault("description", text)
    for database in _lines(tree.get("databases")):
        roles = [*(database.get("consent") or ()), *_BESIDES]
        database["descriptions"] = {role: about(role, language) for role in roles}
        if database.get("shared_email") == "shared_email":
            names = labels()["shared_email"]["name"]
            database["shared_email"] = names.get(language, "shared_email")


def _fields(tree: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for stream in _lines(tree.get("streams")):
        for section in ("fields", "stub"):
            fields = stream.get(section)
            if isinstance(fields, dict):
                yield from ((key, body) for key, body in fields.items() if isinstance(body, dict))


def _lines(section: object) -> Iterator[dict[str, Any]]:
    if isinstance(section, dict):
        yield from (body for body in section.values() if isinstance(body, dict))
