"""The other runner: `meltano run` for a shop of the list, by the same bookmarks; and `meltano state get`."""

import json
import os
import signal

import pytest

from fleet.waiting import until
from support.fleet import STATE_ID, Fleet, group_is_gone
from support.meltano import NOT_INSTALLED
from support.programs import ROOT
from support.sandbox import SECRETS, Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.meltano, pytest.mark.timeout(600)]


@pytest.fixture
def project(fleet: Fleet) -> Fleet:
    """The folder with a project of Meltano in it, which has an environment for the shop."""
    assert (ROOT / ".meltano" / ".installed").exists(), NOT_INSTALLED
    fleet.prepare_meltano("alpha")
    return fleet


def bookmarks(fleet: Fleet) -> dict[str, object]:
    asked = fleet(
        "exec", "alpha", "meltano", f"--env-file={os.devnull}", "state", "get", STATE_ID.format("alpha")
    )
    assert asked.code == 0, asked.log
    found: dict[str, object] = json.loads(asked.out)
    return found


def test_pipe_and_meltano_go_on_from_each_others_bookmarks(project: Fleet, shop: Sandbox) -> None:
    project.add("alpha", shop)
    project.tick("alpha")
    assert bookmarks(project) == {"singer_state": project.state("alpha")["completed"]["singer_state"]}
    shop.clock(advance=300)
    shop.move(seed=3, new_orders=1)
    project.add("alpha", shop, runner="meltano")
    said = project.tick("alpha").log
    later, earlier = project.runs("alpha")
    assert (later["runner"], later["code"], later["orders"]) == ("meltano", 0, 1)
    assert earlier["true_to"] < later["true_to"]
    assert later["requests"] < 15
    assert bookmarks(project) == {"singer_state": project.state("alpha")["completed"]["singer_state"]}
    assert not any(secret in said for secret in SECRETS)
    assert len(shop.subprofiles("Orders", project.people("alpha"))) == earlier["orders"] + 1
    project.add("alpha", shop)
    project.tick("alpha")
    assert project.runs("alpha")[0]["written"] == 0


def test_a_tick_that_was_killed_under_meltano_does_not_hold_up_the_next_one(
    project: Fleet, shop: Sandbox
) -> None:
    project.add("alpha", shop, runner="meltano")
    shop.fault("seoshop", "/orders", "hang_before", times=None)
    before = shop.last()
    ticking = project.started("tick", "alpha")
    until(lambda: any("/orders" in one["path"] for one in shop.requests(before, "seoshop")))
    group = int((project.home / "state" / "alpha" / "programs.lock").read_text())
    os.killpg(ticking.pid, signal.SIGKILL)
    ticking.wait(60)
    assert not group_is_gone(group)
    shop.clear_faults()
    project.tick("alpha")
    assert group_is_gone(group)
    assert [run["code"] for run in project.runs("alpha")] == [0, None]
