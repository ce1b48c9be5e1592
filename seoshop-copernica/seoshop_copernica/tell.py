"""Tells a person which alarms begin and which are over, by any service that Apprise knows."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from seoshop_copernica import alarms, status, volume
from seoshop_copernica.errors import TroubleError
from seoshop_copernica.history import History
from seoshop_copernica.locks import held
from seoshop_copernica.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seoshop_copernica.shops import Shop

__all__ = ["by_apprise", "tell"]

log = logging.getLogger("seoshop_copernica")


class Send(Protocol):
    """Sends a message."""

    def __call__(self, title: str, body: str, *, is_over: bool) -> bool:
        """Whether any address took it."""


def tell(shop: Shop, home: Path, sender: Callable[[Shop], Send], now: datetime | None = None) -> None:
    """Tell what is new and what is over; what could not be told is told next time.

    Args:
        shop: The shop.
        home: The project's folder.
        sender: Makes what sends, when there is something to send.
        now: The time; by default this machine's.

    Raises:
        TroubleError: The record of runs cannot be read, or nothing can be sent.
    """
    places = Places(home, shop.name)
    with held(places.alarms_lock) as handle:
        if handle is not None and places.history.exists():
            _tell(shop, home, sender, now or datetime.now(UTC))


def _tell(shop: Shop, home: Path, sender: Callable[[Shop], Send], now: datetime) -> None:
    history = History(Places(home, shop.name).history)
    found = status.of(shop, home, now)
    # Of a shop that is stale it is not known whether orders came.
    knows_orders = found.verdict != "stale" and found.complete is not None and not found.loading
    quiet = None
    if knows_orders and found.complete is not None:
        quiet = volume.too_quiet(history.orders(), datetime.fromisoformat(found.complete))
    without = shop.alarms.without if shop.alarms else ()
    standing = {name: line for name, line in alarms.standing(found, quiet).items() if name not in without}
    told = history.alarms()
    unknown = () if knows_orders else ("volume",)
    new, over = alarms.causes(told, standing, [name for name in unknown if name not in without])
    if not new and not over:
        return
    send = sender(shop)
    for name in new:
        alarm = alarms.ALARMS[name]
        todo = alarm.todo.replace("SHOP", shop.name)
        body = f"{alarm.means[0].upper()}{alarm.means[1:]}: {standing[name]}\nNext step: {todo}"
        if send(f"{shop.name}: {name}", body, is_over=False):
            history.alarm_begins(name, standing[name], now)
    for name in over:
        if send(f"{shop.name}: {name} is over", f"The alarm was sent at {told[name]}.", is_over=True):
            history.alarm_is_over(name, now)


def by_apprise(shop: Shop) -> Send:
    """What sends a shop's alarms where `alarms: {to: [...]}` says.

    Raises:
        TroubleError: Apprise is not installed, or does not know such an address.
    """
    try:
        import apprise  # noqa: PLC0415  # an extra, and half a second
    except ImportError:
        raise TroubleError("alarms need the extra: pip install 'seoshop-copernica[alarms]'") from None
    # Its lines may hold the addresses, which are secret.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    services = []
    for number, source in enumerate(shop.alarms.to if shop.alarms else (), 1):
        service = apprise.Apprise()
        if not service.add(shop.secret(source)):
            raise TroubleError(
                f"shop {shop.name}: address {number} of `alarms: to` is not one that Apprise knows"
            )
        services.append(service)

    def send(title: str, body: str, *, is_over: bool) -> bool:
        kind = apprise.NotifyType.SUCCESS if is_over else apprise.NotifyType.FAILURE
        taken = [bool(service.notify(body=body, title=title, notify_type=kind)) for service in services]
        # Where one took it, it is not sent again: else a dead address makes the others ring at each run.
        more = "" if any(taken) else "; it is sent again after the next run"
        for number in (number for number, done in enumerate(taken, 1) if not done):
            log.warning("[warning ] %s: address %d of `alarms: to` took no alarm%s", shop.name, number, more)
        return any(taken)

    return send
