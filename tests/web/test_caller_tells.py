"""A hazard or a complaint by telephone: a home that is named exactly, and a reference; nothing else is shown (D4, D6, P1)."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.complaints.models import Complaint
from fieldvisit.desk import caller_tells_routes
from fieldvisit.ground.roles import CHECKING, DEMO
from fieldvisit.hazards import calling
from fieldvisit.hazards.models import Hazard, HazardStep, HazardWords
from fieldvisit.messages.desk_calls import KIND
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Home
from fieldvisit.tasks import Task
from tests.complaints import acts, officers
from tests.services.test_hazards import triaged
from tests.stories import FIRST_HOME
from tests.web.desk_forms import said
from tests.world import World

ON_BOTH_DATABASES = True
HAZARD, COMPLAINT = "/office/intake/hazard", "/office/intake/complaint"
MOULD = {
    "k": "a" * 32, "new_dangers": "yes", "new_postcode": "le13 9aa", "new_house": "1", "new_hazard": "damp_and_mould_growth",
    "new_seen": "Black mould over the cot, in the back bedroom", "new_at_risk": "baby", "new_teller": "Terry, mornings",
}  # fmt: skip
CROSS = {
    "k": "b" * 32, "new_channel": "phone", "new_words": "Nobody came on two days", "new_wanted": "yes",
    "new_name": "Terry Moss", "new_postcode": "LE13 9AA", "new_house": "1 Larch Close",
}  # fmt: skip
LONGEST = {f"new_{name}": "9" * (4_100 if name in ("words", "seen", "wants") else 300) for name in (
    "postcode", "house", "uprn", "hazard", "seen", "at_risk", "teller", "on-day", "at", "words", "wants", "wanted", "name",
    "contact", "safe", "representative", "authority", "hazard_seen", "channel", "visit", "person",
)}  # fmt: skip
SECRET = ("Terry Moss", "Larch", "0770090010", "North")


@pytest.fixture
def hana(world: World) -> FlaskClient:
    return world.client("hana")


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(model)))


def read_out(client: FlaskClient, address: str, form: dict[str, Any]) -> str:
    answer = client.post(address, data=form)
    assert answer.status_code == 303, answer.text
    shown = client.get(answer.headers["Location"])
    assert shown.status_code == 200
    return said(shown)


# --- a hazard -----------------------------------------------------------------------------------------------------


def test_a_hazard_told_by_telephone_has_a_case_whose_clock_runs_from_the_call(world: World, hana: FlaskClient) -> None:
    shown = read_out(hana, HAZARD, MOULD)
    [found] = rows(world, Hazard)
    assert (found.home_id, found.area_id) == (world.ids[FIRST_HOME], world.ids["North"])
    assert (found.aware_at, found.hazard, found.at_risk) == (world.now, "damp_and_mould_growth", ["baby"])
    assert (found.reported_by, found.visit_id) == (world.ids["hana"], None)
    assert {row.field: row.text for row in rows(world, HazardWords)} == {
        "seen": MOULD["new_seen"], "teller": MOULD["new_teller"],
    }  # fmt: skip
    assert f"Reference: {found.ref}" in shown and "within 10 working days" in shown
    assert "An officer looks at this by the end of Tuesday 8 December 2026, and decides" in shown
    office = world.client("olive")
    assert "Terry, mornings" in office.get(f"/office/hazards/{found.id}").text
    assert "A hazard was seen in the home" in said(office.get("/office/tasks"))


def test_of_an_emergency_it_is_said_that_it_is_one_by_when_it_is_safe_and_whom_to_ring(
    world: World, hana: FlaskClient, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    assert "so nobody is called" in said(hana.get(HAZARD)) and "is called." not in read_out(hana, HAZARD, MOULD)
    told = MOULD | {"k": "c" * 32, "new_emergency": "yes", "new_house": "2"}
    shown = read_out(hana, HAZARD, told)
    assert "We treat it as an emergency from now on" in shown and "An officer looks at this" not in shown
    assert "We look at it and make it safe by 9am on Wednesday 9 December 2026." in shown
    assert "Ring the duty officer yourself, now." in shown and "Dora Quill: 07700 900 207" in shown
    monkeypatch.setattr(caller_tells_routes, "_ways_out", lambda: ("email",))
    assert "The duty officer is called." in said(hana.get(HAZARD))
    reference = shown.split("Reference: ")[1].split()[0]
    again = said(hana.get(f"{HAZARD}?kept={reference}"))
    assert "The duty officer is called. Ring them as well." in again and "yourself" not in again


def test_what_is_read_out_is_for_whoever_wrote_it_down_on_that_day(world: World, hana: FlaskClient, clock: Any) -> None:
    read_out(hana, HAZARD, MOULD | {"new_emergency": "yes"})
    address = f"{HAZARD}?kept={rows(world, Hazard)[0].ref}"
    assert "We treat it as an emergency" in said(hana.get(address))
    others = said(world.client("olive").get(address))
    assert "We treat it as an emergency" not in others and "Dora" not in others
    world.now += timedelta(days=1)
    clock.move_to(world.now)
    assert "We treat it as an emergency" not in said(world.client("hana").get(address))


def test_of_a_complaint_both_clocks_have_their_day_and_the_hazard_in_it_its_reference(
    world: World, hana: FlaskClient
) -> None:
    shown = read_out(hana, COMPLAINT, CROSS | {"new_hazard": "damp_and_mould_growth", "new_hazard_seen": "Mould"})
    [hazard] = rows(world, Hazard)
    assert "We tell you by the end of Tuesday 15 December 2026 that we have your complaint" in shown
    assert "You have our answer by the end of Thursday 31 December 2026 at the latest" in shown
    assert f"a case of its own, with a reference of its own: {hazard.ref}" in shown and "If you want" not in shown
    address = f"{COMPLAINT}?kept={rows(world, Complaint)[0].ref}"
    assert hazard.ref not in world.client("olive").get(address).text
    refused = read_out(hana, COMPLAINT, CROSS | {"k": "e" * 32, "new_wanted": "no"})
    assert "As you said, it is no complaint" in refused and "We tell you" not in refused


def test_when_they_rang_earlier_its_clock_runs_from_then(world: World, hana: FlaskClient) -> None:
    then = {"new_on-day": "7", "new_on-month": "12", "new_on-year": "2026", "new_at": "4pm"}
    read_out(hana, HAZARD, MOULD | then)
    assert rows(world, Hazard)[0].aware_at == world.now - timedelta(hours=17)
    later = {"new_on-day": "9", "new_on-month": "12", "new_on-year": "2026", "new_at": "4pm"}
    assert "in the future" in said(hana.post(HAZARD, data=MOULD | later))


def test_whom_to_ring_first_stands_before_the_form_and_must_be_said(hana: FlaskClient) -> None:
    form = hana.get(HAZARD).text
    for number in ("999", "0800 111 999", "105"):
        assert form.index(number) < form.index("new_postcode")
    answer = hana.post(HAZARD, data={name: value for name, value in MOULD.items() if name != "new_dangers"})
    assert answer.status_code == 422 and "told them whom to ring" in answer.text and MOULD["new_seen"] in answer.text


def test_what_is_missing_stands_in_the_order_of_the_page(hana: FlaskClient) -> None:
    """Also what nobody would type: each box has its place."""
    for address, form in ((HAZARD, {"k": "a" * 32, "new_at": "4pm"}), (COMPLAINT, {"k": "a" * 32, "new_house": "1"})):
        for more in ({}, {"new_on-day": "40", "new_on-month": "1", "new_on-year": "2026"}, {"new_uprn": "x"}, LONGEST):
            answer = hana.post(address, data=form | more)
            named = re.findall(r'href="#(new_\w+)"', answer.text)
            boxes = [re.search(rf'name="{name}(-day)?"', answer.text) for name in named]
            places = [box.start() for box in boxes if box]
            assert answer.status_code == 422 and places == sorted(places) and len(places) > 2


@pytest.mark.parametrize("wrong", [{"new_house": "9"}, {"new_postcode": "LE13"}, {"new_house": "Larch Close"}])
def test_a_home_is_found_exactly_or_not_and_no_word_is_lost(
    world: World, hana: FlaskClient, wrong: dict[str, str]
) -> None:
    answer = hana.post(HAZARD, data=MOULD | wrong)
    assert answer.status_code == 422 and "We have no one home there" in answer.text
    assert "ring the duty officer now" in answer.text and MOULD["new_seen"] in answer.text
    assert rows(world, Hazard) == []
    assert [row.reason for row in rows(world, AccessRecord) if row.record == "hazard"] == ["no such home"]


@pytest.mark.parametrize("typed", ["1\x00", "1\ud800", "%", "1' OR 1=1 --", "\u202e1", "9" * 60])
def test_nothing_that_is_typed_breaks_a_page(hana: FlaskClient, typed: str) -> None:
    said_so = typed.encode("utf-8", "surrogatepass")
    for address, form in ((HAZARD, MOULD), (COMPLAINT, CROSS)):
        for box in ("new_house", "new_postcode", "new_uprn", "new_seen", "new_words", "new_teller", "new_name"):
            assert hana.post(address, data=form | {box: said_so}).status_code in (303, 422)
    assert (
        hana.get(HAZARD, query_string={"kept": said_so.decode("utf-8", "ignore").replace("\x00", "")}).status_code
        == 200
    )


def test_of_two_homes_that_fit_none_is_meant(world: World, hana: FlaskClient) -> None:
    with world.database.writing(DEMO) as session:
        line = {"address_line": "1 Larch Close, Annexe", "postcode": "LE13 9AA", "town": "Melton Mowbray"}
        session.add(Home(uprn="100030000099", area_id=world.ids["North"], **line))
    assert "We have no one home there" in hana.post(HAZARD, data=MOULD).text
    assert hana.post(HAZARD, data=MOULD | {"new_house": "1 Larch Close, Annexe"}).status_code == 303


def test_what_is_shown_of_the_home_is_nothing(hana: FlaskClient) -> None:
    for address, form in ((HAZARD, MOULD), (COMPLAINT, CROSS | {"new_name": "Somebody", "new_house": "1"})):
        shown = read_out(hana, address, form)
        for secret in SECRET:
            assert secret not in shown


def test_pressed_twice_is_told_once(world: World, hana: FlaskClient) -> None:
    assert read_out(hana, HAZARD, MOULD) == read_out(hana, HAZARD, MOULD)
    assert read_out(hana, COMPLAINT, CROSS) == read_out(hana, COMPLAINT, CROSS)
    assert len(rows(world, Hazard)) == len(rows(world, HazardStep)) == len(rows(world, Complaint)) == 1


def test_told_once_more_it_is_the_same_case_with_a_new_awareness(world: World, hana: FlaskClient, clock: Any) -> None:
    first = read_out(hana, HAZARD, MOULD)
    [case] = rows(world, Hazard)
    triaged(world, case.id, "significant")
    assert [task.done_at for task in rows(world, Task)] == [world.now]
    began, world.now = world.now, world.now + timedelta(hours=3)
    clock.move_to(world.now)
    again = read_out(world.client("hana"), HAZARD, MOULD | {"k": "c" * 32, "new_seen": "It is on the wall too"})
    ref = re.search(r"Reference: (H-\w+)", first)
    assert ref and ref[1] in again
    [case] = rows(world, Hazard)
    assert (case.stage, case.aware_at, case.aware_at - began) == ("logged", world.now, timedelta(hours=3))
    assert [(task.done_at, task.raised_at) for task in rows(world, Task)] == [(None, world.now)]


def test_what_was_told_before_we_knew_of_it_is_an_earlier_awareness_of_the_same_case(
    world: World, hana: FlaskClient
) -> None:
    """Somebody types up at noon what was told on paper yesterday."""
    read_out(hana, HAZARD, MOULD)
    then = {"new_on-day": "7", "new_on-month": "12", "new_on-year": "2026", "new_at": "4pm"}
    read_out(hana, HAZARD, MOULD | then | {"k": "c" * 32, "new_at_risk": "older", "new_seen": "Wet, too"})
    [case] = rows(world, Hazard)
    assert (case.aware_at, case.at_risk) == (world.now - timedelta(hours=17), ["baby", "older"])
    assert {row.text for row in rows(world, HazardWords) if row.field == "seen"} == {MOULD["new_seen"], "Wet, too"}


def test_two_calls_about_one_hazard_at_the_same_moment_are_one_case(world: World) -> None:
    came: list[int] = []

    def tells(ref: str, key: str) -> None:
        came.append(world.client(ref).post(HAZARD, data=MOULD | {"k": key * 32}).status_code)

    pressed = [threading.Thread(target=tells, args=each) for each in (("hana", "c"), ("olive", "d"))]
    for each in pressed:
        each.start()
    for each in pressed:
        each.join(20)
    assert (came, len(rows(world, Hazard)), len(rows(world, HazardStep))) == ([303, 303], 1, 2)


def test_an_emergency_calls_whoever_has_the_duty_there_and_says_nothing_of_it(world: World, hana: FlaskClient) -> None:
    read_out(hana, HAZARD, MOULD)
    calling.call_at_once(world.database, world.now, world.policy)
    assert rows(world, Message) == []
    read_out(hana, HAZARD, MOULD | {"k": "c" * 32, "new_hazard": "electrical_hazards", "new_emergency": "yes"})
    calling.call_at_once(world.database, world.now, world.policy)
    [call] = rows(world, Message)
    assert (call.kind, call.to) == (KIND, "dora@council.example")
    for secret in ("Larch", "mould", "hazard", "electric"):
        assert secret not in f"{call.subject} {call.body}"


# --- a complaint --------------------------------------------------------------------------------------------------


def test_a_complaint_told_by_telephone_is_received_as_it_was_said(world: World, hana: FlaskClient) -> None:
    shown = read_out(hana, COMPLAINT, CROSS)
    [found] = rows(world, Complaint)
    assert f"Reference: {found.ref}" in shown and "by the end of Tuesday 15 December 2026" in shown
    assert (found.channel, found.heard_at, found.taken_by) == ("phone", world.now, world.ids["hana"])
    assert (found.home_id, found.area_id) == (world.ids[FIRST_HOME], world.ids["North"])
    assert hana.get(f"/office/complaints/{found.id}").status_code == 404


def test_a_hazard_in_a_complaint_opens_its_own_clock_also_when_the_home_is_found_later(
    world: World, hana: FlaskClient
) -> None:
    officers(world)
    hazard = {"new_hazard": "damp_and_mould_growth", "new_hazard_seen": "Mould in the bedroom"}
    read_out(hana, COMPLAINT, CROSS | hazard)
    assert [row.aware_at for row in rows(world, Hazard)] == [world.now]
    read_out(hana, COMPLAINT, CROSS | hazard | {"k": "c" * 32, "new_postcode": "", "new_house": ""})
    assert len(rows(world, Hazard)) == 1
    without = next(row for row in rows(world, Complaint) if row.home_id is None)
    form = {"k": "d" * 32, "seen": "1", "placed_uprn": "100030000002"}
    assert world.client("olive").post(f"/office/complaints/{without.id}/placed", data=form).status_code == 303
    assert [row.aware_at for row in rows(world, Hazard)] == [world.now, world.now]


def test_whoever_wants_no_complaint_has_their_words_kept(world: World, hana: FlaskClient) -> None:
    officers(world)
    read_out(hana, COMPLAINT, CROSS | {"new_wanted": "no"})
    [found] = rows(world, Complaint)
    assert (found.stage, found.runs_out_at) == ("closed", None)
    acts(world, found.id, "complained")


def test_a_home_that_is_not_found_is_asked_for_again(world: World, hana: FlaskClient) -> None:
    answer = hana.post(COMPLAINT, data=CROSS | {"new_house": "9"})
    assert answer.status_code == 422 and "leave the home empty" in answer.text and CROSS["new_words"] in answer.text
    assert rows(world, Complaint) == []


# --- the ways in --------------------------------------------------------------------------------------------------


def test_the_phone_lines_first_page_leads_to_each(world: World, hana: FlaskClient) -> None:
    for address in ("/office/intake", HAZARD, COMPLAINT):
        page = hana.get(address).text
        others = {"/office/intake", HAZARD, COMPLAINT} - {address}
        assert "This call is about" in page
        for other in others:
            assert f'href="{other}"' in page
    assert HAZARD not in world.client("ines").get("/office/intake").text  # who may not, is not sent there
