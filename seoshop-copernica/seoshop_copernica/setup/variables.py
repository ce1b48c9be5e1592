"""The file `.env`: what stands in it is kept, what is new is put in its place, never by half."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dotenv import dotenv_values

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NAMES", "SECRET", "read", "with_values", "write"]

NAMES: Final = {
    "api_key": "TAP_SEOSHOP_API_KEY",
    "api_secret": "TAP_SEOSHOP_API_SECRET",
    "language": "TAP_SEOSHOP_LANGUAGE",
    "cluster": "TAP_SEOSHOP_CLUSTER",
    "api_token": "TARGET_COPERNICA_API_TOKEN",
}
"""The variable of each value that is asked for."""

SECRET: Final = tuple(NAMES[name] for name in ("api_key", "api_secret", "api_token"))
"""Those without which nothing can be asked."""

_PLAIN: Final = re.compile(r"[\w.+/=:@%~-]+", re.ASCII)


def read(file: Path) -> dict[str, str]:
    """What a file of variables says of the values that are asked for; nothing if it is not there.

    Raises:
        OSError: It cannot be read.
        UnicodeDecodeError: It is not UTF-8.
    """
    with suppress(FileNotFoundError):
        # A byte order mark would become part of the first name.
        found = dotenv_values(stream=StringIO(file.read_text(encoding="utf-8-sig")), interpolate=False)
        return {name: value for name, variable in NAMES.items() if (value := found.get(variable))}
    return {}


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text of a file of variables with these values in it; every other line as it is.

    Args:
        text: What stands there; it may be empty.
        values: By setting.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    for name, value in values.items():
        variable = NAMES[name]
        line = f"{variable}={value if _PLAIN.fullmatch(value) else _quoted(value)}"
        places = [at for at, one in enumerate(lines) if re.match(rf"\s*(?:export\s+)?{variable}\s*=", one)]
        if not places:
            lines.insert(len(lines) - (lines[-1] == ""), line)
            continue
        lines[places[0]] = line
        for at in reversed(places[1:]):  # the last one counts, so that an older one would win
            del lines[at]
    return "\n".join(lines) + ("" if lines[-1] == "" else "\n")


def write(file: Path, text: str) -> None:
    """Put a text in the place of a file in one step, readable by its owner alone.

    Args:
        file: The file; where it is a link, the file that it leads to.
        text: All of it.

    Raises:
        OSError: It cannot be written; the old file is as it was.
    """
    place = file.resolve()
    descriptor, made = tempfile.mkstemp(prefix=f"{place.name}.", dir=place.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(made).replace(place)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
