"""The target's own files: written whole or not at all, and every trouble with one is a line that names it."""

import json
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.in_process import refusal
from support.programs import BIN, run, written
from support.singer import customer, lines, record, state
from target_copernica.errors import SettingsError, TargetError
from target_copernica.memory.files import LedgerFile
from target_copernica.memory.ledger import Ledger
from target_copernica.memory.rejects import Refusal, Refused, Rejects
from target_copernica.memory.tombstones import Tombstones
from target_copernica.singer.target import TargetCopernica

LIMITED = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); "
LIMITED += "os.execv(sys.argv[2], sys.argv[2:])"


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size`: as on a full disk, the last write is taken in part."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def rejects(folder: Path) -> Rejects:
    return Rejects(folder / "rejects.jsonl", lambda: datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("room", [0, 1, 40])
def test_a_refusal_for_which_the_disk_has_no_room_is_an_error_and_leaves_the_file_as_it_was(
    tmp_path: Path, room: int
) -> None:
    file = tmp_path / "rejects.jsonl"
    open_file = rejects(tmp_path)
    open_file.record("orders", "1", Refusal("bad"), Refused({"id": 1}))
    before = file.read_bytes()
    with largest_file(len(before) + room), pytest.raises(SettingsError, match=r"rejects\.jsonl.*large"):
        open_file.record("orders", "2", Refusal("bad"), Refused({"id": 2}))
    assert file.read_bytes() == before
    open_file.record("orders", "2", Refusal("bad"), Refused({"id": 2}))
    open_file.close()
    assert [entry["key"] for entry in rejects(tmp_path).records()] == ["1", "2"]


@pytest.mark.parametrize("room", [0, 1, 40])
def test_a_tombstone_for_which_the_disk_has_no_room_is_an_error_and_leaves_the_file_as_it_was(
    tmp_path: Path, room: int
) -> None:
    file = tmp_path / "tombstones.jsonl"
    open_file = Tombstones(file)
    before = file.read_bytes()
    with largest_file(len(before) + room), pytest.raises(SettingsError, match=r"tombstones\.jsonl.*large"):
        open_file.add("d1", "1", "now")
    assert file.read_bytes() == before
    assert not open_file.has("d1", "1")
    open_file.add("d1", "1", "now")
    assert Tombstones(file).has("d1", "1")


def test_a_state_never_leaves_before_its_refused_record_is_kept(account: Account) -> None:
    account.send(customer(1), state(n=1))
    limit = 4_000_000
    file = account.folder / "state" / "rejects.jsonl"
    filler = {"kind": "field", "number": 1, "stream": "s", "key": "k", "field": "f", "version": ""}
    rest = limit - len(json.dumps({**filler, "reason": ""})) - 50
    file.write_text(json.dumps({**filler, "reason": "x" * rest}) + "\n")
    settings = account.sandbox.target_config(account.folder / "state")
    config = written(account.folder / "target.json", settings)
    text = lines(record("customers", firstname="Zoë"), state(n=2))
    limited = (BIN / "python", "-c", LIMITED, str(limit), BIN / "target-copernica", "--config", config)
    ended = run(*limited, messages=text)
    assert ended.code == 2, ended.err
    assert ended.out == ""
    assert str(file) in ended.err.splitlines()[-1]
    ended = run(BIN / "target-copernica", "--config", config, messages=text)
    assert ended.code == 0, ended.err
    assert [entry["kind"] for entry in account.rejects()] == ["field", "record"]


def test_a_full_disk_below_the_ledger_is_one_line(account: Account) -> None:
    account.send(customer(1), state(n=1))
    config = written(account.folder / "target.json", account.sandbox.target_config(account.folder / "state"))
    text = lines(*(customer(number, lastname="x" * 500) for number in range(2, 400)), state(n=2))
    size = (account.folder / "state" / "ledger.sqlite").stat().st_size
    limited = (BIN / "python", "-c", LIMITED, str(size), BIN / "target-copernica", "--config", config)
    ended = run(*limited, messages=text)
    assert ended.code == 2, ended.err
    assert "ledger.sqlite cannot be used" in ended.err.splitlines()[-1]
    assert "please report it" not in ended.err
    ended = run(BIN / "target-copernica", "--config", config, messages=text)
    assert ended.code == 0, ended.err
    assert len(account.people()) == 399


def test_a_disk_that_fills_up_within_a_transaction_is_reported_as_full(tmp_path: Path) -> None:
    """Unlike at a quota, SQLite then rolls back by itself, and has no transaction to end any more."""
    ledger = Ledger(tmp_path / "ledger.sqlite", Tombstones(tmp_path / "tombstones.jsonl"))
    file = ledger._db  # noqa: SLF001 - the one file, with room for no page more
    file.execute(f"PRAGMA max_page_count = {file.execute('PRAGMA page_count').fetchone()[0]}")
    rows = ((f"filler {number}", "x" * 5000) for number in range(100))
    with pytest.raises(SettingsError, match="cannot be used: database or disk is full"), ledger.transaction():
        file.executemany("INSERT INTO meta VALUES (?, ?)", rows)
    assert file.execute("SELECT count(*) FROM meta WHERE name LIKE 'filler%'").fetchone() == (0,)
    ledger.close()


def test_a_disk_that_is_full_when_the_ledger_is_made_is_reported_as_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_large = "PRAGMA max_page_count = 2; CREATE TABLE filler AS SELECT zeroblob(50000)"
    monkeypatch.setattr("target_copernica.memory.ledger.SCHEMA", too_large)
    with pytest.raises(SettingsError, match="cannot be used: database or disk is full"):
        Ledger(tmp_path / "ledger.sqlite", Tombstones(tmp_path / "tombstones.jsonl"))


SETTINGS: dict[str, Any] = {
    "api_token": "t",
    "api_url": "http://127.0.0.1:9/v4",
    "auth_url": "http://127.0.0.1:9/authenticate",
    "preset": "seoshop",
}
GARBAGE = {
    "text": b"hello\n",
    "not utf-8": b"\xff\xfe\x00\n",
    "nulls": bytes(9000) + b"\n",
    "list": b"[]\n",
    "number": b"5\n",
    "object": b"{}\n",
    "wrong types": b'{"kind": 1, "number": "a", "secret": 5}\n',
    "nested": b"[" * 100_000 + b"\n",
}
OURS = ("ledger.sqlite", "rejects.jsonl", "tombstones.jsonl", "lock")
COMMANDS = (
    ("status",),
    ("plan",),
    ("apply",),
    ("doctor",),
    ("check",),
    ("replay",),
    ("forget-tombstones", "--yes"),
)


def refused(folder: Path, *words: object, **settings: Any) -> str:
    """What the target says of its files, in this process."""
    config = written(folder / "target.json", {**SETTINGS, "state_dir": str(folder / "state"), **settings})
    return refusal(TargetCopernica.get_singer_command(), TargetError, "--config", config, *words)


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_folder_in_the_place_of_a_file_is_named(name: str, words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "state" / name).mkdir(parents=True)
    said = refused(tmp_path, *words)
    assert str(tmp_path / "state") in said
    assert "directory" in said


@pytest.mark.parametrize("name", OURS[:3])
@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_in_the_place_of_a_file_is_named(name: str, garbage: str, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / name).write_bytes(GARBAGE[garbage])
    assert name in refused(tmp_path, "status")


@pytest.mark.parametrize("name", OURS)
def test_a_file_that_cannot_be_made_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / name).symlink_to("/proc/none/file")
    if name == "rejects.jsonl":
        with pytest.raises(SettingsError, match=r"rejects\.jsonl"):
            rejects(tmp_path / "state").record("orders", "1", Refusal("bad"), Refused({"id": 1}))
    else:
        assert str(tmp_path / "state") in refused(tmp_path, "status")


@pytest.mark.parametrize("state_dir", ["/proc/none/state", "/dev/null", "/dev/null/state"])
def test_a_state_directory_that_cannot_be_used_is_named(state_dir: str, tmp_path: Path) -> None:
    assert state_dir in refused(tmp_path, "status", state_dir=state_dir)


def test_a_damaged_ledger_is_named_wherever_it_shows(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    ledger = Ledger(file, Tombstones(tmp_path / "tombstones.jsonl"))
    with ledger.transaction():
        ledger.know_place("d1", "SEOshop")
        for number in range(3000):
            ledger.know_entry("d1", f"{number:060}", number)
    ledger.close()
    content = bytearray(file.read_bytes())
    for page in range(len(content) // 8192, len(content) // 4096):
        content[page * 4096 : page * 4096 + 4096] = b"\xff" * 4096
    file.write_bytes(content)
    ledger = Ledger(file, Tombstones(tmp_path / "tombstones.jsonl"))
    with pytest.raises(SettingsError, match=r"ledger\.sqlite is damaged.*check --rebuild"):
        _ = [ledger.entry("d1", f"{number:060}") for number in range(3000)]
    ledger.close()


def test_a_readonly_ledger_is_named_and_a_bug_is_not_taken_for_a_fault_of_the_file(tmp_path: Path) -> None:
    file = LedgerFile.opened(tmp_path / "ledger.sqlite")
    file.execute("PRAGMA query_only = ON")
    with pytest.raises(SettingsError, match=r"ledger\.sqlite cannot be used.*readonly"):
        file.execute("CREATE TABLE a (b)")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        file.execute("SELECT * FROM none")
    file.close()


@pytest.mark.parametrize("answer", ["", "n\n", "perhaps\n"])
def test_a_question_without_a_yes_does_nothing(answer: str, tmp_path: Path) -> None:
    config = written(tmp_path / "target.json", {**SETTINGS, "state_dir": str(tmp_path / "state")})
    program = BIN / "target-copernica"
    ended = run(program, "--config", config, "forget-tombstones", messages=answer)
    assert ended.code == 2
    assert "nothing was done" in ended.err.splitlines()[-1]
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("redirection", [">&-", "> /dev/full"])
def test_closed_or_full_output_is_one_line(redirection: str, account: Account) -> None:
    config = written(account.folder / "target.json", account.sandbox.target_config(account.folder / "state"))
    program = BIN / "target-copernica"
    for word in ("", "status"):
        command = f"exec {program} --config {config} {word} {redirection}"
        ended = run("sh", "-c", command, messages=lines(customer(1), state(n=1)))
        assert ended.code == 2, ended.log
        assert ended.err.splitlines()[-1].startswith("target-copernica: standard output")
    ended = run("sh", "-c", f"exec {program} --config {config} <&-")
    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith("target-copernica: standard input is closed")
