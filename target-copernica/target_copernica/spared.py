"""Modules that the SDK loads at its start for what this target never does: loaded when they are used.

A tick that finds nothing to do is mostly start-up, and these two are a fifth of the SDK's.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any, Final

__all__ = ["spare"]

_SPARED: Final = (
    "joblib",  # drains the sinks of an SDK target side by side
    "upath",  # reads and writes the files of BATCH messages
)


class _Later(ModuleType):
    """Stands for a module until something of it is called."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the module has
        """Something that does what the module's own does, when it is called."""
        if name.startswith("__"):
            raise AttributeError(name)

        def called(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # handed on
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
            return getattr(importlib.import_module(self.__name__), name)(*arguments, **options)

        return called


def spare() -> None:
    """Keep these modules from being loaded; call it before the SDK is."""
    for name in _SPARED:
        sys.modules.setdefault(name, _Later(name))
