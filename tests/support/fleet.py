"""A folder with a list of shops, and ticks as the programs that cron and systemd start."""

import itertools
import json
import os
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml

from support.programs import BIN, ROOT, Ended, clean_environment, run
from support.sandbox import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET, Sandbox

PROGRAM = BIN / "seoshop-copernica"
STATE_ID = "{}:tap-seoshop-to-target-copernica"


class Fleet:
    """A project's folder; `shops` is what stands in the list."""

    _made = itertools.count(1)

    def __init__(self, home: Path) -> None:
        self.number = next(self._made)
        self.home = home
        self.shops: dict[str, dict[str, Any]] = {}
        (home / "keys").mkdir(parents=True)
        (home / "keys" / "token").write_text(f"{COPERNICA_TOKEN}\n")
        self.environ = {"SHOP_KEY": SEOSHOP_KEY, "SHOP_SECRET": SEOSHOP_SECRET}

    def add(self, name: str, sandbox: Sandbox, **lines: Any) -> None:
        """Put a shop into the list, with databases of its own."""
        self.shops[name] = {
            "database": f"{name}_{self.number}_people",
            "products_database": f"{name}_{self.number}_products",
            "secrets": {
                "api_key": "env:SHOP_KEY",
                "api_secret": "env:SHOP_SECRET",
                "api_token": "file:keys/token",
            },
            "tap": {"api_url": f"{sandbox.url}/seoshop"},
            "target": {
                "api_url": f"{sandbox.url}/copernica/v4",
                "auth_url": f"{sandbox.url}/copernica/authenticate",
            },
            **lines,
        }
        self.write()

    def people(self, name: str) -> str:
        """The shop's database of people."""
        return str(self.shops[name]["database"])

    def write(self) -> None:
        """Write the list anew."""
        (self.home / "shops.yml").write_text(yaml.safe_dump({"shops": self.shops}, sort_keys=False))

    def prepare_meltano(self, *environments: str) -> None:
        """Make the folder a project of Meltano with these environments; its plugins are those of `make`."""
        project = yaml.safe_load((ROOT / "meltano.yml").read_text())
        project["environments"] += [{"name": name} for name in environments]
        (self.home / "meltano.yml").write_text(yaml.safe_dump(project, sort_keys=False))
        (self.home / ".meltano").mkdir()
        for kind in ("extractors", "loaders"):
            (self.home / ".meltano" / kind).symlink_to(ROOT / ".meltano" / kind)
        self.environ |= {
            "XDG_STATE_HOME": str(self.home / "xdg"),
            "MELTANO_PROJECT_ROOT": "",
            "NO_COLOR": "1",
        }

    def __call__(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Ended:
        """`seoshop-copernica ARGUMENTS`, to its end."""
        return run(PROGRAM, *arguments, cwd=self.home, env={**self.environ, **(env or {})})

    def tick(self, name: str, *arguments: str) -> Ended:
        """One tick; a failure shows what was said."""
        ended = self("tick", name, *arguments)
        assert ended.code == 0, ended.log
        return ended

    def started(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """`seoshop-copernica ARGUMENTS`, on its way, in a process group of its own."""
        return subprocess.Popen(
            [str(PROGRAM), *arguments],
            cwd=self.home,
            env={**clean_environment(), **self.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def state(self, name: str) -> Any:
        """What the bookmarks' file of a shop holds."""
        file = self.home / "state" / name / "bookmarks" / STATE_ID.format(name) / "state.json"
        return json.loads(file.read_text())

    def runs(self, name: str, view: str = "run") -> list[dict[str, Any]]:
        """The record of a shop's runs, newest first."""
        with closing(sqlite3.connect(self.home / "state" / name / "runs.sqlite")) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(f"SELECT * FROM {view} ORDER BY 1 DESC")]  # noqa: S608


def group_is_gone(group: int) -> bool:
    """Whether no process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False
