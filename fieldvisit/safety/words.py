"""The codes of a watch in words, for its pages and for the worker's phone."""

from collections.abc import Sequence

from fieldvisit.ground.clock import in_london, say_time
from fieldvisit.ground.policy import Policy
from fieldvisit.safety.state import Stage, State

STAGES = {
    "planned": "Not watched",
    "active": "Watched",
    "due": "Due to check in",
    "overdue": "Late: ring now",
    "contacting": "Being rung",
    "alarm": "ALARM",
    "safe": "Safe",
    "ended": "Over",
}
TONES = {
    "active": ("calm", "clock"),
    "due": ("warn", "clock"),
    "overdue": ("bad", "warn"),
    "contacting": ("bad", "bolt"),
    "alarm": ("bad", "warn"),
    "safe": ("good", "tick"),
}
WHY = {
    "no_contact": "Nobody could reach them.",
    "panic": "They asked for help, silently. Do not ring: their phone may be heard.",
    "aggression": "They left because somebody was aggressive.",
    "duress": "They gave the word that means: I am not free to speak. Do not ring and ask.",
    "desk": "Somebody here raised it.",
}
STEPS = {
    "started": "Asked us to watch",
    "checked_in": "Checked in",
    "extended": "Asked for more time",
    "ended": "Said that they are out",
    "visit_ended": "The visit ended",
    "panicked": "Asked for help, silently",
    "aggression": "Left because somebody was aggressive",
    "due": "A check-in was due",
    "overdue": "The check-in was late",
    "alarm_by_time": "Nobody reached them: alarm",
    "called": "Rung",
    "spoke": "A word was given",
    "no_contact": "No contact: alarm",
    "alarm": "Alarm raised here",
    "decided": "Decided about 999",
    "found_safe": "Found safe",
    "closed": "Watch ended here",
}
SAID = {
    "right": "It was right.",
    "duress": "It means: I am not free to speak.",
    "wrong": "It was not theirs.",
    "none": "They have set no word.",
}
WHOM = {
    "worker": "The worker",
    "colleague": "Their colleague at the visit",
    "firm": "Their firm or manager",
    "buddy": "Their buddy",
}
DECISIONS = {"999": "999 was rung", "not_now": "Not now"}
# What the page offers, and what stands on the button.
OFFERS = {
    "called": ("I rang", "Record the call"),
    "spoke": ("They gave a word", "Record the word"),
    "no_contact": ("I cannot reach them", "No contact: raise the alarm"),
    "alarm": ("Raise the alarm", "Raise the alarm"),
    "decided": ("Decide about 999", "Record the decision"),
    "found_safe": ("Found safe", "They were found safe"),
    "closed": ("Stop watching", "Stop watching"),
}
DONE = {
    "called": "The call is recorded.",
    "no_contact": "It is an alarm. Decide about 999 now.",
    "alarm": "It is an alarm. Decide about 999 now.",
    "decided": "The decision is recorded, with your name.",
    "found_safe": "Recorded: found safe. Write down what happened, while it is fresh.",
    "closed": "Nobody watches any longer.",
}


_WAYS = {"sms": "by text message", "email": "by e-mail"}


def say_who_is_called(ways: Sequence[str], policy: Policy) -> str:
    """ways: by which messages really leave this computer."""
    if not ways:
        return (
            "Nobody is called about an alarm: no message leaves this computer. Somebody must look at this page all the time, "
            "until the administrator has set up e-mail or text messages."
        )
    again = policy.safety.call_again_min
    return (
        f"An alarm calls those on duty {' and '.join(_WAYS[way] for way in ways)}, to look here: at once, and every "
        f"{again.value} minutes until somebody has recorded something about it here."
    )


def reaches(ways: Sequence[str], email: str | None, phone: str) -> bool:
    """Does a call reach somebody with these? ways: by which messages really leave this computer."""
    return bool(("email" in ways and email) or ("sms" in ways and phone))


def say_buddy(name: str, *, called: bool) -> str:
    return (
        f"If you are late, {name} is called too." if called else f"Your buddy is {name}, whom nothing calls by itself."
    )


def to_the_phone(state: State | None, *, over: bool = False) -> str:
    """state: as the phone sees it, or None where nobody watches. over: the visit is, by whichever of its workers."""
    if state is None:
        return "Nobody is watching. Ask the office below."
    said = _stands(state)
    if over and not state.going_home:
        said += " The visit is over, but nobody has said that you are out."
    return said


def _stands(state: State) -> str:
    until = say_time(in_london(state.due_at).time()) if state.due_at else ""
    match state.stage:
        case Stage.ACTIVE if state.going_home:
            return f"The office watches until you are home: {until}."
        case Stage.ACTIVE | Stage.SAFE if until:
            return f"The office is watching until {until}."
        case Stage.SAFE:
            return "The office has spoken with you. No clock runs now."
        case Stage.DUE:
            return f"You were due to check in at {until}. Check in now, or the office rings you."
    return "The office is trying to reach you. Answer your phone, or give your word."
