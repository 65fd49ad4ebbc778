"""What the log of one visit adds up to: D1's stages, its transitions, and the fold. Pure.

`TRANSITIONS` is D1's table for what happens at the door. A fact that comes in another order is never refused: it is
folded where `LANDS` says that it must lead, and marked (ruling R1).
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from fieldvisit.visits.events import Who


class Stage(StrEnum):
    DRAFT = "draft"
    NOTICE_PENDING = "notice_pending"
    NOTIFIED = "notified"
    CONFIRMED = "confirmed"
    REARRANGING = "rearranging"
    EN_ROUTE = "en_route"
    AT_DOOR = "at_door"
    IDENTIFIED = "identified"
    CONSENTED = "consented"
    LAWFUL_ENTRY = "lawful_entry"
    IN_HOME = "in_home"
    CLOSING = "closing"
    CLOSED = "closed"
    REFUSED = "refused"
    NO_ACCESS = "no_access"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


PLANNING = (Stage.DRAFT, Stage.NOTICE_PENDING, Stage.NOTIFIED, Stage.CONFIRMED, Stage.REARRANGING)
READY = (Stage.NOTIFIED, Stage.CONFIRMED)
DOORSTEP = (Stage.AT_DOOR, Stage.IDENTIFIED)
BEFORE_ENTRY = (*PLANNING, Stage.EN_ROUTE, *DOORSTEP, Stage.CONSENTED, Stage.LAWFUL_ENTRY)
ON_SITE = (Stage.EN_ROUTE, *DOORSTEP, Stage.CONSENTED, Stage.LAWFUL_ENTRY, Stage.IN_HOME)
ENDED = (Stage.CLOSED, Stage.REFUSED, Stage.NO_ACCESS, Stage.WITHDRAWN, Stage.CANCELLED)


def _table(*rows: tuple[tuple[Stage, ...], str, Stage | None]) -> dict[tuple[Stage, str], Stage]:
    return {(start, kind): to or start for starts, kind, to in rows for start in starts}


# From, what happened, to (None: stays). Planning is in `fold.py`: there the notice rules decide the stage.
TRANSITIONS = _table(
    (READY, "visit.set_off", Stage.EN_ROUTE),
    ((*READY, Stage.EN_ROUTE), "visit.late", None),
    ((Stage.EN_ROUTE,), "visit.arrived", Stage.AT_DOOR),
    ((Stage.AT_DOOR,), "door.no_answer", Stage.NO_ACCESS),
    ((Stage.AT_DOOR,), "door.child_answered", Stage.REFUSED),
    (DOORSTEP, "door.answered", None),
    (DOORSTEP, "door.introduced", None),
    (DOORSTEP, "door.reason_given", None),
    ((Stage.AT_DOOR,), "door.id_shown", Stage.IDENTIFIED),
    ((Stage.IDENTIFIED,), "door.id_shown", None),
    (DOORSTEP, "door.checking", None),
    ((Stage.IDENTIFIED,), "consent.given", Stage.CONSENTED),
    ((*DOORSTEP, Stage.CONSENTED, Stage.LAWFUL_ENTRY), "consent.refused", Stage.REFUSED),
    ((Stage.CONSENTED,), "consent.withdrawn", Stage.REFUSED),
    ((Stage.IN_HOME,), "consent.withdrawn", Stage.CLOSING),
    ((*PLANNING, Stage.EN_ROUTE, *DOORSTEP, Stage.NO_ACCESS), "entry.authorised", None),
    ((*DOORSTEP, Stage.NO_ACCESS), "entry.lawful", Stage.LAWFUL_ENTRY),
    ((Stage.CONSENTED, Stage.LAWFUL_ENTRY), "home.entered", Stage.IN_HOME),
    ((Stage.LAWFUL_ENTRY, Stage.IN_HOME, Stage.CLOSING), "entry.secured", None),
    ((Stage.IN_HOME,), "home.checked", None),
    ((Stage.IN_HOME, Stage.CLOSING), "photo.taken", None),
    ((Stage.AT_DOOR, Stage.NO_ACCESS), "photo.taken", None),  # the card that was left
    ((Stage.LAWFUL_ENTRY,), "photo.taken", None),  # D3: the door as it was
    ((Stage.IN_HOME,), "visit.closing", Stage.CLOSING),
    (ON_SITE, "visit.withdrew", Stage.WITHDRAWN),
    ((Stage.CLOSING,), "visit.closed", Stage.CLOSED),
    (BEFORE_ENTRY, "visit.cancelled", Stage.CANCELLED),
    (tuple(Stage), "visit.noted", None),
    (tuple(Stage), "hazard.reported", None),
    (tuple(Stage), "entry.proposed", None),
    (tuple(Stage), "entry.corrected", None),
    *(
        (tuple(Stage), f"safety.{kind}", None)
        for kind in ("started", "checked_in", "extended", "panicked", "ended", "left_because")
    ),
)

_BEFORE_DOOR = (*PLANNING, Stage.EN_ROUTE)
_NOT_INSIDE = (*_BEFORE_DOOR, *DOORSTEP, Stage.REFUSED, Stage.NO_ACCESS, Stage.WITHDRAWN)

# Out of order, but it happened: where the fact leads all the same. Anything not named here leaves the stage alone.
LANDS = _table(
    (PLANNING, "visit.set_off", Stage.EN_ROUTE),
    (PLANNING, "visit.arrived", Stage.AT_DOOR),
    (_BEFORE_DOOR, "door.no_answer", Stage.NO_ACCESS),
    (_BEFORE_DOOR, "door.child_answered", Stage.REFUSED),
    (_BEFORE_DOOR, "door.answered", Stage.AT_DOOR),
    ((*_BEFORE_DOOR, Stage.AT_DOOR), "consent.given", Stage.CONSENTED),
    (_BEFORE_DOOR, "consent.refused", Stage.REFUSED),
    (_NOT_INSIDE, "home.entered", Stage.IN_HOME),
    ((*_BEFORE_DOOR, *DOORSTEP, Stage.CONSENTED, Stage.LAWFUL_ENTRY), "visit.closing", Stage.CLOSING),
    (PLANNING, "visit.withdrew", Stage.WITHDRAWN),
    ((Stage.CLOSING,), "visit.withdrew", Stage.WITHDRAWN),
    ((*ON_SITE, *PLANNING, Stage.REFUSED, Stage.NO_ACCESS, Stage.WITHDRAWN), "visit.closed", Stage.CLOSED),
)

STEPS = ("door.introduced", "door.reason_given", "door.id_shown")  # ME-3.2b: in this order, before entering


@dataclass(frozen=True, slots=True)
class Consent:
    who: Who
    how: str
    scope: tuple[str, ...]
    trusted_adult: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VisitState:
    """The fold of a visit's log. Instants are aware UTC, corrected for the phone's clock."""

    stage: Stage = Stage.DRAFT
    kind: str = "other"
    window_start: datetime | None = None
    window_end: datetime | None = None
    lead: str = ""
    others: tuple[str, ...] = ()
    visitor: str = "contractor"
    works_started: bool = False
    trusted_adult: bool = False
    two_people: bool = False
    moved: bool = False
    notice_result: str = "short"
    outcome: str = ""
    late_minutes: int | None = None
    answered_by: Who | None = None
    steps: tuple[str, ...] = ()
    consent: Consent | None = None
    refusal: str = ""
    consent_withdrawn: bool = False
    basis: str = ""  # of an authorised entry without consent
    authorised_by: str = ""
    further_visit: bool = False
    further_on: date | None = None
    unhappy: bool = False
    wants_no_complaint: bool = False
    hazard_seen: bool = False
    arrived_at: datetime | None = None
    entered_at: datetime | None = None
    ended_at: datetime | None = None
    exceptions: tuple[str, ...] = ()
    marks: dict[str, tuple[str, ...]] = field(default_factory=dict)  # uuid of a line: its exceptions
    struck: tuple[str, ...] = ()  # uuids that a correction struck out

    def marked(self, line: str, *codes: str) -> "VisitState":
        new = tuple(code for code in codes if code not in self.marks.get(line, ()))
        if not new:
            return self
        return replace(
            self,
            marks=self.marks | {line: (*self.marks.get(line, ()), *new)},
            exceptions=(*self.exceptions, *(code for code in new if code not in self.exceptions)),
        )


def steps_in_order(steps: tuple[str, ...]) -> bool:
    """Introduced, reason given, ID shown: each at some point after the one before it."""
    wanted = iter(STEPS)
    want = next(wanted)
    for step in steps:
        if step == want:
            want = next(wanted, "")
            if not want:
                return True
    return False
