"""The steps at the door that are about the worker's own safety (D10, ME-6.1, ME-7)."""

import re

import pytest
from flask.testing import FlaskClient

from fieldvisit.safety.models import Watch
from fieldvisit.visits.state import DOORSTEP, Stage, VisitState
from fieldvisit.visits.steps import LABELS, on_page
from tests.services.test_safety import rows
from tests.stories import Story, a_visit
from tests.web.test_door_pages import page_of
from tests.world import World


@pytest.fixture
def asha(world: World) -> FlaskClient:
    return world.client("asha")


def steps_of(client: FlaskClient, story: Story) -> dict[str, str]:
    parts = re.split(r"(?=<section)", page_of(client, story))
    return {name[1]: part for part in parts if (name := re.search(r'data-step="([^"]+)"', part))}


def test_leaving_takes_one_tap_from_every_step_before_the_end(world: World, asha: FlaskClient) -> None:
    steps = steps_of(asha, a_visit(world).told())
    for name in ("way", "who", "hello", "why", "id", "check", "checking", "wait", "consent", "inside", "work", "leave"):
        form = re.search(
            r'<form[^>]*data-event="visit.withdrew"[^>]*data-next="left".*?</form>', steps[name], re.DOTALL
        )
        assert form, name
        assert 'value="not_said"' in form[0]
        assert "required" not in form[0], "one tap asks nothing"
        assert 'data-show="watch"' in steps[name] or name == "leave"


def test_smoke_asks_first_whether_the_tenant_was_asked(world: World, asha: FlaskClient) -> None:
    step = steps_of(asha, a_visit(world).told())["leave"]
    assert step.index("Ask first") < step.index("Why can you not work?")
    for words in ("Did you ask the tenant to change it?", "somebody here needs help", "Another matter"):
        assert words in step, words
    assert 'value="aggression"' not in step
    story = a_visit(world).in_the_home()
    story.says("visit.withdrew", reason="smoke", asked="asked", help_considered=True)
    shown = world.client("olive").get(f"/office/visits/{story.visit_id}").text
    assert "The tenant was asked first to change it." in shown
    assert rows(world, Watch) == []


def test_why_they_left_is_asked_after_they_have_left(world: World, asha: FlaskClient) -> None:
    story = a_visit(world).in_the_home()
    story.says("visit.withdrew", reason="not_said")
    steps = steps_of(asha, story)
    assert set(steps) == {"left"}
    assert steps["left"].count('data-event="safety.left_because"') == 1
    assert 'value="aggression"' in steps["left"]
    assert "as soon as this phone has signal" in steps["left"] and "at once" not in steps["left"]


def test_the_step_says_plainly_that_saved_is_not_watched(world: World, asha: FlaskClient) -> None:
    step = steps_of(asha, a_visit(world).told())["watch"]
    assert "Saved on this phone is not watched." in step
    assert "It is no alarm" in step
    assert "office is watching until" not in step


def test_every_check_in_has_one_name_on_the_phone_whatever_it_was() -> None:
    kinds = ("started", "checked_in", "extended", "panicked", "ended")
    assert {LABELS[f"safety.{kind}"] for kind in kinds} == {"Check-in"}


def test_a_quiet_call_for_help_looks_like_a_check_in(world: World, asha: FlaskClient) -> None:
    step = steps_of(asha, a_visit(world).told())["panic"]
    assert "<h2" in step
    assert ">Check-ins</h2>" in step
    assert 'data-label="Check-in"' in step


@pytest.mark.parametrize("stage", [Stage.EN_ROUTE, *DOORSTEP, Stage.CONSENTED, Stage.IN_HOME, Stage.CLOSING])
def test_check_ins_are_there_for_as_long_as_the_visit_runs(stage: Stage) -> None:
    assert {"watch", "panic", "leave"} <= set(on_page(VisitState(stage=stage), may_set_off=True, seen=frozenset()))
