"""A refusal or no access becomes a case (D2): from the very minute at the door, one for each home and job, and only added to."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, DEMO, TENANT
from fieldvisit.ground.verdict import Allowed, RefusedError
from fieldvisit.tasks import Task
from fieldvisit.visits import access_service as service
from fieldvisit.visits import access_steps as steps
from fieldvisit.visits import events as ev
from fieldvisit.visits import tenant_acts
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase, AccessContact
from fieldvisit.visits.models import Job, Visit
from fieldvisit.visits.pressed import Pressed
from fieldvisit.visits.service import lock
from tests.stories import FIRST_HOME, Story, a_phone, a_visit
from tests.world import World

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
RIGHT = {"waited_min": 10, "called": True, "card_left": True}
NEXT_DAY_ENDS = datetime(2026, 12, 9, 23, 59, 59, tzinfo=UTC)


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(model)))


def the_case(world: World) -> AccessCase:
    [case] = rows(world, AccessCase)
    return case


def standing(world: World, who: str = "olive") -> service.Standing:
    with world.database.reading(world.principal(who)) as session:
        case = session.scalars(select(AccessCase).order_by(AccessCase.opened_at)).first()
        assert case
        return service.standing(session, case, world.policy)


def codes(world: World) -> list[str]:
    return [one.verdict.code for one in standing(world).attempts]


def does(world: World, step: Any, *given: Any, key: str = "", who: str = "olive", at: datetime | None = None) -> None:
    asking = world.principal(who, at or world.now + 3 * DAY)
    with world.database.writing(asking) as session:
        case = session.scalars(select(AccessCase).with_for_update()).one()
        step(session, case, *given, Pressed(key or new_id(), asking, world.policy))


def refused(world: World, step: Any, *given: Any, **how: Any) -> str:
    with pytest.raises(RefusedError) as error:
        does(world, step, *given, **how)
    return error.value.verdict.code


def contact(
    world: World, method: str = "phone", outcome: str = "no_reply", at: datetime | None = None, **how: Any
) -> None:
    does(world, steps.record_contact, method, at or world.now + 3 * DAY, outcome, "", **how)


def a_job(world: World) -> str:
    with world.database.writing(DEMO) as session:
        job = Job(ref=f"J-{new_id()}", home_id=world.ids[FIRST_HOME], kind="responsive_repair", reason="The boiler")
        session.add(job)
        session.flush()
        return job.id


def for_job(story: Story, job_id: str) -> Story:
    with story.world.database.writing(DEMO) as session:
        session.get_one(Visit, story.visit_id).job_id = job_id
    return story


def nobody_in(world: World, job_id: str | None = None, days: int = 0, **facts: Any) -> Story:
    story = a_visit(world, starts=world.now + days * DAY)
    if job_id:
        for_job(story, job_id)
    return story.at_the_door().says("door.no_answer", **(RIGHT | facts))


def three_times(world: World) -> str:
    job_id = a_job(world)
    for days in range(3):
        nobody_in(world, job_id, days)
    return job_id


def disputes(story: Story, at: datetime) -> None:
    with story.world.database.writing(TENANT) as session:
        visit = lock(session, story.visit_id)
        assert visit
        tenant_acts.dispute(
            session, visit, "I was in.", Allowed(), form_key=new_id(), at=at, policy=story.world.policy
        )  # fmt: skip


def open_tasks(world: World) -> list[str]:
    return sorted(task.kind for task in rows(world, Task) if task.done_at is None)


# --- opened by a door ---------------------------------------------------------------------------------------------


def test_a_refusal_opens_a_case_from_the_minute_at_the_door(world: World):
    story = a_visit(world).at_the_door().answered().identified().refused("unwell")
    case, [attempt] = the_case(world), rows(world, AccessAttempt)
    assert (case.stage, case.reason, case.opened_at) == ("recorded", "unwell", story.at)
    assert (attempt.valid, attempt.visit_id, attempt.happened_at) == (True, story.visit_id, story.at)
    assert case.due_at == NEXT_DAY_ENDS  # valid: one working day
    assert "refusal" in open_tasks(world), "the dated task stands beside it"


def test_an_offline_phone_opens_it_from_its_own_minute(world: World):
    story = a_visit(world).at_the_door()
    phone, happened = a_phone(world, "asha"), story.at + 5 * MINUTE
    phone.save("door.no_answer", story.visit_id, RIGHT, happened)
    later = happened + 5 * timedelta(hours=1)
    world.at_the_time(later, lambda: phone.send(later))
    assert (the_case(world).opened_at, the_case(world).due_at) == (happened, NEXT_DAY_ENDS + DAY)


def test_a_child_alone_opens_one_and_an_adult_who_is_coming_does_not(world: World):
    a_visit(world).at_the_door().says("door.child_answered", adult_coming=True)
    assert rows(world, AccessCase) == []
    story = a_visit(world, home="100030000002").at_the_door().says("door.child_answered", adult_coming=False)
    assert (the_case(world).reason, the_case(world).due_at) == ("child-alone", NEXT_DAY_ENDS - DAY)
    assert story.at < NEXT_DAY_ENDS - DAY


def test_later_attempts_for_the_same_job_join_the_open_case(world: World):
    three_times(world)
    assert codes(world) == ["counts"] * 3
    assert len(rows(world, AccessCase)) == 1


def test_another_job_at_the_same_home_is_another_case(world: World):
    nobody_in(world, a_job(world))
    nobody_in(world, a_job(world), 1)
    nobody_in(world, None, 2)
    assert len(rows(world, AccessCase)) == 3


def test_one_event_that_comes_twice_is_one_attempt(world: World):
    story = nobody_in(world)
    story.phone.send(world.now + DAY)
    assert len(rows(world, AccessAttempt)) == 1


def test_an_older_attempt_that_comes_late_joins_and_changes_nothing_else(world: World):
    job_id = a_job(world)
    early = for_job(a_visit(world, lead="ben"), job_id).at_the_door()
    phone, happened = a_phone(world, "ben"), early.at + 5 * MINUTE
    phone.save("door.no_answer", early.visit_id, RIGHT, happened)
    nobody_in(world, job_id, 1)
    contact(world, at=world.now + 2 * DAY)
    world.at_the_time(world.now + 3 * DAY, lambda: phone.send(world.now + 3 * DAY))
    assert (the_case(world).stage, len(rows(world, AccessAttempt))) == ("tenant_contacted", 2)


# --- what counts --------------------------------------------------------------------------------------------------


def test_a_valid_refusal_among_attempts_is_never_counted(world: World):
    job_id = a_job(world)
    nobody_in(world, job_id)
    for_job(a_visit(world, starts=world.now + DAY), job_id).at_the_door().answered().identified().refused("unwell")
    nobody_in(world, job_id, 2, card_left=False)
    assert codes(world) == ["counts", "valid-refusal", "no-card"]


def test_no_access_at_short_notice_does_not_count(world: World):
    a_visit(world).told(hours_before=5).set_off().arrived().says("door.no_answer", **RIGHT)
    assert codes(world) == ["short-notice"]


def test_an_emergency_at_a_shut_door_does_not_count(world: World):
    """Nobody was told, so nobody had to be in (B1.7)."""
    given = world.now - timedelta(hours=1)
    emergency = ev.EmergencyAuthorised(world.ids["dora"], given, "gas", ev.Words("Smell of gas"))
    a_visit(world).desk(emergency, given, by="dora").set_off().arrived().says("door.no_answer", **RIGHT)
    assert codes(world) == ["no-notice"]


def test_no_access_after_the_window_does_not_count(world: World):
    a_visit(world).told().set_off().arrived(world.now + timedelta(hours=3)).says("door.no_answer", **RIGHT)
    assert codes(world) == ["outside-window"]


def test_a_notice_that_bounces_later_takes_the_attempt_away(world: World):
    story = nobody_in(world)
    from fieldvisit.notices.models import Notice

    [notice] = rows(world, Notice)
    story.desk(ev.NoticeWithdrawn(notice=notice.id, reason="bounced"))
    assert codes(world) == ["short-notice"]


def test_a_line_that_is_struck_out_does_not_count(world: World):
    story = nobody_in(world)
    from fieldvisit.visits.models import Entry

    line = next(entry for entry in rows(world, Entry) if entry.kind == "door.no_answer")
    story.desk(ev.EntryCorrected(device=line.device, uuid=line.uuid, why=ev.Words("The wrong door.")))
    assert codes(world) == ["struck-out"]


def test_a_dispute_stops_the_attempt_counting_until_somebody_else_has_looked(world: World):
    story = nobody_in(world)
    disputes(story, world.now + DAY)
    assert codes(world) == ["disputed"]
    [attempt] = rows(world, AccessAttempt)
    does(world, steps.settle_dispute, attempt.id, "right", "The photo of the card.")
    assert codes(world) == ["counts"]
    assert open_tasks(world) == ["no_access"]
    disputes(story, world.now + 4 * DAY)
    assert codes(world) == ["disputed"]
    does(world, steps.settle_dispute, attempt.id, "wrong", "Another house.", at=world.now + 5 * DAY)
    assert codes(world) == ["record-wrong"]


def test_an_officer_who_was_sent_there_does_not_judge_the_dispute(world: World):
    story = a_visit(world, lead="dora").at_the_door().says("door.no_answer", **RIGHT)
    disputes(story, world.now + DAY)
    [attempt] = rows(world, AccessAttempt)
    assert refused(world, steps.settle_dispute, attempt.id, "right", "I was there.", who="dora") == "was-there"
    does(world, steps.settle_dispute, attempt.id, "right", "The card’s photo.")


# --- kept ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["access_attempt", "access_contact", "access_step"])
def test_what_was_tried_is_never_rewritten(world: World, table: str):
    a_visit(world).at_the_door().says("door.child_answered", adult_coming=False)
    contact(world)
    does(world, steps.answer_safeguarding, "no")
    with pytest.raises(DBAPIError, match="append-only"), world.database.writing(CHECKING) as session:
        session.execute(text(f"UPDATE {table} SET id = id"))


def test_officers_of_the_area_see_a_case_and_nobody_else(world: World):
    nobody_in(world)
    contact(world)
    seen = {}
    for who in ("olive", "dora", "otto", "asha", "mona", "hana", "aud"):
        with world.database.reading(world.principal(who)) as session:
            seen[who] = [
                len(session.scalars(select(model)).all()) for model in (AccessCase, AccessAttempt, AccessContact)
            ]
    assert {who for who, found in seen.items() if found == [1, 1, 1]} == {"olive", "dora"}
    assert {who for who, found in seen.items() if found == [0, 0, 0]} == {"otto", "asha", "mona", "hana", "aud"}


def test_one_form_pressed_four_times_at_one_instant_is_one_contact(world: World):
    nobody_in(world)
    key, errors = new_id(), []

    def press() -> None:
        try:
            contact(world, key=key)
        except Exception as error:
            errors.append(error)

    presses = [threading.Thread(target=press) for _ in range(4)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    assert (errors, len(rows(world, AccessContact))) == ([], 1)
