"""The calls that the vendors' documentation shows, made by a program that is not ours: curl.

No client library for either API can be had from a package index that Python or Node read: none was found on
PyPI and npm as of November 2026. What there is:

* SEOshop: `seoshop/seoshop-php` by the vendor and other PHP clients (Composer), `seoshop-api` (a Ruby gem),
  `seoshop-node-api` and `lightspeed-client` (their READMEs name npm, which has neither). `lightspeed-api`,
  `plaw` and `lightspeed-x` on PyPI are for other products of Lightspeed, with other APIs; `apideck` speaks to
  its maker's own service.
* Copernica: the vendor's PHP class, `123lens/copernica-rest-api-client`, `wyz/copernica-api` and others
  (Composer), `CopernicaNET` (NuGet). `copernica` on PyPI is something else.

So the calls of their documentation are repeated here as those clients send them, down to how PHP writes a
list in a query (`fields[0]=`). The pages named are those of CopernicaMarketingSoftware/Documentation,
Publisher/en/restv4, and of https://developers.lightspeedhq.com/ecom/ (`docs/api/seoshop.md`, section 0).
"""

import re
import shutil
from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

import pytest

from support.curl import Answer, curl
from support.sandbox import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET, Sandbox, running_sandbox

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")


class Call(Protocol):
    def __call__(self, line: str, /, **words: object) -> Answer: ...


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with running_sandbox(per_second=1000) as sandbox:
        yield sandbox


# SEOshop


@pytest.fixture(scope="module")
def shop(served: Sandbox) -> Call:
    return partial(curl, served, key=SEOSHOP_KEY, secret=SEOSHOP_SECRET)


def test_the_shop_is_read_with_the_credentials_in_the_address(shop: Call) -> None:
    """As the vendor's PHP client does for `$client->shop->get()`, the example of its README."""
    answer = shop("curl https://{key}:{secret}@api.webshopapp.com/nl/shop.json")
    assert answer.status == 200
    assert list(answer.json()) == ["shop"]
    # `getResponseHeaders()` of the same README: "important data such as rate limiting".
    for name in ("Limit", "Remaining", "Reset"):
        assert re.fullmatch(r"\d+/\d+/\d+", answer.headers[f"X-RateLimit-{name}"])


def test_the_key_is_asked_for(shop: Call) -> None:
    answer = shop("curl -u {key}:wrong https://api.webshopapp.com/nl/shop.json")
    assert answer.status == 401
    assert answer.json()["error"]["code"] == 401


@pytest.mark.parametrize(
    ("resource", "one", "many"),
    [
        ("orders", "order", "orders"),
        ("customers", "customer", "customers"),
        ("products", "product", "products"),
        ("variants", "variant", "variants"),
        ("invoices", "invoice", "invoices"),
        ("shipments", "shipment", "shipments"),
        ("groups", "group", "groups"),
        ("brands", "brand", "brands"),
    ],
)
def test_a_resource_is_retrieved_counted_and_retrieved_one_by_one(
    shop: Call, resource: str, one: str, many: str
) -> None:
    """The three GET calls that each page of the reference lists (`endpoints/order` and so on)."""
    start = f"curl -u {{key}}:{{secret}} https://api.webshopapp.com/nl/{resource}"
    listed = shop(f"{start}.json?limit=250").json()[many]
    assert shop(f"{start}/count.json").json() == {"count": len(listed)}
    answer = shop(f"{start}/{listed[0]['id']}.json")
    assert answer.json()[one]["id"] == listed[0]["id"]


def test_a_list_is_cut_into_pages_and_fields_and_filtered(shop: Call) -> None:
    """The parameters of the reference's lists; the times as a client's README writes them."""
    start = "curl -u {key}:{secret} 'https://api.webshopapp.com/nl/orders"
    everything = shop(f"{start}.json?limit=250'").json()["orders"]
    pages = [shop(f"{start}.json?limit=15&page={page}'").json()["orders"] for page in (1, 2, 3, 4)]
    assert [order["id"] for page in pages for order in page] == [order["id"] for order in everything]
    middle = everything[20]
    after = shop(f"{start}.json?since_id={middle['id']}&fields=id,number'").json()["orders"]
    assert [order["id"] for order in after] == [order["id"] for order in everything[:20]]
    assert list(after[0]) == ["id", "number"]
    recent = shop(f"{start}.json?updated_at_min=2024-01-01T00:00:00Z&limit=250'").json()["orders"]
    assert {order["id"] for order in recent} == {
        order["id"] for order in everything if order["updatedAt"] >= "2024-01-01T01:00:00"
    }
    of_customer = middle["customer"]["resource"]["id"]
    count = shop(f"{start}/count.json?customer={of_customer}'").json()["count"]
    assert count == sum(order["customer"]["resource"]["id"] == of_customer for order in everything)


def test_the_lines_of_an_order_are_a_list_below_it(shop: Call) -> None:
    """As clients read them, by the link in the order."""
    order = shop("curl -u {key}:{secret} 'https://api.webshopapp.com/nl/orders.json?limit=1'").json()[
        "orders"
    ][0]
    link = order["products"]["resource"]["link"]
    lines = shop(f"curl -u {{key}}:{{secret}} {link}").json()["orderProducts"]
    assert sum(line["quantityOrdered"] for line in lines) > 0


# Copernica


@pytest.fixture(scope="module")
def account(served: Sandbox) -> Call:
    """With a token, got as the page rest-introduction says in its step 2; and a database to call upon."""
    exchange = (
        "curl -X POST https://authenticate.copernica.com"
        ' -H "Content-Type: application/x-www-form-urlencoded" -d "access_token={given}"'
    )
    answer = curl(served, exchange, given=COPERNICA_TOKEN)
    assert answer.status == 200
    assert answer.text.count(".") == 2
    call = partial(curl, served, token=answer.text)
    number = made(
        call(json_line("POST", "databases", '{"name": "documented", "description": "of the pages"}'))
    )
    call = partial(call, database=number)
    for name in ("customerid", "firstname", "lastname", "email", "country", "name"):
        kind = "email" if name == "email" else "text"
        made(call(json_line("POST", "database/{database}/fields", f'{{"name": "{name}", "type": "{kind}"}}')))
    made(
        call(
            json_line(
                "POST", "database/{database}/fields", '{"name": "age", "type": "integer", "value": "0"}'
            )
        )
    )
    for name in ("football", "baseball"):
        made(call(json_line("POST", "database/{database}/interests", f'{{"name": "{name}"}}')))
    return call


def line(method: str, path: str) -> str:
    """A call as step 3 of rest-introduction makes it."""
    return f"curl -X {method} 'https://api.copernica.com/v4/{path}' -H 'Authorization: Bearer {{token}}'"


def json_line(method: str, path: str, body: str) -> str:
    return f"{line(method, path)} -H 'Content-Type: application/json' -d '{body}'"


def made(answer: Answer) -> int:
    """The id of what a POST made; the end of the address in X-location is the same."""
    assert (answer.status, answer.text) == (201, "")
    number = int(answer.headers["X-Created"])
    assert answer.headers["X-location"].endswith(f"/{number}")
    return number


def profiles(account: Call, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account(line("GET", f"database/{{database}}/profiles?{query}")).json()[
        "data"
    ]
    return found


def test_the_account_tells_who_it_is(account: Call) -> None:
    """rest-introduction, step 3."""
    answer = account('curl https://api.copernica.com/v4/identity -H "Authorization: Bearer {token}"')
    assert answer.status == 200
    assert set(answer.json()) == {"id", "name", "description", "company"}


def test_a_call_without_the_token_is_refused(account: Call) -> None:
    answer = account("curl https://api.copernica.com/v4/identity")
    assert answer.status in (400, 401)
    assert "message" in answer.json()["error"]


@pytest.mark.parametrize(
    "sent",
    [
        """-H 'Content-Type: application/json' -d '{"fields": {"email": "info@example.com"}}'""",
        "-H 'Content-Type: application/x-www-form-urlencoded' -d 'fields[email]=info@example.com'",
    ],
    ids=["json", "form"],
)
def test_a_profile_is_added_in_both_encodings(account: Call, sent: str) -> None:
    """rest-requests, "Sending data to the API"."""
    number = made(account(f"{line('POST', 'database/{database}/profiles')} {sent}"))
    fields = account(line("GET", f"profile/{number}/fields")).json()
    assert fields["email"] == "info@example.com"
    gone = account(line("DELETE", f"profile/{number}"))
    assert (gone.status, gone.headers["X-deleted"]) == (204, f"profile {number}")


def test_a_field_of_each_documented_form_is_added(account: Call) -> None:
    """rest-post-database-fields, the JSON and the PHP example."""
    body = (
        '{"name": "text_field", "type": "text", "value": "this is a text field", "displayed": true,'
        ' "ordered": false, "length": 50, "textlines": 1, "hidden": false, "index": false}'
    )
    made(account(json_line("POST", "database/{database}/fields", body)))
    choice = '{"name": "extra_field", "type": "select", "value": "A\\nB\\nC*"}'
    made(account(json_line("POST", "database/{database}/fields", choice)))
    number = made(account(json_line("POST", "database/{database}/profiles", '{"fields": {}}')))
    fields = account(line("GET", f"profile/{number}/fields")).json()
    assert (fields["text_field"], fields["extra_field"]) == ("this is a text field", "C")
    account(line("DELETE", f"profile/{number}"))


def test_profiles_are_changed_or_made_by_one_call(account: Call) -> None:
    """rest-put-database-profiles, the JSON body with the PHP example's query as PHP writes it."""
    body = (
        '{"fields": {"customerid": "4567", "firstname": "John", "lastname": "Doe",'
        ' "email": "johndoe@example.com"}, "interests": {"football": 1, "baseball": 0}}'
    )
    query = "fields%5B0%5D=customerid%3D%3D4567&async={async}&create={create}"
    call = partial(account, json_line("PUT", f"database/{{database}}/profiles?{query}", body))
    assert call(**{"async": 1, "create": 0}).status == 204
    assert profiles(account, "fields[]=customerid%3D%3D4567") == []
    number = made(call(**{"async": 0, "create": 1}))
    assert call(**{"async": 0, "create": 1}).status == 204
    (found,) = profiles(account, "fields[]=customerid%3D%3D4567")
    assert (found["ID"], found["interests"]) == (str(number), ["football"])


def test_profiles_are_found_by_several_conditions(account: Call) -> None:
    """rest-fields-parameter: the escaped address of the page, and its PHP example as PHP writes it."""
    for age in (12, 18, 70):
        body = f'{{"fields": {{"country": "netherlands", "age": {age}, "firstname": "M{age}"}}}}'
        made(account(json_line("POST", "database/{database}/profiles", body)))
    found = profiles(account, "fields[]=country%3D%3Dnetherlands&fields[]=age%3E16")
    assert [one["fields"]["age"] for one in found] == ["18", "70"]
    found = profiles(account, "orderby=country&fields%5B0%5D=age%3E16&fields%5B1%5D=age%3C%3D65")
    assert [one["fields"]["age"] for one in found] == ["18"]
    assert len(profiles(account, "fields[]=firstname%3D~M%25")) == 3


def test_a_list_is_cut_into_pages(account: Call) -> None:
    """rest-paging: the second five of the databases, not counted (PHP writes false as 0)."""
    answer = account(line("GET", "databases?start=5&limit=5&total=0")).json()
    assert answer == {"start": 5, "limit": 5, "count": 0, "data": []}
    assert account(line("GET", "databases")).json()["total"] == 1


def test_a_list_of_profiles_is_imported(account: Call) -> None:
    """rest-post-imports: the JSON example; and the PHP example's address with its slash at the end."""
    body = (
        '{"database": {database}, "name": "import_name", "followups": true, "autostart": true,'
        ' "rebuild": "false", "action": "update or add", "keyFields": ["email"],'
        ' "ignoreEmptyFields": false, "removeMissing": false, "format": "json", "source":'
        ' [{"email": "email@example.com", "name": "John"},'
        ' {"email": "email2@example.com", "name": "Jane"}]}'
    )
    number = made(account(json_line("POST", "imports/", body)))
    told = account(line("GET", f"import/{number}")).json()
    assert (told["ID"], told["name"]) == (str(number), "import_name")


def test_a_subprofile_is_added_and_changed(account: Call) -> None:
    """rest-post-profile-subprofiles and rest-put-subprofile-fields."""
    collection = made(account(json_line("POST", "database/{database}/collections", '{"name": "orders"}')))
    for name in ("firstname", "lastname", "email"):
        made(account(json_line("POST", f"collection/{collection}/fields", f'{{"name": "{name}"}}')))
    profile = made(account(json_line("POST", "database/{database}/profiles", '{"fields": {}}')))
    body = '{"firstname": "John", "Lastname": "Doe", "email": "johndoe@example.com"}'
    number = made(account(json_line("POST", f"profile/{profile}/subprofiles/{collection}", body)))
    changed = account(json_line("PUT", f"subprofile/{number}/fields", '{"firstname": "Jane"}'))
    assert (changed.status, changed.text) == (204, "")
    fields = account(line("GET", f"subprofile/{number}/fields")).json()
    assert fields == {"firstname": "Jane", "lastname": "Doe", "email": "johndoe@example.com"}
