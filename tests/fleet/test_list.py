"""`shops.yml`: what it may say, errors that name the line, where secrets come from, and places."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seoshop_copernica.errors import FleetError, ListError, TroubleError
from seoshop_copernica.fleet import find, read
from seoshop_copernica.places import PIPELINE, Places, checked_name
from seoshop_copernica.schema import text
from seoshop_copernica.shops import SELECT, Shop
from support.meltano import selected as selected_by_meltano
from support.programs import ROOT

GOOD = """\
defaults:
  language: nl
  target:
    timezone: Europe/Amsterdam
    max_rejects: 10
shops:
  alpha:
    cluster: us1
    database: Alpha
    cadence: auto
    secrets:
      api_key: env:ALPHA_KEY
      api_secret: env:ALPHA_SECRET
      api_token: file:alpha.token
    tap:
      start_date: 2026-01-01
    target:
      max_rejects: 5
  beta: # everything in .env.beta
"""


def listed(folder: Path, content: str) -> Path:
    file = folder / "shops.yml"
    file.write_text(content)
    return file


def settings(shop: Shop, folder: Path, **environ: str) -> dict[str, dict[str, object]]:
    return shop.settings(Places(folder, shop.name), environ)


def test_lines_become_settings_and_those_of_a_shop_come_before_those_for_all(tmp_path: Path) -> None:
    (tmp_path / "alpha.token").write_text("a-token\n")
    shop = read(listed(tmp_path, GOOD)).shop("alpha")
    assert settings(
        shop, tmp_path, ALPHA_KEY="a-key", ALPHA_SECRET="a-secret", TAP_SEOSHOP_CLUSTER="eu1"
    ) == {
        "tap": {
            "cluster": "us1",
            "language": "nl",
            "start_date": "2026-01-01",
            "state_dir": str(tmp_path / "state" / "alpha" / "tap-seoshop"),
            "api_key": "a-key",
            "api_secret": "a-secret",
        },
        "target": {
            "database": "Alpha",
            "preset": "seoshop",
            "timezone": "Europe/Amsterdam",
            "max_rejects": 5,
            "state_dir": str(tmp_path / "state" / "alpha" / "target-copernica"),
            "api_token": "a-token",
        },
    }


def test_a_shop_may_have_all_its_secrets_in_a_file_of_variables(tmp_path: Path) -> None:
    (tmp_path / ".env.beta").write_text("TAP_SEOSHOP_API_KEY=k\nTARGET_COPERNICA_DATABASE=B\nOTHER=1\n")
    shop = read(listed(tmp_path, GOOD)).shop("beta")
    found = settings(shop, tmp_path, TAP_SEOSHOP_API_KEY="of another shop")
    kept = str(tmp_path / "state" / "beta" / "tap-seoshop")
    assert found["tap"] == {"api_key": "k", "language": "nl", "run_interval": 300, "state_dir": kept}
    assert found["target"]["database"] == "B"


@pytest.mark.parametrize(
    ("setting", "month"), [('{"month": 9000}', 9000), ('{"run": 5}', None), ("9000", None), ("{", None)]
)
def test_a_budget_among_the_variables_is_known_to_the_board(
    tmp_path: Path, setting: str, month: int | None
) -> None:
    assert Shop.alone("prod", tmp_path).month_budget({"TARGET_COPERNICA_CALL_BUDGET": setting}) == month
    (tmp_path / ".env.beta").write_text(f"TARGET_COPERNICA_CALL_BUDGET='{setting}'\n")
    beta = read(listed(tmp_path, "shops:\n  beta:\n  gamma:\n    target: {call_budget: {month: 7}}\n"))
    assert [shop.month_budget({}) for shop in beta.shops.values()] == [month, 7]


@pytest.mark.parametrize(
    ("line", "wrong", "number", "said"),
    [
        ("  language: nl", "  language: dutch", 2, "language"),
        ("    cluster: us1", "    clutser: us1", 8, "clutser"),
        ("    cadence: auto", "    cadence: often", 10, "Expected `auto`, or a time such as `5m`"),
        ("    cluster: us1", "    cluster: us2", 8, "Expected `eu1` or `us1` (`cluster`)"),
        ("    cadence: auto", "    preset: seosop", 10, "Expected `seoshop`, `seoshop-lite` or null"),
        ("      api_key: env:ALPHA_KEY", "      api_key: 0123456789abcdef", 12, "api_key"),
        ("      api_secret: env:ALPHA_SECRET", "", 11, "api_secret"),
        ("      max_rejects: 5", "      state_dir: elsewhere", 18, "state_dir"),
        ("      max_rejects: 5", "      api_token: 0123456789abcdef", 18, "api_token"),
        ("  alpha:", "  Alpha:", 7, "Alpha"),
        ("  alpha:", "  a/b:", 7, "a/b"),
        ("  beta: # everything in .env.beta", "  alpha: {}", 19, "alpha"),
        ("  beta: # everything in .env.beta", "  sandbox:", 19, "sandbox"),
        ("  beta: # everything in .env.beta", "  beta: 0123456789abcdef", 19, "beta"),
        ("shops:", "shop:", 6, "shop"),
        ("    cadence: auto", "    cadence: [", 12, "expected"),
        ("    cadence: auto", "    name: other", 10, "name"),
    ],
)
def test_an_error_names_the_line_and_shows_no_value(
    tmp_path: Path, line: str, wrong: str, number: int, said: str
) -> None:
    assert f"{line}\n" in GOOD
    file = listed(tmp_path, GOOD.replace(f"{line}\n", f"{wrong}\n" if wrong else ""))
    with pytest.raises(ListError) as error:
        read(file)
    assert f"{file}, line {number}: " in str(error.value)
    assert said in str(error.value)
    assert "0123456789abcdef" not in str(error.value)
    assert error.value.exit_code == 2


@pytest.mark.parametrize("content", ["", "shops: {}", "- alpha", "shops:\n", "defaults: {language: nl}"])
def test_a_list_without_shops_is_an_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(ListError, match=r"shops\.yml"):
        read(listed(tmp_path, content))


def test_a_missing_secret_is_reported_by_where_it_should_be(tmp_path: Path) -> None:
    shop = read(listed(tmp_path, GOOD)).shop("alpha")
    with pytest.raises(TroubleError, match="shop alpha: the variable ALPHA_SECRET is not set"):
        settings(shop, tmp_path, ALPHA_KEY="a")
    with pytest.raises(TroubleError, match=r"shop alpha: alpha\.token: No such file"):
        settings(shop, tmp_path, ALPHA_KEY="a", ALPHA_SECRET="b")


def test_the_compiled_list_is_used_until_the_list_changes(tmp_path: Path) -> None:
    listed(tmp_path, GOOD)
    first = find(tmp_path)
    assert find(tmp_path) == first == read(tmp_path / "shops.yml")
    listed(tmp_path, GOOD.replace("Alpha", "Another"))
    second = find(tmp_path)
    assert second is not None
    assert second.shop("alpha").database == "Another"
    (tmp_path / "state" / "shops.compiled.json").write_text("{}")
    assert find(tmp_path) == second


@given(st.text(max_size=6), st.text(max_size=6))
def test_two_shop_names_never_share_a_folder(one: str, other: str) -> None:
    names = []
    for name in (one, other, one.swapcase(), f"{one}/{other}", f"{one}_{other}", f"../{one}"):
        try:
            names.append(checked_name(name))
        except FleetError:
            continue
    places = {name: Places(Path("/home"), name) for name in names}
    for kind in ("folder", "lock", "programs_lock", "bookmarks", "ledger", "catalog", "history"):
        found = {str(getattr(place, kind)).casefold() for place in places.values()}
        assert len(found) == len(places)
        assert all(".." not in one for one in found)


def test_the_default_selection_is_the_same_as_in_meltano_yml() -> None:
    assert {pattern.removesuffix(".*") for pattern in SELECT} == selected_by_meltano(PIPELINE[0])


def test_the_shipped_schema_is_the_one_of_this_version_and_agrees_with_the_reader(tmp_path: Path) -> None:
    shipped = ROOT / "seoshop-copernica" / "seoshop_copernica" / "shops.schema.json"
    assert shipped.read_text() == text(), "make docs"
    schema = json.loads(text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(json.dumps(yaml.safe_load(GOOD), default=str)), schema)
    mistakes: list[dict[str, Any]] = [{"Alpha": {}}, {"a": {"name": "b"}}, {"a": {"cadence": "x"}}]
    for wrong in mistakes:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"shops": wrong}, schema)
        with pytest.raises(ListError):
            read(listed(tmp_path, yaml.safe_dump({"shops": wrong})))


def test_an_extra_of_the_target_has_its_stream_read() -> None:
    shop = Shop(name="alpha", target={"extras": ["returns", "order_timeline"]})
    assert shop.selected == (*SELECT, "returns.*", "order_timeline.*")
    assert Shop(name="beta", target={"extras": ["returns"]}, select=["orders.*"]).selected == ("orders.*",)
