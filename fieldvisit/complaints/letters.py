"""The letters of a complaint: what each must say, what is missing, and the text that is made of it. Pure.

A letter is made of its parts and of nothing else, so that one whose list is complete says all that it must (B3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fieldvisit.complaints.clocks import OF_STAGE
from fieldvisit.complaints.state import LETTERS, State
from fieldvisit.complaints.words import ACTION_OWNED, OUTCOMES_SAID, REMEDIES
from fieldvisit.ground.clock import end_of_london_day, london_date, say_date
from fieldvisit.ground.deadlines import due
from fieldvisit.ground.policy import Policy

OMBUDSMAN = "housing-ombudsman"

# What each part is, on the page's list. The order of a letter's parts is the letter's own.
PARTS = {
    "definition": "The complaint, as we understand it",
    "outcomes": "What the tenant wants to come of it",
    "responsible": "What we answer for here, and what we do not",
    "handler": "Who looks into it",
    "answer_by": "By when we answer",
    "ground": "On which ground it is not accepted",
    "reasons": "The reasons",
    "extension": "Why we need longer",
    "until": "The new day of our answer",
    "stage": "Which stage this is",
    "points": "An answer to each point",
    "decision": "The decision",
    "remedy": "What we do to put it right",
    "actions": "What is still to be done, by whom and by when",
    "escalate": "How to go to stage 2",
    "final": "That this is our final answer",
    "ombudsman": "How to go to the Housing Ombudsman",
}
CONTENT: Mapping[str, tuple[str, ...]] = {
    "ack1": ("definition", "outcomes", "responsible", "handler", "answer_by", "ombudsman"),
    "refusal": ("definition", "ground", "reasons", "ombudsman"),
    "extension1": ("extension", "until", "ombudsman"),
    "answer1": ("stage", "definition", "points", "decision", "reasons", "remedy", "actions", "escalate", "ombudsman"),
    "ack2": ("stage", "definition", "handler", "answer_by", "ombudsman"),
    "extension2": ("extension", "until", "ombudsman"),
    "answer2": ("stage", "definition", "points", "decision", "reasons", "remedy", "actions", "final", "ombudsman"),
}
HEADINGS = {
    "definition": "Your complaint",
    "outcomes": "What you want to come of it",
    "responsible": "What we answer for",
    "handler": "Who looks into it, and by when",
    "ground": "Why we do not look into it",
    "reasons": "Why",
    "extension": "Why we need longer",
    "until": "When you have our answer",
    "points": "What you said, and what we found",
    "decision": "What we decided",
    "remedy": "What we do to put it right",
    "actions": "What is still to be done",
    "escalate": "If you do not agree",
    "final": "Our last word",
    "ombudsman": "The Housing Ombudsman",
}
SET_AS_HEADINGS = frozenset(HEADINGS.values())
_OPENING = {
    "ack1": "Thank you for telling us. We have written down your complaint and we look into it now.",
    "refusal": "You told us about something that went wrong. We cannot look into it as a complaint, and this is why.",
    "extension1": "We look into your complaint and need longer for it than we said. We are sorry.",
    "answer1": "We have looked into your complaint. This is our answer.",
    "ack2": "You asked us to look at your complaint once more. We do. You need not say why.",
    "extension2": "We look at your complaint once more and need longer for it than we said. We are sorry.",
    "answer2": "We have looked at your complaint once more. This is our answer.",
}


SUBJECTS = {
    "ack1": "We have your complaint",
    "refusal": "Why we do not look into this as a complaint",
    "extension1": "We need longer for your complaint",
    "answer1": "Our answer to your complaint",
    "ack2": "We look at your complaint once more",
    "extension2": "We need longer for your complaint",
    "answer2": "Our final answer to your complaint",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a letter is made of. said: the newest words of each field, with what is typed now over them. points: number ->
    (what was said, our answer). people: id -> name. address: of the home, or empty. today, until: London dates. to: whom it
    is written to, or empty where nobody said."""

    ref: str
    said: Mapping[str, str]
    points: Mapping[int, str]
    answers: Mapping[int, str]
    people: Mapping[str, str]
    address: str
    today: date
    actions: Mapping[int, str]
    until: date | None = None
    ground: str = ""
    to: str = ""


def parts_of(letter: str, state: State, facts: Facts, policy: Policy) -> dict[str, str]:
    """Every part of this letter; one that is missing is empty."""
    return {part: _part(part, letter, state, facts, policy).strip() for part in CONTENT[letter]}


def missing(parts: Mapping[str, str]) -> tuple[str, ...]:
    """The codes of PARTS that the letter does not say yet, in its order."""
    return tuple(part for part, text in parts.items() if not text)


def subject_of(letter: str, ref: str, policy: Policy, how: str) -> str:
    """On paper it says what the letter is, to whomever it is. That of an e-mail is read over a shoulder: it names no complaint,
    and goes to nobody but a tenant."""
    return (
        f"About your home, {ref}, from {policy.council.name}"
        if how == "email"
        else SUBJECTS.get(letter, "Your complaint")
    )


def text_of(letter: str, parts: Mapping[str, str], facts: Facts, policy: Policy) -> str:
    lines = [f"Our reference: {facts.ref}"]
    if facts.address:
        lines.append(f"About: {facts.address}")
    lines += ["", f"Dear {facts.to},"] if facts.to else []
    lines += ["", _OPENING[letter]]
    for part, text in parts.items():
        if text:
            heading = HEADINGS.get(part)
            lines += ["", heading, text] if heading else ["", text]
    lines += ["", f"You can ring us on {policy.council.office_line.value}. Please give our reference, {facts.ref}."]
    return "\n".join(lines)


# --- the parts ----------------------------------------------------------------------------------------------------


def _part(part: str, letter: str, state: State, facts: Facts, policy: Policy) -> str:
    process = LETTERS[letter]
    match part:
        case "definition" | "outcomes" | "responsible":
            return facts.said.get(part, "")
        case "extension":
            return facts.said.get(f"reason{process}", "")
        case "reasons":
            return facts.said.get("refused" if letter == "refusal" else f"reasons{process}", "")
        case "remedy":
            return _remedy(state, process, facts)
        case "handler":
            name = facts.people.get(state.handlers.get(process, ""), "")
            return f"{name} looks into it." if name else ""
        case "answer_by":
            return _answer_by(process, facts, policy)
        case "until":
            return f"You have our answer by {say_date(facts.until)}." if facts.until else ""
        case "ground":
            return next((one.label + "." for one in policy.complaint.grounds if one.code == facts.ground), "")
        case "stage":
            return f"This is stage {process} of the two stages of our complaints process."
        case "points":
            return _points(state, process, facts)
        case "decision":
            return OUTCOMES_SAID.get(state.outcomes.get(process, ""), "")
        case "actions":
            return _actions(state, process, facts)
        case "escalate":
            return (
                f"Ring us on {policy.council.office_line.value} or write to us, and ask for stage 2. You need not give "
                "a reason. Somebody else, who had no part in this answer, then looks at it."
            )
        case "final":
            return "This is our final answer. Our complaints process ends here."
    return ombudsman(letter, policy)


def ombudsman(letter: str, policy: Policy) -> str:
    """Empty where nobody can be told how to reach it: then the letter does not leave."""
    ways = policy.contact(OMBUDSMAN).ways
    if not ways:
        return ""
    said = "You can ask the Housing Ombudsman for advice at any time. It is independent of us and costs nothing."
    if letter == "answer2":
        said = (
            "If you are not content with our final answer, you can ask the Housing Ombudsman to look into it, within 12 "
            "months of this letter. It is independent of us and costs nothing. It takes new cases by the form on its website."
        )
    elif letter == "refusal":
        said = (
            "If you do not agree that we turn this away, you can ask the Housing Ombudsman, which may tell us to look into "
            "it. It is independent of us and costs nothing. It takes new cases by the form on its website."
        )
    return " ".join([said, *ways])


def _answer_by(process: int, facts: Facts, policy: Policy) -> str:
    """Counted as if the letter went today: it counts from the day on which it does (DR-9, DR-11)."""
    answer = due(OF_STAGE[process], end_of_london_day(facts.today), policy=policy)
    return f"You have our answer by {say_date(london_date(answer.due))}." if answer.due else ""


def _points(state: State, process: int, facts: Facts) -> str:
    """Empty unless each point has an answer and a finding."""
    found = []
    for number in range(1, state.points + 1):
        answer, finding = facts.answers.get(number, ""), state.answers.get(process, {}).get(str(number), "")
        if not (answer and finding):
            return ""
        found.append(f"{number}. {facts.points.get(number, '')}\n{OUTCOMES_SAID[finding]} {answer}")
    return "\n\n".join(found)  # each point stands by itself


def _remedy(state: State, process: int, facts: Facts) -> str:
    said, codes = facts.said.get(f"remedy{process}", ""), state.remedies.get(process, ())
    if not (said and codes):
        return ""
    named = [REMEDIES[code] for code in codes if code != "none"]
    return " ".join([*(f"{one}." for one in named), said])


def _actions(state: State, process: int, facts: Facts) -> str:
    """Once a decision is there, a list of what it promised, or that there is nothing."""
    if process not in state.outcomes:
        return ""
    open_ones = state.outstanding
    if not open_ones:
        return "Nothing is still to be done."
    return "\n".join(
        f"{facts.actions.get(one.number, '')} {ACTION_OWNED.format(who=facts.people.get(one.owner, 'We'), day=say_date(one.due))}"
        for one in open_ones
    )
