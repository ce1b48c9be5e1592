"""Reads the bookmarks of a state into their forms, and writes them back.

Every key of a form is always written: `meltano run --full-refresh` merges an old state and a new one key by
key, so that a key left out would keep its old value. Keys of no form, such as those of another version, stay.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from tap_seoshop.errors import SettingsError

__all__ = ["Bookmarks"]

Form = TypeVar("Form", bound=msgspec.Struct)
OF_THE_SDK = ("starting_replication_value", "replication_key_signpost", "progress_markers")
"""Keys that other taps of the SDK write; no key of ours means the same."""


class Bookmarks:
    """The bookmarks of a state, each read when it is first asked for.

    Args:
        state: The state as JSON; `save` changes it in place.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self._state = state
        self._read: dict[tuple[str, type[msgspec.Struct], str], Any] = {}

    def of(self, stream: str, form: type[Form], prefix: str = "") -> Form:
        """The bookmark of a stream, the same object each time; what is changed in it leaves with `save`.

        Args:
            stream: The stream's name.
            form: The form of the bookmark, or of the part of it that is wanted.
            prefix: What the keys of this part begin with.

        Raises:
            SettingsError: The state holds something else there.
        """
        place = (stream, form, prefix)
        if place not in self._read:
            held = self._held(stream)
            given = {name: held.get(prefix + name) for name in form.__struct_fields__}
            known = {name: value for name, value in given.items() if value is not None}
            try:
                self._read[place] = msgspec.convert(known, form)
            except msgspec.ValidationError as error:
                what = str(error).replace("`$.", f"`{prefix}")
                raise _refused(stream, what) from None
        found: Form = self._read[place]
        return found

    def names(self) -> list[str]:
        """The streams that the state has bookmarks of."""
        return list(self._by_stream())

    def has(self, stream: str, key: str) -> bool:
        """Whether the state has this key in the bookmark of a stream."""
        held = self._by_stream().get(stream)
        return isinstance(held, dict) and held.get(key) is not None

    def entries(self) -> int:
        """How many entries the lists of all saved bookmarks have: the measure of the size of a state."""
        marks = [mark for mark in self._by_stream().values() if isinstance(mark, dict)]
        return sum(len(value) for mark in marks for value in mark.values() if isinstance(value, list))

    def save(self) -> None:
        """Write all bookmarks that were read, with every key of theirs, into the state."""
        for (stream, _, prefix), mark in self._read.items():
            held = self._by_stream().setdefault(stream, {})
            as_json: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(mark))
            for name, value in as_json.items():
                old = held.get(prefix + name)
                if isinstance(old, dict) and isinstance(value, dict):
                    old.update(value)
                else:
                    held[prefix + name] = value
            for name in OF_THE_SDK:
                held.pop(name, None)

    def _held(self, stream: str) -> dict[str, Any]:
        held = self._by_stream().get(stream, {})
        if not isinstance(held, dict):
            raise _refused(stream, "it is no object")
        return held

    def _by_stream(self) -> dict[str, Any]:
        marks = self._state.setdefault("bookmarks", {})
        if not isinstance(marks, dict):
            raise SettingsError("the state's bookmarks are not what this tap writes: begin with a new state")
        return marks


def _refused(stream: str, why: str) -> SettingsError:
    return SettingsError(
        f"the state's bookmark of {stream} is not what this tap writes ({why}): begin with a new state"
    )
