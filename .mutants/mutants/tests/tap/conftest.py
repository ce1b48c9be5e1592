"""A shop that no test changes, and the tap as a program with what it said."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support import not_served
from support.described import is_below
from support.programs import BIN, Ended, run, tap
from support.sandbox import Sandbox, running_sandbox
from tap_seoshop.streams import STREAMS

FAST = {"requests_per_second": 1000}
SMALL = {"customers": 20, "orders": 30, "order_rows": 80, "per_second": 1000}


def _is_served(stream: Any) -> bool:
    """Whether the sandbox has the list of a stream."""
    path = re.sub(r"\{\w+\}", "{}", f"/{stream.place.path}")
    lacking = {re.sub(r"\{\w+\}", "{}", prefix) for prefix in not_served.SEOSHOP}
    return not is_below(lacking, path)


# Their schemas are tried against the API's description and example bodies.
NOT_SERVED = [stream.name for stream in STREAMS if hasattr(stream, "place") and not _is_served(stream)]


def fill(sandbox: Sandbox) -> None:
    """Put in what a shop of this size happens to lack."""
    person = max(one["id"] for one in sandbox.shop("customers"))
    sandbox.insert("customer_metafields", {"customerId": person, "key": "segment", "value": "gold"})


@dataclass
class Read:
    """One run of the tap, ended."""

    ended: Ended
    messages: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        lines = [line for line in self.ended.out.split("\n") if line.strip()]
        self.messages = [json.loads(line, parse_float=Decimal) for line in lines]

    @property
    def said(self) -> str:
        """The line of a failure: the last on standard error."""
        return self.ended.err.strip().split("\n")[-1]

    @property
    def state(self) -> dict[str, Any]:
        """The last state, as a target would acknowledge it."""
        states = [message["value"] for message in self.messages if message["type"] == "STATE"]
        return json.loads(json.dumps(states[-1])) if states else {}

    def records(self, stream: str) -> list[dict[str, Any]]:
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def streams(self, kind: str) -> list[str]:
        return [message["stream"] for message in self.messages if message["type"] == kind]


Reader = Callable[..., Read]


def read_shop(
    folder: Path,
    sandbox: Sandbox,
    *,
    state: dict[str, Any] | None = None,
    select: tuple[str, ...] | None = None,
    env: dict[str, str] | None = None,
    arguments: tuple[str, ...] = (),
    **settings: Any,
) -> Read:
    """Run the tap: with a state, and with only some streams selected."""
    more: list[str | Path] = list(arguments)
    config = sandbox.tap_config(**{**FAST, **settings})
    if state is not None:
        (folder / "state.json").write_text(json.dumps(state))
        more += ["--state", folder / "state.json"]
    if select is not None:
        (folder / "catalog.json").write_text(json.dumps(catalog_of(select)))
        more += ["--catalog", folder / "catalog.json"]
    return Read(tap(folder, config, *more, env=env))


@cache
def discovered() -> str:
    """The catalog as text; it is the same for every shop."""
    return run(BIN / "tap-seoshop", "--discover").out


def catalog_of(select: tuple[str, ...]) -> dict[str, Any]:
    """The discovered catalog, with only these streams selected."""
    found: dict[str, Any] = json.loads(discovered())
    for entry in found["streams"]:
        root = next(one for one in entry["metadata"] if one["breadcrumb"] == [])
        root["metadata"]["selected"] = entry["stream"] in select
    return found


@pytest.fixture(scope="session")
def shop() -> Iterator[Sandbox]:
    """A small shop that no test may change; its requests are counted by all."""
    with running_sandbox(**SMALL) as sandbox:
        fill(sandbox)
        yield sandbox


@pytest.fixture
def moving(start_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A small shop of the test's own."""
    return start_sandbox(**SMALL)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """Runs the tap in a folder of the test's own."""

    def read(sandbox: Sandbox, **options: Any) -> Read:
        return read_shop(tmp_path, sandbox, **options)

    return read


@pytest.fixture(scope="session")
def first(shop: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """The first run over the shop that no test changes."""
    read = read_shop(tmp_path_factory.mktemp("first"), shop)
    assert read.ended.code == 0, read.ended.log
    return read
