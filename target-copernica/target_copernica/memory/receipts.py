"""Proof that people were forgotten: a file of receipts without personal data, each with the hash of the last.

Append-only JSON lines, readable by the owner of the file only. Keys and addresses stand in it as keyed
hashes; the key is that of `tombstones.jsonl`. A line that is changed or taken out breaks the chain.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Final

import msgspec

from target_copernica.errors import SettingsError
from target_copernica.memory.files import named, write_all

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["Receipt", "Receipts"]

_BEGIN: Final = "0" * 64


class Receipt(msgspec.Struct, frozen=True):
    """What was done for one person.

    Attributes:
        case: Of the person, as in `tombstones.jsonl`.
        forgotten: When the person was forgotten, ISO.
        done: When nothing was left, by reading back, ISO.
        things: Keys and addresses: place (empty for an address) and keyed hash.
        profiles: How many profiles were removed.
        subprofiles: How many subprofiles of other profiles.
        remains: What Copernica's data request names that is left, in words; empty where it is nothing.
        check: A hash that only the key of these hashes gives.
        previous: Hash of the line before.
        hash: Of this line without this.
    """

    case: str
    forgotten: str
    done: str
    things: tuple[tuple[str, str], ...]
    profiles: int
    subprofiles: int
    remains: str
    check: str
    previous: str = ""
    hash: str = ""


class Receipts:
    """The file.

    Args:
        path: It is made, for its owner only, with the first receipt.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[Receipt]:
        """All receipts, oldest first.

        Raises:
            SettingsError: The chain is broken: a line was changed, added or taken out.
        """
        with named(self.path):
            content = self.path.read_bytes() if self.path.exists() else b""
        found: list[Receipt] = []
        previous = _BEGIN
        for number, line in enumerate(content.split(b"\n")[:-1], start=1):
            try:
                receipt = msgspec.json.decode(line, type=Receipt)
            except msgspec.DecodeError:
                receipt = None
            if receipt is None or receipt.previous != previous or receipt.hash != _hash(receipt):
                raise SettingsError(
                    f"{self.path}, line {number}: the chain is broken, so this file proves nothing from "
                    "there on; it was edited, or a line is missing: restore it"
                )
            previous = receipt.hash
            found.append(receipt)
        return found

    def catch_up(self, other: Receipts) -> int:
        """Add what a copy of this file has beyond it; nothing where it is not a copy of this one.

        Returns:
            How many receipts were added.
        """
        own, theirs = self.all(), other.all()
        if theirs[: len(own)] != own:
            return 0
        for receipt in theirs[len(own) :]:
            self._append(receipt)
        return len(theirs) - len(own)

    def add(self, receipt: Receipt) -> Receipt:
        """Add one; durable when this returns.

        Args:
            receipt: Without its hashes.

        Returns:
            It, with them.
        """
        known = self.all()
        chained = msgspec.structs.replace(receipt, previous=known[-1].hash if known else _BEGIN)
        chained = msgspec.structs.replace(chained, hash=_hash(chained))
        self._append(chained)
        return chained

    def _append(self, receipt: Receipt) -> None:
        with named(self.path):
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                content = os.pread(handle, os.fstat(handle).st_size, 0)
                os.ftruncate(handle, content.rfind(b"\n") + 1)  # a line that a kill cut off
                write_all(handle, msgspec.json.encode(receipt) + b"\n")
                os.fsync(handle)
            finally:
                os.close(handle)


def _hash(receipt: Receipt) -> str:
    body = msgspec.to_builtins(receipt)
    del body["hash"]
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
