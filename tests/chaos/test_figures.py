"""The figures of docs/reliability.md: all sessions are kept, and none is made to look better than it was."""

from collections import Counter
from pathlib import Path

from chaos.judge.acts.listed import LISTED, folded
from chaos.judge.figures import BEGIN, END, PAGE, Mended, Session, entries, figures, kinds, mended, noted
from chaos.judge.machine import Tally


def played(first: int, *, pipeline: str = "forked", verdicts: tuple[str, ...] = ()) -> Session:
    session = Session("abc", pipeline, first, 10)
    acts = Counter({"shop: it moves": 3})
    tally = Tally(runs=40, scenarios=10, extras=4, acts=acts, checked=900, verdicts=list(verdicts))
    session.add(tally)
    return session


def test_sessions_add_up_and_one_that_goes_on_is_counted_once(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before\n{BEGIN}\nstale\n{END}\nAfter\n")
    first = played(7)
    noted(first, page)
    noted(played(99, pipeline="meltano"), page)
    first.add(Tally(runs=2))
    noted(first, page)
    text = page.read_text()
    assert "| pipeline runs | 42 | 0 | 40 | 82 |" in text
    assert "| with carts, returns, timeline and events | 4 | 0 | 4 | 8 |" in text
    assert "| the shop moves between runs | 6 | 0 |" in text
    assert "| abc | forked | 7 to 8 (10) | 42 |" in text
    assert (text.startswith("Before\n"), text.endswith("After\n"), "stale" in text) == (True, True, False)


def test_what_was_found_is_reported() -> None:
    session = played(1, verdicts=("seed 1: AssertionError: ['lost: a is missing', 'lost: b is missing']",))
    text = figures([session])
    assert "| lost | 2 | 0 | 0 | 2 |" in text
    assert "**2 lost, 0 doubled, 0 wrong, 0 leaked, 0 ended badly**" in text


def test_a_fault_of_the_product_starts_the_totals_again_and_stays_on_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}{END}")
    noted(played(1, verdicts=("seed 1: wrong: SEOshop 7:1.email: 'a', the shop says 'b'",)), page)
    mended(Mended("def", "a run ended without a word"), page)
    assert "**40 forked runs and 0 black-box runs**, " in page.read_text()
    mended(Mended("def", "an address was not written again", anew=True), page)
    noted(played(5, pipeline="programs"), page)
    text = page.read_text()
    assert "**0 forked runs and 40 black-box runs** since def, " in text
    assert "Not counted: 1 sessions with 40 runs, which found 1 wrong." in text
    assert "* the product: an address was not written again; fixed in def" in text
    assert "| the shop moves between runs | 3 | 3 |" in text
    assert "| abc | programs | 5 (10) | 40 |" in text
    assert "| abc | forked |" not in text
    assert [type(one) for one in entries(page)] == [Session, Mended, Mended, Session]


def test_a_mistake_of_the_judge_sets_its_sessions_aside_and_no_others() -> None:
    mistaken = played(1, verdicts=("seed 1: TimeoutError: a process has not ended",))
    text = figures([mistaken, played(5), Mended("def", "it waited for an import that never ends", [1])])
    assert "**40 forked runs and 0 black-box runs**, 900 records compared: **0 lost" in text
    assert "Not counted: 1 sessions with 40 runs, which found 1 ended badly." in text
    assert "* the judge: it waited for an import that never ends (sessions from seed 1); fixed in def" in text


def test_acts_of_all_sessions_are_counted_under_a_kind_on_the_page() -> None:
    every = sum((one.troubles for one in entries() if isinstance(one, Session)), Counter())
    told = folded(every)
    assert (told.keys() <= LISTED.keys(), told.total()) == (True, every.total())
    both = folded({"lost: ledger and bookmarks": 2, "machine: the ledger is lost": 3})
    assert both == {"a ledger lost, truncated or overwritten in places": 5}


def test_a_verdict_is_reported_by_kind() -> None:
    assert kinds("seed 1: wrong: SEOshop 7:1.firstname: 'a', the shop says 'b'") == {"wrong": 1}
    assert kinds("seed 1: AssertionError: ['a secret stands in tap.log']") == {"leaked": 1}
    assert kinds("seed 1: leaked: a secret stands in tap.log\nlost: in a log") == {"leaked": 1}
    assert kinds("seed 1: AssertionError: Ended(tap=70, target=0)") == {"ended badly": 1}


def test_the_page_shows_its_numbers() -> None:
    assert figures(entries()) in PAGE.read_text()
