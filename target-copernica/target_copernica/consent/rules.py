"""The rules: what a profile's consent fields are to hold.

Each rule caps the value of `newsletter`: it says how loose it may be at most, and the strictest cap counts.
So no rule can raise anything, whatever the order, and a rule more can only make it stricter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from target_copernica.consent.model import (
    EMPTY,
    NO,
    OTHER,
    PENDING,
    YES,
    Fields,
    History,
    rank,
    strictest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["DOUBT", "RULES", "Case", "ConsentChoices", "Decision", "Rule", "decide"]

DOUBT: Final = timedelta(minutes=10)
"""Times that are less apart do not tell which came first: clocks differ."""


@dataclass(frozen=True, slots=True)
class ConsentChoices:
    """What the settings say.

    Attributes:
        raises: Whether anything may be raised (`consent: ratchet`).
        require_confirmed: Whether only a confirmed address may be mailed.
        checkout_counts: Whether a box ticked at the checkout is an act.
        soft_optin: Whether customers who said nothing have a basis of their own.
    """

    raises: bool = True
    require_confirmed: bool = False
    checkout_counts: bool = False
    soft_optin: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One profile, and all that is known of it.

    Attributes:
        history: Of its address.
        now: The server's time.
        choices: What the settings say.
        written: What was written to it last; None where that is not known.
        there: What Copernica holds just now; None where it was not read.
        moved: Whether it got another address than the one that `written` speaks of.
        is_first: Whether it is the one profile of its address that may be raised.
        is_customer: Whether it has bought something.
        is_removed: Whether it was removed in Copernica, or on request.
    """

    history: History
    now: datetime
    choices: ConsentChoices = field(default_factory=ConsentChoices)
    written: Fields | None = None
    there: Fields | None = None
    moved: bool = False
    is_first: bool = True
    is_customer: bool = False
    is_removed: bool = False

    @property
    def held(self) -> str | None:
        """The value that stands there, as far as it is known."""
        for known in (self.there, self.written):
            if known is not None and known.newsletter is not None:
                return known.newsletter
        return None

    @property
    def ours(self) -> str:
        """The value that we wrote last; in a lost ledger as far as what stands there tells."""
        if self.written is not None and self.written.newsletter is not None:
            return self.written.newsletter
        there = self.there
        is_ours = (
            there is not None
            and there.optout_at is not None
            and there.newsletter_since is not None
            and there.optout_at >= there.newsletter_since
        )
        return NO if is_ours else EMPTY

    @property
    def floor(self) -> str:
        """What may stay at most where nothing may be raised."""
        return EMPTY if self.held is None else self.held


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason for holding back.

    Attributes:
        number: Of the rule in docs/consent.md.
        name: What a report calls it.
        cap: How loose the value may be at most; None where the rule does not concern the case.
    """

    number: int
    name: str
    cap: Callable[[Case], str | None]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to stand there.

    Attributes:
        fields: The values; None is not to be written.
        rule: Name of the rule that decided.
        needs_reading: Whether it must not be carried out before Copernica's own value was read.
    """

    fields: Fields
    rule: str
    needs_reading: bool = False


def _opted_out(case: Case) -> str | None:
    """An opt-out that no later act follows."""
    act, optout = case.history.act, case.history.optout
    if optout is None:
        return None
    if act is None:
        return NO
    return NO if act.at is not None and optout.at is not None and act.at <= optout.at else None


def _not_confirmed(case: Case) -> str | None:
    act = case.history.act
    return PENDING if case.choices.require_confirmed and act is not None and not act.confirmed else None


def _checkout(case: Case) -> str | None:
    act = case.history.act
    is_tick = act is not None and act.kind == "order" and not case.choices.checkout_counts
    return case.floor if is_tick else None


def _absent(case: Case) -> str | None:
    return case.floor if case.history.act is None else None


def _older(case: Case) -> str | None:
    """The act is older than what stands there: a resync, a lost ledger, a backfill, an adoption."""
    act, there = case.history.act, case.there or case.written
    if act is None or act.at is None or there is None:
        return None
    since = max(filter(None, (there.newsletter_since, there.optout_at)), default=None)
    return case.floor if since is not None and act.at < since else None


def _set_by_others(case: Case) -> str | None:
    """Others set a stricter value than ours."""
    if case.there is None or case.there.newsletter is None:
        return None
    return case.there.newsletter if rank(case.there.newsletter) < rank(case.ours) else None


def _in_doubt(case: Case) -> str | None:
    """It cannot be told which came first, or when the act was."""
    act, optout = case.history.act, case.history.optout
    if act is None:
        return None
    in_doubt = act.at is None or act.at > case.now + DOUBT
    if optout is None:
        return case.floor if in_doubt else None
    if in_doubt or optout.at is None or act.at is None or abs(act.at - optout.at) < DOUBT:
        return NO
    return None


def _moved(case: Case) -> str | None:
    return strictest(EMPTY, case.floor) if case.moved and case.history.act is None else None


def _shared(case: Case) -> str | None:
    return None if case.is_first else case.floor


def _complained(case: Case) -> str | None:
    return NO if case.history.complaint is not None else None


def _may_not_raise(case: Case) -> str | None:
    return None if case.choices.raises else case.floor


def _removed(case: Case) -> str | None:
    return NO if case.is_removed else None


RULES: Final = (
    Rule(9, "removed", _removed),
    Rule(8, "complaint", _complained),
    Rule(1, "opted out", _opted_out),
    Rule(6, "times in doubt", _in_doubt),
    Rule(5, "set by others", _set_by_others),
    Rule(7, "new address", _moved),
    Rule(3, "never asked", _absent),
    Rule(2, "no explicit act", _checkout),
    Rule(10, "not confirmed", _not_confirmed),
    Rule(7, "shared address", _shared),
    Rule(4, "older than what stands there", _older),
    Rule(11, "mirror", _may_not_raise),
)
"""In the order in which they are told where several say the same."""


def decide(case: Case, rules: Sequence[Rule] = RULES) -> Decision:
    """Decide about one profile.

    Args:
        case: What is known.
        rules: All of them; a test leaves one out.
    """
    value, name = YES, "explicit act"
    for rule in rules:
        cap = rule.cap(case)
        if cap is not None and rank(cap) < rank(value):
            value, name = cap, rule.name
    if case.is_removed and name == "removed":
        return Decision(Fields(), name)
    held = case.held
    fields = _fields(case, value)
    if held is None and case.there is None and value != NO:
        # What stands there is not known: only `no` may be written without reading it.
        return Decision(fields, name, needs_reading=True)
    return Decision(fields, name, needs_reading=case.there is None and rank(value) > rank(held or EMPTY))


def _fields(case: Case, value: str) -> Fields:
    history = case.history
    act, optout = history.act, history.optout
    since, source = _origin(case, value)
    return Fields(
        newsletter=value,
        newsletter_shop=history.shop,
        newsletter_since=since,
        newsletter_source=source,
        optin_at=act.at if act is not None else None,
        optin_confirmed_at=act.confirmed_at if act is not None else None,
        optout_at=optout.at if optout is not None else None,
        mail_basis=_basis(case, value),
    )


def _origin(case: Case, value: str) -> tuple[datetime | None, str | None]:
    """Since when the value stands, and what it comes from; what stood there before keeps its own."""
    written, stood = case.written, case.written
    if written is None and case.there is not None and case.there.newsletter_source:
        stood = case.there  # the ledger was lost: what stands there names its source
    if value == case.held and stood is not None and stood.newsletter == value and not case.moved:
        return stood.newsletter_since, stood.newsletter_source
    if value == NO and (said := case.history.complaint or case.history.optout) is not None:
        return said.at or case.now, said.source
    if value in (PENDING, YES) and (act := case.history.act) is not None and value != case.held:
        return act.at or case.now, act.source
    if case.moved:
        return None, EMPTY
    if case.held is not None and (written is None or written.newsletter != case.held):
        return case.now, OTHER
    return None, None


def _basis(case: Case, value: str) -> str:
    act = case.history.act
    if value == YES and act is not None:
        return "double" if act.confirmed else "consent"
    return "customer" if value == EMPTY and case.choices.soft_optin and case.is_customer else EMPTY
