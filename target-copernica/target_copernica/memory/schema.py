"""The tables of the ledger, and how an older file becomes a newer one."""

from typing import Final

__all__ = ["CHANGES", "SCHEMA", "SEEN", "VERSION"]

SEEN: Final = "CREATE TEMP TABLE seen (stream TEXT, key TEXT, PRIMARY KEY (stream, key)) WITHOUT ROWID"
"""Which keys of a complete list were seen in this run."""

VERSION: Final = 9
SCHEMA: Final = """
CREATE TABLE place (
    place TEXT PRIMARY KEY,
    name TEXT NOT NULL,             -- as the settings name it, so that it is found again
    tail INTEGER NOT NULL DEFAULT 0,-- high watermark: every id up to here has been read or made by us
    live_from TEXT                  -- start of the run that put the first record there
);
CREATE TABLE entry (
    place TEXT NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL,
    person TEXT,                    -- of a subprofile: the key of its profile
    email BLOB,                     -- of a profile: keyed hash of the folded address
    removed TEXT,                   -- when it was found removed
    PRIMARY KEY (place, key)
) WITHOUT ROWID;
CREATE INDEX entry_id ON entry (place, id);
CREATE INDEX entry_email ON entry (place, email) WHERE email IS NOT NULL;
CREATE TABLE shared_due (           -- profiles whose mark of a shared address may be wrong
    place TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (place, key)
) WITHOUT ROWID;
CREATE TABLE fragment (
    place TEXT NOT NULL, key TEXT NOT NULL, stream TEXT NOT NULL, version TEXT, digest BLOB NOT NULL,
    PRIMARY KEY (place, key, stream)
) WITHOUT ROWID;
CREATE TABLE waiting (              -- what may not create, and found nothing to change yet
    place TEXT NOT NULL, key TEXT NOT NULL, stream TEXT NOT NULL,
    person_place TEXT, person_key TEXT, fragment TEXT NOT NULL,
    PRIMARY KEY (place, key, stream)
) WITHOUT ROWID;
CREATE INDEX waiting_person ON waiting (person_place, person_key);
CREATE TABLE intent (               -- write-ahead entries: single creations that were about to be sent
    place TEXT NOT NULL, key TEXT NOT NULL, sent_at TEXT NOT NULL,
    PRIMARY KEY (place, key)
) WITHOUT ROWID;
CREATE TABLE import_job (           -- an import that was about to be sent, or whose end was not seen
    job INTEGER PRIMARY KEY, place TEXT NOT NULL, import_id INTEGER, sent_at TEXT NOT NULL,
    new_keys TEXT NOT NULL
);
CREATE TABLE run (
    run INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, exit_code INTEGER, cause TEXT, summary TEXT
);
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""
CHANGES: Final = {
    2: """
CREATE TABLE month (month TEXT PRIMARY KEY, calls INTEGER NOT NULL);
CREATE TABLE columns (columns INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
CREATE TABLE unmapped (stream TEXT PRIMARY KEY, schema TEXT NOT NULL, key TEXT NOT NULL);
CREATE TABLE twin (                 -- duplicate keys in Copernica
    place TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (place, key)
) WITHOUT ROWID;
ALTER TABLE place ADD COLUMN refreshed TEXT; -- when it was last looked for what is gone
ALTER TABLE fragment ADD COLUMN columns INTEGER; -- the names of the fields that it holds
""",
    3: """
ALTER TABLE unmapped ADD COLUMN mapped INTEGER NOT NULL DEFAULT 0; -- whether a mapping names it
ALTER TABLE fragment RENAME TO old_fragment;
CREATE TABLE fragment (             -- the fields that a version of a stream's record filled last
    place TEXT NOT NULL, key TEXT NOT NULL, stream TEXT NOT NULL,
    part INTEGER NOT NULL,          -- 0, and further ones where other versions filled other fields
    version TEXT, digest BLOB NOT NULL, columns INTEGER,
    PRIMARY KEY (place, key, stream, part)
) WITHOUT ROWID;
INSERT INTO fragment SELECT place, key, stream, 0, version,
    CASE digest WHEN x'' THEN x'3f' ELSE digest END, columns FROM old_fragment; -- empty: changed by others
DROP TABLE old_fragment;
UPDATE waiting SET fragment = json_array(json(fragment));
""",
    4: """
CREATE TABLE known_field (          -- ids of the fields, by their names in the mapping
    place TEXT NOT NULL, name TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (place, name)
) WITHOUT ROWID;
ALTER TABLE place ADD COLUMN created TEXT; -- of a database: when Copernica says that it was made
ALTER TABLE place ADD COLUMN marked TEXT; -- of a database: when our mark was last seen in its description
""",
    5: """
CREATE TABLE maybe_gone (           -- ids that Copernica did not know once: a later run asks again
    place TEXT NOT NULL, id INTEGER NOT NULL, key TEXT NOT NULL, since TEXT NOT NULL,
    below TEXT,                     -- of what was to be deleted: the collections below it, JSON
    PRIMARY KEY (place, id)
) WITHOUT ROWID;
""",
    6: """
CREATE TABLE lost_key (             -- keys that were emptied or changed by hand: to be restored
    place TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (place, key)
) WITHOUT ROWID;
""",
    7: """
CREATE TABLE consent_address (      -- what is known of an address: the sum of consent.jsonl
    who TEXT PRIMARY KEY, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE consent_profile (      -- what was written to a profile, and for which address
    place TEXT NOT NULL, key TEXT NOT NULL, who TEXT, body TEXT NOT NULL, PRIMARY KEY (place, key)
) WITHOUT ROWID;
CREATE TABLE consent_due (          -- profiles whose consent fields may be wrong
    place TEXT NOT NULL, key TEXT NOT NULL, moved INTEGER NOT NULL, PRIMARY KEY (place, key)
) WITHOUT ROWID;
CREATE TABLE subscription (         -- the list of newsletter subscribers
    key TEXT PRIMARY KEY, who TEXT NOT NULL,
    confirmed INTEGER,
    missed TEXT                     -- since when complete lists do not have it
) WITHOUT ROWID;
CREATE INDEX subscription_who ON subscription (who);
""",
    8: """
CREATE INDEX entry_person ON entry (person) WHERE person IS NOT NULL;
""",
    9: """
ALTER TABLE run ADD COLUMN id TEXT; -- what started it calls it so (setting run_id)
ALTER TABLE fragment ADD COLUMN read_run INTEGER; -- the run that read it last (NULL: it is not known)
ALTER TABLE fragment ADD COLUMN read_at INTEGER; -- when, in seconds since 1970, by the server's time
ALTER TABLE fragment ADD COLUMN write_run INTEGER; -- the run that wrote it last (NULL: likewise)
ALTER TABLE fragment ADD COLUMN write_at INTEGER;
CREATE TABLE refusal (              -- what was refused last, also where it was written since
    place TEXT NOT NULL, key TEXT NOT NULL, stream TEXT NOT NULL,
    run INTEGER NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (place, key, stream)
) WITHOUT ROWID;
""",
}
"""What each later version changed in the first one."""
