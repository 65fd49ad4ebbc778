"""Whom a clock of a case calls, and when: once before it runs out, once when it has, and nobody once it is done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fieldvisit.breaches.case_calls import in_the_morning
from fieldvisit.breaches.case_clocks import CALLS, LABELS, Call, calls, clocks
from fieldvisit.breaches.case_state import ENDED, Stage, State
from fieldvisit.breaches.procedure import procedures
from fieldvisit.ground.policy import load_policy
from tests.rules.test_breach_rules import HEARD, a_state

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
MELTON = load_policy("melton")
NEW = State(stage=Stage.REPORTED, heard_at=HEARD)  # a Monday; it is looked at by the end of Tuesday


def called(state: State, at: datetime, document: str = "") -> list[tuple[str, str]]:
    found = calls(state, procedures().get(document), at, MELTON)
    return [(one.cause.partition(":")[0] + ":" + one.cause.rpartition(":")[2], one.part) for one in found]


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (HEARD - SECOND, []),
        (HEARD, [("screen:soon", "screener")]),
        (datetime(2027, 4, 27, 22, 59, 59, tzinfo=UTC), [("screen:soon", "screener")]),  # the last second in London
        (datetime(2027, 4, 27, 23, 0, tzinfo=UTC), [("screen:over", "screener")]),
        (HEARD + 400 * DAY, [("screen:over", "screener")]),
    ],
)
def test_a_clock_calls_on_the_last_working_day_before_its_own_and_when_it_has_run_out(at: datetime, found: list):
    assert called(NEW, at) == found


@pytest.mark.parametrize(
    ("day", "found"),
    [(10, []), (11, ["respond:soon"]), (12, ["respond:soon"]), (13, ["respond:over"])],
)
def test_the_day_of_the_warning_is_a_working_day(day: int, found: list[str]):
    """Ten working days from Tuesday 27 April, with a bank holiday on 3 May: the end of 12 May."""
    state = a_state(Stage.AWAITING_RESPONSE, document="ME", notified_at=HEARD + DAY)
    said = called(state, datetime(2027, 5, day, 8, 0, tzinfo=UTC), "ME")
    assert [cause for cause, _ in said] == found


def test_one_cause_for_each_beginning_so_that_a_day_that_moves_calls_no_second_time():
    moved = replace(a_state(Stage.AWAITING_RESPONSE, document="ME", notified_at=HEARD), told_due="2027-06-01")
    before = replace(moved, told_due="2027-05-20")
    late = datetime(2027, 7, 1, tzinfo=UTC)
    procedure = procedures()["ME"]
    assert calls(moved, procedure, late, MELTON) == calls(before, procedure, late, MELTON) != []
    again = replace(moved, notified_at=HEARD + DAY)
    assert calls(again, procedure, late, MELTON) != calls(moved, procedure, late, MELTON)


@pytest.mark.parametrize("stage", sorted(ENDED))
def test_what_has_ended_calls_nobody(stage: Stage):
    state = a_state(stage, finding="upheld", sanction="aware_warned", appeal_from=HEARD, communicated_at=HEARD)
    assert calls(state, procedures()["AL"], HEARD + 90 * DAY, MELTON) == []


def test_what_is_done_calls_nobody_and_what_came_by_itself_calls_who_goes_on_with_it():
    late = HEARD + 90 * DAY
    assert called(a_state(Stage.INVESTIGATING, document="ME", notified_at=HEARD), late, "ME") == []
    answered = a_state(Stage.INVESTIGATING, document="ME", notified_at=HEARD, answered_at=HEARD + DAY)
    assert calls(answered, procedures()["ME"], late, MELTON) == [Call("answered", "decider")]
    asked = a_state(Stage.APPEAL_REQUESTED, decided_at=HEARD, communicated_at=HEARD, appeal_from=HEARD)
    assert calls(asked, procedures()["AL"], HEARD, MELTON) == [Call("appealed:0", "appeal")]


def test_every_clock_of_a_case_calls_somebody():
    assert set(CALLS) == set(LABELS)
    for clock in clocks(NEW, None, MELTON):
        assert clock.name in CALLS


def test_the_round_goes_at_eight_on_a_working_day_and_the_next_one_has_what_a_weekend_left():
    monday = HEARD.date()
    assert in_the_morning(monday, MELTON) == datetime(2027, 4, 26, 7, 0, tzinfo=UTC)
    assert in_the_morning(datetime(2027, 5, 1).date(), MELTON) is None
    assert in_the_morning(datetime(2027, 5, 3).date(), MELTON) is None, "a bank holiday"
    assert calls(NEW, None, datetime(2027, 5, 4, 7, 0, tzinfo=UTC), MELTON), "it is still said"
