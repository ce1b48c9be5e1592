"""`scripts/run.py`: runs side by side share nothing, say little, and end with the cause and its exit code."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripts.run import objects, readable

from seoshop_copernica.meltano import Outcome, folder
from support.checkout import Checkout
from support.meltano import project
from support.sandbox import Sandbox

PIPELINE = ("tap-seoshop", "target-copernica")
NOT_ALLOWED = 3
ROUNDS = 3


def event(text: str, level: str = "info", **more: Any) -> str:
    """A line of Meltano's JSON log."""
    return json.dumps({"event": text, "level": level, "timestamp": "2026-11-02T09:00:00Z", **more})


def tap(text: str, level: str = "info", **more: Any) -> str:
    return event(text, level, name="tap-seoshop", stdio="stderr", producer=True, consumer=False, **more)


def target(text: str, level: str = "info", **more: Any) -> str:
    return event(text, level, name="target-copernica", stdio="stderr", producer=False, consumer=True, **more)


def ended(codes: dict[str, int]) -> str:
    return event("Block run completed", "error", exit_codes=codes)


def outcome(*lines: str) -> Outcome:
    told = Outcome()
    for line in lines:
        told.kept(line)
    return told


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (tap("7 records with 6 requests"), "[info    ] tap-seoshop: 7 records with 6 requests"),
        (
            target("target-copernica: no such token"),
            "[info    ] target-copernica: no such token",
        ),
        (tap("METRIC", plugin_logger="singer_sdk.metrics"), None),
        (tap("Skipping parse of env var settings..."), None),
        (event("Incremental state has been updated"), None),
        (event("No state was found", "warning"), "[warning ] meltano: No state was found"),
        (event('{"type": "RECORD"}', "debug", name="tap-seoshop", stdio="stdout"), None),
        (event('{"type": "RECORD"}', "error", name="tap-seoshop", stdio="stdout"), None),
        ("Error: Block nothing not found", "[info    ] meltano: Error: Block nothing not found"),
        ("[1, 2]", "[info    ] meltano: [1, 2]"),
        ("", None),
    ],
)
def test_a_line_is_kept_if_it_says_something_and_holds_no_record(line: str, kept: str | None) -> None:
    assert Outcome().kept(line) == kept


@pytest.mark.parametrize(
    ("lines", "code", "cause"),
    [
        (
            [tap("tap-seoshop: the key is refused"), target("0 records read"), ended({"extractors": 3})],
            3,
            "tap-seoshop: the key is refused",
        ),
        # The tap fails, and the target finds that nothing came.
        (
            [
                tap("tap-seoshop: the key is refused"),
                target("target-copernica: no message came"),
                ended({"extractors": 3, "loaders": 2}),
            ],
            3,
            "tap-seoshop: the key is refused",
        ),
        # The target fails, and the tap finds the pipe closed.
        (
            [
                target("the budget is spent", "error"),
                tap("tap-seoshop: the reader is gone"),
                ended({"extractors": 1, "loaders": 6}),
            ],
            6,
            "the budget is spent",
        ),
        # Meltano itself breaks where a target leaves early, and tells of no exit code.
        (
            [target("target-copernica: no such token"), event("", "error")],
            1,
            "target-copernica: no such token",
        ),
        (
            [target("target-copernica: no such token", "error", exit_code=3), event("", "error")],
            3,
            "target-copernica: no such token",
        ),
        ([event("Environment 'x' was not found.", "error")], 1, "Environment 'x' was not found."),
        (["Error: Block x not found", ""], 1, "Error: Block x not found"),
        ([], 1, "it said nothing"),
    ],
)
def test_the_cause_is_what_the_program_that_failed_said(lines: list[str], code: int, cause: str) -> None:
    told = outcome(*lines)
    assert (told.code(1), told.cause) == (code, cause)


def test_a_run_that_succeeds_has_no_other_exit_code() -> None:
    assert outcome(ended({})).code(0) == 0


def test_the_variables_of_objects_are_those_of_all_plugins_that_have_such_a_setting() -> None:
    names = objects(project())
    assert {"TARGET_COPERNICA_MAPPING", "TARGET_COPERNICA_LITE_MAPPING", "TAP_SEOSHOP_REREAD"} <= names
    assert "TARGET_COPERNICA_DATABASE" not in names


def test_a_blank_object_is_none_and_a_wrong_one_is_named() -> None:
    variables = {"A": "", "B": " ", "C": '{"a": 1}', "D": "{'a': 1}", "E": "$OTHER", "F": None, "Z": "x"}
    assert readable(variables, "ABCDEFG") == dict.fromkeys("ABF", "{}")
    for text in ("{a:1}", "[]", "5", "[" * 100_000):
        with pytest.raises(ValueError, match=r"^C$"):
            readable({"C": text}, "C")


def test_pipelines_and_environments_have_folders_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "extractors").mkdir()
    made = {
        folder(tmp_path, environment, blocks)
        for environment in ("prod", "second", "../prod")
        for blocks in (PIPELINE, ("tap-seoshop", "target-jsonl"), ("a/job",))
    }
    assert len(made) == 9
    assert all(one.parent == tmp_path / "runs" and (one / "extractors").is_dir() for one in made)


@pytest.mark.meltano
@pytest.mark.timeout(600)
def test_two_shops_that_run_at_the_same_moment_get_their_own_data_and_bookmarks(
    tmp_path: Path, start_sandbox: Callable[..., Sandbox]
) -> None:
    checkout = Checkout.at(tmp_path / "checkout")
    shops = {
        name: start_sandbox(seed=number, shop_id=number, customers=3 * number, orders=5, order_rows=5)
        for number, name in enumerate(("one", "two"), 1)
    }
    for name, sandbox in shops.items():
        checkout.add_environment(name)
        checkout.fill_env(sandbox, name)
    for round_ in range(ROUNDS):
        runs = [checkout.started(name, *PIPELINE) for name in shops]
        said = [run.communicate(timeout=280)[0] for run in runs]
        assert [run.returncode for run in runs] == [0, 0], said
        for name, sandbox in shops.items():
            shop = sandbox.status()["shop"]
            keys = {key for rows in sandbox.content().values() for key in rows}
            assert {key.partition(":")[0] for key in keys} == {str(shop["id"])}
            assert len(sandbox.content()["SEOshop/Orders"]) == shop["orders"]
            (state,) = (checkout.folder / "state" / name / "bookmarks").rglob("state.json")
            assert f'"shop_id": {shop["id"]}' in state.read_text()
            sandbox.clock(advance=300)
            sandbox.move(seed=round_, new_orders=1)


@pytest.mark.meltano
def test_a_signal_reaches_the_programs_and_is_told(tmp_path: Path, sandbox: Sandbox) -> None:
    checkout = Checkout.at(tmp_path / "checkout")
    checkout.fill_env(sandbox)
    sandbox.fault("seoshop", "orders", "slow", seconds=1, times=None)
    with checkout.started("prod", *PIPELINE) as running:
        while not sandbox.requests(side="seoshop"):
            assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        said, _ = running.communicate(timeout=120)
    assert running.returncode == 128 + signal.SIGTERM
    assert said.splitlines()[-1].endswith("ended by signal 15; what was committed is kept")


@pytest.mark.meltano
def test_a_target_that_ends_at_once_has_the_last_word(tmp_path: Path, sandbox: Sandbox) -> None:
    """Meltano itself breaks then, since nothing reads what the tap goes on to write."""
    checkout = Checkout.at(tmp_path / "checkout")
    checkout.fill_env(sandbox)
    blank = {"TARGET_COPERNICA_MAPPING": "", "TARGET_COPERNICA_CALL_BUDGET": ""}
    ended = checkout.run("prod", *PIPELINE, env={"TARGET_COPERNICA_API_TOKEN": "wrong", **blank})
    assert ended.code == NOT_ALLOWED
    last = ended.err.splitlines()[-1]
    assert "run: exit code 3: target-copernica: Copernica does not accept the API token: check" in last
    assert "Traceback" not in ended.log


@pytest.mark.meltano
def test_a_wrong_object_is_named_before_meltano_starts(tmp_path: Path, sandbox: Sandbox) -> None:
    checkout = Checkout.at(tmp_path / "checkout")
    checkout.fill_env(sandbox)
    with (checkout.folder / ".env").open("a") as file:
        file.write("TARGET_COPERNICA_CALL_BUDGET={run:1}\n")
    ended = checkout.run("prod", *PIPELINE)
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert "the variable TARGET_COPERNICA_CALL_BUDGET must hold a JSON object; correct it in" in line


@pytest.mark.meltano
def test_without_the_plugins_it_says_what_to_do(tmp_path: Path) -> None:
    checkout = Checkout.at(tmp_path / "checkout")
    (checkout.folder / ".meltano" / "extractors").unlink()
    ended = checkout.run("prod", *PIPELINE)
    assert ended.code == 2
    assert ended.err.endswith("run: exit code 2: the plugins are not installed: run `make setup`\n")
