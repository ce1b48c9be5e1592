"""Half of all scenarios switch on what is off by default: carts, coupons, returns, the timeline, events."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chaos.judge.forked import fork, opened
from support.colleague import Colleague
from support.sandbox import Sandbox

__all__ = ["CODES", "EXTRAS", "NEVER_USED", "SETTINGS", "campaign", "catalog", "coupons", "selection"]

EXTRAS = ("carts", "cart_products", "order_timeline", "returns")
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "extras": [*EXTRAS],
        "events": ["user/register", "email/unsubscribe", "webshop/cart/add", "webshop/cart/remove"],
    }
)
"""Of the target, beside the campaign of coupons."""
CODES = ("WELKOM10", "GEFELICITEERD", *(f"COUPON-{number}" for number in range(6)))
"""Coupons of the campaign in Copernica; the first two are codes of the shop's, too."""
NEVER_USED = "NEVER-USED"
"""One that no buyer has."""


def campaign(sandbox: Sandbox) -> int:
    """Make a campaign of coupons in Copernica, as a colleague does; its id."""
    colleague = Colleague(sandbox, "")
    colleague.asks("couponcampaigns", post={"name": "Coupons"})
    (made,) = colleague.asks("couponcampaigns")["data"]
    source = [{"code": code} for code in (*CODES, NEVER_USED)]
    colleague.asks(f"couponcampaign/{made['ID']}/coupons", put={"source": source})
    return int(made["ID"])


def coupons(sandbox: Sandbox, number: int) -> dict[str, bool]:
    """The codes of a campaign, and whether each is marked redeemed."""
    listed = Colleague(sandbox, "").asks(f"couponcampaign/{number}/coupons")["data"]
    return {one["code"]: one["status"] == "redeemed" for one in listed}


@cache
def _catalog(config: str) -> str:
    folder = Path(config).parent
    with opened(folder / "catalog.json") as found, opened(folder / "tap.log") as log:
        assert fork("tap-seoshop", ["--config", config, "--discover"], stdout=found, stderr=log).wait() == 0
    catalog = json.loads((folder / "catalog.json").read_text())
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"] and stream["tap_stream_id"] in EXTRAS:
                entry["metadata"]["selected"] = True
    return json.dumps(catalog)


def catalog(config: Path) -> Path:
    """A catalog beside the tap's settings: what is selected by default, and the extras."""
    file = config.with_name("catalog.json")
    if not file.exists():
        file.write_text(_catalog(str(config)))
    return file


def selection(default: set[str]) -> str:
    """The same for Meltano, as its environment variable takes it."""
    return json.dumps([f"{stream}.*" for stream in sorted(default | {*EXTRAS})])
