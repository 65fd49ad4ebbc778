"""Working days in England and London's clock: against another library's list and a count on the fingers."""

from datetime import UTC, date, datetime, time, timedelta

import holidays
import pytest

from fieldvisit.ground.clock import (
    end_of_london_day,
    in_london,
    london_date,
    london_instant,
    say_date,
    say_instant,
    say_length,
    say_time,
)
from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.working_days import BankHolidaysMissing

DAYS = load_policy("melton").working_days
YEARS = range(2025, 2029)
ELSEWHERE = holidays.country_holidays("GB", subdiv="ENG", years=YEARS)


def counted_on_fingers(day: date, count: int) -> date:
    """The slow way, from the other library: step a day at a time and tick off each working one."""
    ticked: list[date] = []
    while len(ticked) < count:
        day = date.fromordinal(day.toordinal() + 1)
        if day.strftime("%w") not in "06" and day not in ELSEWHERE:
            ticked.append(day)
    return ticked[-1] if ticked else day


def test_our_list_of_bank_holidays_is_the_one_that_another_library_has() -> None:
    theirs = {day for day in ELSEWHERE if day.weekday() < 5}
    assert {day for day in DAYS.bank_holidays if day.weekday() < 5} == theirs


def test_every_day_of_three_years_counts_as_it_does_on_the_fingers() -> None:
    day = date(2026, 1, 1)
    while day < date(2028, 11, 1):
        for count in (1, 2, 4, 10):
            assert DAYS.after(day, count) == counted_on_fingers(day, count), (day, count)
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 12, 24), True),
        (date(2026, 12, 25), False),
        (date(2026, 12, 28), False),  # the substitute for Saturday 26
        (date(2026, 12, 29), True),
        (date(2028, 1, 3), False),
        (date(2028, 1, 4), True),
        (date(2027, 8, 2), True),  # a bank holiday in Scotland, not here
    ],
)
def test_substitute_days_are_not_working_days(day: date, working: bool) -> None:
    assert DAYS.is_working_day(day) is working


def test_day_zero_is_never_counted_even_when_it_is_a_working_day() -> None:
    assert DAYS.after(date(2027, 1, 11), 0) == date(2027, 1, 11)
    assert DAYS.after(date(2027, 1, 11), 1) == date(2027, 1, 12)


def test_a_year_that_we_do_not_have_is_refused_with_what_to_do() -> None:
    assert DAYS.after(date(2028, 12, 28), 1) == date(2028, 12, 29)
    with pytest.raises(BankHolidaysMissing, match=r"2029.*\[bank_holidays\] in statute.toml"):
        DAYS.after(date(2028, 12, 29), 1)
    with pytest.raises(BankHolidaysMissing, match="2024"):
        DAYS.is_working_day(date(2024, 12, 31))


def test_the_office_is_warned_a_year_before_the_list_runs_out() -> None:
    assert DAYS.warning(date(2027, 12, 31)) is None
    assert "2029" in (DAYS.warning(date(2028, 1, 1)) or "")
    assert "2029 and 2030" in (DAYS.warning(date(2029, 1, 1)) or "")


@pytest.mark.parametrize(("at", "day"), [((23, 30), 2), ((22, 59), 1), ((23, 0), 2)])
def test_after_eleven_at_night_in_utc_it_is_tomorrow_in_london_in_summer(at: tuple[int, int], day: int) -> None:
    assert london_date(datetime(2027, 6, 1, *at, tzinfo=UTC)) == date(2027, 6, day)


def test_the_day_ends_at_its_last_second_in_winter_and_in_summer() -> None:
    assert end_of_london_day(date(2027, 1, 5)) == datetime(2027, 1, 5, 23, 59, 59, tzinfo=UTC)
    assert end_of_london_day(date(2027, 6, 5)) == datetime(2027, 6, 5, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 28), 23), (date(2027, 10, 31), 25), (date(2027, 6, 1), 24)])
def test_a_day_on_which_the_clocks_change_is_an_hour_shorter_or_longer(day: date, hours: int) -> None:
    assert london_instant(day + timedelta(days=1)) - london_instant(day) == timedelta(hours=hours)


def test_a_time_without_a_zone_has_no_date() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        london_date(datetime(2027, 1, 1))


def test_times_are_said_the_british_way() -> None:
    assert say_instant(datetime(2026, 12, 8, 10, 30, tzinfo=UTC)) == "Tuesday 8 December 2026, 10:30am"
    assert say_instant(datetime(2026, 7, 8, 23, 5, tzinfo=UTC)) == "Thursday 9 July 2026, 12:05am"
    assert [say_time(time(0)), say_time(time(12)), say_time(time(12, 1))] == ["midnight", "midday", "12:01pm"]
    assert [say_time(time(8)), say_time(time(20)), say_time(time(8, 5))] == ["8am", "8pm", "8:05am"]
    assert say_date(date(2027, 2, 1)) == "Monday 1 February 2027"
    assert in_london(datetime(2026, 7, 1, tzinfo=UTC)).isoformat() == "2026-07-01T01:00:00+01:00"


@pytest.mark.parametrize(
    ("second", "said"),
    [(58, "Tuesday 8 December 2026, 11:59pm"), (59, "the end of Tuesday 8 December 2026"),
     (60, "Wednesday 9 December 2026, midnight")],
)  # fmt: skip
def test_the_last_second_of_a_day_is_said_as_its_end(second: int, said: str) -> None:
    minute = datetime(2026, 12, 8, 23, 59, tzinfo=UTC)
    assert say_instant(minute + timedelta(seconds=second)) == said
    assert say_instant(end_of_london_day(date(2026, 7, 8))) == "the end of Wednesday 8 July 2026"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 seconds"), (1, "1 second"), (86_399, "23 hours 59 minutes 59 seconds"), (86_400, "24 hours"),
     (3 * 86_400 - 3600, "71 hours"), (3 * 86_400, "3 days"), (14 * 86_400 + 7200, "14 days 2 hours")],
)  # fmt: skip
def test_lengths_are_said_without_rounding(seconds: int, said: str) -> None:
    assert say_length(seconds) == said
