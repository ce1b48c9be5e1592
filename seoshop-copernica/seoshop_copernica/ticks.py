"""One tick of one shop, the same under any engine: lock, programs, state, record of the run.

What is slow to load is loaded when the lock is held: a tick that finds another one at work costs nothing.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from seoshop_copernica.errors import FleetError
from seoshop_copernica.locks import held
from seoshop_copernica.outcome import Outcome
from seoshop_copernica.places import places_of

if TYPE_CHECKING:
    from seoshop_copernica.places import Places
    from seoshop_copernica.progress import Watch
    from seoshop_copernica.shops import Shop

__all__ = ["Outcome", "home_of", "tick"]

log = logging.getLogger("seoshop_copernica")


def home_of(given: str | Path | None = None) -> Path:
    """The project's folder: as given, or SEOSHOP_COPERNICA_HOME, or the current one."""
    return Path(given or os.environ.get("SEOSHOP_COPERNICA_HOME") or Path.cwd()).resolve()


def tick(
    shop: str = "prod",
    *,
    home: str | Path | None = None,
    if_due: bool = False,
    watch: Watch | None = None,
) -> Outcome:
    """Bring Copernica up to the shop, once.

    Never raises for what goes wrong with the shop: the outcome says it. In the main thread signals are passed
    on to the programs, which end after the request in hand.

    Args:
        shop: Its name in `shops.yml`; without a list `prod` stands for `.env`, and NAME for `.env.NAME`.
        home: The project's folder, see `home_of`.
        if_due: Do nothing unless the shop's cadence says that it is time.
        watch: Sees each state that Copernica holds.

    Returns:
        How it ended. The same stands in the record of the shop's runs.
    """
    try:
        places = places_of(home_of(home), shop)
        if not places.folder.exists():  # nothing is made for a shop that does not exist
            _look_up(places)
        with held(places.lock) as handle:
            if handle is None:
                log.info("[info    ] the last tick of %s is still at work; this one leaves", shop)
                return Outcome(shop, "busy", cause="another tick is at work")
            from seoshop_copernica.step import Step, is_due  # noqa: PLC0415  # see above

            found, secret = _look_up(places)
            if if_due and not is_due(found, places):
                return Outcome(shop, "early", cause="not due yet")
            step = Step(found, places, secret, watch)
            if not found.is_watched:
                return step.take()
            from seoshop_copernica import watched  # noqa: PLC0415  # only where it is asked for

            return watched.take(found, places, step)
    except FleetError as error:
        return Outcome(shop, "failed", error.exit_code, str(error))


def _look_up(places: Places) -> tuple[Shop, set[str]]:
    from seoshop_copernica.fleet import shop_of  # noqa: PLC0415  # see above

    return shop_of(places.home, places.name)
