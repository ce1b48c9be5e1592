"""The command `setup`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from seoshop_copernica.errors import Code, TroubleError
from seoshop_copernica.inside import environment
from seoshop_copernica.places import checked_name
from seoshop_copernica.setup import account, variables
from seoshop_copernica.setup.dialogue import Addresses, Asker, account_of, shop_of
from seoshop_copernica.setup.estimate import first_load, in_words
from seoshop_copernica.setup.values import CLUSTERS
from seoshop_copernica.ticks import home_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from seoshop_copernica.setup.shop import Shop

__all__ = ["run"]

INTERRUPTED = 130


def run(asked: argparse.Namespace, begin: Callable[[str], int]) -> int:
    """Ask, test, write, show the plan, and offer the first run.

    Args:
        asked: The command line.
        begin: Begins a run of a shop, and returns how it ended.

    Returns:
        The exit code; 130 after Ctrl-C.

    Raises:
        FleetError: A value does not do, or a file cannot be written.
    """
    file = home_of(asked.home) / (".env" if checked_name(asked.shop) == "prod" else f".env.{asked.shop}")
    if not asked.no_input and not sys.stdin.isatty():
        raise TroubleError("there is no terminal to ask at: give the keys as variables, and --no-input")
    asker = Asker(_known(file, asked), talks=not asked.no_input)
    said = "nothing was written"
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # Ctrl-C is told, and leaves no half-written file
    try:
        addresses = _addresses(os.environ)
        shop = shop_of(asker, addresses)
        account_of(asker, addresses)
        _write(file, asker.values)
        said = f"{file} is written; no run has begun"
        asker.tell(f"Written: {file}, readable by you alone.")
        _show_plan(asker, shop, home_of(asked.home), asked.shop)
        if not asked.no_first_run and (asked.first_run or asker.yes("Begin the first run now?")):
            said = f"{file} is written; the next run goes on where this one stopped"
            return begin(asked.shop)
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write(f"\nseoshop-copernica: stopped; {said}\n")
        return INTERRUPTED
    asker.tell(f"The first run, when you want it: seoshop-copernica tick {asked.shop}")
    return Code.DONE


def _known(file: Path, asked: argparse.Namespace) -> dict[str, str]:
    """The values that need not be asked: of the file, then the environment, then the command line."""
    try:
        known = variables.read(file)
    except (OSError, UnicodeDecodeError) as error:
        raise TroubleError(f"{file}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    known |= {name: os.environ[one] for name, one in variables.NAMES.items() if os.environ.get(one)}
    return known | {name: value for name in ("cluster", "language") if (value := getattr(asked, name))}


def _addresses(environ: Mapping[str, str]) -> Addresses:
    """Where both APIs are: the real ones, unless the programs' own settings name others."""
    for name in ("TAP_SEOSHOP_API_URL", "TARGET_COPERNICA_API_URL", "TARGET_COPERNICA_AUTH_URL"):
        if name in environ and not environ[name].startswith(("https://", "http://")):
            raise TroubleError(f"{name} must be an address that begins with https:// or http://")
    one = environ.get("TAP_SEOSHOP_API_URL")
    return Addresses(
        dict.fromkeys(CLUSTERS, one) if one else CLUSTERS,
        environ.get("TARGET_COPERNICA_API_URL", account.API),
        environ.get("TARGET_COPERNICA_AUTH_URL", account.AUTH),
    )


def _write(file: Path, values: Mapping[str, str]) -> None:
    example = file.with_name(".env.example")
    start = file if file.exists() else example
    try:
        text = start.read_text(encoding="utf-8-sig") if start.exists() else ""
        variables.write(file, variables.with_values(text, values))
    except OSError as error:
        raise TroubleError(f"{file}: {error.strerror}; nothing was written") from None


def _show_plan(asker: Asker, shop: Shop, home: Path, name: str) -> None:
    load = first_load(shop.counts, shop.limits)
    counted = ", ".join(f"{number:,} {what}" for what, number in shop.counts.items())
    asker.tell("\nWhat the first run does:")
    for line in _structure(environment(home, name)):
        asker.tell(f"  {line}")
    asker.tell(f"  The shop has {counted}.")
    asker.tell(
        f"  With this key ({'/'.join(map(str, shop.limits))} requests in 5 minutes/hour/day) about "
        f"{load.requests:,} requests: customers, orders and products within {in_words(load.at_once)}, the "
        f"rows of all orders within {in_words(load.seconds)}, over several runs."
    )
    asker.tell(f"  About {load.calls:,} calls to Copernica.")
    asker.tell("  No campaign runs for it: what is old is written as history, without follow-ups.\n")


def _structure(environ: Mapping[str, str]) -> list[str]:
    """What the target says of the databases it needs; it only reads."""
    command = ["target-copernica", "--config=ENV", "plan"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TroubleError((done.stderr.strip().split("\n") or [""])[-1].removeprefix("target-copernica: "))
    return [
        line.strip().replace("is not there yet", "will be made")
        for line in done.stdout.split("\n")
        if line.startswith(("Database ", "There are "))
    ]
