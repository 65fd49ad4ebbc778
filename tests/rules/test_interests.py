"""Interests (D8): who acknowledges, what control follows, what stays with HR, and what the public register leaves out."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fieldvisit.declarations import published
from fieldvisit.declarations.interests import (
    NEEDS_LEAVE,
    RANKS,
    TYPES,
    Control,
    Stage,
    State,
    after_acknowledging,
    begins_too_soon,
    is_due,
    may_acknowledge,
    may_be_written_here,
    may_manage,
    may_say_again,
    review_on,
)
from fieldvisit.ground.policy import load_policy

MELTON = load_policy("melton")
WHY = "She is kept away from her brother's home."


def state(type: str = "relative", *, contractor: bool = False, **facts: Any) -> State:
    return State(facts.pop("stage", Stage.DECLARED), type, contractor, **facts)


def heard(type: str = "relative") -> State:
    return state(type, by_manager=True, stage=Stage.ACKNOWLEDGED)


# --- acknowledging ------------------------------------------------------------------------------------------------


def test_a_manager_acknowledges_an_officers_interest():
    assert may_acknowledge(state(), by_declarer=False, role="manager")
    assert after_acknowledging(state(), "manager").stage is Stage.ACKNOWLEDGED


def test_a_contractors_interest_is_acknowledged_by_the_manager_and_by_the_contact_at_the_council():
    once = after_acknowledging(state(contractor=True), "manager")
    assert once.stage is Stage.DECLARED
    assert may_acknowledge(once, by_declarer=False, role="manager").code == "done"
    assert may_acknowledge(once, by_declarer=False, role="contact")
    assert after_acknowledging(once, "contact").stage is Stage.ACKNOWLEDGED
    other_way = after_acknowledging(after_acknowledging(state(contractor=True), "contact"), "manager")
    assert other_way.stage is Stage.ACKNOWLEDGED


def test_an_officer_has_no_contact_at_the_council():
    assert may_acknowledge(state(), by_declarer=False, role="contact").code == "not-needed"


def test_nobody_acknowledges_or_settles_their_own():
    assert may_acknowledge(state(), by_declarer=True, role="manager").code == "own"
    assert may_manage(heard(), Control(homes=1, reason=WHY), by_declarer=True).code == "own"


# --- what follows -------------------------------------------------------------------------------------------------


def test_nothing_follows_before_everybody_who_must_has_read_it():
    assert may_manage(state(), Control(homes=1, reason=WHY), by_declarer=False).code == "not-acknowledged"
    half = state(contractor=True, by_manager=True)
    assert may_manage(half, Control(homes=1, reason=WHY), by_declarer=False).code == "not-acknowledged"


def test_a_control_says_why_and_no_control_says_why_too():
    for control in (Control(homes=1), Control(), Control(firms=1, reason="Ninechars")):
        assert may_manage(heard(), control, by_declarer=False).code == "no-reason"
    assert may_manage(heard(), Control(people=1, reason=WHY), by_declarer=False)
    assert may_manage(heard(), Control(reason=WHY), by_declarer=False)


@pytest.mark.parametrize("type", sorted(NEEDS_LEAVE))
def test_other_work_needs_leave_or_a_refusal_with_its_reason(type):
    assert may_manage(heard(type), Control(reason=WHY), by_declarer=False).code == "no-leave"
    assert may_manage(heard(type), Control(leave="refused"), by_declarer=False).code == "no-reason"
    assert may_manage(heard(type), Control(leave="refused", reason=WHY), by_declarer=False)
    assert may_manage(heard(type), Control(leave="granted", rank="director"), by_declarer=False)


def test_consultancy_needs_leave_from_a_head_of_service_or_above():
    assert (
        may_manage(heard("consultancy"), Control(leave="granted", rank="team_leader"), by_declarer=False).code
        == "no-rank"
    )
    assert all(
        may_manage(heard("consultancy"), Control(leave="granted", rank=rank), by_declarer=False) for rank in RANKS
    )
    assert may_manage(heard("other_work"), Control(leave="granted"), by_declarer=False)


def test_what_has_ended_is_over():
    over = state(stage=Stage.ENDED, by_manager=True)
    for verdict in (
        may_acknowledge(over, by_declarer=False, role="manager"),
        may_manage(over, Control(reason=WHY), by_declarer=False),
        may_say_again(over, by_declarer=True),
    ):
        assert verdict.code == "ended"


def test_only_whoever_declared_it_says_what_has_changed():
    assert may_say_again(heard(), by_declarer=False).code == "not-own"
    assert may_say_again(heard(), by_declarer=True)


# --- days ---------------------------------------------------------------------------------------------------------


def test_an_interest_is_gone_through_again_a_year_after_the_newest_word():
    due = review_on(date(2026, 3, 1), MELTON)
    assert due == date(2027, 3, 1)
    assert [is_due(due, day) for day in (date(2027, 2, 28), date(2027, 3, 1), date(2027, 3, 2))] == [False, True, True]
    assert review_on(date(2028, 2, 29), MELTON) == date(2029, 2, 28)
    assert not is_due(None, date(2027, 3, 1))


def test_work_is_declared_before_it_begins():
    at = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
    days = (date(2026, 12, 7), date(2026, 12, 8), date(2026, 12, 9))
    assert [begins_too_soon(day, at) for day in days] == [True, False, False]
    assert not begins_too_soon(None, at)


# --- what stays with HR (R21) -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["I was convicted in 2019", "my DBS came back", "I have a police caution", "He was Arrested", "charged with theft",
     "a criminal record", "on the barred list", "I got a suspended sentence"],
)  # fmt: skip
def test_criminal_matters_and_dbs_content_are_refused(text):
    verdict = may_be_written_here("My brother lives there", text)
    assert verdict.code == "with-hr"
    assert "HR" in verdict.message


@pytest.mark.parametrize(
    "text",
    ["I sing in the police choir", "I sell caution signs", "My sister is a barrister", "I charge £20 an hour",
     "I am on the board of a football club", "The court is my landlord's tennis court", "offence was never meant", ""],
)  # fmt: skip
def test_ordinary_words_are_not(text):
    assert may_be_written_here(text)


# --- the public register ------------------------------------------------------------------------------------------

SAID = {
    "kind": "gift", "type": "", "reference": "D-7K2M9Q", "sort": "A thing", "who": "A contractor's worker",
    "giver": "A tenant", "firm_name": "", "value_pence": 1250, "month": "2026-12", "stood": "approved_keep",
}  # fmt: skip


@pytest.mark.parametrize("field", sorted(published.LEFT_OUT))
def test_the_public_register_leaves_out(field):
    row = published.public_row(SAID | {field: "CANARY-79"})
    assert row is not None
    assert "CANARY-79" not in str(row)
    assert tuple(row) == published.PUBLISHED
    assert field not in published.PUBLISHED


def test_it_says_what_it_must():
    assert published.public_row(SAID | {"firm_name": "Oakline Repairs"}) == {
        "reference": "D-7K2M9Q", "kind": "Gift", "sort": "A thing", "who": "A contractor's worker", "giver": "A tenant",
        "organisation": "Oakline Repairs", "worth": "£12.50", "offered": "2026-12", "outcome": "Kept, with approval",
    }  # fmt: skip
    assert len(published.HEAD) == len(published.PUBLISHED)


def test_on_a_page_the_month_has_its_name():
    row = published.public_row(SAID)
    assert row and published.for_readers(row) == row | {"offered": "December 2026"}


@pytest.mark.parametrize("stood", ["escalated", "referred", "refused_return", "offered", "declared", "closed"])
def test_nobody_reads_a_case_of_conduct_out_of_it(stood):
    row = published.public_row(SAID | {"stood": stood})
    assert row and row["outcome"] == published.RECORDED


@pytest.mark.parametrize("type", TYPES)
def test_who_somebody_is_related_to_or_votes_for_is_not_the_publics(type):
    row = published.public_row(SAID | {"kind": "interest", "type": type, "value_pence": None})
    assert (row is not None) is (type in published.PUBLIC_TYPES)
    assert not published.PUBLIC_TYPES & {"personal", "political", "relative", "tenant", "other"}


def test_one_person_does_not_acknowledge_for_both():
    once = after_acknowledging(state(contractor=True), "manager")
    assert may_acknowledge(once, by_declarer=False, role="contact", did_other=True).code == "same-hand"
    assert may_acknowledge(once, by_declarer=False, role="contact", did_other=False)
