"""A seeded shop behind the SEOshop API, asked over its ASGI application, on a clock that stands still."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from sandbox import app
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.copernica.store import close_store
from sandbox.requestlog import RequestLog
from sandbox.settings import SEOSHOP_KEY, SEOSHOP_SECRET, Settings
from sandbox.shop.db import Shop
from sandbox.shop.generate import generate
from sandbox.shop.plan import Plan

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
WIDE = Settings(rate_limits=(100_000, 100_000, 100_000), per_second=100_000)
PLAN = Plan(customers=120, orders=300, order_rows=800, now=NOW)


@dataclass
class Served:
    """A shop that is served, and spoken to as a client and as an admin do."""

    context: Context
    shop: Shop
    http: TestClient

    def get(self, path: str, **query: Any) -> Response:
        """One API call, with the right key, of `path` below the language."""
        return self.raw(f"/seoshop/nl/{path}.json", **query)

    def raw(self, path: str, **query: Any) -> Response:
        """One API call of a whole path."""
        return self.http.get(path, params=query, auth=(SEOSHOP_KEY, SEOSHOP_SECRET))

    def records(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The records of one page."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        (records,) = answer.json().values()
        assert isinstance(records, list)
        return records

    def every(self, resource: str) -> list[dict[str, Any]]:
        """All records, by the admin call."""
        answer = self.http.get(f"/admin/shop/{resource}")
        return [json.loads(line) for line in answer.text.split("\n") if line]

    def admin(self, path: str, /, **body: Any) -> Any:
        """An admin call that has to succeed."""
        answer = self.http.post(f"/admin/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settings(self, **changes: Any) -> None:
        """Change settings in process."""
        self.context.settings = replace(self.context.settings, **changes)


def served(shop: Shop, directory: Path, settings: Settings = WIDE) -> Served:
    """`shop` behind the whole application."""
    context = Context(Clock(NOW, real_time=lambda: 0.0), settings, RequestLog(), directory)
    return Served(context, shop, TestClient(app.build(context, shop), base_url="http://sandbox.test"))


@pytest.fixture(scope="session")
def make_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Plan], Shop]]:
    """Make shops as planned."""
    made: list[Shop] = []
    numbers = count()

    def make(plan: Plan) -> Shop:
        shop = Shop(tmp_path_factory.mktemp(f"shop{next(numbers)}") / "shop.sqlite")
        made.append(shop)
        generate(shop, plan)
        return shop

    yield make
    for shop in made:
        shop.close()


@pytest.fixture(scope="session")
def shop(make_shop: Callable[[Plan], Shop]) -> Shop:
    """A shop that tests only read."""
    return make_shop(PLAN)


@pytest.fixture(autouse=True)
def copernica_is_closed(tmp_path: Path) -> Iterator[None]:
    """Let go of Copernica's file beside a shop that a test serves: a worker would hold them all."""
    yield
    close_store(tmp_path)


@pytest.fixture
def api(shop: Shop, tmp_path: Path) -> Served:
    """The shop that tests only read, served."""
    return served(shop, tmp_path)


@pytest.fixture
def live(make_shop: Callable[[Plan], Shop], tmp_path: Path) -> Served:
    """A small shop of the test's own, served."""
    return served(make_shop(Plan(customers=40, orders=100, order_rows=250, now=NOW)), tmp_path)
