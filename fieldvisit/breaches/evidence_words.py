"""What a case rests on, said so that a person can read it: names of facts, times in London, yes and no. Pure."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from fieldvisit.ground.clock import in_utc, say_date, say_instant
from fieldvisit.visits.steps import LABELS

KINDS = {"entry": "A line of the visit’s log", "notice": "A notice to the tenant", "scan": "A check of the badge"}
FACTS = {
    "answer": "What the check said", "delivery": "How far it came", "delivered_at": "Delivered", "despatched_at": "Sent off",
    "hour": "In the hour from", "recorded_at": "Recorded", "sent_at": "Sent or said", "spoke_to": "Spoken to",
    "states_who": "It says who comes", "states_why": "It says why", "usable": "A way that this household can use",
    "window_end": "Until", "window_start": "From",
}  # fmt: skip
_OURS = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")  # a key or a digest: it says nothing to a reader
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


def title(kind: str, what: str) -> str:
    """A line of the visit’s log: Showed ID."""
    named = LABELS.get(what, "") if kind == "entry" else ""
    return f"{KINDS[kind]}: {named or _words(what)}"


def lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The facts that say something, by name."""
    for name, value in sorted(facts.items()):
        if said := _said(value):
            yield FACTS.get(name, _words(name).capitalize()), said


def _said(value: Any) -> str:
    match value:
        case None | "" | []:
            return ""
        case bool():
            return "Yes" if value else "No"
        case datetime():
            return say_instant(in_utc(value))
        case date():
            return say_date(value)
        case list() | tuple():
            return ", ".join(said for one in value if (said := _said(one)))
        case str() if _OURS.fullmatch(value):
            return ""
        case str() if _INSTANT.fullmatch(value):
            return say_instant(datetime.fromisoformat(value.replace("Z", "+00:00")))
        case str() if re.fullmatch(r"[a-z]+(_[a-z]+)*", value):
            return _words(value)
        case Mapping():
            return "; ".join(f"{name}: {said}" for name, said in lines(value))
        case _:
            return str(value)


def _words(code: str) -> str:
    return re.sub(r"[._]", " ", code)
