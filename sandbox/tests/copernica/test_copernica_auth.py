"""API token, JWT, and the order in which a call is checked (docs/api/copernica.md, sections 1 and 2)."""

import jwt
import pytest

from .conftest import NOW, Account

DAY = 24 * 3600


def test_token_service_gives_a_jwt_that_ends_after_24_hours_of_the_clock(account: Account) -> None:
    token = account.http.headers["Authorization"].removeprefix("Bearer ")
    assert token.count(".") == 2
    assert (
        jwt.decode(token, options={"verify_signature": False, "verify_exp": False})["exp"]
        == NOW.timestamp() + DAY
    )
    account.later(DAY - 1)
    assert account.call("GET", "identity").status_code == 200
    account.later(1)
    assert account.call("GET", "identity").status_code == 401
    account.log_in()
    assert account.call("GET", "identity").status_code == 200


def test_several_tokens_are_good_beside_each_other(account: Account) -> None:
    first = account.http.headers["Authorization"]
    account.log_in()
    assert account.http.headers["Authorization"] != first
    account.http.headers["Authorization"] = first
    assert account.call("GET", "identity").status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer x.y.z", "Bearer ", "Basic abc"])
@pytest.mark.parametrize("status", ["401", "400"])
def test_refused_token_gets_the_error_object_and_the_status_of_the_switch(
    account: Account, header: str, status: str
) -> None:
    account.switch(token_refused=status)
    account.http.headers["Authorization"] = header
    answer = account.call("GET", "bogus")
    assert (answer.status_code, answer.json()) == (
        int(status),
        {"error": {"message": "Invalid access token"}},
    )


def test_wrong_api_token_is_refused(account: Account) -> None:
    assert account.http.post("/copernica/authenticate", data={"access_token": "wrong"}).status_code == 401


def test_token_of_the_url_is_not_taken(account: Account) -> None:
    token = account.http.headers.pop("Authorization").removeprefix("Bearer ")
    assert account.call("GET", "identity", access_token=token).status_code == 401


def test_identity_and_consumption(account: Account) -> None:
    assert set(account.get("identity")) == {"id", "name", "description", "company"}
    assert account.get("consumption", begin="2026-11-01", end="2026-11-30")["apicalls"] == 2
    assert account.get("consumption", begin="2026-01-01", end="2026-01-31")["apicalls"] == 0


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        ("GET", "bogus", "Invalid method"),
        ("GET", "Identity", "Invalid method"),
        ("DELETE", "database/1", "Invalid method"),
        ("PATCH", "database/1", "Invalid method"),
        ("GET", "database/1/bogus", "Invalid method"),
        ("GET", "database", "Invalid request, element 1 is missing in 'directory' path"),
        ("GET", "profile/1/subprofiles", "Invalid request, element 3 is missing in 'directory' path"),
        ("GET", "database/999", "No database with supplied ID"),
        ("GET", "database/-1/profiles", "No database with supplied ID"),
        ("GET", "collection/x", "No collection with given ID"),
        ("PUT", "profile/999", "No entity with supplied ID"),
        ("GET", "subprofile/999", "No subprofile with supplied ID"),
        ("GET", "import/999", "No entity with supplied ID"),
    ],
)
def test_paths_and_ids_are_refused_in_copernicas_words(
    account: Account, method: str, path: str, message: str
) -> None:
    assert account.refusal(method, path) == message


def test_more_path_parts_after_a_list_are_ignored(account: Account) -> None:
    database = account.database()
    assert account.get(f"database/{database}/profiles/bogus")["total"] == 0


@pytest.mark.parametrize(
    "raw", [b"{", b"\xff", b'{"fields": {"a": NaN}}', b'{"fields": {"a": "\\ud800"}}', b"[" * 100_000]
)
def test_body_that_cannot_be_read_is_refused(account: Account, raw: bytes) -> None:
    database = account.database(a="text")
    answer = account.http.post(f"/copernica/v4/database/{database}/profiles", content=raw)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Invalid data provided")
