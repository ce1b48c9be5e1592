"""The command line."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seoshop_copernica import logs, looking
from seoshop_copernica.errors import FleetError, TroubleError
from seoshop_copernica.places import places_of
from seoshop_copernica.setup.options import add_options
from seoshop_copernica.ticks import home_of, tick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seoshop_copernica.outcome import Outcome

__all__ = ["run"]

log = logging.getLogger("seoshop_copernica")


def run(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks.

    Returns:
        The exit code.
    """
    asked = _parser().parse_args(arguments)
    try:
        code: int = asked.do(asked)
    except FleetError as error:
        sys.stderr.write(f"seoshop-copernica: {error}\n")
        return error.exit_code
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="seoshop-copernica", description="Keeps Copernica in sync with one SEOshop shop or with many."
    )
    parser.add_argument(
        "--home",
        type=Path,
        metavar="FOLDER",
        help="the project's folder (default: SEOSHOP_COPERNICA_HOME, or .)",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("tick", help="one run of one shop, or of all that are due")
    one.add_argument("shop", nargs="?", help="its name in shops.yml (default: prod, the shop in .env)")
    one.add_argument("--all", action="store_true", help="all shops in the list that are due")
    one.add_argument("--jobs", type=_positive, default=os.cpu_count(), help="with --all: how many at a time")
    one.add_argument("--if-due", action="store_true", help="only if its cadence says it is time")
    one.add_argument(
        "--log", type=Path, metavar="FILE", help="log to this file and rotate it; show only failures"
    )
    one.add_argument("--own-log", action="store_true", help="the same, with state/SHOP/tick.log")
    looking.add_outputs(one)
    one.set_defaults(do=_tick)

    looking.add_commands(commands)

    timers = commands.add_parser(
        "timers", help="write the systemd timers or cron lines that start the ticks of all shops"
    )
    timers.add_argument("engine", choices=["systemd", "cron"])
    timers.add_argument(
        "--out", type=Path, metavar="FOLDER", help="for systemd (default: /etc/systemd/system)"
    )
    timers.add_argument("--user", default="seoshop", help="for systemd: the user that runs the ticks")
    timers.set_defaults(do=_timers)

    first = commands.add_parser(
        "setup", help="ask for the keys, test them, write .env, and show what the first run does"
    )
    add_options(first)
    first.set_defaults(do=_setup)

    looked = commands.add_parser("doctor", help="check both sides without writing anything")
    looked.add_argument("shop", nargs="?", default="prod", help="its name (default: prod, the shop in .env)")
    looked.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="find out what the APIs really do, by reading; for `sandbox serve --as-observed FILE`",
    )
    looked.set_defaults(do=_doctor)

    shell = commands.add_parser("completion", help="print the shell completion of this command")
    shell.add_argument("shell", choices=["bash", "zsh", "tcsh"])
    shell.set_defaults(do=_completion)

    check = commands.add_parser("check", help="check shops.yml and list its shops")
    check.set_defaults(do=_check)

    schema = commands.add_parser("schema", help="print the JSON schema of shops.yml, for editors")
    schema.set_defaults(do=_schema)

    inside = commands.add_parser("exec", help="run a program with the settings of a shop in its environment")
    inside.add_argument("shop")
    inside.add_argument(
        "program", nargs=argparse.REMAINDER, help="for example: target-copernica --config=ENV plan"
    )
    inside.set_defaults(do=_exec)
    return parser


class _Version(argparse.Action):
    """Looks the version up when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Say it."""
        from importlib.metadata import version  # noqa: PLC0415  # a tick does without

        sys.stdout.write(f"{parser.prog} {version('seoshop-copernica')}\n")
        parser.exit()


def _positive(text: str) -> int:
    if not text.isdecimal() or not (number := int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return number


def _tick(asked: argparse.Namespace) -> int:
    home = home_of(asked.home)
    code = _tick_all(asked, home) if asked.all else _tick_one(asked, home, asked.shop or "prod")
    if looking.has_outputs(asked):
        looking.write_outputs(asked, looking.standings(asked, home))
    return code


def _tick_all(asked: argparse.Namespace, home: Path) -> int:
    from seoshop_copernica import many  # noqa: PLC0415  # one tick does without

    if asked.shop or asked.log:
        raise TroubleError("--all goes without the name of a shop, and with --own-log instead of --log")
    fleet = looking.listed(home)
    asked.if_due = True
    codes = many.run_each(many.due(fleet, home), asked.jobs, lambda name: _tick_one(asked, home, name))
    return many.one_code(codes.values())


def _tick_one(asked: argparse.Namespace, home: Path, name: str) -> int:
    file = places_of(home, name).log if asked.own_log else asked.log
    if file is None and not asked.all and sys.stderr.isatty():
        return _tick_before_a_person(home, name, if_due=asked.if_due)
    logs.begin(file)
    outcome = tick(name, home=home, if_due=asked.if_due)
    _tell(outcome)
    return outcome.code


def _tick_before_a_person(home: Path, name: str, *, if_due: bool = False) -> int:
    from rich.console import Console  # noqa: PLC0415  # only at a terminal

    from seoshop_copernica.progress import shown  # noqa: PLC0415  # likewise

    try:
        with shown(Console(stderr=True)) as watch:
            logs.begin(None)  # to the standard error of the bar, which stays below the lines
            outcome = tick(name, home=home, if_due=if_due, watch=watch)
            _tell(outcome)
    except KeyboardInterrupt:  # before the tick took signals, or after
        return 128 + signal.SIGINT
    return outcome.code


def _timers(asked: argparse.Namespace) -> int:
    from seoshop_copernica import timers  # noqa: PLC0415  # a tick does without

    home, program = home_of(asked.home), Path(sys.executable).parent / "seoshop-copernica"
    is_new = not (home / "state").exists()
    fleet = looking.listed(home)
    if asked.engine == "cron":
        sys.stdout.writelines(f"{line}\n" for line in timers.crontab(fleet, home, program))
        return 0
    folder = asked.out or Path("/etc/systemd/system")
    try:
        (home / "state").mkdir(mode=0o700, exist_ok=True)
        if is_new and os.geteuid() == 0:  # by sudo: else the ticks could not write there
            with suppress(LookupError):  # a user that is still to be made
                for made in (home / "state", *(home / "state").iterdir()):
                    shutil.chown(made, asked.user)
        for name, content in timers.units(fleet, home, program, asked.user).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        known = {file.name.removesuffix(".timer.d") for file in folder.glob(f"{timers.UNIT}*.timer.d")}
    except OSError as error:
        raise TroubleError(f"{error.filename}: {error.strerror}") from None
    named = [f"{timers.UNIT}{name}" for name in fleet.shops]
    sys.stdout.write(
        f"systemctl daemon-reload\nsystemctl enable --now {' '.join(f'{one}.timer' for one in named)}\n"
    )
    for gone in sorted(known.difference(named)):
        sys.stdout.write(f"systemctl disable --now {gone}.timer && rm -r {folder / gone}.timer.d\n")
    return 0


def _tell(outcome: Outcome) -> None:
    if outcome.code:
        log.error("[error   ] %s: exit code %d: %s", outcome.shop, outcome.code, outcome.cause)
    elif outcome.kind != "early":
        log.info("[info    ] %s: %s", outcome.shop, outcome.kind)


def _setup(asked: argparse.Namespace) -> int:
    from seoshop_copernica.setup import command as setup  # noqa: PLC0415  # a tick does without

    def begin(shop: str) -> int:
        if sys.stderr.isatty():
            return _tick_before_a_person(home_of(asked.home), shop)
        logs.begin(None)
        outcome = tick(shop, home=asked.home)
        _tell(outcome)
        return outcome.code

    return setup.run(asked, begin)


def _completion(asked: argparse.Namespace) -> int:
    import shtab  # noqa: PLC0415  # a tick does without

    sys.stdout.write(shtab.complete(_parser(), asked.shell) + "\n")
    return 0


def _doctor(asked: argparse.Namespace) -> int:
    from seoshop_copernica.doctor import command as doctor  # noqa: PLC0415  # a tick does without

    return doctor.run(asked)


def _check(asked: argparse.Namespace) -> int:
    from seoshop_copernica.fleet import LIST, find  # noqa: PLC0415  # a tick does without

    fleet = find(home_of(asked.home))
    if fleet is None:
        sys.stdout.write(f"There is no {LIST}: one shop, by its .env.\n")
        return 0
    for name, shop in fleet.shops.items():
        sys.stdout.write(f"{name}: every {shop.cadence}, by {shop.runner}\n")
    return 0


def _schema(_: argparse.Namespace) -> int:
    from seoshop_copernica.schema import text  # noqa: PLC0415  # a tick does without

    sys.stdout.write(text())
    return 0


def _exec(asked: argparse.Namespace) -> int:
    from seoshop_copernica.inside import environment  # noqa: PLC0415  # a tick does without

    program = asked.program[1:] if asked.program[:1] == ["--"] else asked.program
    if not program:
        sys.stderr.write("seoshop-copernica exec: which program?\n")
        return 2
    environ = environment(home_of(asked.home), asked.shop)
    try:
        os.execvpe(program[0], program, environ)  # noqa: S606  # what this command is for
    except OSError as error:
        sys.stderr.write(f"seoshop-copernica: {program[0]}: {error.strerror}\n")
        return 2
