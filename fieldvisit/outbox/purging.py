"""Photos and signatures leave on their day (security.md 5.3): the file first, then the row's mark; the log's line stays.

One picture is one transaction, so nobody waits long and a kill costs nothing: a file that is gone without its mark is
marked the next time, and one in the store whose row is marked is removed the next time. With a home's last picture goes
its key: what is left of them in any copy can be opened by nobody. What was never filed (held) is a person's to settle
and does not go by itself.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from fieldvisit.breaches import case_keeps
from fieldvisit.complaints.models import Complaint, ComplaintStep
from fieldvisit.complaints.state import ENDED as COMPLAINT_ENDED
from fieldvisit.db import Database
from fieldvisit.evidence import keys
from fieldvisit.evidence import service as files
from fieldvisit.evidence.rules import PHOTO, SIGNATURE, ended_by, goes_on
from fieldvisit.evidence.store import Store, StoreAwayError
from fieldvisit.failpoints import reach
from fieldvisit.ground.clock import london_date, london_instant, say_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import PURGING
from fieldvisit.hazards.models import Hazard, HazardStep
from fieldvisit.hazards.state import Stage as HazardStage
from fieldvisit.outbox import photos
from fieldvisit.outbox.models import Attachment
from fieldvisit.safety.models import Incident
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase
from fieldvisit.visits.lawful_entry_models import LawfulEntry, LawfulEntryStep
from fieldvisit.visits.lawful_entry_rules import OVER
from fieldvisit.visits.models import Entry, Visit

log = structlog.get_logger()
WORK = "purge"
AT_A_TIME = 200  # rows looked at before other work has its turn


@dataclass(frozen=True, slots=True)
class Kept:
    """One that is still here. cases: when each case of its visit was closed, None for an open one."""

    id: str
    kind: str
    ended_at: datetime | None
    cases: tuple[datetime | None, ...]

    def goes_on(self, policy: Policy) -> date | None:
        return goes_on(self.kind, self.ended_at, self.cases, policy)


@dataclass(frozen=True, slots=True)
class Done:
    """deleted, stuck: how many went, and how many files the disk would not let go. after: go on from there; "": no more."""

    deleted: int
    stuck: int
    after: str


def purge_some(database: Database, folder: Path, store: Store, policy: Policy, at: datetime, after: str = "") -> Done:
    """Looks at the next few, by id, and deletes those whose day has come. folder: of what phones sealed."""
    today = london_date(at)
    with database.reading(PURGING) as session:
        looked = _look(session, after, ended_by(today, policy))
    deleted = stuck = 0
    for one in looked:
        if not _is_due(one, today, policy):
            continue
        try:
            deleted += _purge(database, folder, policy, at, one.id)
            _empty_the_store(database, store, one.id)
        except (OSError, StoreAwayError) as error:  # of the disk: the others go, and this one is tried again tomorrow
            stuck += 1
            log.error("photo-not-deleted", attachment=one.id, error=type(error).__name__)
    stuck += 0 if after else _finish(database, store)
    return Done(deleted, stuck, looked[-1].id if len(looked) == AT_A_TIME else "")


def _purge(database: Database, folder: Path, policy: Policy, at: datetime, attachment_id: str) -> bool:
    """Judged again in its own transaction: a case may have been opened since."""
    with database.writing(PURGING) as session:
        mine = select(Attachment).where(Attachment.id == attachment_id, Attachment.purged_at.is_(None))
        row = session.scalars(mine.with_for_update()).first()
        found = _facts(session, [row]) if row else []
        if row is None or not found or not _is_due(found[0], london_date(at), policy):
            return False
        files.remove(folder, row.id)
        reach("photo_removed")
        row.purged_at = at
        erased = _destroy_key(session, row)
    if erased:
        database.forget_deleted()
    return True


def _destroy_key(session: Session, row: Attachment) -> bool:
    """Where no other picture of the home lies under it. The lock is waited for: one may be put away in this moment."""
    key_id, row.key_id = row.key_id, None
    if key_id is None or not keys.hold(session, key_id):
        return False
    session.flush()
    if session.scalar(select(func.count(Attachment.id)).where(Attachment.key_id == key_id)):
        return False
    keys.destroy(session, key_id)
    return True


def _empty_the_store(database: Database, store: Store, attachment_id: str) -> None:
    """Outside of any transaction, for a bucket may be slow."""
    with database.reading(PURGING) as session:
        row = session.get(Attachment, attachment_id)
    if row is None or row.purged_at is None or row.stored is None:
        return
    store.remove(row.stored)
    reach("blob_removed")
    with database.writing(PURGING) as session:
        session.execute(update(Attachment).where(Attachment.id == attachment_id).values(stored=None))


def _finish(database: Database, store: Store) -> int:
    """Those that a kill, or a store that was away, left there. How many still are."""
    with database.reading(PURGING) as session:
        left = select(Attachment.id).where(Attachment.purged_at.is_not(None), Attachment.stored.is_not(None))
        names = session.scalars(left.order_by(Attachment.id).limit(AT_A_TIME)).all()
    stuck = 0
    for name in names:
        try:
            _empty_the_store(database, store, name)
        except (OSError, StoreAwayError) as error:
            stuck += 1
            log.error("photo-not-deleted", attachment=name, error=type(error).__name__)
    return stuck


def _is_due(one: Kept, today: date, policy: Policy) -> bool:
    day = one.goes_on(policy)
    return day is not None and day <= today


def overdue(session: Session, policy: Policy, today: date) -> int:
    """How many should have gone by the end of yesterday, and are here."""
    return sum(_is_due(one, today - timedelta(days=1), policy) for one in _all(session, ended_by(today, policy)))


@dataclass(frozen=True, slots=True)
class Schedule:
    """Counts alone, by kind. days: how many go on which day. waiting: a case is open, or the visit has not ended."""

    days: dict[str, dict[date, int]]
    waiting: dict[str, int]
    deleted: int


def schedule(session: Session, policy: Policy) -> Schedule:
    """Everything that is here, by the day on which it goes."""
    days: dict[str, dict[date, int]] = {PHOTO: defaultdict(int), SIGNATURE: defaultdict(int)}
    waiting = {PHOTO: 0, SIGNATURE: 0}
    for one in _all(session, None):
        day = one.goes_on(policy)
        if day is None:
            waiting[one.kind] += 1
        else:
            days[one.kind][day] += 1
    gone = session.scalar(select(func.count(Attachment.id)).where(Attachment.purged_at.is_not(None)))
    return Schedule({kind: dict(sorted(found.items())) for kind, found in days.items()}, waiting, gone or 0)


def lines(found: Schedule, today: date) -> Iterator[str]:
    """As a person reads it: today's and the next thirty days one by one, what comes later in one line. Nobody is named."""
    soon = today + timedelta(days=30)
    for kind, days in found.days.items():
        yield f"{kind}s: {sum(count for day, count in days.items() if day <= today)} to delete today"
        for day, count in days.items():
            if day <= soon:
                yield f"  {say_date(day)}: {count}"
        later = {day: count for day, count in days.items() if day > soon}
        if later:
            yield f"  later: {sum(later.values())}, the first on {say_date(min(later))}, the last on {say_date(max(later))}"
        yield f"  no day yet, because the visit or a case of it is open: {found.waiting[kind]}"
    yield f"deleted so far: {found.deleted}"


# --- looking ------------------------------------------------------------------------------------------------------


def _all(session: Session, ended: date | None) -> Iterator[Kept]:
    after = ""
    while found := _look(session, after, ended):
        yield from found
        after = found[-1].id
        session.expunge_all()


def _look(session: Session, after: str, ended: date | None) -> list[Kept]:
    """ended: only of visits that ended by the end of that day."""
    query = select(Attachment).where(Attachment.purged_at.is_(None), Attachment.id > after)
    query = query.join(Entry, Entry.id == Attachment.entry_id)
    if ended:
        before = london_instant(ended + timedelta(days=1))
        query = query.join(Visit, Visit.id == Entry.visit_id).where(Visit.ended_at < before)
    return _facts(session, session.scalars(query.order_by(Attachment.id).limit(AT_A_TIME)).all())


def _facts(session: Session, rows: Sequence[Attachment]) -> list[Kept]:
    lines = {row.entry_id for row in rows if row.entry_id}
    of_line = select(Entry.id, Visit.id, Visit.ended_at).join(Visit, Visit.id == Entry.visit_id)
    visits = {entry: (visit, ended) for entry, visit, ended in session.execute(of_line.where(Entry.id.in_(lines)))}
    cases = _cases(session, {visit for visit, _ in visits.values()})
    return [
        Kept(row.id, SIGNATURE if row.type == photos.SIGNATURE else PHOTO, ended, tuple(cases[visit]))
        for row in rows
        if row.entry_id in visits
        for visit, ended in [visits[row.entry_id]]
    ]


def _cases(session: Session, visits: set[str]) -> defaultdict[str, list[datetime | None]]:
    """By visit: hazards, complaints, cases of conduct, refusals and no access, entries without consent, and what happened to
    a worker there."""
    found: defaultdict[str, list[datetime | None]] = defaultdict(list)
    last = func.max(HazardStep.recorded_at)
    hazards = select(Hazard.visit_id, Hazard.stage, last).outerjoin(HazardStep, HazardStep.hazard_id == Hazard.id)
    for visit, stage, at in session.execute(hazards.where(Hazard.visit_id.in_(visits)).group_by(Hazard.id)):
        found[visit or ""].append(at if stage == HazardStage.CLOSED else None)
    last = func.max(ComplaintStep.recorded_at)
    said = select(Complaint.visit_id, Complaint.stage, last).outerjoin(
        ComplaintStep, ComplaintStep.complaint_id == Complaint.id
    )
    for visit, stage, at in session.execute(said.where(Complaint.visit_id.in_(visits)).group_by(Complaint.id)):
        found[visit or ""].append(at if stage in COMPLAINT_ENDED else None)
    for visit, closed in case_keeps.ends_of(session, visits):
        found[visit].append(closed)
    doors = select(AccessAttempt.visit_id, AccessCase.closed_at).join(
        AccessCase, AccessCase.id == AccessAttempt.case_id
    )
    for visit, closed in session.execute(doors.where(AccessAttempt.visit_id.in_(visits))):
        found[visit].append(closed)
    entries = select(LawfulEntry.visit_id, LawfulEntry.stage, func.max(LawfulEntryStep.made_at)).outerjoin(
        LawfulEntryStep, LawfulEntryStep.lawful_entry_id == LawfulEntry.id
    )
    for visit, stage, at in session.execute(entries.where(LawfulEntry.visit_id.in_(visits)).group_by(LawfulEntry.id)):
        found[visit].append(at if stage in OVER else None)
    incidents = select(Incident.visit_id, Incident.closed_at).where(Incident.visit_id.in_(visits))
    for visit, closed in session.execute(incidents):
        found[visit or ""].append(closed)
    return found
