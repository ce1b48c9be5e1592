"""The pages of docs/reference, from the programs' own descriptions; `scripts.settings` writes them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

from scripts.streams_table import streams_table
from scripts.target_tables import extra_tables, preset_tables, transform_list, value_table

import tap_seoshop.errors
import target_copernica.errors
from seoshop_copernica.alarms import ALARMS
from target_copernica.mapping.load import PRESETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

_NOTE: Final = "`make docs` writes this page from the programs' own descriptions."
_SIGNALS: Final = "128 + n: stopped by signal n. What was committed is kept, and the next run continues."
_OF_MANY_SHOPS: Final = (
    "`seoshop-copernica` ends with the code of the program that failed, and has some codes of its own: "
    "[Many shops](../fleet.md#exit-codes)."
)
_OF_NO_KIND: Final = {"TapError", "TargetError", "InterruptedRunError"}
"""The bases, and the one whose code is that of the signal."""

_TO_DO: Final = {
    0: "nothing, even if some records were refused or the quota is used up; the next run continues",
    1: "if the line says that the reader has exited, see that program's exit code; otherwise report the line",
    2: "the line names the setting, the file or the line of input",
    3: "check keys, token and their rights: `make doctor`",
    4: "nothing: the next run continues",
    5: "read the reasons in the rejects file, then `target-copernica replay`",
    6: "raise `call_budget`, or wait",
    7: "find out why; if the follow-ups are intended, `target-copernica pass-once`",
}


def pages(settings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name and text of each page.

    Args:
        settings: The table of settings of each program.
    """
    tables = (f"## {program}\n\n{table}" for program, table in settings.items())
    yield "settings", _page("Settings", *tables)
    yield "streams", _page("Streams of tap-seoshop", streams_table())
    presets = (f"## Preset {preset}\n\n" + "\n\n".join(preset_tables(preset)) for preset in PRESETS)
    extras = "## Extras\n\nLaid over a preset by the setting `extras`.\n\n" + "\n\n".join(extra_tables())
    transforms = f"## Transforms\n\n{transform_list()}"
    values = f"## Values\n\nWhat becomes of a value, by the type of its field.\n\n{value_table()}"
    yield "mapping", _page("Mapping", transforms, values, *presets, extras)
    yield "exit-codes", _page("Exit codes", _exit_codes(), _SIGNALS, _OF_MANY_SHOPS)
    yield "alarms", _page("Alarms", _alarms())


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", _NOTE, *parts)) + "\n"


def _exit_codes() -> str:
    """A row for each code, with the meanings that the programs' errors give it."""
    meanings: dict[int, list[str]] = {0: ["Done."]}
    for module, base in (
        (tap_seoshop.errors, tap_seoshop.errors.TapError),
        (target_copernica.errors, target_copernica.errors.TargetError),
    ):
        for code, words in _of(module, base):
            if words not in meanings.setdefault(code, []):
                meanings[code].append(words)
    rows = [
        f"| {code} | {' '.join(words)} | {_TO_DO.get(code, 'the line tells')} |"
        for code, words in sorted(meanings.items())
    ]
    return "\n".join(["| code | meaning | what to do |", "|---|---|---|", *rows])


def _alarms() -> str:
    """A row for each cause that a person is told of."""
    rows = [
        f"| `{name}` | {'' if one.code is None else int(one.code)} | {one.means} | {one.todo} |"
        for name, one in ALARMS.items()
    ]
    return "\n".join(
        ["| alarm | exit code of a tick | what happened | next step |", "|---|---|---|---|", *rows]
    )


def _of(module: ModuleType, base: type[Exception]) -> Iterator[tuple[int, str]]:
    for name in module.__all__:
        found = getattr(module, name)
        if isinstance(found, type) and issubclass(found, base) and name not in _OF_NO_KIND:
            yield found.exit_code, (inspect.getdoc(found) or "").split("\n")[0]  # type: ignore[attr-defined]
