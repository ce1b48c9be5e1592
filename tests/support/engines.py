"""Twelve shops that an engine keeps true, each in a sandbox of its own, and one that nothing disturbs."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seoshop_copernica.history import History
from support.expected import Shop, differences
from support.fleet import Fleet
from support.programs import ROOT, run
from support.sandbox import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET, Sandbox, running_sandbox

if TYPE_CHECKING:
    import subprocess

NAMES = tuple(f"shop-{number:02}" for number in range(1, 13))
ALONE = "alone"
MINUTE = 60


def installed(engine: str) -> Path:
    """The programs of an engine, in an environment of its own as `make` installs it."""
    ended = run("make", f".venv-{engine}/.installed")
    assert ended.code == 0, ended.log
    return ROOT / f".venv-{engine}" / "bin"


def documented(engine: str, word: str) -> list[str]:
    """The command with a word in an engine's README, for a shell in the project's folder."""
    text = (ROOT / "deploy" / engine / "README.md").read_text()
    block = text.split("```sh\n")[1].split("```")[0].replace("\\\n", "")
    (line,) = (line for line in block.splitlines() if word in line and "/bin/" in line)
    return ["/bin/sh", "-c", f"exec {line.partition(' #')[0].rstrip(' &')}"]


class Shops:
    """The shops; time passes for all of them alike.

    Args:
        folder: For the list, the secrets and the state.
        sandboxes: Of the twelve, and of the one that is run alone.
        homes: The folders in which the list stands, one for each machine.
    """

    def __init__(self, folder: Path, sandboxes: Sequence[Sandbox], homes: int = 1) -> None:
        self.sandboxes = dict(zip((*NAMES, ALONE), sandboxes, strict=True))
        self._fleets = [Fleet(folder / f"home-{number}") for number in range(homes)]
        self.homes = [fleet.home for fleet in self._fleets]
        self._alone = Fleet(folder / "alone")
        for fleet in self._fleets:
            for name in NAMES:
                self._list(fleet, name)
        self._list(self._alone, ALONE)
        self._seen = dict.fromkeys(self.sandboxes, 0)

    def _list(self, fleet: Fleet, name: str) -> None:
        secrets = {"api_key": SEOSHOP_KEY, "api_secret": SEOSHOP_SECRET, "api_token": COPERNICA_TOKEN}
        for secret, value in secrets.items():
            (fleet.home / "keys" / f"{name}-{secret}").write_text(value)
        fleet.add(
            name,
            self.sandboxes[name],
            cadence="1h",  # longer than a slow machine takes for all of them
            database="People",
            products_database="Products",
            secrets={secret: f"file:keys/{name}-{secret}" for secret in secrets},
        )
        fleet.shops[name]["tap"]["summary_interval"] = 0  # else what a customer's orders add up to may wait
        fleet.write()

    def revoke(self, name: str) -> None:
        """Let a shop's key be one that the shop no longer knows."""
        for home in self.homes:
            (home / "keys" / f"{name}-api_secret").write_text("revoked")

    def pass_time(self, seed: int, names: Sequence[str] = (*NAMES, ALONE), minutes: int = 60) -> None:
        """Let shops move, all in the same way, and the engine's next turn come at once."""
        for name in names:
            sandbox = self.sandboxes[name]
            sandbox.clock(advance=minutes * MINUTE)
            sandbox.move(seed=seed, new_customers=1, new_orders=2, payments=1, shipments=1)
        for record in self._records(names):
            with closing(sqlite3.connect(record, timeout=30)) as db, db:
                db.execute(
                    "UPDATE run SET started = strftime('%Y-%m-%dT%H:%M:%SZ', started, ?1), "
                    "ended = strftime('%Y-%m-%dT%H:%M:%SZ', ended, ?1)",
                    (f"-{minutes} minutes",),
                )

    def _records(self, names: Sequence[str]) -> list[Path]:
        folders = [home / "state" / name for home in (*self.homes, self._alone.home) for name in names]
        return [folder / "runs.sqlite" for folder in folders if (folder / "runs.sqlite").exists()]

    def runs(self, name: str) -> list[dict[str, Any]]:
        """The record of a shop's runs, oldest first; it stands on one machine only."""
        records = self._records([name])
        assert len(records) <= 1
        return History(records[0]).ask("SELECT * FROM run ORDER BY run") if records else []

    def codes(self, name: str) -> list[int | None]:
        """How each run of a shop ended, oldest first; None where it is at work or was cut off."""
        return [run["code"] for run in self.runs(name)]

    def tick_alone(self) -> None:
        """One tick of the shop that nothing disturbs, with what a person types."""
        self._alone.tick(ALONE)

    def calls(self) -> dict[str, tuple[int, int]]:
        """Requests to each shop, and calls to each Copernica, since this was last asked."""
        found = {}
        for name, sandbox in self.sandboxes.items():
            new = sandbox.requests(self._seen[name])
            self._seen[name] = sandbox.last()
            sides = [one["side"] for one in new]
            found[name] = sides.count("seoshop"), sides.count("copernica")
        return found

    def differences(self, name: str) -> list[object]:
        """What Copernica holds otherwise than the shop."""
        sandbox = self.sandboxes[name]
        shop, content = Shop(sandbox, categories=False), sandbox.content()
        return [
            *differences(shop.people(), content["People"]),
            *differences(shop.order_fields(), content["People/Orders"]),
            *differences(shop.rows(), content["People/OrderItems"], frozenset({"position"})),
        ]

    def hold(self, name: str) -> Callable[[], bool]:
        """Let a shop's tick wait for an answer in its middle; whether it does."""
        sandbox = self.sandboxes[name]
        sandbox.fault("copernica", "/v4/", "hang_after", method="POST", times=None)
        return lambda: sandbox.faults()["faults"][0]["hits"] > 0

    def ticking(self, name: str) -> int:
        """The process of the tick of a shop."""
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_text().split("\0")
            except OSError:
                continue
            if line[-4:-1] == ["tick", name, "--own-log"] and any(str(home) in line for home in self.homes):
                return int(process.name)
        raise AssertionError(f"no tick of {name} is at work")


@contextmanager
def twelve_shops(folder: Path, homes: int = 1) -> Iterator[Shops]:
    """Start the sandboxes: the same shop thirteen times, with ids of their own."""
    with ExitStack() as stack:
        size = {"customers": 3, "orders": 4, "order_rows": 6, "import_seconds": 0}
        yield Shops(
            folder,
            [
                stack.enter_context(running_sandbox(shop_id=300_001 + number, **size))
                for number in range(len(NAMES) + 1)
            ],
            homes,
        )


def until(happened: Callable[[], object], engine: "subprocess.Popen[Any]", log: Callable[[], str]) -> None:
    """Wait for what an engine does in its own time.

    Args:
        happened: Whether it has happened.
        engine: What does it; must stay at work.
        log: What is shown if it never happens.
    """
    end = time.monotonic() + 900
    while not happened():
        assert time.monotonic() < end, log()
        assert engine.poll() is None, log()
        time.sleep(0.5)
