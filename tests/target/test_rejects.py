"""What was refused: how it stands in the file, when it goes, how it is sent again, how many a run bears."""

import json
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.account import Account
from support.desk import Desk
from support.singer import customer, schema, state
from target_copernica.errors import SettingsError, TooManyRejectsError
from target_copernica.mapping.model import Fragment, Moment, Person
from target_copernica.memory.ledger import Ledger
from target_copernica.memory.parts import Part
from target_copernica.memory.rejects import Origin, Refusal, Refused, RejectLimit, Rejects
from target_copernica.memory.tombstones import Tombstones
from target_copernica.report import Report
from target_copernica.writing.pending import fragment_from_json, fragment_to_json

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"


def open_file(folder: Path) -> Rejects:
    return Rejects(folder / "rejects.jsonl", lambda: datetime(2026, 11, 2, tzinfo=UTC))


def in_file(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "rejects.jsonl").read_text().splitlines()]


def test_an_entry_says_what_was_refused_and_why(tmp_path: Path) -> None:
    rejects = open_file(tmp_path)
    rejects.run = 3
    rejects.record("orders", "7:1", Refusal("no", 400, "POST profile/N"), Refused({"id": 1}))
    rejects.close()
    assert in_file(tmp_path) == [
        {
            "number": 1, "time": "2026-11-02T00:00:00+00:00", "run": 3, "kind": "record", "stream": "orders",
            "key": "7:1", "reason": "no", "status": 400, "request": "POST profile/N", "version": None,
            "fields": [], "form": "record", "content": {"id": 1},
        }
    ]  # fmt: skip
    assert stat.S_IMODE((tmp_path / "rejects.jsonl").stat().st_mode) == 0o600


def test_a_field_stands_there_once_until_a_good_version_comes(tmp_path: Path) -> None:
    rejects = open_file(tmp_path)
    assert rejects.field("orders", "7:1", "total", "not a number")
    assert not rejects.field("orders", "7:1", "total", "not a number")
    rejects.close()
    rejects = open_file(tmp_path)
    assert not rejects.field("orders", "7:1", "total", "not a number")
    rejects.good("orders", "7:1", ["number"])
    assert rejects.field("orders", "7:1", "total", "too long")
    rejects.close()
    assert [entry["reason"] for entry in in_file(tmp_path)] == ["too long"]
    rejects = open_file(tmp_path)
    rejects.good("orders", "7:1", ["total"])
    rejects.close()
    assert in_file(tmp_path) == []


def test_a_line_that_a_kill_cut_off_spoils_nothing(tmp_path: Path) -> None:
    rejects = open_file(tmp_path)
    rejects.record("orders", "7:1", Refusal("no"), Refused({}))
    rejects.close()
    with (tmp_path / "rejects.jsonl").open("a") as file:
        file.write('{"number": 2, "kin')
    rejects = open_file(tmp_path)
    rejects.record("orders", "7:2", Refusal("no"), Refused({}))
    rejects.close()
    assert [entry["key"] for entry in in_file(tmp_path)] == ["7:1", "7:2"]


def test_a_file_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "rejects.jsonl").write_text("a note\n")
    with pytest.raises(SettingsError, match=r"rejects\.jsonl, line 1: not written by this program"):
        open_file(tmp_path)
    assert (tmp_path / "rejects.jsonl").read_text() == "a note\n"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["record", "field", "good", "again"]),
        st.sampled_from(["7:1", "7:2"]),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["why", "because"]),
    ),
    max_size=30,
)


@given(STEPS)
def test_the_file_holds_what_is_still_refused(tmp_path_factory: Any, steps: list[tuple[str, ...]]) -> None:
    """Against a plain model, with the program ending at any point, well or not."""
    folder = tmp_path_factory.mktemp("rejects")
    rejects = open_file(folder)
    model: dict[tuple[str, str], str] = {}
    for action, key, field, reason in steps:
        if action == "record":
            rejects.record("s", key, Refusal(reason), Refused({}))
            model[key, ""] = reason
        elif action == "field":
            assert rejects.field("s", key, field, reason) == (model.get((key, field)) != reason)
            model[key, field] = reason
        elif action == "good":
            rejects.good("s", key, [field])
            model = {one: why for one, why in model.items() if one not in ((key, ""), (key, field))}
        else:
            rejects = open_file(folder)  # the first one was killed
    rejects.close()
    open_file(folder).close()
    found = in_file(folder) if (folder / "rejects.jsonl").exists() else []
    assert {(entry["key"], entry.get("field", "")): entry["reason"] for entry in found} == model
    assert len(found) == len(model)


@pytest.mark.parametrize(
    ("most", "rejected", "read", "end", "too_many"),
    [
        (0, 0, 10, False, False),
        (0, 1, 10, False, True),
        (2, 2, 3, False, False),
        (2, 3, 1000, False, True),
        (0.05, 5, 100, False, False),
        (0.05, 6, 100, False, True),
        (0.05, 6, 99, False, False),  # of so few a share says nothing yet
        (0.05, 6, 99, True, True),
    ],
)
def test_max_rejects_limits_a_run(most: float, rejected: int, read: int, end: bool, too_many: bool) -> None:  # noqa: FBT001 - of the table
    report = Report(lambda: 0, lambda: 0.0)
    report.add("a", "read", read)
    report.add("b", "rejected", rejected)
    limit = RejectLimit(most, report, Path("rejects.jsonl"))
    if too_many:
        with pytest.raises(TooManyRejectsError, match=rf"{rejected} of {read}"):
            limit.check(end=end)
    else:
        limit.check(end=end)


def test_too_many_end_the_run_with_a_state_of_what_is_somewhere(account: Account) -> None:
    bad = [customer(number, shopId=None) for number in range(3)]
    ended = account.send(customer(9), state(n=1), *bad, state(n=2), check=False, max_rejects=2)
    assert ended.code == 5
    assert ended.lines() in ([], [{"n": 1}])
    assert len(account.rejects()) == 3


def refuse(account: Account, times: int) -> None:
    body = '{"error": {"message": "Failed to create profile"}}'
    account.sandbox.fault(
        "copernica", "/profiles$", "status", method="POST", status=400, body=body, times=times
    )


def test_replay_sends_what_was_refused_and_leaves_what_still_is(account: Account) -> None:
    account.send(customer(1))
    refuse(account, 3)
    account.send(customer(2, at=NOW), customer(3, at=NOW), state(n=1))
    assert [(one["key"], one["status"], one["request"]) for one in account.rejects()] == [
        ("7:2", 400, "POST database/N/profiles"),
        ("7:3", 400, "POST database/N/profiles"),
    ]
    first = account.command("replay")
    assert first.out == "2 refused records sent again; 1 are still refused.\n"
    assert len(account.rejects()) == 1
    second = account.command("replay")
    assert second.out == "1 refused records sent again; 0 are still refused.\n"
    assert account.rejects() == []
    assert set(account.people()) == {"7:1", "7:2", "7:3"}


def test_a_good_version_closes_what_was_refused(account: Account) -> None:
    account.send(customer(1))
    refuse(account, 1)
    account.send(customer(2, at=NOW, birthDate="soon"))
    assert len(account.rejects()) == 1
    account.send(customer(2, at=NOW, birthDate="soon"))
    assert [(one["kind"], one["field"]) for one in account.rejects()] == [("field", "birthdate")]
    ended = account.send(customer(2, at=NOW, birthDate=None))  # nothing to write: the field is empty already
    assert account.rejects() == []
    assert "1 unchanged" not in ended.err or account.people()["7:2"]["birthdate"] == ""


def test_replay_of_a_stream_without_a_mapping(account: Account) -> None:
    things = [schema("things", {"code": {}, "n": {"type": "integer"}}, ["code"])]
    bad = {"type": "RECORD", "stream": "things", "record": {"code": "a", "n": "many"}}
    account.send(*things, bad, preset=None)
    assert len(account.rejects()) == 1
    assert "1 are still refused" not in account.command("replay", preset=None, validate_records=False).out
    assert list(account.people("things")) == ["a"]


def test_replay_never_overwrites_a_newer_version(account: Account) -> None:
    account.send(customer(1))
    refuse(account, 1)
    account.send(customer(2, at=NOW, firstname="Old"))
    kept = (account.folder / "state" / "rejects.jsonl").read_text()
    account.send(customer(2, at=NOW, updated="2026-11-02T09:21:00Z", firstname="New"))
    (account.folder / "state" / "rejects.jsonl").write_text(kept)
    account.command("replay")
    assert account.people()["7:2"]["firstname"] == "New"
    assert account.rejects() == []


ODD: list[Any] = [None, True, 5, 10**30, 1.5, "", [], [1], [[]], {}]


@pytest.mark.parametrize(
    "name", ["number", "kind", "stream", "key", "reason", "field", "version", "fields", "form"]
)
def test_a_line_with_values_of_another_type_is_reported(tmp_path: Path, name: str) -> None:
    rejects = open_file(tmp_path)
    rejects.record("s", "7:1", Refusal("no"), Refused({"id": 1}, fields={"a"}))
    rejects.field("s", "7:1", "a", "no")
    rejects.close()
    lines, told = in_file(tmp_path), 0
    for number, odd in [(number, odd) for number in (0, 1) for odd in ODD]:
        changed = [line | ({name: odd} if place == number else {}) for place, line in enumerate(lines)]
        (tmp_path / "rejects.jsonl").write_text("".join(json.dumps(line) + "\n" for line in changed))
        try:
            rejects = open_file(tmp_path)
        except SettingsError as error:
            told += f"line {number + 1}: not written by this program" in str(error)
            continue
        rejects.good("s", "7:1", ["a"], Origin("2", 1))
        rejects.field("s", "7:1", "a", "still", Origin("3", 2))
        rejects.close()
    assert told


ORIGINS = st.builds(Origin, st.sampled_from([None, "1", "2"]), st.integers(0, 3))


@given(st.lists(st.tuples(st.booleans(), ORIGINS, st.sets(st.sampled_from("abc"))), max_size=8))
def test_only_what_is_not_older_and_fills_as_much_closes_a_refusal(
    tmp_path_factory: Any, steps: list[tuple[bool, Origin, set[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("rejects")
    rejects = open_file(folder)
    model: list[tuple[Origin, set[str]]] = []
    for is_good, origin, fields in steps:
        model = [
            (refused, names)
            for refused, names in model
            if origin.is_older_than(refused) or not names <= fields
        ]
        if is_good:
            rejects.good("s", "7:1", fields, origin)
        else:
            rejects.record("s", "7:1", Refusal("no"), Refused({}, origin=origin, fields=fields))
            model.append((origin, fields))
    rejects.close()
    left = [(one["version"], set(one["fields"])) for one in (in_file(folder) if model else [])]
    assert left == [(origin.version, names) for origin, names in model]


@given(st.lists(st.tuples(st.sampled_from([None, "too long", "no number"]), ORIGINS), max_size=8))
def test_a_refused_value_is_closed_by_a_good_one_that_is_not_older(
    tmp_path_factory: Any, steps: list[tuple[str | None, Origin]]
) -> None:
    """Also where each version of a record has the same bad value: the newest refusal counts."""
    folder = tmp_path_factory.mktemp("rejects")
    rejects = open_file(folder)
    held: tuple[str, Origin] | None = None
    for reason, origin in steps:
        overridden = held is not None and origin.is_older_than(held[1])
        if reason is None:
            rejects.good("s", "7:1", ["a"], origin)
            held = held if overridden else None
        else:
            is_new = not overridden and (held is None or held[0] != reason)
            assert rejects.field("s", "7:1", "a", reason, origin) == is_new
            held = held if overridden else (reason, origin)
    rejects.close()
    file = folder / "rejects.jsonl"
    left = [(one["reason"], one["version"]) for one in (in_file(folder) if file.exists() else [])]
    assert left == ([] if held is None else [(held[0], held[1].version)])


def test_lines_of_the_first_version_keep_their_meaning(tmp_path: Path) -> None:
    line = {"time": "2026-11-02T00:00:00+00:00", "run": 1, "kind": "record", "stream": "s", "key": "7:1"}
    more: dict[str, Any] = {"reason": "no", "status": None, "request": None, "form": "record", "content": {}}
    lines = [json.dumps({"number": number, **line, **more}) + "\n" for number in (1, 2)]
    (tmp_path / "rejects.jsonl").write_text("".join(lines))
    rejects = open_file(tmp_path)
    assert [entry["number"] for entry in rejects.records()] == [2]  # the last one of a key held
    rejects.good("s", "7:1", ["a"], Origin(None, 1))
    rejects.close()
    assert in_file(tmp_path) == []


CHECKED = schema("customers", {"firstname": {"type": "string"}, "phone": {"type": "string"}})


def test_a_refused_newer_version_outlives_the_writing_of_the_good_older_one(account: Account) -> None:
    ended = account.send(CHECKED, customer(1), customer(1, updated=NOW, firstname=5), state(n=1))
    assert ended.lines() == [{"n": 1}]
    assert [(one["key"], one["content"]["firstname"]) for one in account.rejects()] == [("7:1", 5)]
    account.send(CHECKED, customer(1, firstname="Older still", updated="2019-01-01T00:00:00Z"))
    account.send(CHECKED, customer(1, firstname="Older", updated="2020-01-01T00:00:00Z"))
    assert account.people()["7:1"]["firstname"] == "Older"
    assert len(account.rejects()) == 1
    account.send(CHECKED, customer(1, firstname="Newer", updated="2026-11-02T09:21:00Z"))
    assert account.rejects() == []


def test_replay_checks_what_it_sends(account: Account) -> None:
    account.send(CHECKED, customer(1), customer(2, firstname=5))
    assert account.command("replay").out == "1 refused records sent again; 1 are still refused.\n"
    assert set(account.people()) == {"7:1"}
    account.send(schema("customers", {"firstname": {"type": ["string", "integer"]}}))  # the tap was mended
    assert account.command("replay").out == "1 refused records sent again; 0 are still refused.\n"
    assert account.people()["7:2"]["firstname"] == "5"


def test_replay_deletes_what_is_gone_at_the_source(account: Account) -> None:
    gone = customer(1, updated=NOW, firstname=5, _sdc_deleted_at=NOW)
    account.send(CHECKED, customer(1), customer(2), gone, deletes="delete")
    assert (set(account.people()), len(account.rejects())) == ({"7:1", "7:2"}, 1)
    account.command("replay", deletes="delete", validate_records=False)
    assert (set(account.people()), account.rejects()) == ({"7:2"}, [])


def test_trace_tells_what_replay_wrote(account: Account) -> None:
    desk = Desk(account.sandbox, account.folder, "Traced")
    desk.send(customer(1))
    refusal: dict[str, Any] = {"status": 400, "body": '{"error": {"message": "no such thing"}}'}
    desk.sandbox.fault("copernica", "/profiles$", "status", method="POST", **refusal)
    desk.send(customer(2, at=NOW))
    desk.sandbox.clear_faults()

    def traced() -> dict[str, Any]:
        said = desk.command("trace", "--from", "-", lines=["person2@example.com"])
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        return found

    (refused,) = traced()["refused"]
    assert (refused["run"], traced()["things"]) == (2, [])
    assert "1 refused records sent again; 0 are still refused." in desk.command("replay")
    (thing,) = traced()["things"]
    (stream,) = thing["streams"]
    (part,) = stream["parts"]
    assert (thing["standing"], thing["run"], part["as_written"]) == ("there", 3, True)
    assert (part["written"]["run"], part["read"]["run"], stream["refused"]["run"]) == (3, 2, 2)
    assert traced()["refused"] == []


def test_what_a_replay_of_version_0_2_noted_as_words_is_not_known(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite", Tombstones(tmp_path / "tombstones.jsonl"))
    ledger.remember("d1", "7:1", "customers", [Part("1", ("email",), b"\x01", Moment(2, 1_793_610_001))])
    ledger.close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as db:
        db.execute("UPDATE fragment SET read_run = 'run', read_at = 'at'")
    db.close()
    ledger = Ledger(tmp_path / "ledger.sqlite", Tombstones(tmp_path / "tombstones.jsonl"))
    (part,) = ledger.parts("d1", "7:1", "customers")
    assert part.read is None
    ledger.close()


def test_a_refused_fragment_comes_back_as_it_was_also_from_a_file_of_version_0_2(tmp_path: Path) -> None:
    fragment = Fragment("orders", "7:1", {"a": "b"}, Person("7:2", stub={}), read=Moment(2, 1_793_610_001))
    rejects = open_file(tmp_path)
    rejects.record("orders", "7:1", Refusal("no"), Refused(fragment_to_json(fragment), "fragment"))
    rejects.close()
    (entry,) = in_file(tmp_path)
    assert fragment_from_json(entry["content"]) == fragment
    entry["content"]["read"] = {"run": 2, "at": 1_793_610_001}
    assert fragment_from_json(entry["content"]) == fragment
