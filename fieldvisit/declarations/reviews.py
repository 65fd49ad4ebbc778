"""Once a day: who is to go through an interest or sign anew, and what is old enough to go (R24)."""

from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldvisit.declarations import service, ties, undertakings
from fieldvisit.declarations.models import Declaration, DeclarationStep, DeclarationWords, Recusal, Undertaking
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.register import involved
from fieldvisit.register.apart import KeptApart
from fieldvisit.tasks import Task, raise_task

WORK = "declarations"


def daily(session: Session, at: datetime) -> None:
    today = london_date(at)
    _interests_due(session, today, at)
    _signatures_due(session, today, at)
    purge(session, today)


def _interests_due(session: Session, today: date, at: datetime) -> None:
    due = select(Declaration).where(
        Declaration.kind == "interest", Declaration.closed_at.is_(None), Declaration.review_on <= today
    )
    for declared in session.scalars(due):
        service.ask_for(session, declared, ties.REVIEW, at, end_of_london_day(declared.review_on or today))


def _signatures_due(session: Session, today: date, at: datetime) -> None:
    """Somebody rings them: the reminder is the office's. Of a code alone a message goes to them by itself. Nobody rings
    whoever takes no part now."""
    people = involved.involved_now(session, today)
    stopped = involved.stopped(session, [person.id for person in people], at)
    for person in (one for one in people if one.id not in stopped):
        for standing in undertakings.standings(session, person.id):
            if not standing.is_due(today):
                continue
            since = today if standing.changed else standing.renew_on or person.starts_on
            of = undertakings.text_digest(standing.kind)[:10] if standing.changed else since.isoformat()
            cause = undertakings.asked(standing.kind, person.id) + of
            if session.scalars(select(Task.id).where(Task.cause == cause)).first() is None:
                raise_task(
                    session, undertakings.SIGN, cause=cause, about="involved", about_id=person.id, area_id=person.area_id, at=at,
                    due=end_of_london_day(max(since, today)),  # nobody was asked before today
                )  # fmt: skip


def purge(session: Session, today: date) -> int:
    """Everything whose day has come, whole. How many declarations went."""
    gone = list(session.scalars(select(Declaration.id).where(Declaration.keep_until <= today).limit(200)))
    for declaration_id in gone:
        session.execute(delete(DeclarationWords).where(DeclarationWords.declaration_id == declaration_id))
        session.execute(delete(DeclarationStep).where(DeclarationStep.declaration_id == declaration_id))
        session.execute(
            delete(KeptApart).where(KeptApart.cause == f"interest:{declaration_id}", KeptApart.ends.is_not(None))
        )
        session.execute(delete(Task).where(Task.about == "declaration", Task.about_id == declaration_id))
        session.execute(delete(Declaration).where(Declaration.id == declaration_id))
    session.execute(delete(Undertaking).where(Undertaking.keep_until <= today))
    session.execute(delete(Recusal).where(Recusal.keep_until <= today))
    return len(gone)
