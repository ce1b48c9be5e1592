"""Money in whole cents, and the JSON numbers the API makes of it."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal(1)
UNIT_PRICE = Decimal("0.0001")


def number(cents: int) -> int | float:
    """Cents as the API's number: 4200 is 42, 4795 is 47.95."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def cents(value: float) -> int:
    """The API's number as cents."""
    return int((Decimal(str(value)) * 100).quantize(CENT, ROUND_HALF_UP))


def without_tax(incl: int, rate: Decimal) -> int:
    """Cents without the tax that `incl` contains; `rate` is a fraction."""
    return int((incl / (1 + rate)).quantize(CENT, ROUND_HALF_UP))


def unit_without_tax(incl: int, rate: Decimal) -> int | float:
    """A unit price without tax, which the API keeps to four decimals."""
    price = (Decimal(incl) / 100 / (1 + rate)).quantize(UNIT_PRICE, ROUND_HALF_UP)
    return int(price) if price == int(price) else float(price)
