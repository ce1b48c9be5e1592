"""How large the shop is, and how its customers and orders spread over the years."""

from array import array
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.shop.dice import Dice
from sandbox.shop.people import person
from sandbox.shop.zone import DEFAULT_ZONE

DEFAULT_SHOP_ID = 300_001
MOST_ROWS = 40
YEARS = 5
SPARSE = 9


@dataclass(frozen=True)
class Plan:
    """What the seeded shop is to be.

    Attributes:
        seed: the same seed, numbers and `now` give the same shop on any machine.
        customers: how many customers, curated ones included.
        orders: how many orders, curated ones included.
        order_rows: how many order rows; between 1 and 40 per order.
        now: all stamps lie before it, most of them within five years.
        zone: name of the time zone that stamps are written in.
        curated: whether the example bodies stand among the records (when there is room for them).
        shop_id: the shop's id.
    """

    seed: int = 1
    customers: int = 500
    orders: int = 1200
    order_rows: int = 3000
    now: datetime = datetime(2026, 11, 2, 9, tzinfo=UTC)
    zone: str = DEFAULT_ZONE
    curated: bool = True
    shop_id: int = DEFAULT_SHOP_ID

    def __post_init__(self) -> None:
        """Refuse what makes no shop."""
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"--zone {self.zone} is no time zone such as Europe/Amsterdam") from None
        if min(self.customers, self.orders, self.order_rows) < 0:
            raise ValueError("--customers, --orders and --order-rows cannot be below 0")
        if self.orders and not self.customers:
            raise ValueError(f"--orders {self.orders} needs at least one customer: raise --customers")
        if not self.orders <= self.order_rows <= MOST_ROWS * self.orders:
            least, most = self.orders, MOST_ROWS * self.orders
            raise ValueError(
                f"--order-rows {self.order_rows} does not fit --orders {self.orders}:"
                f" an order has 1 to {MOST_ROWS} rows, so take {least} to {most}"
            )

    @property
    def span(self) -> tuple[int, int]:
        """First and last moment of generated records, in seconds since the epoch."""
        return int((self.now - timedelta(days=365 * YEARS)).timestamp()), int(self.now.timestamp()) - 1


def row_counts(seed: int, orders: int, rows: int) -> "array[int]":
    """How many rows each order has: 1 to 40, `rows` in all; one order has 40 where there is room for it."""
    counts = array("B")
    dice = Dice(seed, "rows")
    for index in range(orders):
        left = orders - index - 1
        mean = rows / (left + 1)
        if index == orders // 3 and mean > 1 and rows - MOST_ROWS >= left:
            drawn = MOST_ROWS
        else:
            drawn = 1 + int((mean - 1) * 2 * dice.fraction() * (0.5 + dice.fraction()) + dice.fraction())
        # What follows must be able to hold the rest.
        drawn = max(1, rows - MOST_ROWS * left, min(drawn, MOST_ROWS, rows - left))
        counts.append(drawn)
        rows -= drawn
    return counts


@dataclass(frozen=True)
class Assignment:
    """Who ordered when. Arrays, so that a million customers fit into little memory; times as seconds.

    Attributes:
        registered: per customer, the moment of the record's creation.
        last_order: per customer, the moment of the newest order; 0 without one.
        ordered: per order, its moment.
        buyer: per order, the number of its customer.
        first: per order, 1 when it is the customer's first.
    """

    registered: "array[int]"
    last_order: "array[int]"
    ordered: "array[int]"
    buyer: "array[int]"
    first: "array[int]"


def assign(seed: int, customers: int, orders: int, span: tuple[int, int]) -> Assignment:
    """Spread customers and orders over `span`, both in the order of time, newer customers buying more."""
    start, end = span
    dice = Dice(seed, "assignment")

    def moments(count: int, last: int) -> "array[int]":
        return array("q", (start + int((last - start) * (i + dice.fraction()) / count) for i in range(count)))

    registered = moments(customers, end - (end - start) // 50)
    if customers:
        registered[0] = start
    ordered = moments(orders, end)
    last_order = array("q", bytes(8 * customers))
    buyer, first = array("q"), array("B")
    known = 0
    for moment in ordered:
        while known < customers and registered[known] <= moment:
            known += 1
        chosen = _buyer(seed, dice, max(known, 1), last_order)
        buyer.append(chosen)
        first.append(last_order[chosen] == 0)
        last_order[chosen] = moment
    return Assignment(registered, last_order, ordered, buyer, first)


def _buyer(seed: int, dice: Dice, known: int, last_order: "array[int]") -> int:
    """One of the `known` customers: rather a newer one; never every ninth; a guest once if it can be."""
    chosen = 0
    for _ in range(4):
        chosen = known - 1 - int(known * dice.fraction() ** 2)
        if chosen % SPARSE == SPARSE // 2:
            chosen -= 1
        if not last_order[chosen] or not person(seed, chosen).guest:
            break
    return chosen
