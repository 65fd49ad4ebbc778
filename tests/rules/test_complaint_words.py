"""When a complaint came, as its pages say it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fieldvisit.complaints.words import came_at
from fieldvisit.ground.clock import london_instant


@pytest.mark.parametrize("day", [date(2026, 11, 14), date(2026, 6, 13)])  # in winter, and in summer
def test_of_what_has_a_day_alone_the_day_is_said_and_no_hour(day):
    midnight = london_instant(day)
    assert came_at(midnight) == f"Saturday {day.day} {day:%B} 2026"
    assert came_at(midnight + timedelta(minutes=1)).startswith("12:01am on Saturday")
    assert came_at(midnight - timedelta(minutes=1)).startswith("11:59pm on Friday")


def test_of_a_call_its_minute_is_said():
    assert came_at(datetime(2026, 12, 8, 10, 30, tzinfo=UTC)) == "10:30am on Tuesday 8 December 2026"
