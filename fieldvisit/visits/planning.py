"""Commands of the desk: plan, tell, move, cancel, reassign, authorise. Each asks its rule, then writes its line."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.badges.service import may_visit
from fieldvisit.db import new_id
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.ground.verdict import Refused, RefusedError, Verdict, insist
from fieldvisit.notices.facts import FAILURES
from fieldvisit.notices.rules import Household as Needs
from fieldvisit.notices.rules import NoticeAnswer, may_plan_window
from fieldvisit.register import apart
from fieldvisit.register.models import Home, Household, Person
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits import events as ev
from fieldvisit.visits import lawful_entry_service, rules
from fieldvisit.visits.fold import DESK, answer_now
from fieldvisit.visits.models import Entry, Job, Visit, Words
from fieldvisit.visits.service import at_the_desk, lines_of, new_ref, record, refold
from fieldvisit.visits.state import PLANNING, Stage, VisitState
from fieldvisit.visits.telling import first_refusal, may_arrive_at, may_arrive_unannounced, may_plan_at, not_struck
from fieldvisit.visits.wire import body_of, words_of


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
    two_people: bool = False  # as the scheduler says; a warning about the home says it as well
    form_key: str = field(default_factory=new_id)


def may_assign(session: Session, person: Person, window_start: datetime, at: datetime) -> Verdict:
    """Today and on the day of the visit: a badge that runs out before the visit does not get somebody sent."""
    if not person.visits_homes:
        return Refused("not-a-visitor", f"{person.name} does not visit homes. Choose somebody who does.")
    today = may_visit(session, person, at)
    if not today:
        return _named(person, today)
    if london_date(window_start) <= london_date(at):
        return today
    then = may_visit(session, person, window_start)
    return then if then else _named(person, then)


def _named(person: Person, verdict: Verdict) -> Refused:
    return Refused(verdict.code, f"{person.name} cannot be sent. {verdict.message}", verdict.clause, verdict.not_before)


def may_send(
    session: Session,
    people: tuple[Person, ...],
    window_start: datetime,
    at: datetime,
    *,
    home_id: str,
    by: str | None = None,
) -> Verdict:
    """The first of them who may not be sent to that home, or yes. by: who gives this visit to them, where somebody does."""
    firms = {person.firm_id for person in people}
    return first_refusal(
        *(may_assign(session, person, window_start, at) for person in people),
        *(may_be_there(session, person, home_id, firms - {person.firm_id}, at) for person in people),
        rules.may_hand_out(kept_apart=by is not None and apart.from_firms(session, by, firms, at)),
    )


def may_be_there(
    session: Session, person: Person, home_id: str, firms: Collection[str | None], at: datetime
) -> Verdict:
    """firms: of those who go as well. What was declared keeps somebody away for as long as it stands (ME-5.3b2)."""
    apart_now = apart.from_home(session, person.id, home_id, at) or apart.from_firms(session, person.id, firms, at)
    return rules.may_be_sent_to(person.name, kept_apart=apart_now)


def may_have_window(window_start: datetime, window_end: datetime, at: datetime, policy: Policy) -> Verdict:
    return first_refusal(may_plan_window(window_start, window_end, policy), may_plan_at(window_start, window_end, at))


def plan(session: Session, wanted: Plan, by: Principal, at: datetime, policy: Policy) -> Visit:
    """Raises RefusedError. Asking twice with the same form key plans one visit, also at the same instant."""
    event = _planned(session, wanted)
    if already := _by_form(session, wanted.form_key, event):
        return _visit_of(session, already)
    insist(may_have_window(wanted.window_start, wanted.window_end, at, policy))
    people = (wanted.lead, *wanted.others)
    insist(may_send(session, people, wanted.window_start, at, home_id=wanted.home.id, by=by.person_id))
    insist(rules.may_go(two_people=event.two_people, others=len(event.others)))
    try:
        with session.begin_nested():
            return _write(session, wanted, event, by, at, policy)
    except IntegrityError:
        if already := _by_form(session, wanted.form_key, event):
            return _visit_of(session, already)  # the other of two presses was first
        raise


def _visit_of(session: Session, entry: Entry) -> Visit:
    return session.scalars(select(Visit).where(Visit.id == entry.visit_id)).one()


def visitor_of(lead: Person) -> Any:
    """Whose visit it is for NR-10: 'officer' or 'contractor'."""
    return "officer" if lead.role == Role.OFFICER else "contractor"


def household_of(session: Session, home_id: str) -> Household | None:
    return session.scalars(select(Household).where(Household.home_id == home_id)).first()


def two_must_go(household: Household | None) -> bool:
    """Somebody has warned of it, or the tenant asks for it."""
    return bool(household and "two_person" in household.precautions)


def needs_of(household: Household | None) -> Needs:
    return Needs(frozenset(household.unusable_channels)) if household else Needs()


def _planned(session: Session, wanted: Plan) -> ev.VisitPlanned:
    household = household_of(session, wanted.home.id)
    return ev.VisitPlanned(
        kind=wanted.kind,
        window_start=wanted.window_start,
        window_end=wanted.window_end,
        lead=wanted.lead.id,
        visitor=visitor_of(wanted.lead),
        reason=ev.Words(wanted.reason),
        others=tuple(person.id for person in wanted.others),
        works_started=wanted.works_started,
        trusted_adult=bool(household and household.trusted_adult),
        two_people=wanted.two_people or two_must_go(household),
    )


def _write(
    session: Session, wanted: Plan, event: ev.VisitPlanned, by: Principal, at: datetime, policy: Policy
) -> Visit:
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


def notice_answer(session: Session, visit: Visit, policy: Policy, arrival: datetime | None = None) -> NoticeAnswer:
    return answer_now(not_struck(lines_of(session, visit.id)), policy, arrival)


def answer_for_page(session: Session, visit: Visit, state: VisitState, at: datetime, policy: Policy) -> NoticeAnswer:
    """What the rules say of this visit: of the arrival, of one now while the window is open, else of its start."""
    within = state.stage in (*PLANNING, Stage.EN_ROUTE) and visit.window_start < at <= visit.window_end
    return notice_answer(session, visit, policy, at if within else None)


def may_leave(session: Session, visit: Visit, state: VisitState, at: datetime, policy: Policy) -> Verdict:
    """May the office write down that the workers have set off? (ME-2b: a badge is good when a visit starts.)"""
    answer = notice_answer(session, visit, policy, max(at, visit.window_start))
    return first_refusal(rules.may_set_off(state, answer), *_ready(session, visit, state, answer, at, policy))


def may_be_at_the_door(session: Session, visit: Visit, state: VisitState, at: datetime, policy: Policy) -> Verdict:
    """May the office write down that they are at the door? A visit whose notice is short may not be put there (A3)."""
    answer = notice_answer(session, visit, policy, max(at, visit.window_start))
    return first_refusal(
        rules.may_be_put_at_the_door(state, answer),
        may_arrive_at(state, notice_answer(session, visit, policy, at), at, policy),
        *_ready(session, visit, state, answer, at, policy),
    )


def _ready(
    session: Session, visit: Visit, state: VisitState, answer: NoticeAnswer, at: datetime, policy: Policy
) -> tuple[Verdict, Verdict]:
    known = may_arrive_unannounced(lines_of(session, visit.id), answer, policy)
    return known, may_send(session, workers_of(session, state), at, at, home_id=visit.home_id)


def workers_of(session: Session, state: VisitState) -> tuple[Person, ...]:
    """The lead first."""
    return tuple(session.get_one(Person, each) for each in (state.lead, *state.others))


def command(
    session: Session,
    visit: Visit,
    event: ev.Event,
    verdict: Verdict,
    *,
    by: Principal,
    at: datetime,
    policy: Policy,
    form_key: str,
) -> None:
    """Writes the event that explains a change, if its rule allows it. Raises RefusedError.

    The visit must be locked and the verdict given under that lock. A form that was sent twice is done already, whatever
    the rule would say by now; the same form with other answers is refused, so that nothing typed is lost in silence.
    """
    if _by_form(session, form_key, event, visit.id):
        return
    insist(verdict)
    entry = record(session, visit, event, at_the_desk(event, form_key=form_key, by=by.person_id, at=at), policy)
    lawful_entry_service.from_log(session, visit, entry, event, policy)
    tell_another_way(session, visit, event, at, policy)


def also(form_key: str, what: str) -> str:
    """The key of a second line that one press of a button writes."""
    return hashlib.sha256(f"{form_key}\n{what}".encode()).hexdigest()[:32]


def reassign(
    session: Session,
    visit: Visit,
    people: tuple[Person, ...],
    verdict: Verdict,
    *,
    tenant_told: bool,
    by: Principal,
    at: datetime,
    policy: Policy,
    form_key: str,
) -> ev.VisitReassigned:
    """The first of `people` leads. The visit goes to the lead's firm, and out of the sight of the firm before (R9)."""
    lead, *others = people
    event = ev.VisitReassigned(
        lead=lead.id,
        visitor=visitor_of(lead),
        others=tuple(person.id for person in others),
        tenant_told=tenant_told,
    )
    command(session, visit, event, verdict, by=by, at=at, policy=policy, form_key=form_key)
    if visit.lead_id == lead.id:
        visit.firm_id = lead.firm_id
    return event


def state_of(session: Session, visit: Visit, policy: Policy) -> VisitState:
    return refold(session, visit.id, policy)


# --- a form that was sent before ----------------------------------------------------------------------------------

FORM_USED = Refused(
    "form-used",
    "This form was sent once already, with other answers. Those were kept. Load the page again to send new ones.",
)
_OURS = ("authorised_at",)  # what the clock wrote, not the person


def _by_form(session: Session, form_key: str, event: ev.Event, visit_id: str | None = None) -> Entry | None:
    """The line that this form wrote before. Raises RefusedError where it said something else (ruling R2)."""
    entry = session.scalars(select(Entry).where(Entry.device == DESK, Entry.uuid == form_key)).first()
    if entry and (visit_id not in (None, entry.visit_id) or not _says_the_same(session, entry, event)):
        raise RefusedError(FORM_USED)
    return entry


def _says_the_same(session: Session, entry: Entry, event: ev.Event) -> bool:
    said = {row.field: row.text for row in session.scalars(select(Words).where(Words.entry_id == entry.id))}
    same_words = said == {name: str(text) for name, text in words_of(event).items()}
    return entry.kind == ev.name_of(event) and _typed(entry.body) == _typed(body_of(event)) and same_words


def _typed(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in _OURS}


def tell_another_way(session: Session, visit: Visit, event: ev.Event, at: datetime, policy: Policy) -> None:
    """D1: when a notice fails, or comes back after it was delivered, the next channel is tried the same day."""
    match event:
        case ev.NoticeFailed(notice=notice) | ev.NoticeWithdrawn(notice=notice, reason="bounced"):
            pass
        case ev.NoticeRecorded(notice=notice, delivery=delivery) if delivery in FAILURES:
            pass
        case _:
            return
    due = end_of_london_day(policy.working_days.after(london_date(at), policy.task.notice_failed_wd.value))
    cause = f"notice_failed:{notice}"
    if session.scalars(select(Task.id).where(Task.cause == cause)).first() is None:
        about = {"about": "visit", "about_id": visit.id, "area_id": visit.area_id}
        raise_task(session, "notice_failed", cause=cause, at=at, due=due, **about)
