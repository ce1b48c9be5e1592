"""The file that holds Copernica: one SQLite database in the sandbox's data directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.store import open_database

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

# Values of a record are one JSON object by field id: a renamed field keeps its values, a deleted one's are
# simply not read any more, and adding a field to a full database writes nothing (`fields.backfill`).
# `lookup` holds the values of indexed fields in the form in which they compare; `keyed` names the fields that
# an import used as a key, which are looked up from then on. `words` finds profiles by who they are. `held`
# and `followup_counts` count as things come and go: no page waits until a million are counted.
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (day TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS databases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL, description TEXT NOT NULL, archived INTEGER NOT NULL,
    created TEXT NOT NULL, intentions TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    database INTEGER NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
    intentions TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS unsubscribe (
    kind TEXT, place INTEGER, behavior TEXT NOT NULL, fields TEXT NOT NULL,
    PRIMARY KEY (kind, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS optouts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, source TEXT NOT NULL,
    profile INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS coupon_campaigns (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS coupons (
    campaign INTEGER, code TEXT, body TEXT NOT NULL, PRIMARY KEY (campaign, code)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS data_requests (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS webhooks (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS views (
    kind TEXT, id INTEGER, place INTEGER NOT NULL, parent INTEGER, name TEXT NOT NULL,
    description TEXT NOT NULL, intentions TEXT NOT NULL DEFAULT '{}',
    made REAL NOT NULL, built TEXT, built_at REAL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, view INTEGER NOT NULL, name TEXT NOT NULL,
    inversed INTEGER NOT NULL, disabled INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS conditions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rule INTEGER NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS members (
    kind TEXT, view INTEGER, record INTEGER, PRIMARY KEY (kind, view, record)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fields (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL,
    type TEXT NOT NULL, value TEXT NOT NULL, displayed INTEGER NOT NULL, ordered INTEGER NOT NULL,
    length INTEGER NOT NULL, textlines INTEGER NOT NULL, hidden INTEGER NOT NULL, indexed INTEGER NOT NULL,
    locked INTEGER NOT NULL, backfill TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS fields_of ON fields (kind, place, id);
CREATE TABLE IF NOT EXISTS interests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    database INTEGER NOT NULL, name TEXT NOT NULL, grouped TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS profiles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    place INTEGER NOT NULL, profile INTEGER, secret TEXT NOT NULL,
    created TEXT NOT NULL, modified TEXT NOT NULL, removed TEXT, vals TEXT NOT NULL, interests TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS profiles_live ON profiles (place, id) WHERE removed IS NULL;
CREATE INDEX IF NOT EXISTS profiles_modified ON profiles (place, modified) WHERE removed IS NULL;
CREATE TABLE IF NOT EXISTS subprofiles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    place INTEGER NOT NULL, profile INTEGER NOT NULL, secret TEXT NOT NULL,
    created TEXT NOT NULL, modified TEXT NOT NULL, removed TEXT, vals TEXT NOT NULL, interests TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS subprofiles_live ON subprofiles (place, id) WHERE removed IS NULL;
CREATE INDEX IF NOT EXISTS subprofiles_modified ON subprofiles (place, modified) WHERE removed IS NULL;
CREATE INDEX IF NOT EXISTS subprofiles_of ON subprofiles (profile, place) WHERE removed IS NULL;
CREATE TABLE IF NOT EXISTS lookup (
    field INTEGER NOT NULL, key NOT NULL, record INTEGER NOT NULL,
    PRIMARY KEY (field, key, record)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS single (field INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS keyed (field INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    database INTEGER NOT NULL, name TEXT NOT NULL, options TEXT NOT NULL,
    source TEXT, total INTEGER NOT NULL, starts REAL, ends REAL, done TEXT, outcomes TEXT);
CREATE INDEX IF NOT EXISTS imports_open ON imports (ends) WHERE done IS NULL;
CREATE TABLE IF NOT EXISTS followups (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, trigger TEXT NOT NULL, route TEXT NOT NULL,
    runs INTEGER NOT NULL, database INTEGER, collection INTEGER, profile INTEGER, subprofile INTEGER,
    import INTEGER, path TEXT, fields TEXT NOT NULL, key TEXT);
CREATE INDEX IF NOT EXISTS followups_of ON followups (profile);
CREATE INDEX IF NOT EXISTS followups_by ON followups (trigger, route, runs);
CREATE TABLE IF NOT EXISTS followup_counts (
    trigger TEXT, route TEXT, runs INTEGER, count INTEGER NOT NULL,
    PRIMARY KEY (trigger, route, runs)) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS followups_come AFTER INSERT ON followups BEGIN
    INSERT INTO followup_counts VALUES (NEW.trigger, NEW.route, NEW.runs, 1)
    ON CONFLICT (trigger, route, runs) DO UPDATE SET count = count + 1;
END;
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (text, detail = none, columnsize = 0, prefix = '1 2 3');
CREATE TABLE IF NOT EXISTS held (
    kind TEXT, place INTEGER, count INTEGER NOT NULL, PRIMARY KEY (kind, place)) WITHOUT ROWID;
"""

_COUNTED: Final = """
CREATE TRIGGER IF NOT EXISTS {table}_come AFTER INSERT ON {table} BEGIN
    INSERT INTO held VALUES ('{table}', NEW.place, 1)
    ON CONFLICT (kind, place) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER IF NOT EXISTS {table}_go AFTER UPDATE OF removed ON {table}
WHEN OLD.removed IS NULL AND NEW.removed IS NOT NULL BEGIN
    UPDATE held SET count = count - 1 WHERE kind = '{table}' AND place = NEW.place;
END;
CREATE TRIGGER IF NOT EXISTS {table}_erased AFTER DELETE ON {table} WHEN OLD.removed IS NULL BEGIN
    UPDATE held SET count = count - 1 WHERE kind = '{table}' AND place = OLD.place;
END;
"""


_open: Final[dict[Path, sqlite3.Connection]] = {}


def open_store(directory: Path) -> sqlite3.Connection:
    """The store of a data directory, made where there is none; one for the API and the admin calls.

    Args:
        directory: The sandbox's data directory, which exists.
    """
    if directory not in _open:
        schema = _SCHEMA + "".join(_COUNTED.format(table=table) for table in ("profiles", "subprofiles"))
        _open[directory] = open_database(directory / "copernica.sqlite", schema)
    return _open[directory]


def close_store(directory: Path) -> None:
    """Let go of the file, where it is open."""
    if store := _open.pop(directory, None):
        store.close()
