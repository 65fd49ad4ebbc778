"""The scheduler records how the tenant was told, with proof, and the page says what the notice rule makes of it."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING
from fieldvisit.tasks import Task
from fieldvisit.visits.models import Entry
from tests.stories import Story, a_visit
from tests.web.desk_forms import (
    HOUR,
    MINUTE,
    act,
    day,
    household,
    kinds_of,
    plan_of,
    said,
    told_by_hand,
    tomorrow,
)
from tests.world import World


@pytest.mark.parametrize(
    ("given_before", "words", "clause"),
    [
        (24 * HOUR - MINUTE, "23 hours 59 minutes before the window starts. At least 24 hours are needed", "ME-3.1a"),
        (24 * HOUR, "24 hours before the window starts. That is enough, though less than the 48 hours", "ME-3.1a"),
        (24 * HOUR + MINUTE, "24 hours 1 minute before the window starts. That is enough", "ME-3.1a"),
    ],
)
def test_the_page_says_the_24_hours_in_words(
    world: World, olive: FlaskClient, given_before: timedelta, words: str, clause: str
) -> None:
    story = a_visit(world, starts=world.now + 23 * HOUR)
    form = told_by_hand(world.now + 23 * HOUR - given_before)
    answer = olive.post(act(story, "notices"), data=form)
    assert answer.status_code == 303
    page = said(olive.get(answer.location))
    assert words in page
    assert f"Where this is written: {clause}" in page
    assert "How we know: Card 12, says Ben" in page


def test_a_short_answer_says_the_earliest_time(world: World, olive: FlaskClient) -> None:
    story = a_visit(world, starts=world.now + 5 * HOUR)
    page = said(olive.get(olive.post(act(story, "notices"), data=told_by_hand(world.now)).location))
    assert "Short notice" in page
    assert "The earliest time that would be allowed: 9am on Wednesday 9 December 2026" in page


CHANNELS: list[tuple[dict[str, str], str]] = [
    ({"channel": "phone"}, "minimum"),
    ({"channel": "in_person"}, "minimum"),
    ({"channel": "letterbox"}, "minimum"),
    ({"channel": "voicemail"}, "short"),
    ({"channel": "sms", "delivery": "delivered", "delivered_time": "9am"}, "minimum"),
    ({"channel": "email", "delivery": "pending"}, "short"),
    ({"channel": "letter_first_class"} | day("despatched", date(2026, 12, 4)), "minimum"),
    ({"channel": "letter_second_class"} | day("despatched", date(2026, 12, 4)), "short"),
    ({"channel": "signed_for", "delivered_time": "9am"}, "minimum"),
]


def test_every_channel_can_be_recorded(world: World, olive: FlaskClient) -> None:
    for typed, result in CHANNELS:
        story = tomorrow(world, 40)
        form = told_by_hand(world.now, **typed)
        if "delivered_time" in typed:
            form |= day("delivered", world.now.date())
        assert olive.post(act(story, "notices"), data=form).status_code == 303, typed
        assert story.row().notice_result == result, typed


def test_a_child_who_took_the_letter_is_nobody_told(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world)
    olive.post(act(story, "notices"), data=told_by_hand(world.now, spoke_to="adult", age="under_16"))
    page = said(olive.get(plan_of(story)))
    assert "The notice was given to a child, so the tenant was not told." in page
    assert "NR-14" in page


def test_a_notice_that_did_not_say_who_is_coming_does_not_count(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world)
    form = told_by_hand(world.now)
    del form["states_who"]
    olive.post(act(story, "notices"), data=form)
    assert "The notice did not say who is coming." in said(olive.get(plan_of(story)))


def test_planned_works_are_measured_from_the_programme(world: World, olive: FlaskClient) -> None:
    story = a_visit(world, kind="planned_works", starts=world.now + timedelta(days=20), planned_at=world.now - HOUR)
    form = told_by_hand(world.now) | day("programme_start", date(2026, 12, 21)) | day("programme_end", date(2027, 1, 8))
    answer = olive.post(act(story, "notices"), data=form)
    assert "13 days before work starts. At least 14 are needed" in said(olive.get(answer.location))
    assert "ME-3.1c" in said(olive.get(answer.location))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"channel": ""}, "Choose how the tenant was told."),
        ({"sent_time": "9:06am"}, "That is in the future."),
        ({"sent-year": "26"}, "Write the year with four numbers, like 2026."),
        ({"sent_time": ""}, "Say at what time."),
        ({"spoke_to": ""}, "Say who was told, or who took it."),
        ({"proof": ""}, "Say how we know: a reference number, or who says so."),
        ({"channel": "letter_first_class"}, "Say on which day the letter left the building."),
        ({"channel": "sms", "delivery": "delivered"}, "Say when it was delivered."),
    ],
)
def test_what_a_record_lacks_is_said_and_nothing_is_lost(
    world: World, olive: FlaskClient, typed: dict[str, str], sentence: str
) -> None:
    story = tomorrow(world)
    form = told_by_hand(world.now) | {"proof": "Ref <88>"} | typed
    answer = olive.post(act(story, "notices"), data=form)
    assert answer.status_code == 422
    assert sentence in said(answer)
    assert form["proof"].replace("<", "&lt;").replace(">", "&gt;") + "</textarea>" in answer.text
    assert f'value="{form["sent-day"]}"' in answer.text
    assert kinds_of(world, story) == ["visit.planned"]


def test_five_minutes_ahead_of_our_clock_is_not_the_future(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world)
    assert olive.post(act(story, "notices"), data=told_by_hand(world.now, sent_time="9:05am")).status_code == 303


def test_two_presses_record_one_notice(world: World, olive: FlaskClient) -> None:
    story, form = tomorrow(world), told_by_hand(world.now)
    assert [olive.post(act(story, "notices"), data=form).status_code for _ in range(2)] == [303, 303]
    assert kinds_of(world, story) == ["visit.planned", "notice.recorded"]


def test_choosing_a_channel_says_at_once_that_the_household_cannot_use_it(world: World, olive: FlaskClient) -> None:
    household(world, unusable_channels=["sms"])
    story = tomorrow(world)
    asked = {"do": "fields", "channel": "sms"}
    piece = olive.post(act(story, "notices"), data=asked, headers={"HX-Request": "true"})
    assert "This household has told us that it cannot use: text message." in said(piece)
    assert "What does the receipt say?" in said(piece)
    assert "Who was told, or took it?" not in said(piece)
    assert kinds_of(world, story) == ["visit.planned"]


def test_a_channel_that_the_household_cannot_use_is_recorded_and_does_not_count(
    world: World, olive: FlaskClient
) -> None:
    household(world, unusable_channels=["handed"])
    story = tomorrow(world)
    page = said(olive.get(olive.post(act(story, "notices"), data=told_by_hand(world.now)).location))
    assert "It is recorded, but it does not count" in page
    assert "NR-13" in page
    assert story.row().notice_result == "short"


def notice_of(world: World, story: Story) -> str:
    with world.database.reading(CHECKING) as session:
        recorded = select(Entry).where(Entry.visit_id == story.visit_id, Entry.kind == "notice.recorded")
        found: str = session.scalars(recorded).one().body["notice"]
        return found


def test_a_text_that_failed_counts_no_more_and_makes_a_task_for_today(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world, 72).told("sms", hours_before=73)
    address = act(story, f"notices/{notice_of(world, story)}/failed")
    form = {"failure": "permanent-failure", "k": new_id()}
    assert [olive.post(address, data=form).status_code for _ in range(2)] == [303, 303]
    assert (story.row().notice_result, story.row().stage) == ("short", "notice_pending")
    with world.database.reading(CHECKING) as session:
        [task] = session.scalars(select(Task)).all()
    assert (task.kind, task.about_id, task.due_at.isoformat()) == (
        "notice_failed", story.visit_id, "2026-12-08T23:59:59+00:00",
    )  # fmt: skip
    again = olive.post(address, data=form | {"k": new_id()})
    assert (again.status_code, "This notice is already marked as failed." in said(again)) == (409, True)


def test_a_notice_recorded_by_mistake_is_withdrawn_and_kept(world: World, olive: FlaskClient) -> None:
    story = tomorrow(world).told("handed")
    address = act(story, f"notices/{notice_of(world, story)}/withdrawn")
    assert olive.post(address, data={"why": "recorded_by_mistake", "k": new_id()}).status_code == 303
    page = said(olive.get(plan_of(story)))
    assert "Withdrawn It counts for nothing now." in page
    assert story.row().notice_result == "short"


def test_a_notice_of_another_visit_is_not_there(world: World, olive: FlaskClient) -> None:
    one, other = tomorrow(world).told("handed"), tomorrow(world)
    address = act(other, f"notices/{notice_of(world, one)}/withdrawn")
    assert olive.post(address, data={"why": "other", "k": new_id()}).status_code == 404
