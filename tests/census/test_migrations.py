"""The migrations and the models are one schema, on both databases, and two starters do not race."""

import threading
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from fieldvisit import schema
from fieldvisit.db import Database
from fieldvisit.models import metadata
from tests.stories import a_visit
from tests.world import World


def test_the_head_of_the_migrations_is_what_the_models_say(database: Database) -> None:
    with database.reader.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_with_visits_in_it_can_be_taken_down_and_built_again(world: World) -> None:
    a_visit(world).at_the_door()
    schema.downgrade(world.database, "base")
    assert set(inspect(world.database.reader).get_table_names()) <= {"alembic_version"}
    schema.upgrade(world.database)
    assert schema.is_current(world.database)


def test_bringing_it_up_to_date_twice_is_once(database: Database) -> None:
    schema.upgrade(database)
    assert schema.is_current(database)


def test_two_starters_on_one_empty_database_both_come_up(server: Any) -> None:
    database = server.fresh()
    schema.downgrade(database, "base")
    failed: list[BaseException] = []

    def start() -> None:
        own = Database(database.url)
        try:
            schema.upgrade(own)
        except BaseException as error:
            failed.append(error)
        finally:
            own.dispose()

    starters = [threading.Thread(target=start) for _ in range(2)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    current = schema.is_current(database)
    server.drop()
    assert (failed, current) == ([], True)
