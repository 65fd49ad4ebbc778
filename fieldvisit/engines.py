"""How a database is connected to, the main one and the vault's alike: the settings that neither may lack.

An error never holds what was written or looked for (`hide_parameters`): a traceback goes to a log, and rows hold people.
"""

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=15000",
    "foreign_keys=ON",
    "secure_delete=ON",
    "trusted_schema=OFF",
)


def url_for(url: str | URL) -> URL:
    """With the driver that we install, where only PostgreSQL is named."""
    made = make_url(url)
    if made.drivername in ("postgres", "postgresql"):
        return made.set(drivername="postgresql+psycopg")
    return made


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def make_engine(url: URL, *, begin: str, pool: int) -> Engine:
    """begin: how a transaction begins on SQLite: BEGIN, or BEGIN IMMEDIATE where it may write. pool: PostgreSQL's."""
    if not is_sqlite(url):
        return create_engine(url, pool_pre_ping=True, pool_size=pool, max_overflow=pool, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": 15}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
