"""Opening a case, adding a step to it, folding it anew. The only writer of hazards, their steps and words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, cast, exists, select
from sqlalchemy.orm import Session, aliased

from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.references import Kind, new_reference
from fieldvisit.ground.verdict import insist
from fieldvisit.hazards import clocks, rules
from fieldvisit.hazards.models import Hazard, HazardStep, HazardWords
from fieldvisit.hazards.state import Deed, Stage, State, fold
from fieldvisit.register.models import Home
from fieldvisit.register.same import same_ids
from fieldvisit.tasks import Task
from fieldvisit.visits.access_service import doors_of
from fieldvisit.visits.access_why import UNKNOWN, Door
from fieldvisit.visits.words import storable, years_on

AT_A_TIME = 200
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Opening:
    """aware_at: when it was seen or reported (aware UTC), which starts its clocks. hazard: "" is to be described."""

    home: Home
    cause: str
    aware_at: datetime
    hazard: str = ""
    at_risk: tuple[str, ...] = ()
    emergency: bool = False
    seen: str = ""
    visit_id: str | None = None
    by: str | None = None
    source: str = "desk"
    teller: str = ""  # who rang, and how to reach them
    entry: str = ""  # of the visit's log: what was said there stands beside it, and is not copied

    @property
    def body(self) -> dict[str, Any]:
        said: dict[str, Any] = {"from": self.source}
        if self.hazard or self.at_risk or self.emergency:
            said |= {"hazard": self.hazard, "at_risk": list(self.at_risk), "emergency": self.emergency}
        return said | ({"entry": self.entry} if self.entry else {})


def open_case(session: Session, opening: Opening, at: datetime, policy: Policy) -> Hazard:
    """Opened twice by one cause is opened once."""
    found = session.scalars(select(Hazard).where(Hazard.cause == opening.cause)).first()
    if found:
        return found
    hazard = Hazard(
        id=new_id(), ref=new_reference(Kind.HAZARD), cause=opening.cause,
        home_id=opening.home.id, area_id=opening.home.area_id, visit_id=opening.visit_id, hazard=opening.hazard,
        stage=Stage.LOGGED, at_risk=list(opening.at_risk), aware_at=opening.aware_at, reported_by=opening.by,
        opened_at=at,
    )  # fmt: skip
    session.add(hazard)
    session.flush()
    deed = Deed("reported", opening.aware_at, opening.by or "", opening.body)
    _write(session, hazard, deed, {"seen": opening.seen, "teller": opening.teller}, opening.cause, at, policy)
    return hazard


def report_from_visit(session: Session, opening: Opening, at: datetime, policy: Policy) -> Hazard | None:
    """What a phone said of one hazard: it joins that visit's open case of it, or the one that a close-out opened without
    saying which; otherwise it opens one. None: it joined. The visit is locked, so that two phones do not open two."""
    mine = select(Hazard).where(Hazard.visit_id == opening.visit_id, Hazard.stage != Stage.CLOSED).with_for_update()
    cases = session.scalars(mine.order_by(Hazard.opened_at, Hazard.id)).all()
    same = next((case for case in cases if case.hazard == opening.hazard), None)
    case = same or next((case for case in cases if not case.hazard), None)
    if case is None or case.cause == opening.cause:
        return open_case(session, opening, at, policy)
    join(session, case, opening, at, policy)
    return None


def join(session: Session, case: Hazard, opening: Opening, at: datetime, policy: Policy) -> None:
    """Said of a hazard that has its case. The case must be locked. The same cause twice is one step."""
    if not session.scalars(select(HazardStep.id).where(HazardStep.form_key == opening.cause)).first():
        deed = Deed("joined", opening.aware_at, opening.by or "", opening.body)
        _write(session, case, deed, _words(opening), opening.cause, at, policy)


def _words(opening: Opening) -> Mapping[str, str]:
    """Of a visit's log, what was said stands there."""
    return {"seen": opening.seen, "teller": opening.teller} if not opening.entry else _NOTHING


def has_case(session: Session, visit_id: str) -> bool:
    return session.scalars(select(Hazard.id).where(Hazard.visit_id == visit_id).limit(1)).first() is not None


def lock(session: Session, hazard_id: str) -> Hazard | None:
    return session.scalars(select(Hazard).where(Hazard.id == hazard_id).with_for_update()).first()


def act(
    session: Session, hazard: Hazard, deed: Deed, words: Mapping[str, str], *, key: str, at: datetime, policy: Policy
) -> None:
    """One step by an officer. The case must be locked. The same form twice is one step. Raises RefusedError."""
    if session.scalars(select(HazardStep.id).where(HazardStep.form_key == key)).first():
        return
    state = state_of(session, hazard.id)
    insist(rules.may_have_happened(state, deed.at, at))
    insist(rules.may(state, deed, words, policy, same_ids(session, [deed.by])))
    _write(session, hazard, deed, words, key, at, policy)
    if deed.kind == "triaged":
        _finish_task(session, hazard.cause, at)


def note(session: Session, hazard: Hazard, deed: Deed, at: datetime, policy: Policy) -> None:
    """A step that the system saw, once for each message and kind. The case must be locked."""
    key = f"{deed.kind}:{deed.body['message']}"
    if not session.scalars(select(HazardStep.id).where(HazardStep.form_key == key)).first():
        _write(session, hazard, deed, _NOTHING, key, at, policy)


def access_failed(session: Session, home_id: str, visit_id: str, entry_id: str, happened: datetime, at: datetime,
                  policy: Policy) -> None:  # fmt: skip
    """A visit to this home got nobody in: evidence in each open case there. No clock stops. Whose doing it was is read
    anew each time (`doors`): proof may come late, and a tenant may say that the record is wrong."""
    wanted = select(Hazard).where(Hazard.home_id == home_id, Hazard.stage != Stage.CLOSED).with_for_update()
    for hazard in session.scalars(wanted.order_by(Hazard.id)).all():
        key = f"{entry_id}:{hazard.id[:31]}"
        known = session.scalars(select(HazardStep.id).where(HazardStep.form_key == key)).first()
        if not known and happened >= hazard.aware_at:
            deed = Deed("access_failed", happened, "", {"visit": visit_id})
            _write(session, hazard, deed, _NOTHING, key, at, policy)


# --- reading ------------------------------------------------------------------------------------------------------


def steps_of(session: Session, hazard_ids: Iterable[str]) -> dict[str, list[HazardStep]]:
    """By case, in their order."""
    found: dict[str, list[HazardStep]] = {each: [] for each in hazard_ids}
    query = select(HazardStep).where(HazardStep.hazard_id.in_(list(found)))
    for step in session.scalars(query.order_by(HazardStep.hazard_id, HazardStep.position)):
        found[step.hazard_id].append(step)
    return found


def deeds_from(steps: Sequence[HazardStep]) -> list[Deed]:
    return [Deed(step.kind, step.at, step.by or "", step.body) for step in steps]


def state_from(steps: Sequence[HazardStep]) -> State:
    return fold(deeds_from(steps))


def state_of(session: Session, hazard_id: str) -> State:
    return state_from(steps_of(session, [hazard_id])[hazard_id])


def doors(session: Session, steps: Sequence[HazardStep], policy: Policy) -> dict[str, Door]:
    """Step id -> how it stands with that door, of the steps that say that nobody got in."""
    lines = {step.id: step.form_key.partition(":")[0] for step in steps if step.kind == "access_failed"}
    found = doors_of(session, lines.values(), policy)
    at = {step.id: step.at for step in steps}
    return {step_id: found.get(line) or Door(at[step_id], UNKNOWN) for step_id, line in lines.items()}


def words_of(session: Session, hazard_id: str) -> dict[str, dict[str, str]]:
    """Step id -> field -> words."""
    found: dict[str, dict[str, str]] = {}
    for words in session.scalars(select(HazardWords).where(HazardWords.hazard_id == hazard_id)):
        found.setdefault(words.step_id, {})[words.field] = words.text
    return found


def fold_anew(session: Session, policy: Policy) -> int:
    """What is open, by today's rules: a clock that came since its last step stands on the board at once. For system work."""
    changed, after = 0, ""
    wanted = select(Hazard).where(Hazard.stage != Stage.CLOSED).order_by(Hazard.id).limit(AT_A_TIME).with_for_update()
    while rows := session.scalars(wanted.where(Hazard.id > after)).all():
        steps = steps_of(session, [row.id for row in rows])
        for row in rows:
            now = cached(state_from(steps[row.id]), policy)
            if any(getattr(row, column) != value for column, value in now.items()):
                _cache(row, state_from(steps[row.id]), policy)
                changed += 1
        after = rows[-1].id
        session.flush()
    return changed


# --- writing ------------------------------------------------------------------------------------------------------


def _write(
    session: Session, hazard: Hazard, deed: Deed, words: Mapping[str, str], key: str, at: datetime, policy: Policy
) -> None:
    before = steps_of(session, [hazard.id])[hazard.id]
    step = HazardStep(
        id=new_id(), hazard_id=hazard.id, position=len(before) + 1, kind=deed.kind, at=deed.at, recorded_at=at,
        by=deed.by or None, stage_before=hazard.stage if before else "", stage_after="", body=dict(deed.body),
        form_key=key,
    )  # fmt: skip
    state = state_from([*before, step])
    step.stage_after = state.stage
    session.add(step)
    session.flush()
    keep_until = years_on(london_date(at), policy.keep.visit_years.value)
    for field, text in words.items():
        if text:
            session.add(
                HazardWords(
                    step_id=step.id, hazard_id=hazard.id, subject_id=hazard.home_id, field=field, text=storable(text),
                    keep_until=keep_until,
                )
            )  # fmt: skip
    _cache(hazard, state, policy)
    session.flush()


def urgent() -> Select[str]:
    """The ids of those that were reported as an emergency and that nobody has decided on since (D4): what waits first."""
    later = aliased(HazardStep)
    decided = exists(
        select(later.id).where(
            later.hazard_id == HazardStep.hazard_id, later.kind == "triaged", later.position > HazardStep.position
        )
    )
    ticked = cast(HazardStep.body, Text).contains('"emergency":true')
    said = select(HazardStep.hazard_id).where(HazardStep.kind.in_(("reported", "joined")), ticked, ~decided)
    return select(Hazard.id).where(Hazard.stage == Stage.LOGGED, Hazard.id.in_(said))


def cached(state: State, policy: Policy) -> dict[str, Any]:
    """The columns of `Hazard` that are nothing but the fold: what `fieldvisit check` compares."""
    return {
        "stage": state.stage.value,
        "hazard": state.hazard,
        "at_risk": list(state.at_risk),
        "aware_at": state.now.aware_at,
        "runs_out_at": clocks.runs_out_first(clocks.clocks(state, policy)) if state.open else None,
    }


def _cache(hazard: Hazard, state: State, policy: Policy) -> None:
    for column, value in cached(state, policy).items():
        setattr(hazard, column, value)


def _finish_task(session: Session, cause: str, at: datetime) -> None:
    """The task that said 'look at it today' is done when somebody has looked and decided."""
    task = session.scalars(select(Task).where(Task.cause == cause, Task.done_at.is_(None))).first()
    if task:
        task.done_at = at
