"""What the documentation of an API leaves open, as named choices with the likelier reading as default."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Switch:
    """One open question about an API and the answers the sandbox can give.

    `name` starts with the side it belongs to, as in `seoshop.filter_zone`.
    """

    name: str
    choices: tuple[str, ...]
    meaning: str

    @property
    def default(self) -> str:
        """The likelier reading: the first choice."""
        return self.choices[0]


def defaults(switches: Iterable[Switch]) -> dict[str, str]:
    """Each switch at its default."""
    return {switch.name: switch.default for switch in switches}


def checked(switches: Iterable[Switch], values: Mapping[str, object]) -> dict[str, str]:
    """`values` when each names a known switch and one of its choices.

    Raises:
        ValueError: an unknown name or a choice the switch does not have.
    """
    known = {switch.name: switch for switch in switches}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"unknown switch {name!r}; known are: {', '.join(sorted(known))}")
        if value not in known[name].choices:
            raise ValueError(f"switch {name} takes one of {', '.join(known[name].choices)}, not {value!r}")
    return {name: str(value) for name, value in values.items()}
