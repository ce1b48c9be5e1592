"""Where a tick's lines go."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from seoshop_copernica.errors import TroubleError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["begin"]

LOG_BYTES: Final = 1_000_000
LOG_FILES: Final = 5
"""A log grows to `LOG_BYTES`; so many older ones are kept beside it, as `prod.log.1` and on."""


class _Line(logging.Formatter):
    """A line begins with the moment, in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%SZ} {super().format(record)}"


def begin(file: Path | None, name: str = "seoshop_copernica") -> None:
    """Log to standard error; with a file, to that, and only failures to standard error, which cron mails.

    Args:
        file: It is rotated.
        name: Of the logger.

    Raises:
        TroubleError: The file cannot be written.
    """
    log = logging.getLogger(name)
    terminal = logging.StreamHandler()
    handlers: list[logging.Handler] = [terminal]
    if file is not None:
        from logging.handlers import RotatingFileHandler  # noqa: PLC0415  # loads much

        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            rotating = RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
        except OSError as error:
            raise TroubleError(f"{error.filename}: {error.strerror}") from None
        handlers.append(rotating)
        terminal.setLevel(logging.ERROR)
    for handler in handlers:
        handler.setFormatter(_Line())
        log.addHandler(handler)
    log.setLevel(logging.INFO)
