"""Where another person must decide, another account of the same person is none (N1): hazards and entries without consent."""

from datetime import timedelta

import pytest

from fieldvisit.ground.roles import DEMO
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.models import Person
from fieldvisit.visits import lawful_entry_steps as steps
from fieldvisit.visits.access_service import was_there
from tests.services.test_hazards import acts, reported, triaged
from tests.services.test_lawful_entry import a_manager, asked, does, refused, secured
from tests.stories import a_visit
from tests.world import World

REVIEW = ("It was needed", "Less would not have done", "Nothing")


def one_person(world: World, *refs: str) -> None:
    """They share a telephone, which counts as one person."""
    with world.database.writing(DEMO) as session:
        for ref in refs:
            session.get_one(Person, world.ids[ref]).phone = "07700 900 555"


def found_an_emergency(world: World) -> str:
    case = reported(world)
    triaged(world, case, "emergency")
    acts(world, case, "investigating", how="in_person")
    acts(world, case, "concluded", finding="emergency")
    return case


def test_a_hazard_is_downgraded_by_another_person_and_not_by_another_account(world: World) -> None:
    case = found_an_emergency(world)
    one_person(world, "olive", "dora")
    with pytest.raises(RefusedError) as error:
        acts(world, case, "downgraded", by="dora")
    assert error.value.verdict.code == "second-officer"


def test_another_person_downgrades_it(world: World) -> None:
    acts(world, found_an_emergency(world), "downgraded", by="dora")


def test_whoever_asks_to_go_in_authorises_it_by_no_account(world: World) -> None:
    story = asked(world)  # asha asks
    one_person(world, "asha", "dora")
    assert refused(world, story, steps.authorise, "tenancy-agreement", "Water comes through") == "own-proposal"
    assert refused(world, story, steps.decline, "No need") == "own-proposal"


@pytest.mark.parametrize("same", ["asha", "dora"])
def test_whoever_asked_or_authorised_reviews_it_by_no_account(world: World, same: str) -> None:
    story = secured(world)
    does(world, story, steps.say_told, "no_reply", "", who="olive", notice_left=True)
    a_manager(world, "olive")
    one_person(world, same, "olive")
    how = {"who": "olive", "necessary": True, "proportionate": True, "at": story.at + timedelta(days=1)}
    assert refused(world, story, steps.review, *REVIEW, **how) == "own-entry"


def test_whoever_was_at_the_door_by_another_account_was_there(world: World) -> None:
    story = a_visit(world)
    with world.database.reading(world.principal("olive")) as session:
        assert not was_there(session, story.visit_id, world.ids["olive"])
    one_person(world, "asha", "olive")
    with world.database.reading(world.principal("olive")) as session:
        assert was_there(session, story.visit_id, world.ids["olive"])
