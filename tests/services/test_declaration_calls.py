"""Whoever decides about a declaration is called once before its day and once after it, and never whoever declared it."""

from datetime import timedelta
from typing import Any

import pytest

from fieldvisit.declarations import calling
from fieldvisit.declarations.rules import calls
from fieldvisit.ground.roles import DEMO, Duty
from fieldvisit.register.models import Person, PersonDuty
from tests.services.test_complaint_calls import sent
from tests.services.test_declarations import decide, declare, row_of, told  # noqa: F401 - a fixture
from tests.telling import Provider
from tests.world import LONG_AGO, World

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def goes(world: World, days: int = 0) -> None:
    calling.call(world.database, world.now + days * DAY, world.policy, set())


def seniors(world: World) -> None:
    with world.database.writing(None) as session:
        session.add(PersonDuty(person_id=world.ids["dora"], duty=Duty.COMPLAINTS_SENIOR, area_id=world.ids["North"],
                               starts=LONG_AGO))  # fmt: skip


@pytest.mark.parametrize(
    ("before", "said"), [(3 * DAY, ""), (DAY, "soon"), (0 * DAY, "soon"), (-SECOND, "over"), (-90 * DAY, "over")]
)
def test_the_last_working_day_before_it_is_soon(world: World, before: timedelta, said: str):
    thursday = world.now + 2 * DAY
    assert calls(thursday, thursday - before, world.policy) == said


def test_a_firms_manager_is_called_for_what_only_they_would_see(world: World, told):
    seniors(world)
    declared = declare(world)  # asha's, whose firm is mona's
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["asha"]).manager_id = world.ids["mona"]
    managed = declare(world, what="A second cake", key="1" * 32)
    last = (row_of(world, managed).due_at - world.now).days
    for days in (0, last, last, 60, 61):
        goes(world, days)
    found = sent(world)
    assert found == {"mona": 2, "dora": 2}, "both wait for mona, and one of them for a senior officer too"
    decide(world, managed, "keep")
    decide(world, declared, "keep")
    goes(world, 90)
    assert sent(world) == found, "nothing waits any more"


def test_whoever_declared_it_is_not_called_by_another_account(world: World, told):
    seniors(world)
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["mona"]).phone = session.get_one(Person, world.ids["asha"]).phone
    declare(world)
    goes(world, 60)
    assert "mona" not in sent(world) and "dora" in sent(world)


def test_the_worker_calls_in_the_morning(world: World, works: Any, provider: Provider, clock: Any, told):
    seniors(world)
    declare(world)
    clock.move_to(world.now + 63 * DAY)
    works()
    works()
    assert {each.to for each in provider.ledger.values()} == {"mona@council.example", "dora@council.example"}
