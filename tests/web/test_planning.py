"""The scheduler plans a visit, tells the tenant, and sees at once what the notice rule says."""

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.badges.models import Badge
from fieldvisit.codes.models import Acknowledgement
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING
from fieldvisit.register.models import Firm, Household, Person, PersonArea
from fieldvisit.tasks import Task
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Entry, Job, Visit, Words
from tests.stories import FIRST_HOME, Story, a_visit
from tests.world import World

SignedIn = Callable[[str], FlaskClient]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SOUTH_HOME = "100030000004"


@pytest.fixture
def olive(signed_in: SignedIn) -> FlaskClient:
    return signed_in("olive")


def said(answer: Any) -> str:
    """The page's words as a person reads them."""
    text = re.sub(r"<[^>]+>", " ", re.sub(r"<(style|script).*?</\1>", "", answer.text, flags=re.S))
    return re.sub(r"\s+", " ", html.unescape(text))


def day(name: str, on: date) -> dict[str, str]:
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}


def a_plan(world: World, **typed: str) -> dict[str, str]:
    form = {"k": new_id(), "do": "save", "kind": "responsive_repair", "reason": "The boiler does not heat",
            "lead": world.ids["asha"], "start": "9am", "end": "12pm"} | day("day", date(2026, 12, 10))  # fmt: skip
    return form | typed


def new_address(world: World, home: str = FIRST_HOME) -> str:
    return f"/office/plan/{world.ids[home]}"


def tomorrow(world: World, hours: int = 48) -> Story:
    """Planned last night, for so many hours from now."""
    return a_visit(world, starts=world.now + hours * HOUR, planned_at=world.now - 12 * HOUR)


def plan_of(story: Story) -> str:
    return f"/office/visits/{story.visit_id}/plan"


def act(story: Story, name: str) -> str:
    return f"/office/visits/{story.visit_id}/{name}"


def all_visits(world: World) -> list[Visit]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(Visit)))


def kinds_of(world: World, story: Story) -> list[str]:
    with world.database.reading(CHECKING) as session:
        kinds = select(Entry.kind).where(Entry.visit_id == story.visit_id).order_by(Entry.position)
        return list(session.scalars(kinds))


def told_by_hand(at: datetime, **typed: str) -> dict[str, str]:
    form = {"k": new_id(), "channel": "handed", "sent_time": f"{at:%H:%M}", "spoke_to": "tenant", "age": "adult",
            "states_who": "yes", "states_why": "yes", "proof": "Card 12, says Ben"}  # fmt: skip
    return form | day("sent", at.date()) | typed


def household(world: World, **needs: Any) -> None:
    with world.database.writing(world.principal("olive")) as session:
        found = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        for name, value in needs.items():
            setattr(found, name, value)


# --- finding the home


@pytest.mark.parametrize("typed", [{"postcode": "le139aa", "house": "2"}, {"uprn": "100030000002"}])
def test_a_home_is_found_by_postcode_and_house_or_by_uprn(
    world: World, olive: FlaskClient, typed: dict[str, str]
) -> None:
    assert olive.post("/office/plan", data=typed).location == new_address(world, "100030000002")


def test_a_job_reference_leads_to_its_home_with_the_job_chosen(world: World, olive: FlaskClient) -> None:
    with world.database.writing(world.principal("olive")) as session:
        job = Job(ref="J-77", home_id=world.ids[FIRST_HOME], kind="safety_check", reason="The yearly gas check")
        session.add(job)
    page = olive.get(olive.post("/office/plan", data={"job": "J-77"}).location)
    assert f'<option value="{job.id}" selected>' in page.text
    assert "The yearly gas check</textarea>" in page.text
    assert re.search(r'value="safety_check" checked', page.text)


def test_several_homes_of_a_postcode_are_listed(olive: FlaskClient) -> None:
    found = said(olive.post("/office/plan", data={"postcode": "LE13 9AA"}))
    assert "2 homes found" in found
    assert "1 Larch Close" in found
    assert "2 Larch Close" in found


def test_house_3_is_not_house_13(world: World, olive: FlaskClient) -> None:
    assert olive.post("/office/plan", data={"postcode": "LE13 9AB", "house": "flat 3"}).status_code == 303
    assert "No home found" in said(olive.post("/office/plan", data={"postcode": "LE13 9AB", "house": "13"}))


def test_a_home_of_another_area_is_not_there(world: World, olive: FlaskClient) -> None:
    assert "No home found" in said(olive.post("/office/plan", data={"uprn": SOUTH_HOME}))
    assert olive.get(new_address(world, SOUTH_HOME)).status_code == 404
    assert olive.post(new_address(world, SOUTH_HOME), data=a_plan(world)).status_code == 404


def test_an_empty_search_says_what_to_write_and_keeps_the_rest(olive: FlaskClient) -> None:
    answer = olive.post("/office/plan", data={"house": "12"})
    assert answer.status_code == 422
    assert "Write the postcode too." in said(answer)
    assert 'value="12"' in answer.text


@pytest.mark.parametrize("ref", ["dora", "asha", "mona", "hana", "adam"])
def test_only_a_scheduler_plans(world: World, signed_in: SignedIn, ref: str) -> None:
    client = signed_in(ref)
    assert client.get("/office/plan").status_code == 404
    assert client.post(new_address(world), data=a_plan(world)).status_code == 404


# --- planning


def test_what_the_household_asked_for_is_read_before_anything_is_planned(world: World, olive: FlaskClient) -> None:
    household(world, trusted_adult=True, language="pl", unusable_channels=["sms"], precautions=["knock_loudly"])
    page = said(olive.get(new_address(world)))
    for words in ("Trusted adult", "Polish", "Text message. It does not count as notice.", "Knock loudly"):
        assert words in page


def test_a_planned_visit_has_a_page_that_says_nobody_has_told_the_tenant(world: World, olive: FlaskClient) -> None:
    answer = olive.post(new_address(world), data=a_plan(world))
    assert answer.status_code == 303
    page = said(olive.get(answer.location))
    assert "The visit is planned." in page
    assert "No notice counts. The tenant has not been told of this visit." in page
    [visit] = all_visits(world)
    assert (visit.stage, visit.notice_result) == ("draft", "short")
    assert visit.window_start == datetime(2026, 12, 10, 9, tzinfo=UTC)


def test_two_presses_of_the_button_plan_one_visit(world: World, olive: FlaskClient) -> None:
    form = a_plan(world)
    first, second = (olive.post(new_address(world), data=form) for _ in range(2))
    assert first.location == second.location
    assert len(all_visits(world)) == 1


def test_the_same_form_with_another_time_is_not_taken_for_the_first(world: World, olive: FlaskClient) -> None:
    form = a_plan(world)
    olive.post(new_address(world), data=form)
    again = olive.post(new_address(world), data=form | {"start": "10am"})
    assert again.status_code == 409
    assert "This form was sent once already, with other answers." in said(again)
    assert len(all_visits(world)) == 1


def test_a_form_made_by_hand_without_its_key_is_not_read(world: World, olive: FlaskClient) -> None:
    assert olive.post(new_address(world), data=a_plan(world, k="")).status_code == 400


def test_nothing_that_was_typed_is_lost(world: World, olive: FlaskClient) -> None:
    typed = a_plan(world, kind="", reason="Café <b> & 'damp'", end="half past", others=world.ids["carl"])
    answer = olive.post(new_address(world), data=typed | {"day-month": "13"})
    assert answer.status_code == 422
    for sentence in ("Choose what kind of visit this is.", "There is no such date.", "Write the time like 9:30am"):
        assert sentence in said(answer)
    assert "Café &lt;b&gt; &amp; &#39;damp&#39;</textarea>" in answer.text
    for value in ('value="13"', 'value="half past"', 'value="9am"', f'value="{typed["k"]}"'):
        assert value in answer.text
    for who in ("asha", "carl"):
        assert f'value="{world.ids[who]}" checked' in answer.text
    assert all_visits(world) == []


@pytest.mark.parametrize(
    ("on", "start", "sentence"),
    [
        (date(2027, 3, 28), "1:30am", "There is no 1:30am on Sunday 28 March 2027: the clocks go forward."),
        (date(2027, 10, 31), "1:30am", "1:30am comes twice on Sunday 31 October 2027: the clocks go back."),
        (date(2026, 12, 10), "1:30am BST", "London does not keep BST at that time."),
        (date(2026, 12, 10), "9", "Write the time like 9:30am, 2:15pm or 14:15."),
    ],
)
def test_a_time_that_london_does_not_have_is_explained(
    world: World, olive: FlaskClient, on: date, start: str, sentence: str
) -> None:
    answer = olive.post(new_address(world), data=a_plan(world, start=start) | day("day", on))
    assert answer.status_code == 422
    assert sentence in said(answer)


@pytest.mark.parametrize(("half", "hour"), [("BST", 0), ("GMT", 1)])
def test_the_hour_that_comes_twice_can_be_named(world: World, olive: FlaskClient, half: str, hour: int) -> None:
    prolong(world)
    form = a_plan(world, start=f"1:30am {half}", end="4am") | day("day", date(2027, 10, 31))
    assert olive.post(new_address(world), data=form).status_code == 303
    assert all_visits(world)[0].window_start == datetime(2027, 10, 31, hour, 30, tzinfo=UTC)


def prolong(world: World) -> None:
    with world.database.writing(None) as session:
        session.get_one(Badge, world.ids["badge of asha"]).expires_on = date(2028, 12, 31)
        session.get_one(Person, world.ids["asha"]).training_until = date(2028, 12, 31)
        session.get_one(Firm, world.ids["Brightwater Heating"]).insurance_until = date(2028, 12, 31)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"end": "9:59am"}, "A window is at least 60 minutes long."),
        ({"end": "8am"}, "The window ends before it starts."),
        (day("day", date(2026, 12, 7)), "That time has passed."),
        (day("day", date(2029, 12, 7)), "That is more than two years ahead."),
    ],
)
def test_a_window_that_cannot_be_promised_is_refused(
    world: World, olive: FlaskClient, typed: dict[str, str], sentence: str
) -> None:
    answer = olive.post(new_address(world), data=a_plan(world) | typed)
    assert answer.status_code == 409
    assert sentence in said(answer)
    assert "The boiler does not heat</textarea>" in answer.text


def test_a_window_of_an_hour_is_long_enough(world: World, olive: FlaskClient) -> None:
    assert olive.post(new_address(world), data=a_plan(world, end="10am")).status_code == 303


# --- who may be sent


def expire_badge(session: Any, world: World) -> None:
    session.get_one(Badge, world.ids["badge of asha"]).expires_on = date(2026, 12, 7)


def unsign_code(session: Any, world: World) -> None:
    mine = select(Acknowledgement).where(Acknowledgement.person_id == world.ids["asha"])
    session.delete(session.scalars(mine).one())


def lapse_training(session: Any, world: World) -> None:
    session.get_one(Person, world.ids["asha"]).training_until = date(2026, 12, 7)


def lapse_insurance(session: Any, world: World) -> None:
    session.get_one(Firm, world.ids["Brightwater Heating"]).insurance_until = date(2026, 12, 7)


UNFIT = [
    (expire_badge, "ME-3.2a", "This badge ran out at the end of Monday 7 December 2026. Issue a new one."),
    (unsign_code, "ME-Ack1", "The holder has not signed the code of conduct that binds them."),
    (lapse_training, "ME-6.2a", "The holder's training ran out at the end of Monday 7 December 2026."),
    (lapse_insurance, "HS-3.2.5", "The firm's insurance ran out at the end of Monday 7 December 2026."),
]


@pytest.mark.parametrize(("harm", "clause", "sentence"), UNFIT)
def test_whoever_is_out_of_date_is_shown_with_why_and_cannot_be_chosen(
    world: World, olive: FlaskClient, harm: Any, clause: str, sentence: str
) -> None:
    with world.database.writing(None) as session:
        harm(session, world)
    page = olive.get(new_address(world))
    assert f'value="{world.ids["asha"]}"' not in page.text
    assert f'value="{world.ids["carl"]}"' in page.text
    assert f"Asha Kaur , Brightwater Heating. {sentence}" in said(page)
    assert clause in said(page)


@pytest.mark.parametrize(("harm", "clause", "sentence"), UNFIT)
def test_whoever_is_out_of_date_cannot_be_sent_all_the_same(
    world: World, olive: FlaskClient, harm: Any, clause: str, sentence: str
) -> None:
    with world.database.writing(None) as session:
        harm(session, world)
    answer = olive.post(new_address(world), data=a_plan(world))
    assert answer.status_code == 409
    assert f"Asha Kaur cannot be sent. {sentence}" in said(answer)
    assert f"Where this is written: {clause}" in said(answer)
    assert all_visits(world) == []


@pytest.mark.parametrize(("last_day", "status"), [(9, 409), (10, 303), (11, 303)])
def test_a_badge_must_last_until_the_day_of_the_visit(
    world: World, olive: FlaskClient, last_day: int, status: int
) -> None:
    with world.database.writing(None) as session:
        session.get_one(Badge, world.ids["badge of asha"]).expires_on = date(2026, 12, last_day)
    assert olive.post(new_address(world), data=a_plan(world)).status_code == status


def test_everybody_who_comes_along_must_be_fit_to_come(world: World, olive: FlaskClient) -> None:
    with world.database.writing(None) as session:
        expire_badge(session, world)
    answer = olive.post(new_address(world), data=a_plan(world, lead=world.ids["carl"], others=world.ids["asha"]))
    assert answer.status_code == 409
    assert "Asha Kaur cannot be sent." in said(answer)


def test_somebody_who_does_not_visit_homes_cannot_be_sent(world: World, olive: FlaskClient) -> None:
    answer = olive.post(new_address(world), data=a_plan(world, lead=world.ids["hana"]))
    assert answer.status_code == 409
    assert "Hana Petrov does not visit homes. Choose somebody who does." in said(answer)


def test_the_people_of_one_firm_can_be_shown_alone(world: World, olive: FlaskClient) -> None:
    form = a_plan(world, do="people", firm=world.ids["Oakline Repairs"], lead="")
    page = olive.post(new_address(world), data=form)
    assert page.status_code == 200
    assert "Carl Lindqvist" in said(page)
    assert "Asha Kaur" not in said(page)
    assert "The boiler does not heat</textarea>" in page.text


# --- what the rule would say


def test_checking_says_for_each_channel_what_the_rule_would_say(world: World, olive: FlaskClient) -> None:
    page = said(olive.post(new_address(world), data=a_plan(world, do="check", lead="", reason="")))
    assert "If the tenant is told now, at 9am on Tuesday 8 December 2026" in page
    assert "Phone call Full notice" in page
    assert "First-class letter Short notice" in page
    assert "midnight on Saturday 12 December 2026" in page
    assert "A voicemail is never notice: nobody may have heard it. NR-5" in page
    assert all_visits(world) == []


def test_the_answer_that_htmx_gets_is_a_piece_of_the_page(world: World, olive: FlaskClient) -> None:
    form = a_plan(world, do="check")
    page = olive.post(new_address(world), data=form).text
    piece = olive.post(new_address(world), data=form, headers={"HX-Request": "true"}).text
    assert piece.strip().startswith('<section id="answer"')
    assert piece.strip() in page


def test_a_channel_that_the_household_cannot_use_is_said_to_be_worth_nothing(
    world: World, olive: FlaskClient
) -> None:
    household(world, unusable_channels=["sms"])
    page = said(olive.post(new_address(world), data=a_plan(world, do="check")))
    assert "This household has told us that it cannot use: text message. NR-13" in page


def test_a_window_at_night_warns_and_refuses_nothing(world: World, olive: FlaskClient) -> None:
    form = a_plan(world, start="9pm", end="11pm")
    assert "This is outside the hours" in said(olive.post(new_address(world), data=form | {"do": "check"}))
    assert olive.post(new_address(world), data=form).status_code == 303


# --- recording how the tenant was told


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
    with world.database.reading(None) as session:
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
