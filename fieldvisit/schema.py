"""Migrations: one line of descent, applied under a lock before anything serves."""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from fieldvisit.db import Database

_LOCK = 5_261_001  # any number that is ours: two starters on one empty database must not race (F36)


def _alembic(database: Database) -> AlembicConfig:
    found = AlembicConfig()
    found.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    found.attributes["database"] = database
    return found


def head(database: Database) -> str | None:
    return ScriptDirectory.from_config(_alembic(database)).get_current_head()


def current(database: Database) -> str | None:
    with database.reader.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    return current(database) == head(database)


def upgrade(database: Database, to: str = "head") -> None:
    _run(database, command.upgrade, to)


def downgrade(database: Database, to: str) -> None:
    _run(database, command.downgrade, to)


def _run(database: Database, what, to: str) -> None:  # type: ignore[no-untyped-def]
    config = _alembic(database)
    with database.writer.begin() as connection:  # on SQLite, BEGIN IMMEDIATE is the lock
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        what(config, to)
