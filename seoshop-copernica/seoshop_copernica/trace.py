"""`trace`: where a person or an order stands on both sides, when it was written or refused, by which run.

What is looked for is personal data: it comes by standard input, goes to the target the same way and to the
shop in a request, and stands in no command line and no log. What is told are ids and times.
"""

from __future__ import annotations

import subprocess
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from seoshop_copernica import bookmarks
from seoshop_copernica.errors import TroubleError
from seoshop_copernica.figures import Heard, read_to
from seoshop_copernica.history import History, moment
from seoshop_copernica.inside import environment
from seoshop_copernica.places import PIPELINE, Places
from seoshop_copernica.setup.reading import ask
from seoshop_copernica.setup.values import CLUSTERS
from seoshop_copernica.step import program_of
from seoshop_copernica.told import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seoshop_copernica.shops import Shop

__all__ = ["InShop", "Traced", "lines", "trace"]

_MISSING: Final = 404
_OF_NO_RECORD: Final = {"~consent": "consent", "~shared_email": "mark of a shared address"}
"""What the target works out itself, as its ledger calls it."""
_NAMED: Final = 4
"""So many fields are named for people; `--json` names all."""


class InShop(msgspec.Struct, frozen=True):
    """A record of the shop.

    Attributes:
        stream: `customers` or `orders`.
        id: Its id.
        created: When it was made, UTC.
        changed: When it changed last, UTC.
    """

    stream: str
    id: int
    created: str
    changed: str


class Traced(msgspec.Struct):
    """What both sides know.

    Attributes:
        shop: What the shop has.
        things: What Copernica and the ledger have: profiles and subprofiles.
        refused: What waits in the rejects file.
        read: The moment to which each list has been read.
        runs: Numbers of runs in the record, by their numbers in the target's ledger; of runs of a version
            that did not tell the ledger its number.
    """

    shop: list[InShop]
    things: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    read: dict[str, str]
    runs: dict[str, int]


def trace(shop: Shop, places: Places, wanted: str) -> Traced:
    """Look on both sides.

    Args:
        shop: The shop.
        places: Where its files stand.
        wanted: An address, an id, or the number of an order.

    Raises:
        TroubleError: A side does not answer.
    """
    told = _from_target(places, wanted)
    state = bookmarks.remembered(places.state(shop.meltano_environment)) or {}
    marks = state.get("bookmarks") or {}
    read = {name: read_to(marks.get(name) or {}) or "" for name in ("customers", "orders")}
    history = History(places.history)
    runs = {
        str(row["target_run"]): int(row["run"])
        for row in history.ask("SELECT target_run, max(run) AS run FROM run GROUP BY 1")
    }
    in_shop = list(_InShop.of(shop.settings(places)["tap"]).find(wanted))
    return Traced(in_shop, told["things"], told["refused"], {k: v for k, v in read.items() if v}, runs)


def _from_target(places: Places, wanted: str) -> dict[str, Any]:
    asked = subprocess.run(
        [program_of(PIPELINE[1]), "--config=ENV", "trace", "--from", "-"],
        env=environment(places.home, places.name),
        input=wanted.encode(),
        capture_output=True,
        check=False,
    )
    if asked.returncode:
        heard = Heard()
        for line in asked.stderr.decode(errors="replace").splitlines():
            heard.line("target", line)
        raise TroubleError(f"target-copernica: {heard.cause('target')}")
    found: dict[str, Any] = msgspec.json.decode(asked.stdout)
    return found


@dataclass(frozen=True, slots=True)
class _InShop:
    """The shop's API.

    Attributes:
        base: Address with the language.
        headers: With the key.
    """

    base: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, tap: Mapping[str, Any]) -> _InShop:
        """That of the tap's settings."""
        url = tap.get("api_url") or CLUSTERS[tap.get("cluster") or "eu1"]
        credentials = b64encode(f"{tap['api_key']}:{tap['api_secret']}".encode()).decode()
        return cls(
            f"{str(url).rstrip('/')}/{tap.get('language') or 'nl'}", {"Authorization": f"Basic {credentials}"}
        )

    def find(self, wanted: str) -> Iterator[InShop]:
        """Customers and orders that are meant; one request for each way to look, and for each customer."""
        if "@" in wanted:
            for customer in self._list("customers", "email", wanted):
                yield _in_shop("customers", customer)
                for order in self._list("orders", "customer", str(customer.get("id"))):
                    yield _in_shop("orders", order)
            return
        met = set()
        for stream, one in (("customers", "customer"), ("orders", "order")):
            record = self._get(f"{stream}/{wanted}.json").get(one) if wanted.isdecimal() else None
            if isinstance(record, dict):
                met.add((stream, record.get("id")))
                yield _in_shop(stream, record)
        for order in self._list("orders", "number", wanted):
            if ("orders", order.get("id")) not in met:
                yield _in_shop("orders", order)

    def _list(self, path: str, name: str, value: str) -> Iterator[dict[str, Any]]:
        for record in self._get(f"{path}.json?limit=250&{name}={quote(value, safe='')}").get(path) or ():
            has = record.get(name)
            if isinstance(has, dict):  # a link to another record
                has = (has.get("resource") or {}).get("id")
            if str(has).casefold() == value.casefold():  # else the filter was ignored
                yield record

    def _get(self, path: str) -> dict[str, Any]:
        reply = ask(f"{self.base}/{path}", self.headers)
        if reply.status == _MISSING:
            return {}
        if not reply.good or not isinstance(reply.body, dict):
            raise TroubleError(f"the shop does not answer: {reply.trouble or f'HTTP {reply.status}'}")
        return reply.body


def _in_shop(stream: str, record: Mapping[str, Any]) -> InShop:
    return InShop(stream, int(record["id"]), _utc(record.get("createdAt")), _utc(record.get("updatedAt")))


def _utc(text: object) -> str:
    try:
        return moment(datetime.fromisoformat(str(text)).astimezone(UTC))
    except ValueError:
        return ""


def lines(found: Traced) -> Iterator[str]:
    """For people."""
    yield "In the shop:" if found.shop else "The shop has no record of it."
    for one in found.shop:
        read = found.read.get(one.stream, "")
        yield (
            f"  {one.stream} {one.id}: made {_time(one.created)}, changed {_time(one.changed)}; "
            f"{_told(one, found, read)}"
        )
    yield "In Copernica:" if found.things else "Copernica and the ledger have no record of it."
    for thing in found.things:
        yield f"  {_standing(thing, found.runs)}"
        for stream in thing["streams"]:
            yield from _parts(stream, found.runs, is_there=thing["standing"] == "there")
        yield from (f"    waits: {stream}" for stream in thing["waiting"])
    for entry in found.refused:
        what = f"{entry['stream']} {entry['key'] or ''}".strip()
        yield f"Refused, and waits: {what}, {_when(entry, found.runs)}: {entry['reason']}"
    yield from (f"Read so far: {name} to {_time(time)}." for name, time in found.read.items())


def _told(one: InShop, found: Traced, read: str) -> str:
    for thing in found.things:
        if str(thing["key"]).endswith(f":{one.id}"):
            for part in thing["streams"]:
                if part["stream"] == one.stream:
                    newest = str(part["version"])[: len("2026-01-01T00:00:00")] + "Z"
                    return (
                        "this version was written"
                        if newest == one.changed
                        else "a newer one than was written"
                    )
    return "not written yet" if one.changed > read else "read, and not written"


def _standing(thing: Mapping[str, Any], runs: Mapping[str, int]) -> str:
    if thing["standing"] != "there":
        return f"{thing['place']} ({thing['key']}): {thing['standing']}"
    run = _run(thing, runs) if thing["run"] is not None else "by others, or before what is remembered"
    return (
        f"{thing['place']} {thing['id']} ({thing['key']}): made {_time(thing['made'])}, "
        f"changed {_time(thing['changed'])} {run}"
    )


def _parts(stream: Mapping[str, Any], runs: Mapping[str, int], *, is_there: bool) -> Iterator[str]:
    """What a stream wrote: a line for each version that filled fields last, and one for what was refused."""
    name = _OF_NO_RECORD.get(stream["stream"], stream["stream"])
    for part in stream["parts"]:
        held = "as it was written" if part["as_written"] else "not as it was written"
        names = part["fields"]
        fields = "fields that are not known" if names is None else ", ".join(names[:_NAMED])
        if names is not None and len(names) > _NAMED:
            fields += f" and {len(names) - _NAMED} more"
        version = f", version {part['version']}" if part["version"] else ""
        yield f"    {name} ({fields}): {held if is_there else 'was written'}{version}"
        read = "" if stream["stream"] in _OF_NO_RECORD else f"read {_when(part['read'], runs)}, "
        yield f"      {read}written {_when(part['written'], runs)}"
    if (refused := stream["refused"]) is not None:
        yield f"      refused last {_when(refused, runs)}: {refused['reason']}"


def _when(told: Mapping[str, Any], runs: Mapping[str, int]) -> str:
    return f"{_time(told['time'])} {_run(told, runs)}" if told else "before this was kept, or never"


def _run(told: Mapping[str, Any], runs: Mapping[str, int]) -> str:
    """By its number in the record of the runs, or else by that in the target's ledger."""
    known = told["run_id"] or runs.get(str(told["run"]))
    return f"in run {known}" if known else f"in run {told['run']} of target-copernica"


def _time(text: str) -> str:
    return spoken(moment(datetime.fromisoformat(text))) if text else "at an unknown time"
