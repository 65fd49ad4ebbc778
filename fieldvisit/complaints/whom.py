"""Whom a complaint's letters go to, out of its record and the register: read for its page and for what is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.complaints import reaching, service
from fieldvisit.complaints.models import Complaint
from fieldvisit.complaints.reaching import Known
from fieldvisit.ground.verdict import Allowed, Refused, Verdict
from fieldvisit.messages.rules import Way
from fieldvisit.register.models import Home, Resident
from fieldvisit.visits import whom


@dataclass(frozen=True, slots=True)
class Reach:
    """ways: to whoever complains, in the order in which they are best; none where `verdict` refuses the home's own.
    by_post: may our messages post to that home? envelope: whom and where, as a window shows it. name: as a letter addresses
    them; empty where nobody said who complains, or somebody speaks for them, perhaps "her son"."""

    verdict: Verdict
    by_post: Verdict
    ways: Sequence[Way]
    envelope: str
    lives_there: bool
    name: str = ""

    def verdict_on(self, channel: str) -> Verdict:
        return self.by_post if self.verdict and channel.startswith("letter") else self.verdict

    @property
    def why_not(self) -> str:
        """Why not by every way of that home, or empty."""
        found = self.verdict_on("letter")
        return found.message if isinstance(found, Refused) else ""


def reach_of(session: Session, complaint: Complaint, at: datetime) -> Reach:
    steps, words = service.steps_of(session, [complaint.id])[complaint.id], service.words_of(session, complaint.id)
    said = reaching.newest((step.kind, words.get(step.id, {})) for step in steps)
    known = _known(session, complaint.home_id)
    channel, of_visit = complaint.channel, complaint.visit_id is not None
    found = reaching.complains(said, channel, of_visit=of_visit, known=known)
    home_known = complaint.home is not None
    lives_there = home_known and reaching.lives_there(said, channel, of_visit=of_visit, known=known)
    if isinstance(found, Refused) or complaint.home is None:
        verdict = found if isinstance(found, Refused) else Allowed()
        return Reach(verdict, Allowed(), (), reaching.envelope(said), lives_there, reaching.name_of(said, channel))
    ways = reaching.own_ways(_ways_of(session, complaint.home, found, known, at), found, known)
    post = next(way.to for way in ways if way.channel == "letter_first_class")
    name = found.name if found != reaching.NOBODY_KNOWN else ""
    return Reach(Allowed(), reaching.may_post(found, known), ways, post, lives_there, name)


def _ways_of(session: Session, home: Home, of: Known, known: Sequence[Known], at: datetime) -> Sequence[Way]:
    """What may be said to that tenant, who may have marks of their own, by the ways of their home."""
    rows = _residents(session, home.id)
    resident = rows[known.index(of)] if of in known else None
    return whom.party_of(session, home, resident, at).ways


def _residents(session: Session, home_id: str | None) -> Sequence[Resident]:
    return session.scalars(select(Resident).where(Resident.home_id == home_id).order_by(Resident.ref)).all()


def _known(session: Session, home_id: str | None) -> list[Known]:
    rows = _residents(session, home_id)
    return [Known(row.name, row.email, row.phone, row.role == "tenant") for row in rows]
