"""One kind of record: where the API has it, and what is kept beside a body to find it by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

Body = dict[str, Any]
Column = Callable[[Body], int | str | None]


def linked(name: str) -> Column:
    """The id behind the link `name`; None when the link is unset or stands for a collection."""

    def column(body: Body) -> int | None:
        link = body.get(name)
        return (link["resource"]["id"] or None) if isinstance(link, dict) else None

    return column


def text(name: str) -> Column:
    """The text field `name`."""

    def column(body: Body) -> str | None:
        value = body.get(name)
        return str(value) if value or value == "" else None

    return column


def stamp(name: str) -> Column:
    """The moment field `name`, in seconds since the epoch."""

    def column(body: Body) -> int | None:
        value = body.get(name)
        return int(datetime.fromisoformat(value).timestamp()) if isinstance(value, str) and value else None

    return column


def offset(name: str) -> Column:
    """How far the zone of the moment field `name` lay from UTC then, in minutes."""

    def column(body: Body) -> int | None:
        away = datetime.fromisoformat(body[name]).utcoffset() if body.get(name) else None
        return None if away is None else int(away.total_seconds()) // 60

    return column


def told_stamp(seconds: int, minutes: int) -> str:
    """The moment field that `stamp` and `offset` keep: a text would take several times the room."""
    return datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes))).isoformat()


def plain(name: str) -> Column:
    """The field `name` as it is: a number, a text, or None."""

    def column(body: Body) -> Any:  # noqa: ANN401  # what the record holds
        return body.get(name)

    return column


STAMPS: Mapping[str, Column] = {"created": stamp("createdAt"), "updated": stamp("updatedAt")}


@dataclass(frozen=True)
class Resource:
    """One kind of record.

    Attributes:
        name: as the admin calls name it; also the table's name.
        path: below the language, without `.json`.
        one: envelope key of a single record.
        many: envelope key of a list.
        columns: what is kept beside the body, to filter by and to look up with.
        filters: query parameters a list honours, each with its column (`_min` and `_max` of times apart).
        timed: times whose `_min` and `_max` a list honours: `created`, `updated`.
        beside: what a record brings along to be found by and the API does not show, such as `orderId`, each
            with its column.
        told: makes the record of its row, for kinds whose columns say all there is; no body is kept of them.
    """

    name: str
    path: str
    one: str
    many: str
    columns: Mapping[str, Column]
    filters: Mapping[str, str]
    timed: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    told: Callable[[Any], Body] | None = None

    @property
    def stamps(self) -> tuple[str, ...]:
        """The fields that say when a record was made and changed."""
        return tuple(f"{name}At" for name in STAMPS if name in self.columns)

    @property
    def indexed(self) -> tuple[str, ...]:
        """The columns with an index of their own."""
        sought = {*self.filters.values(), *self.beside.values(), *self.timed}
        unsought = set() if self.told else self.columns.keys() - STAMPS.keys()
        return tuple(name for name in self.columns if name in sought | unsought)

    @property
    def is_nested(self) -> bool:
        """Whether its lists stand below a record of another kind, which the admin calls name besides."""
        return "{" in self.path
