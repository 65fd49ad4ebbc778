"""What the scheduler and the duty officer type: parsed, with a sentence for what cannot be read. Decides nothing."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from werkzeug.datastructures import MultiDict

from fieldvisit.ground.clock import LONDON, say_date, say_time
from fieldvisit.notices.facts import CHANNELS, DELIVERIES, SPOKEN_TO
from fieldvisit.visits.rules import KINDS
from fieldvisit.visits.telling import ASKS_FOR, Told

_TIME = re.compile(r"(\d{1,2})(?:[:.]?(\d{2}))?\s*(am|pm)?\s*(bst|gmt)?", re.IGNORECASE)
_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_KEY = re.compile(r"[0-9a-f]{32}")

# What is known of somebody's age, and the age that the record then bears (NR-14 asks about 18, and 16 for a tenant).
AGES = {"adult": 18, "16_or_17": 16, "under_16": 15, "unknown": None}
MOVED_BY = ("council", "contractor", "tenant")
MOVE_REASONS = ("worker_ill", "overrun", "no_parts", "weather", "tenant_asked", "other")
CANCEL_REASONS = (*MOVE_REASONS[:-1], "not_needed", "other")
AGREED_BY = ("tenant", "representative")
FAILED_AS = ("temporary-failure", "permanent-failure", "technical-failure")
WITHDRAWN_FOR = ("bounced", "recorded_by_mistake", "other")
CONTACT_METHODS = ("knocked", "called", "texted", "neighbour", "next_of_kin")


class Typed:
    """Everything that somebody typed: read once, kept to be shown again, with what was wrong with it."""

    def __init__(self, form: MultiDict[str, str]) -> None:
        self._form = form
        self.errors: dict[str, str] = {}

    @classmethod
    def nothing(cls, **already: str) -> "Typed":
        return cls(MultiDict(already))

    def text(self, name: str, most: int = 2000) -> str:
        # PostgreSQL keeps no NUL, and a form has no use for one.
        return self._form.get(name, "").replace("\x00", "").strip()[: most + 1]

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value.strip() for value in self._form.getlist(name)[:50]))

    def ticked(self, name: str) -> bool:
        return bool(self._form.get(name))

    def parts(self, name: str) -> dict[str, str] | None:
        """The three boxes of a date as they were typed, for the macro that shows them."""
        parts = {part: self.text(f"{name}-{part}", 20) for part in ("day", "month", "year")}
        return parts if any(parts.values()) else None

    @property
    def key(self) -> str | None:
        """The form's idempotency key, or None where somebody made the form by hand."""
        key = self._form.get("k", "")
        return key if _KEY.fullmatch(key) else None

    # --- each of these leaves a sentence in `errors` where it answers None

    def wrong(self, name: str, sentence: str) -> None:
        self.errors.setdefault(name, sentence)

    def words(self, name: str, missing: str = "", most: int = 500) -> str:
        text = self.text(name, most)
        if not text and missing:
            self.wrong(name, missing)
        if len(text) > most:
            self.wrong(name, f"Use {most} letters or fewer.")
        return text

    def choice(self, name: str, allowed: Collection[str], missing: str = "") -> str | None:
        value = self.text(name, 64)
        if value in allowed:
            return value
        if missing or value:
            self.wrong(name, missing or "Choose one from the list.")
        return None

    def day(self, name: str, missing: str = "") -> date | None:
        typed = self.parts(name)
        if typed is None:
            if missing:
                self.wrong(name, missing)
            return None
        found = read_day(typed)
        if isinstance(found, str):
            self.wrong(name, found)
            return None
        return found

    def instant(self, day: date | None, name: str, missing: str = "") -> datetime | None:
        """A London wall time on that day, as aware UTC."""
        text = self.text(name, 40)
        if not text:
            if missing:
                self.wrong(name, missing)
            return None
        found = read_time(text, day)
        if isinstance(found, str):
            self.wrong(name, found)
            return None
        return found


def read_day(typed: dict[str, str]) -> date | str:
    """Day, month and year in numbers; or a sentence that says what is wrong."""
    if missing := [part for part in ("day", "month", "year") if not typed[part]]:
        return f"The date needs a {' and a '.join(missing)}."
    if not all(re.fullmatch(r"[0-9]{1,4}", text) for text in typed.values()):
        return "Write the date in numbers, like 8 12 2026."
    if not re.fullmatch(r"20[0-9]{2}", typed["year"]):
        return "Write the year with four numbers, like 2026."
    try:
        return date(int(typed["year"]), int(typed["month"]), int(typed["day"]))
    except ValueError:
        return "There is no such date. Check the day and the month."


def read_time(text: str, day: date | None) -> datetime | str | None:
    """'9:30am', '14:30', 'noon', and '1:30am GMT' where the clocks go back. None where it was read but has no day."""
    text = text.strip().lower()
    zone, at = "", _NAMED.get(text)
    if at is None:
        found = _TIME.fullmatch(text)
        if found is None or (at := _clock_face(found)) is None:
            return "Write the time like 9:30am, 2:15pm or 14:15."
        zone = found[4] or ""
    return wall_instant(day, at, zone) if day else None


def _clock_face(found: re.Match[str]) -> time | None:
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif found[2] is None:
        return None  # a bare 9 may be either half of the day
    return time(hour, minute) if hour < 24 and minute < 60 else None


def wall_instant(day: date, at: time, zone: str = "") -> datetime | str:
    """The instant, aware UTC, at which London's clocks show this; or a sentence, on the days that the clocks change."""
    first, second = (datetime.combine(day, at, tzinfo=LONDON).replace(fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != first.replace(tzinfo=None):
        return f"There is no {say_time(at)} on {say_date(day)}: the clocks go forward. Choose another time."
    choices = {("bst" if moment.utcoffset() else "gmt"): moment.astimezone(UTC) for moment in (first, second)}
    if zone:
        wrong_half = f"London does not keep {zone.upper()} at that time. Leave {zone.upper()} out."
        return choices.get(zone, wrong_half)
    if len(choices) == 1:
        return next(iter(choices.values()))
    said = say_time(at)
    return (
        f"{said} comes twice on {say_date(day)}: the clocks go back. "
        f"Write {said} BST for the first or {said} GMT for the second."
    )


# --- the forms ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HomeSearch:
    uprn: str
    postcode: str
    house: str
    job: str


def read_search(typed: Typed) -> HomeSearch:
    found = HomeSearch(
        uprn=re.sub(r"\s", "", typed.text("uprn", 20)),
        postcode=spaced_postcode(typed.text("postcode", 12)),
        house=typed.words("house", most=60),
        job=typed.words("job", most=64),
    )
    if found.uprn and not re.fullmatch(r"[0-9]{1,12}", found.uprn):
        typed.wrong("uprn", "A UPRN is up to 12 numbers.")
    if found.house and not (found.postcode or found.uprn or found.job):
        typed.wrong("postcode", "Write the postcode too.")
    if not (found.uprn or found.postcode or found.house or found.job):
        typed.wrong("postcode", "Write a postcode, a UPRN or a job reference.")
    return found


def spaced_postcode(text: str) -> str:
    letters = re.sub(r"[^A-Z0-9]", "", text.upper())
    return f"{letters[:-3]} {letters[-3:]}" if len(letters) > 3 else letters


@dataclass(frozen=True, slots=True)
class Window:
    start: datetime | None
    end: datetime | None

    @property
    def both(self) -> tuple[datetime, datetime] | None:
        return (self.start, self.end) if self.start and self.end else None


def read_window(typed: Typed, prefix: str = "", *, asked: bool = True) -> Window:
    """`day`, `start`, `end`, with the form's prefix. asked: an empty box is a mistake."""
    parts = typed.parts(f"{prefix}day")
    if not asked and parts and not all(parts.values()):
        return Window(None, None)  # they are still typing
    day = typed.day(f"{prefix}day", "Say on which day." if asked else "")
    start = typed.instant(day, f"{prefix}start", "Say when the window starts." if asked else "")
    end = typed.instant(day, f"{prefix}end", "Say when the window ends." if asked else "")
    return Window(start, end)


@dataclass(frozen=True, slots=True)
class VisitForm:
    kind: str | None
    reason: str
    job_id: str
    lead_id: str
    others: tuple[str, ...]
    window: Window
    works_started: bool
    two_people: bool
    clock: str | None  # a code of job_clocks.offered
    clock_on: date | None


def read_visit(typed: Typed, clocks: Collection[str] = ()) -> VisitForm:
    lead = typed.words("lead", "Choose who will visit.", most=32)
    return VisitForm(
        kind=typed.choice("kind", KINDS, "Choose what kind of visit this is."),
        reason=typed.words("reason", "Say why somebody must visit."),
        job_id=typed.text("job", 32),
        lead_id=lead,
        others=tuple(other for other in typed.many("others") if other != lead),
        window=read_window(typed),
        works_started=typed.ticked("works_started"),
        two_people=typed.ticked("two_people"),
        clock=typed.choice("clock", clocks),
        clock_on=typed.day("clock_on"),
    )


@dataclass(frozen=True, slots=True)
class NoticeForm:
    told: Told | None
    recipient_age: int | None
    states_who: bool
    states_why: bool
    proof: str
    resident: str | None = None


def read_notice(typed: Typed, tenants: Collection[str] = ()) -> NoticeForm:
    """Only what the channel asks for is read: what else was typed is kept on the page, and means nothing.

    tenants: of several, one may be named as the one who was told.
    """
    channel = typed.choice("channel", tuple(CHANNELS), "Choose how the tenant was told.")
    told = _read_told(typed, channel, ASKS_FOR[channel]) if channel else None
    age = typed.choice("age", tuple(AGES)) if channel and "age" in ASKS_FOR[channel] else None
    return NoticeForm(
        told=told,
        recipient_age=AGES[age or "unknown"],
        states_who=typed.ticked("states_who"),
        states_why=typed.ticked("states_why"),
        proof=typed.words("proof", "Say how we know: a reference number, or who says so.", most=1000),
        resident=typed.choice("resident", tenants) if tenants else None,
    )


def _read_told(typed: Typed, channel: str, asked: Iterable[str]) -> Told:
    told = Told(channel, programme_start=typed.day("programme_start"), programme_end=typed.day("programme_end"))
    if "sent" in asked:
        told = replace(told, sent_at=_moment(typed, "sent"))
    if "delivery" in asked:
        told = replace(told, delivery=typed.choice("delivery", (*DELIVERIES, "")) or None)
    if "delivered" in asked:
        told = replace(told, delivered_at=_moment(typed, "delivered"))
    if "despatched" in asked:
        told = replace(told, despatched_on=typed.day("despatched"))
    if "spoke_to" in asked:
        told = replace(told, spoke_to=typed.choice("spoke_to", SPOKEN_TO))
    return told


def _moment(typed: Typed, name: str) -> datetime | None:
    """A day and a time: `sent-day` and so on, with `sent_time`. Half of the two is a mistake."""
    day = typed.day(name, "Say on which day." if typed.text(f"{name}_time") else "")
    return typed.instant(day, f"{name}_time", "Say at what time." if day else "")


@dataclass(frozen=True, slots=True)
class ChangeForm:
    """Why a visit is moved or cancelled, and what the tenant was told of it (ME-3.2d)."""

    by: str | None
    reason: str | None
    apologised: bool
    offered_new_time: bool
    words: str


def read_change(typed: Typed, prefix: str, reasons: Collection[str]) -> ChangeForm:
    return ChangeForm(
        by=typed.choice(f"{prefix}by", MOVED_BY, "Say who asked for this."),
        reason=typed.choice(f"{prefix}reason", reasons, "Choose the reason."),
        apologised=typed.ticked(f"{prefix}apologised"),
        offered_new_time=typed.ticked(f"{prefix}offered"),
        words=typed.words(f"{prefix}words", most=1000),
    )


@dataclass(frozen=True, slots=True)
class EntryForm:
    basis: str
    proposed_by: str
    contact_methods: tuple[str, ...]
    life_at_risk: bool
    reason: str


def read_entry(typed: Typed) -> EntryForm:
    return EntryForm(
        basis=typed.words("basis", "Choose the legal ground.", most=64),
        proposed_by=typed.words("proposed_by", "Say who asked to go in.", most=32),
        contact_methods=tuple(method for method in typed.many("methods") if method in CONTACT_METHODS),
        life_at_risk=typed.ticked("life_at_risk"),
        reason=typed.words("entry_reason", "Write down the danger, why now, and who may be inside.", most=1000),
    )
