"""Messages: written in the transaction of the change that caused them, sent by the worker, and what is heard back.

Nothing here knows what a visit is. What a receipt means to a visit's notice is worked out by whoever takes up the
work `hear`, which each receipt wishes in its own transaction.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.jobs import want
from fieldvisit.messages.models import Message, Receipt
from fieldvisit.messages.rules import FINAL, STATUSES, Heard, Standing, earliest, standing
from fieldvisit.messages.texts import Wording
from fieldvisit.register.models import Person

WAITING, TAKEN, WITHDRAWN = "waiting", "taken", "withdrawn"
UNSENT = (WAITING, WITHDRAWN)
# The day of sending counts for these, so it is heard as soon as a provider has one.
SENT_COUNTS = frozenset({"hazard_summary", "complaint_letter"})


def write(
    session: Session, *, visit_id: str | None, kind: str, channel: str, to: str, language: str, subject: str, body: str,
    template: str, by: str, at: datetime, notice_id: str | None = None, look: str = "plain",
    message_id: str | None = None, home_id: str | None = None, resident_id: str | None = None,
) -> Message:  # fmt: skip
    """Keeps the message word for word and wishes it sent; both are there when the caller's transaction is."""
    message = Message(
        id=message_id or new_id(), visit_id=visit_id, home_id=home_id, notice_id=notice_id, kind=kind, channel=channel, to=to,
        language=language, look=look, subject=subject, body=body, template=template, provider="", state=WAITING,
        written_at=at, written_by=by, resident_id=resident_id,
    )  # fmt: skip
    session.add(message)
    session.flush()
    want(session, "send", message.id, due=at)
    return message


def write_test(session: Session, person: Person, text: Wording, channel: str, at: datetime) -> Message:
    """A text as it would read, to whoever tries it; channel: sms, email. It is about no visit."""
    return write(
        session, visit_id=None, kind="test", channel=channel, to=(person.phone if channel == "sms" else person.email) or "",
        language="en", subject=text.subject, body=text.body, template=text.digest, by=person.id, at=at,
    )  # fmt: skip


def withdraw(session: Session, message: Message) -> bool:
    """Takes back what no provider has yet. False: it has gone out."""
    if message.state == WAITING:
        message.state = WITHDRAWN
    return message.state == WITHDRAWN


def lock(session: Session, message_id: str) -> Message | None:
    return session.scalars(select(Message).where(Message.id == message_id).with_for_update()).first()


def receive(session: Session, message: Message, status: str, happened: datetime, *, by: str, at: datetime) -> bool:
    """Keeps one receipt, once, and wishes that its visit hears of it. False: it was there, or says nothing new.

    happened: by the sender's clock, never later than ours: a receipt from tomorrow is one from now, and none is older
    than the message that it is of.
    """
    if status not in STATUSES:
        return False
    if status == "delivered" and message.channel.startswith("letter") and by != "person":
        status = "despatched"  # no provider sees a letter fall through the door; NR-5 counts from the day it left
    happened = max(earliest(status, message.written_at), min(happened, at))
    known = select(Receipt.id).where(Receipt.message_id == message.id, Receipt.status == status, Receipt.at == happened)
    if session.scalars(known).first():
        return False
    row = Receipt(message_id=message.id, status=status, at=happened, received_at=at, by=by)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False  # its twin was first
    if message.state == WAITING:
        message.state, message.taken_at = TAKEN, at
    if status in (*FINAL, "despatched") or (status == "taken" and message.kind in SENT_COUNTS):
        want(session, "hear", message.id, due=at, dedupe=f"hear:{row.id}")
    return True


def receive_by_reference(
    session: Session, reference: str, provider_id: str, status: str, happened: datetime, *, by: str, at: datetime
) -> bool:
    """False: no message of ours. The reference alone says which; a provider's name for another message changes nothing."""
    message = lock(session, reference)
    if message is None or (message.provider_id and provider_id and message.provider_id != provider_id):
        return False
    receive(session, message, status, happened, by=by, at=at)
    return True


def standing_of(session: Session, message: Message) -> Standing:
    rows = session.scalars(select(Receipt).where(Receipt.message_id == message.id))
    return standing(Heard(row.status, row.at) for row in rows)


def messages_of(session: Session, visit_id: str) -> Sequence[Message]:
    return session.scalars(select(Message).where(Message.visit_id == visit_id).order_by(Message.written_at)).all()


def written_with(session: Session, message: Message) -> Sequence[Message]:
    """It, and those to the other tenants that the same press of a button wrote."""
    if message.resident_id is None:
        return [message]
    same = (Message.visit_id == message.visit_id, Message.written_at == message.written_at)
    return session.scalars(select(Message).where(*same, Message.written_by == message.written_by)).all()


def newest(session: Session, *, limit: int, before: tuple[datetime, str] | None = None) -> Sequence[Message]:
    """The list of what was sent, newest first; before: (written_at, id) of the last one shown."""
    wanted = select(Message).order_by(Message.written_at.desc(), Message.id.desc()).limit(limit)
    if before:
        written_at, last = before
        wanted = wanted.where(
            or_(Message.written_at < written_at, (Message.written_at == written_at) & (Message.id < last))
        )
    return session.scalars(wanted).all()
