"""The lines of a mapping: read from YAML, the user's laid over the preset's, fieldsets and stubs filled in.

Trees of plain dicts go in and out; what a line means is decided in `load`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from target_copernica.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["as_tree", "layered", "read_mapping_file", "read_yaml"]

Tree = dict[str, Any]

_DEFINITION: Final = ("name", "type", "length", "index", "choices", "on_too_long")
"""What a stub's field takes over from the field of that name in its database."""


class _Constructor(SafeConstructor):
    """Values of a mapping: a day stays the text that it is."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def read_yaml(text: str, where: str) -> Tree:
    """Read the text of a mapping.

    Args:
        text: YAML.
        where: What it is, for messages.

    Raises:
        SettingsError: It is no YAML, or not `name: value` lines.
    """
    yaml = YAML(typ="safe", pure=True)  # YAML 1.2: `yes` and `no` are texts, a duplicate line is an error
    yaml.Constructor = _Constructor
    try:
        tree = yaml.load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        # A duplicate's message goes on with both values.
        raise SettingsError(
            f"{where}, line {line}: {str(error.problem).partition(' with value ')[0]}"
        ) from None
    except YAMLError:
        raise SettingsError(f"{where}: not YAML") from None
    return as_tree({} if tree is None else tree, where)


def read_mapping_file(path: Path) -> Tree:
    """Read the user's own file.

    Raises:
        SettingsError: It cannot be read.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(f"setting mapping_file: {path}: {reason}") from None
    return read_yaml(text, f"mapping file {path.name}")


def layered(layers: list[Tree]) -> Tree:
    """Lay mappings one over the other.

    Args:
        layers: The preset first. A value of null drops what stands below it; a field may be given by
            the property alone that it comes from (`remark: comment`).

    Returns:
        One mapping, without `use`, its stubs complete.

    Raises:
        SettingsError: A line drops or uses what is not there, or is of the wrong kind.
    """
    fieldsets: Tree = {}
    for layer in layers:
        fieldsets = _merged(fieldsets, _fieldsets(layer), "fieldsets", set())
    below: Tree = {}
    tree: Tree = {}
    dropped: set[str] = set()
    for layer in layers:
        plain = _plain(layer, fieldsets)
        tree = _merged(tree, plain, "", dropped)
        below = _merged(below, _without_null(plain), "", set())
    for name, stream in as_tree(tree.get("streams", {}), "mapping, streams").items():
        if isinstance(stream, dict) and isinstance(stream.get("stub"), dict):
            stream["stub"] = dict(_stub(f"streams.{name}", stream, tree, below, dropped))
        if isinstance(stream, dict) and stream.get("own_rows") is True:
            stream["fields"] = dict(_shared(stream, tree, below, dropped))
    return tree


def as_tree(value: object, where: str) -> Tree:
    """The lines of a value that has to have some.

    Raises:
        SettingsError: It has none.
    """
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: expected `name: value` lines")
    return {str(name): entry for name, entry in value.items()}


def _merged(base: Tree, over: Tree, where: str, dropped: set[str]) -> Tree:
    merged = dict(base)
    for key, value in over.items():
        path = f"{where}.{key}" if where else str(key)
        if value is None:
            if key not in merged:
                raise SettingsError(f"mapping, {path}: null drops a line, and there is none of that name")
            del merged[key]
            dropped.add(path)
        elif isinstance(value, dict):
            there = merged.get(key)
            merged[key] = _merged(there if isinstance(there, dict) else {}, value, path, dropped)
        else:
            merged[key] = value
    return merged


def _without_null(tree: Tree) -> Tree:
    return {
        key: _without_null(value) if isinstance(value, dict) else value
        for key, value in tree.items()
        if value is not None
    }


def _fieldsets(layer: Tree) -> Tree:
    sets = as_tree(layer.get("fieldsets") or {}, "mapping, fieldsets")
    return {name: _fields(fields, f"fieldsets.{name}") for name, fields in sets.items()}


def _plain(layer: Tree, fieldsets: Tree) -> Tree:
    """A layer without `fieldsets` and `use`, and with all fields written out."""
    plain = {key: value for key, value in layer.items() if key != "fieldsets"}
    if isinstance(plain.get("streams"), dict):
        plain["streams"] = {
            str(name): _plain_stream(body, fieldsets, f"streams.{name}") if isinstance(body, dict) else body
            for name, body in plain["streams"].items()
        }
    return plain


def _plain_stream(stream: Tree, fieldsets: Tree, where: str) -> Tree:
    plain = {key: value for key, value in stream.items() if key != "use"}
    fields: Tree = {}
    for used in stream.get("use") or []:
        if used not in fieldsets:
            raise SettingsError(f"mapping, {where}.use: there is no fieldset {used!r}")
        fields.update(fieldsets[used])
    own = _fields(stream.get("fields", {}), f"{where}.fields")
    if fields or own:
        lines = {**fields, **{name: own[name] for name in own if name not in fields}}
        for name in own.keys() & fields.keys():
            body = own[name]
            lines[name] = {**fields[name], **body} if isinstance(body, dict) else body
        plain["fields"] = lines
    if plain.get("stub") is not None:
        plain["stub"] = _fields(plain["stub"], f"{where}.stub")
    return plain


def _fields(section: object, where: str) -> Tree:
    """Fields by name; one that is given by its property alone is written out."""
    return {
        name: {"from": body} if isinstance(body, str) else body
        for name, body in as_tree(section, f"mapping, {where}").items()
    }


def _stub(where: str, stream: Tree, tree: Tree, below: Tree, dropped: set[str]) -> Iterator[tuple[str, Tree]]:
    """The stub's fields, each as the stream that owns it in the database defines it.

    So a field that is renamed there is renamed here, and one that is dropped there is dropped here.
    """
    database = str(stream.get("subprofiles_of", "")).partition(".")[0]
    place = ("profiles_of", database)
    for name, body in stream["stub"].items():
        owner = _owner(name, place, tree)
        if owner is None:
            owner = _owner(name, place, below)
            if owner is not None and f"streams.{owner[0]}.fields.{name}" in dropped:
                continue
        if owner is None:
            raise SettingsError(
                f"mapping, {where}.stub.{name}: no stream with `profiles_of: {database}` has such a field"
            )
        yield name, {**_definition(owner[1]), **as_tree(body, f"mapping, {where}.stub.{name}")}


def _shared(stream: Tree, tree: Tree, below: Tree, dropped: set[str]) -> Iterator[tuple[str, Any]]:
    """The fields of a stream with rows of its own, each as the stream defines it that has one of that name.

    So a field that is renamed there is renamed here, and one that is dropped there is dropped here.
    """
    place = ("subprofiles_of", stream.get("subprofiles_of"))
    for name, body in stream.get("fields", {}).items():
        owner = _owner(name, place, tree)
        before = None if owner else _owner(name, place, below)
        if before is not None and f"streams.{before[0]}.fields.{name}" in dropped:
            continue
        yield name, body if owner is None or not isinstance(body, dict) else {**body, **_definition(owner[1])}


def _definition(body: Mapping[str, Any]) -> Tree:
    return {key: body[key] for key in _DEFINITION if key in body}


def _owner(name: str, place: tuple[str, object], tree: Tree) -> tuple[str, Mapping[str, Any]] | None:
    """The stream that fills a field of a place, and its definition.

    Args:
        name: The field's line.
        place: The line that names the place, and what it says.
        tree: All streams.
    """
    line, where = place
    for stream, body in (tree.get("streams") or {}).items():
        if isinstance(body, dict) and body.get(line) == where and not body.get("own_rows"):
            found = body.get("fields", {}).get(name)
            if isinstance(found, dict):
                return stream, found
    return None
