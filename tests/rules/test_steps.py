"""Which step the page at the door opens, which steps it holds, and what the precautions say."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fieldvisit.ground.verdict import Clause
from fieldvisit.visits.precautions import SENTENCES, UNKNOWN, say_precautions
from fieldvisit.visits.state import STEPS, Consent, Stage, VisitState
from fieldvisit.visits.steps import ALL, DOOR, HAZARD, HOME, is_for_a_later_day, next_to_say, on_page, opens, say_clause

NOTHING: frozenset[str] = frozenset()
STEP_TEMPLATES = Path(__file__).parents[2] / "templates" / "visits" / "steps"
INTRODUCED, REASON, ID_SHOWN = STEPS
NINE = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)


def at(stage: Stage, **facts: object) -> VisitState:
    return replace(VisitState(stage=stage), **facts)


@pytest.mark.parametrize(
    ("stage", "step"),
    [
        (Stage.DRAFT, "before"), (Stage.NOTICE_PENDING, "before"), (Stage.NOTIFIED, "before"),
        (Stage.CONFIRMED, "before"), (Stage.REARRANGING, "before"), (Stage.EN_ROUTE, "way"), (Stage.AT_DOOR, "who"),
        (Stage.IDENTIFIED, "check"), (Stage.CONSENTED, "covers"), (Stage.LAWFUL_ENTRY, "covers"),
        (Stage.IN_HOME, "inside"), (Stage.CLOSING, "welfare"), (Stage.CLOSED, "thanks"), (Stage.REFUSED, "stop"),
        (Stage.NO_ACCESS, "no-access"), (Stage.WITHDRAWN, "left"), (Stage.CANCELLED, "cancelled"),
    ],
)  # fmt: skip
def test_each_stage_opens_its_step(stage, step):
    assert opens(at(stage), NOTHING) == step


def test_every_stage_has_a_step():
    assert all(opens(at(stage), NOTHING) in ALL for stage in Stage)


def test_the_door_asks_for_the_three_in_order():
    door = at(Stage.AT_DOOR, answered_by="tenant")
    assert opens(door, NOTHING) == "hello"
    assert opens(replace(door, steps=(INTRODUCED,)), NOTHING) == "why"
    assert opens(replace(door, steps=(INTRODUCED, REASON)), NOTHING) == "id"


def test_id_shown_before_the_introduction_counts_for_nothing():
    assert next_to_say((ID_SHOWN, REASON)) == INTRODUCED
    assert next_to_say((INTRODUCED, ID_SHOWN)) == REASON
    assert next_to_say((ID_SHOWN, INTRODUCED, REASON, ID_SHOWN)) == ""


def test_a_child_at_the_door_opens_the_childs_step():
    assert opens(at(Stage.AT_DOOR, answered_by="child"), NOTHING) == "child"
    assert opens(at(Stage.REFUSED, answered_by="child"), NOTHING) == "stop-child"


def test_while_the_tenant_checks_the_page_waits():
    assert opens(at(Stage.IDENTIFIED), frozenset({"door.checking"})) == "wait"


def test_after_the_checks_before_work_the_page_shows_the_work():
    assert opens(at(Stage.IN_HOME), frozenset({"home.checked"})) == "work"


def test_consent_withdrawn_inside_opens_the_way_out():
    assert opens(at(Stage.CLOSING, consent_withdrawn=True), NOTHING) == "go-now"


def test_short_notice_leaves_nothing_but_the_reason():
    assert on_page(at(Stage.NOTIFIED), may_set_off=False, seen=NOTHING) == ("before",)


def test_a_good_notice_holds_the_whole_visit():
    held = on_page(at(Stage.NOTIFIED), may_set_off=True, seen=NOTHING)
    assert set(DOOR) | set(HOME) <= set(held)
    assert "lawful" not in held and "cancelled" not in held


@pytest.mark.parametrize("stage", [Stage.REFUSED, Stage.CLOSED, Stage.WITHDRAWN, Stage.CANCELLED])
def test_an_ended_visit_holds_one_step(stage):
    assert on_page(at(stage), may_set_off=False, seen=NOTHING) == (opens(at(stage), NOTHING),)


def test_where_nobody_answered_the_worker_may_still_ask_for_entry_and_nothing_else():
    assert on_page(at(Stage.NO_ACCESS), may_set_off=False, seen=NOTHING) == ("no-access", "ask-entry", "asked-entry")


@pytest.mark.parametrize(
    "stage",
    [Stage.EN_ROUTE, Stage.AT_DOOR, Stage.IDENTIFIED, Stage.CONSENTED, Stage.IN_HOME, Stage.CLOSING],
)
def test_something_dangerous_can_be_reported_from_any_moment(stage):
    assert {*HAZARD, "photos"} <= set(on_page(at(stage), may_set_off=True, seen=NOTHING))


def test_a_visit_that_was_closed_with_something_dangerous_still_holds_the_report_and_no_way_in():
    held = set(on_page(at(Stage.CLOSED, hazard_seen=True), may_set_off=False, seen=NOTHING))
    assert held == {"thanks", *HAZARD, "photos"}


def test_a_refusal_holds_no_way_in_whatever_a_duty_officer_authorised():
    assert on_page(at(Stage.REFUSED, basis="necessity"), may_set_off=False, seen=NOTHING) == ("stop",)


@pytest.mark.parametrize("stage", [Stage.AT_DOOR, Stage.IDENTIFIED, Stage.NO_ACCESS])
def test_lawful_entry_is_on_the_page_only_when_authorised(stage):
    assert "lawful" not in on_page(at(stage), may_set_off=False, seen=NOTHING)
    assert "lawful" in on_page(at(stage, basis="necessity"), may_set_off=False, seen=NOTHING)


def test_inside_the_home_nothing_asks_for_consent_again():
    assert not {"consent", "hello", "no", "lawful"} & set(on_page(at(Stage.IN_HOME, basis="necessity"), False, NOTHING))


@pytest.mark.parametrize("stage", [Stage.LAWFUL_ENTRY, Stage.IN_HOME])
def test_once_it_is_made_safe_and_locked_nothing_leads_in_again(stage):
    """D3: make safe, and nothing else."""
    inside, locked = at(stage, basis="necessity"), frozenset({"entry.lawful", "entry.secured"})
    assert opens(inside, locked) == "finish" != opens(inside, frozenset({"entry.lawful"}))
    held = set(on_page(inside, False, locked))
    assert "welfare" in held and "hazard" in held
    assert not {"covers", "changed-mind", "inside", "work", "lawful", "secured", "no", "asked-to-go"} & held
    assert opens(at(Stage.CLOSING, basis="necessity"), locked) == "welfare"


def test_a_tenant_who_came_home_and_said_yes_since_may_have_the_work_done():
    said_yes = at(Stage.CONSENTED, basis="necessity", consent=Consent("tenant", "spoken", ("enter",), "", NINE))
    assert opens(said_yes, frozenset({"entry.secured"})) == "covers"


@pytest.mark.parametrize("stage", list(Stage))
def test_the_step_that_opens_is_on_the_page(stage):
    for may_set_off in (True, False):
        assert opens(at(stage), NOTHING) in on_page(at(stage), may_set_off, NOTHING)


def test_every_step_has_its_template_and_no_template_is_left_over():
    assert {path.stem for path in STEP_TEMPLATES.glob("*.html")} == {*ALL, "_parts"}


def test_a_visit_of_tomorrow_is_of_a_later_day_by_the_london_calendar():
    state = at(Stage.NOTIFIED, window_start=datetime(2026, 7, 1, 8, 0, tzinfo=UTC))
    assert is_for_a_later_day(state, datetime(2026, 6, 30, 22, 59, tzinfo=UTC))
    assert not is_for_a_later_day(state, datetime(2026, 6, 30, 23, 0, tzinfo=UTC))
    assert not is_for_a_later_day(state, datetime(2026, 7, 1, 8, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        ("ME-3.2b", "Melton code 3.2"), ("ME-3.1a-x1", "Melton code 3.1"), ("ME-7c2", "Melton code 7"),
        ("ME-3.3d4", "Melton code 3.3"), ("ME-Ack1", "Melton code acknowledgement"), ("NR-7", "Notice rule 7"),
        ("MO-1e", "Milton Keynes officers’ code 1"), (Clause("Melton", "ME-3.1e"), "Melton code 3.1"),
        (Clause("project default", "Q9"), "Our default, not this council’s code: Q9"),
    ],
)  # fmt: skip
def test_a_clause_is_said_as_people_say_it(clause, words):
    assert say_clause(clause) == words


def test_precautions_are_said_once_and_in_a_fixed_order():
    said = say_precautions(["dog", "knock_loudly", "dog"], language="en", trusted_adult=False)
    assert said == (SENTENCES["knock_loudly"], SENTENCES["dog"])


def test_the_trusted_adult_of_the_household_is_a_precaution():
    assert say_precautions([], language="en", trusted_adult=True) == (SENTENCES["trusted_adult"],)


def test_a_precaution_that_nobody_here_knows_does_not_vanish():
    assert say_precautions(["goose"], language="en", trusted_adult=False) == (UNKNOWN,)


def test_another_language_asks_for_an_interpreter_and_never_a_child():
    (said,) = say_precautions([], language="pl", trusted_adult=False)
    assert "Polish" in said and "Never use a child" in said
    assert "Another language" in say_precautions([], language="xx", trusted_adult=False)[0]
