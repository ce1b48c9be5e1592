# ruff: noqa: INP001  # a script, no package
"""Draw the pools of names, streets and places that the sandbox's people are made from.

Run once, by hand, with Faker installed (it is no dependency of the package); the result is committed:

    python sandbox/tools/draw_pools.py > sandbox/sandbox/shop/data/pools.json
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

# By name, since no environment of the project has it.
Faker: Any = import_module("faker").Faker

LOCALES = {"nl": "nl_NL", "de": "de_DE", "gb": "en_GB"}
DUTCH_PREFIXES = (
    "van de ",
    "van der ",
    "van den ",
    "van 't ",
    "van ",
    "de ",
    "den ",
    "ter ",
    "ten ",
    "in 't ",
)
TRIES = 40


def drawn(count: int, draw: Callable[[], str]) -> list[str]:
    """Up to `count` different values, in the order drawn."""
    values: dict[str, None] = {}
    for _ in range(count * TRIES):
        values.setdefault(draw())
        if len(values) == count:
            break
    return list(values)


def last_name(fake: Any) -> str:  # noqa: ANN401  # a Faker
    """A family name; `van der|Berg` when a prefix stands before it."""
    name: str = fake.last_name()
    for prefix in DUTCH_PREFIXES:
        if name.lower().startswith(prefix):
            return f"{name[: len(prefix) - 1].lower()}|{name[len(prefix) :]}"
    return name


def pool(locale: str) -> dict[str, list[str]]:
    """Everything a country's people are made from."""
    fake = Faker(locale)
    fake.seed_instance(20131101)
    return {
        "female": drawn(160, fake.first_name_female),
        "male": drawn(160, fake.first_name_male),
        "last": drawn(320, lambda: last_name(fake)),
        "street": drawn(240, fake.street_name),
        "city": drawn(140, fake.city),
    }


if __name__ == "__main__":
    pools = {country: pool(locale) for country, locale in LOCALES.items()}
    json.dump(pools, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
