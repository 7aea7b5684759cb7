"""The layout of the database, and an empty one."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

APPLICATION: Final = 0x434D4847  # "CMHG" in the header of the file
SCHEMA_VERSION: Final = 1

SCHEMA: Final = """
CREATE TABLE organisations (
  key TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  namespaces TEXT NOT NULL,
  visibility TEXT NOT NULL CHECK (visibility IN ('private', 'shared', 'public')),
  shared_with TEXT NOT NULL,
  current INTEGER,
  last INTEGER NOT NULL,
  versions INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  seal TEXT NOT NULL,
  FOREIGN KEY (key, current) REFERENCES versions (organisation, number) DEFERRABLE INITIALLY DEFERRED
) WITHOUT ROWID, STRICT;
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (key),
  may TEXT NOT NULL CHECK (may IN ('read', 'write')),
  label TEXT NOT NULL,
  hash TEXT NOT NULL,
  check_number INTEGER NOT NULL,
  made TEXT NOT NULL,
  expires TEXT,
  revoked TEXT,
  seal TEXT NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX tokens_of ON tokens (organisation);
CREATE TABLE contents (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  packed BLOB NOT NULL
) STRICT;
CREATE TABLE versions (
  organisation TEXT NOT NULL REFERENCES organisations (key),
  number INTEGER NOT NULL,
  sha256 TEXT NOT NULL REFERENCES contents (sha256),
  statements INTEGER NOT NULL,
  size INTEGER NOT NULL,
  at TEXT NOT NULL,
  by TEXT NOT NULL,
  label TEXT NOT NULL,
  how TEXT NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (organisation, number)
) WITHOUT ROWID, STRICT;
CREATE INDEX versions_with ON versions (sha256);
CREATE TABLE log (
  seq INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  organisation TEXT NOT NULL,
  kind TEXT NOT NULL,
  by TEXT NOT NULL,
  label TEXT NOT NULL,
  details TEXT NOT NULL,
  revision INTEGER NOT NULL,
  before TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;
CREATE INDEX log_of ON log (organisation, kind);
CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), latest TEXT NOT NULL, seal TEXT NOT NULL) STRICT;
CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER log_is_not_shortened BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER log_follows_on BEFORE INSERT ON log
WHEN NEW.seq IS NOT COALESCE((SELECT MAX(seq) FROM log), 0) + 1
  OR NEW.before IS NOT COALESCE((SELECT digest FROM log ORDER BY seq DESC LIMIT 1), '')
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
"""


def create(path: Path) -> None:
    """Write an empty database. It is whole on disk when this returns."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(
            f"BEGIN;{SCHEMA}PRAGMA application_id={APPLICATION};PRAGMA user_version={SCHEMA_VERSION};COMMIT;"
        )
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
    path.chmod(0o600)
