"""The `sandbox` command."""

import http.client
import json
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import click

from sandbox import __version__, app
from sandbox.options import Options, of_a_sandbox, opened
from sandbox.requestlog import SIDES, Entry, line_of
from sandbox.server import serve as serve_app

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
    help="Folder that keeps shop, Copernica and clock over restarts; a filled one wins over the options of"
    " the shop below. Without it everything is gone at the end.",
)
@click.option(
    "--log",
    type=click.File("a", encoding="utf-8", lazy=False),
    metavar="FILE",
    help="Write a line for each API request to this file as it comes; - is the terminal.",
)
@of_a_sandbox
def serve(*, host: str, port: int, data: Path | None, log: TextIO | None, **options: Any) -> None:  # noqa: ANN401  # those of `Options`
    """Serve both APIs until SIGTERM or SIGINT; print a line when ready."""
    # Until the server takes over: so that a temporary folder goes, whenever the end comes.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
        try:
            context, shop = stack.enter_context(opened(Options(**options), data))
            if log is not None:
                context.log.watchers.append(lambda entry: _tell(entry, log))
            serve_app(app.build(context, shop), host, port, lambda bound: _ready(host, bound))
        except (ValueError, OSError) as error:
            click.echo(f"sandbox: {error}", err=True)
            sys.exit(SETTINGS_ERROR)


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
    try:
        while True:
            for one in _answer(url, f"/admin/requests?since={since}")["requests"]:
                since = one["seq"]
                if side in (None, one["side"]):
                    click.echo(line_of(Entry(**one)))
            if not follow:
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)
    except (OSError, http.client.HTTPException, ValueError) as error:
        click.echo(f"sandbox: nothing to be had from {url}: {error}. Is it running?", err=True)
        sys.exit(AWAY)
    except KeyboardInterrupt:
        return


@main.command(epilog=_examples("sandbox switches", "sandbox serve --switch seoshop.filter_zone=shop"))
def switches() -> None:
    """List what the APIs' documentation leaves open, with the answers to choose from, the default first."""
    for switch in app.SWITCHES:
        click.echo(f"{switch.name} = {' | '.join(switch.choices)}\n    {switch.meaning}")


def _ready(host: str, port: int) -> None:
    click.echo(f"sandbox ready on http://{host}:{port}")
    sys.stdout.flush()


def _tell(entry: Entry, log: TextIO) -> None:
    log.write(line_of(entry) + "\n")
    log.flush()


def _answer(url: str, path: str) -> Any:  # noqa: ANN401  # any JSON
    """What a running sandbox answers.

    Raises:
        OSError: there is none.
        ValueError: it is something else.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS_TO_ANSWER)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise ValueError(f"it answered {answer.status}")
        return json.loads(answer.read())
    finally:
        connection.close()


if __name__ == "__main__":
    main()
