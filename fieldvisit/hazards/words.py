"""The codes of a hazard's case in words, for its pages and its summary."""

from collections.abc import Mapping

STAGES = {
    "logged": "Waits for a decision",
    "triaged_emergency": "Emergency",
    "triaged_significant": "Significant",
    "triaged_other": "Neither an emergency nor significant",
    "investigating": "Being looked into",
    "concluded_none": "No hazard found",
    "concluded_significant": "Significant hazard found",
    "concluded_emergency": "Emergency found",
    "made_safe": "Made safe",
    "preventative": "Preventative work",
    "completed": "Finished",
    "closed": "Closed",
}
# How a stage looks: the tone and the sign of `ui/tags.html`.
TONES = {
    "logged": ("warn", "warn"),
    "triaged_emergency": ("bad", "warn"),
    "concluded_emergency": ("bad", "warn"),
    "concluded_significant": ("warn", "warn"),
    "made_safe": ("good", "tick"),
    "completed": ("good", "tick"),
    "closed": ("quiet", "tick"),
}
# Before anything is written down: whom to ring, by the code of the contact, and what to do meanwhile.
DO_FIRST = {
    "danger": "Ask them to ring now, and stay with them until they have.",
    "gas": "No switches and no flames. Open the windows, leave, and ring from outside.",
    "power": "Keep away from the lines.",
}
AT_RISK = {
    "baby": "A baby, or a child under 5",
    "child": "A child",
    "older": "Somebody over 65",
    "pregnant": "Somebody who is pregnant",
    "breathing": "Somebody with a breathing condition",
    "heart": "Somebody with a heart condition",
    "disabled": "Somebody who is disabled",
    "mental": "Somebody whose mental health it makes worse",
    "other": "Somebody else who is more at risk",
    "nobody_known": "Nobody that we know of",
}
TRIAGES = {
    "emergency": "An emergency: make it safe within 24 hours",
    "significant": "Significant: it must be made safe soon, but not within 24 hours",
    "other": "Neither: an ordinary repair, or advice",
}
FINDINGS = {"emergency": "An emergency", "significant": "A significant hazard", "none": "Neither"}
WAYS = {"in_person": "In person", "remote": "Without going there, by photos or a call"}
ANSWERS = {"accepted": "They accepted it", "declined": "They declined it", "no_answer": "They have not answered yet"}
SENT_BY = {
    "email": "By e-mail",
    "by_hand": "By hand",
    "left_at_home": "Left at the home",
    "letter_first_class": "By first-class post",
}
STEPS = {
    "reported": "Reported",
    "described": "Described",
    "triaged": "Decided how urgent it is",
    "investigating": "Investigation begun",
    "concluded": "Investigation ended",
    "summary_sent": "Written summary sent",
    "made_safe": "Made safe",
    "alternative_offered": "Other accommodation offered",
    "asked_in_person": "The tenant asked for somebody to come",
    "preventative": "Preventative work is needed",
    "steps_taken": "Steps taken towards preventative work",
    "work_started": "Preventative work has physically begun",
    "completed": "Finished",
    "downgraded": "Found to be no emergency",
    "access_failed": "Nobody let us in",
    "closed": "Closed",
}
# What the page offers, and what stands on the button.
OFFERS = {
    "described": ("Say which hazard it is", "Keep this description"),
    "triaged": ("Decide how urgent it is", "Record the decision"),
    "investigating": ("Begin the investigation", "Record that it has begun"),
    "concluded": ("Say what the investigation found", "Record what was found"),
    "summary_sent": ("Record the written summary", "Record that it was sent"),
    "made_safe": ("Record that it is safe", "Record that it is safe"),
    "alternative_offered": ("Offer other accommodation", "Record the offer"),
    "downgraded": ("Say that it is no emergency", "Record that it is no emergency"),
    "asked_in_person": ("The tenant wants somebody to come", "Record what the tenant asked"),
    "preventative": ("Preventative work is needed", "Record that it is needed"),
    "steps_taken": ("Record steps towards preventative work", "Record these steps"),
    "work_started": ("Record that preventative work has begun", "Record that it has begun"),
    "completed": ("Record that all is finished", "Record that all is finished"),
    "closed": ("Close the case", "Close the case"),
    "reported": ("It was reported once more, or it has changed", "Record the new report"),
}
FIELDS = {
    "seen": "What was seen",
    "reason": "Why",
    "investigator": "Who looks into it",
    "summary": "The summary",
    "what": "What was done",
}
_OF_BODY: Mapping[str, Mapping[str, str]] = {
    "as": TRIAGES,
    "finding": FINDINGS,
    "answer": ANSWERS,
    "how": WAYS | SENT_BY,
}


def say_body(body: Mapping[str, object]) -> list[str]:
    """What the codes of a step say, in sentences of a few words."""
    said = [words[str(body[key])] for key, words in _OF_BODY.items() if body.get(key) in words]
    if body.get("emergency") is True:
        said.append("Reported as an emergency")
    return said
