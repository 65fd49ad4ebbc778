"""Telling the tenant, as a desk writes it down."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fieldvisit.ground.policy import Policy, load_policy
from fieldvisit.messages.rules import Way
from fieldvisit.notices.rules import Household, NoticeAnswer, PlannedVisit
from fieldvisit.visits import events as ev
from fieldvisit.visits import telling
from fieldvisit.visits.fold import Line
from fieldvisit.visits.state import Stage, VisitState
from fieldvisit.visits.telling import Told, wrong_with

NOW = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(scope="module")
def melton() -> Policy:
    return load_policy("melton")


def visit(starts: datetime, kind: str = "responsive_repair") -> PlannedVisit:
    return PlannedVisit(kind, starts, starts + 2 * HOUR, starts)


def by_channel(starts: datetime, policy: Policy, kind: str = "responsive_repair") -> dict[str, telling.IfToldNow]:
    return {one.channel: one for one in telling.if_told_now(visit(starts, kind), Household(), NOW, policy)}


def lines(*events: ev.Event) -> list[Line]:
    return [Line(event, "desk", f"{n}", None, n, NOW, NOW) for n, event in enumerate(events, start=1)]


def reassigned(told: bool) -> ev.VisitReassigned:
    return ev.VisitReassigned(lead="ben", visitor="contractor", tenant_told=told)


def notice(name: str = "n1", **facts: object) -> ev.NoticeRecorded:
    return ev.NoticeRecorded(name, "handed", NOW, NOW + HOUR, sent_at=NOW, **facts)  # type: ignore[arg-type]


# --- what may be written down


@pytest.mark.parametrize(("later", "allowed"), [(4, True), (5, True), (6, False)])
def test_a_notice_may_be_recorded_up_to_five_minutes_ahead_of_our_clock(later: int, allowed: bool) -> None:
    assert bool(telling.may_record_notice_at(NOW + later * MINUTE, NOW)) is allowed


def test_a_notice_in_the_future_is_refused_with_what_to_do() -> None:
    verdict = telling.may_record_notice_at(NOW + HOUR, NOW)
    assert (verdict.code, verdict.message) == ("future", "That is in the future. Record it when it has happened.")


SMS = Way("sms", "07700 900123", "safe")


@pytest.mark.parametrize(
    ("stage", "way", "code"),
    [
        (Stage.NOTICE_PENDING, SMS, "allowed"),
        (Stage.NOTICE_PENDING, replace(SMS, safety="content_free"), "allowed"),
        (Stage.NOTICE_PENDING, None, "no-way"),
        (Stage.NOTICE_PENDING, replace(SMS, to=""), "no-way"),
        (Stage.NOTICE_PENDING, replace(SMS, safety="never"), "never"),
        (Stage.AT_DOOR, SMS, "under-way"),
    ],
)
def test_a_notice_goes_out_where_there_is_an_address_that_may_be_used(stage: Stage, way: Way | None, code: str) -> None:
    assert telling.may_send(VisitState(stage=stage), way).code == code


@pytest.mark.parametrize(
    ("channel", "missing"),
    [
        ("sms", {"sent"}),
        ("email", {"sent"}),
        ("phone", {"sent", "spoke_to"}),
        ("in_person", {"sent", "spoke_to"}),
        ("handed", {"sent", "spoke_to"}),
        ("letterbox", {"sent"}),
        ("voicemail", {"sent"}),
        ("letter_first_class", {"despatched"}),
        ("letter_second_class", {"despatched"}),
        ("signed_for", {"delivered", "spoke_to"}),
    ],
)
def test_each_channel_asks_for_its_own_facts(channel: str, missing: set[str]) -> None:
    assert set(wrong_with(Told(channel), NOW)) == missing


def test_a_text_said_to_be_delivered_needs_the_time() -> None:
    assert "delivered" in wrong_with(Told("sms", sent_at=NOW, delivery="delivered"), NOW)


def test_a_text_that_waits_for_its_receipt_needs_none() -> None:
    assert wrong_with(Told("sms", sent_at=NOW, delivery="pending"), NOW) == {}


def test_nothing_is_delivered_before_it_is_sent() -> None:
    told = Told("sms", sent_at=NOW, delivery="delivered", delivered_at=NOW - MINUTE)
    assert wrong_with(told, NOW) == {"delivered": "It cannot have been delivered before it was sent."}


@pytest.mark.parametrize(("day", "allowed"), [(7, True), (8, True), (9, False)])
def test_a_letter_is_recorded_once_it_has_gone_out(day: int, allowed: bool) -> None:
    told = Told("letter_first_class", despatched_on=date(2026, 12, day))
    assert (wrong_with(told, NOW) == {}) is allowed


def test_planned_works_cannot_end_before_they_start() -> None:
    told = Told("handed", NOW, spoke_to="tenant", programme_start=date(2027, 1, 5), programme_end=date(2027, 1, 4))
    assert set(wrong_with(told, NOW)) == {"programme_end"}


def test_a_programme_names_both_its_days() -> None:
    told = Told("handed", NOW, spoke_to="tenant", programme_start=date(2027, 1, 5))
    assert set(wrong_with(told, NOW)) == {"programme_end"}
    assert set(wrong_with(replace(told, programme_start=None, programme_end=date(2027, 1, 5)), NOW)) == {
        "programme_start"
    }


@pytest.mark.parametrize(("ends", "allowed"), [(-1, False), (0, False), (1, True)])
def test_a_window_may_be_planned_until_it_is_over(ends: int, allowed: bool) -> None:
    assert bool(telling.may_plan_at(NOW - HOUR, NOW + ends * MINUTE, NOW)) is allowed


def test_a_year_typed_wrong_is_noticed() -> None:
    far = NOW + timedelta(days=732)
    assert telling.may_plan_at(far, far + HOUR, NOW).code == "too-far"


# --- what telling them now would be worth


@pytest.mark.parametrize(
    ("starts_in", "result"),
    [
        (24 * HOUR - MINUTE, "short"),
        (24 * HOUR, "minimum"),
        (24 * HOUR + MINUTE, "minimum"),
        (48 * HOUR - MINUTE, "minimum"),
        (48 * HOUR, "full"),
    ],
)
def test_handing_it_over_now_is_measured_to_the_window(melton: Policy, starts_in: timedelta, result: str) -> None:
    assert by_channel(NOW + starts_in, melton)["handed"].answer.result == result


def test_the_earliest_window_is_the_same_whatever_window_is_asked_about(melton: Policy) -> None:
    for hours in (3, 24, 300):
        assert by_channel(NOW + hours * HOUR, melton)["phone"].opens == NOW + 24 * HOUR


def test_a_first_class_letter_counts_from_the_end_of_the_second_working_day(melton: Policy) -> None:
    assert by_channel(NOW + 72 * HOUR, melton)["letter_first_class"].opens == datetime(
        2026, 12, 11, 23, 59, 59, tzinfo=UTC
    )


def test_a_voicemail_never_counts(melton: Policy) -> None:
    voicemail = by_channel(NOW + 72 * HOUR, melton)["voicemail"]
    assert (voicemail.answer.may_proceed, voicemail.opens) == (False, None)


def test_a_phone_call_is_not_enough_for_an_inspection(melton: Policy) -> None:
    assert by_channel(NOW + 72 * HOUR, melton, "inspection")["phone"].answer.clause == "NR-2"


def test_planned_works_told_now_open_in_two_weeks(melton: Policy) -> None:
    assert by_channel(NOW + 72 * HOUR, melton, "planned_works")["handed"].opens == datetime(2026, 12, 22, tzinfo=UTC)


def test_a_channel_that_the_household_cannot_use_is_worth_nothing(melton: Policy) -> None:
    found = telling.if_told_now(visit(NOW + 72 * HOUR), Household(frozenset({"sms"})), NOW, melton)
    assert {one.channel for one in found if one.answer.clause == "NR-13"} == {"sms"}


# --- who comes, and when


def test_a_new_worker_must_be_told_before_anybody_arrives() -> None:
    assert not telling.tenant_knows_who(lines(notice(), reassigned(told=False)))


def test_telling_them_with_the_change_is_enough() -> None:
    assert telling.tenant_knows_who(lines(notice(), reassigned(told=True)))


def test_a_notice_after_the_change_is_enough() -> None:
    assert telling.tenant_knows_who(lines(notice(), reassigned(told=False), notice("n2")))


def test_a_receipt_after_the_change_of_a_notice_from_before_it_names_the_wrong_worker() -> None:
    assert not telling.tenant_knows_who(lines(notice(), reassigned(told=False), notice()))


def test_a_notice_of_the_change_that_comes_back_has_told_nobody() -> None:
    bounced = ev.NoticeWithdrawn(notice="n2", reason="bounced")
    assert not telling.tenant_knows_who(lines(notice(), reassigned(told=False), notice("n2"), bounced))


@pytest.mark.parametrize("facts", [{"states_who": False}, {"usable": False}, {"delivery": "permanent-failure"}])
def test_a_notice_that_did_not_say_who_or_did_not_arrive_is_not(facts: dict[str, object]) -> None:
    assert not telling.tenant_knows_who(lines(reassigned(told=False), notice(**facts)))


def test_an_emergency_does_not_wait_until_they_know_who(melton: Policy) -> None:
    emergency = NoticeAnswer("exempt_emergency", True, None, None, None, "", "ME-3.1a-x1")
    log = lines(reassigned(told=False))
    assert telling.may_arrive_unannounced(log, emergency, melton)
    refused = telling.may_arrive_unannounced(log, replace(emergency, result="full"), melton)
    assert (refused.code, str(refused.clause)) == ("new-worker", "ME-3.1b")


def test_an_early_arrival_waits_for_the_window(melton: Policy) -> None:
    state = VisitState(window_start=NOW + HOUR, window_end=NOW + 3 * HOUR)
    short = NoticeAnswer("short", False, None, None, None, "Told another time.", "NR-7")
    verdict = telling.may_arrive_at(state, short, NOW, melton)
    assert (verdict.code, verdict.not_before) == ("early", NOW + HOUR)
    late = telling.may_arrive_at(state, short, NOW + 4 * HOUR, melton)
    assert (late.code, late.message) == ("short", "Told another time.")


# --- corrections and what is in force


def emergency(at: datetime = NOW) -> ev.EmergencyAuthorised:
    return ev.EmergencyAuthorised("dora", at, "gas", ev.Words("Smell of gas"))


def test_an_emergency_stands_until_it_is_downgraded() -> None:
    assert telling.emergency_in_force(lines(emergency())) is not None
    assert telling.emergency_in_force(lines(emergency(), ev.EmergencyDowngraded("dora"))) is None


def test_a_line_that_was_corrected_counts_for_nothing() -> None:
    log = lines(emergency(), ev.EntryCorrected("desk", "1", ev.Words("Wrong visit")))
    assert telling.emergency_in_force(log) is None


def test_only_an_emergency_can_be_downgraded() -> None:
    state = VisitState(stage=Stage.NOTIFIED)
    assert telling.may_downgrade(state, lines(emergency()))
    assert telling.may_downgrade(state, lines()).code == "no-emergency"
    assert telling.may_downgrade(VisitState(stage=Stage.CLOSED), lines(emergency())).code == "ended"


def test_nobody_on_the_visit_authorises_its_investigation() -> None:
    state = VisitState(lead="dora", others=("olive",))
    assert telling.may_authorise_for_others(state, "dora").code == "own-visit"
    assert telling.may_authorise_for_others(state, "olive").code == "own-visit"
    assert telling.may_authorise_for_others(state, "otto")


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        (Stage.NOTIFIED, "allowed"),
        (Stage.CONFIRMED, "confirmed"),
        (Stage.DRAFT, "not-told"),
        (Stage.AT_DOOR, "under-way"),
    ],
)
def test_a_tenant_confirms_a_time_that_they_were_told(stage: Stage, code: str) -> None:
    assert telling.may_confirm(VisitState(stage=stage)).code == code


def test_a_tenant_may_ask_for_another_time_until_the_worker_sets_off() -> None:
    assert telling.may_ask_other_time(VisitState(stage=Stage.CONFIRMED))
    assert not telling.may_ask_other_time(VisitState(stage=Stage.EN_ROUTE))


def test_a_notice_fails_once_and_never_after_it_was_withdrawn() -> None:
    assert telling.may_mark_failed(withdrawn=False, delivery="delivered")
    assert telling.may_mark_failed(withdrawn=True, delivery=None).code == "withdrawn"
    assert telling.may_mark_failed(withdrawn=False, delivery="technical-failure").code == "failed"


def test_what_was_told_is_not_taken_back_once_the_worker_is_on_the_way() -> None:
    assert telling.may_withdraw(VisitState(stage=Stage.NOTIFIED), withdrawn=False)
    assert telling.may_withdraw(VisitState(stage=Stage.EN_ROUTE), withdrawn=False).code == "under-way"
    assert telling.may_withdraw(VisitState(stage=Stage.NOTIFIED), withdrawn=True).code == "withdrawn"
