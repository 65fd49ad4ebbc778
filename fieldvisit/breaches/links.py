"""Concerns that are one thing: merged by an investigator, and taken apart again. A link ends; nothing is ever deleted.

Each concern keeps the case that it opened: whoever reads both cases is offered to link them, and told where they are still
linked though the concerns are apart. Whoever reads one of them hears nothing of the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldvisit.breaches import rules
from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.case_state import OPEN
from fieldvisit.breaches.models import Concern, ConcernAdded, ConcernLink
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import Principal
from fieldvisit.ground.verdict import Refused, RefusedError, insist

MERGED, LIKELY = "merged", "likely"
NOT_THERE = Refused("no-concern", "There is no concern with this reference among those that you may read.")


@dataclass(frozen=True, slots=True)
class Linked:
    """Another concern and what binds it to this one. merges: this one was merged into it. reference: the other's."""

    link: ConcernLink
    other_id: str
    reference: str
    merges: bool


def merge(session: Session, concern_id: str, reference: str, why: str, by: Principal) -> None:
    """This concern was told in that one too. Both must be in sight of the person asking. Raises RefusedError.

    Twice is once."""
    typed = rules.reference_typed(reference)
    both = select(Concern).where(or_(Concern.id == concern_id, Concern.ref == typed)).order_by(Concern.id)
    # Always in one order, so that nobody merges them the other way at the same time.
    found = session.scalars(both.with_for_update()).all()
    one = next((each for each in found if each.id == concern_id), None)
    other = next((each for each in found if each.ref == typed), None)
    if one is None or other is None:
        raise RefusedError(NOT_THERE)
    pairs = _pairs(session)
    if (one.id, other.id) in pairs:
        return
    insist(rules.may_merge(one.id, other.id, pairs))
    if not why:
        raise RefusedError(Refused("why", "Write why they are one thing."))
    session.add(
        ConcernLink(
            concern_id=one.id, other_id=other.id, kind=MERGED, made_on=london_date(by.at), made_by=by.person_id, why=why
        )
    )  # fmt: skip
    session.flush()


def take_apart(session: Session, link_id: str, why: str, by: Principal) -> None:
    """Both are again what they were before. Raises RefusedError."""
    link = session.scalars(
        select(ConcernLink).where(ConcernLink.id == link_id, ConcernLink.kind == MERGED).with_for_update()
    ).first()
    if link is None:
        raise RefusedError(NOT_THERE)
    if link.undone_at is not None:
        return
    if not why:
        raise RefusedError(Refused("why", "Write why they are two things after all."))
    link.undone_at, link.undone_by, link.undone_why = by.at, by.person_id, why
    session.flush()


def merged_into(session: Session, concern_id: str) -> str | None:
    return session.scalars(
        select(ConcernLink.other_id).where(
            ConcernLink.concern_id == concern_id, ConcernLink.kind == MERGED, ConcernLink.undone_at.is_(None)
        )
    ).first()


def links_of(session: Session, concern_id: str) -> Sequence[Linked]:
    """Those that stand and those that were undone, as far as both are in sight; the oldest first."""
    query = select(ConcernLink).where(or_(ConcernLink.concern_id == concern_id, ConcernLink.other_id == concern_id))
    links = session.scalars(query.order_by(ConcernLink.made_on, ConcernLink.id)).all()
    others = {each.other_id if each.concern_id == concern_id else each.concern_id for each in links}
    found = {one.id: one.ref for one in session.scalars(select(Concern).where(Concern.id.in_(others)))}
    linked = []
    for each in links:
        merges = each.concern_id == concern_id
        other = each.other_id if merges else each.concern_id
        if other in found:
            linked.append(Linked(each, other, found[other], merges))
    return linked


@dataclass(frozen=True, slots=True)
class Offer:
    """The cases of two concerns. case_id would be linked to to_id, or is; other_ref: of the one that is not being looked at.
    kind, on: of what binds the concerns; of two that were taken apart, the London day on which they were."""

    case_id: str
    to_id: str
    other_ref: str
    kind: str
    on: date


@dataclass(frozen=True, slots=True)
class Cases:
    """offers: their concerns are one thing, and they are not linked. loose: they are linked, and their concerns are not."""

    offers: tuple[Offer, ...] = ()
    loose: tuple[Offer, ...] = ()


def cases_to_link(session: Session, case: BreachCase) -> Cases:
    """In a session of whoever asks: the wall leaves the concerns and cases that they read."""
    if case.concern_id is None:
        return Cases()
    offers, loose, seen = [], [], set[str]()
    linked = sorted(links_of(session, case.concern_id), key=lambda one: (one.link.undone_at is not None, one.link.kind))
    for one in linked:  # what stands first: what was taken apart and merged again is merged
        other = session.scalars(select(BreachCase).where(BreachCase.concern_id == one.other_id)).first()
        if other is None or other.id in seen or one.link.kind not in (LIKELY, MERGED):
            continue
        told_again, first = (case, other) if one.merges else (other, case)
        if told_again.linked_to == first.id or first.linked_to == told_again.id:
            if first.linked_to == told_again.id:
                told_again, first = first, told_again
            if one.link.undone_at:
                on = london_date(one.link.undone_at)
                loose.append(Offer(told_again.id, first.id, other.ref, one.link.kind, on))
            seen.add(other.id)
        elif one.link.undone_at is None and _may_be_linked(told_again, first):
            offers.append(Offer(told_again.id, first.id, other.ref, one.link.kind, one.link.made_on))
            seen.add(other.id)
    return Cases(tuple(offers), tuple(loose))


def _may_be_linked(told_again: BreachCase, first: BreachCase) -> bool:
    return told_again.stage in OPEN and told_again.linked_to is None and first.linked_to is None


def _pairs(session: Session) -> set[tuple[str, str]]:
    standing = select(ConcernLink.concern_id, ConcernLink.other_id).where(
        ConcernLink.kind == MERGED, ConcernLink.undone_at.is_(None)
    )
    return {(one, other) for one, other in session.execute(standing)}


WORDS = (
    "caller_name", "caller_contact", "safe_to_ring", "needs", "about_whom", "badge_number", "firm", "happened_when",
    "happened_where", "what", "wants",
)  # fmt: skip


def forget_concern(session: Session, concern_id: str) -> None:
    """With its case, years after that was closed: every word, who said it and of whom. Its row and its day stay."""
    concern = session.get(Concern, concern_id)
    if concern is None:
        return
    for column in WORDS:
        setattr(concern, column, "")
    concern.about_id = concern.told_by_id = concern.taken_by = concern.visit_id = concern.home_id = (
        concern.receipt_hash
    ) = None
    for added in session.scalars(select(ConcernAdded).where(ConcernAdded.concern_id == concern_id)):
        session.delete(added)
    for link in session.scalars(select(ConcernLink).where(ConcernLink.concern_id == concern_id)):
        link.why = link.undone_why = ""
    session.flush()
