"""The demo council on a day that is always the same, and an empty file for one's own."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit import schema
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.demo import load
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import DEMO
from fieldvisit.visits.models import Visit
from fieldvisit.visits.service import cached_state, chain_hash, entries_of, refold

TODAY = date(2026, 12, 8)
AT = datetime(2026, 12, 8, 11, 20, 30, tzinfo=UTC)
RESULTS = {"full", "minimum", "short", "agreed", "exempt_emergency", "exempt_investigation"}
DRAMA = re.compile(r"07700900\d{3}|01632960\d{3}")  # Ofcom: numbers for drama use


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config.model_construct(home=tmp_path_factory.mktemp("demo home"), policy="melton")
    make_keys(config)
    return config


def an_empty(folder: Path, name: str) -> Database:
    database = Database(f"sqlite:///{folder / name}.db")
    schema.upgrade(database)
    return database


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, config: Config, policy: Policy) -> Iterator[Database]:
    """Loaded once, looked at by many, changed by nobody."""
    database = an_empty(tmp_path_factory.mktemp("demo"), "demo")
    load.load(database, config, policy, seed=7, today=TODAY, at=AT, visits=30)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def no_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that holds nothing."""
    folder = tmp_path_factory.mktemp("no rows")
    an_empty(folder, "empty").dispose()
    return folder / "empty.db"


@pytest.fixture(scope="module")
def whole_day(no_rows: Path, tmp_path_factory: pytest.TempPathFactory, config: Config, policy: Policy) -> Path:
    """A file with the demo as a newcomer gets it."""
    file = Path(shutil.copy(no_rows, tmp_path_factory.mktemp("whole day") / "demo.db"))
    database = Database(f"sqlite:///{file}")
    load.load(database, config, policy, seed=7, today=TODAY, at=AT)
    database.dispose()
    return file


def a_copy(of: Path, folder: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{shutil.copy(of, folder / 'copy.db')}")
    yield database
    database.dispose()


@pytest.fixture
def empty(no_rows: Path, tmp_path: Path) -> Iterator[Database]:
    yield from a_copy(no_rows, tmp_path)


@pytest.fixture
def loaded(whole_day: Path, tmp_path: Path) -> Iterator[Database]:
    yield from a_copy(whole_day, tmp_path)


def every(database: Database, model: Any) -> list[Any]:
    with database.reading(DEMO) as session:
        return list(session.scalars(select(model)))


def todays(database: Database, day: date = TODAY) -> list[Visit]:
    return [visit for visit in every(database, Visit) if london_date(visit.window_start) == day]


def log_is_true(database: Database, policy: Policy) -> None:
    """Every chain holds, and every cached state is what its log adds up to."""
    with database.reading(DEMO) as session:
        for visit in session.scalars(select(Visit)):
            before = ""
            for place, entry in enumerate(entries_of(session, visit.id), start=1):
                assert (entry.position, entry.prev_hash, entry.hash) == (place, before, chain_hash(entry))
                before = entry.hash
            assert (visit.entries, visit.head) == (place, before)
            folded = cached_state(refold(session, visit.id, policy))
            assert {name: getattr(visit, name) for name in folded} == folded
