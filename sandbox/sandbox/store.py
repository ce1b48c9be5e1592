"""Opening SQLite the way both sides of the sandbox use it."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_SECONDS = 10


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open the database at `path`, and make it when there is none.

    The connection commits by itself (wrap many writes in `transaction`), gives rows to be read by name, and
    may be used from any thread: the server handles one request at a time.

    Args:
        path: file of the database.
        schema: SQL that makes all of it.

    Raises:
        ValueError: the file was made by a version of the sandbox that had another schema.
    """
    version = zlib.crc32(schema.encode()) >> 1
    is_new = not path.exists()
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    # A sandbox's data may be lost with the machine, not with the process: WAL without fsync gives that.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    # A row that replaces another one is a row that goes and one that comes, for the counts.
    connection.execute("PRAGMA recursive_triggers = ON")
    if is_new:
        connection.executescript(f"{schema}; PRAGMA user_version = {version};")
    elif connection.execute("PRAGMA user_version").fetchone()[0] != version:
        connection.close()
        raise ValueError(
            f"{path.parent} was made by another version of the sandbox: remove it, or name another folder"
        )
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
