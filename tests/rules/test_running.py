"""How long a clock still runs, as people say it: the nearer its end, the finer. Boundaries in threes."""

from datetime import UTC, datetime, timedelta

import pytest

from fieldvisit.ground.running import due_in

NOW = datetime(2026, 12, 8, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (DAY - SECOND, "23 hours 59 minutes left"),
        (DAY, "24 hours left"),
        (DAY + HOUR - SECOND, "24 hours left"),
        (DAY + HOUR, "1 day 1 hour left"),
        (2 * DAY, "2 days left"),
        (3 * DAY - SECOND, "2 days 23 hours left"),
        (3 * DAY, "3 days left"),
        (10 * DAY - SECOND, "9 days 23 hours left"),
        (10 * DAY, "10 days left"),
        (11 * DAY - SECOND, "10 days left"),
        (-MINUTE, "ran out 1 minute ago"),
        (-(3 * DAY + 9 * HOUR + MINUTE), "ran out 3 days 9 hours ago"),
        (-12 * DAY - HOUR, "ran out 12 days ago"),
    ],
)
def test_nobody_reads_minutes_where_days_are_left(left: timedelta, says: str):
    assert due_in(NOW + left, None, NOW) == says
