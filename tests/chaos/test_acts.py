"""Each kind of fault that docs/reliability.md names happens, and a strike at any request does no harm."""

import os
import re
import sys

import pytest

from chaos.judge.acts import ACTS
from chaos.judge.acts.listed import LISTED, acts_of
from chaos.judge.acts.runs import KIND
from support.programs import ROOT, Ended, run

STEP = 12
"""Every which request is struck; where that begins, the seed decides."""


def played(*words: str) -> Ended:
    """In a process without other threads, since it forks."""
    environment = {"PYTHONPATH": str(ROOT / "tests")}
    seed = os.environ["CHAOS_SEED"]
    return run(
        sys.executable, "-m", "chaos.judge.systematic", *words, "--seed", seed, env=environment, timeout=1700
    )


def test_each_kind_of_fault_that_the_page_names_has_acts() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    table = page.partition("| what happened |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| (.*?) \| [\d,]+ \|", table, re.MULTILINE) == list(LISTED)
    assert all(acts_of(pattern) for pattern in LISTED.values())


def test_each_act_belongs_to_a_kind_that_the_page_names() -> None:
    named = {act for pattern in LISTED.values() for act in acts_of(pattern)}
    every = {act for kind, acts in ACTS.items() if kind != KIND for act in acts.values()}
    assert every == named


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_each_kind_of_fault_is_survived() -> None:
    ended = played("acts")
    assert ended.code == 0, ended.log
    assert [line for line in ended.out.splitlines() if not line.startswith(" ")] == list(LISTED)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_strike_at_any_request_of_a_first_load_is_survived() -> None:
    ended = played("requests", "--step", str(STEP))
    assert ended.code == 0, ended.log
    assert "request" in ended.out
