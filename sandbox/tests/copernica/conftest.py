"""One Copernica per test, asked over its ASGI application, on a clock that stands still until it is moved."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx2 import QueryParams, Response
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from sandbox import copernica
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.requestlog import RequestLog
from sandbox.settings import COPERNICA_TOKEN, Settings

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@dataclass
class Account:
    """An account, spoken to as a client does."""

    context: Context
    http: TestClient

    @classmethod
    def on(cls, directory: Path) -> "Account":
        context = Context(Clock(NOW, real_time=lambda: 0.0), Settings(), RequestLog(), directory)
        routes = [
            Mount("/copernica", routes=copernica.routes(context)),
            Mount("/admin", routes=copernica.admin_routes(context)),
        ]
        account = cls(context, TestClient(Starlette(routes=routes), follow_redirects=False))
        account.log_in()
        return account

    def restarted(self) -> "Account":
        """The same data directory in a new process, the old token still in hand."""
        copernica.close(self.context)
        again = Account.on(self.context.data)
        again.http.headers["Authorization"] = self.http.headers["Authorization"]
        return again

    def log_in(self) -> None:
        answer = self.http.post("/copernica/authenticate", data={"access_token": COPERNICA_TOKEN})
        self.http.headers["Authorization"] = f"Bearer {answer.text}"

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Response:
        params = QueryParams(
            [("fields[]" if name == "fields" else name, value) for name, value in _flat(query)]
        )
        return self.http.request(method, f"/copernica/v4/{path}", params=params, json=body)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None) -> int:
        answer = self.call("POST", path, {} if body is None else body)
        assert answer.status_code == 201, answer.text
        return int(answer.headers["X-Created"])

    def put(self, path: str, body: Any, **query: Any) -> Response:
        return self.call("PUT", path, body, **query)

    def refusal(self, method: str, path: str, body: Any = None, **query: Any) -> str:
        answer = self.call(method, path, body, **query)
        assert answer.status_code == 400
        return str(answer.json()["error"]["message"])

    def switch(self, **values: str) -> None:
        named = {f"copernica.{name}": value for name, value in values.items()}
        switches = {**self.context.settings.switches, **named}
        self.context.settings = replace(self.context.settings, switches=switches)

    def later(self, seconds: float) -> None:
        self.context.clock.advance(seconds)

    def database(self, name: str = "Shop", /, **fields: str | dict[str, Any]) -> int:
        database = self.post("databases", {"name": name})
        self.add_fields(f"database/{database}", **fields)
        return database

    def collection(self, database: int, name: str = "Orders", /, **fields: str | dict[str, Any]) -> int:
        collection = self.post(f"database/{database}/collections", {"name": name})
        self.add_fields(f"collection/{collection}", **fields)
        return collection

    def add_fields(self, place: str, /, **fields: str | dict[str, Any]) -> None:
        for name, kind in fields.items():
            self.post(
                f"{place}/fields", {"name": name, **({"type": kind} if isinstance(kind, str) else kind)}
            )

    def profile(self, database: int, /, **fields: Any) -> int:
        return self.post(f"database/{database}/profiles", {"fields": fields})

    def fields_of(self, profile: int) -> dict[str, str]:
        fields: dict[str, str] = self.get(f"profile/{profile}/fields")
        return fields

    def followups(self, since: int = 0) -> list[dict[str, Any]]:
        noted: list[dict[str, Any]] = self.http.get(f"/admin/followups?since={since}").json()["followups"]
        return noted


def _flat(query: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, str(one)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    account = Account.on(tmp_path)
    yield account
    copernica.close(account.context)
