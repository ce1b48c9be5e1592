"""Programs broken on purpose, each in the way of a real fault: what a judge that is any good must notice."""

import itertools
from collections.abc import Callable
from typing import Any

from tap_seoshop.tap import TapSeoshop
from target_copernica.api.client import Client
from target_copernica.checkpoint import StateCheckpoint
from target_copernica.memory.ledger import Ledger
from target_copernica.run.intake import Intake
from target_copernica.run.run import Run


def skip_a_record() -> None:
    """The sink takes one record in nine for done, and does nothing with it."""
    take, counter = Intake.take, itertools.count(1)

    def takes(self: Intake, record: dict[str, Any], number: int) -> None:
        if next(counter) % 9:
            take(self, record, number)
        else:
            self._run.outcomes.unmapped(self._stream, number)

    Intake.take = takes  # type: ignore[method-assign]


def mix_up_two_fields() -> None:
    """The mapper gives everybody the last name as first name."""
    take = Intake.take

    def takes(self: Intake, record: dict[str, Any], number: int) -> None:
        mixed = record | {"firstname": record["lastname"]} if "lastname" in record else record
        take(self, mixed, number)

    Intake.take = takes  # type: ignore[method-assign]


def write_twice() -> None:
    """Every creation is sent twice."""
    post = Client.post

    def posts(self: Client, path: str, body: Any, kind: str = "write") -> int | None:
        if path.endswith("/profiles") or "/subprofiles/" in path:
            post(self, path, body, kind)
        return post(self, path, body, kind)

    Client.post = posts  # type: ignore[method-assign]


def let_states_go_early() -> None:
    """A STATE leaves as soon as it comes."""

    def releases(self: StateCheckpoint) -> Any:
        state = self._waiting[-1][1] if self._waiting else None
        self._waiting.clear()
        return state

    hold = Run.hold

    def holds(self: Run, state: Any) -> None:
        hold(self, state)
        self._emit_state()

    StateCheckpoint.release = releases  # type: ignore[method-assign]
    Run.hold = holds  # type: ignore[method-assign]


def move_bookmarks_too_far() -> None:
    """The tap says that it has read the next hour, too."""
    emit = TapSeoshop._emit_state  # noqa: SLF001 - sabotage goes inside

    def emits(self: TapSeoshop) -> None:
        for bookmark in self.state.get("bookmarks", {}).values():
            value = bookmark.get("replication_key_value")
            if isinstance(value, str) and value < "2030":
                bookmark["replication_key_value"] = "2030" + value[4:]
        emit(self)

    TapSeoshop._emit_state = emits  # type: ignore[method-assign]  # noqa: SLF001


def forget_write_ahead_entries() -> None:
    """Nothing is noted before a creation, and no run looks for what an earlier one made."""
    Ledger.write_ahead = lambda *_: None  # type: ignore[method-assign]
    Ledger.high_watermark = lambda *_: 10**9  # type: ignore[method-assign]


TAP: dict[str, Callable[[], None]] = {"a bookmark is moved too far": move_bookmarks_too_far}
TARGET: dict[str, Callable[[], None]] = {
    "the sink skips a record": skip_a_record,
    "the mapper mixes up two fields": mix_up_two_fields,
    "a creation is sent twice": write_twice,
    "a STATE leaves too early": let_states_go_early,
    "write-ahead entries are forgotten": forget_write_ahead_entries,
}
