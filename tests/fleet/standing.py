"""Shops with a past, made up: what `status` and the board are shown."""

import json
import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from seoshop_copernica.fleet import read
from seoshop_copernica.history import Figures, History, moment
from seoshop_copernica.places import Places
from seoshop_copernica.status import Status, of

MINUTE = timedelta(minutes=1)
QUOTA = {"limit": [300, 3000, 12000], "remaining": [270, 2500, 9000], "resets_at": []}


class Past:
    """A folder with shops and their runs."""

    def __init__(self, home: Path, now: datetime) -> None:
        self.home = home
        self.now = now
        self.shops: dict[str, dict[str, Any]] = {}

    def shop(self, name: str, **lines: Any) -> None:
        """Put a shop into the list."""
        self.shops[name] = lines
        self.home.mkdir(exist_ok=True)
        (self.home / "shops.yml").write_text(yaml.safe_dump({"shops": self.shops}))

    def run(
        self,
        name: str,
        ago: float,
        *,
        code: int | None = 0,
        cause: str = "done",
        took: float = 4,
        **figures: Any,
    ) -> None:
        """Let a run have begun `ago` minutes before; it has no end where `code` is None."""
        history = History(Places(self.home, name).history)
        start = self.now - ago * MINUTE
        run = history.begin("pipe", start)
        if code is not None:
            history.end(run, code, cause, Figures(**figures), start + timedelta(seconds=took))

    def status(self, name: str) -> Status:
        """How a shop stands."""
        return of(read(self.home / "shops.yml").shop(name), self.home, self.now)

    def rejects(self, name: str, *reasons: str, closed: tuple[int, ...] = ()) -> None:
        """Let records have been refused."""
        lines = [{"number": n, "kind": "record", "reason": reason} for n, reason in enumerate(reasons, 1)]
        more = [{"number": n, "kind": "closed"} for n in closed]
        folder = Places(self.home, name).ledger
        folder.mkdir(parents=True)
        (folder / "rejects.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in [*lines, *more]))

    def month(self, name: str, **last: Any) -> None:
        """Thirty days of a shop that is well, a run a day; `last` is of the newest one."""
        for day in range(29, -1, -1):
            busy = 1 + math.sin(day * 0.9) / 2
            more = last if day == 0 else {}
            usual = {
                "orders": int(40 * busy),
                "calls": int(130 * busy),
                "took": 4 + busy,
                "quota": json.dumps(QUOTA),
            }
            to = moment(self.now - (day * 1440 + 4) * MINUTE)
            done = {"load_done": 1200, "load_total": 1200, "true_to": to, "written": 9}
            self.run(name, day * 1440 + 3, **{**usual, **done, **more})
