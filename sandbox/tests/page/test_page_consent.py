"""A person's consent on the page: the state, its reason, what happened; and the buttons."""

import re
from html import unescape

import pytest

from .conftest import Looked

NO = {"behavior": "update", "fields": {"newsletter": "no"}}


def told(page: str) -> str:
    """The section about consent, as it is read."""
    match = re.search(r'<section [^>]*aria-labelledby="consent">(.*?)</section>', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", match[1])).split()) if match else ""


@pytest.fixture
def person(looked: Looked) -> Looked:
    """One who subscribed in the shop, and of whom a program says so."""
    for name in ("newsletter", "newsletter_shop", "newsletter_source"):
        looked.made("database/1/fields", {"name": name})
    looked.made("database/1/fields", {"name": "newsletter_since", "type": "empty_datetime"})
    looked.call("PUT", "database/1/unsubscribe", NO)
    body = {"email": "Jan@Example.com", "isConfirmed": True, "createdAt": "2026-11-01T09:00:00+00:00"}
    sent = {"resource": "subscriptions", "body": {"id": 7_000_000, **body}}
    looked.http.post("/admin/shop/insert", json=sent)
    fields = {
        "email": "jan@example.com", "newsletter": "yes", "newsletter_shop": "yes",
        "newsletter_source": "shop:subscription:7000000", "newsletter_since": "2026-11-01 10:00:00",
    }  # fmt: skip
    looked.made("database/1/profiles", {"fields": fields})
    return looked


def test_the_state_its_reason_and_what_happened(person: Looked) -> None:
    said = told(person.page("/profiles/1"))
    assert (
        "This person may be mailed ( yes ), since 2026-11-01 10:00:00, because of subscription 7000000 in "
        "the shop." in said
    )
    assert "The shop says yes" in said
    assert "2026-11-01 10:00:00 Subscribed in the shop (subscription 7000000, confirmed)" in said
    assert "The field changed, by POST database/1/profiles" in said


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unsubscribes", "Unsubscribed by the link in a mail, in the Marketing Suite"),
        ("abuses", "Complained of a mail (spam), in the Marketing Suite"),
    ],
)
def test_a_button_opts_the_person_out_as_the_admin_call_does(person: Looked, kind: str, words: str) -> None:
    person.context.clock.advance(60)
    answer = person.http.post("/profiles/1/unsubscribe", data={"kind": kind}, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/profiles/1#consent")
    assert person.call("GET", "profile/1").json()["fields"]["newsletter"] == "no"
    said = told(person.page("/profiles/1"))
    assert "may not be mailed" in said
    assert f"2026-11-02 10:01:00 {words}" in said
    assert "The field changed, by Copernica itself or a colleague" in said
    (row,) = person.call("GET", f"ms/emailing/1/{kind}").json()["data"]
    assert row["profile"] == "1"


def test_where_nothing_is_kept_nothing_is_told(looked: Looked) -> None:
    looked.made("database/1/profiles", {"fields": {"email": "jan@example.com"}})
    assert told(looked.page("/profiles/1")) == ""


def test_a_button_for_no_one_and_of_no_kind_does_nothing(person: Looked) -> None:
    assert person.http.post("/profiles/99/unsubscribe").status_code == 404
    assert person.http.post("/profiles/1/unsubscribe", data={"kind": "x"}).status_code == 400
    assert person.call("GET", "ms/unsubscribes").json()["data"] == []


def test_who_was_never_asked(looked: Looked) -> None:
    looked.made("database/1/fields", {"name": "newsletter"})
    looked.made("database/1/profiles", {"fields": {"email": "piet@example.com"}})
    said = told(looked.page("/profiles/1"))
    assert "was never asked, and may not be mailed" in said
    assert "Nothing was heard of this address." in said
