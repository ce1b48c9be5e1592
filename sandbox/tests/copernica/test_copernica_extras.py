"""Coupons, data requests and webhooks: what is sent is kept, shown, and comes to nothing outside."""

import pytest

from .conftest import Account


def codes(account: Account, campaign: int, *conditions: str) -> list[str]:
    found = account.get(f"couponcampaign/{campaign}/coupons", fields=list(conditions))
    return [one["code"] for one in found["data"]]


def test_coupons_are_added_and_redeemed_by_their_code(account: Account) -> None:
    campaign = account.post("couponcampaigns", {"name": "Spring", "tags": ["2026"]})
    source = [
        {"code": "AA", "validuntil": "2026-12-31 23:59:59"},
        {"code": "BB", "validuntil": "2026-01-01 00:00:00"},
        {"code": "CC"},
    ]
    account.put(f"couponcampaign/{campaign}/coupons", {"source": source})
    account.put(f"couponcampaign/{campaign}/coupons", {"source": [{"code": "CC", "redeemed": True}]})
    assert codes(account, campaign) == ["AA", "BB", "CC"]
    assert codes(account, campaign, "status==redeemed") == ["CC"]
    assert codes(account, campaign, "status==available", "valid==yes") == ["AA"]
    assert codes(account, campaign, "code!=AA") == ["BB", "CC"]
    assert codes(account, campaign, "nothing==1") == ["AA", "BB", "CC"]
    (kept,) = account.get(f"couponcampaign/{campaign}/coupons", fields=["code==AA"])["data"]
    assert kept["validuntil"] == "2026-12-31 23:59:59"
    account.refusal("PUT", f"couponcampaign/{campaign}/coupons", {"source": [{"redeemed": True}]})


def test_a_campaign_of_coupons_keeps_what_is_not_named(account: Account) -> None:
    campaign = account.post("couponcampaigns", {"name": "Spring", "description": "Ten off"})
    account.put(f"couponcampaign/{campaign}", {"archived": True})
    found = account.get(f"couponcampaign/{campaign}")
    assert (found["name"], found["description"], found["archived"]) == ("Spring", "Ten off", True)
    assert account.get("couponcampaigns")["total"] == 1
    account.refusal("POST", "couponcampaigns", {"description": "without a name"})
    account.refusal("GET", "couponcampaign/99")


@pytest.mark.parametrize("subject", ["profile/1", "subprofile/1", "email/ANNA@example.com"])
def test_all_data_of_a_person_is_there_after_a_while(account: Account, subject: str) -> None:
    database = account.post("databases", {"name": "People"})
    account.post(f"database/{database}/fields", {"name": "mail", "type": "email"})
    collection = account.post(f"database/{database}/collections", {"name": "Orders"})
    account.post(f"collection/{collection}/fields", {"name": "status", "type": "text"})
    for mail in ("anna@example.com", "ben@example.com"):
        number = account.post(f"database/{database}/profiles", {"fields": {"mail": mail}})
        account.post(f"profile/{number}/subprofiles/{collection}", {"status": f"of {mail}"})
    request = account.post(f"{subject}/datarequest", {"report": "https://example.com/report"})
    assert account.get(f"datarequest/{request}/status") == {"status": "pending"}
    assert account.call("GET", f"datarequest/{request}/data").status_code == 404
    account.context.clock.advance(60)
    assert account.get(f"datarequest/{request}/status") == {"status": "available"}
    (person,) = account.get(f"datarequest/{request}/data")["profiles"]
    assert person["fields"]["mail"] == "anna@example.com"
    assert [one["fields"]["status"] for one in person["subprofiles"]] == ["of anna@example.com"]
    assert account.get("datarequest/99/status") == {"status": "not available"}
    account.refusal("POST", "profile/99/datarequest", {})


def test_a_webhook_is_kept_and_not_called(account: Account) -> None:
    hook = account.post("webhooks", {"handler": "https://example.com/hook", "trigger": "create"})
    account.put(f"webhook/{hook}", {"trigger": "update", "database": 3})
    found = account.get(f"webhook/{hook}")
    assert (found["handler"], found["trigger"], found["database"]) == (
        "https://example.com/hook",
        "update",
        3,
    )
    assert found["callers"] == ["ms", "publisher"]
    assert account.call("DELETE", f"webhook/{hook}").headers["X-deleted"] == f"webhook {hook}"
    account.refusal("GET", f"webhook/{hook}")
    account.refusal("POST", "webhooks", {"handler": "https://example.com", "trigger": "sneeze"})
    account.refusal("POST", "webhooks", {"handler": "nobody", "trigger": "create"})


def test_events_are_kept_as_they_came_and_checked(account: Account) -> None:
    for kind, body in (
        ("user/register", {"email": "a@example.com", "firstname": "A", "shop": 7}),
        ("webshop/cart/add", {"id": 1, "sku": "S", "count": 2}),
    ):
        assert account.call("POST", f"events/{kind}", body).status_code == 201
    for kind in ("user/register", "email/unsubscribe"):
        account.refusal("POST", f"events/{kind}", {"email": "nobody"})
    account.refusal("POST", "events/webshop/cart/remove", {"id": 1})
    account.refusal("POST", "events/order/create", {"email": "a@example.com"})
    told = account.http.get("/admin/copernica/events").json()["events"]
    assert [(one["kind"], one["body"]) for one in told] == [
        ("user/register", {"email": "a@example.com", "firstname": "A", "shop": 7}),
        ("webshop/cart/add", {"id": 1, "sku": "S", "count": 2}),
    ]
