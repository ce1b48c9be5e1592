"""How settings are read from files and the environment, and the messages for those that are wrong.

The SDK's own reading ends with a traceback where a variable is blank or of the wrong type, and its messages
quote the value, which may be a secret.
"""

from __future__ import annotations

import difflib
import json
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dotenv import load_dotenv
from jsonschema import Draft202012Validator

from tap_seoshop.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = [
    "complaints", "completed", "from_environment", "misspelled", "parsed_object", "read_object", "unknown",
]  # fmt: skip

_YES: Final = frozenset({"true", "1", "yes", "on"})
_NO: Final = frozenset({"false", "0", "no", "off"})
_ALIKE: Final = 0.8
"""How alike a variable is to a setting's at least, by difflib's ratio, to be taken for a misspelled one."""

_QUOTES: Final = frozenset("\"'`´‘’‚“”„«»")  # noqa: RUF001  # those that word processors make of plain ones
_MOST: Final = 10**9
"""Stands for each number beyond it: 31 years, or a thousand million of anything, are no limit at all."""

_WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]+")


def read_object(path: str, what: str) -> dict[str, Any]:
    """The JSON object in a file.

    Args:
        path: The file.
        what: How a message names it ("configuration file").

    Raises:
        SettingsError: It cannot be read, or holds something else.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{what} {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{what} {path}: not valid JSON (not even UTF-8)") from None
    return parsed_object(text, f"{what} {path}")


def parsed_object(text: str, name: str) -> dict[str, Any]:
    """The JSON object in a text.

    Args:
        text: JSON.
        name: How a message names where it stands.

    Raises:
        SettingsError: It is no JSON, or no object.
    """
    try:
        found = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{name}: not valid JSON (line {error.lineno})") from None
    except (ValueError, RecursionError):
        raise SettingsError(f"{name}: not valid JSON") from None
    if not isinstance(found, dict):
        raise SettingsError(f"{name}: must hold a JSON object")
    return found


def from_environment(properties: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """The settings that stand in the environment, or in a file `.env`, which is loaded into it.

    Args:
        properties: The JSON schema of each setting.
        prefix: What the variables' names begin with.
    """
    load_dotenv()
    names = {prefix + name.upper().replace("-", "_"): name for name in properties}
    return {name: os.environ[variable] for variable, name in names.items() if variable in os.environ}


def completed(
    given: Mapping[str, Any], properties: Mapping[str, Any], may_be_empty: Collection[str] = ()
) -> dict[str, Any]:
    """Settings as the program uses them.

    Numbers, yes and no, lists and objects may come as texts: from the environment, and from Meltano, which
    does not carry every type. What is null or blank is not set. A text that is not of its setting's type
    stays as it is, for `complaints` to name.

    Args:
        given: From files and environment.
        properties: The JSON schema of each setting.
        may_be_empty: Settings for which null or a blank text says something else than the default.

    Returns:
        All that are set, and the defaults of the others.
    """
    typed = {name: _typed(value, properties.get(name, {})) for name, value in given.items()}
    found = {name: value for name, value in typed.items() if name in may_be_empty or not _is_blank(value)}
    defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    return {**defaults, **found}


def complaints(config: Mapping[str, Any], schema: Mapping[str, Any], prefix: str) -> list[str]:
    """What is wrong with the settings, in one line each, without a value.

    Args:
        config: The settings, completed.
        schema: Their JSON schema.
        prefix: What the environment variables' names begin with.
    """
    missing = [name for name in schema.get("required", ()) if name not in config]
    lines = [_about_missing(missing, prefix)] if missing else []
    lines += [
        f"the setting `{name}` has {what}: remove them"
        for name, definition in schema["properties"].items()
        if definition.get("secret") and (what := _copied_with(config.get(name)))
    ]
    lines += [
        f"the setting `{name}` holds a NUL character: remove it"
        for name, value in config.items()
        if isinstance(value, str) and "\0" in value
    ]
    if config.get("flattening_enabled") and config.get("flattening_max_depth", -1) == -1:
        lines.append("the setting `flattening_max_depth` is missing: `flattening_enabled` needs it")
    # The SDK's own schema of stream maps is not valid; the mapper checks them in any case.
    properties = {**schema["properties"], "stream_maps": {"type": "object"}}
    errors = Draft202012Validator({**schema, "properties": properties}).iter_errors(config)
    lines += sorted(
        {_about(error) for error in errors if error.validator != "required" or error.absolute_path}
    )
    return lines


def unknown(given: Iterable[str], properties: Iterable[str]) -> list[str]:
    """A line for each setting that the program does not know, with the nearest name that it does."""
    known = list(properties)
    lines = []
    for name in sorted(set(given).difference(known)):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        lines.append(f"the setting `{name}` is unknown and does nothing{hint}")
    return lines


def misspelled(properties: Collection[str], prefix: str) -> list[str]:
    """A line for each environment variable that is nearly a setting's, with the right name; without a value.

    Under Meltano the variables of a plugin that inherits from this one (`..._LITE_DATABASE`), and of parts of
    an object (`..._CALL_BUDGET_RUN`), begin with the same prefix and are as they should be.

    Args:
        properties: The names of the settings.
        prefix: What the variables' names begin with.
    """
    lines = []
    for variable in sorted(os.environ):
        name = variable.removeprefix(prefix).lower()
        if variable == prefix + name.upper() and name not in properties:
            near = difflib.get_close_matches(name, properties, n=1, cutoff=_ALIKE)
            if near and not name.endswith(f"_{near[0]}") and not name.startswith(f"{near[0]}_"):
                right = prefix + near[0].upper()
                lines.append(f"the variable {variable} is unknown and does nothing; did you mean {right}?")
    return lines


def _no_number(_text: str) -> float:
    """Python reads `NaN` and `Infinity`, which are no JSON."""
    raise ValueError


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401  # any JSON
    """A value in its setting's type; as it is where it cannot be read as that."""
    types = _types(schema)
    if isinstance(value, str) and "string" not in types:
        try:
            value = _parsed(value.strip(), types)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, int | float) and abs(value) > _MOST:
        return _MOST if value > 0 else -_MOST
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return int(value)  # JSON Schema takes 4.0 for an integer
    return value


def _parsed(text: str, types: set[str]) -> Any:  # noqa: ANN401  # any JSON
    """A text as a value of one of the types.

    Raises:
        ValueError: It is none.
    """
    if "boolean" in types and text.lower() in _YES | _NO:
        return text.lower() in _YES
    if types & {"integer", "number"}:
        number = int(text) if _WHOLE_NUMBER.fullmatch(text) or "number" not in types else float(text)
        return number if isinstance(number, int) or math.isfinite(number) else text
    return json.loads(text, parse_constant=_no_number) if types & {"object", "array"} else text


def _types(schema: Mapping[str, Any]) -> set[str]:
    types = schema.get("type", [])
    return {types} if isinstance(types, str) else set(types)


def _about_missing(names: list[str], prefix: str) -> str:
    """Which required settings are missing, and where they go."""
    one = len(names) == 1
    listed = " and ".join(f"`{name}`" for name in names)
    verb = f"the setting {listed} is missing" if one else f"the settings {listed} are missing"
    variables = " and ".join(prefix + name.upper() for name in names)
    if (project := os.environ.get("MELTANO_PROJECT_ROOT")) is None:
        what = "it" if one else "them"
        return f"{verb}: put {what} into the file of --config, or {variables} into the environment"
    file = Path(project) / ".env"
    if not file.exists():
        return f"{verb}: there is no {file}; `seoshop-copernica setup` writes it; or fill in {variables}"
    return f"{verb}: fill in {variables} in {file}"


def _copied_with(secret: object) -> str | None:
    """What came along when a secret was copied; None if nothing did."""
    if not isinstance(secret, str):
        return None
    if secret != secret.strip():
        return "blanks or a line break before or after it"
    if len(secret) > 1 and secret[0] in _QUOTES and secret[-1] in _QUOTES:
        return "quotes around it"
    return "blanks or line breaks in it" if re.search(r"\s", secret) else None


def _about(error: Any) -> str:  # noqa: ANN401  # jsonschema's error, whose text would show the value
    """What is wrong with a setting, without its value."""
    name = ".".join(str(step) for step in error.absolute_path) or "config"
    wanted = {
        "enum": f"must be one of {_listed(error.validator_value)}",
        "type": f"must be of type {_listed(error.validator_value)}",
        "pattern": f"must look like {error.validator_value}",
    }.get(error.validator, f"must satisfy {error.validator} {error.validator_value}")
    return f"the setting `{name}` {wanted}"


def _listed(values: Any) -> str:  # noqa: ANN401  # one value or several
    given = values if isinstance(values, list) else [values]
    return " or ".join(str(value) for value in given if value not in (None, "null"))
