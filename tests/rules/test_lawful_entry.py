"""Entry without consent (D3): who may open a door, what a fact from it adds up to, and when each step is due."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.verdict import Verdict
from fieldvisit.visits import lawful_entry_rules as rules
from fieldvisit.visits.lawful_entry_rules import Deed, Stage, State, fold

POLICY = load_policy("melton")
AT = datetime(2026, 12, 8, 9, tzinfo=UTC)  # a Tuesday
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY_ENDS = datetime(2026, 12, 8, 23, 59, 59, tzinfo=UTC)
REVIEW_ENDS = datetime(2026, 12, 15, 23, 59, 59, tzinfo=UTC)  # five working days on

PROPOSED = Deed("proposed", AT, "olive", {"proposer": "asha"})
AUTHORISED = Deed("authorised", AT + 5 * MINUTE, "dev", {"basis": "tenancy-agreement", "proposer": "asha"})
AUTHORITY_ENDS = AUTHORISED.at + POLICY.door.entry_authority_h.value * HOUR
RANG = Deed("tried", AT + 6 * MINUTE, "asha", {"method": "rang", "outcome": "no_reply"})
KNOCKED = Deed("tried", AT + 7 * MINUTE, "asha", {"method": "knocked", "outcome": "no_reply"})
PHOTO = Deed("photo", AT + 8 * MINUTE, "asha", {"what": "before"})
ENTERED = Deed("entered", AT + 9 * MINUTE, "asha", {"second": "colleague", "named": True})
SECURED = Deed(
    "secured", AT + HOUR, "asha", {"lock": "changed", "keys": "office", "only_made_safe": True, "notice_left": True}
)
TOLD = Deed("told", AT + 2 * HOUR, "olive", {"call": "no_reply"})
REVIEWED = Deed("reviewed", AT + 3 * HOUR, "rita")
WHOLE = (PROPOSED, AUTHORISED, RANG, KNOCKED, PHOTO, ENTERED, SECURED, TOLD, REVIEWED)


def at(deed: Deed, moment: datetime) -> Deed:
    return Deed(deed.kind, moment, deed.by, deed.body)


def said(deed: Deed, **body: object) -> Deed:
    return Deed(deed.kind, deed.at, deed.by, {**deed.body, **body})


def of(*deeds: Deed) -> State:
    return fold(deeds, POLICY)


def upto(last: Deed) -> State:
    return of(*WHOLE[: WHOLE.index(last) + 1])


# --- what steps add up to -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last", "stage", "due"), [
    (PROPOSED, Stage.PROPOSED, AT + POLICY.door.entry_answer_min.value * MINUTE),
    (AUTHORISED, Stage.AUTHORISED, AUTHORITY_ENDS), (RANG, Stage.ATTEMPTING_CONTACT, AUTHORITY_ENDS),
    (ENTERED, Stage.ENTERED, DAY_ENDS), (SECURED, Stage.SECURED, DAY_ENDS), (TOLD, Stage.TENANT_TOLD, REVIEW_ENDS),
    (REVIEWED, Stage.REVIEWED, None),
])  # fmt: skip
def test_each_step_leads_on_and_the_next_is_due(last: Deed, stage: Stage, due: datetime | None):
    state = upto(last)
    assert (state.stage, state.due_at, state.marks) == (stage, due, ())


def test_any_order_of_arrival_gives_the_same():
    for deeds in permutations((PROPOSED, AUTHORISED, KNOCKED, ENTERED, SECURED)):
        assert of(*deeds) == of(PROPOSED, AUTHORISED, KNOCKED, ENTERED, SECURED)


def test_they_answered_and_agreed_so_it_is_a_visit_like_any_other():
    state = of(PROPOSED, AUTHORISED, said(RANG, outcome="agreed"))
    assert (state.stage, state.due_at) == (Stage.CONSENTED, None)


@pytest.mark.parametrize("basis", [each.code for each in POLICY.door.lawful_entry_bases])
def test_they_answered_and_refused_so_only_others_may_open_the_door(basis: str):
    state = of(PROPOSED, said(AUTHORISED, basis=basis), RANG, said(KNOCKED, outcome="refused"))
    ours = basis in {"tenancy-agreement", "network-emergency", "necessity"}
    assert (state.stage is Stage.DECLINED) == ours
    verdict = rules.may_go_in(state, AT + HOUR, second="police", name="", photos_before=True, policy=POLICY)
    assert bool(verdict) != ours
    assert not ours or verdict.code == "tenant-refused"


@pytest.mark.parametrize(("deeds", "marks"), [
    ((ENTERED,), ("not-authorised", "not-tried")),
    ((PROPOSED, said(AUTHORISED, authoriser="asha"), RANG, KNOCKED, ENTERED), ("self-authorised",)),
    ((PROPOSED, said(AUTHORISED, same_person=True), RANG, KNOCKED, ENTERED), ("self-authorised",)),
    ((PROPOSED, said(AUTHORISED, same_person=False), RANG, KNOCKED, ENTERED), ()),
    ((PROPOSED, AUTHORISED, RANG, ENTERED), ("not-tried",)),
    ((said(PROPOSED, life=True), AUTHORISED, ENTERED), ()),
    ((PROPOSED, AUTHORISED, RANG, KNOCKED, said(ENTERED, named=False)), ("no-witness",)),
    ((PROPOSED, AUTHORISED, RANG, KNOCKED, said(ENTERED, named=False, second="police")), ()),
    ((PROPOSED, AUTHORISED, RANG, said(KNOCKED, outcome="refused"), ENTERED), ("after-refusal",)),
    ((*WHOLE[:4], at(ENTERED, AUTHORITY_ENDS + SECOND)), ("authority-over",)),
    ((*WHOLE[:4], ENTERED, SECURED), ("no-photo-before",)),
    ((*WHOLE[:6], said(SECURED, only_made_safe=False)), ("other-work",)),
])  # fmt: skip
def test_a_fact_is_never_refused_and_what_was_wrong_is_marked(deeds: tuple[Deed, ...], marks: tuple[str, ...]):
    state = of(*deeds)
    assert state.stage in (Stage.ENTERED, Stage.SECURED)
    assert state.marks == marks


def test_going_in_after_it_was_declined_is_seen():
    assert of(PROPOSED, Deed("declined", AT + MINUTE, "dev"), ENTERED).marks[0] == "not-authorised"


# --- when each step is due ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("moment", "late"), [(DAY_ENDS - SECOND, False), (DAY_ENDS, False), (DAY_ENDS + SECOND, True)])
def test_the_tenant_is_told_the_same_day(moment: datetime, late: bool):
    assert ("told-late" in of(*WHOLE[:7], at(TOLD, moment)).marks) == late


TELL_H = POLICY.door.entry_tell_h.value * HOUR
AT_NIGHT = DAY_ENDS - 10 * MINUTE


@pytest.mark.parametrize(("after", "late"), [(20 * MINUTE, False), (TELL_H, False), (TELL_H + SECOND, True)])
def test_after_an_entry_late_in_the_evening_midnight_makes_nobody_late(after: timedelta, late: bool):
    moved = [at(deed, deed.at + (AT_NIGHT - ENTERED.at)) for deed in WHOLE[:6]]
    told = at(TOLD, AT_NIGHT + after)
    assert ("told-late" in of(*moved, at(SECURED, AT_NIGHT + 5 * MINUTE), told).marks) == late
    assert of(*moved).due_at == AT_NIGHT + TELL_H


@pytest.mark.parametrize(
    ("moment", "late"), [(REVIEW_ENDS - SECOND, False), (REVIEW_ENDS, False), (REVIEW_ENDS + SECOND, True)]
)
def test_a_review_has_five_working_days_from_the_entry(moment: datetime, late: bool):
    assert ("reviewed-late" in of(*WHOLE[:8], at(REVIEWED, moment)).marks) == late


def test_telling_late_gives_the_review_no_more_time():
    assert of(*WHOLE[:7], at(TOLD, AT + timedelta(days=3))).due_at == REVIEW_ENDS


# --- what the office may do ---------------------------------------------------------------------------------------

ASKED = {
    "read_first": True,
    "life": False,
    "rung_999": False,
    "danger": "Water",
    "why_now": "It runs",
    "inside": "Nobody",
}


@pytest.mark.parametrize(("given", "code"), [
    ({}, ""), ({"read_first": False}, "read-first"), ({"life": True}, "life-in-danger"),
    ({"life": True, "rung_999": True}, ""), ({"danger": " "}, "danger"), ({"why_now": ""}, "why-now"),
    ({"inside": ""}, "inside"),
])  # fmt: skip
def test_999_comes_before_a_proposal(given: dict[str, object], code: str):
    verdict = rules.may_propose(**(ASKED | given))
    assert (verdict.code if not verdict else "") == code


@pytest.mark.parametrize(("by", "code"), [("asha", "own-proposal"), ("asha-2", "own-proposal"), ("dev", "")])
def test_whoever_asks_does_not_decide(by: str, code: str):
    for verdict in decisions(by, on_duty=True):
        assert (verdict.code if not verdict else "") == code


def accounts(by: str) -> set[str]:
    """One person with two accounts is one person."""
    return {by, by.removesuffix("-2")}


def decisions(by: str, *, on_duty: bool) -> list[Verdict]:
    why = "Ring the gas line."
    return [
        rules.may_decide(upto(PROPOSED), accounts(by), on_duty=on_duty),
        rules.may_decline(upto(PROPOSED), accounts(by), why, on_duty=on_duty),
    ]


def test_only_whoever_holds_the_duty_decides():
    assert [verdict.code for verdict in decisions("dev", on_duty=False)] == ["no-duty"] * 2


def test_it_is_decided_once_and_declined_with_a_reason():
    assert rules.may_decide(upto(AUTHORISED), {"dev"}, on_duty=True).code == "not-here"
    assert rules.may_decline(upto(PROPOSED), {"dev"}, " ", on_duty=True).code == "why"


@pytest.mark.parametrize(("given", "code"), [
    ({}, ""), ({"second": ""}, "no-witness"), ({"name": ""}, "no-witness"), ({"second": "police", "name": ""}, ""),
    ({"photos_before": False}, "no-photos"),
])  # fmt: skip
def test_nobody_goes_in_alone_or_before_the_photos(given: dict[str, object], code: str):
    whole = {"second": "colleague", "name": "Ben", "photos_before": True} | given
    verdict = rules.may_go_in(upto(KNOCKED), AT + HOUR, policy=POLICY, **whole)
    assert (verdict.code if not verdict else "") == code


@pytest.mark.parametrize(
    ("ways", "life", "allowed"), [(1, False, False), (2, False, True), (3, False, True), (0, True, True)]
)
def test_two_ways_are_tried_unless_a_life_is_at_risk(ways: int, life: bool, allowed: bool):
    tried = [at(said(RANG, method=method), RANG.at) for method in rules.METHODS[:ways]]
    state = of(said(PROPOSED, life=life), AUTHORISED, *tried)
    assert (
        bool(rules.may_go_in(state, AT + HOUR, second="colleague", name="Ben", photos_before=True, policy=POLICY))
        == allowed
    )


@pytest.mark.parametrize(("past_s", "code"), [(-1, ""), (0, ""), (1, "authority-over")])
@pytest.mark.parametrize("given", [AUTHORISED.at, AT_NIGHT], ids=["in the morning", "ten minutes before midnight"])
def test_an_authority_holds_for_its_hours_and_midnight_does_not_end_it(given: datetime, past_s: int, code: str):
    state = of(*(at(deed, deed.at + (given - AUTHORISED.at)) for deed in (PROPOSED, AUTHORISED, RANG, KNOCKED)))
    ends = given + POLICY.door.entry_authority_h.value * HOUR + timedelta(seconds=past_s)
    verdict = rules.may_go_in(state, ends, second="police", name="", photos_before=True, policy=POLICY)
    assert (verdict.code if not verdict else "") == code
    assert rules.may_go_in(
        state, given + 15 * MINUTE, second="police", name="", photos_before=True, policy=POLICY
    )  # fmt: skip


@pytest.mark.parametrize(("given", "now", "typed_before"), [
    (AT_NIGHT, AT_NIGHT + 15 * MINUTE, True),  # 23:55 is written down at 0:05
    (AT_NIGHT, AT_NIGHT + 6 * MINUTE, False),  # at 23:56 it is of today
    (AT, AT + 30 * MINUTE, False),  # typed 23:55 in the morning: nothing was authorised the evening before
])  # fmt: skip
def test_a_time_typed_after_midnight_is_of_the_evening_before(given: datetime, now: datetime, typed_before: bool):
    state = of(at(PROPOSED, given), at(AUTHORISED, given + MINUTE))
    today = now.replace(hour=23, minute=55, second=0)
    found = rules.time_of_try(state, today, today - timedelta(days=1), now)
    assert found == (today - timedelta(days=1) if typed_before else today)


def test_nobody_goes_in_before_it_is_authorised_or_once_it_is_given_up():
    for state in (upto(PROPOSED), of(PROPOSED, AUTHORISED, Deed("stood_down", AT + HOUR, "dev"))):
        assert (
            rules.may_go_in(state, AT + HOUR, second="police", name="", photos_before=True, policy=POLICY).code
            == "not-here"
        )


@pytest.mark.parametrize(("moment", "code"), [
    (AUTHORISED.at - SECOND, "too-early"), (AUTHORISED.at, ""), (AUTHORISED.at + SECOND, ""),
    (AT + HOUR - SECOND, ""), (AT + HOUR, ""), (AT + HOUR + SECOND, "future"),
])  # fmt: skip
def test_an_attempt_lies_between_the_authority_and_now(moment: datetime, code: str):
    verdict = rules.may_try(upto(AUTHORISED), moment, AT + HOUR)
    assert (verdict.code if not verdict else "") == code


@pytest.mark.parametrize(("before_s", "code"), [(41, "too-early"), (40, ""), (39, "")])
def test_an_attempt_in_the_minute_of_the_authority_is_not_before_it(before_s: int, code: str):
    authorised = AUTHORISED.at + 40 * SECOND
    verdict = rules.may_try(of(PROPOSED, at(AUTHORISED, authorised)), authorised - before_s * SECOND, AT + HOUR)
    assert (verdict.code if not verdict else "") == code


@pytest.mark.parametrize(("given", "code"), [
    ({}, ""), ({"lock": "wide open"}, "lock"), ({"keys": "not_needed"}, "keys"), ({"inventory": ""}, "inventory"),
    ({"lock": "as_it_was", "keys": "not_needed"}, ""),
])  # fmt: skip
def test_the_home_is_left_locked_with_its_keys_and_an_inventory(given: dict[str, str], code: str):
    verdict = rules.may_secure(upto(ENTERED), **({"lock": "changed", "keys": "office", "inventory": "Nothing"} | given))
    assert (verdict.code if not verdict else "") == code


def test_the_tenant_is_told_by_a_notice_a_message_and_a_call():
    no_notice = of(*WHOLE[:6], said(SECURED, notice_left=False))
    assert rules.may_say_told(no_notice, notice_left=False, call="reached").code == "notice"
    assert rules.may_say_told(no_notice, notice_left=True, call=None).code == "call"
    assert rules.may_say_told(upto(SECURED), notice_left=False, call="no_reply")
    assert rules.may_say_told(upto(ENTERED), notice_left=True, call="reached").code == "not-here"


@pytest.mark.parametrize(("by", "there", "code"), [
    ("asha", False, "own-entry"), ("dev", False, "own-entry"), ("dev-2", False, "own-entry"),
    ("rita", True, "was-there"), ("rita", False, ""),
])  # fmt: skip
def test_somebody_else_reviews(by: str, there: bool, code: str):
    verdict = rules.may_review(
        upto(TOLD), accounts(by), manager=True, was_there=there, necessity="Yes", proportionality="Yes"
    )
    assert (verdict.code if not verdict else "") == code


def test_a_repairs_manager_reviews():
    said = {"was_there": False, "necessity": "x", "proportionality": "x"}
    assert rules.may_review(upto(TOLD), {"rita"}, manager=False, **said).code == "needs-manager"


def test_a_review_says_both_things_and_follows_the_telling():
    for state, necessity, proportionality, code in (
        (upto(TOLD), "", "x", "necessity"), (upto(TOLD), "x", "", "proportionality"), (upto(SECURED), "x", "x", "not-here"),
    ):  # fmt: skip
        said = {"manager": True, "was_there": False, "necessity": necessity, "proportionality": proportionality}
        assert rules.may_review(state, {"rita"}, **said).code == code


def test_two_words_for_one_way_are_one_way():
    assert of(PROPOSED, said(AUTHORISED, methods=["called"]), RANG, ENTERED).marks == ("not-tried",)
