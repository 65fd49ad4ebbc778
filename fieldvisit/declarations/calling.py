"""Whoever decides about a declaration is called when its day comes: to come and look, and no more.

Beside the task on the council's desk, which a firm's manager never sees. Never whoever declared it, by whatever account.
"""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldvisit.db import Database
from fieldvisit.declarations import rules, service
from fieldvisit.declarations.board import roles_towards
from fieldvisit.declarations.models import Declaration
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import DECLARING, Duty, Role
from fieldvisit.messages import desk_calls
from fieldvisit.register.models import Person, PersonDuty
from fieldvisit.register.service import principal_of


def call(database: Database, at: datetime, policy: Policy, told: set[str]) -> None:
    """Once before its day has passed, and once when it has, at each stage. told: whoever had their e-mail in this round."""
    with database.reading(DECLARING) as session:
        waiting = session.scalars(
            select(Declaration).where(Declaration.closed_at.is_(None), Declaration.due_at.is_not(None))
        ).all()
        wanted = [
            (f"declaration:{one.id}:{one.stage}:{cause}", _who(session, one, at))
            for one in waiting
            if one.due_at and (cause := rules.calls(one.due_at, at, policy))
        ]
    for cause, people in wanted:
        with database.writing(DECLARING) as session:
            known = session.scalars(select(Person).where(Person.id.in_(people)).order_by(Person.id)).all()
            if not desk_calls.are_called(session, known, cause):
                desk_calls.call(session, known, cause, told=told, at=at, policy=policy)


def _who(session: Session, declared: Declaration, at: datetime) -> list[str]:
    """Their manager; where there is none, or it is their own, everybody else who may decide."""
    duties = select(PersonDuty.person_id).where(PersonDuty.duty.in_((Duty.COMPLAINTS_SENIOR, Duty.REPAIRS_MANAGER)))
    of_firm = (Person.role == Role.CONTRACTOR_MANAGER) & (Person.firm_id == declared.firm_id)
    might = or_(Person.id == declared.manager_id, Person.id.in_(duties), of_firm)
    people = session.scalars(select(Person).where(Person.disabled_at.is_(None), might).order_by(Person.id))
    found = [
        person.id
        for person in people
        if roles_towards(declared, principal_of(person, at)) & {"manager", "contact"}
        and not service.is_own(session, declared, person.id)
    ]
    return [declared.manager_id] if declared.manager_id in found and declared.manager_id else found
