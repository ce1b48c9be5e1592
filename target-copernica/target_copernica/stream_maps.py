"""Names the line of `stream_maps` that fails: the SDK tells neither the stream nor always the expression."""

from __future__ import annotations

import traceback
from typing import Final

import singer_sdk.mapper
from singer_sdk.exceptions import StreamMapConfigError

from target_copernica.errors import SettingsError

__all__ = ["named"]

_STREAM: Final = "stream_map_key"
_PROPERTY: Final = ("property_name", "prop_key")
_EXPRESSION: Final = ("expr", "prop_def", "filter_rule")
"""The SDK's names for them, in the frames through which an error went."""


def named(error: Exception) -> SettingsError | None:
    """The error of a stream map, in words for its author.

    Nothing of a record is in it: of a computation that fails, only the kind of error is told.

    Args:
        error: Raised while the SDK read or applied a stream map.

    Returns:
        None where no stream map caused it.
    """
    stream: str | None = None
    met: dict[str, object] = {}
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__") == singer_sdk.mapper.__name__:
            local = frame.f_locals
            stream = local.get(_STREAM) or getattr(local.get("self"), "stream_name", None) or stream
            met |= {name: local[name] for name in (*_PROPERTY, *_EXPRESSION) if local.get(name) is not None}
    where = f"the setting `stream_maps`, stream `{stream or '__else__'}`"
    if isinstance(error, StreamMapConfigError | NotImplementedError):  # their words are about settings only
        return SettingsError(f"{where}: {error}")
    expression = next((met[name] for name in _EXPRESSION if name in met), None)
    if expression is None:
        return None
    if key := next((met[name] for name in _PROPERTY if name in met), None):
        where += f", property `{key}`"
    reason = type(error.__cause__ or error).__name__
    hint = "; `fake` needs the package faker beside this program" if "fake" in str(expression) else ""
    return SettingsError(f"{where}: the expression `{expression}` fails ({reason}){hint}")
