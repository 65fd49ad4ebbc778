"""What the page of one visit at the door shows. The rules are asked here; none is made here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from fieldvisit.badges.rules import name_shown
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.policy_types import Contact
from fieldvisit.ground.verdict import Verdict
from fieldvisit.notices.links import link_of_visit
from fieldvisit.notices.rules import NoticeAnswer
from fieldvisit.notices.signs import STYLES, workers_sign
from fieldvisit.register.models import Person
from fieldvisit.visits import steps
from fieldvisit.visits.consent import may_agree
from fieldvisit.visits.fold import answer_now, fold
from fieldvisit.visits.models import Entry, Visit, VisitWorker
from fieldvisit.visits.round_page import Stop, badge_verdict, stop_of, with_home
from fieldvisit.visits.rules import may_ask_consent, may_go, may_set_off
from fieldvisit.visits.service import entries_of, line_of
from fieldvisit.visits.state import PLANNING, Stage, VisitState

HELP = ("safeguarding-child", "safeguarding-adult", "safeguarding-out-of-hours", "safeguarding-child-out-of-hours")
DANGER = ("danger", "gas", "power")  # D3: danger to life is for police and fire, not for us


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line of this worker's own that the office has."""

    uuid: str
    label: str
    at: datetime
    struck: bool


@dataclass(frozen=True, slots=True)
class Refusals:
    """What each rule says when it refuses: the phone shows these sentences, and never judges by itself."""

    stop: Verdict
    child: Verdict
    unable: Verdict
    trusted_adult: Verdict


@dataclass(frozen=True, slots=True)
class Shared:
    """What the steps say that every visit of this council shares."""

    says: Refusals
    adult_age: int
    wait_min: int
    refusal_reasons: tuple[tuple[str, str], ...]
    hazards: tuple[tuple[str, str], ...]
    danger: tuple[Contact, ...]
    help: tuple[Contact, ...]
    opens: str = ""  # none of them is shown until a visit's page says which


@dataclass(frozen=True, slots=True)
class Sign:
    """What the worker must say at this door (domain C2). shown_from: the window's opening, aware UTC (ruling R14)."""

    title: str
    phrase: str
    shown_from: datetime

    @property
    def shown_from_ms(self) -> int:
        """As a phone counts: milliseconds since 1970."""
        return int(self.shown_from.timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Door:
    stop: Stop
    sign: Sign | None
    stage: str
    opens: str
    steps: tuple[str, ...]
    badge: Verdict
    set_off: Verdict
    later_day: bool
    notice: NoticeAnswer
    says: Refusals
    worker: str
    company: str
    workers: tuple[str, ...]
    answered_by: str
    trusted_adult: bool
    photos_agreed: bool  # when they let the worker in
    basis: str
    danger: tuple[Contact, ...]
    help: tuple[Contact, ...]
    recorded: tuple[Recorded, ...]

    @property
    def under_way(self) -> bool:
        return self.stage not in PLANNING

    @property
    def own_steps(self) -> tuple[str, ...]:
        return tuple(name for name in self.steps if name in steps.OWN)


def shared(policy: Policy) -> Shared:
    return Shared(
        says=_refusals(policy),
        adult_age=policy.door.min_adult_age.value,
        wait_min=policy.door.no_answer_wait_min.value,
        refusal_reasons=tuple((reason.code, reason.label) for reason in policy.door.refusal_reasons),
        hazards=_hazards(policy),
        danger=contacts(DANGER, policy),
        help=contacts(HELP, policy),
    )


def _hazards(policy: Policy) -> tuple[tuple[str, str], ...]:
    """All of them, by the words of whoever sees one, in the order of those words."""
    return tuple(sorted(((one.name, one.seen_as or one.label) for one in policy.hazards), key=lambda one: one[1]))


def visit_at_the_door(session: Session, visit_id: str) -> Visit | None:
    sent = selectinload(Visit.workers).joinedload(VisitWorker.person).joinedload(Person.firm)
    return session.scalars(select(Visit).where(Visit.id == visit_id).options(*with_home(), sent)).first()


def door_of(session: Session, visit: Visit, person_id: str, at: datetime, agent: str, policy: Policy) -> Door:
    entries = entries_of(session, visit.id)
    lines = [line_of(entry) for entry in entries]
    state, notice = fold(lines, policy), answer_now(lines, policy)
    badge, set_off = badge_verdict(session, person_id, at), may_set_off(state, notice)
    if set_off and visit.home.household:  # a warning that was set after the visit was planned
        two = "two_person" in visit.home.household.precautions
        set_off = may_go(two_people=two and state.stage in PLANNING, others=len(state.others))
    later_day = steps.is_for_a_later_day(state, at)
    seen = frozenset(entry.kind for entry in entries)
    workers = [row.person for row in sorted(visit.workers, key=lambda row: not row.lead) if row.ends is None]
    me = next(worker for worker in workers if worker.id == person_id)
    shown = stop_of(visit, agent)
    return Door(
        stop=shown,
        sign=_sign(session, visit),
        stage=state.stage.value,
        opens=steps.opens(state, seen),
        steps=steps.on_page(state, bool(set_off and badge) and not later_day, seen),
        badge=badge,
        set_off=set_off,
        later_day=later_day,
        notice=notice,
        says=_refusals(policy),
        worker=name_shown(me.name, policy.badge.name_style.value),
        company=me.firm.name if me.firm else policy.council.name,
        workers=tuple(f"{one.name}, {one.firm.name if one.firm else policy.council.name}" for one in workers),
        answered_by=state.answered_by or "",
        trusted_adult=state.trusted_adult or shown.trusted_adult,
        photos_agreed=state.consent is not None and "photos" in state.consent.scope,
        basis=next((basis.label for basis in policy.door.lawful_entry_bases if basis.code == state.basis), ""),
        danger=contacts(DANGER, policy),
        help=contacts(HELP, policy),
        recorded=_recorded(entries, state, person_id),
    )


def _refusals(policy: Policy) -> Refusals:
    def agrees(adult: bool = True, able: bool = True, present: str = "present") -> Verdict:
        return may_agree(
            who="tenant", adult=adult, able=able, trusted_adult_asked_for=True, trusted_adult=present, policy=policy
        )

    return Refusals(
        stop=may_ask_consent(VisitState(stage=Stage.REFUSED)),
        child=agrees(adult=False),
        unable=agrees(able=False),
        trusted_adult=agrees(present="not_needed"),
    )


def contacts(codes: tuple[str, ...], policy: Policy) -> tuple[Contact, ...]:
    """In that order; a number that nobody has rung is never shown."""
    listed = {contact.code: contact for contact in policy.contacts if contact.confirmed}
    return tuple(listed[code] for code in codes if code in listed)


_SAY = {"words": "Say this word", "numbers": "Say this number", "picture": "Say that the picture is this"}


def _sign(session: Session, visit: Visit) -> Sign | None:
    """A visit that was planned before there were words has none: the tenant rings us."""
    link, household = link_of_visit(session, visit.id), visit.home.household
    if link is None:
        return None
    style = household.word_style if household and household.word_style in STYLES else "words"
    password = household.password if household else ""
    title = "Say the tenant’s own password" if password else _SAY[style]
    return Sign(title, workers_sign(link.signs, style, password), visit.window_start)


def _recorded(entries: list[Entry], state: VisitState, person_id: str) -> tuple[Recorded, ...]:
    own = [entry for entry in entries if entry.recorded_by == person_id and entry.kind in steps.LABELS]
    own.sort(key=lambda entry: (entry.corrected_time, entry.position))
    return tuple(
        Recorded(line.uuid, steps.LABELS[line.kind], line.corrected_time, line.uuid in state.struck) for line in own
    )
