"""Training, qualifications, 'may visit' and insurance: what is on record, until when it holds, and who is reminded.

Of criminal matters nothing is kept but 'may visit: yes or no' and the day of the check (MO-1f, ruling R21).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.codes import rules, service, versions
from fieldvisit.codes.models import CodeVersion, TrainingRecord
from fieldvisit.codes.rules import Standing
from fieldvisit.codes.version_rules import Stage
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.register import involved
from fieldvisit.register.models import Firm, Person
from fieldvisit.tasks import Task, raise_task

KINDS = {
    "safeguarding": "Safeguarding training",  # ME-6.2a: what a badge needs
    "health_and_safety": "Health and safety training",
    "induction": "Induction",
    "qualification": "Qualification or trade card",
    "cpd": "Professional development (date only)",
    "other": "Other training",
}
GATE = "safeguarding"  # the training without which nobody is sent to a door


@dataclass(frozen=True, slots=True)
class RunsOut:
    """Something that holds until `last_day`. cause: the same one reminds once. title: of what, in the person's own words."""

    kind: str
    about: str
    about_id: str
    last_day: date
    title: str = ""

    @property
    def cause(self) -> str:
        return f"{self.kind}:{self.about_id}:{self.last_day.isoformat()}"


def record(
    session: Session, person: Person, kind: str, title: str, done_on: date, expires_on: date | None, *, by: str,
    at: datetime, key: str,
) -> TrainingRecord:  # fmt: skip
    """Recording the same form twice is recording it once. A newer safeguarding training renews what the badge needs."""
    already = session.scalars(select(TrainingRecord).where(TrainingRecord.form_key == key)).first()
    if already is not None:
        return already
    row = TrainingRecord(
        person_id=person.id, kind=kind, title=title, done_on=done_on, expires_on=expires_on, recorded_at=at,
        recorded_by=by, form_key=key,
    )  # fmt: skip
    session.add(row)
    if kind == GATE and expires_on is not None:
        person.training_until = max(expires_on, person.training_until or expires_on)
    session.flush()
    return row


def records_of(session: Session, person_id: str) -> list[TrainingRecord]:
    wanted = select(TrainingRecord).where(TrainingRecord.person_id == person_id)
    return list(session.scalars(wanted.order_by(TrainingRecord.done_on.desc(), TrainingRecord.id)))


def set_visit_check(person: Person, may: bool, checked_on: date, policy: Policy) -> None:
    """'No' takes effect at once: the badge goes dark, and nobody plans a visit for them."""
    person.visit_check, person.visit_checked_on = "yes" if may else "no", checked_on
    person.visit_check_until = rules.months_on(checked_on, policy.codes.check_months.value) if may else None


# --- once a day ---------------------------------------------------------------------------------------------------


def day(session: Session, at: datetime, policy: Policy) -> None:
    """What the worker does with codes each day: versions go live, copies are given, and tasks remind."""
    versions.make_ripe_ones_live(session, at)
    service.issue_to_all(session, at)
    on = london_date(at)
    for each in running_out(session, on, policy):
        _remind(session, each, at)
    for each in _to_chase(session, on, at):
        _remind(session, each, at)


def running_out(session: Session, on: date, policy: Policy) -> Iterator[RunsOut]:
    days, months = policy.codes.warn_days.value, policy.codes.review_warn_months.value
    people = list(session.scalars(select(Person).where(Person.disabled_at.is_(None))))
    records = session.scalars(select(TrainingRecord).order_by(TrainingRecord.done_on))
    yield from _of_people(people, records, on, days)
    for firm in session.scalars(select(Firm)):
        if firm.insurance_until and rules.should_remind(firm.insurance_until, days, on):
            yield RunsOut("insurance_runs_out", "firm", firm.id, firm.insurance_until)
    for version in session.scalars(select(CodeVersion).where(CodeVersion.status == Stage.LIVE.value)):
        if version.review_on and on >= rules.months_on(version.review_on, -months):
            yield RunsOut("code_review", "code", version.id, version.review_on)


def runs_out_for(session: Session, person: Person, on: date, policy: Policy) -> list[RunsOut]:
    """Of this one person, the soonest first."""
    mine = select(TrainingRecord).where(TrainingRecord.person_id == person.id).order_by(TrainingRecord.done_on)
    found = _of_people([person], session.scalars(mine), on, policy.codes.warn_days.value)
    return sorted(found, key=lambda each: (each.last_day, each.title))


def _of_people(people: Sequence[Person], records: Iterable[TrainingRecord], on: date, days: int) -> Iterator[RunsOut]:
    """records: the oldest first; the newest of its kind and title counts."""
    for person in people:
        for kind, last_day, title in (
            ("training_runs_out", person.training_until, KINDS[GATE]),
            ("check_runs_out", person.visit_check_until, "The check that you may visit homes"),
        ):
            if person.visits_homes and rules.should_remind(last_day, days, on) and last_day:
                yield RunsOut(kind, "person", person.id, last_day, title)
    newest = {(row.person_id, row.kind, row.title.lower()): row for row in records}
    here = {person.id for person in people}
    for row in newest.values():
        counts = row.kind != GATE and row.person_id in here
        if counts and row.expires_on and rules.should_remind(row.expires_on, days, on):
            yield RunsOut("training_runs_out", "person", row.person_id, row.expires_on, row.title)


def _to_chase(session: Session, on: date, at: datetime) -> Iterator[RunsOut]:
    """An officer whose days of grace are over: the manager is asked first, and only then is the officer stopped. Somebody
    rings an involved person who takes part."""
    people = list(session.scalars(select(Person).where(Person.disabled_at.is_(None))))
    taking_part = involved.involved_now(session, on)
    stopped = involved.stopped(session, [one.id for one in taking_part], at)
    about = {one.id: "person" for one in people} | {one.id: "involved" for one in taking_part if one.id not in stopped}
    subjects: list[service.Subject] = [*people, *(one for one in taking_part if one.id in about)]
    for subject_id, held in service.standings(session, subjects, on).items():
        for each in held:
            late = each.stands.standing is Standing.OVERDUE_BLOCKED or each.stands.chase
            if late and each.stands.blocked_from:
                last_day = each.stands.blocked_from - timedelta(days=1)
                yield RunsOut("code_overdue", about[subject_id], subject_id, last_day)


def _remind(session: Session, what: RunsOut, at: datetime) -> None:
    if session.scalars(select(Task.id).where(Task.cause == what.cause)).first() is None:
        raise_task(
            session, what.kind, cause=what.cause, about=what.about, about_id=what.about_id, area_id=None, at=at,
            due=max(end_of_london_day(what.last_day), at),
        )  # fmt: skip
