"""The codes of a complaint in words, for its pages and its letters."""

from collections.abc import Mapping
from datetime import datetime, time

from fieldvisit.ground.clock import in_london, say_date, say_time

STAGES = {
    "received": "Received",
    "logged": "Written down",
    "acknowledged": "The acknowledgement is on its way",
    "stage1_open": "Stage 1",
    "stage1_extended": "Stage 1, extended",
    "stage1_answered": "Answered at stage 1",
    "stage2_requested": "Stage 2 asked for",
    "stage2_acknowledged": "The acknowledgement of stage 2 is on its way",
    "stage2_open": "Stage 2",
    "stage2_extended": "Stage 2, extended",
    "stage2_answered": "Answered at stage 2",
    "actions_outstanding": "Answered, promises open",
    "closed": "Closed",
    "not_accepted": "Not accepted",
}
# How a stage looks: the tone and the sign of `ui/tags.html`.
TONES = {
    "received": ("warn", "warn"),
    "logged": ("warn", "warn"),
    "stage2_requested": ("warn", "warn"),
    "stage1_answered": ("good", "tick"),
    "stage2_answered": ("good", "tick"),
    "closed": ("quiet", "tick"),
    "not_accepted": ("quiet", "cross"),
}
CHANNELS = {
    "phone": "By telephone",
    "door": "To somebody at the door",
    "form": "On our form, or the page of the visit",
    "letter": "By letter",
    "email": "By e-mail",
    "social": "On social media",
    "representative": "By somebody who speaks for them",
}
THEMES = {
    "repairs": "A repair",
    "visit": "How a visit was announced or carried out",
    "staff": "How somebody behaved",
    "communication": "That we did not answer or tell them",
    "damp": "Damp, mould or another hazard",
    "neighbours": "Neighbours",
    "charges": "Rent or charges",
    "other": "Something else",
}
NO_THEME = "Not written down yet"
OUTCOMES = {"upheld": "Upheld", "partly_upheld": "Partly upheld", "not_upheld": "Not upheld"}
OUTCOMES_SAID = {
    "upheld": "You are right: we uphold this.",
    "partly_upheld": "You are right in part: we uphold this in part.",
    "not_upheld": "We do not uphold this.",
}
REMEDIES = {
    "apology": "We apologise",
    "work": "We carry out work",
    "money": "We pay money",
    "change": "We change how we work",
    "explanation": "We explain what happened",
    "none": "Nothing is needed to put it right",
}
ACTION_OWNED = "{who} sees to it by {day}."
LETTERS = {
    "ack1": "Acknowledgement",
    "refusal": "Letter that it is not accepted",
    "extension1": "Letter that we need longer, stage 1",
    "answer1": "Answer at stage 1",
    "ack2": "Acknowledgement of stage 2",
    "extension2": "Letter that we need longer, stage 2",
    "answer2": "Final answer at stage 2",
}
SENT_BY = {
    "email": "By e-mail, by our messages",
    "letter_first_class": "By first-class post, by our messages",
    "by_hand": "I hand it over",
    "own_post": "I print and post it myself",
    "read_out": "I read it out, as they asked",
}
STEPS = {
    "received": "Received",
    "not_wanted": "The tenant wants no complaint",
    "complained": "The tenant complains after all",
    "placed": "Its home is known",
    "named": "Somebody is complained of",
    "kept": "Kept from whoever is near",
    "noted": "Noted",
    "reach": "How to reach them",
    "logged": "Written down",
    "handler": "Given to somebody else",
    "written": "Handed to our messages",
    "handed": "Handed over",
    "sent": "Sent",
    "failed": "Did not arrive",
    "decided": "Decided",
    "action": "Something was promised",
    "action_done": "A promise was kept",
    "updated": "Told how it stands",
    "escalated": "The tenant asked for stage 2",
    "learned": "What we learned",
    "closed": "Closed",
    "hazard_opened": "A hazard was opened with its own clock",
    "conduct_reported": "Reported as a matter of conduct",
}
# What the page offers, and what stands on the button. The first that is offered is the one next act.
OFFERS = {
    "sent": ("Say that the letter was sent", "Record that it was sent"),
    "acknowledge": ("Send the acknowledgement", "Send it"),
    "logged": ("Write down the complaint and who looks into it", "Keep it"),
    "answer": ("Send the answer", "Send it"),
    "decided": ("Decide, and answer each point", "Record the decision"),
    "action_done": ("A promise was kept", "Record that it is done"),
    "updated": ("They were told how a promise stands", "Record it"),
    "learned": ("Record what we learned", "Record it"),
    "closed": ("Close the complaint", "Close it"),
    "action": ("Promise something", "Record the promise"),
    "extend": ("Extend it, once", "Send the letter"),
    "escalated": ("The tenant asks for stage 2", "Record it"),
    "handler": ("Say who looks into it", "Record who looks into it"),
    "failed": ("Say that the letter did not arrive", "Record that it came back"),
    "placed": ("Say which home it is about", "Record the home"),
    "named": ("It is about one of our people", "Record whom it is about"),
    "reach": ("Who complains, and how it is safe to reach them", "Record it"),
    "noted": ("Add a note", "Add it"),
    "refuse": ("Do not accept it", "Send the letter"),
    "not_wanted": ("The tenant wants no complaint", "Record a service request"),
    "complained": ("The tenant complains after all", "Record the complaint"),
}
DONE = {
    "received": "The complaint is received.",
    "acknowledge": "The acknowledgement is recorded.",
    "answer": "The answer is recorded.",
    "extend": "The extension is recorded.",
    "refuse": "It is recorded that we do not accept it.",
} | {step: f"Recorded: {said[:1].lower()}{said[1:]}." for step, said in STEPS.items() if step != "received"}
FIELDS = {
    "said": "In their words",
    "wants": "What they want",
    "complainant": "Who complains",
    "contact": "How to reach them",
    "safe": "Safe to contact",
    "representative": "Who speaks for them",
    "authority": "How we know that they may",
    "put_right": "What was done at once to put it right",
    "hazard_seen": "What was seen of the hazard",
    "definition": "The complaint, as we understand it",
    "outcomes": "What they want to come of it",
    "responsible": "What we answer for here, and what we do not",
    "refused": "Why it is not accepted",
    "reason1": "Why we need longer",
    "reason2": "Why we need longer",
    "reasons1": "Reasons",
    "reasons2": "Reasons",
    "remedy1": "What puts it right",
    "remedy2": "What puts it right",
    "letter": "The letter",
    "what": "What",
    "told": "What they were told",
    "learning": "What we learned",
    "note": "Note",
    "why": "Why, as far as they say",
}
_OF_BODY: Mapping[str, Mapping[str, str]] = {
    "letter": LETTERS,
    "how": SENT_BY,
    "outcome": OUTCOMES,
    "theme": THEMES,
    "from": CHANNELS,
}


def say_body(body: Mapping[str, object]) -> list[str]:
    """What the codes of a step say, in a few words each."""
    return [words[str(body[key])] for key, words in _OF_BODY.items() if body.get(key) in words]


def came_at(heard_at: datetime) -> str:
    """10:30am on Tuesday 8 December 2026; of a letter its day, as that alone is known of it: midnight stands for it."""
    local = in_london(heard_at)
    day = say_date(local.date())
    return day if local.time() == time() else f"{say_time(local.time())} on {day}"


def say_field(field: str) -> str:
    kind, _, number = field.partition(":")
    if kind == "point":
        return f"Point {number}"
    return f"Answer to point {number}" if kind == "answer" else FIELDS[field]
