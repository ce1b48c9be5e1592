"""What an act is: something that can happen in a scenario, declared by a function and its name."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Any

from chaos.judge.world import World

__all__ = ["ACTS", "Act", "act", "add"]

Does = Callable[[World, Random], None]
_DECLARED: defaultdict[str, dict[str, "Act"]] = defaultdict(dict)
ACTS: Mapping[str, Mapping[str, "Act"]] = MappingProxyType(_DECLARED)
"""All acts: kind -> name -> act."""


@dataclass(frozen=True)
class Act:
    """Something that can happen.

    Attributes:
        kind: The part of the world in which it happens.
        name: What happens.
        does: Does it; the dice decide what the name leaves open.
        pipelines: The ways to run tap and target in which it can happen; empty for all.
    """

    kind: str
    name: str
    does: Does
    pipelines: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        """As it stands in a scenario that failed."""
        return f"<{self.kind}: {self.name}>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # noqa: FBT001 - hypothesis calls it
        printer.text(repr(self))

    def fits(self, pipeline: str) -> bool:
        """Whether it can happen where tap and target are run in this way."""
        return not self.pipelines or pipeline in self.pipelines


def add(kind: str, name: str, does: Does, *pipelines: str) -> None:
    """Declare an act."""
    assert name not in _DECLARED[kind], name
    _DECLARED[kind][name] = Act(kind, name, does, frozenset(pipelines))


def act(kind: str, name: str, *pipelines: str) -> Callable[[Does], Does]:
    """Declare the act that a function does."""

    def declared(does: Does) -> Does:
        add(kind, name, does, *pipelines)
        return does

    return declared
