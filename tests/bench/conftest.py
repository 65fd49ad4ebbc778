"""One big council for all the figures: the demo with 100,000 finished visits, in one SQLite file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from fieldvisit import create_app, schema
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.demo import load
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import load_policy

VISITS = 100_000
AT = datetime.now(UTC)


@pytest.fixture(scope="session")
def big(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("big")
    config = Config(home=folder)
    make_keys(config)
    database = Database(config.url)
    schema.upgrade(database)
    policy = load_policy("melton")
    load.load(database, config, policy, seed=1, today=london_date(AT), at=AT, visits=VISITS, progress=None)
    database.dispose()
    app = create_app(config)
    yield app
    app.extensions["fv_database"].dispose()
