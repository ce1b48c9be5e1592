"""Both APIs as an application in this process: asked without a server in between, so cheaply."""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from sandbox import app, copernica
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.requestlog import RequestLog
from sandbox.settings import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET, Settings
from sandbox.shop.db import Shop
from sandbox.shop.generate import generate
from sandbox.shop.plan import Plan
from support.shop_ids import Ids
from support.webshop import Webshop, webshop

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
PLAN = Plan(customers=120, orders=300, order_rows=800, now=NOW)
ANY_NUMBER = 10**9


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starlette]:
    """A filled shop beside a Copernica, on a clock that stands still, without limits of rate."""
    folder = tmp_path_factory.mktemp("contract")
    shop = Shop(folder / "shop.sqlite")
    generate(shop, PLAN)
    settings = Settings(rate_limits=(ANY_NUMBER, ANY_NUMBER, ANY_NUMBER), per_second=ANY_NUMBER)
    context = Context(Clock(NOW, real_time=lambda: 0.0), settings, RequestLog(), folder)
    yield app.build(context, shop)
    copernica.close(context)
    shop.close()


@pytest.fixture(scope="session")
def seoshop_http(application: Starlette) -> TestClient:
    """A client of the shop, with the right key."""
    client = TestClient(application, base_url="http://sandbox.test")
    key = base64.b64encode(f"{SEOSHOP_KEY}:{SEOSHOP_SECRET}".encode()).decode()
    client.headers["Authorization"] = f"Basic {key}"
    return client


@pytest.fixture(scope="session")
def ids(seoshop_http: TestClient) -> Ids:
    """What can be asked for in the shop."""
    return Ids(seoshop_http)


@contextmanager
def webshops(folders: pytest.TempPathFactory) -> Iterator[Callable[[], Webshop]]:
    """Make Copernicas of their own that hold the account of the examples and nothing else; close them all."""
    with ExitStack() as stack:

        def make() -> Webshop:
            clock = Clock(NOW, real_time=lambda: 0.0)
            context = Context(clock, Settings(), RequestLog(), folders.mktemp("copernica"))
            stack.callback(copernica.close, context)
            served = Starlette(routes=[Mount("/copernica", routes=copernica.routes(context))])
            client = TestClient(served, base_url="http://sandbox.test", follow_redirects=False)
            answer = client.post("/copernica/authenticate", data={"access_token": COPERNICA_TOKEN})
            client.headers["Authorization"] = f"Bearer {answer.text}"
            return webshop(client)

        yield make


@pytest.fixture
def make_webshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Webshop]]:
    """Make Copernicas of the test's own."""
    with webshops(tmp_path_factory) as make:
        yield make


@pytest.fixture(scope="session")
def readable_webshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webshop]:
    """The account of the examples, for tests that only read it."""
    with webshops(tmp_path_factory) as make:
        yield make()
