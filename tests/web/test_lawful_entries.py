"""`/office/entries`: asked for, decided, tried, entered, locked, told and reviewed; and the report of a quarter."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.db import new_id
from fieldvisit.desk.lawful_entries import quarter_of
from fieldvisit.ground.roles import CHECKING
from fieldvisit.visits import lawful_entry_steps as steps
from fieldvisit.visits.lawful_entry_models import LawfulEntry, LawfulEntryStep
from tests.services.test_lawful_entry import LEFT, WENT_IN, a_manager, asked, does, secured
from tests.stories import Story, a_visit
from tests.web.desk_forms import SignedIn, said
from tests.world import NOW, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def dora(signed_in: SignedIn) -> FlaskClient:
    return signed_in("dora")


@pytest.fixture
def shut(world: World) -> Story:
    """Some hours ago nobody answered, so that what follows is in the past."""
    story = a_visit(world, starts=world.now - timedelta(hours=2)).at_the_door()
    return story.says("door.no_answer", waited_min=10, called=True, card_left=True)


def the_case(world: World) -> LawfulEntry:
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(LawfulEntry)).one()


def here(world: World, form: str = "") -> str:
    return f"/office/entries/{the_case(world).id}" + (f"/{form}" if form else "")


def a_proposal(world: World, **typed: Any) -> dict[str, Any]:
    form = {"k": new_id(), "read_first": "yes", "life": "no", "proposed_by": world.ids["asha"], "danger": "Water",
            "why_now": "It runs into the flat below.", "inside": "Nobody knows."}  # fmt: skip
    return form | typed


def new(story: Story) -> str:
    return f"/office/visits/{story.visit_id}/entry/new"


def sends(client: FlaskClient, address: str, **typed: str) -> Any:
    return client.post(address, data={"k": new_id()} | typed)


# --- the whole of it ----------------------------------------------------------------------------------------------


def test_the_whole_of_it_by_the_office_with_a_worker_who_rings_in(
    world: World, olive: FlaskClient, dora: FlaskClient, shut: Story
):
    page = said(olive.get(olive.post(new(shut), data=a_proposal(world)).location))
    assert "The duty officer is asked." in page and "Only a duty officer may decide this." in page
    assert "Somebody asks to go in without consent: decide now" in said(dora.get("/office/tasks"))
    assert sends(dora, here(world, "authorise"), basis="necessity", authorise_words="Water").status_code == 303
    for method in ("knocked", "called"):
        assert "Nobody goes in yet" in said(olive.get(here(world)))
        answer = sends(olive, here(world, "try"), method=method, outcome="no_reply", tried_time="9am")
        assert answer.status_code == 303
    answer = sends(olive, here(world, "enter"), second="colleague", second_name="Ben Okafor", photos_before="yes")
    assert answer.status_code == 303
    left = {
        "lock": "changed",
        "keys": "office",
        "inventory": "Nothing.",
        "only_made_safe": "yes",
        "secure_notice": "yes",
    }
    assert sends(olive, here(world, "secure"), **left).status_code == 303
    page = said(olive.get(olive.post(here(world, "told"), data={"k": new_id(), "call": "no_reply"}).location))
    assert "A manager reviews it next." in page and "Only a repairs manager may review this." in page
    a_manager(world, "olive")
    review = {"necessary": "yes", "necessity": "It ran.", "proportionate": "no", "proportionality": "The stopcock."}
    page = said(olive.get(olive.post(here(world, "review"), data={"k": new_id()} | review).location))
    assert "Necessary, not proportionate." in page and "The stopcock." in page and "Water" in page


def test_what_the_phone_told_stands_on_the_page_with_its_words(world: World, olive: FlaskClient):
    secured(world)
    page = said(olive.get(here(world)))
    assert "They went in" in page and "Ben Okafor" in page and "A new lock. Keys: at our office" in page
    assert "Not as it must be" not in page and "The worker left a notice in the home." in page


def test_what_was_wrong_is_said_first(world: World, olive: FlaskClient, shut: Story):
    shut.says("entry.lawful", **(WENT_IN | {"contact_methods": []})).says(
        "entry.secured", **(LEFT | {"only_made_safe": False})
    )
    page = said(olive.get(here(world)))
    for words in (
        "no duty officer had authorised it",
        "not tried in enough ways",
        "no photo of before",
        "More was done",
    ):
        assert words in page


# --- refusals of the forms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "status", "sentence"), [
    ({"read_first": ""}, 409, "Ring 999, the gas line or 105 first"), ({"danger": ""}, 422, "Write what the danger is."),
    ({"life": "yes"}, 409, "ring 999 now. The police or the fire service go in, not us."), ({"life": ""}, 422, "Say whether"),
])  # fmt: skip
def test_999_comes_first_and_nothing_typed_is_lost(
    world: World, olive: FlaskClient, shut: Story, typed: dict[str, str], status: int, sentence: str
):
    answer = olive.post(new(shut), data=a_proposal(world, **typed))
    assert answer.status_code == status
    assert sentence in said(answer) and "It runs into the flat below." in answer.text
    with world.database.reading(CHECKING) as session:
        assert session.scalars(select(LawfulEntry)).all() == []


def test_999_gas_and_power_stand_before_the_form(world: World, olive: FlaskClient, shut: Story):
    page = olive.get(new(shut)).text
    assert 0 < page.index('href="tel:999"') < page.index('href="tel:0800111999"') < page.index('name="read_first"')


def test_whoever_asked_is_refused_as_authoriser(world: World, dora: FlaskClient, shut: Story):
    dora.post(new(shut), data=a_proposal(world, proposed_by=world.ids["dora"]))
    answer = sends(dora, here(world, "authorise"), basis="necessity", authorise_words="Water")
    assert answer.status_code == 409 and "Whoever asks for entry cannot authorise it." in said(answer)


def test_nor_by_the_form_of_the_visit_with_another_name_in_it(world: World, dora: FlaskClient, shut: Story):
    dora.post(new(shut), data=a_proposal(world, proposed_by=world.ids["dora"]))
    form = {
        "basis": "necessity",
        "proposed_by": world.ids["asha"],
        "life_at_risk": "yes",
        "entry_reason": "Water everywhere",
    }
    answer = sends(dora, f"/office/visits/{shut.visit_id}/entry", **form)
    assert answer.status_code == 409 and "Whoever asks for entry cannot authorise it." in said(answer)
    assert the_case(world).stage == "proposed"


@pytest.mark.parametrize("form", ["authorise", "decline"])
def test_without_the_duty_the_form_is_not_there(world: World, olive: FlaskClient, form: str):
    asked(world)
    assert sends(olive, here(world, form)).status_code == 404


def test_another_area_sees_nothing_of_it(world: World, signed_in: SignedIn):
    story = asked(world)
    otto = signed_in("otto")
    assert otto.get(here(world)).status_code == 404 and otto.get(new(story)).status_code == 404
    assert sends(otto, here(world, "authorise")).status_code == 404
    assert "Nothing waits for you." in said(otto.get("/office/entries"))


def test_nobody_goes_in_with_no_name_beside_the_workers(world: World, olive: FlaskClient, shut: Story):
    does(world, asked(world, shut), steps.authorise, "necessity", "Water")
    for method in ("knocked", "called"):
        assert (
            sends(olive, here(world, "try"), method=method, outcome="no_reply", tried_time="8:50am").status_code == 303
        )
    answer = sends(olive, here(world, "enter"), second="colleague", second_name="", photos_before="yes")
    assert answer.status_code == 409 and "Nobody goes in alone." in said(answer)
    answer = sends(olive, here(world, "enter"), second="police", second_name="")
    assert answer.status_code == 409 and "Photos come first" in said(answer)


# --- board and report ---------------------------------------------------------------------------------------------


def test_the_board_has_what_is_due_first_on_top(world: World, olive: FlaskClient, dora: FlaskClient, shut: Story):
    other = a_visit(world, home="100030000002", starts=world.now - timedelta(hours=3)).at_the_door()
    other.says("entry.lawful", **WENT_IN)
    olive.post(new(shut), data=a_proposal(world))
    page = said(olive.get("/office/entries"))
    assert page.index("1 Larch Close") < page.index("2 Larch Close"), "a decision has minutes, the rest the day"
    assert "Decide now" in page and "Inside: make safe and lock up" in page


@pytest.mark.parametrize(("asked_for", "begins", "ends", "called"), [
    ("2026-Q4", "2026-09-30T23:00:00+00:00", "2027-01-01T00:00:00+00:00", "October to December 2026"),
    ("2026-q2", "2026-03-31T23:00:00+00:00", "2026-06-30T23:00:00+00:00", "April to June 2026"),
    ("2026-Q1", "2026-01-01T00:00:00+00:00", "2026-03-31T23:00:00+00:00", "January to March 2026"),
    ("", "2026-09-30T23:00:00+00:00", "2027-01-01T00:00:00+00:00", "October to December 2026"),
    ("last", "2026-09-30T23:00:00+00:00", "2027-01-01T00:00:00+00:00", "October to December 2026"),
])  # fmt: skip
def test_a_quarter_is_of_londons_days(asked_for: str, begins: str, ends: str, called: str):
    found = quarter_of(asked_for, NOW)
    assert (found.begins.isoformat(), found.ends.isoformat(), found.called) == (begins, ends, called)


def test_the_quarters_report_as_page_and_file_has_no_name_and_no_address(world: World, olive: FlaskClient):
    story = secured(world)
    page, file = (
        olive.get("/office/entries/report?quarter=2026-Q4"),
        olive.get("/office/entries/report.csv?quarter=2026-Q4"),
    )
    for text in (said(page), file.text):
        assert story.row().ref in text and "The emergency access clause of the tenancy agreement" in text
        assert not [word for word in ("Larch", "Moss", "Asha", "Kaur", "Okafor") if word in text.replace("Olive", "")]
    assert file.headers["Content-Disposition"] == 'attachment; filename="entries-without-consent-2026-Q4.csv"'
    assert "Nothing, in this quarter." in said(olive.get("/office/entries/report?quarter=2026-Q3"))


def test_reading_is_logged(world: World, olive: FlaskClient):
    asked(world)
    olive.get("/office/entries")
    olive.get(here(world))
    olive.get("/office/entries/report.csv")
    with world.database.reading(None) as session:
        rows = session.scalars(select(AccessRecord).where(AccessRecord.record == "entry")).all()
    assert [row.action for row in rows] == ["list", "read", "list"]


def signed_in_at(world: World, who: str, moment: datetime) -> FlaskClient:
    """From now on it is that moment."""
    world.now = moment
    world.clock.move_to(moment)
    return world.client(who)


def test_an_authority_given_at_ten_to_midnight_opens_the_door_after_it(world: World, olive: FlaskClient, shut: Story):
    olive.post(new(shut), data=a_proposal(world))
    night = datetime(2026, 12, 8, 23, 50, tzinfo=UTC)
    dora = signed_in_at(world, "dora", night)
    assert sends(dora, here(world, "authorise"), basis="necessity", authorise_words="Water").status_code == 303
    olive = signed_in_at(world, "olive", night + 15 * MINUTE)
    for method, when in (("knocked", "11:55pm"), ("called", "12:01am")):
        tried = sends(olive, here(world, "try"), method=method, outcome="no_reply", tried_time=when)
        assert tried.status_code == 303, said(tried)
    went_in = sends(olive, here(world, "enter"), second="colleague", second_name="Ben Okafor", photos_before="yes")
    assert went_in.status_code == 303, said(went_in)
    with world.database.reading(CHECKING) as session:
        tries = select(LawfulEntryStep.at).where(LawfulEntryStep.kind == "tried").order_by(LawfulEntryStep.at)
        assert session.scalars(tries).all() == [night + 5 * MINUTE, night + 11 * MINUTE]
