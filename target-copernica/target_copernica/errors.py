"""What can end a run, each with its exit code, and what can end one record.

Every message is one line for a person: what happened, where, and what to do. It never holds a
secret, a value of a record, or the body of an answer that might quote one.
"""

from __future__ import annotations

__all__ = [
    "ApiAwayError",
    "CallBudgetError",
    "InputError",
    "InterruptedRunError",
    "LockedError",
    "LostAnswerError",
    "NotAllowedError",
    "ReaderGoneError",
    "RefusedError",
    "RejectedRecordError",
    "SettingsError",
    "TargetError",
    "TooManyFollowUpsError",
    "TooManyRejectsError",
    "ending",
]


class TargetError(Exception):
    """Something that concerns the whole run. The state of what is not written stays held back."""

    exit_code = 1


class LockedError(TargetError):
    """Another run is using the same state directory. Not a failure."""

    exit_code = 0


class SettingsError(TargetError):
    """A setting, the mapping, or the structure in Copernica is invalid."""

    exit_code = 2


class InputError(TargetError):
    """The messages on standard input do not follow the Singer specification."""

    exit_code = 2


class NotAllowedError(TargetError):
    """Copernica refuses the token, or the token lacks a right."""

    exit_code = 3


class ApiAwayError(TargetError):
    """Copernica cannot be reached, or keeps failing after all retries."""

    exit_code = 4


class TooManyRejectsError(TargetError):
    """More records were refused than `max_rejects` allows."""

    exit_code = 5


class CallBudgetError(TargetError):
    """The call budget (`call_budget`) is used up."""

    exit_code = 6


class TooManyFollowUpsError(TargetError):
    """More writes in one run would start follow-ups than `max_live` allows."""

    exit_code = 7


class InterruptedRunError(TargetError):
    """A signal asked the run to end.

    Args:
        signum: Number of the signal; the exit code is 128 + this number.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(
            f"stopped by signal {signum}; what was committed is kept, the rest comes with the next run"
        )
        self.exit_code = 128 + signum


class ReaderGoneError(TargetError):
    """The program that reads the target's states has exited: its own exit code says why."""

    def __init__(self) -> None:
        super().__init__("the reader of this target's states is gone; what was written stays written")


class RefusedError(Exception):
    """Copernica refused one call (HTTP 4xx with an error message).

    Args:
        message: Copernica's own words, which name ids and paths but no values.
        status: HTTP status.
        call: The kind of call, without ids or values, for messages.
    """

    def __init__(self, message: str, status: int, call: str) -> None:
        super().__init__(f"{call} was refused: {message} (HTTP {status})")
        self.message = message
        self.status = status
        self.call = call


class LostAnswerError(Exception):
    """A call that is not repeatable was sent and its answer never came: it may have been carried out."""


class RejectedRecordError(Exception):
    """One record cannot be written as it is.

    Args:
        reason: Why, in words, without the value.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def ending(error: BaseException | None) -> tuple[int, str]:
    """How a run or command ends: the one place that turns errors into exit codes.

    Args:
        error: What ended it early; None when it is done.

    Returns:
        The exit code, and the cause in one line.
    """
    if error is None:
        return 0, "done"
    if isinstance(error, TargetError):
        return error.exit_code, str(error)
    if isinstance(error, RefusedError):  # a call that concerns no record
        return NotAllowedError.exit_code, f"{error}; has the token the right to it?"
    return 1, type(error).__name__
