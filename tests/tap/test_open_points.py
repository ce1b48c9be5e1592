"""What the documentation leaves open, and lists that behave oddly: nothing is missed, nothing is invented."""

from datetime import UTC, datetime

import pytest

from tap.imagined import CORE, Copy, Shop, link
from tap_seoshop.errors import NotAllowedError, QuotaSpentError
from tap_seoshop.streams import STREAMS
from tap_seoshop.streams.base import FullTableStream

DAY = 86_400
FULL = [stream.name for stream in STREAMS if issubclass(stream, FullTableStream)]


def a_shop(orders: int) -> Shop:
    shop = Shop()
    person = shop.make("customers")
    for _ in range(orders):
        shop.order(person)
    shop.pass_time(3 * DAY)  # further back than zones lie apart
    return shop


def test_equal_stamps_across_pages_and_runs_lose_nothing() -> None:
    shop, copy = a_shop(600), Copy()
    copy.read(shop)
    shop.pass_time(DAY)
    numbers = list(shop.held["orders"])
    for number in numbers[:450]:
        shop.change("orders", number, status="paid")
    copy.read(shop)  # in the second of the change: two pages of one stamp
    for number in numbers[300:]:
        shop.change("orders", number, status="cancelled")
    shop.pass_time(1)
    copy.read(shop)
    assert {one: copy.rows["orders"][one]["status"] for one in numbers} == {
        one: shop.held["orders"][one]["status"] for one in numbers
    }
    lines = {row["orderId"]: row["productTitle"] for row in copy.rows["order_products"].values()}
    assert lines == {one: shop.held["orders"][one]["updatedAt"] for one in numbers}


def test_a_filter_by_time_that_is_ignored_is_reported_once_and_costs_no_lines_twice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shop, copy = a_shop(300), Copy()
    shop.honours_time = False
    copy.read(shop)
    assert "ignores the time filter" not in caplog.text  # no filter was used yet
    moved = next(iter(shop.held["orders"]))
    for _ in range(2):
        shop.pass_time(DAY)
        shop.change("orders", moved)
        shop.pass_time(5)
        copy.read(shop)
        assert shop.sent[f"orders/{moved}/products"] == 1
        assert sum(count for path, count in shop.sent.items() if path.endswith("/products")) == 1
        copy.read(shop)  # a full list from now on: not due
        assert shop.sent["orders"] == shop.sent["customers"] == 0
    for name in ("customers", "orders"):
        assert caplog.text.count(f"ignores the time filter of {name}:") == 1
    assert copy.summaries() == shop.truth()


@pytest.mark.parametrize("look_back", [0, 600, 7_200])
def test_the_look_back_is_a_setting(look_back: int) -> None:
    shop, copy = a_shop(1), Copy()
    copy.read(shop, select=("orders",), look_back=look_back)
    reach = copy.state["bookmarks"]["orders"]["replication_key_value"]
    assert (shop.clock - datetime.fromisoformat(reach)).total_seconds() == look_back
    shop.pass_time(300)
    copy.read(shop, select=("orders",), look_back=look_back)
    ((_, query),) = shop.asked
    asked = datetime.fromisoformat(dict(query)["updated_at_min"]).replace(tzinfo=UTC)
    winter = 3_600  # the clocks of a zone that shows UTC may change
    assert (shop.clock - asked).total_seconds() == look_back + 300 + winter


@pytest.mark.parametrize("name", ["returns", "discounts", "tags"])
def test_a_list_that_the_shop_does_not_know_is_left_out_and_asked_for_when_it_is_due(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop, copy = a_shop(1), Copy()
    shop.unknown = {name}
    copy.read(shop, select=("orders", name, "brands"))
    assert f"{name} is left out" in caplog.text
    assert copy.rows["orders"]
    assert copy.completed == ["brands"]
    shop.pass_time(300)
    copy.read(shop, select=("orders", name, "brands"))
    assert list(shop.sent) == ["orders"]
    shop.unknown = set()
    shop.pass_time(DAY)
    copy.read(shop, select=("orders", name, "brands"))
    assert shop.sent[name] == 1
    assert (name in copy.completed) == (name in FULL)


def test_streams_of_one_list_that_the_shop_does_not_know_are_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shop, copy = a_shop(1), Copy()
    shop.unknown = {"groups/customers"}
    copy.read(shop, select=("customer_group_memberships", "customer_group_sets", "brands"))
    assert "customer_group_memberships is left out" in caplog.text
    assert "customer_group_sets is left out" in caplog.text
    assert copy.completed == ["brands"]


def test_a_list_that_must_be_there_ends_the_run() -> None:
    shop, copy = a_shop(1), Copy()
    shop.unknown = {"orders"}
    with pytest.raises(Exception, match="the shop has no orders"):
        copy.read(shop)
    assert copy.rows["customers"]
    assert copy.state["bookmarks"]["orders"]["replication_key_value"] is None


def test_only_full_lists_read_to_their_end_are_told_to_be_complete() -> None:
    shop, copy = a_shop(3), Copy()
    person = next(iter(shop.held["customers"]))
    groups = [shop.make("groups", title=str(number)) for number in range(2)]
    for number in range(300):
        shop.make("groups/customers", customer=link(person), group=link(groups[number % 2]))
    select = [*CORE, "returns", *FULL]

    def ends() -> None:
        if shop.sent["groups/customers"] == 1:  # of two pages
            raise QuotaSpentError("here")

    shop.before_answer = ends
    copy.read(shop, select=select)
    assert copy.rows["customer_group_memberships"]
    assert copy.completed == []
    shop.before_answer = lambda: None
    copy.read(shop, select=select)
    assert sorted(copy.completed) == sorted(FULL)
    shop.pass_time(300)
    copy.read(shop, select=select)
    assert copy.completed == []
    shop.pass_time(DAY)
    shop.ends_after, shop.ends_with = 9, NotAllowedError
    with pytest.raises(NotAllowedError):
        copy.read(shop, select=select)
    assert set(copy.completed) < set(FULL)
