"""How a tick can end, and what a person is told of it."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Code", "FleetError", "ListError", "TroubleError"]


class Code(IntEnum):
    """Exit codes; those of tap and target are passed on as they are (128 + n: ended by signal n)."""

    DONE = 0
    UNEXPECTED = 1
    SETTINGS = 2
    NOT_ALLOWED = 3
    AWAY = 4
    REJECTS = 5
    BUDGET = 6
    FOLLOWUPS = 7
    TIME_LIMIT = 8
    SEVERAL = 9
    DIFFERS = 13


class FleetError(Exception):
    """Something that keeps a command from being done.

    Attributes:
        exit_code: What the command ends with.
    """

    exit_code: int = Code.UNEXPECTED


class TroubleError(FleetError):
    """A setting, a file or a program that is not as it must be."""

    exit_code = Code.SETTINGS


class ListError(TroubleError):
    """Something in the list of shops.

    Args:
        file: The list.
        line: Number of the line, from 1; None where it concerns the whole file.
        text: What is wrong, and what to do.
    """

    def __init__(self, file: str, line: int | None, text: str) -> None:
        super().__init__(f"{file}, line {line}: {text}" if line else f"{file}: {text}")
