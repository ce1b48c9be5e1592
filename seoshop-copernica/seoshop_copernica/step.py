"""What a tick does while it holds the lock of its shop."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from seoshop_copernica import bookmarks, cadence, catalog
from seoshop_copernica.errors import Code, FleetError, TroubleError
from seoshop_copernica.figures import Heard, about_state, rejects_by_reason
from seoshop_copernica.history import History
from seoshop_copernica.locks import claim_programs, held
from seoshop_copernica.outcome import Outcome
from seoshop_copernica.pipe import Pipe, Side
from seoshop_copernica.places import PIPELINE
from seoshop_copernica.shops import PREFIX, seconds_of
from seoshop_copernica.signals import limited, relayed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from seoshop_copernica.places import Places
    from seoshop_copernica.progress import Watch
    from seoshop_copernica.shops import Shop
    from seoshop_copernica.signals import Relay

__all__ = ["Step", "clean", "is_due", "program_of", "variables"]

log = logging.getLogger("seoshop_copernica")

_SIGNAL: Final = 128


def is_due(shop: Shop, places: Places) -> bool:
    """Whether the cadence of a shop says that it is time."""
    return cadence.is_due(shop.cadence, cadence.recent(History(places.history)), datetime.now(UTC))


class Step:
    """One run of one shop.

    Args:
        shop: The shop.
        places: Where its files stand.
        secret: Names of variables that no program may inherit.
        watch: Sees each state that is kept.
    """

    def __init__(
        self, shop: Shop, places: Places, secret: Collection[str], watch: Watch | None = None
    ) -> None:
        self._shop = shop
        self._places = places
        self._history = History(places.history)
        self._heard = Heard()
        self._secret = secret
        self._watch = watch
        self._environ = clean(secret)

    def take(self, began: Callable[[int], None] = lambda _run: None) -> Outcome:
        """Run it to its end, and write down how it ended.

        Args:
            began: Gets the number of the run when it begins.
        """
        shop = self._shop
        run = self._history.begin(shop.runner)
        began(run)
        try:
            with relayed() as relay, claim_programs(self._places.programs_lock) as lock:
                settings = shop.settings(self._places)
                settings = {**settings, "target": {**settings["target"], "run_id": str(run)}}
                running = self._by_meltano if shop.runner == "meltano" else self._by_pipe
                with limited(relay, seconds_of(shop.time_limit) or 0) as over:
                    code, cause = running(settings, relay, lock)
        except FleetError as error:
            code, cause = error.exit_code, str(error)
        except Exception as error:  # noqa: BLE001  # the last resort: no text of an unknown error may reach a log
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            code, cause = Code.UNEXPECTED, f"unexpected {type(error).__name__} at {where}; please report it"
        else:
            if relay.number is not None:
                code = _SIGNAL + relay.number
                cause = f"ended by signal {relay.number}; what was committed is kept"
            elif code and over.is_set():
                code = Code.TIME_LIMIT
                cause = f"ended after {shop.time_limit} (`time_limit`); what was committed is kept"
        if self._heard.elsewhere and code <= _SIGNAL:  # the tap then finds its reader gone
            self._history.forget(run)
            return Outcome(shop.name, "busy", cause="another run is at work")
        self._note(run, code, cause)
        if not code:
            return Outcome(shop.name, "done", run=run)
        return Outcome(shop.name, "stopped" if code > _SIGNAL else "failed", code, cause, run)

    def _note(self, run: int, code: int, cause: str) -> None:
        figures = self._heard.figures
        with suppress(TroubleError):  # the run has ended with it already
            about_state(bookmarks.remembered(self._places.state(self._shop.meltano_environment)), figures)
        if not code and self._heard.early:  # the lines of a first load may wait: that is as it should be
            before = self._history.last("true_to IS NOT NULL")
            if figures.true_to in {None, before[0].true_to if before else None}:
                cause = self._heard.early
        figures.waiting = rejects_by_reason(self._places.ledger / "rejects.jsonl").total()
        self._history.end(run, code, cause, figures)

    def _by_pipe(self, settings: Mapping[str, Mapping[str, Any]], relay: Relay, lock: int) -> tuple[int, str]:
        tap, target = map(program_of, PIPELINE)
        state = self._places.state(self._shop.meltano_environment)
        pipe = Pipe(
            Side(tap, settings["tap"], self._environ),
            Side(target, settings["target"], self._environ),
            catalog.prepare(self._places.catalog, tap, self._shop.selected, self._environ),
            bookmarks.remembered(state),
            lambda found: self._keep(state, found),
            self._told,
        )
        ended = pipe.run(relay, lock)
        self._heard.figures.cpu, self._heard.figures.memory = round(ended.cpu, 3), ended.memory
        failed = [side for side, code in ended.codes.items() if code]
        if not failed:
            return 0, "done"
        if ended.codes.get("tap") == Code.SETTINGS:
            self._places.catalog.unlink(missing_ok=True)  # it may be that of an older tap
        side = ended.first if ended.first in failed else failed[0]
        return ended.codes[side], self._heard.cause(side)

    def _keep(self, place: Path, state: Mapping[str, Any]) -> None:
        bookmarks.keep(place, state)
        if self._watch is not None:
            self._watch(state)

    def _by_meltano(
        self, settings: Mapping[str, Mapping[str, Any]], relay: Relay, lock: int
    ) -> tuple[int, str]:
        from seoshop_copernica import meltano  # noqa: PLC0415  # the pipe does without

        home, shop = self._places.home, self._shop
        system = meltano.system_folder(home)
        own = meltano.folder(system, shop.name, PIPELINE)
        environ = variables(shop, self._places, settings, self._secret)
        kept = catalog.prepare(self._places.catalog, program_of(PIPELINE[0]), shop.selected, self._environ)
        environ["TAP_SEOSHOP__CATALOG"] = str(kept)  # Meltano would start the tap once more to ask
        environ["MELTANO_RUN_FORCE"] = "true"  # after a kill it would wait five minutes; the lock is ours
        run = meltano.Run(home, own, shop.meltano_environment, PIPELINE, environ, Path(os.devnull))
        with held(own / "lock") as handle:
            if handle is None:
                self._heard.elsewhere = True
                return 0, "done"
            ended = run.go(relay, [lock, handle], self._told_by_meltano)
        self._heard.figures.cpu, self._heard.figures.memory = round(ended.cpu, 3), ended.memory
        return ended.code, ended.cause

    def _told(self, side: str, line: str) -> None:
        if (kept := self._heard.line(side, line)) is not None:
            log.info("%s: %s", self._shop.name, kept)

    def _told_by_meltano(self, line: str, kept: str | None) -> None:
        from seoshop_copernica.meltano import event_of, side_of  # noqa: PLC0415  # the pipe does without

        event = event_of(line)
        if event.get("stdio") == "stderr" and "name" in event:
            side = {"extractors": "tap", "loaders": "target"}.get(side_of(event))
            self._heard.line(side or "meltano", str(event.get("event", "")))
        if kept is not None:
            log.info("%s: %s", self._shop.name, kept)


def clean(secret: Collection[str]) -> dict[str, str]:
    """The environment without any shop's settings and secrets.

    Args:
        secret: Names of further variables that no program may inherit.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in secret and not name.startswith(tuple(PREFIX.values()))
    }
    # A `.env` beside the programs belongs to one shop; their settings reach them from here alone.
    return {**kept, "PYTHON_DOTENV_DISABLED": "1"}


def variables(
    shop: Shop, places: Places, settings: Mapping[str, Mapping[str, Any]], secret: Collection[str]
) -> dict[str, str]:
    """A clean environment with the settings of a shop in it, as Meltano and `--config=ENV` take them.

    Args:
        shop: The shop.
        places: Where its files stand.
        settings: All its settings.
        secret: Names of variables that no program may inherit.
    """
    found = clean(secret)
    for side, given in settings.items():
        found.update((f"{PREFIX[side]}{name.upper()}", _as_variable(value)) for name, value in given.items())
    if shop.select is not UNSET:
        found["TAP_SEOSHOP__SELECT"] = _as_variable(shop.select)
    found["MELTANO_STATE_BACKEND_URI"] = f"file://{places.bookmarks}"
    return found


def program_of(name: str) -> str:
    """Where a program is: beside this one, or where PATH has it."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name) or name


def _as_variable(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
