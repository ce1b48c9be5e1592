"""What ages goes by import and starts no campaign."""

from collections.abc import Callable
from pathlib import Path

from support.expected import Shop, differences
from support.programs import pipe
from support.sandbox import Sandbox

AGEING = {"orders_365", "net_365", "lateness", "rfm", "segment"}


def test_time_alone_changes_fields_by_import_without_a_follow_up(
    start_sandbox: Callable[..., Sandbox], tmp_path: Path
) -> None:
    shop = start_sandbox(customers=30, orders=60, order_rows=150, per_second=1000)

    def run() -> None:
        tap = shop.tap_config(requests_per_second=900)
        done = pipe(tmp_path, tap, shop.target_config(tmp_path / "state"))
        assert (done.tap.code, done.target.code) == (0, 0), done.tap.err[-3000:] + done.target.err[-3000:]

    run()
    young = shop.content()["SEOshop"]
    before, ran = shop.last(), len(shop.followups(run=True))
    shop.clock(advance=100 * 86_400)
    run()
    old = shop.content()["SEOshop"]
    assert differences(Shop(shop).people(), old) == []
    changed = {name for key in old for name in old[key] if old[key][name] != young[key][name]}
    assert changed >= AGEING
    assert len(shop.followups(run=True)) == ran
    wrote = [one for one in shop.requests(before, side="copernica") if one["method"] != "GET"]
    assert {one["path"].rsplit("/", 1)[-1] for one in wrote} == {"imports"}
    asked = [one["path"] for one in shop.requests(before, side="seoshop")]
    assert not [path for path in asked if path.endswith("/products.json") and "/orders/" in path]
