"""The files of the state directory: what is written is written whole, and every failure names its file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Self

from target_copernica.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LedgerFile", "named", "write_all"]

_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_UNUSABLE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Errors of the operating system inside name the file.

    Args:
        path: The file.

    Raises:
        SettingsError: It cannot be used.
    """
    try:
        yield
    except OSError as error:
        raise SettingsError(f"{path} cannot be used: {error.strerror} (setting state_dir)") from None


def write_all(handle: int, data: bytes) -> None:
    """Append to a file, whole: a full disk may take a part, which is then cut off again.

    Args:
        handle: A file opened for appending.
        data: What to write.

    Raises:
        OSError: It was not written.
    """
    size = os.fstat(handle).st_size
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(handle, left) :]
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, size)
        raise


class LedgerFile(sqlite3.Connection):
    """A SQLite connection with errors that name the file: a full disk, a damaged page."""

    path: Path

    @classmethod
    def opened(cls, path: Path) -> Self:
        """Open the file; it is made, readable by its owner only, if it is not there.

        Raises:
            SettingsError: It cannot be used.
        """
        with named(path):
            path.touch(mode=0o600, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(None, "Is a directory")
        file = sqlite3.connect(path, isolation_level=None, factory=cls)
        file.path = path
        return file

    def cursor(self, *_: Any) -> sqlite3.Cursor:  # type: ignore[override]  # noqa: ANN401 - of one class only
        """A cursor that names the file."""
        return super().cursor(_Cursor)

    def execute(self, *arguments: Any) -> sqlite3.Cursor:  # noqa: ANN401 - handed on
        """As the library's, which would not ask `cursor` for one."""
        return self.cursor().execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:  # noqa: ANN401 - handed on
        """As `execute`."""
        return self.cursor().executemany(*arguments)

    def explained(self, error: sqlite3.Error) -> Exception:
        """What went wrong with the file, in words; any other error as it is, since it is a bug."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED:
            return SettingsError(
                f"{self.path} is damaged, or no ledger of target-copernica ({error}): "
                f"`target-copernica check --rebuild` makes it anew from Copernica"
            )
        if code in _UNUSABLE:
            return SettingsError(f"{self.path} cannot be used: {error} (setting state_dir)")
        return error


class _Cursor(sqlite3.Cursor):
    connection: LedgerFile

    def execute(self, *arguments: Any) -> Self:  # noqa: ANN401 - handed on
        try:
            return super().execute(*arguments)
        except sqlite3.Error as error:
            raise self.connection.explained(error) from None

    def executemany(self, *arguments: Any) -> Self:  # noqa: ANN401 - handed on
        try:
            return super().executemany(*arguments)
        except sqlite3.Error as error:
            raise self.connection.explained(error) from None

    def fetchone(self) -> Any:  # noqa: ANN401 - a row
        try:
            return super().fetchone()
        except sqlite3.Error as error:
            raise self.connection.explained(error) from None

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()
        except sqlite3.Error as error:
            raise self.connection.explained(error) from None

    def __next__(self) -> Any:  # noqa: ANN401 - a row
        try:
            return super().__next__()
        except sqlite3.Error as error:
            raise self.connection.explained(error) from None
