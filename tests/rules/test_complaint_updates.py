"""While a promise is not kept, whoever complained is told how it stands, and somebody is called to tell them (D6)."""

from datetime import date, datetime

import pytest

from fieldvisit.complaints import clocks
from fieldvisit.complaints.state import State
from fieldvisit.ground.clock import london_date
from tests.rules.complaints import ACK1, ANNA, ANSWER1, ESCALATED, LOGGED, POLICY, decided, london, state

PROMISED = ("action", {"owner": ANNA, "due": "2027-09-01"})
OWED = (LOGGED, ACK1, decided(), PROMISED, ANSWER1)  # the answer goes on Saturday 29 May; Monday is a bank holiday
TOLD = ("updated", {})  # on the day after


def due(found: State) -> date | None:
    owed = [one for one in clocks.clocks(found, POLICY) if one.clock == "update"]
    return london_date(owed[0].due) if owed else None


@pytest.mark.parametrize(
    ("steps", "day"),
    [
        (OWED[:4], None),
        (OWED[:3] + OWED[4:], None),
        (OWED, date(2027, 6, 14)),
        ((*OWED, ESCALATED), date(2027, 6, 14)),
        ((*OWED, ESCALATED, ESCALATED, TOLD), date(2027, 6, 15)),
        ((*OWED, TOLD, TOLD, TOLD), date(2027, 6, 15)),
        ((*OWED[:3], ANSWER1, LOGGED, LOGGED, PROMISED), date(2027, 6, 14)),
        ((*OWED, ("action_done", {"number": 1})), None),
        ((*OWED, ("action_done", {"number": 1}), ("learned", {}), ("closed", {})), None),
    ],
)
def test_it_is_owed_from_the_answer_to_the_last_promise_kept_ten_working_days_after_they_last_heard(
    steps: tuple[tuple[str, dict[str, object]], ...], day: date | None
) -> None:
    assert due(state(*steps)) == day


def told_of(found: State, at: datetime) -> list[str]:
    return [one for one in clocks.calls(found, at, POLICY) if one.startswith(clocks.TELL)]


@pytest.mark.parametrize(
    ("day", "called"), [(9, []), (10, ["D6-tell:1:soon"]), (14, ["D6-tell:1:soon"]), (15, ["D6-tell:1:over"])]
)
def test_it_calls_two_working_days_before_and_when_it_is_over(day: int, called: list[str]) -> None:
    assert told_of(state(*OWED), london(day, 6)) == called


def test_each_time_of_telling_calls_for_itself() -> None:
    assert told_of(state(*OWED, TOLD), london(20, 7)) == ["D6-tell:2:over"]
    assert clocks.runs_out_first(state(*OWED), POLICY) == clocks.outstanding(state(*OWED), POLICY)[0].due


@pytest.mark.parametrize(
    ("steps", "settled"),
    [
        (OWED, set()),
        ((*OWED, TOLD), {(clocks.TELL, 1)}),
        ((*OWED, TOLD, ("action_done", {"number": 1})), {(clocks.TELL, 1), (clocks.TELL, 2), ("D6", 1)}),
    ],
)
def test_what_asked_for_it_is_done_when_they_were_told_or_it_is_kept(
    steps: tuple[tuple[str, dict[str, object]], ...], settled: set[tuple[str, int]]
) -> None:
    assert {each for each in clocks.settled(state(*steps)) if each[0].startswith("D6")} == settled
    assert {("DR-8", 0), ("DR-9", 0)} <= set(clocks.settled(state(*steps)))
