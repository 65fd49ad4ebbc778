"""The vault's database: its own engine on its own file (or PostgreSQL database), with tables made and kept here.

Opened by `open_vault`, which refuses with a sentence whatever would make it a vault that cannot keep its promise.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from fieldvisit.config import Config, ConfigError
from fieldvisit.ground.clock import now
from fieldvisit.ground.policy import Policy, load_policy
from fieldvisit.vault.keys import VaultKeyError, VaultKeys
from fieldvisit.vault.models import ADDED_ONLY, NEVER_DELETED, About, VaultBase
from fieldvisit.vault.rules import what_is_unsettled

VERSION = 1
_LOCK = 5_261_002  # two starters on one empty database must not race
DEMO = "demo"  # a file in the vault's home: its keys and readers are for trying it out


class VaultError(ConfigError):
    """The vault cannot start, or cannot do this. The message says why and what to do."""


class Store:
    """As `db.Database`, without its wall: no row of it is reached but through `service.py`, which asks who may see."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        if self.url.drivername in ("postgres", "postgresql"):
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.writer = self._engine("BEGIN IMMEDIATE")
        self.reader = self._engine("BEGIN")

    def _engine(self, begin: str) -> Engine:
        if not self.is_sqlite:
            return create_engine(self.url, pool_pre_ping=True, pool_size=4, max_overflow=4, hide_parameters=True)
        engine = create_engine(self.url, connect_args={"timeout": 15}, hide_parameters=True)

        @event.listens_for(engine, "connect")
        def _connect(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "busy_timeout=15000",
                "foreign_keys=ON",
                "secure_delete=ON",
                "trusted_schema=OFF",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection: Any) -> None:
            connection.exec_driver_sql(begin)

        return engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, undone when it raises."""
        with Session(self.writer, expire_on_commit=False) as session, session.begin():
            yield session

    def dispose(self) -> None:
        self.reader.dispose()
        self.writer.dispose()


@dataclass(frozen=True, slots=True)
class Vault:
    """What everything in here works with. demo: made for trying it out, and every page says so."""

    store: Store
    keys: VaultKeys
    policy: Policy
    config: Config
    demo: bool


def open_vault(config: Config, policy: Policy | None = None) -> Vault:
    """Raises VaultError (with its keys' sentences too) for whatever is missing or wrong: nothing is opened halfway."""
    policy = policy or load_policy(config.policy_name)
    demo = (config.vault_folder / DEMO).exists()
    missing = what_is_unsettled(policy.safeguarding, demo=demo)
    mail = config.ways_of_sending().smtp
    if config.vault_pager == "smtp" and (not mail.host or "@" not in mail.sender):
        missing.append("FIELDVISIT_VAULT_PAGER is smtp: set FIELDVISIT_SMTP_HOST and FIELDVISIT_SMTP_FROM.")
    if missing:
        raise VaultError("The vault does not start:\n  " + "\n  ".join(missing))
    try:
        keys = VaultKeys(config.vault_folder / "keys", config.vault_public_key)
    except VaultKeyError as error:
        raise VaultError(f"The vault does not start. {error}") from None
    store = Store(url_of(config))
    try:
        prepare(store, keys, now())
    except OperationalError as error:
        raise VaultError(f"The vault's database cannot be used: {type(error.orig).__name__}.") from None
    store.dispose()  # a server forks after this: each process opens connections of its own
    return Vault(store, keys, policy, config, demo)


def was_made(config: Config) -> bool:
    """Is there anything of a vault here? Then it must be whole; where there never was one, the rest serves without."""
    keys = config.vault_folder / "keys"
    return keys.exists() or config.vault_public_key.exists() or file_of(config).exists()


def url_of(config: Config) -> str:
    return config.vault_database_url or f"sqlite:///{file_of(config)}"


def file_of(config: Config) -> Path:
    return config.vault_folder.resolve() / "vault.db"


def prepare(store: Store, keys: VaultKeys, at: datetime) -> None:
    """Makes the tables where there are none. Raises VaultError for tables of another vault, or of a newer release."""
    if store.is_sqlite and store.url.database:
        _make_private(Path(store.url.database))
    with store.writer.begin() as connection:
        if not store.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if not inspect(connection).has_table(About.__tablename__):
            VaultBase.metadata.create_all(connection)
            _guard(connection)
            row = {"id": 1, "version": VERSION, "mark": keys.mark(), "made_at": at, "seq": 0, "head": ""}
            connection.execute(About.__table__.insert().values(**row))  # type: ignore[attr-defined]
    with store.reading() as session:
        about = session.get_one(About, 1)
    if about.version > VERSION:
        raise VaultError("The vault's database is of a newer release. Install that release.")
    if about.mark != keys.mark():
        raise VaultError(
            "The vault's data.key is not the one that this vault's database was made with. Bring back the key that "
            "belongs to it: fieldvisit vault restore"
        )


def _make_private(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _guard(connection: Connection) -> None:
    """What was written stays as it was written; and nothing goes."""
    for model in NEVER_DELETED:
        name = model.__tablename__
        ways = ("DELETE", "UPDATE") if model in ADDED_ONLY else ("DELETE",)
        for way in ways:
            if connection.dialect.name == "sqlite":
                connection.execute(
                    text(
                        f"CREATE TRIGGER {name}_no_{way.lower()} BEFORE {way} ON {name} BEGIN "
                        f"SELECT RAISE(ABORT, '{name}: rows are only added'); END"
                    )
                )
            else:
                connection.execute(text(_FUNCTION))
                connection.execute(
                    text(
                        f"CREATE TRIGGER {name}_no_{way.lower()} BEFORE {way} ON {name} "
                        "FOR EACH ROW EXECUTE FUNCTION vault_only_added()"
                    )
                )


_FUNCTION = """
CREATE OR REPLACE FUNCTION vault_only_added() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%: rows are only added', TG_TABLE_NAME; END $$
"""
