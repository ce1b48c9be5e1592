"""What a mapping may do to the value of a field: each transform is one entry of `TRANSFORMS`.

To add one, write its function and its entry: the entry makes the line known, checks it, applies it and
describes it. `docs/examples/add-transform.md` shows one from beginning to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from target_copernica.errors import SettingsError
from target_copernica.mapping.lines import lines_of, path_of, text_of
from target_copernica.mapping.paths import ABSENT, as_text, value_at
from target_copernica.mapping.values import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_copernica.mapping.paths import Path, Record

__all__ = ["TRANSFORMS", "VALUES", "Stage", "Step", "Transform", "steps_of", "transformed"]

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


@dataclass(frozen=True, slots=True)
class Transform:
    """An entry of the mapping language.

    Attributes:
        name: What stands in front of the colon.
        stage: When it acts.
        read: Checks what stands behind the colon, given with its path, and makes the option of it.
        apply: What it does: see `Stage`.
        told: What it does, for the README.
        shown: How it is shown in the README's tables of the presets.
        takes: Paths of properties that the option names.
        results: Values that the option names, with the line of each: they must fit the field.
        makes_its_own: Whether it makes a value out of nothing, so that no other property is taken.
        excludes: Lines that contradict it.
    """

    name: str
    stage: Stage
    read: Callable[[Json, str], Option]
    apply: Callable[[Option, Json], Json]
    told: str
    shown: Callable[[Option], str] = lambda _option: ""
    takes: Callable[[Option], Iterable[Path]] = lambda _option: ()
    results: Callable[[Option], Mapping[str, str]] = lambda _option: {}
    makes_its_own: bool = False
    excludes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
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


# The transforms ---------------------------------------------------------------------------------


def _read_when(lines: Json, where: str) -> tuple[tuple[Path, str], ...]:
    return tuple(
        (path_of(path, where), text_of(text, where)) for path, text in lines_of(lines, where).items()
    )


def _holds(wanted: tuple[tuple[Path, str], ...], record: Record) -> bool:
    return all(text in _texts(value_at(record, path)) for path, text in wanted)


def _joined(separator: str, found: Sequence[Json]) -> Json:
    if not found:
        return ABSENT
    entries = [entry for value in found for entry in (value if isinstance(value, list) else [value])]
    return separator.join(as_text(entry) for entry in entries if entry not in (None, ""))


def _read_values(lines: Json, where: str) -> dict[str, str]:
    return {
        text_of(source, where): text_of(value, f"{where}.{source}")
        for source, value in lines_of(lines, where).items()
    }


def _replaced(values: Mapping[str, str], value: Json) -> Json:
    return next((values[text] for text in _texts(value) if text in values), value)


def _texts(value: Json) -> list[str]:
    """How a mapping may write a value: `7.0` is the whole number 7, too."""
    whole = whole_number(value)
    return [as_text(value)] if whole is None else [as_text(value), str(whole)]


_WHEN: Final = Transform(
    "when",
    Stage.GUARD,
    _read_when,
    _holds,
    "the record must hold these values in these properties, else the field is empty: `when: {state: X}`",
    shown=lambda wanted: (
        " where " + " and ".join(f"`{'.'.join(path)}` is `{value}`" for path, value in wanted)
    ),
    takes=lambda wanted: [path for path, _ in wanted],
)
_CONSTANT: Final = Transform(
    "constant",
    Stage.SOURCE,
    text_of,
    lambda constant, _found: constant,
    "always this value, without `from`: `constant: club`",
    shown=lambda constant: f"`{constant}` always",
    results=lambda constant: {"": constant},
    makes_its_own=True,
    excludes=frozenset({"from", "join", "values"}),
)
_JOIN: Final = Transform(
    "join",
    Stage.SOURCE,
    text_of,
    _joined,
    'all entries of a list, or of all properties in `from`, with this between them: `join: ", "`',
    shown=lambda separator: f", joined with `{separator}`",
)
VALUES: Final = Transform(
    "values",
    Stage.VALUE,
    _read_values,
    _replaced,
    "other values for these ones: `values: {A: active, X: gone}`; what is not among them stays",
    shown=lambda values: ": " + ", ".join(f"{old} → {new}" for old, new in values.items()),
    results=lambda values: {f".{source}": value for source, value in values.items()},
)

TRANSFORMS: Final[Mapping[str, Transform]] = {
    transform.name: transform for transform in (_WHEN, _CONSTANT, _JOIN, VALUES)
}
"""All of them, in the order of doing."""
