"""The consent fields of profiles: decided in batches, and raised only after reading.

These fields are in no record; the target works them out with `consent.rules`. Lowering needs no reading.
Before anything is raised, the target asks Copernica who opted out there, and reads the current values of the
profiles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from target_copernica.consent.model import (
    EMPTY,
    NO,
    OTHER,
    ROLES,
    YES,
    Event,
    Fields,
    History,
    rank,
    strictest,
)
from target_copernica.consent.rules import Case, decide
from target_copernica.mapping.keys import fold_email
from target_copernica.mapping.model import STAMP, Fragment
from target_copernica.mapping.values import Column, convert, parse_instant
from target_copernica.memory.consents import CONSENT_STREAM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from target_copernica.account.optouts import OptOuts
    from target_copernica.account.structure import Place
    from target_copernica.consent.rules import ConsentChoices, Decision
    from target_copernica.memory.ledger import Ledger
    from target_copernica.writing.pending import PendingWrite
    from target_copernica.writing.plan import Plan

__all__ = ["Consenting", "Known", "consent_values"]

_TIMES: Final = frozenset({"newsletter_since", "optin_at", "optin_confirmed_at", "optout_at"})
_DATETIME: Final = Column("empty_datetime")


@dataclass(frozen=True, slots=True)
class Known:
    """How a database keeps consent.

    Attributes:
        names: Names of its fields in Copernica, by role; fields that do not exist are left out.
        choices: How the field `newsletter` spells each of our values; values it cannot hold are left out.
        rules: The choices made in the settings.
    """

    names: Mapping[str, str]
    choices: Mapping[str, str]
    rules: ConsentChoices

    def named(self, values: Mapping[str, str]) -> dict[str, str]:
        """Turn values by role into values by field name."""
        return {self.names[role]: value for role, value in values.items() if role in self.names}

    def value_of(self, text: str) -> str:
        """Our value for a value in Copernica; one that is not ours counts as empty."""
        return next((ours for ours, theirs in self.choices.items() if theirs == text), EMPTY)


@dataclass(slots=True)
class Consenting:
    """Decides which consent fields must be written.

    Attributes:
        ledger: Keeps what is known.
        read: Reads the fields of profiles (id -> key); returns them by key, without profiles that are gone.
        optouts: Asks Copernica who opted out.
        places: Databases with consent fields, by the ledger's names.
        zone: The zone of Copernica's wall clock.
        now: The server's time.
    """

    ledger: Ledger
    read: Callable[[Place, Mapping[int, str]], Mapping[str, Mapping[str, str]]]
    optouts: OptOuts
    places: Mapping[str, Known]
    zone: ZoneInfo
    now: Callable[[], datetime]

    def begin(self) -> None:
        """Ask Copernica who opted out, unless it was asked recently."""
        if self.places:
            self._hear_optouts(only_if_due=True)

    def join(self, place: Place, writes: Iterable[PendingWrite]) -> None:
        """Give a profile that is created, or gets another address, careful consent values for that address.

        It must not keep the consent of its old address. What the new address has by its own record follows
        once everything has been read.
        """
        known, field = self.places.get(place.code), place.email_field
        if known is None or field is None:
            return
        writes = list(writes)
        self._claim_recalled(field, writes)
        moving: list[tuple[PendingWrite, Case]] = []
        unread: dict[int, str] = {}
        for write in writes:
            if field not in (fields := write.fields()):
                continue
            folded = fold_email(fields[field])
            who = self.ledger.consents.who(folded) if folded else None
            entry = self.ledger.entry(place.code, write.key)
            if (entry is not None and entry.removed) or who == (
                before := self.ledger.consents.address_of(place.code, write.key)
            ):
                continue
            case = self._case(place, known, write.key)
            case = replace(case, history=self.ledger.consents.history(who), moved=before is not None)
            if entry is None:
                case = replace(case, written=Fields(newsletter=EMPTY), moved=False)
            elif case.moved and case.held != NO and not entry.in_doubt:
                unread[entry.id] = write.key
            moving.append((write, case))
        # A value that others lowered must not become empty: empty would be looser.
        found = self.read(place, unread) if unread else {}
        for key, values in found.items():
            self._hear_others(place, known, key, values)
        for write, case in moving:
            there = found.get(write.key)
            read = case if there is None else replace(case, there=_fields_of(known, there, self.zone))
            if values := self._careful(known, read):
                write.add(Fragment(CONSENT_STREAM, write.key, values))

    def due(self, place: Place) -> list[tuple[Fragment, datetime | None]]:
        """What has to be written in a database.

        Args:
            place: The database.

        Returns:
            A fragment for each profile with wrong values, with the time of the act that raises it; None if it
            is not raised.
        """
        known = self.places.get(place.code)
        if known is None:
            return []
        consents = self.ledger.consents
        if known.rules.soft_optin:
            consents.make_customers_due(place.code)
        decided: list[tuple[str, Case, Decision]] = []
        unread: dict[int, str] = {}
        for key, moved in consents.due(place.code):
            case = self._case(place, known, key, moved=moved)
            if _is_silent(case):
                consents.done(place.code, key)
                continue
            decision = decide(case)
            entry = self.ledger.entry(place.code, key)
            if not decision.needs_reading:
                decided.append((key, case, decision))
            elif entry is not None and not entry.in_doubt:
                unread[entry.id] = key
        decided += self._after_reading(place, known, unread)
        return [fragment for one in decided if (fragment := self._to_write(place, known, *one)) is not None]

    def explained(self, place: Place, key: str, fields: Mapping[str, str]) -> tuple[str, str, str]:
        """Why a profile has its consent values.

        Args:
            place: Its database.
            key: Its key.
            fields: Its current values.

        Returns:
            Whether it may be mailed, what the shop says, and the name of the rule that decides.
        """
        known = self.places[place.code]
        there = _fields_of(known, fields, self.zone)
        case = self._case(place, known, key, there=there)
        return there.newsletter or EMPTY, case.history.shop, decide(case).rule

    def note_carried(self, write: PendingWrite, plan: Plan) -> None:
        """Record that a write was carried out, with its consent values.

        Args:
            write: The write.
            plan: Its plan.
        """
        for said in plan.said:
            if said.stream == CONSENT_STREAM:
                for fragment in said.changed:
                    self.note(write.place.code, write.key, fragment.fields)

    def note(self, place: str, key: str, fields: Mapping[str, str]) -> None:
        """Record that these consent values are in Copernica.

        Args:
            place: The ledger's name of the database.
            key: Of the profile.
            fields: Values by the names of the fields.
        """
        if (known := self.places.get(place)) is not None:
            roles = {name: role for role, name in known.names.items()}
            values = {roles[name]: value for name, value in fields.items() if name in roles}
            consents = self.ledger.consents
            consents.note_written(place, key, consents.address_of(place, key), values)

    # Inside ---------------------------------------------------------------------------------

    def _claim_recalled(self, field: str, writes: Iterable[PendingWrite]) -> None:
        """Records tell whose people these are, and which addresses were not edited by hand."""
        consents = self.ledger.consents
        if consents.recalled:
            said = {folded for write in writes if (folded := fold_email(write.fields().get(field)))}
            with self.ledger.transaction():
                consents.recalled.claim({write.key.partition(":")[0] for write in writes})
                consents.recalled.confirm(map(consents.who, said))

    def _after_reading(
        self, place: Place, known: Known, unread: Mapping[int, str]
    ) -> list[tuple[str, Case, Decision]]:
        """Decide about profiles that must be read first."""
        if not unread:
            return []
        may_raise = self._hear_optouts()
        found = self.read(place, unread)
        for key, fields in found.items():
            self._hear_others(place, known, key, fields)
        decided = []
        moved = dict(self.ledger.consents.due(place.code))
        for key, fields in found.items():
            there = _fields_of(known, fields, self.zone)
            case = self._case(place, known, key, moved=moved.get(key, False), there=there)
            decision = decide(case)
            if may_raise or not _is_raise(case, decision):  # else it stays due
                decided.append((key, case, decision))
        return decided

    def _hear_others(self, place: Place, known: Known, key: str, fields: Mapping[str, str]) -> None:
        """Record as an event what others set in Copernica."""
        consents, now = self.ledger.consents, self.now()
        there = _fields_of(known, fields, self.zone)
        who = consents.address_of(place.code, key)
        written = consents.written(place.code, key)
        if who is None or there.newsletter is None:
            return
        case = self._case(place, known, key, there=there)
        said: list[tuple[str, Event]] = []
        if written is None and there.optout_at is not None:  # our own proof: the ledger was lost
            said.append((who, Event("optout", there.optout_at, OTHER)))
        if there.newsletter == NO != case.ours:
            said.append((who, Event("optout", now, OTHER)))
        elif there.newsletter == YES and written is not None and not case.moved and case.ours != YES:
            said.append((who, Event("act", now, OTHER, "other", confirmed=True)))
        consents.hear(said, now.isoformat())

    def _hear_optouts(self, *, only_if_due: bool = False) -> bool:
        """Ask Copernica who opted out there; whether it answered."""
        return self.optouts.look(only_if_due=only_if_due)

    def _case(
        self, place: Place, known: Known, key: str, *, moved: bool = False, there: Fields | None = None
    ) -> Case:
        """What is known about a profile with its current address."""
        consents = self.ledger.consents
        who, written = consents.address_of(place.code, key), consents.written(place.code, key)
        entry = self.ledger.entry(place.code, key)
        return Case(
            consents.history(who),
            self.now(),
            known.rules,
            written=None if written is None else _fields_of(known, known.named(written[1]), self.zone),
            there=there,
            moved=moved if written is None else written[0] != who,
            is_first=consents.is_first(place.code, key),
            is_customer=known.rules.soft_optin and consents.is_customer(key),
            is_removed=entry is not None and entry.removed,
        )

    def _careful(self, known: Known, case: Case) -> dict[str, str]:
        """The values for an address that was not looked up yet: never looser than empty."""
        fields = decide(case).fields
        value = strictest(fields.newsletter or EMPTY, EMPTY)
        if (case.held is None and value != NO) or (not case.moved and case.history == History()):
            return {}
        if value != fields.newsletter:
            fields = Fields(value, fields.newsletter_shop, newsletter_source=EMPTY, mail_basis=EMPTY)
        return consent_values(known, fields, self.zone)

    def _to_write(
        self, place: Place, known: Known, key: str, case: Case, decision: Decision
    ) -> tuple[Fragment, datetime | None] | None:
        """What to write for a profile; None if Copernica has all of it already."""
        consents = self.ledger.consents
        values = consent_values(known, decision.fields, self.zone)
        if case.there is None and decision.fields.newsletter == case.held != NO:
            # It was written before. Others may have set a stricter value since, and only reading would show
            # that.
            values.pop(known.names["newsletter"], None)
        before = consents.written(place.code, key)
        stands = known.named(before[1]) if before is not None else {}
        if case.there is not None:
            stands |= dict.fromkeys(known.names.values(), "") | consent_values(known, case.there, self.zone)
        if all(stands.get(name) == value for name, value in values.items()):
            self.note(place.code, key, values)
            consents.done(place.code, key)
            return None
        act = case.history.act
        raised_at = act.at if act is not None and _is_raise(case, decision) else None
        return Fragment(CONSENT_STREAM, key, values), raised_at


def _is_raise(case: Case, decision: Decision) -> bool:
    return rank(decision.fields.newsletter or EMPTY) > rank(case.held or EMPTY)


def _is_silent(case: Case) -> bool:
    """Whether nothing is known: absence is not an act, and the current value was set by others."""
    is_customer = case.choices.soft_optin and case.is_customer
    return case.written is None and case.history == History() and not case.moved and not is_customer


def consent_values(known: Known, fields: Fields, zone: ZoneInfo) -> dict[str, str]:
    """Values by field name in Copernica; what the database cannot hold is left out.

    Args:
        known: How the database keeps consent.
        fields: The values by role.
        zone: The zone of Copernica's wall clock.
    """
    values: dict[str, str] = {}
    for role in ROLES:
        value = getattr(fields, role)
        if (name := known.names.get(role)) is None:
            continue
        if role in _TIMES:
            if value is not None:
                values[name] = convert(value.isoformat(), _DATETIME, zone)
            elif role == "newsletter_since" and fields.newsletter_source == EMPTY:
                values[name] = ""
        elif role == "newsletter":
            if value in known.choices:
                values[name] = known.choices[value]
        elif value is not None:
            values[name] = value
    return values


def _fields_of(known: Known, fields: Mapping[str, str], zone: ZoneInfo) -> Fields:
    """The reverse: the current values, as far as they are known."""
    by_name = {name.lower(): str(value) for name, value in fields.items()}
    texts = {role: by_name[name.lower()] for role, name in known.names.items() if name.lower() in by_name}
    times = {role: _instant(texts.get(role, ""), zone) for role in _TIMES}
    newsletter = texts.get("newsletter")
    return Fields(
        newsletter=None if newsletter is None else known.value_of(newsletter),
        newsletter_shop=texts.get("newsletter_shop"),
        newsletter_source=texts.get("newsletter_source"),
        mail_basis=texts.get("mail_basis"),
        **times,
    )


def _instant(text: str, zone: ZoneInfo) -> datetime | None:
    found = parse_instant(text.replace(" ", "T") + "+00:00") if text else None
    return found.replace(tzinfo=zone) if found else None


def stamp_of(act: datetime | None) -> str:
    """An instant in the form that fragments use."""
    return act.strftime(STAMP) if act is not None else ""
