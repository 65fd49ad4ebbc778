"""Refusals and no access (D2): what counts against nobody, what counts, and which step may follow which."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.verdict import Refused
from fieldvisit.visits import access_rules as rules
from fieldvisit.visits.access_rules import Attempt, Case, Stage

POLICY = load_policy("melton")
START = datetime(2026, 12, 8, 9, tzinfo=UTC)
END = START + timedelta(hours=2)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
WAIT = POLICY.door.no_answer_wait_min.value
NEEDED = POLICY.door.no_access_attempts.value

NOBODY_IN = Attempt(
    rules.NO_ANSWER, False, "full", START, END, START + 20 * MINUTE, START + 5 * MINUTE, WAIT, called=True, card_left=True
)  # fmt: skip
SAID_NO = replace(
    NOBODY_IN, kind=rules.REFUSED, reason="does-not-want-work", waited_min=0, called=False, card_left=False
)
CONTACTED = Case(
    Stage.TENANT_CONTACTED, valid=False, methods=frozenset({"phone", "letter", "text"}), counted=NEEDED
)  # fmt: skip
WORDS = {"vulnerability": "Asked her sister.", "equality": "She is deaf: we wrote."}


def code_of(attempt: Attempt) -> str:
    return rules.counts(attempt, POLICY).code


# --- what counts --------------------------------------------------------------------------------------------------


def test_nobody_in_counts_when_our_side_was_right():
    assert code_of(NOBODY_IN) == "counts"


@pytest.mark.parametrize("reason", [reason.code for reason in POLICY.door.refusal_reasons if reason.valid])
def test_a_valid_refusal_never_counts_however_right_our_side_was(reason: str):
    assert code_of(replace(NOBODY_IN, kind=rules.REFUSED, valid=True, reason=reason)) == "valid-refusal"


@pytest.mark.parametrize(
    ("reason", "clause"), [("trusted-adult", "ME-3.1f"), ("no-id", "ME-3.2b2"), ("unwell", "ME-3.1e")]
)
def test_a_valid_refusal_says_where_it_is_written(reason: str, clause: str):
    assert rules.counts(replace(SAID_NO, valid=True, reason=reason), POLICY).clause.where == clause


def test_a_child_alone_never_counts():
    said = rules.counts(replace(NOBODY_IN, kind=rules.CHILD_ALONE), POLICY)
    assert (said.code, said.clause.where) == ("child-alone", "ME-3.1g")


def test_another_refusal_counts_when_we_had_told_them_and_came_in_time():
    assert code_of(SAID_NO) == "counts"


@pytest.mark.parametrize(("notice", "code"), [
    ("full", "counts"), ("minimum", "counts"), ("short", "short-notice"), ("agreed", "counts"),
    ("exempt_emergency", "no-notice"), ("exempt_investigation", "no-notice"), ("", "short-notice"),
])  # fmt: skip
@pytest.mark.parametrize("attempt", [NOBODY_IN, SAID_NO], ids=["nobody in", "said no"])
def test_nothing_counts_of_which_the_tenant_was_not_told_in_time(attempt: Attempt, notice: str, code: str):
    assert code_of(replace(attempt, notice=notice)) == code


@pytest.mark.parametrize(("came", "code"), [
    (START - SECOND, "outside-window"), (START, "counts"), (START + SECOND, "counts"),
    (END - SECOND, "counts"), (END, "counts"), (END + SECOND, "outside-window"),
])  # fmt: skip
@pytest.mark.parametrize("notice", ["full", "agreed"])
def test_nothing_counts_outside_the_time_told_or_agreed(came: datetime, code: str, notice: str):
    assert code_of(replace(NOBODY_IN, arrived_at=came, notice=notice)) == code


def test_without_an_arrival_the_time_at_the_door_is_asked():
    assert code_of(replace(NOBODY_IN, arrived_at=None, happened_at=END + SECOND)) == "outside-window"


def test_three_emergencies_at_a_shut_door_lead_nowhere():
    """B1.7: what counts is an appointment that was offered, not a knock."""
    knock = replace(NOBODY_IN, notice="exempt_emergency")
    counted = sum(bool(rules.counts(each, POLICY)) for each in (knock, knock, knock))
    assert rules.may_review(replace(CONTACTED, counted=counted), **WORDS, policy=POLICY).code == "attempts"


@pytest.mark.parametrize(("waited", "code"), [(WAIT - 1, "not-waited"), (WAIT, "counts"), (WAIT + 1, "counts")])
def test_no_access_counts_from_the_minute_the_wait_is_over(waited: int, code: str):
    assert code_of(replace(NOBODY_IN, waited_min=waited)) == code


def test_no_access_does_not_count_without_a_call_from_the_door():
    assert code_of(replace(NOBODY_IN, called=False)) == "not-called"


def test_no_access_does_not_count_without_a_card():
    assert code_of(replace(NOBODY_IN, card_left=False)) == "no-card"


def test_a_record_that_the_tenant_disputes_does_not_count_until_somebody_has_looked():
    disputed = replace(NOBODY_IN, disputed=True)
    assert (code_of(disputed), code_of(replace(disputed, disputed=False))) == ("disputed", "counts")


def test_a_record_found_wrong_or_struck_out_does_not_count():
    assert code_of(replace(NOBODY_IN, wrong=True)) == "record-wrong"
    assert code_of(replace(NOBODY_IN, struck=True)) == "struck-out"


# --- by when ------------------------------------------------------------------------------------------------------


def test_a_valid_refusal_is_answered_the_next_working_day_and_another_the_day_after():
    friday = datetime(2026, 12, 11, 15, tzinfo=UTC)
    assert rules.contact_by(friday, valid=True, policy=POLICY) == datetime(2026, 12, 14, 23, 59, 59, tzinfo=UTC)
    assert rules.contact_by(friday, valid=False, policy=POLICY) == datetime(2026, 12, 15, 23, 59, 59, tzinfo=UTC)


def test_christmas_is_no_working_day():
    eve = datetime(2026, 12, 24, 15, tzinfo=UTC)
    assert rules.contact_by(eve, valid=True, policy=POLICY) == datetime(2026, 12, 29, 23, 59, 59, tzinfo=UTC)


def test_a_child_alone_is_thought_about_the_same_day():
    assert rules.safeguarding_by(START, POLICY) == datetime(2026, 12, 8, 23, 59, 59, tzinfo=UTC)


# --- contact ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "outcome", "to"), [
    ("letter", "no_reply", Stage.TENANT_CONTACTED),  # another way
    ("phone", "no_reply", Stage.RECORDED),  # the same way again
    ("phone", "reached", Stage.TENANT_CONTACTED),
    ("letter", "did_not_arrive", Stage.RECORDED),
])  # fmt: skip
def test_no_access_wants_another_way_or_an_answer(method: str, outcome: str, to: Stage):
    case = Case(Stage.RECORDED, valid=False, methods=frozenset({"phone"}))
    assert rules.stage_after_contact(case, method, outcome) is to


def test_a_valid_refusal_waits_until_its_condition_is_met():
    case = Case(Stage.RECORDED, valid=True)
    assert rules.stage_after_contact(case, "phone", "reached") is Stage.RECORDED
    assert rules.may_arrange_support(case).code == "not-reached"
    assert rules.may_arrange_support(replace(case, reached=True))


def test_a_contact_is_between_the_attempt_and_now():
    case, now = Case(Stage.RECORDED, valid=False), END
    codes = [rules.may_record_contact(case, at, START, now).code for at in
             (START - SECOND, START, START + SECOND, now - SECOND, now, now + SECOND)]  # fmt: skip
    assert codes == ["too-early", "allowed", "allowed", "allowed", "allowed", "future"]


def test_a_contact_in_the_minute_of_the_attempt_is_not_before_it():
    case, since = Case(Stage.RECORDED, valid=False), START + 40 * SECOND
    codes = [rules.may_record_contact(case, since - n * SECOND, since, END).code for n in (41, 40, 39)]
    assert codes == ["too-early", "allowed", "allowed"]


def test_support_is_arranged_for_a_valid_refusal_alone():
    assert rules.may_arrange_support(Case(Stage.RECORDED, valid=False, reached=True)).code == "not-valid"


# --- a child alone ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_either_answer_about_safeguarding_is_an_answer(answer: str):
    assert rules.may_answer_safeguarding(Case(Stage.RECORDED, valid=True, child_unasked=True), answer)


@pytest.mark.parametrize("answer", [None, "", "later"])
def test_the_question_about_safeguarding_must_be_answered(answer: str | None):
    case = Case(Stage.RECORDED, valid=True, child_unasked=True)
    assert rules.may_answer_safeguarding(case, answer).code == "no-answer"


def test_nothing_moves_on_before_it_is():
    case = replace(CONTACTED, child_unasked=True, reached=True, valid=True)
    assert rules.may_arrange_support(case).code == "safeguarding-first"
    assert rules.may_rebook(case, "full").code == "safeguarding-first"
    assert rules.may_review(case, **WORDS, policy=POLICY).code == "safeguarding-first"


# --- another visit ------------------------------------------------------------------------------------------------


def test_a_new_visit_is_rebooked_once_the_tenant_was_reached_and_told():
    assert rules.may_rebook(CONTACTED, "full")
    assert rules.may_rebook(replace(CONTACTED, stage=Stage.ACCESS_PLAN), "agreed")
    assert rules.may_rebook(replace(CONTACTED, stage=Stage.RECORDED), "full").code == "contact-first"


def test_a_new_visit_without_notice_is_not_accepted():
    assert rules.may_rebook(CONTACTED, "short").code == "short-notice"


# --- review -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("counted", "code"), [(NEEDED - 1, "attempts"), (NEEDED, "allowed"), (NEEDED + 1, "allowed")])
def test_a_review_needs_the_third_attempt_that_counts(counted: int, code: str):
    assert rules.may_review(replace(CONTACTED, counted=counted), **WORDS, policy=POLICY).code == code


@pytest.mark.parametrize(("used", "code"), [(2, "methods"), (3, "allowed"), (4, "allowed")])
def test_a_review_needs_three_different_ways(used: int, code: str):
    case = replace(CONTACTED, methods=frozenset(rules.METHODS[:used]))
    assert rules.may_review(case, **WORDS, policy=POLICY).code == code


@pytest.mark.parametrize("check", ["vulnerability", "equality"])
def test_both_checks_are_written_in_words(check: str):
    assert rules.may_review(CONTACTED, **(WORDS | {check: "  "}), policy=POLICY).code == check


def test_a_dispute_is_looked_at_before_a_review():
    assert rules.may_review(replace(CONTACTED, disputed=True), **WORDS, policy=POLICY).code == "disputed"


def test_a_review_follows_contact_and_nothing_else():
    case = replace(CONTACTED, stage=Stage.RECORDED)
    assert rules.may_review(case, **WORDS, policy=POLICY).code == "contact-first"
    case = replace(CONTACTED, stage=Stage.ACCESS_PLAN)
    assert rules.may_review(case, **WORDS, policy=POLICY).code == "not-here"


# --- after a review -----------------------------------------------------------------------------------------------

REVIEWED = replace(CONTACTED, stage=Stage.COUNCIL_REVIEW)
PLANNED = replace(CONTACTED, stage=Stage.ACCESS_PLAN)


@pytest.mark.parametrize("need", rules.NEEDS)
def test_a_safety_need_makes_a_plan(need: str):
    assert rules.may_plan(REVIEWED, need, "Saturday, with her sister.")


@pytest.mark.parametrize("need", [None, "", "kitchen"])
def test_nothing_else_does(need: str | None):
    assert rules.may_plan(REVIEWED, need, "Saturday.").code == "no-safety-need"


def test_only_a_review_closes_or_plans():
    assert rules.may_close(REVIEWED, "A tap.")
    assert rules.may_close(REVIEWED, " ").code == "why"
    assert rules.may_close(CONTACTED, "A tap.").code == "not-reviewed"
    assert rules.may_plan(CONTACTED, "gas", "Saturday.").code == "not-reviewed"


def test_legal_steps_want_a_repairs_manager():
    assert rules.may_consider_legal(PLANNED, manager=False, since_plan=1, why="Twice.").code == "needs-manager"
    assert rules.may_consider_legal(PLANNED, manager=True, since_plan=1, why="Twice.")


@pytest.mark.parametrize(("tried", "code"), [(0, "no-endeavour"), (1, "allowed"), (2, "allowed")])
def test_legal_steps_want_something_tried_first(tried: int, code: str):
    assert rules.may_consider_legal(PLANNED, manager=True, since_plan=tried, why="Twice.").code == code


def test_legal_steps_follow_a_plan():
    assert rules.may_consider_legal(REVIEWED, manager=True, since_plan=1, why="Twice.").code == "no-plan"


def test_whoever_was_at_the_door_does_not_judge_the_dispute():
    asked = {"disputed": True, "finding": "right", "why": "The photo of the card."}
    assert rules.may_settle_dispute(was_there=False, **asked)
    assert rules.may_settle_dispute(was_there=True, **asked).code == "was-there"
    assert rules.may_settle_dispute(was_there=False, **(asked | {"why": ""})).code == "why"
    assert rules.may_settle_dispute(was_there=False, **(asked | {"finding": None})).code == "finding"
    assert rules.may_settle_dispute(was_there=False, **(asked | {"disputed": False})).code == "not-disputed"


@pytest.mark.parametrize(("attempt", "given", "code"), [
    (NOBODY_IN, {}, "allowed"), (SAID_NO, {}, "allowed"), (replace(NOBODY_IN, disputed=True), {}, "disputed"),
    (replace(NOBODY_IN, wrong=True), {}, "record-wrong"), (replace(NOBODY_IN, struck=True), {}, "record-wrong"),
    (NOBODY_IN, {"told_by": None}, "told-by"), (NOBODY_IN, {"told_by": "luck"}, "told-by"), (NOBODY_IN, {"words": " "}, "words"),
])  # fmt: skip
def test_a_dispute_may_be_told_to_any_officer(attempt: Attempt, given: dict[str, str], code: str):
    assert rules.may_say_disputed(attempt, **({"told_by": "phone", "words": "I was in."} | given)).code == code


def test_nothing_moves_a_closed_case():
    closed = replace(CONTACTED, stage=Stage.CLOSED, valid=True, reached=True)
    answers = [
        rules.may_record_contact(closed, START, START, END), rules.may_arrange_support(closed),
        rules.may_rebook(closed, "full"), rules.may_review(closed, **WORDS, policy=POLICY),
        rules.may_close(closed, "A tap."), rules.may_plan(closed, "gas", "Saturday."),
        rules.may_consider_legal(closed, manager=True, since_plan=1, why="Twice."),
    ]  # fmt: skip
    assert {answer.code for answer in answers if isinstance(answer, Refused)} == {"closed"}
    assert not any(answers)


# --- asking again by a message ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stage", "sent", "kinds"), [
    (Stage.RECORDED, 0, ("access_ask",)), (Stage.RECORDED, 1, ("access_again",)), (Stage.ACCESS_PLAN, 5, ("access_again",)),
    (Stage.LEGAL_CONSIDERED, 0, ("access_ask",)), (Stage.LEGAL_CONSIDERED, 1, ("access_legal", "access_again")),
    (Stage.CLOSED, 3, ()),
])  # fmt: skip
def test_the_first_letter_asks_and_a_court_is_named_after_a_sign_off(stage: Stage, sent: int, kinds: tuple[str, ...]):
    case = replace(CONTACTED, stage=stage)
    assert rules.chase_kinds(case, sent) == kinds
    for kind in ("access_ask", "access_again", "access_legal"):
        assert bool(rules.may_chase(case, kind, "letter_first_class", sent)) == (kind in kinds)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in (Stage.LEGAL_CONSIDERED, Stage.CLOSED)])
def test_without_a_sign_off_no_stage_names_a_court(stage: Stage):
    said = rules.may_chase(replace(CONTACTED, stage=stage), "access_legal", "letter_first_class", 9)
    assert said.code == "needs-sign-off"


def test_what_may_follow_goes_by_letter():
    case = replace(CONTACTED, stage=Stage.LEGAL_CONSIDERED)
    assert rules.may_chase(case, "access_legal", "sms", 1).code == "by-letter"
    assert rules.may_chase(case, "access_again", "sms", 1)


@pytest.mark.parametrize("stage", [Stage.COUNCIL_REVIEW, Stage.ACCESS_PLAN])
def test_a_child_alone_is_thought_of_before_any_later_step_too(stage: Stage):
    case = replace(CONTACTED, stage=stage, child_unasked=True)
    verdicts = (
        rules.may_close(case, "Low"), rules.may_plan(case, "gas", "Try"),
        rules.may_consider_legal(case, manager=True, since_plan=1, why="No"),
    ) if stage is Stage.COUNCIL_REVIEW else (rules.may_consider_legal(case, manager=True, since_plan=1, why="No"),)  # fmt: skip
    codes = {verdict.code for verdict in verdicts}
    assert "safeguarding-first" in codes and not any(verdicts)
