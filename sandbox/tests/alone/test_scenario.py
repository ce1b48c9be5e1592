"""A scenario that was recorded is carried out again with the same answers, and tells where they are not."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from sandbox import app
from sandbox.__main__ import main
from sandbox.clock import Clock
from sandbox.options import Options, opened
from sandbox.record import Recorder
from sandbox.scenario import Scenario, head_line, read
from sandbox.settings import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET

OPTIONS = Options(
    seed=3,
    customers=3,
    orders=4,
    order_rows=5,
    curated=True,
    zone="Europe/Amsterdam",
    now=datetime(2026, 11, 2, 9, tzinfo=UTC),
    rate_limits="300/3000/12000",
    window_factor=1.0,
    per_second=20,
    import_seconds=0.0,
    switches=("seoshop.limit_above_250=refused",),
)
KEY = (SEOSHOP_KEY, SEOSHOP_SECRET)


def live(http: TestClient) -> None:
    """Some of everything: both APIs, time, faults, what is refused."""
    http.get("/seoshop/nl/orders.json", params={"limit": 2}, auth=KEY)
    http.get("/seoshop/nl/orders.json", params={"limit": 251}, auth=KEY)
    http.get("/seoshop/nl/shop.json", auth=("real-key", "real-secret"))
    http.post("/copernica/authenticate", data={"access_token": "a-real-token"})
    token = http.post("/copernica/authenticate", data={"access_token": COPERNICA_TOKEN}).text
    bearer = {"Authorization": f"Bearer {token}"}

    def call(method: str, path: str, body: Any = None) -> None:
        http.request(method, f"/copernica/v4/{path}", json=body, headers=bearer)

    call("POST", "databases", {"name": "People"})
    for name, kind in {"email": "email", "lastname": "text"}.items():
        call("POST", "database/1/fields", {"name": name, "type": kind})
    call(
        "POST",
        "database/1/profiles",
        {"fields": {"email": "j@example.com", "lastname": "\u2028\u00dcbel \x85"}},
    )
    call("GET", "database/1/profiles?fields[]=email==j@example.com")
    rows = [{"email": f"{number}@example.com"} for number in range(3)]
    call("POST", "imports", {"database": 1, "source": json.dumps(rows), "keyFields": ["email"]})
    http.post("/admin/clock", json={"advance": 90_000})
    call("GET", "import/1")
    http.post("/admin/shop/move", json={"seed": 1, "new_orders": 1})
    http.get("/seoshop/nl/orders.json", auth=KEY)
    http.post("/admin/faults", json={"do": "status", "status": 502, "path": "brands"})
    http.get("/seoshop/nl/brands.json", auth=KEY)
    call("GET", "identity")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario, recorded while the clock ran."""
    folder = tmp_path_factory.mktemp("scenario")
    path = folder / "scenario.jsonl"
    with path.open("w", encoding="utf-8") as file, opened(OPTIONS, folder / "data") as (context, shop):
        file.write(head_line(OPTIONS))
        recorder = Recorder(app.build(context, shop), context.clock, file)
        live(TestClient(recorder, base_url="http://127.0.0.1:8321"))
    return path


def replayed(path: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["replay", str(path), *more])


def changed(recorded: Path, path: Path, change: Callable[[dict[str, Any]], None], number: int) -> Path:
    """A copy of a scenario with one line changed; 0 is the head."""
    lines = recorded.read_text("utf-8").split("\n")
    line = json.loads(lines[number])
    change(line)
    path.write_text("\n".join([*lines[:number], json.dumps(line), *lines[number + 1 :]]), "utf-8")
    return path


def test_a_fresh_sandbox_answers_the_same(recorded: Path) -> None:
    steps = read(recorded).steps
    done = replayed(recorded)
    assert done.output == f"{len(steps)} of {len(steps)} answers are the same.\n"
    assert done.exit_code == 0
    assert {step.who for step in steps} == {"key", "stranger", "token 1", None}
    assert {step.answer.status for step in steps} >= {200, 201, 400, 401, 502}


def test_no_key_and_no_token_is_written_down(recorded: Path) -> None:
    text = recorded.read_text("utf-8")
    given = next(step for step in read(recorded).steps if step.gives_token)
    assert given.answer.body == "a token"
    for secret in (
        SEOSHOP_KEY,
        SEOSHOP_SECRET,
        "real-key",
        "real-secret",
        "a-real-token",
        "Basic ",
        "Bearer",
    ):
        assert secret not in text


def test_looking_is_no_step(recorded: Path) -> None:
    targets = [step.target for step in read(recorded).steps]
    assert "/admin/clock" in targets
    assert len(targets) == 18


def status(step: dict[str, Any]) -> None:
    step["answer"]["status"] = 418


def header(step: dict[str, Any]) -> None:
    step["answer"]["headers"]["x-ratelimit-limit"] = "1/2/3"


def name(step: dict[str, Any]) -> None:
    step["answer"]["body"] = step["answer"]["body"].replace('"id":', '"ID":', 1)


@pytest.mark.parametrize(
    ("change", "place"),
    [(status, "status"), (header, "header x-ratelimit-limit"), (name, "body.orders[0].ID")],
)
def test_another_answer_is_told_with_its_place(
    recorded: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None], place: str
) -> None:
    done = replayed(changed(recorded, tmp_path / "changed.jsonl", change, 1))
    assert done.exit_code == 1
    assert f"step 1, GET /seoshop/nl/orders.json: {place} differs\n" in done.output


def test_values_are_shown_on_demand_alone(recorded: Path, tmp_path: Path) -> None:
    def change(step: dict[str, Any]) -> None:
        step["answer"]["body"] = step["answer"]["body"].replace("j@example.com", "piet@example.com")

    steps = read(recorded).steps
    number = next(place for place, step in enumerate(steps, 1) if "j@example" in step.answer.body)
    path = changed(recorded, tmp_path / "changed.jsonl", change, number)
    assert "piet@example.com" not in replayed(path).output
    assert "'piet@example.com' then, 'j@example.com' now" in replayed(path, "--values").output


def test_other_options_give_other_answers(recorded: Path, tmp_path: Path) -> None:
    done = replayed(
        changed(recorded, tmp_path / "other.jsonl", lambda head: head["options"].update(seed=4), 0)
    )
    assert done.exit_code == 1


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]\n", "no JSON", '{"sandbox_scenario": 2, "options": {}, "volatile": []}'],
)
def test_a_file_that_is_no_scenario_is_one_clear_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenario.jsonl"
    path.write_text(text, "utf-8")
    done = replayed(path)
    assert (done.exit_code, len(done.output.splitlines())) == (2, 1)
    assert str(path) in done.output


def test_options_that_cannot_be_are_one_clear_line(recorded: Path, tmp_path: Path) -> None:
    path = changed(recorded, tmp_path / "c.jsonl", lambda head: head["options"].update(rate_limits="x"), 0)
    done = replayed(path)
    assert (done.exit_code, len(done.output.splitlines())) == (2, 1)


def test_steps_are_written_as_they_began(recorded: Path) -> None:
    moments = [step.moment for step in read(recorded).steps]
    advanced = [one.target for one in read(recorded).steps].index("/admin/clock")
    assert moments == sorted(moments)
    assert (moments[advanced + 1] - moments[advanced]).total_seconds() > 90_000 - 1


def test_a_request_that_hung_does_not_hang_again(
    recorded: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = recorded.read_text("utf-8")
    steps = [json.loads(line) for line in text.split("\n")[1:] if line]
    rule = next(step for step in steps if step["target"] == "/admin/faults")
    rule["body"] = json.dumps({"do": "hang_before", "path": "brands"})
    asked = next(step for step in steps if "brands" in step["target"])
    asked["answer"] = {"status": 0, "headers": {}, "body": ""}
    path = tmp_path / "hung.jsonl"
    path.write_text(text + "".join(json.dumps(step) + "\n" for step in (rule, asked, rule, asked)), "utf-8")
    done = replayed(path)
    assert [line for line in done.output.splitlines() if "GET" in line] == []
    assert f"{len(steps) + 2} of {len(steps) + 4}" in done.output, "the rules are told otherwise now"
    assert caplog.records == []


def test_a_held_clock_stands_still_and_can_be_moved() -> None:
    clock = Clock(datetime(2026, 11, 2, tzinfo=UTC))
    with clock.held():
        before = clock.timestamp()
        time.sleep(0.002)
        assert clock.timestamp() == before
        clock.advance(60)
        assert clock.timestamp() == pytest.approx(before + 60)
        clock.set(datetime(2030, 1, 1, tzinfo=UTC))
        assert clock.now() == datetime(2030, 1, 1, tzinfo=UTC)
    time.sleep(0.002)
    assert clock.now() > datetime(2030, 1, 1, tzinfo=UTC)


def test_options_are_read_as_they_are_written(recorded: Path) -> None:
    assert read(recorded).options == OPTIONS
    assert isinstance(read(recorded), Scenario)
    assert replace(OPTIONS, seed=4) != OPTIONS
