"""What the extras bring, from the shop to Copernica over several runs: carts, timeline, returns."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.programs import catalog_of, pipe
from support.sandbox import Sandbox

EXTRAS = ["carts", "cart_products", "order_timeline", "returns"]
STREAMS = {"customers", "orders", "shipments", *EXTRAS}
HOUR = 3_600


class Line:
    """A shop with a handful of customers, joined to Copernica with all extras."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.config = sandbox.tap_config(requests_per_second=900, look_back=60)
        self.catalog = catalog_of(folder, self.config, STREAMS)

    def run(self) -> Counter[str]:
        """One run; what it asked the shop for, ids as N."""
        before = self.sandbox.last()
        target = self.sandbox.target_config(
            self.folder / "state", extras=EXTRAS, missing_sources="ignore", consent="off"
        )
        done = pipe(self.folder, self.config, target, catalog=self.catalog)
        assert (done.tap.code, done.target.code) == (0, 0), done.tap.err[-3000:] + done.target.err[-3000:]
        asked = [one["path"] for one in self.sandbox.requests(before, side="seoshop")]
        steps = [path.removesuffix(".json").split("/") for path in asked]
        return Counter("/".join("N" if one.isdigit() else one for one in found[-2:]) for found in steps)

    def rows(self, collection: str) -> dict[str, dict[str, Any]]:
        return self.sandbox.content()[f"SEOshop/{collection}"]

    def carts(self) -> dict[str, dict[str, Any]]:
        return {key: row for key, row in self.rows("Orders").items() if ":cart:" in key}

    def item(self, key: str) -> tuple[str, ...]:
        """What a row of a cart shows."""
        shown = ("in_cart", "cart_closed", "title", "sku", "quantity", "cart_id", "email")
        return tuple(self.rows("CartItems")[key][name] for name in shown)

    def mailed(self) -> list[str]:
        """Follow-ups that ran: what for, and on which key."""
        return [f"{one['trigger']} {one['key']}" for one in self.sandbox.followups(run=True)]


@pytest.fixture
def line(start_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Line:
    sandbox = start_sandbox(
        customers=6,
        orders=8,
        order_rows=12,
        per_second=1000,
        more=("--import-seconds", "0.1", "--no-curated"),
    )
    return Line(sandbox, tmp_path)


@pytest.mark.slow
def test_a_cart_is_closed_also_where_the_bookmarks_are_lost_and_no_run_follows_for_weeks(line: Line) -> None:
    shop = line.sandbox
    line.run()
    customer = next(one for one in shop.shop("customers") if one["email"])
    link = {"resource": {"id": customer["id"], "url": f"customers/{customer['id']}", "link": "x"}}
    cart = shop.insert("quotes", {"customer": link, "priceIncl": 49.9, "productsQuantity": 2})
    for title in ("Fern", "Moss"):
        shop.insert("quote_products", {"quoteId": cart["id"], "productTitle": title, "quantity": 1})
    shop.clock(advance=HOUR)
    line.run()
    ((key, row),) = line.carts().items()
    assert row["order_state"] == "basket"
    mailed = line.mailed()
    (line.folder / "state.json").unlink()
    shop.insert("quotes", {"customer": link, "priceIncl": 12.5, "productsQuantity": 1})
    shop.clock(advance=20 * 24 * HOUR)
    line.run()
    ((closed, row),) = line.carts().items()
    assert (closed, row["order_state"], row["cart_closed"]) == (key, "cancelled", "given up")
    told = {(row["in_cart"], row["cart_closed"], row["title"]) for row in line.rows("CartItems").values()}
    assert told == {("no", "given up", "Fern"), ("no", "given up", "Moss")}
    assert line.mailed() == mailed


def test_a_cart_is_reminded_of_once_and_the_order_closes_it_and_stands_in_the_timeline(line: Line) -> None:
    shop = line.sandbox
    line.run()
    assert (line.mailed(), line.carts()) == ([], {}), "history"
    history = line.rows("OrderEvents")
    assert {row["event"] for row in history.values()} >= {"ordered", "paid"}
    customer = next(one for one in shop.shop("customers") if one["email"])
    link = {"resource": {"id": customer["id"], "url": f"customers/{customer['id']}", "link": "x"}}
    cart = shop.insert("quotes", {"customer": link, "priceIncl": 49.9, "productsQuantity": 2})
    line_of = {"quoteId": cart["id"], "productTitle": "Fern", "sku": "F-1", "quantity": 2}
    shop_id = shop.status()["shop"]["id"]
    row_key = f"{shop_id}:{cart['id']}:{shop.insert('quote_products', line_of)['id']}"
    key = f"{shop_id}:cart:{cart['id']}"
    lists = Counter(["nl/customers", "nl/orders", "nl/shipments", "nl/invoices", "nl/quotes"])
    shop.clock(advance=HOUR - 300)
    assert line.run() - Counter(["nl/returns"]) == lists
    assert line.carts() == {}
    shop.clock(advance=300)
    assert line.run() - Counter(["nl/returns"]) == lists + Counter(["customers/N", "N/products"])
    assert line.item(row_key) == ("yes", "", "Fern", "F-1", "2", str(cart["id"]), customer["email"])
    row = line.carts()[key]
    assert (row["email"], row["total"], row["cart_closed"]) == (customer["email"], "49.9", "")
    assert row["order_state"] == "basket"
    mailed = line.mailed()
    created = [f"subprofile created {one}" for one in (row_key, key)]
    assert [one for one in mailed if one in created] == created, "a mail on the cart can show its lines"
    shop.clock(advance=HOUR)
    line.run()
    assert line.mailed() == mailed, "once"
    order = shop.insert(
        "orders",
        {
            "customer": link,
            "email": customer["email"],
            "quote": False,
            "status": "new",
            "paymentStatus": "paid",
        },
    )
    shop.clock(advance=60)
    line.run()
    row = line.carts()[key]
    assert (row["order_state"], row["cart_closed"], row["email"]) == (
        "cancelled",
        "ordered",
        customer["email"],
    )
    assert line.item(row_key)[:3] == ("no", "ordered", "Fern")
    new = line.rows("OrderEvents").keys() - history.keys()
    assert new == {f"{shop_id}:{order['id']}-ordered", f"{shop_id}:{order['id']}-paid"}
    assert all(sum(event in one for one in line.mailed()) == 1 for event in new), "one for each event"
    shop.change("orders", order["id"], status="cancelled")
    shop.insert(
        "returns", {"orderId": order["id"], "customerId": customer["id"], "returnReason": "Too small"}
    )
    shop.clock(advance=60)
    line.run()
    events = line.rows("OrderEvents")
    assert {row["event"] for row in events.values() if row["order_id"] == str(order["id"])} == {
        "ordered", "paid", "cancelled", "returned",
    }  # fmt: skip
    (back,) = [row for row in line.rows("Returns").values() if row["order_id"] == str(order["id"])]
    assert back["reason"] == "Too small"
    (line.folder / "state.json").unlink()
    before = line.mailed()
    line.run()
    assert line.rows("OrderEvents") == events, "read again from the beginning, and nothing is told twice"
    assert line.mailed() == before
