"""What engines of others are told of a list of shops."""

import signal
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seoshop_copernica import engines
from seoshop_copernica.engines import Listed
from seoshop_copernica.errors import Code, ListError
from seoshop_copernica.history import Figures, History
from seoshop_copernica.locks import held
from seoshop_copernica.places import Places


def written(home: Path, **shops: object) -> Path:
    home.mkdir()
    (home / "shops.yml").write_text(yaml.safe_dump({"shops": shops}, sort_keys=False))
    return home


@given(number=st.integers(0, 300), size=st.integers(1, 25))
def test_groups_hold_each_shop_once_in_order_are_as_few_as_can_be_and_about_equally_large(
    number: int, size: int
) -> None:
    names = [f"shop-{n}" for n in range(number)]
    groups = engines.grouped(names, size)
    assert [name for group in groups for name in group] == names
    sizes = [len(group) for group in groups]
    assert len(sizes) == -(-number // size)
    assert all(one == other for one, other in pairwise(sizes[:-1]))
    assert all(0 < one <= size for one in sizes)


@pytest.mark.parametrize(
    ("code", "waits"),
    [
        (Code.UNEXPECTED, []),
        (Code.SETTINGS, []),
        (Code.NOT_ALLOWED, []),
        (Code.AWAY, [120]),
        (Code.REJECTS, []),
        (Code.BUDGET, []),
        (Code.FOLLOWUPS, []),
        (128 + signal.SIGKILL, [5, 60]),
        (128 + signal.SIGTERM, [5, 60]),
    ],
)
def test_a_failure_is_tried_again_only_where_soon_is_better(code: int, waits: list[int]) -> None:
    assert [wait for tried in range(5) if (wait := engines.again(code, tried)) is not None] == waits


@pytest.mark.parametrize(
    ("returncode", "said", "expected"),
    [
        (0, "", (0, "alpha: exit code 0")),
        (
            3,
            "first\n[error   ] alpha: exit code 3: wrong key\n",
            (3, "[error   ] alpha: exit code 3: wrong key"),
        ),
        (-signal.SIGKILL, "", (137, "alpha: exit code 137")),
    ],
)
def test_the_line_that_says_why_a_tick_failed_is_its_last(
    returncode: int, said: str, expected: tuple[int, str]
) -> None:
    assert engines.ended("alpha", returncode, said) == expected


def test_a_tick_that_does_not_hear_that_its_time_is_over_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LONGEST", 0.2)
    monkeypatch.setattr(engines, "ENDING", 0.2)
    deaf = "trap '' TERM; while :; do sleep 0.05; done"
    assert engines.tick("alpha", ["/bin/sh", "-c", deaf]) == (0, "")


def test_a_tick_tells_its_code_and_its_last_line() -> None:
    assert engines.tick("alpha", ["/bin/sh", "-c", "echo first >&2; echo last >&2; exit 3"]) == (3, "last")


@given(shop=st.text(min_size=1, max_size=20), number=st.integers(1, 12))
def test_a_further_place_takes_shops_from_others_and_moves_none_between_them(shop: str, number: int) -> None:
    homes = [f"volume-{n}" for n in range(number)]
    before, after = engines.home_for(shop, homes), engines.home_for(shop, [*homes, "another"])
    assert after in {before, "another"}


def test_places_have_about_as_many_shops() -> None:
    homes = [f"volume-{n}" for n in range(10)]
    numbers = [engines.home_for(f"shop-{n}", homes) for n in range(10_000)]
    assert all(800 < numbers.count(home) < 1200 for home in homes)


def test_shops_are_told_apart_by_key_and_account_and_neither_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KEY_A", "KEY_B", "TOKEN"):
        monkeypatch.setenv(name, f"the-{name}-of-this-test")
    sources = {
        "alpha": ("KEY_A", "TOKEN"),
        "beta": ("KEY_B", "TOKEN"),
        "gamma": ("KEY_A", "KEY_B"),
        "delta": ("NOT_SET", "TOKEN"),
    }
    shops = {
        name: {"secrets": {"api_key": f"env:{key}", "api_secret": "env:KEY_A", "api_token": f"env:{token}"}}
        for name, (key, token) in sources.items()
    }
    found = {shop.name: shop for shop in engines.listed(written(tmp_path / "home", **shops))}
    assert list(found) == list(sources)
    assert found["alpha"].key == found["gamma"].key != found["beta"].key
    assert found["alpha"].account == found["beta"].account != found["gamma"].account
    assert found["delta"] == Listed("delta", "delta", "delta"), "its ticks will name what is not set"
    assert "of-this-test" not in repr(found)


def test_a_shop_is_due_by_its_cadence_and_not_while_it_is_at_work(tmp_path: Path) -> None:
    home, now = written(tmp_path / "home", alpha={}, beta={}, gamma={}, delta={}), datetime.now(UTC)
    for name, minutes in {"alpha": 6, "beta": 1, "gamma": 20}.items():
        history = History(Places(home, name).history)
        history.end(history.begin("pipe", now - timedelta(minutes=minutes)), 0, "done", Figures(orders=7))
    assert engines.due(home) == ["delta", "gamma", "alpha"]
    assert engines.due(home, ["beta", "alpha", "no-longer-listed"]) == ["alpha"]
    with held(Places(home, "gamma").lock):
        assert engines.due(home) == ["delta", "alpha"]
    assert engines.last_run(home, "delta") is None
    run = engines.last_run(home, "alpha")
    assert run is not None
    assert run.orders == 7
    assert engines.completed(home, "alpha", None) == run
    assert engines.completed(home, "alpha", run) is None, "no later one"
    History(Places(home, "alpha").history).begin("pipe")
    assert engines.completed(home, "alpha", run) is None, "it has not come to its end"
    stands = {one.shop: one.verdict for one in engines.standing(home)}
    assert stands == {"alpha": "fresh", "beta": "fresh", "gamma": "fresh", "delta": "never"}


def test_without_a_list_an_engine_has_nothing_to_do(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="no list"):
        engines.listed(tmp_path)
