"""What can end a run, each with its exit code, and what can end one request.

Every message is one line for a person: what happened, where, and what to do. It never holds a
secret, a value of a record, or the body of an answer that might quote one.
"""

from __future__ import annotations

__all__ = [
    "ApiAwayError",
    "InterruptedRunError",
    "MissingListError",
    "NotAllowedError",
    "NotFoundError",
    "QuotaSpentError",
    "ReaderGoneError",
    "SettingsError",
    "TapError",
    "UnexpectedAnswerError",
]


class TapError(Exception):
    """Something that ends the run."""

    exit_code = 1


class SettingsError(TapError):
    """A setting or the state is invalid."""

    exit_code = 2


class MissingListError(SettingsError):
    """The shop does not know a list (HTTP 404)."""


class NotAllowedError(TapError):
    """The shop refuses the key, or the key lacks a permission (HTTP 401, 403)."""

    exit_code = 3


class ApiAwayError(TapError):
    """The API cannot be reached, or keeps failing after all retries."""

    exit_code = 4


class UnexpectedAnswerError(TapError):
    """The API refuses a request, and retrying cannot help (HTTP 400, 405, 422 ...)."""


class InterruptedRunError(TapError):
    """A signal asked the run to end.

    Args:
        signum: Number of the signal; the exit code is 128 + this number.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by signal {signum}; the next run goes on from the last state")
        self.exit_code = 128 + signum


class QuotaSpentError(TapError):
    """The quota of requests is used up: the next run reads the rest. Not a failure."""

    exit_code = 0


class ReaderGoneError(TapError):
    """The program that reads the tap's messages has exited."""

    def __init__(self) -> None:
        super().__init__("the program that reads the records has gone; its exit code says why")


class NotFoundError(Exception):
    """HTTP 404 for one resource: gone, or (on order endpoints) only for the moment.

    Args:
        path: The resource.
        in_json: Whether the answer is a JSON object, as all of the shop's own are; a gateway answers with a
            page (`docs/api/seoshop.md`, section 9).
    """

    def __init__(self, path: str, *, in_json: bool) -> None:
        super().__init__(path)
        self.in_json = in_json
