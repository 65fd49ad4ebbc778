"""When no notice is needed, and when the tenant agrees to less: NR-8 to NR-11."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldvisit.notices.rules import Agreement, Emergency, Investigation
from tests.rules.telling import HOUR, MELTON, MILTON_KEYNES, SECOND, STARTS, a_text, a_visit, told, with_notice

# NR-8, NR-9 -----------------------------------------------------------------------------------------------------

BURST = Emergency(True, "D. Officer", STARTS - HOUR, False, "uncontained-leak", "Water through the ceiling")


def test_an_authorised_emergency_needs_no_notice() -> None:
    answer = told(a_visit(), emergency=BURST)
    assert (answer.result, answer.may_proceed, answer.clause) == ("exempt_emergency", True, "ME-3.1a-x1")


@pytest.mark.parametrize(
    "missing",
    [
        {"authorised_by": None},
        {"authorised_by": " "},
        {"authorised_at": None},
        {"hazard": ""},
        {"reason": None},
        {"class_at_arrival": False},
        {"authoriser_is_visitor": True},
    ],
)
def test_an_emergency_with_anything_missing_is_no_exemption(missing: dict[str, object]) -> None:
    answer = told(a_visit(), emergency=replace(BURST, **missing))  # type: ignore[arg-type]
    assert answer.result == "short"
    assert "Not exempt as an emergency" in answer.reason


@pytest.mark.parametrize(("late", "result"), [(-SECOND, True), (0 * SECOND, True), (SECOND, False)])
def test_an_emergency_is_exempt_from_the_instant_it_is_authorised(late: timedelta, result: bool) -> None:
    assert told(a_visit(), emergency=replace(BURST, authorised_at=STARTS + late)).may_proceed is result


def test_a_downgraded_emergency_is_measured_by_the_notice_that_was_given() -> None:
    downgraded = replace(BURST, class_at_arrival=False)
    assert told(a_visit(), a_text(STARTS - 25 * HOUR), emergency=downgraded).result == "minimum"


def test_an_exempt_answer_still_says_what_notice_there_was() -> None:
    answer = told(a_visit(), a_text(STARTS - HOUR), emergency=BURST)
    assert (answer.given_at, answer.notice_seconds, answer.not_before) == (STARTS - HOUR, 3600, None)


# NR-10 ----------------------------------------------------------------------------------------------------------

INQUIRY = Investigation("A. Manager", "Subletting reported")


def test_an_officer_investigating_a_breach_of_tenancy_needs_no_notice() -> None:
    answer = told(a_visit(kind="tenancy_visit", visitor="officer"), investigation=INQUIRY)
    assert (answer.result, answer.clause) == ("exempt_investigation", "ME-3.1a-x2")
    assert "must still agree" in answer.reason


def test_a_contractor_cannot_use_the_investigation_exemption() -> None:
    assert told(a_visit(), investigation=INQUIRY).result == "short"


@pytest.mark.parametrize("missing", [{"authorised_by": None}, {"reason": "  "}])
def test_an_investigation_needs_a_name_and_a_reason(missing: dict[str, object]) -> None:
    asked = replace(INQUIRY, **missing)  # type: ignore[arg-type]
    assert told(a_visit(visitor="officer"), investigation=asked).result == "short"


def test_a_council_whose_code_has_no_such_exemption_gives_none() -> None:
    assert told(a_visit(visitor="officer"), investigation=INQUIRY, policy=MILTON_KEYNES).result == "short"


# NR-11 ----------------------------------------------------------------------------------------------------------

YES_COME = Agreement("tenant", STARTS - HOUR, "call_handler")


@pytest.mark.parametrize("by", ["tenant", "representative"])
@pytest.mark.parametrize("recorded_by", ["call_handler", "scheduler", "tenant"])
def test_a_tenant_may_agree_to_less_notice(by: str, recorded_by: str) -> None:
    answer = told(a_visit(), a_text(STARTS - 2 * HOUR), agreed=Agreement(by, STARTS - HOUR, recorded_by))
    assert (answer.result, answer.may_proceed, answer.notice_seconds) == ("agreed", True, 2 * 3600)
    assert answer.not_before is None


@pytest.mark.parametrize(("late", "counts"), [(-SECOND, True), (0 * SECOND, False), (SECOND, False)])
def test_an_agreement_is_recorded_before_the_worker_is_at_the_door(late: timedelta, counts: bool) -> None:
    assert told(a_visit(), agreed=replace(YES_COME, recorded_at=STARTS + late)).may_proceed is counts


@pytest.mark.parametrize(
    "wrong", [{"recorded_by": "visitor"}, {"recorded_by": None}, {"by": None}, {"recorded_at": None}, {"by": "adult"}]
)
def test_an_agreement_that_somebody_else_made_or_noted_does_not_count(wrong: dict[str, object]) -> None:
    answer = told(a_visit(), agreed=replace(YES_COME, **wrong))  # type: ignore[arg-type]
    assert answer.result == "short"


def test_enough_notice_is_not_turned_into_an_agreement() -> None:
    assert told(a_visit(), a_text(STARTS - 25 * HOUR), agreed=YES_COME).result == "minimum"


def test_a_council_may_refuse_to_take_less_notice_even_when_the_tenant_agrees() -> None:
    strict = with_notice(MELTON, waiver_allowed=False)
    assert told(a_visit(), agreed=YES_COME, policy=strict).result == "short"
