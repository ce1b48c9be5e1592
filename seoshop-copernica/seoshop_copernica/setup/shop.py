"""Whether SEOshop takes the key, what the key may read, and how large the shop is."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from seoshop_copernica.setup.reading import ask
from seoshop_copernica.setup.values import CLUSTERS, SHOP_SCREEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seoshop_copernica.setup.reading import Reply

__all__ = ["Keys", "Refused", "Shop", "look", "refusal"]

NEEDED: Final = ("customers", "orders", "products")
"""The groups of rights that the streams of the preset need (docs/api/seoshop.md, section 2)."""

UNAUTHORIZED, FORBIDDEN, MISSING, TOO_MANY = 401, 403, 404, 429


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens a shop.

    Args:
        api_key: The key.
        api_secret: Its secret.
        cluster: eu1 or us1.
        language: Two letters.
    """

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    cluster: str = "eu1"
    language: str = "nl"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a value does not do.

    Args:
        what: The setting that has to change: api_key, cluster, language, rights or api_token; `away` if none.
        line: What is wrong and on which screen it is put right.
        instead: The value that would do, where that is known.
    """

    what: str
    line: str
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that is reached.

    Args:
        id: Its id.
        name: How it calls itself: its main domain.
        counts: Customers, orders and products.
        limits: Requests that the key may make in 5 minutes, an hour and a day.
    """

    id: int
    name: str
    counts: Mapping[str, int]
    limits: tuple[int, int, int]


def look(keys: Keys, clusters: Mapping[str, str] = CLUSTERS) -> Shop | Refused:
    """Ask SEOshop with these keys: one read says whether they do, a few more how large the shop is.

    Args:
        keys: The keys.
        clusters: Addresses of the clusters.
    """
    reply = _read(keys, clusters, "account/permissions")
    if reply.status == UNAUTHORIZED and (other := _other_cluster(keys, clusters)):
        line = f"this key belongs to the cluster {other}, not {keys.cluster}: choose {other}"
        return Refused("cluster", line, other)
    if refused := refusal(keys, reply):
        return refused
    told = _read(keys, clusters, "shop")
    if told.status == FORBIDDEN:  # most likely, by the names of the groups
        return Refused(
            "rights", f"the key may not read the shop's settings: give it that right in {SHOP_SCREEN}"
        )
    if refused := refusal(keys, told):
        return refused
    about = _part(told, "shop")
    counted = {name: _read(keys, clusters, f"{name}/count") for name in NEEDED}
    for reply in counted.values():
        if refused := refusal(keys, reply):
            return refused
    counts = {name: _number(_part(reply, "count")) for name, reply in counted.items()}
    windows = _part(_read(keys, clusters, "account/ratelimit"), "accountRatelimit")
    five, hour, day = (
        _number(_of(_of(windows, name), "limit")) or usual
        for name, usual in (("limit5Min", 300), ("limitHour", 3000), ("limitDay", 12000))
    )
    name = str(_of(about, "mainDomain") or _of(about, "subDomain") or "")
    return Shop(_number(_of(about, "id")), name, counts, (five, hour, day))


def refusal(keys: Keys, reply: Reply) -> Refused | None:
    """What an answer of SEOshop says against the keys, in one line; None if nothing.

    Args:
        keys: What was asked with.
        reply: The answer.
    """
    if reply.status is None:
        why = f"SEOshop does not answer ({reply.trouble}): look at your network, and try again"
        return Refused("away", why)
    if reply.good:
        lacking = " and ".join(_lacking(reply))
        why = f"the key may not read {lacking}: give it that right in {SHOP_SCREEN}"
        return Refused("rights", why) if lacking else None
    if reply.status == MISSING and "language" in str(reply.body).lower():
        why = f"the language {keys.language} is not active in the shop: take one that is, or activate it in "
        return Refused("language", f"{why}the shop's back office, Settings > Languages")
    return _BY_STATUS.get(reply.status) or Refused(
        "away", f"SEOshop answers in a way that is not known (HTTP {reply.status}): try again later"
    )


_BY_STATUS: Final = {
    UNAUTHORIZED: Refused(
        "api_key",
        f"SEOshop does not accept this key and secret: in {SHOP_SCREEN}, see whether both are copied whole, "
        "and whether the key is activated (a new key has to be)",
    ),
    FORBIDDEN: Refused("rights", f"the key lacks a right to read: give it in {SHOP_SCREEN}"),
    TOO_MANY: Refused(
        "away", "the key has no requests left for now, since other programs use it: try again later"
    ),
}


def _lacking(reply: Reply) -> list[str]:
    """The groups that the key may not read, of an answer that tells rights."""
    rights = _part(reply, "accountPermissions")
    if not isinstance(rights, dict):
        return []
    return [name for name in NEEDED if isinstance(rights.get(name), dict) and not rights[name].get("read")]


def _other_cluster(keys: Keys, clusters: Mapping[str, str]) -> str | None:
    """The other cluster, if it knows the key."""
    for other in clusters:
        there = Keys(keys.api_key, keys.api_secret, other, keys.language)
        # Any answer but a refusal of the key itself: it may lack a right, or know another language.
        if other != keys.cluster and _read(there, clusters, "account/permissions").status in {
            *(200, FORBIDDEN, MISSING),
        }:
            return other
    return None


def _read(keys: Keys, clusters: Mapping[str, str], path: str) -> Reply:
    basic = b64encode(f"{keys.api_key}:{keys.api_secret}".encode()).decode()
    url = f"{clusters[keys.cluster].rstrip('/')}/{keys.language}/{path}.json"
    return ask(url, {"Authorization": f"Basic {basic}", "Accept": "application/json"})


def _part(reply: Reply, name: str) -> Any:  # noqa: ANN401  # any JSON
    return _of(reply.body, name)


def _of(found: Any, name: str) -> Any:  # noqa: ANN401  # any JSON
    return found.get(name) if isinstance(found, dict) else None


def _number(value: Any) -> int:  # noqa: ANN401  # any JSON
    return value if isinstance(value, int) else int(value) if str(value).isdecimal() else 0
