"""What a tenant does on their own page. Each act has its verdict, writes its line or its row, and wakes the desk.

The visit is locked and the verdict given under that lock, as in `visits/planning.py`. A form that was sent twice is done
once, whatever the rule would say by now. What changes the visit is a line of its log; what a tenant says about it is a
row of `tenant_said`, which whoever was sent there never reads.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, String, Text, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldvisit.db import Base, nobody, protect, random_key
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.ground.verdict import Refused, RefusedError, Verdict, insist
from fieldvisit.jobs import want
from fieldvisit.register import needs_service
from fieldvisit.register.service import tenants_stand_in
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits import events as ev
from fieldvisit.visits.fold import DESK
from fieldvisit.visits.models import Entry, Visit, VisitWorker, visits_in_sight
from fieldvisit.visits.planning import command
from fieldvisit.visits.words import storable, years_on

_ = str  # marks a sentence for the catalogues and leaves it as it is
MUST_BE_THERE = ("trusted_adult", "interpreter", "female_worker", "wait_longer")
LASTING = ("female_worker", "wait_longer")  # what the household's needs have a code for
GOOD, NOT_GOOD, COMPLAINT, DISPUTE, MUST = "good", "not_good", "complaint", "dispute", "must_be_there"


class TenantSaid(Base):
    """In the tenant's own words. subject_id: the home that they are about. asked: codes of MUST_BE_THERE."""

    __tablename__ = "tenant_said"
    id: Mapped[str] = random_key()
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    asked: Mapped[list[str]]
    words: Mapped[str] = mapped_column(Text)
    form_key: Mapped[str] = mapped_column(String(36), unique=True)
    made_at: Mapped[datetime]
    keep_until: Mapped[date]


def _said_in_sight(asking: Principal) -> ColumnElement[bool]:
    """Officers of the area, but never of a visit to which they were sent themselves: it may be about them (N1)."""
    if asking.role is not Role.OFFICER:
        return nobody()
    visit, sent = Visit.__table__.alias().c, VisitWorker.__table__.alias().c
    there = exists(select(visit.id).where(visit.id == TenantSaid.visit_id, visits_in_sight(asking, visit)))
    theirs = exists(select(sent.id).where(sent.visit_id == TenantSaid.visit_id, sent.person_id == asking.person_id))
    return there & ~theirs


protect(TenantSaid, _said_in_sight)


def confirm(session: Session, visit: Visit, verdict: Verdict, *, form_key: str, at: datetime, policy: Policy) -> None:
    _write(session, visit, ev.VisitNoted(code="confirmed"), verdict, form_key, at, policy)


def ask_other_time(
    session: Session, visit: Visit, words: str, verdict: Verdict, *, form_key: str, at: datetime, policy: Policy
) -> None:
    event = ev.VisitNoted(code="asks_other_time", words=ev.Words(words) if words else None)
    _write(session, visit, event, verdict, form_key, at, policy)
    _wake(session, "asks_other_time", visit, form_key, policy.door.valid_refusal_contact_wd.value, at, policy)


def agree_sooner(
    session: Session, visit: Visit, verdict: Verdict, *, form_key: str, at: datetime, policy: Policy
) -> None:
    """NR-11, recorded by the tenant."""
    event = ev.TimeAgreed(
        by="tenant", recorded_by="tenant", window_start=visit.window_start, window_end=visit.window_end
    )
    _write(session, visit, event, verdict, form_key, at, policy)


def say_no(
    session: Session, visit: Visit, words: str, verdict: Verdict, *, form_key: str, at: datetime, policy: Policy
) -> None:
    event = ev.VisitCancelled(
        by="tenant", reason="tenant_asked", apologised=False, offered_new_time=False,
        words=ev.Words(words) if words else None,
    )  # fmt: skip
    _write(session, visit, event, verdict, form_key, at, policy)
    wanted = select(Entry.id).where(Entry.device == DESK, Entry.uuid == form_key, Entry.visit_id == visit.id)
    for entry in session.scalars(wanted):  # joint tenants: nobody should wait for a visit that the other has cancelled
        want(session, "tell", entry, due=at, dedupe=f"tell:{entry}")
    _wake(session, "tenant_said_no", visit, form_key, policy.door.other_refusal_contact_wd.value, at, policy)


def say_who(
    session: Session, visit: Visit, asked: Sequence[str], words: str, verdict: Verdict, *, form_key: str, at: datetime,
    policy: Policy,
) -> None:  # fmt: skip
    """ME-3.1f. What lasts is kept with the household's needs at once; the desk arranges it for this visit."""
    if not _keep(session, visit, MUST, words, verdict, asked=asked, form_key=form_key, at=at, policy=policy):
        return
    household = needs_service.household_at(session, visit.home_id)
    lasting = [code for code in LASTING if code in asked and code not in household.needs]
    if lasting:
        needs_service.set_needs(session, household, [*household.needs, *lasting], at)
    if "trusted_adult" in asked:
        needs_service.ask_trusted_adult(session, household, True, at)
    _wake(session, "tenant_asks", visit, form_key, policy.door.valid_refusal_contact_wd.value, at, policy)


def say_how_it_went(
    session: Session, visit: Visit, good: bool, words: str, verdict: Verdict, *, form_key: str, at: datetime,
    policy: Policy,
) -> None:  # fmt: skip
    """'Not good' is a dissatisfaction, however it is made: somebody offers them a complaint (Ombudsman's code)."""
    kind = GOOD if good else NOT_GOOD
    if _keep(session, visit, kind, words, verdict, form_key=form_key, at=at, policy=policy) and not good:
        _wake(session, "not_good", visit, form_key, policy.deadline.complaint_ack.value, at, policy)


def complain(
    session: Session, visit: Visit, words: str, verdict: Verdict, *, form_key: str, at: datetime, policy: Policy
) -> None:
    """DR-8: acknowledged within five working days. Until complaints have a case of their own: a dated task."""
    if _keep(session, visit, COMPLAINT, words, verdict, form_key=form_key, at=at, policy=policy):
        _wake(session, "complaint", visit, form_key, policy.deadline.complaint_ack.value, at, policy)


def dispute(
    session: Session, visit: Visit, words: str, verdict: Verdict, *, form_key: str, at: datetime, policy: Policy
) -> None:
    """D2: the tenant says that they were in, or that nobody called."""
    if _keep(session, visit, DISPUTE, words, verdict, form_key=form_key, at=at, policy=policy):
        _wake(session, "no_access_disputed", visit, form_key, policy.door.other_refusal_contact_wd.value, at, policy)


def said_of(session: Session, visit_id: str) -> Sequence[TenantSaid]:
    """What the tenant said of a visit, as far as the person asking may read it; oldest first."""
    return session.scalars(
        select(TenantSaid).where(TenantSaid.visit_id == visit_id).order_by(TenantSaid.made_at, TenantSaid.id)
    ).all()


def _write(
    session: Session, visit: Visit, event: ev.Event, verdict: Verdict, form_key: str, at: datetime, policy: Policy
) -> None:
    by = Principal(tenants_stand_in(session).id, Role.TENANT_LINK, at)
    command(session, visit, event, verdict, by=by, at=at, policy=policy, form_key=form_key)


def _keep(
    session: Session, visit: Visit, kind: str, words: str, verdict: Verdict, *, form_key: str, at: datetime,
    policy: Policy, asked: Sequence[str] = (),
) -> bool:  # fmt: skip
    """False: this form was kept before. Raises RefusedError, also for the same form with other words."""
    words, codes = storable(words), [code for code in MUST_BE_THERE if code in asked]
    before = session.scalars(select(TenantSaid).where(TenantSaid.form_key == form_key)).first()
    if before:
        if (before.visit_id, before.kind, before.words, before.asked) != (visit.id, kind, words, codes):
            raise RefusedError(_USED)
        return False
    insist(verdict)
    session.add(
        TenantSaid(
            visit_id=visit.id, subject_id=visit.home_id, kind=kind, asked=codes, words=words, form_key=form_key,
            made_at=at, keep_until=years_on(london_date(at), policy.keep.visit_years.value),
        )
    )  # fmt: skip
    session.flush()
    return True


_USED = Refused(
    "form-used",
    _("You sent this once already, with other words. We kept those. Press the button once more to send these."),
)


def _wake(
    session: Session, kind: str, visit: Visit, form_key: str, working_days: int, at: datetime, policy: Policy
) -> None:
    cause = f"{kind}:{form_key}"
    if session.scalars(select(Task.id).where(Task.cause == cause)).first():
        return
    due = end_of_london_day(policy.working_days.after(london_date(at), working_days))
    raise_task(session, kind, cause=cause, about="visit", about_id=visit.id, area_id=visit.area_id, at=at, due=due)
