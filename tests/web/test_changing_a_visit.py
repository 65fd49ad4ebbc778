"""The scheduler agrees a time, moves, cancels, sends somebody else, or takes the call of a worker at the door."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING
from fieldvisit.register.models import PersonArea
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Words
from tests.stories import FIRST_HOME, a_visit
from tests.web.desk_forms import (
    HOUR,
    MINUTE,
    SOUTH_HOME,
    SignedIn,
    act,
    day,
    expire_badge,
    kinds_of,
    new_address,
    plan_of,
    said,
    told_by_hand,
    tomorrow,
)
from tests.world import World

# --- agreeing, confirming, moving, cancelling


def test_a_tenant_who_accepts_a_sooner_time_makes_it_agreed(world: World, olive: FlaskClient) -> None:
    story = a_visit(world, starts=world.now + 5 * HOUR)
    page = said(olive.get(olive.post(act(story, "agreed"), data={"k": new_id(), "agreed_by": "tenant"}).location))
    assert "The tenant asked for or accepted this sooner time." in page
    assert "NR-11" in page
    assert (story.row().notice_result, story.row().stage) == ("agreed", "notified")


def test_whoever_visits_cannot_record_that_the_tenant_agreed(world: World, olive: FlaskClient) -> None:
    story = a_visit(world, lead="olive", starts=world.now + 5 * HOUR)
    answer = olive.post(act(story, "agreed"), data={"k": new_id(), "agreed_by": "tenant"})
    assert answer.status_code == 409
    assert "You are on this visit. Somebody else must record the agreement." in said(answer)
    assert "NR-11" in said(answer)


def test_a_tenant_confirms_a_time_or_asks_for_another(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world).told("handed")
    assert olive.post(act(story, "confirmed"), data={"k": new_id()}).status_code == 303
    assert story.row().stage == "confirmed"
    form = {"k": new_id(), "asked_words": "I am at the hospital that day"}
    assert olive.post(act(story, "asks-other-time"), data=form).status_code == 303
    assert story.row().stage == "rearranging"
    with world.database.reading(CHECKING) as session:
        assert "I am at the hospital that day" in session.scalars(select(Words.text)).all()


def test_nobody_confirms_a_time_that_they_were_not_told(world: World, olive: FlaskClient) -> None:
    answer = olive.post(act(tomorrow(world), "confirmed"), data={"k": new_id()})
    assert answer.status_code == 409
    assert "The tenant has not been told of this time yet." in said(answer)


def a_move(**typed: str) -> dict[str, str]:
    form = {"k": new_id(), "move_by": "council", "move_reason": "overrun", "move_apologised": "yes",
            "move_start": "2pm", "move_end": "4pm"} | day("move_day", date(2026, 12, 14))  # fmt: skip
    return form | typed


def test_a_moved_visit_needs_its_own_notice(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world).told("handed")
    page = said(olive.get(olive.post(act(story, "moved"), data=a_move()).location))
    assert "The tenant was told a different time, and this is a new one" in page
    assert "NR-7" in page
    assert story.row().stage == "rearranging"


def test_moving_a_visit_needs_an_apology_unless_the_tenant_asked(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world).told("handed")
    form = a_move(move_apologised="")
    answer = olive.post(act(story, "moved"), data=form)
    assert answer.status_code == 409
    assert "Tell the tenant you are sorry, then record that you did." in said(answer)
    assert "ME-3.2d" in said(answer)
    assert 'value="2pm"' in answer.text
    assert olive.post(act(story, "moved"), data=form | {"move_by": "tenant"}).status_code == 303


def test_a_visit_is_not_moved_beyond_the_workers_badge(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world)
    answer = olive.post(act(story, "moved"), data=a_move() | day("move_day", date(2027, 4, 1)))
    assert answer.status_code == 409
    assert "Asha Kaur cannot be sent. This badge ran out at the end of Wednesday 31 March 2027." in said(answer)


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [("cancel_apologised", "Tell the tenant you are sorry"), ("cancel_offered", "Offer the tenant a new time")],
)
def test_cancelling_needs_an_apology_and_a_new_time(
    world: World, olive: FlaskClient, left_out: str, sentence: str
) -> None:
    story = tomorrow(world)
    form = {"k": new_id(), "cancel_by": "council", "cancel_reason": "worker_ill", "cancel_apologised": "yes",
            "cancel_offered": "yes", "cancel_words": "Asha has the flu"}  # fmt: skip
    answer = olive.post(act(story, "cancelled"), data=form | {left_out: ""})
    assert answer.status_code == 409
    assert sentence in said(answer)
    assert "ME-3.2d" in said(answer)
    assert "Asha has the flu</textarea>" in answer.text
    assert olive.post(act(story, "cancelled"), data=form | {left_out: "", "cancel_by": "tenant"}).status_code == 303
    assert story.row().stage == "cancelled"


def test_nothing_can_be_done_with_a_visit_that_is_over(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world).desk(ev.VisitCancelled("tenant", "tenant_asked", False, False))
    assert olive.post(act(story, "moved"), data=a_move()).status_code == 409
    assert olive.post(act(story, "notices"), data=told_by_hand(world.now)).status_code == 409
    assert olive.post(act(story, "set-off"), data={"k": new_id()}).status_code == 409


# --- sending somebody else


def test_somebody_else_is_sent_and_the_visit_goes_to_their_firm(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world).told("handed")
    form = {"k": new_id(), "do": "save", "new_lead": world.ids["carl"], "tenant_told": "yes"}
    assert olive.post(act(story, "reassigned"), data=form).status_code == 303
    visit = story.row()
    assert (visit.lead_id, visit.firm_id) == (world.ids["carl"], world.ids["Oakline Repairs"])
    assert visit.notice_result == "full"


def test_somebody_out_of_date_is_not_sent_instead(world: World, olive: FlaskClient) -> None:
    story = a_visit(world, lead="carl", starts=world.now + 48 * HOUR)
    with world.database.writing(None) as session:
        expire_badge(session, world)
    answer = olive.post(act(story, "reassigned"), data={"k": new_id(), "do": "save", "new_lead": world.ids["asha"]})
    assert answer.status_code == 409
    assert "Asha Kaur cannot be sent. This badge ran out" in said(answer)
    assert story.row().lead_id == world.ids["carl"]


def test_the_tenant_must_know_who_is_coming_before_anybody_arrives(world: World, olive: FlaskClient) -> None:
    story = a_visit(world).told("handed")
    olive.post(act(story, "reassigned"), data={"k": new_id(), "do": "save", "new_lead": world.ids["carl"]})
    assert "the tenant has not been told" in said(olive.get(plan_of(story)))
    for step in ("set-off", "at-the-door"):
        answer = olive.post(act(story, step), data={"k": new_id()})
        assert answer.status_code == 409
        assert "the tenant has not been told who is coming" in said(answer)
        assert "ME-3.1b" in said(answer)


# --- the worker rang in


@pytest.mark.parametrize("step", ["set-off", "at-the-door"])
def test_a_short_visit_cannot_be_moved_to_the_door(world: World, olive: FlaskClient, step: str) -> None:
    story = a_visit(world).told("handed", hours_before=10)
    answer = olive.post(act(story, step), data={"k": new_id()})
    assert answer.status_code == 409
    page = said(answer)
    assert "10 hours before the window starts. At least 24 hours are needed" in page
    assert "Where this is written: ME-3.1a" in page
    assert "The earliest time that would be allowed: 11pm on Tuesday 8 December 2026" in page
    assert story.row().stage == "notified"


def test_the_button_for_the_door_is_not_offered_for_a_short_visit(world: World, olive: FlaskClient) -> None:
    story = a_visit(world).told("handed", hours_before=10)
    assert "Record that they are at the door" not in said(olive.get(plan_of(story)))


def test_whoever_rings_from_the_door_has_set_off_too(world: World, olive: FlaskClient) -> None:
    story, form = a_visit(world).told("handed"), {"k": new_id()}
    assert [olive.post(act(story, "at-the-door"), data=form).status_code for _ in range(2)] == [303, 303]
    assert kinds_of(world, story)[-2:] == ["visit.set_off", "visit.arrived"]
    assert (story.row().stage, story.row().exceptions) == ("at_door", [])


def test_nobody_is_put_at_the_door_before_the_window_opens(world: World, olive: FlaskClient) -> None:
    story = a_visit(world, starts=world.now + MINUTE).told("handed")
    answer = olive.post(act(story, "at-the-door"), data={"k": new_id()})
    assert answer.status_code == 409
    assert "The worker must wait outside until the window opens." in said(answer)
    assert "9:01am on Tuesday 8 December 2026" in said(answer)
    assert "NR-7" in said(answer)


def test_nobody_sets_off_with_a_badge_that_has_run_out(world: World, olive: FlaskClient) -> None:
    story = a_visit(world).told("handed")
    with world.database.writing(None) as session:
        expire_badge(session, world)
    answer = olive.post(act(story, "set-off"), data={"k": new_id()})
    assert answer.status_code == 409
    assert "Asha Kaur cannot be sent. This badge ran out" in said(answer)


def test_any_officer_of_the_area_takes_the_call(world: World, signed_in: SignedIn) -> None:
    story, short = a_visit(world).told("handed"), a_visit(world)
    dora = signed_in("dora")
    assert dora.post(act(story, "set-off"), data={"k": new_id()}).location == f"/office/visits/{story.visit_id}"
    answer = dora.post(act(short, "set-off"), data={"k": new_id()})
    assert answer.status_code == 409
    assert "No notice counts. The tenant has not been told of this visit." in said(answer)


# --- walls

ACTS = (
    "notices", "agreed", "confirmed", "asks-other-time", "moved", "cancelled", "reassigned", "set-off", "at-the-door",
)  # fmt: skip


def test_a_visit_of_another_area_is_not_there(world: World, signed_in: SignedIn) -> None:
    story, otto = tomorrow(world), signed_in("otto")
    assert otto.get(plan_of(story)).status_code == 404
    for name in ACTS:
        assert otto.post(act(story, name), data={"k": new_id()}).status_code == 404, name
    assert kinds_of(world, story) == ["visit.planned"]


@pytest.mark.parametrize("ref", ["dora", "mona", "asha"])
def test_only_a_scheduler_changes_a_visit(world: World, signed_in: SignedIn, ref: str) -> None:
    story, client = tomorrow(world), signed_in(ref)
    for name in ACTS[:-2]:
        assert client.post(act(story, name), data={"k": new_id()}).status_code == 404, name


def test_an_area_that_one_sees_but_does_not_schedule_is_not_ones_to_plan(world: World, signed_in: SignedIn) -> None:
    story = tomorrow(world)
    with world.database.writing(None) as session:
        session.add(PersonArea(person_id=world.ids["otto"], area_id=world.ids["North"], starts=world.now - HOUR))
    otto = signed_in("otto")
    assert otto.get(new_address(world)).status_code == 404
    assert "No home found" in said(otto.post("/office/plan", data={"uprn": FIRST_HOME}))
    assert otto.get(plan_of(story)).status_code == 404
    assert otto.post(act(story, "confirmed"), data={"k": new_id()}).status_code == 404


def test_ones_own_visit_in_another_area_is_not_ones_to_plan(world: World, olive: FlaskClient) -> None:
    story = a_visit(world, by="otto", lead="olive", home=SOUTH_HOME).told("handed")
    assert olive.get(plan_of(story)).status_code == 404
    assert olive.post(act(story, "at-the-door"), data={"k": new_id()}).status_code == 404


def test_a_key_that_was_used_for_another_visit_changes_nothing(world: World, olive: FlaskClient) -> None:
    one, other, key = tomorrow(world).told("handed"), tomorrow(world).told("handed"), new_id()
    assert olive.post(act(one, "confirmed"), data={"k": key}).status_code == 303
    assert olive.post(act(other, "confirmed"), data={"k": key}).status_code == 409
    assert other.row().stage == "notified"
