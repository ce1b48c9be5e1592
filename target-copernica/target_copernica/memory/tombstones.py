"""Who was removed in Copernica, in a file of its own: it survives a lost ledger, so that they stay removed.

Append-only JSON lines. The first holds a secret; each further one adds a tombstone for a key of a database
or collection (as a keyed hash), or lifts it again; or it is one of `Forgotten`, which none of these lifts.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Any

from target_copernica.errors import SettingsError
from target_copernica.memory.files import named, write_all
from target_copernica.memory.forgotten import Forgotten, hashed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Tombstones"]


class Tombstones:
    """The file.

    Args:
        path: It is made, for its owner only, if it is not there.

    Attributes:
        secret: Key of the hashes.
        forgotten: Who asked to be forgotten.

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
            self.forgotten = Forgotten(self.secret, self._append)
            self._append([{"secret": self.secret.hex()}])
            return
        try:
            lines = content.decode().split("\n")
            self.secret = bytes.fromhex(json.loads(lines[0])["secret"])
            self.forgotten = Forgotten(self.secret, self._append)
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
        """Whether this key was found removed, or is forgotten.

        Args:
            place: The ledger's name of the database or collection.
            key: The key.
        """
        if not self._removed and not self.forgotten:
            return False
        thing = (place, hashed(key, self.secret))
        return thing in self._removed or self.forgotten.holds(thing)

    def any_in(self, place: str) -> bool:
        """Whether anything of a place was found removed."""
        return any(where == place for where, _ in self._removed)

    def add(self, place: str, key: str, when: str) -> None:
        """Note that it was found removed. Durable when this returns."""
        if not self.has(place, key):
            self._note({"place": place, "key": hashed(key, self.secret), "removed": when})

    def lift(self, place: str, key: str) -> None:
        """Note that it is there again, or may come again."""
        if self._removed and (place, (digest := hashed(key, self.secret))) in self._removed:
            self._note({"place": place, "key": digest, "lifted": True})

    def lift_all(self) -> int:
        """Let all of them come again; returns how many there were."""
        removed = list(self._removed)
        for place, digest in removed:
            self._note({"place": place, "key": digest, "lifted": True})
        return len(removed)

    def _note(self, entry: dict[str, Any]) -> None:
        self._append([entry])
        self._take(entry)

    def _take(self, entry: dict[str, Any]) -> None:
        if "forgotten" in entry or "returned" in entry:
            self.forgotten.take(entry)
            return
        where = (entry["place"], entry["key"])
        if "lifted" in entry:
            self._removed.discard(where)
        else:
            self._removed.add(where)

    def _append(self, entries: Sequence[dict[str, Any]]) -> None:
        with named(self._path):
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                write_all(handle, "".join(json.dumps(entry) + "\n" for entry in entries).encode())
                os.fsync(handle)
            finally:
                os.close(handle)
