"""Clauses that live in the door flow: each is asked for at its step, and the log says what came of it (ME-2f to ME-8.1d1)."""

import re

import pytest
from flask.testing import FlaskClient

from tests.services.test_complaints import words
from tests.stories import Story, a_visit
from tests.web.desk_forms import SignedIn, said
from tests.web.door_reader import Door, Form, put_together
from tests.world import World

CLOSE_OUT = {
    "tidy": ("Left tidy", "Not left tidy"),
    "rubbish_removed": ("rubbish taken away", "rubbish not taken away"),
    "left_as_found": ("left as it was found", "not left as it was found"),
}


@pytest.fixture
def asha(signed_in: SignedIn) -> FlaskClient:
    return signed_in("asha")


def page_of(asha: FlaskClient, story: Story) -> str:
    return put_together(asha, asha.get(f"/visits/{story.visit_id}").text)


def step_of(text: str, name: str) -> str:
    [step] = re.findall(rf'<section class="step" data-step="{name}".*?</section>', text, re.DOTALL)
    return str(step)


def forms_of(text: str, kind: str) -> list[Form]:
    return [form for form in Door(text).forms if form.kind == kind]


def log_of(signed_in: SignedIn, story: Story) -> str:
    return said(signed_in("olive").get(f"/office/visits/{story.visit_id}"))


@pytest.mark.parametrize("asked", CLOSE_OUT)
def test_the_close_out_asks_how_the_place_is_left_and_the_log_says_what_was_answered(
    world: World, asha: FlaskClient, signed_in: SignedIn, asked: str
) -> None:
    """ME-3.3d1, ME-3.3d4, ME-3.3f."""
    story = a_visit(world).in_the_home().closing()
    closing = forms_of(page_of(asha, story), "visit.closed")
    assert [form.values[asked] for form in closing] == [{"yes", "no"}] * 2, "with a further visit, and without"
    yes, no = CLOSE_OUT[asked]
    story.closed(**{asked: False})
    log = log_of(signed_in, story)
    assert no in log
    assert all(other in log for name, (other, _) in CLOSE_OUT.items() if name != asked)
    assert yes != no


def test_shoe_covers_are_the_last_step_before_going_in_and_without_them_a_reason_is_asked(
    world: World, asha: FlaskClient, signed_in: SignedIn
) -> None:
    """ME-3.3e."""
    story = a_visit(world).at_the_door().answered().identified().consented()
    text = page_of(asha, story)
    assert Door(text).shown == ["covers"], "nothing stands between the yes and the shoes"
    with_covers, without = forms_of(step_of(text, "covers"), "home.entered")
    assert (with_covers.values["shoe_covers"], "no_covers_because" in with_covers.names) == ({"yes"}, False)
    assert without.values["shoe_covers"] == {"no"} and len(without.values["no_covers_because"]) == 4
    story.entered(shoe_covers=False, no_covers_because="trip_hazard")
    assert "The worker went in, without shoe covers:" in log_of(signed_in, story)


def test_of_an_unhappy_tenant_the_worker_is_asked_what_they_put_right_and_it_goes_with_the_complaint(
    world: World, asha: FlaskClient
) -> None:
    """ME-8.1d1."""
    story = a_visit(world).in_the_home().closing()
    text = page_of(asha, story)
    assert [form.values["unhappy"] for form in forms_of(text, "visit.closed")] == [{"yes", "no"}] * 2
    assert all("put_right" in form.names for form in forms_of(text, "visit.closed"))
    assert "Put right what you can now." in text
    story.closed(unhappy=True, unhappy_words="He left the hall wet.", put_right="He wiped it up.")
    assert words(world) == {"said": "He left the hall wet.", "put_right": "He wiped it up."}


def test_a_worry_about_somebody_is_asked_for_and_leads_to_whom_to_ring_and_to_the_sealed_report(
    world: World, asha: FlaskClient, signed_in: SignedIn
) -> None:
    """ME-2f, ME-6.2b. That it was asked is kept, and never what was answered (ruling R4)."""
    story = a_visit(world).in_the_home().closing()
    text = page_of(asha, story)
    assert Door(text).shown == ["welfare"], "before anything else of the close-out"
    worry = step_of(text, "worry")
    numbers = {
        world.policy.contact(code).number.replace(" ", "") for code in ("safeguarding-adult", "safeguarding-child")
    }
    assert {"999"} | numbers <= set(re.findall(r'href="tel:([0-9]+)"', worry))
    assert "Another matter" in asha.get(f"/visits/{story.visit_id}").text, "and it stands under every step"
    assert "Another matter" in asha.get("/today").text
    before = log_of(signed_in, story)
    story.closed()
    after = log_of(signed_in, story)
    asked = "The worker was asked to think whether anybody needs help."
    assert (asked in before, asked in after) == (False, True)
