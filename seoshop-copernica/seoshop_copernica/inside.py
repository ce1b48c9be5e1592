"""The environment in which any program works on one shop: the target's own commands, Meltano, the tap."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from seoshop_copernica.fleet import shop_of
from seoshop_copernica.places import places_of
from seoshop_copernica.step import variables

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["environment"]


def environment(home: Path, name: str) -> Mapping[str, str]:
    """The environment.

    Args:
        home: The project's folder.
        name: The shop's name.

    Raises:
        TroubleError: There is no such shop, or a secret is not where the list says.
    """
    places = places_of(home, name)
    shop, secret = shop_of(home, name)
    beside = str(Path(sys.executable).parent)
    found = {**variables(shop, places, shop.settings(places), secret), "MELTANO_PROJECT_ROOT": str(home)}
    found["MELTANO_ENVIRONMENT"] = shop.meltano_environment
    found["PATH"] = f"{beside}{os.pathsep}{found.get('PATH', os.defpath)}"
    return found
