"""One shop, one Copernica account, the pipeline between them, and what can happen to each."""

import json
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from chaos.judge import remedies
from chaos.judge.conditions import NOWHERE, Conditions
from chaos.judge.consents import Consents
from chaos.judge.extras import SETTINGS, campaign, catalog
from chaos.judge.forked import Child, Strike, fork, opened
from chaos.judge.leaks import mark_people
from support.sandbox import READY, Sandbox, serve_arguments

DONE = 0
SIZES: dict[str, Any] = {"customers": 5, "orders": 7, "order_rows": 14}
PACE: dict[str, Any] = {"per_second": 1000, "import_seconds": 0.02, "more": ("--no-curated",)}
SETTLED = 61
"""Seconds after which a call with a lost answer can no longer be in progress."""
TWO_HOURS = 7_200
"""Seconds after which the shop's list of subscriptions is read again."""
A_DAY = 86_400
A_WEEK = 7 * A_DAY
LONGEST_PAUSE = timedelta(days=75)
"""After a longer pause, a run without bookmarks cannot see all open carts (docs/in-copernica.md)."""
SAID = re.compile(
    r"^(?:.*\[\w+ *\].*? )?(?:tap-seoshop|target-copernica): (?P<line>.*)$", re.MULTILINE
)  # as the program says it, or as Meltano hands it on
KEY = re.compile(r"\d+:.+")
"""The form of our keys; a key field that was edited by hand or changed its type holds something else."""
MOVED = re.compile(r"SEOshop: the key \S+ was moved from id (?P<old>\d+) to id (?P<new>\d+) by hand")
"""What the target logs when our key is on another profile (the README of target-copernica)."""
REFUSED = '"kind":"record"'
"""Marks a record in the rejects file, which also holds single fields with values that do not fit."""
DUPLICATE = "its key stands in Copernica twice"
"""Why a record is refused when someone has given its key to another profile as well."""


@dataclass(frozen=True)
class Ended:
    """How a run of the pipeline ended: exit codes, or -N if signal N ended a program."""

    tap: int
    target: int

    @property
    def well(self) -> bool:
        """Whether both programs ended with exit code 0."""
        return (self.tap, self.target) == (DONE, DONE)


Pipeline = Callable[["World", Strike | None, Strike | None], Ended]
"""How tap and target are run: forked, as programs, or through Meltano."""


@dataclass
class World:
    """The world of a scenario: shop, Copernica account, and pipeline.

    Attributes:
        sandbox: Both APIs.
        folder: What the pipeline keeps: settings, bookmarks, the target's state folder, logs.
        pipeline: How tap and target are run.
        sabotage: By program name, a function that breaks it; the judge must notice.
        campaign: Id of a coupon campaign in Copernica.
        extras: Whether what is off by default is on (`chaos.judge.extras`).
        first_run: When the first run began, by the sandbox's clock (ISO); empty before.
        last_run: When the last successful run began, likewise.
        carts_may_stay: Whether the bookmarks were lost before such a long pause that a first run cannot see
            all open carts (docs/in-copernica.md).
        removed: Keys of profiles that a colleague removed.
        forgotten: Removed profiles that only a lost ledger knew; they may come back (target-copernica's
            README).
        orders_removed: Keys of orders whose subprofiles a colleague removed.
        foreign: Ids of profiles that a colleague made.
        adopted: Ids of foreign profiles that are ours now, because only they have our key.
        keys_lost: Keys that were emptied by hand; each is written again by a call that runs follow-ups.
        carts: Ids of carts that the judge filled.
        carts_closed: Carts with a deleted order, by id and last change; they are open again only if the tap
            never saw the order.
        carts_forgotten: Whether the bookmarks were lost; only they know which carts were released.
        owed: Events that Copernica must have received, because nothing explains a loss, and their content.
        consents: Who subscribed and who opted out.
        doubtful: Whether only `check` and a full run can make both sides equal again.
        weekly: Whether only the weekly full read can, because something was deleted in the shop.
        conditions: What is wrong with the machine in the next run.
        settings: Changes to the target's settings, until they are undone.
        settled: Whether the ledger knows the ids of everything, because the last run was successful.
        runs: How many runs there were.
        asked: How often each remedy was needed.
    """

    sandbox: Sandbox
    folder: Path
    pipeline: Pipeline
    sabotage: Mapping[str, Callable[[], None]]
    campaign: int
    extras: bool = False
    first_run: str = ""
    last_run: str = ""
    carts_may_stay: bool = False
    removed: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    orders_removed: set[str] = field(default_factory=set)
    foreign: set[int] = field(default_factory=set)
    adopted: set[int] = field(default_factory=set)
    keys_lost: set[str] = field(default_factory=set)
    carts: set[int] = field(default_factory=set)
    carts_closed: set[tuple[int, str]] = field(default_factory=set)
    carts_forgotten: bool = False
    owed: dict[tuple[str, str], str] = field(default_factory=dict)
    consents: Consents = field(default_factory=Consents)
    doubtful: bool = False
    weekly: bool = False
    conditions: Conditions = field(default_factory=Conditions)
    settings: dict[str, Any] = field(default_factory=dict)
    settled: bool = False
    runs: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    _ledger_is_whole: bool = True

    @property
    def state(self) -> Path:
        """The target's state folder."""
        return self.folder / "state"

    @property
    def bookmarks(self) -> Path:
        """The tap's bookmarks."""
        return self.folder / "state.json"

    def run(self, tap: Strike | None = None, target: Strike | None = None) -> Ended:
        """One run of the pipeline."""
        self.runs += 1
        now, full = self.sandbox.status()["now"], not self.bookmarks.exists()
        self.first_run = self.first_run or now
        if full and self.last_run:
            pause = datetime.fromisoformat(now) - datetime.fromisoformat(self.last_run)
            self.carts_may_stay = self.carts_may_stay or pause > LONGEST_PAUSE
        try:
            ended = self.pipeline(self, tap, target)
        finally:
            if not self.conditions.lasting:
                self.conditions = Conditions()
        self._follow_moved_keys()
        if ended.well:
            self.last_run = now
        # A ledger that was lost learns from an incremental run only the places that the run writes to.
        self._ledger_is_whole = self._ledger_is_whole or (ended.well and full)
        self.settled = ended.well and self._ledger_is_whole
        return ended

    def command(self, *words: str) -> int:
        """One of the target's commands; its exit code."""
        with opened(self.folder / "command.log") as log:
            code = fork("target-copernica", [*self.target_arguments(), *words], stdout=log, stderr=log).wait()
        self._follow_moved_keys()
        return code

    def _follow_moved_keys(self) -> None:
        """A colleague's duplicate that alone has the key is ours from now on; the one of before is not."""
        for moved in (found for _, text in self.logs() for found in MOVED.finditer(text)):
            self.foreign.discard(int(moved["new"]))
            self.adopted.add(int(moved["new"]))
            self.foreign.add(int(moved["old"]))

    def logs(self) -> Iterator[tuple[str, str]]:
        """Name and text of every log of the last run."""
        for name in ("tap.log", "target.log", "command.log", "meltano.log"):
            if (file := self.folder / name).exists():
                yield name, file.read_text(errors="replace")

    def told(self, *files: str) -> list[str]:
        """The lines with which programs said why they ended; by default, tap and target in the last run."""
        return [
            said["line"]
            for file in files or ("tap.log", "target.log", "meltano.log")
            if (self.folder / file).exists()
            for said in SAID.finditer((self.folder / file).read_text(errors="replace"))
        ]

    # What acts have in common ---------------------------------------------------------------

    def profiles(self, database: str = "SEOshop") -> list[dict[str, Any]]:
        """The profiles that the pipeline keeps."""
        if database not in self.sandbox.databases():
            return []
        return [
            one
            for one in self.sandbox.profiles(database)
            if _has_key(one) and int(one["ID"]) not in self.foreign
        ]

    def subprofiles(self, collection: str, database: str = "SEOshop") -> list[dict[str, Any]]:
        """The subprofiles that the pipeline keeps."""
        if self.place(database, collection) is None:
            return []
        found = self.sandbox.subprofiles(collection, database)
        return [one for one in found if _has_key(one)]

    def place(self, database: str, collection: str = "") -> int | None:
        """The id of a database, or of a collection of it, where it is there."""
        there = self.sandbox.databases().get(database)
        if there is None or not collection:
            return int(there["id"]) if there else None
        return next((int(one["id"]) for one in there["collections"] if one["name"] == collection), None)

    def has_all_keys(self) -> bool:
        """Whether nothing is without its key: else only the ledger knows which one it is."""
        places = {name: self.sandbox.profiles(name) for name in self.sandbox.databases()}
        for name, database in self.sandbox.databases().items():
            places |= {
                f"{name}/{one['id']}": self.sandbox.subprofiles(one["id"]) for one in database["collections"]
            }
        rows = [row for some in places.values() for row in some if int(row["ID"]) not in self.foreign]
        return all(map(_has_key, rows))

    def note_removed(self, key: str) -> None:
        """A profile was removed by hand."""
        (self.removed if self._ledger_is_whole else self.forgotten).add(key)

    def forget(self) -> None:
        """What the ledger knew is lost."""
        self.forgotten |= self.removed
        self.removed.clear()
        self._ledger_is_whole = self.settled = False

    def begin_anew(self) -> None:
        """Another state folder, and the whole shop once more."""
        shutil.rmtree(self.state, ignore_errors=True)
        self.forget()
        self.read_all_again()

    def read_all_again(self) -> None:
        """The next run of the tap is a full one."""
        self.carts_forgotten = True
        self.bookmarks.unlink(missing_ok=True)

    # The end --------------------------------------------------------------------------------

    def calm_down(self) -> Ended:
        """All faults end, what the programs ask for is done; one run, a full one where that is needed."""
        self.end_faults()
        self.mend()
        self.sandbox.clock(advance=(A_WEEK if self.weekly else 0) + A_DAY + SETTLED)
        if self.doubtful:
            remedies.command(self, "check")
            self.read_all_again()
        ended = self.run()
        while not ended.well and remedies.do(self):
            ended = self.run()
        if self.weekly and ended.well:  # which found that lists are due whole for what is derived from orders
            ended = self.run()
        if self.consents.left and ended.well:  # who is gone from two complete lists has opted out
            self.sandbox.clock(advance=TWO_HOURS)
            ended = self.run()
        return ended if self._all_is_accepted() else self.run()

    def is_calm(self) -> bool:
        """Whether nothing is wrong that could explain a loss: no fault, nothing in doubt, nothing refused."""
        nothing_wrong = (self.conditions, self.settings) == (Conditions(), {})
        return (
            nothing_wrong
            and (self.extras, self.settled, self.doubtful, self.weekly) == (True, True, False, False)
            and REFUSED not in self._rejects()
            and not self.sandbox.faults()["faults"]
        )

    def _rejects(self) -> str:
        file = self.state / "rejects.jsonl"
        return file.read_text() if file.exists() else ""

    def _all_is_accepted(self) -> bool:
        """Whether no record stands in the rejects file; what does is sent again, when its reason is gone."""
        said = self._rejects()
        if REFUSED not in said:
            return True
        if DUPLICATE in said:
            for one in self.sandbox.profiles("SEOshop"):
                if int(one["ID"]) in self.foreign and _has_key(one):
                    self.sandbox.remove_profile(int(one["ID"]))
            remedies.command(self, "check")
        for _ in range(2):  # what belongs to a refused profile is refused, too
            remedies.command(self, "replay")
        return False

    def end_faults(self) -> None:
        """Both APIs work again; imports, too: without the fault that turns the clock none would time out."""
        self.sandbox.clear_faults()
        self.sandbox.settings(imports_end="done")

    def mend(self) -> None:
        """Nothing is wrong with the machine and the settings any more."""
        self.conditions = Conditions()
        self.settings.clear()
        for file in self.state.glob("*"):
            file.chmod(0o600)

    # How the programs are started -------------------------------------------------------------

    @property
    def states(self) -> Path:
        """The STATE lines of the last run."""
        return self.folder / "states"

    def keep_state(self) -> None:
        """Keep the last whole state of a run, as `tail -n 1` does."""
        if whole := [line for line in self.states.read_text().split("\n")[:-1] if line]:
            self.bookmarks.write_text(whole[-1])

    def tap_arguments(self) -> list[str]:
        """The tap's command line."""
        settings = self.sandbox.tap_config(requests_per_second=900)
        if "seoshop" in self.conditions.refusing:
            settings["api_url"] = NOWHERE
        config = _written(self.folder / "tap.json", settings)
        state = ["--state", str(self.bookmarks)] if self.bookmarks.exists() else []
        chosen = ["--catalog", str(catalog(config))] if self.extras else []
        return ["--config", str(config), *chosen, *state]

    def target_settings(self) -> dict[str, Any]:
        """What differs from the target's usual settings."""
        extras = {**SETTINGS, "coupon_campaign": self.campaign} if self.extras else {}
        return extras | self.settings

    def target_arguments(self) -> list[str]:
        """The target's command line."""
        settings = self.sandbox.target_config(self.state, batch_size_rows=5) | self.target_settings()
        if "copernica" in self.conditions.refusing:
            settings |= {"api_url": f"{NOWHERE}/v4", "auth_url": NOWHERE}
        return ["--config", str(_written(self.folder / "target.json", settings))]


@contextmanager
def new_world(
    folder: Path, pipeline: Pipeline, sabotage: Mapping[str, Callable[[], None]]
) -> Iterator[World]:
    """A shop of a few people beside an empty Copernica."""
    reads, writes = os.pipe()
    with opened(folder / "sandbox.log") as log:
        arguments = serve_arguments(**SIZES, **PACE, data=folder / "data")
        child: Child = fork("sandbox", arguments, stdout=writes, stderr=log, sabotage=mark_people)
    os.close(writes)
    with os.fdopen(reads) as said:
        found = READY.search(said.readline())
        assert found, (folder / "sandbox.log").read_text()
        try:
            sandbox = Sandbox(found[1])
            yield World(sandbox, folder, pipeline, sabotage, campaign(sandbox))
        finally:
            child.signal(signal.SIGTERM)
            child.wait()


def _has_key(row: dict[str, Any]) -> bool:
    return KEY.fullmatch(str(row["fields"].get("external_key"))) is not None


def _written(file: Path, content: dict[str, Any]) -> Path:
    file.write_text(json.dumps(content))
    return file
