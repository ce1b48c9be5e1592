"""A page over a small account, asked over its ASGI application, on a clock that stands still."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from sandbox import app, copernica
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.requestlog import RequestLog
from sandbox.settings import COPERNICA_TOKEN, Settings
from sandbox.shop.db import Shop
from sandbox.shop.generate import generate
from sandbox.shop.plan import Plan

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FIELDS = {"email": "email", "firstname": "text", "lastname": "text", "city": "text"}


@dataclass
class Looked:
    """A sandbox: called as a client does, and looked at as a person does."""

    context: Context
    http: TestClient
    token: str = ""

    def call(self, method: str, path: str, body: Any = None, status: int | None = None) -> Response:
        """One call of Copernica's API."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.http.request(method, f"/copernica/v4/{path}", json=body, headers=headers)
        assert answer.is_success if status is None else answer.status_code == status, answer.text
        return answer

    def made(self, path: str, body: Any) -> int:
        """The id of what a POST made."""
        return int(self.call("POST", path, body, 201).headers["X-Created"])

    def page(self, path: str) -> str:
        """A page, as HTML."""
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def found(self, words: str) -> str:
        """What a search leads to, as HTML."""
        answer = self.http.post("/search", data={"q": words})
        assert answer.status_code == 200, answer.text
        return answer.text

    def imported(self, rows: list[dict[str, Any]], **more: Any) -> int:
        """The id of an import that has been carried out."""
        body = {"database": 1, "source": json.dumps(rows), "action": "update or add", "keyFields": ["email"]}
        number = self.made("imports", body | more)
        self.context.clock.advance(60)
        return number


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that no test here changes."""
    shop = Shop(tmp_path_factory.mktemp("shop") / "shop.sqlite")
    generate(shop, Plan(customers=3, orders=4, order_rows=5, now=NOW))
    yield shop
    shop.close()


@pytest.fixture
def looked(small_shop: Shop, tmp_path: Path) -> Iterator[Looked]:
    """An account with one database."""
    context = Context(Clock(NOW, real_time=lambda: 0.0), Settings(), RequestLog(), tmp_path)
    looked = Looked(context, TestClient(app.build(context, small_shop), base_url="http://sandbox.test"))
    looked.token = looked.http.post("/copernica/authenticate", data={"access_token": COPERNICA_TOKEN}).text
    looked.made("databases", {"name": "People"})
    for name, kind in FIELDS.items():
        looked.made("database/1/fields", {"name": name, "type": kind})
    yield looked
    copernica.close(context)
