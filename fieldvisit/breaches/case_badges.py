"""What a case does to badges. Each case that suspends somebody holds every badge of theirs until it ends itself.

In a session of system work that names cases and their steps.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import hold, lift, suspend
from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.case_state import State
from fieldvisit.breaches.cases import state_from, steps_of


def suspend_badges(session: Session, person_id: str, at: datetime) -> None:
    for badge in _badges(session, person_id, "active"):
        suspend(badge, at)


def lift_badges(session: Session, case: BreachCase, state: State, at: datetime) -> None:
    """state: before it is lifted. Those that this case suspended, and that nobody has done anything to since. Where
    another case suspends the same person, the badges stay dark and are that case's from now on."""
    if state.subject_kind != "person" or not state.suspended_at:
        return
    others = suspended_since(session, [state.subject_id], but=case.id).get(state.subject_id)
    for badge in _badges(session, state.subject_id, "suspended"):
        if badge.state_changed_at != state.suspended_at or _stopped_again(session, badge, state.suspended_at):
            continue
        if others:
            hold(badge, others)
        else:
            lift(badge, state.suspended_at, at)


def suspended_since(session: Session, person_ids: Iterable[str], *, but: str = "") -> dict[str, datetime]:
    """Of these people, those whom a case suspends, and since when the newest of them does. but: a case that is not asked."""
    wanted = select(BreachCase).where(
        BreachCase.subject_kind == "person", BreachCase.subject_id.in_(list(person_ids)), BreachCase.id != but
    )
    cases = session.scalars(wanted).all()
    steps = steps_of(session, [case.id for case in cases])
    found: dict[str, datetime] = {}
    for case in cases:
        state = state_from(steps[case.id], case)
        if state.suspended and state.suspended_at:
            found[state.subject_id] = max(state.suspended_at, found.get(state.subject_id, state.suspended_at))
    return found


def _badges(session: Session, person_id: str, state: str) -> list[Badge]:
    return list(session.scalars(select(Badge).where(Badge.person_id == person_id, Badge.state == state)))


def _stopped_again(session: Session, badge: Badge, since: datetime) -> bool:
    """Somebody reported it lost, or suspended it, while it was dark already: that is in the access record alone."""
    acts = (
        AccessRecord.record == "badge",
        AccessRecord.action.in_(("report-lost", "suspend")),
        AccessRecord.at >= since,
    )
    wanted = select(AccessRecord.id).where(*acts, AccessRecord.object_id == badge.id)
    return session.scalars(wanted.limit(1)).first() is not None
