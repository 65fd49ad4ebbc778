"""Nobody marks the tasks of an entry without consent as done by hand: each ends with what it asks for (D3)."""

from sqlalchemy import select

from fieldvisit.ground.roles import DEMO, SENDING
from fieldvisit.tasks import Task
from fieldvisit.visits import lawful_entry_service as service
from tests.services.test_lawful_entry import WENT_IN, asked_at_the_door, the_case, to_answer
from tests.world import World


def test_going_in_before_anybody_answered_ends_what_was_asked(world: World):
    asked_at_the_door(world).says("entry.lawful", **WENT_IN)
    assert (the_case(world).stage, to_answer(world)) == ("entered", [False])


def test_what_an_older_release_left_open_is_ended_once_a_day(world: World):
    asked_at_the_door(world).says("entry.lawful", **WENT_IN)
    with world.database.writing(DEMO) as session:
        session.scalars(select(Task).where(Task.kind == "entry_proposed")).one().done_at = None
    with world.database.writing(SENDING) as session:
        service.fold_anew(session, world.policy)
    assert to_answer(world) == [False]
