"""Asking again by a message: which words by which way, each shown whole before it goes; and what became of those before.

A message is a contact of the case like any other, and one that did not arrive is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Refused, RefusedError, insist
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.parties import Party, each_once
from fieldvisit.messages.rules import Way
from fieldvisit.visits import access_rules as rules
from fieldvisit.visits import notifying, whom
from fieldvisit.visits.access_cases import AccessCase, AccessChase, AccessContact
from fieldvisit.visits.access_service import FOLLOW_UP, Standing, keep_until, move, standing
from fieldvisit.visits.access_steps import done_before, mark_done
from fieldvisit.visits.models import Visit
from fieldvisit.visits.pressed import Pressed

_METHOD = {"sms": "text", "email": "email"}
_NO_WAY = Refused("no-way", "There is no such way to this household now. Choose another, or ring them.")


@dataclass(frozen=True, slots=True)
class Offer:
    """One message that may be sent now, word for word. code: what the form sends back.
    others: what goes to the other tenants with it, each by a way of their own."""

    kind: str
    text: notifying.Text
    others: Sequence[notifying.Text] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # of several tenants, by whom it is for

    @property
    def code(self) -> str:
        return f"{self.kind} {self.text.way.channel}"

    @property
    def texts(self) -> Sequence[notifying.Text]:
        return (self.text, *self.others)


def offers(session: Session, now: Standing, at: datetime, policy: Policy) -> Sequence[Offer]:
    """About the last visit: its page says what was recorded, and how to say that it is wrong."""
    visit = session.scalars(select(Visit).where(Visit.id == now.last.row.visit_id)).first()
    if visit is None:
        return ()
    sent = sent_so_far(session, now)
    parties = whom.parties_of(session, visit.home, at)
    names = {one.resident: one.name for one in parties if one.resident}
    found = []
    for kind in rules.chase_kinds(now.case, sent):
        each = [(one, _may_go(one, now, kind, sent)) for one in parties]
        for channel in dict.fromkeys(way.channel for _, ways in each for way in ways):
            chosen = [(one, rules.way_to_chase(channel, ways)) for one, ways in each]
            texts = [
                notifying.text_for(session, visit, kind, way, policy, one)
                for one, way in each_once((one, way) for one, way in chosen if way)
            ]
            texts.sort(key=lambda text: text.way.channel != channel)
            found.append(Offer(kind, texts[0], texts[1:], names))
    return found


def _may_go(one: Party, now: Standing, kind: str, sent: int) -> list[Way]:
    ways = [way for way in one.ways if way.usable and way.safety != "never"]
    return [way for way in ways if rules.may_chase(now.case, kind, way.channel, sent)]


def send(session: Session, case: AccessCase, code: str, pressed: Pressed) -> None:
    """The case comes locked."""
    if done_before(session, case, pressed):
        return
    now = standing(session, case, pressed.policy)
    kind, _, channel = code.partition(" ")
    insist(rules.may_chase(now.case, kind, channel, sent_so_far(session, now)))
    found = next((one for one in offers(session, now, pressed.at, pressed.policy) if one.code == code), None)
    if found is None:
        raise RefusedError(_NO_WAY)
    by = pressed.by.person_id
    message, *others = [
        messages.write(
            session, visit_id=now.last.row.visit_id, kind=text.kind, channel=text.way.channel, to=text.way.to,
            language=text.language, subject=text.subject, body=text.body, template=text.template, by=by, at=pressed.at,
            look=text.look, resident_id=text.resident,
        )
        for text in found.texts
    ]  # fmt: skip
    contact = AccessContact(
        case_id=case.id, method=_METHOD.get(channel, "letter"), outcome="no_reply", words="", happened_at=pressed.at,
        made_at=pressed.at, by_id=by, form_key=pressed.key, keep_until=keep_until(pressed.at, pressed.policy),
    )  # fmt: skip
    session.add_all((message, *others, contact))
    session.flush()
    session.add(AccessChase(case_id=case.id, contact_id=contact.id, message_id=message.id, kind=kind))
    session.flush()
    stage = rules.stage_after_contact(now.case, contact.method, contact.outcome)
    if stage is not now.case.stage:
        move(session, case, stage, pressed.at, pressed.policy)
        mark_done(session, now, FOLLOW_UP, pressed.at)


def sent_so_far(session: Session, now: Standing) -> int:
    """Those that arrived, or may have."""
    contacts = {one.id for one in now.contacts if one.id not in now.undelivered}
    wanted = select(AccessChase.id).where(AccessChase.contact_id.in_(contacts))
    return len(session.scalars(wanted).all())


def messages_of(session: Session, contacts: Sequence[AccessContact]) -> Mapping[str, Message]:
    """Contact id -> the message that it was."""
    wanted = (
        select(AccessChase.contact_id, Message)
        .join(Message, Message.id == AccessChase.message_id)
        .where(AccessChase.contact_id.in_([one.id for one in contacts]))
    )
    return {row[0]: row[1] for row in session.execute(wanted)}
