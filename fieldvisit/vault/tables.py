"""The vault's tables: made once, brought up to date, and guarded so that what was written stays as it was written."""

import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from fieldvisit.vault.keys import VaultKeys
from fieldvisit.vault.models import ADDED_ONLY, NEVER_DELETED, About, Destruction, VaultBase
from fieldvisit.vault.store import Store, VaultError

VERSION = 2
_LOCK = 5_261_002  # two starters on one database must not race
# What goes when a case is destroyed, and what each becomes. Nothing else of these rows changes, then or ever.
DESTROYED = {"safe_case": {"key": "empty"}, "box": {"jwe": "empty"}, "act": {"words": "null"}}
_CASE_OF = {"safe_case": "id", "box": "case_id", "act": "case_id"}


def prepare(store: Store, keys: VaultKeys, at: datetime, *, make: bool = False) -> None:
    """make: where there are no tables they are made; otherwise that is a lost database, and nobody goes on without it.

    Raises VaultError for that, for tables of another vault, and for those of a newer release.
    """
    if store.is_sqlite and store.url.database:
        path = Path(store.url.database)
        if make:
            _make_private(path)
        elif not path.exists() or not path.stat().st_size:
            raise VaultError(_lost(store))  # before SQLite makes an empty one in its place
    with store.writer.begin() as connection:
        if not store.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if not inspect(connection).has_table(About.__tablename__):
            if not make:
                raise VaultError(_lost(store))
            make_tables(connection)
            row = {"id": 1, "version": VERSION, "mark": keys.mark(), "made_at": at, "seq": 0, "head": ""}
            connection.execute(About.__table__.insert().values(**row))  # type: ignore[attr-defined]
        else:
            _bring_up_to_date(connection)
    with store.reading() as session:
        about = session.get_one(About, 1)
    if about.version > VERSION:
        raise VaultError("The vault's database is of a newer release. Install that release.")
    if about.mark != keys.mark():
        raise VaultError(
            "The vault's data.key is not the one that this vault's database was made with. Bring back the key that "
            "belongs to it: fieldvisit vault restore"
        )


def insist_on_room(store: Store) -> None:
    """Before keys are made: is the database there, and no vault in it? Raises VaultError."""
    try:
        with store.reader.connect() as connection:
            there = inspect(connection).has_table(About.__tablename__)
    except DBAPIError as error:
        raise VaultError(f"The vault's database {said(store)} cannot be used: {type(error.orig).__name__}.") from None
    if there:
        raise VaultError(
            f"The vault's database {said(store)} is a vault's already. Bring its keys back: fieldvisit vault restore"
        )


def said(store: Store) -> str:
    """Which database: never with a user or a password."""
    return str(store.url.database) if store.is_sqlite else f"{store.url.database} on PostgreSQL"


def _lost(store: Store) -> str:
    return (
        f"The vault's database {said(store)} is missing or empty, while the vault's keys are there. No new one is made in its "
        "place. Bring it back: fieldvisit vault restore DIR. If this vault never took in a report, remove its keys and "
        "vault.pub.json, and run: fieldvisit vault init"
    )


def make_tables(connection: Connection) -> None:
    VaultBase.metadata.create_all(connection)
    _guard(connection)


def _make_private(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _bring_up_to_date(connection: Connection) -> None:
    version = connection.execute(text("SELECT version FROM vault")).scalar_one()
    if version == 1:  # without destructions, and without the mark of danger
        no = "0" if connection.dialect.name == "sqlite" else "false"
        connection.execute(text(f"ALTER TABLE box ADD COLUMN danger BOOLEAN NOT NULL DEFAULT {no}"))
        Destruction.__table__.create(connection)  # type: ignore[attr-defined]
        _guard(connection)
        connection.execute(text("UPDATE vault SET version = 2"))


def _guard(connection: Connection) -> None:
    """What was written stays as it was written, but for what a destruction takes; and no row goes."""
    for model in NEVER_DELETED:
        name = model.__tablename__
        for way in ("DELETE", "UPDATE") if model in ADDED_ONLY else ("DELETE",):
            when = _but_for_a_destruction(connection, name) if way == "UPDATE" and name in DESTROYED else ""
            trigger = f"{name}_no_{way.lower()}"
            if connection.dialect.name == "sqlite":
                connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
                connection.execute(
                    text(
                        f"CREATE TRIGGER {trigger} BEFORE {way} ON {name} {when} BEGIN "
                        f"SELECT RAISE(ABORT, '{name}: rows are only added'); END"
                    )
                )
            else:
                connection.execute(text(_FUNCTION))
                connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger} ON {name}"))
                call = f"vault_only_added({_arguments(name)})" if way == "UPDATE" else "vault_only_added()"
                connection.execute(
                    text(f"CREATE TRIGGER {trigger} BEFORE {way} ON {name} FOR EACH ROW EXECUTE FUNCTION {call}")
                )


def _but_for_a_destruction(connection: Connection, name: str) -> str:
    """SQLite's WHEN: the guard acts unless this case was destroyed and nothing but what then goes is changed."""
    table, goes = VaultBase.metadata.tables[name], DESTROYED[name]
    same = [f"NEW.{column.name} IS OLD.{column.name}" for column in table.columns if column.name not in goes]
    gone = [f"NEW.{column} IS NULL" if to == "null" else f"length(NEW.{column}) = 0" for column, to in goes.items()]
    there = f"EXISTS (SELECT 1 FROM destruction WHERE case_id = OLD.{_CASE_OF[name]})"  # noqa: S608 - our own names
    return f"WHEN NOT ({' AND '.join([*same, *gone, there])})"


def _arguments(name: str) -> str:
    """For PostgreSQL's trigger, which cannot ask another table in its WHEN: the column that goes, and its case's."""
    if name not in DESTROYED:
        return ""
    [column] = DESTROYED[name]
    return f"'{column}', '{_CASE_OF[name]}'"


_FUNCTION = r"""
CREATE OR REPLACE FUNCTION vault_only_added() RETURNS trigger LANGUAGE plpgsql AS
$$
DECLARE was jsonb; becomes jsonb;
BEGIN
  IF TG_OP = 'UPDATE' AND TG_NARGS = 2 THEN
    was := to_jsonb(OLD); becomes := to_jsonb(NEW);
    IF was - TG_ARGV[0] = becomes - TG_ARGV[0] AND coalesce(becomes ->> TG_ARGV[0], '') IN ('', '\x')
       AND EXISTS (SELECT 1 FROM destruction WHERE case_id = was ->> TG_ARGV[1]) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION '%: rows are only added', TG_TABLE_NAME;
END
$$
"""
