"""What an officer does with a door that stayed shut: other ways, messages, review, a manager's sign-off."""

from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import DEMO, SENDING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.threats import legal_words_in
from fieldvisit.register.models import Household, PersonDuty
from fieldvisit.visits import access_chase
from fieldvisit.visits import access_service as service
from fieldvisit.visits import access_steps as steps
from fieldvisit.visits.access_cases import AccessCase, AccessContact, AccessStep
from fieldvisit.visits.pressed import Pressed
from tests.services.test_access_cases import (
    DAY,
    MINUTE,
    RIGHT,
    a_job,
    codes,
    contact,
    does,
    nobody_in,
    open_tasks,
    refused,
    rows,
    standing,
    the_case,
    three_times,
)
from tests.stories import a_visit
from tests.world import LONG_AGO, World

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
