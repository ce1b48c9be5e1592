"""Faults on demand: rules that say which request goes wrong, and how."""

import asyncio
import random
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

UNDONE = {
    "status": "answers `status` with `body`; from 500 on, without a `body`, the HTML of a gateway",
    "missing": "answers as if the record were not there",
    "drop_before": "cuts the connection",
    "hang_before": "never answers",
}
"""What can become of a request that is not carried out."""
DONE = {
    "drop_after": "cuts the connection without an answer",
    "hang_after": "never answers",
    "cut": "sends half of the body, announces all of it, and cuts the connection",
    "half": "sends half of the body as if it were all",
    "garbage": "sends a body that is no JSON",
    "empty": "sends no body",
    "slow": "answers after `seconds`",
    "drip": "answers byte by byte, over `seconds`",
    "call_before": "makes an admin call first: `call` with `path` and `body`",
    "call_after": "makes an admin call afterwards, before the answer arrives",
}
"""What can go wrong with a request that is carried out."""
ACTIONS = UNDONE | DONE
CALLS = ("call_before", "call_after")
KINDS: Mapping[str, tuple[type, ...]] = {
    "side": (str, type(None)),
    "method": (str, type(None)),
    "path": (str,),
    "query": (str,),
    "nth": (int,),
    "times": (int, type(None)),
    "chance": (int, float),
    "seed": (int,),
    "do": (str,),
    "status": (int,),
    "body": (str, type(None)),
    "headers": (dict,),
    "seconds": (int, float),
    "call": (dict,),
}
"""The fields of a rule, and what each can hold."""


@dataclass
class Rule:
    """Requests `nth` to `nth + times - 1` that fit side, method, path and query go wrong as `do` says.

    With `times` None there is no last one. Of these, each goes wrong with probability `chance`, which the
    same `seed` decides in the same way. `ACTIONS` tells what can go wrong.
    """

    do: str
    side: str | None = None
    method: str | None = None
    path: str = ""
    query: str = ""
    nth: int = 1
    times: int | None = 1
    chance: float = 1.0
    seed: int = 1
    status: int = 503
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 1.0
    call: Mapping[str, Any] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        """Make the dice."""
        self._dice = random.Random(self.seed)  # noqa: S311  # the same faults each time are the point

    def fits(self, side: str, method: str, path: str, query: str) -> bool:
        """Whether the rule speaks of this request."""
        return (
            self.side in (None, side)
            and self.method in (None, method)
            and re.search(self.path, path) is not None
            and re.search(self.query, query) is not None
        )

    def strikes(self) -> bool:
        """Count a fitting request; say whether it is one that goes wrong."""
        self.seen += 1
        meant = self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)
        struck = meant and self._dice.random() < self.chance
        self.hits += struck
        return struck

    def shown(self) -> dict[str, Any]:
        """The rule as an admin sees it."""
        return asdict(self)


def parse_rule(body: Mapping[str, Any]) -> Rule:
    """The rule that `POST /admin/faults` describes.

    Raises:
        ValueError: an unknown field or action, or a value it cannot have.
    """
    unknown = set(body) - set(KINDS)
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(KINDS))}")
    if body.get("do") not in ACTIONS:
        raise ValueError(f"a fault does one of {', '.join(ACTIONS)}, not {body.get('do')!r}")
    for name, value in body.items():
        if not isinstance(value, KINDS[name]) or isinstance(value, bool):
            raise ValueError(f"{name} of a fault cannot be {value!r}")  # noqa: TRY004  # one error for all of it
    for name in ("path", "query"):
        try:
            re.compile(body.get(name, ""))
        except re.error as error:
            raise ValueError(f"{name} of a fault is no regular expression: {error}") from error
    if body["do"] in CALLS and not str(body.get("call", {}).get("path", "")).startswith("/admin/"):
        raise ValueError('call of a fault names an admin call: {"path": "/admin/shop/move", "body": {...}}')
    return Rule(**body)


class Faults:
    """The rules in force. Clearing them also lets go of the requests that hang."""

    def __init__(self) -> None:
        """No rule."""
        self.rules: list[Rule] = []
        self.released = asyncio.Event()

    def add(self, rule: Rule) -> None:
        """Put a rule in force, after those already there."""
        self.rules.append(rule)

    def clear(self) -> None:
        """Drop all rules and end all hanging requests (without an answer)."""
        self.rules.clear()
        self.released.set()
        self.released = asyncio.Event()

    def strike(self, side: str, method: str, path: str, query: str) -> Rule | None:
        """The rule that this request falls under; each fitting rule counts the request."""
        struck = [rule for rule in self.rules if rule.fits(side, method, path, query) and rule.strikes()]
        return struck[0] if struck else None
