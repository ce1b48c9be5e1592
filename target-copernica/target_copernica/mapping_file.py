"""How a mapping is read: preset and the user's own, merged, checked, made into declarations.

An error names the path of its line (`streams.orders.fields.total.type`) and what is possible there.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import yaml

from target_copernica.errors import SettingsError
from target_copernica.mapping import DatabaseMap, FieldMap, Mapping, ParentMap, Path, StreamMap
from target_copernica.names import check_collection_name, check_database_name, check_field_name
from target_copernica.values import FIELD_TYPES, Column

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as MappingType

__all__ = ["PRESETS", "load_mapping", "mapping_of", "preset_text"]

PRESETS: Final = ("seoshop", "seoshop-lite")

_STREAM_KEYS: Final = frozenset(
    {
        "profiles_of", "subprofiles_of", "key", "parent", "creates", "stub", "created_time",
        "changed_time", "version", "absent", "fields", "use",
    }
)  # fmt: skip
_FIELD_KEYS: Final = frozenset(
    {"name", "from", "type", "length", "index", "constant", "join", "values", "choices", "when", "too_long"}
)
_LENGTHS: Final = range(1, 256)


def preset_text(name: str) -> str:
    """The YAML text of a preset.

    Args:
        name: One of `PRESETS`.
    """
    return (resources.files("target_copernica") / "presets" / f"{name}.yaml").read_text("utf-8")


def mapping_of(settings: MappingType[str, Any]) -> Mapping | None:
    """The mapping that the target's settings ask for.

    Args:
        settings: The target's configuration, valid and with defaults.

    Raises:
        SettingsError: A line of it cannot be understood.
    """
    names = {
        "database": settings["database"],
        "products_database": settings.get("products_database") or None,
    }
    return load_mapping(settings.get("preset"), settings.get("mapping"), names)


def load_mapping(
    preset: str | None, own: MappingType[str, Any] | None, settings: MappingType[str, Any]
) -> Mapping | None:
    """Read the mapping that the settings ask for.

    Args:
        preset: One of `PRESETS`, or None.
        own: The user's mapping, laid over the preset: a value of null drops what stands there.
        settings: Where the names of databases with `setting:` come from; null leaves a database
            and all that goes there out.

    Returns:
        The declarations, or None where neither preset nor mapping is given.

    Raises:
        SettingsError: A line cannot be understood.
    """
    if preset is None and own is None:
        return None
    tree: dict[str, Any] = yaml.safe_load(preset_text(preset)) if preset else {}
    tree = _merged(tree, dict(own or {}))
    databases = dict(_databases(_section(tree, "databases", "databases"), settings))
    fieldsets = _section(tree, "fieldsets", "fieldsets") if tree.get("fieldsets") else {}
    streams = {}
    for name, body in _section(tree, "streams", "streams").items():
        stream = _stream(name, _mapping(body, f"streams.{name}"), fieldsets, f"streams.{name}")
        if stream.database in databases:
            streams[name] = stream
        elif stream.database not in tree["databases"]:
            raise SettingsError(
                f"mapping, streams.{name}: no database {stream.database!r} stands under `databases`"
            )
    _check_names(streams)
    return Mapping(databases, streams)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            there = merged.get(key)
            merged[key] = _merged(there if isinstance(there, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def _databases(
    section: MappingType[str, Any], settings: MappingType[str, Any]
) -> Iterator[tuple[str, DatabaseMap]]:
    for alias, body in section.items():
        body = _mapping(body, f"databases.{alias}")  # noqa: PLW2901 - the same thing, checked
        _only(body, frozenset({"setting", "name", "shared_email"}), f"databases.{alias}")
        name = settings.get(body["setting"]) if "setting" in body else body.get("name")
        if name is None:
            continue
        where = f"setting {body['setting']}" if "setting" in body else f"mapping, databases.{alias}.name"
        shared = body.get("shared_email")
        if shared is not None:
            shared = check_field_name(str(shared), f"mapping, databases.{alias}.shared_email")
        yield alias, DatabaseMap(alias, check_database_name(str(name), where), shared)


def _stream(
    name: str, body: MappingType[str, Any], fieldsets: MappingType[str, Any], where: str
) -> StreamMap:
    _only(body, _STREAM_KEYS, where)
    if ("profiles_of" in body) == ("subprofiles_of" in body):
        raise SettingsError(
            f"mapping, {where}: give either `profiles_of: DATABASE` or `subprofiles_of: DATABASE.COLLECTION`"
        )
    database, _, collection = str(body.get("profiles_of") or body["subprofiles_of"]).partition(".")
    if bool(collection) != ("subprofiles_of" in body):
        raise SettingsError(
            f"mapping, {where}: `profiles_of` names a database, `subprofiles_of` a DATABASE.COLLECTION"
        )
    if collection:
        check_collection_name(collection, f"mapping, {where}.subprofiles_of")
        if "parent" not in body:
            raise SettingsError(f"mapping, {where}: subprofiles need a `parent` that says whose they are")
    fields: dict[str, Any] = {}
    for used in body.get("use", []):
        if used not in fieldsets:
            raise SettingsError(f"mapping, {where}.use: there is no fieldset {used!r}")
        fields.update(fieldsets[used])
    fields = _merged(fields, dict(_mapping(body.get("fields", {}), f"{where}.fields")))
    absent = body.get("absent", "keep")
    if absent not in ("keep", "empty"):
        raise SettingsError(f"mapping, {where}.absent: `keep` or `empty`")
    stub = body.get("stub")
    return StreamMap(
        stream=name,
        database=database,
        collection=collection or None,
        key=_paths(body.get("key"), f"{where}.key"),
        parent=_parent(body["parent"], f"{where}.parent") if collection else None,
        creates=body.get("creates", False) is True,
        stub=_fields(_mapping(stub, f"{where}.stub"), f"{where}.stub") if stub is not None else None,
        created_time=_optional_path(body.get("created_time"), f"{where}.created_time"),
        changed_time=_optional_path(body.get("changed_time"), f"{where}.changed_time"),
        version=_optional_path(body.get("version"), f"{where}.version"),
        empties_absent=absent == "empty",
        fields=_fields(fields, f"{where}.fields"),
    )


def _parent(body: object, where: str) -> ParentMap:
    parent = _mapping(body, where)
    _only(parent, frozenset({"key", "email", "order"}), where)
    return ParentMap(
        _paths(parent.get("key"), f"{where}.key"),
        _optional_path(parent.get("email"), f"{where}.email"),
        _optional_path(parent.get("order"), f"{where}.order"),
    )


def _fields(section: MappingType[str, Any], where: str) -> tuple[FieldMap, ...]:
    return tuple(
        _field(name, _mapping(body, f"{where}.{name}"), f"{where}.{name}") for name, body in section.items()
    )


def _field(key: str, body: MappingType[str, Any], where: str) -> FieldMap:
    _only(body, _FIELD_KEYS, where)
    column_type = body.get("type", "text")
    if column_type not in FIELD_TYPES:
        raise SettingsError(f"mapping, {where}.type: one of {', '.join(sorted(FIELD_TYPES))}")
    length = body.get("length", 255 if column_type == "text" else None)
    if length is not None and length not in _LENGTHS:
        raise SettingsError(f"mapping, {where}.length: a whole number from 1 to 255")
    if body.get("too_long", "omit") not in ("omit", "truncate"):
        raise SettingsError(f"mapping, {where}.too_long: `omit` or `truncate`")
    values = {
        str(source): str(value)
        for source, value in _mapping(body.get("values", {}), f"{where}.values").items()
    }
    choices = tuple(dict.fromkeys(body.get("choices") or values.values()))
    if column_type == "select" and not choices:
        raise SettingsError(f"mapping, {where}: a select needs `choices` (or `values`)")
    sources = body.get("from", key)
    when = _mapping(body.get("when", {}), f"{where}.when")
    return FieldMap(
        name=check_field_name(str(body.get("name", key)), f"mapping, {where}"),
        column=Column(column_type, length, choices, body.get("too_long") == "truncate"),
        sources=()
        if "constant" in body
        else _paths(sources if isinstance(sources, list) else [sources], f"{where}.from"),
        index=body.get("index", False) is True,
        constant=str(body["constant"]) if "constant" in body else None,
        join=str(body["join"]) if "join" in body else None,
        values=values,
        when=tuple((_path(path, f"{where}.when"), str(wanted)) for path, wanted in when.items()),
    )


def _check_names(streams: MappingType[str, StreamMap]) -> None:
    """No two streams may own one field, and no two definitions of one field may differ."""
    owners: dict[tuple[str, str | None, str], str] = {}
    columns: dict[tuple[str, str | None, str], Column] = {}
    for stream in streams.values():
        for entry in stream.fields:
            place = (stream.database, stream.collection, entry.name.lower())
            if place in owners:
                raise SettingsError(
                    f"mapping, streams.{stream.stream}.fields.{entry.name}: streams.{owners[place]} has a "
                    f"field of that name there already"
                )
            owners[place], columns[place] = stream.stream, entry.column
    for stream in streams.values():
        for entry in stream.stub or ():
            place = (stream.database, None, entry.name.lower())
            if columns.setdefault(place, entry.column) != entry.column:
                raise SettingsError(
                    f"mapping, streams.{stream.stream}.stub.{entry.name}: differs from the field of that name"
                )


def _section(tree: MappingType[str, Any], key: str, where: str) -> MappingType[str, Any]:
    if not tree.get(key):
        raise SettingsError(f"mapping: `{key}` is missing or empty")
    return _mapping(tree[key], where)


def _mapping(value: object, where: str) -> MappingType[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"mapping, {where}: expected `name: value` lines")
    return value


def _only(body: MappingType[str, Any], allowed: frozenset[str], where: str) -> None:
    if unknown := sorted(set(map(str, body)) - allowed):
        raise SettingsError(
            f"mapping, {where}: unknown {', '.join(unknown)}; possible: {', '.join(sorted(allowed))}"
        )


def _paths(value: object, where: str) -> tuple[Path, ...]:
    if not isinstance(value, list) or not value:
        raise SettingsError(f"mapping, {where}: expected a list of property names")
    return tuple(_path(entry, where) for entry in value)


def _optional_path(value: object, where: str) -> Path | None:
    return None if value is None else _path(value, where)


def _path(value: object, where: str) -> Path:
    if not isinstance(value, str) or not value:
        raise SettingsError(
            f"mapping, {where}: expected a property name such as `createdAt` or `language.code`"
        )
    return tuple(value.split("."))
