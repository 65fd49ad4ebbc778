"""What is held goes from the list by a person's act alone: taken in through the same door, or set aside with a reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from fieldvisit.ground.roles import CHECKING, INTAKE
from fieldvisit.outbox import held as service
from fieldvisit.outbox import intake
from fieldvisit.outbox.envelope import IntakeKey
from fieldvisit.outbox.models import Arrival, Attachment, Held
from fieldvisit.register.models import Grant
from fieldvisit.tasks import Task
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Entry
from tests.stories import Story, a_phone, a_visit
from tests.world import NOW, World

LATER = NOW + timedelta(hours=3)


def the_held(world: World) -> Held:
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(Held)).one()


def settle(world: World, act: Callable[..., Any], **more: Any) -> Any:
    with world.database.writing(INTAKE) as session:
        held = session.get_one(Held, the_held(world).id)
        return act(session, held, by=world.ids["olive"], why="I rang the worker", at=LATER, **more)


def take_in(world: World) -> Any:
    key: IntakeKey = world.app.extensions["fv_intake_key"]
    return settle(world, service.take_in, key=key, policy=world.policy)


def after_a_cancellation(world: World) -> Story:
    story = a_visit(world).told()
    story.desk(
        ev.VisitCancelled(by="tenant", reason="tenant_asked", apologised=False, offered_new_time=False),
        at=NOW - timedelta(hours=1),
    )
    story.phone.photo(story.visit_id, b"x" * 100, NOW)
    assert story.phone.send(NOW)[0]["code"] == "after-cancel"
    return story


def test_what_counts_all_the_same_goes_into_the_log_with_its_own_times(world: World) -> None:
    story = after_a_cancellation(world)
    assert take_in(world)
    with world.database.reading(CHECKING) as session:
        line = session.scalars(select(Entry).where(Entry.kind == "photo.taken")).one()
    assert (line.corrected_time, line.received_at, line.recorded_by) == (NOW, NOW, world.ids["asha"])
    held = the_held(world)
    assert (held.settled_how, held.settled_by, held.settled_why) == ("taken", world.ids["olive"], "I rang the worker")
    assert story.row().stage == "cancelled"


def test_its_task_closes_and_its_photo_goes_with_it(world: World) -> None:
    after_a_cancellation(world)
    take_in(world)
    with world.database.reading(CHECKING) as session:
        assert session.scalars(select(Task.done_at).where(Task.kind == "held")).all() == [LATER]
        assert (
            session.scalars(select(Attachment)).one().entry_id
            == session.scalars(select(Entry.id).where(Entry.kind == "photo.taken")).one()
        )


def test_the_phone_is_then_told_that_it_is_filed_under_a_new_number(world: World) -> None:
    story = after_a_cancellation(world)
    take_in(world)
    with world.database.reading(CHECKING) as session:
        assert len(session.scalars(select(Arrival)).all()) == 2  # at once: the next backup's mark covers it
    told = story.phone.send(LATER, story.phone.kept)[0]
    assert (told["status"], told.get("code"), told["server_seq"]) == ("duplicate", None, 2)


def test_taken_in_twice_is_once(world: World) -> None:
    story = after_a_cancellation(world)
    entries = story.row().entries
    assert take_in(world)
    assert take_in(world).code == "settled"
    assert story.row().entries == entries + 1


def test_an_unknown_visit_is_looked_for_again(world: World) -> None:
    phone = a_phone(world, "asha")
    phone.save("visit.set_off", "f" * 32, {}, NOW)
    phone.send(NOW)
    assert take_in(world).code == "unknown-visit"
    assert the_held(world).settled_at is None


def test_what_was_unreadable_is_read_after_an_update(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    story = a_visit(world).told()
    story.phone.save("visit.late", story.visit_id, {"minutes": 10}, NOW, kv=2)
    assert story.phone.send(NOW)[0]["code"] == "unreadable"
    assert take_in(world).code == "unreadable"
    monkeypatch.setitem(ev.READERS, ("visit.late", 2), ev.VisitLate)
    assert take_in(world)


def test_another_guard_that_objects_then_keeps_it_held_under_its_own_reason(world: World) -> None:
    story = a_visit(world, lead="ben").told()
    other = a_phone(world, "asha")
    with world.database.writing(None) as session:
        session.get_one(Grant, other.grant).revoked_at = NOW - timedelta(hours=1)
    other.save("visit.set_off", story.visit_id, {}, NOW)
    assert other.send(NOW)[0]["code"] == "not-yours"
    assert take_in(world).code == "after-revoke"
    held = the_held(world)
    assert (held.code, held.settled_at) == ("after-revoke", None)


def test_a_reaction_that_broke_may_work_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any) -> None:
        raise ValueError

    story = a_visit(world).told()
    story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    with monkeypatch.context() as broken:
        broken.setitem(intake.REACTIONS, ev.VisitSetOff, (breaks,))
        assert story.phone.send(NOW)[0]["code"] == "reaction-failed"
        assert take_in(world).code == "reaction-failed"
    assert take_in(world)
    assert story.row().stage == "en_route"


def test_of_two_with_one_number_the_second_can_only_be_set_aside(world: World) -> None:
    story = a_visit(world).told()
    first = story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    story.phone.seq -= 1
    story.phone.save("visit.late", story.visit_id, {"minutes": 10}, NOW, uuid=first["uuid"])
    story.phone.send(NOW)
    assert take_in(world).code == "conflict"
    assert settle(world, service.set_aside)
    assert the_held(world).settled_how == "aside"


def test_a_slow_phones_held_entry_keeps_its_corrected_time(world: World) -> None:
    story = a_visit(world, lead="ben").told()
    phone = a_phone(world, "asha")
    phone.slow_by = timedelta(hours=5)
    phone.save("visit.set_off", story.visit_id, {}, NOW)
    phone.send(NOW)
    assert take_in(world)
    with world.database.reading(CHECKING) as session:
        line = session.scalars(select(Entry).where(Entry.kind == "visit.set_off")).one()
    assert (line.corrected_time, line.device_time) == (NOW, NOW - timedelta(hours=5))


def test_the_database_itself_deletes_nothing_that_is_held(world: World) -> None:
    after_a_cancellation(world)
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"), world.database.writing(INTAKE) as session:
        session.delete(session.get_one(Held, the_held(world).id))


def test_who_may_read_a_held_entry(world: World) -> None:
    """Of the north's visit: the north's officers. Of no visit: those of an area that the worker is sent to."""
    a_visit(world, lead="asha")
    phone = a_phone(world, "asha")
    phone.save("visit.set_off", "f" * 32, {}, NOW)
    phone.send(NOW)
    assert seen_by(world) == {"olive"}


def test_of_a_worker_who_was_never_sent_anywhere_every_officer_may(world: World) -> None:
    phone = a_phone(world, "ben")
    phone.save("visit.set_off", "f" * 32, {}, NOW)
    phone.send(NOW)
    assert seen_by(world) == {"olive", "otto"}


def seen_by(world: World) -> set[str]:
    found = set()
    for ref in ("olive", "otto", "asha", "mona", "hana", "lena", "adam", "aud"):
        with world.database.reading(world.principal(ref)) as session:
            if session.scalars(select(Held)).all():
                found.add(ref)
    return found


def test_a_photo_is_seen_through_its_visit_alone(world: World) -> None:
    story = a_visit(world).told()
    story.phone.photo(story.visit_id, b"x" * 100, NOW)
    story.phone.send(NOW)
    sees = {}
    for ref in ("olive", "otto", "asha", "mona", "hana"):
        with world.database.reading(world.principal(ref)) as session:
            sees[ref] = len(session.scalars(select(Attachment)).all())
    assert sees == {"olive": 1, "otto": 0, "asha": 0, "mona": 0, "hana": 0}
