"""Opt-outs go back to the shop: by programs that know nothing of each other, and can do nothing else."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from target_seoshop_optouts.deciding import fold, noted, to_delete

from support.account import Account
from support.meltano import Meltano
from support.programs import BIN, ROOT, Ended, run, written
from support.sandbox import COPERNICA_TOKEN, SEOSHOP_WRITE_KEY, SEOSHOP_WRITE_SECRET, Sandbox, running_sandbox
from support.singer import complete, customer, record, schema

BEFORE, AT, AFTER = (f"2026-11-02T{hour:02}:00:00+00:00" for hour in (8, 9, 10))


def optout(number: int = 1, **more: Any) -> dict[str, Any]:
    body = {"id": f"ms/unsubscribes/{number}", "email": f"person{number}@example.com"}
    return {**body, "opted_out_at": AT, "kind": "unsubscribe", **more}


def subscription(
    number: int, person: int = 1, at: str = BEFORE, updated: str | None = None
) -> dict[str, Any]:
    return {
        "id": number,
        "email": f"Person{person}@Example.com",
        "createdAt": at,
        "updatedAt": updated or at,
        "isConfirmed": True,
    }


def deleted(records: list[dict[str, Any]], listed: list[dict[str, Any]]) -> list[int]:
    optouts: dict[str, Any] = {}
    for one in records:
        noted(optouts, one)
    return [number for number, _ in to_delete(optouts, listed)]


# Decisions -----------------------------------------------------------------------------------


def test_what_an_opt_out_came_after_is_ended() -> None:
    listed = [subscription(3), subscription(4, person=2), subscription(5, at=AFTER)]
    assert deleted([optout()], listed) == [3]
    assert deleted([optout()], [subscription(3, updated=AFTER)]) == []  # confirmed after it
    assert deleted([optout()], [subscription(3, at="unknown")]) == []
    assert deleted([optout(), optout(opted_out_at=AFTER)], [subscription(3, at=AT)]) == [3]


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": None}, {"email": "no address"}, {"opted_out_at": "yesterday"}, {"opted_out_at": None},
        {"opted_out_at": "2026-11-02T09:00:00"}, {"kind": "subscribe"},
    ],
)  # fmt: skip
def test_what_is_no_opt_out_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        deleted([optout(**wrong)], [])


HOURS = st.integers(0, 5).map(lambda hour: f"2026-11-02T{hour:02}:00:00+00:00")
SAID = st.builds(lambda at, person: optout(person, opted_out_at=at), HOURS, st.integers(1, 3))
LISTED = st.builds(subscription, st.integers(1, 50), st.integers(1, 3), HOURS, HOURS)


@given(said=st.lists(SAID, max_size=6), listed=st.lists(LISTED, max_size=6, unique_by=lambda one: one["id"]))
def test_no_act_after_the_last_opt_out_is_undone(
    said: list[dict[str, Any]], listed: list[dict[str, Any]]
) -> None:
    """In any order, and what comes twice counts once."""
    gone = set(deleted(said, listed))
    assert gone == set(deleted([*reversed(said), *said], list(reversed(listed))))
    for one in listed:
        last = max((s["opted_out_at"] for s in said if s["email"] == fold(one["email"])), default="")
        assert (one["id"] in gone) == (max(one["createdAt"], one["updatedAt"]) <= last)


# Strangers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["tap-copernica-optouts", "target-seoshop-optouts"])
def test_they_import_nothing_of_ours(package: str) -> None:
    own = package.replace("-", "_")
    for file in (ROOT / package / own).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            roots = {name.partition(".")[0] for name in names}
            assert roots <= {own, "requests", "urllib3", *sys.stdlib_module_names}, file


# Between the two APIs ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """Four people in Copernica; the shop has a subscription of each."""
    more = ("--import-seconds", "0.1", "--no-curated")
    with running_sandbox(customers=30, orders=0, order_rows=0, more=more) as sandbox:
        account = Account(sandbox, tmp_path_factory.mktemp("optouts"))
        account.send(*[customer(number) for number in range(1, 5)], *listed(sandbox))
        yield account


def listed(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The shop's list as the main tap would send it, after subscriptions of our own were added."""
    for number in range(1, 5):
        if 900 + number not in ids(sandbox):
            sandbox.insert("subscriptions", subscription(900 + number, number, "2026-11-02T08:00:00+00:00"))
    return messages(sandbox)


def messages(sandbox: Sandbox) -> list[dict[str, Any]]:
    records = [record("subscriptions", **one) for one in sandbox.shop("subscriptions")]
    return [schema("subscriptions"), *records, complete("subscriptions")]


def ids(sandbox: Sandbox) -> set[int]:
    return {one["id"] for one in sandbox.shop("subscriptions")}


def unsubscribe(account: Account, *people: int, kind: str = "unsubscribes", system: str = "ms") -> None:
    numbers = {one["fields"]["external_key"]: int(one["ID"]) for one in account.sandbox.profiles("SEOshop")}
    for person in people:
        account.sandbox.unsubscribe(numbers[f"7:{person}"], kind=kind, system=system)


def read(account: Account, folder: Path, state: Path | None = None, **settings: Any) -> Ended:
    url = account.sandbox.url + "/copernica"
    config = {"api_token": COPERNICA_TOKEN, "api_url": f"{url}/v4", "auth_url": f"{url}/authenticate"}
    file = written(folder / "optouts.json", config | settings)
    return run(BIN / "tap-copernica-optouts", "--config", file, *(("--state", state) if state else ()))


def carry(account: Account, folder: Path, text: str, **settings: Any) -> Ended:
    config = {
        "api_key": SEOSHOP_WRITE_KEY,
        "api_secret": SEOSHOP_WRITE_SECRET,
        "api_url": f"{account.sandbox.url}/seoshop",
        "receipts": str(folder / "receipts.jsonl"),
    }
    file = written(folder / "shop.json", config | settings)
    return run(BIN / "target-seoshop-optouts", "--config", file, messages=text)


def written_calls(account: Account, since: int) -> list[str]:
    made = account.sandbox.requests(since, side="seoshop")
    return [f"{one['method']} {one['path'].rpartition('/')[2]}" for one in made if one["method"] != "GET"]


@pytest.mark.slow
def test_there_and_back(account: Account, tmp_path: Path) -> None:
    """A dry run first; a cap; the deletion; and the loop, which does no harm."""
    sandbox = account.sandbox
    unsubscribe(account, 1)
    unsubscribe(account, 2, kind="abuses", system="publisher")
    told = read(account, tmp_path)
    assert told.code == 0, told.err
    records = [line["record"] for line in told.lines() if line["type"] == "RECORD"]
    assert [(one["email"], one["kind"]) for one in records] == [
        ("person1@example.com", "unsubscribe"),
        ("person2@example.com", "complaint"),
    ]
    before, had = sandbox.last(), ids(sandbox)
    dry = carry(account, tmp_path, told.out)
    assert (dry.code, dry.out) == (0, "")  # no state: a real run gets them again
    assert "2 subscriptions would be deleted" in dry.err
    for most, code in ((1, 5), (0, 5), ("0", 5), ("a few", 2)):
        capped = carry(account, tmp_path, told.out, dry_run=False, max_deletes=most)
        assert (capped.code, capped.out) == (code, ""), capped.err
    assert written_calls(account, before) == []
    assert not (tmp_path / "receipts.jsonl").exists()
    done = carry(account, tmp_path, told.out, dry_run="false")
    assert (done.code, "example.com" in done.err) == (0, False), done.err
    (state,) = done.lines()
    assert written_calls(account, before) == ["DELETE 901.json", "DELETE 902.json"]
    assert had - ids(sandbox) == {901, 902}
    receipts = (tmp_path / "receipts.jsonl").read_text()
    assert (tmp_path / "receipts.jsonl").stat().st_mode & 0o777 == 0o600
    assert "@" not in receipts
    assert [(one["subscription"], one["what"]) for one in map(json.loads, receipts.splitlines())] == [
        (901, "deleting"), (901, "deleted"), (902, "deleting"), (902, "deleted"),
    ]  # fmt: skip
    # Once more, from the state: the margin brings the same opt-outs, and nothing is left to delete.
    again = read(account, tmp_path, written(tmp_path / "state.json", state))
    assert carry(account, tmp_path, again.out, dry_run=False).code == 0
    assert written_calls(account, before) == ["DELETE 901.json", "DELETE 902.json"]
    # The shop's list lacks them now: an opt-out that Copernica has; nothing new comes out of it.
    for _ in range(2):
        sandbox.clock(advance=7200)
        account.send(*messages(sandbox))
    held = {key: one["newsletter"] for key, one in account.people().items()}
    assert held == {"7:1": "no", "7:2": "no", "7:3": "yes", "7:4": "yes"}
    later = read(account, tmp_path, written(tmp_path / "state.json", again.lines()[-1]["value"]))
    assert [line["record"] for line in later.lines() if line["type"] == "RECORD"] == records


@pytest.mark.slow
def test_a_new_act_in_the_shop_is_not_undone(account: Account, tmp_path: Path) -> None:
    sandbox = account.sandbox
    unsubscribe(account, 3)
    told = read(account, tmp_path).out
    sandbox.clock(advance=3600)
    now = sandbox.status()["now"]
    sandbox.insert("subscriptions", subscription(950, 3, now))
    assert carry(account, tmp_path, told, dry_run=False).code == 0
    assert 903 not in ids(sandbox)
    assert 950 in ids(sandbox)


@pytest.mark.slow
def test_the_reading_key_can_delete_nothing(account: Account, tmp_path: Path) -> None:
    unsubscribe(account, 4)
    told = read(account, tmp_path).out
    main = account.sandbox.tap_config()
    ended = carry(
        account, tmp_path, told, dry_run=False, api_key=main["api_key"], api_secret=main["api_secret"]
    )
    assert (ended.code, ended.out) == (3, "")
    assert "must be allowed to write customers" in ended.err
    assert 904 in ids(account.sandbox)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        {"type": "SCHEMA", "stream": "customers", "schema": {}, "key_properties": ["id"]},
        {"type": "RECORD", "stream": "customers", "record": optout(4)},
        {"type": "RECORD", "stream": "optouts", "record": optout(4, kind="unsubscribed?")},
        "not an object",
    ],
)
def test_a_stranger_at_the_door_stops_it_before_the_first_deletion(
    account: Account, tmp_path: Path, line: Any
) -> None:
    before = account.sandbox.last()
    first = {"type": "RECORD", "stream": "optouts", "record": optout(4, opted_out_at="2030-01-01T00:00:00Z")}
    ended = carry(account, tmp_path, "".join(json.dumps(one) + "\n" for one in (first, line)), dry_run=False)
    assert (ended.code, ended.out) == (2, "")
    assert "line 2" in ended.err
    assert "@" not in ended.err
    assert account.sandbox.requests(before, side="seoshop") == []


@pytest.mark.slow
def test_other_messages_are_borne(account: Account, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": "optouts", "schema": {}, "key_properties": ["id"]},
        {"type": "ACTIVATE_VERSION", "stream": "optouts", "version": 1},
        {"type": "STATE", "value": {"a": 1}},
    ]
    ended = carry(account, tmp_path, "\n".join(map(json.dumps, lines)) + "\n\n", dry_run=False)
    assert (ended.code, ended.lines()) == (0, [{"a": 1}])


@pytest.mark.slow
def test_the_tap_is_one_to_meltano_and_says_what_is_wrong(account: Account, tmp_path: Path) -> None:
    config = written(tmp_path / "empty.json", {})
    found = run(BIN / "tap-copernica-optouts", "--config", config, "--discover")
    assert [one["tap_stream_id"] for one in json.loads(found.out)["streams"]] == ["optouts"]
    assert "`api_token` is missing" in run(BIN / "tap-copernica-optouts", "--config", config).err
    refused = read(account, tmp_path, api_token="wrong")
    assert (refused.code, refused.out) == (3, "")


@pytest.mark.slow
@pytest.mark.meltano
def test_meltano_runs_the_pair(account: Account, tmp_path: Path) -> None:
    meltano = Meltano(tmp_path, account.sandbox)
    url = account.sandbox.url
    env = {
        "TAP_COPERNICA_OPTOUTS_API_URL": f"{url}/copernica/v4",
        "TAP_COPERNICA_OPTOUTS_AUTH_URL": f"{url}/copernica/authenticate",
        "TARGET_SEOSHOP_OPTOUTS_API_URL": f"{url}/seoshop",
        "TARGET_SEOSHOP_OPTOUTS_RECEIPTS": str(tmp_path / "receipts.jsonl"),
    }
    unsubscribe(account, 4)
    before, had = account.sandbox.last(), ids(account.sandbox)
    assert "would be deleted" in meltano.run("optouts-to-seoshop", env=env).log
    assert written_calls(account, before) == []
    meltano.run("optouts-to-seoshop", env=env | {"TARGET_SEOSHOP_OPTOUTS_DRY_RUN": "false"})
    assert 904 in had - ids(account.sandbox)
