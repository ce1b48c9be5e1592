"""What a profile's consent fields are to hold: each rule, and what happens without it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from target_copernica.consent.model import (
    EMPTY,
    NO,
    PENDING,
    YES,
    Act,
    Event,
    Fields,
    History,
    OptOut,
    heard,
    rank,
)
from target_copernica.consent.rules import DOUBT, RULES, Case, ConsentChoices, Decision, Rule, decide

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def act(at: datetime | None = NOW - HOUR, **more: Any) -> Act:
    return Act(at, more.pop("kind", "subscription"), "shop:subscription:1", **{"confirmed": True, **more})


def case(history: History | None = None, **more: Any) -> Case:
    """A person who subscribed an hour ago and is empty in Copernica, as was just read."""
    known = {"written": Fields(EMPTY), "there": Fields(EMPTY), **more}
    return Case(history or History(act(), shop=YES), NOW, known.pop("choices", ConsentChoices()), **known)


def opted_out(at: datetime | None = NOW - 2 * HOUR) -> OptOut:
    return OptOut(at, "copernica:unsubscribe")


LATER = opted_out(NOW - HOUR / 2)
RULED = [
    (1, "opted out", case(History(act(), LATER)), NO, YES),
    (2, "no explicit act", case(History(act(kind="order"))), EMPTY, YES),
    (3, "never asked", case(History()), EMPTY, YES),
    (4, "older than what stands there",
     case(there=Fields(EMPTY, newsletter_since=NOW - HOUR / 2)), EMPTY, YES),
    (5, "set by others", case(there=Fields(NO)), NO, YES),
    (6, "times in doubt", case(History(act(), opted_out(NOW - HOUR - DOUBT / 2))), NO, YES),
    (6, "times in doubt", case(History(act(), opted_out(None))), NO, YES),
    (6, "times in doubt", case(History(act(None))), EMPTY, YES),
    (6, "times in doubt", case(History(act(NOW + HOUR))), EMPTY, YES),
    (7, "new address", case(History(), written=Fields(YES), there=Fields(YES), moved=True), EMPTY, YES),
    (7, "shared address", case(is_first=False), EMPTY, YES),
    (8, "complaint", case(History(act(), complaint=opted_out())), NO, YES),
    (9, "removed", case(is_removed=True), None, YES),
    (10, "not confirmed",
     case(History(act(confirmed=False)), choices=ConsentChoices(require_confirmed=True)), PENDING, YES),
    (11, "mirror", case(choices=ConsentChoices(raises=False)), EMPTY, YES),
]  # fmt: skip


def test_an_explicit_act_raises() -> None:
    decided = decide(case())
    assert decided.rule == "explicit act"
    assert decided.fields == Fields(
        YES, YES, NOW - HOUR, "shop:subscription:1", NOW - HOUR, None, None, "double"
    )
    assert decide(case(History(act(), opted_out()))).fields.newsletter == YES  # it came after the opt-out


@pytest.mark.parametrize(("number", "name", "one", "value", "without"), RULED)
def test_each_rule_decides_and_without_it_more_would_be_mailed(
    number: int, name: str, one: Case, value: str | None, without: str
) -> None:
    decided = decide(one)
    assert (decided.fields.newsletter, decided.rule) == (value, name)
    left = [rule for rule in RULES if rule.name != name]
    assert decide(one, left).fields.newsletter == without
    assert [rule.number for rule in RULES if rule.name == name] == [number]


def test_all_rules_are_shown() -> None:
    assert {rule.name for rule in RULES} == {name for _, name, *_ in RULED}


def test_lowering_needs_no_reading_and_raising_does() -> None:
    assert not decide(case(History(None, LATER), there=None, written=None)).needs_reading
    assert decide(case(there=None)).needs_reading
    assert decide(case(there=None, written=None)).needs_reading
    assert decide(case(History(), there=None, written=None)).needs_reading  # `no` may stand there
    assert not decide(case(there=None, written=Fields(YES))).needs_reading


def test_a_looser_value_of_others_is_left_alone() -> None:
    one = case(History(), written=Fields(EMPTY), there=Fields(YES))
    assert (decide(one).fields.newsletter, decide(one).fields.newsletter_source) == (YES, "copernica:other")


def test_our_own_no_is_known_by_its_proof_when_the_ledger_was_lost() -> None:
    ours = Fields(NO, newsletter_since=NOW - 2 * HOUR, optout_at=NOW - 2 * HOUR)
    assert decide(case(History(act(), opted_out()), written=None, there=ours)).fields.newsletter == YES
    others = replace(ours, newsletter_since=NOW - HOUR)  # a yes of ours, lowered by an unsubscribe
    assert decide(case(History(act(), opted_out()), written=None, there=others)).fields.newsletter == NO


def test_customers_are_a_basis_of_their_own() -> None:
    one = case(History(), is_customer=True, choices=ConsentChoices(soft_optin=True))
    assert (decide(one).fields.newsletter, decide(one).fields.mail_basis) == (EMPTY, "customer")
    assert decide(replace(one, choices=ConsentChoices())).fields.mail_basis == EMPTY
    assert decide(replace(one, history=History(None, LATER))).fields.mail_basis == EMPTY


def test_what_was_heard_adds_up() -> None:
    source = "shop:subscription:1"
    one = heard(History(), Event("act", NOW - HOUR, source, "subscription"))
    assert (one.shop, one.act) == (PENDING, act(confirmed=False))
    assert heard(one, Event("optout", NOW, source)).shop == NO
    one = heard(one, Event("complaint", NOW - 3 * HOUR, "copernica:complaint"))
    assert decide(case(one)).rule == "complaint"
    assert decide(case(heard(one, Event("reopened", NOW, "person")))).fields.newsletter == YES
    complaint = Event("complaint", NOW - 3 * HOUR, "copernica:complaint")
    assert heard(heard(one, Event("reopened", NOW, "person")), complaint).complaint is None  # heard again
    unknown = heard(History(), Event("optout", None, "a"))
    assert heard(unknown, Event("optout", NOW, "b")) == unknown


TIMES = st.sampled_from([None, *(NOW + hours * HOUR for hours in (-3, -2, -1, 2))])
VALUES = st.sampled_from([NO, EMPTY, PENDING, YES])
FIELDS = st.builds(Fields, VALUES, newsletter_since=TIMES, optout_at=TIMES)
ACTS = st.builds(act, TIMES, kind=st.sampled_from(["subscription", "order"]), confirmed=st.booleans())
CASES = st.builds(
    Case,
    st.builds(
        History,
        st.none() | ACTS,
        st.none() | st.builds(opted_out, TIMES),
        st.none() | st.builds(opted_out, TIMES),
    ),
    st.just(NOW),
    st.builds(ConsentChoices, st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    st.none() | FIELDS,
    st.none() | FIELDS,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([False, False, False, True]),
)


@given(one=CASES)
def test_nothing_is_raised_but_by_an_act_after_every_opt_out(one: Case) -> None:
    promised(one, decide(one))


@pytest.mark.parametrize("missing", RULES, ids=lambda rule: rule.name)
def test_a_rule_that_is_missing_is_found(missing: Rule) -> None:
    """The property is no weaker than the rules: without any one of them it fails."""
    left = [rule for rule in RULES if rule is not missing]

    @settings(max_examples=2000, phases=[Phase.generate], derandomize=True, database=None)
    @given(one=CASES)
    def property_without_it(one: Case) -> None:
        promised(one, decide(one, left))

    with pytest.raises(AssertionError):
        property_without_it()


def promised(one: Case, decided: Decision) -> None:
    """What docs/consent.md promises of any case, said without the rules."""
    value, told = decided.fields.newsletter, one.history
    if one.is_removed:
        assert value is None
        return
    assert told.complaint is None or value == NO
    if one.there is not None and rank(str(one.there.newsletter)) < rank(one.ours):
        assert rank(str(value)) <= rank(str(one.there.newsletter))
    if one.moved and told.act is None:
        assert rank(str(value)) <= rank(EMPTY)
    if told.act is not None and told.optout is not None and told.act.at and told.optout.at:
        assert value == NO or told.act.at - told.optout.at >= DOUBT
    if told.optout is not None and (
        told.act is None or told.act.at is None or told.optout.at is None or told.act.at <= told.optout.at
    ):
        assert value == NO
    if rank(str(value)) > rank(one.held or EMPTY):
        assert one.choices.raises
        assert one.is_first
        assert told.act is not None
        assert told.act.at is not None
        assert told.act.at <= one.now + DOUBT
        assert told.act.kind == "subscription" or one.choices.checkout_counts
        assert value == PENDING or told.act.confirmed or not one.choices.require_confirmed
        assert one.there is not None or decided.needs_reading
        stands = one.there or one.written
        for since in (stands.newsletter_since, stands.optout_at) if stands else ():
            assert since is None or since <= told.act.at


@given(one=CASES)
def test_a_rule_less_never_makes_it_stricter(one: Case) -> None:
    value = looseness(decide(one))
    for rule in RULES:
        left = [other for other in RULES if other is not rule]
        assert looseness(decide(one, left)) >= value


def looseness(decided: Decision) -> int:
    """How loose a decision is; to write nothing is the strictest."""
    value = decided.fields.newsletter
    return -1 if value is None else rank(value)
