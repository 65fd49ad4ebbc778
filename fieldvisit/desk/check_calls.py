"""`fieldvisit check`, of calls: is there anybody, where real people may rely on it, whom each of them reaches?"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.config import Config
from fieldvisit.ground.roles import Duty, Role
from fieldvisit.messages import desk_calls
from fieldvisit.messages.call_rules import takes_texts
from fieldvisit.register.duties import holding, officers_of
from fieldvisit.register.models import Area, Person

# Everything that calls somebody by the messages of this home. The vault has a pager of its own (vault/check.py).
CALLS = (
    "An alarm about a worker",
    "An emergency hazard, and its 24 hours,",
    "Danger at the phone line",
    "A clock of a hazard, a case, a complaint, a declaration or a job",
    "A code to sign, or training, a check or insurance that runs out,",
)
SET_ONE = "set FIELDVISIT_EMAIL or FIELDVISIT_SMS to a way that sends"


def of_calls(session: Session, config: Config, at: datetime) -> Iterator[str]:
    if config.is_local and not config.pilot:
        return
    ways = config.ways_of_sending().ways_out
    if not ways:
        yield from (f"{what} calls nobody: {SET_ONE}." for what in CALLS)
    for area in session.scalars(select(Area).order_by(Area.name)):
        yield from _of_area(session, area, ways, at)
    anywhere = holding(session, Duty.DUTY, None, at)
    if not anywhere:
        yield "Nobody holds the duty anywhere: danger at the phone line calls nobody."
    elif ways and not _reached(anywhere, ways):
        yield "Danger at the phone line calls nobody: no message reaches anybody who holds the duty."
    yield from _of_those_behind(session, at)


def _of_area(session: Session, area: Area, ways: Collection[str], at: datetime) -> Iterator[str]:
    on_duty = holding(session, Duty.DUTY, area.id, at)
    if not on_duty:
        yield f"Nobody holds the duty in {area.name}: an alarm about a worker there calls no officer."
    elif ways and not _reached(on_duty, ways):
        yield f"No message reaches anybody who holds the duty in {area.name}: {_wanted(ways)}."
    officers = officers_of(session, area.id, at)
    answer = on_duty or holding(session, Duty.REPAIRS_MANAGER, area.id, at) or officers
    if not answer:
        yield f"An emergency hazard in {area.name} calls nobody: it has no officer."
    elif ways and answer is not on_duty and not _reached(answer, ways):
        yield f"An emergency hazard in {area.name} calls nobody: no message reaches its officers."


def _of_those_behind(session: Session, at: datetime) -> Iterator[str]:
    """A call that arrives by neither e-mail nor text is told to somebody else: to whom?"""
    here = select(Person).where(Person.disabled_at.is_(None), Person.role != Role.OPERATIVE).order_by(Person.ref)
    alone = [one.ref for one in session.scalars(here) if not desk_calls.look_after(session, one, at)]
    if alone:
        yield (
            f"Where no call reaches them, nobody is told: {', '.join(alone)}. Give each a manager who is an officer, or "
            "somebody else the duty of a senior officer for complaints."
        )


def _reached(people: Iterable[Person], ways: Collection[str]) -> bool:
    return any(("email" in ways and one.email) or ("sms" in ways and takes_texts(one.phone)) for one in people)


def _wanted(ways: Collection[str]) -> str:
    needs = {"email": "an e-mail address", "sms": "a mobile number"}
    return f"somebody needs {' or '.join(needs[way] for way in sorted(ways))}"
