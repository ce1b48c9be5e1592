"""What a person pastes, cleaned; and what can be said of it without asking anyone."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["CLUSTERS", "complaint", "copied"]

CLUSTERS: Final = {"eu1": "https://api.webshopapp.com", "us1": "https://api.shoplightspeed.com"}
"""Addresses of SEOshop's API (docs/api/seoshop.md, section 2); a shop lives on one of the two clusters."""

KEY_LENGTH: Final = 32
"""Of key and secret; the vendor's own client refuses others (docs/api/seoshop.md, section 2)."""

SHOP_SCREEN: Final = "the shop's back office, Settings > Developers"
TOKEN_SCREEN: Final = "the dashboard of Copernica's Marketing Suite, API tokens"  # noqa: S105  # a place
_QUOTES: Final = "\"'`´‘’‚“”„«»"  # noqa: RUF001  # those that word processors make of plain ones
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


def copied(text: str) -> str:
    """A pasted value without what copying adds: blanks, line ends, invisible marks, quotes around it."""
    return text.translate(_INVISIBLE).strip().strip(_QUOTES).strip()


def complaint(name: str, value: str) -> str | None:
    """What is wrong with a value by its look alone, with the screen it comes from; None if nothing is.

    Args:
        name: The setting: api_key, api_secret, cluster, language or api_token.
        value: As `copied` gives it.
    """
    if name == "cluster":
        return None if value in CLUSTERS else "the cluster is eu1 (shops in Europe) or us1 (shops in America)"
    if name == "language":
        known = re.fullmatch("[a-z]{2}", value)
        return (
            None
            if known
            else "the language is two small letters of one that is active in the shop, such as nl"
        )
    word = {"api_key": "key", "api_secret": "secret", "api_token": "token"}[name]
    return _complaint_of_secret(word, value, TOKEN_SCREEN if word == "token" else SHOP_SCREEN)


def _complaint_of_secret(word: str, value: str, screen: str) -> str | None:
    if not value:
        return f"the {word} is empty: it is made in {screen}"
    if re.search(r"\s", value):
        return f"the {word} has a blank in it: copy it once more from {screen}"
    # `${` begins the name of a variable where a file of variables is read.
    if not value.isascii() or not value.isprintable() or set(value) & set(_QUOTES) or "${" in value:
        return f"the {word} has a character in it that no {word} has: copy it once more from {screen}"
    if word != "token" and len(value) != KEY_LENGTH:
        return f"the {word} has {len(value)} characters, not {KEY_LENGTH}: copy it whole from {screen}"
    return None
