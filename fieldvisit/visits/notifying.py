"""Telling the tenant of one visit: which way, in which words, written with the change that caused it.

Each function writes a message, and where it gives notice the line of the log too, in the caller's transaction; the
worker sends it. What comes back reaches the log through `hear`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.badges.rules import name_shown
from fieldvisit.db import canonical
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.parties import LETTERS, Party, each_once
from fieldvisit.messages.rules import Way, next_way
from fieldvisit.messages.texts import Facts, compose, say_day, say_sign, say_window
from fieldvisit.messages.texts_rules import parts_of
from fieldvisit.messages.texts_service import wording_for
from fieldvisit.notices.facts import FAILURES, ORAL
from fieldvisit.notices.links import link_of_visit
from fieldvisit.notices.signs import tenants_sign
from fieldvisit.register.models import Home, Household, Person
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits import events as ev
from fieldvisit.visits import hearing, whom
from fieldvisit.visits.fold import fold
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.planning import FORM_USED, also, household_of, tell_another_way
from fieldvisit.visits.service import Written, at_the_desk, lines_of, lock, record, refold, reminder_of
from fieldvisit.visits.state import ENDED, PLANNING, READY, Stage
from fieldvisit.visits.wire import body_of

SENDING = "messages"  # the device of a line that no person and no phone wrote: a provider's word


@dataclass(frozen=True, slots=True)
class Text:
    """What would be sent: word for word, but for the tenant's own link, which is put in when it goes out."""

    kind: str
    way: Way
    language: str
    look: str
    subject: str
    body: str
    template: str
    parts: frozenset[str]  # of the text that it was made of: who, why, day...
    resident: str | None = None  # which of several tenants it is for


# --- which way ----------------------------------------------------------------------------------------------------


def ways(session: Session, visit: Visit, at: datetime) -> list[Way]:
    """Every way to the first tenant of that home."""
    return whom.ways_to(session, visit.home, at)


# --- in which words -----------------------------------------------------------------------------------------------


def text_for(
    session: Session, visit: Visit, kind: str, way: Way, policy: Policy, party: Party | None = None
) -> Text:  # fmt: skip
    """A channel that may not say what the visit is says 'please call us about your home', whatever the kind (T17).

    party: which of several tenants; None: the household's only one, in its language.
    """
    household = household_of(session, visit.home_id)
    language = party.language if party else (household.language if household else "") or "en"
    look = (household.letter_look if household else "") or "plain"
    said = kind if way.safety == "safe" else "call_us"
    wording = wording_for(session, said, "letter" if way.channel in LETTERS else way.channel, language)
    subject, body = compose(wording, facts_of(session, visit, household, language, policy, way))
    parts = frozenset(parts_of(wording.body))
    return Text(said, way, language, look, subject, body, wording.digest, parts, party.resident if party else None)


def facts_of(
    session: Session, visit: Visit, household: Household | None, language: str, policy: Policy, way: Way
) -> Facts:
    link = link_of_visit(session, visit.id)
    style = household.word_style if household else "words"
    lead = session.get_one(Person, visit.lead_id)
    firm = lead.firm.name if lead.firm else policy.council.name
    return Facts(
        council=policy.council.name,
        phone=policy.council.office_line.value,
        firm=firm,
        who=name_shown(lead.name, policy.badge.name_style.value),
        why=visit.reason,
        day=say_day(london_date(visit.window_start), language),
        window=say_window(visit.window_start, visit.window_end, language),
        link=None,
        reference=link.reference if link else "",
        word=say_sign(tenants_sign(link.signs, style), language) if link else "",
        address_line=", ".join(way.to.split("\n")[1:]) if way.channel in LETTERS else "",
    )


# --- giving notice ------------------------------------------------------------------------------------------------


def give_notice(
    session: Session, visit: Visit, text: Text, *, by: str, at: datetime, policy: Policy, key: str,
    programme: tuple[date, date] | None = None,
) -> Message:  # fmt: skip
    """Writes the notice as pending and the message that gives it. `key`, of the form, names both: twice is once.

    The visit must be locked, and the caller has asked `telling.may_send`. What says neither who nor why is no notice (NR-15).
    """
    if already := messages.lock(session, key):
        if already.channel != text.way.channel:
            raise RefusedError(FORM_USED)
        return already
    event = ev.NoticeRecorded(
        notice=key,
        channel=text.way.channel,
        window_start=visit.window_start,
        window_end=visit.window_end,
        delivery=None if text.way.channel in LETTERS else "pending",
        programme_start=programme[0] if programme else None,
        programme_end=programme[1] if programme else None,
        states_who="who" in text.parts,
        states_why="why" in text.parts,
        usable=text.way.usable,
        resident=text.resident,
    )
    record(session, visit, event, at_the_desk(event, form_key=key, by=by, at=at), policy)
    return _write(session, visit, text, by=by, at=at, key=key, notice=True)


def _write(
    session: Session, visit: Visit, text: Text, *, by: str, at: datetime, key: str | None = None, notice: bool = False
) -> Message:
    return messages.write(
        session, visit_id=visit.id, kind=text.kind, channel=text.way.channel, to=text.way.to, language=text.language,
        subject=text.subject, body=text.body, template=text.template, by=by, at=at, look=text.look, message_id=key,
        notice_id=key if notice else None, resident_id=text.resident,
    )  # fmt: skip


def tell(
    session: Session, visit: Visit, kind: str, *, by: str, at: datetime, policy: Policy, key: str,
    only: str | None = None,
) -> Message | None:  # fmt: skip
    """A message that gives no notice: the change was made, and each tenant is to know. None: no safe way to any; whoever
    has none is told by a person, where it matters (ME-3.2d). `key` names it: the same cause tells them once.
    only: one of several tenants."""
    if already := messages.lock(session, key):
        return already
    passing, told = kind in IN_PASSING, list[Message]()
    for party, way in _safe_ways(session, visit, kind, _parties(session, visit, at, only), key, at, policy):
        if passing and way.channel in LETTERS:
            continue
        own = key_for(key, party)
        text = text_for(session, visit, kind, way, policy, party)
        told.append(messages.lock(session, own) or _write(session, visit, text, by=by, at=at, key=own))
    return told[0] if told else None


def key_for(key: str, party: Party) -> str:
    """Of several tenants each has a message of their own, named after the same cause."""
    return also(key, party.resident) if party.resident else key


def _parties(session: Session, visit: Visit, at: datetime, only: str | None = None) -> list[Party]:
    return [one for one in whom.parties_of(session, visit.home, at) if only in (None, one.resident)]


def _safe_ways(
    session: Session, visit: Visit, kind: str, parties: Sequence[Party], key: str, at: datetime, policy: Policy
) -> list[tuple[Party, Way]]:
    """Each one's first safe way. Where one has none a person is asked to tell them, but not of what passes."""
    found = [(party, next_way(party.safe_ways, ())) for party in parties]
    if kind not in IN_PASSING and any(way is None for _, way in found):
        ask_a_person(session, visit, key, at, policy)
    return each_once((party, way) for party, way in found if way)


def follow(session: Session, visit: Visit, event: ev.Event, *, by: str, at: datetime, policy: Policy, key: str) -> None:
    """What a command of the desk tells the tenant besides: written with it. `key` is the form's: twice is once.

    Whoever never heard of the visit is not told of its change: what waits to tell them is taken back, and told anew.
    """
    told: dict[str, Any] = {"by": by, "at": at, "policy": policy}
    match event:
        case ev.VisitCancelled(by=who) if (who != "tenant" or _are_several(session, visit)) and _heard_of_it(
            session, visit
        ):
            tell(session, visit, "cancelled", key=also(key, "cancelled"), **told)
        case ev.VisitReassigned(tenant_told=False):
            _new_notice(session, visit, "change_of_worker", also(key, "change_of_worker"), **told)
        case ev.VisitMoved():
            _new_notice(session, visit, "moved", also(key, "moved"), **told)
        case ev.EmergencyAuthorised() if not _heard_of_it(session, visit) and not _unsent(session, visit):
            _give(session, visit, "notice", also(key, "notice"), **told)  # NR-8: told anyway, as early as may be
        case ev.VisitSetOff():  # a worker who rang in; their phone may say the same later
            tell(session, visit, "on_the_way", key=also(visit.id, "on_the_way"), **told)
        case ev.NoticeRecorded(channel=channel, resident=resident) if channel in ORAL:  # NR-2: always in writing too
            tell(session, visit, "confirmation", key=also(key, "confirmation"), only=resident, **told)
            if resident:
                _give_the_rest(session, visit, key, **told)
        case ev.TimeAgreed():
            _give_the_rest(session, visit, key, **told)


def _are_several(session: Session, visit: Visit) -> bool:
    """Joint tenants: what one of them said, the others have not heard."""
    return len(whom.tenants_of(session, visit.home_id)) > 1


def _heard_of_it(session: Session, visit: Visit) -> bool:
    return hearing.heard_of_it(lines_of(session, visit.id), _unsent(session, visit))


def _unsent(session: Session, visit: Visit) -> set[str]:
    """Notices of which nothing has gone out."""
    written = messages.messages_of(session, visit.id)
    return {one.notice_id for one in written if one.notice_id and one.state in messages.UNSENT}


def _new_notice(session: Session, visit: Visit, kind: str, key: str, *, by: str, at: datetime, policy: Policy) -> None:
    """Of a change: `kind`. Where the notice before it has not gone out yet, and now never will: a first one."""
    if not _heard_of_it(session, visit):
        if not _unsent(session, visit):
            return
        kind = "notice"
    _give(session, visit, kind, key, by=by, at=at, policy=policy)


def _give_the_rest(session: Session, visit: Visit, key: str, *, by: str, at: datetime, policy: Policy) -> None:
    """To whoever of several tenants has not been told: one of them was, or agreed to a time (NR-11), by word of mouth."""
    told = whom.told_each(session, visit, _parties(session, visit, at), refold(session, visit.id, policy))
    rest = [party for party, one in told if not one.is_told]
    _give(session, visit, "notice", also(key, "the rest"), by=by, at=at, policy=policy, parties=rest)


def _give(
    session: Session, visit: Visit, kind: str, key: str, *, by: str, at: datetime, policy: Policy,
    parties: Sequence[Party] | None = None,
) -> None:  # fmt: skip
    """To each tenant by their first safe way; where one has none, a person is asked to."""
    parties = _parties(session, visit, at) if parties is None else parties
    for party, way in _safe_ways(session, visit, kind, parties, key, at, policy):
        text = text_for(session, visit, kind, way, policy, party)
        give_notice(session, visit, text, by=by, at=at, policy=policy, key=key_for(key, party))


# What a phone's entry tells the tenant, while it is still true; and what one of several tenants said, the others.
TELLS = {"visit.set_off": "on_the_way", "visit.late": "late", "visit.closed": "summary", "visit.cancelled": "cancelled"}


def tell_of_entry(session: Session, entry_id: str, at: datetime, policy: Policy) -> Message | None:
    """The courtesy text of an entry from the door. A phone that was offline for hours sets off nobody now."""
    entry = session.scalars(select(Entry).where(Entry.id == entry_id)).first()
    visit = lock(session, entry.visit_id) if entry else None
    if entry is None or visit is None:
        return None
    kind = TELLS[entry.kind]
    if kind == "cancelled" and not (_are_several(session, visit) and _heard_of_it(session, visit)):
        return None
    if kind in ("on_the_way", "late") and (visit.stage != Stage.EN_ROUTE or at > visit.window_end):
        return None
    cause = entry.id if kind == "late" else visit.id  # one sets off once, and is done once
    return tell(session, visit, kind, by=entry.recorded_by, at=at, policy=policy, key=also(cause, kind))


# Worth a message, and not worth a letter or somebody's time: by then it is over.
IN_PASSING = frozenset({"on_the_way", "late", "reminder", "summary"})


def ask_a_person(session: Session, visit: Visit, key: str, at: datetime, policy: Policy) -> None:
    """Once for each cause: the visit's page says which of its tenants has not been told."""
    cause = f"tell_tenant:{key}"
    if session.scalars(select(Task.id).where(Task.cause == cause)).first() is None:
        due = end_of_london_day(policy.working_days.after(london_date(at), policy.task.notice_failed_wd.value))
        about = {"about": "visit", "about_id": visit.id, "area_id": visit.area_id}
        raise_task(session, "tell_tenant", cause=cause, at=at, due=due, **about)


# --- what is heard back -------------------------------------------------------------------------------------------


def hear(session: Session, message_id: str, at: datetime, policy: Policy) -> ev.Event | None:
    """Makes the visit's log say what the receipts of this message say, and raises what follows from it.

    The visit is locked before its message, as at the desk: two orders would wait for each other for ever.
    """
    visit_id = session.scalars(select(Message.visit_id).where(Message.id == message_id)).first()
    visit = lock(session, visit_id) if visit_id else None
    message = messages.lock(session, message_id)
    if message is None or visit is None:
        return None
    standing = messages.standing_of(session, message)
    if message.notice_id is None:
        matters = message.kind in ("cancelled", "entered") or (
            message.kind not in IN_PASSING and visit.stage not in ENDED
        )
        if matters and standing.delivery in FAILURES:
            ask_a_person(session, visit, message.id, at, policy)
        return None
    known = hearing.known_of(lines_of(session, visit.id), message.notice_id)
    event = hearing.news(known, standing) if known else None
    if known is None or event is None:
        return None
    at = max(at, known.at)  # by the clock of another machine: it was said after what it answers
    record(session, visit, event, _by_the_provider(message, event, at), policy)
    if visit.stage not in ENDED:
        tell_another_way(session, visit, event, at, policy)
    return event


def _by_the_provider(message: Message, event: ev.Event, at: datetime) -> Written:
    facts = [message.id, ev.name_of(event), body_of(event)]
    digest = hashlib.sha256(canonical(facts).encode()).hexdigest()
    return Written(SENDING, digest[:32], None, at, at, 0, at, message.written_by, digest)


# --- reminders, and what is no longer true when its turn comes ----------------------------------------------------


def remind(session: Session, visit_id: str, dedupe: str, at: datetime, policy: Policy) -> Message | None:
    """Checked against the visit as it is now (R15): told in time, not moved, not set off, not over."""
    visit = lock(session, visit_id)
    if visit is None or dedupe != reminder_of(visit) or at >= visit.window_start:
        return None
    if refold(session, visit.id, policy).stage not in READY or visit.notice_result == "short":
        return None
    key = hashlib.sha256(dedupe.encode()).hexdigest()[:32]
    return tell(session, visit, "reminder", by=visit.lead_id, at=at, policy=policy, key=key)


def still_true(session: Session, message: Message, at: datetime, policy: Policy) -> bool:
    """A message that waited for its provider is not sent when it has become false: moved, cancelled, over."""
    if message.visit_id is None:
        return True
    lines = lines_of(session, message.visit_id)
    state = fold(lines, policy)
    return hearing.still_true(message.kind, message.notice_id, message.written_at, lines, state, at)


def nobody_is_told(session: Session, message: Message, policy: Policy) -> bool:
    """Was this notice, which does not go out, the newest that an open visit has? Then somebody must hear of it."""
    if message.visit_id is None or message.notice_id is None:
        return False
    lines = lines_of(session, message.visit_id)
    return fold(lines, policy).stage in PLANNING and not hearing.newer_notice(lines, message.notice_id)


def still_safe(session: Session, message: Message, at: datetime) -> bool:
    """A channel may be marked otherwise, or a number changed, while a message waits: what it says must be allowed, and
    where it goes must be theirs, when it goes out (T17)."""
    if message.visit_id:
        wanted = select(Home).join(Visit, Visit.home_id == Home.id).where(Visit.id == message.visit_id)
    elif message.home_id:
        wanted = select(Home).where(Home.id == message.home_id)
    else:
        return True
    home = session.scalars(wanted).first()
    found = [
        way
        for party in (whom.parties_of(session, home, at) if home else ())
        if message.resident_id in (None, party.resident) or party.resident is None
        for way in party.ways
        if way.channel == message.channel
    ]
    return any(
        way.to == message.to and (way.safety == "safe" or (way.safety == "content_free" and message.kind == "call_us"))
        for way in found
    )
