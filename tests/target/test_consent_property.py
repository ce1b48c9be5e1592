"""Whatever both sides do, no one is mailed who opted out, until a later explicit act of that address.

The decisions and the memory are the real ones; shop and Copernica are a few dictionaries.
"""

from functools import partial

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from support.consent_machine import Machine
from target_copernica.consent.rules import RULES, decide
from target_copernica.writing import consenting

BOUNDED = settings(
    max_examples=600, stateful_step_count=25, phases=[Phase.generate], derandomize=True, database=None,
    deadline=None,
)  # fmt: skip
REACHED = ("complaint", "mirror", "opted out", "times in doubt", "not confirmed", "shared address")
"""Rules that random acts miss soon; test_consent_rules.py finds each of the twelve missing."""


@pytest.mark.slow
@pytest.mark.parametrize("missing", REACHED)
def test_a_rule_that_is_missing_is_found(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [rule for rule in RULES if rule.name != missing]
    monkeypatch.setattr(consenting, "decide", partial(decide, rules=left))
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Machine, settings=settings(BOUNDED, max_examples=3_000))  # ends when found


@pytest.mark.slow
def test_with_all_rules_the_same_acts_end_well() -> None:
    run_state_machine_as_test(Machine, settings=BOUNDED)


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestConsent = Machine.TestCase
