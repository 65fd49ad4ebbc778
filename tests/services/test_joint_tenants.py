"""Two who rent one home: each is told of a visit for themselves; what counts as told; nobody is exposed to the other."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, SENDING, TENANT
from fieldvisit.ground.verdict import Allowed
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Resident
from fieldvisit.tasks import Task
from fieldvisit.visits import events as ev
from fieldvisit.visits import notifying, tenant_acts, whom
from fieldvisit.visits.service import entries_of, lock
from tests.stories import Story, a_visit
from tests.telling import CANCELLED, DAYS, hears, household, in_three_days, rents_too, rows, said, tells
from tests.world import NOW, World

TERRYS, ANNS = "07700900101", "07700900188"
MOVED = ev.VisitMoved(
    by="council", window_start=NOW + 4 * DAYS, window_end=NOW + 4 * DAYS + timedelta(hours=2), apologised=True
)


def notices(story: Story) -> dict[str, str]:
    """Number or address -> the reference of the notice that went there. Each tenant by their first safe way."""
    world, asking = story.world, story.world.principal(story.by)
    with world.database.writing(asking) as session:
        visit = lock(session, story.visit_id)
        assert visit
        emergency = ev.EmergencyAuthorised(
            authorised_by=asking.person_id, authorised_at=world.now, hazard="gas", reason=ev.Words("A smell")
        )
        # The way by which a command of the desk gives notice: to everybody, and nobody has heard of it.
        notifying.follow(
            session, visit, emergency, by=asking.person_id, at=world.now, policy=world.policy, key=new_id()
        )
    return {one.to: one.id for one in rows(world, Message) if one.notice_id}


def written(world: World, kind: str = "") -> list[str]:
    return sorted(one.to for one in rows(world, Message) if kind in ("", one.kind))


def tasks(world: World) -> list[str]:
    return [task.kind for task in rows(world, Task)]


def stands(story: Story) -> dict[str, str]:
    """Each tenant's name -> whether they have been told."""
    world = story.world
    with world.database.reading(CHECKING) as session:
        visit = session.get_one(notifying.Visit, story.visit_id)
        parties = whom.parties_of(session, visit.home, world.now)
        return {one.name: told.state for one, told in whom.told_each(session, visit, parties, story.state())}


def own(world: World, resident: str, **facts: Any) -> None:
    with world.database.writing(SENDING) as session:
        row = session.get_one(Resident, resident)
        for name, value in facts.items():
            setattr(row, name, value)


# --- each is told -------------------------------------------------------------------------------------------------


def test_each_of_two_tenants_gets_the_notice_on_their_own_number(world, provider, works):
    rents_too(world)
    story = in_three_days(world)
    given = notices(story)
    works()
    assert sorted(given) == [TERRYS, ANNS]
    assert sorted(provider.ledger) == sorted(given.values())
    assert said(story) == ["visit.planned", "notice.recorded", "notice.recorded"]


def test_one_tenant_alone_is_told_as_ever_and_no_line_says_which(world, provider, works):
    story = in_three_days(world)
    [reference] = notices(story).values()
    works()
    with world.database.reading(CHECKING) as session:
        assert ["resident" in entry.body for entry in entries_of(session, story.visit_id)] == [False, False]
    assert [one.resident_id for one in rows(world, Message)] == [None]
    assert list(provider.ledger) == [reference] and stands(story) == {}


def test_the_log_says_which_of_them_each_notice_was_for(world):
    ann = rents_too(world)
    story = in_three_days(world)
    notices(story)
    with world.database.reading(CHECKING) as session:
        named = [entry.body["resident"] for entry in entries_of(session, story.visit_id) if "resident" in entry.body]
    assert len(set(named)) == 2 and ann in named
    assert {one.resident_id for one in rows(world, Message)} == set(named)


def test_each_is_written_to_in_their_own_language_and_the_link_opens_in_it(world, provider, works):
    rents_too(world, language="pl")
    story = in_three_days(world)
    given = notices(story)
    works()
    anns, terrys = provider.ledger[given[ANNS]], provider.ledger[given[TERRYS]]
    assert (anns.language, terrys.language) == ("pl", "en")
    assert "?lang=pl" in anns.body and "?lang" not in terrys.body


def test_both_are_told_the_one_doorstep_word_or_the_worker_could_not_know_it(world, provider, works):
    rents_too(world)
    given = notices(in_three_days(world))
    works()
    bodies = [provider.ledger[reference].body.split("Your word: ")[1].split(".")[0] for reference in given.values()]
    assert len(bodies) == 2 and len(set(bodies)) == 1


def test_two_who_share_a_number_get_one_message(world):
    rents_too(world, phone=TERRYS)
    story = in_three_days(world)
    assert list(notices(story)) == [TERRYS]
    assert stands(story) == {"Terry Moss": "waiting", "Ann Moss": "waiting"}


@pytest.mark.parametrize(("event", "kind"), [(MOVED, "moved"), (CANCELLED, "cancelled")])
def test_a_change_is_told_to_each(world, provider, works, event, kind):
    rents_too(world)
    story = in_three_days(world)
    notices(story)
    works()
    tells(story, event)
    assert written(world, kind) == [TERRYS, ANNS]


def test_a_cancellation_that_one_of_them_asked_for_is_told_to_each(world, works):
    rents_too(world)
    story = in_three_days(world)
    notices(story)
    works()
    tells(story, ev.VisitCancelled(by="tenant", reason="tenant_asked", apologised=False, offered_new_time=False))
    assert written(world, "cancelled") == [TERRYS, ANNS]


def test_one_tenant_alone_who_cancelled_is_told_nothing_of_it(world, works):
    story = in_three_days(world)
    notices(story)
    works()
    tells(story, ev.VisitCancelled(by="tenant", reason="tenant_asked", apologised=False, offered_new_time=False))
    assert written(world, "cancelled") == []


@pytest.mark.parametrize("several", [True, False])
def test_whoever_says_no_on_the_page_cancels_for_both_and_the_other_should_not_wait(world, provider, works, several):
    if several:
        rents_too(world)
    story = in_three_days(world)
    notices(story)
    works()
    with world.database.writing(TENANT) as session:
        visit = lock(session, story.visit_id)
        assert visit
        tenant_acts.say_no(session, visit, "", Allowed(), form_key=new_id(), at=world.now, policy=world.policy)
    works()
    assert written(world, "cancelled") == ([TERRYS, ANNS] if several else [])


def test_the_reminder_goes_to_each_and_once(world, provider, works, clock):
    rents_too(world)
    story = in_three_days(world).told("handed", hours_before=60)
    clock.move_to(story.starts - timedelta(hours=23))
    for _ in range(2):
        works()
    assert written(world, "reminder") == [TERRYS, ANNS]


def test_that_the_worker_is_on_the_way_is_told_to_each(world):
    rents_too(world)
    story = a_visit(world, starts=NOW).told("handed", hours_before=50)
    tells(story, ev.VisitSetOff())
    assert written(world, "on_the_way") == [TERRYS, ANNS]


# --- when it counts, and what bounces -----------------------------------------------------------------------------


def delivered(world: World, reference: str, happened: datetime = NOW) -> None:
    hears(world, reference, "delivered", happened)


def test_the_notice_counts_from_when_the_first_of_them_has_it(world, provider, works):
    rents_too(world)
    story = in_three_days(world)
    given = notices(story)
    works()
    delivered(world, given[ANNS])
    works()
    assert (story.state().stage, story.state().notice_result) == ("notified", "full")
    assert stands(story) == {"Terry Moss": "waiting", "Ann Moss": "told"}


def test_what_bounces_for_one_of_two_is_a_task_and_the_notice_stands(world, provider, works):
    rents_too(world)
    story = in_three_days(world)
    given = notices(story)
    works()
    delivered(world, given[TERRYS])
    hears(world, given[ANNS], "permanent-failure", NOW)
    works()
    assert (story.state().stage, story.state().notice_result) == ("notified", "full")
    assert tasks(world) == ["notice_failed"]
    assert stands(story) == {"Terry Moss": "told", "Ann Moss": "failed"}


def test_what_bounces_for_both_gave_no_notice(world, provider, works):
    rents_too(world)
    story = in_three_days(world)
    for reference in notices(story).values():
        works()
        hears(world, reference, "permanent-failure", NOW)
    works()
    assert story.state().notice_result == "short"
    assert tasks(world) == ["notice_failed", "notice_failed"]


def test_a_late_bounce_of_the_first_leaves_that_of_the_other(world, provider, works, clock):
    rents_too(world)
    story = in_three_days(world)
    given = notices(story)
    works()
    delivered(world, given[TERRYS])
    delivered(world, given[ANNS], NOW + timedelta(minutes=1))
    works()
    clock.move_to(NOW + timedelta(hours=2))
    hears(world, given[TERRYS], "permanent-failure", NOW + timedelta(hours=2))
    works()
    assert story.state().notice_result == "full"
    assert stands(story) == {"Terry Moss": "failed", "Ann Moss": "told"}


def test_a_notice_that_never_went_to_one_of_them_is_not_hidden_by_that_of_the_other(world, provider, works):
    """A number is changed while both wait: hers goes out no more, and somebody is told."""
    ann = rents_too(world)
    story = in_three_days(world)
    given = notices(story)
    own(world, ann, phone="07700900177")
    works()
    works()
    assert list(provider.ledger) == [given[TERRYS]]
    assert tasks(world) == ["notice_failed"]


def test_what_was_told_of_the_time_before_tells_nobody_of_the_new_one(world, provider, works):
    rents_too(world)
    story = in_three_days(world)
    for reference in notices(story).values():
        works()
        delivered(world, reference)
    works()
    story.desk(MOVED, at=world.now)
    assert stands(story) == {"Terry Moss": "not", "Ann Moss": "not"}


# --- by word of mouth ---------------------------------------------------------------------------------------------


def oral(resident: str | None) -> ev.NoticeRecorded:
    return ev.NoticeRecorded(
        notice=new_id(), channel="phone", window_start=NOW + 3 * DAYS, window_end=NOW + 3 * DAYS + timedelta(hours=2),
        sent_at=NOW, spoke_to="joint_tenant", resident=resident,
    )  # fmt: skip


def test_a_call_with_one_of_them_is_confirmed_to_her_and_the_other_gets_a_notice(world):
    ann = rents_too(world)
    story = in_three_days(world)
    event = oral(ann)
    story.desk(event)
    tells(story, event)
    assert (written(world, "confirmation"), written(world, "notice")) == ([ANNS], [TERRYS])
    assert stands(story) == {"Terry Moss": "waiting", "Ann Moss": "told"}


def test_a_call_of_which_nobody_said_with_whom_is_confirmed_to_both(world, works):
    rents_too(world)
    story = in_three_days(world)
    event = oral(None)
    story.desk(event)
    tells(story, event)
    assert (written(world, "confirmation"), written(world, "notice")) == ([TERRYS, ANNS], [])
    assert set(stands(story).values()) == {"waiting"}


def test_a_sooner_time_that_one_of_them_agreed_is_told_to_both_in_writing(world):
    rents_too(world)
    story = in_three_days(world)
    agreed = ev.TimeAgreed(by="tenant", recorded_by="scheduler", window_start=story.starts, window_end=story.ends)
    story.desk(agreed)
    tells(story, agreed)
    assert written(world, "notice") == [TERRYS, ANNS]


# --- nobody is exposed --------------------------------------------------------------------------------------------


def test_to_a_protected_home_nothing_of_a_visit_goes_and_a_person_is_asked_once(world):
    rents_too(world)
    household(world, protected=True)
    story = in_three_days(world)
    assert notices(story) == {}
    assert (written(world), tasks(world)) == ([], ["tell_tenant"])


@pytest.mark.parametrize("mark", ["content_free", "never"])
def test_whoever_must_not_be_written_to_is_not_and_the_other_is(world, mark):
    rents_too(world, contact_safety=dict.fromkeys(("sms", "email", "letter"), mark))
    story = in_three_days(world)
    assert list(notices(story)) == [TERRYS]
    assert tasks(world) == ["tell_tenant"]
    assert stands(story) == {"Terry Moss": "waiting", "Ann Moss": "not"}


def test_a_mark_that_is_set_while_a_message_waits_stops_hers_alone(world, provider, works):
    ann = rents_too(world)
    given = notices(in_three_days(world))
    own(world, ann, contact_safety={"sms": "never"})
    works()
    assert list(provider.ledger) == [given[TERRYS]]


def test_a_number_that_is_the_others_by_now_gets_nothing_that_was_written_to_her(world, provider, works):
    ann = rents_too(world)
    story = in_three_days(world)
    given = notices(story)
    with world.database.reading(CHECKING) as session:
        visit = session.get_one(notifying.Visit, story.visit_id)
        terry = whom.tenants_of(session, visit.home_id)[0].id
    own(world, ann, phone="07700900177")
    own(world, terry, phone=ANNS)
    works()
    assert given[ANNS] not in provider.ledger


def test_of_what_passes_nobody_is_asked_to_tell_whoever_has_no_safe_way(world):
    rents_too(world, contact_safety={"sms": "content_free", "email": "content_free", "letter": "content_free"})
    story = a_visit(world, starts=NOW).told("handed", hours_before=50)
    tells(story, ev.VisitSetOff())
    assert (written(world, "on_the_way"), tasks(world)) == ([TERRYS], [])


def test_no_message_names_the_other_tenant_or_any_way_to_them(world, provider, works):
    rents_too(world, email="ann@home.example")
    given = notices(in_three_days(world))
    works()
    terrys, anns = provider.ledger[given[TERRYS]], provider.ledger[given[ANNS]]
    for other in ("Ann", ANNS, "ann@"):
        assert other not in terrys.body + terrys.subject
    for other in ("Terry", TERRYS):
        assert other not in anns.body + anns.subject
