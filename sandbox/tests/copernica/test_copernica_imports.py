"""Imports (docs/api/copernica.md, section 10)."""

from typing import Any

import pytest

from .conftest import Account

LONG = 3600


@pytest.fixture
def database(account: Account) -> int:
    database = account.database(key={"type": "text", "index": True}, name="text", n="integer")
    account.collection(database, "Orders", key={"type": "text", "index": True}, total="float")
    return database


def imported(
    account: Account, database: int, rows: Any, action: str = "update or add", **options: Any
) -> int:
    keys = options.pop("keys", ["key"])
    body = {"database": database, "action": action, "keyFields": keys, "source": rows, **options}
    new_id = account.post("imports", body)
    account.later(LONG)
    account.get("identity")
    return new_id


def people(account: Account, database: int) -> list[dict[str, str]]:
    return [row["fields"] for row in account.get(f"database/{database}/profiles", limit=1000)["data"]]


def orders(account: Account) -> list[tuple[str, dict[str, str]]]:
    return [
        (row["profile"], row["fields"]) for row in account.get("collection/1/subprofiles", limit=1000)["data"]
    ]


def test_import_takes_time_by_the_clock_and_shows_nothing_before_its_end(
    account: Account, database: int
) -> None:
    rows = [{"key": str(number)} for number in range(1000)]
    new_id = account.post("imports", {"database": database, "action": "add", "source": rows})
    waiting = account.get(f"import/{new_id}")
    assert (waiting["status"], waiting["totallines"], waiting["processedLines"], waiting["lastrun"]) == (
        "ready for start",
        "1000",
        "0",
        False,
    )
    account.later(account.context.settings.import_seconds / 2)
    running = account.get(f"import/{new_id}")
    assert 0 < int(running["processedLines"]) < 1000
    assert running["lastrun"] is False
    assert account.get(f"database/{database}/profileids") == []
    account.later(account.context.settings.import_seconds / 2)
    ended = account.get(f"import/{new_id}")
    assert (ended["status"], ended["processedLines"], ended["lastrun"]) == (
        "finished",
        "1000",
        "2026-11-02 10:00:02",
    )
    assert len(account.get(f"database/{database}/profileids")) == 1000


def test_ended_import_shows_it_by_its_counts_alone_under_the_switch(account: Account, database: int) -> None:
    account.switch(import_end_state="counts")
    ended = account.get(f"import/{imported(account, database, [{'key': 'a'}])}")
    assert (ended["status"], ended["processedLines"], ended["lastrun"]) == ("ready for start", "1", False)


def test_import_without_autostart_waits(account: Account, database: int) -> None:
    new_id = imported(account, database, [{"key": "a"}], autostart=False)
    assert account.get(f"import/{new_id}")["status"] == "ready for start"
    assert people(account, database) == []


def test_import_under_way_survives_a_restart(account: Account, database: int) -> None:
    account.post("imports", {"database": database, "action": "add", "source": [{"key": "a"}]})
    again = account.restarted()
    assert people(again, database) == []
    again.later(LONG)
    assert [person["key"] for person in people(again, database)] == ["a"]


@pytest.mark.parametrize(
    ("action", "names"),
    [
        ("add", {"a": ["old", "new"], "b": ["new"]}),
        ("update", {"a": ["new"]}),
        ("update or add", {"a": ["new"], "b": ["new"]}),
        ("ignore or add", {"a": ["old"], "b": ["new"]}),
        ("delete", {}),
    ],
)
def test_each_action_does_its_own(
    account: Account, database: int, action: str, names: dict[str, list[str]]
) -> None:
    account.profile(database, key="a", name="old")
    imported(account, database, [{"key": "a", "name": "new"}, {"key": "b", "name": "new"}], action)
    found: dict[str, list[str]] = {}
    for person in people(account, database):
        found.setdefault(person["key"], []).append(person["name"])
    assert found == names


def test_key_compares_without_case_and_outer_spaces(account: Account, database: int) -> None:
    account.profile(database, key="A1")
    imported(account, database, [{"key": " a1 ", "name": "x"}])
    assert [person["name"] for person in people(account, database)] == ["x"]


def test_unknown_key_field_leaves_the_others_to_match(account: Account, database: int) -> None:
    account.profile(database, key="a")
    imported(account, database, [{"key": "a", "name": "x"}], keys=["bogus", "key"])
    assert [person["name"] for person in people(account, database)] == ["x"]


def test_no_known_key_field_matches_everybody(account: Account, database: int) -> None:
    for key in "ab":
        account.profile(database, key=key)
    imported(account, database, [{"name": "x"}], keys=["bogus"])
    assert [person["name"] for person in people(account, database)] == ["x", "x"]


def test_key_need_not_be_an_indexed_field(account: Account, database: int) -> None:
    account.profile(database, key="a", name="Jan")
    keys = ["name", "Orders.total"]
    for _ in range(2):
        imported(account, database, [{"name": "jan", "key": "b", "Orders.total": "5.0"}], keys=keys)
    assert [(person["key"], person["name"]) for person in people(account, database)] == [("b", "jan")]
    assert orders(account) == [("1", {"key": "", "total": "5"})]
    account.put("profile/1/fields", {"name": "Els"})
    assert account.get(f"database/{database}/profiles", fields="name==els")["total"] == 1


def test_duplicate_key_updates_all_that_match(account: Account, database: int) -> None:
    for _ in range(2):
        account.profile(database, key="a")
    imported(account, database, [{"key": "a", "name": "x"}])
    assert [person["name"] for person in people(account, database)] == ["x", "x"]


def test_columns_of_the_first_row_count_for_all(account: Account, database: int) -> None:
    imported(account, database, [{"key": "a", "name": "x"}, {"name": "y", "key": "b"}], "add")
    assert [(person["key"], person["name"]) for person in people(account, database)] == [
        ("a", "x"),
        ("y", "b"),
    ]


def test_row_empties_what_is_empty_in_it_unless_told_not_to(account: Account, database: int) -> None:
    account.profile(database, key="a", name="old", n=5)
    imported(account, database, [{"key": "a", "name": "", "n": None}], ignoreEmptyFields=True)
    assert (people(account, database)[0]["name"], people(account, database)[0]["n"]) == ("old", "5")
    imported(account, database, [{"key": "a", "name": "", "n": None}])
    assert (people(account, database)[0]["name"], people(account, database)[0]["n"]) == ("", "0")


def test_column_that_is_not_there_stays(account: Account, database: int) -> None:
    account.profile(database, key="a", name="old")
    imported(account, database, [{"key": "a", "n": 1, "bogus": "x"}])
    assert people(account, database) == [{"key": "a", "name": "old", "n": "1"}]


def test_remove_missing_really_removes(account: Account, database: int) -> None:
    for key in "abc":
        account.profile(database, key=key)
    imported(account, database, [{"key": "b", "name": ""}, {"key": "d", "name": ""}], removeMissing=True)
    assert [person["key"] for person in people(account, database)] == ["b", "d"]


def test_rows_of_one_person_make_one_subprofile_each(account: Account, database: int) -> None:
    rows = [
        {"key": "a", "Orders.key": key, "Orders.total": total}
        for key, total in (("1", 1.5), ("2", 2), ("1", 3))
    ]
    imported(account, database, rows, keys=["key", "Orders.key"])
    assert len(people(account, database)) == 1
    assert orders(account) == [("1", {"key": "1", "total": "3"}), ("1", {"key": "2", "total": "2"})]


def test_update_makes_no_subprofile_and_update_or_add_does(account: Account, database: int) -> None:
    account.profile(database, key="a")
    row = {"key": "a", "Orders.key": "1"}
    imported(account, database, [row], "update", keys=["key", "Orders.key"])
    assert orders(account) == []
    imported(
        account,
        database,
        [row, {"key": "nobody", "Orders.key": "2"}],
        "ignore or add",
        keys=["key", "Orders.key"],
    )
    assert [fields["key"] for _, fields in orders(account)] == ["1", "2"]


def test_empty_subprofile_columns_make_an_empty_subprofile_unless_switched(
    account: Account, database: int
) -> None:
    row = {"key": "a", "Orders.key": "", "Orders.total": None}
    account.switch(empty_subprofile_columns="skips")
    imported(account, database, [row], keys=["key", "Orders.key"])
    assert orders(account) == []
    account.switch(empty_subprofile_columns="creates")
    imported(account, database, [row], keys=["key", "Orders.key"])
    assert orders(account) == [("1", {"key": "", "total": "0"})]


def test_delete_takes_profiles_or_subprofiles(account: Account, database: int) -> None:
    rows = [{"key": "a", "Orders.key": key} for key in "12"]
    keys = ["key", "Orders.key"]
    imported(account, database, rows, keys=keys)
    imported(account, database, rows[:1], "delete", keys=keys, deleteTarget="subprofile")
    assert [fields["key"] for _, fields in orders(account)] == ["2"]
    imported(account, database, rows[:1], "delete", keys=keys)
    assert (people(account, database), orders(account)) == ([], [])


def test_source_may_be_json_text_or_csv_text(account: Account, database: int) -> None:
    imported(account, database, '[{"key": "a", "n": 1}]', format="json")
    imported(account, database, "key;n\nb;2\n", format="csv", delimiter=";")
    assert [(person["key"], person["n"]) for person in people(account, database)] == [("a", "1"), ("b", "2")]


def test_interest_columns_switch_interests(account: Account, database: int) -> None:
    account.post(f"database/{database}/interests", {"name": "sale"})
    imported(account, database, [{"key": "a", "interest.Sale": "yes"}])
    assert account.get("profile/1/interests") == ["sale"]
    imported(account, database, [{"key": "a", "interest.Sale": "no"}])
    assert account.get("profile/1/interests") == []


def test_dates_that_cannot_be_read_become_the_zero_date(account: Account, database: int) -> None:
    account.add_fields(f"database/{database}", day="date")
    imported(account, database, [{"key": "a", "day": "31/12/2020"}])
    assert people(account, database)[0]["day"] == "0000-00-00"


@pytest.mark.parametrize(
    "change",
    [
        {"source": None},
        {"source": [1]},
        {"action": "bogus"},
        {"source": "{"},
        {"location": "https://example.com", "source": None},
    ],
)
def test_import_that_makes_no_sense_is_refused(
    account: Account, database: int, change: dict[str, Any]
) -> None:
    body = {"database": database, "action": "add", "source": [{"key": "a"}]} | change
    assert account.refusal("POST", "imports", body) == "Invalid data provided"


def test_outcome_of_each_row_is_told_to_the_admin_alone(account: Account, database: int) -> None:
    account.profile(database, key="a")
    new_id = imported(account, database, [{"key": "a"}, {"key": "b"}])
    told = account.http.get("/admin/copernica/imports").json()[-1]
    assert told["ID"] == str(new_id)
    assert [(row["did"], row["profile"]) for row in told["rows"]] == [("updated", 1), ("created", 2)]
    assert "rows" not in account.get(f"import/{new_id}")
