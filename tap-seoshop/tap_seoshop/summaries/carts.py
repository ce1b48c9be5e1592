"""When a cart counts as abandoned, and when that ends: pure functions.

A cart is released when nothing in it has changed for `QUIET`, it has a customer with an address and is worth
more than 0, and neither the customer nor the address has ordered since. It is closed by an order, when it is
emptied, and when it has been open for `GIVEN_UP`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct

from tap_seoshop.records.normalize import integer, link_id, moment, number, text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "GIVEN_UP", "QUIET", "Bought", "Cart", "Closed", "Fate", "Purchases", "cart_of", "fate", "folded",
    "line_content", "line_of", "line_record", "may_have_stood", "record_of",
]  # fmt: skip

QUIET: Final = timedelta(minutes=60)
GIVEN_UP: Final = timedelta(days=15)


class Cart(Struct, array_like=True, frozen=True):
    """What is kept of a cart, in the state too: nothing that names a person.

    Attributes:
        id: Its id.
        customer: Id of its customer; None where it has none.
        created: When it was made, as UTC text.
        changed: When it last changed.
        value: Its total with tax, as text.
        pieces: How many pieces are in it, as text.
        address: Keyed hash of the customer's address, once it is known.
        lines: Ids of the lines that were emitted, if lines are wanted.
    """

    id: int
    customer: int | None
    created: str
    changed: str
    value: str
    pieces: str
    address: str | None = None
    lines: tuple[int, ...] = ()

    @property
    def content(self) -> tuple[int | None, str, str]:
        """A cart is released once for each content."""
        return self.customer, self.value, self.pieces

    @property
    def may_stand(self) -> bool:
        """Whether it has a customer and is worth more than 0."""
        return self.customer is not None and (number(self.value) or 0) > 0


class Bought(NamedTuple):
    """An order: when it was made, and its id."""

    at: str
    order: int


class Closed(StrEnum):
    """Why a released cart is no longer open."""

    ORDERED = "ordered"
    EMPTIED = "emptied"
    GIVEN_UP = "given up"
    REMOVED = "removed"
    """For a line only: the buyer took it out."""


class Fate(Enum):
    """What happens to a cart.

    Attributes:
        WAITS: It changed less than `QUIET` ago.
        DUE: It is abandoned, provided that its customer has an address that has not ordered.
        IN_TIME: It was ordered within `QUIET`, so it was never abandoned.
        ORDERED: It was abandoned, and then ordered.
        EMPTIED: It is worth nothing, or has no customer.
        GIVEN_UP: It has been open for too long.
    """

    WAITS = 1
    DUE = 2
    IN_TIME = 3
    ORDERED = 4
    EMPTIED = 5
    GIVEN_UP = 6


def fate(cart: Cart, bought: Bought | None, now: datetime) -> Fate:
    """What happens to a cart.

    Args:
        cart: The cart.
        bought: The first order since; None for none.
        now: The server's time.
    """
    changed = datetime.fromisoformat(cart.changed)
    if bought is not None:
        return Fate.ORDERED if datetime.fromisoformat(bought.at) - changed >= QUIET else Fate.IN_TIME
    if not cart.may_stand:
        return Fate.EMPTIED
    if now - changed >= GIVEN_UP:
        return Fate.GIVEN_UP
    return Fate.DUE if now - changed >= QUIET else Fate.WAITS


def may_have_stood(cart: Cart, bought: Bought | None, now: datetime) -> bool:
    """Whether a cart that has ended may have been released: it existed for at least `QUIET`.

    Args:
        cart: The cart.
        bought: The first order since; None for none.
        now: The server's time.
    """
    if cart.customer is None:
        return False
    if bought is not None:
        end = datetime.fromisoformat(bought.at)
    else:
        end = now if cart.may_stand else datetime.fromisoformat(cart.changed)
    return end - datetime.fromisoformat(cart.created) >= QUIET


class Purchases:
    """Orders, by cart, customer and address."""

    def __init__(self) -> None:
        self._of_quote: defaultdict[int, set[Bought]] = defaultdict(set)
        self._of_customer: defaultdict[int, set[Bought]] = defaultdict(set)
        self._of_address: defaultdict[str, set[Bought]] = defaultdict(set)

    def add(self, raw: Mapping[str, Any], address: str | None) -> None:
        """Add an order.

        Args:
            raw: In the form of the API.
            address: Keyed hash of its address.
        """
        at, order = moment(raw.get("createdAt")), integer(raw.get("id"))
        if at is None or order is None:
            return
        bought = Bought(at, order)
        if (quote := link_id(raw.get("quote"))) is not None:
            self._of_quote[quote].add(bought)
        if (customer := link_id(raw.get("customer"))) is not None:
            self._of_customer[customer].add(bought)
        if address is not None:
            self._of_address[address].add(bought)

    def first(self, cart: Cart) -> Bought | None:
        """The first order made from a cart, or by its customer or address since the cart last changed."""
        found = self._of_customer.get(cart.customer or 0, set()) | self._of_address.get(
            cart.address or "", set()
        )
        since = {bought for bought in found if bought.at >= cart.changed}
        return min(since | self._of_quote.get(cart.id, set()), default=None)


def cart_of(raw: Mapping[str, Any]) -> Cart | None:
    """What is kept of a cart as the API sends it; None if it has no id or no time."""
    cart, changed = integer(raw.get("id")), moment(raw.get("updatedAt"))
    if cart is None or changed is None:
        return None
    made = moment(raw.get("createdAt")) or changed
    value, pieces = number(raw.get("priceIncl")) or 0, number(raw.get("productsQuantity")) or 0
    return Cart(cart, link_id(raw.get("customer")), made, changed, str(value), str(pieces))


def folded(email: object) -> str | None:
    """An address, normalized for comparison; None if there is none."""
    return (text(email) or "").strip().casefold() or None


def record_of(
    cart: Cart,
    closed: Closed | None = None,
    bought: Bought | None = None,
    person: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The record of a cart that was released.

    Args:
        cart: The cart.
        closed: Why it is closed; None while it is open.
        bought: The order that closed it.
        person: The customer, in the form of the API; without one the record has no address.
    """
    record: dict[str, Any] = {
        "id": cart.id,
        "kind": "cart",
        "state": "basket" if closed is None else "cancelled",
        "closed": None if closed is None else str(closed),
        "stateAt": max(cart.changed, bought.at) if bought else cart.changed,
        "orderId": bought.order if bought else None,
        "customerId": cart.customer,
        "createdAt": cart.created,
        "updatedAt": cart.changed,
        "priceIncl": number(cart.value),
        "productsQuantity": number(cart.pieces),
    }
    if person is not None:
        record |= {name: text(person.get(name)) or None for name in ("email", "firstname", "lastname")}
    return record


def line_of(raw: Mapping[str, Any]) -> int | None:
    """Id of a cart's line as the API sends it; the id of its variant if it has none."""
    return integer(raw.get("id")) or link_id(raw.get("variant"))


def line_record(
    cart: Cart, line: int, closed: Closed | None = None, bought: Bought | None = None
) -> dict[str, Any]:
    """The record of a line of a cart, without the content of the line.

    Args:
        cart: The cart.
        line: Id of the line.
        closed: Why it is no longer in the cart; None while it is.
        bought: The order that closed the cart.
    """
    of_cart = record_of(cart, closed, bought)
    told = {name: of_cart[name] for name in ("state", "closed", "stateAt", "customerId")}
    return {"id": line, "cartId": cart.id, **told}


def line_content(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a line as the API sends it, for fields that the tap names differently.

    The API's form is not documented (`docs/api/seoshop.md`, section 4): an order's line has
    `quantityOrdered`.
    """
    pieces, variant = number(raw.get("quantity")), link_id(raw.get("variant"))
    return {
        "quantity": number(raw.get("quantityOrdered")) if pieces is None else pieces,
        "code": text(raw.get("sku")) or text(raw.get("articleCode")) or (str(variant) if variant else None),
    }
