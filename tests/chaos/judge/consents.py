"""Who subscribed and who opted out in a scenario: no one who opted out may be mailed in the end."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Consents"]

MAILABLE = ("yes", "pending")


@dataclass
class Consents:
    """What was said, by e-mail address.

    Attributes:
        left: Opted out in the shop, without an act since.
        opted_out: Opted out in Copernica, without an act since.
        complained: Complained of a mail, which is for good.
        lowered: Ids of profiles in which a colleague wrote `no`, and their addresses.
        subscribed: How often anyone subscribed.
        times_left: How often an address left the shop's list.
        moved: All addresses of which anything was said.
    """

    left: set[str] = field(default_factory=set)
    opted_out: set[str] = field(default_factory=set)
    complained: set[str] = field(default_factory=set)
    lowered: dict[int, str] = field(default_factory=dict)
    subscribed: int = 0
    times_left: Counter[str] = field(default_factory=Counter)
    moved: set[str] = field(default_factory=set)

    def subscribes(self, address: str) -> None:
        """An explicit act: from now on the address may be mailed, unless it complained."""
        self.subscribed += 1
        self.moved.add(address)
        self.left.discard(address)
        self.opted_out.discard(address)
        self.lowered = {number: of for number, of in self.lowered.items() if of != address}

    def leaves(self, address: str) -> None:
        """It is gone from the shop's list."""
        self.moved.add(address)
        self.left.add(address)
        self.times_left[address] += 1

    def opts_out(self, address: str, *, complains: bool) -> None:
        """By the link in a mail."""
        self.moved.add(address)
        (self.complained if complains else self.opted_out).add(address)

    def lowers(self, profile: int, address: str) -> None:
        """A colleague writes `no`."""
        self.moved.add(address)
        self.lowered[profile] = address

    def lose_database(self) -> None:
        """What stood in the profiles is lost, with the ids by which Copernica lists who opted out."""
        self.opted_out.clear()
        self.complained.clear()
        self.lowered.clear()

    def wrongly_mailable(
        self, profiles: Iterable[dict[str, Any]], folded: Callable[[dict[str, Any]], str]
    ) -> list[str]:
        """A line for each profile that says yes, and must not.

        Args:
            profiles: Those that the pipeline keeps.
            folded: Tells the address of fields.
        """
        out = self.left | self.opted_out | self.complained
        return [
            f"{one['fields']['external_key']} opted out, and newsletter is {one['fields']['newsletter']!r}"
            for one in profiles
            if one["fields"]["newsletter"] in MAILABLE
            and (folded(one["fields"]) in out or int(one["ID"]) in self.lowered)
        ]
