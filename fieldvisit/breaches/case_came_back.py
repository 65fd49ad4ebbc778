"""A letter of a case, or the e-mail that there is one, could not be delivered: a step of the case, which calls those seated."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.breaches import case_involvement, cases
from fieldvisit.breaches.case_models import BreachTold
from fieldvisit.breaches.case_state import Deed
from fieldvisit.breaches.unread import was_opened
from fieldvisit.db import Database
from fieldvisit.ground.roles import CONDUCT
from fieldvisit.messages import service as messages
from fieldvisit.messages.rules import FAILED


def hear(database: Database, message_id: str, at: datetime) -> None:
    """message_id: of any message; that of a letter bears the letter's own id. Heard twice is one step."""
    with database.writing(CONDUCT) as session:
        told = session.get(BreachTold, message_id)
        case = cases.lock(session, told.case_id) if told else None
        message = messages.lock(session, message_id) if case else None
        if told is None or case is None or message is None or case.redacted_at:
            return
        failed = messages.standing_of(session, message).delivery in FAILED
        if failed and not _have_it(session, told) and not cases.pressed_before(session, f"back:{told.id}"):
            cases.write(session, case, Deed("came_back", at, "", {"letter": told.letter}), {}, f"back:{told.id}", at)
            case_involvement.settle(session, case, cases.state_of(session, case.id), at)


def _have_it(session: Session, told: BreachTold) -> bool:
    """They opened it on their own page all the same."""
    opened = select(BreachTold.id).where(BreachTold.id == told.id, was_opened(told.person_id or ""))
    return session.scalars(opened).first() is not None
