"""The month's report: each clock in the month in which it ran out, and why it was missed. Boundaries in threes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fieldvisit.ground.policy import Policy
from fieldvisit.hazards.report import (
    NOBODY_SAID,
    Known,
    Line,
    Month,
    Note,
    Report,
    month_of,
    month_typed,
    report,
    rows_of,
)
from fieldvisit.hazards.state import Deed, fold
from fieldvisit.visits.access_why import Door

DAMP = "damp_and_mould_growth"
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
JULY, AUGUST = Month(2026, 7), Month(2026, 8)
LATER = datetime(2026, 12, 1, 12, tzinfo=UTC)


def instant(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def case(*deeds: Deed, doors: tuple[Door, ...] = ()) -> Known:
    return Known("1" * 32, "H-1", DAMP, "1 Larch Close", fold(deeds), doors)


def emergency(aware: datetime, *more: Deed) -> Known:
    """Due 24 hours after awareness."""
    body = {"hazard": DAMP, "at_risk": ["baby"], "emergency": True}
    return case(Deed("reported", aware, "a", body), *more)


def found(report: Report, clock: str) -> list[Line]:
    return [line for line in report.lines if line.clock.clock == clock]


def of(cases: list[Known], month: Month, policy: Policy, at: datetime = LATER) -> str:
    lines = found(report(cases, month, at, policy), "awaab_emergency")
    return ",".join(line.result for line in lines)


# July 2026 begins at 23:00 UTC on 30 June: London is an hour ahead.
STARTS, ENDS = instant(2026, 6, 30, 23), instant(2026, 7, 31, 23)


@pytest.mark.parametrize(
    ("due", "in_july"),
    [(STARTS - SECOND, ""), (STARTS, "missed"), (STARTS + SECOND, "missed"),
     (ENDS - SECOND, "missed"), (ENDS, ""), (ENDS + SECOND, "")],
)  # fmt: skip
def test_a_clock_is_counted_in_the_london_month_in_which_it_runs_out(policy, due, in_july):
    assert of([emergency(due - DAY)], JULY, policy).replace("running", "") == in_july
    assert [of([emergency(due - DAY)], month, policy) for month in (JULY.before(), JULY, AUGUST)].count("missed") == 1


@pytest.mark.parametrize(("off", "result"), [(-SECOND, "met"), (timedelta(0), "met"), (SECOND, "missed")])
def test_done_in_its_last_second_is_in_time(policy, off, result):
    aware = instant(2026, 7, 7, 9)
    done = [
        Deed("triaged", aware, "a", {"as": "emergency"}), Deed("investigating", aware, "a", {"how": "in_person"}),
        Deed("concluded", aware, "a", {"finding": "emergency"}), Deed("made_safe", aware + DAY + off, "a"),
    ]  # fmt: skip
    assert of([emergency(aware, *done)], JULY, policy) == result


@pytest.mark.parametrize(("off", "result"), [(-SECOND, "running"), (timedelta(0), "running"), (SECOND, "missed")])
def test_what_nobody_has_done_runs_until_its_last_second(policy, off, result):
    aware = instant(2026, 7, 7, 9)
    assert of([emergency(aware)], JULY, policy, at=aware + DAY + off) == result


def test_what_runs_over_the_end_of_a_month_runs_in_it_and_is_missed_in_the_next(policy):
    aware = ENDS - HOUR
    assert of([emergency(aware)], JULY, policy) == "running"
    assert of([emergency(aware)], AUGUST, policy) == "missed"


@pytest.mark.parametrize(("off", "result"), [(-SECOND, ""), (timedelta(0), "running"), (SECOND, "running")])
def test_what_was_done_before_the_month_ended_runs_no_more_at_its_end(policy, off, result):
    aware = ENDS - HOUR
    done = [
        Deed("triaged", aware, "a", {"as": "emergency"}), Deed("investigating", aware, "a", {"how": "in_person"}),
        Deed("concluded", aware, "a", {"finding": "emergency"}), Deed("made_safe", ENDS + off, "a"),
    ]  # fmt: skip
    assert of([emergency(aware, *done)], JULY, policy) == result
    assert of([emergency(aware, *done)], AUGUST, policy) == "met"


def test_a_month_that_is_to_come_reports_nothing(policy):
    assert report([emergency(instant(2026, 8, 3, 9))], JULY, instant(2026, 7, 31), policy).lines == ()


# --- why ----------------------------------------------------------------------------------------------------------


def why(known: Known, policy: Policy, at: datetime = LATER) -> tuple[str, ...]:
    return found(report([known], JULY, at, policy), "awaab_emergency")[0].why


def with_doors(*times: datetime) -> Known:
    one = emergency(instant(2026, 7, 7, 9))
    return replace(one, doors=tuple(Door(time) for time in times))


def test_doors_that_stayed_shut_say_why_and_excuse_nothing(policy):
    aware = instant(2026, 7, 7, 9)
    shut = with_doors(aware - SECOND, aware + DAY, aware, aware + HOUR)
    assert why(shut, policy, aware + 25 * HOUR) == (
        "Nobody let us in: 3 times (Tuesday 7 July 2026, Wednesday 8 July 2026).", "Not done 1 hour after it ran out.",
        NOBODY_SAID,
    )  # fmt: skip


def test_what_was_our_own_doing_is_never_put_down_to_the_tenant(policy):
    aware = instant(2026, 7, 7, 9)
    ours = (Door(aware, "our worker showed no ID"), Door(aware + HOUR, "we came without notice"))
    said = why(replace(with_doors(aware + MINUTE), doors=(Door(aware + MINUTE), *ours)), policy, aware + 25 * HOUR)
    assert said[:2] == (
        "Nobody let us in: once (Tuesday 7 July 2026).",
        "Not counted against the tenant: 2 times (Tuesday 7 July 2026, our worker showed no ID; Tuesday 7 July 2026, we "
        "came without notice).",
    )  # fmt: skip
    alone = why(replace(with_doors(), doors=ours), policy, aware + 25 * HOUR)
    assert not any("Nobody let us in" in sentence or "No attempt" in sentence for sentence in alone)


def test_a_miss_without_a_failed_attempt_says_so(policy):
    aware = instant(2026, 7, 7, 9)
    assert why(with_doors(), policy, aware + DAY + SECOND) == (
        "Not done less than a minute after it ran out.", "No attempt that failed is on record.", NOBODY_SAID,
    )  # fmt: skip


def test_why_is_what_an_officer_wrote_of_that_clock(policy):
    aware = instant(2026, 7, 7, 9)
    noted = replace(
        with_doors(), notes=(Note("0:awaab_emergency", "contractor", "The firm sent nobody.", aware + HOUR),)
    )
    said = why(noted, policy, aware + 25 * HOUR)
    assert said[0] == "The contractor was late, or did not come: The firm sent nobody."
    assert NOBODY_SAID not in said
    other = replace(with_doors(), notes=(Note("0:look", "contractor", "The firm sent nobody.", aware + HOUR),))
    assert NOBODY_SAID in why(other, policy, aware + 25 * HOUR), "a reason of one clock is none of another"
    made = report([noted], JULY, aware + 25 * HOUR, policy)
    assert any("The firm sent nobody." in row[-1] for row in rows_of(made, str))


def test_what_was_met_keeps_its_reason_too(policy):
    aware = instant(2026, 7, 7, 9)
    done = [
        Deed("triaged", aware, "a", {"as": "emergency"}), Deed("investigating", aware, "a", {"how": "in_person"}),
        Deed("concluded", aware, "a", {"finding": "emergency"}), Deed("made_safe", aware + HOUR, "a"),
    ]  # fmt: skip
    known = replace(emergency(aware, *done), notes=(Note("0:awaab_emergency", "weather", "Snow on the road.", aware),))
    assert why(known, policy) == ("The weather: Snow on the road.",)


def test_other_accommodation_is_said(policy):
    aware = instant(2026, 7, 7, 9)
    offered = emergency(aware, Deed("alternative_offered", aware, "a", {"answer": "declined"}))
    assert why(offered, policy)[0] == "Other accommodation was offered. They declined it."


def test_what_the_law_does_not_cover_is_counted_apart_with_its_reason(policy):
    body = {"hazard": "noise", "at_risk": [], "emergency": False}
    known = case(Deed("reported", instant(2026, 7, 7, 9), "a", body))
    made = report([known], JULY, LATER, policy)
    [line] = found(made, "awaab_investigate")
    assert (line.result, "does not cover" in line.why[0]) == ("not_covered", True)
    assert [total.not_covered for total in made.totals if total.clock == "awaab_investigate"] == [1]


# --- the whole ----------------------------------------------------------------------------------------------------


def test_totals_add_up_to_the_lines_and_the_missed_are_told_first(policy):
    cases = [emergency(instant(2026, 7, day, 9)) for day in (1, 8, 30, 31)]
    made = report(cases, JULY, instant(2026, 7, 31, 8, 30), policy)
    for total in made.totals:
        results = [line.result for line in found(made, total.clock)]
        assert (total.met, total.missed, total.running) == tuple(map(results.count, ("met", "missed", "running")))
    told = [line.result for line in made.told]
    assert told == sorted(told, key=("missed", "running").index)
    assert {total.clock for total in made.totals} >= {"look", "awaab_emergency", "awaab_summary"}


def test_every_clock_of_every_case_is_met_or_missed_once_in_all_months(policy):
    cases: list[Any] = [emergency(STARTS - DAY + step * 8 * HOUR) for step in range(200)]
    month, ends = Month(2026, 6), []
    for _ in range(6):
        ends += [line for line in report(cases, month, LATER, policy).lines if line.result in ("met", "missed")]
        month = month.after()
    assert len(ends) == len({(id(line.case), line.clock.clock) for line in ends}) == 400  # to look, and the 24 hours


# --- months -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "month"),
    [(STARTS - SECOND, "2026-06"), (STARTS, "2026-07"), (ENDS, "2026-08"), (instant(2027, 1, 1), "2027-01")],
)
def test_a_month_is_londons(at, month):
    assert str(month_of(at)) == month


@pytest.mark.parametrize(
    "typed", ["", "2026", "2026-13", "2026-00", "26-07", "2026-7", "July 2026", "٢٠٢٦-07", "1999-01"]
)
def test_what_is_no_month_is_none(typed):
    assert month_typed(typed) is None


def test_months_follow_one_another_over_the_year():
    assert (month_typed("2026-12"), str(Month(2026, 12).after()), str(Month(2027, 1).before())) == (
        Month(2026, 12), "2027-01", "2026-12",
    )  # fmt: skip
    assert (Month(2026, 12).ends, Month(2026, 7).said) == (Month(2027, 1).starts, "July 2026")
