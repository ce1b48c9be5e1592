"""A shop in memory behind the tap's own run: requests are counted, time stands still unless it is moved."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import json, structs

from tap_seoshop.api.client import Answer
from tap_seoshop.api.quota import PLAIN_DAY, Pace, Quota, Reserved, Use
from tap_seoshop.bookmarks.state import State
from tap_seoshop.errors import MissingListError, NotFoundError, QuotaSpentError
from tap_seoshop.reading.context import Limits, Reading
from tap_seoshop.reading.intervals import Intervals
from tap_seoshop.reading.lookups import Lookups
from tap_seoshop.reading.schedule import Run, reserved
from tap_seoshop.settings import Settings
from tap_seoshop.streams.base import FullTableStream, IncrementalStream
from tap_seoshop.tap import TapSeoshop

BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)
PAGE = 250
LISTS = {
    "customers": ("customers", "customer"),
    "orders": ("orders", "order"),
    "invoices": ("invoices", "invoice"),
    "shipments": ("shipments", "shipment"),
    "returns": ("returns", "return"),
    "products": ("products", "product"),
    "quotes": ("quotes", "quote"),
    "orders/events": ("ordersEvents", "ordersEvent"),
    "groups/customers": ("groupsCustomers", "groupsCustomer"),
    "groups": ("groups", "group"),
    "brands": ("brands", "brand"),
}
LINES = {
    "orders": "orderProducts",
    "invoices": "invoiceItems",
    "quotes": "quoteProducts",
    "products": "productMetafields",
}
CORE = ("customers", "orders", "order_products", "customer_summaries")


class KilledError(BaseException):
    """The process is gone: nothing that stands after this runs, but what the language itself insists on."""


def link(number: int | None) -> Any:
    return {"resource": {"id": number}} if number else False


class Shop:
    """Lists of records in the form of the API, and the part of a client that a run uses.

    Attributes:
        held: Records by path and id.
        zone: Where the shop lies; its filters take their times for local ones.
        asked: Every request: path and query.
        before_answer: Called when a request comes.
        before_date: Called when the answer is made, and is not sent yet.
        honours_customer: Whether it filters by customer.
        honours_time: Whether it filters by the time of change.
        honours_created: Whether it filters by the time of creation.
        unknown: Paths of lists that it does not know.
        unknown_below: Paths of lists below whose records it knows nothing.
        listed: The key by which lists are sorted.
        paced: Makes the quota of a run.
        ends_after: Requests until `ends_with` is raised.
    """

    def __init__(self) -> None:
        self.clock = BEGIN
        self.zone = ZoneInfo("UTC")
        self.held: dict[str, dict[int, dict[str, Any]]] = {path: {} for path in LISTS}
        self.asked: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.sent: Counter[str] = Counter()
        self.refused = 0
        self.reached = False
        self.ends_after: int | None = None
        self.ends_with: type[BaseException] = KilledError
        self.before_answer: Callable[[], None] = lambda: None
        self.before_date: Callable[[], None] = lambda: None
        self.honours_customer = True
        self.honours_time = True
        self.honours_created = True
        self.unknown: set[str] = set()
        self.unknown_below: set[str] = set()
        self.next_id = 1000
        self.listed: Callable[[dict[str, Any]], Any] = lambda one: -int(one["id"])
        self.quota = quota()
        self.paced: Callable[[Reserved], Quota] = lambda _: self.quota

    def now(self) -> datetime:
        return self.clock

    def keyed_hash(self, value: str) -> str:
        return f"hash of {value}"

    def pass_time(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)

    def stamp(self) -> str:
        return self.clock.astimezone(self.zone).isoformat(timespec="seconds")

    def make(self, path: str, **fields: Any) -> int:
        self.next_id += 1
        made = {"id": self.next_id, "createdAt": self.stamp(), "updatedAt": self.stamp()}
        self.held[path][self.next_id] = made | fields
        return self.next_id

    def change(self, path: str, number: int, **fields: Any) -> None:
        self.held[path][number] |= {"updatedAt": self.stamp(), **fields}

    def order(self, customer: int, price: float = 10.0) -> int:
        number = str(self.next_id)
        return self.make("orders", customer=link(customer), priceIncl=price, status="new", number=number)

    def truth(self) -> dict[int, tuple[int, float]]:
        """Number of orders and net total of each customer."""
        sums = dict.fromkeys(self.held["customers"], (0, 0.0))
        for order in self.held["orders"].values():
            count, net = sums[order["customer"]["resource"]["id"]]
            price = 0 if order["status"] == "cancelled" else order["priceIncl"]
            sums[order["customer"]["resource"]["id"]] = (count + 1, net + price)
        for note in self.held["invoices"].values():
            count, net = sums[note["customer"]["resource"]["id"]]
            sums[note["customer"]["resource"]["id"]] = (count, net - note["priceIncl"] * note["isCreditNote"])
        return sums

    def get(self, path: str, params: Mapping[str, str] | None = None, *, use: Use = Use.LIST) -> Answer:
        self.quota.admit(use)
        if self.ends_after is not None:
            self.ends_after -= 1
            if self.ends_after < 0:
                raise self.ends_with("here")
        query = dict(params or {})
        self.before_answer()
        self.asked.append((path, tuple(sorted(query.items()))))
        self.sent[path] += 1
        self.reached = True
        began = self.clock
        body = json.decode(json.encode(self._answer(path, query)))
        self.before_date()
        return Answer(body, self.clock, self.clock - began)

    def ahead(self, make: Callable[[Any], Any], given: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for one in given:
            try:
                yield one, make(one)
            except (NotFoundError, QuotaSpentError) as error:
                yield one, error
            except Exception as error:  # noqa: BLE001  # as the client: a failure is a value
                yield one, error

    def _answer(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        if path.removesuffix("/count") in self.unknown:
            raise MissingListError(f"the shop has no {path}")
        if path == "shop":
            return {"shop": {"id": 7}}
        if path in _empty_lists():
            return {"count": 0, _empty_lists()[path]: []}
        if path in LISTS:
            place = (int(query.get("page", "1")) - 1) * PAGE
            return {LISTS[path][0]: self._found(path, query)[place : place + PAGE]}
        if path.endswith("/count"):
            return {"count": len(self._found(path.removesuffix("/count"), query))}
        name, number, *rest = path.split("/")
        if int(number) not in self.held[name] or (rest and name in self.unknown_below):
            raise NotFoundError(f"{name}/{number}", in_json=True)
        if rest:
            told = self.held[name][int(number)]["updatedAt"]
            made = [{"id": int(number) * 10, "productTitle": told, "title": told}]
            return {LINES[name]: self.held[name][int(number)].get("lines", made)}
        return {LISTS[name][1]: self.held[name][int(number)]}

    def _found(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        found = sorted(self.held[path].values(), key=self.listed)
        for name, field, sign in (
            ("updated_at_min", "updatedAt", 1),
            ("created_at_min", "createdAt", 1),
            ("created_at_max", "createdAt", -1),
        ):
            honoured = self.honours_time if name.startswith("updated") else self.honours_created
            if name in query and honoured:
                bound = datetime.fromisoformat(query[name]).replace(tzinfo=self.zone, fold=1).timestamp()
                found = [
                    one
                    for one in found
                    if (datetime.fromisoformat(one[field]).timestamp() - bound) * sign >= 0
                ]
        if "customer" in query and self.honours_customer:
            found = [one for one in found if one["customer"] == link(int(query["customer"]))]
        return found


def quota(**given: Any) -> Quota:
    """A quota that paces nothing."""
    pace = Pace(**{"per_second": 1e9, "reserve": 0.1, "max_wait": 310.0, "run_interval": 300.0, **given})
    return Quota(pace, Reserved(), sleep=lambda _: None, log=logging.getLogger("test"))


def reading(client: Any, state: State, **settings: Any) -> Reading:
    """The parts of a run, with nothing that limits it."""
    config = structs.replace(Settings.of(_defaults()), **settings)
    log = logging.getLogger("test")
    limits = Limits(0, Intervals([], state, config, day=PLAIN_DAY), sample=False)
    lookups = Lookups(client, state, log, interval=config.full_table_interval, sample=False)
    return Reading(client, state, config, limits, lookups, log)


@cache
def _tap() -> TapSeoshop:
    config = {"api_key": "k" * 32, "api_secret": "s" * 32}
    catalog = deepcopy(TapSeoshop(config=config, validate_config=False, setup_mapper=False).catalog_dict)
    for entry in catalog["streams"]:
        next(one for one in entry["metadata"] if not one["breadcrumb"])["metadata"]["selected"] = True
    return TapSeoshop(config=config, catalog=catalog, validate_config=False, setup_mapper=False)


@cache
def _empty_lists() -> dict[str, str]:
    """Lists in which this shop has nothing, and their counts, with the key of an answer."""
    streams = (
        stream
        for stream in _tap().streams.values()
        if isinstance(stream, IncrementalStream | FullTableStream)
    )
    found = {stream.place.path: stream.place.key for stream in streams if stream.place.path not in LISTS}
    return found | {f"{path}/count": key for path, key in found.items()}


def default_streams() -> list[str]:
    """What is selected without a catalog."""
    return [name for name, stream in _tap().streams.items() if stream.selected_by_default]


class Copy:
    """The program that reads the tap: the newest record of each key, and the state that left last.

    Attributes:
        completed: Full lists that the last run told to be complete.
    """

    def __init__(self) -> None:
        self.completed: list[str] = []
        self.state: dict[str, Any] = {}
        self.rows: dict[str, dict[Any, dict[str, Any]]] = {}
        self.written: Counter[str] = Counter()

    def read(self, shop: Shop, select: Iterable[str] = CORE, **settings: Any) -> None:
        """One run; a killed one leaves what it wrote before."""
        shop.asked.clear()
        shop.sent.clear()
        shop.reached = False
        self.written.clear()
        self.completed.clear()
        held: list[tuple[str, dict[str, Any]]] = []
        state = deepcopy(self.state)

        def take() -> None:
            for name, record in held:
                self._take(name, record)
            held.clear()

        def leave() -> None:
            if shop.ends_with is KilledError and (shop.ends_after or 0) < 0:
                return  # a dead process writes nothing: neither in `finally` nor a last state
            take()
            self.state = deepcopy(state)

        streams: list[Any] = [_tap().streams[name] for name in select]
        for stream in streams:
            name = stream.name
            stream.begin = lambda: None
            stream.completed = lambda name=name: self.completed.append(name)
            stream.emit = lambda record, shop_id, name=name: held.append(
                (name, self._kept({**record, "shopId": shop_id}))
            )
        config = Settings.of({**_defaults(), **settings})
        log = logging.getLogger("test")
        kept = State(state, leave, account="a", frozen=bool(config.reread))
        shop.quota = shop.paced(reserved(streams, kept, config))
        run = Run(shop, streams, kept, config, log)  # type: ignore[arg-type]  # all of a client that a run uses
        try:
            run.execute()
            take()
        except KilledError:
            return
        finally:
            shop.ends_after = None

    def _kept(self, record: dict[str, Any]) -> dict[str, Any]:
        """What it keeps of a record."""
        return record

    def _take(self, name: str, record: dict[str, Any]) -> None:
        key = record.get("id", record.get("customerId"))
        assert key is not None
        self.rows.setdefault(name, {})[key if isinstance(key, str) else int(key)] = record
        self.written[name] += 1

    def summaries(self) -> dict[int, tuple[int, float]]:
        rows = self.rows.get("customer_summaries", {})
        return {key: (row["orderCount"], float(row["netTotal"])) for key, row in rows.items()}


def _defaults() -> dict[str, Any]:
    properties = TapSeoshop.config_jsonschema["properties"]
    return {name: one["default"] for name, one in properties.items() if "default" in one}
