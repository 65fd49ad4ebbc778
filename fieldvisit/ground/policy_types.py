"""What a council's policy holds: every setting's name, type, unit, limits, and which way is kinder.

The classes are the list of settings: `policy.py` reads TOML into them and refuses whatever does not fit.
"""

# ruff: noqa: RUF009 - number(), words() and the rest make dataclass fields: that is how a setting is declared here.

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, time

from fieldvisit.ground.policy_conduct import CodePolicy, ComplaintPolicy, ConductPolicy, GiftPolicy
from fieldvisit.ground.settings import Setting, Value, fact, number, numbers, rows, time_of_day, words, yes_no
from fieldvisit.ground.verdict import Clause
from fieldvisit.ground.working_days import WorkingDays

PHONE = r"\d[\d ]+"


@dataclass(frozen=True, slots=True)
class Council:
    name: str = fact()
    short_name: str = fact()
    landlord_type: str = fact("district", "unitary", "housing association")
    colour: str = fact(pattern=r"#[0-9a-f]{6}")
    verify_host: str = fact(pattern=r"[a-z0-9.-]+")
    office_line: Setting[str] = words(pattern=PHONE)
    conduct_line: Setting[str] = words(pattern=PHONE)
    freephone: Setting[str] = words(pattern=PHONE)
    out_of_hours_line: Setting[str] = words(pattern=PHONE)


@dataclass(frozen=True, slots=True)
class NoticePolicy:
    floor_h: Setting[int] = number("hours", kinder="more", most=336)
    target_h: Setting[int] = number("hours", kinder="more", most=336)
    planned_days: Setting[int] = number("days", kinder="more", most=365)
    planned_clear_days: Setting[bool] = yes_no(kinder="yes")
    early_tolerance_min: Setting[int] = number("minutes", kinder="less", most=15)
    waiver_allowed: Setting[bool] = yes_no()
    breach_investigation_exempt: Setting[bool] = yes_no(kinder="no")
    window_min_minutes: Setting[int] = number("minutes", most=720)
    reminder_h: Setting[int] = number("hours", most=168)
    first_class_wd: Setting[int] = number("working days", kinder="more", most=20)
    second_class_wd: Setting[int] = number("working days", kinder="more", most=20)


@dataclass(frozen=True, slots=True)
class RefusalReason:
    """valid: rebooked with the condition met, never counted as no access. Every refusal stops entry (Q8)."""

    code: str
    label: str
    valid: bool
    clause: Clause


@dataclass(frozen=True, slots=True)
class LawfulBasis:
    code: str
    label: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class EmergencyType:
    code: str
    label: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class DoorPolicy:
    """reasonable_from, reasonable_to: London wall times; outside them is a warning, never a refusal (A5)."""

    min_adult_age: Setting[int] = number("years", least=16, most=18)
    no_answer_wait_min: Setting[int] = number("minutes", most=60)
    reasonable_from: Setting[time] = time_of_day()
    reasonable_to: Setting[time] = time_of_day()
    photos: Setting[bool] = yes_no()
    tell_cancelled_min: Setting[int] = number("minutes", most=240)
    valid_refusal_contact_wd: Setting[int] = number("working days", most=20)
    other_refusal_contact_wd: Setting[int] = number("working days", most=20)
    no_access_attempts: Setting[int] = number("attempts", kinder="more", least=1, most=20)
    no_access_methods: Setting[int] = number(
        "ways", kinder="more", least=1, most=6
    )  # D2: different ones, each before a review
    entry_review_wd: Setting[int] = number("working days", most=60)
    entry_answer_min: Setting[int] = number("minutes", least=1, most=240)  # D3: whoever asked stands at the door
    entry_authority_h: Setting[int] = number("hours", least=1, most=24)  # D3: it was given for the danger of that hour
    entry_tell_h: Setting[int] = number(
        "hours", most=12
    )  # D3: the same day, or so long after, where the day ends sooner
    entry_contact_methods: Setting[int] = number("ways", kinder="more", least=1, most=5)
    refusal_reasons: tuple[RefusalReason, ...] = rows(
        "code", "label", "valid", needs=("trusted-adult", "no-suitable-adult", "no-id")
    )
    lawful_entry_bases: tuple[LawfulBasis, ...] = rows("code", "label")
    emergency_types: tuple[EmergencyType, ...] = rows("code", "label")


@dataclass(frozen=True, slots=True)
class BadgePolicy:
    name_style: Setting[str] = words("first_initial", "full")
    step_s: Setting[int] = number("seconds", least=10, most=120)
    steps_ahead: Setting[int] = number("steps", most=2)
    steps_old: Setting[int] = number("steps", most=4)
    valid_months: Setting[int] = number("months", least=1, most=36)
    typed_tries: Setting[int] = number("tries", least=1, most=20)
    typed_lock_min: Setting[int] = number("minutes", least=1, most=240)


@dataclass(frozen=True, slots=True)
class ClockPolicy:
    """device_skew_min: how wrong a phone's clock may be before its entries are marked `clock`."""

    device_skew_min: Setting[int] = number("minutes", least=1, most=120)


@dataclass(frozen=True, slots=True)
class PeoplePolicy:
    """code_grace_days: how long a signature on the old code holds after a significant new version (D9).
    precaution_review_days: how long a warning about a home stands before a person looks at it again.
    address_hold_days: how long nothing is posted to a home that a tenant has left (T17)."""

    code_grace_days: Setting[int] = number("days", most=90)
    precaution_review_days: Setting[int] = number("days", least=30, most=730)
    address_hold_days: Setting[int] = number("days", least=14, most=90)


@dataclass(frozen=True, slots=True)
class TaskPolicy:
    """By the end of which working day the desk does what something that happened asks for; 0 is the same day.
    hazard_own_wd: the council's own target for a hazard that Awaab's Law does not cover (A4). hazard_warn_wd,
    hazard_warn_h: so long before a clock of days, or of hours, runs out somebody is called; of jobs' clocks too.
    hazard_again_min: how often those on duty are called about an emergency that nobody has taken."""

    concern_wd: Setting[int] = number("working days", most=20)
    held_wd: Setting[int] = number("working days", most=20)
    hazard_wd: Setting[int] = number("working days", most=20)
    hazard_own_wd: Setting[int] = number("working days", least=1, most=60)
    hazard_warn_wd: Setting[int] = number("working days", most=10)
    hazard_warn_h: Setting[int] = number("hours", least=1, most=23)
    hazard_again_min: Setting[int] = number("minutes", kinder="less", least=5, most=60)
    child_alone_wd: Setting[int] = number("working days", most=20)
    withdrew_wd: Setting[int] = number("working days", most=20)
    notice_failed_wd: Setting[int] = number("working days", most=20)
    scan_alert_wd: Setting[int] = number("working days", most=20)


@dataclass(frozen=True, slots=True)
class KeepPolicy:
    """How long after a visit what was said at it is kept. photo_days: photos, and never before the visit's last case is
    closed. signature_years: the signature of whoever said yes."""

    visit_years: Setting[int] = number("years", least=1, most=20)
    photo_days: Setting[int] = number("days", least=30, most=7300)
    signature_years: Setting[int] = number("years", least=1, most=20)


@dataclass(frozen=True, slots=True)
class SafeguardingPolicy:
    """adult_authority, child_authority: who must enquire, which is often another council (B5); numbers are contacts.
    page_*_min: after how long unopened a report calls whom; page_again_min: how often after that, until it is opened.
    keep_*: after closing. outside_*: who hears of a report that names every lead and deputy (N1)."""

    adult_authority: Setting[str] = words()
    child_authority: Setting[str] = words()
    chase_child_wd: Setting[int] = number("working days", kinder="less", least=1, most=5)
    chase_adult_wd: Setting[int] = number("working days", kinder="less", least=1, most=10)
    page_lead_min: Setting[int] = number("minutes", kinder="less", least=1, most=60)
    page_deputy_min: Setting[int] = number("minutes", kinder="less", least=2, most=240)
    page_director_min: Setting[int] = number("minutes", kinder="less", least=3, most=480)
    page_again_min: Setting[int] = number("minutes", kinder="less", least=15, most=240)
    keep_adult_years: Setting[int] = number("years", least=1, most=100)
    keep_child_years: Setting[int] = number("years", least=1, most=100)
    outside_name: Setting[str] = words()
    outside_phone: Setting[str] = words(pattern=PHONE)
    outside_email: Setting[str] = words(pattern=r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class SafetyPolicy:
    """D10. interval_min: between two check-ins. beyond_stay_min: no interval is longer than the stay and this. warn_min:
    before one is due the phone says so. overdue_min: after it was due somebody rings; alarm_min: after that, an alarm.
    buddy_min: after it was late, the buddy is called too. call_again_min: how often those on duty are called about an alarm
    until somebody has taken it."""

    interval_min: Setting[int] = number("minutes", least=5, most=240)
    beyond_stay_min: Setting[int] = number("minutes", most=60)
    warn_min: Setting[int] = number("minutes", least=1, most=30)
    overdue_min: Setting[int] = number("minutes", kinder="less", least=1, most=30)
    alarm_min: Setting[int] = number("minutes", kinder="less", least=1, most=60)
    buddy_min: Setting[int] = number("minutes", kinder="less", most=30)
    call_again_min: Setting[int] = number("minutes", kinder="less", least=1, most=30)
    keep_days: Setting[int] = number("days", least=30, most=2200)
    incident_years: Setting[int] = number("years", least=3, most=20)


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """The clocks of A4, by name. The statute states them; a council need say only where it is kinder."""

    emergency_safety_from: Setting[str] = words("awareness", "identification")
    awaab_emergency: Setting[int] = number("hours", kinder="less")
    awaab_investigate: Setting[int] = number("working days", kinder="less")
    awaab_renewed: Setting[int] = number("working days", kinder="less")
    awaab_summary: Setting[int] = number("working days", kinder="less")
    awaab_safety: Setting[int] = number("working days", kinder="less")
    awaab_preventative: Setting[int] = number("working days", kinder="less")
    awaab_preventative_longstop: Setting[int] = number("calendar days", kinder="less")
    complaint_ack: Setting[int] = number("working days", kinder="less")
    complaint_stage1: Setting[int] = number("working days", kinder="less")
    complaint_stage1_extension: Setting[int] = number("working days", kinder="less")
    complaint_stage2_ack: Setting[int] = number("working days", kinder="less")
    complaint_stage2: Setting[int] = number("working days", kinder="less")
    complaint_stage2_extension: Setting[int] = number("working days", kinder="less")
    mk_breach_response: Setting[int] = number("working days", kinder="more", most=60)
    alliance_consider: Setting[int] = number("calendar days|working days", most=60)
    alliance_communicate: Setting[int] = number("calendar days|working days", most=60)
    data_breach_ico: Setting[int] = number("hours", kinder="less")
    sar: Setting[int] = number("months", kinder="less")
    dp_complaint_ack: Setting[int] = number("calendar days", kinder="less")
    riddor: Setting[int] = number("calendar days", kinder="less")
    riddor_7day: Setting[int] = number("calendar days", kinder="less")
    riddor_gas: Setting[int] = number("calendar days", kinder="less")
    right_to_repair: Setting[tuple[int, ...]] = numbers("working days")
    gas_record: Setting[int] = number("calendar days", kinder="less")
    eicr_copy: Setting[int] = number("calendar days", kinder="less")
    eicr_remedial: Setting[int] = number("calendar days", kinder="less")
    safeguarding_danger_h: Setting[int] = number("hours", kinder="less", least=1)
    safeguarding_triage: Setting[int] = number("working days", kinder="less")


@dataclass(frozen=True, slots=True)
class Contact:
    """confirmed: false until somebody has rung it, or read it where its owner or a landlord prints it; such a number is
    never printed, nor is `post`, where to write. web: its site, or empty; read from its owner, as web_source says."""

    code: str
    label: str
    number: str
    hours: str
    checked: date
    source: str
    confirmed: bool
    web: str = ""
    web_source: str = ""
    post: str = ""

    @property
    def ways(self) -> tuple[str, ...]:
        """How to reach it, as sentences of a letter; none where nothing of it may be printed."""
        web = (f"Its website is {self.web}.",) if self.web else ()
        if not self.confirmed:
            return web
        return *web, f"Telephone: {self.number}.", *((f"By post: {self.post}.",) if self.post else ())


@dataclass(frozen=True, slots=True)
class Hazard:
    """in_scope_from: significant hazards of this kind fall under Awaab's Law from that day; None, not yet.
    emergency_from: the same for emergencies; None, never. seen_as: in the words of whoever sees it at work."""

    name: str
    label: str
    in_scope_from: date | None
    emergency_from: date | None
    clause: Clause
    seen_as: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """name: the council's short key. hash: SHA-256 of source_text, the statute's and the council's files as read.
    clauses: which clause of this council's code speaks for which notice rule ("NR-1": "ME-3.1a")."""

    name: str
    hash: str
    source_text: str
    council: Council
    notice: NoticePolicy
    door: DoorPolicy
    badge: BadgePolicy
    clock: ClockPolicy
    people: PeoplePolicy
    task: TaskPolicy
    keep: KeepPolicy
    safeguarding: SafeguardingPolicy
    safety: SafetyPolicy
    deadline: DeadlinePolicy
    complaint: ComplaintPolicy
    codes: CodePolicy
    gifts: GiftPolicy
    conduct: ConductPolicy
    contacts: tuple[Contact, ...]
    hazards: tuple[Hazard, ...]
    working_days: WorkingDays
    clauses: Mapping[str, str]

    def clause_id(self, rule: str) -> str:
        """The id of the clause that speaks for this rule in this council's code, or the rule's own id."""
        return self.clauses.get(rule, rule)

    def contact(self, code: str) -> Contact:
        return next(contact for contact in self.contacts if contact.code == code)

    def hazard(self, name: str) -> Hazard:
        return next(hazard for hazard in self.hazards if hazard.name == name)

    def refusal_reason(self, code: str) -> RefusalReason:
        return next(reason for reason in self.door.refusal_reasons if reason.code == code)

    def settings(self) -> Iterator[tuple[str, Setting[Value]]]:
        """Every setting with its full name: ("notice.floor_h", Setting)."""
        for part in fields(self):
            section = getattr(self, part.name)
            for inner in fields(section) if part.name in SECTIONS else ():
                if isinstance(setting := getattr(section, inner.name), Setting):
                    yield f"{part.name}.{inner.name}", setting

    def unconfirmed(self) -> tuple[str, ...]:
        """What the council itself has yet to confirm: settings that are our default, numbers nobody has rung."""
        settings = [name for name, setting in self.settings() if setting.default]
        return (*settings, *(f"contacts.{contact.code}" for contact in self.contacts if not contact.confirmed))


SECTIONS: dict[str, type] = {
    "council": Council,
    "notice": NoticePolicy,
    "door": DoorPolicy,
    "badge": BadgePolicy,
    "clock": ClockPolicy,
    "people": PeoplePolicy,
    "task": TaskPolicy,
    "keep": KeepPolicy,
    "safeguarding": SafeguardingPolicy,
    "safety": SafetyPolicy,
    "deadline": DeadlinePolicy,
    "complaint": ComplaintPolicy,
    "codes": CodePolicy,
    "gifts": GiftPolicy,
    "conduct": ConductPolicy,
}
