"""What the letters of a case say beside the decision: a step that was left out, a part that stops, and its end."""

from dataclasses import replace

import pytest

from fieldvisit.breaches import case_letters
from fieldvisit.breaches.case_letters import About
from fieldvisit.breaches.case_state import Appeal, Stage, State
from fieldvisit.breaches.procedure import DOCUMENTS, procedures
from fieldvisit.ground.policy import load_policy
from tests.rules.test_breach_rules import HEARD

MELTON = load_policy("melton")
PIA = About("Pia Lund", "", "your personal link")
PART = State(
    stage=Stage.DECIDED, document="MR", ladder="adhere", clauses=("MR-3.2",), subject_kind="involved", subject_id="p",
    finding="upheld", sanction="removal",
)  # fmt: skip
STOPS = "You do not take part from the day on which you have this letter."
LEFT_OUT = "We left it out: [say why]. The Resident Engagement Team Leader confirmed it"
NOT_A_FINDING = "It was not a finding"


def text(letter: str, state: State) -> str:
    return case_letters.first_text(letter, state, "B-7K2M9Q4TX", PIA, procedures()[state.document], HEARD, MELTON)


def test_a_step_that_was_left_out_is_said_with_who_confirmed_it():
    assert LEFT_OUT in text("outcome", replace(PART, skipped=True)) and "left it out" not in text("outcome", PART)


@pytest.mark.parametrize(
    ("sanction", "says"), [("removal", True), ("suspension", True), ("written_warning", False), ("", False)]
)
def test_a_sanction_that_stops_their_part_says_so(sanction: str, says: bool):
    assert (STOPS in text("outcome", replace(PART, sanction=sanction))) is says
    appealed = replace(PART, sanction=sanction, appeals=(Appeal(0, HEARD),))
    assert ("Taking part: [say" in text("appeal_outcome", appealed)) is says


def test_the_end_of_a_suspension_that_was_decided_is_not_said_to_be_no_finding():
    told = replace(PART, sanction="suspension", communicated_at=HEARD)
    assert NOT_A_FINDING not in text("lifted", told)
    assert NOT_A_FINDING in text("lifted", replace(PART, finding="", sanction=""))
    assert NOT_A_FINDING in text("lifted", replace(told, finding="not_upheld"))


def test_the_sanctions_that_stop_a_part_are_those_of_the_two_codes_of_involved_people():
    found = {code: {one.code: one.stops for one in procedures()[code].sanctions if one.stops} for code in DOCUMENTS}
    stops = {"suspension": "paused", "removal": "ended"}
    assert found == {"ME": {}, "MR": stops, "MO": {}, "AL": stops, "HS": {}}
