"""What the derived fields cost: the size of the order book, memory, and what a night of ageing changes.

    .venv/bin/python benchmarks/derived.py [--orders 1000000] [--customers 50000]

The first part writes a book of so many orders, with those that came back and how long each product lasts,
works all customers out as of two days, and tells size, time and the highest memory. The second ages a shop
of so many customers, with 1.8 orders each over three years, by one night: people who changed, and the
imports of 1,000 rows that carry them. Neither asks a shop for anything.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_seoshop.summaries.derived import Draw, derived
from tap_seoshop.summaries.order_book import OrderBook, day_of, quarter_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = date(2026, 11, 2)
DRAW = Draw(7, "", 10)
ROWS_OF_AN_IMPORT = 1_000
PER_CUSTOMER = 4
NIGHTS = 14
METAFIELD = "lasts_days"


def order(number: int, customer: int, dice: random.Random, days: int) -> dict[str, Any]:
    """An order of the last `days` days, in the form of the API."""
    made = TODAY - timedelta(days=int(dice.random() * days))
    return {
        "id": number,
        "customer": {"resource": {"id": customer}},
        "createdAt": f"{made}T{dice.randrange(24):02}:{dice.randrange(60):02}:00+01:00",
        "priceIncl": round(dice.lognormvariate(4, 0.7), 2),
        "status": "completed",
        "isDiscounted": dice.random() < 0.2,  # noqa: PLR2004  # a fifth
    }


def lines(number: int, dice: random.Random) -> Iterator[dict[str, Any]]:
    """Two lines of an order."""
    for place in range(2):
        yield {
            "id": number * 2 + place,
            "brandTitle": f"Brand {dice.randrange(40)}",
            "articleCode": f"A-{dice.randrange(2_000)}",
            "product": {"resource": {"id": 1_000_000 + dice.randrange(1_500)}},
            "priceIncl": round(dice.lognormvariate(3.2, 0.7), 2),
            "quantityOrdered": 1,
            "quantityReturned": int(dice.random() < 0.05),  # noqa: PLR2004  # one in twenty
        }


def peak() -> float:
    """The highest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def grow(file: Path, orders: int, dice: random.Random) -> OrderBook:
    """A book of so many orders, as a first load writes it; tells what it weighs without lines, and with."""
    book = OrderBook(file, "bench", {}, METAFIELD)
    for customer in range(orders // PER_CUSTOMER):
        book.put("customers", {"id": customer + 1})
    for number in range(orders):
        book.put(
            "orders", order(200_000_000 + number, dice.randrange(orders // PER_CUSTOMER) + 1, dice, 1_500)
        )
    book.commit()
    bare = file.stat().st_size
    for number in range(orders):
        book.put_lines(200_000_000 + number, lines(number, dice))
    book.lasting.want()
    products = book.lasting.unread(0, 0)
    for product in products:
        book.lasting.put(product, product % 90 + 1, 1)
    book.lasting.touch_buyers()
    book.commit()
    print(
        f"{orders:,} orders, {sum(1 for _ in book.turned()):,} of them returned, {len(products):,} products "
        f"that last: {bare / orders:.0f} bytes an order, "
        f"{(file.stat().st_size - bare) / orders / 2:.0f} more for each of its lines"
    )
    return book


def aged(book: OrderBook, today: date) -> tuple[int, int]:
    """People, and those of them who are another on the next day."""
    tomorrow = today + timedelta(days=1)
    old, new = book.freeze(quarter_of(today)), book.freeze(quarter_of(tomorrow))
    people = changed = 0
    for customer in book.customers():
        held = book.orders(customer)
        before = derived(customer, held, old, DRAW, day_of(today))
        people += 1
        changed += derived(customer, held, new, DRAW, day_of(tomorrow)) != before
    return people, changed


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--orders", type=int, default=1_000_000)
    given.add_argument("--customers", type=int, default=50_000)
    asked = given.parse_args()
    dice = random.Random(1)  # noqa: S311  # the same shop each time
    with tempfile.TemporaryDirectory() as folder:
        for orders in (asked.orders // 10, asked.orders):
            began, before = time.process_time(), peak()
            book = grow(Path(folder) / f"{orders}.sqlite", orders, dice)
            grown = time.process_time()
            people, _ = aged(book, TODAY)
            print(
                f"  {grown - began:.0f} CPU-s to write, {time.process_time() - grown:.0f} CPU-s to age "
                f"{people:,} people; memory at most {peak():.0f} MB ({before:.0f} before)"
            )
            book.close()
        book = OrderBook(Path(folder) / "night.sqlite", "bench", {})
        for customer in range(asked.customers):
            book.put("customers", {"id": customer + 1})
        for number in range(int(asked.customers * 1.8)):
            body = order(number + 1, int(asked.customers * dice.random() ** 2) + 1, dice, 1_095)
            book.put("orders", body)
            book.put_lines(number + 1, lines(number + 1, dice))
        nights = [aged(book, TODAY + timedelta(days=night))[1] for night in range(NIGHTS)]
        mean = round(sum(nights) / len(nights))
        print(
            f"{asked.customers:,} customers: {mean:,} people change in a night ({min(nights):,} to "
            f"{max(nights):,}), {ceil(mean / ROWS_OF_AN_IMPORT)} imports to Copernica, no request to the shop"
        )


if __name__ == "__main__":
    main()
