"""What may become of a version, whom it binds, and how a person stands with it, at each boundary (D9)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from fieldvisit.codes import rules, version_rules
from fieldvisit.codes.rules import InForce, Signing, Standing, Who
from fieldvisit.codes.version_rules import Act, Stage, VersionFacts
from fieldvisit.ground.verdict import Refused

DAY = timedelta(days=1)
FIRST, SECOND = date(2026, 6, 1), date(2026, 11, 2)
TODAY = date(2026, 12, 8)
WHOLE = VersionFacts(
    Stage.DRAFT, significant=True, has_text=True, formats=frozenset({"html"}), owner="Head of Repairs",
    review_on=date(2028, 12, 8), live_from=TODAY, approved_on=TODAY, approved_by="Cabinet", change="Shoe covers",
    consulted="We asked the tenants' forum. Two changes came of it.", consulted_until=TODAY,
)  # fmt: skip


def code_of(verdict: object) -> str:
    return verdict.code if isinstance(verdict, Refused) else ""


# --- the table of stages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "open_acts"),
    [
        (Stage.DRAFT, {Act.CONSULT, Act.APPROVE}),
        (Stage.CONSULTING, {Act.APPROVE, Act.GO_BACK}),
        (Stage.APPROVED, {Act.GO_LIVE, Act.GO_BACK}),
        (Stage.LIVE, set()),
        (Stage.RETIRED, set()),
    ],
)
def test_each_stage_has_its_acts_and_no_other(stage, open_acts):
    version = replace(WHOLE, stage=stage)
    assert {act for act in Act if version_rules.may(act, version, TODAY)} == open_acts
    assert {code_of(version_rules.may(act, version, TODAY)) for act in set(Act) - open_acts} <= {"not-now"}


def test_nothing_is_consulted_on_approved_or_live_without_a_text():
    for stage, act in ((Stage.DRAFT, Act.CONSULT), (Stage.CONSULTING, Act.APPROVE), (Stage.APPROVED, Act.GO_LIVE)):
        assert code_of(version_rules.may(act, replace(WHOLE, stage=stage, has_text=False), TODAY)) == "no-text"


def test_a_big_change_needs_a_consultation_and_a_small_one_does_not():
    unasked = replace(WHOLE, consulted="", consulted_until=None)
    refused = version_rules.may(Act.APPROVE, unasked, TODAY)
    assert code_of(refused) == "not-consulted"
    assert refused.clause is not None and refused.clause.where == "HS-2.4b"
    assert version_rules.may(Act.APPROVE, replace(unasked, significant=False), TODAY)


@pytest.mark.parametrize(("ends", "said"), [(TODAY - DAY, ""), (TODAY, ""), (TODAY + DAY, "still-consulting")])
def test_a_consultation_that_is_not_over_keeps_a_code_from_approval(ends, said):
    assert code_of(version_rules.may(Act.APPROVE, replace(WHOLE, consulted_until=ends), TODAY)) == said


@pytest.mark.parametrize(("began", "said"), [(TODAY - DAY, ""), (TODAY, ""), (TODAY + DAY, "ended-before")])
def test_a_consultation_ends_when_it_has_begun(began, said):
    asked = replace(WHOLE, stage=Stage.CONSULTING, consulted_from=began)
    assert code_of(version_rules.may(Act.APPROVE, asked, TODAY)) == said


@pytest.mark.parametrize(("day", "said"), [(TODAY - DAY, ""), (TODAY, ""), (TODAY + DAY, "no-approval")])
def test_nobody_has_approved_it_tomorrow(day, said):
    assert code_of(version_rules.may(Act.APPROVE, replace(WHOLE, approved_on=day), TODAY)) == said


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        ({"owner": ""}, "no-owner"),
        ({"live_from": None}, "no-day"),
        ({"live_from": TODAY - DAY}, "past"),
        ({"live_from": TODAY}, ""),
        ({"live_from": TODAY + DAY, "review_on": TODAY + 2 * DAY}, ""),
        ({"review_on": None}, "no-review"),
        ({"review_on": TODAY}, "no-review"),
        ({"review_on": TODAY + DAY}, ""),
        ({"formats": frozenset()}, "not-accessible"),
        ({"formats": frozenset({"large_print"})}, ""),
        ({"significant": False}, "not-small"),
        ({"significant": False, "small_said": True}, ""),
    ],
)
def test_a_code_goes_live_with_owner_day_review_and_a_format_that_people_can_use(lacks, said):
    assert code_of(version_rules.may(Act.GO_LIVE, replace(WHOLE, stage=Stage.APPROVED, **lacks), TODAY)) == said


@pytest.mark.parametrize(
    ("kept", "part", "whole", "then"),
    [(0, 1, False, 1), (1, 2, False, 2), (1, 5, False, 1), (3, 2, False, 3), (4, 5, False, 5), (0, 5, True, 5), (0, 9, True, 5)],
)  # fmt: skip
def test_no_section_is_left_out_on_the_way_to_the_end(kept, part, whole, then):
    assert rules.furthest(kept, part, 5, whole=whole) == then


@pytest.mark.parametrize(
    ("stage", "kind", "signed", "there", "said"),
    [
        ("draft", "signed", False, True, "allowed"), ("draft", "html", True, False, "signed"),
        ("consulting", "signed", True, True, "signed"), ("approved", "signed", False, False, "approved"),
        ("live", "large_print", True, False, "allowed"), ("live", "large_print", True, True, "approved"),
        ("draft", "large_print", False, True, "allowed"), ("retired", "large_print", False, False, "approved"),
    ],
)  # fmt: skip
def test_what_somebody_signed_keeps_its_text_and_large_print_may_come_later(stage, kind, signed, there, said):
    assert version_rules.may_upload(Stage(stage), kind, signed=signed, there=there).code == said


@pytest.mark.parametrize(("day", "ripe"), [(TODAY - DAY, True), (TODAY, True), (TODAY + DAY, False)])
def test_it_is_ripe_on_its_day_and_not_before(day, ripe):
    assert version_rules.is_ripe(replace(WHOLE, live_from=day), TODAY) is ripe


# --- whom it binds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("binds", "who", "bound"),
    [
        (["operative", "officer"], Who("operative", of_a_firm=True), True),
        (["operative", "officer"], Who("officer"), True),
        (["operative", "officer"], Who("call_handler"), False),
        (["employee"], Who("call_handler"), True),
        (["employee"], Who("operative", of_a_firm=True), False),
        (["employee"], Who("officer", of_a_firm=True), False),  # an agency's: the firm is the employer
        (["housing"], Who("officer", half_housing=True), True),
        (["housing"], Who("officer"), False),
        (["housing"], Who("operative", of_a_firm=True, half_housing=True), False),
        (["resident"], Who(involved="resident"), True),
        (["panel"], Who(involved="resident"), False),
        (["employee"], Who(involved="panel"), False),
        ([], Who("officer"), False),
    ],
)
def test_role_employer_involvement_and_half_the_hours_say_whom_a_code_binds(binds, who, bound):
    assert rules.is_bound(binds, who) is bound


# --- how somebody stands ------------------------------------------------------------------------------------------

ONE = InForce("one", FIRST, until=SECOND)
TWO = InForce("two", SECOND)
MINOR = InForce("minor", SECOND, significant=False)


def standing(lines, signed, on, *, contractor=True, **facts):
    return rules.stands(lines, frozenset(signed), on, contractor=contractor, **facts)


@pytest.mark.parametrize(("on", "id_"), [(FIRST - DAY, None), (FIRST, "one"), (SECOND - DAY, "one"), (SECOND, "two")])
def test_one_version_binds_at_a_time(on, id_):
    now = rules.current([ONE, TWO], on)
    assert (now.id if now else None) == id_


def test_what_nobody_has_published_asks_for_nothing():
    assert standing([], (), TODAY).standing is Standing.NOT_REQUIRED
    assert standing([ONE], (), FIRST - DAY).standing is Standing.NOT_REQUIRED


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Standing.ISSUED),
        ({"read": True}, Standing.READ),
        ({"questioned": True}, Standing.QUESTIONED),
        ({"read": True, "questioned": True}, Standing.QUESTIONED),
    ],
)
def test_who_never_signed_is_issued_read_or_questioned_and_may_not_be_sent(facts, expected):
    stands = standing([ONE, TWO], (), TODAY, **facts)
    assert (stands.standing, stands.version, stands.is_good) == (expected, "two", False)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, Standing.DUE_AGAIN), (13, Standing.DUE_AGAIN), (14, Standing.DUE_AGAIN), (15, Standing.OVERDUE_BLOCKED)],
)
def test_a_contractor_has_the_days_of_grace_and_the_last_of_them_whole(days, expected):
    stands = standing([ONE, TWO], {"one"}, SECOND + days * DAY)
    assert (stands.standing, stands.due_on, stands.blocked_from) == (expected, SECOND + 14 * DAY, SECOND + 15 * DAY)
    assert stands.is_good is (expected is Standing.DUE_AGAIN)
    assert not stands.chase


@pytest.mark.parametrize(
    ("days", "expected", "chase"),
    [
        (14, Standing.DUE_AGAIN, False),
        (15, Standing.DUE_AGAIN, True),
        (28, Standing.DUE_AGAIN, True),
        (29, Standing.OVERDUE_BLOCKED, True),
    ],
)
def test_an_officers_manager_is_asked_first_and_only_then_is_the_officer_stopped(days, expected, chase):
    stands = standing([ONE, TWO], {"one"}, SECOND + days * DAY, contractor=False)
    assert (stands.standing, stands.chase) == (expected, chase)


@pytest.mark.parametrize(("grace", "days", "good"), [(0, 0, True), (0, 1, False), (90, 90, True), (90, 91, False)])
def test_the_grace_is_the_councils(grace, days, good):
    lines = [ONE, replace(TWO, grace_days=grace)]
    assert standing(lines, {"one"}, SECOND + days * DAY).is_good is good


def test_a_small_change_leaves_the_signature_good_and_is_told():
    stands = standing([ONE, MINOR], {"one"}, SECOND + 400 * DAY)
    assert (stands.standing, stands.told) == (Standing.SIGNED, True)


def test_a_small_change_after_a_big_one_does_not_hide_it():
    third = InForce("three", SECOND + 10 * DAY, significant=False)
    lines = [ONE, replace(TWO, until=third.live_from), third]
    stands = standing(lines, {"one"}, SECOND + 15 * DAY)
    assert (stands.standing, stands.due_on, stands.version) == (Standing.OVERDUE_BLOCKED, SECOND + 14 * DAY, "three")
    assert standing(lines, {"two"}, SECOND + 15 * DAY).standing is Standing.SIGNED


def test_signing_the_new_version_is_the_end_of_it():
    assert standing([ONE, TWO], {"one", "two"}, SECOND + 100 * DAY).standing is Standing.SIGNED
    assert standing([ONE, TWO], {"two"}, SECOND).standing is Standing.SIGNED


def test_who_had_signed_no_version_at_all_has_no_grace():
    assert standing([ONE, TWO], (), SECOND).standing is Standing.ISSUED


HERE = FIRST - DAY


@pytest.mark.parametrize(
    ("days", "expected", "good"),
    [(0, Standing.ISSUED, True), (14, Standing.ISSUED, True), (15, Standing.OVERDUE_BLOCKED, False)],
)
def test_a_code_that_is_new_to_somebody_at_work_here_has_its_days_of_grace_and_darkens_nobody_overnight(
    days, expected, good
):
    stands = standing([replace(ONE, until=None)], (), FIRST + days * DAY, here_since=HERE)
    assert (stands.standing, stands.is_good, stands.in_grace) == (expected, good, good)
    assert (stands.due_on, stands.blocked_from) == (FIRST + 14 * DAY, FIRST + 15 * DAY)


@pytest.mark.parametrize(("since", "good"), [(FIRST - DAY, True), (FIRST, False), (FIRST + DAY, False), (None, False)])
def test_whoever_joins_on_the_day_of_a_code_or_later_signs_before_visits(since, good):
    assert standing([ONE], (), FIRST + DAY, here_since=since).is_good is good


def test_the_grace_runs_from_the_first_version_that_binds_them_and_a_newer_one_does_not_renew_it():
    assert not standing([ONE, TWO], (), SECOND, here_since=HERE).is_good
    assert standing([replace(ONE, binds=False), TWO], (), SECOND + 14 * DAY, here_since=HERE).is_good
    assert not standing([replace(ONE, binds=False), TWO], (), SECOND + 15 * DAY, here_since=HERE).is_good


@pytest.mark.parametrize(
    ("days", "good", "chase"), [(14, True, False), (15, True, True), (28, True, True), (29, False, True)]
)
def test_an_officers_manager_is_asked_first_about_a_new_code_too(days, good, chase):
    stands = standing([replace(ONE, until=None)], (), FIRST + days * DAY, contractor=False, here_since=HERE)
    assert (stands.is_good, stands.chase) == (good, chase)


# --- signing ------------------------------------------------------------------------------------------------------

A_SIGNATURE = Signing("Asha Kaur", "Gas engineer", "Brightwater Heating", agrees=True, sha256="a" * 64)


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        ({}, ""),
        ({"name": " "}, "no-name"),
        ({"position": ""}, "no-position"),
        ({"organisation": ""}, "no-organisation"),
        ({"agrees": False}, "no-tick"),
        ({"has_read": False}, "not-read"),
        ({"has_opened": False}, "not-opened"),
        ({"has_opened": False, "has_read": False}, "not-opened"),
        ({"sha256": "b" * 64}, "other-text"),
        ({"drawn": True}, ""),
    ],
)
def test_a_signature_is_a_name_a_position_an_organisation_a_tick_and_the_text_that_was_read(lacks, said):
    assert code_of(rules.may_sign(replace(A_SIGNATURE, **lacks), "a" * 64, Stage.LIVE)) == said


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize(
    ("significant", "by", "said"), [(False, "other", ""), (False, "maker", "same-person"), (True, "other", "not-now")]
)
def test_that_a_change_is_small_is_said_of_what_is_approved_and_by_somebody_else(stage, significant, by, said):
    version = replace(WHOLE, stage=stage, significant=significant)
    expected = said if stage is Stage.APPROVED else "not-now"
    assert code_of(version_rules.may_say_small(version, {"maker"}, by)) == expected


@pytest.mark.parametrize(
    ("pages", "must"), [([], False), ([True], False), ([False], True), ([False, True], False), ([False, False], True)]
)
def test_a_file_that_none_of_our_pages_shows_is_opened_before_it_is_signed(pages, must):
    assert rules.must_be_opened(pages) is must


def test_a_retired_version_is_signed_no_more_and_a_draft_may_be():
    assert code_of(rules.may_sign(A_SIGNATURE, "a" * 64, Stage.RETIRED)) == "retired"
    assert rules.may_sign(A_SIGNATURE, "a" * 64, Stage.DRAFT)


@pytest.mark.parametrize(
    ("by", "said"),
    [("mona", "same-person"), ("monas second", "same-person"), ("asha", "own-signature"), ("olive", "")],
)
def test_paper_is_looked_at_by_a_second_person(by, said):
    assert code_of(rules.may_countersign({"mona", "monas second"}, {"asha"}, by)) == said


@pytest.mark.parametrize(("by", "said"), [("olive", "own-file"), ("olives second", "own-file"), ("otto", "")])
def test_nobody_records_in_their_own_file(by, said):
    assert code_of(rules.may_record_of({"olive", "olives second"}, by)) == said


@pytest.mark.parametrize(
    ("signed_on", "said"),
    [(SECOND - DAY, "too-early"), (SECOND, ""), (TODAY, ""), (TODAY + DAY, "future")],
)
def test_paper_bears_a_day_on_which_it_could_be_signed(signed_on, said):
    assert code_of(rules.paper_day(signed_on, SECOND, TODAY)) == said


# --- what runs out ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "told"), [(31, False), (30, True), (29, True), (0, True), (-5, True)])
def test_somebody_is_reminded_thirty_days_before_and_until_it_is_renewed(days, told):
    assert rules.should_remind(TODAY + days * DAY, 30, TODAY) is told


def test_what_has_no_end_reminds_nobody():
    assert not rules.should_remind(None, 30, TODAY)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 12, 8), 24, date(2029, 12, 8)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
    ],
)
def test_months_are_counted_to_the_same_day_or_the_last(day, months, then):
    assert rules.months_on(day, months) == then
