"""The `fields[]` parameter: how a condition is read, and what it matches (docs/api/copernica.md, 8)."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica.values import FieldDef, Rules, comparable, convert, php_int

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_FORM: Final = re.compile(r"([^=<>!~]*)([=<>!~]{1,2})(.*)", re.DOTALL)
_SPECIAL: Final = {"id": "integer", "code": "text", "modified": "datetime"}
_ORDERED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq, "!=": operator.ne, "<>": operator.ne,
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_LIKE: Final = {"=~": True, "!~": False}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a known field or special name.

    Attributes:
        special: `id`, `code` or `modified`; None for a field.
        field: The field; None for a special name.
        operator: As it was written.
        value: The right side in the form of `comparable`, or the pattern of a *like*.
    """

    special: str | None
    field: FieldDef | None
    operator: str
    value: str | float

    @property
    def kind(self) -> str:
        """The type by which it compares."""
        return self.field.type if self.field else _SPECIAL[self.special or "id"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What was made of a list of conditions.

    Attributes:
        known: Those that count; all must hold. None left: everything matches.
        unparsable: Texts without an operator.
        unknown: Names that no field has.
    """

    known: tuple[Condition, ...]
    unparsable: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def parse(text: str) -> tuple[str, str, str] | None:
    """Cut one condition into name, operator and value.

    The whole is trimmed; up to the first operator is the name, with its spaces; the rest is the value.

    Returns:
        The three parts; None for what cannot be read.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None or not found[1] or found[2] not in _ORDERED | _LIKE:
        return None
    return found[1], found[2], found[3]


def resolve(
    texts: Iterable[str], fields: Iterable[FieldDef], rules: Rules, *, special: bool = True
) -> Conditions:
    """Read conditions against the fields that there are.

    Args:
        texts: The values of `fields[]`.
        fields: The fields of the database or collection. One that is called like a special name hides it.
        rules: For the conversion of values, which follows the field's type.
        special: Whether `id`, `code` and `modified` are known here.
    """
    by_name = {field.name.lower(): field for field in fields}
    known, unparsable, unknown = [], [], []
    for text in texts:
        parts = parse(text)
        if parts is None:
            unparsable.append(text)
            continue
        name = parts[0].lower()
        if name in by_name:
            known.append(_condition(None, by_name[name], parts[1], parts[2], rules))
        elif special and name in _SPECIAL:
            known.append(_condition(name, None, parts[1], parts[2], rules))
        else:
            unknown.append(parts[0])
    return Conditions(tuple(known), tuple(unparsable), tuple(unknown))


def _condition(special: str | None, field: FieldDef | None, sign: str, value: str, rules: Rules) -> Condition:
    if sign in _LIKE:
        return Condition(special, field, sign, value)
    if special == "id":
        return Condition(special, field, sign, float(php_int(value)))
    # No length: what is compared is not cut.
    of = (
        FieldDef(0, field.name, field.type, field.value, len(value))
        if field
        else FieldDef(0, "", _SPECIAL[special or ""], "", len(value))
    )
    return Condition(special, field, sign, comparable(of.type, convert(of, value, rules)))


def matches(conditions: Sequence[Condition], record: Mapping[str, str], values: Mapping[int, str]) -> bool:
    """Whether all conditions hold.

    Args:
        conditions: The known ones.
        record: `id`, `code` and `modified` of the record.
        values: Its stored values, by field id.
    """
    return all(_holds(condition, record, values) for condition in conditions)


def _holds(condition: Condition, record: Mapping[str, str], values: Mapping[int, str]) -> bool:
    stored = values[condition.field.id] if condition.field else record[condition.special or ""]
    if condition.operator in _LIKE:
        return bool(_pattern(str(condition.value)).fullmatch(stored)) is _LIKE[condition.operator]
    return _ORDERED[condition.operator](comparable(condition.kind, stored), condition.value)


@lru_cache(maxsize=256)
def _pattern(like: str) -> re.Pattern[str]:
    parts = (".*" if sign == "%" else "." if sign == "_" else re.escape(sign) for sign in like)
    return re.compile("".join(parts), re.DOTALL | re.IGNORECASE)
