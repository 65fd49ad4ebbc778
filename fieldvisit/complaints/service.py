"""Receiving a complaint, adding a step to it, folding it anew. The only writer of complaints, their steps and words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.complaints import clocks, rules
from fieldvisit.complaints.hands import hands_of as hands_of
from fieldvisit.complaints.hands import kept_from
from fieldvisit.complaints.hands import officers as officers
from fieldvisit.complaints.models import Complaint, ComplaintStep, ComplaintWords, deals_with_some
from fieldvisit.complaints.rules import Hands, Heard
from fieldvisit.complaints.state import Deed, Stage, State, fold
from fieldvisit.db import is_taken, new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.deadlines import due
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.references import Kind, letters_of, reference
from fieldvisit.ground.roles import Principal, SystemPrincipal
from fieldvisit.ground.verdict import insist
from fieldvisit.hazards import service as hazards
from fieldvisit.jobs import want
from fieldvisit.register.models import Home, Household
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits.models import Visit
from fieldvisit.visits.words import storable, years_on

WORK = "complaint"
UNHAPPY, COMPLAINT, CAME_BACK = "tenant_unhappy", "complaint", "complaint_back"  # kinds of task; the first is R16's
UNKNOWN_HAZARD = "unknown"  # somebody must still say which
_NOTHING: Mapping[str, str] = {}
_NEEDED = {"Complaint", "ComplaintStep", "Hazard", "Home", "Visit"}


# --- receiving ----------------------------------------------------------------------------------------------------


def receive(
    session: Session, heard: Heard, *, by: Principal | SystemPrincipal, at: datetime, policy: Policy
) -> Complaint:
    """Received twice by one cause is received once: the second answer bears its id and nothing more.

    Whoever takes it (`by`, in a session of theirs or of system work) need not be one who may read it: then the worker
    finds its home and opens its hazard. A task of the same cause that is there already is the one that closes when it is
    acknowledged.
    """
    asking = session.info["asking"]
    reads = _reads(asking)
    home = _home_of(session, heard) if reads else None
    complaint = _as_said(heard, home, at)
    named = (heard.about_person_id,) if heard.about_person_id else ()
    kept = kept_from(
        session, named, visit_id=heard.visit_id, home_id=complaint.home_id, area_id=complaint.area_id, at=at
    )
    if isinstance(asking, Principal) and asking.person_id in (*named, *kept):
        reads = False
    try:
        deeds = _first_deeds(heard, kept)
        with session.begin_nested():
            _first_row(session, complaint, deeds, policy)
    except IntegrityError as error:
        if not is_taken(error):
            raise
        return _as_said(heard, home, at)  # its twin was first
    _first_steps(session, complaint, deeds, heard, at, policy)
    if heard.wanted:
        _raise_task(session, complaint, policy)
    if reads and (home or not (heard.home_id or heard.visit_id or heard.household_id)):
        _open_hazard(session, complaint, at, policy)
    else:
        want(session, WORK, complaint.id, due=at)
    return complaint


def follow(session: Session, complaint_id: str, at: datetime, policy: Policy) -> None:
    """What whoever took it could not do: its home, its area, its hazard. Twice is once. For system work."""
    complaint = lock(session, complaint_id)
    if complaint is None:
        return
    body = steps_of(session, [complaint.id])[complaint.id][0].body
    if complaint.area_id is None and (home := _home(session, complaint.home_id, complaint.visit_id, body)):
        complaint.home_id, complaint.area_id = home.id, home.area_id
        for task in session.scalars(select(Task).where(Task.about == WORK, Task.about_id == complaint.id)):
            task.area_id = home.area_id
    _keep(session, complaint, at, policy)
    _open_hazard(session, complaint, at, policy)


def keep_from(session: Session, cause: str, person_id: str, at: datetime, policy: Policy) -> None:
    """It was found out elsewhere whom the complaint of this cause is about: from now on they, and whoever is near, read
    nothing of it (N1). Its page does not say who (N3). Twice is once. For system work. cause: of the complaint, or of what
    the complaint itself reported."""
    own = cause.removeprefix("complaint:")
    query = select(Complaint).where(or_(Complaint.cause == cause, Complaint.id == own)).with_for_update()
    if complaint := session.scalars(query).first():
        _keep(session, complaint, at, policy, also=(person_id,))


def _keep(session: Session, complaint: Complaint, at: datetime, policy: Policy, also: tuple[str, ...] = ()) -> None:
    """From whoever is near, as far as it is known now. Nobody who was kept out is let in again."""
    steps = steps_of(session, [complaint.id])[complaint.id]
    state = state_from(steps)
    found = kept_from(
        session, {*state.named, *also}, visit_id=complaint.visit_id, home_id=complaint.home_id,
        area_id=complaint.area_id, at=at,
    )  # fmt: skip
    if new := [each for each in found if each not in (*state.named, *state.kept)]:
        key = sha256(f"kept:{complaint.id}:{len(steps)}".encode()).hexdigest()
        write(session, complaint, Deed("kept", at, "", {"people": new}), _NOTHING, key, at, policy, steps)


def _reads(by: Principal | SystemPrincipal) -> bool:
    return by.models >= _NEEDED if isinstance(by, SystemPrincipal) else deals_with_some(by)


def _as_said(heard: Heard, home: Home | None, at: datetime) -> Complaint:
    """Its id and its letters are made of its cause, so that whoever may not read it can receive it twice."""
    digest = sha256(f"complaint:{heard.cause}".encode()).digest()
    letters = letters_of(digest[16:25])
    return Complaint(
        id=digest[:16].hex(), ref=reference(Kind.COMPLAINT, letters), cause=heard.cause,
        home_id=home.id if home else heard.home_id, area_id=home.area_id if home else None, visit_id=heard.visit_id,
        channel=heard.channel, stage=Stage.RECEIVED, theme="", kept_from="",
        heard_at=heard.heard_at, taken_by=heard.handler_is, opened_at=at,
    )  # fmt: skip


def _first_deeds(heard: Heard, kept: Sequence[str]) -> list[Deed]:
    body: dict[str, Any] = {"from": heard.channel, "conduct": heard.about_conduct}
    if heard.hazard:
        body["hazard"] = heard.hazard
    if heard.household_id:
        body["household"] = heard.household_id
    if heard.about_person_id:
        body["named"] = [heard.about_person_id]
    if kept:
        body["kept"] = list(kept)
    deeds = [Deed("received", heard.heard_at, heard.handler_is or "", body)]
    if not heard.wanted:
        deeds.append(Deed("not_wanted", heard.heard_at, heard.handler_is or ""))
    return deeds


def _first_row(session: Session, complaint: Complaint, deeds: Sequence[Deed], policy: Policy) -> None:
    for column, value in cached(fold(deeds), policy).items():
        setattr(complaint, column, value)  # now: whoever may not read it could not change it after
    session.add(complaint)
    session.flush()


def _first_steps(
    session: Session, complaint: Complaint, deeds: Sequence[Deed], heard: Heard, at: datetime, policy: Policy
) -> None:
    words = {
        "said": heard.words, "wants": heard.wants, "complainant": heard.complainant_name,
        "contact": heard.complainant_contact, "safe": heard.safe_to_contact, "representative": heard.representative,
        "authority": heard.authority, "put_right": heard.put_right, "hazard_seen": heard.hazard_seen,
    }  # fmt: skip
    before: list[ComplaintStep] = []
    for deed, said in zip(deeds, (words, _NOTHING), strict=False):
        key = heard.cause if not before else f"no:{complaint.id}"
        before.append(_add_step(session, complaint, deed, said, key, at, policy, before))


def _home_of(session: Session, heard: Heard) -> Home | None:
    return _home(session, heard.home_id, heard.visit_id, {"household": heard.household_id})


def _home(session: Session, home_id: str | None, visit_id: str | None, body: Mapping[str, Any]) -> Home | None:
    query = select(Home)
    if home_id:
        query = query.where(Home.id == home_id)
    elif visit_id:
        query = query.join(Visit, Visit.home_id == Home.id).where(Visit.id == visit_id)
    elif body.get("household"):
        query = query.join(Household, Household.home_id == Home.id).where(Household.id == body["household"])
    else:
        return None
    return session.scalars(query).first()


def _raise_task(session: Session, complaint: Complaint, policy: Policy) -> None:
    """DR-8, dated from when it was said. It leads to the complaint, and is seen by whoever sees that."""
    ends = due("complaint_ack", complaint.heard_at, policy=policy).due
    assert ends
    kind = UNHAPPY if complaint.channel == "door" else COMPLAINT
    try:
        with session.begin_nested():
            raise_task(session, kind, cause=complaint.cause, about=WORK, about_id=complaint.id,
                       area_id=complaint.area_id, at=complaint.heard_at, due=ends)  # fmt: skip
    except IntegrityError:  # the task was there before complaints had cases: now it leads to this one
        for task in session.scalars(select(Task).where(Task.cause == complaint.cause)):
            task.about, task.about_id = WORK, complaint.id


def _open_hazard(session: Session, complaint: Complaint, at: datetime, policy: Policy) -> None:
    """Its own clocks, from the instant of the complaint (B2). The hazard's case says nothing of a complaint (N3)."""
    steps = steps_of(session, [complaint.id])[complaint.id]
    said = steps[0].body.get("hazard")
    if not said or complaint.home_id is None or any(step.kind == "hazard_opened" for step in steps):
        return
    home = session.scalars(select(Home).where(Home.id == complaint.home_id)).first()
    if home is None:
        return
    opening = hazards.Opening(
        home=home, cause=f"complaint:{complaint.id}", aware_at=complaint.heard_at,
        hazard=said if any(one.name == said for one in policy.hazards) else "",
        seen=words_of(session, complaint.id).get(steps[0].id, {}).get("hazard_seen", ""), visit_id=complaint.visit_id,
    )  # fmt: skip
    case = hazards.open_case(session, opening, at, policy)
    write(
        session,
        complaint,
        Deed("hazard_opened", at, "", {"hazard": case.id}),
        _NOTHING,
        opening.cause,
        at,
        policy,
        steps,
    )


# --- working on one -----------------------------------------------------------------------------------------------


def lock(session: Session, complaint_id: str) -> Complaint | None:
    return session.scalars(select(Complaint).where(Complaint.id == complaint_id).with_for_update()).first()


def act(
    session: Session, complaint: Complaint, deed: Deed, words: Mapping[str, str], *, hands: Hands, key: str, seen: int,
    at: datetime, policy: Policy,
) -> None:  # fmt: skip
    """One step by an officer. The complaint must be locked. The same form twice is one step. Raises RefusedError.

    seen: the position of the last step when the form was made; another's step since then is told, and nothing is written.
    """
    if was_pressed(session, key):
        return
    steps = steps_of(session, [complaint.id])[complaint.id]
    insist(rules.unchanged(seen, len(steps)))
    state = state_from(steps)
    insist(rules.may_have_happened(state, deed.at, at))
    insist(rules.may(state, deed, words, hands, policy, london_date(at)))
    write(session, complaint, deed, words, key, at, policy, steps)
    if deed.kind == "named":
        _follow_later(session, complaint, len(steps), at)  # keeps out whoever is near, which may be who writes this


def place(
    session: Session,
    complaint: Complaint,
    home: Home,
    *,
    by: Principal,
    key: str,
    seen: int,
    at: datetime,
    policy: Policy,
) -> None:
    """Which home it is about. The complaint must be locked. Raises RefusedError."""
    if was_pressed(session, key):
        return
    steps = steps_of(session, [complaint.id])[complaint.id]
    insist(rules.unchanged(seen, len(steps)))
    complaint.home_id, complaint.area_id = home.id, home.area_id
    for task in session.scalars(select(Task).where(Task.about == WORK, Task.about_id == complaint.id)):
        task.area_id = home.area_id
    write(session, complaint, Deed("placed", at, by.person_id, {"home": home.id}), _NOTHING, key, at, policy, steps)
    _open_hazard(session, complaint, at, policy)
    _follow_later(session, complaint, len(steps), at)


def _follow_later(session: Session, complaint: Complaint, step: int, at: datetime) -> None:
    want(session, WORK, complaint.id, due=at, dedupe=f"{WORK}:{complaint.id}:{step}")


def was_pressed(session: Session, key: str) -> bool:
    return session.scalars(select(ComplaintStep.id).where(ComplaintStep.form_key == key)).first() is not None


def note(session: Session, complaint: Complaint, deed: Deed, key: str, at: datetime, policy: Policy) -> None:
    """A step that the system saw, once. The complaint must be locked."""
    if not was_pressed(session, key):
        steps = steps_of(session, [complaint.id])[complaint.id]
        write(session, complaint, deed, _NOTHING, key, at, policy, steps)


# --- reading ------------------------------------------------------------------------------------------------------


def steps_of(session: Session, complaint_ids: Iterable[str]) -> dict[str, list[ComplaintStep]]:
    """By complaint, in their order."""
    found: dict[str, list[ComplaintStep]] = {each: [] for each in complaint_ids}
    query = select(ComplaintStep).where(ComplaintStep.complaint_id.in_(list(found)))
    for step in session.scalars(query.order_by(ComplaintStep.complaint_id, ComplaintStep.position)):
        found[step.complaint_id].append(step)
    return found


def state_from(steps: Sequence[ComplaintStep]) -> State:
    return fold(Deed(step.kind, step.at, step.by or "", step.body) for step in steps)


def state_of(session: Session, complaint_id: str) -> State:
    return state_from(steps_of(session, [complaint_id])[complaint_id])


def words_of(session: Session, complaint_id: str) -> dict[str, dict[str, str]]:
    """Step id -> field -> words."""
    found: dict[str, dict[str, str]] = {}
    for words in session.scalars(select(ComplaintWords).where(ComplaintWords.complaint_id == complaint_id)):
        found.setdefault(words.step_id, {})[words.field] = words.text
    return found


# --- writing ------------------------------------------------------------------------------------------------------


def write(
    session: Session, complaint: Complaint, deed: Deed, words: Mapping[str, str], key: str, at: datetime,
    policy: Policy, before: Sequence[ComplaintStep],
) -> ComplaintStep:  # fmt: skip
    """before: every step so far. Of this slice alone: whoever calls it has asked the rules."""
    step = _add_step(session, complaint, deed, words, key, at, policy, before)
    state = state_from([*before, step])
    for column, value in cached(state, policy).items():
        setattr(complaint, column, value)
    session.flush()
    _finish_tasks(session, complaint, state, at)
    return step


def _add_step(
    session: Session, complaint: Complaint, deed: Deed, words: Mapping[str, str], key: str, at: datetime,
    policy: Policy, before: Sequence[ComplaintStep],
) -> ComplaintStep:  # fmt: skip
    step = ComplaintStep(
        id=new_id(), complaint_id=complaint.id, position=len(before) + 1, kind=deed.kind, at=deed.at, recorded_at=at,
        by=deed.by or None, stage_before=before[-1].stage_after if before else "", stage_after="", body=dict(deed.body),
        form_key=key,
    )  # fmt: skip
    step.stage_after = state_from([*before, step]).stage
    session.add(step)
    session.flush()
    keep_until = years_on(london_date(at), policy.complaint.keep_years.value)
    for field, text in words.items():
        if text:
            session.add(
                ComplaintWords(
                    step_id=step.id, complaint_id=complaint.id, subject_id=complaint.home_id or complaint.id, field=field,
                    text=storable(text), keep_until=keep_until,
                )
            )  # fmt: skip
    session.flush()
    return step


def cached(state: State, policy: Policy) -> dict[str, Any]:
    """The columns of `Complaint` that are nothing but the fold: what `fieldvisit check` compares."""
    return {
        "stage": state.stage.value,
        "theme": state.theme,
        "handler_id": state.handlers.get(state.process) or state.handlers.get(1),
        "kept_from": " ".join(dict.fromkeys((*state.named, *state.kept))),
        "runs_out_at": clocks.runs_out_first(state, policy),
    }


def due_cause(complaint: Complaint, key: str, number: int = 0) -> str:
    return f"due:{complaint.id}:{key}:{number}"


def _finish_tasks(session: Session, complaint: Complaint, state: State, at: datetime) -> None:
    """The task closes when it is acknowledged, or ended without; one that warned, when what it warned of is done."""
    causes = [due_cause(complaint, *each) for each in clocks.settled(state)]
    if "ack1" in state.sent or not state.open:
        causes.append(complaint.cause)
    over: ColumnElement[bool] = Task.cause.in_(causes)
    if not state.came_back:
        over = or_(over, and_(Task.kind == CAME_BACK, Task.about == WORK, Task.about_id == complaint.id))
    for task in session.scalars(select(Task).where(over, Task.done_at.is_(None))):
        task.done_at = at


def has_open_task(session: Session, complaint: Complaint) -> bool:
    """Its first, which says that it is to be acknowledged."""
    wanted = select(Task.id).where(Task.cause == complaint.cause, Task.done_at.is_(None))
    return session.scalars(wanted).first() is not None
