"""What the vault's pages say for a code: in one place, so that a page never shows a code of ours."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fieldvisit.ground.clock import say_instant
from fieldvisit.vault.naming import texts_in

RANKS = {
    "lead": "Lead",
    "deputy": "Deputy",
    "director": "Director",
    "outside": "Contact outside the council",
    "investigator": "Investigator",
}
# Words, tone and shape of a tag.
STAGES = {
    "submitted": ("Nobody has looked at it yet", "bad", "clock"),
    "triaged": ("Triaged", "warn", "part"),
    "referred": ("Referred", "calm", "arrow"),
    "advice_support": ("Advice and support", "calm", "dot"),
    "no_further_action": ("Nothing further", "quiet", "tick"),
    "feedback_recorded": ("Outcome known", "calm", "tick"),
    "closed": ("Closed", "quiet", "tick"),
    "destroyed": ("Destroyed, its time was over", "quiet", "ring"),
}
CLOCKS = {
    "triage": "Triage",
    "triage_danger": "Danger now: triage within the hour",
    "refer": "Decide, and refer where needed",
    "chase_adult": "Chase the adults’ referral",
    "chase_child": "Chase the child’s referral",
}
KINDS = {
    "triaged": "Triaged",
    "referred_adult": "Referred as an adult",
    "referred_child": "Referred as a child",
    "advised": "Advice and support, not safeguarding",
    "nothing": "Nothing further proposed",
    "second_look": "Second look",
    "feedback": "Outcome received",
    "chased": "Chased",
    "worker_step": "Badge, LADO and PiPoT considered",
    "note": "Note",
    "shared": "Shared with an investigator",
    "unshared": "No longer shared",
    "named": "Somebody lost sight of it",
    "asked_close": "Asked to close",
    "agreed_close": "Closed",
    "kept_open": "Kept open",
    "stood_aside": "Stood aside",
    "exported": "A copy was made for somebody outside",
    "asked_destroy": "Asked to destroy it",
    "agreed_destroy": "Destroyed: its words and their key",
    "kept_longer": "Kept longer",
}
OFFERS = {
    "triaged": "Triage",
    "referred_adult": "Refer an adult",
    "referred_child": "Refer a child",
    "advised": "Give advice and support",
    "nothing": "Propose that nothing is needed",
    "second_look": "Give the second look",
    "feedback": "Record what social care said",
    "chased": "Record that you chased it",
    "worker_step": "Say what was done about the worker",
    "note": "Add a note",
    "shared": "Share it with an investigator",
    "unshared": "Stop sharing it",
    "named": "Take sight away from somebody who is named or near",
    "asked_close": "Ask to close",
    "agreed_close": "Agree to close",
    "kept_open": "Keep it open",
    "stood_aside": "Stand aside: I am named, or near somebody in it",
    "asked_destroy": "Ask to destroy it: its time is over",
    "agreed_destroy": "Agree, and destroy it now",
    "kept_longer": "Keep it longer",
}
RECORD = {
    "enrolled": "Enrolled",
    "ended": "Enrolment ended",
    "came-in": "Came in with a code",
    "wrong-code": "A code was wrong",
    "left": "Left",
    "opened": "Opened",
    "absent": "Asked for a report that is not there",
} | KINDS
FACTS = {
    "adult": "An adult",
    "child": "A child",
    "both": "An adult and a child",
    "unsure": "Not sure",
    "given": "With consent",
    "overridden": "Without consent, for the reason given",
    "agrees": "Agrees",
    "disagrees": "Does not agree",
    "suspended": "Badge suspended",
    "not_needed": "Badge not suspended",
    "not_ours": "Nobody with a badge of ours",
    "lado": "LADO told",
    "pipot": "Position of trust (PiPoT) considered",
    "told": "The sender was told: received and acted on",
    "not_told": "The sender was not told",
    "yes": "Yes",
    "no": "No",
    "later": "The written form follows",
    "sent": "The written form went too",
    "named": "Named in it",
    "firm": "Works for the same firm as somebody in it",
    "manager": "Line manager of somebody in it, or managed by them",
    "household": "Of the same household or family",
    "declared": "A declared interest",
    "referral": "For the referral to social care",
    "asked": "Social care, the police or a court asked for it",
}
SAID = {
    "danger": "Is somebody in danger now?",
    "about": "About",
    "facts": "What was seen or said",
    "who_else": "Who else was there",
    "who_harmed": "Who is harmed or at risk",
    "who_harms": "Who may be harming them",
    "named_staff": "Who works for the council or a contractor",
    "safe_to_contact": "Is it safe to contact them?",
    "wishes": "What they want",
    "told_them": "Were they told?",
    "consent": "Did they agree to a referral?",
    "where": "Where",
    "seen_at": "When it was seen",
    "by": "Who sends it",
    "quoting": "Adds to the receipt",
    "at": "Written at",
}
_ANSWERS = {
    "adult": "An adult",
    "child": "A child",
    "unsure": "Not sure",
    "yes": "Yes",
    "no": "No",
    "not_asked": "Not asked",
}
_CODED = ("danger", "about", "safe_to_contact", "told_them", "consent")
_TIMES = ("seen_at", "at")


def rows_of(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and text of all that was said, ours first; what we have no word for comes last under its own name."""
    for field in (*SAID, *sorted(set(said) - set(SAID))):
        text = "\n".join(texts_in(said.get(field))).strip()
        if text:
            yield SAID.get(field, str(field)), _in_words(field, text)


def _in_words(field: str, text: str) -> str:
    if field in _CODED:
        return _ANSWERS.get(text, text)
    if field in _TIMES:
        try:
            return say_instant(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            return text
    return text


def facts_of(facts: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """One sentence without its full stop for each fact of an act. names: readers by id."""
    for key, value in facts.items():
        if key == "reader":
            yield names.get(value, "Somebody")
        elif key == "worker":
            yield "Somebody who works here is said to have done it" if value else "Nobody who works here"
        elif key == "agrees":
            yield FACTS["agrees" if value else "disagrees"]
        elif key == "wanted":
            yield "Nobody asked that it be kept"
        else:
            yield from (FACTS[one] for one in ([value] if isinstance(value, str) else value) if one in FACTS)
