"""What was typed at the desk, read and cleaned. Nothing is decided here."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from fieldvisit.db import new_id
from fieldvisit.desk.rules import as_heard
from fieldvisit.desk.wording import KINDS, NOTICES, OUTCOMES

SHORTEST_SEARCH = 3  # characters: with two, every street matches and no index helps (stack.md section 3)
LONGEST_SEARCH = 80
LONGEST_NOTE = 4000
COUNCIL_ITSELF = "council"  # visits by the council's own officers
_ID = re.compile(r"[0-9a-f]{32}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a long list begins: the last row's time and id."""

    at: datetime
    id: str

    def __str__(self) -> str:
        microseconds = (self.at - _EPOCH) // timedelta(microseconds=1)
        return urlsafe_b64encode(microseconds.to_bytes(8, signed=True) + bytes.fromhex(self.id)).decode()


def read_place(text: str) -> Place | None:
    """None for what is not a place of ours: then the list begins at its beginning."""
    try:
        raw = urlsafe_b64decode(text)
        if len(raw) != 24:
            return None
        return Place(_EPOCH + timedelta(microseconds=int.from_bytes(raw[:8], signed=True)), raw[8:].hex())
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What the visit log is asked for. since, until: London dates, both counted."""

    q: str = ""
    firm: str = ""
    kind: str = ""
    outcome: str = ""
    notice: str = ""
    since: date | None = None
    until: date | None = None
    marked: bool = False
    after: Place | None = None
    before: Place | None = None
    typed: Mapping[str, str] = field(default_factory=dict)  # as it came, to show it again
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> str:
        """The filters in use, by name: for the access record, which keeps no words that were searched for."""
        names = ("q", "firm", "kind", "outcome", "notice", "since", "until", "marked")
        return ", ".join(name for name in names if getattr(self, name))

    def query(self, **place: str) -> str:
        kept = {name: value for name, value in self.typed.items() if value and name not in ("after", "before")}
        return urlencode(kept | place)


_FILTERS = ("q", "firm", "kind", "outcome", "notice", "since", "until", "marked", "after", "before")


def read_filter(form: Mapping[str, str]) -> LogFilter:
    typed = {name: " ".join(form.get(name, "").split())[:LONGEST_SEARCH] for name in _FILTERS}
    errors: dict[str, str] = {}
    if typed["q"] and len(typed["q"]) < SHORTEST_SEARCH:
        errors["q"] = f"Type {SHORTEST_SEARCH} characters or more to search."
    since = _date("since", typed, errors)
    until = _date("until", typed, errors)
    if since and until and until < since:
        errors["until"] = "The last day is before the first. Change one of them."
    for name, known in (("kind", KINDS), ("outcome", OUTCOMES), ("notice", NOTICES)):
        if typed[name] and typed[name] not in known:
            errors[name] = "Choose one from the list."
    if typed["firm"] and typed["firm"] != COUNCIL_ITSELF and not _ID.fullmatch(typed["firm"]):
        errors["firm"] = "Choose one from the list."
    return LogFilter(
        q=typed["q"],
        firm=typed["firm"],
        kind=typed["kind"],
        outcome=typed["outcome"],
        notice=typed["notice"],
        since=since,
        until=until,
        marked=typed["marked"] == "yes",
        after=read_place(typed["after"]),
        before=read_place(typed["before"]),
        typed=typed,
        errors=errors,
    )


def _date(name: str, typed: Mapping[str, str], errors: dict[str, str]) -> date | None:
    if not typed[name]:
        return None
    try:
        day = date.fromisoformat(typed[name])
    except ValueError:
        day = date.min
    if 2000 <= day.year <= 2100:
        return day
    errors[name] = "Write the date as year-month-day, for example 2026-12-08."
    return None


def read_search(form: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    q = " ".join(form.get("q", "").split())[:LONGEST_SEARCH]
    short = q and len(q) < SHORTEST_SEARCH
    return q, {"q": f"Type {SHORTEST_SEARCH} characters or more to search."} if short else {}


def read_id(text: str) -> str:
    """An id of ours, or nothing."""
    return text if _ID.fullmatch(text) else ""


def read_form_key(form: Mapping[str, str]) -> str:
    """The key made with the form. One that is not ours is replaced: then a second press is a second deed."""
    key = form.get("k", "")
    return key if _ID.fullmatch(key) else new_id()


def read_note(form: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    words = form.get("words", "").replace("\r\n", "\n").strip()
    if not words:
        return words, {"words": "Write the note first."}
    if len(words) > LONGEST_NOTE:
        return words, {"words": f"Make the note shorter: at most {LONGEST_NOTE:,} characters."}
    return words, {}


@dataclass(frozen=True, slots=True)
class CallerQuestion:
    """badge: as it is kept, capitals without blanks. uprn: digits, or empty when the address was given.

    word: what the person at the door said, or empty when nobody asked about it.
    """

    badge: str
    postcode: str
    house: str
    uprn: str
    word: str = ""


def read_caller_question(form: Mapping[str, str]) -> tuple[CallerQuestion, dict[str, str]]:
    badge = re.sub(r"\s+", "", form.get("badge", "")).upper()[:20]
    asked = CallerQuestion(
        badge=badge,
        postcode=re.sub(r"\s+", "", form.get("postcode", "")).upper()[:10],
        house=" ".join(form.get("house", "").split())[:120],
        uprn=re.sub(r"\s+", "", form.get("uprn", ""))[:12],
        word=" ".join(form.get("word", "").split())[:LONGEST_SEARCH],
    )
    errors: dict[str, str] = {}
    if not badge:
        errors["badge"] = "Ask for the badge number. It is on the front of the card."
    if not asked.uprn and not asked.postcode:
        errors["postcode"] = "Ask for the postcode, or give the UPRN."
    if not asked.uprn and not asked.house:
        errors["house"] = "Ask for the house number or name, or give the UPRN."
    if asked.uprn and not (asked.uprn.isascii() and asked.uprn.isdecimal()):
        errors["uprn"] = "A UPRN is a number of up to 12 digits."
    if asked.word and not as_heard(asked.word):
        errors["word"] = "Type the word, the number or the picture that they said, or leave this empty."
    return asked, errors
