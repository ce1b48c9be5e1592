"""Real `meltano run`s with the real plugins into the sandbox."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from support.meltano import Meltano, selected
from support.programs import ROOT, catalog_of, pipe
from support.sandbox import SECRETS, SEOSHOP_KEY, SEOSHOP_SECRET, Sandbox

pytestmark = pytest.mark.meltano

FULL = ("tap-seoshop", "target-copernica")
LOUD = {"TAP_SEOSHOP_LOGLEVEL": "DEBUG", "TARGET_COPERNICA_LOGLEVEL": "DEBUG"}
HIDDEN = (*SECRETS, b64encode(f"{SEOSHOP_KEY}:{SEOSHOP_SECRET}".encode()).decode(), "Bearer ey")
"""The secrets as they are, and as they travel."""
SIDES = {
    "customers": "SEOshop",
    "orders": "SEOshop/Orders",
    "order_products": "SEOshop/OrderItems",
    "products": "SEOshop_products",
    "variants": "SEOshop_products/Variants",
}


def writes(sandbox: Sandbox, since: int) -> list[str]:
    return [
        f"{one['method']} {one['path']}"
        for one in sandbox.requests(since)
        if one["side"] == "copernica" and one["method"] != "GET"
    ]


def personal(sandbox: Sandbox) -> set[str]:
    """Names, addresses and numbers of the shop's customers, which no log may hold."""
    people = sandbox.shop("customers")
    told = {
        one[name]
        for one in people
        for name in ("email", "lastname", "phone")
        if len(str(one[name] or "")) > 5
    }
    assert len(told) > len(people)
    return told


def test_a_first_run_fills_copernica_and_a_second_writes_nothing(meltano: Meltano, sandbox: Sandbox) -> None:
    meltano.run(*FULL)
    content = sandbox.content()
    shop = sandbox.status()["shop"]["id"]
    products = {one["id"] for one in sandbox.shop("products")}
    for resource, place in SIDES.items():
        # People without an account have a profile of their own beside the customers.
        keys = {key for key in content[place] if ":mail:" not in key and ":order:" not in key}
        records = sandbox.shop(resource)
        if resource == "variants":  # one of a product that the shop no longer has belongs nowhere
            records = [one for one in records if one["product"]["resource"]["id"] in products]
        assert keys == {f"{shop}:{one['id']}" for one in records}, place
    assert sandbox.followups(run=True) == []

    mark = sandbox.last()
    meltano.run(*FULL)
    assert writes(sandbox, mark) == []
    reads = [one for one in sandbox.requests(mark, "copernica") if one["method"] == "GET"]
    assert len(reads) <= 2
    assert sandbox.content() == content


def test_a_plain_pipe_leaves_the_same_as_meltano(
    meltano: Meltano, sandbox: Sandbox, start_sandbox: Callable[..., Sandbox], folder: Callable[[str], Path]
) -> None:
    meltano.run(*FULL)
    other, place = start_sandbox(), folder("pipe")
    tap_config = other.tap_config()
    catalog = catalog_of(place, tap_config, selected("tap-seoshop"))
    piped = pipe(place, tap_config, other.target_config(place / "state"), catalog=catalog)
    assert (piped.tap.code, piped.target.code) == (0, 0), piped.tap.log + piped.target.log
    assert other.content() == sandbox.content()

    mark = other.last()
    again = pipe(place, tap_config, other.target_config(place / "state"), catalog=catalog)
    assert (again.tap.code, again.target.code) == (0, 0), again.tap.log + again.target.log
    assert writes(other, mark) == []


def test_the_small_edition_has_few_fields_and_a_place_of_its_own(meltano: Meltano, sandbox: Sandbox) -> None:
    ended = meltano.run("tap-seoshop-lite", "target-copernica-lite", env={"TAP_SEOSHOP_LOOKBACK": "600"})
    told = re.findall(r"is unknown and does nothing; did you mean (\w+)\?", ended.log)
    assert set(told) == {"TAP_SEOSHOP_LOOK_BACK"}  # told at discovery, too
    content = sandbox.content()
    assert set(content) == {"SEOshop_lite"}
    assert len(content["SEOshop_lite"]) == sandbox.status()["shop"]["customers"]
    for fields in content["SEOshop_lite"].values():
        assert set(fields) == {
            "external_key",
            "seoshop_id",
            "firstname",
            "lastname",
            "email",
            "registered_at",
            "newsletter",
            "newsletter_since",
        }

    mark = sandbox.last()
    meltano.run("tap-seoshop-lite", "target-copernica-lite")
    assert writes(sandbox, mark) == []


def test_another_target_takes_the_same_stream(meltano: Meltano, sandbox: Sandbox) -> None:
    meltano.run("tap-seoshop", "target-jsonl")
    files = {file.stem: file for file in (meltano.folder / "output").iterdir()}
    assert set(files) == selected("tap-seoshop")
    for resource in SIDES:
        lines = [json.loads(line) for line in files[resource].read_bytes().split(b"\n") if line]
        assert {one["id"] for one in lines} == {one["id"] for one in sandbox.shop(resource)}
    assert sandbox.databases() == {}


@pytest.mark.slow
def test_the_job_of_the_schedule_runs(meltano: Meltano, sandbox: Sandbox) -> None:
    meltano.run("seoshop-to-copernica")
    assert set(sandbox.databases()) == {"SEOshop", "SEOshop_products"}


@pytest.mark.slow
def test_no_log_holds_a_secret_not_even_at_the_finest_level(meltano: Meltano, sandbox: Sandbox) -> None:
    ended = meltano("--log-level=debug", "run", *FULL, env=LOUD)
    assert ended.code == 0, ended.log
    logs = [ended.log, *(file.read_text(errors="ignore") for file in meltano.folder.rglob("*.log"))]
    assert "[debug" in ended.log
    assert not any(secret in log for secret in HIDDEN for log in logs)
    assert sandbox.databases()["SEOshop"]["profiles"] > 0


def test_a_whole_run_can_be_debugged_without_personal_data(meltano: Meltano, sandbox: Sandbox) -> None:
    ended = meltano(f"--log-config={ROOT / 'deploy' / 'logging-debug.yaml'}", "run", *FULL, env=LOUD)
    assert ended.code == 0, ended.log
    for program in ("tap-seoshop", "target-copernica", "meltano"):
        assert re.search(rf"\[debug *\] {program}", ended.log), program
    assert not any(secret in ended.log for secret in (*HIDDEN, *personal(sandbox)))


@pytest.mark.slow
def test_what_the_programs_log_holds_no_personal_data_either(
    sandbox: Sandbox, folder: Callable[[str], Path]
) -> None:
    # Meltano itself shows every message at its level debug; tap and target show none at any.
    place = folder("pipe")
    piped = pipe(place, sandbox.tap_config(), sandbox.target_config(place / "state"), env=LOUD)
    assert (piped.tap.code, piped.target.code) == (0, 0), piped.tap.log + piped.target.log
    log = piped.tap.log + piped.target.log
    assert "DEBUG" in log
    assert not any(secret in log for secret in (*HIDDEN, *personal(sandbox)))


def test_meltano_says_in_one_line_why_a_run_failed(meltano: Meltano, sandbox: Sandbox) -> None:
    ended = meltano("run", *FULL, env={"TARGET_COPERNICA_API_TOKEN": "sandbox-not-the-right-token-00000"})
    assert ended.code == 1
    said = [line for line in ended.log.split("\n") if "target-copernica: " in line]
    assert len(said) == 1, ended.log
    assert "api_token" in said[0]
    assert sandbox.databases() == {}


def test_a_real_shops_state_stands_apart_from_the_sandboxs(meltano: Meltano) -> None:
    del meltano.places["TARGET_COPERNICA_STATE_DIR"]
    del meltano.places["TARGET_COPERNICA_API_URL"]
    said = {
        environment: meltano(f"--environment={environment}", "config", "print", "target-copernica").out
        for environment in ("sandbox", "prod")
    }
    assert f"{ROOT}/state/sandbox/target-copernica" in said["sandbox"]
    assert f"{ROOT}/state/prod/target-copernica" in said["prod"]
    assert "http://127.0.0.1:8321/copernica/v4" in said["sandbox"]
    assert "https://api.copernica.com/v4" in said["prod"]


def test_only_the_owner_reads_the_settings_that_meltano_keeps_while_a_program_runs() -> None:
    assert (ROOT / ".meltano").stat().st_mode & 0o077 == 0
