"""What an officer types about a household's needs: parsed, with a sentence for what cannot be read. Decides nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from fieldvisit.db import new_id
from fieldvisit.register.needs import MARKS, REACHED_BY
from fieldvisit.register.needs_service import Named
from fieldvisit.visits.plan_forms import Typed, spaced_postcode


@dataclass(frozen=True, slots=True)
class Shown:
    """One form of the page: with what was typed into it where it was sent and something was wrong, else as it stands."""

    typed: Typed
    open: bool
    key: str = field(default_factory=new_id)

    def text(self, name: str, now: str = "") -> str:
        return self.typed.text(name, 200) if self.open else now

    def many(self, name: str, now: Sequence[str] = ()) -> Sequence[str]:
        return self.typed.many(name) if self.open else now

    def ticked(self, name: str, now: bool = False) -> bool:
        return self.typed.ticked(name) if self.open else now

    def parts(self, name: str, now: date | None = None) -> dict[str, str] | date | None:
        return self.typed.parts(name) if self.open else now


def yes_or_no(typed: Typed, name: str, missing: str) -> bool | None:
    answer = typed.choice(name, ("yes", "no"), missing)
    return None if answer is None else answer == "yes"


def read_marks(typed: Typed) -> dict[str, str]:
    marks = {}
    for channel, label in REACHED_BY.items():
        if mark := typed.choice(f"mark_{channel}", MARKS, f"{label}: say how much we may say there."):
            marks[channel] = mark
    return marks


def read_own_marks(typed: Typed, resident_id: str) -> dict[str, str]:
    """Of one tenant: the ways that say less than for the household; the others are not there."""
    said = {channel: typed.choice(f"mark_{channel}_{resident_id}", MARKS[1:]) for channel in REACHED_BY}
    return {channel: mark for channel, mark in said.items() if mark}


def read_named(typed: Typed, prefix: str) -> Named | None:
    """None where nobody is named."""
    name, reach = typed.words(f"{prefix}_name", most=200), typed.words(f"{prefix}_reach", most=200)
    when_free = typed.words(f"{prefix}_when", most=200)
    if not (name or reach or when_free):
        return None
    if not name:
        typed.wrong(f"{prefix}_name", "Write their name.")
    if not reach:
        typed.wrong(f"{prefix}_reach", "Write a telephone number or an email address.")
    return Named(name, reach, when_free, agreed=typed.ticked(f"{prefix}_agreed"))


@dataclass(frozen=True, slots=True)
class SaferContact:
    uprn: str
    postcode: str
    house: str
    channel: str
    mark: str


def read_safer_contact(typed: Typed) -> SaferContact:
    uprn, house = re.sub(r"\s", "", typed.text("uprn", 20)), typed.words("house", most=60)
    postcode = spaced_postcode(typed.text("postcode", 12))
    if uprn and not re.fullmatch(r"[0-9]{1,12}", uprn):
        typed.wrong("uprn", "A UPRN is up to 12 numbers.")
    if not uprn and not postcode:
        typed.wrong("postcode", "Write the postcode of the home.")
    if not uprn and not house:
        typed.wrong("house", "Write the house number or name.")
    channel = typed.choice("channel", REACHED_BY, "Say which way is not safe.")
    mark = typed.choice("mark", MARKS[1:], "Say how little we may say there.")
    return SaferContact(uprn, postcode, house, channel or "", mark or "")
