"""The vault's database: its own engine on its own file (or PostgreSQL database). Opened by `opening.py`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.config import Config, ConfigError
from fieldvisit.engines import is_sqlite, make_engine, url_for
from fieldvisit.ground.policy import Policy
from fieldvisit.vault.keys import VaultKeys
from fieldvisit.vault.models import About

DEMO = "demo"  # a file in the vault's home: its keys and readers are for trying it out


class VaultError(ConfigError):
    """The vault cannot start, or cannot do this. The message says why and what to do."""


class Store:
    """As `db.Database`, without its wall: no row of it is reached but through `service.py`, which asks who may see."""

    def __init__(self, url: str) -> None:
        self.url = url_for(url)
        self.is_sqlite = is_sqlite(self.url)
        self.writer = make_engine(self.url, begin="BEGIN IMMEDIATE", pool=4)
        self.reader = make_engine(self.url, begin="BEGIN", pool=4)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, undone when it raises. One writer at a time.

        SQLite's own way; on PostgreSQL by this row's lock, which comes first: else a report that names somebody and that
        person's enrolment could pass each other, each before the other was there (N1).
        """
        with Session(self.writer, expire_on_commit=False) as session, session.begin():
            if not self.is_sqlite:
                session.scalars(select(About.id).with_for_update()).all()
            yield session

    def wipe(self) -> None:
        """After a destruction: what was there is nowhere in the journal, or among PostgreSQL's dead rows, either."""
        connection = self.writer.raw_connection()
        try:
            if self.is_sqlite:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                driver: Any = connection.driver_connection
                driver.autocommit = True
                try:
                    driver.execute("VACUUM safe_case, box, act")
                finally:
                    driver.autocommit = False
        finally:
            connection.close()

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


def was_made(config: Config) -> bool:
    """Is there anything of a vault here? Then it must be whole; where there never was one, the rest serves without."""
    keys = config.vault_folder / "keys"
    return keys.exists() or config.vault_public_key.exists() or file_of(config).exists()


def url_of(config: Config) -> str:
    return config.vault_database_url or f"sqlite:///{file_of(config)}"


def file_of(config: Config) -> Path:
    return config.vault_folder.resolve() / "vault.db"
