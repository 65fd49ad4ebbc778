"""The letters of a complaint as messages to whoever complained, and what is heard back of them.

A letter goes only where the household has said that everything may be said (T17), only where the tenant complains and has
not said another way, and then by that tenant's own ways (`reaching.py`). It counts from the day it is sent. Its
message belongs to no home, so that at the desk nobody but its writer sees that there is one (N3): the complaint itself
says what became of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.complaints import letters, rules, service
from fieldvisit.complaints.models import Complaint, ComplaintStep
from fieldvisit.complaints.reaching import T17
from fieldvisit.complaints.state import CARRIED_BY, Deed, State
from fieldvisit.complaints.whom import Reach, reach_of
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal
from fieldvisit.ground.verdict import Refused, RefusedError, insist
from fieldvisit.hazards import summary
from fieldvisit.hazards.rules import sent_at
from fieldvisit.hazards.sending import KIND as SUMMARY
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.rules import FAILED, Way
from fieldvisit.messages.texts import wording
from fieldvisit.register.models import Household, Person
from fieldvisit.tasks import raise_task
from fieldvisit.visits.planning import household_of

KIND = "complaint_letter"


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter as it reads now. parts: code -> text; one that is missing is empty."""

    letter: str
    parts: Mapping[str, str]
    text: str

    @property
    def missing(self) -> tuple[str, ...]:
        return letters.missing(self.parts)


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed with a letter: its reason, or the reasons of a refusal, with its ground; the new day of an extension."""

    words: Mapping[str, str]
    until: date | None = None
    ground: str = ""


NOTHING_TYPED = Typed({})


def ways(session: Session, complaint: Complaint, at: datetime, reach: Reach | None = None) -> Sequence[Way]:
    """Ways that may carry a letter: of whoever complains alone, usable, and marked as safe for everything. None where no
    home is known, or where `Reach.why_not` says so."""
    reach = reach or reach_of(session, complaint, at)
    carried = [way for way in reach.ways if way.channel in CARRIED_BY and reach.verdict_on(way.channel)]
    return [way for way in carried if way.usable and way.safety == "safe"]


def draft(
    session: Session, complaint: Complaint, letter: str, typed: Typed, at: datetime, policy: Policy,
    state: State | None = None,
) -> Draft:  # fmt: skip
    state = state or service.state_of(session, complaint.id)
    facts = _facts(session, complaint, state, typed, at)
    parts = letters.parts_of(letter, state, facts, policy)
    return Draft(letter, parts, letters.text_of(letter, parts, facts, policy))


def _facts(session: Session, complaint: Complaint, state: State, typed: Typed, at: datetime) -> letters.Facts:
    said, actions = newest_words(session, complaint.id)
    wanted = {*state.handlers.values(), *(one.owner for one in state.actions)}
    people = {row.id: row.name for row in session.scalars(select(Person).where(Person.id.in_(wanted)))}
    process, reach = state.process, reach_of(session, complaint, at)
    return letters.Facts(
        ref=complaint.ref,
        said=dict(said) | {field: text for field, text in typed.words.items() if text},
        points={number: said.get(f"point:{number}", "") for number in range(1, state.points + 1)},
        answers={number: said.get(f"answer{process}:{number}", "") for number in range(1, state.points + 1)},
        people=people,
        address=complaint.home.address if complaint.home and reach.lives_there else "",
        today=london_date(at),
        actions=actions,
        until=typed.until,
        ground=typed.ground or state.ground,
        to=reach.name,
    )


def newest_words(session: Session, complaint_id: str) -> tuple[dict[str, str], dict[int, str]]:
    """The newest words of each field, and those of each promise by its number."""
    steps, words = service.steps_of(session, [complaint_id])[complaint_id], service.words_of(session, complaint_id)
    said: dict[str, str] = {}
    promises = [words.get(step.id, {}).get("what", "") for step in steps if step.kind == "action"]
    for step in steps:
        of_step = words.get(step.id, {})
        if step.kind == "logged":  # points are written anew as a whole
            said = {field: text for field, text in said.items() if not field.startswith("point:")}
        if step.kind == "decided":
            process = step.body["stage"]
            of_step = {field.replace("answer:", f"answer{process}:"): text for field, text in of_step.items()}
        said |= of_step
    return said, dict(enumerate(promises, start=1))


def send(
    session: Session, complaint: Complaint, letter: str, how: str, typed: Typed, *, by: Principal, key: str, seen: int,
    at: datetime, happened: datetime, policy: Policy,
) -> Message | None:  # fmt: skip
    """Writes the step and, where our messages carry it, its message, in one transaction. The complaint must be locked.
    Raises RefusedError. None: pressed twice, or a person hands it over.

    happened: when a person handed it over (aware UTC); what our messages carry goes out from now on.
    """
    if service.was_pressed(session, key):
        return None
    made = draft(session, complaint, letter, typed, at, policy)
    hands = service.hands_of(session, complaint, by, missing=made.missing, until=typed.until)
    body: dict[str, Any] = {"letter": letter, "how": how}
    if typed.until:
        body["until"] = typed.until.isoformat()
    if typed.ground:
        body["ground"] = typed.ground
    words = dict(typed.words) | {"letter": made.text}
    done: dict[str, Any] = {"hands": hands, "key": key, "seen": seen, "at": at, "policy": policy}
    if how not in CARRIED_BY:
        service.act(session, complaint, Deed("handed", happened, by.person_id, body), words, **done)
        return None
    steps = service.steps_of(session, [complaint.id])[complaint.id]
    insist(rules.unchanged(seen, len(steps)))
    written = Deed("written", at, by.person_id, body | {"message": ""})
    insist(rules.may(service.state_from(steps), written, words, hands, policy, london_date(at)))
    message = _message(session, complaint, made, how, by, at, policy)
    written = replace(written, body=body | {"message": message.id})
    service.act(session, complaint, written, words, **done)
    return message


def _message(
    session: Session, complaint: Complaint, made: Draft, how: str, by: Principal, at: datetime, policy: Policy
) -> Message:
    reach = reach_of(session, complaint, at)
    way = next((way for way in ways(session, complaint, at, reach) if way.channel == how), None)
    if way is None:
        insist(reach.verdict_on(how))
        raise RefusedError(
            Refused("not-safe", "This household has not said that we may write everything there. Hand it over.", T17)
        )
    text = wording(letters.subject_of(made.letter, complaint.ref, policy, how), made.text)
    return messages.write(
        session, visit_id=None, home_id=None, kind=KIND, channel=how, to=way.to, language="en", subject=text.subject,
        body=text.body, template=text.digest, by=by.person_id, at=at, look=look_of(session, complaint, how),
    )  # fmt: skip


def headings_of(message: Message) -> frozenset[str]:
    """The lines of a message that its letter sets as headings, whatever kind of message it is."""
    if message.kind == SUMMARY:
        return summary.headings_of(message.body)
    return letters.SET_AS_HEADINGS if message.kind == KIND else frozenset()


def look_of(session: Session, complaint: Complaint, how: str) -> str:
    household = _household(session, complaint)
    large = how != "email" and household and household.letter_look in ("large_print", "easy_read")
    return "large_print" if large else "plain"


def _household(session: Session, complaint: Complaint) -> Household | None:
    return household_of(session, complaint.home_id) if complaint.home_id else None


def letter_to(session: Session, complaint: Complaint, at: datetime) -> str:
    """Whom and where, as it stands in the window of an envelope."""
    return reach_of(session, complaint, at).envelope


# --- what is heard of one -----------------------------------------------------------------------------------------


def still_safe(session: Session, message: Message, at: datetime) -> bool:
    """As `notifying.still_safe`, by the complaint's home: what it says must be allowed when it goes out. One of which somebody
    has said what became of it goes out no more."""
    found = lock_complaint_of(session, message.id)
    if found is None or service.state_of(session, found[0].id).message != message.id:
        return False
    return bool(
        found and any(way.to == message.to and way.channel == message.channel for way in ways(session, found[0], at))
    )


def hear(session: Session, message_id: str, at: datetime, policy: Policy) -> None:
    """What the receipts of a letter say, as a step: sent, or come back. Heard twice is one step."""
    found = lock_complaint_of(session, message_id)
    message = messages.lock(session, message_id)
    if found is None or message is None:
        return
    complaint, written = found
    heard = messages.standing_of(session, message)
    sent = sent_at(message.provider, message.channel, message.taken_at, heard)
    body = {key: value for key, value in written.body.items() if key in ("letter", "how", "until", "ground", "message")}
    state = service.state_of(session, complaint.id)
    waits = state.message == message.id
    if sent and waits:
        moment = max(sent, message.written_at)
        service.note(session, complaint, Deed("sent", moment, "", body), f"sent:{message.id}", at, policy)
    elif heard.delivery in FAILED and (waits or service.was_pressed(session, f"sent:{message.id}")):
        if service.was_pressed(session, f"failed:{message.id}"):
            return
        service.note(session, complaint, Deed("failed", at, "", body), f"failed:{message.id}", at, policy)
        raise_task(
            session, service.CAME_BACK, cause=f"back:{message.id}", about=service.WORK, about_id=complaint.id,
            area_id=complaint.area_id, at=at, due=complaint.runs_out_at or at,
        )  # fmt: skip


def lock_complaint_of(session: Session, message_id: str) -> tuple[Complaint, ComplaintStep] | None:
    """Before its message, as everywhere. None: it is of no complaint."""
    message = session.scalars(select(Message).where(Message.id == message_id, Message.kind == KIND)).first()
    if message is None:
        return None
    # A step's body is JSON, which two databases search in two ways: by the instant of both, which one transaction wrote.
    query = select(ComplaintStep).where(
        ComplaintStep.kind == "written", ComplaintStep.recorded_at == message.written_at
    )
    written = next((step for step in session.scalars(query) if step.body.get("message") == message.id), None)
    complaint = service.lock(session, written.complaint_id) if written else None
    return (complaint, written) if complaint and written else None
