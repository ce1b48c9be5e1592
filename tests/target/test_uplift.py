"""What mailing is worth: an interval where there are people enough, and a plain word where there are not."""

import random
from statistics import NormalDist

import pytest

from support.account import Account
from support.colleague import Colleague
from target_copernica.selections.uplift import LEAST, uplift


def test_the_interval_is_welchs() -> None:
    held_out, rest = [10.0, 20.0] * 100, [20.0, 40.0] * 200
    found = uplift(held_out, rest)
    assert found.difference == 15
    error = (25 * 200 / 199 / 200 + 100 * 400 / 399 / 400) ** 0.5
    assert found.low == pytest.approx(15 - NormalDist().inv_cdf(0.975) * error)
    assert found.high == pytest.approx(15 + NormalDist().inv_cdf(0.975) * error)
    assert found.in_words().startswith("People who are mailed bring in more: +15.00 per person, between +")
    assert "bring in less" in uplift(rest, held_out).in_words()


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Drawn as orders are: most people buy nothing, a few a lot; the two groups do not differ."""
    dice = random.Random(11)  # noqa: S311 - a repeatable draw

    def revenue() -> float:
        return dice.lognormvariate(4, 1) if dice.random() < 0.3 else 0.0

    covered = 0
    for _ in range(200):
        found = uplift([revenue() for _ in range(200)], [revenue() for _ in range(800)])
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0 <= found.high
    assert 180 <= covered <= 199


@pytest.mark.parametrize(("held_out", "rest"), [(0, 0), (LEAST - 1, 900), (900, LEAST - 1)])
def test_too_few_people_are_reported(held_out: int, rest: int) -> None:
    found = uplift([1.0] * held_out, [2.0] * rest)
    assert found.low is None
    assert found.in_words().startswith(f"Too few people to tell: {held_out} held out, {rest} others")
    assert uplift([1.0] * LEAST, [1.0] * LEAST).low is not None


def test_the_command_reads_who_is_held_out(account: Account) -> None:
    account.command("apply", selections="off")
    colleague = Colleague(account.sandbox, "SEOshop")
    for held_out, net in (("yes", 10), ("no", 40), ("no", 20), ("", 99)):
        colleague.creates({"firstname": "Person", "holdout": held_out, "net_365": net})
    since = account.sandbox.last()
    said = account.command("report", "uplift", existing_people="beside").out
    rows = [line.split() for line in said.splitlines()]
    assert ["held", "out", "1", "10.00"] in rows
    assert ["the", "rest", "2", "30.00"] in rows
    assert "Too few people to tell: 1 held out, 2 others" in said
    assert not [call for call in account.calls(since) if not call.startswith("GET")]
    account.command("apply", selections="off", existing_people="beside")
    lacking = account.command(
        "report", "uplift", check=False, mapping={"streams": {"customer_metrics": None}}
    )
    assert (lacking.code, "leaves out holdout and net_365" in lacking.err) == (2, True)
