"""Which selections there should be: the starters, and the user's own laid over them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from target_copernica.errors import SettingsError
from target_copernica.mapping.layers import as_tree, read_yaml
from target_copernica.selections.model import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OFF", "STARTERS", "load_selections", "read_selections"]

OFF: Final = "off"
STARTERS: Final = "starters"


def load_selections(setting: str) -> dict[str, Selection]:
    """The selections that the setting `selections` asks for.

    Args:
        setting: `starters`, `off`, or the path of a YAML file that is laid over the starters.

    Returns:
        The selections by their names in the file, each after the one that it stands below.

    Raises:
        SettingsError: The file cannot be read, or a line of it not be understood.
    """
    if setting == OFF:
        return {}
    shipped = (resources.files("target_copernica.selections") / "starters.yaml").read_text("utf-8")
    if setting == STARTERS:
        return read_selections(read_yaml(shipped, "starters"))
    path = Path(setting).expanduser()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(
            f"setting selections: {path}: {reason}; say `starters`, `off`, or the path of a file"
        ) from None
    return read_selections(read_yaml(shipped, "starters"), read_yaml(text, f"file {path.name}"))


def read_selections(*layers: Mapping[str, Any]) -> dict[str, Selection]:
    """Read selections from the lines of their files.

    Args:
        layers: The starters first. In a later one a key given again replaces that key alone, and a
            selection that is null is left out.

    Raises:
        SettingsError: A line cannot be understood.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        for name, body in layer.items():
            if body is None:
                merged.pop(name, None)
            else:
                merged[name] = {**merged.get(name, {}), **as_tree(body, f"selections, {name}")}
    found = {name: _read(name, body) for name, body in merged.items()}
    return {name: found[name] for name in _parents_first(found)}


def _read(name: str, body: Mapping[str, Any]) -> Selection:
    try:
        return msgspec.convert(body, Selection)
    except msgspec.ValidationError as error:
        raise SettingsError(f"selections, {name}: {error}") from None


def _parents_first(found: Mapping[str, Selection]) -> list[str]:
    """Their names in the order of the file, each after the one that it stands below."""
    ordered: dict[str, None] = {}

    def add(name: str, under: tuple[str, ...] = ()) -> None:
        below = found[name].below
        if below is not None and (below not in found or below in (name, *under)):
            raise SettingsError(f"selections, {name}.below: there is no selection {below!r} above it")
        if below is not None:
            add(below, (name, *under))
        ordered[name] = None

    for name in found:
        if name not in ordered:
            add(name)
    return list(ordered)
