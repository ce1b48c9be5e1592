"""A shop with carts, and what the tap emitted for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap.imagined import Copy, Shop, link

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["DAY", "HOUR", "Carts", "line"]

SELECT = ["orders", "carts"]
HOUR = 3_600
DAY = 24 * HOUR


class Told(Copy):
    """Remembers each record of a cart, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[int, str, str | None]] = []

    def _take(self, name: str, record: dict[str, Any]) -> None:
        super()._take(name, record)
        if name == "carts":
            self.told.append((record["id"], record["state"], record["closed"]))


class Carts(Shop):
    """A shop with carts, two customers with one address, and one without."""

    def __init__(self) -> None:
        super().__init__()
        self.people = [
            self.make("customers", email=email) for email in ("A@x.nl", " a@X.nl", "b@x.nl", False)
        ]
        self.copy = Told()
        self.moved: dict[int, datetime] = {}
        self.pass_time(60)
        self.run()

    def run(self, *more: str, **settings: Any) -> list[str]:
        """One run; the paths that were asked for."""
        self.copy.read(self, [*SELECT, *more], **settings)
        return sorted(path for path, _ in self.asked)

    def cart(self, who: int | None = 0, value: float = 10.0) -> int:
        customer = link(None if who is None else self.people[who])
        number = self.make("quotes", customer=customer, priceIncl=value, productsQuantity=1)
        self.moved[number] = self.clock
        return number

    def fill(self, cart: int, value: float) -> None:
        self.change("quotes", cart, priceIncl=value)
        self.moved[cart] = self.clock

    def buy(self, who: int | None, *, cart: int | None = None, email: object = None) -> int:
        customer = link(None if who is None else self.people[who])
        known = None if who is None else self.held["customers"][self.people[who]]["email"]
        return self.make("orders", customer=customer, quote=link(cart), email=email or known, status="new")

    def state(self, cart: int) -> tuple[str, str | None] | None:
        row = self.copy.rows.get("carts", {}).get(cart)
        return None if row is None else (row["state"], row["closed"])


def line(number: int, quantity: float, **fields: Any) -> dict[str, Any]:
    """A line of a cart in the form of the API."""
    return {"id": number, "quantity": quantity, "productTitle": f"Plant {number}", **fields}
