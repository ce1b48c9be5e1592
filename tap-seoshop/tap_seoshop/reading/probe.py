"""What `--test` does: ask each list for one record, and say in one line each what works.

A stream costs one request, which streams of the same list share. A stream of details, such as the lines of a
cart, asks for those of the first record of its parent list. No record is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_seoshop.api.quota import Use
from tap_seoshop.errors import MissingListError, NotAllowedError, NotFoundError, SettingsError
from tap_seoshop.records.normalize import integer, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_seoshop.api.client import Client
    from tap_seoshop.streams.base import SeoshopStream
    from tap_seoshop.streams.place import ListPlace

__all__ = ["probe"]

WORKS = "works"


class _Lists:
    """The first record of each list, asked for once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._met: dict[str, Any] = {}

    def first(self, place: ListPlace) -> dict[str, Any] | None:
        """The first record; None in an empty list.

        Raises:
            NotAllowedError: The key may not read it.
            MissingListError: The shop does not know it.
        """
        if place.path not in self._met:
            try:
                found = self._client.get(place.path, {"limit": "1"}).many(place.key)
                self._met[place.path] = found[0] if found else None
            except (NotAllowedError, MissingListError) as error:
                self._met[place.path] = error
        met = self._met[place.path]
        if isinstance(met, Exception):
            raise met
        return met  # type: ignore[no-any-return]  # a record or None

    def look(self, stream: SeoshopStream) -> str:
        """What can be said of a stream that may be read.

        Raises:
            NotAllowedError: The key may not read it.
            MissingListError: The shop does not know it.
        """
        if not hasattr(stream, "parent"):
            if hasattr(stream, "place"):
                self.first(stream.place)
            return WORKS
        parent = self.first(stream.parent.place)
        if parent is None:
            return f"not tried: {stream.parent.place.path} is empty"
        try:
            path = stream.place.path.format(id=integer(parent.get("id")))
            self._client.get(path, {"limit": "1"}, use=Use.CHANGED)
        except NotFoundError:
            return f"not tried: {stream.parent.place.path} has no such record any more"
        return WORKS


def probe(client: Client, streams: Iterable[SeoshopStream], say: Callable[[str], None]) -> None:
    """Say which shop is reached, and of each stream whether it can be read.

    Args:
        client: The shop.
        streams: All streams; a failure counts for those that are selected.
        say: Takes a line.

    Raises:
        NotAllowedError: The key is refused, or lacks a permission for a selected stream.
        SettingsError: The shop does not know the list of a selected stream that it must have.
        ApiAwayError: No answer.
    """
    shop = client.get("shop").one("shop")
    currency = shop.get("currency")
    unit = text(currency.get("shortcode")) if isinstance(currency, dict) else None
    about = [part for part in (text(shop.get("mainDomain")) or text(shop.get("subDomain")), unit) if part]
    say(f"shop {integer(shop.get('id'))} reached ({', '.join(about)})")
    lists = _Lists(client)
    refused, missing = [], []
    for stream in streams:
        try:
            outcome = lists.look(stream)
        except NotAllowedError:
            outcome = f"not allowed: the key lacks a permission, most likely to read {stream.permission}"
            refused += [stream.name] if stream.selected else []
        except MissingListError:
            outcome = "not there: the shop does not know this list"
            missing += [stream.name] if stream.selected and not stream.optional else []
        say(f"{stream.name:28}{outcome}{'' if stream.selected else ' (not selected by default)'}")
    if refused:
        raise NotAllowedError(
            f"the key may not read {', '.join(refused)}: give it the permissions in the shop's back office "
            "(Settings > Developers), or deselect these streams"
        )
    if missing:
        raise SettingsError(f"the shop does not know {', '.join(missing)}; is `api_url` right?")
