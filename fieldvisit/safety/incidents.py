"""Incidents in the database: reported, added to, told to others, closed. The only writer of incidents and their steps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.references import Kind, new_reference
from fieldvisit.ground.roles import Principal
from fieldvisit.ground.verdict import insist
from fieldvisit.register.models import Person
from fieldvisit.safety import riddor
from fieldvisit.safety.models import Incident, IncidentStep, IncidentWords
from fieldvisit.safety.riddor import Deed, Prompt, State
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits.models import Visit
from fieldvisit.visits.words import storable, years_on

MOST = 100


@dataclass(frozen=True, slots=True)
class Line:
    step: IncidentStep
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class Case:
    incident: Incident
    state: State
    owed: Sequence[Prompt]
    all: Sequence[Prompt]
    lines: Sequence[Line]
    visit: Visit | None


def report(
    session: Session, person: Person, area_id: str, visit_id: str | None, body: Mapping[str, Any], words: str, *,
    key: str, by: Principal, at: datetime, policy: Policy,
) -> Incident:  # fmt: skip
    """Reported twice with one form is reported once."""
    if already := session.scalars(select(IncidentStep).where(IncidentStep.form_key == key)).first():
        return session.scalars(select(Incident).where(Incident.id == already.incident_id)).one()
    incident = Incident(
        id=new_id(), ref=new_reference(Kind.INCIDENT), area_id=area_id, visit_id=visit_id,
        person_id=person.id, kind=str(body["kind"]), happened_at=datetime.fromisoformat(str(body["happened_at"])),
        opened_at=at, keep_until=_kept(at, policy),
    )  # fmt: skip
    session.add(incident)
    session.flush()
    _write(session, incident, Deed("reported", at, by.person_id, body), words, key, policy)
    if visit_id:
        _finish(session, select(Task).where(Task.kind == "incident", Task.about_id == visit_id), at)
    return incident


def act(session: Session, incident: Incident, deed: Deed, words: str, *, key: str, policy: Policy) -> None:
    """One step. The incident must be locked. The same form twice is one step. Raises RefusedError."""
    if session.scalars(select(IncidentStep.id).where(IncidentStep.form_key == key)).first():
        return
    if deed.kind == "closed":
        insist(riddor.may_close(state_of(session, incident.id), words, policy))
    _write(session, incident, deed, words, key, policy)


def lock(session: Session, incident_id: str) -> Incident | None:
    return session.scalars(select(Incident).where(Incident.id == incident_id).with_for_update()).first()


def find(session: Session, incident_id: str) -> Incident | None:
    wanted = select(Incident).where(Incident.id == incident_id).options(joinedload(Incident.person))
    return session.scalars(wanted).first()


def open_ones(session: Session, at: datetime) -> Sequence[Incident]:
    """What is owed first stands first; what owes nothing, last."""
    wanted = select(Incident).where(Incident.closed_at.is_(None)).options(joinedload(Incident.person))
    by_day = (Incident.due_at.is_(None), Incident.due_at, Incident.opened_at.desc())
    return session.scalars(wanted.order_by(*by_day).limit(MOST)).all()


def case_of(session: Session, incident: Incident, policy: Policy) -> Case:
    steps = _steps(session, incident.id)
    state = riddor.fold(_deeds(steps))
    known = select(Person.id, Person.name).where(Person.id.in_({step.by for step in steps}))
    names: dict[str, str] = dict(session.execute(known).all())
    found = session.scalars(select(IncidentWords).where(IncidentWords.incident_id == incident.id))
    words = {each.step_id: each.text for each in found}
    visit = session.scalars(select(Visit).where(Visit.id == incident.visit_id)).first() if incident.visit_id else None
    lines = [Line(step, names.get(step.by, ""), words.get(step.id, "")) for step in steps]
    return Case(incident, state, riddor.owed(state, policy), riddor.prompts(state.facts, policy), lines, visit)


def state_of(session: Session, incident_id: str) -> State:
    return riddor.fold(_deeds(_steps(session, incident_id)))


def _steps(session: Session, incident_id: str) -> Sequence[IncidentStep]:
    wanted = select(IncidentStep).where(IncidentStep.incident_id == incident_id).order_by(IncidentStep.position)
    return session.scalars(wanted).all()


def _deeds(steps: Iterable[IncidentStep]) -> list[Deed]:
    return [Deed(step.kind, step.at, step.by, step.body) for step in steps]


def _write(session: Session, incident: Incident, deed: Deed, words: str, key: str, policy: Policy) -> None:
    before = _steps(session, incident.id)
    step = IncidentStep(
        id=new_id(), incident_id=incident.id, position=len(before) + 1, kind=deed.kind, at=deed.at,
        recorded_at=deed.at, by=deed.by, body=dict(deed.body), form_key=key,
    )  # fmt: skip
    session.add(step)
    session.flush()
    if words:
        session.add(
            IncidentWords(
                step_id=step.id, incident_id=incident.id, subject_id=incident.person_id, text=storable(words),
                keep_until=incident.keep_until,
            )
        )  # fmt: skip
    state = riddor.fold(_deeds([*before, step]))
    owed = riddor.owed(state, policy)
    incident.kind, incident.happened_at = state.facts.kind, state.facts.happened_at
    incident.due_at, incident.closed_at = (owed[0].by if owed else None), state.closed_at
    _keep_tasks(session, incident, owed, deed.at)
    session.flush()


def _keep_tasks(session: Session, incident: Incident, owed: Sequence[Prompt], at: datetime) -> None:
    causes = {f"r:{incident.id}:{prompt.code}": prompt for prompt in owed}
    mine = select(Task).where(Task.cause.startswith(f"r:{incident.id}:", autoescape=True))
    known = {task.cause: task for task in session.scalars(mine)}
    for cause, task in known.items():
        task.done_at = None if cause in causes else task.done_at or at
    for cause, prompt in causes.items():
        if cause not in known:
            raise_task(
                session, "riddor", cause=cause, about="incident", about_id=incident.id, area_id=incident.area_id,
                at=at, due=prompt.by,
            )  # fmt: skip


def _finish(session: Session, wanted: Any, at: datetime) -> None:
    for task in session.scalars(wanted):
        task.done_at = task.done_at or at


def _kept(at: datetime, policy: Policy) -> date:
    return years_on(london_date(at), policy.safety.incident_years.value)
