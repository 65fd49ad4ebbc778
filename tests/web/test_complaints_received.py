"""`/office/complaints/new`, by whomever; and the figures for the Ombudsman."""

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.complaints.models import Complaint, ComplaintWords
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CONDUCT
from fieldvisit.hazards.models import Hazard
from tests.complaints import SAID, acts, answered, at_stage_2, received
from tests.stories import a_visit
from tests.web.desk_forms import SignedIn, day, said
from tests.web.test_complaints import LIST, NEW, all_of, at, with_officers  # noqa: F401 - a fixture
from tests.web.test_my_visit import tenant  # noqa: F401 - a fixture
from tests.world import World


def a_new_one(**boxes: Any) -> dict[str, Any]:
    form = {
        "k": new_id(), "new_channel": "phone", "new_words": SAID, "new_wants": "A new day", "new_wanted": "yes",
        "new_name": "Terry Moss", "new_contact": "07700 900101", "new_postcode": "le139aa", "new_house": "1 Larch",
    }  # fmt: skip
    return form | boxes


# --- receiving one ------------------------------------------------------------------------------------------------


def test_an_officer_writes_one_down_and_pressing_twice_is_once(world: World, olive: FlaskClient) -> None:
    form = a_new_one(new_representative="Ida Rook", new_authority="Said on the telephone by the tenant")
    for _ in range(2):
        answer = olive.post(NEW, data=form)
        assert answer.status_code == 303
    [found] = all_of(world, Complaint)
    assert answer.location == f"{at(found.id)}?done=received"
    page = said(olive.get(answer.location))
    for words in (
        "The complaint is received.", SAID, "Terry Moss", "Ida Rook: Said on the telephone by the tenant",
        "Ida Rook speaks for them. Send it the way that they gave",
        "Acknowledge the complaint", "DR-8", "What to do next Write down the complaint and who looks into it",
    ):  # fmt: skip
        assert words in page


def test_an_officer_without_the_duty_writes_it_down_and_reads_its_reference_alone(
    world: World, signed_in: SignedIn
) -> None:
    olga = signed_in("olga")
    answer = olga.post(NEW, data=a_new_one())
    [found] = all_of(world, Complaint)
    assert answer.location == f"{NEW}?kept={found.ref}"
    assert found.ref in said(olga.get(answer.location))
    assert olga.get(at(found.id)).status_code == 404


@pytest.mark.parametrize(
    ("box", "value", "sentence"),
    [
        ("new_channel", "", "Choose how we heard of it."),
        ("new_words", "", "Write down what they said, in their words."),
        ("new_wanted", "", "Say whether they want to complain: ask them."),
        ("new_channel", "representative", "Write down who speaks for them."),
        ("new_representative", "Ida Rook", "Write down how we know that they may speak for them."),
        ("new_hazard", "excess_cold", "Write down what the hazard is, and where in the home."),
        ("new_postcode", "LE14 9BA", "There is no such home in your areas."),
        ("new_house", "", "More than one home fits."),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_lost(
    world: World, olive: FlaskClient, box: str, value: str, sentence: str
) -> None:
    answer = olive.post(NEW, data=a_new_one(**{box: value}))
    assert answer.status_code == 422
    assert sentence in said(answer)
    assert "A new day" in answer.text
    assert all_of(world, Complaint) == []


def test_a_hazard_in_it_opens_its_own_case(world: World, olive: FlaskClient) -> None:
    form = a_new_one(
        new_hazard="damp_and_mould_growth",
        new_hazard_seen="Black spots above the cot",
        **day("new_on", date(2026, 12, 7)),
    )
    page = olive.get(olive.post(NEW, data=form | {"new_at": "9:30am"}).location)
    [hazard] = all_of(world, Hazard)
    assert hazard.aware_at.isoformat() == "2026-12-07T09:30:00+00:00"
    assert f"/office/hazards/{hazard.id}" in page.text


def test_one_about_how_somebody_behaved_is_reported_as_that_too(
    world: World, olive: FlaskClient, monkeypatch: Any
) -> None:
    from fieldvisit import conduct

    told: list[conduct.Reported] = []
    monkeypatch.setattr(conduct, "_answer", lambda _, reported: told.append(reported))
    olive.post(NEW, data=a_new_one(new_conduct="yes", new_person=world.ids["asha"]))
    [found], [reported] = all_of(world, Complaint), told
    assert (reported.cause, reported.subject_id) == (f"complaint:{found.id}", world.ids["asha"])
    assert (reported.heard_at, reported.words) == (found.heard_at, SAID)


@pytest.mark.parametrize("ref", ["olive", "olga"])
def test_it_opens_a_case_of_conduct_whoever_writes_it_down(world: World, signed_in: SignedIn, ref: str) -> None:
    form = a_new_one(new_conduct="yes", new_person=world.ids["asha"])
    for _ in range(2):
        assert signed_in(ref).post(NEW, data=form).status_code == 303
    with world.database.reading(CONDUCT) as session:
        case = session.scalars(select(BreachCase)).one()
    [found] = all_of(world, Complaint)
    assert (case.subject_id, case.heard_at, found.kept_from) == (world.ids["asha"], found.heard_at, world.ids["asha"])


def test_pressed_twice_is_one_and_with_other_words_is_another(world: World, olive: FlaskClient) -> None:
    form = a_new_one()
    for words in (SAID, SAID, f"{SAID} And it is wet."):
        assert olive.post(NEW, data=form | {"new_words": words}).status_code == 303
    assert len(all_of(world, Complaint)) == 2


def test_from_a_homes_page_the_home_is_filled_in_and_a_visit_is_named_by_its_letters(
    world: World, olive: FlaskClient
) -> None:
    story = a_visit(world)
    home = f"{NEW}?home={world.ids['100030000001']}"
    assert home in olive.get(f"/office/homes/{world.ids['100030000001']}").text
    assert 'value="1 Larch Close"' in olive.get(home).text
    assert "There is no such visit." in said(olive.post(NEW, data=a_new_one(new_visit="NOSUCH")))
    olive.post(NEW, data=a_new_one(new_visit=story.row().ref.lower()))
    assert [one.visit_id for one in all_of(world, Complaint)] == [story.visit_id]


def test_somebody_who_wants_no_complaint_is_a_service_request(world: World, olive: FlaskClient) -> None:
    page = olive.get(olive.post(NEW, data=a_new_one(new_wanted="no")).location)
    assert "Closed" in said(page)
    assert "The tenant complains after all" in said(page)


# --- the figures --------------------------------------------------------------------------------------------------


def test_the_figures_show_small_numbers_and_hold_against_the_record(world: World, olive: FlaskClient) -> None:
    at_stage_2(world)
    other = answered(world)
    acts(world, other, "learned", {"learning": '=HYPERLINK("x")'})
    received(world, wanted=False)
    page = said(olive.get(f"{LIST}/report"))
    for words in (
        "Received at stage 1 2", "Asked for stage 2 1", "service requests 1", "Acknowledge the complaint DR-8 2 0 0 100%",
        "Answer at stage 1 DR-9 2 0 0 100%", "Upheld 2 0", "How a visit was announced or carried out 2 2", "We apologise 2",
    ):  # fmt: skip
        assert words in page
    sheet = olive.get(f"{LIST}/report.csv")
    assert sheet.mimetype == "text/csv"
    assert "\"'=HYPERLINK" in sheet.text
    assert "Received at stage 1 0" in said(olive.get(f"{LIST}/report?period=2025"))
    assert "October to December, the year 2026 to 2027" in said(olive.get(f"{LIST}/report?period=2026-q3"))


def test_words_are_kept_apart_and_for_their_time(world: World, olive: FlaskClient) -> None:
    received(world)
    assert {row.keep_until for row in all_of(world, ComplaintWords)} == {date(2032, 12, 8)}


def test_what_a_tenant_complains_of_on_their_own_page_is_a_complaint_at_once(
    world: World, tenant: Any, olive: FlaskClient
) -> None:
    one = tenant()
    for _ in range(2):
        assert one.does("complain", words="He never came").status_code == 200
    found = all_of(world, Complaint)
    assert {(row.channel, row.visit_id, row.area_id) for row in found} == {
        ("form", one.story.visit_id, world.ids["North"])
    }
    assert "He never came" in said(olive.get(at(found[0].id)))
    assert at(found[0].id) in olive.get("/office/tasks").text
