"""What `reconcile` found: figures of both sides by stream and month, differences with their reasons."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HEALING", "Compared", "Difference", "Figures", "Side", "lines"]

HEALING: Final = {
    "removed": "nothing: who was removed in Copernica stays removed (`target: {on_removed: recreate}`)",
    "below removed": "nothing: it belongs to one that was removed",
    "refused": "mend the cause, then `seoshop-copernica exec SHOP -- target-copernica --config=ENV replay`",
    "too new": "the next tick",
    "waiting": "the tick that brings what it belongs to",
    "read at intervals": "a later tick",
    "gone at the source": "nothing: what the shop deletes stays in Copernica (`target: {deletes: ...}`)",
    "changed in Copernica": "`seoshop-copernica reconcile SHOP --heal`",
    "unexplained": "`seoshop-copernica reconcile SHOP --heal`",
}
"""What heals a difference, by its reason."""

_HEALED: Final = ("changed in Copernica", "unexplained")
_EXAMPLES: Final = 3


class Side(msgspec.Struct, frozen=True):
    """What one side has of a stream and month.

    Attributes:
        count: How many.
        sums: Of each field with a fraction, such as `total`.
        fingerprint: Equal where all fields of all records are.
    """

    count: int
    sums: dict[str, str]
    fingerprint: str


class Figures(msgspec.Struct, frozen=True):
    """A stream and month on both sides.

    Attributes:
        stream: Its name.
        month: In which the records were made, `2026-11`; empty where the stream does not say.
        shop: The shop's side.
        copernica: Copernica's side.
        differences: How many records differ, by reason.
        last_read: Whether the shop's side is what was read of it last: its list was not read for this.
    """

    stream: str
    month: str
    shop: Side
    copernica: Side
    differences: dict[str, int]
    last_read: bool = False


class Difference(msgspec.Struct, frozen=True):
    """One record that differs.

    Attributes:
        stream: Its stream.
        key: Its key in Copernica: `shop:id`.
        month: As in `Figures`.
        reason: One of `HEALING`.
        fields: Which fields differ, where both sides have it.
        order: Of a row: id of its order; 0 where it is not known.
    """

    stream: str
    key: str
    month: str
    reason: str
    fields: list[str]
    order: int = 0


class Compared(msgspec.Struct):
    """All that was found.

    Attributes:
        shop: Its name.
        as_of: The moment to which Copernica was to be true.
        figures: By stream and month.
        differences: The first thousand.
        requests: To the shop.
        calls: To Copernica.
        left_out: What is selected and was not compared, and why.
    """

    shop: str
    as_of: str
    figures: list[Figures] = []
    differences: list[Difference] = []
    requests: int = 0
    calls: int = 0
    left_out: dict[str, str] = {}

    def take(self, line: dict[str, Any]) -> None:
        """Take a line of the target's."""
        if "figures" in line:
            self.figures.append(msgspec.convert(line["figures"], Figures))
        elif "difference" in line:
            self.differences.append(msgspec.convert(line["difference"], Difference))
        else:
            self.calls = line.get("calls", self.calls)

    @property
    def reasons(self) -> Counter[str]:
        """How many records differ, by reason."""
        found: Counter[str] = Counter()
        for one in self.figures:
            found.update(one.differences)
        return found

    @property
    def orders(self) -> list[int]:
        """Orders whose rows others changed: healed by reading them again."""
        return sorted({one.order for one in self.differences if one.order and one.reason in _HEALED})

    @property
    def to_heal(self) -> int:
        """How many differ for a reason that `--heal` heals."""
        return sum(self.reasons[reason] for reason in _HEALED)


def lines(found: Compared) -> Iterator[str]:
    """For people: the months that differ, then each reason with what heals it."""
    records = sum(one.shop.count for one in found.figures)
    yield (
        f"{found.shop}: {records} records of the shop compared with Copernica as of {found.as_of}, with "
        f"{found.requests} requests to the shop and {found.calls} calls to Copernica."
    )
    differing = [one for one in found.figures if one.shop != one.copernica]
    yield from (_month(one) for one in differing)
    if before := sorted({one.stream for one in found.figures if one.last_read}):
        yield f"Compared with what was read last, not with the shop: {', '.join(before)}."
    for why in sorted(set(found.left_out.values())):
        names = ", ".join(name for name, said in sorted(found.left_out.items()) if said == why)
        yield f"Not compared: {names}: {why}."
    if not found.reasons:
        yield "Both sides are the same."
    for reason, number in found.reasons.most_common():
        keys = [one.key for one in found.differences if one.reason == reason][:_EXAMPLES]
        yield f"{number} {reason} ({', '.join(keys)}): {HEALING[reason].replace('SHOP', found.shop)}"


def _month(one: Figures) -> str:
    words = [
        f"{one.stream} {one.month}".rstrip()
        + f": {one.shop.count} {'read last' if one.last_read else 'in the shop'}, "
        + f"{one.copernica.count} in Copernica"
    ]
    words += [
        f"{name} {one.shop.sums.get(name, '0')} and {one.copernica.sums.get(name, '0')}"
        for name in sorted({*one.shop.sums, *one.copernica.sums})
        if one.shop.sums.get(name, "0") != one.copernica.sums.get(name, "0")
    ]
    return "; ".join(words)
