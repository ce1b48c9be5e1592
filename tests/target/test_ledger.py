"""A ledger of version 0.1 goes on working."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from target_copernica.mapping.model import Moment
from target_copernica.memory.forgotten import ADDRESS
from target_copernica.memory.journal import WHOLE
from target_copernica.memory.ledger import Ledger
from target_copernica.memory.parts import Part
from target_copernica.memory.schema import CHANGES, SCHEMA
from target_copernica.memory.tombstones import Tombstones

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ROWS = """
INSERT INTO place (place, name, tail) VALUES ('d1', 'Shop', 7);
INSERT INTO entry (place, key, id) VALUES ('d1', '7:1', 5);
INSERT INTO columns VALUES (1, 'email' || char(31) || 'name');
INSERT INTO fragment VALUES ('d1', '7:1', 'customers', '2026', x'0102', 1);
INSERT INTO fragment VALUES ('d1', '7:2', 'customers', NULL, x'03', NULL);
INSERT INTO fragment VALUES ('d1', '7:3', 'customers', '2026', x'', 1);
INSERT INTO unmapped VALUES ('price list', '{}', '["code"]')
"""


def first_version(path: Path, secret: bytes, waiting: dict[str, object]) -> None:
    """What 0.1 left behind."""
    with sqlite3.connect(path) as db:
        db.executescript(SCHEMA + CHANGES[2])
        db.execute("INSERT INTO meta VALUES ('secret', ?)", (secret,))
        db.executescript(ROWS)
        row = ("d1", "7:3", "customer_summaries", None, None, json.dumps(waiting))
        db.execute("INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?)", row)
        db.execute("PRAGMA user_version = 2")
    db.close()


def test_a_ledger_of_the_first_version_keeps_its_meaning(tmp_path: Path) -> None:
    tombstones = Tombstones(tmp_path / "tombstones.jsonl")
    waiting: dict[str, object] = {"stream": "customer_summaries", "creates": False}
    first_version(tmp_path / "ledger.sqlite", tombstones.secret, waiting)
    ledger = Ledger(tmp_path / "ledger.sqlite", tombstones)
    entry = ledger.entry("d1", "7:1")
    assert entry is not None
    assert entry.id == 5
    assert ledger.parts("d1", "7:1", "customers") == (Part("2026", ("email", "name"), b"\x01\x02"),)
    assert ledger.parts("d1", "7:2", "customers") == (Part(None, None, b"\x03"),)
    assert ledger.parts("d1", "7:1", "customers")[0].wrote is None
    ledger.notes.begin(3, lambda: NOW)
    ledger.notes.read("d1", "7:1", "customers", ledger.notes.now())
    ledger.notes.flush()
    assert ledger.parts("d1", "7:1", "customers")[0].read == Moment(3, int(NOW.timestamp()))
    assert [part.is_unconfirmed for part in ledger.parts("d1", "7:3", "customers")] == [True]
    assert ledger.waiting_of("d1", "7:3", "customer_summaries") == [waiting]
    assert ledger.journal.schemas() == [("price list", {}, ["code"])]
    ledger.close()


def test_parts_are_kept_as_they_are_told(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite", Tombstones(tmp_path / "tombstones.jsonl"))
    when = (Moment(1, 1_700_000_000), Moment(2, 1_700_000_300))
    three = (Part("1", ("a",), b"", *when), Part("2", (), b"\x01"), Part("3", None, b"\x02", when[0]))
    for parts in (three, three[:1], three[1:]):
        ledger.remember("d1", "7:1", "customers", parts)
        assert ledger.parts("d1", "7:1", "customers") == parts
        assert [(one.read, one.wrote) for one in ledger.parts("d1", "7:1", "customers")] == [
            (one.read, one.wrote) for one in parts
        ]
        assert ledger.all_parts("d1", "7:1") == {"customers": parts}
    ledger.close()


def test_a_refusal_is_remembered_after_it_was_fixed_unless_its_person_is_forgotten(
    tmp_path: Path,
) -> None:
    tombstones = Tombstones(tmp_path / "tombstones.jsonl")
    ledger = Ledger(tmp_path / "ledger.sqlite", tombstones)
    ledger.notes.begin(4, lambda: NOW)
    for key in ("7:1", "7:2"):
        ledger.notes.refused("d1", key, "customers", "email: no address")
    tombstones.forgotten.add([tombstones.forgotten.key("d1", "7:2")], "case", NOW.isoformat())
    ledger.notes.flush()
    ledger.remember("d1", "7:1", "customers", [Part("1", ("a",), b"")])
    when = Moment(4, int(NOW.timestamp()))
    assert ledger.notes.refusal("d1", "7:1", "customers") == (when, "email: no address")
    assert ledger.notes.refusal("d1", "7:2", "customers") is None
    ledger.close()


def test_old_runs_lose_their_counts_by_stream_and_nothing_that_trace_or_the_mail_brake_reads(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite", Tombstones(tmp_path / "tombstones.jsonl"))
    journal, days = ledger.journal, [NOW + timedelta(days=day) for day in range(0, 71, 7)]
    counts = {"streams": {"orders": {"read": 3}}, "calls_by_kind": {"GET": 2}}
    for number, day in enumerate(days, 1):
        assert journal.begin_run(day.isoformat(), f"tick {number}") == number
        if number > 1:  # the first one was killed
            journal.end_run(number, day.isoformat(), 0, "done", {**counts, "followups_people": number})
    journal.begin_run((days[-1] + timedelta(days=1)).isoformat(), "the next day")
    numbers = dict(enumerate(days, 1))
    told = {
        number: (journal.name_of(number), journal.run_at(day.isoformat())) for number, day in numbers.items()
    }
    assert told == {number: (f"tick {number}", number) for number in numbers}
    later = (days[1] + timedelta(hours=1)).isoformat()
    assert journal.run_at(later) is None, "one that was killed was over when the next one began"
    assert journal.busiest_runs("2027-03-01") == list(numbers)[1:]
    ledger.close()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db:
        whole = [run for (run,) in db.execute("SELECT run FROM run WHERE summary LIKE '%streams%'")]
        old = db.execute("SELECT cause, summary FROM run WHERE run = 2").fetchone()
    today = days[-1] + timedelta(days=1)
    assert whole == [number for number, day in numbers.items() if today - day <= WHOLE]
    assert old == ("done", '{"followups_people":2}')


def test_an_address_that_a_profile_told_of_goes_when_the_person_is_forgotten(tmp_path: Path) -> None:
    tombstones = Tombstones(tmp_path / "tombstones.jsonl")
    ledger = Ledger(tmp_path / "ledger.sqlite", tombstones)
    recalled, who = ledger.consents.recalled, ledger.consents.who("person1@example.com")
    recalled.note(who, "7", "shop:subscription:5")
    assert recalled
    tombstones.forgotten.add([(ADDRESS, who)], "case", NOW.isoformat())
    assert (ledger.traces.purge(), bool(recalled)) == (1, False)
    ledger.close()
