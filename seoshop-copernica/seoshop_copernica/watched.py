"""A run that others watch: a dead-man service is told of start and end, a person of what calls for one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from seoshop_copernica.errors import FleetError

if TYPE_CHECKING:
    from seoshop_copernica.outcome import Outcome
    from seoshop_copernica.ping import Ping
    from seoshop_copernica.places import Places
    from seoshop_copernica.shops import Shop
    from seoshop_copernica.step import Step

__all__ = ["take"]

log = logging.getLogger("seoshop_copernica")


def take(shop: Shop, places: Places, step: Step) -> Outcome:
    """Take a step; nothing that goes wrong with the watching changes how it ends.

    Args:
        shop: The shop, with `ping_url` or `alarms`.
        places: Where its files stand.
        step: The run.
    """
    ping = _ping(shop)
    outcome = step.take(ping.begun) if ping else step.take()
    if ping is not None:
        ping.ended(outcome.code)
    if shop.alarms is not None and outcome.kind != "busy":
        from seoshop_copernica.tell import by_apprise, tell  # noqa: PLC0415  # only where it is asked for

        try:
            tell(shop, places.home, by_apprise)
        except FleetError as error:
            log.warning("[warning ] %s: no alarm was sent: %s", shop.name, error)
        except Exception as error:  # noqa: BLE001  # of a service's code; its text may hold a secret
            log.warning("[warning ] %s: no alarm was sent: %s", shop.name, type(error).__name__)
    return outcome


def _ping(shop: Shop) -> Ping | None:
    if shop.ping_url is None:
        return None
    from seoshop_copernica.ping import Ping  # noqa: PLC0415  # only where it is asked for

    try:
        return Ping(shop.secret(shop.ping_url), shop.name)
    except FleetError as error:
        log.warning("[warning ] %s: no ping: %s", shop.name, error)
        return None
