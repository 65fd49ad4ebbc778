"""Whom a hazard calls, and when: an emergency until somebody has taken it, each clock before and when it runs out."""

from datetime import UTC, datetime, timedelta

import pytest

from fieldvisit.ground.policy import Policy
from fieldvisit.hazards import clocks
from fieldvisit.hazards.state import Deed, fold
from fieldvisit.visits import job_clocks
from tests.rules.test_hazards import AWARE, DAY, HOUR, LOOK, OTHER, REPORT, ROADS, SECOND, SIGNIFICANT, URGENT, deed

MINUTE = timedelta(minutes=1)
TICKED = deed("reported", hazard="damp_and_mould_growth", at_risk=["child"], emergency=True)
TICKED_LATER = deed("joined", AWARE - HOUR, hazard="damp_and_mould_growth", emergency=True)


def waits(*road: Deed) -> int | None:
    return clocks.waits_for_somebody(road, fold(road))


@pytest.mark.parametrize(
    ("road", "position"),
    [
        ((REPORT,), None),
        ((TICKED,), 1),
        ((TICKED, SIGNIFICANT), None),
        ((TICKED, OTHER), None),
        ((REPORT, URGENT), 2),
        ((TICKED, URGENT), 2),
        ((TICKED, URGENT, LOOK), None),
        ((REPORT, SIGNIFICANT, TICKED_LATER), 3),
        ((REPORT, SIGNIFICANT, LOOK, TICKED_LATER), None),
        ((REPORT, URGENT, LOOK, deed("reported", AWARE + 3 * DAY)), None),
        ((REPORT, URGENT, LOOK, deed("reported", AWARE + 3 * DAY, emergency=True)), 4),
        ((REPORT, URGENT, deed("reported", AWARE + 3 * DAY)), 2),
    ],
)
def test_an_emergency_waits_until_somebody_decides_or_goes(road: tuple[Deed, ...], position: int | None) -> None:
    assert waits(*road) == position


@pytest.mark.parametrize(
    ("after", "times"),
    [
        (timedelta(0), 1),
        (15 * MINUTE - SECOND, 1),
        (15 * MINUTE, 2),
        (60 * MINUTE, 5),
        (2 * HOUR - SECOND, 5),
        (2 * HOUR, 6),
    ],
)
def test_it_calls_every_quarter_of_an_hour_and_after_an_hour_once_an_hour(
    after: timedelta, times: int, policy: Policy
) -> None:
    assert clocks.calls_by_now(AWARE, AWARE + after, policy) == times


def standing(road: tuple[Deed, ...], name: str, at: datetime, policy: Policy) -> list[str]:
    found = clocks.calls(fold(road), at, policy)
    return [one.cause.rpartition(":")[2] for one in found if one.cause.split(":")[1] == name]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (4 * HOUR + SECOND, []),
        (4 * HOUR, ["soon"]),
        (4 * HOUR - SECOND, ["soon"]),
        (timedelta(0), ["soon"]),
        (-SECOND, ["over"]),
    ],
)
def test_an_emergencys_clock_calls_four_hours_before_and_when_it_is_over(
    before: timedelta, said: list[str], policy: Policy
) -> None:
    road = (TICKED, URGENT)
    assert standing(road, "awaab_emergency", AWARE + 24 * HOUR - before, policy) == said
    assert all(
        one.by_hours for one in clocks.calls(fold(road), AWARE + 24 * HOUR - before, policy) if "emergency" in one.cause
    )


@pytest.mark.parametrize(
    ("day", "said"), [(21, []), (22, ["soon"]), (24, ["soon"]), (25, ["soon"]), (26, ["over"])]
)  # DR-2 from Monday 11 January ends with Monday 25
def test_a_clock_of_days_calls_one_working_day_before_its_own(day: int, said: list[str], policy: Policy) -> None:
    at = datetime(2027, 1, day, 8, 0, tzinfo=UTC)
    assert standing((REPORT, SIGNIFICANT), "awaab_investigate", at, policy) == said


def test_no_clock_of_a_closed_case_calls_and_every_open_one_that_is_over_does(policy: Policy) -> None:
    for stage, road in ROADS.items():
        called = clocks.calls(fold(road), AWARE + 400 * DAY, policy)
        owed = clocks.outstanding(fold(road), policy) if fold(road).open else []
        assert len(called) == len(owed) and all(one.over for one in called), stage


@pytest.mark.parametrize(
    ("road", "who"),
    [
        ((REPORT,), ""),
        ((REPORT, SIGNIFICANT), "olive"),
        ((REPORT, SIGNIFICANT, deed("investigating", AWARE + DAY, "dora", how="remote")), "dora"),
        ((REPORT, SIGNIFICANT, deed("noted", AWARE + DAY, "cass", clock="look", round=0, why="parts")), "olive"),
    ],
)
def test_whoever_decided_or_looked_into_it_last_has_it_in_hand(road: tuple[Deed, ...], who: str) -> None:
    assert clocks.in_whose_hands(road) == who


@pytest.mark.parametrize(("day", "said"), [(12, ""), (13, "soon"), (14, "soon"), (15, "over")])
def test_a_jobs_clock_calls_one_working_day_before_its_own(day: int, said: str, policy: Policy) -> None:
    clock = job_clocks.clock_of("right_to_repair", 3, AWARE, None, policy)
    assert clock
    assert job_clocks.calls(clock, datetime(2027, 1, day, 8, 0, tzinfo=UTC), policy) == said
    met = job_clocks.clock_of("right_to_repair", 3, AWARE, AWARE + DAY, policy)
    assert met and job_clocks.calls(met, datetime(2027, 1, day, 8, 0, tzinfo=UTC), policy) == ""
