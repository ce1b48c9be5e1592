"""What a buyer did to lines of a cart, as the events API names it (docs/api/copernica.md, section 13b)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from target_copernica.mapping.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_copernica.mapping.model import CartLineMap
    from target_copernica.memory.api_events import CartLine

__all__ = ["CART_ADD", "CART_REMOVE", "Told", "acts", "told_by"]

CART_ADD: Final = "webshop/cart/add"
CART_REMOVE: Final = "webshop/cart/remove"


class Told(NamedTuple):
    """What a record tells of a line.

    Attributes:
        cart: Id of the cart.
        sku: What names the article; empty where the record does not say.
        pieces: How many are in the cart; 0 where the buyer took the line out.
    """

    cart: str
    sku: str
    pieces: float


def told_by(mapped: CartLineMap, record: Mapping[str, Any]) -> Told | None:
    """What a record tells of a line; None where the line is over without an act of the buyer in the cart.

    Args:
        mapped: How records of this stream tell of lines.
        record: As the tap sent it.
    """
    gone = value_at(record, mapped.gone)
    is_gone = isinstance(gone, str) and bool(gone)
    if is_gone and gone not in mapped.taken:
        return None
    cart, sku, count = (value_at(record, path) for path in (mapped.cart, mapped.sku, mapped.count))
    if not isinstance(cart, int | str):
        return None
    has_count = isinstance(count, int | float | Decimal) and not isinstance(count, bool)
    pieces = float(count) if has_count and not is_gone else 0.0
    return Told(str(cart), sku if isinstance(sku, str) else "", pieces)


def acts(before: CartLine | None, now: Told) -> Iterator[tuple[str, dict[str, Any]]]:
    """Events that lead from what was told of a line to what is in the cart now.

    An event `add` says how many pieces came, and `remove` takes out all of an article: so fewer pieces are
    a removal, and an addition of those that stayed.

    Args:
        before: What was told last; None for nothing.
        now: What is in the cart.

    Yields:
        The event, and its attributes without the address.
    """
    had, sku = (before.pieces, now.sku or before.sku) if before is not None else (0.0, now.sku)
    line = {"id": now.cart, "sku": sku}
    if now.pieces < had:
        yield CART_REMOVE, {**line, "quantity": _plain(now.pieces)}
        had = 0.0
    if now.pieces > had:
        yield CART_ADD, {**line, "count": _plain(now.pieces - had), "quantity": _plain(now.pieces)}


def _plain(count: float) -> float | int:
    return int(count) if count == int(count) else count
