"""Opening SQLite the way both sides of the sandbox use it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_SECONDS = 10


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open (and make) the database at `path` and see to it that `schema` is in it.

    The connection commits by itself (wrap many writes in `transaction`), gives rows to be read by name, and
    may be used from any thread: the server handles one request at a time.

    Args:
        path: file of the database.
        schema: SQL that may be run again, so with `IF NOT EXISTS`.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    # A sandbox's data may be lost with the machine, not with the process: WAL without fsync gives that.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(schema)
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All writes of a `with` block together, or none of them."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
