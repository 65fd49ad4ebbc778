"""Warnings about a home: set with an owner and a review date, looked at again, ended; and those that HACT messages bring.

What is kept is the instruction. A review date that has passed takes nothing from the worker: it raises a dated task.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.ground.clock import end_of_london_day, london_date, london_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal
from fieldvisit.ground.verdict import insist
from fieldvisit.jobs import want
from fieldvisit.register import hact_alerts
from fieldvisit.register import needs_rules as rules
from fieldvisit.register.hact_alerts import Alert
from fieldvisit.register.models import Home, Household, Precaution
from fieldvisit.register.needs import WARNINGS
from fieldvisit.register.needs_service import changed, household_at
from fieldvisit.tasks import Task, raise_task

REVIEW = "review"  # a kind of work: `review_due` does it


def open_warnings(session: Session, home_id: str) -> Sequence[Precaution]:
    open_ones = select(Precaution).where(Precaution.home_id == home_id, Precaution.ended_at.is_(None))
    return session.scalars(open_ones.order_by(Precaution.set_on, Precaution.id)).all()


def warn(
    session: Session, household: Household, code: str, *, owner_id: str, review_on: date, key: str, at: datetime,
    policy: Policy, set_by: str | None = None,
) -> Precaution:  # fmt: skip
    """`key`, of the form, names it: pressed twice, it is set once."""
    if already := session.scalars(select(Precaution).where(Precaution.id == key)).first():
        return already
    today = london_date(at)
    insist(rules.may_choose(code, WARNINGS, "a warning"))
    insist(rules.may_review_on(review_on, today, policy))
    row = Precaution(id=key, home_id=household.home_id, code=code, owner_id=owner_id, set_on=today, review_on=review_on,
                     set_by=set_by)  # fmt: skip
    session.add(row)
    _wish_review(session, row)
    if set_by:
        _ask_a_second(session, row, at, policy)
    changed(session, household, at)
    return row


def review(session: Session, row: Precaution, *, owner_id: str, review_on: date, at: datetime, policy: Policy) -> bool:
    """It still holds: somebody answers for it until the next review. What another system said is read now."""
    insist(rules.may_review_on(review_on, london_date(at), policy))
    if row.ended_at is not None:
        return False
    was = (row.owner_id, row.review_on)
    row.owner_id, row.review_on = owner_id, review_on
    if was == (owner_id, review_on):
        return False
    _wish_review(session, row)
    _settle_tasks(session, row, at)
    if was[0] is None:
        changed(session, household_at(session, row.home_id), at)  # the worker is told less than before
    return True


def approve(session: Session, row: Precaution, *, by: Principal, at: datetime) -> bool:
    """A second officer has looked at it. Until then it holds all the same: the worker is told from the first minute."""
    insist(rules.may_approve(by, row.set_by, row.owner_id))
    if row.approved_at is not None or row.ended_at is not None:
        return False
    row.approved_at, row.approved_by = at, by.person_id
    _settle_second(session, row, at)
    return True


def _ask_a_second(session: Session, row: Precaution, at: datetime, policy: Policy) -> None:
    session.flush()
    area_id = session.scalars(select(Home.area_id).where(Home.id == row.home_id)).one()
    due = end_of_london_day(policy.working_days.after(london_date(at), 1))
    raise_task(
        session, "precaution_approve", cause=f"second:{row.id}", about="home", about_id=row.home_id, area_id=area_id,
        at=at, due=due,
    )  # fmt: skip


def _settle_second(session: Session, row: Precaution, at: datetime) -> None:
    for task in session.scalars(select(Task).where(Task.cause == f"second:{row.id}", Task.done_at.is_(None))):
        task.done_at = at


def end(session: Session, row: Precaution, *, by: Principal, area_id: str, at: datetime) -> bool:
    insist(rules.may_end(by, row.owner_id, area_id))
    if row.ended_at is not None:
        return False
    row.ended_at, row.ended_by = at, by.person_id
    _settle_tasks(session, row, at)
    _settle_second(session, row, at)
    changed(session, household_at(session, row.home_id), at)
    return True


# --- the review date ----------------------------------------------------------------------------------------------


def _wish_review(session: Session, row: Precaution) -> None:
    due = london_instant(row.review_on)
    want(session, REVIEW, row.id, due=due, dedupe=f"{REVIEW}:{row.id}:{row.review_on}")


def review_due(session: Session, precaution_id: str, at: datetime) -> bool:
    """The work that was wished for the review date: a task, where the warning still stands and nobody has looked."""
    row = session.scalars(select(Precaution).where(Precaution.id == precaution_id)).first()
    if row is None or row.ended_at is not None or not rules.is_due(row.review_on, london_date(at)):
        return False
    return _raise_review(session, row, at)


def _raise_review(session: Session, row: Precaution, at: datetime) -> bool:
    """In the home's area: its officers may do it where the owner has gone."""
    cause = f"{_causes(row)}{row.review_on}"
    if session.scalars(select(Task.id).where(Task.cause == cause)).first():
        return False
    area_id = session.scalars(select(Home.area_id).where(Home.id == row.home_id)).one()
    due = end_of_london_day(london_date(at))
    raise_task(
        session, "precaution_review", cause=cause, about="home", about_id=row.home_id, area_id=area_id, at=at, due=due
    )
    return True


def _causes(row: Precaution) -> str:
    return f"{REVIEW}:{row.id}:"


def _settle_tasks(session: Session, row: Precaution, at: datetime) -> None:
    waiting = select(Task).where(Task.cause.startswith(_causes(row), autoescape=True), Task.done_at.is_(None))
    for task in session.scalars(waiting):
        task.done_at = at


# --- from and to other systems ------------------------------------------------------------------------------------


def take_alerts(session: Session, home_id: str, alerts: Iterable[Alert], at: datetime) -> int:
    """Alerts of a RaiseRepair message, each once while it stands. Nobody owns them yet, so a task asks for it today."""
    known = {row.hact_code for row in open_warnings(session, home_id)}
    new = [alert for alert in dict.fromkeys(alerts) if alert.key not in known]
    today = london_date(at)
    for alert in new:
        row = Precaution(
            id=new_id(), home_id=home_id, code=hact_alerts.instruction_for(alert), owner_id=None, set_on=today,
            review_on=today, hact_code=alert.key,
        )  # fmt: skip
        session.add(row)
        session.flush()
        _raise_review(session, row, at)
    if new:
        changed(session, household_at(session, home_id), at)
    return len(new)


def alerts_of(session: Session, home_id: str) -> dict[str, list[dict[str, str]]]:
    """PersonAlert and LocationAlert of that home, as HACT writes them: its warnings, and what the tenant asked for."""
    household = session.scalars(select(Household).where(Household.home_id == home_id)).first()
    asked = [(code, "") for code in (household.needs if household else [])]
    return hact_alerts.as_messages([*((row.code, row.hact_code) for row in open_warnings(session, home_id)), *asked])
