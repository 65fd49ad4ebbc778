"""What must be there before a complaint is answered, turned away or closed, and what each letter must say."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from fieldvisit.complaints import letters, rules
from fieldvisit.complaints.state import LETTERS, Stage, State
from tests.rules.complaints import (
    ACK1,
    ACK2,
    ANNA,
    ANSWER1,
    ANSWER2,
    AT_STAGE_2,
    CLEO,
    ESCALATED,
    HANDLER2,
    HANDS,
    LOGGED,
    PATH,
    POLICY,
    WORDS,
    decided,
    letter,
    may,
    state,
)  # fmt: skip

# --- what must be there -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", ["", "too-busy", "over-12-months"])
def test_it_is_turned_away_on_a_ground_of_the_list_alone(ground: str) -> None:
    assert letter(state(), "refusal", ground=ground) == ("allowed" if ground == "over-12-months" else "no-ground")


def test_each_point_is_answered() -> None:
    found = state(LOGGED, ACK1)
    assert may(found, *decided()) == "allowed"
    assert may(found, *decided(answers={"1": "upheld"})) == "unanswered"
    assert may(found, *decided(), **{"answer:2": "  "}) == "unanswered"
    assert may(found, *decided(), reasons1="No.") == "no-reasons"
    assert may(found, *decided(), remedy1="") == "no-remedy"


@pytest.mark.parametrize(
    ("one", "two", "whole"),
    [
        ("upheld", "upheld", "upheld"),
        ("upheld", "not_upheld", "partly_upheld"),
        ("not_upheld", "not_upheld", "not_upheld"),
    ],
)
def test_the_whole_says_what_its_points_say(one: str, two: str, whole: str) -> None:
    for outcome in ("upheld", "partly_upheld", "not_upheld"):
        said = may(state(LOGGED, ACK1), *decided(answers={"1": one, "2": two}, outcome=outcome))
        assert said == ("allowed" if outcome == whole else "not-the-sum")


def test_it_is_closed_when_promises_are_kept_and_something_was_learned() -> None:
    promised = ("action", {"owner": ANNA, "due": "2027-07-01"})
    found = state(LOGGED, ACK1, decided(), promised, ANSWER1)
    assert found.stage is Stage.ACTIONS_OUTSTANDING
    assert may(found, "closed", {}) == "outstanding"
    kept = state(LOGGED, ACK1, decided(), promised, ANSWER1, ("action_done", {"number": 1}))
    assert may(kept, "closed", {}) == "nothing-learned"
    kept.learned = True
    assert may(kept, "closed", {}) == "allowed"
    assert may(kept, "action_done", {"number": 1}) == "no-such-promise"


def test_while_something_is_promised_they_are_told_how_it_stands() -> None:
    promised = ("action", {"owner": ANNA, "due": "2027-07-01"})
    found = state(LOGGED, ACK1, decided(), promised, ANSWER1)
    assert may(found, "updated", {}, told="Rang: the boiler comes on Friday.") == "allowed"
    assert may(found, "updated", {}, told="Rang.") == "no-told"
    kept = state(LOGGED, ACK1, decided(), promised, ANSWER1, ("action_done", {"number": 1}))
    assert may(kept, "updated", {}, told="Rang: the boiler is there.") == "nothing-owed"


def test_what_stage_1_taught_does_not_close_stage_2() -> None:
    found = state(*PATH["closed"], ESCALATED, HANDLER2, ACK2, decided(2), ANSWER2)
    assert may(found, "closed", {}) == "nothing-learned"


def test_nobody_loses_stage_2_by_our_closing_the_case() -> None:
    found = state(*PATH["closed"], ESCALATED)
    assert found.stage is Stage.STAGE2_REQUESTED
    assert found.open


@pytest.mark.parametrize(("seen", "said"), [(2, "changed"), (3, "allowed"), (4, "changed")])
def test_a_form_that_was_made_before_anothers_step_is_told_so(seen: int, said: str) -> None:
    assert rules.unchanged(seen, 3).code == said


# --- letters ------------------------------------------------------------------------------------------------------


def facts(**said: Any) -> letters.Facts:
    words = {
        "definition": "Nobody came.", "outcomes": "A new day.", "responsible": "Our repairs, not the gas network.",
        "refused": "It was in 2024.", "reason1": "The surveyor is ill.", "reason2": "The surveyor is ill.",
    }  # fmt: skip
    return letters.Facts(
        ref="M-TEST", said=words | WORDS, points={1: "Nobody came", 2: "Nobody rang"}, answers={1: "True.", 2: "He did."},
        people={ANNA: "Anna Bell", CLEO: "Cleo Hunt"}, address="1 Larch Close", today=date(2027, 5, 26),
        actions={1: "A new boiler is fitted."}, until=date(2027, 6, 24), ground="over-12-months", **said,
    )  # fmt: skip


def complete(which: str) -> tuple[State, letters.Facts]:
    return state(*AT_STAGE_2, decided(2)) if LETTERS[which] == 2 else state(LOGGED, ACK1, decided()), facts()


@pytest.mark.parametrize("which", LETTERS)
def test_each_letter_says_all_that_it_must_and_names_what_it_lacks(which: str) -> None:
    found, said = complete(which)
    parts = letters.parts_of(which, found, said, POLICY)
    assert letters.missing(parts) == ()
    text = letters.text_of(which, parts, said, POLICY)
    for part in letters.CONTENT[which]:
        assert parts[part] in text
        lacking = letters.missing(parts | {part: ""})
        assert lacking == (part,)
        assert letter(state(LOGGED), "ack1", replace(HANDS, missing=lacking)) == "incomplete"


def test_the_first_answer_says_how_to_escalate_and_the_last_that_it_is_the_last() -> None:
    first, last = (letters.CONTENT[which] for which in ("answer1", "answer2"))
    assert {"stage", "definition", "points", "decision", "reasons", "remedy", "actions", "escalate"} <= set(first)
    assert "escalate" not in last
    assert {"final", "ombudsman"} <= set(last)


def test_the_ombudsmans_number_is_not_printed_until_somebody_has_confirmed_it() -> None:
    unread = replace(POLICY, contacts=(replace(POLICY.contact("housing-ombudsman"), confirmed=False),))
    for which in LETTERS:
        found, said = complete(which)
        text = letters.text_of(which, letters.parts_of(which, found, said, POLICY), said, POLICY)
        assert "Telephone: 0300 111 3000." in text and "PO Box 1484" in text
        assert "0300" not in letters.text_of(which, letters.parts_of(which, found, said, unread), said, unread)


@pytest.mark.parametrize("which", LETTERS)
def test_each_letter_names_the_ombudsman_and_where_it_is_found_or_does_not_leave(which: str) -> None:
    found, said = complete(which)
    text = letters.text_of(which, letters.parts_of(which, found, said, POLICY), said, POLICY)
    assert "Housing Ombudsman" in text and "Its website is www.housing-ombudsman.org.uk." in text
    known = POLICY.contact("housing-ombudsman")
    nowhere = replace(POLICY, contacts=(replace(known, web="", confirmed=False),))
    assert letters.missing(letters.parts_of(which, found, said, nowhere)) == ("ombudsman",)


def test_a_point_without_an_answer_leaves_the_whole_part_missing() -> None:
    found, said = complete("answer1")
    assert "points" in letters.missing(letters.parts_of("answer1", found, replace(said, answers={1: "True."}), POLICY))


def test_what_was_promised_stands_in_the_answer_with_who_and_by_when() -> None:
    found = state(LOGGED, ACK1, decided(), ("action", {"owner": ANNA, "due": "2027-07-01"}))
    said = letters.parts_of("answer1", found, facts(), POLICY)["actions"]
    assert said == "A new boiler is fitted. Anna Bell sees to it by Thursday 1 July 2027."


@pytest.mark.parametrize("letter", LETTERS)
def test_the_subject_of_an_e_mail_names_no_complaint_and_a_letters_says_what_it_is(letter: str) -> None:
    """To a neighbour as well, whose home it is not about."""
    assert "omplain" not in letters.subject_of(letter, "M-TEST", POLICY, "email")
    on_paper = letters.subject_of(letter, "M-TEST", POLICY, "letter_first_class")
    assert "your home" not in on_paper and "complain" in on_paper


@pytest.mark.parametrize("letter", LETTERS)
def test_each_heading_of_a_letter_is_set_as_one(letter: str) -> None:
    found, said = complete(letter)
    text = letters.text_of(letter, letters.parts_of(letter, found, said, POLICY), said, POLICY)
    first_lines = {part.split("\n")[0] for part in text.split("\n\n") if "\n" in part}
    wanted = {letters.HEADINGS[part] for part in letters.CONTENT[letter] if part in letters.HEADINGS}
    assert wanted <= first_lines & letters.SET_AS_HEADINGS
