"""The `sandbox` command."""

import http.client
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import click
from starlette.types import ASGIApp

from sandbox import __version__, app
from sandbox.context import Context
from sandbox.options import Options, observed_switches, of_a_sandbox, opened
from sandbox.record import Recorder
from sandbox.replay import replay as replayed
from sandbox.requestlog import SIDES, Entry, harmless_path, line_of
from sandbox.scenario import head_line
from sandbox.scenario import read as read_scenario
from sandbox.server import serve as serve_app

DIFFERENT = 1
SETTINGS_ERROR = 2
AWAY = 4
HERE = "http://127.0.0.1:8321"
SECONDS_TO_ANSWER = 30
SECONDS_BETWEEN_LOOKS = 0.5


def _examples(*lines: str) -> str:
    """The end of a command's help; click leaves it as it is."""
    return "\n  ".join(("\b\nExamples:", *lines))


@click.group(epilog=_examples("sandbox serve", "sandbox serve --help"))
@click.version_option(__version__)
def main() -> None:
    """SEOshop (Lightspeed eCom C-Series) and Copernica v4 as one local server, with a shop in it."""


@main.command(
    epilog=_examples(
        "sandbox serve",
        "sandbox serve --port 0 --customers 50 --orders 100 --order-rows 250 --log -",
        "sandbox serve --data my-shop --switch seoshop.filter_zone=shop",
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8321, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps shop, Copernica and clock over restarts; a filled one overrides the options of"
    " the shop below. Without it everything is gone at the end.",
)
@click.option(
    "--log",
    type=click.File("a", encoding="utf-8", lazy=False),
    metavar="FILE",
    help="Write a line for each API request to this file as it comes; - is the terminal.",
)
@click.option(
    "--as-observed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Set the switches as `seoshop-copernica doctor --record` saw the real APIs; --switch wins.",
)
@of_a_sandbox
def serve(  # an option each
    *,
    host: str,
    port: int,
    data: Path | None,
    log: TextIO | None,
    as_observed: Path | None,
    **options: Any,  # noqa: ANN401  # those of `Options`
) -> None:
    """Serve both APIs until SIGTERM or SIGINT; print a line when ready."""
    if as_observed is not None:
        options["switches"] = (*observed_switches(as_observed), *options["switches"])

    def logged(context: Context, served: ASGIApp) -> ASGIApp:
        if log is not None:
            context.log.watchers.append(lambda entry: _tell(entry, log))
        return served

    _serve(Options(**options), (host, port), logged, data=data)


def _serve(
    options: Options,
    address: tuple[str, int],
    around: Callable[[Context, ASGIApp], ASGIApp],
    started: Callable[[], None] = lambda: None,
    data: Path | None = None,
) -> None:
    """Serve a sandbox until a signal; options that cannot be are one line and exit code 2."""
    # Until the server takes over: so that a temporary folder goes, whenever the end comes.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
        try:
            context, shop = stack.enter_context(opened(options, data))
            served = around(context, app.build(context, shop))

            def ready(bound: int) -> None:
                started()
                click.echo(f"sandbox ready on http://{address[0]}:{bound}")
                sys.stdout.flush()

            serve_app(served, *address, ready)
        except (ValueError, OSError) as error:
            click.echo(f"sandbox: {error}", err=True)
            sys.exit(SETTINGS_ERROR)


@main.command(
    epilog=_examples(
        "sandbox record scenario.jsonl",
        "sandbox record scenario.jsonl --port 0 --customers 50 --orders 100 --order-rows 250",
    )
)
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8321, show_default=True, help="Port to listen on; 0 takes a free one.")
@of_a_sandbox
def record(*, file: TextIO, host: str, port: int, **options: Any) -> None:  # noqa: ANN401  # those of `Options`
    """Serve a fresh sandbox as `serve` does, and write what it is asked and answers into FILE.

    Requests of both APIs and the admin calls that change something become steps of a scenario, which
    `sandbox replay` carries out again. Keys and tokens are not in it; all else that was sent is.
    """
    wanted = Options(**options)

    def started() -> None:
        """Only now: a file that is there is not lost to a port that is taken."""
        file.write(head_line(wanted))
        file.flush()

    _serve(wanted, (host, port), lambda context, served: Recorder(served, context.clock, file), started)


@main.command(epilog=_examples("sandbox replay scenario.jsonl", "sandbox replay scenario.jsonl --values"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--values", is_flag=True, help="Show what was answered then and now, people's data included.")
def replay(*, file: Path, values: bool) -> None:
    """Carry out the scenario in FILE in a fresh sandbox, and compare its answers.

    The clock stands where it stood for each step. What is drawn anew each time (tokens, and what the file's
    first line names as volatile) is not compared. Exit code 0: all answers are the same; 1: some are not;
    2: FILE is no scenario.
    """
    try:
        scenario = read_scenario(file)
        different = set()
        for number, step, place, then, now in replayed(scenario):
            different.add(number)
            told = f": {then!r} then, {now!r} now" if values else ""
            path = harmless_path(step.target.partition("?")[0])
            click.echo(f"step {number}, {step.method} {path}: {place} differs{told}")
    except (ValueError, OSError) as error:
        click.echo(f"sandbox: {error}", err=True)
        sys.exit(SETTINGS_ERROR)
    click.echo(f"{len(scenario.steps) - len(different):,} of {len(scenario.steps):,} answers are the same.")
    sys.exit(DIFFERENT if different else 0)


@main.command(
    epilog=_examples(
        "sandbox requests",
        "sandbox requests --side seoshop --follow",
        "sandbox requests --url http://127.0.0.1:45123 --since 1200 | grep ' 429 '",
    )
)
@click.option("--url", default=HERE, show_default=True, help="Where the sandbox is.")
@click.option("--since", default=0, show_default=True, help="Only requests after this number.")
@click.option("--side", type=click.Choice(SIDES), help="Only requests of one side.")
@click.option("--follow", is_flag=True, help="Go on as requests come, until Ctrl-C.")
def requests(*, url: str, since: int, side: str | None, follow: bool) -> None:
    """List the API requests that a running sandbox has answered.

    Each line has the sandbox's time, the side, the status (--- where a fault left it without an answer), how
    many calls it counted for, and the request, without anything that may tell of a person.
    """
    if follow:  # a shell without job control starts what runs in the background deaf to Ctrl-C
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        while True:
            for one in _newer(url, since):
                since = one.seq
                if side in (None, one.side):
                    click.echo(line_of(one))
            if not follow:
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)
    except KeyboardInterrupt:
        return


@main.command(epilog=_examples("sandbox switches", "sandbox serve --switch seoshop.filter_zone=shop"))
def switches() -> None:
    """List what the APIs' documentation leaves open, with the answers to choose from, the default first."""
    for switch in app.SWITCHES:
        click.echo(f"{switch.name} = {' | '.join(switch.choices)}\n    {switch.meaning}")


def _tell(entry: Entry, log: TextIO) -> None:
    log.write(line_of(entry) + "\n")
    log.flush()


def _newer(url: str, since: int) -> list[Entry]:
    """The requests that a running sandbox has answered after number `since`; without one, this is the end."""
    place = urlsplit(url if "//" in url else f"//{url}").netloc
    try:
        with closing(http.client.HTTPConnection(place, timeout=SECONDS_TO_ANSWER)) as connection:
            connection.request("GET", f"/admin/requests?since={since}")
            return [Entry(**one) for one in json.loads(connection.getresponse().read())["requests"]]
    except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError) as error:
        click.echo(f"sandbox: no request log at {url}: {error}. Does a sandbox run there?", err=True)
        sys.exit(AWAY)


if __name__ == "__main__":
    main()
