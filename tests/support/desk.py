"""The target in the test's own process: runs and commands against a sandbox, without a start-up for each."""

import io
import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from support.in_process import undisturbed
from support.sandbox import Sandbox
from target_copernica.api.interrupt import Interrupt
from target_copernica.run.run import Run
from target_copernica.run.workspace import Workspace
from target_copernica.singer.target import TargetCopernica
from target_copernica.typed_settings import Settings


def few_fields(database: str) -> dict[str, Any]:
    """A mapping like the preset's with a field or two of each kind: a structure is made in a second."""
    place = {"key": ["shopId", "id"], "creates": True, "version": "updatedAt"}
    below = {**place, "parent": {"key": ["shopId", "customerId"], "email": "email", "order": "id"}}
    times = {"created_time": "createdAt", "changed_time": "updatedAt"}
    email = {"email": {"type": "email"}}
    rows = {"created_time": "orderCreatedAt", "changed_time": "orderUpdatedAt", "version": "orderUpdatedAt"}
    return {
        "databases": {"people": {"name": database, "shared_email": "shared_email"}},
        "streams": {
            "customers": {
                "profiles_of": "people", **place, **times, "fields": {**email, "firstname": {"length": 50}},
            },
            "customer_summaries": {
                "profiles_of": "people", "key": ["shopId", "customerId"],
                "fields": {
                    "order_count": {"from": "orderCount", "type": "integer"},
                    "street": {"from": "billingStreet", "length": 100},
                },
            },
            "orders": {
                "subprofiles_of": "people.Orders", **below, **times,
                "stub": {"email": "email", "firstname": "firstname"},
                "fields": {**email, "number": {"length": 50}},
            },
            "order_products": {
                "subprofiles_of": "people.OrderItems", **below, **rows,
                "stub": {"email": "email"},
                "fields": {**email, "title": {"from": "productTitle", "length": 100}},
            },
        },
    }  # fmt: skip


@dataclass
class Desk:
    """A Copernica account with a database of its own, and the target with one state directory."""

    sandbox: Sandbox
    folder: Path
    database: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.folder / "state"

    def config(self, **settings: Any) -> dict[str, Any]:
        """The settings of a run."""
        own = {"preset": None, "mapping": few_fields(self.database), "missing_sources": "ignore"}
        return self.sandbox.target_config(self.state, **{**own, **self.settings, **settings})

    @contextmanager
    def running(self, **settings: Any) -> Iterator[Run]:
        """A run that has begun."""
        target = TargetCopernica(config=self.config(**settings), validate_config=True)
        work = Workspace(Settings.of(target.config), Interrupt(), logging.getLogger("target-copernica"))
        with redirect_stdout(io.StringIO()), work, Run(work) as run:
            run.start()
            yield run

    def send(self, *messages: Mapping[str, Any], **settings: Any) -> dict[str, Any]:
        """One run; what it counted, by stream and outcome."""
        with self.running(**settings) as run:
            streams = dict.fromkeys(one["stream"] for one in messages)
            intakes = {stream: run.intake(stream, {}, []) for stream in streams}
            for message in messages:
                if message["type"] == "ACTIVATE_VERSION":
                    intakes[message["stream"]].complete()
                else:
                    intakes[message["stream"]].take(dict(message["record"]), run.admit())
            run.finish()
            counted: dict[str, Any] = run.report.as_json(run.work.client.calls)["streams"]
        for counts in counted.values():
            for name in ("calls", "waited", "seconds"):
                counts.pop(name)
        return {stream: {n: v for n, v in counts.items() if v} for stream, counts in counted.items()}

    def command(self, *words: str, lines: Sequence[str] = (), **settings: Any) -> str:
        """One of the commands, with lines on standard input; what it says."""
        file = self.folder / "target.json"
        file.write_text(json.dumps(self.config(**settings)))
        said = io.StringIO()
        given = io.StringIO("".join(f"{line}\n" for line in lines))
        arguments = ["--config", str(file), *words]
        with (
            undisturbed(),
            redirect_stdout(said),
            redirect_stderr(said),
            mock.patch.object(sys, "stdin", given),
        ):
            TargetCopernica.cli.main(arguments, standalone_mode=False)
        return said.getvalue()

    def held(self, text: str) -> list[str]:
        """Where the text stands in Copernica: all fields of all that is there and not removed."""
        return [
            f"{place} {key} {name}"
            for place, things in self.sandbox.content().items()
            if place.partition("/")[0] == self.database
            for key, fields in things.items()
            for name, value in fields.items()
            if text.lower() in str(value).lower()
        ]

    def kept(self, text: str) -> list[str]:
        """Which files of the state directory have the text, or what is left of it."""
        return [
            file.name
            for file in sorted(self.state.iterdir())
            if file.is_file() and text.lower().encode() in file.read_bytes().lower()
        ]

    def people(self) -> dict[str, dict[str, Any]]:
        """Fields of the profiles, by key."""
        found: dict[str, dict[str, Any]] = self.sandbox.content()[self.database]
        return found

    def orders(self) -> dict[str, dict[str, Any]]:
        """Fields of the orders, by key."""
        return self.sandbox.content()[f"{self.database}/Orders"]
