"""The clocks that jobs carry: Right to Repair, the gas record, electrical work. The same days as `rules deadline` says."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fieldvisit.ground import deadlines_jsonl
from fieldvisit.ground.clock import end_of_london_day
from fieldvisit.ground.deadlines import DeadlineError
from fieldvisit.visits.job_clocks import DEFECTS, JobClock, clock_of, code_of, may_be_done, offered

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
THURSDAY = datetime(2026, 12, 24, 15, tzinfo=UTC)  # then Christmas, a Saturday, a Sunday, and a substitute day


def clock(name: str, days: int | None, policy, begins: datetime = THURSDAY) -> JobClock:
    found = clock_of(name, days, begins, None, policy)
    assert found
    return found


@pytest.mark.parametrize(
    ("name", "days", "last"),
    [
        ("right_to_repair", 1, date(2026, 12, 29)), ("right_to_repair", 3, date(2026, 12, 31)),
        ("right_to_repair", 7, date(2027, 1, 7)), ("gas_record", None, date(2027, 1, 21)),
        ("eicr_copy", None, date(2027, 1, 21)), ("eicr_remedial", None, date(2027, 1, 21)),
    ],
)  # fmt: skip
def test_each_ends_with_its_last_london_day(policy, name, days, last):
    assert clock(name, days, policy).due == end_of_london_day(last)


@pytest.mark.parametrize(
    ("name", "days"),
    [("right_to_repair", 1), ("right_to_repair", 3), ("right_to_repair", 7), ("gas_record", None), ("eicr_copy", None),
     ("eicr_remedial", None)],
)  # fmt: skip
def test_it_is_what_the_command_says(policy, name, days):
    asked = {"clock": name, "at": "2026-12-24T15:00:00Z"} | ({"working_days": days} if days else {})
    said = deadlines_jsonl.answer(asked, policy)
    assert datetime.fromisoformat(str(said["due"])) == clock(name, days, policy).due
    assert said["rule"] == clock(name, days, policy).rule


@pytest.mark.parametrize(("off", "stands"), [(-SECOND, "soon"), (timedelta(0), "soon"), (SECOND, "overdue")])
def test_its_last_second_is_in_time(policy, off, stands):
    one = clock("gas_record", None, policy)
    assert one.standing(one.due + off) == stands


@pytest.mark.parametrize(("off", "stands"), [(-SECOND, "met"), (timedelta(0), "met"), (SECOND, "late")])
def test_done_in_its_last_second_is_met(policy, off, stands):
    due = clock("gas_record", None, policy).due
    done = clock_of("gas_record", None, THURSDAY, due + off, policy)
    assert done and done.standing(due + 5 * DAY) == stands and not done.runs and done.due_in(due) == ""


def test_a_job_without_a_clock_has_none(policy):
    assert clock_of("", None, THURSDAY, None, policy) is None
    assert clock_of("gas_record", None, None, None, policy) is None


@pytest.mark.parametrize("days", [None, 0, 2, 28])
def test_right_to_repair_needs_days_of_the_schedule(policy, days):
    with pytest.raises(DeadlineError):
        clock_of("right_to_repair", days, THURSDAY, None, policy)


def test_a_scheduler_is_offered_each_with_its_days(policy):
    found = offered(policy)
    assert list(found) == ["right_to_repair_1", "right_to_repair_3", "right_to_repair_7", "eicr_remedial", "eicr_copy",
                           "gas_record"]  # fmt: skip
    assert all(code_of(name, days) == code for code, (name, days, _) in found.items())
    assert set(DEFECTS) == set(policy.deadline.right_to_repair.value)


def test_it_is_done_once_after_it_began_and_not_in_the_future(policy):
    one = clock("gas_record", None, policy)
    done = clock_of("gas_record", None, THURSDAY, THURSDAY + DAY, policy)
    now = THURSDAY + 2 * DAY
    cases = (
        (None, now, "no-clock"),
        (done, now, "done"),
        (one, now + SECOND, "future"),
        (one, THURSDAY - SECOND, "too-early"),
    )
    assert [may_be_done(each, happened, now).code for each, happened, _ in cases] == [code for *_, code in cases]
    assert may_be_done(one, THURSDAY, now) and may_be_done(one, now, now)
