"""A worker's buddy: chosen from those who may be, called when the worker is late, told nothing, and settling nothing."""

import pytest
from sqlalchemy import select

from fieldvisit.ground.roles import DEMO, SENDING, WATCHING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.messages import desk_calls
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Person, PersonDuty
from fieldvisit.safety import buddies
from fieldvisit.safety.models import SafetyBuddy
from fieldvisit.visits.models import VisitWorker
from tests.services.test_safety import (
    DURESS,
    MINUTE,
    acts,
    kinds,
    open_tasks,
    rows,
    the_watch,
    ticked,
    watched,
    with_words,
)
from tests.services.test_safety_calls import called, rounds
from tests.services.test_safety_words import phone_says
from tests.stories import a_visit
from tests.world import World


def names(world: World, buddy: str, of: str = "asha", by: str = "asha") -> None:
    with world.database.writing(WATCHING) as session:
        worker = session.get_one(Person, world.ids[of])
        buddies.name_buddy(session, worker, world.ids.get(buddy, ""), world.ids[by], world.now)


def may_be(world: World, of: str) -> list[str]:
    refs = {person_id: ref for ref, person_id in world.ids.items()}
    with world.database.reading(WATCHING) as session:
        return [refs[one.id] for one in buddies.who_may_be(session, session.get_one(Person, world.ids[of]), world.now)]


def bens_page(world: World, minutes: float) -> dict[str, bool]:
    """Whose buddy Ben is, and whether he is told that they are late."""
    with world.database.reading(WATCHING) as session:
        wards = buddies.wards_of(session, world.ids["ben"], world.now + minutes * MINUTE, world.policy)
        return {ward.person.name: ward.late for ward in wards}


# --- who may be ---------------------------------------------------------------------------------------------------


def test_the_list_is_of_the_same_firm_and_of_those_on_duty_where_one_goes(world: World) -> None:
    assert may_be(world, "asha") == ["ben", "mona"]
    a_visit(world)  # in the north, where dora has the duty
    assert may_be(world, "asha") == ["ben", "dora", "mona"]
    assert may_be(world, "olive") == ["dora"], "an officer's colleagues are those of the same area"


def test_nobody_else_is_named_whatever_a_form_sends(world: World) -> None:
    for stranger in ("carl", "hana", "asha", "otto"):
        with pytest.raises(RefusedError, match="Choose from the list"):
            names(world, stranger)
    assert rows(world, SafetyBuddy) == []
    names(world, "ben")
    names(world, "mona", by="mona")
    [row] = rows(world, SafetyBuddy)
    assert (row.buddy_id, row.set_by, row.set_at) == (world.ids["mona"], world.ids["mona"], world.now)
    names(world, "")
    assert rows(world, SafetyBuddy) == []


def test_another_account_of_ones_own_is_no_buddy(world: World) -> None:
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["ben"]).phone = session.get_one(Person, world.ids["asha"]).phone
    assert may_be(world, "asha") == ["mona"]


# --- called -------------------------------------------------------------------------------------------------------


def test_a_buddy_is_called_once_when_the_worker_is_late_beside_those_who_watch(world: World) -> None:
    names(world, "ben")
    watched(world)
    for minutes in (10, 30, 34):
        ticked(world, minutes)
        rounds(world, minutes)
    assert called(world) == {}
    ticked(world, 35)
    rounds(world, 35, 36, 40)
    assert called(world) == {"ben": 1}
    ticked(world, 45)
    rounds(world, 45)
    assert called(world) == {"ben": 1, "dora": 1}


def test_the_call_says_whom_to_ring_and_nothing_of_the_worker(world: World) -> None:
    names(world, "ben")
    watched(world)
    ticked(world, 35)
    rounds(world, 35, channels=Sending(sms="notify", email="smtp").ways_out)
    with world.database.reading(SENDING) as session:
        found = session.scalars(select(Message).where(Message.kind == desk_calls.KIND)).all()
        assert {message.channel for message in found} == {"sms", "email"}
        for message in found:
            text = f"{message.subject} {message.body}"
            assert world.policy.council.office_line.value in text
            for secret in ("asha", "kaur", "larch", "late", "worker", "buddy", "overdue", "alarm"):
                assert secret not in text.lower()
            assert (message.visit_id, message.home_id) == (None, None)


def test_the_call_settles_nothing_and_only_the_board_does(world: World) -> None:
    names(world, "ben")
    watched(world)
    ticked(world, 35)
    rounds(world, 35)
    assert (the_watch(world).stage, open_tasks(world)) == ("overdue", ["watch_overdue"])
    assert kinds(world) == ["started", "due", "overdue"], "nothing of it is written"
    acts(world, "called", 36, whom="buddy", answered=True)
    assert the_watch(world).stage == "contacting", "what a buddy says on the telephone is no word of the worker"
    assert ticked(world, 45).stage == "alarm"


def test_a_silent_alarm_rings_no_buddy(world: World) -> None:
    names(world, "ben")
    with_words(world)
    watched(world).says("safety.panicked")
    rounds(world, 2, 36)
    assert "ben" not in called(world)


def test_after_a_word_under_duress_a_buddy_who_was_not_called_yet_is_not(world: World) -> None:
    names(world, "ben")
    with_words(world)
    watched(world)
    ticked(world, 35)
    phone_says(world, DURESS, 35.2)
    rounds(world, 36)
    assert called(world) == {"dora": 1}


def test_nobody_who_may_stand_beside_the_worker_is_called_as_their_buddy(world: World) -> None:
    names(world, "ben")
    story = watched(world)
    with world.database.writing(DEMO) as session:
        session.add(
            VisitWorker(visit_id=story.visit_id, person_id=world.ids["ben"], lead=False, starts=world.now, ends=None)
        )
    ticked(world, 35)
    rounds(world, 35)
    assert called(world) == {}
    with world.database.reading(WATCHING) as session:
        assert (
            "sent on this visit too"
            in buddies.of_watches(session, [the_watch(world)], world.now)[the_watch(world).id].why_not
        )


@pytest.mark.parametrize("gone", ["the duty is over", "they left"])
def test_whoever_may_not_be_any_longer_is_not_called(world: World, gone: str) -> None:
    watched(world)
    names(world, "dora")
    with world.database.writing(DEMO) as session:
        if gone == "they left":
            session.get_one(Person, world.ids["dora"]).disabled_at = world.now
        for row in session.scalars(select(PersonDuty).where(PersonDuty.person_id == world.ids["dora"])):
            row.ends = world.now if gone == "the duty is over" else None
    ticked(world, 35)
    rounds(world, 35)
    assert called(world) == {}


def test_a_buddys_page_says_who_is_late_and_nothing_of_an_alarm(world: World) -> None:
    names(world, "ben")
    with_words(world)
    watched(world)
    assert bens_page(world, 10) == {"Asha Kaur": False}
    ticked(world, 35)
    assert bens_page(world, 35) == {"Asha Kaur": True}
    phone_says(world, DURESS, 36)
    assert bens_page(world, 36) == bens_page(world, 80) == {"Asha Kaur": False}
