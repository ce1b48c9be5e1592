"""What a mapping may do to the value of a field: each transform is one entry of `TRANSFORMS`.

To add one, write its class and its entry: they make the line known, check it, apply it and describe it.
`docs/examples/add-transform.md` shows one from beginning to end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from msgspec import Struct

from target_copernica.errors import SettingsError
from target_copernica.mapping.lines import lines_of, path_of, text_of
from target_copernica.mapping.paths import ABSENT, as_text, value_at
from target_copernica.mapping.values import whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_copernica.mapping.paths import Path, Record

__all__ = ["TRANSFORMS", "Stage", "Step", "Transform", "steps_of", "transformed"]

Json = Any
Option = Any


class Stage(Enum):
    """When a transform acts, and by that what its function is given.

    Attributes:
        GUARD: `apply(option, record)` says whether the field has a value at all.
        SOURCE: `apply(option, found)` makes one value of all that the field's properties hold.
        VALUE: `apply(option, value)` makes another value; it is never given null or an absent property.
    """

    GUARD = 1
    SOURCE = 2
    VALUE = 3


class Transform(ABC):
    """A transform of the mapping language: one line that a field may have.

    Attributes:
        name: What stands in front of the colon.
        stage: When it acts.
        description: What it does, for the README.
        makes_its_own: Whether it makes a value out of nothing, so that no other property is taken.
        excludes: Lines that contradict it.
    """

    name: ClassVar[str]
    stage: ClassVar[Stage]
    description: ClassVar[str]
    makes_its_own: ClassVar[bool] = False
    excludes: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def read(self, given: Json, where: str) -> Option:
        """Check what stands behind the colon and make the option of it.

        Args:
            given: What stands there.
            where: The path of the line.

        Raises:
            SettingsError: It is no option of this transform.
        """

    @abstractmethod
    def apply(self, option: Option, given: Json) -> Json:
        """Do what it does: see `Stage`."""

    def shown(self, option: Option) -> str:  # noqa: ARG002 - for the transforms that show it
        """How it is shown in the README's tables of the presets."""
        return ""

    def takes(self, option: Option) -> Iterable[Path]:  # noqa: ARG002 - likewise
        """Paths of properties that the option names."""
        return ()

    def results(self, option: Option) -> Mapping[str, str]:  # noqa: ARG002 - likewise
        """Values that the option names, with the line of each: they must fit the field."""
        return {}


class Step(Struct, frozen=True):
    """A transform with the option of one field."""

    transform: Transform
    option: Option

    def results(self) -> list[tuple[str, str]]:
        """Lines within the field, each with a value that must fit it."""
        return [
            (f"{self.transform.name}{line}", text)
            for line, text in self.transform.results(self.option).items()
        ]


def steps_of(body: Mapping[str, Json], where: str) -> tuple[Step, ...]:
    """The steps that the lines of a field ask for, in the order of doing.

    Args:
        body: The lines of the field.
        where: The path of the field.

    Raises:
        SettingsError: A line cannot be understood, or contradicts another.
    """
    steps = tuple(
        Step(transform, transform.read(body[name], f"{where}.{name}"))
        for name, transform in TRANSFORMS.items()
        if name in body
    )
    for step in steps:
        if not step.transform.excludes.isdisjoint(body):
            raise SettingsError(
                f"mapping, {where}: a `{step.transform.name}` stands without "
                f"{', '.join(sorted(step.transform.excludes))}"
            )
    return steps


def transformed(record: Record, sources: Sequence[Path], steps: Iterable[Step]) -> Json:
    """The value of a field.

    Args:
        record: A record of the stream.
        sources: Paths of the properties that it takes.
        steps: What is done to them, in the order of doing.

    Returns:
        A JSON value, or `ABSENT`. Without a step that says otherwise, the first property that holds a value.
    """
    found = [value for path in sources if (value := value_at(record, path)) is not ABSENT]
    value = _first(found)
    for step in steps:
        apply, option = step.transform.apply, step.option
        if step.transform.stage is Stage.GUARD:
            if not apply(option, record):
                return None
        elif step.transform.stage is Stage.SOURCE:
            value = apply(option, found)
        elif value is not ABSENT and value is not None:
            value = apply(option, value)
    return value


def _first(found: Sequence[Json]) -> Json:
    if not found:
        return ABSENT
    return next((value for value in found if value not in (None, "")), found[0])


def _texts(value: Json) -> list[str]:
    """How a mapping may write a value: `7.0` is the whole number 7, too."""
    whole = whole_number(value)
    return [as_text(value)] if whole is None else [as_text(value), str(whole)]


# The transforms ---------------------------------------------------------------------------------


class When(Transform):
    """`when: {state: X}`."""

    name = "when"
    stage = Stage.GUARD
    description = (
        "the record must hold these values in these properties, else the field is empty: `when: {state: X}`"
    )

    def read(self, given: Json, where: str) -> tuple[tuple[Path, str], ...]:
        """Property names, each with its value."""
        lines = lines_of(given, where).items()
        return tuple((path_of(path, where), text_of(text, where)) for path, text in lines)

    def apply(self, option: Option, given: Json) -> bool:
        """Whether the record holds all of them."""
        return all(text in _texts(value_at(given, path)) for path, text in option)

    def shown(self, option: Option) -> str:
        """How it is shown in the README."""
        return " where " + " and ".join(f"`{'.'.join(path)}` is `{value}`" for path, value in option)

    def takes(self, option: Option) -> Iterable[Path]:
        """The properties."""
        return [path for path, _ in option]


class Constant(Transform):
    """`constant: club`."""

    name = "constant"
    stage = Stage.SOURCE
    description = "always this value, without `from`: `constant: club`"
    makes_its_own = True
    excludes = frozenset({"from", "join", "values"})

    def read(self, given: Json, where: str) -> str:
        """The value."""
        return text_of(given, where)

    def apply(self, option: Option, given: Json) -> Json:  # noqa: ARG002 - whatever the record holds
        """The value."""
        return option

    def shown(self, option: Option) -> str:
        """How it is shown in the README."""
        return f"`{option}` always"

    def results(self, option: Option) -> Mapping[str, str]:
        """The value."""
        return {"": option}


class Join(Transform):
    """`join: ", "`."""

    name = "join"
    stage = Stage.SOURCE
    description = (
        'all entries of a list, or of all properties in `from`, with this between them: `join: ", "`'
    )

    def read(self, given: Json, where: str) -> str:
        """What stands between two entries."""
        return text_of(given, where)

    def apply(self, option: Option, given: Json) -> Json:
        """One text of all entries that are not empty."""
        if not given:
            return ABSENT
        entries = [entry for value in given for entry in (value if isinstance(value, list) else [value])]
        return option.join(as_text(entry) for entry in entries if entry not in (None, ""))

    def shown(self, option: Option) -> str:
        """How it is shown in the README."""
        return f", joined with `{option}`"


class Values(Transform):
    """`values: {A: active, X: gone}`."""

    name = "values"
    stage = Stage.VALUE
    description = "other values for these ones: `values: {A: active, X: gone}`; what is not among them stays"

    def read(self, given: Json, where: str) -> dict[str, str]:
        """The values, each with the one that takes its place."""
        return {
            text_of(source, where): text_of(value, f"{where}.{source}")
            for source, value in lines_of(given, where).items()
        }

    def apply(self, option: Option, given: Json) -> Json:
        """The other value, or the same."""
        return next((option[text] for text in _texts(given) if text in option), given)

    def shown(self, option: Option) -> str:
        """How it is shown in the README."""
        return ": " + ", ".join(f"{old} → {new}" for old, new in option.items())

    def results(self, option: Option) -> Mapping[str, str]:
        """All values that can come out."""
        return {f".{source}": value for source, value in option.items()}


TRANSFORMS: Final[Mapping[str, Transform]] = {
    transform.name: transform for transform in (When(), Constant(), Join(), Values())
}
"""All of them, in the order of doing."""
