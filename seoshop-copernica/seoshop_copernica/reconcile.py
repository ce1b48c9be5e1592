"""`reconcile`: the shop and Copernica, each read whole, held against each other; and what heals a difference.

Tap and target do it: the tap reads the lists without a state, the target takes the records as in a dry run
and reads Copernica a thousand a call. What the shop tells only one record at a time, such as order rows, is
held against what was read of it last.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec

from seoshop_copernica import bookmarks, catalog, status
from seoshop_copernica.compared import Compared
from seoshop_copernica.errors import Code, FleetError, TroubleError
from seoshop_copernica.figures import Heard, about_state
from seoshop_copernica.history import History
from seoshop_copernica.inside import environment
from seoshop_copernica.locks import claim_programs, held
from seoshop_copernica.pipe import Pipe, Side
from seoshop_copernica.places import PIPELINE, Places
from seoshop_copernica.shops import seconds_of
from seoshop_copernica.signals import limited, relayed
from seoshop_copernica.step import clean, program_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from seoshop_copernica.shops import Shop

__all__ = ["LEFT_OUT", "Reconciling"]

log = logging.getLogger("seoshop_copernica")

_EACH: Final = "each record costs a request, and Copernica holds none of it"
_LOG: Final = "a log, and Copernica holds none of it"
LEFT_OUT: Final = {
    **dict.fromkeys(
        ("order_products", "order_metafields", "customer_metafields", "invoice_items", "shipment_products",
         "product_attributes", "product_images", "product_metafields"),
        _EACH,
    ),
    "order_events": _LOG,
    "variant_movements": _LOG,
    "subscriptions": "consent: see `target-copernica consent report`",
}  # fmt: skip
"""Streams with lists that are not read, and why; the ledger knows what Copernica holds of them anyway."""

_NOWHERE: Final = "it is not mapped, or it had no record"

_LOOK_EVERY: Final = 1.0


class FailedError(FleetError):
    """A program failed; its exit code is passed on."""

    def __init__(self, code: int, cause: str) -> None:
        super().__init__(cause)
        self.exit_code = code


class _EachLine(Pipe):
    """A pipe whose target says more than states."""

    def _take(self, side: str, kind: str, lines: list[bytes]) -> None:
        if kind == "says":
            super()._take(side, kind, lines)
            return
        for line in lines:
            self.on_state(msgspec.json.decode(line, type=dict[str, Any]))


class Reconciling:
    """Holds both sides of a shop against each other, while no tick is at work.

    Args:
        shop: The shop.
        places: Where its files stand.
        secret: Names of variables that no program may inherit.
    """

    def __init__(self, shop: Shop, places: Places, secret: set[str]) -> None:
        self._shop = shop
        self._places = places
        self._history = History(places.history)
        self._environ = clean(secret)
        self._settings = shop.settings(places)

    def compare(self) -> Compared:
        """Compare.

        Raises:
            FailedError: A program failed.
            TroubleError: There is no complete run yet.
        """
        as_of = status.of(self._shop, self._places.home).true_to
        if as_of is None:
            raise TroubleError(
                f"shop {self._shop.name}: there is nothing to compare before the first complete tick: "
                f"run `seoshop-copernica tick {self._shop.name}`"
            )
        found = Compared(self._shop.name, as_of)
        heard = self._through(_EachLine, {"reconcile": as_of}, found.take)
        found.requests = heard.figures.requests
        names = catalog.names(self._places.reconcile_catalog, self._shop.selected)
        compared = {one.stream for one in found.figures}
        found.left_out = {name: LEFT_OUT.get(name, _NOWHERE) for name in names if name not in compared}
        self._history.reconciled(found.requests, found.calls, found.reasons.total(), found.to_heal)
        return found

    def heal(self, orders: Sequence[int] = ()) -> int:
        """Let the target look what others changed, then read the shop whole and write what differs.

        Args:
            orders: Those whose rows the next tick is to read again.

        Returns:
            How many writes it took.

        Raises:
            FailedError: A program failed.
        """
        looked = subprocess.run(
            [program_of(PIPELINE[1]), "--config=ENV", "check"],
            env=environment(self._places.home, self._shop.name),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if looked.returncode:
            heard = Heard()
            for line in looked.stderr.decode(errors="replace").splitlines():
                heard.line("target", line)
            raise FailedError(looked.returncode, heard.cause("target"))
        run = self._history.begin("heal")
        code, cause, heard = int(Code.UNEXPECTED), "it was cut off", Heard()
        try:
            heard = self._through(Pipe, {"run_id": str(run)}, lambda _state: None)
            code, cause = Code.DONE, "done"
        except FailedError as error:
            code, cause = error.exit_code, str(error)
            raise
        finally:
            state = bookmarks.remembered(self._places.state(self._shop.meltano_environment))
            about_state(state, heard.figures)
            self._history.end(run, code, cause, heard.figures)
        if orders and state is not None and bookmarks.owe(state, orders):
            bookmarks.keep(self._places.state(self._shop.meltano_environment), state)
        return heard.figures.written

    def _through(
        self, form: type[Pipe], more: Mapping[str, str], take: Callable[[dict[str, Any]], None]
    ) -> Heard:
        tap, target = map(program_of, PIPELINE)
        patterns = [*self._shop.selected, *(f"!{name}.*" for name in LEFT_OUT)]
        heard = Heard()
        with relayed() as relay, claim_programs(self._places.programs_lock) as lock, self._book() as state:
            own = {"state_dir": str(self._places.reconcile_book)}
            pipe = form(
                Side(tap, {**self._settings["tap"], **own}, self._environ),
                Side(target, {**self._settings["target"], **more}, self._environ),
                catalog.prepare(self._places.reconcile_catalog, tap, patterns, self._environ),
                state,
                take,
                lambda side, line: self._told(heard, side, line),
            )
            with limited(relay, seconds_of(self._shop.time_limit) or 0) as over:  # ticks wait for it
                ended = pipe.run(relay, lock)
        failed = [side for side, code in ended.codes.items() if code]
        if failed and over.is_set():
            raise FailedError(Code.TIME_LIMIT, f"ended after {self._shop.time_limit} (`time_limit`)")
        if failed:
            side = ended.first if ended.first in failed else failed[0]
            raise FailedError(ended.codes[side], heard.cause(side))
        return heard

    @contextmanager
    def _book(self) -> Iterator[dict[str, Any] | None]:
        """A copy of the order book, and the state with which the tap takes it up.

        Without it what is derived from order rows, which are not read, would be taken for what it would be
        without any row, and `heal` would write that.

        Raises:
            TroubleError: It cannot be copied.
        """
        known = bookmarks.remembered(self._places.state(self._shop.meltano_environment)) or {}
        marks = known.get("bookmarks") or {}
        book, shop = marks.get("customer_metrics") or {}, marks.get("shop") or {}
        live, copy = self._places.order_book, self._places.reconcile_book
        shutil.rmtree(copy, ignore_errors=True)  # of one that was killed
        try:
            copy.mkdir(mode=0o700, parents=True)
            # Without the one of the bookmarks the tap makes one, and asks the others which orders came back.
            for file in [*live.glob(f"*-{book.get('book')}.sqlite*")] or [*live.glob("*.sqlite*")]:
                shutil.copy2(file, copy)
        except OSError as error:
            raise TroubleError(f"{error.filename}: {error.strerror}") from None
        try:
            # Without the digest of its settings all customers are worked out, not only those that changed.
            of_shop = {name: shop[name] for name in ("version", "shop_id", "account") if name in shop}
            again = {"customer_metrics": {**book, "settings": None}, "shop": of_shop}
            yield {"bookmarks": again} if book and of_shop else None
        finally:
            shutil.rmtree(copy, ignore_errors=True)

    def _told(self, heard: Heard, side: str, line: str) -> None:
        if (kept := heard.line(side, line)) is not None:
            log.info("%s: %s", self._shop.name, kept)


@contextmanager
def quiet(places: Places, patience: float) -> Iterator[None]:
    """While no tick of a shop is at work; one that is, is waited for.

    Args:
        places: The shop's.
        patience: Most seconds to wait.

    Raises:
        TroubleError: It was still at work.
    """
    end = time.monotonic() + patience
    while True:
        with held(places.lock) as handle:
            if handle is not None:
                yield
                return
        if time.monotonic() >= end:
            raise TroubleError(f"shop {places.name}: a tick is still at work; try again later")
        time.sleep(_LOOK_EVERY)
