"""A scenario: a sandbox's options, and the requests that were made of it with their answers, one JSON a line.

The first line is the head, each further one a step. Who asked is told and not with which key or token; paths,
queries and bodies stand there whole. The sandbox's people are invented; those whom you sent are not.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.options import Options, options_of

VERSION = 1
VOLATILE = ("secret",)
"""Values that are drawn anew each time, by their name in a body: compared by their kind only."""

# What differs with the server and not with the API.
_PASSING = frozenset({"content-length", "connection", "transfer-encoding", "keep-alive"})


@dataclass(frozen=True)
class Answer:
    """What was answered. `status` 0: nothing; then and for a cut answer `body` is what came."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Step:
    """One request and its answer.

    Attributes:
        at: where the sandbox's clock stood: ISO with an offset.
        method: in capitals.
        target: path and query, as they were sent.
        host: the header, with which links in answers begin.
        who: `key`, `token N` (the N-th that was given out), `stranger`; None where no one was named.
        content_type: of the body; empty where there was none.
        body: as text.
        answer: as it came.
    """

    at: str
    method: str
    target: str
    host: str
    who: str | None
    content_type: str
    body: str
    answer: Answer

    @property
    def moment(self) -> datetime:
        """`at`, to be reckoned with."""
        return datetime.fromisoformat(self.at)

    @property
    def gives_token(self) -> bool:
        """Whether the answer is a token, which is another one each time."""
        return self.target.startswith("/copernica/authenticate") and self.answer.status == 200  # noqa: PLR2004


@dataclass(frozen=True)
class Scenario:
    """What a file holds."""

    options: Options
    volatile: tuple[str, ...]
    steps: tuple[Step, ...]


def head_line(options: Options) -> str:
    """The first line of a file."""
    shown = asdict(options) | {"now": options.now.isoformat()}
    return _dumped({"sandbox_scenario": VERSION, "volatile": VOLATILE, "options": shown})


def step_line(step: Step) -> str:
    """A further line of a file."""
    return _dumped(asdict(step))


def read(path: Path) -> Scenario:
    """Read a scenario.

    Raises:
        OSError: it cannot be read.
        ValueError: it is none, or one of another version.
    """
    try:
        # Not splitlines(): what people typed may hold what it takes for the end of a line.
        first, *rest = map(json.loads, filter(None, path.read_text("utf-8").split("\n")))
        steps = tuple(Step(**step | {"answer": Answer(**step["answer"])}) for step in rest)
        known = first["sandbox_scenario"] == VERSION
        scenario = Scenario(options_of(first["options"]), tuple(first["volatile"]), steps)
    except (ValueError, TypeError, KeyError, AttributeError):
        known = False
    if not known:
        raise ValueError(f"{path} is no scenario, or one of another version of the sandbox: record it anew")
    return scenario


def differences(step: Step, answer: Answer, volatile: tuple[str, ...]) -> Iterator[tuple[str, Any, Any]]:
    """Where an answer is another one than it was: place, value then, value now."""
    then = step.answer
    if then.status != answer.status:
        yield "status", then.status, answer.status
        return
    for name in sorted((then.headers.keys() | answer.headers.keys()) - _PASSING):
        if then.headers.get(name) != answer.headers.get(name):
            yield f"header {name}", then.headers.get(name), answer.headers.get(name)
    if not step.gives_token:
        yield from _apart(_value(then.body), _value(answer.body), "body", frozenset(volatile))


def _apart(then: Any, now: Any, place: str, volatile: frozenset[str]) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401  # any JSON
    if isinstance(then, dict) and isinstance(now, dict):
        for name in [*then, *(name for name in now if name not in then)]:
            there, here = then.get(name), now.get(name)
            if name not in volatile or type(there) is not type(here):
                yield from _apart(there, here, f"{place}.{name}", volatile)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, (there, here) in enumerate(zip(then, now, strict=True)):
            yield from _apart(there, here, f"{place}[{number}]", volatile)
    elif then != now or type(then) is not type(now):
        yield place, then, now


def _value(body: str) -> Any:  # noqa: ANN401  # any JSON, or the text
    try:
        return json.loads(body)
    except ValueError:
        return body


def _dumped(value: Any) -> str:  # noqa: ANN401  # any JSON
    return json.dumps(value, ensure_ascii=False) + "\n"
