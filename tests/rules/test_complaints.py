"""Complaints (D6): who may do what when, and by when (DR-8 to DR-11)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from fieldvisit.complaints import clocks
from fieldvisit.complaints.rules import WORKS
from fieldvisit.complaints.state import Deed, Stage, fold
from fieldvisit.ground.clock import LONDON, london_date
from fieldvisit.ground.deadlines import due
from fieldvisit.ground.deadlines_jsonl import answer
from fieldvisit.ground.json_lines import write_instant
from tests.rules.complaints import (
    ACK1,
    ANNA,
    ANSWER1,
    AT_STAGE_2,
    BEA,
    CLEO,
    DAY,
    ESCALATED,
    HANDS,
    LOGGED,
    PATH,
    POLICY,
    RECEIVED,
    decided,
    due_of,
    letter,
    may,
    state,
)  # fmt: skip

# --- by when ------------------------------------------------------------------------------------------------------


def test_the_examples_of_the_law() -> None:
    """A4: received Mon 24 May 2027, acknowledge by Tue 1 Jun; acknowledged Wed 26 May, answer by Thu 10 Jun."""
    assert due_of(state(), "complaint_ack") == date(2027, 6, 1)
    acknowledged = state(LOGGED, ACK1)
    assert london_date(acknowledged.sent["ack1"]) == date(2027, 5, 26)
    assert due_of(acknowledged, "complaint_stage1") == date(2027, 6, 10)


def test_every_clock_is_that_of_the_one_list_of_deadlines() -> None:
    found = state(*AT_STAGE_2)
    begins = {
        "complaint_ack": RECEIVED, "complaint_stage1": found.sent["ack1"],
        "complaint_stage2_ack": found.escalated_at, "complaint_stage2": found.sent["ack2"],
    }  # fmt: skip
    for one in clocks.clocks(found, POLICY):
        started = begins[one.clock]
        assert started
        assert (one.begins, one.due) == (started, due(one.clock, started, policy=POLICY).due)


def test_the_command_for_deadlines_says_the_same() -> None:
    found = state(*AT_STAGE_2)
    for one in clocks.clocks(found, POLICY):
        asked = {"id": "1", "clock": one.clock, "at": one.begins.isoformat().replace("+00:00", "Z")}
        said = answer(asked, POLICY)
        assert said["due"] == write_instant(one.due)
        assert said["rule"] == one.rule


def test_a_complaint_that_nobody_acknowledged_is_answered_from_the_last_day_on_which_it_was_due() -> None:
    assert due_of(state(), "complaint_stage1") == date(2027, 6, 15)  # ten working days after 1 June
    assert due_of(state(LOGGED), "complaint_stage1") == date(2027, 6, 15)


@pytest.mark.parametrize(("hour", "minute", "said"), [(23, 58, "met"), (23, 59, "met"), (0, 0, "late")])
def test_it_is_in_time_until_the_last_second_of_its_last_day(hour: int, minute: int, said: str) -> None:
    last = datetime(2027, 6, 1 if hour else 2, hour, minute, 59 if minute == 59 else 0, tzinfo=LONDON).astimezone(UTC)
    found = fold([
        Deed("received", RECEIVED, "", {"from": "phone"}), Deed("logged", RECEIVED, ANNA, LOGGED[1]),
        Deed("handed", last, ANNA, ACK1[1]),
    ])  # fmt: skip
    first = clocks.clocks(found, POLICY)[0]
    assert first.standing(last + DAY) == said


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_an_extension_ends_no_later_than_it_may(days: int) -> None:
    """DR-9: answer by 10 June, ten working days more are 24 June. The day itself is the last that is allowed."""
    hands = replace(HANDS, until=date(2027, 6, 24) + days * DAY)
    assert letter(state(LOGGED, ACK1), "extension1", hands) == ("too-long" if days > 0 else "allowed")


@pytest.mark.parametrize(("until", "said"), [(9, "no-longer"), (10, "no-longer"), (11, "allowed")])
def test_an_extension_is_longer_than_what_there_is(until: int, said: str) -> None:
    assert letter(state(LOGGED, ACK1), "extension1", replace(HANDS, until=date(2027, 6, until))) == said


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_stage_2_is_extended_by_twenty_working_days_at_most(days: int) -> None:
    found = state(*AT_STAGE_2, by=BEA)
    now, most = clocks.extension_days(found, 2, POLICY)
    assert POLICY.working_days.after(now, 20) == most
    found = replace(found, handlers={1: ANNA, 2: CLEO}, decided_by={1: ANNA})
    hands = replace(HANDS, until=most + days * DAY)
    assert letter(found, "extension2", hands, CLEO) == ("too-long" if days > 0 else "allowed")


def test_an_extension_moves_the_clock_and_is_made_once() -> None:
    found = state(LOGGED, ACK1, ("handed", {"letter": "extension1", "how": "by_hand", "until": "2027-06-24"}))
    assert found.stage is Stage.STAGE1_EXTENDED
    assert due_of(found, "complaint_stage1") == date(2027, 6, 24)
    assert letter(found, "extension1", replace(HANDS, until=date(2027, 6, 24))) == "extended-already"


def test_an_extension_by_our_messages_takes_effect_with_its_letter() -> None:
    body = {"letter": "extension1", "how": "email", "message": "m", "until": "2027-06-24"}
    waits = state(LOGGED, ACK1, ("written", body))
    assert (waits.stage, due_of(waits, "complaint_stage1")) == (Stage.STAGE1_OPEN, date(2027, 6, 10))
    found = state(LOGGED, ACK1, ("written", body), ("sent", {"letter": "extension1", "message": "m"}))
    assert (found.stage, due_of(found, "complaint_stage1")) == (Stage.STAGE1_EXTENDED, date(2027, 6, 24))


def test_a_letter_counts_from_the_day_it_is_sent_and_not_from_the_day_it_is_written() -> None:
    written = ("written", {"letter": "ack1", "how": "email", "message": "m"})
    found = state(LOGGED, written)
    assert found.stage is Stage.ACKNOWLEDGED
    assert clocks.clocks(found, POLICY)[0].runs
    assert letter(found, "ack1") == "waits"
    sent = state(LOGGED, written, ("sent", {"letter": "ack1", "message": "m"}))
    assert sent.stage is Stage.STAGE1_OPEN
    assert sent.sent["ack1"] == RECEIVED + 3 * DAY


def test_a_letter_that_came_back_was_never_sent() -> None:
    written = ("written", {"letter": "ack1", "how": "email", "message": "m"})
    sent, failed = ("sent", {"letter": "ack1", "message": "m"}), ("failed", {"letter": "ack1", "message": "m"})
    for steps in ((LOGGED, written, failed), (LOGGED, written, sent, failed)):
        found = state(*steps)
        assert (found.stage, found.came_back) == (Stage.LOGGED, "ack1")
        assert clocks.clocks(found, POLICY)[0].runs
        assert letter(found, "ack1") == "allowed"


def test_a_letter_that_comes_back_late_does_not_undo_what_was_done_since() -> None:
    written = ("written", {"letter": "ack1", "how": "email", "message": "m"})
    sent, failed = ("sent", {"letter": "ack1", "message": "m"}), ("failed", {"letter": "ack1", "message": "m"})
    found = state(LOGGED, written, sent, decided(), ANSWER1, failed)
    assert found.stage is Stage.STAGE1_ANSWERED
    assert found.came_back == "ack1"


def test_a_service_request_owes_nothing_until_the_tenant_complains() -> None:
    found = state(("not_wanted", {}))
    assert (found.stage, clocks.clocks(found, POLICY)) == (Stage.CLOSED, [])
    again = state(("not_wanted", {}), ("complained", {}))
    assert (again.stage, again.received_at) == (Stage.RECEIVED, RECEIVED + 2 * DAY)
    assert due_of(again, "complaint_ack") == date(2027, 6, 3)


# --- D6, row by row -----------------------------------------------------------------------------------------------

MOVES: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "no complaint wanted": ("not_wanted", {}, {"received"}),
    "turned away": ("handed", {"letter": "refusal", "ground": "over-12-months"}, {"received"}),
    "defined": ("logged", LOGGED[1], {"received", "logged"}),
    "acknowledged": ("handed", {"letter": "ack1"}, {"logged"}),
    "stage 1 extended": ("handed", {"letter": "extension1"}, {"stage1_open"}),
    "stage 1 answered": ("handed", {"letter": "answer1"}, {"stage1_open", "stage1_extended"}),
    "escalated": ("escalated", {}, {"stage1_answered", "actions_outstanding", "closed"}),
    "stage 2 acknowledged": ("handed", {"letter": "ack2"}, {"stage2_requested"}),
    "stage 2 extended": ("handed", {"letter": "extension2"}, {"stage2_open"}),
    "stage 2 answered": ("handed", {"letter": "answer2"}, {"stage2_open", "stage2_extended"}),
    "closed": ("closed", {}, {"stage1_answered", "stage2_answered"}),
}


def test_there_is_a_way_to_every_stage_of_the_table() -> None:
    assert set(PATH) == {stage.value for stage in Stage}
    for stage, steps in PATH.items():
        assert state(*steps).stage == stage


@pytest.mark.parametrize("move", MOVES)
def test_each_row_of_the_table_leads_from_where_it_says_and_from_nowhere_else(move: str) -> None:
    kind, body, wanted = MOVES[move]
    allowed = set()
    for stage, steps in PATH.items():
        found = state(*steps)
        found.handlers |= {2: CLEO} if found.escalated_at else {}
        found.outcomes |= {1: "upheld", 2: "upheld"}
        found.learned = True
        until = None
        if kind == "handed" and "extension" in body["letter"] and found.sent.get(f"ack{found.process}"):
            until = clocks.extension_days(found, found.process, POLICY)[1]
        if may(found, kind, body, replace(HANDS, until=until), CLEO) == "allowed":
            allowed.add(stage)
    assert allowed == wanted


# --- who ----------------------------------------------------------------------------------------------------------


def test_who_is_complained_of_and_who_was_there_do_not_look_into_it() -> None:
    about, there = replace(HANDS, kept_from=frozenset({ANNA})), replace(HANDS, at_visit=frozenset({ANNA}))
    assert may(state(), *LOGGED, by=BEA) == "allowed"
    assert may(state(), *LOGGED, hands=about, by=BEA) == "complained-of"
    assert may(state(), *LOGGED, hands=there, by=BEA) == "was-there"
    assert may(state(), *LOGGED, hands=replace(HANDS, apart=frozenset({ANNA})), by=BEA) == "interest"
    assert may(state(), "logged", LOGGED[1] | {"handler": "dave"}, by=BEA) == "no-duty"
    assert may(state(), *LOGGED, hands=about, by=ANNA) == "complained-of"


def test_stage_2_is_for_a_senior_officer_who_had_no_part_in_stage_1() -> None:
    found = state(LOGGED, ACK1, decided(), ANSWER1, ESCALATED)
    assert may(found, "handler", {"handler": BEA, "stage": 2}, by=BEA) == "allowed"
    assert may(found, "handler", {"handler": ANNA, "stage": 2}, by=BEA) == "no-duty"
    found.handlers[1], found.decided_by[1] = BEA, CLEO
    for each in (BEA, CLEO):
        assert may(found, "handler", {"handler": each, "stage": 2}, by=ANNA) == "same-person"


EXTENDED1 = ("handed", {"letter": "extension1", "how": "by_hand", "until": "2027-06-24"})


@pytest.mark.parametrize(
    ("what", "by"),
    [
        (("handler", {"handler": BEA, "stage": 1}), ANNA),  # and handed on after
        (EXTENDED1, BEA),
        (ANSWER1, BEA),
        (("written", {"letter": "answer1", "how": "email", "message": "m"}), BEA),
    ],
    ids=["had it in hand", "extended it", "handed the answer over", "wrote the answer"],
)
def test_whoever_ever_had_a_part_in_stage_1_has_none_in_stage_2(what: tuple[str, dict[str, Any]], by: str) -> None:
    before = [(what, by), (("handler", {"handler": ANNA, "stage": 1}), ANNA), (decided(), ANNA), (ANSWER1, ANNA)]
    deeds = [(LOGGED, ANNA), (ACK1, ANNA), *before, (ESCALATED, ANNA)]
    found = fold([Deed("received", RECEIVED, "", {"from": "phone"}),
                  *(Deed(kind, RECEIVED + DAY, who, body) for (kind, body), who in deeds)])  # fmt: skip
    assert may(found, "handler", {"handler": BEA, "stage": 2}, by=CLEO) == "same-person"
    assert may(found, "handler", {"handler": CLEO, "stage": 2}, by=CLEO) == "allowed"
    found.waiting = ""
    assert letter(found, "ack2", by=BEA) == "same-person"


def test_another_account_of_theirs_is_they() -> None:
    found = state(LOGGED, ACK1, decided(), ANSWER1, ESCALATED)
    hands = replace(HANDS, at_stage_1=frozenset({ANNA, CLEO}))
    assert may(found, "handler", {"handler": CLEO, "stage": 2}, hands, by=BEA) == "same-person"
    assert letter(found, "ack2", hands, by=CLEO) == "same-person"


def test_who_answered_stage_1_does_not_answer_stage_2() -> None:
    found = state(*AT_STAGE_2, decided(2))
    found.handlers[1], found.decided_by[1] = ANNA, BEA
    assert letter(found, "answer2", by=CLEO) == "allowed"
    assert letter(found, "answer2", by=BEA) == "same-person"
    assert letter(found, "answer2", replace(HANDS, duties=frozenset({WORKS})), CLEO) == "not-senior"


def test_only_a_senior_officer_extends() -> None:
    hands = replace(HANDS, until=date(2027, 6, 20), duties=frozenset({WORKS}))
    assert letter(state(LOGGED, ACK1), "extension1", hands) == "not-senior"


def test_without_the_duty_nothing_is_done() -> None:
    assert may(state(), *LOGGED, hands=replace(HANDS, duties=frozenset())) == "no-duty"


def test_who_looks_into_it_gives_it_away_before_being_named() -> None:
    found = state(LOGGED)
    assert may(found, "named", {"person": ANNA}, by=BEA) == "handler-named"
    assert may(found, "named", {"person": "worker"}, by=BEA) == "allowed"
    assert may(found, "named", {"person": BEA}, by=BEA) == "handler-named"
