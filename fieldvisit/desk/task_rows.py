"""What the list shows of each task: where it leads, and of which home, worker or paper it is. Only what the reader may open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from fieldvisit.badges.models import Badge
from fieldvisit.codes.models import CodeVersion
from fieldvisit.complaints.models import Complaint
from fieldvisit.declarations.models import Declaration
from fieldvisit.declarations.undertakings import SIGN
from fieldvisit.desk.rules import urgency
from fieldvisit.desk.task_list import unheard
from fieldvisit.ground.roles import Duty, Principal, may_ever
from fieldvisit.ground.task_kinds import ENTRIES, HAZARD, WATCHED, Rank, ends_with, rank_of
from fieldvisit.hazards.models import Hazard
from fieldvisit.hazards.service import urgent
from fieldvisit.outbox.gaps import gaps_of
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Firm, Home, Person
from fieldvisit.safety.models import Incident, Watch
from fieldvisit.tasks import Task
from fieldvisit.visits.models import Visit

Right = tuple[str, str]

# What a task is about: the page of it, and the right that this needs.
LEADS: Mapping[str, tuple[str, Right]] = {
    "visit": ("/office/visits/{}", ("visit", "read")),
    "hazard": ("/office/hazards/{}", ("hazard", "read")),
    "complaint": ("/office/complaints/{}", ("complaint", "read")),
    "declaration": ("/office/declarations", ("declaration", "list")),
    "incident": ("/office/incidents/{}", ("incident", "read")),
    "held": ("/office/held/{}", ("held", "read")),
    "home": ("/office/homes/{}#warnings", ("household", "read")),
    "phone": ("/office/held#phones", ("held", "list")),
    "person": ("/office/codes/people/{}", ("code", "file")),
    "involved": ("/office/codes/involved/{}", ("involved", "list")),
    "firm": ("/office/codes", ("code", "list")),
    "code": ("/office/codes/{}", ("code", "list")),
    "badge": ("/office/badges/{}", ("badge", "suspend")),
}
ENTRY: tuple[str, Right] = ("/office/entries/{}", ("entry", "read"))
WATCH: tuple[str, Right] = ("/office/safety/{}", ("watch", "read"))
REFUSALS: tuple[str, str, Right] = ("Refusals and no access", "/office/refusals", ("access-case", "list"))
MORE: Mapping[str, tuple[str, str, Right]] = dict.fromkeys(
    ("refusal", "no_access", "child_alone", "no_access_disputed"), REFUSALS
)
PAPERS = {"confiden": "confidentiality agreement", "conflict": "conflict of interest form"}  # as causes shorten them


@dataclass(frozen=True, slots=True)
class Row:
    """href: "" where there is nothing to open. which: home, worker, paper; "" where nothing more is said. more: label and
    address of the list that it stands in too. ends: what ends it, "" where whoever did it marks it as done. by_minutes: its
    day alone says too little."""

    task: Task
    urgency: str
    href: str
    which: str
    more: tuple[str, str] | None
    ends: str
    emergency: bool
    by_minutes: bool


def rows_of(session: Session, tasks: Sequence[Task], who: Principal, at: datetime) -> list[Row]:
    hazards = _hazards(session, tasks)
    named, emergencies = which(session, tasks, hazards, at), _emergencies(session, hazards)
    return [
        Row(
            task, urgency(task.due_at, at), leads_to(task, who, hazards), named.get(task.id, ""), _more(task, who),
            ends_with(task.kind), task.cause in emergencies,
            rank_of(task.kind, emergency=task.cause in emergencies) is Rank.NOW,
        )
        for task in tasks
    ]  # fmt: skip


def leads_to(task: Task, who: Principal, hazards: Mapping[str, Hazard]) -> str:
    if (hazard := hazards.get(task.cause)) and may_ever(who, *LEADS["hazard"][1]):
        return LEADS["hazard"][0].format(hazard.id)
    if task.kind in ENTRIES and may_ever(who, *ENTRY[1]):
        return ENTRY[0].format(_of_cause(task))
    if task.kind in WATCHED and may_ever(who, *WATCH[1]) and who.holds(Duty.DUTY, task.area_id):
        return WATCH[0].format(_of_cause(task))
    address, right = LEADS.get(task.about, ("", None))
    return address.format(task.about_id) if right and may_ever(who, *right) else ""


def _more(task: Task, who: Principal) -> tuple[str, str] | None:
    label, href, right = MORE.get(task.kind, ("", "", None))
    return (label, href) if right and may_ever(who, *right) else None


def _of_cause(task: Task) -> str:
    """Of `entry_proposed:<id>` and `w:<id>:…`: the id."""
    return task.cause.split(":")[1]


def which(session: Session, tasks: Iterable[Task], hazards: Mapping[str, Hazard], at: datetime) -> dict[str, str]:
    """By the task's id. hazards: by its cause. Asked for as the person who reads: what they may not see is not named (N1, N2)."""
    listed = list(tasks)
    visits = _visits(session, listed)
    named = {task.id: said for task in listed if task.about == "visit" and (said := visits.get(task.about_id))}
    for task in listed:
        if hazard := hazards.get(task.cause):
            named[task.id] = f"{hazard.home.address_line}, {hazard.ref}"
    for about, model, column in _NAMES:
        ids = _ids(listed, about)
        if ids:
            named |= _said(
                listed, about, dict(session.execute(select(model.id, column).where(model.id.in_(ids))).all())
            )
    codes = _by_id(session, CodeVersion, _ids(listed, "code"))
    named |= _said(listed, "code", {key: f"{row.document} {row.version}" for key, row in codes.items()})
    for task in listed:
        if task.kind == SIGN and task.id in named:
            named[task.id] += f", {PAPERS.get(_of_cause(task), 'an agreement')}"
    workers = _workers(session, listed)
    named |= {task.id: ", ".join((name, named[task.id]) if task.id in named else (name,))
              for task in listed if (name := workers.get(task.id))}  # fmt: skip
    named |= _said(listed, "phone", gaps_of(session, listed, at))
    reached = unheard(session, listed)
    return named | {task.id: reached[task.about_id] for task in listed if task.about_id in reached}


_NAMES: tuple[tuple[str, Any, InstrumentedAttribute[str]], ...] = (
    ("home", Home, Home.address_line),
    ("person", Person, Person.name),
    ("involved", InvolvedPerson, InvolvedPerson.name),
    ("firm", Firm, Firm.name),
    ("badge", Badge, Badge.number),
    ("incident", Incident, Incident.ref),
    ("complaint", Complaint, Complaint.ref),
    ("declaration", Declaration, Declaration.ref),
)


def _visits(session: Session, tasks: Iterable[Task]) -> dict[str, str]:
    found = _by_id(session, Visit, _ids(tasks, "visit"), Visit.home)
    return {visit_id: f"{visit.home.address_line}, {visit.ref}" for visit_id, visit in found.items()}


def _workers(session: Session, tasks: Iterable[Task]) -> dict[str, str]:
    """Whom each watch is over, by the task's id."""
    watched = {task.id: _of_cause(task) for task in tasks if task.kind in WATCHED}
    rows = _by_id(session, Watch, set(watched.values()), Watch.person)
    return {task_id: rows[watch_id].person.name for task_id, watch_id in watched.items() if watch_id in rows}


def _hazards(session: Session, tasks: Iterable[Task]) -> dict[str, Hazard]:
    """By the cause that it shares with its task."""
    causes = [task.cause for task in tasks if task.kind == HAZARD]
    if not causes:
        return {}
    found = session.scalars(select(Hazard).where(Hazard.cause.in_(causes)).options(joinedload(Hazard.home)))
    return {hazard.cause: hazard for hazard in found}


def _emergencies(session: Session, hazards: Mapping[str, Hazard]) -> set[str]:
    """Their causes."""
    if not hazards:
        return set()
    wanted = select(Hazard.cause).where(Hazard.cause.in_(list(hazards)), Hazard.id.in_(urgent()))
    return set(session.scalars(wanted))


def _ids(tasks: Iterable[Task], about: str) -> set[str]:
    return {task.about_id for task in tasks if task.about == about}


def _by_id(session: Session, model: Any, ids: set[str], *joined: Any) -> dict[str, Any]:
    if not ids:
        return {}
    query = select(model).where(model.id.in_(ids)).options(*(joinedload(each) for each in joined))
    return {row.id: row for row in session.scalars(query)}


def _said(tasks: Iterable[Task], about: str, words: Mapping[str, str]) -> dict[str, str]:
    return {task.id: words[task.about_id] for task in tasks if task.about == about and task.about_id in words}
