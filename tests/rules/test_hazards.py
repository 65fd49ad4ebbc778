"""D4 as a table: what may be done at which stage, which clocks it sets going, and what stops them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fieldvisit.ground.deadlines_jsonl import answer
from fieldvisit.ground.policy import Policy
from fieldvisit.hazards import clocks, rules
from fieldvisit.hazards.state import KINDS, Deed, Stage, State, fold

AWARE = datetime(2027, 1, 11, 9, 0, tzinfo=UTC)  # the Monday of A4's worked example
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
CONCLUDED = datetime(2027, 1, 25, 15, 0, tzinfo=UTC)
DAMP = {"hazard": "damp_and_mould_growth", "at_risk": ["child"]}
LONG = "The wall is wet through."


def deed(kind: str, at: datetime = AWARE, by: str = "olive", **body: Any) -> Deed:
    return Deed(kind, at, by, body)


REPORT = deed("reported", **DAMP)
URGENT = deed("triaged", AWARE + HOUR, **{"as": "emergency"})
SIGNIFICANT = deed("triaged", AWARE + HOUR, **{"as": "significant"})
OTHER = deed("triaged", AWARE + HOUR, **{"as": "other"})
LOOK = deed("investigating", AWARE + DAY, how="in_person")
REMOTE = deed("investigating", AWARE + DAY, how="remote")


def found(what: str, at: datetime = CONCLUDED, by: str = "olive") -> Deed:
    return deed("concluded", at, by, finding=what)


SAFE = deed("made_safe", CONCLUDED + DAY)
MORE = deed("preventative", CONCLUDED + 2 * DAY)
DONE = deed("completed", CONCLUDED + 3 * DAY, told=True)
SUMMARY = deed("summary_sent", CONCLUDED + DAY)
ENDED = deed("closed", CONCLUDED + 4 * DAY, told=True)

ROADS: dict[Stage, tuple[Deed, ...]] = {
    Stage.LOGGED: (REPORT,),
    Stage.TRIAGED_EMERGENCY: (REPORT, URGENT),
    Stage.TRIAGED_SIGNIFICANT: (REPORT, SIGNIFICANT),
    Stage.TRIAGED_OTHER: (REPORT, OTHER),
    Stage.INVESTIGATING: (REPORT, SIGNIFICANT, LOOK),
    Stage.CONCLUDED_NONE: (REPORT, SIGNIFICANT, LOOK, found("none"), SUMMARY),
    Stage.CONCLUDED_SIGNIFICANT: (REPORT, SIGNIFICANT, LOOK, found("significant")),
    Stage.CONCLUDED_EMERGENCY: (REPORT, URGENT, LOOK, found("emergency")),
    Stage.MADE_SAFE: (REPORT, SIGNIFICANT, LOOK, found("significant"), SAFE),
    Stage.PREVENTATIVE: (REPORT, SIGNIFICANT, LOOK, found("significant"), SAFE, MORE),
    Stage.COMPLETED: (REPORT, SIGNIFICANT, LOOK, found("significant"), SUMMARY, SAFE, DONE),
    Stage.CLOSED: (REPORT, SIGNIFICANT, LOOK, found("significant"), SUMMARY, SAFE, DONE, ENDED),
}
# Which steps each stage allows to somebody who types everything that is asked; all others are refused.
SUMMARIES = {"summary_sent", "summary_written"}
TABLE: dict[Stage, set[str]] = {
    Stage.LOGGED: {"described", "triaged", "advised"},
    Stage.TRIAGED_EMERGENCY: {"described", "triaged", "investigating", "advised"},
    Stage.TRIAGED_SIGNIFICANT: {"described", "triaged", "investigating", "advised"},
    Stage.TRIAGED_OTHER: {"described", "triaged", "closed", "advised"},
    Stage.INVESTIGATING: {"described", "concluded", "advised"},
    Stage.CONCLUDED_NONE: {"closed"},
    Stage.CONCLUDED_SIGNIFICANT: {*SUMMARIES, "made_safe", "alternative_offered", "advised"},
    Stage.CONCLUDED_EMERGENCY: {*SUMMARIES, "made_safe", "alternative_offered", "downgraded", "advised"},
    Stage.MADE_SAFE: {*SUMMARIES, "preventative", "completed"},
    Stage.PREVENTATIVE: {*SUMMARIES, "steps_taken", "work_started", "completed"},
    Stage.COMPLETED: {"closed"},
    Stage.CLOSED: set(),
}


def running(state: State, policy: Policy) -> dict[str, str]:
    return {each.clock: f"{each.due:%d %b %H:%M:%S}" for each in clocks.clocks(state, policy) if each.runs}


def clock(state: State, name: str, policy: Policy, number: int = 0) -> clocks.Clock:
    [one] = [each for each in clocks.clocks(state, policy) if (each.clock, each.round) == (name, number)]
    return one


# --- the table ----------------------------------------------------------------------------------------------------


def test_the_table_names_every_stage() -> None:
    assert set(ROADS) == set(TABLE) == set(Stage)


@pytest.mark.parametrize("stage", Stage)
def test_each_stage_allows_its_own_steps_and_a_new_report_and_no_others(stage: Stage, policy: Policy) -> None:
    state = fold(ROADS[stage])
    assert state.stage is stage
    assert set(rules.offered(state, policy, "dora")) == TABLE[stage] | {"reported", "noted"}


def test_every_kind_of_step_is_asked_about_or_comes_from_the_system() -> None:
    assert set(KINDS) - set(rules.STEPS) == {"access_failed", "joined", "summary_failed"}


ACCOUNTS = {"olive-2": ("olive", "olive-2")}  # one person, two accounts


def refusal(road: tuple[Deed, ...], step: Deed, policy: Policy, **words: str) -> str:
    return rules.may(fold(road), step, words, policy).code


TRIAGE = {"as": "significant", "household_read": True}
GUARDS = (
    ("not described", (deed("reported"),), deed("triaged", **TRIAGE), {"reason": LONG}, "not-described"),
    ("household unread", (REPORT,), deed("triaged", **{"as": "other"}), {"reason": LONG}, "household-not-read"),
    ("no reason", (REPORT,), deed("triaged", **TRIAGE), {"reason": "Too short"}, "no-reason"),
    ("ten letters are a reason", (REPORT,), deed("triaged", **TRIAGE), {"reason": "Just right"}, "allowed"),
    ("eleven too", (REPORT,), deed("triaged", **TRIAGE), {"reason": "Just right!"}, "allowed"),
    ("same officer triages down", (REPORT, URGENT), deed("triaged", **TRIAGE), {"reason": LONG}, "second-officer"),
    ("second officer does", (REPORT, URGENT), deed("triaged", by="dora", **TRIAGE), {"reason": LONG}, "allowed"),
    ("nobody named", (REPORT, URGENT), deed("investigating", how="remote"), {"investigator": " "}, "no-investigator"),
    ("not triaged", (REPORT,), deed("investigating", how="remote"), {"investigator": "Ida"}, "not-triaged"),
    ("other", (REPORT, OTHER), deed("investigating", how="remote"), {"investigator": "Ida"}, "other"),
    ("no finding's reason", ROADS[Stage.INVESTIGATING], found("none"), {}, "no-reason"),
    ("downgraded by the finder", ROADS[Stage.CONCLUDED_EMERGENCY], deed("downgraded"), {"reason": LONG},
     "second-officer"),
    ("lowered by the officer's other account", (REPORT, URGENT), deed("triaged", by="olive-2", **TRIAGE), {"reason": LONG},
     "second-officer"),
    ("downgraded by the finder's other account", ROADS[Stage.CONCLUDED_EMERGENCY], deed("downgraded", by="olive-2"),
     {"reason": LONG}, "second-officer"),
    ("a worker's tick, lowered by one officer", (deed("reported", emergency=True, **DAMP),), deed("triaged", **TRIAGE),
     {"reason": LONG}, "allowed"),
    ("less is found than one decided", (REPORT, URGENT, LOOK), found("none"), {"reason": LONG}, "allowed"),
    ("by a second, silently", ROADS[Stage.CONCLUDED_EMERGENCY], deed("downgraded", by="dora"), {}, "no-reason"),
    ("by a second, with a reason", ROADS[Stage.CONCLUDED_EMERGENCY], deed("downgraded", by="dora"), {"reason": LONG},
     "allowed"),
    ("finished, not told", ROADS[Stage.MADE_SAFE], deed("completed"), {}, "not-told"),
    ("closed, not told", ROADS[Stage.COMPLETED], deed("closed"), {}, "not-told"),
    ("closed, summary owed", ROADS[Stage.CONCLUDED_NONE][:-1], deed("closed", told=True), {}, "outstanding"),
    ("in person after in person", ROADS[Stage.CONCLUDED_SIGNIFICANT], deed("asked_in_person"), {}, "was-in-person"),
    ("known already", (REPORT,), deed("reported", AWARE), {}, "known-already"),
    ("known one second later", (REPORT,), deed("reported", AWARE + SECOND), {}, "allowed"),
    ("known one second earlier", (REPORT,), deed("reported", AWARE - SECOND), {}, "known-already"),
    ("a reason for no clock", (REPORT, SIGNIFICANT), deed("noted", clock="awaab_safety", round=0, why="parts"), {"note": LONG},
     "no-such-clock"),
    ("of another round", (REPORT, SIGNIFICANT), deed("noted", clock="look", round=1, why="parts"), {"note": LONG},
     "no-such-clock"),
    ("no reason of ours", (REPORT, SIGNIFICANT), deed("noted", clock="look", round=0, why="luck"), {"note": LONG},
     "no-such-reason"),
    ("a reason in no words", (REPORT, SIGNIFICANT), deed("noted", clock="look", round=0, why="parts"), {"note": "Late."},
     "no-reason"),
    ("a reason for a clock", ROADS[Stage.CLOSED], deed("noted", clock="awaab_safety", round=0, why="parts"), {"note": LONG},
     "allowed"),
    ("steps twice", (*ROADS[Stage.PREVENTATIVE], deed("steps_taken")), deed("steps_taken"), {}, "recorded-already"),
)  # fmt: skip


@pytest.mark.parametrize(("road", "step", "words", "code"), [g[1:] for g in GUARDS], ids=[g[0] for g in GUARDS])
def test_each_guard(road: tuple[Deed, ...], step: Deed, words: dict[str, str], code: str, policy: Policy) -> None:
    verdict = rules.may(fold(road), step, words, policy, ACCOUNTS.get(step.by, ()))
    assert verdict.code == code
    assert bool(verdict) or (verdict.message and verdict.clause)


@pytest.mark.parametrize(("past", "code"), [(-SECOND, "allowed"), (0 * SECOND, "allowed"), (SECOND, "future")])
def test_nothing_is_recorded_before_it_happens(past: timedelta, code: str) -> None:
    assert rules.may_have_happened(fold((REPORT,)), AWARE + DAY + past, AWARE + DAY).code == code


# --- the summary --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", rules._OF_A_FINDING)
def test_a_summary_is_not_sent_until_it_says_everything(missing: str) -> None:
    state = fold(ROADS[Stage.CONCLUDED_SIGNIFICANT])
    says = [code for code in rules.content_of(state) if code != missing]
    verdict = rules.may_send_summary(state, checked=says, at=CONCLUDED)
    assert verdict.code == "incomplete"
    assert rules.SAYS[missing][1:] in verdict.message
    assert rules.may_send_summary(state, checked=rules.content_of(state), at=CONCLUDED)


def test_where_nothing_was_found_the_summary_says_why() -> None:
    assert rules.content_of(fold(ROADS[Stage.CONCLUDED_NONE])) == ("none_why", "contact", "complain")


@pytest.mark.parametrize(("past", "code"), [(-SECOND, "too-early"), (0 * SECOND, "allowed"), (SECOND, "allowed")])
def test_a_summary_is_sent_after_the_investigation(past: timedelta, code: str) -> None:
    state = fold(ROADS[Stage.CONCLUDED_SIGNIFICANT])
    assert rules.may_send_summary(state, checked=tuple(rules.SAYS), at=CONCLUDED + past).code == code


# --- the clocks ---------------------------------------------------------------------------------------------------


def test_the_worked_example_of_a4(policy: Policy) -> None:
    assert running(fold((REPORT, SIGNIFICANT)), policy) == {"awaab_investigate": "25 Jan 23:59:59"}
    assert running(fold(ROADS[Stage.CONCLUDED_SIGNIFICANT]), policy) == {
        "awaab_summary": "28 Jan 23:59:59",
        "awaab_safety": "01 Feb 23:59:59",
        "awaab_preventative": "01 Feb 23:59:59",
        "awaab_preventative_longstop": "19 Apr 22:59:59",
    }


def test_every_due_is_what_the_rule_on_the_command_line_says(policy: Policy) -> None:
    for stage, road in ROADS.items():
        state = fold(road)
        for each in clocks.clocks(state, policy):
            if each.rule != "D4":
                triage = "emergency" if each.clock == "awaab_emergency" else state.now.finding or state.now.triage
                triage = "significant" if triage in (None, "none") else triage
                asked = {
                    "clock": each.clock, "at": each.begins.isoformat(), "hazard": state.hazard, "triage": triage,
                }  # fmt: skip
                said = answer(asked, policy)
                due = each.due.isoformat().replace("+00:00", "Z") if each.due else None
                if said["applies"]:
                    assert datetime.fromisoformat(str(said["due"])) == each.due, (stage, each, due)
                else:
                    assert each.due is None


def test_until_somebody_decides_it_is_as_urgent_as_it_was_reported(policy: Policy) -> None:
    assert running(fold((deed("reported"),)), policy) == {"look": "11 Jan 23:59:59"}
    assert set(running(fold((REPORT,)), policy)) == {"look", "awaab_investigate"}
    ticked = fold((deed("reported", emergency=True, **DAMP),))
    assert running(ticked, policy) == {"look": "11 Jan 23:59:59", "awaab_emergency": "12 Jan 09:00:00"}


def test_an_emergency_is_24_hours_from_awareness_and_ends_when_it_is_safe(policy: Policy) -> None:
    road = (REPORT, URGENT, LOOK, found("emergency", AWARE + 5 * HOUR))
    assert clock(fold(road), "awaab_emergency", policy).due == AWARE + DAY
    for past, standing in ((-SECOND, "met"), (0 * SECOND, "met"), (SECOND, "late")):
        safe = fold((*road, deed("made_safe", AWARE + DAY + past)))
        assert clock(safe, "awaab_emergency", policy).standing(AWARE + 2 * DAY) == standing


@pytest.mark.parametrize(("past", "standing"), [(-SECOND, "soon"), (0 * SECOND, "soon"), (SECOND, "overdue")])
def test_a_clock_runs_out_at_its_last_second(past: timedelta, standing: str, policy: Policy) -> None:
    assert clock(fold((REPORT, URGENT)), "awaab_emergency", policy).standing(AWARE + DAY + past) == standing


@pytest.mark.parametrize(("before", "standing"), [(DAY + SECOND, "running"), (DAY, "soon"), (DAY - SECOND, "soon")])
def test_it_is_soon_in_the_last_day(before: timedelta, standing: str, policy: Policy) -> None:
    one = clock(fold((REPORT, SIGNIFICANT)), "awaab_investigate", policy)
    assert one.due
    assert one.standing(one.due - before) == standing


def test_due_in_is_said_in_words(policy: Policy) -> None:
    one = clock(fold((REPORT, URGENT)), "awaab_emergency", policy)
    assert one.due_in(AWARE + HOUR) == "23 hours left"
    assert one.due_in(AWARE + DAY - 30 * SECOND) == "less than a minute left"
    assert one.due_in(AWARE + DAY + 2 * HOUR) == "ran out 2 hours ago"


def test_an_emergency_found_by_a_standard_investigation_has_24_hours_from_the_finding(policy: Policy) -> None:
    state = fold((REPORT, SIGNIFICANT, LOOK, found("emergency")))
    assert clock(state, "awaab_emergency", policy).due == CONCLUDED + DAY
    assert clock(state, "awaab_investigate", policy).standing(CONCLUDED) == "met"


def test_a_downgrade_keeps_what_the_24_hours_came_to(policy: Policy) -> None:
    road = (*ROADS[Stage.CONCLUDED_EMERGENCY], deed("downgraded", CONCLUDED + HOUR, "dora"))
    state = fold(road)
    assert state.stage is Stage.CONCLUDED_SIGNIFICANT
    assert clock(state, "awaab_emergency", policy).standing(CONCLUDED + DAY) == "late"
    assert "awaab_safety" in running(state, policy)


def test_a_door_that_stays_shut_stops_no_clock(policy: Policy) -> None:
    for road in ROADS.values():
        tried = fold((*road, deed("access_failed", CONCLUDED + 9 * DAY, "", visit="v")))
        assert clocks.clocks(tried, policy) == clocks.clocks(fold(road), policy)


def test_a_new_report_starts_the_clocks_again_and_forgives_nothing(policy: Policy) -> None:
    again = AWARE + 7 * DAY
    state = fold((REPORT, SIGNIFICANT, deed("reported", again)))
    assert (state.stage, state.now.aware_at, state.hazard) == (Stage.LOGGED, again, DAMP["hazard"])
    assert clock(state, "awaab_investigate", policy).due < clock(state, "awaab_investigate", policy, 1).due
    assert clocks.runs_out_first(clocks.clocks(state, policy)) == clock(state, "look", policy, 1).due
    late = fold((REPORT, SIGNIFICANT, deed("reported", again), deed("triaged", again, **{"as": "significant"}),
                 LOOK, found("significant", again + 10 * DAY)))  # fmt: skip
    assert clock(late, "awaab_investigate", policy).standing(again + 11 * DAY) == "late"
    assert clock(late, "awaab_investigate", policy, 1).standing(again + 11 * DAY) == "met"


def test_after_a_remote_investigation_the_tenant_may_ask_for_somebody_to_come(policy: Policy) -> None:
    asked = CONCLUDED + DAY
    road = (REPORT, SIGNIFICANT, REMOTE, found("significant"), deed("asked_in_person", asked))
    state = fold(road)
    assert state.stage is Stage.TRIAGED_SIGNIFICANT
    assert clock(state, "awaab_renewed", policy, 1).due == datetime(2027, 2, 9, 23, 59, 59, tzinfo=UTC)
    again = deed("investigating", how="remote")
    assert refusal(road, again, policy, investigator="Ida") == "in-person"
    assert clock(state, "awaab_safety", policy).runs, "what the first investigation found is still owed"
    nothing = fold((*road, LOOK, found("none", asked + DAY)))
    assert set(running(nothing, policy)) == {"awaab_summary"}


def test_a_summary_is_not_owed_when_all_is_finished_within_its_days(policy: Policy) -> None:
    road = ROADS[Stage.MADE_SAFE]
    for past, runs in ((-SECOND, False), (0 * SECOND, False), (SECOND, True)):
        ends = datetime(2027, 1, 28, 23, 59, 59, tzinfo=UTC) + past
        state = fold((*road, deed("completed", ends, told=True)))
        assert clock(state, "awaab_summary", policy).runs is runs


DATES = (
    ("electrical_hazards", datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC), False),
    ("electrical_hazards", datetime(2026, 11, 30, tzinfo=UTC), True),
    ("electrical_hazards", datetime(2026, 12, 1, tzinfo=UTC), True),
    ("damp_and_mould_growth", datetime(2025, 10, 26, 23, 59, 59, tzinfo=UTC), False),
    ("damp_and_mould_growth", datetime(2025, 10, 27, tzinfo=UTC), True),
    ("noise", datetime(2027, 1, 1, tzinfo=UTC), False),
)


@pytest.mark.parametrize(("hazard", "aware", "applies"), DATES)
def test_the_law_holds_for_a_hazard_from_its_own_day(
    hazard: str, aware: datetime, applies: bool, policy: Policy
) -> None:
    one = clock(fold((deed("reported", aware, hazard=hazard), SIGNIFICANT)), "awaab_investigate", policy)
    assert (one.due is not None) is applies
    assert one.standing(aware) == ("running" if applies else "not_applying")


def test_a_case_that_begins_with_anything_but_a_report_is_our_mistake() -> None:
    for road in ((), (SIGNIFICANT,)):
        with pytest.raises(ValueError, match="report"):
            fold(road)
