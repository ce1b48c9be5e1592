"""The arithmetic behind a person's derived fields, as the sandbox's page tells it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from sandbox.page.languages import NAMES
from support.pages import shown
from support.sandbox import Sandbox
from target_copernica.mapping.labels import labels

LANGUAGES = ("en", "nl", "de")
DERIVED = (
    "orders_365", "net_365", "days_between", "next_order_at", "lateness", "rfm", "segment",
    "favourite_brand", "return_rate", "discount_share", "holdout",
)  # fmt: skip


@contextmanager
def named(sandbox: Sandbox, language: str) -> Iterator[dict[str, str]]:
    """The derived fields under their names of a language; these names by the English ones."""
    number = sandbox.databases()["SEOshop"]["id"]
    wanted = {name: labels()[name].get("name", {}).get(language, name) for name in DERIVED}
    changed = {name: new for name, new in wanted.items() if name != new}
    for name, new in changed.items():
        sandbox.rename_field(number, name, new)
    try:
        yield wanted
    finally:
        for name, new in changed.items():
            sandbox.rename_field(number, new, name)


def told(sandbox: Sandbox, person: dict[str, Any]) -> str:
    return " ".join(shown(sandbox, f"/profiles/{person['ID']}").pieces)


def test_the_page_knows_the_names_of_the_labels() -> None:
    assert {key: tuple(labels()[key]["name"].values()) for key in NAMES} == NAMES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_arithmetic_behind_derived_fields_leads_to_their_values(filled: Sandbox, language: str) -> None:
    own_habit = 0
    with named(filled, language) as names:
        people = [
            (one, {key: one["fields"][name] for key, name in names.items()})
            for one in filled.profiles("SEOshop")
        ]
        for person, fields in people:
            if fields["next_order_at"] in ("", "0000-00-00"):
                continue
            text = told(filled, person)
            expected = date.fromisoformat(fields["next_order_at"])
            own_habit += bool(
                re.search(rf"gaps [\d ,and]+ days, median [\d.]+: next on {expected:%-d %B %Y}", text)
            )
            assert f"next on {expected:%-d %B %Y}" in text
            assert f"{names['orders_365']} {fields['orders_365']} {fields['orders_365']} order" in text
            if brand := fields["favourite_brand"]:
                assert f"{names['favourite_brand']} {brand} {brand} " in text
            recency, frequency, money = fields["rfm"]
            scores = f"recency {recency}, frequency {frequency}, money {money}, where 5 is best"
            segment = f"{names['segment']} {fields['segment']} "
            assert segment + scores in text or f"{segment}the last order is more than 24 months ago" in text
    assert own_habit


def test_the_draw_of_the_holdout_is_told_of_each_person(filled: Sandbox) -> None:
    found = {"yes": 0, "no": 0}
    for person in filled.profiles("SEOshop"):
        if not (held := person["fields"]["holdout"]):
            continue
        drew = re.search(
            rf"holdout {held} customer \d+ drew ([\d.]+) of 100, for good: (not )?among", told(filled, person)
        )
        assert drew is not None
        assert (float(drew[1]) < 10) is (drew[2] is None) is (held == "yes")
        found[held] += 1
    assert found["no"]
