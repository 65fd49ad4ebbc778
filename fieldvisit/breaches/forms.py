"""The phone line's form, read. Nothing is decided here, and nothing that was typed is lost."""

import re
from collections.abc import Mapping

from fieldvisit.breaches.rules import Told
from fieldvisit.db import new_id

LONG, SHORT, BADGE = 4000, 200, 12  # characters
LENGTHS = {
    "caller_name": SHORT,
    "caller_contact": SHORT,
    "safe_to_ring": SHORT,
    "happened_where": SHORT,
    "happened_when": SHORT,
    "about_whom": LONG,
    "firm": SHORT,
    "badge_number": BADGE,
    "what": LONG,
    "wants": LONG,
}
CHOICES = ("danger_now", "still_there", "anonymous", "is_complaint")
ASKED = {
    "danger_now": "Ask whether anyone is in danger now.",
    "still_there": "Ask whether the person is still there.",
    "anonymous": "Ask whether they want to give a name.",
}
_KEY = re.compile(r"[0-9a-f]{32}")


def blank() -> dict[str, str]:
    return dict.fromkeys((*LENGTHS, *CHOICES), "") | {"is_complaint": "yes", "k": new_id()}


def read(form: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """As typed, and what is wrong with it."""
    typed = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in (*LENGTHS, *CHOICES)}
    key = form.get("k", "")
    typed["k"] = key if _KEY.fullmatch(key) else new_id()
    errors = {name: question for name, question in ASKED.items() if typed[name] not in ("yes", "no")}
    named = typed["caller_name"] or typed["caller_contact"]
    if typed["anonymous"] == "no" and not named:
        errors["caller_name"] = "Write down a name or a way to ring back, or choose that they stay anonymous."
    if not typed["what"]:
        errors["what"] = "Write down what happened, in their words."
    for name, most in LENGTHS.items():
        if len(typed[name]) > most:
            errors[name] = f"Make this shorter: at most {most:,} characters."
    return typed, errors


def told(typed: Mapping[str, str]) -> Told:
    words = {name: typed[name] for name in LENGTHS}
    return Told(
        danger_now=typed["danger_now"] == "yes",
        still_there=typed["still_there"] == "yes",
        anonymous=typed["anonymous"] == "yes",
        is_complaint=typed["is_complaint"] != "no",  # Q19: a complaint, unless the caller says no
        **words,
    )
