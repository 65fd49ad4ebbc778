"""What is offered in a case comes from the code's own row: a vote, a suspension at once, what follows, and its end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldvisit.breaches import case_clocks, case_letters
from fieldvisit.breaches.case_rules import drafts_alone, is_at_once, is_voted_on, may
from fieldvisit.breaches.case_state import Deed, Stage
from fieldvisit.breaches.decision_rules import may_be_closed
from fieldvisit.breaches.procedure import DOCUMENTS, procedures
from fieldvisit.ground.policy import load_policy
from tests.rules.test_breach_rules import HEARD, HOUR, LETTER, a_state, code, facts
from tests.rules.test_case_letters import PART, PIA, text

ROWS = [(document, ladder.name) for document in DOCUMENTS for ladder in procedures()[document].ladders]
DECIDED = {"reasons": "You said so yourself", "considered": "A talk was too little.", "learning": "Nothing new."}


@pytest.mark.parametrize(("document", "ladder"), ROWS)
def test_a_vote_and_a_suspension_at_once_are_for_the_rows_that_say_so(document: str, ladder: str):
    state = a_state(Stage.SCREENED, document=document, ladder=ladder)
    assert is_voted_on(state) is ((document, ladder) == ("AL", "meeting"))
    votes = code(state, "vote", "s", **{"for": 3, "against": 1, "abstain": 0})
    assert votes == ("allowed" if is_voted_on(state) else "no-vote")
    assert is_at_once(state) is (document == "MR" and ladder in ("arrears", "anti_social", "tenancy"))
    words = LETTER | {"why": "It cannot wait."}
    at_once = code(state, "suspended", "s", words, because="at_once")
    assert at_once == ("allowed" if is_at_once(state) else "not-serious")
    serious = code(replace(state, preset="very_serious"), "suspended", "s", words, because="at_once")
    assert serious == at_once, "a reason that the code does not give is none, whatever else is so"
    assert code(state, "suspended", "s", words, because="safety") == "allowed"


def test_what_follows_is_chosen_and_nothing_more_is_an_answer():
    state = a_state(Stage.INVESTIGATING, document="ME", ladder="conduct", clauses=("ME-2d",))
    body = {"finding": "upheld", "considered": ["apology", "training"]}
    assert code(state, "decided", "d", DECIDED, **body, sanction=None) == "sanction"
    assert code(state, "decided", "d", DECIDED, **body, sanction="") == "allowed"
    assert code(state, "decided", "d", DECIDED, **body, sanction="training") == "allowed"


def test_where_only_drafts_bound_the_person_the_refusal_says_what_to_do():
    at = HEARD + HOUR
    assert drafts_alone(facts(at)) == "" == drafts_alone(facts(at, binding={}))
    drafts = facts(at, binding={"MR": "draft"})
    assert "MR is a draft" in drafts_alone(drafts) and "close this as no breach" in drafts_alone(drafts)
    state = replace(a_state(Stage.REPORTED), screened_at=None)
    body = {"document": "MR", "clauses": ["MR-4c"], "ladder": "confidentiality"}
    assert code(state, "screened", "s", given=drafts, **body) == "draft-alone"
    said = may(state, Deed("screened", at, "s", body), {}, drafts).message
    assert said == drafts_alone(drafts), "and does not ask for a clause that is not there"


def test_what_comes_before_closing():
    told = a_state(
        Stage.COMMUNICATED, finding="upheld", sanction="removal", communicated_at=HEARD, reporter_told_at=HEARD
    )
    assert may_be_closed(told).code == "no-actions" and may_be_closed(replace(told, sanction=""))
    assert may_be_closed(replace(told, sanction="", reporter_told_at=None)).code == "reporter"
    assert may_be_closed(replace(told, sanction="", outcome_waits=True)).code == "outcome-waits"


def test_the_list_says_until_when_it_waits_for_the_person():
    policy, panel = load_policy("alliance"), procedures()["AL"]
    waits = a_state(Stage.AWAITING_RESPONSE, notified_at=HEARD)
    found = case_clocks.is_theirs(waits, panel, policy)
    assert found and found.due == case_clocks.response_due(waits, panel, policy)
    told = a_state(Stage.COMMUNICATED, finding="upheld", sanction="aware_warned", appeal_from=HEARD, notified_at=HEARD)
    found = case_clocks.is_theirs(told, panel, policy)
    assert found and (found.name, found.due) == ("appeal", case_clocks.appeal_due(told, panel, policy))
    assert case_clocks.is_theirs(replace(told, stage=Stage.APPEAL_REQUESTED), panel, policy) is None
    assert case_clocks.is_theirs(replace(waits, stage=Stage.INVESTIGATING), panel, policy) is None
    assert case_clocks.is_theirs(waits, panel, policy).due > HEARD + timedelta(days=1)  # type: ignore[union-attr]


def test_the_letter_of_the_outcome_says_what_was_written_down_with_the_decision_and_asks_for_it_no_second_time():
    state = replace(PART, skipped=True)
    decided = DECIDED | {"skip_why": "It was racist abuse"}
    made = case_letters.first_text(
        "outcome", state, "B-7K2M9Q4TX", PIA, procedures()["MR"], HEARD, load_policy("melton"), decided
    )
    assert "[say" not in made and "Why: You said so yourself.\n" in made
    learned, left_out = "What we learned from it: Nothing new.", "We left it out: It was racist abuse. The"
    for part in ("What we considered: A talk was too little.", learned, left_out):
        assert part in made and ".." not in made
    nothing = case_letters.first_text(
        "outcome",
        replace(PART, sanction=""),
        "B-7K2M9Q4TX",
        PIA,
        procedures()["MR"],
        HEARD,
        load_policy("melton"),
        DECIDED,
    )
    assert "nothing more. What we considered: A talk was too little." in nothing and "[say" not in nothing
    assert "[say the reasons]" in text("outcome", PART), "without them it still asks"


def test_the_notice_says_which_link_is_meant():
    said = text("notice", PART)
    assert (
        "Your personal link is the address that we gave you" in said
        and "ring 01664 502 502: we give you a new one" in said
    )
