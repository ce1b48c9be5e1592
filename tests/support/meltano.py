"""Meltano as a program, in this project and with its real plugins, but a folder of its own for what it keeps.

Runs of one plugin must not share Meltano's folder: they would overwrite each other's catalog.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from support.programs import BIN, ROOT, Ended, run
from support.sandbox import Sandbox

NOT_INSTALLED = "the Meltano plugins are not installed: make setup"


@dataclass
class Meltano:
    """Runs Meltano's commands; `folder` holds its database, bookmarks, ledgers and output.

    `places` may be changed before a run."""

    folder: Path
    sandbox: Sandbox
    places: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Make the folder, with the plugins that `make` has installed in it."""
        self.places = self._places()
        system = self.folder / "meltano"
        if system.exists():
            return
        system.mkdir(parents=True)
        for kind in ("extractors", "loaders"):
            (system / kind).symlink_to(ROOT / ".meltano" / kind)
        (self.folder / "output").mkdir()

    def _places(self) -> dict[str, str]:
        """Where everything stands, and how the sandbox is reached, as environment variables."""
        url = self.sandbox.url
        return {
            "MELTANO_PROJECT_ROOT": str(ROOT),
            "MELTANO_SYS_DIR_ROOT": str(self.folder / "meltano"),
            "MELTANO_STATE_BACKEND_URI": f"file://{self.folder / 'bookmarks'}",
            "XDG_STATE_HOME": str(self.folder / "xdg"),
            "NO_COLOR": "1",
            "TAP_SEOSHOP_API_URL": f"{url}/seoshop",
            "TAP_SEOSHOP_LITE_API_URL": f"{url}/seoshop",
            "TARGET_COPERNICA_API_URL": f"{url}/copernica/v4",
            "TARGET_COPERNICA_AUTH_URL": f"{url}/copernica/authenticate",
            "TARGET_COPERNICA_STATE_DIR": str(self.folder / "target-copernica"),
            "TARGET_COPERNICA_LITE_API_URL": f"{url}/copernica/v4",
            "TARGET_COPERNICA_LITE_AUTH_URL": f"{url}/copernica/authenticate",
            "TARGET_COPERNICA_LITE_STATE_DIR": str(self.folder / "target-copernica-lite"),
            "TARGET_JSONL_DESTINATION_PATH": str(self.folder / "output"),
        }

    def __call__(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        """`meltano ARGUMENTS`, to its end."""
        return run(BIN / "meltano", f"--env-file={os.devnull}", *arguments, env=self.places | dict(env or {}))

    def run(self, *blocks: str, env: Mapping[str, str] | None = None) -> Ended:
        """`meltano run BLOCKS`; a failure shows what was said."""
        ended = self("run", *blocks, env=env)
        assert ended.code == 0, ended.log
        return ended


def project() -> dict[str, Any]:
    """The content of meltano.yml."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text())
    return found


def plugin(kind: str, name: str) -> dict[str, Any]:
    """A plugin of meltano.yml: `plugin("extractors", "tap-seoshop")`."""
    found: dict[str, Any] = next(one for one in project()["plugins"][kind] if one["name"] == name)
    return found


def selected(name: str) -> set[str]:
    """The streams that an extractor of meltano.yml selects."""
    rules = plugin("extractors", name)["select"]
    return {re.sub(r"\.\*$", "", rule) for rule in rules if not rule.startswith("!")}
