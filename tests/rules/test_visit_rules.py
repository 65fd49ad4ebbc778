"""What the office may do with a visit, and who may agree to one. Each refusal names its clause."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldvisit.ground.policy import load_policy
from fieldvisit.notices.rules import NoticeAnswer
from fieldvisit.visits import rules
from fieldvisit.visits.consent import is_valid_refusal, may_agree
from fieldvisit.visits.state import STEPS, Stage, VisitState
from tests.rules.test_fold import START

POLICY = load_policy("melton")
READY = VisitState(
    stage=Stage.NOTIFIED, window_start=START, window_end=START + timedelta(hours=2), lead="asha", others=("ben",)
)
SHORT = NoticeAnswer("short", False, None, None, None, "Nobody was told.", "ME-3.1a", START + timedelta(hours=5))
FULL = NoticeAnswer("full", True, START, 200_000, None, "", "ME-3.1a", None)


def in_stage(stage: Stage, **facts: object) -> VisitState:
    return replace(READY, stage=stage, **facts)  # type: ignore[arg-type]


def test_a_short_visit_cannot_be_put_at_the_door_by_the_office() -> None:
    verdict = rules.may_be_put_at_the_door(READY, SHORT)
    assert (verdict.code, verdict.clause and verdict.clause.where, verdict.not_before) == (
        "short", "ME-3.1a", START + timedelta(hours=5),
    )  # fmt: skip


def test_a_visit_with_full_notice_can_be_put_at_the_door() -> None:
    assert rules.may_be_put_at_the_door(READY, FULL)


def test_nobody_sets_off_on_short_notice_or_twice() -> None:
    assert rules.may_set_off(READY, FULL)
    assert rules.may_set_off(READY, SHORT).code == "short"
    assert rules.may_set_off(in_stage(Stage.EN_ROUTE), FULL).code == "under-way"
    assert rules.may_set_off(in_stage(Stage.CANCELLED), FULL).code == "ended"


def test_consent_is_asked_for_only_after_the_three_steps() -> None:
    at_door = in_stage(Stage.AT_DOOR, answered_by="tenant")
    assert rules.may_ask_consent(at_door).code == "no-id-step"
    assert rules.may_ask_consent(replace(at_door, steps=STEPS))
    assert rules.may_ask_consent(replace(at_door, steps=tuple(reversed(STEPS)))).code == "no-id-step"


def test_after_a_refusal_nobody_asks_again() -> None:
    verdict = rules.may_ask_consent(in_stage(Stage.REFUSED, steps=STEPS, answered_by="tenant"))
    assert (verdict.code, verdict.clause and verdict.clause.where) == ("refused", "ME-3.1e")


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in (Stage.CONSENTED, Stage.LAWFUL_ENTRY)])
def test_nobody_enters_without_consent_or_lawful_authority(stage: Stage) -> None:
    assert not rules.may_enter(in_stage(stage))


@pytest.mark.parametrize("stage", [Stage.CONSENTED, Stage.LAWFUL_ENTRY])
def test_consent_or_lawful_authority_opens_the_door(stage: Stage) -> None:
    assert rules.may_enter(in_stage(stage))


def test_we_apologise_and_offer_a_new_time_when_we_cancel() -> None:
    assert rules.may_cancel(READY, by="council", apologised=False, offered_new_time=True).code == "no-apology"
    assert rules.may_cancel(READY, by="council", apologised=True, offered_new_time=False).code == "no-new-time"
    assert rules.may_cancel(READY, by="council", apologised=True, offered_new_time=True)
    assert rules.may_cancel(READY, by="tenant", apologised=False, offered_new_time=False)


def test_a_visit_is_not_cancelled_from_under_a_worker_who_is_inside() -> None:
    verdict = rules.may_cancel(in_stage(Stage.IN_HOME), by="tenant", apologised=True, offered_new_time=True)
    assert verdict.code == "too-late"


def authorise_entry(**facts: object) -> object:
    told = {
        "authoriser": "dora", "proposer": "asha", "basis": "necessity", "contact_methods": 2, "life_at_risk": False,
        "policy": POLICY,
    }  # fmt: skip
    state = facts.pop("state", in_stage(Stage.NO_ACCESS))
    return rules.may_authorise_entry(state, **(told | facts))  # type: ignore[arg-type]


def test_entry_without_consent_needs_somebody_else_a_listed_basis_and_two_tries_to_reach_the_tenant() -> None:
    assert authorise_entry()
    assert authorise_entry(proposer="dora").code == "own-proposal"  # type: ignore[attr-defined]
    assert authorise_entry(authoriser="ben").code == "own-proposal"  # type: ignore[attr-defined]
    assert authorise_entry(basis="we-have-a-key").code == "no-basis"  # type: ignore[attr-defined]
    assert authorise_entry(contact_methods=1).code == "no-contact"  # type: ignore[attr-defined]
    assert authorise_entry(contact_methods=1, life_at_risk=True)


def test_a_refusal_at_the_door_is_not_overridden_by_a_duty_officer() -> None:
    assert authorise_entry(state=in_stage(Stage.REFUSED)).code == "refused"  # type: ignore[attr-defined]


def test_only_an_officers_visit_may_look_into_a_breach_without_notice() -> None:
    reason = "Reports of subletting at this address"
    assert rules.may_authorise_investigation(READY, reason=reason, policy=POLICY).code == "contractor"
    assert rules.may_authorise_investigation(replace(READY, visitor="officer"), reason=reason, policy=POLICY)
    short = rules.may_authorise_investigation(replace(READY, visitor="officer"), reason="because", policy=POLICY)
    assert short.code == "no-reason"


def test_whoever_visits_can_neither_agree_a_sooner_time_nor_call_it_an_emergency() -> None:
    at = START - timedelta(hours=3)
    assert rules.may_agree_time(READY, recorder="ben", at=at, policy=POLICY).code == "own-visit"
    assert rules.may_agree_time(READY, recorder="olive", at=at, policy=POLICY)
    told = {"hazard": "gas", "reason": "A smell of gas in the hall"}
    assert rules.may_authorise_emergency(READY, authoriser="asha", **told).code == "own-visit"
    assert rules.may_authorise_emergency(READY, authoriser="dora", **told)
    assert rules.may_authorise_emergency(READY, authoriser="dora", hazard="gas", reason="gas").code == "no-reason"


# --- who may agree ------------------------------------------------------------------------------------------------


def agree(**facts: object) -> str:
    told = {
        "who": "tenant", "adult": True, "able": True, "trusted_adult_asked_for": False, "trusted_adult": "not_needed",
        "policy": POLICY,
    }  # fmt: skip
    return may_agree(**(told | facts)).code  # type: ignore[arg-type]


def test_an_adult_who_can_decide_may_agree() -> None:
    assert agree() == "allowed"


def test_a_child_may_not_agree_whatever_the_worker_ticked() -> None:
    assert agree(who="child") == "child-alone"
    assert agree(adult=False) == "child-alone"


def test_somebody_who_cannot_decide_now_may_not_agree() -> None:
    assert agree(able=False) == "not-able"


def test_where_a_trusted_adult_was_asked_for_they_must_be_there_or_the_tenant_says_today_is_all_right() -> None:
    assert agree(trusted_adult_asked_for=True) == "trusted-adult-missing"
    assert agree(trusted_adult_asked_for=True, trusted_adult="present") == "allowed"
    assert agree(trusted_adult_asked_for=True, trusted_adult="waived_today") == "allowed"


def test_the_codes_own_reasons_and_no_id_are_valid_refusals() -> None:
    assert all(is_valid_refusal(code, POLICY) for code in ("trusted-adult", "no-suitable-adult", "no-id"))
    assert not is_valid_refusal("not-convenient", POLICY)


def test_a_reason_that_is_not_on_the_list_is_never_held_against_the_tenant() -> None:
    assert is_valid_refusal("something-new", POLICY)
