"""Whose browser the desk's tests use most; and the database behind the pages."""

import os
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.world import World


@pytest.fixture
def olive(world: World) -> FlaskClient:
    """The scheduler of the north, signed in."""
    return world.client("olive")


# A page says the same over either database: what differs is asked in tests/services on both, and the permission matrix
# opens every page as everybody on PostgreSQL too (ruling R26). `make both` is the long form; and where a page's own way
# with rows is the matter (throttles, searches, locks), its tests say `ON_BOTH_DATABASES = True`.
EITHER = ["sqlite", "postgresql"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    said = (mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "server" in metafunc.fixturenames and "server" not in said:
        both = os.environ.get("FV_LONG") or getattr(metafunc.module, "ON_BOTH_DATABASES", False)
        metafunc.parametrize("server", EITHER if both else EITHER[:1], indirect=True)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("sqlite_server" if request.param == "sqlite" else "postgres_server")
