"""Forms on which a concern is told, read. Nothing is decided here, and nothing that was typed is lost.

What an anonymous person typed about themselves is the exception: it is not even shown again.
"""

import re
from calendar import month_name
from collections.abc import Mapping
from datetime import date
from typing import Any

from fieldvisit.breaches.rules import AT_THE_DESK, Channel, Told, may_have_come, pointers
from fieldvisit.db import new_id

LONG, SHORT, BADGE = 4000, 200, 12  # characters
OF_THE_CALLER = ("caller_name", "caller_contact", "safe_to_ring")
LENGTHS = {
    "caller_name": SHORT,
    "caller_contact": SHORT,
    "safe_to_ring": SHORT,
    "needs": SHORT,
    "happened_where": SHORT,
    "happened_when": SHORT,
    "about_whom": LONG,
    "firm": SHORT,
    "badge_number": BADGE,
    "what": LONG,
    "wants": LONG,
}
CHOICES = ("danger_now", "still_there", "anonymous", "is_complaint")
SEARCH = 60  # characters of what is looked for
# What only helps whoever writes it down: who is looked for, which other concern it may be, how and when a letter came.
BESIDE = {"who": SEARCH, "about_id": 32, "same": 3, "points_checked": 3, "channel": 12} | dict.fromkeys(
    ("came_on-day", "came_on-month", "came_on-year"), 4
)
ASKED = {
    "danger_now": "Ask whether anyone is in danger now.",
    "still_there": "Ask whether the person is still there.",
    "anonymous": "Ask whether they want to give a name.",
}
POINTS = "Ask whether anything here points to one person, and tick that you have asked."
_KEY = re.compile(r"[0-9a-f]{32}")
Typed = dict[str, str]


def blank() -> Typed:
    empty = dict.fromkeys((*LENGTHS, *CHOICES, *BESIDE), "")
    return empty | {"is_complaint": "yes", "channel": Channel.PHONE, "k": new_id()}


def typed_in(form: Mapping[str, str]) -> Typed:
    """As typed, whole or half: of an anonymous caller without what leads back to them."""
    typed = {name: _plain(form.get(name, "")) for name in (*LENGTHS, *CHOICES)}
    typed |= {name: _plain(form.get(name, ""))[:most] for name, most in BESIDE.items()}
    typed["k"] = key_of(form)
    typed["about_id"] = typed["about_id"] if _KEY.fullmatch(typed["about_id"]) else ""
    typed["channel"] = typed["channel"] if typed["channel"] in AT_THE_DESK else Channel.PHONE
    if typed["anonymous"] == "yes":
        typed |= dict.fromkeys(OF_THE_CALLER, "")
    return typed


def key_of(form: Mapping[str, str]) -> str:
    key = form.get("k", "")
    return key if _KEY.fullmatch(key) else new_id()


def read(form: Mapping[str, str], today: date) -> tuple[Typed, dict[str, str]]:
    """As typed, and what is wrong with it."""
    typed = typed_in(form)
    by_phone = typed["channel"] == Channel.PHONE
    if not by_phone:  # nobody is on the line to be asked
        typed |= {name: typed[name] or "no" for name in ("danger_now", "still_there")}
    errors = {name: question for name, question in ASKED.items() if typed[name] not in ("yes", "no")}
    if typed["anonymous"] == "no" and not (typed["caller_name"] or typed["caller_contact"]):
        errors["caller_name"] = "Write down a name or a way to ring back, or choose that they stay anonymous."
    if not typed["what"]:
        errors["what"] = "Write down what happened, in their words."
    if typed["anonymous"] == "yes" and typed["points_checked"] != "yes":
        errors["points_checked"] = _points(typed)
    if not by_phone and (wrong := _wrong_day(typed, today)):
        errors["came_on"] = wrong
    return typed, errors | too_long(typed)


def too_long(typed: Mapping[str, str]) -> dict[str, str]:
    longer = {name: most for name, most in LENGTHS.items() if len(typed.get(name, "")) > most}
    return {name: f"Make this shorter: at most {most:,} characters." for name, most in longer.items()}


def leads_back(typed: Mapping[str, str]) -> bool:
    """Somebody who gives no name wrote what may lead to them, and was not asked about it yet."""
    return typed["anonymous"] == "yes" and typed["points_checked"] != "yes" and bool(_found(typed))


def _found(typed: Mapping[str, str]) -> tuple[str, ...]:
    return pointers(*(typed[name] for name in ("happened_where", "happened_when", "about_whom", "what", "wants")))


def _points(typed: Mapping[str, str]) -> str:
    found = _found(typed)
    return f"{POINTS} There seems to be {' and '.join(found)} in it." if found else POINTS


def told(typed: Mapping[str, str]) -> Told:
    words = {name: typed[name] for name in LENGTHS}
    return Told(
        danger_now=typed["danger_now"] == "yes",
        still_there=typed["still_there"] == "yes",
        anonymous=typed["anonymous"] == "yes",
        is_complaint=typed["is_complaint"] != "no",  # Q19: a complaint, unless the caller says no
        about_id=typed["about_id"] or None,
        channel=typed["channel"],
        came_on=None if typed["channel"] == Channel.PHONE else came_on(typed),
        **words,
    )


def came_on(typed: Mapping[str, str]) -> date | None:
    """None: no day was typed, or none that there is."""
    parts = _parts_of_day(typed)
    try:
        return date(*(int(part) for part in reversed(parts)))
    except ValueError:
        return None


def _parts_of_day(typed: Mapping[str, str]) -> list[str]:
    return [typed[f"came_on-{part}"] for part in ("day", "month", "year")]


def _wrong_day(typed: Mapping[str, str], today: date) -> str:
    day, parts = came_on(typed), _parts_of_day(typed)
    if day is None and all(part.isdecimal() for part in parts):
        return f"{_said(*parts)} is not a real date. Look at it again, for example 8 12 2026."
    if day is None:
        return "Write down the day on which it came, for example 8 12 2026."
    return "" if may_have_come(day, today) else "Write down a day of the last year, and none that is still to come."


def _said(day: str, month: str, year: str) -> str:
    """31 February 2026, which there never was; with the month as a number where it is none."""
    named = month_name[int(month)] if 1 <= int(month) <= 12 else month
    return f"{int(day)} {named} {year}"


# --- told by others than a caller ---------------------------------------------------------------------------------


def read_report(form: Mapping[str, str]) -> tuple[Typed, dict[str, str]]:
    """The public form: nobody is on the line, so only the words are needed. Without a name it is anonymous."""
    typed = typed_in(form)
    typed["anonymous"] = "no" if typed["caller_name"] or typed["caller_contact"] else "yes"
    errors = too_long(typed)
    if not typed["what"]:
        errors["what"] = "Write what happened. A few words are enough."
    return typed, errors


def told_by_public(typed: Mapping[str, str]) -> Told:
    return _told_online(typed, Channel.FORM, is_complaint=typed["is_complaint"] != "no")


def read_own(form: Mapping[str, str]) -> tuple[Typed, dict[str, str]]:
    """Somebody who works here tells of a colleague, or of themselves: `whose`."""
    typed = typed_in(form)
    typed["whose"] = form.get("whose", "") if form.get("whose") in ("own", "other") else ""
    typed["anonymous"] = "yes" if form.get("anonymous") == "yes" and typed["whose"] == "other" else "no"
    errors = too_long(typed)
    if not typed["whose"]:
        errors["whose"] = "Choose whom it is about."
    if not typed["what"]:
        errors["what"] = "Write what happened. A few words are enough."
    return typed, errors


def told_by_staff(typed: Mapping[str, str], person_id: str) -> Told:
    own = typed["whose"] == "own"
    extra: dict[str, Any] = {"told_by_id": person_id, "about_id": person_id if own else None}
    return _told_online(typed, Channel.STAFF, is_complaint=False, **extra)


def _told_online(typed: Mapping[str, str], channel: Channel, *, is_complaint: bool, **extra: Any) -> Told:
    facts: dict[str, Any] = {name: typed[name] for name in LENGTHS} | extra
    return Told(
        danger_now=False, still_there=False, anonymous=typed["anonymous"] == "yes", is_complaint=is_complaint,
        channel=channel, **facts,
    )  # fmt: skip


def words_added(form: Mapping[str, str]) -> str:
    return _plain(form.get("words", ""))


def _plain(text: str) -> str:
    """Lines end in one way, whatever the browser sends, and what no database keeps is left out."""
    return text.replace("\r\n", "\n").replace("\x00", "").encode("utf-8", "replace").decode().strip()
