"""What records say of consent: it is kept before a STATE leaves, so that no act and no opt-out is lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from target_copernica.consent.model import SOURCE_LENGTH, Event
from target_copernica.errors import SettingsError
from target_copernica.mapping.keys import external_key, fold_email
from target_copernica.mapping.paths import value_at
from target_copernica.mapping.values import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from target_copernica.mapping.model import StreamMap
    from target_copernica.memory.ledger import Ledger

__all__ = ["Acts", "source_of"]

_ENOUGH: Final = 1000


@dataclass(frozen=True, slots=True)
class _Told:
    """What one record says.

    Attributes:
        who: Hash of the address.
        key: Of a subscription, as a source; None for an order.
        act: The act; of a subscription with the time at which it was made.
        confirmed_at: When a subscription was confirmed, if it was just now.
        number: Of the record, to be settled when this is kept; None where others settle it.
    """

    who: str
    key: str | None
    act: Event
    confirmed_at: datetime | None
    number: int | None


@dataclass(slots=True)
class Acts:
    """Takes what records say of consent.

    Attributes:
        ledger: Keeps it.
        checkout_counts: Whether a box ticked at the checkout is an act.
        max_optouts: So many subscriptions may be gone at once (or one in a hundred, if that is more).
        now: The server's time.
        settled: Called with the number of each record that has found its place.
    """

    ledger: Ledger
    checkout_counts: bool
    max_optouts: int
    now: Callable[[], datetime]
    settled: Callable[[int], None]
    _told: list[_Told] = field(default_factory=list)
    _shops: set[str] = field(default_factory=set)
    _began: str = ""

    def take(self, stream: StreamMap, record: Mapping[str, Any], number: int | None) -> None:
        """Take a record of a stream that tells who wants mail.

        Args:
            stream: Its mapping.
            record: As the tap sent it.
            number: Its number, if it says nothing else.
        """
        act = stream.act
        assert act is not None  # noqa: S101 - the caller asked
        source = source_of(act.kind, value_at(record, act.id))
        if len(stream.key) > 1:
            self._shops.add(external_key([value_at(record, stream.key[0])]))
        if stream.lists_acts:
            self.ledger.seen(stream.stream, source)
        folded = fold_email(value_at(record, act.email))
        counts = act.ticked is None or (self.checkout_counts and value_at(record, act.ticked) is True)
        if folded is None or not counts:
            if number is not None:
                self.settled(number)
            return
        confirmed = act.confirmed is not None and value_at(record, act.confirmed) is True
        said = Event("act", parse_instant(value_at(record, act.at)), source, act.kind, confirmed)
        changed = parse_instant(value_at(record, act.confirmed_at)) if act.confirmed_at else None
        who = self.ledger.consents.who(folded)
        self._told.append(_Told(who, source if stream.lists_acts else None, said, changed, number))
        if len(self._told) >= _ENOUGH:
            self.flush()

    def flush(self) -> None:
        """Keep what was taken; durable when this returns."""
        told, self._told = self._told, []
        if not told:
            return
        now, said = self.now(), list[tuple[str, Event]]()
        with self.ledger.transaction():
            for one in told:
                said += self._events(one, now)
            self.ledger.consents.hear(said, now.isoformat())
        for one in told:
            if one.number is not None:
                self.settled(one.number)

    def end_of_list(self, stream: str) -> None:
        """A list of subscriptions was read completely: what two runs did not find in it is an opt-out.

        Args:
            stream: Its stream.

        Raises:
            SettingsError: So many are gone that it is rather a cut list, or a right that was lost.
        """
        self.flush()
        consents, now = self.ledger.consents, self.now()
        self._began = self._began or now.isoformat()
        with self.ledger.transaction():
            gone = consents.miss(stream, self._began)
            consents.recalled.claim(self._shops)
            recalled = consents.recalled.miss(stream, self._began)
            most = max(self.max_optouts, consents.count_subscriptions() // 100)
            if (number := len(gone) + len(recalled)) > most:
                raise SettingsError(
                    f"stream {stream}: {number} subscriptions are gone, more than the {most} that "
                    "setting max_optouts allows; if so many opted out, raise it for one run; a list that is "
                    "cut looks the same"
                )
            for key, _ in gone:
                consents.forget_subscription(key)
            for who in recalled:
                consents.recalled.drop(who)
            gone += [("shop:subscription", who) for who in recalled]
            consents.hear(
                [(who, Event("optout", now, key)) for key, who in gone if not consents.is_listed(who)],
                now.isoformat(),
            )

    def _events(self, told: _Told, now: datetime) -> list[tuple[str, Event]]:
        act = told.act
        if told.key is None:
            return [(told.who, act)]
        before, was_open = self.ledger.consents.know_subscription(told.key, told.who, confirmed=act.confirmed)
        if act.confirmed and was_open:
            act = Event("act", told.confirmed_at or now, act.source, act.kind, confirmed=True)
        said = [(told.who, act)]
        if before not in (None, told.who) and not self.ledger.consents.is_listed(
            before
        ):  # the old address has no subscription any more
            said.append((before, Event("optout", now, act.source)))
        return said


def source_of(kind: str, number: object) -> str:
    """Of what record an act is, as far as the field holds it."""
    return f"shop:{kind}:{number}"[:SOURCE_LENGTH]
