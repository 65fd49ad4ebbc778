"""What was written to tenants, and what became of it: the list, one message, and what a person may say of one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from fieldvisit.desk.wording import Say
from fieldvisit.ground.clock import say_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Verdict, insist
from fieldvisit.hazards import sending as summaries
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message, Receipt
from fieldvisit.messages.rules import Heard, Standing, may_settle, standing
from fieldvisit.notices.models import Notice
from fieldvisit.register.models import Home, Resident
from fieldvisit.visits import notifying
from fieldvisit.visits.models import Visit
from fieldvisit.visits.service import lock

PAGE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """state: how it stands, as a code of `ui/tags.html`. visit, home: what it is about; neither, of a test message."""

    message: Message
    visit: Visit | None
    standing: Standing
    receipts: tuple[Receipt, ...]
    home: Home | None = None

    @property
    def state(self) -> str:
        if self.message.state in (messages.WAITING, messages.WITHDRAWN):
            return self.message.state
        if self.standing.bounced:
            return "bounced"
        if self.standing.delivery != "pending":
            return self.standing.delivery
        return "despatched" if self.standing.despatched_at else "taken"


def page_of(session: Session, after: str) -> tuple[list[Shown], str | None]:
    """Newest first; after: the id of the last one of the page before. And the id after which the next page begins."""
    last = session.scalars(select(Message).where(Message.id == after)).first() if after else None
    rows = messages.newest(session, limit=PAGE + 1, before=(last.written_at, last.id) if last else None)
    return _shown(session, rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else None


def of_visit(session: Session, visit_id: str) -> list[Shown]:
    return _shown(session, messages.messages_of(session, visit_id))


def find(session: Session, message_id: str) -> Shown | None:
    row = session.scalars(select(Message).where(Message.id == message_id)).first()
    return _shown(session, [row])[0] if row else None


def _shown(session: Session, rows: Iterable[Message]) -> list[Shown]:
    rows = list(rows)
    wanted = select(Visit).where(Visit.id.in_({row.visit_id for row in rows})).options(joinedload(Visit.home))
    visits: Mapping[str, Visit] = {visit.id: visit for visit in session.scalars(wanted)}
    of_homes = select(Home).where(Home.id.in_({row.home_id for row in rows}))
    homes: Mapping[str, Home] = {home.id: home for home in session.scalars(of_homes)}
    heard: dict[str, list[Receipt]] = {}
    for one in session.scalars(
        select(Receipt).where(Receipt.message_id.in_({row.id for row in rows})).order_by(Receipt.at, Receipt.id)
    ):
        heard.setdefault(one.message_id, []).append(one)
    return [
        Shown(
            row,
            visits.get(row.visit_id or ""),
            standing(Heard(each.status, each.at) for each in heard.get(row.id, [])),
            tuple(heard.get(row.id, [])),
            homes.get(row.home_id or ""),
        )
        for row in rows
    ]


def may_say(shown: Shown, status: str) -> Verdict:
    return may_settle(shown.message.provider, shown.message.channel, status, shown.standing)


def say(session: Session, shown: Shown, status: str, happened: datetime, at: datetime, policy: Policy) -> None:
    """A person's word of what became of it: kept as a receipt, and heard by its visit at once. Raises RefusedError."""
    insist(may_say(shown, status))
    if shown.visit:
        lock(session, shown.visit.id)  # before its message, as everywhere
    summaries.lock_case_of(session, shown.message.id)
    message = messages.lock(session, shown.message.id)
    if message and messages.receive(session, message, status, happened, by="person", at=at):
        session.flush()
        notifying.hear(session, message.id, at, policy)
        summaries.hear(session, message.id, at, policy)


# --- what the tenant was told, on the page of a visit ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the table: what was said or sent, which way, when, and how we know. message: its id, where it was sent.
    to: of several tenants, whom it was for."""

    what: str
    channel: str
    at: datetime
    proof: str
    message: str = ""
    to: str = ""


def told_of(session: Session, visit_id: str, say: Say) -> list[Told]:
    """What we sent, and what somebody told them otherwise, in the order in which it was."""
    sent = of_visit(session, visit_id)
    ours = {one.message.notice_id for one in sent}
    notices = session.scalars(select(Notice).where(Notice.visit_id == visit_id)).all()
    whose = {row.resident_id for row in notices} | {one.message.resident_id for one in sent}
    named = session.execute(select(Resident.id, Resident.name).where(Resident.id.in_(whose - {None})))
    names: dict[str | None, str] = {row.id: row.name for row in named}
    rows = [
        Told(say("message", one.message.kind), say("channel", one.message.channel), one.message.written_at,
             _proof_of(one, say), one.message.id, names.get(one.message.resident_id, ""))
        for one in sent
    ]  # fmt: skip
    for notice in notices:
        if notice.id not in ours:
            at = notice.sent_at or notice.despatched_at or notice.delivered_at or notice.recorded_at
            how, proof = say("channel", notice.channel), _proof_by_hand(notice, say)
            rows.append(Told("Notice, recorded by hand", how, at, proof, to=names.get(notice.resident_id, "")))
    return sorted(rows, key=lambda row: row.at)


def _proof_of(one: Shown, say: Say) -> str:
    last = one.receipts[-1] if one.receipts else None
    if one.message.state == messages.WITHDRAWN:
        return "None: it was not sent, because it was no longer true"
    if last is None:
        return "None yet: it is waiting to be sent"
    known = one.standing.delivered_at or one.standing.despatched_at or last.at
    word = "delivered" if one.standing.delivered_at else "despatched" if one.standing.despatched_at else last.status
    return f"{sentence_of(say('receipt', word))}, {say_instant(known)}, {say('receipt_by', last.by)}"


def _proof_by_hand(notice: Notice, say: Say) -> str:
    if notice.withdrawn_at:
        return "Withdrawn: it counts for nothing"
    if notice.delivery:
        return sentence_of(say("delivery", notice.delivery))
    return f"Recorded on {say_instant(notice.recorded_at)}"


def sentence_of(words: str) -> str:
    return words[:1].upper() + words[1:]
