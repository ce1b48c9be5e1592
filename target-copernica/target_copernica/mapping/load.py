"""How a mapping is read: preset and the user's own, merged, checked, made into declarations.

An error names the path of its line (`streams.orders.fields.total.type`) and what is possible there.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_copernica.errors import SettingsError
from target_copernica.mapping.checks import check_clashes
from target_copernica.mapping.consent_lines import act_of, consent_fields, keeping_consent
from target_copernica.mapping.fields import fields_of, fitting
from target_copernica.mapping.labels import ENGLISH, label_fields
from target_copernica.mapping.layers import as_tree, layered, read_mapping_file, read_yaml
from target_copernica.mapping.lines import boolean, lines_of, only, optional_path, path_of, paths
from target_copernica.mapping.model import (
    AccountMap,
    CartLineMap,
    CouponMap,
    DatabaseMap,
    EndsWithMap,
    ParentMap,
    PlaceMap,
    StreamMap,
    TimesMap,
)
from target_copernica.mapping.names import check_collection_name, check_database_name, check_field_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_copernica.mapping.model import FieldMap

__all__ = ["EXTRAS", "PRESETS", "load_mapping", "mapping_of", "preset_text"]

PRESETS: Final = ("seoshop", "seoshop-lite")
EXTRAS: Final = ("carts", "cart_products", "returns", "order_timeline")
"""Layers over a preset, each named after the stream that it maps."""

_DATABASE_KEYS: Final = frozenset({"setting", "name", "shared_email", "consent", "descriptions"})
_STREAM_KEYS: Final = frozenset(
    {
        "profiles_of", "subprofiles_of", "key", "parent", "creates", "stub", "created_time",
        "changed_time", "version", "absent", "act", "fields", "once", "own_rows", "ends", "ends_with",
        "coupon", "cart_line",
    }
)  # fmt: skip


def preset_text(name: str) -> str:
    """The YAML text of a preset.

    Args:
        name: One of `PRESETS` or `EXTRAS`.
    """
    return (resources.files("target_copernica.mapping") / "presets" / f"{name}.yaml").read_text("utf-8")


def mapping_of(
    preset: str | None,
    file: str | None,
    inline: Mapping[str, Any] | None,
    names: Mapping[str, str | None],
    extras: Sequence[str] = (),
    language: str = ENGLISH,
) -> AccountMap | None:
    """The mapping that the target's settings ask for.

    Args:
        preset: The setting `preset`.
        file: The setting `mapping_file`.
        inline: The setting `mapping`, laid over the file.
        names: Names of databases, by setting: see `load_mapping`.
        extras: The setting `extras`: some of `EXTRAS`.
        language: The setting `labels`.

    Returns:
        The declarations, or None where neither preset nor mapping is given.

    Raises:
        SettingsError: A line of it cannot be understood.
    """
    if extras and preset is None:
        raise SettingsError("setting extras: they are laid over a preset, and setting `preset` is missing")
    own = [read_yaml(preset_text(extra), f"extra {extra}") for extra in dict.fromkeys(extras)]
    if file:
        own.append(read_mapping_file(Path(file).expanduser()))
    if inline:
        own.append(as_tree(inline, "setting mapping"))
    return load_mapping(preset, own, names, language)


def load_mapping(
    preset: str | None,
    own: list[dict[str, Any]],
    names: Mapping[str, str | None],
    language: str = ENGLISH,
) -> AccountMap | None:
    """Read a mapping.

    Args:
        preset: One of `PRESETS`, or None.
        own: The user's mappings, each laid over what stands before: a value of null drops what is there.
        names: Names of the databases with `setting:`, by setting; None leaves a database and all that goes
            there out.
        language: Of the names of a preset's fields, where the user's mapping gives no other.

    Returns:
        The declarations, or None where neither preset nor mapping is given.

    Raises:
        SettingsError: A line cannot be understood.
    """
    if preset is None and not own:
        return None
    below = [read_yaml(preset_text(preset), f"preset {preset}")] if preset else []
    tree = layered([*below, *own])
    if preset is not None:
        label_fields(tree, language)
    only(tree, frozenset({"databases", "streams"}), "the file")
    databases = dict(_databases(_section(tree, "databases"), names))
    streams = {}
    for name, body in _section(tree, "streams").items():
        stream = _stream(name, lines_of(body, f"streams.{name}"), f"streams.{name}")
        if stream.place.database in databases:
            streams[name] = stream
        elif stream.place.database not in tree["databases"]:
            raise SettingsError(
                f"mapping, streams.{name}: no database {stream.place.database!r} stands under `databases`"
            )
    mapping = keeping_consent(AccountMap(databases, streams))
    check_clashes(mapping)
    return mapping


def _databases(
    section: Mapping[str, Any], names: Mapping[str, str | None]
) -> Iterator[tuple[str, DatabaseMap]]:
    for alias, body in section.items():
        body = lines_of(body, f"databases.{alias}")  # noqa: PLW2901 - the same thing, checked
        only(body, _DATABASE_KEYS, f"databases.{alias}")
        name = names.get(body["setting"]) if "setting" in body else body.get("name")
        if name is None:
            continue
        where = f"setting {body['setting']}" if "setting" in body else f"mapping, databases.{alias}.name"
        shared = body.get("shared_email")
        if shared is not None:
            shared = check_field_name(str(shared), f"mapping, databases.{alias}.shared_email")
        consent = consent_fields(body.get("consent") or {}, f"databases.{alias}.consent")
        name = check_database_name(str(name), where)
        yield alias, DatabaseMap(alias, name, shared, consent, body.get("descriptions") or {})


def _stream(name: str, body: Mapping[str, Any], where: str) -> StreamMap:
    only(body, _STREAM_KEYS, where)
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
            raise SettingsError(f"mapping, {where}: subprofiles need a `parent` that names their profile")
    fields = fields_of(lines_of(body.get("fields") or {}, f"{where}.fields"), f"{where}.fields")
    return StreamMap(
        name,
        PlaceMap(
            database,
            collection or None,
            _parent(body, where) if collection else None,
            creates=boolean(body, "creates", where),
        ),
        paths(body.get("key"), f"{where}.key"),
        tuple(fields.values()),
        TimesMap(
            created=optional_path(body.get("created_time"), f"{where}.created_time"),
            changed=optional_path(body.get("changed_time"), f"{where}.changed_time"),
            version=optional_path(body.get("version"), f"{where}.version"),
        ),
        _absent(body.get("absent", "keep"), fields, f"{where}.absent"),
        act_of(body["act"], f"{where}.act") if "act" in body else None,
        once=boolean(body, "once", where),
        own_rows=boolean(body, "own_rows", where),
        ends=optional_path(body.get("ends"), f"{where}.ends"),
        ends_with=_ends_with(body["ends_with"], f"{where}.ends_with") if "ends_with" in body else None,
        coupon=_coupon(body["coupon"], f"{where}.coupon") if "coupon" in body else None,
        cart_line=_cart_line(body["cart_line"], f"{where}.cart_line") if "cart_line" in body else None,
    )


def _parent(stream: Mapping[str, Any], stream_where: str) -> ParentMap:
    where = f"{stream_where}.parent"
    parent = lines_of(stream["parent"], where)
    only(parent, frozenset({"key", "email", "order"}), where)
    stub = None
    if stream.get("stub") is not None:
        section = f"{stream_where}.stub"
        stub = tuple(fields_of(lines_of(stream["stub"], section), section).values())
    return ParentMap(
        paths(parent.get("key"), f"{where}.key"),
        optional_path(parent.get("email"), f"{where}.email"),
        optional_path(parent.get("order"), f"{where}.order"),
        stub,
    )


def _coupon(body: object, where: str) -> CouponMap:
    lines = lines_of(body, where)
    only(lines, frozenset({"code", "unless"}), where)
    unless = lines_of(lines.get("unless") or {}, f"{where}.unless")
    return CouponMap(
        path_of(lines.get("code"), f"{where}.code"),
        tuple((path_of(path, f"{where}.unless"), str(value)) for path, value in unless.items()),
    )


def _ends_with(body: object, where: str) -> EndsWithMap:
    lines = lines_of(body, where)
    only(lines, frozenset({"stream", "key", "take"}), where)
    take = lines.get("take")
    if not isinstance(take, list):
        raise SettingsError(f"mapping, {where}.take: a list of properties")
    key = paths(lines.get("key"), f"{where}.key")
    return EndsWithMap(str(lines.get("stream")), key, tuple(map(str, take)))


def _cart_line(body: object, where: str) -> CartLineMap:
    lines = lines_of(body, where)
    only(lines, frozenset({"cart", "sku", "count", "gone", "taken"}), where)
    cart, sku, count, gone = (
        path_of(lines.get(name), f"{where}.{name}") for name in ("cart", "sku", "count", "gone")
    )
    taken = lines.get("taken")
    if not isinstance(taken, list):
        raise SettingsError(f"mapping, {where}.taken: a list of reasons")
    return CartLineMap(cart, sku, count, gone, tuple(map(str, taken)))


def _absent(value: object, fields: Mapping[str, FieldMap], where: str) -> dict[str, str] | None:
    if value == "keep":
        return None
    if value == "empty":
        return {entry.name.lower(): "" for entry in fields.values()}
    if not isinstance(value, dict) or set(value) != {"set"}:
        raise SettingsError(f"mapping, {where}: `keep`, `empty` or `set: {{FIELD: VALUE}}`")
    left = {}
    for name, text in lines_of(value["set"], f"{where}.set").items():
        if name not in fields:
            raise SettingsError(f"mapping, {where}.set.{name}: the stream has no field of that name")
        left[fields[name].name.lower()] = fitting(text, fields[name].column, f"{where}.set.{name}")
    return left


def _section(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    if not tree.get(key):
        raise SettingsError(f"mapping: `{key}` is missing or empty")
    return lines_of(tree[key], key)
