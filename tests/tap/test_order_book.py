"""The order book when it is damaged or held, newer than the state, or made with other settings."""

import gc
import sqlite3
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tap.imagined import Copy, Shop
from tap_seoshop.errors import SettingsError, TapError


class Line:
    """A shop, the program that reads it, and the folder of its order book."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shop, self.copy = Shop(), Copy()
        self.people = [self.shop.make("customers") for _ in range(40)]
        for one in self.people:
            self.shop.order(one)

    @property
    def book(self) -> Path:
        (found,) = self.folder.glob("*.sqlite")
        return found

    def run(self, **settings: Any) -> dict[int, Any]:
        """One run: the derived fields that it wrote."""
        gc.collect()  # an earlier run holds no lock
        self.copy.rows.pop("customer_metrics", None)
        select = ("customers", "orders", "customer_metrics")
        self.copy.read(self.shop, select=select, state_dir=str(self.folder), **settings)
        return self.copy.rows.get("customer_metrics", {})


@pytest.fixture
def line(tmp_path: Path) -> Line:
    made = Line(tmp_path / "books")
    assert made.run().keys() == set(made.people)
    made.shop.pass_time(60)
    assert made.run() == {}
    return made


@pytest.mark.parametrize("table", ["person", "placed", "placed_by"])
def test_a_book_that_is_damaged_anywhere_is_removed_and_made_anew(line: Line, table: str) -> None:
    gc.collect()
    damaged = line.book
    with sqlite3.connect(damaged) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
        page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    db.close()
    with damaged.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * 200)
    line.shop.order(line.people[0])
    with pytest.raises(TapError, match=f"the order book {damaged} was damaged .* makes it anew"):
        line.run()
    told = line.run()
    assert line.book != damaged
    assert told.keys() == set(line.people)
    assert told[line.people[0]]["orders365"] == 2


def test_a_book_that_another_run_holds_ends_the_run_with_a_line_that_names_it(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, real = sqlite3.connect(line.book), sqlite3.connect
    held.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(sqlite3, "connect", lambda file, **given: real(file, **{**given, "timeout": 0}))
    with pytest.raises(SettingsError, match=f"the order book {line.book} .*database is locked"):
        line.run()
    held.close()
    line.shop.order(line.people[0])
    assert line.run().keys() == {line.people[0]}


def test_a_state_of_a_backup_has_all_that_was_told_since_told_again(line: Line) -> None:
    backup = deepcopy(line.copy.state)
    for person in line.people[:3]:
        line.shop.pass_time(60)
        line.shop.order(person)
        assert line.run().keys() == {person}
    line.copy.state = backup
    told = line.run()
    assert {person: told[person]["orders365"] for person in line.people[:3]} == dict.fromkeys(
        line.people[:3], 2
    )
    line.shop.pass_time(60)
    assert line.run() == {}


@pytest.mark.parametrize("setting", [{"holdout_percent": 50.0}, {"holdout_key": "other"}])
def test_another_hold_out_is_told_in_the_next_run(line: Line, setting: dict[str, Any]) -> None:
    assert line.run(**setting).keys() == set(line.people)
    line.shop.pass_time(60)
    assert line.run(**setting) == {}
