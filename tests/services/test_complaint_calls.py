"""Whoever deals with a complaint is called for each of its clocks (DR-8 to DR-11), once before and once when it ran out."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.complaints import calling, chasing, clocks
from fieldvisit.complaints.state import Stage, State
from fieldvisit.ground.roles import CHECKING, SENDING
from fieldvisit.messages import desk_calls
from fieldvisit.messages.models import Message
from fieldvisit.tasks import Task
from tests.complaints import acts, answered, officers, received
from tests.services.test_complaints import answers_to, declares
from tests.stories import FIRST_HOME
from tests.telling import Provider
from tests.world import NOW, World

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _officers(world: World) -> None:
    officers(world)


def goes(world: World, days: int = 0) -> None:
    calling.call(world.database, world.now + days * DAY, world.policy, set())


def sent(world: World) -> dict[str, int]:
    with world.database.reading(CHECKING) as session:
        found = session.scalars(select(Message).where(Message.kind == desk_calls.KIND, Message.state != "withdrawn"))
        return dict(Counter(message.to.partition("@")[0] for message in found))


@pytest.mark.parametrize(
    ("day", "found"),
    [(10, []), (11, ["DR-8:0:soon"]), (14, ["DR-8:0:soon"]), (15, ["DR-8:0:soon"]), (16, ["DR-8:0:over"])],
)
def test_a_clock_calls_two_working_days_before_its_own(world: World, day: int, found: list[str]):
    state = State(Stage.RECEIVED, NOW, "phone")  # on Tuesday 8 December: DR-8 ends with Tuesday 15
    assert [each for each in clocks.calls(state, datetime.fromisoformat(f"2026-12-{day}T08:00+00:00"), world.policy)
            if each.startswith("DR-8")] == found  # fmt: skip


def test_whoever_deals_with_it_is_called_once_before_and_once_when_it_ran_out(world: World):
    complaint = received(world)
    acts(world, complaint, "logged", {"point:1": "x"}, points=1, theme="staff", handler=world.ids["cass"])
    for days in (0, 3, 3, 6, 6):
        goes(world, days)
    assert sent(world) == {"cass": 1}, "DR-8 is warned of once"
    for days in (8, 8):
        goes(world, days)
    assert sent(world) == {"cass": 2}
    for days in (60, 61):
        goes(world, days)
    assert sent(world) == {"cass": 3}, "and the answer, in one e-mail of its round"


def test_nobody_is_called_who_reads_nothing_of_it(world: World):
    answers_to(world, "asha", "dora")
    declares(world, "olive", home_id=world.ids[FIRST_HOME])
    received(world, by="cass", about_person_id=world.ids["asha"])
    goes(world, 20)
    assert sent(world) == {"cass": 1}, "dora manages whom it is about, and olive has an interest in the home"


def test_what_has_ended_calls_nobody(world: World):
    acts(world, received(world), "not_wanted")
    goes(world, 20)
    assert sent(world) == {}


def test_a_handler_who_has_come_near_is_not_called_but_somebody_else(world: World):
    complaint = received(world)
    acts(world, complaint, "logged", {"point:1": "x"}, points=1, theme="staff", handler=world.ids["cass"])
    declares(world, "cass", home_id=world.ids[FIRST_HOME])
    goes(world, 20)
    assert sent(world) == {"dora": 1, "olive": 1}


def test_a_promise_that_nobody_speaks_of_is_a_task_and_calls_until_they_were_told(world: World):
    complaint = answered(world)
    acts(world, complaint, "action", {"what": "A new tap."}, owner=world.ids["olive"], due="2027-03-01")

    def asked() -> list[str]:
        with world.database.writing(SENDING) as session:
            chasing.chase(session, world.now, world.policy)
            wanted = select(Task).where(Task.kind == chasing.TASK, Task.done_at.is_(None))
            return [task.cause.split(":", 2)[2] for task in session.scalars(wanted)]

    world.now += 7 * DAY  # Tuesday 15 December: they are to hear by Tuesday 22
    goes(world)
    assert (sent(world), asked()) == ({}, [])
    world.now += 3 * DAY
    goes(world)
    goes(world)
    assert (sent(world), asked()) == ({"olive": 1}, ["D6-tell:1"])
    acts(world, complaint, "updated", {"told": "Rang: the tap is ordered."})
    assert asked() == []
    goes(world, 1)
    assert sent(world) == {"olive": 1}


def test_the_worker_calls_in_the_morning(world: World, works: Any, provider: Provider, clock: Any):
    complaint = received(world)
    acts(world, complaint, "logged", {"point:1": "x"}, points=1, theme="staff", handler=world.ids["cass"])
    clock.move_to(world.now + 8 * DAY)
    works()
    works()
    assert [each.to for each in provider.ledger.values()] == ["cass@council.example"]
