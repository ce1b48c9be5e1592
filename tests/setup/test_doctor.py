"""`doctor`: both programs' probes in one table."""

from pathlib import Path

from seoshop_copernica.doctor.command import rows_of_tap, rows_of_target
from support.programs import BIN, run
from support.sandbox import Sandbox


def looked_at(sandbox: Sandbox, home: Path, **settings: str) -> tuple[int, str]:
    environment = sandbox.environment(home / "state") | settings
    ended = run(BIN / "seoshop-copernica", "--home", home, "doctor", env=environment)
    assert "Traceback" not in ended.log
    return ended.code, ended.out


def test_both_sides_stand_in_one_table_and_nothing_is_written(sandbox: Sandbox, tmp_path: Path) -> None:
    code, out = looked_at(sandbox, tmp_path)
    assert code == 0, out
    assert "300001 reached (sample-shop.webshopapp.com, EUR)" in out
    assert "ok: for the account Sandbox" in out
    assert {line.split()[0] for line in out.splitlines()} == {"SEOshop", "Copernica"}
    assert sandbox.databases() == {}


def test_what_is_wrong_on_either_side_is_a_row_and_the_exit_code(sandbox: Sandbox, tmp_path: Path) -> None:
    code, out = looked_at(sandbox, tmp_path, TARGET_COPERNICA_API_TOKEN="wrong")
    assert code == 3
    assert "300001 reached" in out
    assert "Copernica does not accept the API token" in out


def test_an_exit_code_without_a_line_of_its_own_points_to_the_rows(sandbox: Sandbox, tmp_path: Path) -> None:
    kept = sandbox.environment(tmp_path / "other") | {"TARGET_COPERNICA_PRESET": "seoshop"}
    made = run(BIN / "target-copernica", "--config=ENV", "apply", "--yes", env=kept)
    assert made.code == 0, made.log
    code, out = looked_at(sandbox, tmp_path)
    assert code == 2
    assert "is kept by another state_dir" in out
    assert out.splitlines()[-1].split("  ")[-1].strip() == "see the lines above"


def test_the_lines_of_the_programs_become_rows() -> None:
    tap = [
        "shop 1 reached (x)",
        "customers    works",
        "orders    not allowed: the key lacks a permission",
        "",
    ]
    assert rows_of_tap(tap) == [
        ("shop", "1 reached (x)"),
        ("orders", "not allowed: the key lacks a permission"),
        ("streams", "1 can be read"),
    ]
    target = ["check    result   what it means", "token   ok   for the account A", "A sentence."]
    assert rows_of_target(target) == [("token", "ok: for the account A")]
