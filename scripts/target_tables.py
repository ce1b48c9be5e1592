"""Write the tables of target-copernica's README from what the target does: values, and both presets.

Each stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. With `--check` nothing is written: exit
code 1 if something differs.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from target_copernica.mapping.load import EXTRAS, PRESETS, load_mapping, mapping_of
from target_copernica.mapping.model import AccountMap, FieldMap, StreamMap
from target_copernica.mapping.transforms import TRANSFORMS
from target_copernica.mapping.values import BadValueError, Column, convert

README = Path(__file__).parents[1] / "target-copernica" / "README.md"
ZONE = ZoneInfo("Europe/Amsterdam")
NAMES = {"database": "SEOshop", "products_database": "SEOshop_products"}

_NO_FIELDS = "No fields of its own: the fields of consent are kept from it (`docs/consent.md`)."

COLUMNS = {
    "text (length 20)": Column("text", 20),
    "big": Column("big"),
    "select (yes, no)": Column("select", None, ("yes", "no")),
    "email": Column("email"),
    "phone, phone_fax, phone_gsm": Column("phone"),
    "integer": Column("integer"),
    "float": Column("float"),
    "date, empty_date": Column("empty_date"),
    "datetime, empty_datetime": Column("empty_datetime"),
}

SAMPLES: dict[str, Any] = {
    "`null`": None,
    '`""`': "",
    "`false`": False,
    "`true`": True,
    "`0`": 0,
    "`12`": 12,
    "`12.50`": Decimal("12.50"),
    "`9223372036854775808` (over 64 bits)": 2**63,
    '`"12"`': "12",
    '`"12abc"`': "12abc",
    '`"1,5"`': "1,5",
    '`"yes"`': "yes",
    '`" a "` (blanks around)': " a ",
    "a text of 30 characters": "x" * 30,
    '`"😀"`': "😀",
    '`"a\\u0000b"` (a control character)': "a\x00b",
    '`"a@example.com"`': "a@example.com",
    '`"+31 6 12345678"`': "+31 6 12345678",
    '`"2026-07-01"` (date)': "2026-07-01",
    '`"2026-07-01T22:30:00Z"` (date-time)': "2026-07-01T22:30:00Z",
    '`"2026-07-01T22:30:00"` (without offset: UTC)': "2026-07-01T22:30:00",
    '`"2026-01-01T08:00:00+09:00"`': "2026-01-01T08:00:00+09:00",
    '`"2021-02-30"` (no such day)': "2021-02-30",
    '`"0000-00-00"`': "0000-00-00",
    '`"0999-12-31"` (before the year 1000)': "0999-12-31",
    '`"9999-12-31T23:59:59Z"`': "9999-12-31T23:59:59Z",
    '`"1959"` (Copernica: a time of today)': "1959",
    '`"now"`': "now",
    '`["a", "b"]`': ["a", "b"],
    '`{"a": 1}`': {"a": 1},
}


def cell(value: object, column: Column) -> str:
    """What becomes of a value, in a word."""
    try:
        sent = convert(value, column, ZONE)
    except BadValueError as bad:
        return "refused, emptied" if bad.empties else "refused"
    shown = json.dumps(sent, ensure_ascii=False)[1:-1].replace("\\", "\\\\").replace("|", "\\|")
    return f"`{shown}`" if sent and sent != "x" * 30 else "whole" if sent else "empty"


def value_table() -> str:
    """Each sample against each type."""
    rows = [
        (label, *(cell(value, column) for column in COLUMNS.values())) for label, value in SAMPLES.items()
    ]
    rows.insert(0, ("not there", *("left alone" for _ in COLUMNS)))
    return markdown(("JSON value", *COLUMNS), rows)


def transform_list() -> str:
    """What a line may do to a value."""
    return "\n".join(f"* `{transform.name}`: {transform.description}" for transform in TRANSFORMS.values())


def preset_tables(preset: str) -> Iterator[str]:
    """The fields of each stream of a preset."""
    mapping = load_mapping(preset, [], NAMES)
    if mapping is None:
        raise ValueError(preset)
    yield from _tables(mapping, mapping.streams.values())


def extra_tables() -> Iterator[str]:
    """The fields of each extra's stream, laid over the full preset."""
    mapping = mapping_of("seoshop", None, None, NAMES, EXTRAS)
    if mapping is None:
        raise ValueError(EXTRAS)
    yield from _tables(mapping, (mapping.streams[extra] for extra in EXTRAS))


def _tables(mapping: AccountMap, streams: Iterable[StreamMap]) -> Iterator[str]:
    for stream in streams:
        database = mapping.databases[stream.place.database].name
        collection = stream.place.collection
        place = f"collection `{collection}` of `{database}`" if collection else f"`{database}`"
        rows = [_field_row(entry) for entry in stream.fields]
        yield f"Stream `{stream.stream}` to {place} ({_about(stream)}):"
        yield markdown(("field", "type", "from"), rows) if rows else _NO_FIELDS


def markdown(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def wanted(text: str) -> str:
    """The README with its tables as they should be."""
    blocks = {"values": value_table(), "transforms": transform_list()}
    blocks |= {f"preset {preset}": "\n\n".join(preset_tables(preset)) for preset in PRESETS}
    blocks["extras"] = "\n\n".join(extra_tables())
    for name, block in blocks.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        head, _, rest = text.partition(begin)
        _, found, tail = rest.partition(end)
        if not found:
            raise SystemExit(f"{README.name} lacks the marks {begin} and {end}")
        text = f"{head}{begin}\n\n{block}\n\n{end}{tail}"
    return text


def main(arguments: list[str]) -> int:
    """Write, or with `--check` compare; the exit code."""
    text = README.read_text()
    if (right := wanted(text)) == text:
        return 0
    if "--check" in arguments:
        sys.stderr.write("target-copernica/README.md: a table is not as the target has it: run `make docs`\n")
        return 1
    README.write_text(right)
    return 0


def _about(stream: StreamMap) -> str:
    said = ["makes what is missing" if stream.place.creates else "changes only what is there"]
    if stream.absent is not None:
        said.append("empties its fields where a record vanished")
    return ", ".join([f"key `{':'.join('.'.join(path) for path in stream.key)}`", *said])


def _field_row(entry: FieldMap) -> tuple[str, str, str]:
    column = entry.column
    kind = f"{column.type} {column.length}" if column.length else column.type
    kind += (", cut if longer" if column.truncate else "") + (", index" if entry.index else "")
    source = ", else ".join(f"`{'.'.join(path)}`" for path in entry.sources)
    source += "".join(step.transform.shown(step.option) for step in entry.steps)
    return f"`{entry.name}`", kind, source


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
