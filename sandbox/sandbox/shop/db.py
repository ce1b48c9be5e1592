"""The shop's records in SQLite: packed JSON text ready to be served, beside narrow tables to find it by."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sandbox.shop.packing import WINDOW, Packer
from sandbox.shop.resources import ALL, ORDER_EVENTS, STAMPS, Body, Resource
from sandbox.store import open_database, transaction

# Lists are found in the narrow table and only then joined with the bodies: so a page deep in a list of a
# million costs a walk over small rows.
_TABLE = "CREATE TABLE IF NOT EXISTS {name} ({columns});\n"
_BODIES = "CREATE TABLE IF NOT EXISTS {name}_bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL);\n"
_INDEX = "CREATE INDEX IF NOT EXISTS {name}_{column} ON {name} ({column}){only};\n"
# To count a million rows takes too long for a page: they are counted as they come and go.
_COUNTED = """
CREATE TRIGGER IF NOT EXISTS {name}_come AFTER INSERT ON {name} BEGIN
    INSERT INTO counts VALUES ('{name}', 1) ON CONFLICT (name) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER IF NOT EXISTS {name}_go AFTER DELETE ON {name} BEGIN
    UPDATE counts SET count = count - 1 WHERE name = '{name}';
END;
"""
_MORE = """
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS samples (name TEXT PRIMARY KEY, sample BLOB NOT NULL);
"""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _schema() -> str:
    parts = []
    for resource in ALL.values():
        columns = ", ".join(("id INTEGER PRIMARY KEY", *resource.columns))
        parts.append(_TABLE.format(name=resource.name, columns=columns))
        if resource.told is None:
            parts.append(_BODIES.format(name=resource.name))
        for column in resource.indexed:
            only = f" WHERE {column} IS NOT NULL" if resource.told else ""
            parts.append(_INDEX.format(name=resource.name, column=column, only=only))
        parts.append(_COUNTED.format(name=resource.name))
    return "".join(parts) + _MORE


def dumped(body: Any) -> str:  # noqa: ANN401  # any JSON value
    """JSON text without needless blanks, letters as they are."""
    return _ENCODER.encode(body)


class Shop:
    """Reads and writes the shop's records."""

    def __init__(self, path: Path) -> None:
        """Open the shop at `path`; it is empty when the file is new.

        Raises:
            ValueError: the file was made by a version of the sandbox that kept other columns.
        """
        self.connection = open_database(path, _schema())
        self._is_filling = False
        self._packers = self._stored_packers()

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def transaction(self) -> AbstractContextManager[None]:
        """All writes of a `with` block together."""
        return transaction(self.connection)

    @contextmanager
    def filling(self) -> Iterator[None]:
        """All writes of a `with` block together, for very many into an empty shop.

        The indices are made and the rows counted at the end, which is quicker and leaves them smaller; and
        without a write-ahead log, which would hold all of it a second time.
        """
        self.connection.execute("PRAGMA journal_mode = DELETE")
        self._is_filling = True
        try:
            with self.transaction():
                left_out = self.connection.execute(
                    "SELECT type, name, sql FROM sqlite_schema"
                    " WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
                ).fetchall()
                for kind, name, _ in left_out:
                    self.connection.execute(f"DROP {kind} {name}")
                yield
                for _, _, sql in left_out:
                    self.connection.execute(sql)
                for name in ALL:
                    counted = f"INSERT INTO counts SELECT '{name}', COUNT(*) FROM {name}"  # noqa: S608  # as below
                    self.connection.execute(counted)
        finally:
            self._is_filling = False
            self._packers = self._stored_packers()
            self.connection.execute("PRAGMA journal_mode = WAL")

    def _stored_packers(self) -> dict[str, Packer]:
        """A packer for each resource, with the sample that is in the file, if there is one."""
        samples = dict(self.connection.execute("SELECT name, sample FROM samples").fetchall())
        return {name: Packer(samples.get(name, b"")) for name in ALL}

    # Facts about the shop as a whole

    def fact(self, name: str) -> Any:  # noqa: ANN401  # any JSON value
        """What was kept under `name`; None when nothing was."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(row["value"]) if row else None

    def keep_fact(self, name: str, value: Any) -> None:  # noqa: ANN401  # any JSON value
        """Keep a JSON value under `name`."""
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, dumped(value)))

    # Writing

    def put_all(self, resource: Resource, bodies: Iterable[Body]) -> None:
        """Add records, or replace those with the same id; an order's line brings its `orderId` along."""
        places = ", ".join("?" * (1 + len(resource.columns)))
        batch: list[Body] = []
        for body in bodies:
            batch.append(body)
            if len(batch) == BATCH:
                self._put(resource, places, batch)
                batch = []
        self._put(resource, places, batch)

    def put(self, resource: Resource, body: Body) -> None:
        """Add a record, or replace the one with its id."""
        self.put_all(resource, (body,))

    def _put(self, resource: Resource, places: str, batch: list[Body]) -> None:
        self.connection.executemany(
            f"INSERT OR REPLACE INTO {resource.name} VALUES ({places})",  # noqa: S608  # names declared in resources.py
            [(body["id"], *(column(body) for column in resource.columns.values())) for body in batch],
        )
        if resource.told:
            return
        texts = [
            dumped({name: value for name, value in body.items() if name not in resource.beside}).encode()
            for body in batch
        ]
        packer = self._packer_for(resource, texts)
        self.connection.executemany(
            f"INSERT OR REPLACE INTO {resource.name}_bodies VALUES (?, ?)",  # noqa: S608  # see above
            [(body["id"], packer.packed(text)) for body, text in zip(batch, texts, strict=True)],
        )

    def _packer_for(self, resource: Resource, texts: list[bytes]) -> Packer:
        """What packs `texts`; while the shop is being filled, a first large batch becomes the sample."""
        if self._is_filling and not self._packers[resource.name].sample and sum(map(len, texts)) >= WINDOW:
            packer = self._packers[resource.name] = Packer.learned(texts)
            self.connection.execute("INSERT INTO samples VALUES (?, ?)", (resource.name, packer.sample))
        return self._packers[resource.name]

    def delete(self, resource: Resource, identifier: int) -> bool:
        """Remove a record; say whether it was there."""
        gone = self.connection.execute(f"DELETE FROM {resource.name} WHERE id = ?", (identifier,))  # noqa: S608  # as above
        if resource.told is None:
            self.connection.execute(f"DELETE FROM {resource.name}_bodies WHERE id = ?", (identifier,))  # noqa: S608  # as above
        return gone.rowcount > 0

    def add_events(self, events: Iterable[tuple[Any, ...]]) -> None:
        """Note what happened: (order, created, channel, type, message, comment, invoice, shipment)."""
        made, away = (ORDER_EVENTS.columns[name] for name in ("created", "away"))
        told = ((order, {"createdAt": at}, rest) for order, at, *rest in events)
        self.connection.executemany(
            f"INSERT INTO {ORDER_EVENTS.name}"  # noqa: S608  # as above
            " (order_id, created, away, channel, type, message, comment, invoice_id, shipment_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((order, made(body), away(body), *rest) for order, body, rest in told),
        )

    # Reading

    def text(self, resource: Resource, identifier: int) -> str | None:
        """A record's JSON text; None when there is no such record."""
        row = self.connection.execute(
            f"SELECT * FROM {_read_from(resource)} WHERE id = ?",  # noqa: S608  # as above
            (identifier,),
        ).fetchone()
        return self._text_of(resource, row) if row else None

    def _text_of(self, resource: Resource, row: sqlite3.Row) -> str:
        """The JSON text of the record that a row holds, packed or in its columns."""
        if resource.told:
            return dumped(resource.told(row))
        return self._packers[resource.name].unpacked(row["body"])

    def get(self, resource: Resource, identifier: int) -> Body | None:
        """A record; None when there is no such record."""
        found = self.text(resource, identifier)
        return None if found is None else json.loads(found)

    def page(
        self,
        resource: Resource,
        where: "Where",
        *,
        limit: int = -1,
        offset: int = 0,
        newest_first: bool = True,
    ) -> list[str]:
        """JSON texts of the records that fit `where`, by id; `limit` -1 is all of them."""
        direction = "DESC" if newest_first else "ASC"
        source = f"{resource.name}{where.sql}"
        if where.ranges and not where.has_values:
            # SQLite's own choice for a range of time is a slow one: to sort all of it, or to walk to the end.
            source = f"{resource.name} NOT INDEXED{where.sql}"
        if sought := self._sought_by(resource, where):
            # Newest first, so that the sort by id finds nearly all in order; -1 keeps it a step of its own.
            source = (
                f"(SELECT id FROM {resource.name} INDEXED BY {resource.name}_{sought}{where.sql}"  # noqa: S608  # as above
                f" ORDER BY {sought} DESC LIMIT -1)"
            )
        rows = self.connection.execute(
            f"SELECT * FROM (SELECT id FROM {source} ORDER BY id {direction} LIMIT ? OFFSET ?)"  # noqa: S608  # as above
            f" JOIN {_read_from(resource)} USING (id) ORDER BY id {direction}",
            (*where.values, limit, offset),
        )
        return [self._text_of(resource, row) for row in rows]

    def _sought_by(self, resource: Resource, where: "Where") -> str | None:
        """The time whose index leads to what fits `where` quicker than a walk from the newest record on."""
        if where.has_values:
            return None
        for column in (name for name in where.ranges if name in resource.indexed):
            first, last = self.connection.execute(
                f"SELECT (SELECT MIN({column}) FROM {resource.name}),"  # noqa: S608  # as above
                f" (SELECT MAX({column}) FROM {resource.name})"
            ).fetchone()
            if first is not None and is_sought(where.ranges[column], first, last):
                return column
        return None

    def count(self, resource: Resource, where: "Where | None" = None) -> int:
        """How many records fit `where`."""
        if where is None or not where.sql:
            row = self.connection.execute(
                "SELECT count FROM counts WHERE name = ?", (resource.name,)
            ).fetchone()
            return int(row["count"]) if row else 0
        sql = f"SELECT COUNT(*) FROM {resource.name}{where.sql}"  # noqa: S608  # as above
        number: int = self.connection.execute(sql, where.values).fetchone()[0]
        return number

    def newest(self, resource: Resource, where: "Where", most: int) -> list[int]:
        """Ids of the newest records that fit `where`, newest first, at most so many."""
        sql = f"SELECT id FROM {resource.name}{where.sql} ORDER BY id DESC LIMIT ?"  # noqa: S608  # as above
        return [row["id"] for row in self.connection.execute(sql, (*where.values, most))]

    def newest_id(self, resource: Resource) -> int:
        """The highest id there is; 0 when there is none."""
        sql = f"SELECT MAX(id) FROM {resource.name}"  # noqa: S608  # as above
        return self.connection.execute(sql).fetchone()[0] or 0

    def every(self, resource: Resource) -> Iterator[tuple[sqlite3.Row, str]]:
        """Each record's columns and JSON text, oldest first."""
        bodies = "" if resource.told else f" JOIN {_read_from(resource)} USING (id)"
        for row in self.connection.execute(f"SELECT * FROM {resource.name}{bodies} ORDER BY id"):  # noqa: S608  # as above
            yield row, self._text_of(resource, row)

    def beside(self, resource: Resource, identifier: int) -> Body:
        """What belongs to a record without being shown with it, such as the `orderId` of an order's line."""
        sql = f"SELECT * FROM {resource.name} WHERE id = ?"  # noqa: S608  # as above
        row = self.connection.execute(sql, (identifier,)).fetchone()
        return {name: row[column] for name, column in resource.beside.items()} if row else {}


def _read_from(resource: Resource) -> str:
    """The table that a kind's records are read from."""
    return resource.name if resource.told else f"{resource.name}_bodies"


BATCH = 500


def is_sought(window: tuple[int | None, int | None], first: int, last: int) -> bool:
    """Whether to look for the records of a window of time in the index of that time, and not to walk to them.

    All of the window has to be sorted then; a walk passes what is newer than it. Records are taken to lie
    evenly in time and ids to follow it, more or less: if they do not, the page takes longer.

    Args:
        window: from, to; None where it is open.
        first: the earliest time there is.
        last: the latest.
    """
    low, high = window
    low = first if low is None else max(low, first)
    high = last if high is None else min(high, last)
    return high - low < (last - first) / 10 + (last - high) / 2


class Where:
    """Conditions of a list, all of which must hold."""

    def __init__(self, conditions: Mapping[str, Any] | None = None) -> None:
        """Conditions such as `{"customer_id =": 1}`: a column and its comparison, and the value."""
        conditions = conditions or {}
        self.sql = " WHERE " + " AND ".join(f"{left} ?" for left in conditions) if conditions else ""
        self.values = tuple(conditions.values())
        self.has_values = False
        self.ranges: dict[str, tuple[int | None, int | None]] = {}
        for left, value in conditions.items():
            column, _, sign = left.partition(" ")
            if column not in STAMPS:
                self.has_values = True
            elif sign.startswith(">"):
                self.ranges[column] = (value, self.ranges.get(column, (None, None))[1])
            else:
                self.ranges[column] = (self.ranges.get(column, (None, None))[0], value)
