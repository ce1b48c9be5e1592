"""What was heard about the consent of addresses, in a file of its own: the proof, and it outlives the ledger.

Append-only JSON lines, addresses as keyed hashes only. The first line tells whether the key is still the one
that they were hashed with; it stands in `tombstones.jsonl`.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from target_copernica.consent.model import Event, event_from_json, event_to_json
from target_copernica.errors import SettingsError
from target_copernica.memory.files import named, write_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["ConsentLog"]


class ConsentLog:
    """The file.

    Args:
        path: It is made, for its owner only, with the first event.
        check: A hash that only the right key gives.

    Attributes:
        aside: Where a file of another key was put: no address in it can be told apart any more.
    """

    aside: Path | None = None

    def __init__(self, path: Path, check: str) -> None:
        self._path = path
        self._check = check
        with named(path):
            if not path.exists() or not path.stat().st_size:
                return
            with path.open("rb") as file:
                first = file.readline()
        try:
            is_ours = json.loads(first)["check"] == check
        except (ValueError, KeyError, TypeError):
            is_ours = False
        if not is_ours:
            self.aside = path.with_name(f"{path.name}.unreadable")
            with named(path):
                path.replace(self.aside)

    def append(self, said: Sequence[tuple[str, Event]], now: str) -> None:
        """Add events; durable when this returns.

        Args:
            said: Hash of the address, and what was heard of it.
            now: When it was noted, ISO.
        """
        lines = [{"who": who, "noted": now, **event_to_json(event)} for who, event in said]
        with named(self._path):
            handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if not os.fstat(handle).st_size:
                    lines.insert(0, {"check": self._check})
                else:
                    self._cut_torn_line(handle)
                write_all(handle, "".join(json.dumps(line) + "\n" for line in lines).encode())
                os.fsync(handle)
            finally:
                os.close(handle)

    def events(self) -> Iterator[tuple[str, Event]]:
        """All that was heard, oldest first."""
        return ((body["who"], event) for body, event in self._lines())

    def lines_of(self, who: str) -> list[dict[str, Any]]:
        """What was heard of one address and when it was noted, oldest first; without the hash."""
        return [
            {name: value for name, value in body.items() if name != "who"}
            for body, _ in self._lines()
            if body["who"] == who
        ]

    def _lines(self) -> Iterator[tuple[dict[str, Any], Event]]:
        if not self._path.exists():
            return
        with named(self._path), self._path.open("rb") as file:
            next(file, None)
            for number, line in enumerate(file, start=2):
                if not line.endswith(b"\n"):
                    return  # a kill cut it off before anything was done because of it
                try:
                    body = json.loads(line)
                    _ = body["who"]
                    yield body, event_from_json(body)
                except (ValueError, KeyError, TypeError):
                    raise SettingsError(
                        f"{self._path}, line {number} is not as this program wrote it; it says who opted "
                        "out: restore the file"
                    ) from None

    def size(self) -> int:
        """Its length in bytes."""
        return self._path.stat().st_size if self._path.exists() else 0

    @staticmethod
    def _cut_torn_line(handle: int) -> None:
        size = os.fstat(handle).st_size
        content = os.pread(handle, min(size, 65536), max(0, size - 65536))
        if not content.endswith(b"\n"):
            os.ftruncate(handle, size - (len(content) - content.rfind(b"\n") - 1))
