"""Loading the demo: into an empty database only, the same from the same seed, and a new round each day."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit import schema
from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import suspend
from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.demo import load
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import DEMO
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.outbox.models import Held
from fieldvisit.register.models import (
    Home,
    Person,
    Resident,
)
from fieldvisit.register.service import claim_of, claimant, is_right
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.state import Stage
from tests.services.demo_days import (  # noqa: F401 - fixtures
    AT,
    DRAMA,
    RESULTS,
    TODAY,
    config,
    demo,
    empty,
    every,
    loaded,
    log_is_true,
    no_rows,
    todays,
    whole_day,
)

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
