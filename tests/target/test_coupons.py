"""Coupons of a Copernica campaign are marked redeemed when an order used their code: each once, no other."""

from typing import Any

import pytest
import requests

from support.account import Account
from support.sandbox import COPERNICA_TOKEN
from support.singer import customer, order, schema, state

SCHEMAS = (schema("customers"), schema("orders"))
OFTEN = [f"C{number:02}" for number in range(25)]


class Campaign:
    """A campaign of coupons in an account, made by a colleague."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.url = f"{account.sandbox.url}/copernica/v4"
        asked = requests.post(
            f"{account.sandbox.url}/copernica/authenticate",
            data={"access_token": COPERNICA_TOKEN},
            timeout=60,
        )
        self.head = {"Authorization": f"Bearer {asked.text.strip()}"}
        made = requests.post(f"{self.url}/couponcampaigns", json={"name": "S"}, headers=self.head, timeout=60)
        self.id = int(made.headers["X-Created"])
        source = [{"code": code} for code in ("AA", "BB", *OFTEN)]
        requests.put(f"{self.url}/{self.path}", json={"source": source}, headers=self.head, timeout=60)

    @property
    def path(self) -> str:
        return f"couponcampaign/{self.id}/coupons"

    def coupons(self) -> dict[str, str]:
        told = requests.get(f"{self.url}/{self.path}", params={"limit": 1000}, headers=self.head, timeout=60)
        return {one["code"]: one["status"] for one in told.json()["data"]}

    def redeemed(self) -> list[str]:
        return [code for code, status in self.coupons().items() if status == "redeemed"]

    def send(self, *orders: dict[str, Any], **more: Any) -> list[str]:
        """A run with these orders; its calls for coupons."""
        before = self.account.sandbox.last()
        self.account.send(*SCHEMAS, customer(1), *orders, state(n=1), coupon_campaign=self.id, **more)
        return [call for call in self.account.calls(before) if "coupon" in call]


@pytest.fixture
def campaign(account: Account) -> Campaign:
    account.send(*SCHEMAS, customer(1), order(1, 1))
    return Campaign(account)


def used(number: int, code: object, **more: Any) -> dict[str, Any]:
    return order(number, 1, discountCouponCode=code, **more)


def test_a_used_code_is_marked_once_and_the_shops_own_are_not_added(campaign: Campaign) -> None:
    get, put = "GET couponcampaign/N/coupons", "PUT couponcampaign/N/coupons"
    assert campaign.send(used(11, " aa "), used(12, "SUMMER"), used(13, None), used(14, "AA")) == [
        get, get, get, put,
    ]  # fmt: skip
    assert campaign.redeemed() == ["AA"]
    assert "SUMMER" not in campaign.coupons()
    assert campaign.send(used(15, "AA"), used(16, "SUMMER")) == [], "each code once"
    assert campaign.send(used(17, "BB", status="cancelled")) == []
    assert campaign.send(used(17, "BB", updated="2026-11-02T09:20:00Z")) == [get, put]
    campaign.account.lose_ledger()
    assert campaign.send(used(11, "AA")) == [get], "it is marked already"
    assert campaign.send(*(used(20 + at, code) for at, code in enumerate(OFTEN))) == [get, put]
    assert sorted(campaign.redeemed()) == sorted(["AA", "BB", *OFTEN])


def test_a_campaign_that_is_not_there_is_named_and_the_codes_are_kept(campaign: Campaign) -> None:
    ended = campaign.account.send(
        *SCHEMAS, customer(1), used(11, "AA"), state(n=1),
        check=False, coupon_campaign=campaign.id + 1,
    )  # fmt: skip
    assert ended.code == 2
    assert f"setting coupon_campaign: the coupons of campaign {campaign.id + 1}" in ended.err.splitlines()[-1]
    assert campaign.send() != []
    assert campaign.redeemed() == ["AA"]
