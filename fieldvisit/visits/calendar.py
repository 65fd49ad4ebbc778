"""A worker's round as a calendar that another program fetches: by a secret address, which can be taken back.

What is in it leaves our house for a calendar company's: so the day and the window, the visit's number, and nothing of
where it is or whom it is to. It reaches as far as the round does: today, and tomorrow's first visit (ruling N7).
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from icalendar import Calendar, Event
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from fieldvisit.register.models import Person
from fieldvisit.visits.models import CalendarFeed, Visit
from fieldvisit.visits.state import Stage

REFRESH = timedelta(minutes=30)


def has_feed(session: Session, person_id: str) -> bool:
    return session.scalars(_live(person_id)).first() is not None


def new_feed(session: Session, person_id: str, at: datetime) -> str:
    """The token of a new address, told once; the one before opens nothing any more."""
    stop_feeds(session, person_id, at)
    token = secrets.token_urlsafe(24)
    session.add(CalendarFeed(person_id=person_id, token_hash=_digest(token), made_at=at))
    return token


def stop_feeds(session: Session, person_id: str, at: datetime) -> None:
    for feed in session.scalars(_live(person_id)):
        feed.revoked_at = at


def whose(session: Session, token: str) -> str | None:
    """Nobody's, once it was taken back or its person has left."""
    live = (
        select(CalendarFeed.person_id)
        .join(Person, Person.id == CalendarFeed.person_id)
        .where(CalendarFeed.token_hash == _digest(token), CalendarFeed.revoked_at.is_(None))
        .where(Person.disabled_at.is_(None))
    )
    return session.scalars(live).first()


def visits_of(session: Session) -> list[Visit]:
    """Those that the person asking may see: the session is theirs."""
    return list(session.scalars(select(Visit).order_by(Visit.window_start, Visit.id)))


def as_calendar(visits: list[Visit], at: datetime, base: str) -> bytes:
    """base: the address that a visit's page begins with."""
    made = Calendar()
    made.add("prodid", "-//FieldVisit//Round//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", "My visits")
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for visit in visits:
        event = Event()
        event.add("uid", f"{visit.id}@fieldvisit")
        event.add("dtstamp", at)
        event.add("dtstart", visit.window_start)
        event.add("dtend", visit.window_end)
        event.add("summary", f"Visit {visit.ref}")
        event.add("url", f"{base}/visits/{visit.id}")
        event.add("status", "CANCELLED" if visit.stage == Stage.CANCELLED else "CONFIRMED")
        made.add_component(event)
    written: bytes = made.to_ical()
    return written


def _live(person_id: str) -> Select[CalendarFeed]:
    return select(CalendarFeed).where(CalendarFeed.person_id == person_id, CalendarFeed.revoked_at.is_(None))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
