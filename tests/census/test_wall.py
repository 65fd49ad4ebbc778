"""The query wall: a protected row is reached only through the person asking, by no road beside it (security 2.1)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, exists, func, insert, literal_column, select, text, union, update
from sqlalchemy.orm import Session, aliased, configure_mappers, joinedload, selectinload, subqueryload

import fieldvisit.models  # noqa: F401 - every table, also when this test runs alone
from fieldvisit import db
from fieldvisit.breaches.models import Concern
from fieldvisit.db import Base, NobodyAsking, protected_models
from fieldvisit.ground.roles import CHECKING, DEMO, IMPORTING, INTAKE, OPENING, VERIFYING, Duty
from fieldvisit.notices.models import Notice
from fieldvisit.outbox.models import Held
from fieldvisit.register.models import Area, Home, Household, Person, PersonArea, Resident
from fieldvisit.visits.models import Entry, Envelope, Visit, VisitWorker, Words
from tests.stories import Story, a_visit
from tests.world import World

SOUTHERN = "100030000004"
OFFICER_MODELS = (Visit, VisitWorker, Entry, Notice, Home, Household, Resident)
LOADS = {
    "lazily": (),
    "joined": (joinedload(Visit.home).joinedload(Home.residents), joinedload(Visit.home).joinedload(Home.household)),
    "selected": (selectinload(Visit.home).options(selectinload(Home.residents), selectinload(Home.household)),),
    "by subquery": (subqueryload(Visit.home).options(subqueryload(Home.residents), subqueryload(Home.household)),),
    "both ways": (joinedload(Visit.home).options(selectinload(Home.residents), joinedload(Home.household)),),
}


def sees(world: World, ref: str, story: Story, at: datetime | None = None) -> bool:
    with world.database.reading(world.principal(ref, at)) as session:
        return session.get(Visit, story.visit_id) is not None


def count(world: World, ref: str, model: type[Base], at: datetime | None = None) -> int:
    with world.database.reading(world.principal(ref, at)) as session:
        return len(session.scalars(select(model)).all())


def tomorrow_at(hour: int) -> datetime:
    return datetime(2026, 12, 9, hour, tzinfo=UTC)


# --- nobody asks --------------------------------------------------------------------------------------------------


def test_what_is_protected():
    names = {"Visit", "VisitWorker", "Entry", "Envelope", "Words", "Notice", "Home", "Household", "Resident", "Job"}
    assert {model.__name__ for model in protected_models()} == names | {
        "BreachCase", "BreachStep", "BreachWords", "BreachEvidence", "BreachSeat", "BreachApart", "BreachTold",
        "Concern", "ConcernAdded", "ConcernLink", "ConcernDraft",
        "Held", "Attachment", "Precaution", "HouseholdContact", "TenantLink", "Message", "TenantSaid",
        "Complaint", "ComplaintStep", "ComplaintWords", "Hazard", "HazardStep", "HazardWords", "SealedBox", "SubjectKey",
        "Watch", "WatchStep", "WatchWords", "SafetyWord", "SafetyBuddy", "Incident", "IncidentStep", "IncidentWords",
        "KeptApart", "Declaration", "DeclarationStep", "DeclarationWords", "Undertaking", "Recusal",
        "AccessCase", "AccessAttempt", "AccessContact", "AccessStep", "AccessChase", "LawfulEntry", "LawfulEntryStep",
    }  # fmt: skip


@pytest.mark.parametrize("model", sorted(protected_models(), key=lambda m: m.__name__), ids=lambda m: m.__name__)
def test_a_protected_row_without_a_person_asking_is_our_mistake(database, model: type[Base]):
    with database.reading(None) as session, pytest.raises(NobodyAsking, match=model.__name__):
        session.scalars(select(model)).all()


def test_so_is_one_by_its_key(database):
    with database.reading(None) as session, pytest.raises(NobodyAsking):
        session.get(Visit, "0" * 32)


def test_what_nobody_protects_needs_nobody(database):
    with database.reading(None) as session:
        assert len(session.scalars(select(Area)).all()) == 2


# --- roads beside the wall ----------------------------------------------------------------------------------------

bare = Visit.__table__
ROADS: dict[str, Callable[[], object]] = {
    "the bare table": lambda: select(bare),
    "a column of the bare table": lambda: select(bare.c.reason),
    "the bare table under another name": lambda: select(bare.alias().c.reason),
    "SQL in words": lambda: text("SELECT reason FROM visit"),
    "SQL in words inside a model's query": lambda: select(Area).where(text("id IN (SELECT area_id FROM VISIT)")),
    "a column in words": lambda: select(Area.id, literal_column("(SELECT count(*) FROM visit)")),
    "a model filled from SQL in words": lambda: select(Visit).from_statement(text("SELECT * FROM visit")),
    "a model filled from the bare table": lambda: select(Visit).from_statement(select(bare)),
    "the bare table inside a model's query": lambda: select(Area.id).where(Area.id.in_(select(bare.c.area_id))),
    "the bare table beside the model": lambda: select(aliased(Visit).id, bare.c.reason),
    "the bare table beside another model": lambda: select(Area.name, bare.c.reason),
    "a union": lambda: union(select(Visit.id), select(Home.id)),
    "a count of nothing but rows": lambda: select(func.count()).select_from(select(Visit.id).subquery()),
    "a bare question": lambda: select(exists(select(bare.c.id))),
    "an update of the bare table": lambda: update(bare).values(reason="x"),
    "a deletion of the bare table": lambda: delete(bare),
    "a deletion in words": lambda: text("DELETE FROM visit"),
    "an update that looks into the bare table": lambda: (
        update(Area).values(name="x").where(Area.id.in_(select(bare.c.area_id)))
    ),
    "copying rows": lambda: insert(Home).from_select(["id"], select(Home.id)),
}


@pytest.mark.parametrize("ref", ["carl", "olive"])
def test_no_road_leads_round_the_wall(world: World, ref: str, subtests: pytest.Subtests):
    a_visit(world)
    for road, statement in ROADS.items():
        with (
            subtests.test(road),
            world.database.session(world.principal(ref), write=True) as session,
            pytest.raises(NobodyAsking),
        ):
            session.execute(statement())


def test_only_one_module_makes_sessions_or_speaks_to_the_database_in_words():
    from pathlib import Path

    package = Path(db.__file__).parent
    allowed = {"db.py", "schema.py", "migrations", "demo"}  # the demo fills an empty database, and reads none
    words = (".connection(", "exec_driver_sql", "Session(", "sessionmaker", "create_engine", "object_session")
    found = {
        f"{path.relative_to(package)}: {word}"
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] not in allowed
        for word in words
        if word in path.read_text()
    }
    assert found == {
        "engines.py: create_engine", "engines.py: exec_driver_sql",  # how either database is connected to
        "vault/store.py: Session(",  # a database of its own, in which the vault alone asks
    }  # fmt: skip


def test_no_relationship_loads_itself_unasked():
    """A `lazy="joined"` in a model would be no option of any statement, and so stand behind the wall's back."""
    configure_mappers()
    loose = [str(each) for mapper in Base.registry.mappers for each in mapper.relationships if each.lazy != "select"]
    assert loose == []


# --- a worker's own round -----------------------------------------------------------------------------------------


def test_a_worker_sees_today_and_tomorrows_first_and_nothing_else(world: World):
    at_nine = a_visit(world, starts=tomorrow_at(9))
    at_noon = a_visit(world, starts=tomorrow_at(12), home="100030000002")
    today = a_visit(world, home="100030000003")
    yesterday = a_visit(world, starts=world.now - timedelta(days=1))
    day_after = a_visit(world, starts=tomorrow_at(9) + timedelta(days=1))
    seen = [sees(world, "asha", each) for each in (today, at_nine, at_noon, yesterday, day_after)]
    assert seen == [True, True, False, False, False]


def test_a_worker_sees_nothing_of_a_colleague_of_the_same_firm(world: World):
    story = a_visit(world)
    assert not sees(world, "ben", story)
    assert count(world, "ben", Resident) == 0


def test_two_workers_of_one_visit_both_see_it(world: World):
    assert sees(world, "ben", a_visit(world, others=("ben",)))


def at_eight(minutes: int = 0) -> datetime:
    return datetime(2026, 12, 8, 20, tzinfo=UTC) + timedelta(minutes=minutes)


@pytest.mark.parametrize(("at", "expected"), [(at_eight(-1), True), (at_eight(), True), (at_eight(1), False)])
def test_the_round_ends_with_the_shift(world: World, at: datetime, expected: bool):
    assert sees(world, "asha", a_visit(world), at) is expected


@pytest.mark.parametrize(("minutes", "expected"), [(-1, True), (0, True), (1, False)])
def test_a_late_window_makes_a_longer_shift(world: World, minutes: int, expected: bool):
    story = a_visit(world, starts=at_eight(-60), hours=2)  # until 21:00
    assert sees(world, "asha", story, at_eight(60 + minutes)) is expected


def test_at_midnight_the_day_is_the_next_one_in_london(world: World):
    summer = datetime(2027, 6, 10, 23, 30, tzinfo=UTC)  # half past midnight in London
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["asha"]).training_until = datetime(2028, 1, 1).date()
    story = a_visit(world, starts=datetime(2027, 3, 1, 9, tzinfo=UTC))
    with world.database.writing(CHECKING) as session:
        visit = session.get_one(Visit, story.visit_id)
        visit.window_start, visit.window_end = summer.replace(day=11, hour=8), summer.replace(day=11, hour=10)
    assert sees(world, "asha", story, summer - timedelta(hours=2)), "tomorrow's first"
    assert sees(world, "asha", story, summer), "today's"


def test_whoever_stands_at_a_door_keeps_the_page(world: World):
    story = a_visit(world).at_the_door()
    assert sees(world, "asha", story, at_eight(1))
    assert sees(world, "asha", story, tomorrow_at(9))


def test_when_the_visit_is_over_the_page_goes_with_the_shift(world: World):
    story = a_visit(world).done()
    assert sees(world, "asha", story)
    assert not sees(world, "asha", story, at_eight(1))


def test_a_visit_given_to_somebody_else_is_gone_at_once(world: World):
    from fieldvisit.visits.events import VisitReassigned

    story = a_visit(world)
    story.desk(VisitReassigned(lead=world.ids["ben"], others=(), visitor="contractor", tenant_told=True))
    assert (sees(world, "asha", story), sees(world, "ben", story)) == (False, True)


# --- areas (N5) ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", OFFICER_MODELS, ids=lambda m: m.__name__)
def test_an_officer_sees_rows_of_the_own_area_and_none_of_another(world: World, model: type[Base]):
    a_visit(world).told()
    assert count(world, "olive", model) > 0
    homes_of_the_south = 2 if model in (Home, Household, Resident) else 0
    assert count(world, "otto", model) == homes_of_the_south


def test_a_move_to_another_area_is_immediate(world: World):
    north, south = a_visit(world), a_visit(world, home=SOUTHERN, lead="carl", by="otto")
    with world.database.writing(None) as session:
        row = session.scalars(select(PersonArea).where(PersonArea.person_id == world.ids["olive"])).one()
        row.ends = world.now
        session.add(PersonArea(person_id=row.person_id, area_id=world.ids["South"], starts=world.now))
    assert (sees(world, "olive", north), sees(world, "olive", south)) == (False, True)
    a_moment_before = world.now - timedelta(seconds=1)
    assert (sees(world, "olive", north, a_moment_before), sees(world, "olive", south, a_moment_before)) == (True, False)


def test_an_officer_sent_to_another_area_sees_that_visit_and_not_the_area(world: World):
    sent = a_visit(world, home=SOUTHERN, lead="dora", by="otto")
    other = a_visit(world, home="100030000005", lead="carl", by="otto")
    assert (sees(world, "dora", sent), sees(world, "dora", other)) == (True, False)


@pytest.mark.parametrize("ref", ["hana", "lena", "ines", "adam", "aud"])
def test_the_other_roles_of_the_council_see_no_row_at_all(world: World, ref: str):
    a_visit(world).told()
    seen = {model.__name__: count(world, ref, model) for model in protected_models()}
    assert {name: rows for name, rows in seen.items() if rows} == {}


@pytest.mark.parametrize("model", [Held, Concern, Envelope], ids=lambda m: m.__name__)
@pytest.mark.parametrize("ref", ["asha", "mona", "olive"])
def test_what_is_written_and_never_read_back(world: World, ref: str, model: type[Base]):
    a_visit(world).at_the_door()
    assert count(world, ref, model) == 0


# --- every shape of a question ------------------------------------------------------------------------------------


def _alias(session: Session) -> int:
    other = aliased(Visit)
    return len(session.scalars(select(other)).all())


def _subquery(session: Session) -> int:
    return session.scalar(select(func.count(Area.id)).where(Area.id.in_(select(Visit.area_id)))) or 0


def _cte(session: Session) -> int:
    found = select(Visit.area_id).cte()
    return len(session.scalars(select(Area.id).join(found, found.c.area_id == Area.id)).all())


QUESTIONS: dict[str, Callable[[Session], int]] = {
    "rows": lambda s: len(s.scalars(select(Visit)).all()),
    "columns": lambda s: len(s.scalars(select(Visit.reason)).all()),
    "a count": lambda s: s.scalar(select(func.count(Visit.id))) or 0,
    "an alias": _alias,
    "a subquery": _subquery,
    "a common table": _cte,
    "a join from what is not protected": lambda s: len(s.scalars(select(Area.name).join(Visit)).all()),
    "the locked row": lambda s: len(s.scalars(select(Visit).with_for_update()).all()),
    "an update": lambda s: s.execute(update(Visit).values(reason="seen")).rowcount,
    "a deletion": lambda s: s.execute(delete(VisitWorker)).rowcount,
}


@pytest.mark.parametrize("shape", QUESTIONS)
def test_the_wall_stands_whatever_the_shape_of_the_question(world: World, shape: str):
    a_visit(world)
    with world.database.session(world.principal("asha"), write=True) as session:
        assert QUESTIONS[shape](session) == 1, "the worker reaches the own row"
        session.rollback()
    with world.database.session(world.principal("carl"), write=True) as session:
        assert QUESTIONS[shape](session) == 0
        session.rollback()


# --- system work --------------------------------------------------------------------------------------------------


def test_system_work_sees_all_rows_of_the_models_it_names(world: World):
    a_visit(world)
    with world.database.reading(VERIFYING) as session:
        assert len(session.scalars(select(Visit)).all()) == 1


@pytest.mark.parametrize("model", [Resident, Entry, Words, Held, Concern], ids=lambda m: m.__name__)
def test_system_work_may_not_touch_a_model_that_it_does_not_name(world: World, model: type[Base]):
    with world.database.reading(VERIFYING) as session, pytest.raises(NobodyAsking, match="verifying"):
        session.scalars(select(model)).all()


@pytest.mark.parametrize("how", ["lazily", "joined", "selected"])
def test_nor_reach_it_through_one_that_it_names(world: World, how: str):
    a_visit(world)
    with world.database.reading(VERIFYING) as session, pytest.raises(NobodyAsking, match="Resident"):
        assert session.scalars(select(Visit).options(*LOADS[how])).unique().one().home.residents


def test_system_work_is_a_closed_list():
    known = {
        "intake": INTAKE, "importing": IMPORTING, "checking": CHECKING, "demo": DEMO, "verifying": VERIFYING,
        "opening": OPENING,
    }  # fmt: skip
    assert {name: who.name for name, who in known.items()} == {name: name for name in known}
    named = {model.__name__ for model in protected_models()}
    assert all(who.models <= named for who in known.values())
    assert not any(
        "Concern" in who.models for name, who in known.items() if name != "demo"
    )  # it makes cases, with words


# --- duties -------------------------------------------------------------------------------------------------------


def test_a_duty_ends_when_it_ends(world: World):
    assert world.principal("olive").holds(Duty.SCHEDULER, world.ids["North"])
    assert not world.principal("olive").holds(Duty.SCHEDULER, world.ids["South"])
    assert not world.principal("olive").holds(Duty.DUTY)
