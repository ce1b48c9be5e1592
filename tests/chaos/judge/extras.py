"""Half of all scenarios are played with what is off by default: carts, returns, the timeline, events."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chaos.judge.forked import fork, opened

__all__ = ["EXTRAS", "SETTINGS", "catalog", "selection"]

EXTRAS = ("carts", "order_timeline", "returns")
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {"extras": [*EXTRAS], "events": ["user/register", "email/unsubscribe"]}
)
"""Of the target."""


@cache
def _catalog(config: str) -> str:
    folder = Path(config).parent
    with opened(folder / "catalog.json") as found, opened(folder / "tap.log") as log:
        assert fork("tap-seoshop", ["--config", config, "--discover"], stdout=found, stderr=log).wait() == 0
    catalog = json.loads((folder / "catalog.json").read_text())
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"] and stream["tap_stream_id"] in EXTRAS:
                entry["metadata"]["selected"] = True
    return json.dumps(catalog)


def catalog(config: Path) -> Path:
    """A catalog beside the tap's settings: what is selected by default, and the extras."""
    file = config.with_name("catalog.json")
    if not file.exists():
        file.write_text(_catalog(str(config)))
    return file


def selection(default: set[str]) -> str:
    """The same for Meltano, as its environment variable takes it."""
    return json.dumps([f"{stream}.*" for stream in sorted(default | {*EXTRAS})])
