"""Is the wall of PostgreSQL up, is it told when it is not, and does it stand for a login that is no superuser?"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, event, select, text

from fieldvisit import row_security, schema
from fieldvisit.config import ConfigError
from fieldvisit.db import Database
from fieldvisit.ground.roles import CHECKING, DEMO
from fieldvisit.visits.models import Visit
from tests.services.test_row_security import numbers, sql


@pytest.fixture(params=["postgresql"])
def server(postgres_server: Any) -> Any:
    return postgres_server


def changed(database: Database, *statements: str) -> list[str]:
    with database.as_owner(write=True).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    return row_security.faults(database)


def test_a_whole_wall_has_no_faults(database: Database):
    assert row_security.faults(database) == []


@pytest.mark.parametrize("harm", [
    "ALTER TABLE visit NO FORCE ROW LEVEL SECURITY", "ALTER TABLE visit DISABLE ROW LEVEL SECURITY",
    "DROP POLICY who_asks ON visit",
])  # fmt: skip
def test_a_table_whose_wall_was_taken_down_is_named(database: Database, harm: str):
    assert changed(database, harm) == ["Row security is off for the table visit. Run: fieldvisit migrate"]


def test_a_table_that_somebody_added_without_one_is_named(database: Database):
    assert "for the table gift." in changed(database, "CREATE TABLE gift (id text, area_id text)")[0]


def test_policies_of_another_release_are_told_and_put_right_by_an_upgrade(database: Database):
    found = changed(database, "COMMENT ON FUNCTION fieldvisit_own_visits(text, timestamptz) IS 'older'")
    assert found == ["The row security policies are not those of this release. Run: fieldvisit migrate"]
    schema.upgrade(database)
    assert row_security.faults(database) == []


def test_an_upgrade_puts_a_wall_up_again_that_was_taken_down(database: Database):
    changed(database, "ALTER TABLE visit NO FORCE ROW LEVEL SECURITY", "DROP POLICY who_asks ON home")
    schema.upgrade(database)
    assert row_security.faults(database) == []


def test_an_upgrade_that_changes_nothing_locks_nothing(database: Database):
    done: list[str] = []
    event.listen(database.writer, "before_cursor_execute", lambda *told: done.append(told[2]))
    schema.upgrade(database)
    assert [each for each in done if not each.lstrip().upper().startswith("SELECT")] == []


@pytest.mark.parametrize("may", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_that_sees_past_every_policy_is_told_and_refused(database: Database, may: str):
    try:
        [found] = changed(database, f"ALTER ROLE fieldvisit_app {may}")
        assert found == "Row security is off: the app reads as fieldvisit_app, who sees every row."
        with pytest.raises(ConfigError, match="ALTER ROLE fieldvisit_app NOSUPERUSER NOBYPASSRLS"):
            schema.upgrade(database)
    finally:
        changed(database, f"ALTER ROLE fieldvisit_app NO{may}")


def test_a_database_that_was_never_migrated_is_told_in_one_sentence(database: Database):
    schema.downgrade(database, "base")
    [found] = row_security.faults(database)
    assert "fieldvisit migrate" in found


# --- a login that owns the tables and nothing more ----------------------------------------------------------------


@pytest.fixture
def plain(server: Any, database: Database) -> Iterator[Database]:
    """An empty database whose owner is no superuser and may make no roles, as a hosted PostgreSQL has them."""
    with server.admin.connect() as connection:
        for statement in ("CREATE ROLE plain LOGIN", "CREATE DATABASE plain OWNER plain"):
            connection.execute(text(statement))
    made = Database(server.admin.url.set(database="plain", username="plain"))
    yield made
    made.dispose()
    with server.admin.connect() as connection:
        connection.execute(text("DROP DATABASE plain WITH (FORCE)"))
        connection.execute(text("DROP ROLE plain"))


def granted(server: Any) -> None:
    with server.admin.connect() as connection:
        connection.execute(text('GRANT fieldvisit_app TO "plain"'))


def test_an_owner_who_may_not_use_the_role_is_told_what_to_run(plain: Database):
    with pytest.raises(ConfigError, match=r'user plain may not use the role(?s:.*)GRANT fieldvisit_app TO "plain";'):
        schema.upgrade(plain)
    assert schema.current(plain) is None, "nothing was changed"


def test_an_owner_who_may_make_no_role_is_told_what_to_run(plain: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(row_security, "APP_ROLE", "not_there_yet")
    with pytest.raises(ConfigError, match=r"user plain cannot make the role(?s:.*)CREATE ROLE not_there_yet NOLOGIN;"):
        schema.upgrade(plain)


def test_an_owner_who_may_make_roles_makes_it_and_gives_it_to_itself(
    server: Any, plain: Database, monkeypatch: pytest.MonkeyPatch
):
    with server.admin.connect() as connection:
        connection.execute(text("ALTER ROLE plain CREATEROLE"))
    monkeypatch.setattr(row_security, "APP_ROLE", "made_by_plain")
    with plain.as_owner(write=True).connect() as connection:
        row_security.ensure_role(connection)
        connection.execute(text("SET LOCAL ROLE made_by_plain"))
        assert connection.scalar(text("SELECT current_user")) == "made_by_plain"


def test_a_plain_owner_is_confined_by_its_own_tables(server: Any, plain: Database):
    granted(server)
    schema.upgrade(plain)
    assert row_security.faults(plain) == []
    with plain.writing(DEMO) as session:
        for statement in A_HOME:
            sql(session, statement)
    assert numbers(plain, CHECKING, "home") == [1]
    assert numbers(plain, None, "home") == [0]
    assert _as_it_logs_in(plain.url) == 0


def test_a_login_that_owns_nothing_can_serve_what_another_migrated(server: Any, database: Database):
    """What we tell operators to do: then not even `RESET ROLE` shows a row."""
    with server.admin.connect() as connection:
        connection.execute(text("CREATE ROLE serving LOGIN IN ROLE fieldvisit_app"))
    serving = Database(database.url.set(username="serving"))
    try:
        schema.upgrade(serving)
        assert row_security.faults(serving) == []
        assert (numbers(serving, CHECKING, "home"), numbers(serving, None, "home")) == ([5], [0])
        assert _as_it_logs_in(serving.url) == 0
    finally:
        serving.dispose()
        with server.admin.connect() as connection:
            connection.execute(text("DROP ROLE serving"))


A_HOME = (
    "INSERT INTO area (id, name) VALUES ('a', 'North')",
    "INSERT INTO home (id, uprn, address_line, postcode, building, street, town, tenure, area_id) "
    "VALUES ('h', '1', '1 Larch Close', 'LE13 9AA', '', '', '', '', 'a')",
)


def _as_it_logs_in(url: Any) -> int:
    """With nothing said: as `psql` would, or code that forgot to say who asks."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        found: int = connection.execute(text("SELECT count(*) FROM home")).scalar_one()
    return found


def test_a_migration_of_a_plain_owner_reaches_the_rows(server: Any, plain: Database):
    granted(server)
    for revision in ("0002_row_security", "head"):
        schema.upgrade(plain, revision)
        with plain.as_owner(write=True).begin() as connection:
            for statement in A_HOME if revision != "head" else ():
                connection.execute(text(statement))
            assert connection.execute(text("UPDATE home SET town = 'Melton'")).rowcount == 1


def test_row_security_is_none_of_sqlites(sqlite_server: Any):
    database = sqlite_server.fresh()
    try:
        assert row_security.faults(database) == []
        with database.reading(CHECKING) as session:
            assert session.scalars(select(Visit)).all() == []
    finally:
        sqlite_server.drop()
