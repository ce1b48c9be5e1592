"""Who was removed in Copernica, in a file of its own: it survives a lost ledger, so that they stay removed.

Append-only JSON lines. The first holds a secret; each further one adds a tombstone for a key of a database
or collection (as a keyed hash), or lifts it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from typing import TYPE_CHECKING, Any

from target_copernica.errors import SettingsError
from target_copernica.memory.files import named, write_all

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Tombstones"]


class Tombstones:
    """The file.

    Args:
        path: It is made, for its owner only, if it is not there.

    Raises:
        SettingsError: It was not written by this program.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._removed: set[tuple[str, str]] = set()
        with named(path):
            content = path.read_bytes() if path.exists() else b""
        if not content:
            self.secret = secrets.token_bytes(32)
            self._append({"secret": self.secret.hex()})
            return
        try:
            lines = content.decode().split("\n")
            self.secret = bytes.fromhex(json.loads(lines[0])["secret"])
            for line in lines[1:-1]:  # behind the last line break stands nothing, or what a kill cut off
                self._take(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise SettingsError(
                f"{path} is not as this program wrote it; it says who was removed and must not be made anew: "
                f"restore it, or move it away if those may come back"
            ) from None
        if lines[-1]:
            with named(path):
                os.truncate(path, content.rindex(b"\n") + 1)

    def __len__(self) -> int:
        """How many tombstones there are."""
        return len(self._removed)

    def has(self, place: str, key: str) -> bool:
        """Whether this key was found removed.

        Args:
            place: The ledger's name of the database or collection.
            key: The key.
        """
        return bool(self._removed) and (place, self._hash(key)) in self._removed

    def any_in(self, place: str) -> bool:
        """Whether anything of a place was found removed."""
        return any(where == place for where, _ in self._removed)

    def add(self, place: str, key: str, when: str) -> None:
        """Note that it was found removed. Durable when this returns."""
        if not self.has(place, key):
            self._note({"place": place, "key": self._hash(key), "removed": when})

    def lift(self, place: str, key: str) -> None:
        """Note that it is there again, or may come again."""
        if self.has(place, key):
            self._note({"place": place, "key": self._hash(key), "lifted": True})

    def lift_all(self) -> int:
        """Let all of them come again; returns how many there were."""
        removed = list(self._removed)
        for place, hashed in removed:
            self._note({"place": place, "key": hashed, "lifted": True})
        return len(removed)

    def _note(self, entry: dict[str, Any]) -> None:
        self._append(entry)
        self._take(entry)

    def _take(self, entry: dict[str, Any]) -> None:
        where = (entry["place"], entry["key"])
        if "lifted" in entry:
            self._removed.discard(where)
        else:
            self._removed.add(where)

    def _append(self, entry: dict[str, Any]) -> None:
        with named(self._path):
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                write_all(handle, (json.dumps(entry) + "\n").encode())
                os.fsync(handle)
            finally:
                os.close(handle)

    def _hash(self, key: str) -> str:
        return hashlib.blake2b(key.encode(), key=self.secret, digest_size=16).hexdigest()
