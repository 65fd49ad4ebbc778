"""What may be kept of a concern about conduct, and by when somebody looks at it."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from fieldvisit.breaches.rules import (
    Told,
    answered_by,
    identity,
    in_groups,
    kept,
    looked_at_by,
    raised_at,
    received,
    reference,
)
from tests.world import NOW

LONDON = ZoneInfo("Europe/London")
NAMED = Told(
    danger_now=False, still_there=False, anonymous=False, what="He shouted", caller_name="Joan Abbot",
    caller_contact="07700 900123", safe_to_ring="mornings",
)  # fmt: skip
NAMELESS = replace(NAMED, anonymous=True)


@pytest.mark.parametrize(
    ("taken", "by"),
    [
        (datetime(2026, 12, 10, 16, 0, tzinfo=LONDON), date(2026, 12, 11)),  # Thursday: Friday
        (datetime(2026, 12, 11, 16, 0, tzinfo=LONDON), date(2026, 12, 14)),  # Friday: Monday
        (datetime(2026, 12, 12, 9, 0, tzinfo=LONDON), date(2026, 12, 14)),  # Saturday: Monday
        (datetime(2026, 12, 24, 9, 0, tzinfo=LONDON), date(2026, 12, 29)),  # over Christmas and its Monday in lieu
    ],
)
def test_somebody_looks_at_it_by_the_end_of_the_next_working_day(taken, by, policy):
    due = looked_at_by(received(NAMED, taken), policy)
    assert due.astimezone(LONDON) == datetime(by.year, by.month, by.day, 23, 59, 59, tzinfo=LONDON)


def test_a_council_may_give_itself_longer(policy):
    longer = replace(policy.task, concern_wd=replace(policy.task.concern_wd, value=2))
    due = looked_at_by(received(NAMED, NOW), replace(policy, task=longer))
    assert due.astimezone(LONDON).date() == date(2026, 12, 10)


def test_a_call_just_after_midnight_counts_from_its_own_day_in_london(policy):
    just_after = datetime(2027, 4, 12, 23, 30, tzinfo=ZoneInfo("UTC"))  # 00:30 on the 13th in London
    assert received(NAMED, just_after).on == date(2027, 4, 13)


def test_of_an_anonymous_caller_no_name_and_no_way_back_is_kept():
    assert (kept(NAMELESS).caller_name, kept(NAMELESS).caller_contact, kept(NAMELESS).safe_to_ring) == ("", "", "")
    assert kept(NAMELESS).what == NAMELESS.what


def test_what_a_named_caller_said_is_kept_whole():
    assert kept(NAMED) == NAMED


def test_of_an_anonymous_call_the_day_is_kept_and_not_the_time():
    came = received(NAMELESS, NOW)
    assert came.at is None
    assert raised_at(came) == datetime(2026, 12, 8, tzinfo=LONDON)


def test_a_complaint_is_acknowledged_within_five_working_days(policy):
    assert answered_by(NAMED, received(NAMED, NOW), policy) == datetime(2026, 12, 15, 23, 59, 59, tzinfo=LONDON)


def test_nobody_is_promised_an_answer_to_what_is_no_complaint_or_has_no_name(policy):
    no_complaint = replace(NAMED, is_complaint=False)
    assert answered_by(no_complaint, received(no_complaint, NOW), policy) is None
    assert answered_by(NAMELESS, received(NAMELESS, NOW), policy) is None


def test_the_same_form_and_words_are_one_concern_and_other_words_another():
    once = identity("a" * 32, NAMED)
    assert identity("a" * 32, NAMED) == once
    assert identity("a" * 32, replace(NAMED, what="He shouted twice")) != once
    assert identity("b" * 32, NAMED) != once


def test_a_reference_is_read_out_in_four_and_three_letters_that_nobody_mishears():
    first, second = in_groups(reference(identity("a" * 32, NAMED)))
    assert (len(first), len(second)) == (4, 3)
    assert not set(first + second) & set("01OILU")


def test_another_concern_has_another_reference():
    letters = {reference(identity(f"{number:032x}", NAMED)) for number in range(2000)}
    assert len(letters) == 2000
