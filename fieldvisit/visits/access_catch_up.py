"""Cases for what was recorded before there were any: refusals and no access (D2), entry without consent (D3).

Each has the date and the deadline that it would have had. Run again, it adds nothing. `fieldvisit migrate` runs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.policy import Policy
from fieldvisit.visits import lawful_entry_service
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase
from fieldvisit.visits.access_service import Stood, access_given, attempt_recorded
from fieldvisit.visits.fold import fold
from fieldvisit.visits.lawful_entry_models import LawfulEntryStep
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.service import line_of, lines_of, lock
from fieldvisit.visits.wire import read_back

ATTEMPTS = ("consent.refused", "door.child_answered", "door.no_answer")
LET_IN = "home.entered"
ENTRIES = ("entry.authorised", "entry.lawful", "entry.secured")


@dataclass(frozen=True, slots=True)
class Caught:
    attempts: int = 0
    entries: int = 0

    def __bool__(self) -> bool:
        return bool(self.attempts or self.entries)


def catch_up(session: Session, policy: Policy) -> Caught:
    """For system work: it reads every home."""
    return Caught(_attempts(session, policy), _lawful_entries(session, policy))


def _attempts(session: Session, policy: Policy) -> int:
    waiting = (
        select(Visit.home_id)
        .join(Entry, Entry.visit_id == Visit.id)
        .outerjoin(AccessAttempt, AccessAttempt.entry_id == Entry.id)
        .where(Entry.kind.in_(ATTEMPTS), AccessAttempt.id.is_(None))
    )
    homes = session.scalars(waiting.distinct().order_by(Visit.home_id)).all()
    return sum(_of_home(session, home_id, policy) for home_id in homes)


def _of_home(session: Session, home_id: str, policy: Policy) -> int:
    """In the order in which it happened, so that whoever was let in closes what came before, and not what came after."""
    visits = {visit.id: visit for visit in session.scalars(select(Visit).where(Visit.home_id == home_id))}
    wanted = select(Entry).where(Entry.visit_id.in_(visits), Entry.kind.in_((*ATTEMPTS, LET_IN)))
    entries = session.scalars(wanted.order_by(Entry.corrected_time, Entry.position)).all()
    have = set(session.scalars(select(AccessAttempt.entry_id).where(AccessAttempt.visit_id.in_(visits))))
    made = 0
    for entry in entries:
        visit = visits[entry.visit_id]
        if entry.kind == LET_IN:
            access_given(session, visit, entry, policy)
        elif entry.id not in have:
            stood = _as_it_stood(session, visit, entry, entries, visits, policy)
            event = read_back(entry.kind, entry.version, entry.body)
            made += attempt_recorded(session, visit, entry, event, policy, stood) is not None
    return made


def _as_it_stood(
    session: Session, visit: Visit, entry: Entry, entries: Sequence[Entry], visits: dict[str, Visit], policy: Policy
) -> Stood:
    """By the lines of the log up to this one. What the tenant was told is judged anew on each reading, as always."""
    lines = [line for line in lines_of(session, visit.id) if line.at <= entry.corrected_time]
    state = fold(lines or [line_of(entry)], policy)
    apart = _let_in_between(session, visit, entry, entries, visits)
    window = (state.window_start or visit.window_start, state.window_end or visit.window_end)
    return Stood(visit.notice_result, *window, state.arrived_at, apart)


def _let_in_between(
    session: Session, visit: Visit, entry: Entry, entries: Sequence[Entry], visits: dict[str, Visit]
) -> bool:
    """Was somebody let in after this door, and before the open case of that job began? Then that case is another matter."""
    wanted = select(AccessCase.opened_at).where(AccessCase.home_id == visit.home_id, AccessCase.closed_at.is_(None))
    same = (AccessCase.job_id == visit.job_id) if visit.job_id else AccessCase.job_id.is_(None)
    began = session.scalars(wanted.where(same).order_by(AccessCase.opened_at).limit(1)).first()
    return began is not None and any(
        one.kind == LET_IN and visits[one.visit_id].job_id == visit.job_id
        and entry.corrected_time < one.corrected_time < began
        for one in entries
    )  # fmt: skip


def _lawful_entries(session: Session, policy: Policy) -> int:
    waiting = (
        select(Entry.visit_id)
        .outerjoin(LawfulEntryStep, LawfulEntryStep.entry_id == Entry.id)
        .where(Entry.kind.in_(ENTRIES), LawfulEntryStep.id.is_(None))
    )
    made = 0
    for visit_id in session.scalars(waiting.distinct().order_by(Entry.visit_id)).all():
        visit = lock(session, visit_id)
        entries = session.scalars(
            select(Entry).where(Entry.visit_id == visit_id).order_by(Entry.corrected_time, Entry.position)
        ).all()
        for entry in entries:
            event = read_back(entry.kind, entry.version, entry.body)
            if visit is not None:
                lawful_entry_service.from_log(session, visit, entry, event, policy)
        made += 1
    return made
