"""What the page counts as things come and go is what is there."""

import re
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.shop import edit
from sandbox.shop.db import Shop
from sandbox.shop.generate import generate
from sandbox.shop.move import move
from sandbox.shop.plan import Plan
from sandbox.shop.resources import ALL, CUSTOMERS

from .conftest import NOW, Looked

KINDS = ("create", "import", "change", "remove", "erase", "below", "remove below")


def counted(looked: Looked) -> dict[str, Any]:
    """What is there, counted one by one."""
    status = looked.http.get("/admin/status").json()["copernica"]["databases"][0]
    notes = looked.http.get("/admin/followups").json()["followups"]
    return {
        "profiles": status["profiles"],
        "subprofiles": status["collections"][0]["subprofiles"],
        "ran": sum(one["runs"] for one in notes),
        "quiet": sum(not one["runs"] for one in notes),
    }


def carry_out(looked: Looked, kind: str, number: int) -> None:
    """One call; that it may speak of what is gone belongs to it."""
    call = looked.http.request
    headers = {"Authorization": f"Bearer {looked.token}"}
    base = "/copernica/v4"
    match kind:
        case "create":
            looked.made("database/1/profiles", {"fields": {"email": f"{number}@example.com"}})
        case "import":
            looked.imported(
                [{"email": f"{number}@example.com", "city": str(number)}], followups=bool(number % 2)
            )
        case "change":
            call("PUT", f"{base}/profile/{number}/fields", json={"city": "Gouda"}, headers=headers)
        case "remove":
            call("DELETE", f"{base}/profile/{number}", headers=headers)
        case "erase":
            call("DELETE", f"{base}/profile/{number}", json={"completely": "yes"}, headers=headers)
        case "below":
            call("POST", f"{base}/profile/{number}/subprofiles/1", json={"number": "1"}, headers=headers)
        case _:
            call("DELETE", f"{base}/subprofile/{number}", headers=headers)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 5)), min_size=5, max_size=25))
def test_counts_are_right_whatever_happened(looked: Looked, steps: list[tuple[str, int]]) -> None:
    if "Orders" not in looked.page("/databases/1"):
        looked.made("database/1/collections", {"name": "Orders"})
        looked.made("collection/1/fields", {"name": "number"})
    for kind, number in steps:
        carry_out(looked, kind, number)
    there = counted(looked)
    overview = looked.page("/")
    assert f"{there['profiles']:,} <small>profiles" in overview
    assert f"{there['subprofiles']:,} <small>subprofiles" in overview
    assert f"<strong>{there['ran']:,}</strong> follow-ups ran" in overview
    assert f"<strong>{there['quiet']:,}</strong> were kept quiet" in overview


def test_the_shops_records_are_counted_whatever_happened(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop.sqlite")
    with closing(shop):
        generate(shop, Plan(customers=3, orders=4, order_rows=5, now=NOW))
        move(shop, NOW, {"seed": 1, "new_customers": 2, "new_orders": 2, "payments": 1})
        customer = shop.newest_id(CUSTOMERS)
        edit.change(shop, CUSTOMERS, customer, {"firstname": "Jo"}, NOW)
        edit.insert(shop, CUSTOMERS, {}, NOW)
        edit.delete(shop, CUSTOMERS, customer)
        for resource in ALL.values():
            there = shop.connection.execute(f"SELECT COUNT(*) FROM {resource.name}").fetchone()[0]  # noqa: S608  # declared names
            assert shop.count(resource) == there, resource.name
        assert shop.count(CUSTOMERS) == 3 + 2


def test_follow_ups_are_listed_by_what_is_asked(looked: Looked) -> None:
    looked.imported([{"email": f"{number}@example.com"} for number in range(60)])
    looked.made("database/1/profiles", {"fields": {"email": "b@example.com"}})
    assert "1 to 50 of 60" in looked.page("/campaigns?trigger=profile%20created&route=import")
    assert "1 to 50 of 61" in looked.page("/campaigns?trigger=profile%20created")
    by_call = looked.page("/campaigns?route=post&runs=yes")
    assert by_call.count('<td data-label="How">by a call of its own (POST)') == 2, (
        "the line by trigger, and the one found"
    )
    assert "None." in looked.page("/campaigns?trigger=subprofile%20removed")


def test_calls_are_counted_apart_from_requests(looked: Looked) -> None:
    def counted(kind: str) -> list[str]:
        page = looked.page("/requests")
        row = re.search(rf'<tr[^>]*><th scope="row"><a href="/requests\?kind={kind}#list">.*?</tr>', page)
        assert row is not None
        return re.findall(r'<td class="num" data-label="[^"]+">([\d,]+)</td>', row[0])

    looked.call("GET", "databases")
    looked.http.get("/copernica/v4/databases")
    assert counted("read") == ["1", "1", "0", "1"], "answered, refused, unanswered, calls"
    assert counted("token") == ["1", "0", "0", "0"]
