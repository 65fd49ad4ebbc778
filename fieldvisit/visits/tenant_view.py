"""What a tenant is told of one visit on their own page: from the visit, its log and what the notice rules say of it.

Words of anybody else never come through here, nor does anything of another visit (security.md 2: own, redacted).
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from fieldvisit.badges.rules import name_shown
from fieldvisit.ground.policy import Policy
from fieldvisit.notices.facts import NoticeAnswer
from fieldvisit.notices.links import TenantLink
from fieldvisit.notices.signs import tenants_sign, workers_sign
from fieldvisit.register.models import Household, Person
from fieldvisit.visits import events as ev
from fieldvisit.visits import whom
from fieldvisit.visits.fold import answer_now, fold
from fieldvisit.visits.models import Visit
from fieldvisit.visits.planning import household_of
from fieldvisit.visits.service import entries_of, line_of
from fieldvisit.visits.state import PLANNING, Stage, VisitState
from fieldvisit.visits.telling import not_struck


@dataclass(frozen=True, slots=True)
class Worker:
    """name: as the badge shows it. firm: empty for the council's own. photo: of the register, or None."""

    name: str
    firm: str
    photo: bytes | None


@dataclass(frozen=True, slots=True)
class Signs:
    """The doorstep words in the style that the household chose. own_password: the worker says that; never shown."""

    style: str
    tenants: str
    workers: str
    own_password: bool


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What the close-out said, and how many photos were taken in the home. None of it in anybody's words."""

    tidy: bool
    rubbish_removed: bool
    left_as_found: bool
    further_visit: bool
    further_on: date | None
    complete_by: date | None


@dataclass(frozen=True, slots=True)
class TenantView:
    """Instants are aware UTC. changed_at: of the last line of the log, and `changes` how many there are of the plan.

    several: joint tenants open the same page, and what one of them said is not shown to the other.
    """

    visit_id: str
    ref: str
    kind: str
    reason: str
    language: str
    state: VisitState
    answer: NoticeAnswer
    workers: tuple[Worker, ...]
    other_worker: bool
    signs: Signs
    afterwards: Afterwards | None
    photos: int
    changed_at: datetime
    changes: int
    several: bool = False

    @property
    def window(self) -> tuple[datetime, datetime]:
        assert self.state.window_start and self.state.window_end, "a log begins with visit.planned"
        return self.state.window_start, self.state.window_end

    @property
    def late(self) -> int:
        """Minutes that the worker said they run late; nought when they have come, or said nothing."""
        waiting = self.state.stage in (*PLANNING, Stage.EN_ROUTE)
        return (self.state.late_minutes or 0) if waiting else 0


def look(session: Session, visit: Visit, link: TenantLink, at: datetime, policy: Policy) -> TenantView:
    household = household_of(session, visit.home_id)
    entries = entries_of(session, visit.id)
    lines = [line_of(entry) for entry in entries]
    kept = [line.event for line in not_struck(lines)]
    state = fold(lines, policy)
    # As the desk's page asks: of the arrival, of one now while the window is open, else of its start.
    open_now = state.stage in (*PLANNING, Stage.EN_ROUTE) and visit.window_start < at <= visit.window_end
    return TenantView(
        visit_id=visit.id,
        ref=visit.ref,
        kind=visit.kind,
        reason=visit.reason,
        language=household.language if household else "en",
        state=state,
        answer=answer_now(not_struck(lines), policy, at if open_now else None),
        workers=_workers(session, state, policy),
        other_worker=any(isinstance(event, ev.VisitReassigned) for event in kept),
        signs=_signs(link, household),
        afterwards=_afterwards(kept),
        photos=sum(isinstance(event, ev.PhotoTaken) and event.what != "card_left" for event in kept),
        changed_at=max(entry.received_at for entry in entries),
        changes=sum(isinstance(event, ev.VisitMoved | ev.VisitCancelled) for event in kept),
        several=len(whom.tenants_of(session, visit.home_id)) > 1,
    )


def _workers(session: Session, state: VisitState, policy: Policy) -> tuple[Worker, ...]:
    sent = (state.lead, *state.others)
    wanted = select(Person).options(undefer(Person.photo), joinedload(Person.firm)).where(Person.id.in_(sent))
    known = {person.id: person for person in session.scalars(wanted)}
    style = policy.badge.name_style.value
    return tuple(
        Worker(name_shown(person.name, style), person.firm.name if person.firm else "", person.photo)
        for person in (known[each] for each in sent)
    )


def _signs(link: TenantLink, household: Household | None) -> Signs:
    style = household.word_style if household else "words"
    password = household.password if household else ""
    return Signs(
        style,
        tenants_sign(link.signs, style),
        "" if password else workers_sign(link.signs, style),
        bool(password),
    )


def _afterwards(kept: list[ev.Event]) -> Afterwards | None:
    closed = next((event for event in reversed(kept) if isinstance(event, ev.VisitClosed)), None)
    if closed is None:
        return None
    return Afterwards(
        closed.tidy, closed.rubbish_removed, closed.left_as_found, closed.further_visit, closed.further_on,
        closed.complete_by,
    )  # fmt: skip
