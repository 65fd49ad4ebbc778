"""Deadline rules DR-1 to DR-20: the worked examples, each number before, at and after, and where the law holds."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fieldvisit.ground.clock import LONDON, london_date
from fieldvisit.ground.deadlines import CLOCKS, RULES, DeadlineAnswer, DeadlineError, Facts, due, emergency_starts
from fieldvisit.ground.policy import Policy, load_policy
from fieldvisit.ground.working_days import BankHolidaysMissing

MELTON = load_policy("melton")
MOULD = Facts("damp_and_mould_growth", "significant")
HAZARDS = [hazard.name for hazard in MELTON.hazards]
PHASE_2 = [
    "excess_cold",
    "excess_heat",
    "falls_on_the_level",
    "falling_on_stairs",
    "falling_between_levels",
    "structural_collapse_and_falling_elements",
    "fire_and_explosions",
    "electrical_hazards",
    "domestic_hygiene",
]
NOT_YET = sorted(set(HAZARDS) - set(PHASE_2) - {"damp_and_mould_growth"})


def london(year: int, month: int, day: int, hour: int = 10, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=LONDON)


def by(clock: str, at: datetime, facts: Facts = MOULD, policy: Policy = MELTON) -> DeadlineAnswer:
    return due(clock, at, facts, policy=policy)


def last_day(clock: str, at: datetime, facts: Facts = MOULD) -> date:
    """The London day on which it is due, checking that it is due at the last second of that day."""
    answer = by(clock, at, facts)
    assert answer.due is not None
    assert answer.due.astimezone(LONDON).timetz().replace(tzinfo=None).isoformat() == "23:59:59"
    return london_date(answer.due)


@pytest.mark.parametrize(
    ("clock", "at", "day"),
    [
        ("awaab_investigate", london(2027, 1, 11), date(2027, 1, 25)),
        ("awaab_summary", london(2027, 1, 25), date(2027, 1, 28)),
        ("awaab_safety", london(2027, 1, 25), date(2027, 2, 1)),
        ("awaab_preventative", london(2027, 1, 25), date(2027, 2, 1)),
        ("awaab_preventative_longstop", london(2027, 1, 25), date(2027, 4, 19)),
        ("complaint_ack", london(2027, 5, 24), date(2027, 6, 1)),
        ("complaint_stage1", london(2027, 5, 26), date(2027, 6, 10)),
        ("mk_breach_response", london(2027, 4, 26), date(2027, 5, 11)),
        ("alliance_consider", london(2027, 4, 26), date(2027, 5, 6)),
        ("alliance_communicate", london(2027, 4, 30), date(2027, 5, 3)),
    ],
)
def test_the_worked_examples(clock: str, at: datetime, day: date) -> None:
    assert last_day(clock, at) == day


@pytest.mark.parametrize(
    ("clock", "day"),
    [
        ("awaab_renewed", date(2027, 1, 25)),
        ("complaint_stage2_ack", date(2027, 1, 18)),
        ("complaint_stage2", date(2027, 2, 8)),
        ("riddor", date(2027, 1, 21)),
        ("riddor_7day", date(2027, 1, 26)),
        ("gas_record", date(2027, 2, 8)),
        ("eicr_copy", date(2027, 2, 8)),
        ("eicr_remedial", date(2027, 2, 8)),
    ],
)
def test_the_other_day_clocks_from_monday_11_january(clock: str, day: date) -> None:
    assert last_day(clock, london(2027, 1, 11)) == day


@pytest.mark.parametrize(("at", "day"), [((0, 0, 0), 18), ((23, 59, 59), 18)])
def test_the_time_of_day_of_the_trigger_makes_no_difference(at: tuple[int, int, int], day: int) -> None:
    assert last_day("complaint_ack", london(2027, 1, 11, *at)) == date(2027, 1, day)


def test_a_trigger_after_midnight_in_london_is_the_next_day_whatever_utc_says() -> None:
    assert last_day("complaint_ack", datetime(2027, 6, 1, 22, 59, 59, tzinfo=UTC)) == date(2027, 6, 8)
    assert last_day("complaint_ack", datetime(2027, 6, 1, 23, 0, 0, tzinfo=UTC)) == date(2027, 6, 9)


@pytest.mark.parametrize(("day", "due_on"), [(8, 15), (9, 15), (10, 15), (11, 18)])
def test_a_complaint_at_the_weekend_counts_from_monday(day: int, due_on: int) -> None:
    assert last_day("complaint_ack", london(2027, 1, day)) == date(2027, 1, due_on)


def test_an_emergency_is_twenty_four_hours_by_the_clock_across_a_clock_change() -> None:
    answer = by("awaab_emergency", london(2027, 3, 27, 12), Facts("noise", "emergency"))
    assert answer.due == london(2027, 3, 28, 13)


def test_a_data_breach_is_seventy_two_hours_by_the_clock() -> None:
    assert by("data_breach_ico", london(2027, 10, 30, 12)).due == london(2027, 11, 2, 11)


def test_the_answers_carry_no_extension_but_for_the_two_complaint_stages() -> None:
    first = by("complaint_stage1", london(2027, 5, 26))
    assert first.latest_extension == london(2027, 6, 24, 23, 59, 59)
    second = by("complaint_stage2", london(2027, 1, 11))
    assert second.latest_extension == london(2027, 3, 8, 23, 59, 59)
    assert by("complaint_ack", london(2027, 1, 11)).latest_extension is None


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        (date(2027, 1, 13), date(2027, 2, 15)),  # 13 February is a Saturday
        (date(2027, 1, 29), date(2027, 3, 1)),  # February ends on Sunday 28
        (date(2027, 1, 31), date(2027, 3, 1)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2027, 11, 25), date(2027, 12, 29)),  # Christmas, and both substitutes
        (date(2027, 12, 31), date(2028, 1, 31)),
    ],
)
def test_a_subject_access_request_is_due_on_the_same_date_next_month(asked: date, day: date) -> None:
    assert last_day("sar", london(asked.year, asked.month, asked.day)) == day


@pytest.mark.parametrize(
    ("asked", "day"), [((1, 14), (2, 15)), ((1, 15), (2, 15)), ((1, 16), (2, 15)), ((1, 17), (2, 16))]
)
def test_a_data_protection_complaint_is_acknowledged_in_thirty_days_or_the_next_working_day(
    asked: tuple[int, int], day: tuple[int, int]
) -> None:
    assert last_day("dp_complaint_ack", london(2027, *asked)) == date(2027, *day)


@pytest.mark.parametrize(("days", "day"), [(1, 1), (3, 3), (7, 9)])
def test_right_to_repair_depends_on_the_defect(days: int, day: int) -> None:
    assert last_day("right_to_repair", london(2027, 5, 28), Facts(working_days=days)) == date(2027, 6, day)


@pytest.mark.parametrize("days", [None, 0, 2, 4])
def test_right_to_repair_asks_which_defect(days: int | None) -> None:
    with pytest.raises(DeadlineError, match="working_days"):
        by("right_to_repair", london(2027, 5, 28), Facts(working_days=days))


def test_safeguarding_is_an_hour_in_immediate_danger_on_any_day() -> None:
    sunday = london(2027, 1, 10, 23, 30)
    answer = by("safeguarding_triage", sunday, Facts(immediate_danger=True))
    assert answer.due == sunday + timedelta(hours=1)
    assert "our default, not this council's code" in answer.reason


@pytest.mark.parametrize(
    ("day", "due_on"), [(date(2027, 1, 8), 8), (date(2027, 1, 9), 11), (date(2027, 1, 10), 11), (date(2027, 1, 11), 11)]
)
def test_safeguarding_is_the_same_working_day_or_the_next(day: date, due_on: int) -> None:
    at = london(day.year, day.month, day.day, 23)
    assert last_day("safeguarding_triage", at, Facts(immediate_danger=False)) == date(2027, 1, due_on)


def test_safeguarding_asks_whether_there_is_danger() -> None:
    with pytest.raises(DeadlineError, match="immediate_danger"):
        by("safeguarding_triage", london(2027, 1, 8), Facts())


# Awaab's Law: which hazard, from which day ------------------------------------------------------------------------


@pytest.mark.parametrize("hazard", [name for name in HAZARDS if name != "crowding_and_space"])
@pytest.mark.parametrize(("day", "applies"), [(26, False), (27, True), (28, True)])
def test_every_emergency_but_crowding_is_in_scope_from_27_october_2025(hazard: str, day: int, applies: bool) -> None:
    assert by("awaab_emergency", london(2025, 10, day), Facts(hazard, "emergency")).applies is applies


@pytest.mark.parametrize("triage", ["emergency", "significant", "other"])
def test_crowding_is_never_in_scope(triage: str) -> None:
    answer = by("awaab_investigate", london(2028, 1, 10), Facts("crowding_and_space", triage))
    assert (answer.applies, answer.due, answer.rule) == (False, None, "DR-2")


@pytest.mark.parametrize(("day", "applies"), [(26, False), (27, True), (28, True)])
def test_significant_damp_and_mould_is_in_scope_from_27_october_2025(day: int, applies: bool) -> None:
    assert by("awaab_investigate", london(2025, 10, day)).applies is applies


@pytest.mark.parametrize("hazard", PHASE_2)
@pytest.mark.parametrize(
    ("day", "applies"), [(date(2026, 11, 29), False), (date(2026, 11, 30), True), (date(2026, 12, 1), True)]
)
def test_phase_two_begins_on_30_november_2026(hazard: str, day: date, applies: bool) -> None:
    at = london(day.year, day.month, day.day)
    assert by("awaab_investigate", at, Facts(hazard, "significant")).applies is applies


@pytest.mark.parametrize("hazard", NOT_YET)
def test_the_rest_are_not_yet_in_scope_when_significant(hazard: str) -> None:
    answer = by("awaab_investigate", london(2028, 1, 10), Facts(hazard, "significant"))
    assert not answer.applies
    assert "council's own target" in answer.reason


def test_there_are_twenty_one_hazards() -> None:
    assert (len(HAZARDS), len(set(HAZARDS)), len(NOT_YET)) == (21, 21, 11)


def test_a_hazard_that_is_neither_starts_no_clock() -> None:
    assert not by("awaab_investigate", london(2027, 1, 11), replace(MOULD, triage="other")).applies


def test_the_twenty_four_hour_clock_is_for_emergencies_only() -> None:
    assert not by("awaab_emergency", london(2027, 1, 11), MOULD).applies


def test_the_day_we_knew_decides_when_the_clock_starts_later() -> None:
    knew_before = Facts("excess_cold", "significant", aware_at=london(2026, 11, 29))
    assert not by("awaab_summary", london(2026, 12, 4), knew_before).applies
    assert by("awaab_summary", london(2026, 12, 4), replace(knew_before, aware_at=london(2026, 11, 30))).applies


@pytest.mark.parametrize("facts", [Facts(), Facts("mould", "significant"), Facts("noise"), Facts("noise", "bad")])
def test_an_awaab_clock_asks_for_its_hazard_and_triage(facts: Facts) -> None:
    with pytest.raises(DeadlineError, match=r"hazard|triage"):
        by("awaab_summary", london(2027, 1, 11), facts)


def test_the_emergency_clock_starts_at_awareness_unless_the_council_has_settled_otherwise() -> None:
    knew, found = london(2027, 1, 11), london(2027, 1, 12)
    assert emergency_starts(knew, found, MELTON) == knew
    setting = replace(MELTON.deadline.emergency_safety_from, value="identification")
    later = replace(MELTON, deadline=replace(MELTON.deadline, emergency_safety_from=setting))
    assert emergency_starts(knew, found, later) == found
    assert emergency_starts(knew, None, later) == knew


# every clock ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_clock_answers_with_its_rule_and_its_reason(clock: str) -> None:
    facts = Facts("damp_and_mould_growth", "emergency", 1, False)
    answer = by(clock, london(2027, 1, 11), facts)
    assert answer.applies
    assert answer.due is not None and answer.due > london(2027, 1, 11)
    assert (answer.rule, bool(answer.reason)) == (RULES[clock], True)


def test_a_clock_that_we_do_not_have_is_refused_by_name() -> None:
    with pytest.raises(DeadlineError, match="tea_break"):
        by("tea_break", london(2027, 1, 11))


def test_a_deadline_in_a_year_we_cannot_count_in_is_refused_and_a_calendar_one_is_not() -> None:
    with pytest.raises(BankHolidaysMissing, match="2029"):
        by("complaint_ack", london(2028, 12, 27))
    assert last_day("gas_record", london(2028, 12, 27)) == date(2029, 1, 24)
