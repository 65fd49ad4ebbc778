"""A hazard or a complaint that somebody tells on the telephone: written down for a home that they name, and read no more.

All of it in a session of `TAKING`, not of whoever writes it down: what they see afterwards is its reference (security 2).
"""

from dataclasses import fields, replace
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.complaints.forms import NewForm
from fieldvisit.complaints.heard import Heard, identity
from fieldvisit.complaints.models import Complaint
from fieldvisit.complaints.service import receive
from fieldvisit.desk.caller_tells_forms import CHANNEL, HazardTold
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal
from fieldvisit.hazards import rules, service
from fieldvisit.hazards.models import Hazard, HazardStep
from fieldvisit.hazards.service import Opening
from fieldvisit.hazards.state import Deed, Stage
from fieldvisit.hazards.telling import ask_to_look
from fieldvisit.register.models import Home


def hazard_told(
    session: Session, home: Home, told: HazardTold, *, form_key: str, by: Principal, policy: Policy
) -> Hazard:
    """Told once more while it is open is a new awareness of the same case (D4), and told of before we knew an earlier one; else
    it is a case of its own. The same form twice is told once. The home is locked, so that two calls do not open two."""
    session.execute(select(Home.id).where(Home.id == home.id).with_for_update())
    cause = f"call:{_identity(form_key, home, told)}"
    again = select(Hazard).join(HazardStep, HazardStep.hazard_id == Hazard.id).where(HazardStep.form_key == cause)
    if known := session.scalars(again).first():
        return known
    same = select(Hazard).where(Hazard.home_id == home.id, Hazard.hazard == told.hazard, Hazard.stage != Stage.CLOSED)
    case = session.scalars(same.order_by(Hazard.opened_at, Hazard.id).with_for_update()).first()
    opening = Opening(
        home=home, cause=cause, aware_at=told.told_at, hazard=told.hazard, at_risk=told.at_risk,
        emergency=told.emergency, seen=told.seen, teller=told.teller, by=by.person_id, source=CHANNEL,
    )  # fmt: skip
    if case is None:
        case = service.open_case(session, opening, by.at, policy)
    elif rules.may_report_again(service.state_of(session, case.id), told.told_at):
        deed = Deed("reported", told.told_at, by.person_id, opening.body)
        words = {"seen": told.seen, "teller": told.teller}
        service.act(session, case, deed, words, key=cause, at=by.at, policy=policy)
    else:
        service.join(session, case, opening, by.at, policy)
    ask_to_look(session, case, told.told_at, policy)  # of an emergency `hazards/calling.py` calls, in its next round
    return case


def _identity(form_key: str, home: Home, told: HazardTold) -> str:
    said = "\n".join(f"{one.name}={getattr(told, one.name)!r}" for one in fields(told) if one.name != "told_at")
    return sha256(f"{form_key}\n{home.id}\n{said}".encode()).hexdigest()[:32]


def complaint_told(
    session: Session, home: Home | None, read: NewForm, *, form_key: str, by: Principal, policy: Policy
) -> Complaint:
    """A hazard in it opens its own clock from the same instant (B2): at once, or when an officer has found the home."""
    heard = Heard(
        cause="", channel=CHANNEL, heard_at=read.heard_at, words=read.words, wants=read.wants, complainant_name=read.name,
        complainant_contact=read.contact, safe_to_contact=read.safe, representative=read.representative,
        authority=read.authority, home_id=home.id if home else None, hazard=read.hazard, hazard_seen=read.hazard_seen,
        wanted=read.wanted, handler_is=by.person_id,
    )  # fmt: skip
    heard = replace(heard, cause=f"call:{identity(form_key, heard)}")
    return receive(session, heard, by=by, at=by.at, policy=policy)
