"""The scheduler finds the home, plans the visit, and sees at once what the notice rule would say."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.models import Badge
from fieldvisit.codes.models import Acknowledgement
from fieldvisit.register.models import Firm, Person
from fieldvisit.visits.models import Job
from tests.stories import FIRST_HOME, a_visit
from tests.web.desk_forms import (
    SOUTH_HOME,
    SignedIn,
    a_plan,
    all_visits,
    day,
    expire_badge,
    household,
    new_address,
    said,
)
from tests.world import World

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
    household(world, trusted_adult=True, language="pl", unusable_channels=["sms"], needs=["knock_loudly"])
    page = said(olive.get(new_address(world)))
    for words in ("Trusted adult", "Polish", "Text message. It does not count as notice."):
        assert words in page
    assert "At the door Knock loudly. The bell may not be heard." in page


def test_a_need_that_has_no_sentence_yet_is_shown_as_it_was_written(world: World, olive: FlaskClient) -> None:
    household(world, needs=["ring_twice"], language="bfi")
    page = said(olive.get(new_address(world)))
    assert "At the door Ring twice" in page
    assert "British Sign Language. Arrange an interpreter" in page


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


def test_two_presses_at_the_same_instant_plan_one_visit(world: World) -> None:
    form, browsers = a_plan(world), [world.client("olive") for _ in range(2)]
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda browser: browser.post(new_address(world), data=form), browsers))
    assert {answer.status_code for answer in answers} == {303}
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


def test_the_ways_that_are_in_time_come_first_and_the_others_are_folded_away(world: World, olive: FlaskClient) -> None:
    page = olive.post(new_address(world), data=a_plan(world, do="check")).text
    first, folded = page.split("Ways that are not in time, and why")
    assert "Phone call" in first[first.index('id="answer"') :]
    assert "First-class letter" not in first[first.index('id="answer"') :]
    assert "First-class letter" in folded[: folded.index("</details>")]
    assert "Phone call" not in folded[: folded.index("</details>")]


def test_where_no_way_is_in_time_the_earliest_start_is_said_first(world: World, olive: FlaskClient) -> None:
    soon = a_plan(world, do="check", start="11am", end="1pm") | day("day", date(2026, 12, 8))
    page = said(olive.post(new_address(world), data=soon))
    assert "No way of telling the tenant now is in time for this window." in page
    assert "The earliest start that would be allowed: 9am on Wednesday 9 December 2026." in page
    assert "Ways that are not in time, and why" not in page


def test_the_answer_that_htmx_gets_is_a_piece_of_the_page(world: World, olive: FlaskClient) -> None:
    form = a_plan(world, do="check")
    page = olive.post(new_address(world), data=form).text
    piece = olive.post(new_address(world), data=form, headers={"HX-Request": "true"}).text
    assert piece.strip().startswith('<section id="answer"')
    assert piece.strip() in page


def test_a_channel_that_the_household_cannot_use_is_said_to_be_worth_nothing(world: World, olive: FlaskClient) -> None:
    household(world, unusable_channels=["sms"])
    page = said(olive.post(new_address(world), data=a_plan(world, do="check")))
    assert "This household has told us that it cannot use: text message. NR-13" in page


def test_a_window_at_night_warns_and_refuses_nothing(world: World, olive: FlaskClient) -> None:
    form = a_plan(world, start="9pm", end="11pm")
    assert "This is outside the hours" in said(olive.post(new_address(world), data=form | {"do": "check"}))
    assert olive.post(new_address(world), data=form).status_code == 303


def test_who_opened_a_plan_with_a_tenants_name_and_number_on_it_is_written_down(world):
    story = a_visit(world)
    client = world.client("olive")
    client.get(f"/office/visits/{story.visit_id}/plan")
    client.get(f"/office/plan/{world.ids['100030000001']}")
    with world.database.reading(None) as session:
        seen = [(row.record, row.action, row.object_id) for row in session.scalars(select(AccessRecord))]
    assert ("visit", "plan", story.visit_id) in seen
    assert ("visit", "plan", world.ids["100030000001"]) in seen
