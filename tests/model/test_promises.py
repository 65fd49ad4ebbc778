"""Whatever happens, in whatever order: saved is stored, or on the phone, or reported missing; and nothing happens twice."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from fieldvisit import create_app
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from fieldvisit.web import access
from tests.model.world_of_faults import Council, Promises
from tests.world import World

LONG = bool(os.environ.get("FV_LONG"))


@pytest.fixture
def council(sqlite_server: Any, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Council]:
    with tempfile.TemporaryDirectory(prefix="fv-model-", dir=sqlite_server.template.parent) as folder:
        home = Path(folder) / "home"
        config = Config(home=home, database_url="", policy="melton")
        make_keys(config)
        shutil.copy(sqlite_server.template, home / "fieldvisit.db")
        database = Database(config.url)
        app = create_app(config, database=database)
        app.testing = True
        world = World(app, database, policy, sqlite_server.ids)

        def set_clock(at: datetime) -> None:
            monkeypatch.setattr(access, "now", lambda: at)

        yield Council(app, database, world, home, sqlite_server.template, set_clock)
        database.dispose()


def test_saved_is_stored_or_on_the_phone_or_reported_missing_and_nothing_happens_twice(council: Council) -> None:
    class Ours(Promises):
        pass

    Ours.council = council
    run_state_machine_as_test(
        Ours,
        settings=settings(
            max_examples=500 if LONG else 30, stateful_step_count=50 if LONG else 30, deadline=None,
            derandomize=not LONG, suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
