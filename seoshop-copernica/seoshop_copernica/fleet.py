"""The list of shops, `shops.yml`: read with errors that name the line, and kept compiled beside the state.

A tick reads the compiled form, which costs a millisecond whatever the length of the list.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from seoshop_copernica.bookmarks import write_whole
from seoshop_copernica.errors import ListError, TroubleError
from seoshop_copernica.places import checked_name
from seoshop_copernica.shops import Shop

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["LIST", "Fleet", "find", "read"]

LIST: Final = "shops.yml"
_COMPILED: Final = "shops.compiled.json"
_FORM: Final = 1


class Fleet(msgspec.Struct, frozen=True):
    """The shops of a list.

    Attributes:
        shops: By name, in the list's order.
    """

    shops: dict[str, Shop]

    def shop(self, name: str) -> Shop:
        """One shop.

        Raises:
            TroubleError: It is not in the list.
        """
        if (found := self.shops.get(name)) is None:
            raise TroubleError(
                f"there is no shop {name!r} in {LIST}; there are {len(self.shops)}: `check` names them"
            )
        return found

    def secret_variables(self) -> set[str]:
        """The variables in which the secrets of any shop stand."""
        return {name for shop in self.shops.values() for name in shop.secret_variables()}


class _Compiled(msgspec.Struct):
    of: list[int]
    fleet: Fleet


def find(home: Path) -> Fleet | None:
    """The list in a folder; None where there is none, and one shop lives by its `.env`.

    Args:
        home: The project's folder.

    Raises:
        ListError: The list is not right.
    """
    file = home / LIST
    try:
        seen = file.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ListError(str(file), None, str(error.strerror)) from None
    stamp = [_FORM, seen.st_mtime_ns, seen.st_size, seen.st_ino]
    compiled = home / "state" / _COMPILED
    with suppress(OSError, msgspec.DecodeError):
        known = msgspec.json.decode(compiled.read_bytes(), type=_Compiled)
        if known.of == stamp:
            return known.fleet
    fleet = read(file)
    with suppress(TroubleError):  # a place that cannot be written is told of by the tick
        write_whole(compiled, msgspec.json.encode(_Compiled(stamp, fleet)))
    return fleet


def read(file: Path) -> Fleet:
    """Read a list.

    Args:
        file: YAML; relative paths in it stand against its folder.

    Raises:
        ListError: It is not right; the first thing that is wrong, with its line.
    """
    from seoshop_copernica import lines  # noqa: PLC0415  # takes a tenth of a second

    body = lines.load(file)
    body.only({"defaults", "shops"})
    defaults = body.child("defaults")
    if defaults is not None:
        defaults.check_defaults()
    listed = body.child("shops")
    if listed is None or not listed.names():
        raise ListError(str(file), None, "no shops: expected `shops:` with a name and its lines for each")
    shops = {}
    for name in listed.names():
        try:
            checked_name(name)
        except TroubleError as error:
            raise ListError(str(file), listed.line_of(name), str(error)) from None
        entry = listed.child(name)
        given = _laid_over(defaults.content if defaults else {}, entry.content if entry else {})
        shop = entry.shop(given) if entry else listed.shop(given, name)
        shops[name] = msgspec.structs.replace(shop, name=name, home=str(file.parent.resolve()))
    return Fleet(shops)


def shop_of(home: Path, name: str) -> tuple[Shop, set[str]]:
    """A shop, and the variables in which secrets stand.

    Args:
        home: The project's folder.
        name: Its name.

    Raises:
        TroubleError: There is no such shop, or the list is not right.
    """
    fleet = find(home)
    if fleet is None:
        return Shop.alone(name, home), set()
    return fleet.shop(name), fleet.secret_variables()


def _laid_over(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A shop's lines over those for all; the settings of tap and target setting by setting."""
    laid = {**defaults, **given}
    for side in ("tap", "target"):
        if isinstance(defaults.get(side), dict) and isinstance(given.get(side), dict):
            laid[side] = {**defaults[side], **given[side]}
    return laid
