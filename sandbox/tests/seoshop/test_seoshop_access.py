"""Key, language, paths and verbs; each refusal in the error envelope."""

import pytest

from sandbox.settings import SEOSHOP_KEY, SEOSHOP_SECRET

from .conftest import Served


@pytest.mark.parametrize(
    "auth", [None, (SEOSHOP_KEY, "wrong"), ("wrong", SEOSHOP_SECRET), (SEOSHOP_KEY.upper(), SEOSHOP_SECRET)]
)
def test_a_wrong_key_is_refused(api: Served, auth: tuple[str, str] | None) -> None:
    answer = api.http.get("/seoshop/nl/orders.json", auth=auth)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": {
            "code": 401,
            "method": "GET",
            "request": "/nl/orders.json",
            "message": "Could not authenticate you.",
        }
    }


@pytest.mark.parametrize("header", ["Basic", "Basic ***", "Bearer abc", "Basic w6k="])
def test_an_odd_authorization_is_refused(api: Served, header: str) -> None:
    answer = api.http.get("/seoshop/nl/shop.json", headers={"Authorization": header})
    assert answer.status_code == 401


def test_an_inactive_language_is_unknown(api: Served) -> None:
    answer = api.raw("/seoshop/xx/orders.json")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Unknown or inactive language."


@pytest.mark.parametrize(
    "path",
    [
        "orders",
        "orders/1623550",
        "orders.xml",
        "nothing.json",
        "orders/0.json",
        "customers/99999999999999999999999999.json",
        "orders/12345/products.json",
        "orders/12345/products/count.json",
        "",
    ],
)
def test_what_is_not_there_is_not_found(api: Served, path: str) -> None:
    answer = api.raw(f"/seoshop/nl/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)


def test_writing_is_not_allowed(api: Served) -> None:
    answer = api.http.post("/seoshop/nl/orders.json", auth=(SEOSHOP_KEY, SEOSHOP_SECRET))
    assert (answer.status_code, answer.json()["error"]["method"]) == (405, "POST")


def test_the_date_header_and_the_time_follow_the_clock(api: Served) -> None:
    answer = api.get("time")
    assert answer.headers["date"] == "Mon, 02 Nov 2026 09:00:00 GMT"
    assert answer.json()["time"]["timestamp"] == 1793610000
    api.admin("clock", advance=86400)
    assert api.get("time").headers["date"] == "Tue, 03 Nov 2026 09:00:00 GMT"
    api.admin("clock", set="2027-07-01T00:00:00+02:00")
    assert api.get("time").headers["date"] == "Wed, 30 Jun 2027 22:00:00 GMT"
