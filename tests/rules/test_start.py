"""The Start page: each role reads of its own work, and of nothing that it may not open."""

import pytest

from fieldvisit.desk.start import FOR_ALL, WORK, Waits, counted, offers
from fieldvisit.ground.roles import RIGHTS, SIGNED_IN, Role, right_of
from fieldvisit.office_bar import GROUPS

DESK = sorted(SIGNED_IN - {Role.OPERATIVE})


def may(role: Role):
    return lambda place: right_of(role, *place.right) is not None


@pytest.mark.parametrize("role", DESK)
def test_nobody_at_the_desk_is_without_work(role: Role) -> None:
    assert offers(WORK, may(role), {}) and offers(FOR_ALL, may(role), {})


def test_every_place_asks_for_a_right_that_there_is_and_stands_once() -> None:
    places = [*WORK, *FOR_ALL]
    assert all(place.right in RIGHTS for place in places)
    assert len({place.href for place in places}) == len(places)


def test_what_stands_in_the_bar_as_well_asks_for_the_same_right_there() -> None:
    in_the_bar = {href: right for _, places in GROUPS for _, href, right in places}
    both = [place for place in (*WORK, *FOR_ALL) if place.href in in_the_bar]
    assert len(both) > 15
    assert [place.href for place in both if place.right != in_the_bar[place.href]] == []


def test_nothing_is_counted_for_whoever_may_not_open_it() -> None:
    assert counted(WORK, may(Role.CALL_HANDLER)) == [] and counted(WORK, may(Role.AUDITOR)) == []
    assert counted(WORK, may(Role.CONTRACTOR_MANAGER)) == ["watches"]
    assert counted(WORK, may(Role.INVESTIGATOR)) == ["cases"]


def test_where_something_cannot_wait_stands_first() -> None:
    waits = {"hazards": (Waits("1 reported as an emergency", bad=True),), "watches": (Waits("1 overdue"),)}
    shown = offers(WORK, may(Role.OFFICER), waits)
    assert [offer.place.label for offer in shown[:2]] == ["Hazards", "Who is out"]
