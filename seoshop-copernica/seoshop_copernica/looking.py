"""The commands that look at shops and change nothing there: status, alarms, trace, reconcile."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from seoshop_copernica import logs
from seoshop_copernica.errors import Code, FleetError, TroubleError
from seoshop_copernica.places import places_of
from seoshop_copernica.ticks import home_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from seoshop_copernica.fleet import Fleet
    from seoshop_copernica.shops import Shop
    from seoshop_copernica.status import Status

__all__ = ["add_commands", "add_outputs", "has_outputs", "listed", "standings", "write_outputs"]

log = logging.getLogger("seoshop_copernica")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare them."""
    board = commands.add_parser("status", help="show the status of one shop or all; asks no API anything")
    board.add_argument("shop", nargs="?", help="its name (default: prod, the shop in .env)")
    board.add_argument("--all", action="store_true", help="all shops in the list, in a table")
    board.add_argument("--json", action="store_true", help="as JSON")
    add_outputs(board)
    board.set_defaults(do=_status)

    alarms = commands.add_parser(
        "alarms", help="send the alarms that are due, as each tick does; for shops without ticks"
    )
    alarms.add_argument("shop", nargs="?", help="its name (default: prod, the shop in .env)")
    alarms.add_argument("--all", action="store_true", help="all shops in the list")
    alarms.add_argument("--test", action="store_true", help="send a test message")
    alarms.set_defaults(do=_alarms)

    one = commands.add_parser(
        "trace", help="find a person or an order on both sides; reads from standard input whom to find"
    )
    one.add_argument("shop", nargs="?", default="prod", help="its name (default: prod, the shop in .env)")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(do=_trace)

    both = commands.add_parser("reconcile", help="read both sides completely and compare them")
    both.add_argument("shop", nargs="?", default="prod", help="its name (default: prod, the shop in .env)")
    both.add_argument("--json", action="store_true", help="as JSON")
    both.add_argument("--heal", action="store_true", help="then repair what differs without a good reason")
    both.add_argument(
        "--wait",
        type=int,
        default=600,
        metavar="SECONDS",
        help="how long to wait for a running tick (default: 600)",
    )
    both.set_defaults(do=_reconcile)


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Where to write how the shops stand; of `tick`: afterwards."""
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the board, one page of HTML")
    parser.add_argument("--prometheus", type=Path, metavar="FILE", help="write the figures for node_exporter")
    parser.add_argument(
        "--otel", action="store_true", help="send the figures with OpenTelemetry, as OTEL_... says"
    )


def listed(home: Path) -> Fleet:
    """The list of shops.

    Raises:
        TroubleError: There is none.
    """
    from seoshop_copernica.fleet import LIST, find  # noqa: PLC0415  # one tick does without

    if (fleet := find(home)) is None:
        raise TroubleError(f"{home / LIST}: there is no list of shops")
    return fleet


def standings(asked: argparse.Namespace, home: Path) -> list[Status]:
    """How the shops stand that are asked for."""
    from seoshop_copernica import status  # noqa: PLC0415  # a tick does without

    if asked.all:
        return status.of_each(listed(home).shops.values(), home)
    return [status.of(shop, home) for shop in _asked_shops(asked, home)]


def _asked_shops(asked: argparse.Namespace, home: Path) -> Iterable[Shop]:
    from seoshop_copernica.fleet import shop_of  # noqa: PLC0415  # one tick does without

    return listed(home).shops.values() if asked.all else [shop_of(home, asked.shop or "prod")[0]]


def _status(asked: argparse.Namespace) -> int:
    from seoshop_copernica import status, told  # noqa: PLC0415  # a tick does without

    found = standings(asked, home_of(asked.home))
    if has_outputs(asked):
        write_outputs(asked, found)
    if asked.json:
        import msgspec  # noqa: PLC0415  # a tick that finds another one does without

        sys.stdout.write(msgspec.json.encode(found if asked.all else found[0]).decode() + "\n")
    elif asked.all and not has_outputs(asked):
        told.table(found)
    elif not has_outputs(asked):
        sys.stdout.writelines(f"{line}\n" for line in told.lines(found[0]))
    return status.worst(found)


def has_outputs(asked: argparse.Namespace) -> bool:
    """Whether any output is asked for."""
    return bool(asked.html or asked.prometheus or asked.otel)


def write_outputs(asked: argparse.Namespace, found: Sequence[Status]) -> None:
    """Write what was asked for."""
    if asked.html:
        from seoshop_copernica import board  # noqa: PLC0415  # only where it is asked for

        board.write(asked.html, found)
    if asked.prometheus:
        from seoshop_copernica import metrics  # noqa: PLC0415  # likewise

        metrics.textfile(asked.prometheus, found)
    if asked.otel:
        from seoshop_copernica import metrics  # noqa: PLC0415  # likewise

        metrics.push(found)


def _alarms(asked: argparse.Namespace) -> int:
    from seoshop_copernica import tell  # noqa: PLC0415  # a tick without alarms does without

    home = home_of(asked.home)
    shops = [shop for shop in _asked_shops(asked, home) if shop.alarms is not None]
    if not shops:
        raise TroubleError("no `alarms:` in shops.yml for this shop: docs/fleet.md shows the lines")
    code: int = Code.DONE
    for shop in shops:
        try:
            if not asked.test:
                tell.tell(shop, home, tell.by_apprise)
            elif not tell.by_apprise(shop)(
                f"{shop.name}: a test", "Alarms of this shop arrive here.", is_over=True
            ):
                code = Code.AWAY
        except FleetError as error:  # the others are told all the same
            sys.stderr.write(f"seoshop-copernica: {shop.name}: {error}\n")
            code = error.exit_code
    return code


def _trace(asked: argparse.Namespace) -> int:
    import msgspec  # noqa: PLC0415  # a tick that finds another one does without

    from seoshop_copernica import trace  # noqa: PLC0415  # a tick does without
    from seoshop_copernica.fleet import shop_of  # noqa: PLC0415  # likewise

    places = places_of(home_of(asked.home), asked.shop)
    shop, _ = shop_of(places.home, asked.shop)
    if sys.stdin.isatty():
        sys.stderr.write("Address, id or order number: ")
        sys.stderr.flush()
    wanted = sys.stdin.readline().strip()
    if not wanted:
        raise TroubleError("trace: give an address, an id or the number of an order on standard input")
    found = trace.trace(shop, places, wanted)
    if asked.json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in trace.lines(found))
    return Code.DONE


def _reconcile(asked: argparse.Namespace) -> int:
    import msgspec  # noqa: PLC0415  # a tick that finds another one does without

    from seoshop_copernica import compared, reconcile  # noqa: PLC0415  # a tick does without
    from seoshop_copernica.fleet import shop_of  # noqa: PLC0415  # likewise

    places = places_of(home_of(asked.home), asked.shop)
    shop, secret = shop_of(places.home, asked.shop)
    logs.begin(None)
    with reconcile.quiet(places, asked.wait):
        work = reconcile.Reconciling(shop, places, secret)
        found = work.compare()
        if asked.json:
            sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        else:
            sys.stdout.writelines(f"{line}\n" for line in compared.lines(found))
        if asked.heal and found.to_heal:
            log.info("[info    ] %s: healed with %d writes", shop.name, work.heal(found.orders))
            if found.orders:
                said = "[info    ] %s: the next tick reads the rows of %d orders again"
                log.info(said, shop.name, len(found.orders))
            return Code.DONE
    return Code.DIFFERS if found.to_heal else Code.DONE
