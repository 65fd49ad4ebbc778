"""The tenant's own page: who may open it, with which word, and what each of its forms does.

Looking up a link that is dead costs the same questions as one that never was: what comes back tells them apart nowhere.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.breaches import rules as concerns
from fieldvisit.breaches.service import Taken, take
from fieldvisit.complaints import service as complaints
from fieldvisit.complaints.rules import Heard
from fieldvisit.doorway import my_visit_forms as forms
from fieldvisit.doorway import rules, tries
from fieldvisit.doorway.my_visit_forms import Typed
from fieldvisit.ground.clock import london_date, say_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import TENANT, Principal, Role
from fieldvisit.ground.verdict import Verdict, insist
from fieldvisit.hazards.service import Opening, open_case
from fieldvisit.hazards.telling import ask_to_look
from fieldvisit.messages.saying import sign_typed
from fieldvisit.notices.links import (
    REFERENCE_LENGTH,
    TenantLink,
    link_of_reference,
    link_of_token,
    reference_typed,
)
from fieldvisit.notices.signs import is_tenants_sign
from fieldvisit.register.models import Household, Person, Resident
from fieldvisit.register.service import tenants_stand_in
from fieldvisit.visits import tenant_acts as acts
from fieldvisit.visits.models import Visit
from fieldvisit.visits.service import lock
from fieldvisit.visits.state import Stage
from fieldvisit.visits.tenant_view import TenantView, look

NOBODY = ""
_OURS = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that lives, and its visit. language: of the household."""

    link: TenantLink
    visit: Visit
    language: str


class Knock(StrEnum):
    OPEN = "open"
    NO_WORD = "no-word"
    WRONG = "wrong"
    WAIT = "wait"


def by_token(session: Session, token: str, key: bytes, at: datetime) -> Opened | None:
    """What we never make is asked about all the same, as a token that is nobody's."""
    return _opened(session, link_of_token(session, token if _OURS.fullmatch(token) else NOBODY, key), at)


def by_reference(session: Session, typed: str, at: datetime) -> Opened | Knock | None:
    """Typed by hand. WAIT: too many tries of this one. What opens nothing counts, whyever it does not."""
    key = tries.of_reference(typed)
    if tries.are_too_many(session, key, at):
        return Knock.WAIT
    opened = _opened(session, link_of_reference(session, typed), at)
    if opened is None:
        tries.count(session, key, at)
    return opened


def is_whole(typed: str) -> bool:
    return len(reference_typed(typed)) == REFERENCE_LENGTH


def _opened(session: Session, link: TenantLink | None, at: datetime) -> Opened | None:
    visit = session.scalars(select(Visit).where(Visit.id == (link.visit_id if link else NOBODY))).first()
    home_id = visit.home_id if visit else NOBODY
    household = session.scalars(select(Household).where(Household.home_id == home_id)).first()
    if link is None or visit is None:
        return None
    cancelled, protected = visit.stage == Stage.CANCELLED, bool(household and household.protected)
    verdict = rules.may_open(visit.window_end, visit.ended_at, at, cancelled=cancelled, protected=protected)
    return Opened(link, visit, household.language if household else "en") if verdict else None


def knock(session: Session, opened: Opened, word: str, at: datetime) -> Knock:
    """Is this the tenant's own word? A wrong one counts against this link alone; none at all does not count."""
    session.scalars(select(TenantLink).where(TenantLink.id == opened.link.id).with_for_update()).one()
    key = tries.of_word(opened.link)
    if tries.are_too_many(session, key, at):
        return Knock.WAIT
    if not word.strip():
        return Knock.NO_WORD
    if not is_tenants_sign(sign_typed(word), opened.link.signs):
        tries.count(session, key, at)
        return Knock.WRONG
    return Knock.OPEN


def view_of(session: Session, opened: Opened, at: datetime, policy: Policy) -> TenantView:
    return look(session, opened.visit, opened.link, at, policy)


def verdicts(view: TenantView, at: datetime, policy: Policy) -> dict[str, Verdict]:
    """For each act, may it be done now?"""
    return {act: _may(act, view, at, policy) for act in forms.ACTS}


def _may(act: str, view: TenantView, at: datetime, policy: Policy) -> Verdict:
    state = view.state
    match act:
        case forms.CONFIRM:
            return rules.may_confirm(state)
        case forms.OTHER_TIME:
            return rules.may_ask_other_time(state)
        case forms.SOONER:
            return rules.may_agree_sooner(state, view.answer, at, policy)
        case forms.MUST:
            return rules.may_say_who(state)
        case forms.NO:
            return rules.may_say_no(state)
        case forms.GOOD | forms.NOT_GOOD:
            return rules.may_say_how_it_went(state)
        case forms.DISPUTE:
            return rules.may_dispute(state)
    return rules.may_complain(state)


def do(session: Session, opened: Opened, typed: Typed, at: datetime, policy: Policy, key: bytes) -> Taken | None:
    """Does what a form asks. Raises RefusedError. Of a concern, what the tenant is to keep. key: of receipts."""
    visit = lock(session, opened.visit.id)
    assert visit, "a visit is never deleted"
    verdict = _may(typed.act, look(session, visit, opened.link, at, policy), at, policy)
    said: dict[str, Any] = {"form_key": typed.key, "at": at, "policy": policy}
    match typed.act:
        case forms.CONFIRM:
            acts.confirm(session, visit, verdict, **said)
        case forms.OTHER_TIME:
            acts.ask_other_time(session, visit, typed.words, verdict, **said)
        case forms.SOONER:
            acts.agree_sooner(session, visit, verdict, **said)
        case forms.MUST:
            acts.say_who(session, visit, typed.asked, typed.words, verdict, **said)
        case forms.NO:
            acts.say_no(session, visit, typed.words, verdict, **said)
        case forms.GOOD | forms.NOT_GOOD:
            acts.say_how_it_went(session, visit, typed.act == forms.GOOD, typed.words, verdict, **said)
        case forms.COMPLAIN:
            acts.complain(session, visit, typed.words, verdict, **said)
            _complain(session, visit, typed, at, policy)
        case forms.DISPUTE:
            acts.dispute(session, visit, typed.words, verdict, **said)
        case forms.HAZARD:
            insist(verdict)
            _tell_of_a_hazard(session, visit, typed, at, policy)
        case forms.CONCERN:
            insist(verdict)
            return _report(session, visit, typed, at, policy, key)
    return None


def _tell_of_a_hazard(session: Session, visit: Visit, typed: Typed, at: datetime, policy: Policy) -> None:
    """D4: its clock begins now. Of no visit: what is seen at the door later is a case of its own. Sent twice is told once."""
    digest = sha256(f"{typed.key}\n{typed.words}".encode()).hexdigest()[:32]
    opening = Opening(home=visit.home, cause=f"page:{digest}", aware_at=at, seen=typed.words, source="page")
    ask_to_look(session, open_case(session, opening, at, policy), at, policy)


def _complain(session: Session, visit: Visit, typed: Typed, at: datetime, policy: Policy) -> None:
    """D6: a case from the first instant. The task that `tenant_acts` raised bears the same cause, and leads to it."""
    heard = Heard(
        cause=f"complaint:{typed.key}", channel="form", heard_at=at, words=typed.words, home_id=visit.home_id,
        visit_id=visit.id,
    )  # fmt: skip
    complaints.receive(session, heard, by=TENANT, at=at, policy=policy)


def _report(session: Session, visit: Visit, typed: Typed, at: datetime, policy: Policy, key: bytes) -> Taken:
    """A concern about conduct goes where those taken by phone go: nobody at the desk reads it (N4).

    An anonymous one says nothing that leads to the home: neither which visit it was nor who came.
    """
    lead = session.get_one(Person, visit.lead_id)
    came = {worker.person_id for worker in visit.workers if worker.ends is None}
    names = session.scalars(
        select(Resident.name).where(Resident.home_id == visit.home_id, Resident.role == "tenant")
    ).all()
    told = concerns.Told(
        danger_now=False,
        still_there=False,
        anonymous=typed.anonymous,
        what=typed.words,
        caller_name="" if typed.anonymous or len(names) != 1 else names[0],
        happened_where="" if typed.anonymous else f"At visit {visit.ref}",
        happened_when="" if typed.anonymous else say_date(london_date(visit.window_start)),
        about_whom="" if typed.anonymous else lead.name,
        about_id=None if typed.anonymous or came != {lead.id} else lead.id,
        firm=lead.firm.name if lead.firm else "",
        is_complaint=not typed.no_complaint,
        channel=concerns.Channel.OWN_PAGE,
        visit_id=None if typed.anonymous else visit.id,
        home_id=None if typed.anonymous else visit.home_id,
    )
    by = Principal(tenants_stand_in(session).id, Role.TENANT_LINK, at)
    return take(session, told, form_key=typed.key, by=by, policy=policy, key=key)
