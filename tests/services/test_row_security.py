"""The wall that PostgreSQL keeps by itself: asked in plain SQL, past every wall of ours (ruling R23, security 2.1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, String, Table, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from fieldvisit import row_security
from fieldvisit.db import Asking, Database, new_id, protected_models
from fieldvisit.ground.roles import DEMO, INTAKE, VERIFYING
from fieldvisit.models import metadata
from fieldvisit.register.models import Grant
from fieldvisit.row_security import POLICIES
from fieldvisit.visits.events import VisitNoted, VisitReassigned
from fieldvisit.visits.events import Words as Said
from fieldvisit.visits.models import Job
from tests.stories import Story, a_visit
from tests.world import World

NORTHERN, SOUTHERN = "100030000001", "100030000004"
READ_BEFORE_ANYBODY_ASKS = {"person_area", "person_duty"}  # who asks is worked out from them


@pytest.fixture(params=["postgresql"])
def server(postgres_server: Any) -> Any:
    return postgres_server


@pytest.fixture
def filled(world: World) -> dict[str, Story]:
    """A visit in the north, one in the south, each told by the door, with words, a job, a held entry and a task."""
    found = {
        "north": a_visit(world).told().set_off().arrived().answered().refused("no-id", words="I do not know you"),
        "south": a_visit(world, home=SOUTHERN, lead="carl", by="otto").told().set_off().arrived(),
    }
    for story in found.values():
        story.desk(VisitNoted(code="note", words=Said("Ring twice.")))
    phone = found["north"].phone
    phone.save("door.answered", "0" * 32, {"who": "tenant"}, found["north"].at)
    world.at_the_time(found["north"].at, lambda: phone.send(found["north"].at))
    with world.database.writing(DEMO) as session:
        for ref, uprn in (("J-1", NORTHERN), ("J-2", SOUTHERN)):
            session.add(Job(ref=ref, home_id=world.ids[uprn], kind="responsive_repair", reason="A tap"))
    return found


def sql(session: Session, statement: str, **values: Any) -> Any:
    """Past the query wall: on the session's own connection, in words."""
    return session.connection().execute(text(statement), values)


def number(session: Session, table: str) -> int:
    found: int = sql(session, f"SELECT count(*) FROM {table}").scalar_one()
    return found


def visits_seen(database: Database, asking: Asking | None) -> set[str]:
    with database.reading(asking) as session:
        return set(sql(session, "SELECT id FROM visit").scalars())


def numbers(database: Database, asking: Asking | None, *tables: str) -> list[int]:
    with database.reading(asking) as session:
        return [number(session, table) for table in tables]


# --- what a transaction of the app is -----------------------------------------------------------------------------


@pytest.mark.parametrize("write", [False, True], ids=["reading", "writing"])
def test_a_transaction_runs_as_nobody_who_could_see_past_a_policy(world: World, write: bool):
    for asking in (None, INTAKE, world.principal("olive"), world.principal("asha")):
        with world.database.session(asking, write=write) as session:
            role = sql(session, "SELECT * FROM pg_roles WHERE rolname = current_user").mappings().one()
            owned = sql(session, "SELECT count(*) FROM pg_tables WHERE tableowner = current_user").scalar_one()
        assert (role["rolsuper"], role["rolbypassrls"], role["rolcanlogin"], owned) == (False, False, False, 0)
        assert role["rolname"] == "fieldvisit_app"


def test_a_bare_connection_runs_as_the_same(database: Database):
    for engine in (database.reader, database.writer):
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == "fieldvisit_app"
            connection.rollback()
            assert connection.scalar(text("SELECT current_user")) == "fieldvisit_app"


def test_what_a_transaction_said_of_itself_is_gone_with_it(world: World):
    with world.database.writing(world.principal("olive")) as session:  # committed: a rollback would undo more
        assert number(session, "home") == 3
        there = session.connection().connection.dbapi_connection
    with world.database.as_owner(write=True).connect() as connection:
        assert connection.connection.dbapi_connection is there, "the pool gave the same connection again"
        said = connection.execute(text("SELECT current_user, current_setting('fv.areas', true)")).one()
    assert said == ("postgres", "")


# --- no table without a wall --------------------------------------------------------------------------------------


def test_every_table_of_an_area_or_of_a_protected_model_is_forced(database: Database):
    with database.as_owner(write=False).connect() as connection:
        scoped = set(connection.scalars(text(
            "SELECT table_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name IN ('area_id', 'case_id')"
        )))  # fmt: skip
        walled = set(connection.scalars(text(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity "
            "AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)"
        )))  # fmt: skip
    protected = {model.__tablename__ for model in protected_models()}
    assert {"visit", "home", "task"} <= scoped
    assert (scoped | protected | set(POLICIES)) - walled == set()


def test_every_table_that_needs_a_policy_has_one_and_no_policy_is_for_a_table_that_is_not():
    assert row_security.of_people_and_homes(metadata) - set(POLICIES) == set()
    assert set(POLICIES) - set(metadata.tables) == set()


@pytest.mark.parametrize("column", ["area_id", "case_id"])
def test_a_new_table_of_an_area_would_be_asked_for_its_policy(column: str):
    later = MetaData()
    Table("gift", later, Column("id", String), Column(column, String))
    assert "gift" in row_security.of_people_and_homes(later) - set(POLICIES)


# --- nobody asks --------------------------------------------------------------------------------------------------


def test_where_nobody_asks_there_is_no_row(world: World, filled: dict[str, Story]):
    tables = sorted(set(POLICIES) - READ_BEFORE_ANYBODY_ASKS)
    assert numbers(world.database, None, *tables) == [0] * len(tables)


def test_nor_after_somebody_asked_on_the_same_connection(world: World, filled: dict[str, Story]):
    assert visits_seen(world.database, world.principal("olive"))
    assert visits_seen(world.database, None) == set()


# --- who asks -----------------------------------------------------------------------------------------------------


def test_an_officer_sees_the_own_area_and_no_row_of_another(world: World, filled: dict[str, Story]):
    north, south = filled["north"].visit_id, filled["south"].visit_id
    assert visits_seen(world.database, world.principal("olive")) == {north}
    assert visits_seen(world.database, world.principal("otto")) == {south}
    for table in ("visit_worker", "entry", "notice"):
        with world.database.reading(world.principal("olive")) as session:
            assert set(sql(session, f"SELECT visit_id FROM {table}").scalars()) == {north}
    homes = numbers(world.database, world.principal("olive"), "home", "household", "resident", "job")
    assert homes == [3, 3, 3, 1]


def test_an_officer_whose_area_has_ended_sees_nothing_of_it(world: World, filled: dict[str, Story]):
    with world.database.writing(None) as session:
        sql(session, "UPDATE person_area SET ends = :now WHERE person_id = :who", now=world.now, who=world.ids["olive"])
    assert numbers(world.database, world.principal("olive"), "visit", "home", "words") == [0, 0, 0]


def test_an_officer_sent_to_another_area_sees_that_visit_and_its_home_alone(world: World):
    sent = a_visit(world, home=SOUTHERN, lead="dora", by="otto")
    a_visit(world, home="100030000005", lead="carl", by="otto")
    assert visits_seen(world.database, world.principal("dora")) == {sent.visit_id}
    assert numbers(world.database, world.principal("dora"), "home", "resident") == [4, 4]


def test_a_worker_sees_the_own_visit_and_its_home_and_no_more(world: World, filled: dict[str, Story]):
    asha = world.principal("asha")
    assert visits_seen(world.database, asha) == {filled["north"].visit_id}
    assert visits_seen(world.database, world.principal("ben")) == set()
    assert numbers(world.database, asha, "home", "resident", "household", "job", "envelope") == [1, 1, 1, 0, 0]
    assert numbers(world.database, world.principal("ben"), "home", "resident", "entry", "words") == [0, 0, 0, 0]


@pytest.mark.parametrize(("days", "seen"), [(-2, False), (0, True), (1, True), (3, False)])
def test_a_workers_past_and_later_visits_are_behind_it(world: World, days: int, seen: bool):
    story = a_visit(world, starts=world.now + timedelta(days=days))
    assert bool(visits_seen(world.database, world.principal("asha"))) is seen
    assert visits_seen(world.database, world.principal("olive")) == {story.visit_id}


def test_a_visit_given_to_somebody_else_is_gone_at_once(world: World):
    story = a_visit(world)
    story.desk(VisitReassigned(lead=world.ids["ben"], others=(), visitor="contractor", tenant_told=True))
    assert visits_seen(world.database, world.principal("asha")) == set()
    assert visits_seen(world.database, world.principal("ben")) == {story.visit_id}


def test_a_contractor_manager_sees_the_firms_open_visits_and_nobodys_name(world: World):
    own = a_visit(world).at_the_door()
    a_visit(world, lead="carl", home="100030000002")
    mona = world.principal("mona")
    assert visits_seen(world.database, mona) == {own.visit_id}
    assert numbers(world.database, mona, "home", "resident", "household", "words", "job") == [1, 0, 0, 0, 0]
    own.answered().refused()
    assert visits_seen(world.database, mona) == set()


def test_the_other_roles_of_the_council_see_no_row(world: World, filled: dict[str, Story]):
    tables = sorted(set(POLICIES) - READ_BEFORE_ANYBODY_ASKS - {"task"})
    for ref in ("hana", "lena", "ines", "adam", "aud"):
        assert numbers(world.database, world.principal(ref), *tables) == [0] * len(tables), ref


def _held(world: World, visit_id: str, sent_by: str) -> None:
    with world.database.writing(INTAKE) as session:
        grant = Grant(
            person_id=world.ids[sent_by], device=sent_by, public_jwk={"kty": "EC"}, label="", created_at=world.now
        )
        session.add(grant)
        session.flush()
        sql(
            session,
            "INSERT INTO held (id, device, uuid, seq, grant_id, envelope_sha256, jwe, sig, code, visit_id, received_at) "
            "VALUES (:id, 'd', :id, 1, :grant, '', '', '', 'conflict', :visit, :at)",
            id=new_id(), grant=grant.id, visit=visit_id, at=world.now,
        )  # fmt: skip


def _sees_held(world: World) -> list[str]:
    everybody = ("olive", "otto", "asha", "mona", "hana")
    return [ref for ref in everybody if numbers(world.database, world.principal(ref), "held") == [1]]


def test_what_a_phone_sent_for_another_area_is_not_shown_because_its_visit_cannot_be_seen(world: World):
    _held(world, a_visit(world, home=SOUTHERN, lead="carl", by="otto").visit_id, "carl")
    assert _sees_held(world) == ["otto"]


def test_what_came_for_no_visit_from_somebody_who_works_nowhere_is_shown_to_every_officer(world: World):
    _held(world, "0" * 32, "ben")
    assert _sees_held(world) == ["olive", "otto"]


def test_what_came_for_no_visit_is_shown_where_its_sender_works(world: World, filled: dict[str, Story]):
    seen = {ref: numbers(world.database, world.principal(ref), "held") for ref in ("olive", "otto")}
    assert seen == {"olive": [1], "otto": [0]}


def test_system_work_reads_the_tables_that_it_names_and_no_others(world: World, filled: dict[str, Story]):
    assert numbers(world.database, VERIFYING, "visit", "home", "household") == [2, 5, 5]
    assert numbers(world.database, VERIFYING, "resident", "entry", "words", "job", "held") == [0, 0, 0, 0, 0]
    assert numbers(world.database, INTAKE, "resident", "visit", "concern") == [5, 2, 0]


# --- in the middle of a request -----------------------------------------------------------------------------------


def test_after_a_commit_in_the_middle_of_a_request_the_wall_still_stands(world: World, filled: dict[str, Story]):
    own = {filled["north"].visit_id}
    with world.database.session(world.principal("olive"), write=True) as session:
        for end in (session.commit, session.rollback, session.commit):
            assert set(sql(session, "SELECT id FROM visit").scalars()) == own
            end()
            assert sql(session, "SELECT current_user").scalar_one() == "fieldvisit_app"
        with session.begin_nested() as inner:
            inner.rollback()
        assert set(sql(session, "SELECT id FROM visit").scalars()) == own


# --- writing ------------------------------------------------------------------------------------------------------


def refused(database: Database, asking: Asking | None, statement: str, **values: Any) -> str:
    with database.session(asking, write=True) as session, pytest.raises(DBAPIError) as error:
        sql(session, statement, **values)
    return str(error.value.orig)


def test_nobody_writes_into_another_area(world: World, filled: dict[str, Story]):
    olive = world.principal("olive")
    move = "UPDATE visit SET area_id = :south, id = id"
    assert "row-level security" in refused(world.database, olive, move, south=world.ids["South"])
    add = "INSERT INTO job (id, ref, home_id, kind, reason, priority, trade, hazard) VALUES ('j','j',:home,'','','','','')"
    assert "row-level security" in refused(world.database, olive, add, home=world.ids[SOUTHERN])
    with world.database.writing(olive) as session:
        assert sql(session, "UPDATE visit SET reason = 'seen'").rowcount == 1
        sql(session, add, home=world.ids[NORTHERN])


def test_nobody_gives_areas_or_duties_to_the_own_person(world: World):
    add = "INSERT INTO person_area (id, person_id, area_id, starts) VALUES ('a', :who, :area, :at)"
    facts = {"area": world.ids["South"], "at": world.now}
    olive = world.principal("olive")
    assert "row-level security" in refused(world.database, olive, add, who=world.ids["olive"], **facts)
    with world.database.writing(world.principal("adam")) as session:
        sql(session, add, who=world.ids["olive"], **facts)


@pytest.mark.parametrize("act", [
    "UPDATE entry SET kind = 'visit.noted'", "DELETE FROM entry", "TRUNCATE entry", "DELETE FROM access_record",
    "UPDATE access_record SET reason = ''", "UPDATE policy_version SET text = ''", "DELETE FROM policy_version",
    "UPDATE alembic_version SET version_num = ''", "DROP POLICY who_asks ON visit",
    "ALTER TABLE visit DISABLE ROW LEVEL SECURITY", "ALTER TABLE entry DISABLE TRIGGER ALL",
])  # fmt: skip
@pytest.mark.parametrize("asking", [None, INTAKE], ids=["nobody", "intake"])
def test_what_only_grows_and_the_wall_itself_are_not_the_apps_to_change(
    database: Database, act: str, asking: Asking | None
):
    said = refused(database, asking, act)
    assert "permission denied" in said or "must be owner" in said


# --- no narrower than the query wall ------------------------------------------------------------------------------


def test_whoever_asks_the_models_is_shown_what_would_be_shown_without_this_wall(world: World, filled: dict[str, Story]):
    a_visit(world, home="100030000002", starts=datetime(2026, 12, 9, 8, tzinfo=UTC), others=("ben", "dora"))
    a_visit(world, home="100030000005", lead="dora", by="otto", starts=world.now - timedelta(days=1)).at_the_door()
    a_visit(world, home="100030000003", starts=world.now - timedelta(days=3)).done()
    with_wall = _shown(world)
    with world.database.as_owner(write=True).begin() as connection:
        for table in POLICIES:
            connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
    assert _shown(world) == with_wall
    assert sum(with_wall.values()) > 200


INSTANTS = [timedelta(hours=hours) for hours in (0, 12, 15)]  # 9:00, 21:00, midnight


def _shown(world: World) -> dict[tuple[str, int, str], int]:
    found = {}
    for ref in ("asha", "ben", "mona", "olive", "dora", "otto", "hana"):
        for at, later in enumerate(INSTANTS):
            with world.database.reading(world.principal(ref, world.now + later)) as session:
                for model in protected_models():
                    found[ref, at, model.__name__] = len(session.scalars(select(model)).all())
    return found
