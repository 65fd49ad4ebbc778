"""The codes of a hazard's case in words, for its pages and its summary."""

from collections.abc import Mapping

from fieldvisit.visits.seen import AT_RISK, DO_FIRST

__all__ = ["AT_RISK", "DO_FIRST"]

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
TRIAGES = {
    "emergency": "An emergency: make it safe within 24 hours",
    "significant": "Significant: it must be made safe soon, but not within 24 hours",
    "other": "Neither: an ordinary repair, or advice",
}
FINDINGS = {"emergency": "An emergency", "significant": "A significant hazard", "none": "Neither"}
WAYS = {"in_person": "In person", "remote": "Without going there, by photos or a call"}
ANSWERS = {"accepted": "They accepted it", "declined": "They declined it", "no_answer": "They have not answered yet"}
REASONS = {
    "contractor": "The contractor was late, or did not come",
    "parts": "Parts or materials had to be waited for",
    "specialist": "A specialist or a survey had to be waited for",
    "tenant_asked": "The tenant asked for a later day",
    "others_agree": "Somebody else had to agree, such as a freeholder or another service",
    "weather": "The weather",
    "ours": "Our own mistake",
    "other": "Something else",
}
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
    "joined": "Reported as well",
    "summary_written": "Written summary handed to our messages",
    "summary_sent": "Written summary sent",
    "summary_failed": "Written summary did not arrive",
    "advised": "Safety information given",
    "made_safe": "Made safe",
    "alternative_offered": "Other accommodation offered",
    "asked_in_person": "The tenant asked for somebody to come",
    "preventative": "Preventative work is needed",
    "steps_taken": "Steps taken towards preventative work",
    "work_started": "Preventative work has physically begun",
    "completed": "Finished",
    "downgraded": "Found to be no emergency",
    "access_failed": "A visit at which nobody got in",
    "closed": "Closed",
    "noted": "Why a clock ran as it did",
}
# What the page offers, and what stands on the button.
OFFERS = {
    "described": ("Say which hazard it is", "Keep this description"),
    "triaged": ("Decide how urgent it is", "Record the decision"),
    "investigating": ("Begin the investigation", "Record that it has begun"),
    "concluded": ("Say what the investigation found", "Record what was found"),
    "summary_written": ("Send the written summary", "Send it"),
    "summary_sent": ("Record a summary that somebody handed over", "Record that it was sent"),
    "made_safe": ("Record that it is safe", "Record that it is safe"),
    "advised": ("Record safety information that was given", "Record it"),
    "alternative_offered": ("Offer other accommodation", "Record the offer"),
    "downgraded": ("Say that it is no emergency", "Record that it is no emergency"),
    "asked_in_person": ("The tenant wants somebody to come", "Record what the tenant asked"),
    "preventative": ("Preventative work is needed", "Record that it is needed"),
    "steps_taken": ("Record steps towards preventative work", "Record these steps"),
    "work_started": ("Record that preventative work has begun", "Record that it has begun"),
    "noted": ("Say why a clock ran, or was missed", "Keep this reason"),
    "completed": ("Record that all is finished", "Record that all is finished"),
    "closed": ("Close the case", "Close the case"),
    "reported": ("It was reported once more, or it has changed", "Record the new report"),
}
# B2: safety information while it is not safe yet. What an officer may change before it is given.
ADVICE = {
    "damp_and_mould_growth": "Do not scrub or brush mould: wipe it only if we have told you how. Keep anybody who finds "
    "it hard to breathe, and babies, out of that room. Open windows when you can.",
    "electrical_hazards": "Do not touch it, and do not use it. If it is safe to, switch it off at the fuse board. Keep "
    "water and children away.",
    "fire_and_explosions": "Keep the way out clear, and agree with everybody how you would get out. If there is smoke "
    "or fire, get out, stay out and ring 999.",
    "indoor_air_pollutants": "Do not use the appliance. Open windows. If anybody feels sick, dizzy or has a headache, "
    "leave and ring 0800 111 999, or 999.",
    "excess_cold": "Stay in the warmest room, wear layers, and have warm food and drinks. Tell us if anybody is ill or "
    "has no heating at all.",
    "excess_heat": "Keep curtains shut in the sun, drink often, and stay in the coolest room. Ring 111 if anybody feels ill.",
    "structural_collapse_and_falling_elements": "Keep out of that room or place, and keep others out. If it moves or "
    "gets worse, leave and ring us at once.",
    "asbestos_and_manufactured_mineral_fibres": "Do not touch, drill, brush or hoover it. Keep the door of that room shut.",
    "falls_on_the_level": "Keep off that place, or go round it. Keep it lit, and keep things off the floor.",
    "falling_on_stairs": "Use the stairs only when you must, with a light on and one hand free.",
    "falling_between_levels": "Keep that window or door shut and locked, and keep children away from it.",
    "domestic_hygiene": "Keep food in closed boxes, wash your hands often, and keep away from waste water.",
    "water_supply": "Do not drink the water. Use bottled water for drinking, cooking and brushing teeth.",
    "entry_by_intruders": "Ring us at once if it cannot be locked tonight. If somebody is there, ring 999.",
}
ADVICE_OF_ANY = "Keep away from it, and keep children away. If it gets worse, ring us at once; in danger, ring 999."
FIELDS = {
    "where": "Where in the home",
    "seen": "What was seen",
    "teller": "Who told us, and how to reach them",
    "reason": "Why",
    "investigator": "Who looks into it",
    "summary": "The summary",
    "what": "What was done",
    "note": "Why, in words",
}
_OF_BODY: Mapping[str, Mapping[str, str]] = {
    "as": TRIAGES,
    "finding": FINDINGS,
    "answer": ANSWERS,
    "how": WAYS | SENT_BY,
    "why": REASONS,
}


def say_body(body: Mapping[str, object]) -> list[str]:
    """What the codes of a step say, in sentences of a few words."""
    said = [words[str(body[key])] for key, words in _OF_BODY.items() if body.get(key) in words]
    if body.get("emergency") is True:
        said.append("Reported as an emergency")
    return said
