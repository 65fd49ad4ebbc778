"""The demo council: everything that a newcomer should meet is in it, and its log is as true as any other."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldvisit.badges.models import Badge
from fieldvisit.badges.rules import what_is_wrong
from fieldvisit.badges.service import badge_of, may_visit, standing
from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.demo import load
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import DEMO, SIGNED_IN, Duty
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
from fieldvisit.register.service import principal_by_id
from fieldvisit.tasks import Task
from fieldvisit.visits import lawful_entry_service
from fieldvisit.visits.lawful_entry_models import LawfulEntry
from fieldvisit.visits.models import Entry, Envelope, Visit, VisitWorker
from fieldvisit.visits.planning import notice_answer
from fieldvisit.visits.state import READY, Stage
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
