"""Returns, carts and discounts fit to the orders they come from, and move on with them."""

from collections import Counter

from sandbox.shop.money import cents

from .conftest import NOW, Served
from .test_seoshop_forms import kind
from .test_shop_generate import moment
from .test_shop_move import STAMP, record


def test_a_return_names_rows_of_its_order_and_what_they_cost(api: Served) -> None:
    orders = {one["id"]: one for one in api.every("orders")}
    lines = {one["id"]: one for one in api.every("order_products")}
    returns = api.records("returns", limit=250)
    assert len(returns) > 3
    for one in returns:
        order = orders[one["orderId"]]
        assert order["customer"]["resource"]["id"] == one["customerId"]
        assert moment(order["createdAt"]) <= moment(one["createdAt"]) < NOW
        back = [lines[part["id"]] for part in one["orderProducts"]]
        assert {line["orderId"] for line in back} == {one["orderId"]}
        assert [part["quantity"] for part in one["orderProducts"]] == [
            line["quantityReturned"] for line in back
        ]
        assert cents(float(one["priceIncl"])) == sum(cents(line["priceIncl"]) for line in back)
    assert {kind(one["customerComment"]) for one in returns} == {"null", "text"}


def test_what_is_sent_back_is_returned_whole(live: Served) -> None:
    changed = live.admin("shop/move", returns=1)["changed"]
    made = record(live, "returns", *changed["returns"])
    assert made["createdAt"] == STAMP
    assert live.records("returns", limit=1) == [made]
    for line in live.records(f"orders/{made['orderId']}/products"):
        assert line["quantityReturned"] == line["quantityShipped"] > 0


def test_no_order_comes_back_twice(live: Served) -> None:
    for seed in range(8):
        live.admin("shop/move", seed=seed, returns=4)
    orders = [one["orderId"] for one in live.every("returns") if one["createdAt"] == STAMP]
    assert len(orders) == len(set(orders)) == 32


def test_each_order_embeds_the_cart_it_came_from(api: Served) -> None:
    for order in api.records("orders", limit=30):
        link = order["quote"]["resource"]
        cart = api.get(link["url"]).json()["quote"]
        embedded = api.get(f"orders/{order['id']}").json()["order"]["quote"]["resource"]["embedded"]
        assert embedded == cart
        assert cart["priceIncl"] == order["priceIncl"]


def test_carts_that_were_left_are_listed_besides(api: Served) -> None:
    ordered = {one["quote"]["resource"]["id"] for one in api.every("orders")}
    carts = api.every("quotes")
    assert ordered <= {one["id"] for one in carts}
    left = [one for one in carts if one["id"] not in ordered]
    assert left
    assert {one["shipmentId"] for one in left} == {False, ""}
    assert {kind(one["customer"]) for one in left} == {"bool", "object"}
    assert {kind(one["shipmentZipcode"]) for one in left} == {"null", "text"}
    assert not any(one["paymentIsSet"] or one["shipmentIsSet"] for one in left)
    for one in left:
        assert one["products"]["resource"]["url"] == f"quotes/{one['id']}/products"
    assert api.get("quotes/count").json() == {"count": len(carts)}


def test_a_cart_that_changes_is_embedded_as_it_is_now(live: Served) -> None:
    order = live.records("orders", limit=1)[0]
    identifier = order["quote"]["resource"]["id"]
    live.admin("shop/change", resource="quotes", id=identifier, fields={"isLocked": True})
    single = live.get(f"orders/{order['id']}").json()["order"]
    assert single["quote"]["resource"]["embedded"]["isLocked"] is True


def test_a_deleted_cart_is_told_from_its_order(live: Served) -> None:
    order = live.records("orders", limit=1)[0]
    identifier = order["quote"]["resource"]["id"]
    live.admin("shop/delete", resource="quotes", id=identifier)
    assert live.get(f"quotes/{identifier}").status_code == 404
    single = live.get(f"orders/{order['id']}").json()["order"]
    assert single["quote"]["resource"]["embedded"]["id"] == identifier


def test_a_discount_counts_the_orders_that_bear_its_code(api: Served) -> None:
    codes = Counter(one["discountCouponCode"] for one in api.every("orders"))
    discounts = api.records("discounts")
    assert {one["code"]: one["timesUsed"] for one in discounts} == {
        one["code"]: codes[one["code"]] for one in discounts
    }
    assert {"", *(one["code"] for one in discounts)} >= set(codes)
    inside = [one for one in discounts if one["products"]]
    for one in inside:
        product = one["products"][0]
        served = api.get(f"products/{product['id']}").json()["product"]
        assert product.items() <= served.items()
    assert {kind(one["categories"]) for one in discounts} == {"bool", "list"}


def test_a_new_order_uses_its_discount_up(live: Served) -> None:
    def uses() -> int:
        return sum(one["timesUsed"] for one in live.records("discounts"))

    before = uses()
    changed = live.admin("shop/move", new_orders=12)["changed"]
    with_code = [one for one in changed["orders"] if record(live, "orders", one)["discountCouponCode"]]
    assert uses() == before + len(with_code) > before
