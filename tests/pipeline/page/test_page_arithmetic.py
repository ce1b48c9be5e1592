"""The arithmetic behind a person's derived fields, as the sandbox's page tells it."""

import re
from datetime import date

from support.pages import shown
from support.sandbox import Sandbox


def test_the_arithmetic_behind_derived_fields_leads_to_their_values(filled: Sandbox) -> None:
    own_habit = 0
    for person in filled.profiles("SEOshop"):
        fields = person["fields"]
        if fields["next_order_at"] in ("", "0000-00-00"):
            continue
        text = " ".join(shown(filled, f"/profiles/{person['ID']}").pieces)
        expected = date.fromisoformat(fields["next_order_at"])
        own_habit += bool(
            re.search(rf"gaps [\d ,and]+ days, median [\d.]+: next on {expected:%-d %B %Y}", text)
        )
        assert f"next on {expected:%-d %B %Y}" in text
        assert f"orders_365 {fields['orders_365']} {fields['orders_365']} order" in text
        if fields["favourite_brand"]:
            assert f"favourite_brand {fields['favourite_brand']} {fields['favourite_brand']} " in text
        recency, frequency, money = fields["rfm"]
        scores = f"recency {recency}, frequency {frequency}, money {money}, where 5 is best"
        told = f"segment {fields['segment']} "
        assert told + scores in text or f"{told}the last order is more than 24 months ago" in text
    assert own_habit
