"""Who may see a report, who is called when, and how a case goes on (D5, N1, F45): pure, and in threes at every edge."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy, load_policy
from fieldvisit.vault import forms, words
from fieldvisit.vault.naming import Known, is_named, persons
from fieldvisit.vault.rules import Rank, Who, called_again, circle, may_see, to_page, what_is_unsettled
from fieldvisit.vault.service import COPIED
from fieldvisit.vault.state import (
    ALWAYS,
    KINDS,
    OPEN_TO,
    Arrived,
    Done,
    State,
    clocks,
    fold,
    kept_until,
    may,
    offered,
)

AT = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)  # a Tuesday
MIN = timedelta(minutes=1)
LENA = Known("a" * 32, "MB-77", "Lena Osei-Brandt", "lena.osei@council.example", "07700 900123")
LEAD, DEPUTY, DIRECTOR, OUTSIDE, INVESTIGATOR = (Who(rank.value, rank) for rank in Rank)
SECOND = Who("second lead", Rank.LEAD)
ALL = (LEAD, SECOND, DEPUTY, DIRECTOR, OUTSIDE, INVESTIGATOR)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("melton")


# --- who is named ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {"named_staff": "Lena from the council"},
        {"who_harms": "a Mrs OSEI"},
        {"named_staff": "Leena Brandtt"},  # a letter too many
        {"named_staff": "Lena, Oséi"},
        {"facts": "I told Lena Osei Brandt of it in May"},
        {"facts": "write to LENA.OSEI@council.example"},
        {"who_else": "somebody rang from +44 7700 900 123"},
        {"who_else": "somebody rang from 07700900123."},
        {"facts": "badge mb-77 was on the table"},
        {"by": {"person": "a" * 32}},
        {"anything": [{"deep": "Lena Osei Brandt"}]},
    ],
)
def test_a_reader_is_named(said: dict[str, Any]):
    assert is_named(LENA, said)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"facts": "Lena is the tenant's daughter"},  # one word of a name, where nobody is accused
        {"named_staff": "Nobody", "who_harms": "her brother"},
        {"facts": "badge MB-771 was on the table, and MB-7"},
        {"who_else": "07700 900124"},
        {"named_staff": "Elena's friend"},  # two letters differ from any word of hers
    ],
)
def test_a_reader_is_not_named(said: dict[str, Any]):
    assert not is_named(LENA, said)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("Li Wu", "Li Wu was there"), ("Jo Ng", "it was Ng, Jo"), ("Jo Smith", "Jo Smith shouted"),
        ("Van Nguyen", "Van Nguyen has the key"), ("Sarah Jane Holt", "Sarah Holt told her to be quiet"),
        ("王伟", "是王伟打的"), ("Cher", "Cher did it"),
    ],
)  # fmt: skip
def test_a_short_or_long_name_is_a_name_like_any_other(name: str, facts: str):
    assert is_named(Known("c" * 32, "", name), {"facts": facts})
    assert is_named(Known("c" * 32, "", name), {"who_harms": name})
    assert not is_named(Known("c" * 32, "", name), {"facts": "The door was open and nobody came"})


def test_a_reader_without_telephone_or_number_is_not_named_by_nothing():
    assert not is_named(Known("b" * 32, "", "Bo Li"), {"facts": "", "named_staff": ""})


# --- who sees -------------------------------------------------------------------------------------------------------


def sees(*excluded: Who) -> set[str]:
    return set(circle(ALL, {who.id for who in excluded}))


def test_leads_and_deputies_see_a_case_and_nobody_else():
    assert sees() == {"lead", "second lead", "deputy"}


def test_the_director_is_asked_when_one_alone_is_left():
    assert sees(LEAD) == {"second lead", "deputy"}
    assert sees(LEAD, SECOND) == {"deputy", "director"}


def test_with_every_lead_and_deputy_named_it_goes_to_the_contact_outside_beside_the_director():
    assert sees(LEAD, SECOND, DEPUTY) == {"director", "outside"}


def test_with_all_named_it_is_the_contact_outside_alone():
    assert sees(LEAD, SECOND, DEPUTY, DIRECTOR) == {"outside"}
    assert sees(LEAD, SECOND, DEPUTY, DIRECTOR, OUTSIDE) == set()


def test_an_investigator_sees_what_is_shared_unless_named():
    assert not may_see(INVESTIGATOR, ALL, set())
    assert may_see(INVESTIGATOR, ALL, set(), {"investigator"})
    assert not may_see(INVESTIGATOR, ALL, {"investigator"}, {"investigator"})


@pytest.mark.parametrize(
    ("minutes", "called"),
    [
        (14, set()), (15, {"lead", "second lead"}), (16, {"lead", "second lead"}),
        (59, {"lead", "second lead"}), (60, {"lead", "second lead", "deputy"}), (61, {"lead", "second lead", "deputy"}),
        (239, {"lead", "second lead", "deputy"}), (240, {"lead", "second lead", "deputy", "director"}),
        (9999, {"lead", "second lead", "deputy", "director"}),
    ],
)  # fmt: skip
def test_who_has_been_called_by_when(policy: Policy, minutes: int, called: set[str]):
    assert to_page(AT, AT + minutes * MIN, ALL, (), policy.safeguarding) == called


def test_nobody_who_is_named_is_called_at_any_time(policy: Policy):
    for who in (LEAD, SECOND, DEPUTY, DIRECTOR):
        for minutes in (15, 60, 240, 10_000):
            assert who.id not in to_page(AT, AT + minutes * MIN, ALL, {who.id}, policy.safeguarding)


@pytest.mark.parametrize(
    ("minutes", "called"),
    [
        (0, {"lead", "second lead"}), (14, {"lead", "second lead"}), (15, {"lead", "second lead", "deputy"}),
        (59, {"lead", "second lead", "deputy"}), (60, {"lead", "second lead", "deputy", "director"}),
    ],
)  # fmt: skip
def test_who_has_been_called_by_when_where_somebody_is_in_danger_now(policy: Policy, minutes: int, called: set[str]):
    assert to_page(AT, AT + minutes * MIN, ALL, (), policy.safeguarding, danger=True) == called


@pytest.mark.parametrize(
    ("minutes", "danger", "times"),
    [
        (0, False, 0), (240, False, 0), (299, False, 0), (300, False, 1), (359, False, 1), (360, False, 2),
        (60, True, 0), (119, True, 0), (120, True, 1), (180, True, 2), (24 * 60, False, 20),
    ],
)  # fmt: skip
def test_how_often_all_have_been_called_again(policy: Policy, minutes: int, danger: bool, times: int):
    assert called_again(AT, AT + minutes * MIN, policy.safeguarding, danger=danger) == times


@pytest.mark.parametrize("named", [{"lead", "second lead", "deputy"}, {"lead", "second lead", "deputy", "director"}])
def test_with_every_lead_and_deputy_named_the_contact_outside_is_called_at_the_first_step(
    policy: Policy, named: set[str]
):
    assert to_page(AT, AT + 14 * MIN, ALL, named, policy.safeguarding) == set()
    assert to_page(AT, AT + 15 * MIN, ALL, named, policy.safeguarding) == {"", "outside", "director"} - named
    assert to_page(AT, AT, ALL, named, policy.safeguarding, danger=True) == {"", "outside", "director"} - named
    assert to_page(AT, AT + 15 * MIN, (), (), policy.safeguarding) == {""}


def test_what_is_unsettled_is_said_all_at_once_and_not_of_a_vault_to_try_out(policy: Policy):
    assert len(what_is_unsettled(policy.safeguarding, demo=False)) == 5
    assert what_is_unsettled(policy.safeguarding, demo=True) == []


# --- the steps ------------------------------------------------------------------------------------------------------


def after(*acts: tuple[Any, ...], arrived: tuple[datetime, ...] = (AT,), danger: tuple[bool, ...] = ()) -> State:
    done = [
        Done(kind, by, AT + n * MIN, facts[0] if facts else {}) for n, (kind, by, *facts) in enumerate(acts, start=1)
    ]
    came = [Arrived(at, n < len(danger) and danger[n]) for n, at in enumerate(arrived)]
    return fold(came, done)


TRIAGED = ("triaged", "a", {"about": "adult", "worker": False})
BY_A_WORKER = ("triaged", "a", {"about": "child", "worker": True})


def a_closed_case(*more: tuple[Any, ...], about: str = "adult") -> State:
    triaged = ("triaged", "a", {"about": about, "worker": False})
    return after(triaged, ("advised", "a"), ("asked_close", "a"), ("agreed_close", "b"), *more)


def test_every_stage_offers_what_its_table_says_and_no_other_step_is_allowed():
    stages = {
        "submitted": after(), "triaged": after(TRIAGED), "referred": after(TRIAGED, ("referred_adult", "a")),
        "advice_support": after(TRIAGED, ("advised", "a")),
        "no_further_action": after(TRIAGED, ("nothing", "a"), ("second_look", "b", {"agrees": True})),
        "feedback_recorded": after(TRIAGED, ("referred_adult", "a"), ("feedback", "a", {"of": "adult", "agrees": True})),
        "closed": a_closed_case(),
        "destroyed": a_closed_case(("asked_destroy", "a", {"wanted": "no"}), ("agreed_destroy", "b", {"wanted": "no"})),
    }  # fmt: skip
    assert set(stages) == set(OPEN_TO)
    for stage, state in stages.items():
        assert state.stage == stage
        for kind in KINDS:
            if kind not in (*OPEN_TO[stage], *(ALWAYS if stage not in ("closed", "destroyed") else ())):
                assert not may(kind, state, "b", {}, over=True), (stage, kind)


def test_the_second_look_is_somebody_elses():
    state = after(TRIAGED, ("nothing", "a"))
    assert state.stage == "triaged"
    assert may("second_look", state, "a", {}).code == "second-person"
    assert may("second_look", state, "b", {})
    assert "second_look" in offered(state, "b") and "second_look" not in offered(state, "a")


def test_a_second_look_that_does_not_agree_leaves_it_triaged():
    state = after(TRIAGED, ("nothing", "a"), ("second_look", "b", {"agrees": False}))
    assert (state.stage, state.nothing_by) == ("triaged", "")


def test_two_people_close():
    state = after(TRIAGED, ("advised", "a"), ("asked_close", "a"))
    assert may("agreed_close", state, "a", {}).code == "second-person"
    assert may("agreed_close", state, "b", {})


def test_closing_waits_for_every_outcome():
    two = after(TRIAGED, ("referred_adult", "a"), ("referred_child", "a"), ("feedback", "a", {"of": "adult"}))
    assert two.stage == "referred" and set(two.waiting) == {"child"}
    assert not may("asked_close", two, "a", {})


def test_closing_waits_for_what_was_done_about_a_worker():
    state = after(BY_A_WORKER, ("advised", "a"))
    assert may("asked_close", state, "a", {}).code == "worker"
    assert may("asked_close", after(BY_A_WORKER, ("advised", "a"), ("worker_step", "a")), "a", {})


def test_nobody_takes_their_own_sight_away():
    assert not may("named", after(), "a", {"reader": "a"})
    assert may("named", after(), "a", {"reader": "b"})


def test_a_report_that_adds_to_a_closed_case_opens_it_again():
    acts = (TRIAGED, ("advised", "a"), ("asked_close", "a"), ("agreed_close", "b"))
    state = after(*acts, arrived=(AT, AT + timedelta(days=9)))
    assert (state.stage, state.since, state.closed_at) == ("submitted", AT + timedelta(days=9), None)


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_triage_is_due_the_same_working_day_and_from_a_weekend_on_monday(policy: Policy):
    [clock] = clocks(after(), policy)
    assert (clock.name, clock.rule, london_date(clock.due)) == ("triage", "DR-20", london_date(AT))
    saturday = AT + timedelta(days=4)
    [clock] = clocks(after(arrived=(saturday,)), policy)
    assert london_date(clock.due) == london_date(saturday + timedelta(days=2))


@pytest.mark.parametrize(("kind", "days"), [("child", 1), ("adult", 7)])  # five working days pass a weekend
def test_a_referral_is_chased_after_one_working_day_for_a_child_and_five_for_an_adult(
    policy: Policy, kind: str, days: int
):
    [clock] = clocks(after(TRIAGED, (f"referred_{kind}", "a")), policy)
    assert (clock.name, london_date(clock.due)) == (f"chase_{kind}", london_date(AT + timedelta(days=days)))


def test_chasing_begins_the_clock_anew(policy: Policy):
    later = [Done("triaged", "a", AT, TRIAGED[2]), Done("referred_child", "a", AT),
             Done("chased", "a", AT + timedelta(days=1), {"of": "child"})]  # fmt: skip
    [clock] = clocks(fold([Arrived(AT)], later), policy)
    assert london_date(clock.due) == london_date(AT + timedelta(days=2))


def test_a_closed_case_is_kept_by_the_longer_period_where_a_child_may_be_in_it(policy: Policy):
    years = {about: kept_until(a_closed_case(about=about), policy) for about in ("adult", "child", "both", "unsure")}
    assert {about: until.year for about, until in years.items() if until} == {
        "adult": 2032, "child": 2051, "both": 2051, "unsure": 2051,
    }  # fmt: skip
    assert kept_until(after(), policy) is None


def test_every_step_has_its_words_and_its_form():
    assert set(words.OFFERS) == set(forms.ASKS) == set(KINDS)
    assert set(words.KINDS) == {*KINDS, COPIED}


# --- one person is one ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Known("a" * 32, "X-1", "Somebody Else"), True),
        (Known("b" * 32, "mb-77", "L. Osei"), True),
        (Known("b" * 32, "", "L. Osei", "Lena.Osei@council.example"), True),
        (Known("b" * 32, "", "L. Osei", "", "+44 7700 900123"), True),
        (Known("b" * 32, "MB-78", "Lena Osei-Brandt", "lena2@council.example", "07700 900124"), False),
        (Known("b" * 32, "", "Bo Li"), False),
    ],
)
def test_who_shares_a_sign_in_a_number_or_an_address_is_one_person(other: Known, same: bool):
    found = persons({"first": LENA, "second": other, "third": Known("c" * 32, "", "Cher")})
    assert (found["first"] == found["second"]) is same
    assert found["third"] not in (found["first"], found["second"])


def test_two_that_a_third_joins_are_all_one_person():
    found = persons({"1": Known("a", "R1", "A"), "2": Known("b", "R2", "B"), "3": Known("b", "R1", "C")})
    assert len(set(found.values())) == 1


def test_one_person_enrolled_twice_is_not_two_who_agree_on_an_end():
    twice = (Who("lead", Rank.LEAD, "lena"), Who("lead again", Rank.DEPUTY, "lena"))
    assert set(circle((*twice, DIRECTOR), ())) == {"lead", "lead again", "director"}
    assert set(circle((*twice, SECOND, DIRECTOR), ())) == {"lead", "lead again", "second lead"}
