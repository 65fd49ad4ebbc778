"""The door of one visit, as the server writes it."""

import gzip
import re
import types
from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import timedelta
from typing import Literal, Union, get_args, get_origin, get_type_hints

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.badges.models import Badge
from fieldvisit.register.models import Household
from fieldvisit.visits import events as ev
from fieldvisit.visits import steps
from tests.stories import FIRST_HOME, Story, a_visit
from tests.web.door_reader import Door, Form, put_together
from tests.world import World

SECOND, THIRD, FOURTH = "100030000002", "100030000003", "100030000004"
WEIGHT_LIMIT = 5 * 1024  # bytes of the visit page, gzipped


def door(client: FlaskClient, story: Story) -> Door:
    return Door(page_of(client, story))


def page_of(client: FlaskClient, story: Story) -> str:
    """As the worker sees it: the server's page, and the shared steps put into it."""
    return put_together(client, servers_page(client, story))


def servers_page(client: FlaskClient, story: Story) -> str:
    answer = client.get(f"/visits/{story.visit_id}")
    assert answer.status_code == 200
    return answer.text


def shown_step(client: FlaskClient, story: Story) -> str:
    (step,) = door(client, story).shown
    return step


@pytest.fixture
def asha(signed_in: Callable[[str], FlaskClient]) -> FlaskClient:
    return signed_in("asha")


def household(world: World, uprn: str = FIRST_HOME, **needs: object) -> None:
    with world.database.writing(world.principal("olive")) as session:
        found = session.scalars(select(Household).where(Household.home_id == world.ids[uprn])).one()
        for name, value in needs.items():
            setattr(found, name, value)


def suspended(world: World, ref: str) -> None:
    with world.database.writing(None) as session:
        session.get_one(Badge, world.ids[f"badge of {ref}"]).state = "suspended"


# --- the door -------------------------------------------------------------------------------------------------------

JOURNEY = {
    "before": lambda visit: visit.told(),
    "way": lambda visit: visit.told().set_off(),
    "who": lambda visit: visit.at_the_door(),
    "child": lambda visit: visit.at_the_door().answered("child"),
    "hello": lambda visit: visit.at_the_door().answered(),
    "why": lambda visit: visit.at_the_door().answered().says("door.introduced"),
    "id": lambda visit: visit.at_the_door().answered().says("door.introduced").says("door.reason_given"),
    "check": lambda visit: visit.at_the_door().answered().identified(),
    "wait": lambda visit: visit.at_the_door().answered().identified().says("door.checking", how="call"),
    "covers": lambda visit: visit.at_the_door().answered().identified().consented(),
    "inside": lambda visit: visit.in_the_home(),
    "work": lambda visit: visit.in_the_home().says("home.checked", done=["gas"]),
    "welfare": lambda visit: visit.in_the_home().closing(),
    "go-now": lambda visit: visit.in_the_home().says("consent.withdrawn"),
    "thanks": lambda visit: visit.done(),
    "stop": lambda visit: visit.at_the_door().answered().refused(),
    "stop-child": lambda visit: visit.at_the_door().answered("child").says("door.child_answered", adult_coming=False),
    "no-access": lambda visit: visit.at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True),
    "left": lambda visit: visit.at_the_door().says("visit.withdrew", reason="aggression"),
}


@pytest.mark.parametrize("step", JOURNEY)
def test_the_door_opens_at_the_step_that_the_log_has_reached(step, world, asha):
    story = JOURNEY[step](a_visit(world))
    found = Door(page_of(asha, story))
    assert found.shown == [step]
    assert found.leads_to <= set(found.steps), "a button leads to a step that is not on the page"
    assert len(found.ids) == len(set(found.ids)), "two things on the page have the same id"
    packed = asha.get(f"/visits/{story.visit_id}", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and b"<h1" in gzip.decompress(packed.data)
    print(f"{step}: {len(packed.data)} bytes gzipped")
    assert len(packed.data) < WEIGHT_LIMIT


def test_every_form_of_the_page_fits_its_event(world, asha):
    household(world, trusted_adult=True)
    story = a_visit(world).told().desk(_authorised(world))
    for form in door(asha, story).forms:
        _fits(form)


def _authorised(world: World) -> ev.EntryAuthorised:
    return ev.EntryAuthorised("necessity", world.ids["dora"], world.ids["olive"], ("call", "neighbour"))


def _fits(form: Form) -> None:
    kind = ev.READERS[form.kind, 1]
    hints = get_type_hints(kind)
    needed = {one.name for one in fields(kind) if one.default is MISSING}
    assert needed <= form.names <= set(hints), f"{form.kind}: {form.names} for {set(hints)}"
    for name, values in form.values.items():
        hint = hints[name]
        if get_origin(hint) in (Union, types.UnionType):
            hint = next(choice for choice in get_args(hint) if choice is not type(None))
        if get_origin(hint) is Literal:
            assert values <= set(get_args(hint)), f"{form.kind}.{name}: {values}"
        if hint is bool:
            assert values <= {"yes", "no"}
        if hint is int:
            assert all(value.isdigit() for value in values)


def test_every_form_has_the_label_that_the_record_shows(world, asha):
    text = page_of(asha, a_visit(world).told())
    for kind, label in re.findall(r'data-event="([^"]+)" data-label="([^"]+)"', text):
        assert label in (steps.LABELS[kind], "They changed their mind")


def test_the_round_and_the_door_are_the_workers_alone(world, signed_in):
    story = a_visit(world).told()
    nothing = signed_in("ben").get(f"/visits/{'0' * 32}")
    for ref in ("ben", "carl", "olive"):
        answer = signed_in(ref).get(f"/visits/{story.visit_id}")
        assert (answer.status_code, signed_in(ref).get(f"/visits/{story.visit_id}/call").status_code) == (404, 404)
    assert signed_in("ben").get(f"/visits/{story.visit_id}").data == nothing.data


def test_a_worker_who_was_taken_off_a_visit_sees_it_no_more(world, asha):
    story = a_visit(world).told().desk(ev.VisitReassigned(lead=world.ids["ben"], visitor="contractor"))
    assert asha.get(f"/visits/{story.visit_id}").status_code == 404


def test_short_notice_says_why_and_offers_no_way_to_set_off(world, asha):
    story = a_visit(world, starts=world.now + timedelta(hours=2)).told(hours_before=10)
    text = page_of(asha, story)
    assert "visit.set_off" not in text and "data-event" not in text
    assert "Do not go yet." in text and "Melton code 3.1" in text and "01664 502 502" in text
    assert re.search(r"Earliest: .*Wednesday 9 December 2026", text)


def test_a_visit_of_tomorrow_can_be_read_and_not_set_off_for(world, asha):
    text = page_of(asha, a_visit(world, starts=world.now + timedelta(days=1)).told())
    assert "This visit is on Wednesday 9 December 2026." in text
    assert "data-event" not in text


def test_a_visit_that_the_tenant_wants_moved_offers_no_way_to_set_off(world, asha):
    story = a_visit(world).told().desk(ev.VisitNoted("asks_other_time"), at=world.now)
    text = page_of(asha, story)
    assert "Wait until a new time is agreed" in text and "data-event" not in text


def test_after_a_refusal_the_page_holds_nothing_that_could_ask_again(world, asha):
    story = a_visit(world).at_the_door().answered().refused()
    text = page_of(asha, story)
    assert "Do not ask again today" in text and "Melton code 3.1" in text
    assert "<form" not in text and "data-show" not in text
    assert 'data-steps="stop"' in servers_page(asha, story)


def test_before_any_script_the_page_says_where_when_and_why(world, asha):
    text = servers_page(asha, a_visit(world).told())
    for words in ("1 Larch Close", "9am to 11am", "Before you go", "The boiler does not heat", "Terry Moss"):
        assert words in text
    assert Door(text).steps == ["before"]


def test_what_all_visits_share_is_about_nobody(world, asha, signed_in):
    household(world, trusted_adult=True, needs=["dog"])
    a_visit(world).told()
    answer = asha.get("/steps")
    for words in ("Larch", "Terry", "Asha", "Brightwater", "boiler", "dog", world.ids["asha"]):
        assert words not in answer.text
    assert answer.data == signed_in("olive").get("/steps").data
    assert answer.headers["Cache-Control"] == "no-store", "kept only under its version"


def test_lawful_entry_is_offered_only_after_a_duty_officer_authorised_it(world, asha):
    story = a_visit(world).at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)
    assert "consent</h2>" not in page_of(asha, story) and "entry.lawful" not in page_of(asha, story)
    story.desk(_authorised(world), at=story.at, by="dora")
    text = page_of(asha, story)
    assert "A duty officer has authorised this" in text and "entry.lawful" in text


def test_after_a_refusal_an_authorised_entry_is_not_offered_either(world, asha):
    story = a_visit(world).at_the_door().desk(_authorised(world)).answered().refused()
    assert "entry.lawful" not in page_of(asha, story)


def test_the_trusted_adult_is_asked_for_only_where_the_tenant_wants_one(world, asha):
    assert "trusted_adult" not in page_of(asha, a_visit(world).told())
    household(world, SECOND, trusted_adult=True)
    story = a_visit(world, home=SECOND).told()
    consent = [form for form in door(asha, story).forms if form.kind == "consent.given"]
    assert [form.values["trusted_adult"] for form in consent] == [{"present", "waived_today"}] * 3


def test_the_answer_to_the_welfare_question_is_in_no_form(world, asha):
    found = door(asha, a_visit(world).in_the_home().closing())
    assert {"again", "worry"} <= set(found.outside_forms["welfare"])
    closing = [form for form in found.forms if form.kind == "visit.closed"]
    assert [form.values["welfare_prompt_shown"] for form in closing] == [{"yes"}] * 2
    assert {name for form in found.forms for name in form.names if "welfare" in name} == {"welfare_prompt_shown"}


def test_every_step_before_entry_has_a_way_to_say_no_and_a_way_to_leave(world, asha):
    text = page_of(asha, a_visit(world).told())
    for step in re.split(r"(?=<section)", text):
        name = re.search(r'data-step="([^"]+)"', step)
        if name and name[1] in ("who", "hello", "why", "id", "check", "checking", "wait", "consent", "consent-typed"):
            assert 'data-show="no"' in step and 'data-show="leave"' in step, name[1]


def test_the_page_lists_the_workers_own_lines_and_nobody_elses(world, signed_in):
    story = a_visit(world, others=("ben",)).told().set_off()
    assert "On my way</li>" in page_of(signed_in("asha"), story)
    assert "On my way</li>" not in page_of(signed_in("ben"), story)


def test_an_officer_who_planned_the_visit_sees_only_what_happened_at_the_door(world, signed_in):
    story = a_visit(world, lead="olive", by="olive", kind="tenancy_visit").told().set_off()
    assert re.findall(r"</time> ([^<]+)</li>", page_of(signed_in("olive"), story)) == ["On my way"]


def test_the_door_keeps_no_number_and_no_cause(world, asha):
    household(world, needs=["oxygen"])
    text = page_of(asha, a_visit(world).told())
    assert "Terry Moss" in text and "07700" not in text and "oxygen" not in text


def test_a_page_for_the_phone_says_who_it_is_for_and_is_not_kept(world, asha):
    answer = asha.get(f"/visits/{a_visit(world).told().visit_id}")
    assert f'data-person="{world.ids["asha"]}"' in answer.text
    assert re.search(r'name="csrf-token" content="\S+"', answer.text)
    assert re.search(r'name="fv-app" content="[0-9a-f]{12}"', answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
