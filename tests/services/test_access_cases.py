"""A refusal or no access becomes a case (D2): from the very minute at the door, one for each home and job, and only added to."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, DEMO, IMPORTING, SENDING, TENANT
from fieldvisit.ground.verdict import Allowed, RefusedError
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.threats import legal_words_in
from fieldvisit.register.models import Household, PersonDuty
from fieldvisit.tasks import Task
from fieldvisit.visits import access_chase, tenant_acts
from fieldvisit.visits import access_service as service
from fieldvisit.visits import access_steps as steps
from fieldvisit.visits import events as ev
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase, AccessContact, AccessStep
from fieldvisit.visits.access_catch_up import catch_up
from fieldvisit.visits.models import Job, Visit
from fieldvisit.visits.pressed import Pressed
from fieldvisit.visits.service import lock
from tests.stories import FIRST_HOME, Story, a_phone, a_visit
from tests.world import LONG_AGO, World

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


# --- steps --------------------------------------------------------------------------------------------------------


def test_another_way_moves_the_case_and_ends_its_task_and_the_same_form_is_one_contact(world: World):
    nobody_in(world)
    key = new_id()
    for _ in range(3):
        contact(world, key=key)
    assert the_case(world).stage == "tenant_contacted"
    assert len(rows(world, AccessContact)) == 1
    assert open_tasks(world) == []


def test_one_form_of_two_cases_is_refused(world: World):
    nobody_in(world)
    key = new_id()
    contact(world, key=key)
    nobody_in(world, a_job(world), 1)
    asking = world.principal("olive", world.now + 3 * DAY)
    with world.database.writing(asking) as session, pytest.raises(RefusedError, match="sent this once already"):
        other = session.scalars(select(AccessCase).order_by(AccessCase.opened_at.desc())).first()
        assert other
        steps.arrange_support(session, other, "x", Pressed(key, asking, world.policy))


def test_support_is_arranged_after_speaking_with_the_tenant(world: World):
    a_visit(world).at_the_door().answered().identified().refused("trusted-adult")
    assert refused(world, steps.arrange_support, "Her son on Friday") == "not-reached"
    contact(world, outcome="reached")
    assert the_case(world).stage == "recorded"
    does(world, steps.arrange_support, "Her son on Friday")
    assert (the_case(world).stage, open_tasks(world)) == ("support_arranged", [])


def test_that_safeguarding_was_thought_about_is_kept_and_what_was_answered_is_not(world: World):
    def a_child(answer: str) -> tuple[Any, ...]:
        does(world, steps.answer_safeguarding, answer)
        [step] = rows(world, AccessStep)
        return step.kind, step.code, step.words, step.equality

    a_visit(world).at_the_door().says("door.child_answered", adult_coming=False)
    contact(world, outcome="reached")
    assert refused(world, steps.arrange_support, "Her aunt") == "safeguarding-first"
    assert refused(world, steps.answer_safeguarding, None) == "no-answer"
    assert a_child("yes") == ("safeguarding_asked", "", "", "")
    assert open_tasks(world) == []
    does(world, steps.arrange_support, "Her aunt")


def test_a_new_visit_is_joined_and_letting_somebody_in_closes_the_case(world: World):
    nobody_in(world)
    contact(world, outcome="reached", at=world.now + MINUTE * 20, key=new_id())
    again = a_visit(world, starts=world.now + 5 * DAY)
    assert refused(world, steps.rebook, again.visit_id) == "short-notice"
    again.told()
    does(world, steps.rebook, again.visit_id)
    assert the_case(world).stage == "rebooked"
    again.set_off().arrived().answered().identified().consented().entered()
    case = the_case(world)
    assert (case.stage, case.due_at, case.closed_at) == ("closed", None, again.at)


def test_nobody_in_at_the_new_visit_joins_the_case_again(world: World):
    nobody_in(world)
    contact(world, outcome="reached")
    again = a_visit(world, starts=world.now + 5 * DAY).told()
    does(world, steps.rebook, again.visit_id)
    again.set_off().arrived().says("door.no_answer", **RIGHT)
    assert (the_case(world).stage, codes(world)) == ("recorded", ["counts", "counts"])


def test_going_in_at_the_door_that_had_said_no_closes_nothing(world: World):
    a_visit(world).at_the_door().answered().identified().refused("other").entered()
    assert the_case(world).stage == "recorded"


def test_a_visit_of_another_home_is_no_new_appointment(world: World):
    nobody_in(world)
    contact(world, outcome="reached")
    elsewhere = a_visit(world, home="100030000002", starts=world.now + 5 * DAY).told()
    assert refused(world, steps.rebook, elsewhere.visit_id) == "no-visit"


def to_review(world: World) -> None:
    three_times(world)
    for method in ("phone", "letter", "text"):
        contact(world, method)
    does(world, steps.review, "Her sister says she is well.", "No disability that we know of; asked.")


def test_three_attempts_and_three_ways_lead_to_a_review_and_two_do_not(world: World):
    three_times(world)
    for method in ("phone", "letter"):
        contact(world, method)
    assert refused(world, steps.review, "x", "y") == "methods"
    contact(world, "text", "did_not_arrive")
    assert refused(world, steps.review, "x", "y") == "methods"
    contact(world, "text")
    does(world, steps.review, "x", "y")
    assert the_case(world).stage == "council_review"


def test_a_low_risk_closes(world: World):
    to_review(world)
    does(world, steps.close, "A dripping tap.")
    assert (the_case(world).stage, the_case(world).due_at) == ("closed", None)


def test_legal_steps_are_signed_off_by_a_repairs_manager_of_that_area(world: World):
    to_review(world)
    does(world, steps.plan_access, "gas", "Saturday morning, with her sister.")
    assert refused(world, steps.consider_legal, "Twice.") == "needs-manager"
    with world.database.writing(None) as session:
        session.add(
            PersonDuty(person_id=world.ids["dora"], duty="repairs_manager", area_id=world.ids["North"], starts=LONG_AGO)
        )
    assert refused(world, steps.consider_legal, "Twice.", who="dora") == "no-endeavour"
    day = world.now + 4 * DAY
    does(world, steps.record_contact, "calling_round", day, "no_reply", "", at=day)
    does(world, steps.consider_legal, "Twice.", who="dora", at=day)
    assert the_case(world).stage == "legal_considered"


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


# --- what was recorded before there was a queue -------------------------------------------------------------------


def as_before_the_queue(world: World) -> None:
    with world.database.as_owner(write=True).begin() as connection:
        for table in ("access_chase", "access_step", "access_contact", "access_attempt", "access_case"):
            connection.execute(text(f"DELETE FROM {table}"))


def catches_up(world: World) -> int:
    with world.database.writing(IMPORTING) as session:
        return catch_up(session, world.policy).attempts


def kept_of(world: World) -> list[tuple[Any, ...]]:
    attempts = [
        (row.entry_id, row.kind, row.reason, row.valid, row.notice, row.window_start, row.window_end, row.arrived_at,
         row.happened_at, row.waited_min, row.called, row.card_left) for row in rows(world, AccessAttempt)
    ]  # fmt: skip
    cases = [
        (row.stage, row.reason, row.opened_at, row.due_at, row.closed_at, row.job_id) for row in rows(world, AccessCase)
    ]
    return sorted(attempts, key=str) + sorted(cases, key=str)


def test_what_was_recorded_before_the_queue_has_the_case_that_it_would_have_had(world: World):
    three_times(world)
    a_visit(world, home="100030000002").at_the_door().answered().identified().refused("unwell")
    a_visit(world, home="100030000003", lead="ben").at_the_door().says("door.child_answered", adult_coming=False)
    before = kept_of(world)
    as_before_the_queue(world)
    assert catches_up(world) == 5
    assert kept_of(world) == before


def test_catching_up_once_more_adds_nothing(world: World):
    nobody_in(world)
    as_before_the_queue(world)
    assert [catches_up(world) for _ in range(3)] == [1, 0, 0]
    assert len(rows(world, AccessCase)) == 1


def test_a_visit_that_was_moved_later_keeps_the_time_that_was_told_then(world: World):
    story = nobody_in(world)
    before = kept_of(world)
    as_before_the_queue(world)
    with world.database.writing(DEMO) as session:
        visit = session.get_one(Visit, story.visit_id)
        visit.window_start, visit.window_end = visit.window_start + 7 * DAY, visit.window_end + 7 * DAY
    catches_up(world)
    assert kept_of(world) == before


def test_whoever_was_let_in_since_has_closed_it(world: World):
    job_id = a_job(world)
    nobody_in(world, job_id)
    for_job(a_visit(world, starts=world.now + DAY), job_id).at_the_door().answered().identified().consented().entered()
    before = kept_of(world)
    as_before_the_queue(world)
    catches_up(world)
    assert kept_of(world) == before
    assert the_case(world).stage == "closed"


def test_an_old_door_does_not_join_a_case_that_began_after_somebody_was_let_in(world: World):
    job_id = a_job(world)
    nobody_in(world, job_id)
    for_job(a_visit(world, starts=world.now + DAY), job_id).at_the_door().answered().identified().consented().entered()
    with world.database.as_owner(write=True).begin() as connection:
        for table in ("access_step", "access_attempt", "access_case"):
            connection.execute(text(f"DELETE FROM {table}"))
    nobody_in(world, job_id, days=2)  # by now there is a queue
    assert catches_up(world) == 1
    assert sorted(case.stage for case in rows(world, AccessCase)) == ["closed", "recorded"]


# --- asking again by a message ------------------------------------------------------------------------------------


def sends(world: World, code: str, **how: Any) -> None:
    does(world, access_chase.send, code, **how)


def offered(world: World) -> list[str]:
    with world.database.reading(world.principal("olive")) as session:
        case = session.scalars(select(AccessCase)).one()
        now = service.standing(session, case, world.policy)
        return [one.code for one in access_chase.offers(session, now, world.now + 3 * DAY, world.policy)]


def chased(world: World) -> list[Message]:
    return [one for one in rows(world, Message) if one.kind.startswith("access_") or one.kind == "call_us"]


def test_a_letter_that_asks_is_a_contact_and_moves_the_case(world: World):
    nobody_in(world)
    assert "access_ask sms" in offered(world)
    sends(world, "access_ask sms")
    [message], [one] = chased(world), rows(world, AccessContact)
    assert (message.kind, one.method, one.outcome) == ("access_ask", "text", "no_reply")
    assert the_case(world).stage == "tenant_contacted"
    assert legal_words_in(message.body) == () and "no_access" not in open_tasks(world)
    assert "access_again sms" in offered(world) and "access_ask sms" not in offered(world)


def test_a_form_sent_twice_sends_one_message(world: World):
    nobody_in(world)
    key = new_id()
    for _ in range(2):
        sends(world, "access_ask sms", key=key)
    assert (len(chased(world)), len(rows(world, AccessContact))) == (1, 1)


@pytest.mark.parametrize(
    "code", ["access_legal letter_first_class", "access_again sms", "access_ask pigeon", "", "notice sms"]
)
def test_what_is_not_offered_cannot_be_sent(world: World, code: str):
    nobody_in(world)
    assert refused(world, access_chase.send, code) in ("needs-sign-off", "first-asks", "no-way")
    assert chased(world) == []


def test_a_message_that_did_not_arrive_is_no_way_that_was_tried(world: World):
    nobody_in(world)
    sends(world, "access_ask sms")
    assert standing(world).case.methods == {"text"}
    [message] = chased(world)
    with world.database.writing(SENDING) as session:
        lost = session.get_one(Message, message.id)
        messages.receive(session, lost, "permanent-failure", world.now + 3 * DAY, by="callback", at=world.now + 3 * DAY)
    assert standing(world).case.methods == frozenset()
    assert "access_ask sms" in offered(world), "nobody has read the first one yet"


def test_where_nothing_may_be_said_of_a_visit_nothing_is(world: World):
    nobody_in(world)
    with world.database.writing(DEMO) as session:
        for household in session.scalars(select(Household)):
            household.protected = True
    sends(world, "access_ask sms")
    [message] = chased(world)
    assert message.kind == "call_us" and "((link))" not in message.body


def test_a_court_is_named_once_a_manager_has_signed_off(world: World):
    nobody_in(world)
    sends(world, "access_ask sms")
    assert not [code for code in offered(world) if code.startswith("access_legal")]
    with world.database.writing(DEMO) as session:
        session.scalars(select(AccessCase)).one().stage = "legal_considered"
    assert "access_legal letter_first_class" in offered(world) and "access_legal sms" not in offered(world)
    sends(world, "access_legal letter_first_class")
    assert "court" in legal_words_in(chased(world)[-1].body)
