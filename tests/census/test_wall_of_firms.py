"""What a firm's manager sees (R9): address and time of the firm's own visits, and not a row more."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

import fieldvisit.models  # noqa: F401 - every table, also when this test runs alone
from fieldvisit.db import Base
from fieldvisit.ground.roles import CHECKING
from fieldvisit.register.models import Home, Household, Person, Resident
from fieldvisit.visits.models import Entry, Envelope, Job, Visit, Words
from tests.census.test_wall import LOADS, count, sees
from tests.stories import a_visit
from tests.world import World


@pytest.mark.parametrize("how", LOADS)
def test_a_contractor_manager_reaches_no_name_and_no_needs_through_a_visit(world: World, how: str):
    a_visit(world)
    with world.database.reading(world.principal("mona")) as session:
        visit = session.scalars(select(Visit).options(*LOADS[how])).unique().one()
        assert visit.home.address_line == "1 Larch Close"
        assert visit.home.residents == []
        assert visit.home.household is None


@pytest.mark.parametrize("how", LOADS)
def test_the_worker_of_the_visit_reaches_them_all(world: World, how: str):
    a_visit(world)
    with world.database.reading(world.principal("asha")) as session:
        visit = session.scalars(select(Visit).options(*LOADS[how])).unique().one()
        assert [one.name for one in visit.home.residents] == ["Terry Moss"]
        assert visit.home.household is not None


def test_a_key_opens_no_more_than_a_search(world: World):
    a_visit(world)
    with world.database.reading(world.principal("mona")) as session:
        home = session.get_one(Home, world.ids["100030000001"])
        assert session.get(Household, _household(world)) is None
        session.expire(home)
        assert home.address_line == "1 Larch Close"


def _household(world: World) -> str:
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(Household.id).where(Household.home_id == world.ids["100030000001"])).one()


@pytest.mark.parametrize("model", [Resident, Household, Words, Envelope, Job], ids=lambda m: m.__name__)
def test_a_contractor_manager_sees_no_row_of(world: World, model: type[Base]):
    a_visit(world).in_the_home()
    assert count(world, "mona", model) == 0


def test_a_contractor_manager_sees_a_visit_until_it_ends(world: World):
    story = a_visit(world).in_the_home().closing()
    assert sees(world, "mona", story)
    story.closed()
    assert not sees(world, "mona", story)
    assert count(world, "mona", Entry) == count(world, "mona", Home) == 0


@pytest.mark.parametrize("end", [lambda s: s.refused(), lambda s: s.says("visit.withdrew", reason="danger")])
def test_a_visit_that_came_to_nothing_is_over_for_the_manager_too(world: World, end: Callable[[Any], Any]):
    story = a_visit(world).at_the_door().answered().identified()
    assert sees(world, "mona", story)
    end(story)
    assert not sees(world, "mona", story)


def test_a_contractor_manager_sees_the_firms_visits_and_no_others(world: World):
    own, other = a_visit(world), a_visit(world, lead="carl", home="100030000002")
    assert (sees(world, "mona", own), sees(world, "mona", other)) == (True, False)
    assert (sees(world, "omar", own), sees(world, "omar", other)) == (False, True)


def test_a_manager_whose_firm_is_not_known_sees_nothing(world: World):
    a_visit(world, lead="olive", by="olive")
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["mona"]).firm_id = None
    assert count(world, "mona", Visit) == 0
