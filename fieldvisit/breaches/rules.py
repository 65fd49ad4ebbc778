"""Taking a concern about conduct: what may be kept of it, and by when somebody looks at it. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from fieldvisit.ground.clock import end_of_london_day, london_date, london_instant
from fieldvisit.ground.policy import Policy

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # as a visit's number: none that is misheard for another


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller said, in the order of the script. badge_number: as heard, of a badge that may not be ours."""

    danger_now: bool
    still_there: bool
    anonymous: bool
    what: str
    caller_name: str = ""
    caller_contact: str = ""
    safe_to_ring: str = ""
    happened_where: str = ""
    happened_when: str = ""
    about_whom: str = ""
    firm: str = ""
    badge_number: str = ""
    wants: str = ""
    is_complaint: bool = True


@dataclass(frozen=True, slots=True)
class Received:
    """When a concern came in, as far as it may be kept: of an anonymous one the day alone (threat T31)."""

    on: date
    at: datetime | None


def kept(told: Told) -> Told:
    """Of an anonymous caller nothing that leads back to them, whatever was typed before they asked for it."""
    return replace(told, caller_name="", caller_contact="", safe_to_ring="") if told.anonymous else told


def received(told: Told, at: datetime) -> Received:
    return Received(london_date(at), None if told.anonymous else at)


def raised_at(came: Received) -> datetime:
    """What its task says: the hour of an anonymous call would point at the caller as well as its minute."""
    return came.at or london_instant(came.on)


def looked_at_by(came: Received, policy: Policy) -> datetime:
    return end_of_london_day(policy.working_days.after(came.on, policy.task.concern_wd.value))


def answered_by(told: Told, came: Received, policy: Policy) -> datetime | None:
    """DR-8: a complaint is acknowledged within so many working days. None where there is none, or nobody to tell."""
    if not told.is_complaint or told.anonymous:
        return None
    return end_of_london_day(policy.working_days.after(came.on, policy.deadline.complaint_ack.value))


def identity(form_key: str, told: Told) -> str:
    """Pressed twice is kept once; the same form with other words is another concern, so that no word is lost.

    The key is random and is not kept, so that nobody can find out by trying whether these were the words.
    """
    said: Mapping[str, object] = {name: getattr(told, name) for name in Told.__slots__}
    text = "\n".join([form_key, *(f"{name}={said[name]!r}" for name in sorted(said))])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def reference(identity: str) -> str:
    """Seven letters to read out, made from the identity: whoever presses twice is told the same ones twice."""
    number = int(hashlib.sha256(f"reference {identity}".encode()).hexdigest(), 16)
    letters = ""
    for _ in range(7):
        number, letter = divmod(number, len(LETTERS))
        letters += LETTERS[letter]
    return f"C-{letters}"


def in_groups(reference: str) -> tuple[str, str]:
    """Four and three, as people read them back."""
    letters = reference.removeprefix("C-")
    return letters[:4], letters[4:]
