"""The settings of the tap, declared."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from singer_sdk import typing as th

from tap_seoshop.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CLUSTERS", "SETTINGS", "Settings"]

CLUSTERS: Final = {"eu1": "https://api.webshopapp.com", "us1": "https://api.shoplightspeed.com"}
"""Addresses of the API; a shop lives on one of the two clusters."""

SETTINGS: Final[dict[str, Any]] = th.PropertiesList(
    th.Property(
        "api_key",
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="API key",
        description="Key of the shop's API: made in the back office at Settings > Developers.",
    ),
    th.Property(
        "api_secret",
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="API secret",
        description="Secret that belongs to the key.",
    ),
    th.Property(
        "language",
        th.StringType(pattern="^[a-z]{2}$"),
        default="nl",
        title="Language",
        description="Language of titles and texts, two letters; it must be active in the shop.",
    ),
    th.Property(
        "cluster",
        th.StringType,
        default="eu1",
        allowed_values=list(CLUSTERS),
        title="Cluster",
        description="Where the shop lives: `eu1` (api.webshopapp.com) or `us1` (api.shoplightspeed.com).",
    ),
    th.Property(
        "api_url",
        th.StringType(pattern="^https?://[^/@\\s]+(/\\S*)?$"),
        title="API address",
        description="Address of the API, instead of the cluster's; without language and credentials.",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description=(
            "The first run leaves out records that last changed before this. Summaries of customers "
            "always count all orders."
        ),
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description=(
            "Records that last changed after this are not read now; a later run without it continues from "
            "there. Summaries of customers, and lists that cannot be filtered by time, are read as they "
            "are."
        ),
    ),
    th.Property(
        "reread",
        th.ObjectType(additional_properties=th.ArrayType(th.IntegerType(minimum=1))),
        title="Read again",
        description=(
            'For repairs by hand: ids by list, such as `{"orders": [1, 2]}`. The run then reads only '
            "these records and what depends on them (order lines, summaries of their customers), as far "
            "as that is selected, and leaves the state as it is."
        ),
    ),
    th.Property(
        "find_deleted",
        th.IntegerType(minimum=0),
        default=0,
        title="Deleted customers",
        description=(
            "How many customers may be found deleted at once; 0: do not look for them. When the whole "
            "lists are read for `customer_summaries` (`summaries_full_interval`), each customer who has "
            "disappeared since the last time is requested; if the answer is 404, a record of `customers` "
            "with `_sdc_deleted_at` follows. The same goes for an id in `reread` that the shop does not "
            "know, as a webhook may report."
        ),
    ),
    th.Property(
        "full_table_interval",
        th.IntegerType(minimum=0),
        default=86400,
        title="Interval of full tables",
        description=(
            "Seconds after which a list that cannot be filtered by time (groups, brands, categories ...) "
            "is read again; longer if all such lists would take more than 14 % of the day's requests."
        ),
    ),
    th.Property(
        "membership_interval",
        th.IntegerType(minimum=0),
        default=3600,
        title="Interval of memberships",
        description="The same for the lists of who is in which group and of newsletter subscribers.",
    ),
    th.Property(
        "look_back",
        th.IntegerType(minimum=0),
        default=600,
        title="Look-back",
        description=(
            "Each run reads this many seconds before the end of the last one again, in case the shop "
            "shows records late."
        ),
    ),
    th.Property(
        "extra_fields",
        th.StringType,
        default="drop",
        allowed_values=["drop", "pass"],
        title="Extra fields",
        description=(
            "What to do with a field that the shop sends and no schema here names: `drop` leaves it out, "
            "`pass` adds it to the records as it is. Either is logged once for each field."
        ),
    ),
    th.Property(
        "requests_per_second",
        th.NumberType(exclusive_minimum=0),
        default=18,
        title="Requests per second",
        description="Maximum number of requests per second; the shop refuses more than 20.",
    ),
    th.Property(
        "concurrency",
        th.IntegerType(minimum=1, maximum=16),
        default=4,
        title="Concurrency",
        description="Maximum number of requests at the same time.",
    ),
    th.Property(
        "quota_reserve",
        th.NumberType(minimum=0, exclusive_maximum=1),
        default=0.1,
        title="Quota reserve",
        description=(
            "Share of the key's requests in each window (5 minutes, hour, day) that is left to other "
            "users of the same key."
        ),
    ),
    th.Property(
        "run_interval",
        th.IntegerType(minimum=0),
        default=300,
        title="Interval of runs",
        description=(
            "Seconds between the starts of two runs. Reading order lines and summaries leaves enough "
            "requests for the incremental lists of later runs that day; 0 leaves none."
        ),
    ),
    th.Property(
        "max_wait",
        th.IntegerType(minimum=0),
        default=310,
        title="Longest wait",
        description=(
            "Maximum number of seconds that the reading of order lines and summaries waits for the quota; "
            "then the run ends, and the next one continues."
        ),
    ),
    th.Property(
        "max_run_seconds",
        th.IntegerType(minimum=0),
        default=240,
        title="Longest run",
        description=(
            "Seconds after which this run reads no more order lines and summaries (the next one "
            "continues); 0 for no limit."
        ),
    ),
    th.Property(
        "backfill_since",
        th.DateTimeType,
        title="Start of the backfill",
        description=(
            "The first load leaves out the lines of orders made before this. Orders that change later "
            "have their lines read, however old they are."
        ),
    ),
    th.Property(
        "summary_interval",
        th.IntegerType(minimum=0),
        default=3600,
        title="Interval of summaries",
        description=(
            "Minimum number of seconds between two readings of a customer's orders for `customer_summaries`."
        ),
    ),
    th.Property(
        "summaries_full_interval",
        th.IntegerType(minimum=1),
        default=604800,
        title="Interval of all summaries",
        description=(
            "Seconds after which all customer summaries are calculated again from the whole lists; this "
            "repairs what no incremental list shows, such as deleted orders."
        ),
    ),
    th.Property(
        "state_dir",
        th.StringType(min_length=1),
        default=".tap-seoshop",
        title="State directory",
        description=(
            "Where the order book is, from which `customer_metrics` is made; keep it. If it is lost, the "
            "lists and order lines are read once more."
        ),
    ),
    th.Property(
        "reorder_days",
        th.ObjectType(additional_properties=th.IntegerType(minimum=1)),
        title="Days until reorder",
        description=(
            'How many days one piece of an article lasts, by article code, such as `{"CF-500": 30}`; used '
            "for `reorderAt`."
        ),
    ),
    th.Property(
        "reorder_metafield",
        th.StringType,
        default="",
        title="Metafield with days until reorder",
        description=(
            "Key of a product metafield that says how many days one piece lasts, for articles that "
            "`reorder_days` does not name; if empty, none is read. It costs one request for each product "
            "that was bought, again when the product changes (at most once every `full_table_interval`), "
            "and every `summaries_full_interval`."
        ),
    ),
    th.Property(
        "holdout_percent",
        th.NumberType(minimum=0, maximum=100),
        default=10,
        title="Size of the hold-out",
        description="Percentage of customers that `holdout` marks, to be left out of campaigns.",
    ),
    th.Property(
        "holdout_key",
        th.StringType,
        default="",
        title="Key of the hold-out",
        description="Any text; a different text draws different customers.",
    ),
    th.Property(
        "user_agent",
        th.StringType(min_length=1),
        title="User agent",
        description="How the tap names itself to the shop; by default its name and version.",
    ),
).to_dict()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that say what a run reads and when, typed. See `SETTINGS` for each."""

    full_table_interval: float
    membership_interval: float
    look_back: float
    run_interval: float
    max_run_seconds: float
    summary_interval: float
    summaries_full_interval: float
    find_deleted: int = 0
    state_dir: str = ".tap-seoshop"
    holdout_percent: float = 10
    holdout_key: str = ""
    reorder_days: dict[str, int] = {}
    reorder_metafield: str = ""
    start_date: datetime | None = None
    end_date: datetime | None = None
    backfill_since: datetime | None = None
    reread: dict[str, list[int]] = {}

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """The typed form of a validated configuration.

        Raises:
            SettingsError: A time cannot be read, or the end lies before the start.
        """
        given = {name: config[name] for name in cls.__struct_fields__ if config.get(name) is not None}
        for name in ("start_date", "end_date", "backfill_since"):
            if name in given:
                given[name] = _time(name, given[name])
        found = msgspec.convert(given, cls, strict=False)
        if found.start_date and found.end_date and found.end_date < found.start_date:
            raise SettingsError("the setting `end_date` lies before `start_date`: nothing would be read")
        return found

    def wants(self, changed: datetime | None) -> bool:
        """Whether a record that last changed at a time is to be read; one without a time is."""
        if changed is None:
            return True
        after_start = self.start_date is None or changed >= self.start_date
        return after_start and (self.end_date is None or changed <= self.end_date)

    def reach(self, until: datetime, since: datetime | None) -> datetime:
        """How far a bookmark may move.

        Args:
            until: Where the next read would begin.
            since: Where this read began; a bookmark never moves back.
        """
        if self.end_date is None or until <= self.end_date:
            return until
        return self.end_date if since is None else max(self.end_date, since)


def _time(name: str, given: str) -> datetime:
    try:
        found = datetime.fromisoformat(given)
        if found.tzinfo is None:
            return found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise SettingsError(f"the setting `{name}` must be a time, such as 2026-01-31T00:00:00Z") from None
