"""Migrations: one line of descent, applied under a lock before anything serves."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from fieldvisit import row_security
from fieldvisit.db import Database

_LOCK = 5_261_001  # any number that is ours: two starters on one empty database must not race (F36)


def _alembic(database: Database) -> AlembicConfig:
    found = AlembicConfig()
    found.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    found.attributes["database"] = database
    return found


def head(database: Database) -> str | None:
    return ScriptDirectory.from_config(_alembic(database)).get_current_head()


def revisions(database: Database) -> frozenset[str]:
    """Every step that this release knows the way from."""
    return frozenset(each.revision for each in ScriptDirectory.from_config(_alembic(database)).walk_revisions())


def current(database: Database) -> str | None:
    with database.as_owner(write=False).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    return current(database) == head(database)


def upgrade(database: Database, to: str = "head") -> None:
    with _locked(database) as (connection, config):
        command.upgrade(config, to)
        if to == "head" and not database.is_sqlite:
            row_security.build(connection)


def downgrade(database: Database, to: str) -> None:
    with _locked(database) as (_, config):
        command.downgrade(config, to)


@contextmanager
def _locked(database: Database) -> Iterator[tuple[Connection, AlembicConfig]]:
    config = _alembic(database)
    with database.as_owner(write=True).begin() as connection:  # on SQLite, BEGIN IMMEDIATE is the lock
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        yield connection, config
