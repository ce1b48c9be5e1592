"""Write the settings of tap and target, and the tap's streams, where people read them.

`--about --format=json` is the source of settings; meltano.yml and both packages' READMEs get what stands
between `settings:begin` and `settings:end`; so do the definitions for MeltanoHub. The tap's README gets its
streams between `streams:begin` and `streams:end`, from their declarations; docs/reference is written whole.
With `--check` nothing is written: exit code 1 if something differs.
"""

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from scripts.reference import pages
from scripts.streams_table import streams_table

ROOT = Path(__file__).parents[1]
PLUGINS = ("tap-seoshop", "target-copernica")
KINDS = {
    # Not `integer`, `decimal`, `boolean` and `options`: Meltano ends with a traceback where such a variable
    # is blank or wrong, or where a number has a fraction, and takes a misspelled yes for no. The programs
    # read texts, and name the setting that is wrong.
    "integer": "string",
    "number": "string",
    "boolean": "string",
    "array": "array",
    "object": "object",
    "string": "string",
}


class MarksError(Exception):
    """A file does not say where its settings stand."""


def about(plugin: str) -> dict[str, Any]:
    """What `plugin` says of itself."""
    program = Path(sys.executable).parent / plugin
    said = subprocess.run([program, "--about", "--format=json"], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def meltano_settings(spoken: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The settings in the form of meltano.yml."""
    return [_meltano_setting(name, schema) for name, schema in spoken["settings"]["properties"].items()]


def readme_table(spoken: Mapping[str, Any]) -> str:
    """The settings as a Markdown table."""
    required = spoken["settings"].get("required", [])
    rows = ["| setting | required | default | what it is |", "|---|---|---|---|"]
    for name, schema in spoken["settings"]["properties"].items():
        default = "" if schema.get("default") is None else f"`{json.dumps(schema['default'])}`"
        secret = " Secret." if schema.get("secret") else ""
        words = (" ".join(str(schema.get("description", "")).split()) + _choices(schema) + secret).replace(
            "|", "\\|"
        )
        rows.append(f"| `{name}` | {'yes' if name in required else ''} | {default} | {words} |")
    return "\n".join(rows)


def meltano_block(plugin: str) -> str:
    """Capabilities and settings of a plugin, as they stand in meltano.yml (indented there)."""
    spoken = about(plugin)
    known = [name for name in spoken["capabilities"] if name != "validate-records"]
    block = {"capabilities": known, "settings": meltano_settings(spoken)}
    text: str = yaml.safe_dump(block, sort_keys=False, allow_unicode=True, width=110)
    return "\n".join(f"    {line}" if line else line for line in text.rstrip("\n").split("\n"))


def wanted() -> Iterator[tuple[Path, str]]:
    """Each file with the text that it should have.

    Raises:
        MarksError: a file lacks its marks.
    """
    meltano = ROOT / "meltano.yml"
    text = meltano.read_text()
    for plugin in PLUGINS:
        begin, end = f"# settings:begin {plugin}", f"# settings:end {plugin}"
        text = _between(meltano, text, (begin, end), meltano_block(plugin))
        readme = ROOT / plugin / "README.md"
        table = f"\n{readme_table(about(plugin))}\n"
        begin, end = "<!-- settings:begin -->", "<!-- settings:end -->"
        shown = _between(readme, readme.read_text(), (begin, end), table)
        if plugin == "tap-seoshop":
            begin, end = "<!-- streams:begin -->", "<!-- streams:end -->"
            shown = _between(readme, shown, (begin, end), f"\n{streams_table()}\n")
        yield readme, shown
    yield meltano, text
    for plugin in PLUGINS:
        hub = ROOT / plugin / "meltanohub.yml"
        block = textwrap.dedent(meltano_block(plugin))
        yield hub, _between(hub, hub.read_text(), ("# settings:begin", "# settings:end"), block)


def reference_pages() -> Iterator[tuple[Path, str]]:
    """The pages of docs/reference."""
    for name, text in pages({plugin: readme_table(about(plugin)) for plugin in PLUGINS}):
        yield ROOT / "docs/reference" / f"{name}.md", text


def main(arguments: list[str]) -> int:
    """Write, or with `--check` compare; the exit code."""
    try:
        written = (*wanted(), *reference_pages())
        stale = [(file, text) for file, text in written if not file.exists() or file.read_text() != text]
    except MarksError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for file, text in stale:
        name = file.relative_to(ROOT)
        if "--check" in arguments:
            sys.stderr.write(f"{name} does not show the settings as they are: run `make docs`\n")
        else:
            file.write_text(text)
            sys.stdout.write(f"written: {name}\n")
    return int(bool(stale) and "--check" in arguments)


def _meltano_setting(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    setting: dict[str, Any] = {
        "name": name,
        "label": schema.get("title") or _label(name),
        "kind": _kind(schema),
    }
    if isinstance(schema.get("default"), str | int | float):
        setting["value"] = schema["default"]
    if schema.get("secret"):
        setting["sensitive"] = True
    setting["description"] = " ".join(str(schema.get("description", "")).split()) + _choices(schema)
    return setting


def _choices(schema: Mapping[str, Any]) -> str:
    """What is possible, as the end of a description."""
    possible = [f"`{one}`" for one in schema.get("enum", ()) if one is not None]
    return f" One of: {', '.join(possible)}." if possible else ""


def _kind(schema: Mapping[str, Any]) -> str:
    if schema.get("format") in {"date-time", "date"}:
        return "date_iso8601"
    choices = [schema, *schema.get("oneOf", []), *schema.get("anyOf", [])]
    types = [one for choice in choices for one in _types(choice) if one != "null"]
    return KINDS[types[0]] if types else "string"


def _types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types


def _label(name: str) -> str:
    return name.replace(".", " ").replace("_", " ").capitalize()


def _between(file: Path, text: str, marks: tuple[str, str], block: str) -> str:
    """The `text` of `file` with `block` on the lines between its two marks."""
    begin, end = marks
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end) if found else ("", "", "")
    if not closed:
        raise MarksError(
            f"{file.relative_to(ROOT)} lacks the marks {begin} and {end}, between which settings stand"
        )
    margin = head[head.rfind("\n") + 1 :]
    return f"{head}{begin}\n{block}\n{margin}{end}{tail}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
