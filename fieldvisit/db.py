"""Engine, session, Base and column types, and the wall in front of protected rows. The only module that makes a session.

SQLite: WAL, synchronous=FULL, and BEGIN IMMEDIATE for every transaction that may write: a transaction that reads
first and writes later loses to "database is locked" under load. PostgreSQL: plain transactions.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    URL,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    String,
    Text,
    TypeDecorator,
    create_engine,
    event,
    false,
    make_url,
)
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.sql import ColumnElement

from fieldvisit.ground.roles import Principal, SystemPrincipal

Asking = Principal | SystemPrincipal


def new_id() -> str:
    """128 random bits in hexadecimal: an id that says nothing and cannot be guessed."""
    return secrets.token_hex(16)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. A naive time is our own mistake and is refused before it reaches the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        # ISO text sorts as time does, and SQLite's own DATETIME would drop the zone.
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: only aware instants are stored")
        value = value.astimezone(UTC)
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        moment: datetime = value
        return moment.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """Plain JSON as text with sorted keys, so that the same facts are the same bytes on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, dict[str, Any]: Json, list[str]: Json}


def random_key() -> Any:
    return mapped_column(String(32), primary_key=True, default=new_id)


# --- the wall ---------------------------------------------------------------------------------------------------

Sight = Callable[[Principal], ColumnElement[bool]]
_SIGHTS: dict[type[Base], Sight] = {}


def protect(model: type[Base], sight: Sight) -> None:
    """Rows of this model are reached only through the person asking: `sight` says which rows that person may see."""
    _SIGHTS[model] = sight


def protected_models() -> frozenset[type[Base]]:
    return frozenset(_SIGHTS)


class NobodyAsking(RuntimeError):
    """A protected row was asked for without saying who asks. Always our own mistake."""


def _raise_the_wall(state: ORMExecuteState) -> None:
    if state.is_relationship_load and state.session.info.get("asking") is not None:
        return  # criteria of the parent query travel with its relationship loads
    asking = state.session.info.get("asking")
    tables = {model.__table__.name: model for model in _SIGHTS}
    touched = {tables[t.name] for t in _tables_of(state) if t.name in tables}
    if not touched:
        return
    if asking is None:
        names = ", ".join(sorted(m.__name__ for m in touched))
        raise NobodyAsking(f"{names}: protected. Open the session with the person who asks (db.reading/db.writing).")
    if isinstance(asking, SystemPrincipal):
        missing = {m.__name__ for m in touched} - asking.models
        if missing:
            raise NobodyAsking(f"system work {asking.name!r} may not touch {', '.join(sorted(missing))}")
        return
    mapped = {m.class_ for m in state.all_mappers} if state.is_orm_statement else set()
    if state.is_select and touched and not mapped:
        raise NobodyAsking(f"{', '.join(m.__name__ for m in touched)}: select the model, not its bare table")
    for model in _SIGHTS:
        sight = _SIGHTS[model](asking) if model in touched else None
        if sight is not None:
            state.statement = state.statement.options(
                with_loader_criteria(model, sight, include_aliases=True, track_closure_variables=False)
            )


def _tables_of(state: ORMExecuteState) -> list[Any]:
    from sqlalchemy.sql.visitors import iterate

    found = []
    for element in iterate(state.statement):
        if getattr(element, "__visit_name__", "") == "table":
            found.append(element)
        table = getattr(element, "table", None)
        if getattr(table, "__visit_name__", "") == "table":
            found.append(table)
    for mapper in getattr(state, "all_mappers", ()) if state.is_orm_statement else ():
        found.append(mapper.local_table)
    return found


def nobody() -> ColumnElement[bool]:
    return false()


# --- engines ----------------------------------------------------------------------------------------------------


class Database:
    """Two engines on one database: one for reading, one whose transactions may write."""

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        if self.url.drivername in ("postgres", "postgresql"):
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.writer = self._engine(begin="BEGIN IMMEDIATE")
        self.reader = self._engine(begin="BEGIN")

    def _engine(self, begin: str) -> Engine:
        if not self.is_sqlite:
            return create_engine(self.url, pool_pre_ping=True, pool_size=8, max_overflow=8)
        engine = create_engine(self.url, connect_args={"timeout": 15})

        @event.listens_for(engine, "connect")
        def _connect(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON",
                           "secure_delete=ON", "trusted_schema=OFF"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection: Any) -> None:
            connection.exec_driver_sql(begin)

        return engine

    def session(self, asking: Asking | None, *, write: bool) -> Session:
        session = Session(self.writer if write else self.reader, expire_on_commit=False, info={"asking": asking})
        event.listen(session, "do_orm_execute", _raise_the_wall)
        return session

    @contextmanager
    def reading(self, asking: Asking | None) -> Iterator[Session]:
        with self.session(asking, write=False) as session:
            yield session

    @contextmanager
    def writing(self, asking: Asking | None) -> Iterator[Session]:
        """One transaction: committed when the block ends, undone when it raises."""
        with self.session(asking, write=True) as session, session.begin():
            yield session

    def dispose(self) -> None:
        self.reader.dispose()
        self.writer.dispose()
