"""What Copernica accepts as a name, in one place.

The API's pages: database names hold letters, digits and underscores (since April 2023), collection
names letters and underscores; fields compare without case, and a field called `id` or `code` is
never created. Characters of conditions and of import columns must not occur in a name.
(docs/api/copernica.md section 4)
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from target_copernica.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["check_collection_name", "check_database_name", "check_field_name", "safe_names"]

_LONGEST: Final = 64

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_COLLECTION: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,63}")
_RESERVED_FIELDS: Final = frozenset({"id", "code", "modified", "fields"})
_RESERVED_COLLECTIONS: Final = frozenset({"interest"})


def check_database_name(name: str, where: str) -> str:
    """Check the name of a database, or an id in digits.

    Raises:
        SettingsError: Copernica would not take it.
    """
    if not (name.isascii() and name.isdigit()) and not _NAME.fullmatch(name):
        raise SettingsError(
            f"{where}: a database name has letters, digits and underscores and begins with a letter (or give "
            f"its id in digits)"
        )
    return name


def check_collection_name(name: str, where: str) -> str:
    """Check the name of a collection.

    Raises:
        SettingsError: Copernica would not take it, or reads it as something else.
    """
    if not _COLLECTION.fullmatch(name) or name.lower() in _RESERVED_COLLECTIONS:
        raise SettingsError(
            f"{where}: a collection name has letters and underscores only, and is not `interest`"
        )
    return name


def check_field_name(name: str, where: str) -> str:
    """Check the name of a field.

    Raises:
        SettingsError: Copernica would not take it, or reads it as something else.
    """
    if not _NAME.fullmatch(name) or name.lower() in _RESERVED_FIELDS:
        raise SettingsError(
            f"{where}: a field name has letters, digits and underscores, begins with a letter, and is none "
            f"of {', '.join(sorted(_RESERVED_FIELDS))}"
        )
    return name


def safe_names(names: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """Make field or database names of any texts, all different (compared without case).

    What a text becomes does not depend on the order of the texts: a stream's schema may grow in the middle.

    Args:
        names: Any texts, all different.
        taken: Lower-case names in use.

    Returns:
        To each text the nearest name that Copernica takes: itself where it is one, else with what Copernica
        does not take as underscores, and with a short hash behind where another has that name.
    """
    wanted = {name: _nearest(name) for name in names}
    bearers = Counter(near.lower() for near in wanted.values())
    itself = {near.lower(): near for name, near in sorted(wanted.items()) if name == near}
    found = {}
    for name, near in wanted.items():
        folded = near.lower()
        alone = bearers[folded] == 1 or itself.get(folded) == name
        if alone and folded not in taken:
            found[name] = near
        else:
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
            found[name] = f"{near[: _LONGEST - 7]}_{digest}"
    return found


def _nearest(name: str) -> str:
    near = re.sub(r"[^A-Za-z0-9_]", "_", name)[:_LONGEST] or "field"
    if not near[0].isalpha() or near.lower() in _RESERVED_FIELDS:
        near = f"f_{near}"[:_LONGEST]
    return near
