"""The tenant tells an officer that a record of a refusal or no access is wrong: the same as on their own page (D2)."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from fieldvisit.db import new_id
from fieldvisit.tasks import Task
from fieldvisit.visits.access_cases import AccessAttempt, AccessStep
from fieldvisit.visits.tenant_acts import TenantSaid
from tests.stories import Story, a_visit
from tests.web.desk_forms import SignedIn, said
from tests.web.test_refusals import RIGHT, here, kept
from tests.world import World

DAY = timedelta(days=1)
WORDS = "I was in all day and nobody rang the bell."


@pytest.fixture
def olive(signed_in: SignedIn) -> FlaskClient:
    return signed_in("olive")


@pytest.fixture
def nobody_in(world: World) -> Story:
    return a_visit(world, starts=world.now - 2 * DAY).at_the_door().says("door.no_answer", **RIGHT)


def a_call(world: World, **typed: str) -> tuple[str, dict[str, str]]:
    [attempt] = kept(world, AccessAttempt)
    form = {"k": new_id(), f"told_by_{attempt.id}": "phone", f"tenant_says_{attempt.id}": WORDS}
    return here(world, f"attempts/{attempt.id}/disputed"), form | {
        f"{box}_{attempt.id}": at for box, at in typed.items()
    }


def test_what_a_tenant_says_on_the_telephone_has_the_effect_of_their_own_page(
    world: World, olive: FlaskClient, nobody_in: Story
) -> None:
    assert "Attempts that count 1 of 3" in said(olive.get(here(world)))
    address, form = a_call(world)
    assert [olive.post(address, data=form).status_code for _ in range(2)] == [303, 303]
    page = said(olive.get(here(world)))
    assert "The tenant disputes it" in page and WORDS in page and "Attempts that count 0 of 3" in page
    assert "The tenant told us that a record is wrong" in page and "By telephone" in page
    assert "The tenant disputes it" in said(olive.get("/office/refusals"))
    assert [row.words for row in kept(world, TenantSaid)] == [WORDS], "pressed twice, written down once"
    assert [task.kind for task in kept(world, Task) if task.kind == "no_access_disputed"] == ["no_access_disputed"]
    assert all(WORDS not in step.words for step in kept(world, AccessStep)), "whoever was there never reads it"


def test_it_is_written_down_once_and_looked_at_like_any_other(
    world: World, olive: FlaskClient, nobody_in: Story
) -> None:
    address, form = a_call(world)
    olive.post(address, data=form)
    again = olive.post(address, data=form | {"k": new_id()})
    assert (again.status_code, "It is written down already" in said(again)) == (409, True)
    [attempt] = kept(world, AccessAttempt)
    found = {"k": new_id(), f"finding_{attempt.id}": "wrong", f"found_{attempt.id}": "The photo is of another door."}
    assert olive.post(here(world, f"attempts/{attempt.id}/settle"), data=found).status_code == 303
    assert "The tenant says that this is wrong" not in said(olive.get(here(world)))
    late = olive.post(address, data=form | {"k": new_id()})
    assert (late.status_code, "found to be wrong already" in said(late)) == (409, True)


@pytest.mark.parametrize(("box", "typed"), [("told_by", ""), ("told_by", "by-pigeon"), ("tenant_says", " ")])
def test_how_and_what_are_both_written_down(
    world: World, olive: FlaskClient, nobody_in: Story, box: str, typed: str
) -> None:
    address, form = a_call(world, **{box: typed})
    answer = olive.post(address, data=form)
    assert answer.status_code == 422
    assert box == "tenant_says" or WORDS in said(answer), "nothing typed is lost"


def test_a_record_of_another_case_is_not_there(world: World, olive: FlaskClient, nobody_in: Story) -> None:
    assert olive.post(here(world, f"attempts/{'0' * 32}/disputed"), data={"k": new_id()}).status_code == 404
