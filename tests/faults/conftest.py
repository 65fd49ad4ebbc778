"""Real server processes, bad roads, and phones that keep what they saved."""

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from tests.faults.council import Council

LONG = bool(os.environ.get("FV_LONG"))
# Each fault once in `make test`; on both databases where the fault is the database's own matter (they say so), and all
# of them on both in `make faults` (ruling R26).
ONCE = ["sqlite", "postgresql"] if LONG else ["sqlite"]
BOTH = pytest.mark.parametrize("server", ["sqlite", "postgresql"], indirect=True)
_numbers = itertools.count(1)


@contextmanager
def a_database(server: Any) -> Iterator[Database]:
    """A database for one server process alone: a copy of what `tests/conftest.py` migrated and seeded once."""
    name = f"faults_{next(_numbers)}"
    if hasattr(server, "template"):
        path = server.template.with_name(f"{name}.db")
        shutil.copy(server.template, path)
        made = Database(f"sqlite:///{path}")
        yield made
        made.dispose()
        for left in path.parent.glob(f"{name}.db*"):
            left.unlink()
        return
    with server.admin.connect() as admin:
        admin.execute(text(f"CREATE DATABASE {name} TEMPLATE template_of_tests STRATEGY FILE_COPY"))
    made = Database(server.admin.url.set(database=name))
    yield made
    made.dispose()
    with server.admin.connect() as admin:
        admin.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def a_council(server: Any, policy: Policy, home: Path) -> Iterator[Council]:
    with a_database(server) as database:
        made = Council(home, database, policy, server.ids)
        try:
            yield made
        finally:
            made.close()


@pytest.fixture(params=ONCE)
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("sqlite_server" if request.param == "sqlite" else "postgres_server")


@pytest.fixture
def council(server: Any, policy: Policy, tmp_path: Path) -> Iterator[Council]:
    """A council of this test alone. Its server is not started yet."""
    with a_council(server, policy, tmp_path) as made:
        yield made


@pytest.fixture(scope="module", params=ONCE)
def open_council(
    request: pytest.FixtureRequest, policy: Policy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Council]:
    """A council whose server runs and does not fail; the tests of one module share it, each with its own phones."""
    server = request.getfixturevalue("sqlite_server" if request.param == "sqlite" else "postgres_server")
    with a_council(server, policy, tmp_path_factory.mktemp("council")) as made:
        made.server.start()
        yield made
