"""What `deploy/dagster` and `deploy/queue` ask of this package; neither needs to know more of it.

An engine decides when a tick is started and where. The tick itself is the program, `command`.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from seoshop_copernica import fleet, many, status
from seoshop_copernica.errors import Code, ListError, TroubleError
from seoshop_copernica.history import History
from seoshop_copernica.locks import held
from seoshop_copernica.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from seoshop_copernica.history import Row
    from seoshop_copernica.shops import Shop
    from seoshop_copernica.status import Status

__all__ = [
    "Listed",
    "again",
    "command",
    "completed",
    "due",
    "ended",
    "grouped",
    "home_for",
    "last_run",
    "listed",
    "standing",
    "tick",
]

LONGEST: Final = 1800.0
"""Seconds after which an engine asks a tick to end: a first load goes on from there at its next turn."""
ENDING: Final = 180.0
"""Seconds that it is then given before it is ended; what it leaves at work, the next tick ends."""
SIGNALS: Final = 128
"""A code above it is that of a signal."""
CUT_OFF: Final = (5, 60)
"""Seconds to wait before each further attempt at a tick that was killed: it goes on from its bookmarks."""
AWAY: Final = (120,)
"""The same where an API is away: tap and target have made all their own attempts by then."""


class Listed(msgspec.Struct, frozen=True):
    """A shop as an engine sees it.

    Attributes:
        name: Its name.
        key: Stands for its key of SEOshop; shops with one key share their quota.
        account: Stands for its account of Copernica.
    """

    name: str
    key: str
    account: str


def listed(home: Path) -> list[Listed]:
    """The shops of the list, in its order.

    Args:
        home: The project's folder.

    Raises:
        TroubleError: There is no list, or it is not right.
    """
    return [_listed(shop, home) for shop in _fleet(home).shops.values()]


def due(home: Path, names: Iterable[str] | None = None) -> list[str]:
    """The shops whose turn it is and that are not at work; who has waited longest comes first.

    Args:
        home: The project's folder.
        names: Look at these only; by default at the whole list.

    Raises:
        TroubleError: There is no list, or it is not right.
    """
    found = _fleet(home)
    if names is not None:
        found = fleet.Fleet({name: found.shops[name] for name in names if name in found.shops})
    return [name for name in many.due(found, home) if not _at_work(home, name)]


def command(home: Path, name: str) -> list[str]:
    """The command of one tick, due or not; its log is `tick.log`, and standard error holds only a failure.

    Args:
        home: The project's folder.
        name: Of the shop.
    """
    program = Path(sys.executable).parent / "seoshop-copernica"
    return [str(program), "--home", str(home), "tick", name, "--own-log"]


def tick(name: str, command: Sequence[str]) -> tuple[int, str]:
    """Run the program of one tick to its end.

    Args:
        name: Of the shop.
        command: What `command` tells.

    Returns:
        Its exit code, and why it failed; 0 where it was ended for having taken `LONGEST`.
    """
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            _, said = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            _end(process)
            return 0, ""
        except BaseException:  # the engine is to end: so is the tick
            _end(process)
            raise
    return ended(name, process.returncode, said)


def ended(name: str, returncode: int, said: str) -> tuple[int, str]:
    """How the program of a tick ended.

    Args:
        name: Of the shop.
        returncode: As Python tells it, negative for a signal.
        said: Its standard error.

    Returns:
        The exit code, and the line that says why it is not 0.
    """
    code = returncode if returncode >= 0 else SIGNALS - returncode
    return code, (said.strip().splitlines() or [f"{name}: exit code {code}"])[-1]


def last_run(home: Path, name: str) -> Row | None:
    """The newest run in a shop's record.

    Raises:
        TroubleError: The record cannot be read.
    """
    return next(iter(History(Places(home, name).history).last()), None)


def completed(home: Path, name: str, since: Row | None) -> Row | None:
    """The newest run, where it is a later one and came to its end.

    Args:
        home: The project's folder.
        name: Of the shop.
        since: The newest run before; None for none.

    Raises:
        TroubleError: The record cannot be read.
    """
    run = last_run(home, name)
    return run if run and run.code == Code.DONE and (since is None or since.run < run.run) else None


def standing(home: Path) -> list[Status]:
    """How each shop of the list stands, as `status --all` tells it, without sums of days and months.

    Raises:
        TroubleError: There is no list, or it is not right.
    """
    return status.of_each(_fleet(home).shops.values(), home, brief=True)


def again(code: int, tried: int) -> int | None:
    """When a tick that failed is tried again, by its cause.

    Args:
        code: Its exit code.
        tried: How often it was tried again already.

    Returns:
        Seconds to wait; None: not before it is due. What a person has to put right is not tried again, nor
        what only time can change, such as a budget.
    """
    waits = CUT_OFF if code > SIGNALS else AWAY if code == Code.AWAY else ()
    return waits[tried] if tried < len(waits) else None


def grouped(names: Sequence[str], size: int) -> list[Sequence[str]]:
    """Groups of shops that are run one after the other, as few as can be and about equally large.

    Args:
        names: The shops, in the order of the list.
        size: How many a group may have.
    """
    each = -(-len(names) // max(-(-len(names) // size), 1))
    return [names[first : first + each] for first in range(0, len(names), max(each, 1))]


def home_for(shop: str, homes: Sequence[str]) -> str:
    """Which of several places a new shop goes to: always the same, and about as many to each.

    Where a place is added, the shops that would move go to it, and no other (rendezvous hashing).

    Args:
        shop: Its name.
        homes: The names of the places.
    """
    return max(homes, key=lambda home: hashlib.sha256(f"{home}\n{shop}".encode()).digest())


def _at_work(home: Path, name: str) -> bool:
    with held(Places(home, name).lock) as handle:
        return handle is None


def _fleet(home: Path) -> fleet.Fleet:
    if (found := fleet.find(home)) is None:
        raise ListError(str(home / fleet.LIST), None, "there is no list of shops")
    return found


def _listed(shop: Shop, home: Path) -> Listed:
    try:
        settings = shop.settings(Places(home, shop.name))
    except TroubleError:  # its ticks will say so; it shares nothing that could be known
        return Listed(shop.name, shop.name, shop.name)
    return Listed(
        shop.name,
        _mark(settings["tap"], ("api_url", "cluster", "api_key")),
        _mark(settings["target"], ("api_url", "api_token")),
    )


def _mark(settings: Mapping[str, object], names: Iterable[str]) -> str:
    """Stands for some settings without telling them."""
    text = "\n".join(str(settings.get(name)) for name in names)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=ENDING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
