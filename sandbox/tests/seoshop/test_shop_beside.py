"""What a shop holds beside people, orders and goods fits to these, and is found by its filters."""

from collections import Counter

import pytest

from .conftest import Served

LINKS = {
    "categories/products": {"category": "categories", "product": "products"},
    "tags/products": {"tag": "tags", "product": "products"},
    "reviews": {"customer": "customers", "product": "products"},
}


@pytest.mark.parametrize("path", LINKS)
def test_every_link_leads_to_a_record(api: Served, path: str) -> None:
    for record in api.records(path, limit=250):
        for name, of in LINKS[path].items():
            if record[name]:
                assert api.get(f"{of}/{record[name]['resource']['id']}").status_code == 200


def test_products_and_variants_name_suppliers_and_taxes_that_are_there(api: Served) -> None:
    there = {(of, one["id"]) for of in ("suppliers", "taxes") for one in api.records(of, limit=250)}
    drawn = [one for one in api.records("products", limit=250) if one["id"] > 100_000_000]
    assert {("suppliers", one["supplier"]["resource"]["id"]) for one in drawn if one["supplier"]} <= there


@pytest.mark.parametrize(
    ("path", "filters"),
    [("categories/products", "category"), ("categories/products", "product"), ("tags/products", "tag")],
)
def test_memberships_are_found_by_either_side(api: Served, path: str, filters: str) -> None:
    records = api.records(path, limit=250)
    counted = Counter(one[filters]["resource"]["id"] for one in records)
    for identifier, count in counted.most_common(3):
        found = api.records(path, limit=250, **{filters: identifier})
        assert len(found) == count
        assert {one[filters]["resource"]["id"] for one in found} == {identifier}


def test_categories_are_found_by_their_parent(api: Served) -> None:
    every = api.records("categories", limit=250)
    (root, *_) = [one["id"] for one in every if one["parent"] is False]
    below = api.records("categories", parent=root)
    assert below
    assert {one["parent"]["resource"]["id"] for one in below} == {root}
    inside = api.records("categories/products", limit=250, parent=root)
    ids = {one["id"] for one in below}
    assert {one["category"]["resource"]["id"] for one in inside} <= ids


def test_a_subscriber_is_found_by_the_address_alone(api: Served) -> None:
    addresses = {one["email"] for one in api.records("customers", limit=250)}
    subscribers = api.records("subscriptions", limit=250)
    assert subscribers
    assert {one["email"] for one in subscribers} <= addresses
    assert not any("customer" in one for one in subscribers)


def test_a_list_without_times_is_not_filtered_by_them(api: Served) -> None:
    later = {"updated_at_min": "2040-01-01 00:00:00"}
    for path in ("subscriptions", "tags", "reviews", "suppliers"):
        assert len(api.records(path, **later)) == len(api.records(path)) > 0
