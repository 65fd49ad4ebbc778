"""What must hold for every notice: earlier is never worse, the order is nothing, a failed notice is nothing,
the machine's zone is nothing, and what the answer promises is kept."""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.deadlines import due
from fieldvisit.ground.policy import load_policy
from fieldvisit.notices.facts import CHANNELS, DELIVERIES, KINDS, SPOKEN_TO
from fieldvisit.notices.rules import Household, Notice, NoticeAnswer, PlannedVisit, decide

MELTON = load_policy("melton")
MANY = settings(max_examples=60, deadline=None, database=None)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
RANK = {"short": 0, "minimum": 1, "full": 2}
CLOCK_CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2027, 3, 28, 1, tzinfo=UTC),
    datetime(2027, 10, 31, 1, tzinfo=UTC),
    datetime(2028, 3, 26, 1, tzinfo=UTC),
    datetime(2028, 10, 29, 1, tzinfo=UTC),
]

# Instants near the changes of the clocks, and any others of three years.
INSTANTS = st.one_of(
    st.builds(lambda change, s: change + s * SECOND, st.sampled_from(CLOCK_CHANGES), st.integers(-260_000, 260_000)),
    st.integers(0, 900 * 86_400).map(lambda seconds: datetime(2026, 2, 1, tzinfo=UTC) + seconds * SECOND),
)
# Most near a number that decides, so that every result turns up often.
AHEAD = st.builds(
    lambda length, seconds: length + seconds * SECOND,
    st.sampled_from([-HOUR, 0 * HOUR, 24 * HOUR, 30 * HOUR, 48 * HOUR, 4 * DAY, 14 * DAY, 15 * DAY, 30 * DAY]),
    st.integers(-2, 2),
)


@st.composite
def visits(draw: st.DrawFn) -> PlannedVisit:
    starts = draw(INSTANTS)
    ends = starts + draw(st.integers(0, 6)) * HOUR
    arrival = draw(st.sampled_from([starts, ends, starts + (ends - starts) / 2, ends + SECOND]))
    return PlannedVisit(draw(st.sampled_from(KINDS)), starts, ends, arrival, works_started=draw(st.booleans()))


@st.composite
def questions(draw: st.DrawFn) -> tuple[PlannedVisit, list[Notice]]:
    """A visit, and a few notices of its window, each told some time before it."""
    visit = draw(visits())

    def a_notice() -> Notice:
        at = visit.window_start - draw(AHEAD)
        notice = Notice(
            draw(st.sampled_from(sorted(CHANNELS))),
            at,
            draw(st.sampled_from([*["delivered"] * 6, *DELIVERIES])),
            at,
            at,
            spoke_to=draw(st.sampled_from(["tenant", *SPOKEN_TO])),
        )
        if draw(st.integers(0, 3)):
            return notice
        first = london_date(visit.window_start) - draw(st.integers(0, 2)) * DAY
        return replace(notice, programme_start=first, programme_end=first + draw(st.integers(0, 3)) * DAY)

    return visit, [a_notice() for _ in range(draw(st.integers(1, 4)))]


def answer(visit: PlannedVisit, notices: list[Notice]) -> NoticeAnswer:
    return decide(visit, notices, policy=MELTON)


@MANY
@given(questions(), st.integers(0, 40 * 86_400))
def test_telling_the_tenant_earlier_never_makes_it_worse(
    question: tuple[PlannedVisit, list[Notice]], seconds: int
) -> None:
    visit, notices = question
    sooner = seconds * SECOND

    def told_sooner(notice: Notice) -> Notice:
        return replace(
            notice,
            sent_at=notice.sent_at and notice.sent_at - sooner,
            delivered_at=notice.delivered_at and notice.delivered_at - sooner,
            despatched_at=notice.despatched_at and notice.despatched_at - sooner,
        )

    alone = answer(visit, notices[:1])
    assert RANK[answer(visit, [told_sooner(notices[0])]).result] >= RANK[alone.result]
    # Of several, those of one window: NR-6 looks at the earliest, and each is measured to its own.
    one_window = [replace(each, programme_start=None, programme_end=None) for each in notices]
    first_sooner = [told_sooner(one_window[0]), *one_window[1:]]
    assert RANK[answer(visit, first_sooner).result] >= RANK[answer(visit, one_window).result]


@MANY
@given(questions(), st.integers())
def test_the_order_of_the_notices_changes_nothing(question: tuple[PlannedVisit, list[Notice]], seed: int) -> None:
    visit, notices = question
    shuffled = notices[:]
    random.Random(seed).shuffle(shuffled)
    assert answer(visit, shuffled) == answer(visit, notices)


@MANY
@given(questions(), st.sampled_from(["temporary-failure", "permanent-failure", "technical-failure"]))
def test_a_failed_notice_changes_nothing(question: tuple[PlannedVisit, list[Notice]], failure: str) -> None:
    visit, notices = question
    failed = replace(notices[0], delivery=failure, programme_start=None, programme_end=None)
    before, after = answer(visit, notices), answer(visit, [failed, *notices])
    if before.given_at is None:
        # The reason may say more; what follows from it may not.
        after = replace(after, reason=before.reason, clause=before.clause)
    assert after == before


@MANY
@given(questions())
def test_what_is_refused_is_allowed_from_the_time_it_names_and_not_a_second_sooner(
    question: tuple[PlannedVisit, list[Notice]],
) -> None:
    visit, notices = question
    refused = answer(visit, [replace(each, programme_start=None, programme_end=None) for each in notices])
    if refused.not_before is None:
        return
    untold = [replace(each, programme_start=None, programme_end=None) for each in notices]

    def coming_at(start: datetime) -> bool:
        later = replace(visit, window_start=start, window_end=start + 2 * HOUR, arrival=start)
        return answer(later, untold).may_proceed

    assert coming_at(refused.not_before)
    assert not coming_at(refused.not_before - SECOND)


@MANY
@given(questions(), st.integers(-14 * 60, 14 * 60))
def test_the_offset_in_which_a_time_is_written_changes_nothing(
    question: tuple[PlannedVisit, list[Notice]], minutes: int
) -> None:
    visit, notices = question
    zone = timezone(timedelta(minutes=minutes))

    def written(instant: datetime | None) -> datetime | None:
        return instant and instant.astimezone(zone)

    elsewhere = PlannedVisit(
        visit.kind,
        visit.window_start.astimezone(zone),
        visit.window_end.astimezone(zone),
        visit.arrival.astimezone(zone),
        works_started=visit.works_started,
    )
    moved = [
        replace(
            each,
            sent_at=written(each.sent_at),
            delivered_at=written(each.delivered_at),
            despatched_at=written(each.despatched_at),
        )
        for each in notices
    ]
    assert answer(elsewhere, moved) == answer(visit, notices)


@MANY
@given(INSTANTS, AHEAD)
def test_hours_are_seconds_that_passed_across_every_clock_change(starts: datetime, ahead: timedelta) -> None:
    visit = PlannedVisit("other", starts, starts, starts)
    passed = starts.timestamp() - (starts - ahead).timestamp()
    expected = "short" if passed < 86_400 else "minimum" if passed < 172_800 else "full"
    found = answer(visit, [Notice("letterbox", sent_at=starts - ahead)])
    assert (found.result, found.notice_seconds) == (expected, passed)


@MANY
@given(questions())
def test_an_answer_is_of_one_piece(question: tuple[PlannedVisit, list[Notice]]) -> None:
    found = answer(*question)
    assert found.may_proceed is (found.result != "short")
    assert (found.given_at is None) == (found.notice_seconds is None and found.notice_days is None)
    assert found.notice_seconds is None or found.notice_days is None
    assert found.not_before is None or found.result == "short"
    assert found.reason.endswith((".", ")"))


@MANY
@given(questions(), st.sets(st.sampled_from(sorted(CHANNELS))))
def test_taking_channels_away_never_makes_it_better(
    question: tuple[PlannedVisit, list[Notice]], unusable: set[str]
) -> None:
    visit, notices = question
    if any(notice.programme_end for notice in notices):
        return
    fewer = decide(visit, notices, Household(frozenset(unusable)), policy=MELTON)
    assert RANK[fewer.result] <= RANK[answer(visit, notices).result]


# the machine's own zone -------------------------------------------------------------------------------------------


@pytest.fixture(params=["UTC", "Europe/London", "America/St_Johns", "Pacific/Kiritimati", "Asia/Kathmandu"])
def machine_in(request: pytest.FixtureRequest) -> Iterator[str]:
    was = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ") if was is None else os.environ.update(TZ=was)
    time.tzset()


def everything_at(at: datetime) -> tuple[object, ...]:
    works = PlannedVisit("planned_works", at, at + HOUR, at)
    repair = PlannedVisit("responsive_repair", at, at + HOUR, at)
    by_hand = Notice("handed", sent_at=at - 14 * DAY)
    posted = Notice("letter_first_class", despatched_at=at - 5 * DAY)
    return (
        answer(works, [by_hand]),
        answer(repair, [posted]),
        due("complaint_stage1", at, policy=MELTON),
        due("sar", at, policy=MELTON),
        due("data_breach_ico", at, policy=MELTON),
    )


AT_EVERY_CHANGE = [change + hours * HOUR for change in CLOCK_CHANGES[:5] for hours in (-25, -1, 0, 1, 23)]
IN_THIS_ZONE = [everything_at(at) for at in AT_EVERY_CHANGE]


@pytest.mark.usefixtures("machine_in")
def test_the_zone_of_the_machine_changes_nothing() -> None:
    assert [everything_at(at) for at in AT_EVERY_CHANGE] == IN_THIS_ZONE


# every bank-holiday weekend -----------------------------------------------------------------------------------------


def test_a_letter_posted_round_any_bank_holiday_is_given_when_the_fingers_say() -> None:
    holidays = [
        day for day in sorted(MELTON.working_days.bank_holidays) if date(2026, 1, 1) <= day < date(2028, 12, 20)
    ]
    assert len(holidays) == 22
    for holiday in holidays:
        for before in range(-2, 8):
            left = datetime(holiday.year, holiday.month, holiday.day, 12, tzinfo=UTC) - before * DAY
            visit = PlannedVisit("other", left + 30 * DAY, left + 30 * DAY, left + 30 * DAY)
            for channel, ticks in (("letter_first_class", 2), ("letter_second_class", 4)):
                found = answer(visit, [Notice(channel, despatched_at=left)]).given_at
                assert found is not None
                assert london_date(found) == _ticked_off(left.date(), ticks), (channel, left)


def _ticked_off(day: date, ticks: int) -> date:
    """Counted apart from the code: every day to come that is neither a weekend nor on the list."""
    coming = (date.fromordinal(day.toordinal() + ahead) for ahead in range(1, 40))
    listed = [each for each in coming if each.isoweekday() <= 5 and each not in MELTON.working_days.bank_holidays]
    return listed[ticks - 1]
