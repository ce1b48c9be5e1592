"""The state that the tap is given: its value, as a target acknowledges it, or as others keep it."""

from __future__ import annotations

from typing import Any

from tap_seoshop.configuration import parsed_object
from tap_seoshop.errors import SettingsError

__all__ = ["state_of"]


def state_of(text: str, name: str) -> dict[str, Any]:
    """The state in a text.

    A STATE line of this tap and what `meltano state get` prints hold it one level deeper. An empty text is no
    state: the file of a pipe before its first run. Whatever else is not a state is refused, since to take it
    for none would read the whole shop again.

    Args:
        text: What the file holds.
        name: The file, for messages.

    Raises:
        SettingsError: It is no state.
    """
    if not text.strip():
        return {}
    given = parsed_object(text, f"state file {name}")
    found: object = given
    if given.get("type") == "STATE":
        found = given.get("value")
    elif "singer_state" in given:
        found = given["singer_state"]
    if not isinstance(found, dict) or (found and not isinstance(found.get("bookmarks"), dict)):
        raise SettingsError(f"state file {name}: not a state of this tap (an object with `bookmarks`)")
    for stream, mark in found.get("bookmarks", {}).items():
        if not isinstance(mark, dict):
            raise SettingsError(f"state file {name}: the bookmark of {stream} is not an object")
    return found
