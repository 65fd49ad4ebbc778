"""'Is this badge ours, and due at this home now?'"""

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldvisit.desk.rules import (
    Booked,
    CallerAnswer,
    caller_answer,
    is_due,
    is_the_word,
    note_code,
    urgency,
    words_are_closed,
)
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


# --- the word that they said ----------------------------------------------------------------------------------------

SECOND = timedelta(seconds=1)
TEN = 10 * MINUTE


def wrong_words(how_many: int, *, apart: timedelta = SECOND) -> list:
    return [NOW + number * apart for number in range(how_many)]


@pytest.mark.parametrize(("how_many", "closed"), [(4, False), (5, True), (6, True)])
def test_the_fifth_wrong_word_closes_the_box(how_many, closed, policy):
    assert words_are_closed(wrong_words(how_many), NOW + MINUTE) is closed


@pytest.mark.parametrize(("last", "closed"), [(TEN - SECOND, True), (TEN, True), (TEN + SECOND, False)])
def test_five_wrong_words_close_it_only_within_ten_minutes(last, closed):
    assert words_are_closed([*wrong_words(4, apart=timedelta(0)), NOW + last], NOW + last) is closed


@pytest.mark.parametrize(("later", "closed"), [(TEN - SECOND, True), (TEN, False), (TEN + SECOND, False)])
def test_it_opens_ten_minutes_after_the_fifth(later, closed):
    assert words_are_closed([NOW] * 5, NOW + later) is closed


@pytest.mark.parametrize("said", ["walnut", "Walnut", "WALNUT.", " wal nut ", "w.a.l.n.u.t."])
def test_capitals_blanks_and_full_stops_are_forgiven(said):
    assert is_the_word([said], ["1234", "walnut"])


@pytest.mark.parametrize("said", ["", "...", "waln", "walnuts", "walnut 1234", "tulip"])
def test_half_a_word_two_words_and_nothing_are_not_right(said):
    assert not is_the_word([said], ["1234", "walnut"])


def test_where_there_is_no_word_nothing_is_right():
    assert not is_the_word(["", "...", "walnut"], ["", "..."])


def test_a_password_is_one_password_however_its_letters_are_put_together():
    assert is_the_word(["CAFE\u0301 bleu"], ["caf\u00e9 bleu"])


def test_a_task_is_overdue_one_second_after_the_end_of_its_day():
    due = NOW.replace(hour=23, minute=59, second=59)
    assert urgency(due, due - timedelta(days=1)) == "later"
    assert urgency(due, due) == "today"
    assert urgency(due, due + timedelta(seconds=1)) == "overdue"


def test_a_note_on_a_visit_that_has_ended_is_an_addendum():
    assert note_code(Stage.CLOSED) == "reopened"
    assert note_code(Stage.IN_HOME) == "note"
