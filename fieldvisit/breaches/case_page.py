"""What the pages of cases show: one's own list, what runs out first on top; and one case, the next act first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldvisit.breaches import (
    case_clocks,
    case_evidence,
    case_letters,
    case_readers,
    case_screening,
    case_visits,
    case_waits,
    cases,
)
from fieldvisit.breaches.case_clocks import Clock
from fieldvisit.breaches.case_facts import FINDINGS, PARTS, RESULTS, Facts
from fieldvisit.breaches.case_models import BreachCase, BreachEvidence, BreachStep, BreachTold
from fieldvisit.breaches.case_readers import Named
from fieldvisit.breaches.case_rules import DONE_BY, KNOWN_FIRST, is_at_once, is_voted_on
from fieldvisit.breaches.case_state import ENDED, TABLE, Stage, State
from fieldvisit.breaches.case_waits import Waits, said_of
from fieldvisit.breaches.case_words import BECAUSE, OFFERS, TOLD_BY, WAITS
from fieldvisit.breaches.decision_rules import may_be_closed
from fieldvisit.breaches.ladders import sanctions_for, top_rung
from fieldvisit.breaches.models import Concern, ConcernAdded
from fieldvisit.breaches.procedure import Procedure, procedure_of
from fieldvisit.ground.clock import say_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Refused
from fieldvisit.register.models import Person
from fieldvisit.visits.models import Visit

PAGE = 50
Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    case: BreachCase
    who: str
    state: State
    first: Clock | None
    theirs: Clock | None  # what the person named still has time for
    mine: tuple[str, ...]  # the parts that whoever looks has in it
    more: bool = False  # whoever told it said more later
    waits: tuple[tuple[str, bool], ...] = ()  # what waits for a second person, and whether whoever looks proposed it
    returned: tuple[str, ...] = ()  # what was sent back
    urgent: tuple[str, ...] = ()  # codes of `case_words.URGENT`, as it was told


@dataclass(frozen=True, slots=True)
class Done:
    row: BreachStep
    who: str
    said: tuple[str, ...]
    words: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Page:
    case: BreachCase
    state: State
    procedure: Procedure | None
    who: Named | None
    clocks: Sequence[Clock]
    steps: Sequence[Done]
    evidence: Sequence[BreachEvidence]
    letters: Sequence[BreachTold]
    seats: Sequence[tuple[str, str, str]]  # (the council's own title, where it is written, who)
    visit: str
    linked: Sequence[BreachCase]
    waiting: Sequence[Waits]
    returned: Sequence[Waits]
    offered: Sequence[str]
    texts: Mapping[str, str]  # step -> first text of its letter
    before: Mapping[str, Mapping[str, str]]  # step -> what was proposed for it before, and came back
    options: Mapping[str, Any]
    before_closing: str  # what is to be done first, and by whom; "" where it may be closed, or is far from it


def mine(session: Session, who: str, every: bool, after: str, policy: Policy) -> tuple[list[Row], str | None]:
    """In a session of whoever asks: the wall leaves the cases that they sit in. All open ones are ordered before a page is
    taken: what runs out first is first over all, and before it what was told as urgent and nobody has looked at."""
    is_open = or_(BreachCase.stage.not_in([stage.value for stage in ENDED]), case_waits.though_over())
    query = select(BreachCase).where(is_open)
    if not every:  # what is told again stands on the list for whoever does not sit in the case that tells it first
        query = query.where(or_(BreachCase.linked_to.is_(None), BreachCase.linked_to.not_in(case_readers.sits_in(who))))
    known, urgent = session.scalars(query).all(), _urgent(session)
    states = _states(session, known)
    places = {case.id: _place(case, states[case.id], _first(case, states[case.id], policy), urgent) for case in known}
    order = sorted(places, key=places.__getitem__)
    if every:  # nothing runs there: the newest first
        ended = select(BreachCase.id).where(~is_open).order_by(BreachCase.heard_at.desc(), BreachCase.id)
        order += session.scalars(ended)
    begins = order.index(after) + 1 if after in order else 0
    wanted, later = order[begins : begins + PAGE], order[begins + PAGE :]
    here = {case.id: case for case in session.scalars(select(BreachCase).where(BreachCase.id.in_(wanted)))}
    shown = [here[case_id] for case_id in wanted]
    states |= _states(session, [case for case in shown if case.id not in states])
    said = select(ConcernAdded.concern_id).where(ConcernAdded.concern_id.in_([case.concern_id for case in shown]))
    more = set(session.scalars(said))
    rows = [_row(session, case, states[case.id], who, policy) for case in shown]
    rows = [
        replace(row, more=row.case.concern_id in more, urgent=urgent.get(row.case.concern_id or "", ())) for row in rows
    ]
    return rows, wanted[-1] if later else None


def _states(session: Session, known: Sequence[BreachCase]) -> dict[str, State]:
    steps = cases.steps_of(session, [case.id for case in known])
    return {case.id: cases.state_from(steps[case.id], case) for case in known}


def _place(case: BreachCase, state: State, first: Clock | None, urgent: Mapping[str, tuple[str, ...]]) -> Any:
    """In the list. What nobody owes anything for comes last, the newest of those first."""
    now = state.stage is Stage.REPORTED and (case.concern_id or "") in urgent
    since = case.heard_at.timestamp()
    return not now, first is None, first.due.timestamp() if first else -since, not state.waiting, since, case.id


def _urgent(session: Session) -> dict[str, tuple[str, ...]]:
    """Concern -> what was urgent when it was told."""
    query = select(Concern.id, Concern.danger_now, Concern.still_there).where(
        or_(Concern.danger_now, Concern.still_there)
    )
    return {
        concern_id: (*(("danger",) if danger else ()), *(("there",) if there else ()))
        for concern_id, danger, there in session.execute(query)
    }


def _first(case: BreachCase, state: State, policy: Policy) -> Clock | None:
    return case_clocks.runs_out_first(state, procedure_of(case.document) if case.document else None, policy)


def _row(session: Session, case: BreachCase, state: State, who: str, policy: Policy) -> Row:
    subject, first = case_readers.named(session, case.subject_kind, case.subject_id), _first(case, state, policy)
    parts = tuple(PARTS[part] for part, person in state.seats.items() if person == who)
    waits = tuple((WAITS[each.what][0], each.by == who) for each in state.waiting)
    returned = tuple(WAITS[each.what][0] for each in state.returned)
    theirs = case_clocks.is_theirs(state, procedure_of(case.document) if case.document else None, policy)
    return Row(case, subject.name if subject else "Not known yet", state, first, theirs, parts, False, waits, returned)


def of_case(session: Session, case: BreachCase, who: str, at: datetime, policy: Policy) -> Page:
    """In a session of system work, for somebody who has been let in: names and evidence are not on their own sight."""
    rows = cases.steps_of(session, [case.id])[case.id]
    state, facts = cases.state_from(rows, case), case_readers.facts(session, case, at, policy)
    procedure = procedure_of(case.document) if case.document else None
    subject = case_readers.named(session, case.subject_kind, case.subject_id)
    people = {row.by for row in rows if row.by} | set(state.seats.values())
    people |= {row.body["second"] for row in rows if row.body.get("second")}
    names: dict[str, str] = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(people))).all())
    words = cases.words_of(session, case.id)
    told_again = select(BreachCase).where(BreachCase.linked_to == case.id, BreachCase.id.in_(case_readers.sits_in(who)))
    linked = session.scalars(told_again).all()
    offered = _offered(state, procedure, facts, who)
    return Page(
        case, state, procedure, subject, case_clocks.clocks(state, procedure, policy),
        [_done(row, names, words.get(row.id, {}), procedure) for row in rows],
        case_evidence.attached(session, case.id), _letters(session, case.id), _seats(state, procedure, names),
        session.scalars(select(Visit.ref).where(Visit.id == case.visit_id)).first() or "" if case.visit_id else "",
        linked, [case_waits.waits(each, state, procedure, facts, who, rows, names, words) for each in state.waiting],
        [case_waits.came_back(each, facts, who, rows, names, words) for each in state.returned],
        offered, _texts(state, case, subject, procedure, offered, at, policy, case_waits.of_decision(rows, words)),
        {step: case_waits.typed_before(step, state, procedure, facts, rows, words) for step in offered if step in WAITS},
        _options(session, case, state, procedure, facts, who, words), _before_closing(state, facts, who, names),
    )  # fmt: skip


def _letters(session: Session, case_id: str) -> Sequence[BreachTold]:
    return session.scalars(select(BreachTold).where(BreachTold.case_id == case_id).order_by(BreachTold.given_at)).all()


def _seats(state: State, procedure: Procedure | None, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """By the council's own titles (R8)."""
    found = []
    for part, person in state.seats.items():
        label, where = PARTS[part].capitalize(), ""
        if procedure and part in procedure.people:
            called = procedure.people[part].called(state.coordinates)
            label, where = called.label, called.where
        elif procedure and part == "appeal" and state.appeals:
            level = procedure.appeals.levels[min(len(state.appeals), len(procedure.appeals.levels)) - 1]
            label, where = level.label, level.where
        found.append((label, where, names.get(person, "Somebody")))
    return found


# --- what may be done next ----------------------------------------------------------------------------------------


def _offered(state: State, procedure: Procedure | None, facts: Facts, who: str) -> list[str]:
    """In the order of the page: what the case waits for first. What is for somebody else is not offered."""
    found = [step for step in OFFERS if state.stage in TABLE[step][0] and _fits(step, state, procedure, facts)]
    found = [step for step in found if DONE_BY.get(step) is None or state.seats.get(DONE_BY[step]) == who]
    found = [step for step in found if not (state.outcome_waits and step in KNOWN_FIRST) and not state.waits(step)]
    if any(facts.same(who, each) for each in state.deciders):
        found = [step for step in found if step != "appeal_decided"]
    waits_for = _waits_for(state)
    return sorted(found, key=lambda step: step != waits_for)


def _waits_for(state: State) -> str:
    """What the case cannot go on without, where it is not the first that the table allows."""
    if state.stage is Stage.REPORTED:
        known = "screened" if state.subject_id else "identified"
        return known if state.seats.get("screener") else "seated"
    if state.stage is Stage.APPEAL_REQUESTED and state.seats.get("appeal") in (
        None,
        *(each.by for each in state.appeals),
    ):
        return "seated"
    if state.outcome_waits:
        return "outcome_given"
    return "decided" if state.stage is Stage.INVESTIGATING else ""


def _fits(step: str, state: State, procedure: Procedure | None, facts: Facts) -> bool:
    match step:
        case "suspended":
            return not state.suspended
        case "lifted":
            return state.suspended
        case "screened":
            return bool(state.subject_id)
        case "vote":
            return is_voted_on(state)
        case "visit":
            return state.subject_kind == "person"
        case "told_firm":
            return facts.of_a_firm and (state.notified_at is not None or state.suspended)
        case "told_cih":
            return state.stands and any(each.startswith("HS-") for each in state.clauses)
        case "outcome_given":
            return state.outcome_waits
        case "appealed":
            return bool(procedure and case_clocks.may_be_appealed(state, procedure))
        case "action_done":
            return bool(state.outstanding)
        case "reporter_told":
            return state.reporter_told_at is None
        case "unlinked":
            return bool(state.linked_to)
        case "linked":
            return not state.linked_to
        case "closed":
            return bool(may_be_closed(state))
        case "seated":
            return state.stage is not Stage.CLOSED or state.suspended  # somebody must confirm that it ends
    return True


def _before_closing(state: State, facts: Facts, who: str, names: Mapping[str, str]) -> str:
    verdict = may_be_closed(state)
    if state.stage not in TABLE["closed"][0] or not isinstance(verdict, Refused):
        return ""
    decider = state.seats.get("decider", "")
    if verdict.code == "no-actions" and not facts.same(who, decider):
        name = names.get(decider, "The decider")
        return f"{name} records the actions that the decision asks for, with who does each and by when."
    return verdict.message


def _texts(
    state: State, case: BreachCase, who: Named | None, procedure: Procedure | None, offered: Sequence[str], at: datetime,
    policy: Policy, decided: Mapping[str, str],
) -> dict[str, str]:  # fmt: skip
    if procedure is None or who is None:
        return {}
    about = case_letters.About(who.name, who.firm, who.page)
    letters = case_letters.LETTER_OF
    return {
        step: case_letters.first_text(letters[step], state, case.ref, about, procedure, at, policy, decided)
        for step in offered
        if step in letters
    }


def _options(
    session: Session, case: BreachCase, state: State, procedure: Procedure | None, facts: Facts, who: str,
    words: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:  # fmt: skip
    # Everybody: one who is missing here would be the one who told it, or near. Who is refused is asked for, and recorded.
    everybody = [person for person in case_readers.all_readers(session) if person.id != who]
    found: dict[str, Any] = {
        "outside": f"{facts.policy.safeguarding.outside_name.value}, {facts.policy.safeguarding.outside_phone.value}",
        "parts": list(PARTS.items()), "people": [(person.id, person.name) for person in everybody],
        "because": [(code, label) for code, label in BECAUSE.items() if code != "at_once" or is_at_once(state)],
        "told_by": list(TOLD_BY.items()), "findings": list(FINDINGS.items()),
        "results": list(RESULTS.items()), "items": case_evidence.to_attach(session, case),
        "visits": case_visits.offered(session, case),
    }  # fmt: skip
    if state.stage is Stage.REPORTED:
        found |= case_screening.options(session, case, facts, who)
    joined = procedure.people["decider"] if procedure else None
    found["joined"] = (
        procedure.people["screener"].called(state.coordinates).label
        if procedure and joined and joined.joined_part
        else ""
    )
    if procedure and (ladder := procedure.ladder(state.ladder)):
        found["sanctions"] = [
            (each.code, each.label, each.clause) for each in sanctions_for(procedure, ladder, of_a_firm=facts.of_a_firm)
        ]
        top = top_rung(ladder, facts.before, procedure.preset(state.preset))
        found["highest"] = " or ".join(
            each.label.lower() for code in ladder.rungs[top] if (each := procedure.sanction(code))
        )
        found["strict"] = ladder.strict
        found["skip"] = procedure.people[ladder.skip].label if ladder.skip else ""
    said = {field: text for each in words.values() for field, text in each.items()}
    found["actions"] = [
        (action.id, f"{said.get(f'what_{action.id}', 'Action')} ({said.get(f'owner_{action.id}', 'somebody')})")
        for action in state.outstanding
    ]
    return found


# --- what has been done -------------------------------------------------------------------------------------------


def _done(row: BreachStep, names: Mapping[str, str], words: Mapping[str, str], procedure: Procedure | None) -> Done:
    who = names.get(row.by or "", "The person named" if row.body.get("from") == "page" else "The system")
    return Done(row, who, tuple(_said(row, names, procedure)), sorted(words.items()))


def _said(row: BreachStep, names: Mapping[str, str], procedure: Procedure | None) -> list[str]:
    body = row.body
    found = []
    if row.kind in ("proposed", "sent_back", "taken_back"):
        found.append(WAITS[body["what"]][0])
        if row.kind == "proposed":
            found += said_of(body["what"], body, procedure)
    if row.kind == "seated":
        found.append(f"{names.get(body['person'], 'Somebody')}: {PARTS[body['part']]}")
    if row.kind == "came_back":
        found.append(case_letters.LETTERS[body["letter"]])
    if row.kind == "screened":
        found.append(f"Code {body['document']}, clauses {', '.join(body['clauses'])}")
        if procedure and (ladder := procedure.ladder(body["ladder"])):
            found.append(f"{ladder.label} ({ladder.clause})")
    if row.kind == "notice_given":
        found.append(f"They may answer until {_day(body['answer_by'])}")
    if row.kind == "vote":
        found.append(f"For {body['for']}, against {body['against']}, did not vote {body['abstain']}")
    if row.kind in ("decided", "appeal_decided"):
        found += said_of(row.kind, body, procedure)
    if row.kind == "suspended":
        decided = body.get("because") == "decided"
        found += ["It was decided"] if decided else [BECAUSE.get(body.get("because", ""), ""), "This is not a finding"]
    if row.kind == "actions":
        found += [f"Due {_day(one['due_on'])}" for one in body["list"]]
    if body.get("second"):
        found.append(f"Confirmed by {names.get(body['second'], 'a second person')}")
    return [sentence for sentence in found if sentence]


def _day(iso: str) -> str:
    return say_date(datetime.fromisoformat(iso).date())
