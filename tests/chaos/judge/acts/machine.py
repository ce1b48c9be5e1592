"""The machine on which the pipeline runs: its disk, its files, its clock, and two runs at once."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from chaos.judge.acts.act import act, add
from chaos.judge.acts.runs import checked, ran
from chaos.judge.clocks import library
from chaos.judge.conditions import Conditions, full_for, obeys_permissions
from chaos.judge.disks import PAGE, may_mount, small_disk
from chaos.judge.pipelines import UnderWay
from chaos.judge.world import A_WEEK, SETTLED, World

KIND = "machine"
FORKED = "forked"
TAP, TARGET = "tap-seoshop", "target-copernica"
LEDGER, TOMBSTONES, REJECTS = "ledger.sqlite", "tombstones.jsonl", "rejects.jsonl"
HOUR, DAY = 3600, 86_400
A_YEAR = "2030"
REFUSAL = '{"error":{"message":"Failed to create profile"}}'


# The disk is full -----------------------------------------------------------------------------


@act(KIND, "the disk is full for the ledger")
def disk_full(world: World, dice: Random) -> None:
    """It can grow a little, or not at all."""
    _quota(world, dice.choice([0, 1, 8]))


@act(KIND, "the disk is full for the state folder")
def small_disk_full(world: World, dice: Random) -> None:
    """A few pages are free on a disk of its own, or none; where none can be mounted, files have a quota."""
    free = dice.choice([0, 1, 8])
    if not world.state.exists() or not may_mount():
        _quota(world, free)
        return
    with small_disk(world.state, free):
        ran(world)


def _quota(world: World, free: int) -> None:
    ledger = world.state / LEDGER
    size = ledger.stat().st_size if ledger.exists() else 0
    world.conditions.longest_file = max(size, PAGE) + free * PAGE
    world.conditions.lasting = True


@act(KIND, "the disk is full for rejects", FORKED)
def rejects_full(world: World, dice: Random) -> None:
    """Records are refused, and that cannot be noted."""
    if world.place("SEOshop") is None:
        return
    world.sandbox.move(seed=dice.randrange(50), new_customers=2)
    rule = {"status": 400, "body": REFUSAL, "times": 3, "method": "POST"}
    world.sandbox.fault("copernica", "/profiles$", "status", **rule)
    world.conditions.add(full_for(REJECTS), TARGET)
    ran(world)


# Files ----------------------------------------------------------------------------------------


def _lost(world: World) -> None:
    (world.state / LEDGER).unlink(missing_ok=True)


def _truncated(world: World) -> None:
    with (world.state / LEDGER).open("r+b") as file:
        file.truncate((world.state / LEDGER).stat().st_size // 2)


def _overwritten(world: World) -> None:
    ledger = world.state / LEDGER
    pages = ledger.stat().st_size // PAGE
    with ledger.open("r+b") as file:
        for page in range(1, pages, 3):
            file.seek(page * PAGE)
            file.write(b"\xa5" * PAGE)


def _ledger(world: World, _dice: Random, does: Callable[[World], None]) -> None:
    if (world.state / LEDGER).exists() and world.has_all_keys():
        does(world)
        world.forget()
        world.doubtful = True


for _name, _does in {
    "lost": _lost,
    "truncated": _truncated,
    "overwritten in places": _overwritten,
}.items():
    add(KIND, f"the ledger is {_name}", partial(_ledger, does=_does))


@act(KIND, "the ledger is read-only", FORKED)
def read_only(world: World, _dice: Random) -> None:
    """Until that is mended."""
    if (world.state / LEDGER).exists():
        (world.state / LEDGER).chmod(0o400)
        world.conditions.add(obeys_permissions, TARGET)
        world.conditions.lasting = True


@act(KIND, "the ledger is of another account")
def ledger_of_another_account(world: World, _dice: Random) -> None:
    """Until the right one is put back."""
    ledger = world.state / LEDGER
    if not ledger.exists():
        return
    kept = ledger.read_bytes()
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(ledger)) as file:
        file.execute("UPDATE meta SET value = '2' WHERE name = 'account'")
        file.execute("DELETE FROM meta WHERE name = 'token'")
        file.commit()
    ran(world)
    ledger.write_bytes(kept)


@act(KIND, "tombstones are lost")
def tombstones_lost(world: World, _dice: Random) -> None:
    """The ledger knows the people, too."""
    (world.state / TOMBSTONES).unlink(missing_ok=True)
    world.forget()


@act(KIND, "the state folder is lost")
def folder_lost(world: World, _dice: Random) -> None:
    """All of it."""
    if world.state.exists() and world.has_all_keys():
        shutil.rmtree(world.state)
        world.forget()
        world.doubtful = True


# Backups --------------------------------------------------------------------------------------


@act(KIND, "a backup is made")
def back_up(world: World, _dice: Random) -> None:
    """Of bookmarks and state folder."""
    backup = world.folder / "backup"
    shutil.rmtree(backup, ignore_errors=True)
    if world.state.exists():
        shutil.copytree(world.state, backup / "state")
        if world.bookmarks.exists():
            shutil.copy(world.bookmarks, backup)


def _restore_ledger(world: World, backup: Path) -> None:
    shutil.rmtree(world.state, ignore_errors=True)
    shutil.copytree(backup / "state", world.state)
    world.forget()


def _restore_bookmarks(world: World, backup: Path) -> None:
    world.read_all_again()
    if (backup / "state.json").exists():
        shutil.copy(backup / "state.json", world.bookmarks)


def _restore(world: World, _dice: Random, parts: tuple[Callable[[World, Path], None], ...]) -> None:
    """A week has gone since the backup was made."""
    backup = world.folder / "backup"
    if backup.exists() and world.has_all_keys():
        world.sandbox.clock(advance=A_WEEK)
        for part in parts:
            part(world, backup)
        world.doubtful = True


for _name, _parts in {
    "the ledger": (_restore_ledger,),
    "bookmarks": (_restore_bookmarks,),
    "all files": (_restore_ledger, _restore_bookmarks),
}.items():
    add(KIND, f"{_name} of last week's backup", partial(_restore, parts=_parts))


# Bookmarks ------------------------------------------------------------------------------------


def _unreadable(text: str) -> str:
    return text[: len(text) // 2]


def _of_another_shop(text: str) -> str:
    state = json.loads(text)
    state["bookmarks"]["shop"] |= {"shop_id": 999_999, "account": "00000000"}
    return json.dumps(state)


def _ahead(text: str) -> str:
    state = json.loads(text)
    for bookmark in state["bookmarks"].values():
        value = bookmark.get("replication_key_value")
        if isinstance(value, str):
            bookmark["replication_key_value"] = A_YEAR + value[4:]
    return json.dumps(state)


def _bookmarks(world: World, _dice: Random, change: Callable[[str], str]) -> None:
    with suppress(OSError, ValueError, KeyError):
        world.bookmarks.write_text(change(world.bookmarks.read_text()))
        world.doubtful = True


for _name, _spoil in {
    "unreadable": _unreadable,
    "of another shop": _of_another_shop,
    "ahead": _ahead,
}.items():
    add(KIND, f"bookmarks are {_name}", partial(_bookmarks, change=_spoil), FORKED, "programs")


@act(KIND, "bookmarks are lost")
def bookmarks_lost(world: World, _dice: Random) -> None:
    """The next run is a full one."""
    world.read_all_again()


# Two runs, and the clock ----------------------------------------------------------------------


def _two_at_once(world: World, _dice: Random, *, one_folder: bool) -> None:
    """The second has its own logs; it shares the bookmarks, and the state folder where that is one."""
    if not world.bookmarks.exists():  # two first loads at once are what the documentation forbids
        return
    with TemporaryDirectory(prefix="judge-") as name:
        second = replace(world, folder=Path(name), conditions=Conditions())
        if one_folder:
            second.state.symlink_to(world.state)
        shutil.copy(world.bookmarks, second.bookmarks)
        under_way = [(one, UnderWay.begun(one)) for one in (world, second)]
        for one, run in under_way:
            checked(one, run.ended())
    world.keep_state()
    world.conditions = Conditions()
    world.runs += 2
    world.sandbox.clock(advance=SETTLED)


for _name, _one in {"one state folder": True, "two state folders": False}.items():
    add(KIND, f"two runs at once with {_name}", partial(_two_at_once, one_folder=_one), FORKED)


def _clock(world: World, dice: Random, seconds: int) -> None:
    world.conditions.clock = dice.choice([1, -1]) * seconds
    ran(world)


WITH_ANY_CLOCK = (FORKED, *(["programs", "meltano"] if library() else []))

for _name, _seconds in {"an hour": HOUR, "a day": DAY}.items():
    add(KIND, f"the clock is off by {_name}", partial(_clock, seconds=_seconds), *WITH_ANY_CLOCK)
