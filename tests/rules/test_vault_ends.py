"""The vault: danger now, cases that go when their time is over, standing aside, copies, and pages that die. Pure."""

from datetime import datetime, timedelta

import pytest

from fieldvisit.ground.policy import Policy
from fieldvisit.vault.rules import may_copy, out_at
from fieldvisit.vault.state import WHEN_OVER, clocks, is_over, kept_until, may, offered
from tests.rules.test_vault_rules import AT, MIN, TRIAGED, a_closed_case, after

# --- danger now (DR-20) ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrived", "danger", "name", "due"),
    [
        ((AT,), (False,), "triage", None),
        ((AT,), (True,), "triage_danger", AT + 60 * MIN),
        ((AT, AT + 30 * MIN), (True, False), "triage_danger", AT + 60 * MIN),  # what is added gives nobody more time
        ((AT, AT + 30 * MIN), (False, True), "triage_danger", AT + 90 * MIN),
    ],
)
def test_danger_now_gives_an_hour(
    policy: Policy, arrived: tuple[datetime, ...], danger: tuple[bool, ...], name: str, due: datetime | None
):
    [clock] = clocks(after(arrived=arrived, danger=danger), policy)
    assert (clock.name, clock.rule) == (name, "DR-20")
    assert due is None or clock.due == due


def test_triage_ends_the_hour_and_a_later_report_without_danger_begins_none(policy: Policy):
    state = after(TRIAGED, arrived=(AT, AT + 9 * MIN), danger=(True, False))
    assert state.danger_since is None and [clock.name for clock in clocks(state, policy)] == ["triage"]


def test_the_hour_is_that_of_the_deadline_rules(policy: Policy):
    from fieldvisit.ground.deadlines import Facts, due

    [clock] = clocks(after(danger=(True,)), policy)
    assert due("safeguarding_triage", AT, Facts(immediate_danger=True), policy=policy).due == clock.due


# --- its time is over -----------------------------------------------------------------------------------------------

ASKED = ("asked_destroy", "a", {"wanted": "no"})
NO = {"wanted": "no"}


@pytest.mark.parametrize(("after_the_end", "over"), [(-1, False), (0, False), (1, True)])
def test_its_time_is_over_after_the_last_day_and_not_on_it(policy: Policy, after_the_end: int, over: bool):
    until = kept_until(a_closed_case(), policy)
    assert until and is_over(a_closed_case(), policy, until + timedelta(microseconds=after_the_end)) is over


def test_what_is_not_closed_is_never_over(policy: Policy):
    for state in (after(), after(TRIAGED, ("advised", "a"))):
        assert not is_over(state, policy, AT + timedelta(days=40_000))


@pytest.mark.parametrize("kind", WHEN_OVER)
def test_nothing_is_destroyed_before_its_time(kind: str):
    for state in (a_closed_case(), a_closed_case(ASKED)):
        assert may(kind, state, "b", NO).code == "not-over"
        assert kind not in offered(state, "b")


def test_two_people_destroy_and_a_third_may_keep_it():
    assert may("asked_destroy", a_closed_case(), "a", NO, over=True)
    asked = a_closed_case(ASKED)
    assert may("agreed_destroy", asked, "a", NO, over=True).code == "second-person"
    assert may("agreed_destroy", asked, "b", NO, over=True)
    assert may("asked_destroy", asked, "b", NO, over=True).code == "asked"
    assert set(offered(asked, "a", over=True)) == {"kept_longer", "named", "stood_aside"}
    kept = a_closed_case(ASKED, ("kept_longer", "b"))
    assert (kept.stage, kept.destroy_by) == ("closed", "")
    assert may("agreed_destroy", kept, "b", NO, over=True).code == "not-asked"


@pytest.mark.parametrize("wanted", [{}, {"wanted": "yes"}])
def test_what_somebody_asked_to_keep_is_not_destroyed(wanted: dict[str, str]):
    assert may("asked_destroy", a_closed_case(), "a", wanted, over=True).code == "wanted"
    assert may("agreed_destroy", a_closed_case(ASKED), "b", wanted, over=True).code == "wanted"


def test_a_report_that_adds_to_it_stops_its_destruction():
    acts = (TRIAGED, ("advised", "a"), ("asked_close", "a"), ("agreed_close", "b"), ASKED)
    state = after(*acts, arrived=(AT, AT + timedelta(days=9)))
    assert (state.stage, state.destroy_by) == ("submitted", "")


def test_a_child_who_was_ever_in_it_keeps_it_for_the_childs_period(policy: Policy):
    first, then = ("triaged", "a", {"about": "child", "worker": False}), TRIAGED
    state = after(first, then, ("advised", "a"), ("asked_close", "a"), ("agreed_close", "b"))
    until = kept_until(state, policy)
    assert state.about == "adult" and until and until.year == 2051


# --- standing aside, copies, pages that go --------------------------------------------------------------------------


def test_whoever_is_near_may_stand_aside_at_every_stage_until_it_is_destroyed():
    for state in (after(), after(TRIAGED), a_closed_case()):
        assert may("stood_aside", state, "a", {"near": "household"}) and "stood_aside" in offered(state, "a")
    gone = a_closed_case(ASKED, ("agreed_destroy", "b", NO))
    assert gone.stage == "destroyed" and offered(gone, "a", over=True) == ()


@pytest.mark.parametrize(
    ("reason", "to", "why", "code"),
    [
        ("", "First Response", "For the referral", "reason"), ("referral", " ", "For the referral", "to"),
        ("referral", "First Response", "too short", "words"), ("referral", "First Response", "long enough", ""),
    ],
)  # fmt: skip
def test_a_copy_asks_what_for_for_whom_and_why(reason: str, to: str, why: str, code: str):
    assert may_copy(reason, to, why).code == code if code else may_copy(reason, to, why)


def test_a_page_is_dead_when_its_reader_is_out():
    assert out_at(AT, AT) == AT + 10 * MIN
    assert out_at(AT, AT + 49 * MIN) == AT + 59 * MIN
    assert out_at(AT, AT + 55 * MIN) == AT + 60 * MIN
