"""The bookmarks of a shop, in the place and form of Meltano's file backend: either may go on from the other.

The file holds `{"completed": {"singer_state": STATE}, "partial": {...}}`. Meltano lays `partial`, which a run
in full leaves behind, over `completed` key by key, and drops it when a usual run writes.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from seoshop_copernica.errors import TroubleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["keep", "merged", "owe", "remembered", "write_whole"]

_KEY: Final = "singer_state"


class _File(msgspec.Struct):
    completed: dict[str, Any] | None = None
    partial: dict[str, Any] | None = None


def remembered(path: Path) -> dict[str, Any] | None:
    """The Singer state from which the next run goes on; None before the first.

    Args:
        path: Meltano's `state.json`.

    Raises:
        TroubleError: The file cannot be read, or holds something else.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_File)
        state = merged(found.completed or {}, found.partial or {}).get(_KEY)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TroubleError(f"{path}: {error.strerror}") from None
    except msgspec.DecodeError:
        raise TroubleError(
            f"{path}: not the bookmarks that Meltano or a tick writes; put a backup back"
        ) from None
    return state if isinstance(state, dict) else None


def keep(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state that the target has acknowledged, whole or not at all.

    Args:
        path: Meltano's `state.json`.
        state: The newest one.

    Raises:
        TroubleError: The file cannot be written.
    """
    write_whole(path, msgspec.json.encode({"completed": {_KEY: state}, "partial": {}}))


def owe(state: Mapping[str, Any], orders: Iterable[int]) -> bool:
    """Note in a state that the rows of orders are to be read again.

    Args:
        state: Of tap-seoshop; it is changed.
        orders: Ids of the orders.

    Returns:
        Whether the state knows of order rows.
    """
    rows = (state.get("bookmarks") or {}).get("order_products")
    if not isinstance(rows, dict):
        return False
    pending = {**dict.fromkeys(orders, 0), **dict(rows.get("pending") or ())}
    rows["pending"] = sorted(map(list, pending.items()), reverse=True)
    return True


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """One object laid over another, key by key, as Meltano does it."""
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        result[key] = merged(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return result


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file at once, for its owner only; a crash leaves the old one or the new one.

    Raises:
        TroubleError: It cannot be written.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(handle, "wb") as file:  # noqa: PTH123  # of a handle
            file.write(content)
            file.flush()
            os.fsync(handle)
        new.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise TroubleError(f"{path}: {error.strerror}") from None
