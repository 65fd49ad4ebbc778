"""Keeping a concern: the words and who told them in one row, a case of conduct, and a complaint unless they said no.

All of it in one transaction of `TAKING`, not of whoever writes it down: they read nothing of it afterwards (N4).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.audit.service import note_access
from fieldvisit.badges.models import Badge
from fieldvisit.badges.rules import name_shown
from fieldvisit.breaches import rules
from fieldvisit.breaches.case_models import BreachApart, BreachCase
from fieldvisit.breaches.case_readers import is_near
from fieldvisit.breaches.cases import open_case
from fieldvisit.breaches.models import Concern, ConcernLink
from fieldvisit.breaches.rules import Channel
from fieldvisit.complaints.rules import Heard
from fieldvisit.complaints.service import receive
from fieldvisit.conduct import Reported
from fieldvisit.db import is_taken, new_id
from fieldvisit.ground.clock import london_date, london_instant, whole_hour
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal, SystemPrincipal
from fieldvisit.notices.links import LinkTry
from fieldvisit.register.models import Firm, Home, Person
from fieldvisit.register.same import is_same
from fieldvisit.visits.models import Visit, VisitWorker

MOST_FOUND = 5  # people that one search shows: more is looking around, not finding


class ReferenceTaken(Exception):
    """Another concern has these seven letters. Nothing was kept: a new form has other ones."""


class NobodyThereError(Exception):
    """Whom it is said to be about is nobody that we know. Nothing was kept."""


@dataclass(frozen=True, slots=True)
class Taken:
    """id: of the page that reads it back once. receipt: of an anonymous one, else empty. Instants are aware UTC;
    answered_by is None without a complaint."""

    id: str
    reference: str
    looked_at_by: datetime
    answered_by: datetime | None
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Likely:
    """There may be one already. reference: where whoever asks wrote it down themselves, else empty."""

    concern_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search shows of somebody, and nothing else: name as on the badge, firm (empty: the council), badge."""

    person_id: str
    name: str
    firm: str
    badge: str


def take(
    session: Session, told: rules.Told, *, form_key: str, by: Principal, policy: Policy, key: bytes, net: str = "",
    likely_id: str = "",
) -> Taken:  # fmt: skip
    """At the instant of `by`, who writes it down. The same form twice is one concern. session: asks as TAKING.

    key: of receipts. net: a digest of the asker's network, where nobody of ours wrote it down. likely_id: the concern
    that whoever wrote it down believes to be the same.
    """
    identity = rules.identity(form_key, told)
    receipt = rules.receipt(form_key, identity, key) if told.anonymous else ""
    told, came = rules.kept(told), rules.received(told, by.at)
    taken = Taken(
        identity, rules.reference(identity), rules.looked_at_by(came, policy), rules.answered_by(told, came, policy),
        receipt,
    )  # fmt: skip
    if _is_kept(session, identity):
        return taken
    if told.about_id and session.get(Person, told.about_id) is None:
        raise NobodyThereError
    concern = _concern(told, came, taken, by, key, net)
    try:
        with session.begin_nested():
            session.add(concern)
    except IntegrityError as error:  # an earlier press was first, or the letters are another concern's
        if not is_taken(error):
            raise
        if not _is_kept(session, identity):
            raise ReferenceTaken from None
        return taken
    _links(session, concern, by, likely_id)
    open_both(session, concern, by=by, at=by.at, policy=policy)
    if told.channel in rules.AT_THE_DESK:
        # Its time and whoever took it would tell when an anonymous caller rang: of those the day, and nothing else (T31).
        known_by, at = ("", london_instant(london_date(by.at))) if told.anonymous else (concern.id, by.at)
        reason = "" if told.anonymous else f"taken: {told.channel}"
        note_access(session, by, "concern", "take", object_id=known_by, reason=reason, at=at)
    return taken


def is_told(session: Session, told: rules.Told, form_key: str) -> bool:
    """Is it this form, pressed once more?"""
    return _is_kept(session, rules.identity(form_key, told))


def _is_kept(session: Session, identity: str) -> bool:
    return session.scalars(select(Concern.id).where(Concern.form_key == identity)).first() is not None


def _concern(
    told: rules.Told, came: rules.Received, taken: Taken, by: Principal, key: bytes, net: str
) -> Concern:  # fmt: skip
    facts = {name: getattr(told, name) for name in rules.Told.__slots__ if name != "came_on"}
    return Concern(
        id=new_id(), ref=taken.reference, form_key=taken.id, received_at=came.at, received_on=came.on,
        taken_by=by.person_id if told.channel in rules.AT_THE_DESK else None, net=net or None,
        receipt_hash=rules.receipt_hash(taken.receipt, key) if taken.receipt else None, **facts,
    )  # fmt: skip


# --- what it opens ------------------------------------------------------------------------------------------------


def open_both(
    session: Session, concern: Concern, *, by: Principal | SystemPrincipal, at: datetime, policy: Policy
) -> None:
    """A case of conduct and, unless they said no, a complaint: at the same instant, when it was first said (Q19)."""
    came = rules.Received(concern.received_on, concern.received_at)
    home = session.get(Home, concern.home_id) if concern.home_id else None
    about = session.get(Person, concern.about_id) if concern.about_id else None
    reported = Reported(
        cause=cause_of(concern), heard_at=rules.raised_at(came), subject_id=concern.about_id,
        firm_id=about.firm_id if about else None, visit_id=concern.visit_id, home_id=concern.home_id,
        area_id=home.area_id if home else None, told_by_id=concern.told_by_id,
    )  # fmt: skip
    open_case(session, reported, concern_id=concern.id, at=at)
    if concern.is_complaint and not concern.anonymous and concern.channel != Channel.STAFF:
        _complain(session, concern, rules.raised_at(came), by, at, policy)


def cause_of(concern: Concern) -> str:
    return f"concern:{concern.id}"


_HEARD = {
    Channel.PHONE: "phone", Channel.LETTER: "letter", Channel.EMAIL: "email", Channel.SOCIAL: "social",
    Channel.OWN_PAGE: "form", Channel.FORM: "form",
}  # fmt: skip


def _complain(
    session: Session,
    concern: Concern,
    heard_at: datetime,
    by: Principal | SystemPrincipal,
    at: datetime,
    policy: Policy,
) -> None:
    heard = Heard(
        cause=cause_of(concern), channel=_HEARD[Channel(concern.channel)], heard_at=heard_at, words=concern.what,
        wants=concern.wants, complainant_name=concern.caller_name, complainant_contact=concern.caller_contact,
        safe_to_contact=concern.safe_to_ring, home_id=concern.home_id, visit_id=concern.visit_id, about_conduct=False,
        wanted=True, handler_is=concern.taken_by, about_person_id=concern.about_id,
    )  # fmt: skip
    receive(session, heard, by=by, at=at, policy=policy)


# --- links --------------------------------------------------------------------------------------------------------


def _links(session: Session, concern: Concern, by: Principal, likely_id: str) -> None:
    """Told from one network on one day (T40), or believed to be the same thing. The system suspends nobody for it."""
    if concern.net and (first := _first_of(session, concern.net, concern.id)):
        session.add(ConcernLink(concern_id=concern.id, other_id=first, kind="net", made_on=concern.received_on))
    if likely_id:
        session.add(
            ConcernLink(
                concern_id=concern.id, other_id=likely_id, kind="likely", made_on=concern.received_on,
                made_by=concern.taken_by,
            )
        )  # fmt: skip
    session.flush()


def _first_of(session: Session, net: str, but: str) -> str | None:
    """The one that those of this network are linked to; no hour says which was first."""
    others = session.scalars(select(Concern.id).where(Concern.net == net, Concern.id != but)).all()
    linked = select(ConcernLink.other_id).where(ConcernLink.kind == "net", ConcernLink.concern_id.in_(others))
    return session.scalars(linked).first() or next(iter(others), None)


def likely(session: Session, told: rules.Told, by: Principal, form_key: str) -> Likely | None:
    """May the same be told already, on another form? The newest that fits. Whom it is about or may be about, who told it,
    and who is near hear of none (N1, N2)."""
    trace = rules.trace(told, by.at)
    if not rules.is_enough(trace):
        return None
    reach, itself = timedelta(days=rules.LIKELY_DAYS), rules.identity(form_key, told)
    whom = [Concern.badge_number != ""]
    if trace.person_id:
        whom.append(Concern.about_id == trace.person_id)
    if postcode := rules.home_in(trace.where):
        whom.append(Concern.happened_where.icontains(postcode.split()[-1]))
    near = (
        select(Concern)
        .where(or_(*whom), Concern.form_key != itself, Concern.received_on.between(trace.on - reach, trace.on + reach))
        .order_by(Concern.received_on.desc(), Concern.id)
    )
    for one in session.scalars(near):
        other = rules.Trace(one.about_id, one.badge_number, one.happened_where, one.received_on)
        if not rules.is_likely(trace, other) or is_kept_from(session, one, by.person_id, by.at):
            continue
        if one.about_id is None and _may_be_them(session, one, by.person_id):
            continue
        return Likely(one.id, one.ref if one.taken_by == by.person_id else "")
    return None


def is_kept_from(session: Session, concern: Concern, person_id: str, at: datetime) -> bool:
    """Named in it, near whoever its case is about, or near whoever carries the badge that was read out."""
    person = session.get_one(Person, person_id)
    case = session.scalars(select(BreachCase).where(BreachCase.concern_id == concern.id)).first()
    if case is None or person_id == concern.told_by_id:
        return True
    marked = select(Person).join(BreachApart, BreachApart.person_id == Person.id).where(BreachApart.case_id == case.id)
    if is_near(session, person, case, at) or any(is_same(person, each) for each in session.scalars(marked)):
        return True
    number = func.upper(Badge.number) == rules.number_asked(concern.badge_number)
    for bearer in session.scalars(select(Person).join(Badge, Badge.person_id == Person.id).where(number)):
        meant = BreachCase(subject_kind="person", subject_id=bearer.id, firm_id=bearer.firm_id)
        if is_near(session, person, meant, at):
            return True
    return False


def _may_be_them(session: Session, concern: Concern, person_id: str) -> bool:
    """Nobody was pointed out, and this person has been at a visit there, or has the name that was said."""
    if rules.says_name(session.get_one(Person, person_id).name, concern.about_whom, concern.what):
        return True
    postcode = rules.postcode_in(concern.happened_where).replace(" ", "")
    there = select(VisitWorker.id).join(Visit).join(Home, Home.id == Visit.home_id)
    there = there.where(VisitWorker.person_id == person_id, func.replace(Home.postcode, " ", "") == postcode)
    return session.scalars(there.limit(1)).first() is not None


def may_ask_likely(session: Session, told: rules.Told, by: Principal, key: bytes) -> bool:
    """Is this asked, and may it be? It is recorded that somebody asked, by the hour and never of whom, as an anonymous
    caller may be on the line (T31). The same once more counts once. session: asks as TAKING."""
    trace = rules.trace(told, by.at)
    if not rules.is_enough(trace):
        return False
    who, whom = rules.asked(trace, by.person_id, key)
    recent = select(LinkTry.key).where(LinkTry.key.in_((who, whom)), LinkTry.at > by.at - rules.HOUR)
    found = session.scalars(recent).all()
    if whom in found:
        return True
    if found.count(who) >= rules.LIKELY_AN_HOUR:
        return False
    hour = whole_hour(by.at)
    session.add_all([LinkTry(key=who, at=hour), LinkTry(key=whom, at=hour)])
    note_access(session, by, "concern", "search", reason="is it told already", at=hour)
    return True


# --- whom is it about? --------------------------------------------------------------------------------------------


def find(session: Session, asked: str, policy: Policy) -> tuple[list[Found], list[str]]:
    """Those who carry a badge, and firms, by a whole badge number or by whole words of their names. More than
    MOST_FOUND people: one more than that is given, and none of them is to be shown."""
    words = rules.search_words(asked)
    if not words:
        return [], []
    with_badge = select(Person, Firm, Badge).join(Badge, Badge.person_id == Person.id)
    with_badge = with_badge.outerjoin(Firm, Firm.id == Person.firm_id).order_by(Person.name, Badge.issued_on.desc())
    number = session.execute(with_badge.where(func.upper(Badge.number) == rules.number_asked(asked))).all()
    rows = number or session.execute(with_badge.where(*(_has(word) for word in words))).all()
    people: dict[str, Found] = {}
    for person, firm, badge in rows:
        if number or rules.fits(words, person.name, firm.name if firm else ""):
            shown = name_shown(person.name, policy.badge.name_style.value)
            people.setdefault(person.id, Found(person.id, shown, firm.name if firm else "", badge.number))
    firms = [name for name in session.scalars(select(Firm.name).order_by(Firm.name)) if rules.fits(words, "", name)]
    return list(people.values())[: MOST_FOUND + 1], firms[:MOST_FOUND]


def _has(word: str) -> ColumnElement[bool]:
    return or_(Person.name.icontains(word, autoescape=True), Firm.name.icontains(word, autoescape=True))


def found_one(session: Session, person_id: str, policy: Policy) -> Found | None:
    """Somebody who was found before, as the page shows them again."""
    row = session.execute(
        select(Person, Firm, Badge)
        .join(Badge, Badge.person_id == Person.id)
        .outerjoin(Firm, Firm.id == Person.firm_id)
        .where(Person.id == person_id)
        .order_by(Badge.issued_on.desc())
    ).first()
    if row is None:
        return None
    person, firm, badge = row
    shown = name_shown(person.name, policy.badge.name_style.value)
    return Found(person.id, shown, firm.name if firm else "", badge.number)


def forget_networks(session: Session, at: datetime) -> None:
    """The digest of a network is for the day on which it came: then what was told from one place is linked already."""
    yesterday = london_date(at) - timedelta(days=1)
    session.execute(update(Concern).where(Concern.net.is_not(None), Concern.received_on <= yesterday).values(net=None))
