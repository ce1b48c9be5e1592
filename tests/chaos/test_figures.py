"""The figures of docs/reliability.md: gathered, never lost, never embellished."""

import json
from collections import Counter
from pathlib import Path

from chaos.judge.figures import BEGIN, END, PAGE, Session, kinds, noted, table
from chaos.judge.machine import Tally


def played(first: int, *, pipeline: str = "forked", verdicts: tuple[str, ...] = ()) -> Session:
    session = Session("abc", pipeline, first, 10)
    tally = Tally(runs=40, scenarios=10, acts=Counter({"500": 3}), checked=900, verdicts=list(verdicts))
    session.add(tally)
    return session


def test_sessions_add_up_and_one_that_goes_on_is_counted_once(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before\n{BEGIN}\nold\n{END}\nAfter\n")
    first = played(7)
    noted(first, page)
    noted(played(99, pipeline="meltano"), page)
    first.add(Tally(runs=2))
    noted(first, page)
    text = page.read_text()
    assert "| pipeline runs | 42 | 0 | 40 | 82 |" in text
    assert "| 500 | 6 |" in text
    assert "| abc | forked | 7 to 8 | 10 | 42 |" in text
    assert (text.startswith("Before\n"), text.endswith("After\n"), "old" in text) == (True, True, False)


def test_what_was_found_is_reported() -> None:
    session = played(1, verdicts=("seed 1: AssertionError: ['lost: a is missing', 'lost: b is missing']",))
    assert "| lost | 2 | 0 | 0 | 2 |" in table([session])


def test_a_verdict_is_reported_by_kind() -> None:
    assert kinds("seed 1: wrong: SEOshop 7:1.firstname: 'a', the shop says 'b'") == {"wrong": 1}
    assert kinds("seed 1: AssertionError: ['a secret stands in tap.log']") == {"leaked": 1}
    assert kinds("seed 1: leaked: a secret stands in tap.log\nlost: in a log") == {"leaked": 1}
    assert kinds("seed 1: AssertionError: Ended(tap=70, target=0)") == {"ended badly": 1}


def test_the_page_shows_its_numbers() -> None:
    kept = json.loads(PAGE.with_suffix(".json").read_text())
    sessions = [Session(**one | {name: Counter(one[name]) for name in ("troubles", "found")}) for one in kept]
    assert table(sessions) in PAGE.read_text()
