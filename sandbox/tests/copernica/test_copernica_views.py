"""Selections: who is in one, as of its last build."""

from typing import Any

import pytest

from .conftest import Account

PEOPLE: dict[str, dict[str, Any]] = {
    "anna": {"mail": "anna@example.com", "age": 30, "born": "1990-05-01"},
    "ben": {"mail": "", "age": 9, "born": "2001-12-24"},
    "cleo": {"mail": "no address", "age": 30, "born": "0000-00-00"},
}


@pytest.fixture
def database(account: Account) -> int:
    """Three people, of whom the first has two orders."""
    database = account.post("databases", {"name": "People"})
    for name, kind in (("name", "text"), ("mail", "text"), ("age", "integer"), ("born", "empty_date")):
        account.post(f"database/{database}/fields", {"name": name, "type": kind})
    account.post(f"database/{database}/interests", {"name": "Tennis", "group": "Sport"})
    collection = account.post(f"database/{database}/collections", {"name": "Orders"})
    account.post(f"collection/{collection}/fields", {"name": "status", "type": "text"})
    for name, fields in PEOPLE.items():
        interests = ["Tennis"] if name == "cleo" else []
        body = {"fields": {"name": name, **fields}, "interests": interests}
        number = account.post(f"database/{database}/profiles", body)
        for status in ("paid", "paid", "new") if name == "anna" else ():
            account.post(f"profile/{number}/subprofiles/{collection}", {"status": status})
    return database


def view_with(account: Account, database: int, *rules: list[dict[str, Any]], **rule: Any) -> int:
    """A selection that was built, of rules that are lists of conditions."""
    made = len(account.get(f"database/{database}/views")["data"])
    view = account.post(f"database/{database}/views", {"name": f"View {made}"})
    for number, conditions in enumerate(rules):
        path = account.post(f"view/{view}/rules", {"name": f"Rule {number}", **rule})
        for one in conditions:
            account.post(f"rule/{path}/conditions", one)
    account.call("POST", f"view/{view}/rebuild")
    return view


def members(account: Account, view: int) -> list[str]:
    found = account.get(f"view/{view}/profiles")
    assert found["total"] == len(found["data"])
    assert account.get(f"view/{view}/profileids") == [one["ID"] for one in found["data"]]
    return [one["fields"]["name"] for one in found["data"]]


def field(name: str, comparison: str, value: object = "", **more: Any) -> dict[str, Any]:
    return {"type": "Field", "field": name, "comparison": comparison, "value": value, **more}


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        (field("name", "equals", "ANNA"), ["anna"]),
        (field("name", "not equals", "anna"), ["ben", "cleo"]),
        (field("age", "equals", "30.0"), ["anna", "cleo"]),
        (field("name", "contains", "e"), ["ben", "cleo"]),
        (field("name", "not contains", "e"), ["anna"]),
        (field("age", "less", "10"), []),  # as texts
        (field("age", "less", "10", **{"numeric-comparison": True}), ["ben"]),
        (field("age", "more", "10", **{"numeric-comparison": True}), ["anna", "cleo"]),
        (field("mail", "is_email"), ["anna"]),
        (field("age", "is-numeric"), ["anna", "ben", "cleo"]),
        (field("name", "regexp", "^[ab]"), ["anna", "ben"]),
        (field("name", "regexp", "("), []),
        (field("mail", "equals", **{"other-field": "name"}), []),
        ({"type": "Date", "field": "born", "after-time": "1990-05-01 00:00:00"}, ["anna", "ben"]),
        ({"type": "Date", "field": "born", "before-time": "2001-01-01 00:00:00"}, ["anna"]),
        (
            {
                "type": "Date",
                "field": "born",
                "compare-mode": "ignoreyear",
                "after-time": "2020-12-01 00:00:00",
                "before-time": "2020-01-31 00:00:00",
            },
            ["ben"],
        ),
        (
            {"type": "Change", "change-type": "new", "after-mutation": '["minus","1","hour","hour"]'},
            ["anna", "ben", "cleo"],
        ),
        ({"type": "Change", "change-type": "notnew", "after-mutation": '["minus","1","hour","hour"]'}, []),
        ({"type": "Interest", "match-mode": "match_profiles_with_interest", "interest": "tennis"}, ["cleo"]),
        (
            {
                "type": "Interest",
                "match-mode": "match_profiles_without_interestgroup",
                "interest-group": "Sport",
            },
            ["anna", "ben"],
        ),
        ({"type": "Export"}, []),
    ],
)
def test_a_condition_says_who_is_in(
    account: Account, database: int, condition: dict[str, Any], who: list[str]
) -> None:
    assert members(account, view_with(account, database, [condition])) == who


def test_rules_are_alternatives_and_conditions_come_together(account: Account, database: int) -> None:
    anna, thirty = field("name", "equals", "anna"), field("age", "equals", 30)
    assert members(account, view_with(account, database)) == ["anna", "ben", "cleo"]
    assert members(account, view_with(account, database, [anna, thirty])) == ["anna"]
    assert members(account, view_with(account, database, [anna], [thirty])) == ["anna", "cleo"]
    assert members(account, view_with(account, database, [anna], inverted=True)) == ["ben", "cleo"]
    assert members(account, view_with(account, database, [anna], disabled=True)) == ["anna", "ben", "cleo"]


def test_whoever_changes_is_in_after_the_next_build(account: Account, database: int) -> None:
    """That is made on request, and every six hours by itself."""
    view = view_with(account, database, [field("name", "contains", "d")])
    account.post(f"database/{database}/profiles", {"fields": {"name": "dora"}})
    assert members(account, view) == []
    assert account.call("POST", f"view/{view}/rebuild").status_code == 204
    assert members(account, view) == ["dora"]
    account.post(f"database/{database}/profiles", {"fields": {"name": "didi"}})
    account.context.clock.advance(6 * 3600)
    assert members(account, view) == ["dora", "didi"]


def test_a_selection_below_another_looks_at_its_people(account: Account, database: int) -> None:
    thirty = view_with(account, database, [field("age", "equals", 30)])
    below = account.post(f"view/{thirty}/views", {"name": "Below"})
    rule = account.post(f"view/{below}/rules", {"name": "Short"})
    account.post(f"rule/{rule}/conditions", field("name", "regexp", "^.e|^.l"))
    account.call("POST", f"view/{below}/rebuild")
    assert members(account, below) == ["cleo"]
    assert account.get(f"view/{thirty}")["has-children"] is True
    assert account.get(f"view/{below}")["parent-type"] == "view"
    account.call("DELETE", f"view/{thirty}")
    account.refusal("GET", f"view/{below}")
    account.refusal("GET", f"rule/{rule}")


def test_a_miniselection_is_counted(account: Account, database: int) -> None:
    mini = account.post("collection/1/miniviews", {"name": "Paid"})
    rule = account.post(f"miniview/{mini}/minirules", {"name": "Paid"})
    account.post(f"minirule/{rule}/conditions", field("status", "equals", "paid"))
    account.call("POST", f"miniview/{mini}/rebuild")
    assert len(account.get(f"miniview/{mini}/subprofiles")["data"]) == 2
    assert len(account.get(f"miniview/{mini}/subprofileids")) == 2
    for least, most, who in ((1, "", ["anna"]), (3, "", []), (0, 0, ["ben", "cleo"])):
        condition = {"type": "MiniView", "mini-view": mini, "min-subprofiles": least, "max-subprofiles": most}
        view = view_with(account, database, [condition])
        assert members(account, view) == who
    assert len(account.get(f"miniview/{mini}/views")["data"]) == 3


def test_one_selection_refers_to_another(account: Account, database: int) -> None:
    first = view_with(account, database, [field("name", "equals", "ben")])
    for check, who in (("yes", ["ben"]), ("no", ["anna", "cleo"])):
        condition = {"type": "ReferView", "refer-view": first, "check-type": check}
        assert members(account, view_with(account, database, [condition])) == who
    assert account.get(f"view/{first}")["has-referred"] is True


def test_a_copy_has_its_rules(account: Account, database: int) -> None:
    view = view_with(account, database, [field("name", "equals", "ben")])
    account.post(f"view/{view}/views", {"name": "Below"})
    deep = account.post(f"view/{view}/copy", {"name": "Copy", "options": {"views": True}})
    flat = account.post(f"view/{view}/copy", {"name": "Other"})
    account.call("POST", f"view/{deep}/rebuild")
    assert members(account, deep) == ["ben"]
    children = [account.get(f"view/{one}/views")["total"] for one in (view, deep, flat)]
    assert children == [1, 1, 0]


def test_a_condition_is_changed_at_its_type(account: Account, database: int) -> None:
    view = view_with(account, database, [field("name", "equals", "ben")])
    (rule,) = account.get(f"view/{view}/rules")["data"]
    number = rule["conditions"]["data"][0]["ID"]
    account.refusal("PUT", f"condition/Date/{number}", {"value": "anna"})
    account.put(f"condition/Field/{number}", {"value": "anna"})
    account.call("POST", f"view/{view}/rebuild")
    assert members(account, view) == ["anna"]
    account.call("DELETE", f"condition/field/{number}")
    assert account.get(f"rule/{rule['ID']}")["conditions"]["data"] == []
    account.post(f"rule/{rule['ID']}/conditions", field("nobody", "equals"))
    account.call("POST", f"view/{view}/rebuild")
    assert members(account, view) == []
    account.refusal("POST", f"rule/{rule['ID']}/conditions", {"type": "Weather"})
    account.refusal("POST", f"view/{view}/rules", {"name": "rule 0"})
    account.refusal("POST", f"database/{database}/views", {"name": "view 0"})


def test_a_copied_database_selects_as_the_first_one(account: Account, database: int) -> None:
    """Whatever it is made of has ids of its own; no mail goes out for it."""
    mini = account.post("collection/1/miniviews", {"name": "Paid"})
    rule = account.post(f"miniview/{mini}/minirules", {"name": "Paid"})
    account.post(f"minirule/{rule}/conditions", field("status", "equals", "paid"))
    view_with(account, database, [{"type": "MiniView", "mini-view": mini}], [field("name", "equals", "cleo")])
    names = ("collections", "miniviews", "views", "profiles", "subprofiles")
    ran = len(account.get(f"database/{database}/profiles")["data"])
    body = {"name": "Copy", "options": dict.fromkeys(names, True)}
    copy = account.post(f"database/{database}/copy", body)
    (view,) = account.get(f"database/{copy}/views")["data"]
    account.call("POST", f"view/{view['ID']}/rebuild")
    assert members(account, int(view["ID"])) == ["anna", "cleo"]
    assert len(account.get(f"database/{copy}/profiles")["data"]) == ran
    first, second = (account.get(f"database/{one}") for one in (database, copy))
    assert [one["name"] for one in second["fields"]["data"]] == [
        one["name"] for one in first["fields"]["data"]
    ]
    ids = [{one["ID"] for one in place["fields"]["data"]} for place in (first, second)]
    assert not ids[0] & ids[1]
    bare = account.post(f"database/{database}/copy", {"name": "Bare"})
    assert account.get(f"database/{bare}/profiles")["data"] == []
    assert account.get(f"database/{bare}")["collections"]["data"] == []
    account.refusal("POST", f"database/{database}/copy", {"name": "copy"})
