"""Complaints in the database: received by whoever hears them, worked on by officers, added to and never changed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from fieldvisit.complaints import service
from fieldvisit.complaints.heard import identity
from fieldvisit.complaints.models import Complaint, ComplaintStep, ComplaintWords
from fieldvisit.ground.roles import CHECKING, CONDUCT, DEMO, INTAKE, SENDING, TENANT
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.hazards.models import Hazard, HazardWords
from fieldvisit.register.apart import KeptApart
from fieldvisit.register.models import Home, Person
from fieldvisit.tasks import Task
from tests.cases import a_case
from tests.complaints import (
    DAY,
    acts,
    answered,
    at_stage_2,
    decided,
    heard,
    logged,
    officers,
    received,
    row,
    writes,
)  # fmt: skip
from tests.stories import FIRST_HOME, a_visit
from tests.world import LONG_AGO, World

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def with_officers(world: World) -> None:
    officers(world)


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(model)))


def kinds(world: World, complaint: str) -> list[str]:
    with world.database.reading(CHECKING) as session:
        return [step.kind for step in service.steps_of(session, [complaint])[complaint]]


def words(world: World) -> dict[str, str]:
    return {row.field: row.text for row in rows(world, ComplaintWords)}


def seen_by(world: World, ref: str) -> int:
    with world.database.reading(world.principal(ref)) as session:
        steps, said = session.scalars(select(ComplaintStep)).all(), session.scalars(select(ComplaintWords)).all()
        found = session.scalars(select(Complaint)).all()
        assert bool(found) == bool(steps) == bool(said)
        return len(found)


# --- received -----------------------------------------------------------------------------------------------------


def test_a_complaint_that_a_worker_heard_at_the_door_is_received_when_it_was_said(world: World) -> None:
    story = a_visit(world, starts=world.now - 3 * HOUR).in_the_home().closing()
    story.closed(unhappy=True, unhappy_words="He left the hall wet.", put_right="He wiped it up.")
    [found] = rows(world, Complaint)
    assert (found.stage, found.channel, found.visit_id) == ("received", "door", story.visit_id)
    assert (found.heard_at, found.area_id, found.taken_by) == (story.at, world.ids["North"], world.ids["asha"])
    assert words(world) == {"said": "He left the hall wet.", "put_right": "He wiped it up."}
    [task] = rows(world, Task)
    assert (task.kind, task.about, task.about_id) == ("tenant_unhappy", "complaint", found.id)
    assert (task.raised_at, task.due_at) == (story.at, found.runs_out_at)


def test_whoever_was_at_the_visit_does_not_look_into_it(world: World) -> None:
    story = a_visit(world, lead="olive", by="olive", starts=world.now - 3 * HOUR)
    complaint = received(world, by="dora", visit_id=story.visit_id)
    with pytest.raises(RefusedError, match="was at the visit"):
        logged(world, complaint, "olive", by="dora")
    logged(world, complaint, "dora", by="dora")


def test_a_tenant_who_wants_no_complaint_has_their_words_kept(world: World) -> None:
    a_visit(world, starts=world.now - 3 * HOUR).in_the_home().closing().closed(
        unhappy=True, wants_no_complaint=True, unhappy_words="It was late."
    )
    [found] = rows(world, Complaint)
    assert (found.stage, found.runs_out_at) == ("closed", None)
    assert words(world) == {"said": "It was late."}
    assert rows(world, Task) == []
    acts(world, found.id, "complained")
    assert row(world, found.id).stage == "received"


def test_received_twice_is_received_once(world: World) -> None:
    said = heard(world, hazard="excess_cold")
    for asking in (world.principal("olive"), world.principal("hana"), INTAKE, TENANT):
        for _ in range(2):
            with world.database.writing(asking) as session:
                found = service.receive(session, said, by=asking, at=world.now, policy=world.policy)
                assert found.ref.startswith("M-")
    assert len(rows(world, Complaint)) == len(rows(world, Task)) == len(rows(world, Hazard)) == 1
    assert kinds(world, found.id) == ["received", "hazard_opened"]


def test_twice_in_one_transaction_is_once(world: World) -> None:
    said, asking = heard(world), world.principal("olive")
    with world.database.writing(asking) as session:
        ids = {service.receive(session, said, by=asking, at=world.now, policy=world.policy).id for _ in range(2)}
    assert len(ids) == len(rows(world, Complaint)) == 1


@pytest.mark.parametrize("ref", ["hana", "olga"])
def test_whoever_may_not_read_it_can_write_it_down_and_the_worker_does_the_rest(world: World, ref: str) -> None:
    complaint = received(world, ref, hazard="excess_cold", hazard_seen="No heating since Sunday")
    assert seen_by(world, ref) == 0
    assert row(world, complaint).area_id is None
    assert rows(world, Hazard) == []
    for _ in range(2):
        with world.database.writing(SENDING) as session:
            service.follow(session, complaint, world.now, world.policy)
    found = row(world, complaint)
    [hazard], [task] = rows(world, Hazard), rows(world, Task)
    assert found.area_id == hazard.area_id == task.area_id == world.ids["North"]
    assert kinds(world, complaint) == ["received", "hazard_opened"]


def test_a_hazard_in_a_complaint_runs_from_the_same_instant_and_says_nothing_of_it(world: World) -> None:
    complaint = received(world, hazard="unknown", hazard_seen="Black spots above the cot")
    [hazard] = rows(world, Hazard)
    assert hazard.aware_at == row(world, complaint).heard_at == world.now - DAY
    assert (hazard.hazard, hazard.stage) == ("", "logged")
    [said] = rows(world, HazardWords)
    assert said.text == "Black spots above the cot"


def test_a_task_that_was_there_before_closes_when_it_is_acknowledged(world: World) -> None:
    """R16: those of the first issues bear the cause of their complaint."""
    from fieldvisit.tasks import raise_task

    with world.database.writing(DEMO) as session:
        raise_task(session, "tenant_unhappy", cause="tenant_unhappy:1", about="visit", about_id="v", due=world.now,
                   area_id=world.ids["North"], at=world.now - DAY)  # fmt: skip
    complaint = received(world, cause="tenant_unhappy:1", channel="door")
    [task] = rows(world, Task)
    assert (task.about, task.about_id, task.done_at) == ("complaint", complaint, None)
    logged(world, complaint)
    writes(world, complaint, "ack1")
    assert rows(world, Task)[0].done_at == world.now


# --- who sees it --------------------------------------------------------------------------------------------------


def test_officers_with_the_duty_see_their_area_and_nobody_else_anything(world: World) -> None:
    received(world)
    everybody = ("olive", "dora", "cass", "olga", "otto", "hana", "ines", "lena", "adam", "aud", "asha", "mona")
    assert {ref for ref in everybody if seen_by(world, ref)} == {"olive", "dora", "cass"}


def test_a_complaint_of_no_home_is_seen_wherever_somebody_deals_with_complaints(world: World) -> None:
    received(world, home_id=None)
    assert {ref for ref in ("olive", "otto", "olga", "hana") if seen_by(world, ref)} == {"olive", "otto"}


def test_whom_it_is_about_sees_nothing_of_it(world: World) -> None:
    complaint = received(world, about_person_id=world.ids["dora"])
    assert (seen_by(world, "dora"), seen_by(world, "cass")) == (0, 1)
    other = received(world)
    acts(world, other, "named", person=world.ids["dora"])
    assert (seen_by(world, "dora"), seen_by(world, "cass")) == (0, 2)
    assert row(world, complaint).kept_from == row(world, other).kept_from == world.ids["dora"]


# --- worked on ----------------------------------------------------------------------------------------------------


def test_the_whole_road_to_the_final_answer(world: World) -> None:
    complaint = at_stage_2(world)
    decided(world, complaint, 2, by="dora")
    writes(world, complaint, "answer2", by="dora")
    acts(world, complaint, "learned", {"learning": "Rounds are confirmed the day before."})
    acts(world, complaint, "closed")
    found = row(world, complaint)
    assert (found.stage, found.runs_out_at, found.theme) == ("closed", None, "visit")
    assert kinds(world, complaint) == [
        "received", "logged", "handed", "decided", "handed", "escalated", "handler", "handed", "decided", "handed",
        "learned", "closed",
    ]  # fmt: skip
    final = [one.text for one in rows(world, ComplaintWords) if one.field == "letter"][-1]
    for said in ("stage 2 of the two stages", "1. Nobody came", "We are sorry", "final answer", "12 months"):
        assert said in final


def test_stage_2_goes_to_somebody_else(world: World) -> None:
    complaint = answered(world)
    acts(world, complaint, "escalated")
    for who, why in (("olive", "no duty"), ("otto", "no duty")):
        with pytest.raises(RefusedError, match=why):
            acts(world, complaint, "handler", by="dora", handler=world.ids[who], stage=2)
    acts(world, complaint, "handler", by="dora", handler=world.ids["cass"], stage=2)
    with pytest.raises(RefusedError, match="senior"):
        writes(world, complaint, "ack2", by="olive")


def test_whoever_had_it_at_stage_1_and_handed_it_on_has_no_part_in_stage_2_by_any_account(world: World) -> None:
    complaint = received(world)
    logged(world, complaint, "cass")
    acts(world, complaint, "handler", handler=world.ids["olive"], stage=1)
    writes(world, complaint, "ack1")
    decided(world, complaint)
    writes(world, complaint, "answer1")
    acts(world, complaint, "escalated")
    with pytest.raises(RefusedError, match="had no part in stage 1"):
        acts(world, complaint, "handler", by="dora", handler=world.ids["cass"], stage=2)
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["dora"]).phone = session.get_one(Person, world.ids["cass"]).phone = (
            "07700 900111"
        )
    with pytest.raises(RefusedError, match="had no part in stage 1"):
        acts(world, complaint, "handler", by="olive", handler=world.ids["dora"], stage=2)


def test_an_incomplete_letter_is_not_sent(world: World) -> None:
    complaint = received(world)
    acts(world, complaint, "logged", {"definition": "Nobody came.", "point:1": "Nobody came"},
         handler=world.ids["olive"], points=1, theme="visit")  # fmt: skip
    with pytest.raises(RefusedError, match="does not say yet: what the tenant wants to come of it; what we answer for"):
        writes(world, complaint, "ack1")


def test_it_is_turned_away_with_a_ground_reasons_and_the_ombudsman(world: World) -> None:
    complaint = received(world)
    for said in ({}, {"refused": "It was in the spring of 2024."}):
        with pytest.raises(RefusedError, match="does not say yet: the complaint"):
            writes(world, complaint, "refusal", ground="over-12-months", **said)
    writes(
        world,
        complaint,
        "refusal",
        ground="over-12-months",
        definition="A leak of 2024.",
        refused="It is too old for us.",
    )
    assert row(world, complaint).stage == "not_accepted"
    assert "Housing Ombudsman" in words(world)["letter"]
    assert "more than 12 months ago" in words(world)["letter"]


def test_the_second_of_two_officers_is_told(world: World) -> None:
    complaint = received(world)
    logged(world, complaint)
    with pytest.raises(RefusedError, match="Somebody else has recorded something"):
        acts(world, complaint, "noted", {"note": "She rang."}, by="dora", seen=1)


def test_the_same_form_twice_is_one_step(world: World) -> None:
    complaint = received(world)
    for _ in range(2):
        acts(world, complaint, "noted", {"note": "She rang."}, key="a" * 32)
    assert kinds(world, complaint) == ["received", "noted"]


@pytest.mark.parametrize("act", ["UPDATE complaint_step SET kind = 'x'", "DELETE FROM complaint_step"])
def test_what_was_done_cannot_be_changed(world: World, act: str) -> None:
    received(world)
    with world.database.as_owner(write=True).connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(act))


# --- from whom it is kept -----------------------------------------------------------------------------------------


def follows(world: World, complaint: str) -> None:
    with world.database.writing(SENDING) as session:
        service.follow(session, complaint, world.now, world.policy)


def answers_to(world: World, ref: str, manager: str) -> None:
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids[ref]).manager_id = world.ids[manager]


def declares(world: World, ref: str, **what: str) -> None:
    with world.database.writing(DEMO) as session:
        session.add(KeptApart(person_id=world.ids[ref], starts=LONG_AGO, ends=None, cause="interest:1", **what))


@pytest.mark.parametrize("wanted", [True, False])
def test_an_officer_who_was_at_the_visit_sees_nothing_of_what_was_said_at_the_door(world: World, wanted: bool) -> None:
    story = a_visit(world, lead="olive", by="olive", starts=world.now - 3 * HOUR).in_the_home().closing()
    story.closed(unhappy=True, unhappy_words="She left the hall wet.", wants_no_complaint=not wanted)
    assert (seen_by(world, "olive"), seen_by(world, "dora")) == (0, 1)
    [found] = rows(world, Complaint)
    assert found.kept_from == world.ids["olive"]


def test_who_was_there_is_known_by_a_shared_telephone_too(world: World) -> None:
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["olive"]).phone = "07700 900 111"
        session.get_one(Person, world.ids["cass"]).phone = "07700900111"
    story = a_visit(world, lead="olive", by="olive", starts=world.now - 3 * HOUR)
    received(world, by="dora", visit_id=story.visit_id)
    assert [seen_by(world, ref) for ref in ("olive", "cass", "dora")] == [0, 0, 1]


def test_a_manager_and_whoever_declared_an_interest_see_nothing_of_it(world: World) -> None:
    answers_to(world, "asha", "dora")
    declares(world, "olive", home_id=world.ids[FIRST_HOME])
    story = a_visit(world, starts=world.now - 3 * HOUR).in_the_home().closing()
    story.closed(unhappy=True, unhappy_words="He left the hall wet.")
    assert [seen_by(world, ref) for ref in ("dora", "olive", "cass")] == [0, 0, 1]


def test_where_nobody_else_would_see_it_those_near_do_and_may_do_nothing(world: World) -> None:
    for ref in ("olive", "dora", "cass"):
        declares(world, ref, home_id=world.ids[FIRST_HOME])
    complaint = received(world)
    assert [seen_by(world, ref) for ref in ("olive", "dora", "cass")] == [1, 1, 1]
    with pytest.raises(RefusedError, match="declared an interest"):
        acts(world, complaint, "not_wanted")


def test_what_is_found_later_keeps_out_whoever_is_near_then(world: World) -> None:
    answers_to(world, "asha", "dora")
    declares(world, "olive", home_id=world.ids[FIRST_HOME])
    complaint = received(world, by="cass", home_id=None)
    acts(world, complaint, "named", by="cass", person=world.ids["asha"])
    follows(world, complaint)
    assert [seen_by(world, ref) for ref in ("dora", "olive", "cass")] == [0, 1, 1]
    asking = world.principal("cass")
    with world.database.writing(asking) as session:
        found = service.lock(session, complaint)
        home = session.scalars(select(Home).where(Home.id == world.ids[FIRST_HOME])).one()
        assert found
        seen = len(service.steps_of(session, [complaint])[complaint])
        service.place(session, found, home, by=asking, key="b" * 32, seen=seen, at=world.now, policy=world.policy)
    for _ in range(2):
        follows(world, complaint)
    assert [seen_by(world, ref) for ref in ("dora", "olive", "cass")] == [0, 0, 1]
    assert kinds(world, complaint) == ["received", "named", "kept", "placed", "kept"]


def test_whoever_writes_down_one_about_their_own_visit_never_reads_it_again(world: World) -> None:
    story = a_visit(world, lead="olive", by="olive", starts=world.now - 3 * HOUR)
    complaint = received(world, visit_id=story.visit_id, hazard="excess_cold")
    assert (seen_by(world, "olive"), seen_by(world, "dora")) == (0, 1)
    follows(world, complaint)
    assert kinds(world, complaint) == ["received", "hazard_opened"]


def test_whom_a_case_of_conduct_turns_out_to_be_about_loses_sight_of_its_complaint(world: World) -> None:
    complaint = received(world, cause="concern:1")
    acts(world, complaint, "logged", {"point:1": "x"}, points=1, theme="staff", handler=world.ids["dora"])
    for cause in ("concern:2", "concern:1", "concern:1", f"complaint:{complaint}"):
        with world.database.writing(CONDUCT) as session:
            service.keep_from(session, cause, world.ids["olive"], world.now, world.policy)
    assert (seen_by(world, "olive"), seen_by(world, "dora")) == (0, 1)
    assert kinds(world, complaint) == ["received", "logged", "kept"]
    with world.database.reading(CHECKING) as session:
        assert service.state_of(session, complaint).named == ()  # its page does not say who (N3)


def test_the_case_that_finds_out_whom_it_is_about_says_so_at_once(world: World) -> None:
    received(world, cause="concern:1")
    case = a_case(world, None, cause="concern:1")
    assert seen_by(world, "olive") == 1
    case.seated("screener", "ines").act("identified", "ines", subject_kind="person", subject=world.ids["olive"])
    assert (seen_by(world, "olive"), seen_by(world, "dora")) == (0, 1)


# --- nothing is lost ----------------------------------------------------------------------------------------------


def test_what_cannot_be_kept_is_not_taken_for_its_twin(world: World) -> None:
    with pytest.raises(IntegrityError):
        received(world, visit_id="0" * 32)
    assert rows(world, Complaint) == []


def test_the_same_form_with_other_words_is_another_complaint(world: World) -> None:
    said = heard(world)
    assert identity("k", said) == identity("k", replace(said, heard_at=world.now))
    assert (
        identity("k", said)
        != identity("k", replace(said, words="More."))
        != identity("j", replace(said, words="More."))
    )
    assert identity("k", said) != identity("j", said)
