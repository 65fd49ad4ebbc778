"""The vocabulary of a visit's log: one frozen dataclass for each kind, past tense, with its wire name and version.

Bodies travel as JSON objects whose keys are the field names. `Words` fields hold a person's own words or name: they
never reach `entry.body` (ruling R3). Reading and writing is `visits/wire.py`. An example of every (kind, version) that
was ever issued is stored in `tests/services/wire_examples.json` and accepted for ever. Pure.

The kinds of the worker's safety are `visits/safety_events.py`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from fieldvisit.visits.kinds import READERS as READERS
from fieldvisit.visits.kinds import Event as Event
from fieldvisit.visits.kinds import Sealed as Sealed
from fieldvisit.visits.kinds import Words as Words
from fieldvisit.visits.kinds import name_of as name_of
from fieldvisit.visits.kinds import version_of as version_of
from fieldvisit.visits.kinds import wire

Who = Literal["tenant", "joint_tenant", "representative", "adult", "child", "other"]


# --- planning, at a desk ----------------------------------------------------------------------------------------


@wire("visit.planned")
@dataclass(frozen=True, slots=True)
class VisitPlanned(Event):
    kind: str  # responsive_repair, planned_works, inspection, safety_check, tenancy_visit, follow_up, other
    window_start: datetime
    window_end: datetime
    lead: str
    visitor: Literal["contractor", "officer"]
    reason: Words
    others: tuple[str, ...] = ()
    works_started: bool = False
    trusted_adult: bool = False
    two_people: bool = False  # nobody goes there alone (D10, ME-6.1c2), as it stood when it was planned


@wire("visit.cancelled")
@dataclass(frozen=True, slots=True)
class VisitCancelled(Event):
    by: Literal["council", "contractor", "tenant"]
    reason: str  # worker_ill, overrun, no_parts, weather, tenant_asked, not_needed, other
    apologised: bool  # ME-3.2d
    offered_new_time: bool
    words: Words | None = None


@wire("visit.moved")
@dataclass(frozen=True, slots=True)
class VisitMoved(Event):
    by: Literal["council", "contractor", "tenant"]
    window_start: datetime
    window_end: datetime
    apologised: bool
    reason: str = "other"


@wire("visit.reassigned")
@dataclass(frozen=True, slots=True)
class VisitReassigned(Event):
    lead: str
    visitor: Literal["contractor", "officer"]
    others: tuple[str, ...] = ()
    tenant_told: bool = False  # NR-15: must be told before arrival


@wire("visit.noted")
@dataclass(frozen=True, slots=True)
class VisitNoted(Event):
    """confirmed: the tenant said yes to the time. asks_other_time: the tenant wants another. reopened: an addendum."""

    code: Literal["note", "confirmed", "asks_other_time", "reopened"] = "note"
    words: Words | None = None


@wire("notice.recorded")
@dataclass(frozen=True, slots=True)
class NoticeRecorded(Event):
    notice: str
    channel: str  # NR-5's channels
    window_start: datetime
    window_end: datetime
    sent_at: datetime | None = None
    delivery: str | None = None
    delivered_at: datetime | None = None
    despatched_at: datetime | None = None
    programme_start: date | None = None
    programme_end: date | None = None
    spoke_to: str | None = None
    recipient_age: int | None = None
    states_who: bool = True
    states_why: bool = True
    usable: bool = True  # NR-13, as the household stood
    proof: Words | None = None
    resident: str | None = None  # which of several tenants it was for; None: the home's only one, or nobody said which


@wire("notice.failed")
@dataclass(frozen=True, slots=True)
class NoticeFailed(Event):
    notice: str
    delivery: Literal["temporary-failure", "permanent-failure", "technical-failure"]


@wire("notice.withdrawn")
@dataclass(frozen=True, slots=True)
class NoticeWithdrawn(Event):
    notice: str
    reason: Literal["bounced", "recorded_by_mistake", "other"]


@wire("emergency.authorised")
@dataclass(frozen=True, slots=True)
class EmergencyAuthorised(Event):
    authorised_by: str
    authorised_at: datetime
    hazard: str
    reason: Words


@wire("emergency.downgraded")
@dataclass(frozen=True, slots=True)
class EmergencyDowngraded(Event):
    by: str
    reason: Words | None = None


@wire("investigation.authorised")
@dataclass(frozen=True, slots=True)
class InvestigationAuthorised(Event):
    authorised_by: str
    reason: Words


@wire("time.agreed")
@dataclass(frozen=True, slots=True)
class TimeAgreed(Event):
    """NR-11: the tenant, or the named representative, asked for or accepted this time."""

    by: Literal["tenant", "representative"]
    recorded_by: Literal["call_handler", "scheduler", "tenant", "visitor"]
    window_start: datetime
    window_end: datetime


# --- on the way and at the door ---------------------------------------------------------------------------------


@wire("visit.set_off")
@dataclass(frozen=True, slots=True)
class VisitSetOff(Event):
    pass


@wire("visit.late")
@dataclass(frozen=True, slots=True)
class VisitLate(Event):
    minutes: int


@wire("visit.arrived")
@dataclass(frozen=True, slots=True)
class VisitArrived(Event):
    pass


@wire("visit.withdrew")
@dataclass(frozen=True, slots=True)
class VisitWithdrew(Event):
    """not_said: left in one tap; why follows in `safety.left_because`. asked, needs_help: of smoke and of a home that is
    not fit to work in (ME-7b, ME-7c2); that the tenant needs help is asked here and its answer kept nowhere (R4)."""

    reason: Literal["aggression", "danger", "unwell", "smoke", "unsafe_home", "other", "not_said"]
    words: Words | None = None
    asked: Literal["asked", "could_not_ask"] | None = None
    help_considered: bool | None = None


@wire("door.answered")
@dataclass(frozen=True, slots=True)
class DoorAnswered(Event):
    who: Who


@wire("door.introduced")
@dataclass(frozen=True, slots=True)
class DoorIntroduced(Event):
    pass


@wire("door.reason_given")
@dataclass(frozen=True, slots=True)
class DoorReasonGiven(Event):
    pass


@wire("door.id_shown")
@dataclass(frozen=True, slots=True)
class DoorIdShown(Event):
    how: Literal["card", "phone", "both"] = "both"


@wire("door.checking")
@dataclass(frozen=True, slots=True)
class DoorChecking(Event):
    how: Literal["scan", "call", "word", "other"] = "other"


@wire("door.child_answered")
@dataclass(frozen=True, slots=True)
class DoorChildAnswered(Event):
    adult_coming: bool


@wire("door.no_answer")
@dataclass(frozen=True, slots=True)
class DoorNoAnswer(Event):
    waited_min: int
    called: bool
    card_left: bool
    texted: bool = False


@wire("consent.given")
@dataclass(frozen=True, slots=True)
class ConsentGiven(Event):
    who: Who
    adult: bool
    able: bool  # able to decide, as far as the worker can tell
    how: Literal["spoken", "typed", "signed"]
    scope: tuple[str, ...]  # enter, work, photos
    trusted_adult: Literal["not_needed", "present", "waived_today"] = "not_needed"
    language: str = "en"
    name: Words | None = None
    shown: Words | None = None  # what they read before they signed, word for word, in that language


@wire("consent.refused")
@dataclass(frozen=True, slots=True)
class ConsentRefused(Event):
    reason: str  # a code of the council's list
    who: Who = "tenant"
    words: Words | None = None


@wire("consent.withdrawn")
@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(Event):
    who: Who = "tenant"
    words: Words | None = None


@wire("entry.proposed")
@dataclass(frozen=True, slots=True)
class EntryProposed(Event):
    """D3: the worker at the door asks for entry without consent. read_first: rang whom it needed, or nobody was."""

    life_at_risk: bool
    read_first: bool
    danger: Words
    why_now: Words
    inside: Words


@wire("entry.authorised")
@dataclass(frozen=True, slots=True)
class EntryAuthorised(Event):
    """D3: a duty officer, who is not the proposer, opens entry without consent on a basis of the closed list."""

    basis: str
    authorised_by: str
    proposed_by: str
    contact_methods: tuple[str, ...] = ()
    life_at_risk: bool = False
    reason: Words | None = None


@wire("entry.lawful")
@dataclass(frozen=True, slots=True)
class EntryLawful(Event):
    contact_methods: tuple[str, ...]
    second_person: Literal["colleague", "police", "other"]
    words: Words | None = None


@wire("entry.secured")
@dataclass(frozen=True, slots=True)
class EntrySecured(Event):
    """D3: made safe and left locked. lock: how the door was left. only_made_safe: no other work was done."""

    lock: Literal["as_it_was", "changed", "repaired", "boarded"]
    keys: Literal["not_needed", "office", "police", "neighbour", "key_safe"]
    only_made_safe: bool
    notice_left: bool
    inventory: Words | None = None  # what was moved, broken or taken away


@wire("entry.corrected")
@dataclass(frozen=True, slots=True)
class EntryCorrected(Event):
    """Strikes one line out, and says why. The line stays in the log and is shown struck through."""

    device: str
    uuid: str
    why: Words


# --- inside -----------------------------------------------------------------------------------------------------


@wire("home.entered")
@dataclass(frozen=True, slots=True)
class HomeEntered(Event):
    shoe_covers: bool
    no_covers_because: Literal["trip_hazard", "safety_boots", "tenant_said_no_need", "other"] | None = None


@wire("home.checked")
@dataclass(frozen=True, slots=True)
class HomeChecked(Event):
    done: tuple[str, ...]  # codes of the in-home checklist


@wire("photo.taken")
@dataclass(frozen=True, slots=True)
class PhotoTaken(Event):
    """asked: the tenant was asked and said yes, or why nobody was. None: of a phone that did not say."""

    what: Literal["before", "after", "damage", "hazard", "card_left", "other"] = "other"
    asked: Literal["yes", "nobody_there", "outside", "danger"] | None = None


@wire("hazard.reported")
@dataclass(frozen=True, slots=True)
class HazardReported(Event):
    """Something dangerous in the home, whoever lives there. When it was seen is the line's own time: awareness (B2)."""

    hazard: str  # one of the 21 by its name
    at_risk: tuple[str, ...]  # codes of visits/seen.py
    emergency: bool  # so it is at once, until an officer decides
    first_read: bool  # whom to ring first was shown, and put away by a press
    where: Words | None = None
    seen: Words | None = None


@wire("visit.closing")
@dataclass(frozen=True, slots=True)
class VisitClosing(Event):
    why: Literal["done", "paused"]
    no_photo_reason: Literal["tenant_said_no", "nothing_to_see", "camera_broken", "other"] | None = None


@wire("visit.closed")
@dataclass(frozen=True, slots=True)
class VisitClosed(Event):
    """Close-out. Whether there was a welfare worry is never here: only that we asked (ruling R4)."""

    tidy: bool
    rubbish_removed: bool
    left_as_found: bool
    further_visit: bool
    unhappy: bool
    hazard_seen: bool
    welfare_prompt_shown: bool
    further_on: date | None = None
    complete_by: date | None = None
    wants_no_complaint: bool = False
    put_right: Words | None = None
    unhappy_words: Words | None = None
    note: Words | None = None


# --- for the vault ----------------------------------------------------------------------------------------------------


@wire("box")
@dataclass(frozen=True, slots=True)
class Box(Event):
    """What came before anything was sealed to the vault. A box is no line of a visit's log (ruling R4)."""

    size: int = 0


@wire("box", 2)
@dataclass(frozen=True, slots=True)
class SealedBox(Event):
    """Sealed to the vault: unreadable here, and meant to be. size: bytes that were sealed, one of three."""

    size: int
    sealed: Sealed
