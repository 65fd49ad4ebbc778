"""Clocks that were set, entries that are missing, and how a held entry may still be filed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.outbox.rules import (
    MOST_FAILED_PARSES,
    WAYS_IN,
    WHY_HELD,
    corrected_time,
    is_past_trying,
    may_move_durable,
    may_set_aside,
    may_take_in,
    missing,
    say_gap,
)

NOW = datetime(2026, 12, 8, 14, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def happened(
    wall: datetime, *, offset: timedelta | None = None, skew: timedelta = timedelta(0), before: datetime | None = None
) -> datetime:
    return corrected_time(wall, offset=offset, skew=skew, received_at=NOW, not_before=before)


@pytest.mark.parametrize(("seconds", "corrected"), [(119, 0), (120, 0), (121, 121)])
def test_clocks_that_differ_by_two_minutes_agree(seconds: int, corrected: int) -> None:
    wall = NOW - HOUR
    assert happened(wall, skew=timedelta(seconds=seconds)) == wall + timedelta(seconds=corrected)


def test_a_clock_set_back_after_the_entry_leaves_its_time_alone() -> None:
    assert happened(NOW - HOUR, offset=timedelta(0), skew=3 * HOUR) == NOW - HOUR


def test_a_clock_set_back_before_the_entry_is_seen_by_the_entry_before_it() -> None:
    wall = NOW - 3 * HOUR - timedelta(minutes=5)
    assert happened(wall, offset=timedelta(0), skew=3 * HOUR, before=NOW - HOUR) == NOW - timedelta(minutes=5)


def test_a_clock_put_right_before_the_entry_is_not_corrected_into_the_future() -> None:
    assert happened(NOW - HOUR, offset=3 * HOUR, skew=timedelta(0)) == NOW - HOUR


def test_where_neither_fits_the_batch_decides() -> None:
    assert happened(NOW, offset=5 * HOUR, skew=3 * HOUR) == NOW + 3 * HOUR


@given(
    st.datetimes(timezones=st.just(UTC)), st.none() | st.timedeltas(), st.timedeltas(), st.none() | st.just(NOW - HOUR)
)
def test_no_clock_however_wrong_stops_the_intake(
    wall: datetime, offset: timedelta | None, skew: timedelta, before: datetime | None
) -> None:
    assert happened(wall, offset=offset, skew=skew, before=before).tzinfo is UTC


@pytest.mark.parametrize(("failed", "held"), [(4, False), (5, True), (6, True)])
def test_five_failed_parses_are_enough(failed: int, held: bool) -> None:
    assert MOST_FAILED_PARSES == 5
    assert is_past_trying(failed) is held


@pytest.mark.parametrize(
    ("last", "kept", "queued", "lost"), [(10, 7, 3, 0), (10, 7, 0, 3), (10, 10, 0, 0), (10, 10, 2, 0), (0, 0, 0, 0)]
)
def test_missing_is_what_is_neither_here_nor_there(last: int, kept: int, queued: int, lost: int) -> None:
    assert missing(last_seq=last, kept=kept, queued=queued) == lost


def test_a_gap_in_words() -> None:
    assert say_gap(3, NOW, NOW + HOUR) == "3 missing, last seen 14:02"
    assert say_gap(3, NOW, NOW + 24 * HOUR) == "3 missing, last seen 14:02 on Tuesday 8 December 2026"


@pytest.mark.parametrize(("days", "moves"), [(13.99, False), (14, True), (15, True)])
def test_after_a_restore_the_mark_waits_as_long_as_phones_keep_things(days: float, moves: bool) -> None:
    assert may_move_durable(NOW, NOW + timedelta(days=days)) is moves
    assert may_move_durable(None, NOW)


def test_every_reason_has_its_words_and_all_but_a_conflict_a_way_in() -> None:
    assert set(WHY_HELD) - set(WAYS_IN) == {"conflict"}
    assert {code for code in WHY_HELD if may_take_in(code, None)} == set(WAYS_IN)


def test_what_was_decided_is_decided() -> None:
    assert may_take_in("not-yours", NOW).code == may_set_aside(NOW).code == "settled"
