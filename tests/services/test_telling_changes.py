"""What was true and safe when a message was written, and is not when it would go out; what reaches nobody."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import SENDING
from fieldvisit.messages.models import Message
from fieldvisit.messages.outgoing import NeverError
from fieldvisit.register.models import Household, Resident
from fieldvisit.tasks import Task
from fieldvisit.visits import events as ev
from fieldvisit.visits import notifying
from fieldvisit.visits.service import lock
from tests.stories import Story, a_visit
from tests.telling import CANCELLED, DAYS, gives_notice, hears, in_three_days, rows, said, tells
from tests.world import NOW


def test_a_message_about_a_time_that_was_changed_meanwhile_is_not_sent(world, provider, works):
    story = in_three_days(world)
    gives_notice(story)
    later = story.starts + DAYS
    story.desk(ev.VisitMoved(by="council", window_start=later, window_end=later + timedelta(hours=2), apologised=True))
    works()
    assert not provider.ledger
    assert [message.state for message in rows(world, Message)] == ["withdrawn"]


@pytest.mark.parametrize(
    ("marks", "protected", "says"),
    [({"sms": "safe"}, False, True), ({"sms": "content_free"}, False, False), ({}, False, False),
     ({"sms": "safe"}, True, False)],
)  # fmt: skip
def test_no_detail_goes_where_nobody_said_that_it_may(world, provider, works, marks, protected, says):
    story = in_three_days(world)
    with world.database.writing(SENDING) as session:
        visit = lock(session, story.visit_id)
        household = session.scalars(select(Household).where(Household.home_id == visit.home_id)).one()
        household.contact_safety, household.protected = marks, protected
    reference = gives_notice(story)
    works()
    body = provider.ledger[reference].body
    assert ("boiler" in body) is says
    assert ("Asha" in body) is says
    assert ("/t/" in body) is says
    hears(world, reference, "delivered", NOW)
    works()
    assert (story.state().notice_result == "full") is says  # what says neither who nor why is no notice (NR-15)


def test_a_channel_that_became_unsafe_while_its_message_waited_carries_nothing(world, provider, works):
    story = in_three_days(world)
    gives_notice(story)
    with world.database.writing(SENDING) as session:
        for household in session.scalars(select(Household)):
            household.contact_safety = {"sms": "never"}
    works()
    works()
    assert not provider.ledger
    assert said(story)[-1] == "notice.failed"
    assert [task.kind for task in rows(world, Task)] == ["notice_failed"]


def test_a_number_that_was_changed_while_a_message_waited_carries_nothing(world, provider, works):
    story = in_three_days(world)
    gives_notice(story)
    with world.database.writing(SENDING) as session:
        for resident in session.scalars(select(Resident)):
            resident.phone = "+447700900999"
    works()
    works()
    assert not provider.ledger
    assert [task.kind for task in rows(world, Task)] == ["notice_failed"]


def test_a_cancellation_that_reaches_nobody_is_a_task_the_same_day(world, provider, works):
    provider.fails = NeverError("permanent-failure", "no such number")
    story = in_three_days(world).told(hours_before=60).desk(CANCELLED)
    tells(story, CANCELLED)
    works()
    works()
    assert [task.kind for task in rows(world, Task)] == ["tell_tenant"]


def test_a_courtesy_that_reaches_nobody_is_nobodys_task(world, provider, works, clock):
    in_three_days(world).told(hours_before=60)
    provider.fails = NeverError("permanent-failure", "no such number")
    clock.move_to(NOW + 2 * DAYS)
    works()
    works()
    assert [message.kind for message in rows(world, Message)] == ["reminder"]
    assert rows(world, Task) == []


def test_a_text_that_bounces_when_the_visit_is_over_asks_nobody_to_try_again(world, provider, works):
    story = in_three_days(world)
    reference = gives_notice(story)
    works()
    hears(world, reference, "delivered", NOW)
    works()
    story.desk(CANCELLED)
    hears(world, reference, "permanent-failure", NOW)
    works()
    assert said(story)[-1] == "notice.withdrawn"
    assert rows(world, Task) == []


def _written(story: Story, kind: str, at: datetime) -> None:
    world = story.world
    with world.database.writing(SENDING) as session:
        visit = lock(session, story.visit_id)
        assert visit
        assert notifying.tell(session, visit, kind, by=world.ids["olive"], at=at, policy=world.policy, key=new_id())


@pytest.mark.parametrize("kind", ["reminder", "confirmation"])
@pytest.mark.parametrize("change", ["moved", "reassigned"])
def test_what_waited_while_the_visit_changed_is_not_sent_with_the_old_time_or_name(
    world, provider, works, clock, kind, change
):
    story = in_three_days(world).told(hours_before=60)
    _written(story, kind, NOW)
    clock.move_to(NOW + timedelta(minutes=1))
    later = story.starts + DAYS
    event: ev.Event = ev.VisitReassigned(lead=world.ids["ben"], visitor="contractor", tenant_told=True)
    if change == "moved":
        event = ev.VisitMoved(by="council", window_start=later, window_end=later + timedelta(hours=2), apologised=True)
    story.desk(event, NOW + timedelta(minutes=1))
    works()
    assert not provider.ledger


def test_on_the_way_is_not_said_of_somebody_who_is_there(world, provider, works, clock):
    story = a_visit(world, starts=NOW + timedelta(minutes=30), planned_at=NOW - 4 * DAYS).told(hours_before=60)
    story.set_off(NOW)
    _written(story, "on_the_way", NOW)
    story.arrived()
    clock.move_to(story.starts + timedelta(minutes=10))
    works()
    assert not provider.ledger


def test_a_reminder_is_sent_a_day_before_if_the_visit_is_still_as_it_was(world, provider, works, clock):
    story = in_three_days(world)
    reference = gives_notice(story)
    works()
    hears(world, reference, "delivered", NOW)
    works()
    clock.move_to(story.starts - DAYS - timedelta(seconds=1))
    works()
    assert len(provider.ledger) == 1
    clock.move_to(story.starts - DAYS)
    works()
    clock.move_to(story.starts - DAYS + timedelta(hours=1))
    works()
    assert [message.kind for message in rows(world, Message)].count("reminder") == 1


def test_no_reminder_of_a_visit_that_was_cancelled_or_not_told_in_time(world, provider, works, clock):
    in_three_days(world)
    told = in_three_days(world).told(hours_before=60)
    told.desk(ev.VisitCancelled(by="tenant", reason="tenant_asked", apologised=False, offered_new_time=False))
    clock.move_to(told.starts - timedelta(hours=20))
    works()
    assert not provider.ledger


def test_a_worker_who_rings_in_is_on_the_way_as_well_and_it_is_said_once(world, provider, works, clock):
    story = a_visit(world, starts=NOW + timedelta(minutes=30), planned_at=NOW - 4 * DAYS).told(hours_before=60)
    story.desk(ev.VisitSetOff(), NOW)
    tells(story, ev.VisitSetOff())
    works()
    assert [message.kind for message in rows(world, Message)].count("on_the_way") == 1
    story.set_off(NOW + timedelta(minutes=1))
    clock.move_to(NOW + timedelta(minutes=2))
    works()
    assert [message.kind for message in rows(world, Message)].count("on_the_way") == 1
