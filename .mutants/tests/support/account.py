"""The target as a program, between messages of a test's own and a sandbox."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.programs import BIN, Ended, run, target, written
from support.sandbox import Sandbox
from support.singer import lines


@dataclass
class Account:
    """A Copernica account, and the target that writes to it with one state directory."""

    sandbox: Sandbox
    folder: Path

    def send(self, *messages: dict[str, Any], check: bool = True, **settings: Any) -> Ended:
        """Run the target on messages; by default it has to end well."""
        config = self.sandbox.target_config(self.folder / "state", **settings)
        ended = target(self.folder, config, lines(*messages))
        assert not check or ended.code == 0, ended.err
        return ended

    def send_text(self, text: str, **settings: Any) -> Ended:
        """Run the target on any text, however it ends."""
        return target(self.folder, self.sandbox.target_config(self.folder / "state", **settings), text)

    def command(self, *words: str, check: bool = True, **settings: Any) -> Ended:
        """Run one of the target's commands; by default it has to end well."""
        file = written(
            self.folder / "target.json", self.sandbox.target_config(self.folder / "state", **settings)
        )
        ended = run(BIN / "target-copernica", "--config", file, *words)
        assert not check or ended.code == 0, ended.err
        return ended

    def lose_ledger(self) -> None:
        """As when the state folder came from elsewhere."""
        (self.folder / "state" / "ledger.sqlite").unlink()

    def rejects(self) -> list[dict[str, Any]]:
        """The lines of the rejects file."""
        file = self.folder / "state" / "rejects.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def people(self, database: str = "SEOshop") -> dict[str, dict[str, Any]]:
        """Fields of the profiles by key; a key that stands twice is an error."""
        return self.sandbox.content()[database]

    def orders(self) -> dict[str, dict[str, Any]]:
        """Fields of the orders by key."""
        return self.sandbox.content()["SEOshop/Orders"]

    def mailed(self) -> list[str]:
        """Which follow-ups ran, in order."""
        return [one["trigger"] for one in self.sandbox.followups(run=True)]

    def calls(self, since: int) -> list[str]:
        """Calls after a request number, as `METHOD path`, ids as N, the token aside."""
        made = self.sandbox.requests(since, side="copernica")
        return [f"{one['method']} {_plain(one['path'])}" for one in made if "authenticate" not in one["path"]]


def _plain(path: str) -> str:
    steps = path.removeprefix("/copernica").removeprefix("/v4").strip("/").split("/")
    return "/".join("N" if step.isdigit() else step for step in steps)
