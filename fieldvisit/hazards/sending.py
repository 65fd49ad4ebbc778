"""The written summary (DR-4) as a message to the tenant, and what is heard back of it.

It goes only where the household has said that everything may be said (T17): there is no half of a summary. It counts as
sent when a receipt says so (`rules.sent_at`), and a summary that came back is sent no more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Clause, Refused, RefusedError, insist
from fieldvisit.hazards import rules, service
from fieldvisit.hazards.models import Hazard, HazardStep
from fieldvisit.hazards.state import CARRIED_BY, Deed
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.rules import FAILED, Way
from fieldvisit.messages.texts import wording
from fieldvisit.visits import notifying
from fieldvisit.visits.planning import household_of

KIND = "hazard_summary"
T17 = Clause("", "T17")


def ways(session: Session, hazard: Hazard, at: datetime) -> Sequence[Way]:
    """Ways that may carry a summary: usable, and marked as safe for everything."""
    found = notifying.ways_to(session, hazard.home, at)
    return [way for way in found if way.channel in CARRIED_BY and way.usable and way.safety == "safe"]


def letter_to(session: Session, hazard: Hazard, at: datetime) -> str:
    """Whom and where, as it stands in the window of an envelope."""
    found = notifying.ways_to(session, hazard.home, at)
    return next(way.to for way in found if way.channel == "letter_first_class")


def subject_of(hazard: Hazard, policy: Policy) -> str:
    """A subject is read over a shoulder: it names no hazard."""
    return f"About your home, {hazard.ref}, from {policy.council.name}"


def send(
    session: Session, hazard: Hazard, deed: Deed, words: Mapping[str, str], *, key: str, at: datetime, policy: Policy
) -> Message | None:
    """Writes the step and its message in one transaction. The case must be locked. Raises RefusedError. None: pressed twice."""
    if session.scalars(select(HazardStep.id).where(HazardStep.form_key == key)).first():
        return None
    state = service.state_of(session, hazard.id)
    insist(rules.may(state, deed, words, policy))
    way = next((way for way in ways(session, hazard, at) if way.channel == deed.body["how"]), None)
    if way is None:
        raise RefusedError(
            Refused("not-safe", "This household has not said that we may write everything there. Hand it over.", T17)
        )
    text = words["summary"]
    made = wording(subject_of(hazard, policy), text)
    message = messages.write(
        session, visit_id=None, home_id=hazard.home_id, kind=KIND, channel=way.channel, to=way.to, language="en",
        subject=made.subject, body=made.body, template=made.digest, by=deed.by, at=at,
        look=look_of(session, hazard, way.channel),
    )  # fmt: skip
    body = dict(deed.body) | {"message": message.id, "round": len(state.rounds) - 1}
    service.act(session, hazard, Deed(deed.kind, at, deed.by, body), words, key=key, at=at, policy=policy)
    return message


def look_of(session: Session, hazard: Hazard, how: str) -> str:
    """How its letter is set: large where the household asked for that, also for one that is handed over."""
    household = household_of(session, hazard.home_id)
    large = how != "email" and household and household.letter_look in ("large_print", "easy_read")
    return "large_print" if large else "plain"


def hear(session: Session, message_id: str, at: datetime, policy: Policy) -> None:
    """What the receipts of a summary say, as a step of its case: sent, or come back. Heard twice is one step."""
    found = lock_case_of(session, message_id)
    message = messages.lock(session, message_id)
    if found is None or message is None:
        return
    hazard, written = found
    heard = messages.standing_of(session, message)
    sent = rules.sent_at(message.provider, message.channel, message.taken_at, heard)
    body = {"message": message.id, "round": written.body["round"], "how": written.body["how"]}
    if sent:
        service.note(session, hazard, Deed("summary_sent", max(sent, message.written_at), "", body), at, policy)
    elif heard.delivery in FAILED:
        service.note(session, hazard, Deed("summary_failed", at, "", body), at, policy)


def lock_case_of(session: Session, message_id: str) -> tuple[Hazard, HazardStep] | None:
    """Before its message, as everywhere: two orders would wait for each other for ever. None: it is of no case."""
    message = session.scalars(select(Message).where(Message.id == message_id, Message.kind == KIND)).first()
    written = _step_of(session, message) if message else None
    hazard = service.lock(session, written.hazard_id) if written else None
    return (hazard, written) if hazard and written else None


def _step_of(session: Session, message: Message) -> HazardStep | None:
    """By the home: a step's body is JSON, which two databases search in two ways."""
    query = select(HazardStep).join(Hazard, Hazard.id == HazardStep.hazard_id)
    written = query.where(Hazard.home_id == message.home_id, HazardStep.kind == "summary_written")
    return next((step for step in session.scalars(written) if step.body.get("message") == message.id), None)
