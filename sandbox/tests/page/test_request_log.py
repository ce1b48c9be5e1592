"""The request log tells of no person."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.requestlog import HIDDEN, harmless_path, harmless_query

from .conftest import Looked


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("page=2&limit=250&since_id=40000046", "page=2&limit=250&since_id=40000046"),
        ("updated_at_min=2026-10-01%2000:00:00", "updated_at_min=2026-10-01 00:00:00"),
        ("created_at_max=2026-10-01T00:00:00Z", "created_at_max=2026-10-01T00:00:00Z"),
        ("fields=id,email&order=17", "fields=id,email&order=17"),
        ("orderby=modified&order=desc", "orderby=modified&order=desc"),
        ("total=false&dataonly=1&orderby=id", "total=false&dataonly=1&orderby=id"),
        ("fields[]=email%3D%3Djan@example.com&start=5", f"fields[]={HIDDEN}&start=5"),
        ("fields%5B0%5D=lastname%3D%3DJansen", f"fields[0]={HIDDEN}"),
        ("email=jan@example.com&number=ORD00001", f"email={HIDDEN}&number={HIDDEN}"),
        ("limit=jan@example.com&page=Jansen", f"limit={HIDDEN}&page={HIDDEN}"),
        ("jan@example.com", f"{HIDDEN}="),
        ("customer=&page=", "customer=&page="),
        ("", ""),
    ],
)  # fmt: skip
def test_a_query_is_left_with_what_tells_of_nobody(query: str, shown: str) -> None:
    assert harmless_query(query) == shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/seoshop/nl/orders/1623550/products.json", "/seoshop/nl/orders/1623550/products.json"),
        ("/copernica/v4/database/1/profiles", "/copernica/v4/database/1/profiles"),
        ("/copernica/v4/profile/jan@example.com", f"/copernica/v4/profile/{HIDDEN}"),
        ("/copernica/v4/profile/Jan de Vries/fields", f"/copernica/v4/profile/{HIDDEN}/fields"),
    ],
)
def test_a_path_is_left_with_what_tells_of_nobody(path: str, shown: str) -> None:
    assert harmless_path(path) == shown


@given(
    st.emails(), st.sampled_from(("q", "email", "fields[]", "page", "updated_at_min", "fields", "orderby"))
)
def test_no_address_of_a_person_stays_in_a_query(email: str, name: str) -> None:
    for query in (f"{name}={quote(email)}", f"{name}=email=={email}", quote(email), f"{email}={name}"):
        assert email not in harmless_query(query)
    assert email not in harmless_path(f"/copernica/v4/profile/{email}")


def test_neither_log_nor_page_tells_what_a_condition_asks(looked: Looked) -> None:
    looked.call("GET", "database/1/profiles?fields[]=email==jan@example.com&limit=7")
    told = json.dumps(looked.http.get("/admin/requests").json(), ensure_ascii=False) + looked.page(
        "/requests"
    )
    assert "jan@" not in told
    assert told.count(f"fields[]={HIDDEN}&") == 2
