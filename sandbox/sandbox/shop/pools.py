"""The pools that people and goods are drawn from; drawn once and shipped with the package."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def pools(name: str) -> dict[str, Any]:
    """The pool file `name`: `pools` (people, by country) or `catalog`."""
    text = (files("sandbox.shop") / "data" / f"{name}.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


COUNTRIES: dict[str, dict[str, Any]] = {
    "nl": {"id": 150, "code": "nl", "code3": "nld", "title": "Netherlands, The"},
    "de": {"id": 81, "code": "de", "code3": "deu", "title": "Germany"},
    "gb": {"id": 225, "code": "gb", "code3": "gbr", "title": "United Kingdom"},
}
LANGUAGES: dict[str, dict[str, Any]] = {
    "nl": {"id": 1, "code": "nl", "locale": "nl_NL", "title": "Nederlands"},
    "de": {"id": 2, "code": "de", "locale": "de_DE", "title": "Deutsch"},
    "gb": {"id": 3, "code": "en", "locale": "en_GB", "title": "English"},
}

# Names that make programs stumble: prefixes, apostrophes, emoji, right to left, other scripts, blanks.
UNUSUAL_NAMES: tuple[tuple[str, str, str], ...] = (
    ("Zoë", "van 't", "Hoff-Œuvrard"),
    ("Siobhán", "", "O'Brien"),
    ("Jürgen", "", "Großmann-Müller"),
    ("محمد", "", "العربي"),
    ("Anna 🌷", "", "de Bruin 👩‍🌾"),
    ("דוד", "", "כהן"),
    ("Nguyễn", "Thị", "Ánh"),
    ("小龍", "", "李"),
    ('Robert "Bob"', "", "D’Angelo"),  # noqa: RUF001  # the apostrophe that word processors write
    ("Łukasz", "", "Żółć"),
    (" Jan ", "", "Jansen "),
    (
        "Maximiliaan-Alexander Frederik Johannes Cornelis",
        "van der",
        "Zwaluwenberg-van Heemstra tot Nijenhuis " * 3,
    ),
    ("=SUM(A1)", "", "Null"),
    ("Bjørn", "", "Ångström <b>&amp;</b>"),
    ("J.", "", ""),
)
