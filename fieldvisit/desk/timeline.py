"""One visit's whole timeline: what happened, who said so, by which clock, and what is remarkable about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.badges.models import Badge
from fieldvisit.desk.rules import clause_of
from fieldvisit.desk.wording import Say
from fieldvisit.ground.clock import in_order, say_length
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Role
from fieldvisit.outbox.photos import Enclosed, of_visit
from fieldvisit.register.models import Person, Resident
from fieldvisit.visits.events import Event
from fieldvisit.visits.fold import DESK
from fieldvisit.visits.models import Entry
from fieldvisit.visits.notifying import SENDING
from fieldvisit.visits.service import line_of
from fieldvisit.visits.state import VisitState
from fieldvisit.visits.words import words_of_visit

_PEOPLE = ("lead", "authorised_by", "proposed_by", "by")  # fields of a body that may hold a person's id


@dataclass(frozen=True, slots=True)
class Happened:
    """One line. phone_time: as the phone's clock had it, None at a desk. our_time: when it reached us. happened_at: as
    the intake corrected it. Aware UTC."""

    kind: str
    event: Event
    who: str
    badge: str | None
    phone_time: datetime | None
    our_time: datetime
    happened_at: datetime
    clock: str | None  # a sentence, where the phone's clock was wrong
    clause: str | None
    exceptions: Sequence[str]
    struck: bool
    struck_why: str | None
    words: Sequence[tuple[str, str]]  # (what they are, somebody's own words)
    enclosed: Sequence[Enclosed]  # photos and signatures


def timeline_of(session: Session, log: Sequence[Entry], state: VisitState, policy: Policy, say: Say) -> list[Happened]:
    """In the order in which it happened, not in which it reached us. log: every entry of one visit."""
    entries = {(entry.device, entry.uuid): entry for entry in log}
    words = words_of_visit(session, log[0].visit_id) if log else {}
    people, badges = people_in(session, log), _badges(session, log)
    enclosed = of_visit(session, log[0].visit_id) if log else {}
    corrected = [entry for entry in log if entry.kind == "entry.corrected"]
    corrections = {(entry.body["device"], entry.body["uuid"]): entry for entry in corrected}
    found = []
    for line in in_order(line_of(entry) for entry in log):
        entry = entries[line.device, line.uuid]
        correction = corrections.get((line.device, line.uuid))
        found.append(
            Happened(
                kind=entry.kind,
                event=line.event,
                who=_who(entry, people),
                badge=badges.get(entry.badge_id) if entry.badge_id else None,
                phone_time=None if entry.device in (DESK, SENDING) else entry.device_time,
                our_time=entry.received_at,
                happened_at=entry.corrected_time,
                clock=_clock_sentence(entry),
                clause=clause_of(entry.kind, policy),
                exceptions=state.marks.get(line.uuid, ()),
                struck=correction is not None,
                struck_why=words.get(correction.id, {}).get("why") if correction else None,
                words=[(say("field", name), text) for name, text in sorted(words.get(entry.id, {}).items())],
                enclosed=enclosed.get(entry.id, ()),
            )
        )
    return found


def _who(entry: Entry, people: dict[str, str]) -> str:
    if entry.device == SENDING:
        return "The service that sends our messages"
    return people.get(entry.recorded_by, "Somebody") + (", at the desk" if entry.device == DESK else "")


def people_in(session: Session, entries: Sequence[Entry]) -> dict[str, str]:
    """Everybody whom these entries name, by id: 'Asha Kaur, operative'; a tenant by name alone, where one may read it."""
    ids = {entry.recorded_by for entry in entries}
    for entry in entries:
        ids |= {entry.body[field] for field in _PEOPLE if isinstance(entry.body.get(field), str)}
        ids |= set(entry.body.get("others", ()))
    rows = session.execute(select(Person.id, Person.name, Person.role).where(Person.id.in_(ids)))
    found = {person_id: f"{name}, {Role(role).label.lower()}" for person_id, name, role in rows}
    if told := {entry.body["resident"] for entry in entries if "resident" in entry.body}:
        tenants = session.execute(select(Resident.id, Resident.name).where(Resident.id.in_(told)))
        found |= {row.id: row.name for row in tenants}
    return found


def _badges(session: Session, entries: Sequence[Entry]) -> dict[str, str]:
    ids = {entry.badge_id for entry in entries if entry.badge_id}
    badges = session.scalars(select(Badge).where(Badge.id.in_(ids)))
    return {badge.id: badge.number for badge in badges}


def _clock_sentence(entry: Entry) -> str | None:
    """Where the intake had to correct the time (offline.md 3.5): by whole minutes, as nobody reads seconds."""
    if entry.corrected_time == entry.device_time:
        return None
    minutes = round(abs(entry.skew_s) / 60)
    return f"The phone was {say_length(minutes * 60)} {'slow' if entry.skew_s > 0 else 'fast'}."
