"""What a merchant finds on the sandbox's page is what is there."""

import re
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
import requests

from support.pages import NASTY, found, read, shown
from support.sandbox import Sandbox


def test_the_overview_counts_what_is_there(filled: Sandbox) -> None:
    text = " ".join(shown(filled, "/").pieces)
    status = filled.status()
    for database in status["copernica"]["databases"]:
        assert f"{database['name']} {database['profiles']} profiles" in text
        for collection in database["collections"]:
            assert f"{collection['name']} {collection['subprofiles']} subprofiles" in text
    assert f"Customers {status['shop']['customers']} " in text
    ran = len(filled.followups(run=True))
    assert f"{ran} follow-ups ran" in text
    assert f"SEOshop {status['requests']['seoshop']} requests" in text


def test_looking_is_no_request(filled: Sandbox) -> None:
    before = filled.last()
    for path in ("/", "/requests", "/campaigns", "/imports", "/databases/1", "/style.css"):
        requests.get(filled.url + path, timeout=30)
    assert filled.last() == before


def test_a_person_is_found_by_name_and_by_address(filled: Sandbox) -> None:
    person = filled.profiles("SEOshop")[0]
    fields = person["fields"]
    for words in (
        fields["email"].upper(),
        f"{fields['lastname']} {fields['firstname']}",
        fields["email"][:9],
    ):
        assert f'href="/profiles/{person["ID"]}"' in found(filled, words).text
    assert "No one in Copernica has" in " ".join(read(found(filled, "no such person")).pieces)
    assert "Übel" in " ".join(read(found(filled, "ÜBEL")).pieces)


def test_no_address_tells_of_a_person(filled: Sandbox) -> None:
    """Addresses stand in histories, in bookmarks and in the logs of proxies."""
    person = filled.profiles("SEOshop")[0]["fields"]
    searched = found(filled, person["email"])
    own = {person[name].casefold() for name in ("email", "firstname", "lastname") if person[name]}
    pages = ["/", "/requests", "/campaigns", "/databases/1", "/profiles/1", "/imports"]
    texts = [searched.text, *(requests.get(filled.url + path, timeout=30).text for path in pages)]
    addresses = [
        searched.url,
        *(link for text in texts for link in re.findall(r'(?:href|action)="([^"]*)"', text)),
    ]
    assert len(addresses) > 50
    assert not [address for address in addresses for word in own if word in unquote(address).casefold()]


def test_what_people_typed_is_only_ever_text(filled: Sandbox) -> None:
    person = next(one for one in filled.profiles("SEOshop") if one["fields"]["lastname"] == "Übel")
    pages = [
        requests.get(filled.url + path, timeout=30) for path in (f"/profiles/{person['ID']}", "/databases/1")
    ]
    for answer in (*pages, found(filled, "Übel"), found(filled, NASTY)):
        assert "<img" not in answer.text
    assert NASTY in " ".join(shown(filled, f"/profiles/{person['ID']}").pieces)


def test_a_profile_shows_every_value_and_where_the_shop_has_it(filled: Sandbox) -> None:
    for person in filled.profiles("SEOshop"):
        page = requests.get(f"{filled.url}/profiles/{person['ID']}", timeout=30).text
        told = unescape(re.sub(r"<[^>]+>", " ", page.replace("<wbr>", "")))
        for name, value in person["fields"].items():
            assert name in told
            assert " ".join(value.split())[:40] in " ".join(told.split()), name
        if person["fields"]["firstname"]:
            row = re.search(r"<code>firstname</code></th>.*?</tr>", page, re.DOTALL)
            assert row is not None
            assert "customer · <code>firstname</code>" in row[0]


def test_values_are_written_for_people(filled: Sandbox) -> None:
    person = next(one for one in filled.profiles("SEOshop") if one["fields"]["seoshop_id"])
    pieces = shown(filled, f"/profiles/{person['ID']}").pieces
    assert not {"True", "False", "None"} & set(pieces)
    assert {"yes", "no"} & set(pieces)


def test_an_order_stands_beside_the_shops(filled: Sandbox) -> None:
    order = filled.subprofiles("Orders")[0]
    text = " ".join(shown(filled, f"/subprofiles/{order['ID']}").pieces)
    assert order["fields"]["number"] in text
    assert "In the shop" in text
    owner = " ".join(shown(filled, f"/profiles/{order['profile']}").pieces)
    assert "not there yet" not in owner
    assert f"subprofile {order['ID']}" in owner


def test_campaigns_and_requests_add_up(filled: Sandbox) -> None:
    followups = filled.followups()
    text = " ".join(shown(filled, "/campaigns").pieces)
    assert f"{sum(one['runs'] for one in followups):,} follow-ups ran" in text
    assert f"{sum(not one['runs'] for one in followups):,} were kept quiet" in text
    side = filled.requests(side="seoshop")
    assert f"SEOshop {len(side):,} requests" in " ".join(shown(filled, "/requests").pieces)
    rows = [one for one in side if re.search(r"/orders/\d+/products\.json", one["path"])]
    listed = " ".join(shown(filled, "/requests", kind="shop-rows").pieces)
    assert f"of {len(rows):,}" in listed or len(rows) <= 50


def test_campaigns_name_people_and_orders_and_stand_together_by_person(filled: Sandbox) -> None:
    page = requests.get(f"{filled.url}/campaigns", timeout=30).text
    newest = filled.followups()[::-1][:50]
    people = {int(one["ID"]): one["fields"] for name in filled.databases() for one in filled.profiles(name)}
    orders = {int(one["ID"]): one["fields"]["number"] for one in filled.subprofiles("Orders")}
    groups = re.findall(r'<tr class="group">.*?</tbody>', page, re.DOTALL)
    assert len(groups) < len(newest)
    by_person: dict[int, list[dict[str, Any]]] = {}
    for one in newest:
        by_person.setdefault(one["profile"], []).append(one)
    for group, (profile, ones) in zip(groups, by_person.items(), strict=True):
        told = unescape(re.sub(r"<[^>]+>", " ", group))
        name = people[profile].get("lastname") or people[profile].get("title") or people[profile]["email"]
        assert name[:40] in told
        for one in ones:
            if one["subprofile"] in orders:
                assert f"Orders {orders[one['subprofile']]}" in told
    assert "profile 1<" not in page


def test_requests_name_what_they_are_about_and_stand_together_by_kind(filled: Sandbox) -> None:
    page = requests.get(f"{filled.url}/requests?kind=shop-rows", timeout=30).text
    told = unescape(re.sub(r"<[^>]+>", " ", page))
    numbers = {one["id"]: one["number"] for one in filled.shop("orders")}
    rows = re.findall(r"orders/(\d+)/(?:<wbr>)?products", page)
    assert rows
    assert all(f"order {numbers[int(row)]}" in told for row in rows)
    everything = requests.get(f"{filled.url}/requests", timeout=30).text
    assert 1 < everything.count('<tr class="group">') < 50


def test_why_a_variant_did_not_arrive_stands_beside_the_number(filled: Sandbox) -> None:
    products = {one["id"] for one in filled.shop("products")}
    alone = [one for one in filled.shop("variants") if one["product"]["resource"]["id"] not in products]
    there = next(one for one in filled.databases()["SEOshop_products"]["collections"])
    assert there["subprofiles"] == len(filled.shop("variants")) - len(alone)
    text = " ".join(shown(filled, "/").pieces)
    said = re.search(r"Variants (\d+) of products? that|Variants (\d+) of a product that", text)
    assert bool(alone) == (said is not None)


def test_imports_are_told_row_by_row(filled: Sandbox) -> None:
    for one in filled.imports():
        text = " ".join(shown(filled, f"/imports/{one['ID']}").pieces)
        assert "created" in text or "updated" in text


@pytest.mark.parametrize(
    "path", ["/profiles/999999", "/databases/x", "/imports/0", "/subprofiles/9" + "9" * 30, "/no/such/page"]
)
def test_what_is_not_there_is_said(filled: Sandbox, path: str) -> None:
    assert "Not found" in " ".join(shown(filled, path, 404).pieces)
