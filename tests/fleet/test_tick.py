"""One tick of one shop, by the real programs: state, record, exit codes, secrets, overlap, kill, stop."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import seoshop_copernica
from fleet.waiting import until
from seoshop_copernica import signals
from seoshop_copernica.errors import Code
from seoshop_copernica.locks import held
from seoshop_copernica.status import Verdict
from support.fleet import Fleet, group_is_gone
from support.programs import BIN, ROOT, run
from support.sandbox import SECRETS, WIDE, Sandbox

if TYPE_CHECKING:
    import subprocess


@pytest.fixture(autouse=True)
def as_it_was(shop: Sandbox) -> Iterator[None]:
    yield
    shop.clear_faults()


def held_back(fleet: Fleet, shop: Sandbox, name: str = "alpha") -> "tuple[subprocess.Popen[bytes], int]":
    """A tick whose tap waits for an answer; and the process group of its programs."""
    shop.fault("seoshop", "/orders", "hang_before", times=None)
    before = shop.last()
    ticking = fleet.started("tick", name)
    until(lambda: any("/orders" in one["path"] for one in shop.requests(before, "seoshop")))
    group = int((fleet.home / "state" / name / "programs.lock").read_text())
    return ticking, group


def test_a_tick_makes_copernica_true_and_the_next_one_goes_on_from_there(fleet: Fleet, shop: Sandbox) -> None:
    fleet.add("alpha", shop)
    first = fleet.tick("alpha")
    assert len(shop.profiles(fleet.people("alpha"))) == 3
    assert len(shop.subprofiles("Orders", fleet.people("alpha"))) == 3
    state = fleet.state("alpha")
    assert state["partial"] == {}
    assert state["completed"]["singer_state"]["bookmarks"]["orders"]["replication_key_value"]
    shop.clock(advance=300)
    shop.move(seed=5, new_orders=1)
    second = fleet.tick("alpha")
    assert len(shop.subprofiles("Orders", fleet.people("alpha"))) == 4
    later, earlier = fleet.runs("alpha")
    assert (earlier["code"], earlier["orders"], earlier["load_done"], earlier["load_total"]) == (0, 3, 3, 3)
    assert (later["code"], later["orders"], later["owed"], later["waiting"]) == (0, 1, 0, 0)
    assert earlier["true_to"] < later["true_to"] <= shop.status()["now"]
    assert later["calls"] == sum(one["side"] == "copernica" for one in shop.requests()) - earlier["calls"]
    assert later["cpu"] > 0
    assert later["memory"] > 0
    for secret in SECRETS:
        assert secret not in first.log + second.log
        for file in (fleet.home / "state").rglob("*"):
            assert file.is_dir() or secret.encode() not in file.read_bytes(), file
    for view in ("runs", "days", "months"):
        assert fleet.runs("alpha", view)
    assert fleet.runs("alpha", "failures") == []


def test_no_program_of_a_tick_shows_a_secret_in_its_command_line_or_has_that_of_another(
    fleet: Fleet, shop: Sandbox
) -> None:
    fleet.add("alpha", shop)
    fleet.add("beta", shop, secrets={"api_key": "env:B", "api_secret": "env:B", "api_token": "env:B"})
    fleet.environ |= {"B": "of-beta", "TAP_SEOSHOP_API_KEY": "of-yet-another"}
    ticking, group = held_back(fleet, shop)
    members = [
        process
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and os.getpgid(int(process.name)) == group
    ]
    assert len(members) == 2
    for process in [*members, Path(f"/proc/{ticking.pid}")]:
        line = (process / "cmdline").read_bytes().decode()
        assert not any(secret in line for secret in (*SECRETS, "of-beta")), line
    for process in members:
        environ = (process / "environ").read_bytes().decode()
        assert not any(secret in environ for secret in (*SECRETS, "of-beta", "of-yet-another"))
    shop.clear_faults()
    assert ticking.wait(60) == 0


@pytest.mark.slow
def test_a_tick_that_finds_the_targets_directory_in_use_is_busy_too(fleet: Fleet, shop: Sandbox) -> None:
    fleet.add("alpha", shop)
    with held(fleet.home / "state" / "alpha" / "target-copernica" / "lock") as handle:
        assert handle is not None
        ended = fleet("tick", "alpha")
    assert ended.code == 0, ended.log
    assert "alpha: busy" in ended.log
    assert fleet.runs("alpha") == []


def test_an_overlap_is_no_failure_and_a_killed_tick_does_not_hold_up_the_next_one(
    fleet: Fleet, shop: Sandbox
) -> None:
    fleet.add("alpha", shop)
    ticking, group = held_back(fleet, shop)
    second = fleet("tick", "alpha")
    assert second.code == 0, second.log
    assert "still at work" in second.log
    assert seoshop_copernica.tick("alpha", home=fleet.home).kind == "busy"
    assert len(fleet.runs("alpha")) == 1, "an overlap leaves no trace"
    os.killpg(ticking.pid, signal.SIGKILL)
    ticking.wait(60)
    assert not group_is_gone(group)
    shop.clear_faults()
    fleet.tick("alpha")
    assert group_is_gone(group)
    assert len(shop.profiles(fleet.people("alpha"))) >= 3
    done, cut = fleet.runs("alpha")
    assert (done["code"], cut["code"], cut["ended"]) == (0, None, None)


@pytest.mark.slow
def test_a_tick_that_hangs_is_ended_after_its_time_and_the_next_one_goes_on(
    fleet: Fleet, shop: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.add("alpha", shop, time_limit="2s")
    for name, value in fleet.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(signals, "PATIENCE", 0.5)
    shop.fault("seoshop", "/orders", "hang_before", times=None)
    outcome = seoshop_copernica.tick("alpha", home=fleet.home)
    assert (outcome.kind, outcome.code) == ("failed", Code.TIME_LIMIT)
    assert "2s (`time_limit`)" in outcome.cause
    assert group_is_gone(int((fleet.home / "state" / "alpha" / "programs.lock").read_text()))
    assert fleet.runs("alpha")[0]["code"] == Code.TIME_LIMIT
    shop.clear_faults()
    fleet.add("alpha", shop)
    fleet.tick("alpha")
    assert len(shop.profiles(fleet.people("alpha"))) >= 3


@pytest.mark.slow
def test_a_signal_reaches_both_programs_and_is_waited_for(fleet: Fleet, shop: Sandbox) -> None:
    number = signal.SIGINT
    fleet.add("alpha", shop)
    ticking, group = held_back(fleet, shop)
    ticking.send_signal(number)
    shop.clear_faults()
    assert ticking.wait(60) == 128 + number
    assert group_is_gone(group)
    assert fleet.runs("alpha")[0]["code"] == 128 + number
    fleet.tick("alpha")


def test_a_failure_ends_with_the_code_and_the_cause_of_the_program_that_failed_first(
    fleet: Fleet, shop: Sandbox
) -> None:
    fleet.add("alpha", shop)
    fleet.environ["SHOP_SECRET"] = "a-wrong-secret"
    ended = fleet("tick", "alpha")
    assert ended.code == 3, ended.log
    assert "a-wrong-secret" not in ended.log
    failed = fleet.runs("alpha", "failures")[0]
    assert failed["code"] == 3
    assert failed["cause"] in ended.err.splitlines()[-1]
    (fleet.home / "keys" / "token").write_text("no-such-token")
    fleet.environ["SHOP_SECRET"] = SECRETS[1]
    ended = fleet("tick", "alpha")
    assert ended.code == 3, ended.log
    assert "Copernica" in ended.err.splitlines()[-1]


@pytest.mark.slow
def test_a_tick_that_gets_no_further_since_the_quota_is_spent_says_so(fleet: Fleet, shop: Sandbox) -> None:
    fleet.add("alpha", shop)
    fleet.tick("alpha")
    shop.settings(rate_limits="300/3000/1")
    try:
        fleet.tick("alpha")
        fleet.tick("alpha")
    finally:
        shop.settings(rate_limits=WIDE)
    spent, *_, first = fleet.runs("alpha")
    assert (spent["code"], spent["true_to"]) == (0, first["true_to"])
    assert spent["cause"].startswith("stopped early: the key's requests per day are used up")
    assert json.loads(fleet("status", "alpha", "--json").out)["complete"] == first["ended"]


@pytest.mark.parametrize("name", ["gamma", "Alpha", "a/b", "../alpha", ""])
def test_a_name_that_is_no_shop_makes_nothing(fleet: Fleet, shop: Sandbox, name: str) -> None:
    fleet.add("alpha", shop)
    ended = fleet("tick", name)
    assert ended.code == 2
    assert name in ended.log
    assert [one.name for one in (fleet.home / "state").glob("*") if one.is_dir()] == []


@pytest.mark.slow
def test_one_shop_needs_no_list(tmp_path: Path, shop: Sandbox) -> None:
    target = {"database": "only_people", "products_database": "only_products"}
    environ = shop.environment(tmp_path / "elsewhere")
    environ |= {f"TARGET_COPERNICA_{name.upper()}": value for name, value in target.items()}
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in environ.items()))
    ended = run(BIN / "seoshop-copernica", "tick", cwd=tmp_path)
    assert ended.code == 0, ended.log
    assert len(shop.profiles("only_people")) >= 3
    assert (tmp_path / "state" / "prod" / "target-copernica" / "ledger.sqlite").exists()
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.slow
def test_any_program_can_be_run_with_the_settings_of_a_shop(fleet: Fleet, shop: Sandbox) -> None:
    fleet.add("alpha", shop)
    fleet.tick("alpha")
    ended = fleet("exec", "alpha", "--", "target-copernica", "--config=ENV", "status", "--json")
    assert ended.code == 0, ended.log
    assert json.loads(ended.out)["last_run"]["exit_code"] == 0
    assert fleet("exec", "alpha", "no-such-program").code == 2


@pytest.mark.slow
def test_a_shop_can_be_renamed_with_its_folder(fleet: Fleet, shop: Sandbox) -> None:
    fleet.add("alpha", shop)
    fleet.tick("alpha")
    fleet.shops["beta"] = {**fleet.shops.pop("alpha"), "environment": "alpha"}
    fleet.write()
    (fleet.home / "state" / "alpha").rename(fleet.home / "state" / "beta")
    fleet.tick("beta")
    later, earlier = fleet.runs("beta")
    assert (earlier["orders"] > 0, later["orders"], later["written"]) == (True, 0, 0)


def test_each_exit_code_is_documented() -> None:
    page = (ROOT / "docs" / "fleet.md").read_text()
    assert [code for code in (*Code, *Verdict) if f"\n| {code:d} | " not in page] == []
