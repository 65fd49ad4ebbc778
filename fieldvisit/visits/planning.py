"""Commands of the desk: plan, tell, move, cancel, reassign, authorise. Each asks its rule, then writes its line."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.badges.service import may_visit
from fieldvisit.db import new_id
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.ground.verdict import Refused, Verdict, insist
from fieldvisit.notices.rules import NoticeAnswer, may_plan_window
from fieldvisit.register.models import Home, Household, Person
from fieldvisit.visits import events as ev
from fieldvisit.visits.fold import DESK, answer_now
from fieldvisit.visits.models import Entry, Job, Visit
from fieldvisit.visits.service import at_the_desk, lines_of, new_ref, record, refold
from fieldvisit.visits.state import VisitState


@dataclass(frozen=True, slots=True)
class Plan:
    home: Home
    kind: str
    reason: str
    lead: Person
    window_start: datetime
    window_end: datetime
    others: tuple[Person, ...] = ()
    job: Job | None = None
    works_started: bool = False
    form_key: str = field(default_factory=new_id)


def may_assign(session: Session, person: Person, window_start: datetime, at: datetime) -> Verdict:
    """Today and on the day of the visit: a badge that runs out before the visit does not get somebody sent."""
    if not person.visits_homes:
        return Refused("not-a-visitor", f"{person.name} does not visit homes. Choose somebody who does.")
    today = may_visit(session, person, at)
    if not today:
        return _named(person, today)
    then = may_visit(session, person, max(at, window_start))
    return then if then else _named(person, then)


def _named(person: Person, verdict: Verdict) -> Refused:
    return Refused(verdict.code, f"{person.name} cannot be sent. {verdict.message}", verdict.clause, verdict.not_before)


def plan(session: Session, wanted: Plan, by: Principal, at: datetime, policy: Policy) -> Visit:
    """Raises RefusedError. Asking twice with the same form key plans one visit."""
    if already := _by_form(session, wanted.form_key):
        return already
    insist(may_plan_window(wanted.window_start, wanted.window_end, at, policy))
    for person in (wanted.lead, *wanted.others):
        insist(may_assign(session, person, wanted.window_start, at))
    household = session.scalars(select(Household).where(Household.home_id == wanted.home.id)).first()
    event = ev.VisitPlanned(
        kind=wanted.kind,
        window_start=wanted.window_start,
        window_end=wanted.window_end,
        lead=wanted.lead.id,
        visitor="officer" if wanted.lead.role == Role.OFFICER else "contractor",
        reason=ev.Words(wanted.reason),
        others=tuple(person.id for person in wanted.others),
        works_started=wanted.works_started,
        trusted_adult=bool(household and household.trusted_adult),
    )
    visit = Visit(
        id=new_id(),
        ref=new_ref(),
        home_id=wanted.home.id,
        area_id=wanted.home.area_id,
        job_id=wanted.job.id if wanted.job else None,
        firm_id=wanted.lead.firm_id,
        planned_at=at,
        reason=wanted.reason,
        kind=wanted.kind,
        window_start=wanted.window_start,
        window_end=wanted.window_end,
        lead_id=wanted.lead.id,
        stage="draft",
        notice_result="short",
        entries=0,
        head="",
        policy_hash=policy.hash,
    )
    session.add(visit)
    session.flush()
    record(session, visit, event, at_the_desk(event, form_key=wanted.form_key, by=by.person_id, at=at), policy)
    return visit


def _by_form(session: Session, form_key: str) -> Visit | None:
    return session.scalars(
        select(Visit).join(Entry, Entry.visit_id == Visit.id).where(Entry.device == DESK, Entry.uuid == form_key)
    ).first()


def notice_answer(session: Session, visit: Visit, policy: Policy, arrival: datetime | None = None) -> NoticeAnswer:
    return answer_now(lines_of(session, visit.id), policy, arrival)


def command(
    session: Session, visit: Visit, event: ev.Event, verdict: Verdict, *, by: Principal, at: datetime, policy: Policy,
    form_key: str,
) -> None:
    """Writes the event that explains a change, if its rule allows it. Raises RefusedError.

    The visit must be locked and the verdict given under that lock. A form that was sent twice is done already, whatever
    the rule would say by now.
    """
    if _by_form(session, form_key) is None:
        insist(verdict)
        record(session, visit, event, at_the_desk(event, form_key=form_key, by=by.person_id, at=at), policy)


def state_of(session: Session, visit: Visit, policy: Policy) -> VisitState:
    return refold(session, visit.id, policy)
