"""Questions that the APIs' descriptions leave open, each answered by reads that change nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from seoshop_copernica.setup.reading import Reply, ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["UNTOLD", "Answer", "Side", "records"]

UNTOLD: Final = "cannot be told here"

_PAUSE: Final = 0.2
"""Seconds between two requests: a key is shared, and 20 requests a second are its most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was seen. It holds no name, no id and no value of a record.

    Args:
        question: What was asked, in words.
        seen: What the API does.
        switch: The sandbox's switch for it; empty where it has none.
        choice: The switch's choice that does the same; None where the reads cannot tell.
    """

    question: str
    seen: str
    switch: str = ""
    choice: str | None = None


class Side:
    """One API, read without haste.

    Args:
        root: Its address, before the path.
        headers: What opens it.
        suffix: What each path ends with.
        pause: Seconds between two requests.
    """

    def __init__(
        self, root: str, headers: Mapping[str, str], suffix: str = "", pause: float = _PAUSE
    ) -> None:
        self._root = root.rstrip("/")
        self._headers = {"Accept": "application/json", **headers}
        self._suffix = suffix
        self._pause = pause
        self.headers_seen: set[str] = set()
        self.requests = 0

    def read(self, path: str, query: Iterable[tuple[str, str]] = ()) -> Reply:
        """Read a path.

        Args:
            path: Below the root.
            query: In order; a name may come twice.
        """
        if self.requests:
            time.sleep(self._pause)
        self.requests += 1
        text = urlencode(list(query))
        reply = ask(f"{self._root}/{path}{self._suffix}{'?' if text else ''}{text}", self._headers)
        self.headers_seen |= reply.headers
        return reply


def records(reply: Reply, key: str) -> list[dict[str, Any]]:
    """The records of a list; none where the answer is another.

    Args:
        reply: The answer.
        key: Under which they stand.
    """
    found = reply.body.get(key) if reply.good and isinstance(reply.body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
