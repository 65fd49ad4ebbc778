"""The duty officer: emergencies, tenancy investigations, and entry without consent."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldvisit.db import new_id
from fieldvisit.register.models import PersonArea, PersonDuty
from fieldvisit.visits import events as ev
from tests.stories import Story, a_visit
from tests.web.desk_forms import HOUR, SOUTH_HOME, SignedIn, act, kinds_of, said
from tests.world import World

ACTS = ("emergency", "emergency/downgraded", "investigation", "entry")


@pytest.fixture
def dora(signed_in: SignedIn) -> FlaskClient:
    return signed_in("dora")


def soon(world: World, **facts: Any) -> Story:
    """Planned an hour ago for three hours from now: far too soon for notice."""
    return a_visit(world, **({"starts": world.now + 3 * HOUR, "planned_at": world.now - HOUR} | facts))


def an_emergency(**typed: str) -> dict[str, str]:
    return {"k": new_id(), "hazard": "gas", "emergency_reason": "Smell of gas in the hall"} | typed


def an_entry(world: World, **typed: Any) -> dict[str, Any]:
    form = {"k": new_id(), "basis": "tenancy-agreement", "proposed_by": world.ids["asha"],
            "methods": ["knocked", "called"], "entry_reason": "Water pours through to the flat below"}  # fmt: skip
    return form | typed


# --- an emergency


def test_an_emergency_lifts_the_need_for_notice(world: World, dora: FlaskClient) -> None:
    story = soon(world)
    page = said(dora.get(dora.post(act(story, "emergency"), data=an_emergency()).location))
    assert "Authorised as an emergency by Dora Quill, 9am on Tuesday 8 December 2026: A gas leak" in page
    assert "ME-3.1a-x1" in page
    assert (story.row().notice_result, story.row().stage) == ("exempt_emergency", "notified")


def test_two_presses_authorise_once(world: World, dora: FlaskClient) -> None:
    story, form = soon(world), an_emergency()
    assert [dora.post(act(story, "emergency"), data=form).status_code for _ in range(2)] == [303, 303]
    assert kinds_of(world, story) == ["visit.planned", "emergency.authorised", "notice.recorded"]  # NR-8: told anyway


def test_a_downgraded_emergency_needs_notice_again(world: World, dora: FlaskClient) -> None:
    story = soon(world)
    dora.post(act(story, "emergency"), data=an_emergency())
    form = {"k": new_id(), "downgrade_reason": "The gas network made it safe"}
    page = said(dora.get(dora.post(act(story, "emergency/downgraded"), data=form).location))
    assert "No notice counts. The text message" in page
    assert story.row().notice_result == "short"


def test_what_is_no_emergency_cannot_be_downgraded(world: World, dora: FlaskClient) -> None:
    form = {"k": new_id(), "downgrade_reason": "A mistake"}
    answer = dora.post(act(soon(world), "emergency/downgraded"), data=form)
    assert answer.status_code == 409
    assert "This visit is not an emergency now." in said(answer)


def test_an_emergency_needs_a_hazard_and_keeps_the_reason(world: World, dora: FlaskClient) -> None:
    answer = dora.post(act(soon(world), "emergency"), data=an_emergency(hazard="a-hunch"))
    assert answer.status_code == 422
    assert "Choose the hazard." in said(answer)
    assert "Smell of gas in the hall</textarea>" in answer.text


@pytest.mark.parametrize(("reason", "status"), [("Gas smell", 409), ("Gas smells", 303), ("", 422)])
def test_an_emergency_needs_a_reason_of_ten_letters(world: World, dora: FlaskClient, reason: str, status: int) -> None:
    answer = dora.post(act(soon(world), "emergency"), data=an_emergency(emergency_reason=reason))
    assert answer.status_code == status
    if status == 409:
        assert "Say which hazard it is, and why it cannot wait." in said(answer)
        assert "ME-3.1a-x1" in said(answer)


def test_an_emergency_in_the_window_may_be_put_at_the_door_at_once(
    world: World, dora: FlaskClient, signed_in: SignedIn
) -> None:
    story = soon(world, starts=world.now - HOUR, planned_at=world.now - 2 * HOUR)
    dora.post(act(story, "emergency"), data=an_emergency())
    assert signed_in("olive").post(act(story, "at-the-door"), data={"k": new_id()}).status_code == 303
    assert (story.row().stage, story.row().exceptions) == ("at_door", [])


# --- a tenancy investigation


def test_an_officers_visit_may_go_without_notice(world: World, dora: FlaskClient) -> None:
    story = soon(world, kind="tenancy_visit", lead="olive")
    form = {"k": new_id(), "investigation_reason": "Reported as sublet; notice would hide it"}
    page = said(dora.get(dora.post(act(story, "investigation"), data=form).location))
    assert "The tenant must still agree to let the officer in." in page
    assert story.row().notice_result == "exempt_investigation"


def test_a_contractors_visit_may_not(world: World, dora: FlaskClient) -> None:
    form = {"k": new_id(), "investigation_reason": "Reported as sublet; notice would hide it"}
    answer = dora.post(act(soon(world), "investigation"), data=form)
    assert answer.status_code == 409
    assert "Only a council officer may visit without notice to look into a tenancy breach." in said(answer)
    assert "ME-3.1a-x2" in said(answer)


# --- entry without consent


def test_entry_without_consent_is_opened_by_a_duty_officer(world: World, dora: FlaskClient) -> None:
    story, form = soon(world), an_entry(world)
    assert [dora.post(act(story, "entry"), data=form).status_code for _ in range(2)] == [303, 303]
    assert kinds_of(world, story) == ["visit.planned", "entry.authorised"]
    state = story.state()
    assert (state.basis, state.authorised_by) == ("tenancy-agreement", world.ids["dora"])
    assert "Authorised already: The emergency access clause" in said(dora.get(act(story, "authorise")))


def test_999_gas_and_power_stand_before_the_form_for_entry(world: World, dora: FlaskClient) -> None:
    page = said(dora.get(act(soon(world), "authorise")))
    places = [page.index(words) for words in ("police or the fire service go in", "999", "0800 111 999", "105")]
    assert max(places) < page.index("Entry without consent")


@pytest.mark.parametrize(
    ("methods", "at_risk", "status"),
    [([], "", 409), (["knocked"], "", 409), (["knocked", "called"], "", 303), ([], "yes", 303)],
)
def test_two_ways_of_reaching_the_tenant_come_first_unless_a_life_is_at_risk(
    world: World, dora: FlaskClient, methods: list[str], at_risk: str, status: int
) -> None:
    answer = dora.post(act(soon(world), "entry"), data=an_entry(world, methods=methods, life_at_risk=at_risk))
    assert answer.status_code == status
    if status == 409:
        assert "Try to reach the tenant in at least two ways first" in said(answer)
        assert "ME-3.1d-x" in said(answer)


def test_the_same_way_twice_is_one_way(world: World, dora: FlaskClient) -> None:
    form = an_entry(world, methods=["knocked", "knocked", "shouted"])
    assert dora.post(act(soon(world), "entry"), data=form).status_code == 409


def test_whoever_asks_for_entry_cannot_authorise_it(world: World, dora: FlaskClient) -> None:
    answer = dora.post(act(soon(world), "entry"), data=an_entry(world, proposed_by=world.ids["dora"]))
    assert answer.status_code == 409
    assert "Whoever asks for entry cannot authorise it. Ask another duty officer." in said(answer)


def test_somebody_who_is_not_on_the_visit_nor_an_officer_there_cannot_have_asked(
    world: World, dora: FlaskClient
) -> None:
    answer = dora.post(act(soon(world), "entry"), data=an_entry(world, proposed_by=world.ids["carl"]))
    assert answer.status_code == 422
    assert "Choose somebody from the list." in said(answer)


def test_a_ground_that_is_not_on_the_councils_list_opens_nothing(world: World, dora: FlaskClient) -> None:
    story = soon(world)
    answer = dora.post(act(story, "entry"), data=an_entry(world, basis="we-have-a-key"))
    assert answer.status_code == 409
    assert "Choose one of the legal grounds on this council's list." in said(answer)
    assert story.state().basis == ""


def test_a_tenant_who_said_no_cannot_be_overruled(world: World, dora: FlaskClient) -> None:
    story = a_visit(world).at_the_door().answered().identified().refused()
    answer = dora.post(act(story, "entry"), data=an_entry(world))
    assert answer.status_code == 409
    assert "Only the police, the fire service or a court can open this door now." in said(answer)
    assert "ME-3.1d-x" in said(answer)


def test_nothing_typed_about_entry_is_lost(world: World, dora: FlaskClient) -> None:
    answer = dora.post(act(soon(world), "entry"), data=an_entry(world, basis="", life_at_risk="yes"))
    assert answer.status_code == 422
    assert "Choose the legal ground." in said(answer)
    assert "Water pours through to the flat below</textarea>" in answer.text
    assert f'<option value="{world.ids["asha"]}" selected>' in answer.text
    assert re.search(r'value="knocked" checked', answer.text)
    assert re.search(r'name="life_at_risk" type="checkbox" value="yes" checked', answer.text)


# --- who may


def test_a_duty_officer_who_visits_authorises_none_of_it(world: World, dora: FlaskClient) -> None:
    story = soon(world, lead="dora", kind="tenancy_visit")
    reason = {"k": new_id(), "investigation_reason": "Reported as sublet; notice would hide it"}
    entry = an_entry(world, proposed_by=world.ids["olive"])
    forms = {"emergency": an_emergency(), "investigation": reason, "entry": entry}
    for name, form in forms.items():
        answer = dora.post(act(story, name), data=form)
        assert answer.status_code == 409, name
        assert "nother duty officer" in said(answer)
    assert kinds_of(world, story) == ["visit.planned"]


@pytest.mark.parametrize("ref", ["olive", "mona", "asha", "hana", "lena", "adam"])
def test_without_the_duty_there_is_no_such_page(world: World, signed_in: SignedIn, ref: str) -> None:
    story, client = soon(world), signed_in(ref)
    assert client.get(act(story, "authorise")).status_code == 404
    assert [client.post(act(story, name), data=an_entry(world)).status_code for name in ACTS] == [404] * 4
    assert kinds_of(world, story) == ["visit.planned"]


def test_a_duty_in_another_area_opens_nothing_here(world: World, signed_in: SignedIn) -> None:
    story, otto = soon(world), signed_in("otto")
    assert otto.get(act(story, "authorise")).status_code == 404
    assert [otto.post(act(story, name), data=an_entry(world)).status_code for name in ACTS] == [404] * 4


def test_an_area_that_one_sees_without_its_duty_is_not_ones_to_authorise(world: World, signed_in: SignedIn) -> None:
    with world.database.writing(None) as session:
        session.add(PersonArea(person_id=world.ids["otto"], area_id=world.ids["North"], starts=world.now - HOUR))
    assert signed_in("otto").get(act(soon(world), "authorise")).status_code == 404


def test_ones_own_visit_in_another_area_is_not_ones_to_authorise(world: World, dora: FlaskClient) -> None:
    with world.database.writing(None) as session:
        session.add(PersonDuty(person_id=world.ids["dora"], duty="duty", area_id=None, starts=world.now - HOUR))
    story = soon(world, by="otto", lead="dora", home=SOUTH_HOME)
    assert dora.get(act(story, "authorise")).status_code == 404


def test_an_emergency_authorised_by_somebody_who_is_then_sent_is_lost(world: World, dora: FlaskClient) -> None:
    story = soon(world)
    dora.post(act(story, "emergency"), data=an_emergency())
    story.desk(ev.VisitReassigned(lead=world.ids["dora"], visitor="officer", tenant_told=True), at=world.now)
    page = said(dora.get(act(story, "authorise")))
    assert "the person who visits cannot authorise it" in page
    assert story.row().notice_result == "short"
