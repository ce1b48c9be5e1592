"""Selections as code: each holds those whom a plain count finds, and what others touched stays."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.colleague import Colleague
from support.programs import ROOT
from support.sandbox import running_sandbox
from target_copernica.errors import SettingsError
from target_copernica.mapping.load import mapping_of
from target_copernica.selections.load import load_selections, read_selections
from target_copernica.selections.wanted import field_names, wanted

NOW = datetime(2026, 12, 31, 11, 30)  # noqa: DTZ001 - the wall clock of Copernica, as it prints times
TODAY = NOW.replace(hour=0, minute=0)
Fields = dict[str, Any]
Person = tuple[Fields, list[Fields], list[Fields]]
"""A profile, its orders, its order rows."""


def day(days: float) -> str:
    """So many days from now, as Copernica prints it."""
    return f"{NOW + timedelta(days=days):%Y-%m-%d %H:%M:%S}"


def at(text: str) -> datetime | None:
    """A time that Copernica printed."""
    return None if text.startswith("0000") or not text else datetime.fromisoformat(text)


def between(text: str, first: float, last: float) -> bool:
    """Whether a time lies in whole days from today: the first day to the beginning of the last."""
    found = at(text)
    return found is not None and TODAY + timedelta(days=first) <= found < TODAY + timedelta(days=last)


def order(**fields: Any) -> Fields:
    return {"order_state": "complete", "ordered_at": day(-400), "updated_at": day(-400), **fields}


POPULATION: list[Person] = [
    ({"newsletter": "yes", "email": "a@x.nl", "birthdate": "1980-12-31"}, [], []),
    ({"newsletter": "pending", "newsletter_since": day(-4), "email": "b@x.nl"}, [], []),
    ({"newsletter": "pending", "newsletter_since": day(-2), "email": "c@x.nl"}, [], []),
    ({"newsletter": "no", "mail_basis": "customer", "birthdate": "1990-01-01"}, [], []),
    ({"mail_basis": "consent", "email": "d@x.nl", "shared_email": "yes"}, [], []),
    (
        {"first_order_at": day(-3), "last_order_at": day(-3), "order_count": 1, "email": "e@x.nl"},
        [],
        [],
    ),
    (
        {"first_order_at": day(-31), "last_order_at": day(-31), "order_count": 1, "next_order_at": day(2)},
        [],
        [],
    ),
    (
        {"first_order_at": day(-99), "last_order_at": day(-9), "days_between": 90, "next_order_at": day(2)},
        [],
        [],
    ),
    (
        {"first_order_at": day(-99), "last_order_at": day(-99), "order_count": 1, "next_order_at": day(5)},
        [],
        [],
    ),
    ({"orders_365": 10, "net_365": 999.5, "return_rate": 0.5, "email": "f@x.nl"}, [], []),
    ({"orders_365": 3, "net_365": 1000, "return_rate": 0.1, "email": "g@x.nl"}, [], []),
    ({"orders_365": 2, "net_365": 5000, "return_rate": 0.9, "email": "h@x.nl"}, [], []),
    ({"orders_365": 4, "net_365": 249, "email": "i@x.nl"}, [], []),
    ({"last_order_at": day(-200), "reorder_at": day(0), "email": "j@x.nl"}, [], []),
    ({"last_order_at": day(-366), "reorder_at": day(9), "email": "k@x.nl"}, [], []),
    ({"email": "l@x.nl"}, [order(ordered_at=day(-14))], []),
    ({"email": "m@x.nl"}, [order(ordered_at=day(-14), order_state="shipped")], []),
    ({"email": "n@x.nl"}, [order(ordered_at=day(-12)), order(ordered_at=day(-16))], []),
    (
        {"email": "o@x.nl", "newsletter": "yes"},
        [order(order_state="basket", cart_id=1, updated_at=day(-0.2))],
        [],
    ),
    (
        {"email": "p@x.nl", "newsletter": "no"},
        [order(order_state="basket", cart_id=1, updated_at=day(-0.2))],
        [],
    ),
    (
        {"email": "q@x.nl", "newsletter": "yes"},
        [order(order_state="basket", cart_id=1, updated_at=day(-1.5))],
        [],
    ),
    ({"email": "r@x.nl", "newsletter": "yes"}, [order(order_state="open", updated_at=day(-0.2))], []),
    ({"email": "s@x.nl"}, [], [{"brand": "Acme"}, {"brand": "Other"}]),
    ({"email": "t@x.nl"}, [], [{"brand": "ACME"}]),
    ({"email": "u@x.nl"}, [], [{"brand": "Other"}]),
]


def hours_ago(text: str, least: int, most: int) -> bool:
    found, hour = at(text), NOW.replace(minute=0)
    return found is not None and hour - timedelta(hours=most) <= found < hour - timedelta(hours=least)


def has_cart(orders: list[Fields], least: int, most: int) -> bool:
    carts = (one for one in orders if one["order_state"] == "basket")
    return any(hours_ago(one["updated_at"], least, most) for one in carts)


def bought(rows: list[Fields], brand: str) -> bool:
    return any(row["brand"].lower() == brand for row in rows)


COUNTED: dict[str, Callable[[Fields, list[Fields], list[Fields]], bool]] = {
    "May be mailed": lambda p, _o, _r: p["newsletter"] == "yes",
    "Customers without opt-in": lambda p, _o, _r: p["mail_basis"] == "customer",
    "Confirmation outstanding": lambda p, _o, _r: (
        p["newsletter"] == "pending" and (at(p["newsletter_since"]) or NOW) < TODAY - timedelta(days=3)
    ),
    "New customers": lambda p, _o, _r: between(p["first_order_at"], -30, 1),
    "One-time buyers due": lambda p, _o, _r: (
        float(p["days_between"]) == 0 and between(p["next_order_at"], -3, 4)
    ),
    "VIP": lambda p, _o, _r: int(p["orders_365"]) >= 3 and float(p["net_365"]) > 250,
    "Win back after 180 days": lambda p, _o, _r: between(p["last_order_at"], -365, -180),
    "Win back after 365 days": lambda p, _o, _r: between(p["last_order_at"], -9999, -365),
    "Ask for a review": lambda _p, o, _r: any(
        one["order_state"] == "complete" and between(one["ordered_at"], -14, -13) for one in o
    ),
    "Re-order due": lambda p, _o, _r: between(p["reorder_at"], -3, 4),
    "Cart left 1 hour ago": lambda p, o, _r: p["newsletter"] == "yes" and has_cart(o, 1, 24),
    "Cart left 24 hours ago": lambda p, o, _r: p["newsletter"] == "yes" and has_cart(o, 24, 48),
    "Birthday today": lambda p, _o, _r: p["birthdate"][5:] == "12-31",
    "Bought brand X": lambda _p, _o, r: bought(r, "acme"),
    "Bought brand X, never Y": lambda _p, _o, r: bought(r, "acme") and not bought(r, "other"),
    "High returners": lambda p, _o, _r: int(p["orders_365"]) >= 3 and float(p["return_rate"]) > 0.33,
    "To be cleaned up": lambda p, _o, _r: not p["email"] or p["shared_email"] == "yes",
}
BRANDS = """
bought_brand:
  rules: [{all: [{collection: OrderItems, all: [{field: brand, equals: Acme}]}]}]
bought_brand_not_other:
  rules: [{inverted: true, all: [{collection: OrderItems, all: [{field: brand, equals: Other}]}]}]
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account with the starters, and people of every kind in it."""
    folder = tmp_path_factory.mktemp("selections")
    with running_sandbox(customers=0, orders=0, order_rows=0, more=("--no-curated",)) as sandbox:
        sandbox.clock(to="2026-12-31T10:30:00+00:00")
        account = Account(sandbox, folder)
        account.command("apply", selections="off", extras=["carts"])
        colleague = Colleague(sandbox, "SEOshop")
        ids = {one["name"]: one["id"] for one in sandbox.databases()["SEOshop"]["collections"]}
        for fields, orders, rows in POPULATION:
            number = colleague.creates(fields)
            for name, below in (("Orders", orders), ("OrderItems", rows)):
                for one in below:
                    colleague.creates_below(number, ids[name], one)
        file = folder / "selections.yaml"
        file.write_text(BRANDS)
        account.command("apply", selections=str(file), extras=["carts"], existing_people="beside")
        yield account


@pytest.fixture(scope="module")
def members(filled: Account) -> dict[str, set[str]]:
    """Ids of the profiles in each selection, as the API tells them."""
    colleague = Colleague(filled.sandbox, "SEOshop")
    found = colleague.asks("database/SEOshop/views")["data"]
    found += [below for one in found for below in colleague.asks(f"view/{one['ID']}/views")["data"]]
    assert not any(one["intentions"]["email"] for one in found)
    return {one["name"]: set(map(str, colleague.asks(f"view/{one['ID']}/profileids"))) for one in found}


def test_there_is_a_count_for_each(members: dict[str, set[str]]) -> None:
    assert members.keys() == COUNTED.keys()


@pytest.mark.parametrize("name", COUNTED)
def test_a_selection_holds_whom_a_plain_count_finds(
    filled: Account, members: dict[str, set[str]], name: str
) -> None:
    below: dict[str, dict[str, list[Fields]]] = {}
    for collection in ("Orders", "OrderItems"):
        for one in filled.sandbox.subprofiles(collection):
            below.setdefault(str(one["profile"]), {}).setdefault(collection, []).append(one["fields"])
    people = filled.sandbox.profiles("SEOshop")
    counted = {
        str(one["ID"])
        for one in people
        if COUNTED[name](
            one["fields"],
            below.get(str(one["ID"]), {}).get("Orders", []),
            below.get(str(one["ID"]), {}).get("OrderItems", []),
        )
    }
    assert 0 < len(counted) < len(people)
    assert members[name] == counted


def test_those_that_nothing_can_fill_are_left_out() -> None:
    starters, names = load_selections("starters"), {"database": "SEOshop", "products_database": None}

    def lacks(*extras: str, without: str | None = None) -> dict[str, tuple[str, ...]]:
        own = {"streams": {without: None}} if without else None
        mapping = mapping_of("seoshop", None, own, names, extras)
        assert mapping is not None
        return {one.key: one.lacks for one in wanted(starters, field_names(mapping), "en") if one.lacks}

    assert lacks("carts") == {}
    assert lacks() == dict.fromkeys(("cart_1_hour", "cart_24_hours"), ("Orders.cart_id",))
    brand = ("OrderItems.brand",)
    rows = lacks("carts", without="order_products")
    assert rows == {"bought_brand": brand, "bought_brand_not_other": brand}


def test_each_comes_after_the_one_above_it_and_none_stands_below_itself() -> None:
    body = {"name": "A", "rules": [{"all": [{"field": "email", "equals": ""}]}]}
    found = read_selections({"c": {**body, "below": "b"}, "b": {**body, "below": "a"}, "a": body, "d": body})
    assert list(found) == ["a", "b", "c", "d"]
    with pytest.raises(SettingsError, match="above it"):
        read_selections({"a": {**body, "below": "b"}, "b": {**body, "below": "a"}})


def rows(text: str) -> dict[str, str]:
    """The rows of a plan's selections."""
    lines = text.partition("Selections:")[2].splitlines()[2:]
    cells = ([cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines)
    return {row[0]: " ".join(row[1:]) for row in cells if len(row) > 1}


def test_a_plan_shows_them_and_a_second_apply_makes_nothing(account: Account) -> None:
    planned = rows(account.command("plan").out)
    assert planned["May be mailed"] == "missing"
    applied = account.command("apply").out
    assert "created the selection May be mailed" in applied
    assert "May be mailed there" in " ".join(
        f"{k} {v}" for k, v in rows(account.command("plan", "--all").out).items()
    )
    since = account.sandbox.last()
    account.command("apply")
    assert not [call for call in account.calls(since) if not call.startswith("GET")]


@pytest.mark.slow
def test_what_a_mapping_leaves_out_leaves_out_what_needs_it(account: Account) -> None:
    mapping = {"streams": {"customers": {"fields": {"birthdate": None, "email": {"name": "mail"}}}}}
    planned = rows(account.command("plan", mapping=mapping).out)
    assert planned["Birthday today"] == "left out needs birthdate, which the mapping leaves out"
    account.command("apply", mapping=mapping)
    colleague = Colleague(account.sandbox, "SEOshop")
    names = [one["name"] for one in colleague.asks("database/SEOshop/views")["data"]]
    assert "Birthday today" not in names
    assert "To be cleaned up" in names  # by the new name of its field


def test_off_in_one_line(account: Account) -> None:
    assert "Selections" not in account.command("plan", selections="off").out
    account.command("apply", selections="off")
    assert Colleague(account.sandbox, "SEOshop").asks("database/SEOshop/views")["data"] == []


def test_where_copernica_does_not_list_selections_the_line_says_how_to_go_on(account: Account) -> None:
    """A rule of one may name a collection that was removed."""
    body = '{"error": {"message": "No collection with given ID"}}'
    account.sandbox.fault("copernica", "/views$", "status", method="GET", status=400, body=body, times=None)
    ended = account.command("apply", check=False)
    assert (ended.code, "No collection with given ID" in ended.err) == (2, True)
    assert "leave them out here by `selections: off`" in ended.err
    account.command("apply", selections="off")


def test_a_selection_that_others_changed_stays_as_it_is(account: Account, tmp_path: Path) -> None:
    colleague = Colleague(account.sandbox, "SEOshop")
    account.command("apply", selections="off")
    colleague.asks("database/SEOshop/views", post={"name": "New customers"})
    account.command("apply")
    ids = {one["name"]: one["ID"] for one in colleague.asks("database/SEOshop/views")["data"]}
    rule = colleague.asks(f"view/{ids['May be mailed']}/rules")["data"][0]
    condition = rule["conditions"]["data"][0]
    colleague.asks(f"condition/Field/{condition['ID']}", put={"value": "pending"})
    colleague.asks(f"view/{ids['Birthday today']}", delete=True)
    colleague.asks(f"view/{ids['VIP']}", put={"name": "Our best"})
    rule = colleague.asks(f"view/{ids['Ask for a review']}/rules")["data"][0]
    mini = rule["conditions"]["data"][0]["mini-view"]
    condition = colleague.asks(f"miniview/{mini}/minirules")["data"][0]["conditions"]["data"][0]
    colleague.asks(f"minicondition/Field/{condition['ID']}", put={"value": "shipped"})
    file = tmp_path / "own.yaml"
    file.write_text(
        "win_back_365: {rules: [{all: [{field: last_order_at, before: -400 days}]}]}\n"
        "may_be_mailed: {may_mail: true}\n"  # not even that for one that was changed
    )
    planned = rows(account.command("plan", selections=str(file)).out)
    assert planned["May be mailed"].startswith("changed ")
    assert planned["Ask for a review"].startswith("changed "), "which orders it counts"
    assert planned["Birthday today"].startswith("removed ")
    assert planned["New customers"].startswith("not ours ")
    assert "VIP" not in planned, "renamed, and not missing"
    assert planned["Win back after 365 days"].startswith("older ")
    since = account.sandbox.last()
    account.command("apply", selections=str(file))
    assert not [call for call in account.calls(since) if not call.startswith("GET")]
    applied = account.command("apply", "--restore").out
    assert "created the selection Birthday today" in applied
    assert "VIP" not in applied


def test_a_condition_that_is_misread_leaves_no_selection(account: Account) -> None:
    """It would hold for everybody."""
    account.sandbox.settings(switches={"copernica.relative_dates": "ignored"})
    ended = account.command("apply", check=False)
    assert ended.code == 2
    assert "the selection New customers was not made: Copernica understood it otherwise" in ended.out
    colleague = Colleague(account.sandbox, "SEOshop")
    names = {one["name"] for one in colleague.asks("database/SEOshop/views")["data"]}
    assert "May be mailed" in names
    assert "New customers" not in names
    assert "Birthday today" not in names
    account.sandbox.settings(switches={"copernica.relative_dates": "kept"})
    assert "created the selection New customers" in account.command("apply").out


@pytest.mark.slow
def test_an_apply_that_was_cut_short_is_brought_to_its_end(account: Account) -> None:
    account.sandbox.fault("copernica", r"/conditions$", "drop_after", method="POST", nth=2)
    assert account.command("apply", check=False).code == 4
    account.sandbox.clear_faults()
    account.command("apply")
    colleague = Colleague(account.sandbox, "SEOshop")
    names = [one["name"] for one in colleague.asks("database/SEOshop/views")["data"]]
    assert len(names) == len(set(names))
    assert "missing" not in account.command("plan").out


@pytest.mark.slow
def test_mail_only_where_the_file_says_so(account: Account, tmp_path: Path) -> None:
    account.command("apply")
    file = tmp_path / "own.yaml"
    file.write_text("may_be_mailed: {may_mail: true}\n")
    account.command("apply", selections=str(file))
    views = Colleague(account.sandbox, "SEOshop").asks("database/SEOshop/views")["data"]
    assert [one["name"] for one in views if one["intentions"]["email"]] == ["May be mailed"]


def test_the_page_for_the_marketer_names_each_and_its_example_is_a_file(tmp_path: Path) -> None:
    page = (ROOT / "docs/in-copernica.md").read_text()
    starters = load_selections("starters")
    for one in starters.values():
        assert f"| {one.name_in('en')} | {one.about} |" in page
        assert isinstance(one.name, dict)
        assert one.name.keys() == {"en", "nl", "de"}
    file = tmp_path / "selections.yaml"
    block = page.partition("its path in the setting `selections`")[2].partition("```yaml\n")[2]
    file.write_text(block.partition("```")[0])
    own = load_selections(str(file))
    assert own.keys() - starters.keys() == {"large_orders"}
    assert starters.keys() - own.keys() == {"bought_brand_not_other"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rules": []}, "at least one rule"),
        ({"rules": [{"all": []}]}, "at least one condition"),
        ({"rules": [{"all": [{"field": "email"}]}]}, "one comparison"),
        ({"rules": [{"all": [{"field": "email", "equals": "a", "more": 1}]}]}, "one comparison"),
        ({"rules": [{"all": [{"field": "email", "eqals": "a"}]}]}, "eqals"),
        ({"rules": [{"all": [{"field": "at", "after": "last week"}]}]}, "is not a time such as"),
        ({"rules": [{"all": [{"collection": "Orders"}]}]}, "needs conditions"),
        ({"below": "none", "rules": [{"all": [{"field": "email", "equals": ""}]}]}, "no selection 'none'"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(body: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match="selections, mine") as caught:
        read_selections({"mine": {"name": "Mine", **body}})
    assert said in str(caught.value)
