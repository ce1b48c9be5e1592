"""The form of each kind of bookmark: its keys, their types, and what a missing one stands for.

Times are UTC text (`2026-11-02T09:00:00Z`). What can shrink is a list or a scalar, never an object with ids
for keys: `meltano run --full-refresh` merges an old state and a new one key by key.
"""

from __future__ import annotations

from msgspec import Struct, field

from tap_seoshop.summaries.carts import Cart  # noqa: TC001 - msgspec reads it

__all__ = [
    "VERSION",
    "AppendOnlyMark",
    "Backfill",
    "CartMark",
    "DetailMark",
    "DetailRequests",
    "FullTableMark",
    "IncrementalMark",
    "KnownMark",
    "ListPosition",
    "LoadProgress",
    "OrderBookMark",
    "SeenMark",
    "ShopMark",
    "SourceQuota",
    "SummaryMark",
]

VERSION = 4
"""The form of the whole state. 1: until `customer_summaries` kept ids of its own. 2: while a first load went
by ids and could miss some. 3: while `west` was 0 for a list without
records, too."""


class ListPosition(Struct):
    """Where the read of a list was cut because the day's requests were spent.

    Attributes:
        since: From when on the list was read.
        began: When that read began.
        last_id: Id of the last record that was read; None if nothing is left to read.
        met: How many records were read.
    """

    since: str | None = None
    began: str | None = None
    last_id: int | None = None
    met: int = 0


class IncrementalMark(Struct):
    """A list that can be filtered by time.

    Attributes:
        filter_ignored: The shop does not filter it, so that it is read whole.
        west: Seconds by which its stamps lie west of UTC, negative east of it; None while none was seen.
        missing_at: When the shop last said that it does not know the list.
        place: Where the last read was cut.
    """

    replication_key: str = "updatedAt"
    replication_key_value: str | None = None
    filter_ignored: bool = False
    west: int | None = None
    read_at: str | None = None
    missing_at: str | None = None
    place: ListPosition = field(default_factory=ListPosition)


class AppendOnlyMark(Struct):
    """An append-only log.

    Attributes:
        unordered: Its newest records do not come first, so that it is read whole.
    """

    replication_key: str = "createdAt"
    replication_key_value: str | None = None
    unordered: bool = False
    read_at: str | None = None


class FullTableMark(Struct):
    """A list that is read whole.

    Attributes:
        requests: What the last read of it cost.
        titles_at: When the titles were read.
        titles: Pairs of id and title; a null title is an id that the list does not have.
    """

    read_at: str | None = None
    requests: int = 0
    titles_at: str | None = None
    titles: list[tuple[int, str | None]] = field(default_factory=list)


class SeenMark(Struct):
    """What one reader has processed of an incremental list.

    Attributes:
        since: From when on the next run reads the list.
        seen: Pairs of id and `updatedAt` of what lies after `since` and is done.
    """

    since: str | None = None
    seen: list[tuple[int, str]] = field(default_factory=list)


class Backfill(Struct):
    """How far the first load of details is, newest parent first.

    Attributes:
        open: Whether it is under way.
        before: `createdAt` of the last parent that is done.
        last_id: The id of that parent.
        days: How many days the next slice reaches back.
        done: How many parents are done.
        total: How many there are, as far as the shop can count them.
    """

    open: bool = False
    before: str | None = None
    last_id: int | None = None
    days: int = 8
    done: int = 0
    total: int = 0


class DetailMark(Struct):
    """Details of the records of another list. A `SeenMark` stands beside it.

    Attributes:
        pending: Pairs of a changed parent's id, and in how many runs it was not found.
        backfill: The first load.
    """

    pending: list[tuple[int, int]] = field(default_factory=list)
    backfill: Backfill = field(default_factory=Backfill)


class SummaryMark(Struct):
    """Sums over the records of each customer. A `SeenMark` for each list stands beside it.

    Attributes:
        read_at: When all were added up.
        requests: About how many requests that took.
        pending: Ids of customers that changed.
        recent: Pairs of a customer's id and when the customer was last read.
        credited: Ids of customers with credit notes; None for unknown.
        filter_ignored: The shop does not filter orders by customer.
    """

    read_at: str | None = None
    requests: int = 0
    pending: list[int] = field(default_factory=list)
    recent: list[tuple[int, str]] = field(default_factory=list)
    credited: list[int] | None = None
    filter_ignored: bool = False


class OrderBookMark(Struct):
    """The derived fields, and the order book. A `SeenMark` stands beside it for each list.

    Attributes:
        book: Name of the book.
        seq: The last commit of it that this state knows of.
        lost_at: When it was last made anew because it was lost.
        unread: Lists that are to be read whole once more.
        held: Lists of which it holds the first part, while they are read whole for the first time.
        read_at: When the lists were read whole.
        aged_on: The day as of which all customers were worked out.
        quarter: The quarter for which the limits hold.
        recency: Limits between the fifths of buyers; see `Fifths`.
        frequency: The same.
        monetary: The same.
        usual_gap: Days between first and second order in this shop.
        settings: Digest of the settings with which all customers were worked out.
    """

    book: str | None = None
    seq: int = 0
    lost_at: str | None = None
    unread: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    read_at: str | None = None
    aged_on: str | None = None
    quarter: str | None = None
    recency: list[int] = field(default_factory=list)
    frequency: list[int] = field(default_factory=list)
    monetary: list[int] = field(default_factory=list)
    usual_gap: int | None = None
    settings: str | None = None


class KnownMark(Struct):
    """Which records a list had when it was read whole last.

    Attributes:
        ids: Packed as `reading.departed` does it; empty where that is not known.
    """

    ids: str = ""


class CartMark(Struct):
    """Carts that were left standing.

    Attributes:
        since: From when on the next run reads the list of carts.
        newest_since: Where the shop does not filter that list: from when on the newest of it are new.
        orders_since: From when on it reads the list of orders, unless a cart that waits moved before.
        waiting: Carts that moved and are not decided.
        open: Carts that were released and are not closed.
        decided: Pairs of id and last change of carts that are over, while the list shows them again.
    """

    since: str | None = None
    newest_since: str | None = None
    orders_since: str | None = None
    waiting: list[Cart] = field(default_factory=list)
    open: list[Cart] = field(default_factory=list)
    decided: list[tuple[int, str]] = field(default_factory=list)


class LoadProgress(Struct):
    """The first load of order lines, for status pages: orders done and in all, and when it will be done."""

    done: int = 0
    total: int = 0
    eta: str | None = None


class SourceQuota(Struct):
    """The rate windows as last seen (5 minutes, hour, day), for status pages."""

    limit: list[int] = field(default_factory=list)
    remaining: list[int] = field(default_factory=list)
    resets_at: list[str] = field(default_factory=list)


class DetailRequests(Struct):
    """Requests for details of changed records: on a day (`2026-11-02`), and on the day before it."""

    day: str | None = None
    count: int = 0
    before: int = 0


class ShopMark(Struct):
    """The shop, and what concerns all streams.

    Attributes:
        version: See `VERSION`.
        account: A short digest of address and key: shows that another shop may be meant.
        reads: The streams that are selected, and the lists that are read for them: bookmarks of others say
            nothing of now. None from a version that did not note it.
    """

    version: int = VERSION
    shop_id: int | None = None
    account: str | None = None
    read_at: str | None = None
    progress: LoadProgress = field(default_factory=LoadProgress)
    source_quota: SourceQuota = field(default_factory=SourceQuota)
    details: DetailRequests = field(default_factory=DetailRequests)
    reads: list[str] | None = None
