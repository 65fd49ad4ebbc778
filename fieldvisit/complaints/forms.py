"""What an officer types about a complaint: parsed, with a sentence for what cannot be read. Decides nothing.

Every box bears the name of its form's step, because all forms of a complaint stand on one page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fieldvisit.complaints.offers import letter_of
from fieldvisit.complaints.reaching import HOW
from fieldvisit.complaints.state import CARRIED_BY, CHANNELS, HANDED_BY, OUTCOMES, REMEDIES, THEMES, State
from fieldvisit.visits.plan_forms import Typed

LONG, SHORT = 4000, 200  # letters
MOST_POINTS = 20
Body = dict[str, Any]
Words = dict[str, str]

# Where the refusal of a rule is shown: beside the box that can lift it.
BOXES = {
    "no-points": "points", "no-handler": "handler", "complained-of": "handler", "was-there": "handler",
    "interest": "handler", "no-duty": "handler",
    "same-person": "handler", "no-ground": "ground", "no-day": "until", "no-longer": "until", "too-long": "until",
    "not-the-sum": "outcome", "no-reasons": "reasons", "no-remedy": "remedy", "no-owner": "owner", "past": "due",
    "no-what": "what", "no-told": "told", "no-learning": "learning", "no-person": "person",
    "handler-named": "person", "no-words": "note", "future": "on", "too-early": "on", "not-safe": "how",
    "said-safe": "how", "speaks-for": "how", "not-tenant": "how", "which-tenant": "how", "shared-post": "how",
    "no-way": "safe",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """One form. letter: of one that is sent, empty else. at: when it happened, as somebody says, or now (aware UTC)."""

    at: datetime
    body: Body
    words: Words
    letter: str = ""
    how: str = ""
    until: date | None = None
    ground: str = ""


def read_step(step: str, typed: Typed, state: State, grounds: tuple[str, ...], now: datetime) -> Read:
    """What cannot be read has a sentence in `typed.errors`."""
    if letter := letter_of(step, state):
        return _letter(typed, step, letter, grounds, now)
    body, words = _READS[step](typed, step, state)
    return Read(read_when(typed, step, now), body, words)


def read_when(typed: Typed, prefix: str, now: datetime) -> datetime:
    """Now, unless somebody says when."""
    day_box, time_box = f"{prefix}_on", f"{prefix}_at"
    timed = typed.text(time_box, 40)
    day = typed.day(day_box, "Say on which day as well." if timed else "")
    at = typed.instant(day, time_box, "Say at what time as well." if day else "")
    return at or now


def _letter(typed: Typed, step: str, letter: str, grounds: tuple[str, ...], now: datetime) -> Read:
    """Also of one that is only looked at: then nothing has to be chosen yet."""
    looks = typed.text("do", 8) == "pdf"
    how = typed.choice(f"{step}_how", (*CARRIED_BY, *HANDED_BY), "" if looks else "Choose how it is sent.")
    words: Words = {}
    until, ground = None, ""
    if step == "refuse":
        ground = typed.choice(f"{step}_ground", grounds, "Choose the ground.") or ""
        words = {
            "definition": typed.words(f"{step}_definition", "Write what the complaint is.", LONG),
            "refused": typed.words(f"{step}_refused", "Write why it is not accepted.", LONG),
        }
    elif step == "extend":
        until = typed.day(f"{step}_until", "Say by which day we answer.")
        words = {f"reason{letter[-1]}": typed.words(f"{step}_reason", "Write why we need longer.", LONG)}
    at = read_when(typed, step, now) if how in HANDED_BY else now
    return Read(at, {}, words, letter, how or "", until, ground)


def _logged(typed: Typed, step: str, _: State) -> tuple[Body, Words]:
    words = {
        "definition": typed.words(f"{step}_definition", "Write the complaint as you understand it.", LONG),
        "outcomes": typed.words(f"{step}_outcomes", "Write what they want to come of it.", LONG),
        "responsible": typed.words(f"{step}_responsible", "Write what we answer for here, and what we do not.", LONG),
    }
    points = [
        line.strip(" -*•") for line in typed.words(f"{step}_points", "Write at least one point.", LONG).splitlines()
    ]
    points = [line for line in points if line]
    if len(points) > MOST_POINTS:
        typed.wrong(f"{step}_points", f"Use {MOST_POINTS} points or fewer: put what belongs together into one.")
    words |= {f"point:{number}": line for number, line in enumerate(points, start=1)}
    theme = typed.choice(f"{step}_theme", THEMES, "Choose what it is about.")
    return {"handler": typed.text(f"{step}_handler", 32), "points": len(points), "theme": theme}, words


def _handler(typed: Typed, step: str, state: State) -> tuple[Body, Words]:
    return {"handler": typed.text(f"{step}_handler", 32), "stage": state.process}, {}


def _decided(typed: Typed, step: str, state: State) -> tuple[Body, Words]:
    answers: dict[str, str] = {}
    process = state.process
    words: Words = {}
    for number in range(1, state.points + 1):
        missing = f"Say whether point {number} is upheld."
        answers[str(number)] = typed.choice(f"{step}_finding{number}", OUTCOMES, missing) or ""
        words[f"answer:{number}"] = typed.words(f"{step}_answer{number}", f"Answer point {number}.", LONG)
    outcome = typed.choice(f"{step}_outcome", OUTCOMES, "Say what is decided on the whole.") or ""
    words[f"reasons{process}"] = typed.words(f"{step}_reasons", most=LONG)
    words[f"remedy{process}"] = typed.words(f"{step}_remedy", most=LONG)
    remedies = [code for code in typed.many(f"{step}_remedies") if code in REMEDIES]
    if not remedies:
        typed.wrong(f"{step}_remedies", "Choose what puts it right, or that nothing is needed.")
    if "none" in remedies and len(remedies) > 1:
        typed.wrong(f"{step}_remedies", "Nothing is needed, or something is: choose one of the two.")
    return {"stage": process, "outcome": outcome, "answers": answers, "remedies": remedies}, words


def _action(typed: Typed, step: str, _: State) -> tuple[Body, Words]:
    due = typed.day(f"{step}_due", "Say by which day.")
    what = typed.words(f"{step}_what", most=LONG)
    return {"owner": typed.text(f"{step}_owner", 32), "due": due.isoformat() if due else ""}, {"what": what}


def _action_done(typed: Typed, step: str, state: State) -> tuple[Body, Words]:
    numbers = [str(one.number) for one in state.outstanding]
    number = typed.choice(f"{step}_number", numbers, "Choose the promise.")
    return {"number": int(number or 0)}, {"what": typed.words(f"{step}_what", "Write what was done.", LONG)}


def _text(field: str, missing: str = "") -> Callable[[Typed, str, State], tuple[Body, Words]]:
    return lambda typed, step, _: ({}, {field: typed.words(f"{step}_{field}", missing, LONG)})


def _reach(typed: Typed, step: str, _: State) -> tuple[Body, Words]:
    """As a whole: a box that is empty now says that there is no such thing any more."""
    return {}, {field: typed.words(f"{step}_{field}", most=SHORT) for field in HOW}


def _nothing(typed: Typed, step: str, _: State) -> tuple[Body, Words]:
    return {}, {}


def _waiting(typed: Typed, step: str, state: State) -> tuple[Body, Words]:
    """until: an extension takes effect with its letter, so its day travels along."""
    return {"letter": state.waiting, "message": state.message}, {}


def _person(typed: Typed, step: str, _: State) -> tuple[Body, Words]:
    return {"person": typed.text(f"{step}_person", 32)}, {}


def _placed(typed: Typed, step: str, _: State) -> tuple[Body, Words]:
    return {"uprn": typed.words(f"{step}_uprn", "Write the UPRN of the home.", SHORT).replace(" ", "")}, {}


_READS: Mapping[str, Callable[[Typed, str, State], tuple[Body, Words]]] = {
    "logged": _logged,
    "handler": _handler,
    "decided": _decided,
    "action": _action,
    "action_done": _action_done,
    "escalated": _text("why"),
    "updated": _text("told"),
    "learned": _text("learning"),
    "closed": _nothing,
    "noted": _text("note"),
    "reach": _reach,
    "named": _person,
    "placed": _placed,
    "not_wanted": _nothing,
    "complained": _text("said"),
    "sent": _waiting,
    "failed": _waiting,
}
STEPS = (*_READS, "acknowledge", "extend", "answer", "refuse")


# --- the page that receives one -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewForm:
    """heard_at: aware UTC. postcode, house: of a home to be found; uprn in their place."""

    channel: str
    heard_at: datetime
    words: str
    wants: str
    name: str
    contact: str
    safe: str
    representative: str
    authority: str
    postcode: str
    house: str
    visit: str
    wanted: bool
    hazard: str
    hazard_seen: str
    conduct: bool
    person: str


def read_new(typed: Typed, hazards: tuple[str, ...], now: datetime) -> NewForm:
    channel = typed.choice("new_channel", CHANNELS, "Choose how we heard of it.") or ""
    heard_at = read_when(typed, "new", now)
    if heard_at > now:
        typed.wrong("new_on", "That is in the future. Say when we were told.")
    found = NewForm(
        channel=channel,
        heard_at=heard_at,
        words=typed.words("new_words", "Write down what they said, in their words.", LONG),
        wants=typed.words("new_wants", most=LONG),
        name=typed.words("new_name", "Write down who complains, or that they do not say.", SHORT),
        contact=typed.words("new_contact", most=SHORT),
        safe=typed.words("new_safe", most=SHORT),
        representative=typed.words("new_representative", most=SHORT),
        authority=typed.words("new_authority", most=SHORT),
        postcode=typed.words("new_postcode", most=12),
        house=typed.words("new_house", most=60),
        visit=typed.words("new_visit", most=20).upper(),
        wanted=typed.choice("new_wanted", ("yes", "no"), "Say whether they want to complain: ask them.") == "yes",
        hazard=typed.choice("new_hazard", (*hazards, "unknown")) or "",
        hazard_seen=typed.words("new_hazard_seen", most=LONG),
        conduct=typed.ticked("new_conduct"),
        person=typed.text("new_person", 32),
    )
    if channel == "representative" and not found.representative:
        typed.wrong("new_representative", "Write down who speaks for them.")
    if found.representative and not found.authority:
        typed.wrong("new_authority", "Write down how we know that they may speak for them.")
    if found.hazard and not found.hazard_seen:
        typed.wrong("new_hazard_seen", "Write down what the hazard is, and where in the home.")
    return found
