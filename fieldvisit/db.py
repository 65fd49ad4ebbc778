"""Engine, session, Base and column types; the wall in front of protected rows. The only module that makes a session.

SQLite: WAL, synchronous=FULL, and BEGIN IMMEDIATE for every transaction that may write: a transaction that reads
first and writes later loses to "database is locked" under load. PostgreSQL: plain transactions, each of which begins by
giving up the login's own rights and saying who asks: what that person may see there stands in `row_security.py`.
"""

import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    URL,
    Alias,
    ColumnClause,
    Connection,
    DateTime,
    Delete,
    Dialect,
    Engine,
    Insert,
    MetaData,
    Select,
    SelectBase,
    String,
    Text,
    TextClause,
    TypeDecorator,
    Update,
    event,
    exists,
    false,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.visitors import iterate

from fieldvisit.engines import is_sqlite, make_engine, url_for
from fieldvisit.ground.roles import Principal, Role, SystemPrincipal

Asking = Principal | SystemPrincipal


def new_id() -> str:
    """128 random bits in hexadecimal: an id that says nothing and cannot be guessed."""
    return secrets.token_hex(16)


def is_taken(error: IntegrityError) -> bool:
    """Was it refused because a row of that key is there already, and for no other reason?"""
    named = getattr(error.orig, "sqlite_errorname", "")
    unique = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
    return getattr(error.orig, "sqlstate", "") == "23505" or named in unique


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
_BY_TABLE: dict[str, type[Base]] = {}
_TABLES: set[Any] = set()


def protect(model: type[Base], sight: Sight) -> None:
    """Rows of this model are reached only through the person asking: `sight` says which rows that person may see."""
    _SIGHTS[model] = sight
    _BY_TABLE[model.__tablename__] = model
    _TABLES.add(model.__table__)


def for_officers(case: type[Base]) -> Sight:
    """What officers of its area see and nobody else. case: has an `area_id`."""
    return _through(case, None)


def through(case: type[Base], column: Any) -> Sight:
    """Of a part: seen with its case. column: the part's key of the case, which has an `area_id`."""
    return _through(case, column)


def _through(case: type[Base], column: Any) -> Sight:
    def sight(asking: Principal) -> ColumnElement[bool]:
        if asking.role is not Role.OFFICER:
            return nobody()
        if column is None:
            own: ColumnElement[bool] = case.area_id.in_(asking.areas)  # type: ignore[attr-defined]
            return own
        row = case.__table__.alias().c
        return exists(select(row.id).where(row.id == column, row.area_id.in_(asking.areas)))

    return sight


def protected_models() -> frozenset[type[Base]]:
    return frozenset(_SIGHTS)


class NobodyAsking(RuntimeError):
    """A protected row was asked for without saying who asks. Always our own mistake."""


def _raise_the_wall(state: ORMExecuteState) -> None:
    """For whole statements and, again, for what relationships load after them: there other models are reached."""
    asking = state.session.info.get("asking")
    touched = _protected_in(state)
    if not touched:
        return
    names = ", ".join(sorted(model.__name__ for model in touched))
    if asking is None:
        raise NobodyAsking(f"{names}: protected. Open the session with the person who asks (db.reading/db.writing).")
    if isinstance(asking, SystemPrincipal):
        missing = {model.__name__ for model in touched} - asking.models
        if missing:
            raise NobodyAsking(f"system work {asking.name!r} may not touch {', '.join(sorted(missing))}")
        return
    if not (state.is_relationship_load or state.is_column_load):
        _refuse_ways_round(state, names)
    if state.is_insert:
        return  # writing a row shows none
    there = getattr(state.statement, "_with_options", ())
    wanted = [_sight(state.session, model, asking) for model in touched]
    state.statement = state.statement.options(*(sight for sight in wanted if all(sight is not each for each in there)))


def _sight(session: Session, model: type[Base], asking: Principal) -> ORMOption:
    """Made once for a session and its asker. It must travel to loaders: without that, `joinedload` passes beside it."""
    made = session.info.setdefault("sights", {})
    if (model, asking) not in made:
        made[model, asking] = with_loader_criteria(model, _SIGHTS[model](asking), include_aliases=True)
    found: ORMOption = made[model, asking]
    return found


def _protected_in(state: ORMExecuteState) -> set[type[Base]]:
    """Every protected model that the statement reads: named anywhere in it, in its text, or by an eager load."""
    tables: list[Any] = []
    said: list[str] = []
    for element in _elements(state.statement):
        if isinstance(element, ColumnElement) and not isinstance(element, ColumnClause):
            continue  # of what a statement computes; what it computes it from comes by itself
        tables += [each for each in (element, getattr(element, "table", None)) if _is_table(each)]
        if _is_raw(element):
            said.append(str(element))
    if state.is_orm_statement:
        tables += [mapper.local_table for mapper in state.all_mappers]
    found = {_BY_TABLE[table.name] for table in tables if table.name in _BY_TABLE}
    found |= {model for model in _loaded_with(state) if model in _SIGHTS}
    if said:
        found |= {_BY_TABLE[name] for name in _BY_TABLE.keys() & re.findall(r"\w+", "\n".join(said).lower())}
    return found


def _is_table(element: Any) -> bool:
    return getattr(element, "__visit_name__", "") == "table"


def _is_raw(element: Any) -> bool:
    """SQL in somebody's own words."""
    return isinstance(element, TextClause) or bool(getattr(element, "is_literal", False))


def _loaded_with(state: ORMExecuteState) -> Iterator[type[Any]]:
    """What `joinedload` and its kin add when the statement is compiled: it is not in the statement yet."""
    for option in getattr(state.statement, "_with_options", ()):
        for load in getattr(option, "context", ()):
            for part in load.path:
                mapper = getattr(part, "mapper", None)
                if mapper is not None:
                    yield mapper.class_


def _elements(statement: Any) -> Iterator[Any]:
    return iterate(statement)


def _refuse_ways_round(state: ORMExecuteState, names: str) -> None:
    """Criteria hold for models alone: what names a bare table, or SQL in words, would pass beside them."""
    statement = state.statement
    raw = any(_is_raw(element) for element in _elements(statement))
    if not state.is_orm_statement or not isinstance(statement, (Select, Update, Delete, Insert)) or raw:
        raise NobodyAsking(f"{names}: protected. Ask for the model itself: no text(), no bare table, no union.")
    if isinstance(statement, Insert) and statement.select is not None:
        raise NobodyAsking(f"{names}: protected. Read the rows as models, then add them.")
    for scope in [statement, *(each for each in _elements(statement) if isinstance(each, Select))]:
        parts = list(_parts_of(scope))
        entities: set[Any] = {_entity(part).selectable for part in parts if _entity(part) is not None}
        entities |= {mapper.local_table for mapper in state.all_mappers if scope is statement and not state.is_select}
        bare = [part for part in parts if (part.element if isinstance(part, Alias) else part) in _TABLES]
        if any(part not in entities for part in bare):
            raise NobodyAsking(f"{names}: protected. Ask for the model, not its bare table.")


def _entity(part: Any) -> Any:
    return part._annotations.get("parententity") if hasattr(part, "_annotations") else None


def _parts_of(scope: Any) -> Iterator[Any]:
    """The elements of one SELECT (or UPDATE, DELETE), without those of the SELECTs inside it."""
    for child in scope.get_children():
        if not isinstance(child, SelectBase):
            yield child
            if not isinstance(child, Alias):
                yield from _parts_of(child)


def nobody() -> ColumnElement[bool]:
    return false()


# --- who asks, told to PostgreSQL ---------------------------------------------------------------------------------

APP_ROLE = "fieldvisit_app"  # no superuser, no owner, past no policy: what every transaction of the app runs as
_OWNER = SystemPrincipal("owner", frozenset())

# For this transaction alone (`true`): a COMMIT in the middle of a request ends it, and the next BEGIN says it again.
_SAY = (
    f"SELECT set_config('role', '{APP_ROLE}', true), set_config('fv.tables', %(tables)s, true), "
    "set_config('fv.person', %(person)s, true), set_config('fv.role', %(role)s, true), "
    "set_config('fv.firm', %(firm)s, true), set_config('fv.areas', %(areas)s, true), "
)
_SAY_NO_VISITS = _SAY + "set_config('fv.visits', '', true)"
_SAY_OWN_VISITS = _SAY + "set_config('fv.visits', fieldvisit_own_visits(%(person)s, %(at)s), true)"
_NOBODY: dict[str, Any] = dict.fromkeys(("tables", "person", "role", "firm", "areas"), "")
_VISITING = (Role.OPERATIVE, Role.OFFICER)


def _say_who_asks(connection: Connection) -> None:
    asking = connection.get_execution_options().get("asking")
    if asking is _OWNER:  # keeps its own rights; FORCE would show a plain owner no row to migrate
        connection.exec_driver_sql("SELECT set_config('fv.tables', '*', true)")
    elif isinstance(asking, SystemPrincipal):
        tables = sorted(model.__tablename__ for model in _SIGHTS if model.__name__ in asking.models)
        connection.exec_driver_sql(_SAY_NO_VISITS, _NOBODY | {"tables": ",".join(tables)})
    elif asking is None:
        connection.exec_driver_sql(_SAY_NO_VISITS, _NOBODY)
    else:
        said = _who(asking)
        connection.exec_driver_sql(_SAY_OWN_VISITS if asking.role in _VISITING else _SAY_NO_VISITS, said)


def _who(asking: Principal) -> dict[str, Any]:
    """What widens a person's sight is said only of the role whose sight it widens."""
    return _NOBODY | {
        "person": asking.person_id,
        "role": asking.role.value,
        "firm": (asking.firm_id or "") if asking.role is Role.CONTRACTOR_MANAGER else "",
        "areas": ",".join(sorted(asking.areas)) if asking.role is Role.OFFICER else "",
        "at": asking.at,
    }


# --- engines ----------------------------------------------------------------------------------------------------


class Database:
    """Two engines on one database: one for reading, one whose transactions may write."""

    def __init__(self, url: str | URL) -> None:
        self.url = url_for(url)
        self.is_sqlite = is_sqlite(self.url)
        self.writer = self._engine(begin="BEGIN IMMEDIATE")
        self.reader = self._engine(begin="BEGIN")

    def _engine(self, begin: str) -> Engine:
        engine = make_engine(self.url, begin=begin, pool=8)
        if not self.is_sqlite:
            event.listen(engine, "begin", _say_who_asks)
        return engine

    def as_owner(self, *, write: bool) -> Engine:
        """Connections that keep the login's own rights, behind every wall: for migrations alone."""
        return (self.writer if write else self.reader).execution_options(asking=_OWNER)

    def session(self, asking: Asking | None, *, write: bool) -> Session:
        engine = self.writer if write else self.reader
        if not self.is_sqlite:
            engine = engine.execution_options(asking=asking)
        session = Session(engine, expire_on_commit=False, info={"asking": asking})
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

    def forget_deleted(self) -> None:
        """What was deleted leaves SQLite's journal too, as soon as nobody reads it any more (security.md 5.1). On
        PostgreSQL dead rows stay until they are vacuumed: there the erasure of a key is as good as its file's secrecy."""
        if self.is_sqlite:
            connection = self.writer.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def dispose(self) -> None:
        self.reader.dispose()
        self.writer.dispose()
