"""`python -m demo run | move | stop`, as `make demo`, `make demo-move` and `make demo-stop` call it."""

import sys
import time
from datetime import UTC, datetime

import requests
from rich.console import Console

from demo import calls, marketer, pipeline, server, show
from demo.places import CHART, DEMO, ROOT, RUN_LOG, SANDBOX_LOG, STATE

WRITES = ("copernica write", "copernica import", "copernica structure")
MOVE = {
    "new_customers": 5,
    "new_guests": 2,
    "new_orders": 10,
    "payments": 5,
    "shipments": 5,
    "address_changes": 3,
}
HOUR = 3600

console = Console(highlight=False, soft_wrap=True)


def run() -> None:
    """Fill Copernica from the shop and show the result."""
    url = server.find()
    if url is None:
        console.print("Starting the sandbox: a shop on one side, a Copernica on the other ...")
        url = server.start()
    other = "" if url.endswith(f":{server.PORT}") else f" (another program uses port {server.PORT})"
    console.print(f"The sandbox runs at {url}{other} (log: {_short(SANDBOX_LOG)}).")
    console.print(
        "Its shop key has a larger quota than a normal one (order rows cost a request for each order):\n"
        f"{server.RATE_LIMITS} in 5 minutes, an hour and a day. The limit of 20 requests a second stays."
    )
    console.print(f"Running: {' '.join(pipeline.COMMAND)}")
    before = server.status(url)
    mark = before["requests"]["last"]
    told = len(server.get(url, "/admin/followups", since=0)["followups"])
    start = time.monotonic()
    with show.progress(console, before) as look:
        pipeline.run(url, lambda: look(server.status(url)))
    made = calls.by_kind(server.get(url, "/admin/requests", since=mark)["requests"])
    followups = server.get(url, "/admin/followups", since=0)["followups"][told:]
    mailed = sum(one["runs"] for one in followups)
    show.result(console, server.status(url), made, mailed, time.monotonic() - start)
    if not any(made[kind] for kind in WRITES):
        console.print("Nothing was written: Copernica already holds what the shop holds.")
    marketer.show(console, url)
    console.print(f"""
Where to look:
  people, orders, calls    {url}/
  log of this run          {_short(RUN_LOG)}
  the chart, for a slide   {_short(CHART)}
  ledger and bookmarks     {_short(STATE)}/
How to go on:
  make demo                run again: it writes nothing and makes very few requests
  make demo-move           let an hour pass in the shop: new customers and orders; then make demo
  make demo-stop           stop the sandbox (its data stays in {_short(DEMO)}/; make clean removes it)""")


def move() -> None:
    """Let an hour pass in the shop, and let something happen in it."""
    url = server.find()
    if url is None:
        raise server.DemoError("the sandbox does not run: make demo starts it")
    server.post(url, "/admin/clock", {"advance": HOUR})
    seed = int(datetime.now(UTC).timestamp())
    changed = server.post(url, "/admin/shop/move", {"seed": seed, **MOVE})["changed"]
    console.print("An hour has passed in the shop. New or changed:")
    for resource, ids in changed.items():
        console.print(f"  {resource:<20}{len(ids):>6}")
    console.print("Now: make demo")


def stop() -> None:
    """Stop the sandbox."""
    if server.stop():
        console.print("The demo's sandbox has stopped.")


def _short(path: object) -> str:
    return str(path).removeprefix(f"{ROOT}/")


def main(arguments: list[str]) -> int:
    """Do what is asked; the exit code."""
    commands = {"run": run, "move": move, "stop": stop}
    if len(arguments) != 1 or arguments[0] not in commands:
        console.print(f"usage: python -m demo {' | '.join(commands)}")
        return 2
    try:
        commands[arguments[0]]()
    except server.DemoError as error:
        console.print(f"The demo stopped: {error}")
        return 1
    except requests.RequestException:
        console.print(f"The demo stopped: the sandbox no longer answers (its log: {_short(SANDBOX_LOG)})")
        return 1
    except KeyboardInterrupt:
        console.print("The demo was interrupted; make demo goes on from where it was.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
