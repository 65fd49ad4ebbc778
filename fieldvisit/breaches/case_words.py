"""What the pages of cases call things. Pure."""

from collections.abc import Mapping
from datetime import datetime

from fieldvisit.ground.clock import say_instant

STAGES = {
    "reported": "Reported", "screened": "Looked at", "interim_measure": "Suspended for now",
    "notified": "Letter waits to be given", "awaiting_response": "The person may answer",
    "investigating": "Being looked into", "decided": "Decided, not told yet", "communicated": "The person knows the outcome",
    "appeal_requested": "Appealed", "appeal_decided": "Appeal decided", "actions_open": "Actions are open",
    "closed": "Closed", "not_a_breach": "No breach",
}  # fmt: skip
TONES = {
    "reported": ("bad", "warn"), "interim_measure": ("warn", "pause"), "awaiting_response": ("calm", "pen"),
    "appeal_requested": ("warn", "swap"), "closed": ("quiet", "tick"), "not_a_breach": ("quiet", "tick"),
}  # fmt: skip
OUTCOME_WAITS = ("Letter with the outcome waits to be given", "warn", "pen")  # nobody knows it who has not had it
STEPS = {
    "reported": "It was reported", "seated": "Somebody was given a part",
    "identified": "It was found out who is meant", "screened": "It was looked at", "not_a_breach": "It is no breach of a code",
    "suspended": "The person was suspended", "lifted": "The suspension ended",
    "notified": "The letter to the person was written", "notice_given": "The person was told",
    "answered": "The person answered", "time_up": "The time to answer ended without an answer",
    "visit": "It was said which visit it was",
    "evidence": "Evidence was attached", "note": "A note", "vote": "The members present voted", "decided": "It was decided",
    "communicated": "The outcome was written to the person",
    "came_back": "A letter could not be delivered",
    "outcome_given": "The person has the letter with the outcome", "appealed": "The person appealed",
    "appeal_decided": "The appeal was decided", "actions": "Actions were set", "action_done": "An action was done",
    "told_firm": "The firm was told its part", "told_cih": "The CIH was told",
    "reporter_told": "Whoever reported it was told that it was dealt with", "closed": "The case was closed",
    "linked": "It was linked to another case", "unlinked": "The link was taken away",
    "proposed": "It was proposed, and waits for a second person", "confirmed": "A second person confirmed it",
    "sent_back": "A second person sent it back", "taken_back": "Whoever proposed it took it back",
}  # fmt: skip
ASK = "Ask a second person to confirm"
# What an officer may do next: the heading, and the button. The order is that of the page.
OFFERS: Mapping[str, tuple[str, str]] = {
    "identified": ("Say whom it is about", "Record who it is"),
    "screened": ("Look at it: which code, which clauses", "Record it as a possible breach"),
    "notified": ("Write to the person: what, which clause, what is proposed", "Record the letter"),
    "notice_given": ("The letter was handed over or posted", "Record that they have it"),
    "answered": ("The person answered", "Record the answer"),
    "time_up": ("The time to answer is over", "Go on without an answer"),
    "vote": ("Record a vote of the members present", "Record the vote"),
    "decided": ("Decide: finding, reasons, sanctions considered and chosen", "Record the decision"),
    "communicated": ("Write the outcome to the person", ASK),
    "outcome_given": ("The letter with the outcome was handed over or posted", "Record that they have the outcome"),
    "appealed": ("The person appeals", "Record the appeal"),
    "appeal_decided": ("Decide the appeal, and write to the person", ASK),
    "actions": ("Set actions, each with who and by when", "Record the actions"),
    "action_done": ("An action is done", "Record that it is done"),
    "reporter_told": ("Tell whoever reported it that it was dealt with", "Record that they were told"),
    "closed": ("Close the case", ASK),
    "seated": ("Give somebody a part in this case", "Give them this part"),
    "visit": ("Say which visit it was", "Record the visit"),
    "evidence": ("Attach evidence", "Attach what is ticked"),
    "suspended": ("Suspend the person for now", "Suspend them at once"),
    "lifted": ("End the suspension", ASK),
    "told_firm": ("Tell the firm its part", "Tell the firm"),
    "told_cih": ("Tell the CIH, for its member", "Record the referral"),
    "not_a_breach": ("It is no breach of a code", ASK),
    "linked": ("The same thing is told in another case", "Link the two"),
    "unlinked": ("It is not the same thing after all", "Take the link away"),
    "note": ("Write a note", "Keep the note"),
}
# What waits for a second person, and what comes of it when it is confirmed.
WAITS = {
    "not_a_breach": ("Close it as no breach", "the case ends, and so does its suspension, if there is one"),
    "closed": ("Close the case", "the case ends"),
    "communicated": ("Send the outcome to the person", "the letter goes to the person, who may appeal from then on"),
    "appeal_decided": ("Send the decision on the appeal", "the decision counts, and the letter goes to the person"),
    "decided": ("The decision", "it is decided so"),
    "lifted": ("End the suspension", "the suspension by this case ends, and the letter goes to the person"),
}
# What was urgent when it was told.
URGENT = {"danger": "Danger, when it was told", "there": "The person was still there"}
FIELDS = {
    "told": "What was said", "why": "Why", "answer": "In their own words", "note": "Note", "reasons": "Reasons",
    "learning": "What we learn", "considered": "Sanctions considered", "joined_by": "Decided together with",
    "skip_why": "Why a step is left out",
    "letter": "The letter",
    "appeal": "Why the decision is wrong, in their own words", "visit": "The visit",
}  # fmt: skip
BECAUSE = {
    "safety": "Somebody may come to harm", "serious": "It is very serious", "at_once": "The code says at once (legal action)",
}  # fmt: skip
TOLD_BY = {
    "receipt": "By their receipt: it says that it was dealt with, and no more", "call": "By telephone", "letter": "By letter",
    "nobody": "Nobody outside reported it",
}  # fmt: skip


def stands(stage: str, outcome_waits: bool) -> tuple[str, str, str]:
    """Words, tone and shape of the tag that says where a case is."""
    return OUTCOME_WAITS if outcome_waits else (STAGES[stage], *TONES.get(stage, ("calm", "clock")))


def say_first(name: str, step: str, at: datetime) -> str:
    """For whoever came second. name: "" where it was the same person, in another window."""
    who = f"While you wrote, {name} was first" if name else "You did this already, on another page"
    return f"{who}: ‘{STEPS[step]}’, {say_instant(at)}. What you wrote stands below, and was not recorded."


def say_field(name: str) -> str:
    if name.startswith("what_"):
        return "Action"
    return "Who does it" if name.startswith("owner_") else FIELDS.get(name, name.replace("_", " ").capitalize())
