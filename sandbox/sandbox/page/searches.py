"""Searches by number: what was typed stands in no address, and so in no history and in no log of a proxy."""

from sandbox.page.missing import MissingError

KEPT = 1000
LONGEST = 200


class Searches:
    """What was searched for since the start, the newest `KEPT` of it."""

    def __init__(self) -> None:
        """None yet."""
        self._texts: dict[int, str] = {}
        self._last = 0

    def add(self, text: str) -> int:
        """Remember what was typed; its number."""
        self._last += 1
        self._texts[self._last] = text.strip()[:LONGEST]
        self._texts.pop(self._last - KEPT, None)
        return self._last

    def text(self, number: int) -> str:
        """What was typed.

        Raises:
            MissingError: it is forgotten, or never was.
        """
        try:
            return self._texts[number]
        except KeyError:
            raise MissingError("This search is forgotten. Search again, above.") from None
