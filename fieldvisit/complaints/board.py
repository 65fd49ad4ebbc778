"""What the pages of complaints show: the list, what runs out first on top, and one complaint."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from fieldvisit.complaints import clocks, service
from fieldvisit.complaints.clocks import Clock
from fieldvisit.complaints.models import Complaint, ComplaintStep
from fieldvisit.complaints.reaching import newest
from fieldvisit.complaints.report import Known, Period
from fieldvisit.complaints.state import ENDED, OPEN1, OPEN2, Stage, State
from fieldvisit.complaints.whom import reach_of
from fieldvisit.complaints.words import say_body, say_field
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.references import Kind, typed_as
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.hazards.models import Hazard
from fieldvisit.messages.rules import Way
from fieldvisit.register.models import Home, Household, Person, PersonArea
from fieldvisit.visits.models import Visit, VisitWorker
from fieldvisit.visits.precautions import say_precautions

PAGE, AT_A_TIME, MOST_PEOPLE = 50, 200, 500
FILTERS: Mapping[str, tuple[str, tuple[Stage, ...]]] = {
    "open": ("Open", tuple(stage for stage in Stage if stage not in ENDED)),
    "new": ("To be acknowledged", (Stage.RECEIVED, Stage.LOGGED, Stage.ACKNOWLEDGED)),
    "stage1": ("At stage 1", OPEN1),
    "stage2": ("At stage 2", (Stage.STAGE2_REQUESTED, Stage.STAGE2_ACKNOWLEDGED, *OPEN2)),
    "answered": ("Answered, to be closed", (Stage.STAGE1_ANSWERED, Stage.STAGE2_ANSWERED, Stage.ACTIONS_OUTSTANDING)),
    "ended": ("Ended", ENDED),
}


@dataclass(frozen=True, slots=True)
class Row:
    """first: the clock that runs out first, or None where nothing is owed."""

    case: Complaint
    first: Clock | None
    handler: str


@dataclass(frozen=True, slots=True)
class Step:
    row: ComplaintStep
    who: str
    said: Sequence[str]
    words: Sequence[tuple[str, str]]  # label, text
    has_letter: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """Every way to reach whoever complains, and nobody else there; beside it what the household needs of us, and its language
    (Equality Act 2010 s.20)."""

    ways: Sequence[Way]
    needs: Sequence[str]
    why_not: str  # why not by every way of that home, or empty


@dataclass(frozen=True, slots=True)
class Case:
    """said: of the first step, with how to reach them as it is now, field -> words. last: the position of the last step,
    which every form carries."""

    case: Complaint
    state: State
    clocks: Sequence[Clock]
    steps: Sequence[Step]
    said: Mapping[str, str]
    people: Mapping[str, str]
    contact: Contact | None
    visit: Visit | None
    hazard: Hazard | None
    last: int


def find(session: Session, complaint_id: str) -> Complaint | None:
    return session.scalars(
        select(Complaint).where(Complaint.id == complaint_id).options(joinedload(Complaint.home))
    ).first()


def called(session: Session, typed: str) -> Complaint | None:
    """By the reference that somebody reads out, also one from before the prefix changed."""
    return session.scalars(select(Complaint).where(Complaint.ref.in_(typed_as(Kind.COMPLAINT, typed)))).first()


def counts(session: Session) -> dict[str, int]:
    """By filter, of what the person asking may see."""
    found: dict[str, int] = dict(
        session.execute(select(Complaint.stage, func.count(Complaint.id)).group_by(Complaint.stage)).all()
    )
    return {code: sum(found.get(stage.value, 0) for stage in stages) for code, (_, stages) in FILTERS.items()}


def page_of(session: Session, show: str, after: str, policy: Policy) -> tuple[list[Row], str | None]:
    """What runs out first stands first; what owes nothing, last. And the id after which the next page begins."""
    query = select(Complaint).options(joinedload(Complaint.home)).where(Complaint.stage.in_(FILTERS[show][1]))
    last = session.scalars(select(Complaint).where(Complaint.id == after)).first() if after else None
    if last:
        query = _beyond(query, last)
    wanted = query.order_by(Complaint.runs_out_at.is_(None), Complaint.runs_out_at, Complaint.id).limit(PAGE + 1)
    cases = session.scalars(wanted).all()
    shown = cases[:PAGE]
    steps = service.steps_of(session, [case.id for case in shown])
    names = _names(session, {case.handler_id for case in shown if case.handler_id})
    rows = []
    for case in shown:
        owed = clocks.outstanding(service.state_from(steps[case.id]), policy)
        rows.append(Row(case, owed[0] if owed else None, names.get(case.handler_id or "", "")))
    return rows, shown[-1].id if len(cases) > PAGE else None


def _beyond(query: Select[Complaint], last: Complaint) -> Select[Complaint]:
    nothing_owed = Complaint.runs_out_at.is_(None)
    if last.runs_out_at is None:
        return query.where(and_(nothing_owed, Complaint.id > last.id))
    later = and_(Complaint.runs_out_at == last.runs_out_at, Complaint.id > last.id)
    return query.where(or_(Complaint.runs_out_at > last.runs_out_at, later, nothing_owed))


def case_of(session: Session, case: Complaint, at: datetime, policy: Policy) -> Case:
    rows = service.steps_of(session, [case.id])[case.id]
    state, words = service.state_from(rows), service.words_of(session, case.id)
    owners = {one.owner for one in state.actions}
    known = {row.by for row in rows if row.by} | set(state.handlers.values()) | owners | set(state.named)
    names = _names(session, known | ({case.taken_by} if case.taken_by else set()))
    steps = [
        Step(
            row, names.get(row.by or "", "The system"), [*say_body(row.body), *_named_in(row, names)],
            [(say_field(field), text) for field, text in words.get(row.id, {}).items() if field != "letter"],
            "letter" in words.get(row.id, {}),
        )
        for row in rows
    ]  # fmt: skip
    visit = session.scalars(select(Visit).where(Visit.id == case.visit_id)).first() if case.visit_id else None
    hazard = session.scalars(select(Hazard).where(Hazard.id == state.hazard)).first() if state.hazard else None
    said = newest((row.kind, words.get(row.id, {})) for row in rows)
    return Case(
        case, state, clocks.clocks(state, policy), steps, said, names,
        contact_of(session, case, case.home, at) if case.home else None, visit, hazard, len(rows),
    )  # fmt: skip


def _named_in(row: ComplaintStep, names: Mapping[str, str]) -> list[str]:
    return [names[str(row.body[key])] for key in ("handler", "owner", "person") if row.body.get(key) in names]


def contact_of(session: Session, case: Complaint, home: Home, at: datetime) -> Contact:
    found = session.scalars(select(Household).where(Household.home_id == home.id)).first()
    needs = (
        say_precautions(found.precautions, language=found.language, trusted_adult=found.trusted_adult) if found else ()
    )
    reach = reach_of(session, case, at)
    return Contact(reach.ways, needs, reach.why_not)


def people(session: Session, case: Complaint) -> list[tuple[str, str]]:
    """Whom a complaint may be about: who was at the visit first, then everybody who visits homes, by name."""
    there = select(VisitWorker.person_id).where(VisitWorker.visit_id == case.visit_id) if case.visit_id else None
    first = set(session.scalars(there)) if there is not None else set()
    query = select(Person).where(Person.role.in_((Role.OPERATIVE, Role.OFFICER)), Person.disabled_at.is_(None))
    found = session.scalars(query.order_by(Person.name, Person.id).limit(MOST_PEOPLE)).all()
    return [(one.id, one.name) for one in sorted(found, key=lambda one: one.id not in first)]


def everybody(session: Session) -> list[tuple[str, str]]:
    query = select(Person).where(Person.role.in_((Role.OPERATIVE, Role.OFFICER)), Person.disabled_at.is_(None))
    return [(one.id, one.name) for one in session.scalars(query.order_by(Person.name, Person.id).limit(MOST_PEOPLE))]


def colleagues(session: Session, area_id: str | None, at: datetime) -> list[tuple[str, str]]:
    """Every officer there: whoever may see to what was promised."""
    here = select(PersonArea.person_id).where(
        PersonArea.starts <= at, or_(PersonArea.ends.is_(None), PersonArea.ends > at)
    )
    if area_id:
        here = here.where(PersonArea.area_id == area_id)
    query = select(Person).where(Person.role == Role.OFFICER, Person.disabled_at.is_(None), Person.id.in_(here))
    return [(one.id, one.name) for one in session.scalars(query.order_by(Person.name, Person.id))]


def home_by_uprn(session: Session, who: Principal, uprn: str) -> Home | None:
    return session.scalars(select(Home).where(Home.uprn == uprn, Home.area_id.in_(who.areas))).first()


def home_of(session: Session, who: Principal, home_id: str) -> Home | None:
    return session.scalars(select(Home).where(Home.id == home_id, Home.area_id.in_(who.areas))).first()


def visit_called(session: Session, ref: str) -> Visit | None:
    return session.scalars(select(Visit).where(Visit.ref == ref)).first()


def home_at(session: Session, who: Principal, postcode: str, house: str) -> list[Home]:
    """Of one's own areas; the house by how its first line begins."""
    query = select(Home).where(Home.postcode == postcode, Home.area_id.in_(who.areas))
    if house:
        query = query.where(func.lower(Home.address_line).startswith(house.lower(), autoescape=True))
    return list(session.scalars(query.order_by(Home.address_line).limit(5)))


def known_in(session: Session, period: Period) -> Iterator[Known]:
    """Every complaint that may have a figure in that time: those that we heard before it was over. Some at a time."""
    after = ""
    query = select(Complaint).where(Complaint.heard_at < period.ends)
    while cases := session.scalars(query.where(Complaint.id > after).order_by(Complaint.id).limit(AT_A_TIME)).all():
        steps = service.steps_of(session, [case.id for case in cases])
        for case in cases:
            learned: list[tuple[datetime, str]] = []
            if any(step.kind == "learned" for step in steps[case.id]):
                words = service.words_of(session, case.id)
                taught = [step for step in steps[case.id] if step.kind == "learned"]
                learned = [(step.at, words.get(step.id, {}).get("learning", "")) for step in taught]
            yield Known(case.id, case.ref, service.state_from(steps[case.id]), learned)
        after = cases[-1].id


def _names(session: Session, wanted: set[str]) -> dict[str, str]:
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted))).all())
