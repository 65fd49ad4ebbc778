"""How long the tenant was told before, and what the answer says: NR-1, 3, 4, 6, 7. Each number before, at and after."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fieldvisit.ground.clock import london_instant
from fieldvisit.ground.verdict import Refused
from fieldvisit.notices.facts import KINDS
from fieldvisit.notices.rules import Notice, may_plan_window, outside_reasonable_hours, verdict
from tests.rules.telling import (
    DAY,
    HOUR,
    MELTON,
    MILTON_KEYNES,
    MINUTE,
    SECOND,
    STARTS,
    TOLD,
    a_text,
    a_visit,
    handed,
    london,
    told,
    with_notice,
)

# NR-1 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "result"),
    [
        (24 * HOUR - SECOND, "short"),
        (24 * HOUR, "minimum"),
        (24 * HOUR + SECOND, "minimum"),
        (48 * HOUR - SECOND, "minimum"),
        (48 * HOUR, "full"),
        (48 * HOUR + SECOND, "full"),
    ],
)
def test_a_repair_needs_twenty_four_hours_and_aims_for_forty_eight(length: timedelta, result: str) -> None:
    answer = told(a_visit(), a_text(STARTS - length))
    assert (answer.result, answer.may_proceed) == (result, result != "short")
    assert (answer.not_before is None) == answer.may_proceed
    assert answer.notice_seconds == length.total_seconds()
    assert answer.notice_days is None


def test_a_part_of_a_second_too_little_is_too_little() -> None:
    answer = told(a_visit(), a_text(STARTS - 24 * HOUR + timedelta(microseconds=1)))
    assert (answer.result, answer.notice_seconds) == ("short", 24 * 3600 - 1)


def test_the_worked_example_of_a_text_a_day_before() -> None:
    answer = told(a_visit(london(2026, 12, 9, 10, 30)), a_text(TOLD))
    assert answer.result == "minimum"
    assert "Tuesday 8 December 2026, 10:30am" in answer.reason


def test_noon_to_noon_is_one_hour_short_when_the_clocks_go_forward() -> None:
    answer = told(a_visit(london(2027, 3, 28, 12)), handed(london(2027, 3, 27, 12)))
    assert (answer.result, answer.notice_seconds) == ("short", 23 * 3600)
    assert answer.not_before == london(2027, 3, 28, 13)


def test_noon_to_noon_is_an_hour_more_when_the_clocks_go_back() -> None:
    answer = told(a_visit(london(2027, 10, 31, 12)), handed(london(2027, 10, 30, 12)))
    assert (answer.result, answer.notice_seconds) == ("minimum", 25 * 3600)


def test_weekends_and_bank_holidays_count_because_these_are_hours() -> None:
    christmas = london(2026, 12, 26, 9)
    assert told(a_visit(christmas + 48 * HOUR), handed(christmas)).result == "full"


def test_notice_runs_to_the_start_of_the_window_that_was_told_not_to_the_arrival() -> None:
    visit = a_visit(arrival=STARTS + HOUR)
    assert told(visit, a_text(STARTS - 23 * HOUR)).result == "short"


def test_being_told_after_the_window_began_is_less_than_no_notice() -> None:
    answer = told(a_visit(arrival=STARTS + HOUR), a_text(STARTS + MINUTE))
    assert (answer.result, answer.notice_seconds) == ("short", -60)
    assert "after the window starts" in answer.reason


def test_nobody_told_is_short_with_no_time_from_which_to_come() -> None:
    answer = told(a_visit())
    assert (answer.result, answer.given_at, answer.not_before) == ("short", None, None)
    assert "has not been told" in answer.reason


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "planned_works"])
def test_every_kind_of_visit_but_planned_works_needs_the_hours(kind: str) -> None:
    assert told(a_visit(kind=kind), a_text(STARTS - 24 * HOUR)).result == "minimum"
    assert told(a_visit(kind=kind), a_text(STARTS - 24 * HOUR + SECOND)).result == "short"


# NR-3, NR-4 -----------------------------------------------------------------------------------------------------

WORKS = london(2027, 1, 20, 9)


@pytest.mark.parametrize(("given_on", "result", "days"), [(5, "full", 15), (6, "full", 14), (7, "short", 13)])
def test_planned_works_need_two_weeks_of_london_dates(given_on: int, result: str, days: int) -> None:
    answer = told(a_visit(WORKS, "planned_works"), handed(london(2027, 1, given_on, 23, 59)))
    assert (answer.result, answer.notice_days, answer.notice_seconds) == (result, days, None)
    assert answer.clause == "ME-3.1c"


def test_planned_works_told_too_late_may_start_at_midnight_two_weeks_on() -> None:
    answer = told(a_visit(WORKS, "planned_works"), handed(london(2027, 1, 7, 12)))
    assert answer.not_before == london(2027, 1, 21)


def test_the_date_is_londons_when_the_machine_writes_utc() -> None:
    half_past_midnight = datetime(2027, 6, 1, 23, 30, tzinfo=UTC)
    answer = told(a_visit(london(2027, 6, 15, 9), "planned_works"), handed(half_past_midnight))
    assert (answer.result, answer.notice_days) == ("short", 13)


def test_clear_days_cost_one_day_more_where_a_council_asks_for_them() -> None:
    clear = with_notice(MELTON, planned_clear_days=True)
    visit = a_visit(WORKS, "planned_works")
    assert told(visit, handed(london(2027, 1, 6)), policy=clear).result == "short"
    assert told(visit, handed(london(2027, 1, 6)), policy=clear).not_before == london(2027, 1, 21)
    assert told(visit, handed(london(2027, 1, 5)), policy=clear).result == "full"


def the_programme() -> Notice:
    return handed(london(2027, 1, 6, 10), programme_start=date(2027, 1, 20), programme_end=date(2027, 1, 29))


@pytest.mark.parametrize("day", [20, 25, 29])
def test_one_notice_covers_every_day_of_its_programme(day: int) -> None:
    answer = told(a_visit(london(2027, 1, day, 8), "planned_works"), the_programme())
    assert (answer.result, answer.notice_days) == ("full", 14)


@pytest.mark.parametrize("day", [19, 30])
def test_a_programme_covers_neither_the_day_before_nor_the_day_after(day: int) -> None:
    answer = told(a_visit(london(2027, 1, day, 8), "planned_works"), the_programme())
    assert (answer.result, answer.clause, answer.given_at) == ("short", "NR-7", None)


def test_an_overrun_needs_a_day_not_two_weeks() -> None:
    overrun = a_visit(london(2027, 2, 1, 9), "planned_works")
    enough = told(overrun, the_programme(), a_text(london(2027, 1, 31, 9)))
    assert (enough.result, enough.notice_seconds, enough.notice_days) == ("minimum", 24 * 3600, None)
    assert told(overrun, the_programme(), a_text(london(2027, 1, 31, 9) + SECOND)).result == "short"


def test_works_that_nobody_was_told_of_are_no_overrun() -> None:
    failed = replace(the_programme(), delivery="permanent-failure")
    answer = told(a_visit(london(2027, 2, 1, 9), "planned_works"), failed, a_text(london(2027, 1, 30, 9)))
    assert (answer.result, answer.notice_days) == ("short", 2)


def test_an_added_visit_once_works_have_started_needs_a_day() -> None:
    added = a_visit(london(2027, 1, 25, 9), "planned_works", works_started=True)
    answer = told(added, a_text(london(2027, 1, 24, 9)))
    assert (answer.result, answer.notice_seconds, answer.clause) == ("minimum", 24 * 3600, "ME-3.1a")


def test_a_survey_before_works_is_an_inspection_and_needs_a_day_in_writing() -> None:
    survey = a_visit(london(2027, 1, 10, 9), "inspection")
    assert told(survey, a_text(london(2027, 1, 9, 9))).result == "minimum"
    assert told(survey, Notice("phone", sent_at=london(2027, 1, 7, 9), spoke_to="tenant")).result == "short"


def test_a_programme_with_no_end_date_is_no_notice() -> None:
    answer = told(a_visit(WORKS, "planned_works"), handed(london(2027, 1, 1), programme_start=date(2027, 1, 20)))
    assert (answer.result, answer.clause) == ("short", "NR-16")


# NR-6, NR-7 -----------------------------------------------------------------------------------------------------


def test_the_earliest_notice_that_counts_decides() -> None:
    answer = told(a_visit(), a_text(STARTS - 30 * HOUR), handed(STARTS - 50 * HOUR))
    assert (answer.result, answer.given_at) == ("full", STARTS - 50 * HOUR)


def test_a_failed_channel_is_ignored_not_averaged() -> None:
    failed = Notice("email", STARTS - 9 * DAY, "permanent-failure")
    assert told(a_visit(), failed, a_text(STARTS - 30 * HOUR)).result == "minimum"


def test_notice_of_another_time_does_not_count() -> None:
    other = a_text(STARTS - 9 * DAY, window_start=STARTS - DAY, window_end=STARTS - DAY + 2 * HOUR)
    answer = told(a_visit(), other)
    assert (answer.result, answer.clause, answer.given_at) == ("short", "NR-7", None)


@pytest.mark.parametrize(
    ("arrival", "inside"),
    [
        (STARTS - SECOND, False),
        (STARTS, True),
        (STARTS + SECOND, True),
        (STARTS + 2 * HOUR - SECOND, True),
        (STARTS + 2 * HOUR, True),
        (STARTS + 2 * HOUR + SECOND, False),
    ],
)
def test_arriving_inside_the_window_is_covered_and_outside_it_is_not(arrival: datetime, inside: bool) -> None:
    assert told(a_visit(arrival=arrival), a_text(STARTS - 3 * DAY)).may_proceed is inside


def test_a_part_of_a_second_past_the_end_of_the_window_is_not_late() -> None:
    visit = a_visit(arrival=STARTS + 2 * HOUR + timedelta(microseconds=1))
    assert told(visit, a_text(STARTS - 3 * DAY)).may_proceed


def test_of_two_notices_given_at_one_instant_the_longer_counts_whichever_is_listed_first() -> None:
    given_at_once = STARTS - 23 * HOUR
    shorter = a_text(given_at_once)
    longer = a_text(given_at_once, window_start=STARTS + HOUR, window_end=STARTS + 2 * HOUR)
    visit = a_visit(arrival=STARTS + HOUR)
    assert told(visit, shorter, longer).result == told(visit, longer, shorter).result == "minimum"


@pytest.mark.parametrize(("early", "inside"), [(14, True), (15, True), (16, False)])
def test_a_council_may_allow_a_few_minutes_early(early: int, inside: bool) -> None:
    tolerant = with_notice(MELTON, early_tolerance_min=15)
    visit = a_visit(arrival=STARTS - early * MINUTE)
    assert told(visit, a_text(STARTS - 3 * DAY), policy=tolerant).may_proceed is inside


def test_a_single_time_is_a_window_of_no_length() -> None:
    on_the_dot = a_text(STARTS - 3 * DAY, window_start=STARTS)
    assert told(a_visit(), on_the_dot).may_proceed
    assert not told(a_visit(arrival=STARTS + SECOND), on_the_dot).may_proceed


# the answer ------------------------------------------------------------------------------------------------------


def test_a_short_answer_says_from_when_the_window_may_start() -> None:
    answer = told(a_visit(), a_text(STARTS - 20 * HOUR))
    assert answer.not_before == STARTS + 4 * HOUR
    assert "the window can start from Wednesday 10 February 2027, 1pm" in answer.reason


def test_a_letter_in_the_post_counts_to_the_end_of_its_day_and_says_so() -> None:
    posted = Notice("letter_first_class", despatched_at=london(2027, 2, 5, 17))
    answer = told(a_visit(), posted)
    assert "by first-class letter by the end of Tuesday 9 February 2027, 9 hours 1 second before" in answer.reason
    assert "the window can start from the end of Wednesday 10 February 2027" in answer.reason


def test_the_reasons_are_said_in_one_order_whichever_notice_is_listed_first() -> None:
    useless = [Notice("voicemail"), Notice("handed"), Notice("phone"), Notice("letterbox"), Notice("sms")]
    said = told(a_visit(), *useless).reason
    assert told(a_visit(), *reversed(useless)).reason == said
    inside = ("record of the call", "text message", "card handed over", "through the door", "voicemail")
    assert [said.index(words) for words in inside] == sorted(said.index(words) for words in inside)


def test_an_answer_on_our_own_number_says_that_it_is_not_the_councils_code() -> None:
    ours = told(a_visit(), a_text(TOLD), policy=MILTON_KEYNES)
    assert "our default, not this council's code" in ours.reason
    assert ours.clause == "NR-1"
    theirs = told(a_visit(), a_text(TOLD))
    assert "our default" not in theirs.reason
    assert theirs.clause == "ME-3.1a"


def test_the_answer_is_a_verdict_too() -> None:
    refused = verdict(told(a_visit(), a_text(STARTS - 20 * HOUR)))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.not_before) == ("short-notice", STARTS + 4 * HOUR)
    assert verdict(told(a_visit(), a_text(TOLD)))


def test_a_time_without_a_zone_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="delivered_at"):
        a_text(datetime(2026, 12, 8, 10, 30))
    with pytest.raises(ValueError, match="arrival"):
        a_visit(arrival=datetime(2026, 12, 8, 10, 30))


@pytest.mark.parametrize(("minutes", "allowed"), [(59, False), (60, True), (61, True)])
def test_a_window_shorter_than_an_hour_is_not_promised(minutes: int, allowed: bool) -> None:
    assert bool(may_plan_window(STARTS, STARTS + minutes * MINUTE, MELTON)) is allowed


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    refused = may_plan_window(STARTS, STARTS - SECOND, MELTON)
    assert refused.code == "window-backwards"


@pytest.mark.parametrize(("hour", "early"), [(7, True), (8, False), (9, False)])
def test_a_window_outside_reasonable_hours_is_a_warning_by_the_london_clock(hour: int, early: bool) -> None:
    starts = london_instant(date(2027, 6, 1)) + hour * HOUR
    assert outside_reasonable_hours(starts, starts + 2 * HOUR, MELTON) is early
    assert outside_reasonable_hours(starts, london(2027, 6, 1, 20) + SECOND, MELTON)
