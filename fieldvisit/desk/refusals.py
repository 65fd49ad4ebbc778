"""What the pages of refusals and no access show: the queue, due first on top, and one case with why each attempt counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from fieldvisit.desk.forms import Place
from fieldvisit.desk.household import nothing_asked
from fieldvisit.desk.refusals_words import FORMS, SILENT, letter
from fieldvisit.desk.rules import urgency
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Duty, Principal
from fieldvisit.ground.verdict import Refused, Verdict
from fieldvisit.messages.models import Message
from fieldvisit.register import needs
from fieldvisit.register.models import Household, Person, Resident
from fieldvisit.visits import access_chase
from fieldvisit.visits import access_rules as rules
from fieldvisit.visits import access_service as service
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase
from fieldvisit.visits.access_steps import since_plan
from fieldvisit.visits.models import Visit
from fieldvisit.visits.tenant_acts import DISPUTE, said_of
from fieldvisit.visits.words import words_of_visit

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the queue. attempts: all of them, counted or not."""

    case: AccessCase
    attempts: int
    urgency: str
    disputed: bool


def queue(
    session: Session, who: Principal, reason: str, after: Place | None, most: int = PAGE
) -> tuple[Sequence[Listed], Place | None]:
    """Open cases, what is due first on top; and where the next page begins."""
    query = select(AccessCase).where(AccessCase.due_at.is_not(None)).order_by(AccessCase.due_at, AccessCase.id)
    if reason:
        query = query.where(AccessCase.reason == reason)
    if after:
        query = query.where(tuple_(AccessCase.due_at, AccessCase.id) > (after.at, after.id))
    found = session.scalars(query.limit(most + 1)).all()
    shown = found[:most]
    attempts = session.scalars(
        select(AccessAttempt).where(AccessAttempt.case_id.in_([case.id for case in shown]))
    ).all()
    tasks = service.tasks_of(session, {row.visit_id for row in attempts})
    disputed = {task.about_id for task in tasks if task.kind == "no_access_disputed" and task.done_at is None}
    listed = []
    for case in shown:
        own = [row for row in attempts if row.case_id == case.id]
        assert case.due_at
        listed.append(
            Listed(case, len(own), urgency(case.due_at, who.at), any(row.visit_id in disputed for row in own))
        )
    later = shown[-1] if len(found) > most else None
    return listed, Place(later.due_at, later.id) if later and later.due_at else None


def reasons(session: Session) -> Mapping[str, int]:
    """How many open cases there are of each reason."""
    counted = (
        select(AccessCase.reason, func.count(AccessCase.id).label("number"))
        .where(AccessCase.due_at.is_not(None))
        .group_by(AccessCase.reason)
    )
    return {row.reason: row.number for row in session.execute(counted.order_by(AccessCase.reason))}


@dataclass(frozen=True, slots=True)
class CasePage:
    """may: the verdict on each step now, as if its words had been written. words: of each attempt's entry."""

    case: AccessCase
    now: service.Standing
    visits: Mapping[str, Visit]
    names: Mapping[str, str]
    words: Mapping[str, str]
    disputes: Mapping[str, Sequence[str]]
    own_visits: frozenset[str]
    to_come: Sequence[Visit]
    residents: Sequence[Resident]
    may: Mapping[str, Verdict]
    offers: Sequence[access_chase.Offer]
    messages: Mapping[str, Message]
    letter: Sequence[str]
    content_free: bool
    no_letters: bool
    urgency: str

    @property
    def not_yet(self) -> list[tuple[str, Refused]]:
        """Steps that want something first, which the page says."""
        refused = [(name, said) for name, said in self.may.items() if isinstance(said, Refused)]
        return [(FORMS[name], said) for name, said in refused if said.code not in SILENT]


def page_of(session: Session, case: AccessCase, who: Principal, policy: Policy) -> CasePage:
    now = service.standing(session, case, policy)
    visit_ids = {one.row.visit_id for one in now.attempts} | {step.visit_id for step in now.steps if step.visit_id}
    visits = {visit.id: visit for visit in session.scalars(select(Visit).where(Visit.id.in_(visit_ids)))}
    people = {step.by_id for step in now.steps} | {contact.by_id for contact in now.contacts}
    household = session.scalars(select(Household).where(Household.home_id == case.home_id)).first()
    household = household or nothing_asked(case.home_id)
    marked = household.contact_safety.get("letter", needs.UNMARKED)
    tried = {one.row.visit_id for one in now.attempts}
    said = {visit_id: words_of_visit(session, visit_id) for visit_id in tried}
    content_free = household.protected or marked != "safe"
    closed = case.closed_at is not None and any(step.code == "low-risk" for step in now.steps)
    return CasePage(
        case=case,
        now=now,
        visits=visits,
        names=dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(people))).all()),
        words={one.row.id: said[one.row.visit_id].get(one.row.entry_id, {}).get("words", "") for one in now.attempts},
        disputes={
            visit_id: [row.words for row in said_of(session, visit_id) if row.kind == DISPUTE] for visit_id in tried
        },
        own_visits=service.own_visits(session, tried, who.person_id),
        to_come=service.visits_to_come(session, case, who.at),
        residents=session.scalars(
            select(Resident).where(Resident.home_id == case.home_id).order_by(Resident.ref)
        ).all(),
        may=_may(now, who.holds(Duty.REPAIRS_MANAGER, case.area_id), policy),
        offers=access_chase.offers(session, now, who.at, policy),
        messages=access_chase.messages_of(session, now.contacts),
        letter=letter(now.last.facts, policy, content_free=content_free, closed=closed),
        content_free=content_free,
        no_letters=marked == "never"
        or bool(household.no_letters_until and household.no_letters_until > london_date(who.at)),
        urgency=urgency(case.due_at, who.at) if case.due_at else "",
    )


def _may(now: service.Standing, manager: bool, policy: Policy) -> dict[str, Verdict]:
    words = "as if written"
    return {
        "support": rules.may_arrange_support(now.case),
        "rebook": rules.may_rebook(now.case, "full"),
        "review": rules.may_review(now.case, vulnerability=words, equality=words, policy=policy),
        "close": rules.may_close(now.case, words),
        "plan": rules.may_plan(now.case, rules.NEEDS[0], words),
        "legal": rules.may_consider_legal(now.case, manager=manager, since_plan=since_plan(now), why=words),
    }
