"""Where what was refused goes: one JSON line each, for the owner of the file only.

The content is personal data; it stands in this file so that nothing is lost, and nowhere else.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from target_copernica.errors import TooManyRejectsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

__all__ = ["Rejects"]


class Rejects:
    """The rejects file.

    Args:
        path: JSON lines; made with mode 0600 when the first one comes.
        most: How many rejected records end the run.
        now: The server's time.
    """

    def __init__(self, path: Path, most: int, now: Callable[[], datetime]) -> None:
        self._path = path
        self._most = most
        self._now = now
        self._handle: int | None = None
        self._records = 0
        self.run = 0

    def record(
        self, stream: str, key: str | None, reason: str, content: dict[str, Any], status: int | None = None
    ) -> None:
        """A record that cannot be written. It is durable in the file when this returns.

        Raises:
            TooManyRejectsError: It is one too many.
        """
        self._write(
            {
                "kind": "record",
                "stream": stream,
                "key": key,
                "reason": reason,
                "status": status,
                "content": content,
            }
        )
        self._records += 1
        if self._records > self._most:
            raise TooManyRejectsError(
                f"more than {self._most} records were refused (setting max_rejects), the last one of "
                f"{stream}: {reason}; see {self._path}"
            )

    def field(self, stream: str, key: str, field: str, reason: str) -> None:
        """A value that was left out; the rest of its record was written."""
        self._write({"kind": "field", "stream": stream, "key": key, "field": field, "reason": reason})

    def _write(self, entry: dict[str, Any]) -> None:
        if self._handle is None:
            self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        stamped = {"time": self._now().isoformat(timespec="seconds"), "run": self.run, **entry}
        os.write(self._handle, (json.dumps(stamped, default=str) + "\n").encode())

    def flush(self) -> None:
        """Make it durable: before a STATE that counts on it leaves."""
        if self._handle is not None:
            os.fsync(self._handle)

    def close(self) -> None:
        """Close the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
