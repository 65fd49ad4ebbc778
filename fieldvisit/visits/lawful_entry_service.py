"""The cases of D3: what the visit's log adds to them, what the desk does, and the columns that are cached.

A fact from a door is never refused: it joins the case of its visit, or opens one that is marked (ruling R1). The visit
must be locked by whoever writes here, so that a case has one writer at a time.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Refused, RefusedError, Verdict, insist
from fieldvisit.register.same import same_ids
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits import events as ev
from fieldvisit.visits import lawful_entry_rules as rules
from fieldvisit.visits.lawful_entry_models import LawfulEntry, LawfulEntryStep
from fieldvisit.visits.lawful_entry_rules import Deed, Stage, State
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.pressed import Made
from fieldvisit.visits.words import storable, years_on

TO_ANSWER, TO_REVIEW = "entry_proposed", "entry_to_review"
_USED = Refused("form-used", "You sent this once already. Open the page again to write down more.")
_OPEN = Refused("open-already", "An entry without consent was already asked for on this visit. Go on with that one.")


# --- what stands in the visit's log -------------------------------------------------------------------------------


def from_log(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> LawfulEntry | None:
    """Adds what a line of the log says to the visit's case, once. None for a line that is nothing to it."""
    if isinstance(event, ev.EntryCorrected):
        for each in of_visit(session, visit.id):
            _cache(session, each, policy, entry.received_at)  # a line was struck out
        return None
    case = _case_for(session, visit, entry, event)
    if case is None or _written(session, entry.id):
        return case
    made = Made(entry.id, entry.recorded_by, entry.received_at, policy)
    if isinstance(event, ev.EntryAuthorised) and not _has(session, case, "proposed"):
        first = Made(f"{entry.id}:proposed", event.proposed_by or entry.recorded_by, entry.received_at, policy)
        body = {"proposer": event.proposed_by, "life": event.life_at_risk}
        _add(session, case, "proposed", first, at=entry.corrected_time, body=body)
    kind, body = _facts_of(event, entry.recorded_by)
    if isinstance(event, ev.EntryAuthorised):
        body["same_person"] = _is_same_person(session, case, event)
    by = event.authorised_by if isinstance(event, ev.EntryAuthorised) else entry.recorded_by
    _add(
        session,
        case,
        kind,
        Made(entry.id, by, made.at, policy),
        at=entry.corrected_time,
        body=body,
        entry=entry.id,
    )
    _cache(session, case, policy, entry.received_at)
    if kind == "proposed" and case.stage == Stage.PROPOSED:
        _ask(session, case, entry.received_at)
    return case


def _is_same_person(session: Session, case: LawfulEntry, event: ev.EntryAuthorised) -> bool:
    """Whoever authorises it and whoever asked for it, by any account, as the register knows them now."""
    first = next((step for step in steps_of(session, [case.id])[case.id] if step.kind == "proposed"), None)
    asked = first.body.get("proposer", first.by_id) if first else event.proposed_by
    return (asked or event.proposed_by) in same_ids(session, [event.authorised_by])


def _facts_of(event: ev.Event, by: str) -> tuple[str, dict[str, Any]]:
    match event:
        case ev.EntryProposed(life_at_risk=life):
            return "proposed", {"proposer": by, "life": life}
        case ev.EntryAuthorised() as given:
            return "authorised", {
                "basis": given.basis, "authoriser": given.authorised_by, "proposer": given.proposed_by,
                "life": given.life_at_risk, "methods": list(given.contact_methods),
            }  # fmt: skip
        case ev.EntryLawful() as went_in:
            return "entered", {
                "second": went_in.second_person, "named": bool(went_in.words and went_in.words.strip()),
                "methods": list(went_in.contact_methods),
            }  # fmt: skip
        case ev.EntrySecured() as left:
            return "secured", {
                "lock": left.lock, "keys": left.keys, "only_made_safe": left.only_made_safe,
                "notice_left": left.notice_left,
            }  # fmt: skip
        case ev.PhotoTaken(what=what):
            return "photo", {"what": what}
        case ev.ConsentGiven():
            return "tried", {"outcome": "agreed"}
        case ev.ConsentRefused():
            return "tried", {"outcome": "refused"}
    raise AssertionError(f"{event!r} is nothing to an entry without consent")


_OPENS = (ev.EntryProposed, ev.EntryAuthorised, ev.EntryLawful, ev.EntrySecured)
_JOINS = (ev.PhotoTaken, ev.ConsentGiven, ev.ConsentRefused)


def _case_for(session: Session, visit: Visit, entry: Entry, event: ev.Event) -> LawfulEntry | None:
    """The one that is open, or the newest; a new one for a fact that says that somebody went in all the same."""
    if not isinstance(event, (*_OPENS, *_JOINS)):
        return None
    found = of_visit(session, visit.id)
    open_now = next((case for case in found if case.stage not in rules.OVER), None)
    if isinstance(event, _JOINS):
        waits = open_now is not None and open_now.stage in (*rules.WAITING, *rules.INSIDE)
        return open_now if waits else None
    if open_now is not None:
        return (
            None if isinstance(event, ev.EntryProposed) else open_now
        )  # asked twice: whoever asked first is the proposer
    if found and not isinstance(event, ev.EntryProposed | ev.EntryAuthorised):
        return found[0]
    return _open(session, visit, entry.corrected_time)


def _open(session: Session, visit: Visit, at: datetime) -> LawfulEntry:
    case = LawfulEntry(
        visit_id=visit.id, home_id=visit.home_id, area_id=visit.area_id, stage=Stage.PROPOSED, basis="", opened_at=at
    )
    session.add(case)
    session.flush()
    return case


# --- what the desk does -------------------------------------------------------------------------------------------


def propose(
    session: Session,
    visit: Visit,
    proposer: str,
    said: dict[str, str],
    verdict: Verdict,
    made: Made,
    *,
    life: bool,
) -> LawfulEntry:
    if before := _by_key(session, made.key):
        if before.visit_id != visit.id:
            raise RefusedError(_USED)
        return before
    insist(verdict)
    if any(case.stage not in rules.OVER for case in of_visit(session, visit.id)):
        raise RefusedError(_OPEN)
    case = _open(session, visit, made.at)
    _add(session, case, "proposed", made, body={"proposer": proposer, "life": life}, said=said)
    _cache(session, case, made.policy, made.at)
    _ask(session, case, made.at)
    return case


def act(
    session: Session, case: LawfulEntry, kind: str, verdict: Verdict, made: Made, *, body: dict[str, Any],
    said: dict[str, str] | None = None, at: datetime | None = None,
) -> bool:  # fmt: skip
    """One step of the desk that is no line of the visit's log. False: this form was kept before."""
    if before := _by_key(session, made.key):
        if before.id != case.id:
            raise RefusedError(_USED)
        return False
    insist(verdict)
    _add(session, case, kind, made, at=at, body=body, said=said or {})
    _cache(session, case, made.policy, made.at)
    if kind == "told" and case.due_at:
        raise_task(
            session, TO_REVIEW, cause=f"{TO_REVIEW}:{case.id}", about="visit", about_id=case.visit_id,
            area_id=case.area_id, at=made.at, due=case.due_at,
        )  # fmt: skip
    return True


def fold_anew(session: Session, policy: Policy) -> int:
    """What is open, or has a task that is, by today's rules. For system work. How many have another day now."""
    changed = 0
    asked = select(Task.cause).where(Task.kind.in_((TO_ANSWER, TO_REVIEW)), Task.done_at.is_(None))
    ids = [cause.rpartition(":")[2] for cause in session.scalars(asked)]
    still_open = or_(LawfulEntry.stage.not_in(rules.OVER), LawfulEntry.id.in_(ids))
    waiting = select(LawfulEntry).where(still_open).with_for_update()
    for case in session.scalars(waiting.order_by(LawfulEntry.id)).all():
        before = case.due_at
        _cache(session, case, policy)
        changed += case.due_at != before
    return changed


def _ask(session: Session, case: LawfulEntry, at: datetime) -> None:
    assert case.due_at, "a proposal is answered by its time"
    raise_task(
        session, TO_ANSWER, cause=f"{TO_ANSWER}:{case.id}", about="visit", about_id=case.visit_id, area_id=case.area_id,
        at=at, due=case.due_at,
    )  # fmt: skip


def _settle(session: Session, case: LawfulEntry, at: datetime) -> None:
    """However it was answered, and whoever wrote it: nobody marks these as done by hand (`ground/task_kinds.py`)."""
    over = [
        kind for kind, waits in ((TO_ANSWER, (Stage.PROPOSED,)), (TO_REVIEW, rules.INSIDE)) if case.stage not in waits
    ]
    causes = [f"{kind}:{case.id}" for kind in over]
    for task in session.scalars(select(Task).where(Task.cause.in_(causes), Task.done_at.is_(None))):
        task.done_at = at


# --- reading ------------------------------------------------------------------------------------------------------


def find(session: Session, case_id: str) -> LawfulEntry | None:
    return session.scalars(select(LawfulEntry).where(LawfulEntry.id == case_id)).first()


def of_visit(session: Session, visit_id: str) -> Sequence[LawfulEntry]:
    """The newest first."""
    wanted = select(LawfulEntry).where(LawfulEntry.visit_id == visit_id)
    return session.scalars(wanted.order_by(LawfulEntry.opened_at.desc(), LawfulEntry.id)).all()


def tenant_said_no(session: Session, visit_id: str, policy: Policy) -> bool:
    """At this visit, whichever case of it heard so."""
    steps = steps_of(session, [case.id for case in of_visit(session, visit_id)])
    return any(state_of(each, policy).refused for each in steps.values())


def asked_by(session: Session, visit_id: str, person_id: str) -> bool:
    """Has this person, by any account, asked for an entry that waits for its answer? Then nobody else's name makes it
    another's."""
    wanted = (
        select(LawfulEntryStep)
        .join(LawfulEntry, LawfulEntry.id == LawfulEntryStep.lawful_entry_id)
        .where(
            LawfulEntry.visit_id == visit_id, LawfulEntry.stage == Stage.PROPOSED, LawfulEntryStep.kind == "proposed"
        )
    )
    mine = same_ids(session, [person_id])
    return any(step.body.get("proposer") in mine for step in session.scalars(wanted))


def as_known_there(session: Session, person_id: str, known: Collection[str]) -> str:
    """The account by which this person is among those, or their own where they are not."""
    mine = same_ids(session, [person_id])
    return next((each for each in known if each in mine), person_id)


def steps_of(session: Session, case_ids: Sequence[str]) -> dict[str, list[LawfulEntryStep]]:
    """In the order in which things happened. What was struck out of the visit's log is left out."""
    wanted = select(LawfulEntryStep).where(LawfulEntryStep.lawful_entry_id.in_(case_ids))
    rows = session.scalars(wanted.order_by(LawfulEntryStep.at, LawfulEntryStep.position)).all()
    struck = _struck(session, [row.entry_id for row in rows if row.entry_id])
    found: dict[str, list[LawfulEntryStep]] = {case_id: [] for case_id in case_ids}
    for row in rows:
        if row.entry_id not in struck:
            found[row.lawful_entry_id].append(row)
    return found


def state_of(steps: Sequence[LawfulEntryStep], policy: Policy) -> State:
    return rules.fold((Deed(row.kind, row.at, row.by_id, row.body) for row in steps), policy)


def cached(state: State) -> dict[str, Any]:
    """The columns that are nothing but the fold: what `fieldvisit check` compares."""
    return {
        "stage": state.stage.value, "basis": state.basis, "entered_at": state.entered_at, "due_at": state.due_at,
    }  # fmt: skip


def _struck(session: Session, entry_ids: Sequence[str]) -> set[str]:
    lines = session.scalars(select(Entry).where(Entry.id.in_(entry_ids))).all() if entry_ids else []
    about = {line.visit_id for line in lines}
    wanted = select(Entry).where(Entry.visit_id.in_(about), Entry.kind == "entry.corrected")
    out = {(row.visit_id, row.body["device"], row.body["uuid"]) for row in session.scalars(wanted)} if about else set()
    return {line.id for line in lines if (line.visit_id, line.device, line.uuid) in out}


def _cache(session: Session, case: LawfulEntry, policy: Policy, at: datetime | None = None) -> None:
    """at: when it changed; as of its last step where that is all that is known."""
    steps = steps_of(session, [case.id])[case.id]
    for column, value in cached(state_of(steps, policy)).items():
        setattr(case, column, value)
    session.flush()
    _settle(session, case, at or max((step.made_at for step in steps), default=case.opened_at))


def _add(
    session: Session, case: LawfulEntry, kind: str, made: Made, *, body: dict[str, Any],
    said: dict[str, str] | None = None, at: datetime | None = None, entry: str | None = None,
) -> None:  # fmt: skip
    last = session.scalars(
        select(func.max(LawfulEntryStep.position)).where(LawfulEntryStep.lawful_entry_id == case.id)
    ).first()
    session.add(
        LawfulEntryStep(
            lawful_entry_id=case.id, position=(last or 0) + 1, kind=kind, at=at or made.at, made_at=made.at,
            by_id=made.by, body=body, said={name: storable(text) for name, text in (said or {}).items()},
            entry_id=entry, form_key=made.key,
            keep_until=years_on(london_date(made.at), made.policy.keep.visit_years.value),
        )
    )  # fmt: skip
    session.flush()


def _written(session: Session, entry_id: str) -> bool:
    return session.scalars(select(LawfulEntryStep.id).where(LawfulEntryStep.entry_id == entry_id)).first() is not None


def _has(session: Session, case: LawfulEntry, kind: str) -> bool:
    wanted = select(LawfulEntryStep.id).where(LawfulEntryStep.lawful_entry_id == case.id, LawfulEntryStep.kind == kind)
    return session.scalars(wanted).first() is not None


def _by_key(session: Session, key: str) -> LawfulEntry | None:
    wanted = select(LawfulEntry).join(LawfulEntryStep, LawfulEntryStep.lawful_entry_id == LawfulEntry.id)
    return session.scalars(wanted.where(LawfulEntryStep.form_key == key)).first()
