"""Where records end does not depend on how they fall into batches, runs, routes or waiting.

In this process, against a Copernica that is two dictionaries: thousands of cases in seconds.
"""

import copy
import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from target_copernica.account.owned import Owned
from target_copernica.account.presence import Presence
from target_copernica.account.readback import Readback
from target_copernica.account.structure import ActualField, Place
from target_copernica.mapping.model import Fragment, Moment, Person
from target_copernica.mapping.values import Column
from target_copernica.memory.ledger import Ledger
from target_copernica.memory.rejects import RejectLimit, Rejects
from target_copernica.memory.tombstones import Tombstones
from target_copernica.report import Report
from target_copernica.writing.brake import MailBrake
from target_copernica.writing.by_call import Sent, SingleWrite
from target_copernica.writing.by_import import ImportRow
from target_copernica.writing.carry import Carrier, Steps
from target_copernica.writing.deletions import Deletions
from target_copernica.writing.liveness import Liveness
from target_copernica.writing.outcomes import Outcomes
from target_copernica.writing.returning import Returning
from target_copernica.writing.route_choice import Limits
from target_copernica.writing.shared_email import SharedEmails
from target_copernica.writing.writer import Writer

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TEXT = Column("text", 100, ())


def place(collection: int | None, *names: str) -> Place:
    fields = {name: ActualField(number, name, TEXT) for number, name in enumerate(names)}
    return Place(1, collection, "Shop" if collection is None else "Shop.Orders", None, fields)


PEOPLE = place(None, "a", "b", "c")
ORDERS = place(2, "x", "y", "z")


@dataclass
class Copernica:
    """Fields of profiles and subprofiles by id, and below which profile a subprofile stands."""

    things: dict[str, dict[int, dict[str, str]]] = field(default_factory=lambda: {"d1": {}, "c2": {}})
    below: dict[int, str] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def make(self, where: Place, key: str, person: str | None, fields: dict[str, str]) -> int:
        assert key not in [one["key"] for one in self.things[where.code].values()], "made twice"
        number = next(self.ids)
        self.things[where.code][number] = {"key": key, **fields}
        if where is ORDERS:
            self.below[number] = str(person)
        return number

    def content(self) -> dict[str, dict[str, Any]]:
        people = {one["key"]: one for one in self.things["d1"].values()}
        orders = {
            one["key"]: {**one, "person": self.below[number]} for number, one in self.things["c2"].items()
        }
        return {"people": people, "orders": orders}


@dataclass
class InMemory:
    """An executor for it."""

    there: Copernica
    ledger: Ledger
    wrote: set[tuple[str, str, str]] = field(default_factory=set)

    def note(self, where: Place, key: str, fields: Iterable[str]) -> None:
        self.wrote |= {(where.code, key, name) for name in fields}

    def settle_imports(self, _places: Sequence[Place]) -> None: ...

    def see_that_calls_work(self) -> None: ...

    def write_singly(self, where: Place, writes: Sequence[SingleWrite]) -> Iterator[Sent]:
        for write in writes:
            self.note(where, write.key, write.fields)
            number = write.entry_id
            if number is None:
                number = self.there.make(where, write.key, write.person, write.fields)
            else:
                self.there.things[where.code][number].update(write.fields)
            yield Sent([(write, number)], None)

    def write_import(self, where: Place, rows: Sequence[ImportRow], *, followups: bool) -> list[ImportRow]:
        del followups
        for row in rows:
            self.note(where, row.key, row.fields)
            if row.creates:
                number = self.there.make(where, row.key, row.person, row.fields)
                person = row.person if where is ORDERS else None
                self.ledger.know_entry(where.code, row.key, number, person)
            else:
                entry = self.ledger.entry(where.code, row.key)
                assert entry is not None
                self.there.things[where.code][entry.id].update(row.fields)
        return []

    def give_key(self, _profiles: Place, _profile_id: int, _key: str) -> bool:
        return True

    def delete(self, where: Place, _key: str, entry_id: int, _below: Iterable[str]) -> bool:
        gone = self.there.things[where.code].pop(entry_id)
        if where is PEOPLE:
            for number in [one for one, person in self.there.below.items() if person == gone["key"]]:
                self.there.things["c2"].pop(number, None)
        return True

    def erase(self, where: Place, entry_id: int) -> bool:
        return self.delete(where, "", entry_id, ())

    def conclude(self, place: Place, key: str, entry_id: int, *, again: bool) -> None: ...


class NothingElse(Readback):
    """Nothing comes there but what is written."""

    def __init__(self) -> None:
        super().__init__(
            Presence(cast("Any", None), cast("Any", None), logging.getLogger("test")),
            cast("Any", None),
            cast("Any", None),
            0,
        )

    def catch_up(self, place: Place, *, again: bool = False) -> dict[str, dict[str, str]]:
        del place, again
        return {}

    def confirm_alive(self, profiles: Place, keys: Any) -> list[str]:
        del profiles, keys
        return []

    def cost_of_confirming(self, profiles: Place, keys: Any) -> int:
        del profiles
        return len(set(keys))


@dataclass(frozen=True)
class Message:
    """A record (or, with `delete`, what says that it is gone)."""

    stream: str
    key: str
    fields: tuple[tuple[str, str], ...]
    version: str | None = None
    person: str | None = None
    stub: bool = True
    live: bool = False
    delete: bool = False
    bad: tuple[str, ...] = ()

    def fragment(self, arrival: int, read: Moment | None = None) -> Fragment:
        person = None
        if self.stream in ("orders", "ships"):
            person = Person(str(self.person), stub={"a": f"stub of {self.key}"} if self.stub else None)
        at = "2026-11-01T23:59:00.000000" if self.live else "2019-01-01T00:00:00.000000"
        fields = {name: value for name, value in self.fields if name not in self.bad}
        return Fragment(
            self.stream, self.key, fields, person, self.stream in ("people", "orders"), self.version, at, at,
            tuple((name, "no good") for name in self.bad), arrival=arrival, read=read,
        )  # fmt: skip


class World:
    """A Copernica with a state directory, for several runs."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="merging-"))
        self.there = Copernica()
        tombstones = Tombstones(self.folder / "tombstones.jsonl")
        self.ledger = Ledger(self.folder / "ledger.sqlite", tombstones, durable=False)
        self.rejects = Rejects(self.folder / "rejects.jsonl", lambda: NOW)
        self.runs = count(1)
        for one in (PEOPLE, ORDERS):
            self.ledger.know_place(one.code, one.name)

    def run(
        self, messages: Sequence[Message], rows: int = 1000, ticks: frozenset[int] = frozenset()
    ) -> Report:
        """One run; after some messages all that is pending is old enough to be written."""
        ledger, report = self.ledger, Report(lambda: 0, lambda: 0.0)
        settled: list[int] = []
        limit = RejectLimit(1000, report, self.rejects.path)
        outcomes = Outcomes(ledger, self.rejects, report, limit, settled.append)
        executor = InMemory(self.there, ledger)
        run = next(self.runs)
        ledger.notes.begin(run, lambda: NOW)
        liveness = Liveness(ledger, lambda: NOW, timedelta(days=1), datetime(2026, 1, 1, tzinfo=UTC))
        steps = Steps(
            Limits(rows, 1e9, 1e9),
            liveness,
            Deletions(executor, ledger, 100),
            SharedEmails(ledger, {}),
            Owned(ledger),
            MailBrake(200),
        )
        carrier = Carrier(ledger, NothingElse(), executor, outcomes, steps)
        returning = Returning(ledger, outcomes, "ask", lambda: NOW)
        writer = Writer(ledger, NothingElse(), outcomes, steps, carrier, returning)
        writer.know([PEOPLE, ORDERS])
        for number, message in enumerate(messages, start=1):
            where = ORDERS if message.stream in ("orders", "ships") else PEOPLE
            if message.delete:
                writer.delete(where, message.fragment(number), number)
            else:
                writer.add(where, message.fragment(number, ledger.notes.now()), number)
            if number in ticks:
                carrier.flush_all()
        writer.finish()
        assert sorted(settled) == list(range(1, len(messages) + 1)), "each record is settled once"
        ledger.notes.flush()
        self._see_what_is_told(run, executor.wrote)
        return report

    def _see_what_is_told(self, run: int, wrote: set[tuple[str, str, str]]) -> None:
        """The ledger names this run for exactly the fields that it wrote, of what is still there."""
        told = {
            (where, key, name)
            for where, things in self.there.things.items()
            for key in (one["key"] for one in things.values())
            for parts in self.ledger.all_parts(where, key).values()
            for part in parts
            if part.wrote is not None and part.wrote.run == run
            for name in part.names or ()
        }
        assert told <= wrote, "it claims no write that was not made"
        there = {
            (where, one["key"], name)
            for where, things in self.there.things.items()
            for one in things.values()
            for name in one
        }
        stubs = {"a"}
        assert {one for one in wrote & there if one[2] not in {"key", *stubs}} <= told, "nor forgets one"

    def close(self) -> None:
        self.rejects.close()
        self.ledger.close()
        shutil.rmtree(self.folder)


def messages() -> st.SearchStrategy[list[Message]]:
    versions = st.sampled_from([None, "1", "2", "3"])

    def of(stream: str, names: str, **more: Any) -> st.SearchStrategy[Message]:
        fields = st.dictionaries(st.sampled_from(names), st.sampled_from(["p", "q", "r"])).map(
            lambda one: tuple(sorted(one.items()))
        )
        return st.builds(
            Message, st.just(stream), st.sampled_from("112"), fields, versions,
            bad=st.sets(st.sampled_from(names), max_size=1).map(tuple), live=st.booleans(), **more,
        )  # fmt: skip

    person = st.sampled_from("112")
    return st.lists(
        st.one_of(
            of("people", "ab"),
            of("extra", "c"),
            of("orders", "xy", person=person, stub=st.sampled_from([True, True, False])),
            of("ships", "z", person=person),
            st.builds(
                Message, st.sampled_from(["people", "orders"]), person, st.just(()), versions, person=person,
                delete=st.booleans().filter(bool),
            ),
        ),
        min_size=2,
        max_size=12,
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    messages(),
    st.sets(st.integers(1, 11), max_size=2),
    st.sampled_from([1, 2, 3, 1000, 1000]),
    st.frozensets(st.integers(1, 11), max_size=1),
)
def test_any_split_into_runs_and_batches_gives_the_same(
    sent: list[Message], cuts: set[int], rows: int, ticks: frozenset[int]
) -> None:
    alone, split = World(), World()
    try:
        for message in sent:
            alone.run([copy.copy(message)])
        edges = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
        for start, end in pairwise(edges):
            split.run(sent[start:end], rows, ticks)
        assert split.there.content() == alone.there.content(), (sent, cuts, rows, ticks)
    finally:
        alone.close()
        split.close()


VERSIONED = st.builds(
    Message,
    st.just("people"),
    st.just("1"),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from("pqr")).map(
        lambda one: tuple(sorted(one.items()))
    ),
    st.sampled_from("123"),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(VERSIONED, min_size=1, max_size=8), st.booleans())
def test_a_field_belongs_to_its_newest_version(sent: list[Message], at_once: bool) -> None:  # noqa: FBT001 - drawn
    model: dict[str, tuple[str, str]] = {}
    for message in sent:
        for name, value in message.fields:
            if str(message.version) >= model.get(name, ("", ""))[0]:
                model[name] = (str(message.version), value)
    world = World()
    try:
        for some in [sent] if at_once else [[message] for message in sent]:
            world.run(some)
        expected = {name: value for name, (_, value) in model.items()}
        assert world.there.content()["people"]["1"] == {"key": "1", **expected}
    finally:
        world.close()
