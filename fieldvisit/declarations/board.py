"""What the pages of declarations show: whose turn it is, patterns, one declaration with its steps, the public register."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from fieldvisit.declarations import published, rules, service, ties, words
from fieldvisit.declarations.models import Declaration, DeclarationStep, DeclarationWords, areas_holding
from fieldvisit.ground.clock import LONDON
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Duty, Principal, Role
from fieldvisit.register.apart import KeptApart
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Firm, Home, Person

PAGE = 50
OWN = ("what", "who", "giver", "why")  # fields of whoever declares
MOST_ROWS = 5000  # of the register: more is no page that anybody reads


@dataclass(frozen=True, slots=True)
class Row:
    """who: the declarer's name. pattern: part of one. waits: for whoever asks."""

    declared: Declaration
    who: str
    pattern: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Line:
    step: DeclarationStep
    by: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Follows:
    """What stands now, as the form that takes its place is filled in: UPRNs, ids of firms, staff references."""

    homes: str = ""
    firms: tuple[str, ...] = ()
    people: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    declared: Declaration
    who: str
    firm: str
    giver_firm: str
    manager: str
    lines: tuple[Line, ...]
    patterns: tuple[rules.Pattern, ...]
    apart: tuple[str, ...]
    follows: Follows
    roles: frozenset[str]
    said: tuple[tuple[str, str], ...]  # in the declarer's newest words
    has_read: bool  # whoever asks has acknowledged it, as one of the two


def board(
    session: Session, asking: Principal, at: datetime, marked: frozenset[str], *, every: bool, after: str
) -> tuple[list[Row], str]:
    """What waits, the most overdue first; or everything, newest first. And the id after which the next page begins."""
    wanted = select(Declaration).where(Declaration.person_id.is_distinct_from(asking.person_id))  # one's own: elsewhere
    if not every:
        wanted = wanted.where(Declaration.due_at.is_not(None)).order_by(Declaration.due_at, Declaration.id)
    else:
        wanted = wanted.order_by(Declaration.declared_at.desc(), Declaration.id)
    last = session.scalars(select(Declaration).where(Declaration.id == after)).first() if after else None
    if last and every:
        wanted = wanted.where(
            (Declaration.declared_at < last.declared_at)
            | ((Declaration.declared_at == last.declared_at) & (Declaration.id > last.id))
        )
    elif last and last.due_at:
        wanted = wanted.where(tuple_(Declaration.due_at, Declaration.id) > (last.due_at, last.id))
    found = session.scalars(wanted.limit(PAGE + 1)).all()
    shown = found[:PAGE]
    names = names_of(session, shown)
    rows = [Row(one, names[one.subject_id], one.id in marked, bool(one.due_at and one.due_at < at)) for one in shown]
    return rows, shown[-1].id if len(found) > PAGE else ""


def in_a_pattern(session: Session, policy: Policy) -> frozenset[str]:
    """Which offers are part of one, over all that there are: another manager's people count as well. System work asks."""
    offers = session.scalars(select(Declaration).where(Declaration.kind != "interest")).all()
    found = rules.patterns([service.known_of(one) for one in offers], policy)
    return frozenset(each for pattern in found for each in pattern.ids)


def own(session: Session, person_id: str) -> Sequence[Declaration]:
    wanted = select(Declaration).where(Declaration.person_id == person_id)
    return session.scalars(wanted.order_by(Declaration.declared_at.desc(), Declaration.id).limit(200)).all()


def names_of(session: Session, some: Sequence[Declaration]) -> dict[str, str]:
    ids = {one.subject_id for one in some}
    people = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    others = session.execute(select(InvolvedPerson.id, InvolvedPerson.name).where(InvolvedPerson.id.in_(ids)))
    return dict.fromkeys(ids, "Somebody who has left") | {row.id: row.name for row in (*people, *others)}


def find(session: Session, declaration_id: str) -> Declaration | None:
    return session.scalars(select(Declaration).where(Declaration.id == declaration_id)).first()


def roles_towards(declared: Declaration, asking: Principal) -> frozenset[str]:
    """own: they declared it. manager: decides, acknowledges, manages. contact: of a contractor, at the council. The
    receiver is never the manager; whoever holds the senior duty stands in for a manager who is not there."""
    if declared.person_id == asking.person_id:
        return frozenset({"own"})
    found = set()
    here = declared.area_id is None or declared.area_id in areas_holding(asking, Duty.COMPLAINTS_SENIOR)
    senior = asking.role is Role.OFFICER and bool(areas_holding(asking, Duty.COMPLAINTS_SENIOR)) and here
    of_firm = asking.role is Role.CONTRACTOR_MANAGER and asking.firm_id == declared.firm_id and asking.firm_id
    if declared.manager_id == asking.person_id or senior or (of_firm and declared.manager_id is None):
        found.add("manager")
    contact = areas_holding(asking, Duty.REPAIRS_MANAGER) if asking.role is Role.OFFICER else frozenset()
    if (
        declared.firm_id
        and asking.role is Role.OFFICER
        and (senior or (contact and (declared.area_id is None or declared.area_id in contact)))
    ):
        found.add("contact")
    return frozenset(found)


def case_of(session: Session, declared: Declaration, asking: Principal, patterns: Sequence[rules.Pattern] = ()) -> Case:
    steps = session.scalars(
        select(DeclarationStep).where(DeclarationStep.declaration_id == declared.id).order_by(DeclarationStep.position)
    ).all()
    said = session.scalars(select(DeclarationWords).where(DeclarationWords.declaration_id == declared.id)).all()
    people = {step.by for step in steps if step.by} | {declared.manager_id or ""}
    names = {row.id: row.name for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))}
    lines = tuple(
        Line(
            step,
            names.get(step.by or "", "" if step.by is None else "Somebody who has left"),
            tuple((words.FIELDS[one.field], one.text) for one in said if one.step_id == step.id),
        )
        for step in steps
    )
    firms = _firms(session, (declared.firm_id, declared.giver_firm_id))
    apart: tuple[str, ...] = ()
    follows = Follows()
    if asking.role is Role.OFFICER:
        stands = ties.stands_apart(session, declared)
        apart, follows = tuple(_in_words(session, row) for row in stands), _as_typed(session, stands)
    return Case(
        declared, names_of(session, [declared])[declared.subject_id], firms.get(declared.firm_id or "", ""),
        firms.get(declared.giver_firm_id or "", ""), names.get(declared.manager_id or "", ""), lines,
        tuple(patterns), apart, follows, roles_towards(declared, asking),
        tuple((words.FIELDS[field], text) for field, text in service.words_of(session, declared.id).items() if field in OWN),
        ties.has_acknowledged(session, declared, asking.person_id),
    )  # fmt: skip


def _as_typed(session: Session, stands: Sequence[KeptApart]) -> Follows:
    homes = select(Home.uprn).where(Home.id.in_([row.home_id for row in stands if row.home_id])).order_by(Home.uprn)
    people = select(Person.ref).where(Person.id.in_([row.subject_id for row in stands if row.subject_kind == "person"]))
    return Follows(
        ", ".join(session.scalars(homes)),
        tuple(row.firm_id for row in stands if row.firm_id),
        ", ".join(session.scalars(people.order_by(Person.ref))),
    )


def _in_words(session: Session, row: KeptApart) -> str:
    if row.home_id:
        home = session.scalars(select(Home).where(Home.id == row.home_id)).first()
        return f"Is not sent to {home.address}" if home else "Is not sent to a home of another area"
    if row.firm_id:
        return f"Hands no visit to {_firms(session, (row.firm_id,)).get(row.firm_id, '')}, and is not sent with it"
    known = select(InvolvedPerson.name).where(InvolvedPerson.id == row.subject_id)
    if row.subject_kind == "person":
        known = select(Person.name).where(Person.id == row.subject_id)
    return f"Takes no part in a case about {session.scalars(known).first() or 'somebody who has left'}"


def _firms(session: Session, ids: tuple[str | None, ...]) -> dict[str, str]:
    rows = session.execute(select(Firm.id, Firm.name).where(Firm.id.in_([each for each in ids if each])))
    return {row.id: row.name for row in rows}


def firms(session: Session) -> list[tuple[str, str]]:
    return [(row.id, row.name) for row in session.execute(select(Firm.id, Firm.name).order_by(Firm.name).limit(500))]


# --- the public register ------------------------------------------------------------------------------------------


def public_rows(session: Session) -> list[dict[str, str]]:
    """Newest first; of what whoever asks may see. Which facts are public is `published.py`'s to say."""
    some = session.scalars(
        select(Declaration).order_by(Declaration.declared_at.desc(), Declaration.id).limit(MOST_ROWS)
    )
    found = some.all()
    roles = {row.id: row.role for row in session.execute(select(Person.id, Person.role))}
    known = _firms(session, tuple({one.giver_firm_id for one in found}))
    rows = (published.public_row(_facts(one, roles, known)) for one in found)
    return [row for row in rows if row is not None]


def _facts(one: Declaration, roles: dict[str, str], known: dict[str, str]) -> dict[str, object]:
    role = "involved" if one.subject_kind == "involved" else roles.get(one.subject_id, "")
    return {
        "kind": one.kind,
        "type": one.form if one.kind == "interest" else "",
        "reference": one.ref,
        "sort": words.TYPES[one.form][0] if one.kind == "interest" else words.SHORT_FORMS[one.form],
        "who": words.WHO.get(role, words.OF_THE_COUNCIL),
        "giver": words.GIVERS.get(one.giver, ""),
        "firm_name": known.get(one.giver_firm_id or "", ""),
        "value_pence": one.value_pence,
        "month": one.happened_at.astimezone(LONDON).strftime("%Y-%m"),
        "stood": one.stood,
    }
