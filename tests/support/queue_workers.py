"""A real queue in PostgreSQL and its workers, as `deploy/queue` says."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from support.engines import documented, installed
from support.postgres import Postgres
from support.programs import ROOT, clean_environment, run

VOLUMES = ("volume-0", "volume-1")


class Queue:
    """The queue, and its workers; `environ` is what its programs need.

    Args:
        folder: For what they say.
        homes: Where the list of shops is, for each volume.
        postgres: The server.
    """

    def __init__(self, folder: Path, homes: Sequence[Path], postgres: Postgres) -> None:
        installed("queue")
        self._folder = folder
        self._homes = dict(zip(VOLUMES, homes, strict=False))
        self.environ = {
            "PGHOST": str(postgres.folder),
            "PGUSER": "postgres",
            "PYTHONPATH": "deploy/queue",
            "SEOSHOP_VOLUMES": ",".join(self._homes),
        }
        made = run(*documented("queue", "schema"), env=self.environ)
        assert made.code == 0, made.log

    @contextmanager
    def worker(self, volume: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A worker, in a process group of its own."""
        environ = {
            **clean_environment(),
            **self.environ,
            "SEOSHOP_VOLUME": volume,
            "SEOSHOP_COPERNICA_HOME": str(self._homes[volume]),
        }
        with (self._folder / f"{volume}.log").open("a") as log:
            process = subprocess.Popen(
                documented("queue", "worker"),
                env=environ,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                process.terminate()
                process.wait(200)

    def log(self) -> str:
        """What all workers said."""
        return "".join((self._folder / f"{volume}.log").read_text() for volume in self._homes)
