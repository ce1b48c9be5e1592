"""A real PostgreSQL for one test run, and the target that fills it.

The server is the machine's own; it listens on a socket in its folder and nowhere else. The target needs
libraries that must not stand beside ours, hence a venv of its own.
"""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.programs import BIN, ROOT, Ended, run, written

TARGET = "meltanolabs-target-postgres==0.8.1"
VENV = ROOT / ".venv-target-postgres"
PROGRAM = VENV / "bin" / "target-postgres"


def server_programs() -> Path | None:
    """The folder with the server's programs; None where the machine has none."""
    places = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "pg_ctl").exists()), None)


def install_target() -> str | None:
    """Install the target once; why that failed, else None."""
    if PROGRAM.exists():
        return None
    into = str(VENV)
    for command in (
        ("venv", "--quiet", "--allow-existing", into),
        ("pip", "install", "--quiet", "--python", f"{into}/bin/python", TARGET),
    ):
        ended = run(BIN / "uv", *command)
        if ended.code:
            return ended.err.strip().split("\n")[0]
    return None


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    folder: Path
    programs: Path

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, each by its columns."""
        query = f"SELECT coalesce(json_agg(t), '[]') FROM tap.\"{table}\" t"  # noqa: S608  # names of our own
        found: list[dict[str, Any]] = json.loads(self.do(query), parse_float=Decimal)
        return found

    def do(self, query: str) -> str:
        """What a query says."""
        said = run(
            self.programs / "psql", "-h", self.folder, "-U", "postgres", "-AtX", "-c", query, "postgres"
        )
        assert said.code == 0, said.log
        return said.out

    @property
    def url(self) -> str:
        """Where it is, as libpq takes it."""
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def write(self, folder: Path, messages: str) -> Ended:
        """Give Singer messages to the target."""
        url = f"postgresql+psycopg://postgres@/postgres?host={self.folder}"
        config = {"sqlalchemy_url": url, "default_target_schema": "tap", "hard_delete": True}
        return run(PROGRAM, "--config", written(folder / "postgres.json", config), messages=messages)


@contextmanager
def running_postgres(programs: Path) -> Iterator[Postgres]:
    """Make a server's data, start it, and stop it at the end."""
    # Not below pytest's folder: the server refuses to run as root, and who it runs as could not enter there.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    as_whom: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        as_whom = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def do(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        done = subprocess.run(
            command, check=False, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **as_whom
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    try:
        do("initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c timezone=UTC"
        do("pg_ctl", "-w", "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield Postgres(folder, programs)
        finally:
            do("pg_ctl", "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
