"""`/office/refusals`: the queue, due first on top; one case with what counts and why; each step a small form of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.db import new_id
from fieldvisit.desk.refusals import queue
from fieldvisit.desk.refusals_words import letter
from fieldvisit.ground.roles import CHECKING, TENANT
from fieldvisit.ground.verdict import Allowed
from fieldvisit.register.models import Household
from fieldvisit.visits import access_rules as rules
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase, AccessContact, AccessStep
from fieldvisit.visits.service import lock
from fieldvisit.visits.tenant_acts import dispute
from tests.stories import FIRST_HOME, Story, a_visit
from tests.web.desk_forms import SOUTH_HOME, day, said
from tests.world import NOW, World

DAY = timedelta(days=1)
RIGHT = {"waited_min": 10, "called": True, "card_left": True}
THREATS = (
    "court",
    "legal",
    "law",
    "charge",
    "must",
    "evict",
    "tenancy",
    "warrant",
    "fail",
    "breach",
    "force",
    "last chance",
)


@pytest.fixture
def nobody_in(world: World) -> Story:
    return a_visit(world, starts=world.now - 2 * DAY).at_the_door().says("door.no_answer", **RIGHT)


def the_case(world: World) -> AccessCase:
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(AccessCase).order_by(AccessCase.opened_at)).one()


def here(world: World, form: str = "") -> str:
    return f"/office/refusals/{the_case(world).id}" + (f"/{form}" if form else "")


def a_contact(world: World, **typed: str) -> dict[str, str]:
    form = {"k": new_id(), "method": "phone", "happened_time": "9am", "outcome": "no_reply", "contact_words": "Rang."}
    return form | day("happened", (world.now - DAY).date()) | typed


def kept(world: World, model: type) -> list:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(model)))


# --- the queue ----------------------------------------------------------------------------------------------------


def test_what_is_due_first_is_on_top_with_its_reason(world: World, olive: FlaskClient):
    a_visit(world, starts=world.now - DAY).at_the_door().says("door.no_answer", **RIGHT)
    a_visit(world, home="100030000002", starts=world.now - 3 * DAY).at_the_door().answered().identified().refused()
    page = said(olive.get("/office/refusals"))
    assert page.index("2 Larch Close") < page.index("1 Larch Close")
    assert "Somebody in the home is unwell" in page and "Nobody answered" in page
    assert "Overdue" in page and "Due today" not in page


def test_the_queue_is_narrowed_to_one_reason(world: World, olive: FlaskClient, nobody_in: Story):
    a_visit(world, home="100030000002", starts=world.now - DAY).at_the_door().answered().identified().refused()
    page = said(olive.get("/office/refusals?reason=unwell"))
    assert "2 Larch Close" in page and "1 Larch Close" not in page


def test_a_closed_case_and_another_area_are_not_in_the_queue(world: World, olive: FlaskClient):
    south = a_visit(world, home=SOUTH_HOME, lead="carl", by="otto", starts=world.now - DAY)
    south.at_the_door().says("door.no_answer", **RIGHT)
    assert "No door waits for you" in said(olive.get("/office/refusals"))
    assert olive.get(here(world)).status_code == 404
    assert world.client("otto").get(here(world)).status_code == 200


def test_a_long_queue_goes_on_where_it_stopped(world: World):
    for home in ("100030000001", "100030000002", "100030000003"):
        a_visit(world, home=home, starts=world.now - DAY).at_the_door().says("door.no_answer", **RIGHT)
    asking, after, seen = world.principal("olive"), None, []
    with world.database.reading(asking) as session:
        for _ in range(3):
            listed, after = queue(session, asking, "", after, most=1)
            seen += [one.case.id for one in listed]
    assert (len(set(seen)), after) == (3, None)


def test_its_tasks_lead_to_the_queue(olive: FlaskClient, nobody_in: Story):
    assert 'href="/office/refusals">Refusals and no access' in olive.get("/office/tasks").text


# --- one case -----------------------------------------------------------------------------------------------------


def test_the_page_says_what_counts_and_where_it_is_written(world: World, olive: FlaskClient, nobody_in: Story):
    page = said(olive.get(here(world)))
    assert "Counts We gave notice, came inside the time told, waited, called and left a card." in page
    assert "1 of 3 for a review" in page
    assert "The worker waited 10 minutes, called, and left a card." in page
    assert "Nobody answered: try another way to reach the tenant" in page, "its dated task"


@pytest.mark.parametrize(
    ("reason", "clause"), [("trusted-adult", "ME-3.1f"), ("no-id", "ME-3.2b2"), ("unwell", "ME-3.1e")]
)
def test_a_valid_refusal_does_not_count_and_says_why(world: World, olive: FlaskClient, reason: str, clause: str):
    a_visit(world, starts=world.now - DAY).at_the_door().answered().identified().refused(
        reason, words="Not without my son"
    )
    page = said(olive.get(here(world)))
    assert "Does not count The tenant had a valid reason to say no. It is never counted." in page
    assert clause in page and "Not without my son" in page
    assert ("a conduct case follows" in page) == (reason == "no-id")


def test_reading_the_queue_and_a_case_is_logged(world: World, olive: FlaskClient, nobody_in: Story):
    olive.get("/office/refusals")
    olive.get(here(world))
    with world.database.reading(CHECKING) as session:
        found = session.scalars(select(AccessRecord).where(AccessRecord.record == "access-case"))
        assert [(row.action, row.object_id) for row in found] == [("list", ""), ("read", the_case(world).id)]


def test_no_page_offers_to_count_an_attempt_all_the_same(world: World, olive: FlaskClient):
    a_visit(world, starts=world.now - DAY).at_the_door().answered().identified().refused()
    page = olive.get(here(world)).text.lower()
    assert not any(word in page for word in ("override", "anyway", "count it", "ignore"))


def test_what_must_come_first_is_said(world: World, olive: FlaskClient, nobody_in: Story):
    page = said(olive.get(here(world)))
    assert "Book a new visit: Get in touch with the tenant first" in page
    assert "Begin the review: Try to reach the tenant another way first." in page
    assert "Sign off" not in page and "Make a plan" not in page


# --- steps --------------------------------------------------------------------------------------------------------


def test_a_contact_is_kept_once_however_often_it_is_pressed(world: World, olive: FlaskClient, nobody_in: Story):
    form = a_contact(world)
    for _ in range(3):
        answer = olive.post(here(world, "contact"), data=form)
        assert (answer.status_code, answer.location) == (303, here(world) + "?done=contact")
    assert len(kept(world, AccessContact)) == 1
    page = said(olive.get(answer.location))
    assert "The contact is written down." in page and "Tenant contacted" in page and "Rang." in page


def test_a_contact_half_typed_loses_nothing(world: World, olive: FlaskClient, nobody_in: Story):
    answer = olive.post(here(world, "contact"), data=a_contact(world, happened_time="", contact_words="Rang her son"))
    assert answer.status_code == 422
    assert "Say at what time." in said(answer) and "Rang her son" in said(answer)
    assert 'id="happened_time-error"' in answer.text and kept(world, AccessContact) == []


def test_a_contact_in_the_future_is_refused_beside_its_box(world: World, olive: FlaskClient, nobody_in: Story):
    form = a_contact(world) | day("happened", (world.now + DAY).date())
    answer = olive.post(here(world, "contact"), data=form)
    assert answer.status_code == 409
    assert 'id="happened-error"' in answer.text and "That is in the future." in said(answer)


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_child_alone_is_asked_about_and_no_answer_is_kept_anywhere(world: World, olive: FlaskClient, answer: str):
    a_visit(world, starts=world.now).at_the_door().says("door.child_answered", adult_coming=False)
    assert "think about safeguarding today" in said(olive.get(here(world)))
    assert olive.post(here(world, "safeguarding"), data={"k": new_id()}).status_code == 422
    came = olive.post(here(world, "safeguarding"), data={"k": new_id(), "safeguarding": answer})
    assert came.location == here(world) + "?done=safeguarding", "the address is the same for both"
    assert "In danger now: 999" in said(olive.get(came.location)), "whom to ring, whatever was answered"
    [step] = kept(world, AccessStep)
    assert {step.code, step.words, step.equality} == {""}
    with world.database.reading(CHECKING) as session:
        reasons = session.scalars(select(AccessRecord.reason).where(AccessRecord.action == "work")).all()
    assert reasons == ["safeguarding"]


def test_a_review_wants_both_boxes_and_both_words(world: World, olive: FlaskClient, nobody_in: Story):
    answer = olive.post(
        here(world, "review"), data={"k": new_id(), "equality_checked": "yes", "vulnerability": "Well."}
    )
    page = said(answer)
    assert answer.status_code == 422
    assert "Tick this when you have asked what the tenant needs" in page
    assert "Tick this when you have thought about the Equality Act." not in page
    assert "Write how disability and the other characteristics bear on this." in page


def test_one_attempt_is_too_few_for_a_review(world: World, olive: FlaskClient, nobody_in: Story):
    olive.post(here(world, "contact"), data=a_contact(world))
    form = {
        "k": new_id(),
        "vulnerability_checked": "yes",
        "equality_checked": "yes",
        "vulnerability": "x",
        "equality": "y",
    }
    answer = olive.post(here(world, "review"), data=form)
    assert (answer.status_code, the_case(world).stage) == (409, "tenant_contacted")
    assert "1 of 3 attempts that count." in said(answer)


def test_a_dispute_is_shown_and_looked_at(world: World, olive: FlaskClient, nobody_in: Story):
    with world.database.writing(TENANT) as session:
        visit = lock(session, nobody_in.visit_id)
        assert visit
        dispute(
            session, visit, "I was in all day.", Allowed(), form_key=new_id(), at=world.now - DAY, policy=world.policy
        )  # fmt: skip
    assert "The tenant disputes it" in said(olive.get("/office/refusals"))
    page = said(olive.get(here(world)))
    assert "I was in all day." in page and "Does not count" in page
    [attempt] = kept(world, AccessAttempt)
    address = here(world, f"attempts/{attempt.id}/settle")
    assert olive.post(address, data={"k": new_id()}).status_code == 422
    form = {"k": new_id(), f"finding_{attempt.id}": "wrong", f"found_{attempt.id}": "The photo is of another door."}
    assert olive.post(address, data=form).status_code == 303
    page = said(olive.get(here(world)))
    assert "An officer found that the record was wrong." in page and "The photo is of another door." in page
    assert "disputes it" not in said(olive.get("/office/refusals"))


def test_support_is_arranged_in_words(world: World, olive: FlaskClient):
    a_visit(world, starts=world.now - 2 * DAY).at_the_door().answered().identified().refused("trusted-adult")
    olive.post(here(world, "contact"), data=a_contact(world, outcome="reached"))
    form = {"k": new_id(), "support_words": "Her son is there on Friday."}
    assert olive.post(here(world, "support"), data=form).status_code == 303
    assert "Her son is there on Friday." in said(olive.get(here(world)))
    again = a_visit(world, starts=world.now + 3 * DAY).told()
    assert olive.post(here(world, "rebook"), data={"k": new_id(), "visit": again.visit_id}).status_code == 303
    assert "New visit booked" in said(olive.get(here(world)))


# --- the letter ---------------------------------------------------------------------------------------------------

LAST = rules.Attempt(rules.NO_ANSWER, False, "full", NOW, NOW, NOW)


def test_no_letter_threatens(world: World):
    for kind in (rules.NO_ANSWER, rules.REFUSED, rules.CHILD_ALONE):
        for valid in (True, False):
            for closed in (True, False):
                last = replace(LAST, kind=kind, valid=valid)
                words = " ".join(letter(last, world.policy, content_free=False, closed=closed)).lower()
                assert not [threat for threat in THREATS if threat in words]
                assert world.policy.council.office_line.value in words


def test_a_letter_to_a_home_where_post_is_not_safe_says_nothing_of_a_visit(
    world: World, olive: FlaskClient, nobody_in: Story
):
    with world.database.writing(world.principal("olive")) as session:
        row = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        row.contact_safety = row.contact_safety | {"letter": "content_free"}
    page = said(olive.get(here(world)))
    assert "Please call us about your home." in page and "We came to your home" not in page


def test_only_officers_of_the_area_come_here(world: World, nobody_in: Story):
    for who in ("asha", "mona", "hana", "lena", "ines", "adam", "aud", "otto"):
        assert world.client(who).get(here(world)).status_code == 404, who


# --- asking again -------------------------------------------------------------------------------------------------


def test_the_words_are_shown_before_they_go_and_stand_under_the_contacts(
    world: World, olive: FlaskClient, nobody_in: Story
):
    page = said(olive.get(here(world)))
    assert "Ask for a new time, by text message" in page and "You have done nothing wrong. Which day suits you" in page
    answer = olive.post(here(world, "send"), data={"k": new_id(), "send": "access_ask sms"})
    page = said(olive.get(answer.location))
    assert "The message is on its way, and written down as a contact." in page and "What we wrote" in page
    assert "Ask once more, by text message" in page


def test_a_court_cannot_be_named_by_a_form_made_by_hand(world: World, olive: FlaskClient, nobody_in: Story):
    answer = olive.post(here(world, "send"), data={"k": new_id(), "send": "access_legal letter_first_class"})
    assert answer.status_code == 409 and "only after a plan, and a manager’s sign-off" in said(answer)
