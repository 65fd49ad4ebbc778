"""Gifts and hospitality (D8): three councils' rules, sums in pence, days and patterns, each at its boundary in threes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from fieldvisit.declarations.rules import (
    ALWAYS_PASSED_ON,
    FORMS,
    Known,
    Offer,
    Stage,
    decide_by,
    is_late,
    keep_until,
    log_by,
    may_be_kept,
    may_be_logged,
    may_close,
    may_decide,
    may_give_back,
    months_after,
    outcome_of,
    patterns,
    read_pence,
    say_pence,
)
from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.verdict import Refused

MELTON, MILTON_KEYNES, ALLIANCE = (load_policy(name) for name in ("melton", "milton-keynes", "alliance"))
COUNCILS = (MELTON, MILTON_KEYNES, ALLIANCE)
WHY = "They had baked for the whole estate."


def offer(form: str = "thing", giver: str = "tenant", *, accepted: bool = True, **more: Any) -> Offer:
    return Offer(form=form, giver=giver, accepted=accepted, **more)


def code(verdict: Any) -> str:
    return str(verdict.code)


# --- what becomes of an offer -------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", COUNCILS, ids=lambda p: p.name)
def test_a_refused_offer_is_written_down_and_over(policy):
    found = outcome_of(offer(accepted=False), policy)
    assert found.stages == (Stage.OFFERED, Stage.DECLINED, Stage.CLOSED)
    assert not found.must_return


@pytest.mark.parametrize("policy", COUNCILS, ids=lambda p: p.name)
@pytest.mark.parametrize("form", sorted(ALWAYS_PASSED_ON))
@pytest.mark.parametrize("giver", ["tenant", "supplier", "other"])
@pytest.mark.parametrize("accepted", [True, False])
def test_money_and_its_kin_are_passed_on_under_every_rule_and_go_back_if_taken(policy, form, giver, accepted):
    found = outcome_of(offer(form, giver, accepted=accepted, value_pence=1), policy)
    assert (found.stands, found.must_return) == (Stage.ESCALATED, accepted)
    assert (
        found.clause
        and found.clause.where == {"melton": "ME-5.3a", "milton-keynes": "MO-6a", "alliance": "AL-2.13"}[policy.name]
    )


@pytest.mark.parametrize("policy", COUNCILS, ids=lambda p: p.name)
@pytest.mark.parametrize("form", FORMS)
def test_so_is_whatever_was_offered_in_return_for_something(policy, form):
    assert outcome_of(offer(form, in_return=True, accepted=False), policy).escalated


def test_melton_what_was_taken_from_a_tenant_is_passed_on_and_goes_back_whatever_it_is_worth():
    found = outcome_of(offer(value_pence=1), MELTON)
    assert (found.stands, found.must_return, found.why) == (Stage.ESCALATED, True, "none")
    assert found.clause and found.clause.where == "ME-5.3a"


def test_melton_what_a_supplier_gave_waits_for_somebody_to_agree_with_a_reason():
    assert outcome_of(offer(giver="supplier", reason=WHY), MELTON).stands is Stage.REFERRED


@pytest.mark.parametrize(
    ("pence", "stands"), [(2499, Stage.REFERRED), (2500, Stage.REFUSED_RETURN), (2501, Stage.REFUSED_RETURN)]
)
def test_milton_keynes_24_99_may_be_asked_for_25_00_goes_back(pence, stands):
    found = outcome_of(offer(value_pence=pence), MILTON_KEYNES)
    assert (found.stands, found.must_return) == (stands, stands is Stage.REFUSED_RETURN)
    assert found.clause and found.clause.where == "MO-6b2"


def test_alliance_asks_for_an_exception_with_a_reason():
    assert code(may_be_logged(offer(reason=""), ALLIANCE)) == "no-reason"
    assert code(may_be_logged(offer(reason="Too short"), ALLIANCE)) == "no-reason"  # nine letters
    assert may_be_logged(offer(reason="Ten letter"), ALLIANCE)
    assert outcome_of(offer(reason=WHY), ALLIANCE).stands is Stage.REFERRED


@pytest.mark.parametrize("policy", COUNCILS, ids=lambda p: p.name)
def test_a_suppliers_hospitality_is_always_written_down_with_its_purpose(policy):
    assert code(may_be_logged(offer("hospitality", "supplier", accepted=False), policy)) == "no-purpose"
    asked = offer("hospitality", "supplier", purpose="work_event", reason=WHY)
    assert may_be_logged(asked, policy)
    assert outcome_of(asked, policy).stands is Stage.REFERRED


@pytest.mark.parametrize(
    ("purpose", "says"), [("work_event", "allowed"), ("training", "allowed"), ("social", "social")]
)
def test_hospitality_is_for_work_and_never_social(purpose, says):
    asked = offer("hospitality", "supplier", purpose=purpose, reason=WHY)
    assert code(may_be_kept(asked, MILTON_KEYNES)) == says


def test_what_it_is_worth_is_asked_for_only_where_it_decides():
    assert code(may_be_logged(offer(), MILTON_KEYNES)) == "no-value"
    assert may_be_logged(offer(accepted=False), MILTON_KEYNES)
    assert may_be_logged(offer(), MELTON)  # passed on in any case
    assert may_be_logged(offer("cash"), MILTON_KEYNES)


# --- deciding -----------------------------------------------------------------------------------------------------


def decide(asked: Offer, policy: Any = MILTON_KEYNES, decision: Any = "keep", **facts: Any) -> str:
    known: dict[str, Any] = {"decider_is_receiver": False, "pattern": False, "reason": ""} | facts
    stage = known.pop("stage", Stage.REFERRED)
    return code(may_decide(stage, asked, decision, policy=policy, **known))


@pytest.mark.parametrize(
    ("pence", "says"), [(2499, "allowed"), (2500, "over-limit"), (2501, "over-limit"), (None, "no-value")]
)
def test_a_manager_may_agree_below_the_limit_and_not_at_it(pence, says):
    assert decide(offer(value_pence=pence)) == says


def test_nobody_decides_what_they_received_themselves():
    assert decide(offer(value_pence=100), decider_is_receiver=True) == "own"
    assert decide(offer(value_pence=100), decision="return", decider_is_receiver=True) == "own"


def test_the_second_to_decide_is_told():
    for stage in set(Stage) - {Stage.REFERRED}:
        assert decide(offer(value_pence=100), stage=stage) == "decided"


def test_a_pattern_warns_and_asks_for_a_reason():
    assert decide(offer(value_pence=100), pattern=True) == "no-reason"
    assert decide(offer(value_pence=100), pattern=True, reason=WHY) == "allowed"


def test_an_exception_and_hospitality_need_the_deciders_reason_and_a_return_needs_none():
    assert decide(offer(reason=WHY), ALLIANCE) == "no-reason"
    assert decide(offer(reason=WHY), ALLIANCE, reason=WHY) == "allowed"
    assert decide(offer("hospitality", "supplier", purpose="meeting"), reason="") == "no-reason"
    assert decide(offer(reason=WHY), ALLIANCE, "return") == "allowed"


@pytest.mark.parametrize("form", sorted(ALWAYS_PASSED_ON))
def test_what_is_passed_on_may_never_be_kept(form):
    assert all(code(may_be_kept(offer(form, "other", value_pence=1, reason=WHY), each)) == "never" for each in COUNCILS)


def test_giving_back_needs_words_that_prove_it():
    assert code(may_give_back(Stage.REFUSED_RETURN, must_return=True, evidence="Ninechars")) == "no-evidence"
    assert may_give_back(Stage.REFUSED_RETURN, must_return=True, evidence="Ten letter")
    assert may_give_back(Stage.ESCALATED, must_return=True, evidence="Handed back at the door, Ben saw it.")
    for stage in (Stage.ESCALATED, Stage.REFERRED, Stage.CLOSED, Stage.APPROVED_KEEP):
        assert code(may_give_back(stage, must_return=False, evidence=WHY)) == "not-open"


def test_what_was_passed_on_is_put_away_only_when_nothing_must_go_back_and_not_by_the_receiver():
    assert may_close(Stage.ESCALATED, must_return=False, decider_is_receiver=False)
    assert isinstance(may_close(Stage.ESCALATED, must_return=True, decider_is_receiver=False), Refused)
    assert isinstance(may_close(Stage.ESCALATED, must_return=False, decider_is_receiver=True), Refused)
    assert isinstance(may_close(Stage.CLOSED, must_return=False, decider_is_receiver=False), Refused)


# --- days ---------------------------------------------------------------------------------------------------------

FRIDAY = datetime(2026, 12, 4, 16, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_an_offer_on_friday_is_late_when_monday_is_over():
    end = log_by(FRIDAY, MELTON)
    assert end == datetime(2026, 12, 7, 23, 59, 59, tzinfo=UTC)
    assert [is_late(FRIDAY, end + step, MELTON) for step in (-SECOND, 0 * SECOND, SECOND)] == [False, False, True]


def test_bank_holidays_are_no_working_days():
    christmas_eve = datetime(2026, 12, 24, 10, 0, tzinfo=UTC)  # then Friday, the weekend, and Monday's substitute
    assert log_by(christmas_eve, MELTON).date() == date(2026, 12, 29)
    assert decide_by(christmas_eve, MELTON).date() == date(2027, 1, 5)


def test_gifts_are_kept_for_six_years():
    assert keep_until(date(2026, 12, 8), MELTON) == date(2032, 12, 8)
    assert keep_until(date(2028, 2, 29), MELTON) == date(2034, 2, 28)


# --- patterns -----------------------------------------------------------------------------------------------------

FIRST = date(2026, 1, 15)
ON_THE_DAY = months_after(FIRST, 12)
ONE_DAY = timedelta(days=1)


def known(*days: date, giver: str = "home:1", receiver: str = "asha") -> list[Known]:
    return [Known(f"{receiver}{giver}{number}", day, giver, receiver) for number, day in enumerate(days)]


@pytest.mark.parametrize(("count", "flagged"), [(2, False), (3, True), (4, True)])
def test_the_third_offer_makes_a_pattern(count, flagged):
    offers = known(*[FIRST + ONE_DAY * number for number in range(count)])
    assert [each.same for each in patterns(offers, MELTON)] == (["giver", "receiver"] if flagged else [])


@pytest.mark.parametrize(
    ("last", "flagged"), [(ON_THE_DAY - ONE_DAY, True), (ON_THE_DAY, True), (ON_THE_DAY + ONE_DAY, False)]
)
def test_within_twelve_months_counts_the_day_itself_and_no_more(last, flagged):
    offers = known(FIRST, FIRST + 30 * ONE_DAY, last)
    assert bool(patterns(offers, MELTON)) is flagged


def test_three_receivers_of_one_giver_and_three_givers_to_one_receiver_are_patterns():
    one_giver = [Known(str(n), FIRST, "firm:1", who) for n, who in enumerate(("asha", "ben", "carl"))]
    assert [(each.same, each.key) for each in patterns(one_giver, MELTON)] == [("giver", "firm:1")]
    one_receiver = [Known(str(n), FIRST, f"home:{n}", "asha") for n in range(3)]
    assert [(each.same, each.key) for each in patterns(one_receiver, MELTON)] == [("receiver", "asha")]


def test_givers_whom_nobody_knows_are_not_one_giver():
    nobody = [Known(str(n), FIRST, "", who) for n, who in enumerate(("asha", "ben", "carl"))]
    assert patterns(nobody, MELTON) == []


def test_a_long_row_names_all_that_stand_close_together_and_no_old_one():
    old = date(2020, 1, 1)
    found = patterns(known(old, FIRST, FIRST + ONE_DAY, FIRST + 2 * ONE_DAY, FIRST + 3 * ONE_DAY), MELTON)[0]
    assert len(found.ids) == 4


# --- sums ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("24.99", 2499),
        ("25.00", 2500),
        ("25", 2500),
        ("£25", 2500),
        ("1,200.05", 120005),
        ("0.01", 1),
        ("0", 0),
        (" 7 ", 700),
    ],
)
def test_a_sum_is_read_as_whole_pence(typed, pence):
    assert read_pence(typed) == pence


@pytest.mark.parametrize(
    "typed", ["", "abc", "-5", "24.9", "24.999", "1e3", "٣٫٥٠", "٢٥", "24.99.1", ".50", "9" * 40, "100000.01"]
)
def test_what_is_no_sum_is_said_and_nothing_is_guessed(typed):
    assert isinstance(read_pence(typed), str)


def test_pence_are_said_as_pounds():
    assert [say_pence(pence) for pence in (0, 5, 2499, 120005)] == ["£0.00", "£0.05", "£24.99", "£1,200.05"]
