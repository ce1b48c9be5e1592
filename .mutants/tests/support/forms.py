"""The form of a body: its keys in their order, each value's type, and what stands where nothing is set."""

from typing import Any


def form(value: Any) -> Any:
    """The form of a value; records of a list that look alike count once.

    `false`, `true`, `null`, `""`, `{}` and `[]` stand for themselves: they are how the APIs say that nothing
    is set, and none is as good as another.
    """
    if isinstance(value, dict):
        return {key: form(one) for key, one in value.items()}
    if isinstance(value, list):
        kinds: list[Any] = []
        for one in map(form, value):
            if one not in kinds:
                kinds.append(one)
        return kinds
    if isinstance(value, bool) or value in (None, ""):
        return value
    return "text" if isinstance(value, str) else "number"


def differences(wanted: Any, made: list[Any], at: str = "") -> list[str]:
    """In what a form is unlike all of those that are made: a line each, naming the place.

    Each value may be as it is in another one of `made`; the keys and their order must be those of one.
    """
    if wanted in made or (isinstance(wanted, bool) and any(isinstance(one, bool) for one in made)):
        return []
    if isinstance(wanted, dict):
        alike = [one for one in made if isinstance(one, dict)]
        lines = _keys(list(wanted), [list(one) for one in alike], at)
        for key in wanted:
            values = [one[key] for one in alike if key in one]
            lines += differences(wanted[key], values, f"{at}.{key}") if values else []
        return lines
    if isinstance(wanted, list) and wanted:
        items = [item for one in made if isinstance(one, list) for item in one]
        return [line for one in wanted for line in differences(one, items, f"{at}[]")]
    return [f"{at}: never {wanted!r}"]


def _keys(wanted: list[str], made: list[list[str]], at: str) -> list[str]:
    if wanted in made:
        return []
    if not made:
        return [f"{at}: no such object"]
    nearest = max(made, key=lambda keys: len(set(keys) & set(wanted)))
    lines = [f"{at}: lacks {key}" for key in wanted if key not in nearest]
    lines += [f"{at}: has {key} besides" for key in nearest if key not in wanted]
    return lines or [f"{at}: keys in another order"]
