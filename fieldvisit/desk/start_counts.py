"""How much waits behind each page of the Start page. Each number counts the rows that its reader sees, by the same wall."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.case_readers import sits_in
from fieldvisit.breaches.case_state import ENDED
from fieldvisit.complaints.models import Complaint
from fieldvisit.desk.start import Waits
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.hazards.models import Hazard
from fieldvisit.hazards.service import urgent
from fieldvisit.hazards.state import Stage as HazardStage
from fieldvisit.safety.board import areas_of
from fieldvisit.safety.models import Watch
from fieldvisit.safety.state import LATE, LIVE, Stage
from fieldvisit.visits.access_cases import AccessCase
from fieldvisit.visits.lawful_entry_models import LawfulEntry
from fieldvisit.visits.lawful_entry_rules import Stage as EntryStage

Found = Iterable[tuple[int, str, bool]]


def waiting(session: Session, who: Principal, wanted: Iterable[str]) -> dict[str, tuple[Waits, ...]]:
    found = {name: _COUNTS[name](session, who) for name in wanted}
    return {
        name: tuple(Waits(f"{number} {words}", bad) for number, words, bad in each if number)
        for name, each in found.items()
    }


def _number(session: Session, column: InstrumentedAttribute[str], *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(column)).where(*where)) or 0


def _watches(session: Session, who: Principal) -> Found:
    here = [Watch.area_id.in_(areas_of(who))] if who.role is Role.OFFICER else []
    late = or_(Watch.stage.in_([stage for stage in LATE if stage != Stage.ALARM]), Watch.due_at <= who.at)
    calm = Watch.stage.in_([stage for stage in LIVE if stage != Stage.ALARM])
    yield _number(session, Watch.id, Watch.stage == Stage.ALARM, *here), "in alarm", True
    yield _number(session, Watch.id, calm, late, *here), "late", True


def _entries(session: Session, who: Principal) -> Found:
    yield _number(session, LawfulEntry.id, LawfulEntry.stage == EntryStage.PROPOSED), "to decide now", True
    others = LawfulEntry.stage != EntryStage.PROPOSED
    yield _number(session, LawfulEntry.id, others, LawfulEntry.due_at <= who.at), "overdue", False


def _hazards(session: Session, who: Principal) -> Found:
    still_open = Hazard.stage != HazardStage.CLOSED
    yield _number(session, Hazard.id, Hazard.id.in_(urgent())), "reported as an emergency", True
    yield _number(session, Hazard.id, still_open, Hazard.runs_out_at <= who.at), "overdue", False
    yield _number(session, Hazard.id, Hazard.stage == HazardStage.LOGGED), "to decide on", False


def _refusals(session: Session, who: Principal) -> Found:
    yield _number(session, AccessCase.id, AccessCase.due_at <= who.at), "overdue", False


def _complaints(session: Session, who: Principal) -> Found:
    yield _number(session, Complaint.id, Complaint.runs_out_at <= who.at), "overdue", False


def _cases(session: Session, who: Principal) -> Found:
    still_open = BreachCase.stage.not_in([stage.value for stage in ENDED])
    first_told = or_(BreachCase.linked_to.is_(None), BreachCase.linked_to.not_in(sits_in(who.person_id)))
    yield _number(session, BreachCase.id, still_open, first_told), "open", False


_COUNTS: Mapping[str, Callable[[Session, Principal], Any]] = {
    "watches": _watches,
    "entries": _entries,
    "hazards": _hazards,
    "refusals": _refusals,
    "complaints": _complaints,
    "cases": _cases,
}
