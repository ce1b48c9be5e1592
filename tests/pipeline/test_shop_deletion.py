"""A customer who is deleted in the shop is forgotten in Copernica, through the pipe, and stays away."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.desk import few_fields
from support.programs import BIN, run, written
from support.sandbox import Sandbox

WEEK = 604_800


@pytest.mark.slow
def test_a_customer_deleted_in_the_shop_is_forgotten(
    start_sandbox: Callable[..., Sandbox], tmp_path: Path
) -> None:
    sandbox = start_sandbox(customers=8, orders=10, order_rows=12)
    wanted = {"customers", "orders", "customer_summaries"}
    tap = written(tmp_path / "tap.json", sandbox.tap_config(find_deleted=5, requests_per_second=1000))
    target = sandbox.target_config(
        tmp_path / "state", preset=None, mapping=few_fields("Shop"), missing_sources="ignore",
        on_shop_deletion="forget", on_return="block",
    )  # fmt: skip
    catalog = json.loads(run(BIN / "tap-seoshop", "--config", tap, "--discover").out)
    for stream in catalog["streams"]:
        top = next(one for one in stream["metadata"] if not one["breadcrumb"])
        top["metadata"]["selected"] = stream["stream"] in wanted
    chosen, state = written(tmp_path / "catalog.json", catalog), tmp_path / "tap-state.json"

    def tick() -> str:
        given = ("--state", state) if state.exists() else ()
        read = run(BIN / "tap-seoshop", "--config", tap, "--catalog", chosen, *given)
        assert read.code == 0, read.err
        config = written(tmp_path / "target.json", target)
        ended = run(BIN / "target-copernica", "--config", config, messages=read.out)
        assert ended.code == 0, ended.err
        state.write_text(json.dumps(ended.lines()[-1]))
        return ended.err

    def addresses() -> set[str]:
        return {str(one["fields"]["email"]).lower() for one in sandbox.profiles("Shop")}

    tick()
    shared = [str(one["email"]).lower() for one in sandbox.shop("customers")]
    gone = next(one for one in sandbox.shop("customers") if shared.count(str(one["email"]).lower()) == 1)
    sandbox.delete("customers", gone["id"])
    sandbox.clock(advance=300)
    tick()
    assert gone["email"].lower() in addresses()
    sandbox.clock(advance=WEEK)
    assert "1 forgotten" in tick()
    assert gone["email"].lower() not in addresses()
    kept = [one for one in (tmp_path / "state").iterdir() if gone["email"].encode() in one.read_bytes()]
    assert kept == []
