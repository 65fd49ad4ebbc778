"""Today's round and the door of one visit, as the server writes them."""

import gzip
import re
import types
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from datetime import date, timedelta
from typing import Literal, Union, get_args, get_origin, get_type_hints

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.models import Badge
from fieldvisit.db import new_id
from fieldvisit.register.models import Household, Resident
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


# --- today ----------------------------------------------------------------------------------------------------------


def test_the_round_lists_todays_visits_in_the_order_of_their_windows(world, asha):
    a_visit(world, home=SECOND, starts=world.now + timedelta(hours=4)).told()
    a_visit(world).told()
    today = asha.get("/today").text
    assert today.index("1 Larch Close") < today.index("2 Larch Close")
    assert "9am to 11am" in today and "The boiler does not heat" in today and "Full notice" in today


def test_the_round_tells_precautions_and_never_a_cause_or_a_number(world, asha):
    household(world, needs=["wait_longer", "oxygen"])
    a_visit(world).told()
    today = asha.get("/today").text
    assert "Wait longer than usual" in today and "No flame" in today
    assert "oxygen" not in today.lower().replace("no flame", "")
    assert "07700" not in today


def test_an_empty_day_says_so(world, asha):
    assert "You have no visits today." in asha.get("/today").text


def test_tomorrow_shows_its_first_visit_alone(world, asha):
    tomorrow = world.now + timedelta(days=1)
    a_visit(world, home=THIRD, starts=tomorrow + timedelta(hours=3)).told()
    a_visit(world, home=SECOND, starts=tomorrow).told()
    today = asha.get("/today").text
    assert today.index("Tomorrow, first") < today.index("2 Larch Close")
    assert "Mill House" not in today


def test_the_round_is_the_workers_own(world, signed_in):
    a_visit(world, lead="ben").told()
    assert "Larch" not in signed_in("asha").get("/today").text
    assert "1 Larch Close" in signed_in("ben").get("/today").text


def test_an_officer_sees_their_own_round_and_not_the_area(world, signed_in):
    theirs = a_visit(world, lead="olive", by="otto", home=FOURTH, kind="tenancy_visit").told()
    a_visit(world, lead="asha").told()
    olive = signed_in("olive")
    assert "4 Quarry Row" in olive.get("/today").text and "Larch" not in olive.get("/today").text
    assert shown_step(olive, theirs) == "before"


def test_a_suspended_badge_removes_the_days_visits(world, asha):
    story = a_visit(world).told()
    suspended(world, "asha")
    for text in (asha.get("/today").text, page_of(asha, story)):
        assert "Your badge is not good today." in text and "Melton code" in text
        assert "Your badge is suspended." in text and "its holder" not in text
        assert "Larch" not in text and "Terry" not in text and "data-event" not in text


def test_a_badge_that_expires_today_is_good_and_tomorrow_it_is_not(world, asha, clock):
    a_visit(world).told()
    a_visit(world, home=SECOND, starts=world.now + timedelta(days=1)).told()
    with world.database.writing(None) as session:
        session.get_one(Badge, world.ids["badge of asha"]).expires_on = date(2026, 12, 8)
    assert "1 Larch Close" in asha.get("/today").text
    clock.move_to(world.now + timedelta(hours=15))
    world.now += timedelta(hours=15)
    assert "Your badge is not good today." in world.client("asha").get("/today").text


def test_a_worker_whose_badge_went_bad_inside_can_still_finish_the_record(world, asha):
    story = a_visit(world).told().set_off().arrived().answered().identified().consented().entered()
    suspended(world, "asha")
    text = page_of(asha, story)
    assert "Finish safely, leave, and call the office." in text
    assert "close-no" in Door(text).steps


def test_the_map_is_the_phones_own_and_no_web_page_learns_the_address(world, asha):
    a_visit(world).told()
    android = asha.get("/today").text
    iphone = asha.get("/today", headers={"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"}).text
    assert 'href="geo:0,0?q=1%20Larch%20Close%2C' in android
    assert 'href="maps:?q=1%20Larch%20Close%2C' in iphone
    assert "://" not in android.replace("http://localhost", "")


@pytest.fixture
def queries(app) -> Iterator[list[str]]:
    seen: list[str] = []
    engine = app.extensions["fv_database"].reader

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_a_long_round_asks_the_database_no_more_than_a_short_one(world, asha, queries):
    a_visit(world).told()
    queries.clear()
    asha.get("/today")
    short = len(queries)
    for hour, home in enumerate((SECOND, THIRD, SECOND, THIRD), start=2):
        a_visit(world, home=home, starts=world.now + timedelta(hours=hour)).told()
    queries.clear()
    asha.get("/today")
    assert len(queries) == short <= 14


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


# --- calling, installing --------------------------------------------------------------------------------------------


def calls_noted(world: World) -> list[tuple[str, str]]:
    with world.database.reading(None) as session:
        noted = session.scalars(select(AccessRecord).where(AccessRecord.reason == "call"))
        return [(row.person_id, row.object_id) for row in noted]


def test_a_call_rings_the_tenant_and_is_written_down(world, asha):
    story = a_visit(world).told()
    answer = asha.get(f"/visits/{story.visit_id}/call")
    assert (answer.status_code, answer.headers["Location"]) == (302, "tel:07700900101")
    assert calls_noted(world) == [(world.ids["asha"], story.visit_id)]


def test_a_tenant_without_a_number_is_reached_through_a_representative(world, asha):
    with world.database.writing(world.principal("olive")) as session:
        tenant = session.scalars(select(Resident).where(Resident.home_id == world.ids[FIRST_HOME])).one()
        tenant.phone = ""
        kit = Resident(ref="A-1", home_id=tenant.home_id, role="representative", name="Kit Moss", phone="07700900155")
        session.add(kit)
    story = a_visit(world).told()
    assert asha.get(f"/visits/{story.visit_id}/call").headers["Location"] == "tel:07700900155"


def test_a_household_that_cannot_use_the_phone_is_not_rung(world, asha):
    household(world, unusable_channels=["phone"])
    story = a_visit(world).told()
    assert "/call" not in asha.get("/today").text + page_of(asha, story)
    assert asha.get(f"/visits/{story.visit_id}/call").status_code == 404
    assert calls_noted(world) == []


def test_the_manifest_starts_the_app_at_todays_round(client):
    answer = client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    assert (answer.json["start_url"], answer.json["display"]) == ("/today", "standalone")
    for icon in answer.json["icons"]:
        with client.get(icon["src"]) as picture:
            assert picture.mimetype == icon["type"]


def test_the_outbox_has_what_its_script_fills(world, asha):
    text = asha.get("/outbox").text
    assert all(part in text for part in ("data-outbox-list", "data-outbox-empty hidden", "data-send-now"))


def test_a_visit_that_nobody_has_is_not_there(asha):
    assert asha.get(f"/visits/{new_id()}").status_code == 404
