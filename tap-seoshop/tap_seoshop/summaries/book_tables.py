"""The tables of the order book, what an order's flags mean, and how a book of an older form goes on."""

from __future__ import annotations

__all__ = [
    "BACK",
    "CANCELLED",
    "COUNTS",
    "DISCOUNTED",
    "FORM",
    "LINED",
    "RETURNED",
    "TABLES",
    "UPDATE",
]

CANCELLED, DISCOUNTED, LINED, RETURNED = 1, 2, 4, 8
COUNTS = f"placed.customer IS NOT NULL AND placed.flags & {CANCELLED} = 0 AND placed.units > 0"
FORM = 4
"""The form of the tables; a book of the one before is brought to it, one of another is made anew."""

BACK = "SELECT min(back >= ordered) FROM line WHERE ordered > 0 AND placed = "
TURNED = "CREATE TABLE turned (placed INTEGER PRIMARY KEY, written INTEGER);"
TABLES = f"""
PRAGMA user_version = {FORM};
CREATE TABLE self (name TEXT, seq INTEGER, told INTEGER);
CREATE TABLE person (id INTEGER PRIMARY KEY);
CREATE TABLE placed (id INTEGER PRIMARY KEY, customer INTEGER, made INTEGER, units INTEGER, flags INTEGER);
CREATE INDEX placed_by ON placed (customer);
CREATE TABLE credit (id INTEGER PRIMARY KEY, customer INTEGER, placed INTEGER, units INTEGER);
CREATE INDEX credit_by ON credit (placed);
CREATE TABLE line (
    placed INTEGER, id INTEGER, brand INTEGER, article INTEGER, product INTEGER, units INTEGER,
    ordered REAL, back REAL, discounted INTEGER, PRIMARY KEY (placed, id)
) WITHOUT ROWID;
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE category (id INTEGER PRIMARY KEY, depth INTEGER, title TEXT);
CREATE TABLE pair (product INTEGER, category INTEGER, PRIMARY KEY (product, category)) WITHOUT ROWID;
CREATE TABLE touched (customer INTEGER PRIMARY KEY, written INTEGER);
{TURNED}
"""
UPDATE = f"""
BEGIN;
{TURNED}
UPDATE placed SET flags = flags | {RETURNED} WHERE flags & {LINED} AND ({BACK} placed.id);
INSERT INTO turned SELECT id, NULL FROM placed WHERE flags & {RETURNED};
PRAGMA user_version = {FORM};
COMMIT;
"""  # noqa: S608  # made of constants
