"""'Is this badge ours, and due at this home now?'"""

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldvisit.desk.rules import Booked, CallerAnswer, caller_answer, is_due, note_code, urgency
from fieldvisit.ground.policy import Policy
from fieldvisit.visits.state import ENDED, Stage
from tests.world import NOW

MINUTE = timedelta(minutes=1)
TWO_HOURS = timedelta(hours=2)
DUE = Booked(NOW, NOW + TWO_HOURS, Stage.NOTIFIED)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (NOW - MINUTE, False),
        (NOW, True),
        (NOW + MINUTE, True),
        (NOW + TWO_HOURS - MINUTE, True),
        (NOW + TWO_HOURS, True),
        (NOW + TWO_HOURS + timedelta(seconds=1), False),
    ],
)
def test_due_from_the_first_minute_of_the_window_to_its_last(at, due, policy):
    assert is_due(DUE, at, policy) is due


def test_a_council_that_lets_workers_come_five_minutes_early_says_so_on_the_phone(policy: Policy):
    early = replace(policy.notice, early_tolerance_min=replace(policy.notice.early_tolerance_min, value=5))
    kinder = replace(policy, notice=early)
    assert not is_due(DUE, NOW - 6 * MINUTE, kinder)
    assert is_due(DUE, NOW - 5 * MINUTE, kinder)
    assert is_due(DUE, NOW - 4 * MINUTE, kinder)


@pytest.mark.parametrize("stage", ENDED)
def test_nobody_is_due_for_a_visit_that_has_ended(stage, policy):
    assert not is_due(replace(DUE, stage=stage), NOW, policy)


def test_nobody_is_due_at_a_time_that_the_tenant_asked_to_change(policy):
    assert not is_due(replace(DUE, stage=Stage.REARRANGING), NOW, policy)


def test_whoever_came_in_time_and_is_still_there_is_due_after_the_window(policy):
    inside = replace(DUE, stage=Stage.IN_HOME, arrived_at=NOW + MINUTE)
    assert is_due(inside, NOW + TWO_HOURS + MINUTE, policy)


def test_whoever_came_after_the_window_is_not_due(policy):
    late = replace(DUE, stage=Stage.AT_DOOR, arrived_at=NOW + TWO_HOURS + MINUTE)
    assert not is_due(late, NOW + TWO_HOURS + 2 * MINUTE, policy)


def test_whoever_only_set_off_is_not_due_after_the_window(policy):
    assert not is_due(replace(DUE, stage=Stage.EN_ROUTE), NOW + TWO_HOURS + MINUTE, policy)


def test_a_visit_left_open_yesterday_makes_nobody_due_today(policy):
    yesterday = Booked(NOW - timedelta(days=1), NOW - timedelta(hours=22), Stage.IN_HOME, NOW - timedelta(days=1))
    assert not is_due(yesterday, NOW, policy)


def test_a_badge_that_is_not_good_is_not_ours_whatever_is_booked(policy):
    assert caller_answer(False, [DUE], NOW, policy) is CallerAnswer.NOT_OURS


def test_a_good_badge_without_a_visit_is_ours_and_not_due(policy):
    assert caller_answer(True, [], NOW, policy) is CallerAnswer.NOT_DUE


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("booked", [[], [DUE]])
def test_of_a_protected_home_nothing_is_said_whatever_is_true(good, booked, policy):
    assert caller_answer(good, booked, NOW, policy, protected=True) is CallerAnswer.CALL_BACK


def test_one_visit_of_several_that_is_due_is_enough(policy):
    assert caller_answer(True, [replace(DUE, stage=Stage.CANCELLED), DUE], NOW, policy) is CallerAnswer.DUE


def test_a_task_is_overdue_one_second_after_the_end_of_its_day():
    due = NOW.replace(hour=23, minute=59, second=59)
    assert urgency(due, due - timedelta(days=1)) == "later"
    assert urgency(due, due) == "today"
    assert urgency(due, due + timedelta(seconds=1)) == "overdue"


def test_a_note_on_a_visit_that_has_ended_is_an_addendum():
    assert note_code(Stage.CLOSED) == "reopened"
    assert note_code(Stage.IN_HOME) == "note"
