"""Whatever is sent, the answer is one of Copernica's: no call trips over a body, a path or a condition."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import copernica

from .conftest import Account

WORDS = st.sampled_from(
    ["a", "n", "d", "fields", "interests", "name", "type", "value", "length", "source", "keyFields"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
# fmt: off
PATHS = st.sampled_from(
    [
        "databases", "database/1", "database/1/fields", "database/1/field/a", "database/1/profiles",
        "database/1/intentions", "database/1/interests", "profile/1", "profile/1/fields", "imports",
        "profile/1/interests",
        "profile/1/subprofiles/1", "collection/1", "collection/1/fields", "collection/1/subprofiles",
        "subprofile/1", "subprofile/1/fields",
    ]
) | st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="./"), max_size=12).map(quote)
# fmt: on
QUERIES = st.dictionaries(
    st.sampled_from(["fields", "limit", "start", "orderby", "create", "total", "dataonly", "begin"]),
    st.text(max_size=6)
    | st.sampled_from(["id==1", "id>99999999999999999999", "a==x", "n<5", "d=~%", "modified>now"]),
    max_size=3,
)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    account = Account.on(tmp_path_factory.mktemp("copernica"))
    database = account.database(a={"type": "text", "index": True}, n="integer", d="empty_datetime", f="float")
    account.collection(database, a="text", n={"type": "integer", "index": True})
    account.post(f"profile/{account.profile(database)}/subprofiles/1", {})
    yield account
    copernica.close(account.context)


@settings(max_examples=150, deadline=None)
@given(method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]), path=PATHS, query=QUERIES, body=VALUES)
def test_answer_is_always_one_of_copernicas(
    one: Account, method: str, path: str, query: dict[str, str], body: Any
) -> None:
    answer = one.http.request(
        method,
        f"/copernica/v4/{path}",
        params={"fields[]" if name == "fields" else name: value for name, value in query.items()},
        content=_json(body),
    )
    one.later(5)
    assert answer.status_code in {200, 201, 204, 400}
    if answer.status_code == 400:
        assert list(answer.json()["error"]) == ["message"]


def _json(body: Any) -> bytes:
    """Any body, NaN and half characters included."""
    return json.dumps(body).encode()
