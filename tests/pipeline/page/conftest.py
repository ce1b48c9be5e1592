"""The sandbox's page after a first load and some life."""

from collections.abc import Iterator

import pytest

from support.pages import NASTY
from support.programs import pipe
from support.sandbox import Sandbox, running_sandbox


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox in which a shop was loaded, and went on for an hour."""
    folder = tmp_path_factory.mktemp("page")
    more = ("--import-seconds", "0.1")
    with running_sandbox(customers=15, orders=30, order_rows=60, per_second=1000, more=more) as sandbox:
        settings = sandbox.tap_config(requests_per_second=900)
        pipe(folder, settings, sandbox.target_config(folder / "state"))
        sandbox.clock(advance=3600)
        sandbox.change("customers", sandbox.shop("customers")[0]["id"], firstname=NASTY, lastname="Übel")
        sandbox.move(seed=2, new_customers=2, new_orders=3, payments=1)
        done = pipe(folder, settings, sandbox.target_config(folder / "state"))
        assert (done.tap.code, done.target.code) == (0, 0), done.tap.err + done.target.err
        yield sandbox
