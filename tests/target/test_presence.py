"""A single "No entity with supplied ID" buries nothing: it is asked again at once and by the next run."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.colleague import Colleague
from support.singer import customer, order, state
from target_copernica.api import client
from target_copernica.api.client import Client
from target_copernica.api.interrupt import Interrupt
from target_copernica.errors import ApiAwayError

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"
LATER = "2026-11-02T09:21:00Z"
DAY = 86_400
PROFILE, SUBPROFILE, BOTH = "/profile/[0-9]+", "/subprofile/[0-9]+", "/(sub)?profile/[0-9]+"
FIRST = [customer(1), customer(2), order(11, 1), state(n=1)]
CHANGED = [
    customer(1, updated=NOW, firstname="New"),
    order(11, 1, updated=NOW, status="completed"),
    order(12, 1),
    state(n=2),
]


def says_gone(account: Account, path: str, **rule: Any) -> None:
    """Let Copernica answer that it knows no such id."""
    body = json.dumps({"error": {"message": "No entity with supplied ID"}})
    account.sandbox.fault("copernica", path, "status", status=400, body=body, **rule)


def written(account: Account) -> tuple[str, str, set[str]]:
    people = account.sandbox.profiles("SEOshop")
    assert sorted(one["fields"]["external_key"] for one in people) == ["7:1", "7:2"]
    orders = account.orders()
    return account.people()["7:1"]["firstname"], orders["7:11"]["status"], set(orders)


def buried(account: Account) -> int:
    return sum(place["removed"] for place in json.loads(account.command("status", "--json").out)["places"])


@pytest.mark.parametrize("route", ["single", "auto"])
@pytest.mark.parametrize(("path", "method"), [(PROFILE, "PUT"), (SUBPROFILE, "PUT"), (BOTH, "GET")])
def test_a_passing_answer_is_asked_again_at_once(
    account: Account, path: str, method: str, route: str
) -> None:
    account.send(*FIRST)
    says_gone(account, path, method=method)
    assert account.send(*CHANGED, write_route=route).lines() == [{"n": 2}]
    assert written(account) == ("New", "completed", {"7:11", "7:12"})
    assert buried(account) == 0


@pytest.mark.parametrize("route", ["single", "auto"])
def test_what_a_whole_run_takes_for_gone_waits_for_the_next_one(account: Account, route: str) -> None:
    account.send(*FIRST)
    says_gone(account, BOTH, times=None)
    ended = account.send(*CHANGED, write_route="single")
    assert ended.lines() == [{"n": 2}]  # it waits in the ledger, which is durable
    assert buried(account) == 0
    account.sandbox.clear_faults()
    account.send(customer(2), write_route=route)
    assert written(account) == ("New", "completed", {"7:11", "7:12"})
    assert account.rejects() == []


def test_an_order_under_a_profile_in_doubt_waits_and_makes_no_second_person(account: Account) -> None:
    account.send(*FIRST)
    says_gone(account, PROFILE, times=None)
    account.send(order(12, 1))
    assert set(account.orders()) == {"7:11"}
    account.sandbox.clear_faults()
    account.send(customer(2))
    assert set(account.orders()) == {"7:11", "7:12"}
    assert len(account.sandbox.profiles("SEOshop")) == 2


def test_what_two_runs_find_gone_is_left_alone_and_never_made_anew(account: Account) -> None:
    account.sandbox.settings(switches={"copernica.interface_removal": "gone"})
    account.send(*FIRST)
    account.sandbox.remove_profile(Colleague(account.sandbox, "SEOshop").number_of("7:1"))
    for n in range(3):
        account.send(
            customer(1, at=NOW, updated=f"2026-11-02T09:2{n}:30Z", phone=str(n)),
            order(20 + n, 1, at=NOW),
            state(n=n),
        )
        assert set(account.people()) == {"7:2"}
    assert buried(account) >= 1
    account.sandbox.clock(advance=2 * DAY)
    account.send(*FIRST, *CHANGED)
    assert set(account.people()) == {"7:2"}


def test_the_daily_look_lifts_a_tombstone_of_what_it_sees(account: Account) -> None:
    account.send(*FIRST)
    says_gone(account, BOTH, times=None)
    for n in range(2):  # believed by the second run
        stamp = f"2026-11-02T09:2{n}:30Z"
        account.send(
            customer(1, updated=stamp, firstname=str(n)), order(11, 1, updated=stamp), write_route="single"
        )
    assert buried(account) == 2
    account.sandbox.clear_faults()
    account.sandbox.clock(advance=2 * DAY)
    ended = account.send(customer(2))
    assert "7:1 is there again and is written again" in ended.err
    assert buried(account) == 0
    account.send(customer(1, updated=LATER, firstname="New"), order(11, 1, updated=LATER, status="completed"))
    assert written(account)[:2] == ("New", "completed")


def test_the_daily_look_lifts_tombstones_also_after_the_ledger_was_lost(account: Account) -> None:
    account.send(*FIRST)
    says_gone(account, BOTH, times=None)
    for n in range(2):
        account.send(customer(1, updated=f"2026-11-02T09:2{n}:30Z", firstname=str(n)), write_route="single")
    account.sandbox.clear_faults()
    account.lose_ledger()
    account.send(*FIRST, *CHANGED)
    assert written(account) == ("New", "completed", {"7:11", "7:12"})


def test_check_asks_again_too(account: Account) -> None:
    account.sandbox.settings(switches={"copernica.interface_removal": "gone"})
    account.send(*FIRST)
    account.sandbox.remove_profile(Colleague(account.sandbox, "SEOshop").number_of("7:2"))
    assert "1 in doubt, asked for again by the next run (7:2)" in account.command("check").out
    assert "1 removed (7:2)" in account.command("check").out


@pytest.mark.parametrize("times", [2, None])
def test_a_deletion_is_owed_until_it_is_sure(account: Account, times: int | None) -> None:
    gone = customer(1, updated=NOW, _sdc_deleted_at=NOW)
    account.send(customer(1), customer(2))
    says_gone(account, PROFILE, times=times)
    ended = account.send(gone, state(n=2), deletes="delete")
    assert ended.lines() == [{"n": 2}]
    account.sandbox.clear_faults()
    account.command("check")  # sees it alive, which is no reason to forget that it is to be deleted
    account.send(customer(2), deletes="delete")
    assert set(account.people()) == {"7:2"}
    account.send(customer(1, updated=LATER), deletes="delete")  # registered anew
    assert set(account.people()) == {"7:1", "7:2"}


def test_adoption_believes_no_single_answer_either(account: Account) -> None:
    account.send(customer(5))
    colleague = Colleague(account.sandbox, "SEOshop")
    account.lose_ledger()
    number = colleague.creates({"firstname": "Known", "email": "person1@example.com"})
    account.send(customer(6), existing_people="adopt")  # reads who is there
    says_gone(account, PROFILE, times=None)
    account.send(customer(1), state(n=1), existing_people="adopt")
    assert "7:1" not in account.people()
    account.sandbox.clear_faults()
    account.send(customer(6), existing_people="adopt")
    assert colleague.number_of("7:1") == number
    assert len(account.sandbox.profiles("SEOshop")) == 3


HTML = "<html><head><title>404 Not Found</title></head></html>"
PROXY = json.dumps({"error": {"message": "no route to upstream"}})


@pytest.mark.parametrize("body", [HTML, PROXY])
def test_a_404_that_is_not_copernicas_own_is_trouble_of_the_way(
    account: Account, body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.send(*FIRST)
    account.sandbox.fault("copernica", PROFILE, "status", status=404, body=body, times=2)
    account.send(*CHANGED)
    assert written(account)[0] == "New"
    assert (account.rejects(), buried(account)) == ([], 0)

    monkeypatch.setattr(client, "_PATIENCE", 1.0)  # else five minutes
    config = account.sandbox.target_config(tmp_path)
    copernica = Client(config["api_url"], config["auth_url"], config["api_token"], Interrupt())
    copernica.sign_in()
    account.sandbox.fault("copernica", "/v4/", "status", status=404, body=body, times=None)
    with pytest.raises(ApiAwayError, match="nothing is lost, run again later") as ended:
        copernica.get("identity")
    assert ended.value.exit_code == 4
