"""Doors at which nobody got in: a hazard's case, the month's report and the clocks of jobs tell whose doing it was."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.services.test_access_cases import disputes
from tests.services.test_hazards import reported
from tests.stories import Story, a_visit
from tests.web.desk_forms import SignedIn, said
from tests.web.test_job_clocks import imported, planned_for
from tests.world import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RIGHT = {"waited_min": 10, "called": True, "card_left": True}
LET_IN, OURS = "Nobody let us in: once", "Not counted against the tenant: once (Tuesday 8 December 2026, {})"


@pytest.fixture
def olive(signed_in: SignedIn) -> FlaskClient:
    return signed_in("olive")


def told(world: World) -> Story:
    return a_visit(world, starts=world.now - 40 * MINUTE).at_the_door()


def nobody_in(story: Story, **facts: object) -> Story:
    return story.says("door.no_answer", **(RIGHT | facts))


OWN_FAILURES: list[tuple[Callable[[World], Story], str]] = [
    (lambda world: told(world).answered().refused("no-id"), "our worker showed no ID"),
    (lambda world: told(world).answered().refused("not-told"), "we had not told the tenant"),
    (lambda world: told(world).answered().refused("unwell"), "the tenant had a good reason to say no"),
    (lambda world: told(world).says("door.child_answered", adult_coming=False),
     "a child answered and no adult was there"),
    (lambda world: nobody_in(told(world), waited_min=2), "our worker did not wait long enough"),
    (lambda world: nobody_in(told(world), called=False), "our worker did not call from the door"),
    (lambda world: nobody_in(told(world), card_left=False), "our worker left no card"),
    (lambda world: nobody_in(a_visit(world, starts=world.now - 40 * MINUTE).arrived()),
     "we had not told the tenant in time"),
    (lambda world: nobody_in(a_visit(world, starts=world.now - 3 * HOUR).told().set_off().arrived(
        world.now - 50 * MINUTE)), "we came outside the time that the tenant was told"),
]  # fmt: skip


@pytest.mark.parametrize(("happens", "why"), OWN_FAILURES, ids=[why for _, why in OWN_FAILURES])
def test_our_own_failure_is_evidence_and_is_never_told_as_the_tenants(
    world: World, olive: FlaskClient, happens: Callable[[World], Story], why: str
) -> None:
    case = reported(world)
    assert happens(world).results[-1]["status"] == "accepted"
    month, page = said(olive.get("/office/hazards/report")), said(olive.get(f"/office/hazards/{case}"))
    assert LET_IN not in month and OURS.format(why) in month
    assert "Times that nobody let us in 0" in page and "do not count against the tenant 1" in page
    assert f"It does not count against the tenant: {why}." in page
    sheet = olive.get("/office/hazards/report.csv").data.decode("utf-8-sig")
    assert why in sheet and LET_IN not in sheet


def test_a_door_that_counts_is_told_as_such(world: World, olive: FlaskClient) -> None:
    case = reported(world)
    nobody_in(told(world))
    assert LET_IN in said(olive.get("/office/hazards/report"))
    assert "Times that nobody let us in 1" in said(olive.get(f"/office/hazards/{case}"))


def test_what_the_tenant_disputes_is_not_told_as_theirs_from_that_moment(world: World, olive: FlaskClient) -> None:
    case = reported(world)
    story = nobody_in(told(world))
    disputes(story, world.now)
    assert "the tenant says that our record of it is wrong" in said(olive.get(f"/office/hazards/{case}"))
    assert LET_IN not in said(olive.get("/office/hazards/report"))


def test_the_clocks_of_jobs_tell_the_two_apart(world: World, olive: FlaskClient) -> None:
    imported(world, clock="eicr_remedial")
    planned_for(world).at_the_door().answered().refused("no-id")
    page = said(olive.get("/office/clocks"))
    assert "Nobody let us in" not in page
    assert "Not counted against the tenant:" in page and "our worker showed no ID" in page
