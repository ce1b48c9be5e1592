"""The JSON schema of the list of shops, for editors."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from seoshop_copernica.places import NAME_PATTERN
from seoshop_copernica.shops import Defaults, Shop  # noqa: TC001  # read by msgspec when it runs

__all__ = ["text"]

_OURS: Final = ("name", "home", "listed")


class ShopList(Struct, forbid_unknown_fields=True):
    """Shops whose people, orders and products are kept in Copernica."""

    shops: Annotated[
        dict[Annotated[str, Meta(pattern=NAME_PATTERN)], Shop | None],
        Meta(min_length=1, description="By name."),
    ]
    defaults: Annotated[
        Defaults | UnsetType, Meta(description="What holds for each shop that does not say else.")
    ] = UNSET


def text() -> str:
    """The schema, as it is shipped."""
    schema: dict[str, Any] = msgspec.json.schema(ShopList)
    for name in _OURS:
        del schema["$defs"]["Shop"]["properties"][name]
    for definition in schema["$defs"].values():
        definition["description"] = definition.get("description", "").partition("\n")[0]
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "shops.yml", **schema}
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"
