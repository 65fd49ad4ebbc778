"""Somebody or something is withdrawn while a phone has no signal: what was written before counts, what came after is held."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from fieldvisit.badges.models import Badge
from fieldvisit.register.models import Grant, Person
from fieldvisit.visits import events as ev
from tests.faults.council import Council
from tests.faults.offline_phone import OfflinePhone

CANCELLED = ev.VisitCancelled(by="tenant", reason="tenant_asked", apologised=False, offered_new_time=False)


def write(council: Council, change: Any) -> None:
    with council.database.writing(None) as session:
        change(session)


def before_and_after(
    council: Council, phone: OfflinePhone, visit: str, moment: datetime
) -> list[tuple[str, str | None]]:
    """One entry a minute before the moment, one at it, one after, sent when there is signal again."""
    first = len(phone.items)
    for minutes in (-1, 0, 1):
        phone.keep("visit.late", visit, {"minutes": 5}, at=moment + timedelta(minutes=minutes))
    assert phone.sync(council.now()) == "done"
    return [(item.state, item.code) for item in phone.items[first:]]


COUNTS, KEPT = ("sent", None), ("held", "after-revoke")


@pytest.fixture
def restored(open_council: Council) -> Any:
    """Whatever a test withdraws stands again after it: the tests of this module share one council."""
    yield
    with open_council.database.writing(None) as session:
        asha = session.get_one(Person, open_council.ids["asha"])
        asha.disabled_at, asha.role, asha.password_hash = None, "operative", None
        session.get_one(Badge, open_council.ids["badge of asha"]).state = "active"


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("nothing", [COUNTS, COUNTS, COUNTS]),
        ("the password", [COUNTS, COUNTS, COUNTS]),
        ("the role", [COUNTS, COUNTS, COUNTS]),
        ("the account", [COUNTS, KEPT, KEPT]),
        ("the badge", [COUNTS, KEPT, KEPT]),
        ("the phone", [COUNTS, KEPT, KEPT]),
    ],
)
def test_what_was_written_before_counts_and_what_came_after_is_held(
    open_council: Council, what: str, expected: list[tuple[str, str | None]]
) -> None:
    phone, visit = open_council.a_phone(), open_council.a_visit().visit_id
    moment = open_council.now() - timedelta(minutes=5)

    def withdraw(session: Any) -> None:
        asha = session.get_one(Person, open_council.ids["asha"])
        badge = session.get_one(Badge, open_council.ids["badge of asha"])
        match what:
            case "the password":
                asha.password_hash = "changed"
            case "the role":
                asha.role = "contractor_manager"
            case "the account":
                asha.disabled_at = moment
            case "the badge":
                badge.state, badge.state_changed_at = "revoked", moment
            case "the phone":
                session.get_one(Grant, phone.grant).revoked_at = moment

    write(open_council, withdraw)
    assert before_and_after(open_council, phone, visit, moment) == expected


def test_a_stolen_phone_may_add_nothing_that_counts_and_loses_nothing_that_it_holds(open_council: Council) -> None:
    phone, visit = open_council.a_phone(), open_council.a_visit().visit_id
    write(open_council, lambda s: setattr(s.get_one(Grant, phone.grant), "revoked_at", open_council.now()))
    phone.keep("visit.arrived", visit, at=open_council.now() + timedelta(seconds=1))
    phone.sync(open_council.now())
    assert [(item.state, item.code, bool(item.jwe)) for item in phone.items] == [("held", "after-revoke", True)]
    assert open_council.entries(phone.device) == []


def test_a_visit_cancelled_meanwhile_stays_cancelled_and_the_arrival_is_held_for_a_person(
    open_council: Council,
) -> None:
    phone, story = open_council.a_phone(), open_council.a_visit()
    cancelled = open_council.now() - timedelta(minutes=5)
    story.desk(CANCELLED, at=cancelled)
    tasks = len(open_council.tasks("held"))
    phone.keep("visit.set_off", story.visit_id, at=cancelled - timedelta(minutes=1))
    phone.keep("visit.arrived", story.visit_id, at=cancelled + timedelta(minutes=1))
    phone.sync(open_council.now())
    assert [(item.state, item.code) for item in phone.items] == [("sent", None), ("held", "after-cancel")]
    assert story.row().stage == "cancelled"
    assert len(open_council.tasks("held")) == tasks + 1


def test_a_visit_given_to_another_meanwhile_keeps_the_words_of_both(open_council: Council) -> None:
    hers, his = open_council.a_phone("asha"), open_council.a_phone("ben")
    story = open_council.a_visit("asha")
    story.desk(ev.VisitReassigned(lead=open_council.ids["ben"], visitor="contractor"), at=open_council.now())
    for phone in (hers, his):
        phone.keep("visit.set_off", story.visit_id, at=open_council.now())
        phone.sync(open_council.now())
        assert [(item.state, item.code) for item in phone.items] == [("sent", None)]
    assert {line.device for line in open_council.entries(visit=story.visit_id)} == {hers.device, his.device}


def test_somebody_elses_visit_is_held_and_not_believed(open_council: Council) -> None:
    phone, story = open_council.a_phone("carl"), open_council.a_visit("asha")
    phone.keep("visit.arrived", story.visit_id, at=open_council.now())
    phone.sync(open_council.now())
    assert [(item.state, item.code) for item in phone.items] == [("held", "not-yours")]
