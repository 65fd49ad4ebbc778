"""What a notice rule is told, and what it answers. Every instant is aware; the words are those of the JSON Lines."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from fieldvisit.ground.clock import in_utc

Result = Literal["full", "minimum", "short", "agreed", "exempt_emergency", "exempt_investigation"]

KINDS = (
    "responsive_repair",
    "planned_works",
    "inspection",
    "safety_check",
    "tenancy_visit",
    "follow_up",
    "other",
)
CHANNELS = {
    "sms": "text message",
    "email": "email",
    "handed": "letter or card handed over",
    "letterbox": "letter or card through the door",
    "in_person": "telling them at the door",
    "phone": "phone call",
    "voicemail": "voicemail",
    "letter_first_class": "first-class letter",
    "letter_second_class": "second-class letter",
    "signed_for": "signed-for letter",
}
DELIVERIES = ("delivered", "pending", "sending", "temporary-failure", "permanent-failure", "technical-failure")
FAILURES = frozenset({"temporary-failure", "permanent-failure", "technical-failure"})
SPOKEN_TO = ("tenant", "joint_tenant", "representative", "adult", "child", "other")
AGREED_BY = ("tenant", "representative")
AGREEMENT_RECORDERS = ("call_handler", "scheduler", "tenant", "visitor")
VISITORS = ("contractor", "officer")

# Landlord and Tenant Act 1985 s.11(6) and Housing Act 2004 s.239 ask for writing before an inspection (NR-2).
IN_WRITING = frozenset({"inspection", "safety_check"})
ORAL = frozenset({"in_person", "phone", "voicemail"})
# In person or by phone the person matters; a text or a letter goes to the tenant's own number or address.
MET_SOMEBODY = frozenset({"handed", "in_person", "phone", "signed_for"})
# A household of its own may be headed by somebody of 16 (Q9).
YOUNGEST_TENANT = 16


def _write_in_utc(record: object, *names: str) -> None:
    for name in names:
        value = getattr(record, name)
        if value is None:
            continue
        if value.tzinfo is None:
            raise ValueError(f"{name}: {value!r} has no time zone: an instant is always aware")
        object.__setattr__(record, name, in_utc(value))


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that was sent or said. No window and no programme means the visit's own window was told.

    despatched_at: when a letter left the building or the print house, not when it was queued.
    """

    channel: str
    sent_at: datetime | None = None
    delivery: str | None = None
    delivered_at: datetime | None = None
    despatched_at: datetime | None = None
    window_start: datetime | None = None
    window_end: datetime | None = None
    programme_start: date | None = None
    programme_end: date | None = None
    spoke_to: str | None = None
    recipient_age: int | None = None
    states_who: bool = True
    states_why: bool = True

    def __post_init__(self) -> None:
        _write_in_utc(self, "sent_at", "delivered_at", "despatched_at", "window_start", "window_end")


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """arrival: when the worker presents at the door; while planning, the window's start.
    works_started: an added visit once planned works have begun (NR-4)."""

    kind: str
    window_start: datetime
    window_end: datetime
    arrival: datetime
    visitor: str = "contractor"
    works_started: bool = False

    def __post_init__(self) -> None:
        _write_in_utc(self, "window_start", "window_end", "arrival")


@dataclass(frozen=True, slots=True)
class Household:
    """unusable_channels: what the household has told us that it cannot use (NR-13)."""

    unusable_channels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Emergency:
    class_at_arrival: bool = False
    authorised_by: str | None = None
    authorised_at: datetime | None = None
    authoriser_is_visitor: bool = False
    hazard: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        _write_in_utc(self, "authorised_at")


@dataclass(frozen=True, slots=True)
class Investigation:
    authorised_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The tenant asked for or accepted this time. recorded_by: one of AGREEMENT_RECORDERS."""

    by: str | None = None
    recorded_at: datetime | None = None
    recorded_by: str | None = None

    def __post_init__(self) -> None:
        _write_in_utc(self, "recorded_at")


@dataclass(frozen=True, slots=True)
class NoticeAnswer:
    """given_at, notice_seconds, notice_days: the earliest notice that counts, also when an exemption decides.

    notice_seconds is below nought when the tenant was told after the window began. notice_days stands where NR-3
    measured. not_before: aware UTC, the earliest window that the counted notice allows; None unless refused.
    clause: an id of the council's code ("ME-3.1a"), or the rule's own ("NR-7") where no clause speaks.
    """

    result: Result
    may_proceed: bool
    given_at: datetime | None
    notice_seconds: int | None
    notice_days: int | None
    reason: str
    clause: str
    not_before: datetime | None = None
