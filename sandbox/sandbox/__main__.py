"""The `sandbox` command."""

import signal
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sandbox import __version__, app
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.requestlog import RequestLog
from sandbox.server import serve as serve_app
from sandbox.settings import Settings, changed
from sandbox.shop.db import Shop
from sandbox.shop.generate import generate
from sandbox.shop.plan import Plan
from sandbox.shop.zone import DEFAULT_ZONE

SETTINGS_ERROR = 2
# So many customers take longer than one waits without a word.
LONG_TO_FILL = 10_000


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


@click.group()
@click.version_option(__version__)
def main() -> None:
    """SEOshop (Lightspeed eCom C-Series) and Copernica v4 as one local server, with a shop in it."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8321, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps shop, Copernica and clock over restarts; a filled one wins over the options of"
    " the shop below. Without it everything is gone at the end.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same shop.")
@click.option("--customers", default=500, show_default=True, help="Customers in the shop.")
@click.option("--orders", default=1200, show_default=True, help="Orders in the shop.")
@click.option("--order-rows", default=3000, show_default=True, help="Order rows, 1 to 40 per order.")
@click.option(
    "--curated/--no-curated", default=True, show_default=True, help="Example bodies among the records."
)
@click.option("--zone", default=DEFAULT_ZONE, show_default=True, help="Time zone of the shop's stamps.")
@click.option(
    "--now",
    type=Instant(),
    default="2026-11-02T09:00:00Z",
    show_default=True,
    help="Where the clock of both APIs starts; the shop's records lie before it.",
)
@click.option(
    "--rate-limits",
    default="300/3000/12000",
    show_default=True,
    help="SEOshop requests per 5 minutes / hour / day.",
)
@click.option("--window-factor", default=1.0, show_default=True, help="By what rate windows are shorter.")
@click.option("--per-second", default=20, show_default=True, help="SEOshop requests within a second.")
@click.option("--import-seconds", default=2.0, show_default=True, help="How long a Copernica import takes.")
@click.option(
    "--switch", "switches", multiple=True, metavar="NAME=VALUE", help="Set a switch; may be repeated."
)
def serve(  # noqa: PLR0913  # one parameter for each option
    *,
    host: str,
    port: int,
    data: Path | None,
    seed: int,
    customers: int,
    orders: int,
    order_rows: int,
    curated: bool,
    zone: str,
    now: datetime,
    rate_limits: str,
    window_factor: float,
    per_second: int,
    import_seconds: float,
    switches: tuple[str, ...],
) -> None:
    """Serve both APIs until SIGTERM or SIGINT; print a line when ready."""
    # Until the server takes over: so that a temporary folder goes, whenever the end comes.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
        try:
            data.mkdir(parents=True, exist_ok=True)
            chosen = dict(switch.partition("=")[::2] for switch in switches)
            given = {
                "rate_limits": rate_limits,
                "window_factor": window_factor,
                "per_second": per_second,
                "import_seconds": import_seconds,
            }
            settings = changed(Settings(), given | {"switches": chosen}, app.SWITCHES)
            plan = Plan(seed, customers, orders, order_rows, now, zone, curated)
            shop = Shop(data / "shop.sqlite")
            stack.callback(shop.close)
            if shop.fact("shop") is None:
                if customers >= LONG_TO_FILL:
                    click.echo(f"sandbox: filling a shop of {customers:,} customers, once ...", err=True)
                generate(shop, plan)
            context = Context(Clock(now, path=data / "clock"), settings, RequestLog(), data)
            serve_app(app.build(context, shop), host, port, lambda bound: _ready(host, bound))
        except (ValueError, OSError) as error:
            click.echo(f"sandbox: {error}", err=True)
            sys.exit(SETTINGS_ERROR)


@main.command()
def switches() -> None:
    """List what the APIs' documentation leaves open, with the answers to choose from, the default first."""
    for switch in app.SWITCHES:
        click.echo(f"{switch.name} = {' | '.join(switch.choices)}\n    {switch.meaning}")


def _ready(host: str, port: int) -> None:
    click.echo(f"sandbox ready on http://{host}:{port}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
