"""The demo council: everything that a newcomer should meet is in it, and its log is as true as any other."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldvisit import schema
from fieldvisit.badges.models import Badge
from fieldvisit.badges.rules import what_is_wrong
from fieldvisit.badges.service import badge_of, may_visit, standing, suspend
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.demo import load
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import DEMO, SIGNED_IN, Duty
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.outbox.envelope import digest_of, is_well_signed, signed_text
from fieldvisit.outbox.models import Held
from fieldvisit.register.models import (
    Area,
    Firm,
    Grant,
    Home,
    Household,
    HouseholdContact,
    Person,
    PersonDuty,
    Precaution,
    Resident,
)
from fieldvisit.register.service import claim_of, claimant, is_right, principal_by_id
from fieldvisit.tasks import Task
from fieldvisit.visits import lawful_entry_service
from fieldvisit.visits.lawful_entry_models import LawfulEntry
from fieldvisit.visits.models import Entry, Envelope, Visit, VisitWorker
from fieldvisit.visits.planning import notice_answer
from fieldvisit.visits.service import cached_state, chain_hash, entries_of, refold
from fieldvisit.visits.state import READY, Stage

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


# --- who and where ------------------------------------------------------------------------------------------------


def test_the_council_has_three_areas_sixty_homes_two_firms_and_eight_operatives(demo: Database) -> None:
    operatives = [person for person in every(demo, Person) if person.role == "operative"]
    sizes = (len(every(demo, Area)), len(every(demo, Home)), len(every(demo, Firm)), len(operatives))
    assert sizes == (3, 60, 2, 8)


def test_there_is_somebody_of_every_role_and_every_duty(demo: Database) -> None:
    assert {person.role for person in every(demo, Person)} == {role.value for role in SIGNED_IN}
    assert {held.duty for held in every(demo, PersonDuty)} == {duty.value for duty in Duty}


def test_an_officer_visits_homes_with_a_badge_of_her_own(demo: Database) -> None:
    with demo.reading(DEMO) as session:
        leads = session.scalars(select(Person).join(Visit, Visit.lead_id == Person.id).where(Person.role == "officer"))
        vera = leads.first()
        assert vera and may_visit(session, vera, AT)


def test_every_telephone_number_is_one_kept_for_drama(demo: Database) -> None:
    phones = [one.phone for model in (Person, Resident) for one in every(demo, model)]
    assert len(phones) == len(set(phones)) > 60
    assert [phone for phone in phones if not DRAMA.fullmatch(phone)] == []


def test_every_email_address_goes_nowhere(demo: Database) -> None:
    assert all(person.email.endswith(".example") for person in every(demo, Person))


def test_one_tenant_has_a_trusted_adult_one_no_texts_and_one_is_protected(demo: Database) -> None:
    households = every(demo, Household)
    assert [sum(one.trusted_adult for one in households), sum(one.protected for one in households)] == [1, 1]
    assert sum("sms" in one.unusable_channels for one in households) == 1
    assert all(one.contact_safety for one in households if not one.protected)


def test_entry_without_consent_is_asked_for_given_refused_owed_a_review_and_over(
    demo: Database, policy: Policy
) -> None:
    cases = every(demo, LawfulEntry)
    assert sorted(case.stage for case in cases) == ["declined", "entered", "proposed", "reviewed", "tenant_told"]
    assert {task.kind for task in every(demo, Task) if task.done_at is None} >= {"entry_proposed", "entry_to_review"}
    with demo.reading(DEMO) as session:
        for case in cases:
            state = lawful_entry_service.state_of(lawful_entry_service.steps_of(session, [case.id])[case.id], policy)
            kept = lawful_entry_service.cached(state)
            assert {name: getattr(case, name) for name in kept} == kept
            assert case.stage == "entered" or state.marks == ()


def test_households_ask_for_what_a_newcomer_should_see(demo: Database) -> None:
    households = every(demo, Household)
    assert {"bsl", "large_print", "easy_read"} <= {code for one in households for code in one.needs}
    assert {"en", "pl", "ur"} == {one.language for one in households}
    assert {"words", "numbers", "picture"} == {one.word_style for one in households}
    assert sum(bool(one.password) for one in households) == 1
    marks = [mark for one in households for mark in one.contact_safety.items()]
    assert ("sms", "content_free") in marks
    assert ("letter", "never") in marks
    assert {row.code for row in every(demo, Precaution)} == {"two_person", "dog"}
    assert DRAMA.fullmatch(every(demo, HouseholdContact)[0].reach)


def test_badges_are_good_expired_suspended_unsigned_and_uninsured(demo: Database) -> None:
    with demo.reading(DEMO) as session:
        found = {}
        for badge in session.scalars(select(Badge)):
            wrong = what_is_wrong(standing(session, badge.person, badge_of(session, badge.person_id), TODAY), AT)
            found[badge.person.ref] = [refused.code for refused in wrong]
    assert {ref for ref, wrong in found.items() if not wrong} == {"asha", "ben", "cleo", "dev", "vera"}
    assert {ref: len(found[ref]) for ref in ("eve", "finn", "gita", "carl")} == dict.fromkeys(
        ("eve", "finn", "gita", "carl"), 1
    )
    assert len({found[ref][0] for ref in ("eve", "finn", "gita", "carl")}) == 4


def test_everybody_who_visits_has_a_portrait(demo: Database) -> None:
    with demo.reading(DEMO) as session:
        photos = session.scalars(select(Person.photo).join(Badge, Badge.person_id == Person.id)).all()
    assert all(photo and photo.startswith(b"\xff\xd8") for photo in photos)


# --- the round ----------------------------------------------------------------------------------------------------


def test_todays_rounds_hold_a_visit_in_every_state(demo: Database) -> None:
    assert {visit.stage for visit in todays(demo)} == {stage.value for stage in Stage}


def test_todays_rounds_hold_every_result_of_the_notice_rules(demo: Database) -> None:
    assert {visit.notice_result for visit in todays(demo)} == RESULTS


def test_asha_has_a_visit_that_can_be_walked_now_and_one_tomorrow(demo: Database, policy: Policy) -> None:
    with demo.reading(DEMO) as session:
        asha = session.scalars(select(Person).where(Person.ref == "asha")).one()
    with demo.reading(principal_of(demo, asha.id)) as session:
        round_ = list(session.scalars(select(Visit).where(Visit.lead_id == asha.id).order_by(Visit.window_start)))
        ready = [v for v in round_ if v.stage in READY and v.window_start <= AT < v.window_end - timedelta(hours=1)]
        assert len(ready) == 1 and ready[0].exceptions == []
        assert notice_answer(session, ready[0], policy, AT).result == "full"
        assert london_date(round_[-1].window_start) == TODAY + timedelta(days=1)


def principal_of(database: Database, person_id: str) -> Any:
    with database.reading(None) as session:
        return principal_by_id(session, person_id, AT)


def test_nothing_in_the_log_has_yet_to_happen(demo: Database) -> None:
    assert max(max(entry.corrected_time, entry.received_at) for entry in every(demo, Entry)) <= AT


def test_every_line_that_a_phone_wrote_is_sealed_and_well_signed(demo: Database) -> None:
    with demo.reading(DEMO) as session:
        from_phones = select(Entry, Envelope, Grant).join(Envelope, Envelope.entry_id == Entry.id)
        rows = session.execute(from_phones.join(Grant, Grant.id == Entry.grant_id)).all()
        signed = session.scalar(select(func.count(Entry.id)).where(Entry.grant_id.is_not(None)))
    assert len(rows) == signed
    assert len(rows) > 100
    for entry, envelope, grant in rows:
        sealed = envelope.jwe.decode()
        assert digest_of(sealed) == entry.envelope_sha256
        text = signed_text(grant.id, entry.uuid, entry.seq or 0, sealed)
        assert is_well_signed(grant.public_jwk, envelope.sig, text)


def test_nothing_of_the_demo_is_held(demo: Database) -> None:
    assert every(demo, Held) == []


def test_every_log_adds_up_to_what_its_visit_says(demo: Database, policy: Policy) -> None:
    log_is_true(demo, policy)


@pytest.mark.parametrize("clock", ["00:03:30", "08:30:00", "23:58:00"])
def test_at_any_hour_every_state_is_there_and_all_of_it_has_happened(
    empty: Database, config: Config, policy: Policy, clock: str
) -> None:
    at = datetime.fromisoformat(f"2026-12-08T{clock}+00:00")
    load.load(empty, config, policy, seed=7, today=TODAY, at=at)
    assert {visit.stage for visit in todays(empty)} == {stage.value for stage in Stage}
    assert {visit.notice_result for visit in todays(empty)} == RESULTS
    assert max(entry.corrected_time for entry in every(empty, Entry)) <= at


def test_a_day_that_is_not_the_present_one_is_played_at_ten_in_the_morning(
    empty: Database, config: Config, policy: Policy
) -> None:
    load.load(empty, config, policy, seed=7, today=date(2027, 3, 29), at=AT)
    latest = max(entry.corrected_time for entry in every(empty, Entry))
    ten = datetime(2027, 3, 29, 9, 0, tzinfo=UTC)  # summer time began the day before
    assert ten - timedelta(minutes=10) < latest <= ten


# --- loading ------------------------------------------------------------------------------------------------------


def test_the_demo_goes_into_an_empty_database_only(database: Database, config: Config, policy: Policy) -> None:
    homes = len(every(database, Home))
    with pytest.raises(RefusedError, match="The database is not empty"):
        load.load(database, config, policy, seed=7, today=TODAY, at=AT)
    assert len(every(database, Home)) == homes
    assert not load.is_empty(database)


def facts(database: Database) -> Any:
    """What anybody can see of a demo, without its random ids."""
    with database.reading(DEMO) as session:
        homes = session.execute(select(Home.uprn, Home.address_line, Home.postcode).order_by(Home.uprn)).all()
        tenants = session.execute(select(Resident.ref, Resident.name, Resident.phone).order_by(Resident.ref)).all()
        visits = session.execute(
            select(Visit.window_start, Person.ref, Home.uprn, Visit.reason, Visit.stage, Visit.notice_result)
            .join(Person, Person.id == Visit.lead_id)
            .join(Home, Home.id == Visit.home_id)
            .order_by(Visit.window_start, Person.ref, Home.uprn)
        ).all()
        lines = session.execute(
            select(Entry.corrected_time, Entry.kind).order_by(Entry.corrected_time, Entry.kind)
        ).all()
    return homes, tenants, visits, lines


def test_the_same_seed_and_day_make_the_same_council(
    demo: Database, empty: Database, config: Config, policy: Policy
) -> None:
    load.load(empty, config, policy, seed=7, today=TODAY, at=AT, visits=30)
    assert facts(empty) == facts(demo)


def test_another_seed_makes_other_tenants(demo: Database, empty: Database, config: Config, policy: Policy) -> None:
    load.load(empty, config, policy, seed=8, today=TODAY, at=AT)
    assert facts(empty)[1] != facts(demo)[1]


def test_the_password_that_is_printed_opens_every_sign_in(demo: Database, config: Config) -> None:
    (_, password, _), *people = load.sign_ins(demo, config)
    assert len(password) >= 15
    assert len(people) == len(every(demo, Person))
    with demo.reading(None) as session:
        for _, name, email in (people[0], people[-1]):
            claim = claim_of(session, email)
            person = claimant(session, claim)
            assert is_right(claim, password) and person and person.name == name


def test_the_password_is_kept_where_only_its_owner_may_read_it(demo: Database, config: Config) -> None:
    assert (config.home / "demo-password").stat().st_mode & 0o077 == 0


# --- finished visits more -----------------------------------------------------------------------------------------


def test_visits_asked_for_besides_are_finished_and_in_the_past(demo: Database) -> None:
    with demo.reading(DEMO) as session:
        copies = session.scalars(
            select(Visit).where(Visit.id.in_(select(Entry.visit_id).where(Entry.device.like("demo-past-%"))))
        ).all()
        workers = session.scalar(
            select(func.count(VisitWorker.id)).where(VisitWorker.visit_id.in_([visit.id for visit in copies]))
        )
    assert len(copies) == workers == 30
    assert all(visit.ended_at and visit.ended_at < london_instant(TODAY) for visit in copies)


# --- a day later, on both databases -------------------------------------------------------------------------------


@pytest.fixture
def bare(server: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Migrated and empty, on SQLite and on PostgreSQL."""
    if not hasattr(server, "admin"):
        yield request.getfixturevalue("empty")
        return
    from sqlalchemy import text

    with server.admin.connect() as connection:
        connection.execute(text("CREATE DATABASE bare"))
    database = Database(server.admin.url.set(database="bare"))
    schema.upgrade(database)
    yield database
    database.dispose()
    with server.admin.connect() as connection:
        connection.execute(text("DROP DATABASE bare WITH (FORCE)"))


def test_the_next_day_gets_its_round_once_and_yesterday_comes_to_its_end(
    bare: Database, config: Config, policy: Policy
) -> None:
    load.load(bare, config, policy, seed=7, today=TODAY, at=AT, visits=5)
    assert not load.add_todays_round(bare, config, policy, seed=7, today=TODAY, at=AT + timedelta(hours=1))
    tomorrow, later = TODAY + timedelta(days=1), AT + timedelta(days=1)
    assert load.add_todays_round(bare, config, policy, seed=7, today=tomorrow, at=later)
    assert not load.add_todays_round(bare, config, policy, seed=7, today=tomorrow, at=later)
    assert {visit.stage for visit in todays(bare, tomorrow)} == {stage.value for stage in Stage}
    assert {visit.notice_result for visit in todays(bare, tomorrow)} == RESULTS
    # Finn was suspended inside a home: what his phone says is for the office to judge, so that visit stays as it was.
    left = [visit.lead_id for visit in todays(bare) if visit.stage in ("en_route", "at_door", "in_home", "closing")]
    assert left == [person.id for person in every(bare, Person) if person.ref == "finn"]
    assert every(bare, Held) == []
    log_is_true(bare, policy)


def test_a_home_that_was_kept_for_a_year_still_gets_its_round(loaded: Database, config: Config, policy: Policy) -> None:
    year_on = TODAY + timedelta(days=365)
    assert load.add_todays_round(loaded, config, policy, seed=7, today=year_on, at=AT + timedelta(days=365))
    assert {visit.stage for visit in todays(loaded, year_on)} == {stage.value for stage in Stage}


def test_where_every_badge_was_stopped_there_is_no_round_and_nothing_is_half_written(
    loaded: Database, config: Config, policy: Policy
) -> None:
    with loaded.writing(DEMO) as session:
        for badge in session.scalars(select(Badge)):
            suspend(badge, AT)
    before = len(every(loaded, Entry))
    tomorrow = TODAY + timedelta(days=1)
    assert not load.add_todays_round(loaded, config, policy, seed=7, today=tomorrow, at=AT + timedelta(days=1))
    assert len(every(loaded, Entry)) == before


def test_a_council_that_is_not_the_demo_gets_no_round(database: Database, config: Config, policy: Policy) -> None:
    assert not load.add_todays_round(database, config, policy, seed=7, today=TODAY, at=AT)
    assert load.sign_ins(database, config) == []
