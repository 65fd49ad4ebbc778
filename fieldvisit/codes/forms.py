"""What is typed about codes, signatures and training: read, with a sentence for what cannot be. Decides nothing."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from fieldvisit.codes import rules, training
from fieldvisit.codes.rules import Signing
from fieldvisit.codes.version_rules import Act
from fieldvisit.codes.versions import New

LONGEST = 4000  # characters of somebody's own words
MOST_STROKES = 60_000
_KEY = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[\w .,()/-]{1,20}")
_STROKES = re.compile(r"[ML0-9., -]*")


class Typed:
    """What somebody typed, kept to be shown again, and what was wrong with it."""

    def __init__(self, form: MultiDict[str, str] | None = None) -> None:
        self._form: MultiDict[str, str] = form if form is not None else MultiDict()
        self.errors: dict[str, str] = {}

    def text(self, name: str, most: int = LONGEST) -> str:
        return self._form.get(name, "").replace("\x00", "").replace("\r\n", "\n").strip()[: most + 1]

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._form.getlist(name)[:50]))

    def ticked(self, name: str) -> bool:
        return bool(self._form.get(name))

    @property
    def key(self) -> str | None:
        key = self._form.get("k", "")
        return key if _KEY.fullmatch(key) else None

    def parts(self, name: str) -> dict[str, str] | None:
        parts = {part: self.text(f"{name}-{part}", 20) for part in ("day", "month", "year")}
        return parts if any(parts.values()) else None

    def wrong(self, name: str, sentence: str) -> None:
        self.errors.setdefault(name, sentence)

    def words(self, name: str, missing: str = "", most: int = LONGEST) -> str:
        text = self.text(name, most)
        if missing and not text:
            self.wrong(name, missing)
        if len(text) > most:
            self.wrong(name, f"Use {most} letters or fewer.")
        return text

    def choice(self, name: str, allowed: Collection[str], missing: str) -> str:
        value = self.text(name, 64)
        if value not in allowed:
            self.wrong(name, missing)
        return value

    def day(self, name: str, missing: str = "") -> date | None:
        parts = self.parts(name)
        if parts is None:
            if missing:
                self.wrong(name, missing)
            return None
        try:
            year, month, day = (int(parts[part]) for part in ("year", "month", "day"))
            return date(year if year > 99 else 2000 + year, month, day)
        except ValueError:
            self.wrong(name, "That is no day. Type it in numbers, such as 8 12 2026.")
            return None


def read_new(typed: Typed, codes: Collection[str]) -> New:
    document = typed.choice("document", codes, "Choose which code this is a version of.")
    name = typed.words("version", "Give this version a name, such as 1.1.", 20)
    if name and not _NAME.fullmatch(name):
        typed.wrong("version", "Use letters, numbers, blanks and full stops only.")
    size = typed.choice("size", ("significant", "minor"), "Choose whether the change is big or small.")
    change = typed.words("change", "Say in a sentence or two what is new in it.", 1000)
    binds = tuple(word for word in rules.BINDS if word in typed.many("binds"))
    if not binds:
        typed.wrong("binds", "Choose whom it binds: at least one.")
    return New(document, name, size != "minor", change, binds, typed.words("author", most=200))


def read_act(act: Act, typed: Typed) -> dict[str, Any]:
    """What the act's form adds to the version; days that are missing are the rule's matter."""
    match act:
        case Act.CONSULT:
            return {"consulted_from": typed.day("consulted_from", "Say on which day you begin to ask.")}
        case Act.APPROVE:
            return {
                "change": typed.words("change", most=1000),
                "consulted": typed.words("consulted"),
                "consulted_until": typed.day("consulted_until"),
                "approved_by": typed.words("approved_by", most=200),
                "approved_on": typed.day("approved_on"),
            }
        case Act.GO_LIVE:
            return {
                "owner": typed.words("owner", most=200),
                "live_from": typed.day("live_from"),
                "review_on": typed.day("review_on"),
            }
    return {}


def read_signing(typed: Typed, *, has_read: bool, wanted: Mapping[str, str] = rules.WANTED) -> tuple[Signing, str]:
    """And the strokes, where the name was drawn as well. wanted: what to say where a box is empty; all at once."""
    drawn = typed.text("drawn", MOST_STROKES)
    drawn = drawn if _STROKES.fullmatch(drawn) and len(drawn) <= MOST_STROKES else ""
    signing = Signing(
        name=typed.words("name", wanted["name"], rules.LONGEST),
        position=typed.words("position", wanted["position"], rules.LONGEST),
        organisation=typed.words("organisation", wanted["organisation"], rules.LONGEST), agrees=typed.ticked("agrees"),
        sha256=typed.text("sha256", 64), drawn=bool(drawn), has_read=has_read,
    )  # fmt: skip
    if not signing.agrees:
        typed.wrong("agrees", rules.TICK)
    return signing, drawn


def read_training(typed: Typed, today: date) -> tuple[str, str, date | None, date | None]:
    kind = typed.choice("kind", training.KINDS, "Choose what kind of training it is.")
    title = typed.words("title", "Say what it was, such as the course or the card.", 200)
    done_on, expires_on = typed.day("done_on", "Say on which day it was done."), typed.day("expires_on")
    if done_on and done_on > today:
        typed.wrong("done_on", "That day is still to come.")
    if done_on and expires_on and expires_on <= done_on:
        typed.wrong("expires_on", "It cannot run out before it was done.")
    if kind == training.GATE and not expires_on and "expires_on" not in typed.errors:
        typed.wrong("expires_on", "Say until which day it holds: nobody visits homes without it.")
    return kind, title, done_on, expires_on


def read_check(typed: Typed, today: date) -> tuple[bool, date | None]:
    may = typed.choice("may_visit", ("yes", "no"), "Choose yes or no.")
    checked_on = typed.day("checked_on", "Say on which day it was checked.")
    if checked_on and checked_on > today:
        typed.wrong("checked_on", "That day is still to come.")
    return may == "yes", checked_on
