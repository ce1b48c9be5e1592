"""The options that make a sandbox what it is, for every command that runs one, and the sandbox they make."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from sandbox import app
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.copernica import close
from sandbox.requestlog import RequestLog
from sandbox.settings import Settings, changed
from sandbox.shop.db import Shop
from sandbox.shop.generate import generate
from sandbox.shop.plan import DEFAULT_SHOP_ID, Plan
from sandbox.shop.zone import DEFAULT_ZONE

# So many customers take longer than one waits without a word.
LONG_TO_FILL = 10_000
# The form of a record of what the real APIs do.
OBSERVED_FORM = 1

Command = TypeVar("Command", bound=Callable[..., Any])


class Instant(click.ParamType[datetime]):
    """A moment such as 2026-11-02T09:00:00Z."""

    name = "instant"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:  # noqa: ANN401  # as click declares it
        """Read the moment; one without a zone is UTC."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment such as 2026-11-02T09:00:00Z", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_OPTIONS = (
    click.option("--seed", default=1, show_default=True, help="The same seed gives the same shop."),
    click.option("--customers", default=500, show_default=True, help="Customers in the shop."),
    click.option("--orders", default=1200, show_default=True, help="Orders in the shop."),
    click.option("--order-rows", default=3000, show_default=True, help="Order rows, 1 to 40 per order."),
    click.option(
        "--curated/--no-curated", default=True, show_default=True, help="Example bodies among the records."
    ),
    click.option(
        "--shop-id",
        type=click.IntRange(min=1),
        default=DEFAULT_SHOP_ID,
        show_default=True,
        help="The shop's id; every key in Copernica begins with it.",
    ),
    click.option("--zone", default=DEFAULT_ZONE, show_default=True, help="Time zone of the shop's stamps."),
    click.option(
        "--now",
        type=Instant(),
        default="2026-11-02T09:00:00Z",
        show_default=True,
        help="Where the clock of both APIs starts; the shop's records lie before it.",
    ),
    click.option(
        "--rate-limits",
        default="300/3000/12000",
        show_default=True,
        help="SEOshop requests per 5 minutes / hour / day.",
    ),
    click.option("--window-factor", default=1.0, show_default=True, help="By what rate windows are shorter."),
    click.option("--per-second", default=20, show_default=True, help="SEOshop requests within a second."),
    click.option(
        "--import-seconds", default=2.0, show_default=True, help="How long a Copernica import takes."
    ),
    click.option(
        "--switch",
        "switches",
        multiple=True,
        metavar="NAME=VALUE",
        help="Set a switch; may be repeated. `sandbox switches` lists them.",
    ),
)


def of_a_sandbox(command: Command) -> Command:
    """Give a command the options of a sandbox; it is handed them as keywords, for `Options`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class Options:
    """What `of_a_sandbox` hands over: one attribute for each option."""

    seed: int
    customers: int
    orders: int
    order_rows: int
    curated: bool
    zone: str
    now: datetime
    rate_limits: str
    window_factor: float
    per_second: int
    import_seconds: float
    switches: tuple[str, ...]
    shop_id: int = DEFAULT_SHOP_ID  # scenarios that were recorded before there was a choice name none

    @property
    def plan(self) -> Plan:
        """The shop that is wanted."""
        sizes = (self.customers, self.orders, self.order_rows)
        return Plan(self.seed, *sizes, self.now, self.zone, self.curated, self.shop_id)

    @property
    def settings(self) -> Settings:
        """The settings that are wanted.

        Raises:
            ValueError: one that cannot be.
        """
        chosen = dict(switch.partition("=")[::2] for switch in self.switches)
        return changed(
            Settings(),
            {
                "rate_limits": self.rate_limits,
                "window_factor": self.window_factor,
                "per_second": self.per_second,
                "import_seconds": self.import_seconds,
                "switches": chosen,
            },
            app.SWITCHES,
        )


def observed_switches(file: Path) -> tuple[str, ...]:
    """The switches of a file that tells what the real APIs were seen to do, as `--switch` takes them.

    Args:
        file: As `seoshop-copernica doctor --record` writes it.

    Raises:
        click.BadParameter: it is no such file.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if found["form"] != OBSERVED_FORM:
            raise click.BadParameter(f"{file} has the form {found['form']}, not {OBSERVED_FORM}")
        return tuple(f"{name}={choice}" for name, choice in found["switches"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise click.BadParameter(f"{file} is no record of `seoshop-copernica doctor`") from None


def options_of(shown: Mapping[str, Any]) -> Options:
    """Options as `dataclasses.asdict` shows them, their moment as text.

    Raises:
        TypeError: one too many, or too few.
        ValueError: a moment that is none.
    """
    now = datetime.fromisoformat(shown["now"])
    return Options(**{**shown, "now": now, "switches": tuple(shown["switches"])})


@contextmanager
def opened(
    options: Options, data: Path, real_time: Callable[[], float] = time.time
) -> Iterator[tuple[Context, Shop]]:
    """A sandbox whose data is in a folder; a shop that is there already stays as it is.

    Args:
        options: what to make of it.
        data: the folder, made when there is none.
        real_time: what drives its clock.

    Raises:
        ValueError: options that cannot be, or data of another version.
        OSError: the folder cannot be used.
    """
    settings, plan = options.settings, options.plan
    data.mkdir(parents=True, exist_ok=True)
    shop = Shop(data / "shop.sqlite")
    try:
        if shop.fact("shop") is None:
            if options.customers >= LONG_TO_FILL:
                click.echo(f"sandbox: filling a shop of {options.customers:,} customers, once ...", err=True)
            generate(shop, plan)
        clock = Clock(options.now, path=data / "clock", real_time=real_time)
        context = Context(clock, settings, RequestLog(), data)
        try:
            yield context, shop
        finally:
            close(context)
    finally:
        shop.close()
