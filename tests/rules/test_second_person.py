"""What needs two people in a case, and who may be the second: each rule alone, with nothing beside it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldvisit.breaches import case_letters
from fieldvisit.breaches.case_facts import Facts
from fieldvisit.breaches.case_state import Deed, Stage, State, fold
from fieldvisit.breaches.procedure import procedures
from fieldvisit.breaches.two_people import ASKS_WHY, OF_TWO, may
from fieldvisit.ground.policy import load_policy
from tests.rules.test_breach_rules import HEARD, HOUR, LETTER, a_state, facts
from tests.rules.test_case_endings import TOLD, deeds

WHY = {"why": "It is as it was decided."}
RESULT = {"result": "upheld", "how": "page"}


def code(
    state: State, kind: str, by: str, words: dict[str, str] | None = None, given: Facts | None = None, **body
) -> str:
    return may(state, Deed(kind, HEARD + HOUR, by, body), words or {}, given or facts(HEARD + HOUR)).code


def proposed(kind: str, by: str, **body) -> Deed:
    return Deed("proposed", HEARD, by, {"what": kind, **body})


def to_confirm(kind: str) -> tuple[State, str]:
    """A case in which it waits, and who proposed it."""
    match kind:
        case "not_a_breach":
            return fold([*deeds()[:2], proposed(kind, "s")]), "s"
        case "communicated":
            return fold([*deeds(), proposed(kind, "d", how="page")]), "d"
        case "appeal_decided":
            return fold([*deeds(TOLD, Deed("appealed", HEARD, "")), proposed(kind, "a", **RESULT)]), "a"
        case "lifted":
            return fold([*deeds()[:2], Deed("suspended", HEARD, "s"), proposed(kind, "s", how="page")]), "s"
    state = fold(deeds(TOLD, Deed("reporter_told", HEARD, "d", {}), proposed(kind, "d")))
    return replace(state, sanction=""), "d"


def seated(state: State) -> State:
    return replace(state, seats={"screener": "s", "decider": "d", "appeal": "a"})


WORDS = LETTER | WHY | {"reasons": "We looked again."}


@pytest.mark.parametrize("kind", OF_TWO)
def test_another_person_confirms_it_and_nobody_who_is_the_proposer_or_kept_apart(kind: str):
    state, by = to_confirm(kind)
    state = seated(state)
    assert OF_TWO[kind].where in ("Breach case, close", "Council decision, publish", "Badge, restore")
    for step in ("confirmed", "sent_back"):
        assert code(state, step, "x", WORDS, what=kind) == "allowed"
        assert code(state, step, by, WORDS, what=kind) == "own-hand"
        twin = facts(HEARD + HOUR, one_person={"x": frozenset(by)})
        assert code(state, step, "x", WORDS, twin, what=kind) == "own-hand"
        assert code(state, step, "x", WORDS, facts(HEARD + HOUR, apart=frozenset("x")), what=kind) == "apart"
        assert code(state, step, "q", WORDS, what=kind) == "apart", "who reads no cases"
    assert code(state, "sent_back", "x", what=kind) == "no-why"
    assert code(state, "taken_back", by, what=kind) == "allowed"
    assert code(state, "taken_back", "x", what=kind) == "not-yours"
    assert code(state, kind, by, WORDS, **RESULT) == "waits"


@pytest.mark.parametrize("kind", OF_TWO)
def test_once_it_is_done_sent_back_or_taken_back_it_waits_no_longer(kind: str):
    state, by = to_confirm(kind)
    assert [each.what for each in state.waiting] == [kind]
    history = {
        "not_a_breach": deeds()[:2],
        "communicated": deeds(),
        "appeal_decided": deeds(TOLD, Deed("appealed", HEARD, "")),
        "lifted": [*deeds()[:2], Deed("suspended", HEARD, "s")],
        "closed": deeds(TOLD),
    }[kind]
    for end in (Deed(kind, HEARD, by, {"second": "x", **RESULT}), Deed("sent_back", HEARD, "x", {"what": kind}),
                Deed("taken_back", HEARD, by, {"what": kind})):  # fmt: skip
        after = fold([*history, proposed(kind, by), end])
        assert after.waiting == ()
        assert bool(after.returned) is (end.kind == "sent_back")
        assert code(after, "taken_back", by, what=kind) == ("allowed" if after.returned else "moved-on")
        assert fold([*history, proposed(kind, by), end, proposed(kind, by)] if after.returned else []).returned == ()
        assert code(after, "confirmed", "y", WORDS, what=kind) == "moved-on"
        assert "x" in after.involved or end.kind == "taken_back", "whoever confirmed it had a part in the case"


def test_a_suspension_is_one_persons_and_at_once():
    state = seated(fold(deeds()[:2]))
    assert code(state, "suspended", "s", LETTER | {"why": "A key."}, because="safety") == "allowed"
    assert "suspended" not in OF_TWO


@pytest.mark.parametrize("kind", sorted(ASKS_WHY))
def test_whoever_proposes_says_why(kind: str):
    state, by = to_confirm(kind)
    state = replace(state, waiting=())
    assert code(state, kind, by, LETTER, how="page") == "no-why"
    assert code(state, kind, by, LETTER | WHY, how="page") == "allowed"


def test_whoever_decided_what_was_appealed_does_not_confirm_what_became_of_it():
    state = seated(to_confirm("appeal_decided")[0])
    assert code(state, "confirmed", "d", WORDS, what="appeal_decided") == "decided-before"
    assert code(state, "confirmed", "s", WORDS, what="appeal_decided") == "allowed", (
        "or few councils have enough people"
    )
    again = [TOLD, Deed("appealed", HEARD, ""), Deed("appeal_decided", HEARD, "a", RESULT), Deed("appealed", HEARD, "")]
    state = replace(fold(deeds(*again, proposed("appeal_decided", "x", **RESULT))), seats={"appeal": "x"})
    assert [code(state, "confirmed", by, WORDS, what="appeal_decided") for by in "ad"] == ["decided-before", "allowed"]


def test_what_was_right_when_it_was_proposed_must_be_right_when_it_is_confirmed():
    state = seated(to_confirm("closed")[0])
    assert code(replace(state, reporter_told_at=None), "confirmed", "x", WHY, what="closed") == "no-longer"
    state = seated(to_confirm("communicated")[0])
    assert code(replace(state, seats={"decider": "y"}), "confirmed", "x", WORDS, what="communicated") == "no-longer"
    near = facts(HEARD + HOUR, apart=frozenset("d"))
    assert code(state, "confirmed", "x", WORDS, near, what="communicated") == "no-longer"


def test_an_appeal_that_comes_meanwhile_opens_the_case_and_the_closing_falls():
    waits = deeds(TOLD, proposed("closed", "d"))
    assert fold(waits).waiting
    after = fold([*waits, Deed("appealed", HEARD, "")])
    assert (after.stage, after.waiting) == (Stage.APPEAL_REQUESTED, ())


def test_a_case_is_not_closed_while_the_end_of_the_suspension_waits():
    steps = deeds(TOLD, Deed("suspended", HEARD, "s"), Deed("reporter_told", HEARD, "d", {}), proposed("lifted", "s"))
    assert code(replace(fold(steps), sanction=""), "closed", "d", WHY) == "suspended"
    assert fold([*steps, Deed("closed", HEARD, "d")]).waits("lifted"), "as one that was closed before"


def test_the_day_to_appeal_is_counted_from_the_day_on_which_the_letter_leaves():
    state = a_state(Stage.DECIDED, finding="upheld", sanction="verbal_warning")
    about, alliance = case_letters.About("Pia Lund"), load_policy("alliance")
    first = case_letters.first_text("outcome", state, "B-1", about, procedures()["AL"], HEARD, alliance)
    later = HEARD + timedelta(days=3)
    leaves = case_letters.of_the_day(first, state, procedures()["AL"], HEARD, later, alliance)
    assert (
        leaves == case_letters.first_text("outcome", state, "B-1", about, procedures()["AL"], later, alliance) != first
    )


def test_the_end_of_a_suspension_says_nothing_of_other_reasons_for_a_dark_badge():
    for kind, letter, finding in (
        ("person", "lifted", ""),
        ("involved", "lifted", ""),
        ("person", "outcome", "not_upheld"),
    ):
        state = a_state(Stage.DECIDED, suspended=True, subject_kind=kind, finding=finding)
        text = case_letters.first_text(letter, state, "B-1", case_letters.About("Pia Lund"), procedures()["AL"], HEARD,
                                       load_policy("alliance"))  # fmt: skip
        assert "under this reference has ended" in text and "that letter still holds" in text
        assert "badge works again" not in text and "another case" not in text.lower()
