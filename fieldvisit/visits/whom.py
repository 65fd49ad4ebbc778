"""Whom we write to at a home, and by which ways: its tenants out of the register, each for themselves; who has been told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.languages import offered
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.parties import Dwelling, Known, Party, parties
from fieldvisit.messages.rules import Way, next_way
from fieldvisit.notices.facts import FAILURES
from fieldvisit.notices.models import Notice
from fieldvisit.register.models import Home, Household, Resident
from fieldvisit.visits import joint
from fieldvisit.visits.models import Visit
from fieldvisit.visits.planning import household_of
from fieldvisit.visits.service import lines_of
from fieldvisit.visits.state import VisitState


def parties_of(session: Session, home: Home, at: datetime) -> tuple[Party, ...]:
    """Each tenant as the register stands; one alone, whoever lives there, where there are not several."""
    household = household_of(session, home.id)
    dwelling = Dwelling(
        address=[part for part in (home.address_line, home.town, home.postcode) if part],
        language=(household.language if household else "") or "en",
        marks=household.marks_on(london_date(at)) if household else {},
        protected=bool(household and household.protected),
        unusable=frozenset(household.unusable_channels) if household else frozenset(),
    )
    return parties([_known(one) for one in residents_of(session, home.id)], dwelling)


def party_of(session: Session, home: Home, resident: Resident | None, at: datetime) -> Party:
    """Of those, the one who is this tenant."""
    found = parties_of(session, home, at)
    return next((one for one in found if resident and one.resident == resident.id), found[0])


def ways_to(session: Session, home: Home, at: datetime) -> list[Way]:
    """Every way to the first tenant of this home; safe ones first."""
    return list(parties_of(session, home, at)[0].ways)


def next_to_offer(session: Session, visit: Visit, party: Party) -> tuple[Way | None, bool]:
    """The way to offer now, and whether another has failed: offered to a person, never taken silently (NR-16)."""
    notices = session.scalars(select(Notice).where(Notice.visit_id == visit.id)).all()
    failed = {
        row.channel
        for row in notices
        if row.resident_id in (None, party.resident) and (row.withdrawn_at or row.delivery in FAILURES)
    }
    return next_way(party.ways, failed), bool(failed)


def told_each(
    session: Session, visit: Visit, parties: Sequence[Party], state: VisitState
) -> list[tuple[Party, joint.ToldOne]]:  # fmt: skip
    """Of several tenants, how each of them stands; empty where there are not several."""
    lines = lines_of(session, visit.id)
    written = [one for one in messages.messages_of(session, visit.id) if one.state != messages.WITHDRAWN]
    found = []
    for party in parties:
        if party.resident:
            theirs = [one for one in written if _is_theirs(one, party)]
            confirmed = [_confirmation(session, one) for one in theirs if one.kind == "confirmation"]
            shared = [one.notice_id for one in theirs if one.notice_id]
            found.append((party, joint.told_one(party.resident, lines, state, confirmed, shared)))
    return found


def _is_theirs(message: Message, party: Party) -> bool:
    """Also where it was written to the other, at a number that both have, in a language of both."""
    if message.resident_id == party.resident:
        return True
    return message.language == party.language and any(way.to == message.to for way in party.ways)


def _confirmation(session: Session, message: Message) -> joint.Confirmation:
    heard = messages.standing_of(session, message)
    return joint.Confirmation(
        message.channel, message.written_at, heard.delivery, heard.delivered_at, heard.despatched_at
    )


def residents_of(session: Session, home_id: str) -> Sequence[Resident]:
    """Tenants before whoever speaks for them."""
    found = session.scalars(select(Resident).where(Resident.home_id == home_id)).all()
    return sorted(found, key=lambda one: (one.role != "tenant", one.ref))


def tenants_of(session: Session, home_id: str) -> list[Resident]:
    return [one for one in residents_of(session, home_id) if one.role == "tenant"]


def in_their_language(session: Session, link: str, message: Message) -> str:
    """The link to the tenant's page, which opens in the household's language, in that of the tenant it is sent to."""
    wanted = select(Household.language).join(Visit, Visit.home_id == Household.home_id)
    households = session.scalars(wanted.where(Visit.id == message.visit_id)).first()
    theirs = offered(message.language)
    return link if message.resident_id is None or theirs == offered(households) else f"{link}?lang={theirs}"


def _known(row: Resident) -> Known:
    return Known(row.id, row.name, row.role == "tenant", row.phone, row.email, row.language, row.contact_safety)
