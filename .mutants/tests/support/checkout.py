"""A folder as a user has it: this project, installed, with a `.env` for each shop."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from support.meltano import NOT_INSTALLED
from support.programs import ROOT, Ended, run
from support.sandbox import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET, Sandbox

BARE = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
"""Cron gives no more than this."""
KEYS = {
    "TAP_SEOSHOP_API_KEY": SEOSHOP_KEY,
    "TAP_SEOSHOP_API_SECRET": SEOSHOP_SECRET,
    "TARGET_COPERNICA_API_TOKEN": COPERNICA_TOKEN,
}


@dataclass
class Checkout:
    """A checkout in `folder`, which shares nothing but the installed programs with this one."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> "Checkout":
        """Make one."""
        assert (ROOT / ".meltano" / ".installed").exists(), NOT_INSTALLED
        (folder / "scripts").mkdir(parents=True)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        shutil.copy(ROOT / "meltano.yml", folder)
        shutil.copy(ROOT / "scripts" / "run.py", folder / "scripts")
        (folder / ".meltano").mkdir()
        for kind in ("extractors", "loaders"):
            (folder / ".meltano" / kind).symlink_to(ROOT / ".meltano" / kind)
        return cls(folder)

    def fill_env(self, sandbox: Sandbox, environment: str = "prod") -> None:
        """Fill in `.env` as `.env.example` asks, for a shop that is a sandbox."""
        text = (ROOT / ".env.example").read_text()
        for name, value in KEYS.items():
            assert f"{name}=\n" in text
            text = text.replace(f"{name}=\n", f"{name}={value}\n")
        text += f"TAP_SEOSHOP_API_URL={sandbox.url}/seoshop\n"
        text += f"TARGET_COPERNICA_API_URL={sandbox.url}/copernica/v4\n"
        text += f"TARGET_COPERNICA_AUTH_URL={sandbox.url}/copernica/authenticate\n"
        (self.folder / (".env" if environment == "prod" else f".env.{environment}")).write_text(text)

    def add_environment(self, name: str) -> None:
        """Add one for another shop to meltano.yml, as the README says."""
        file = self.folder / "meltano.yml"
        project = yaml.safe_load(file.read_text())
        project["environments"].append({"name": name})
        file.write_text(yaml.safe_dump(project, sort_keys=False))

    @property
    def bare_environment(self) -> dict[str, str]:
        """What cron gives, with a home of the checkout's own."""
        return BARE | {"HOME": str(self.folder / "home"), "XDG_STATE_HOME": str(self.folder / "xdg")}

    def shell(self, command: str) -> Ended:
        """Run a command line as cron does."""
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            env=self.bare_environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )
        return Ended(done.returncode, done.stdout, done.stderr, 0)

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        """`scripts/run.py ARGUMENTS`, to its end."""
        return run(*self.command(*arguments), env=self.bare_environment | dict(env or {}), cwd=self.folder)

    def started(self, *arguments: str) -> "subprocess.Popen[str]":
        """`scripts/run.py ARGUMENTS`, on its way."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.bare_environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def command(self, *arguments: str) -> list[str]:
        """The command line of a run."""
        python = os.path.relpath(sys.executable, ROOT)
        return [str(self.folder / python), str(self.folder / "scripts" / "run.py"), *arguments]
