"""Everything that a shop holds is in Copernica, field by field; live changes cost their own calls only."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from support.expected import Shop, differences
from support.programs import pipe
from support.sandbox import Sandbox

IGNORED = frozenset({"position"})  # its place in the answer: shown by a test of its own


@pytest.fixture
def shop(start_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A shop of some size, with the curated examples in it."""
    return start_sandbox(
        customers=60, orders=120, order_rows=320, per_second=1000, more=("--import-seconds", "0.2")
    )


def sync(sandbox: Sandbox, folder: Path, **target: object) -> None:
    """One run of tap and target in a plain pipe."""
    fast = sandbox.tap_config(requests_per_second=900)
    done = pipe(folder, fast, sandbox.target_config(folder / "state", **target))
    assert (done.tap.code, done.target.code) == (0, 0), done.tap.err[-3000:] + done.target.err[-3000:]


def assert_equal(sandbox: Sandbox) -> None:
    """Copernica holds what the shop holds."""
    shop, content = Shop(sandbox), sandbox.content()
    assert differences(shop.people(), content["SEOshop"]) == []
    assert differences(shop.order_fields(), content["SEOshop/Orders"]) == []
    assert differences(shop.rows(), content["SEOshop/OrderItems"], IGNORED) == []
    assert differences(shop.products(), content["SEOshop_products"]) == []
    assert differences(shop.variants(), content["SEOshop_products/Variants"]) == []


def test_every_field_equals_the_shops_and_history_mails_nobody(shop: Sandbox, tmp_path: Path) -> None:
    sync(shop, tmp_path)
    assert_equal(shop)
    assert shop.followups(run=True) == []
    people = shop.content()["SEOshop"]
    newsletters = Shop(shop).newsletters()
    assert {one["newsletter"] for one in newsletters.values()} == {"yes", ""}
    for key, fields in newsletters.items():
        assert {name: people[key][name] for name in fields} == fields


def test_rows_keep_the_place_they_have_in_the_shops_answer(shop: Sandbox, tmp_path: Path) -> None:
    sync(shop, tmp_path)
    places: dict[str, list[str]] = {}
    for row in shop.shop("order_products"):
        places.setdefault(str(row["orderId"]), []).append(str(row["id"]))
    found: dict[str, dict[int, str]] = {}
    for fields in shop.content()["SEOshop/OrderItems"].values():
        found.setdefault(fields["order_id"], {})[int(fields["position"])] = fields["item_id"]
    assert {order: [rows[place] for place in sorted(rows)] for order, rows in found.items()} == places


def test_lite_has_its_fields_equal_and_no_other(shop: Sandbox, tmp_path: Path) -> None:
    sync(shop, tmp_path, preset="seoshop-lite")
    told = Shop(shop)
    expected = {told.key(body["id"]): told.lite(body) for body in told.customers}
    assert differences(expected, shop.content()["SEOshop"]) == []
    assert list(shop.content()) == ["SEOshop"]


def test_an_unchanged_run_writes_nothing_and_asks_almost_nothing(shop: Sandbox, tmp_path: Path) -> None:
    sync(shop, tmp_path)
    before = shop.last()
    sync(shop, tmp_path)
    asked = [(one["side"], one["method"], one["path"].rsplit("/", 1)[-1]) for one in shop.requests(before)]
    # The six lists of what changed; and once the returns, to learn that they are not filtered by time.
    assert Counter(side for side, _, _ in asked) == {"seoshop": 7, "copernica": 2, "copernica_token": 1}, (
        asked
    )
    assert {method for side, method, _ in asked if side != "copernica_token"} == {"GET"}


def test_the_shop_moves_on_and_copernica_follows(shop: Sandbox, tmp_path: Path) -> None:
    sync(shop, tmp_path)
    for seed in range(3):
        shop.clock(advance=300)
        shop.move(
            seed=seed, new_customers=2, new_guests=1, new_orders=3, payments=2, shipments=2,
            address_changes=2, email_changes=1, credit_notes=1, group_joins=1, group_leaves=1,
        )  # fmt: skip
        shop.clock(advance=86400 if seed == 1 else 60)  # once a day the full lists are due
        sync(shop, tmp_path)
    shop.clock(advance=86400)
    order, followups = come_back(shop), len(shop.followups(run=True))
    sync(shop, tmp_path)
    assert_equal(shop)
    assert shop.content()["SEOshop/Orders"][order]["order_state"] == "returned"
    assert len(shop.followups(run=True)) == followups


def come_back(shop: Sandbox) -> str:
    """Refund every piece of a complete order, which itself stays as it is; the order's key."""
    order = next(one for one in shop.shop("orders") if one["status"] == "completed_shipped")
    for row in shop.shop("order_products"):
        if row["orderId"] == order["id"]:
            shop.change("order_products", row["id"], quantityRefunded=row["quantityOrdered"])
    paid = {name: order[name] for name in ("customer", "priceIncl")}
    shop.insert("invoices", {**paid, "order": {"resource": {"id": order["id"]}}, "isCreditNote": True})
    return Shop(shop).key(order["id"])


def test_live_changes_set_off_their_own_follow_ups_and_cost_their_own_calls(
    shop: Sandbox, tmp_path: Path
) -> None:
    sync(shop, tmp_path)
    shop.clock(advance=300)
    before, since = shop.last(), len(shop.followups())
    changed = shop.move(seed=5, new_orders=1)
    rows = [row for row in shop.shop("order_products") if row["orderId"] in changed["orders"]]
    sync(shop, tmp_path)
    ran = Counter(one["trigger"] for one in shop.followups()[since:] if one["runs"])
    # Stock is sold, too: products and variants change.
    goods = {name: len(changed[name]) for name in ("products", "variants")}
    assert ran == {
        "profile changed": 1 + goods["products"],
        "subprofile created": 1 + len(rows),
        "subprofile changed": goods["variants"],
    }
    writes = [one for one in shop.requests(before, side="copernica") if one["method"] in ("POST", "PUT")]
    imports = 1  # of what was derived from the order, which runs no follow-up
    assert len(writes) == 2 + len(rows) + sum(goods.values()) + imports
    assert_equal(shop)


def test_a_paid_order_is_one_change(shop: Sandbox, tmp_path: Path) -> None:
    sync(shop, tmp_path)
    shop.clock(advance=300)
    since = len(shop.followups())
    shop.move(seed=6, payments=1)
    sync(shop, tmp_path)
    ran = Counter(one["trigger"] for one in shop.followups()[since:] if one["runs"])
    assert ran["subprofile changed"] == 1
    assert ran.keys() <= {"subprofile changed", "profile changed"}
    assert_equal(shop)


def test_a_changed_address_and_a_changed_e_mail_are_their_own_changes(shop: Sandbox, tmp_path: Path) -> None:
    sync(shop, tmp_path)
    shop.clock(advance=300)
    before, since = shop.last(), len(shop.followups())
    newest = max(shop.shop("orders"), key=lambda order: str(order["createdAt"]))
    shop.change("orders", newest["id"], addressBillingCity="Ons Dorp")
    person = newest["customer"]["resource"]["id"]
    shop.change("customers", person, email="someone.else@example.com")
    sync(shop, tmp_path)
    ran = Counter(one["trigger"] for one in shop.followups()[since:] if one["runs"])
    assert ran == {"subprofile changed": 1, "profile changed": 1}
    writes = [one["method"] for one in shop.requests(before, side="copernica") if one["method"] != "GET"]
    assert writes == ["PUT", "PUT"]
    key = Shop(shop).key(person)
    assert shop.content()["SEOshop"][key]["billing_city"] == "Ons Dorp"
    assert_equal(shop)
