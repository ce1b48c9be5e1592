"""What Copernica accepts as a name, in one place.

The API's pages: database names hold letters, digits and underscores (since April 2023), collection
names letters and underscores; fields compare without case, and a field called `id` or `code` is
never created. Characters of conditions and of import columns must not occur in a name.
(docs/api/copernica.md section 4)
"""

from __future__ import annotations

import re
from typing import Final

from target_copernica.errors import SettingsError

__all__ = ["check_collection_name", "check_database_name", "check_field_name", "safe_name"]

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


def safe_name(name: str, taken: set[str]) -> str:
    """Make a field or database name of any text, different from those taken (compared without case).

    Args:
        name: Any text.
        taken: Lower-case names in use; the new one is added.

    Returns:
        The nearest name that Copernica takes.
    """
    base = re.sub(r"[^A-Za-z0-9_]", "_", name)[:60] or "field"
    if not base[0].isalpha() or not base[0].isascii() or base.lower() in _RESERVED_FIELDS:
        base = f"f_{base}"[:60]
    candidate, number = base, 2
    while candidate.lower() in taken:
        candidate, number = f"{base}_{number}", number + 1
    taken.add(candidate.lower())
    return candidate
