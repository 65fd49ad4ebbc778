"""A case comes to an end whatever becomes of its appeal; no letter goes out unfinished; one person decides once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldvisit.breaches.case_state import ANSWERS, Deed, Stage, fold, not_before
from tests.rules.test_breach_rules import HEARD, HOUR, LETTER, a_state, code, facts

DUE = [{"id": "1", "due_on": "2027-06-01"}]


def deeds(*more: Deed) -> list[Deed]:
    body = {"document": "AL", "ladder": "regular", "clauses": ["AL-2.1"]}
    first = [
        Deed("reported", HEARD, "", {}), Deed("screened", HEARD, "s", body), Deed("notified", HEARD, "s"),
        Deed("notice_given", HEARD, "s", {"answer_by": "2027-05-10"}), Deed("answered", HEARD, ""),
        Deed("decided", HEARD, "d", {"finding": "upheld", "sanction": "verbal_warning"}),
    ]  # fmt: skip
    return [*first, *more]


def an_appeal(result: str, by: str = "a") -> list[Deed]:
    return [Deed("appealed", HEARD, ""), Deed("appeal_decided", HEARD, by, {"result": result, "how": "page"})]


TOLD, ACTIONS = Deed("communicated", HEARD, "d", {"how": "page"}), Deed("actions", HEARD, "d", {"list": DUE})


def test_actions_that_were_set_before_an_appeal_can_still_be_done_and_the_case_closed():
    state = fold(deeds(TOLD, ACTIONS, *an_appeal("upheld"), Deed("reporter_told", HEARD, "d", {})))
    assert code(state, "closed", "d") == "actions-open"
    assert code(state, "action_done", "d", id="1") == "allowed"
    assert code(fold(deeds(TOLD, ACTIONS, Deed("appealed", HEARD, ""))), "action_done", "d", id="1") == "allowed"


def test_a_decision_that_falls_takes_its_actions_with_it():
    state = fold(deeds(TOLD, ACTIONS, *an_appeal("quashed"), Deed("reporter_told", HEARD, "d", {})))
    assert (state.actions, code(state, "closed", "d")) == ((), "allowed")
    done = [TOLD, ACTIONS, Deed("action_done", HEARD, "d", {"id": "1"}), *an_appeal("quashed")]
    assert len(fold(deeds(*done)).actions) == 1
    assert code(state, "appealed", "", {"appeal": "Why?"}) == "no-appeal"


def test_whoever_decided_anything_before_decides_no_appeal():
    again = replace(fold(deeds(TOLD, *an_appeal("upheld"), Deed("appealed", HEARD, ""))), seats={"appeal": "a"})
    words = LETTER | {"reasons": "We looked again."}
    assert again.deciders == frozenset("sda")
    assert code(again, "appeal_decided", "a", words, result="upheld") == "decided-before"
    other = replace(again, seats={"appeal": "x"})
    assert code(other, "appeal_decided", "x", words, result="upheld") == "allowed"
    twin = facts(HEARD + HOUR, one_person={"x": frozenset("s")})
    assert code(other, "appeal_decided", "x", words, given=twin, result="upheld") == "decided-before"


def test_two_accounts_of_one_person_are_one_person():
    twins = facts(HEARD + HOUR, one_person={"y": frozenset("s"), "s": frozenset("y")})
    state = a_state(Stage.INVESTIGATING)
    for given, said in ((twins, "same-person"), (None, "allowed")):
        assert code(state, "seated", "x", given=given, part="decider", person="y") == said
    assert code(state, "seated", "s", given=twins, part="investigator", person="y") == "own-hand"
    before = replace(state, involved=frozenset("s"), seats={})
    assert code(before, "seated", "x", given=twins, part="appeal", person="y") == "involved-before"
    decides = replace(state, seats={"screener": "s", "decider": "y"})
    assert code(decides, "decided", "y", given=twins) == "same-person"
    unknown = a_state(Stage.REPORTED, subject_id="")
    assert code(unknown, "identified", "s", given=twins, subject_kind="person", subject="y") == "own-case"


@pytest.mark.parametrize("kind", ["suspended", "lifted", "told_cih", "told_firm", "communicated"])
def test_no_letter_goes_out_unfinished(kind: str):
    stage = Stage.DECIDED if kind == "communicated" else Stage.COMMUNICATED
    state = a_state(stage, clauses=("HS-3.1.8",), finding="upheld", suspended=kind == "lifted", notified_at=HEARD)
    firm = facts(HEARD + HOUR, of_a_firm=True)
    for letter, said in (("", "no-letter"), ("It is [say why].", "unfinished"), ("It is done.", "allowed")):
        words = {"why": "Keys.", "letter": letter}
        assert code(state, kind, "d", words, given=firm, because="safety", member=True) == said


@pytest.mark.parametrize(
    ("more", "member", "said"),
    [
        ({}, True, "allowed"),
        ({}, False, "no-member"),
        ({"finding": "not_upheld"}, True, "no-finding"),
        ({"clauses": ("AL-2.1",)}, True, "not-theirs"),
    ],
)
def test_the_cih_is_told_only_of_its_member_and_of_what_was_found(more, member, said):
    state = a_state(Stage.COMMUNICATED, **({"clauses": ("HS-3.1.8", "AL-2.1"), "finding": "upheld"} | more))
    assert code(state, "told_cih", "d", LETTER, member=member) == said
    fallen = fold(deeds(TOLD, *an_appeal("quashed")))
    assert code(replace(fallen, clauses=("HS-3.1.8",)), "told_cih", "d", LETTER, member=True) == "no-finding"


def test_clauses_and_presets_that_nobody_wrote_are_refused():
    state = replace(a_state(Stage.REPORTED), screened_at=None)
    body = {"document": "AL", "ladder": "regular", "coordinates": False}
    assert code(state, "screened", "s", clauses=["AL-2.1"], **body) == "allowed"
    assert code(state, "screened", "s", clauses=["AL-99.1", "AL-2.1"], **body) == "no-clause"
    assert code(state, "screened", "s", {"why": "x"}, clauses=["AL-2.1"], preset="made_up", **body) == "no-preset"


def test_what_is_recorded_late_is_never_before_what_it_answers_and_a_note_is_no_bar():
    later = HEARD + timedelta(days=3)
    done = deeds(TOLD, Deed("note", later, "d"))
    assert [not_before(done, kind) for kind in ("appealed", "reporter_told", "vote")] == [HEARD] * 3
    assert not_before(done, "closed") == later
    assert all(not_before(deeds(), kind) == HEARD for kind in ANSWERS)


def test_the_days_to_appeal_begin_when_the_letter_was_had():
    later = HEARD + timedelta(days=3)
    for how in ("post", "handed"):
        waits = fold(deeds(Deed("communicated", HEARD, "d", {"how": how})))
        assert (waits.outcome_waits, waits.appeal_from, waits.communicated_at) == (True, None, None)
        for kind in ("closed", "reporter_told", "actions"):
            assert code(replace(waits, seats={"decider": "d"}), kind, "d", list=DUE) == "outcome-waits"
        assert code(waits, "outcome_given", "d") == "allowed"
        had = fold(deeds(Deed("communicated", HEARD, "d", {"how": how}), Deed("outcome_given", later, "d")))
        assert (had.outcome_waits, had.appeal_from, had.communicated_at) == (False, later, later)
        assert code(had, "outcome_given", "d", at=later) == "nothing-waits"
    at_once = fold(deeds(TOLD))
    assert (at_once.outcome_waits, at_once.appeal_from) == (False, HEARD)
