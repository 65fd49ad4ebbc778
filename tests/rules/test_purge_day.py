"""On which London day a photo or a signature goes: the day after the last on which it is kept, and never under an open case."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.evidence.rules import KINDS, PHOTO, SIGNATURE, ended_by, goes_on, kept_to
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import load_policy

MELTON = load_policy("melton")
ENDED = datetime(2026, 12, 8, 11, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "last"), [(PHOTO, date(2027, 12, 8)), (SIGNATURE, date(2032, 12, 8))], ids=["photo", "signature"]
)
def test_it_is_kept_on_its_last_day_and_goes_on_the_next(kind: str, last: date) -> None:
    goes = goes_on(kind, ENDED, [], MELTON)
    assert kept_to(kind, ENDED, [], MELTON) == last
    assert [goes is not None and goes <= day for day in (last, last + DAY, last + 2 * DAY)] == [False, True, True]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_goes_while_the_visit_or_one_of_its_cases_is_open(kind: str) -> None:
    assert goes_on(kind, None, [], MELTON) is None
    assert goes_on(kind, ENDED, [None], MELTON) is None
    assert goes_on(kind, ENDED, [ENDED, None], MELTON) is None


@pytest.mark.parametrize(
    ("closed", "goes"),
    [
        (datetime(2027, 12, 7, 12, tzinfo=UTC), date(2027, 12, 9)),
        (datetime(2027, 12, 8, 12, tzinfo=UTC), date(2027, 12, 9)),
        (datetime(2027, 12, 9, 12, tzinfo=UTC), date(2027, 12, 10)),
    ],
    ids=["before its last day", "on it", "after it"],
)
def test_of_the_visits_time_and_the_last_case_the_later_counts(closed: datetime, goes: date) -> None:
    assert goes_on(PHOTO, ENDED, [ENDED, closed], MELTON) == goes


@pytest.mark.parametrize(
    ("ended", "goes"),
    [
        (datetime(2027, 2, 28, 12, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2027, 3, 1, 12, tzinfo=UTC), date(2028, 3, 1)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), date(2029, 3, 1)),
    ],
    ids=["to the leap day", "over the leap day", "from the leap day"],
)
def test_a_photos_days_are_counted_through_a_leap_year(ended: datetime, goes: date) -> None:
    assert goes_on(PHOTO, ended, [], MELTON) == goes


@pytest.mark.parametrize(
    ("ended", "goes"),
    [
        (datetime(2028, 2, 28, 12, tzinfo=UTC), date(2034, 3, 1)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), date(2034, 3, 1)),
        (datetime(2028, 3, 1, 12, tzinfo=UTC), date(2034, 3, 2)),
    ],
    ids=["the day before", "the leap day", "the day after"],
)
def test_a_signature_of_a_leap_day_is_kept_for_six_whole_years(ended: datetime, goes: date) -> None:
    assert goes_on(SIGNATURE, ended, [], MELTON) == goes


@pytest.mark.parametrize(
    ("ended", "goes"),
    [
        (datetime(2027, 6, 10, 22, 59, 59, tzinfo=UTC), date(2028, 6, 10)),
        (datetime(2027, 6, 10, 23, 0, 0, tzinfo=UTC), date(2028, 6, 11)),
        (datetime(2027, 12, 10, 23, 0, 0, tzinfo=UTC), date(2028, 12, 10)),
    ],
    ids=["the last second of a summer day", "midnight in summer", "an hour before midnight in winter"],
)
def test_the_day_is_that_of_a_clock_in_london(ended: datetime, goes: date) -> None:
    assert goes_on(PHOTO, ended, [], MELTON) == goes
    assert goes_on(PHOTO, datetime(2026, 1, 1, tzinfo=UTC), [ended], MELTON) == london_date(ended) + DAY


@given(st.sampled_from(KINDS), st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)))
def test_a_search_that_begins_with_the_oldest_visits_misses_none(kind: str, naive: datetime) -> None:
    ended = naive.replace(tzinfo=UTC)
    goes = goes_on(kind, ended, [], MELTON)
    assert goes is not None
    assert london_date(ended) <= ended_by(goes, MELTON)
