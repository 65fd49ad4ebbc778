"""What phones say of themselves, and what is missing (promise O8): a dated task for the desk, closed when it arrives."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, or_, select, union
from sqlalchemy.orm import Session

from fieldvisit.deployment import deployment
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.outbox.models import Held, Phone
from fieldvisit.outbox.rules import SILENT_AFTER, missing, say_gap
from fieldvisit.register.models import Grant
from fieldvisit.safeguarding.models import SealedBox
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits.models import Entry, Visit, VisitWorker

_MOST = 2**31 - 1  # as the columns hold it


def area_where_they_work(session: Session, person_id: str) -> str | None:
    """Of the visit that the person was last sent to."""
    last = (
        select(VisitWorker.visit_id)
        .where(VisitWorker.person_id == person_id)
        .order_by(VisitWorker.starts.desc(), VisitWorker.id)
        .limit(1)
    )
    return session.scalars(select(Visit.area_id).where(Visit.id == last.scalar_subquery())).first()


def kept_of(session: Session, device: str) -> int:
    """How many of the phone's numbers are here: folded, held, or for the vault."""
    entries = select(Entry.seq).where(Entry.device == device, Entry.seq.is_not(None))
    boxes = select(SealedBox.seq).where(SealedBox.device == device, SealedBox.seq.is_not(None))
    all_of_it = union(entries, select(Held.seq).where(Held.device == device), boxes).subquery()
    return session.scalar(select(func.count()).select_from(all_of_it)) or 0


def hear(
    session: Session,
    device: str,
    *,
    person_id: str | None,
    queued: int,
    last_seq: int | None,
    delivered: int,
    at: datetime,
    policy: Policy,
) -> None:
    """Takes down what a phone said of itself, after its batch was taken in.

    person_id: whose signed entry came with it, or None: then the phone must be known. queued: as it said, with the
    batch; delivered: how many of the batch are here now.
    """
    phone = session.scalars(select(Phone).where(Phone.device == device).with_for_update()).first()
    person_id = person_id or (phone and phone.person_id) or _enrolled(session, device)
    if person_id is None:
        return
    here = deployment(session).epoch
    if phone is None:
        phone = _new(session, device, person_id, here, at)
    elif london_date(phone.heard_at) != london_date(at) or phone.person_id != person_id:
        phone.area_id = area_where_they_work(session, person_id)
    restored_since, phone.epoch = phone.epoch != here, here
    phone.person_id, phone.heard_at = person_id, at
    phone.last_seq = max(phone.last_seq, min(last_seq or 0, _MOST))
    phone.queued = max(0, min(queued, _MOST) - delivered)
    phone.missing = missing(last_seq=phone.last_seq, kept=kept_of(session, device), queued=phone.queued)
    if not restored_since:  # after a restore it does not know yet that it must offer things again
        _judge(session, phone, at, policy)
    watch(session, at, policy)


def _enrolled(session: Session, device: str) -> str | None:
    last = select(Grant.person_id).where(Grant.device == device).order_by(Grant.created_at.desc()).limit(1)
    return session.scalars(last).first()


def _new(session: Session, device: str, person_id: str, epoch: str, at: datetime) -> Phone:
    area_id = area_where_they_work(session, person_id)
    phone = Phone(
        device=device, person_id=person_id, area_id=area_id, heard_at=at, last_seq=0, queued=0, missing=0, epoch=epoch,
        gaps=0, told=0,
    )  # fmt: skip
    session.add(phone)
    session.flush()
    return phone


def recount(session: Session, device: str, at: datetime, policy: Policy) -> None:
    """Its entries came by another road (a rescue file): what is here is no longer missing, nor on the phone alone."""
    phone = session.scalars(select(Phone).where(Phone.device == device).with_for_update()).first()
    if phone is None:
        return
    not_here = max(0, phone.last_seq - kept_of(session, device))
    phone.queued = min(phone.queued, not_here)
    phone.missing = missing(last_seq=phone.last_seq, kept=phone.last_seq - not_here, queued=phone.queued)
    _judge(session, phone, at, policy)


def _judge(session: Session, phone: Phone, at: datetime, policy: Policy) -> None:
    if phone.missing == 0 and phone.queued == 0:
        _close(session, phone, at)
    elif phone.missing > phone.told:
        _raise(session, phone, phone.missing, at, policy)


def watch(session: Session, at: datetime, policy: Policy) -> None:
    """Phones with entries unsent, or missing since a restore, that have been silent since. Asked at each contact of any."""
    silent = (
        select(Phone)
        .where(or_(Phone.queued > 0, Phone.missing > 0), Phone.heard_at <= at - SILENT_AFTER, Phone.told == 0)
        .limit(20)
        .with_for_update(skip_locked=True)
    )
    for phone in session.scalars(silent):
        _raise(session, phone, phone.missing + phone.queued, at, policy)


def a_new_phone(session: Session, device: str, person_id: str, at: datetime, policy: Policy) -> None:
    """Enrolled by somebody whose other phone still had entries: the old one may be lost, broken or wiped (F09)."""
    others = select(Phone).where(Phone.person_id == person_id, Phone.device != device, Phone.told == 0)
    for phone in session.scalars(others.with_for_update()):
        if lost := phone.missing + phone.queued:
            _raise(session, phone, lost, at, policy)


def _raise(session: Session, phone: Phone, count: int, at: datetime, policy: Policy) -> None:
    phone.told = count
    if _open_tasks(session, phone):
        return
    phone.gaps += 1
    raise_task(
        session,
        "phone_gap",
        cause=f"phone_gap:{phone.id}:{phone.gaps}",
        about="phone",
        about_id=phone.id,
        area_id=phone.area_id,
        at=at,
        due=end_of_london_day(policy.working_days.after(london_date(at), 1)),
    )


def _close(session: Session, phone: Phone, at: datetime) -> None:
    phone.told = 0
    for task in _open_tasks(session, phone):
        task.done_at = at


def gaps_of(session: Session, tasks: Iterable[Task], at: datetime) -> dict[str, str]:
    """'3 missing, last seen 14:02' of each phone that these tasks are about, by the phone's id."""
    ids = {task.about_id for task in tasks if task.about == "phone"}
    rows = session.scalars(select(Phone).where(Phone.id.in_(ids))) if ids else ()
    return {row.id: say_gap(row.missing + row.queued, row.heard_at, at) for row in rows}


def _open_tasks(session: Session, phone: Phone) -> list[Task]:
    mine = (Task.about == "phone", Task.about_id == phone.id, Task.kind == "phone_gap", Task.done_at.is_(None))
    return list(session.scalars(select(Task).where(*mine)))
