"""The SDK's own target tests, which a sink that does nothing passes: each with a look at what arrived."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.testing import TargetTestRunner, target_tests
from singer_sdk.testing.templates import TargetFileTestTemplate, TargetTestTemplate

from support.programs import target
from support.sandbox import Sandbox, running_sandbox
from target_copernica.singer.target import TargetCopernica

ARRIVES: dict[str, tuple[str, dict[str, dict[str, str]]]] = {
    "array_data": ("test_array_data", {"2": {"fruits": '["banana","apple"]'}}),
    "camelcase": ("TestCamelcase", {"2": {"f_Id": "2", "clientName": "Gitter iOS App"}}),
    "duplicate_records": ("test_duplicate_records", {"1": {"metric": "100"}, "2": {"metric": "20"}}),
    "encoded_string_data": (
        "test_strings",
        {"2": {"info": "απλή συμβολοσειρά"}, "6": {"info": 'various " \\ / \n escape sequences'}},
    ),
    "optional_attributes": (
        "test_optional_attributes",
        {"1": {"optional": "This is optional"}, "2": {"optional": ""}},
    ),
    "record_missing_fields": (
        "record_missing_fields",
        {"1": {"optional": "now you see me"}, "2": {"optional": ""}},
    ),
    "schema_updates": (
        "test_schema_updates",
        {"1": {"a1": "101", "a6": "0"}, "5": {"a1": "105", "a3": "no", "a5": '["apple"]', "a6": "985"}},
    ),
    "special_chars_in_attributes": ("test_SpecialChars_in_attributes", {"a2e98886": {"f__id": "a2e98886"}}),
}
"""By case: the database, and fields of profiles by key."""

COUNTS = {
    "camelcase_complex_schema": ("ForecastingTypeToCategory", 0),  # the case has no record
    "no_primary_keys": ("test_no_pk", 3),
    "schema_no_properties": ("test_object_schema_no_properties", 2),
}
"""Without a key, equal records are one."""


@pytest.fixture(scope="module")
def account() -> Iterator[Sandbox]:
    more = ("--import-seconds", "0", "--no-curated")
    with running_sandbox(customers=0, orders=0, order_rows=0, more=more) as sandbox:
        yield sandbox


def case_of(name: str) -> TargetTestTemplate:
    cases = [kind for kind in vars(target_tests).values() if getattr(kind, "name", None) == name]
    case: TargetTestTemplate = cases[0]()
    return case


def passed(name: str, account: Sandbox, folder: Path) -> None:
    case = case_of(name)
    messages = None
    if isinstance(case, TargetFileTestTemplate):
        messages = io.StringIO(case.singer_filepath.read_text("utf-8"))
    config = account.target_config(folder / "state", preset=None)
    runner = TargetTestRunner(TargetCopernica, config=config, input_io=messages)
    case.run(config=None, resource=None, runner=runner)  # type: ignore[arg-type] # the case does not look at it


def profiles(account: Sandbox, database: str) -> dict[str, dict[str, Any]]:
    found = [profile["fields"] for profile in account.profiles(database)]
    by_key = {fields["external_key"]: fields for fields in found}
    assert len(by_key) == len(found)
    return by_key


@pytest.mark.parametrize("name", ARRIVES)
def test_records_arrive(name: str, account: Sandbox, tmp_path: Path) -> None:
    passed(name, account, tmp_path)
    database, expected = ARRIVES[name]
    found = profiles(account, database)
    for key, fields in expected.items():
        assert fields.items() <= found[key].items()


@pytest.mark.parametrize("name", COUNTS)
def test_so_many_arrive(name: str, account: Sandbox, tmp_path: Path) -> None:
    passed(name, account, tmp_path)
    database, count = COUNTS[name]
    assert len(profiles(account, database)) == count


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("invalid_schema", "lacks: properties"),
        ("record_before_schema", "before the SCHEMA message"),
    ],
)
def test_what_no_target_can_take_is_refused_in_one_line(
    name: str, line: str, account: Sandbox, tmp_path: Path
) -> None:
    """The SDK asks for any exception; a person needs a line, an exit code, and an account left alone."""
    before = account.databases()
    passed(name, account, tmp_path)
    config = account.target_config(tmp_path / "other", preset=None)
    ended = target(tmp_path, config, case_of(name).singer_filepath.read_text("utf-8"))  # type: ignore[attr-defined] # of a file
    said = [text for text in ended.err.splitlines() if text.startswith("target-copernica: ")]
    assert (ended.code, ended.out, len(said)) == (2, "", 1), ended.err
    assert line in said[0]
    assert account.databases() == before


def test_what_it_prints_of_itself_is_true(
    account: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Version, and settings as text and as JSON."""
    before = account.databases()
    passed("cli_prints", account, tmp_path)
    version, about = capsys.readouterr().out.split("\n", 1)
    assert version.startswith("target-copernica v")
    told = json.loads(about[about.index("\n{") :])
    assert set(told["settings"]["properties"]) >= set(TargetCopernica.config_jsonschema["properties"])
    assert account.databases() == before


def test_a_key_that_stands_in_the_wrong_place_is_none(account: Sandbox, tmp_path: Path) -> None:
    """The case names its keys within the schema, where the Singer specification has none."""
    passed("pk_updates", account, tmp_path)
    found = profiles(account, "example_stream").values()
    assert sorted(fields["name"] for fields in found) == ["Alice", "Bob"]


def test_a_record_without_its_key_is_rejected_where_the_sdk_would_end_the_run(
    account: Sandbox, tmp_path: Path
) -> None:
    """Not the SDK's outcome (an exception) on purpose: one bad record must not keep all others back."""
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        passed("record_missing_key_property", account, tmp_path)
    assert profiles(account, "test_record_missing_key_property") == {}
    assert "a key property is empty" in (tmp_path / "state" / "rejects.jsonl").read_text()
