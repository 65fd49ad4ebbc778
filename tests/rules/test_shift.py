"""When the day's pages leave the phone (ruling R11): the later of 20:00 and the last window, and twelve whole hours more."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fieldvisit.visits.shift import CLAUSE, shift_end, wipe_at

WINTER, SUMMER = date(2026, 12, 8), date(2026, 7, 8)
SPRING_FORWARD, BACK_AGAIN = date(2027, 3, 27), date(2026, 10, 24)  # the clocks change in the night after
SECOND = timedelta(seconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        (WINTER, "2026-12-08T20:00+00:00"),
        (SUMMER, "2026-07-08T20:00+01:00"),
        (SPRING_FORWARD, "2027-03-27T20:00+00:00"),
        (BACK_AGAIN, "2026-10-24T20:00+01:00"),
    ],
)
def test_a_day_without_late_visits_ends_at_eight_in_london(day, ends):
    assert shift_end(day, []) == at(ends)
    assert shift_end(day, [at(ends) - SECOND]) == at(ends)
    assert shift_end(day, [at(ends)]) == at(ends)
    assert shift_end(day, [at(ends) + SECOND]) == at(ends) + SECOND


def test_the_last_window_counts_and_not_the_first():
    early, late = at("2026-12-08T11:00+00:00"), at("2026-12-08T21:30+00:00")
    assert shift_end(WINTER, [late, early]) == late


@pytest.mark.parametrize(
    ("day", "gone"),
    [
        (WINTER, "2026-12-09T08:00+00:00"),
        (SUMMER, "2026-07-09T08:00+01:00"),
        (SPRING_FORWARD, "2027-03-28T09:00+01:00"),
        (BACK_AGAIN, "2026-10-25T07:00+00:00"),
    ],
)
def test_twelve_whole_hours_later_the_pages_are_gone_whatever_the_clocks_did_that_night(day, gone):
    assert wipe_at(day, []) == at(gone)
    assert wipe_at(day, []) - shift_end(day, []) == timedelta(hours=12)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        shift_end(WINTER, [datetime(2026, 12, 8, 21)])


def test_the_rule_says_where_it_is_written():
    assert CLAUSE.where == "R11"
