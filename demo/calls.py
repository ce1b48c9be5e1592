"""API calls by kind, from the sandbox's request log. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

KINDS = {
    "seoshop read": "SEOshop: reads",
    "copernica read": "Copernica: reads",
    "copernica write": "Copernica: writes",
    "copernica import": "Copernica: imports started",
    "copernica structure": "Copernica: structure made",
    "token": "Copernica: tokens asked for",
}
"""Each kind with its name for people, in the order in which they are shown."""

PEOPLE = re.compile(r"/(profile|subprofile)/|/profiles$")
"""Calls that write a profile or a subprofile; other writes make structure."""


def kind(request: Mapping[str, Any]) -> str:
    """The kind of one request of the log: a key of `KINDS`."""
    if request["side"] == "copernica_token":
        return "token"
    if request["side"] == "seoshop":
        return "seoshop read"
    if request["method"] == "GET":
        return "copernica read"
    if request["path"].endswith("/imports"):
        return "copernica import"
    return "copernica write" if PEOPLE.search(request["path"]) else "copernica structure"


def by_kind(requests: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """How many requests of each kind."""
    return Counter(kind(one) for one in requests)
