"""Settings of consent through the whole target, and runs that are killed between what is written of it."""

import signal
from typing import Any

import pytest

from support.account import Account
from support.colleague import Colleague
from support.killing import started, until
from support.singer import complete, customer, order, record, schema

pytestmark = pytest.mark.slow

ASKED, LATER = "2026-11-02T08:00:00Z", "2026-11-02T10:30:00Z"


def listed(*people: int, at: str = ASKED) -> list[dict[str, Any]]:
    """A complete list of subscriptions."""
    body = {"createdAt": at, "updatedAt": at, "isConfirmed": True}
    records = [
        record("subscriptions", id=90 + one, email=f"person{one}@example.com", **body) for one in people
    ]
    return [schema("subscriptions"), *records, complete("subscriptions")]


def held(account: Account, field: str = "newsletter") -> dict[str, str]:
    people = (one["fields"] for one in account.sandbox.profiles("SEOshop"))
    return {one["external_key"]: one[field] for one in people if one["external_key"]}


def number_of(account: Account, key: str) -> int:
    profiles = account.sandbox.profiles("SEOshop")
    return next(int(one["ID"]) for one in profiles if one["fields"]["external_key"] == key)


def ticked(number: int, person: int, at: str = ASKED) -> dict[str, Any]:
    return order(number, person, at=at, newsletterSubscribed=True)


def test_a_box_ticked_at_the_checkout_counts_only_where_the_settings_say_so(account: Account) -> None:
    account.send(customer(1), customer(2), ticked(11, 1), order(12, 2, at=ASKED))
    assert held(account) == {"7:1": "", "7:2": ""}
    account.send(ticked(11, 1), order(12, 2, at=ASKED), checkout_counts=True)
    first = account.people()["7:1"]
    assert held(account) == {"7:1": "yes", "7:2": ""}
    assert (first["newsletter_source"], first["mail_basis"]) == ("shop:order:11", "consent")
    assert (first["newsletter_since"], first["newsletter_shop"]) == ("2026-11-02 09:00:00", "")
    account.sandbox.unsubscribe(number_of(account, "7:1"))
    account.sandbox.clock(advance=7200)
    account.send(ticked(11, 1), checkout_counts=True)
    assert held(account)["7:1"] == "no"
    account.send(ticked(13, 1, at=LATER), checkout_counts=True)  # a later box is a later act
    assert held(account)["7:1"] == "yes"
    account.send(ticked(14, 2, at=LATER))  # switched off again
    assert held(account)["7:2"] == ""


def test_customers_are_a_basis_of_their_own_where_the_settings_say_so(account: Account) -> None:
    """It never says that they may be mailed, and an opt-out ends it."""
    people = [customer(number) for number in (1, 2, 3)]
    account.send(*people, order(11, 1), order(12, 2), *listed(2))
    assert set(held(account, "mail_basis").values()) == {"", "double"}
    account.send(customer(1), soft_optin=True)
    assert held(account, "mail_basis") == {"7:1": "customer", "7:2": "double", "7:3": ""}
    assert held(account) == {"7:1": "", "7:2": "yes", "7:3": ""}
    assert account.mailed() == []
    before = account.sandbox.last()
    account.send(customer(1), soft_optin=True)
    assert not [call for call in account.calls(before) if not call.startswith("GET")]
    left = {"customerId": 3, "state": "basket", "stateAt": LATER}
    cart = record("carts", id=21, kind="cart", updatedAt=LATER, **left)
    line = record("cart_products", id=31, cartId=21, cartUpdatedAt=LATER, **left)
    carts: dict[str, Any] = {"extras": ["carts", "cart_products"], "missing_sources": "ignore"}
    schemas = [schema(name, keys=["id"]) for name in ("carts", "cart_products")]
    account.send(*schemas, cart, line, soft_optin=True, **carts)
    assert account.sandbox.content()["SEOshop/CartItems"]
    assert "7:cart:21" in account.orders()
    assert held(account, "mail_basis")["7:3"] == "", "who left a cart has not bought"
    account.send(order(13, 3), soft_optin=True)
    assert held(account, "mail_basis")["7:3"] == "customer"
    account.sandbox.unsubscribe(number_of(account, "7:1"))
    account.sandbox.clock(advance=7200)
    account.send(customer(1), soft_optin=True)
    assert (held(account)["7:1"], held(account, "mail_basis")["7:1"]) == ("no", "")


@pytest.mark.parametrize(("scope", "left"), [("account", "no"), ("shop", "yes")])
def test_whose_opt_outs_count(account: Account, scope: str, left: str) -> None:
    """One in a database of a colleague's, who has the same person there; one in ours counts anyway."""
    lists = listed(1, 2)
    lists[1]["record"]["email"] = short = "p1@ab.nl"  # fits the colleague's field
    account.send(customer(1, email=short), customer(2), *lists)
    elsewhere = Colleague(account.sandbox, "Elsewhere")
    elsewhere.makes_database()
    elsewhere.sets_unsubscribe({"behavior": "nothing"})
    account.sandbox.unsubscribe(elsewhere.creates({"newsletter": short}))
    ours = Colleague(account.sandbox, "SEOshop").creates({"email": "person2@example.com"})
    account.sandbox.unsubscribe(ours)
    account.sandbox.clock(advance=7200)
    account.send(customer(1, email=short), consent_scope=scope)
    assert held(account) == {"7:1": left, "7:2": "no"}


def test_however_many_others_opted_out_each_one_counts(account: Account) -> None:
    account.send(customer(1), *listed(1))
    colleague = Colleague(account.sandbox, "SEOshop")
    for number in (*range(2, 122), 1):  # the last is the one that is ours, too
        account.sandbox.unsubscribe(colleague.creates({"email": f"person{number}@example.com"}))
    account.sandbox.clock(advance=7200)
    account.send(customer(1))
    assert held(account)["7:1"] == "no"


KILLS = {
    "before Copernica has it": ("/imports$", "hang_before"),
    "after Copernica has it": ("/imports$", "hang_after"),
    "while it is asked who opted out": ("/ms/unsubscribes", "hang_before"),
    "while the profiles are read": ("/profile", "hang_before"),
}


@pytest.mark.parametrize("where", KILLS)
def test_killed_between_what_is_written_of_consent(account: Account, where: str) -> None:
    """One asks for mail, one opted out in Copernica, one left the list: the same end as undisturbed."""
    account.send(*[customer(number) for number in (1, 2, 3)], *listed(1, 3))
    account.sandbox.unsubscribe(number_of(account, "7:1"))
    account.send(*listed(1))
    account.sandbox.clock(advance=7200)
    path, do = KILLS[where]
    account.sandbox.fault("copernica", path, do)
    process = started(account, *listed(1, 2))
    until(lambda: account.sandbox.faults()["faults"][0]["hits"] > 0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    account.sandbox.clear_faults()
    account.sandbox.clock(advance=61)
    for _ in range(2):
        account.send(*listed(1, 2))
        assert held(account) == {"7:1": "no", "7:2": "yes", "7:3": "no"}
        proof = (account.folder / "state" / "consent.jsonl").read_text()
        assert [proof.count(f"shop:subscription:{number}") for number in (91, 92, 93)] == [1, 1, 2]
        account.lose_ledger()
