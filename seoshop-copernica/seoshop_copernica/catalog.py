"""What the tap is to read, as a Singer catalog: made of what it can read, and of the shop's patterns.

Discovery costs a start of the tap. What it told is kept, until the tap is another one or a day has passed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

import msgspec

from seoshop_copernica.bookmarks import write_whole
from seoshop_copernica.errors import TroubleError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["names", "prepare", "selected"]

KEEP: Final = 86_400
"""Seconds after which the tap is asked again, whatever its file says: an upgrade may leave that as it is."""
_DISCOVERY: Final = 120


def prepare(file: Path, program: str, patterns: Sequence[str], environ: Mapping[str, str]) -> Path:
    """The catalog for a run.

    Args:
        file: Where it is kept.
        program: The tap.
        patterns: What is to be read, as `selected` takes them.
        environ: The tap's environment.

    Raises:
        TroubleError: The tap does not tell what it can read.
    """
    stamp = file.with_suffix(".of.json")
    wanted = msgspec.json.encode([*_identity(program), list(patterns)])
    try:
        known = stamp.read_bytes() == wanted and 0 <= time.time() - file.stat().st_mtime < KEEP
    except OSError:
        known = False
    if not known:
        write_whole(file, msgspec.json.encode(selected(_discovered(program, environ), patterns)))
        write_whole(stamp, wanted)
    return file


def names(file: Path, patterns: Sequence[str]) -> list[str]:
    """Names of the streams that patterns select, of a catalog that was prepared.

    Args:
        file: Where it is kept.
        patterns: As `selected` takes them.
    """
    whole = selected(msgspec.json.decode(file.read_bytes()), patterns)
    return [
        stream["tap_stream_id"]
        for stream in whole["streams"]
        if any(entry["metadata"].get("selected") for entry in stream["metadata"] if not entry["breadcrumb"])
    ]


def selected(catalog: dict[str, Any], patterns: Sequence[str]) -> dict[str, Any]:
    """A catalog with the patterns in it, in the sense of Meltano's `select`.

    `orders.*` reads a stream, with the fields that are read by default; `orders.memo` also a field that is
    not; `!orders.email` leaves one out. Names may hold `*`.

    Args:
        catalog: As discovery tells it; it is changed.
        patterns: What is to be read.
    """
    rules = [_rule(pattern) for pattern in patterns]
    for stream in catalog["streams"]:
        name = stream["tap_stream_id"]
        own = [(is_not, field) for is_not, where, field in rules if fnmatchcase(name, where)]
        wanted = any(not is_not for is_not, _ in own) and (True, "*") not in own
        whole = (False, "*") in own
        for entry in stream["metadata"]:
            metadata, path = entry["metadata"], entry["breadcrumb"]
            if not path:
                metadata["selected"] = wanted
                continue
            field = ".".join(step for step in path if step != "properties")
            if any(is_not and fnmatchcase(field, pattern) for is_not, pattern in own):
                metadata["selected"] = False
            elif any(pattern != "*" and fnmatchcase(field, pattern) for is_not, pattern in own if not is_not):
                metadata["selected"] = True
            elif not whole:
                metadata["selected"] = False
    return catalog


def _rule(pattern: str) -> tuple[bool, str, str]:
    stream, _, field = pattern.removeprefix("!").partition(".")
    return pattern.startswith("!"), stream, field or "*"


def _identity(program: str) -> list[int | str]:
    path = shutil.which(program) or program
    try:
        seen = os.stat(path)  # noqa: PTH116  # of a text
    except OSError:
        return [path]
    return [os.path.realpath(path), seen.st_mtime_ns, seen.st_size]


def _discovered(program: str, environ: Mapping[str, str]) -> dict[str, Any]:
    try:
        asked = subprocess.run(
            [program, "--discover"], env=dict(environ), capture_output=True, timeout=_DISCOVERY, check=False
        )
        found: dict[str, Any] = msgspec.json.decode(asked.stdout)
        _ = found["streams"]
    except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError, KeyError, TypeError):
        raise TroubleError(f"{program} --discover does not tell what it can read: is it installed?") from None
    return found
