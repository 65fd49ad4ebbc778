"""The fold: lines of a log, in the order in which they happened, to one `VisitState`. Pure; the only place that moves a stage."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fieldvisit.ground.clock import in_order
from fieldvisit.ground.policy import Policy
from fieldvisit.notices import rules as notice_rules
from fieldvisit.visits import events as ev
from fieldvisit.visits.consent import is_valid_refusal, may_agree
from fieldvisit.visits.state import (
    ENDED,
    LANDS,
    PLANNING,
    TRANSITIONS,
    Consent,
    Stage,
    VisitState,
    steps_in_order,
)

DESK = "desk"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the fold needs it. device_time: the phone's own clock; at: corrected. Both aware UTC."""

    event: ev.Event
    device: str
    uuid: str
    seq: int | None
    position: int
    device_time: datetime
    at: datetime
    skew_s: int = 0


@dataclass(slots=True)
class _Told:
    """What the tenant has been told so far, and what lifts the need to tell."""

    notices: dict[str, notice_rules.Notice]
    emergency: ev.EmergencyAuthorised | None = None
    investigation: ev.InvestigationAuthorised | None = None
    agreed: tuple[ev.TimeAgreed, datetime] | None = None


def fold(lines: Iterable[Line], policy: Policy) -> VisitState:
    """Any shuffle and any repetition of the same lines gives the same state."""
    state, told = _walk(lines, policy)
    return replace(state, notice_result=answer(state, told, None, policy).result)


def answer_now(lines: Iterable[Line], policy: Policy, arrival: datetime | None = None) -> notice_rules.NoticeAnswer:
    """The notice rules' whole answer for this log: for the page that plans, and the guard at the door."""
    return answer(*_walk(lines, policy), arrival, policy)


def _walk(lines: Iterable[Line], policy: Policy) -> tuple[VisitState, _Told]:
    ordered = in_order({(line.device, line.uuid): line for line in lines}.values())
    # Planning comes first whatever a phone's clock said: there is no visit before it.
    ordered.sort(key=lambda line: not isinstance(line.event, ev.VisitPlanned))
    struck = {(line.event.device, line.event.uuid) for line in ordered if isinstance(line.event, ev.EntryCorrected)}
    state, told = VisitState(), _Told({})
    for line in ordered:
        if (line.device, line.uuid) in struck:
            state = replace(state, struck=(*state.struck, line.uuid))
            continue
        state = _clock_mark(step(state, told, line, policy), line, policy)
    return state, told


def answer(state: VisitState, told: _Told, arrival: datetime | None, policy: Policy) -> notice_rules.NoticeAnswer:
    """What the notice rules say of an arrival at that instant; before arrival, of one at the window's start."""
    arrival = arrival or state.arrived_at or state.window_start
    assert state.window_start and state.window_end and arrival, "a log begins with visit.planned"
    emergency = (
        None
        if told.emergency is None
        else notice_rules.Emergency(
            class_at_arrival=True,
            authorised_by=told.emergency.authorised_by,
            authorised_at=told.emergency.authorised_at,
            authoriser_is_visitor=told.emergency.authorised_by in (state.lead, *state.others),
            hazard=told.emergency.hazard,
            reason=told.emergency.reason or "in the log",
        )
    )
    investigation = (
        None
        if told.investigation is None
        else notice_rules.Investigation(
            authorised_by=told.investigation.authorised_by, reason=told.investigation.reason or "in the log"
        )
    )
    agreed = None
    if told.agreed and told.agreed[0].window_start <= arrival <= told.agreed[0].window_end:
        event, recorded_at = told.agreed
        agreed = notice_rules.Agreement(by=event.by, recorded_at=recorded_at, recorded_by=event.recorded_by)
    return notice_rules.decide(
        notice_rules.PlannedVisit(
            kind=state.kind,
            window_start=state.window_start,
            window_end=state.window_end,
            arrival=arrival,
            visitor=state.visitor,
            works_started=state.works_started,
        ),
        tuple(told.notices.values()),
        emergency=emergency,
        investigation=investigation,
        agreed=agreed,
        policy=policy,
    )


def step(state: VisitState, told: _Told, line: Line, policy: Policy) -> VisitState:
    event, kind = line.event, ev.name_of(line.event)
    if isinstance(event, ev.VisitPlanned):
        return _planned(state, event)
    if _tell(told, line):
        return _replan(state, told, policy)
    if isinstance(event, ev.VisitMoved | ev.VisitReassigned):
        return _replan(_rearranged(state, event), told, policy)
    before = state.stage
    state = _note_facts(state, told, line, policy)
    to = _allowed(state, line, kind, policy)
    if to is None:
        state = _mark(state, told, line, kind, policy)
        to = LANDS.get((before, kind), before)
    return _arrive_at(state, line, to, kind, policy)


def _planned(state: VisitState, event: ev.VisitPlanned) -> VisitState:
    return replace(
        state,
        kind=event.kind,
        window_start=event.window_start,
        window_end=event.window_end,
        lead=event.lead,
        others=event.others,
        visitor=event.visitor,
        works_started=event.works_started,
        trusted_adult=event.trusted_adult,
        two_people=event.two_people,
    )


def _rearranged(state: VisitState, event: ev.VisitMoved | ev.VisitReassigned) -> VisitState:
    if isinstance(event, ev.VisitReassigned):
        return replace(state, lead=event.lead, others=event.others, visitor=event.visitor)
    stage = Stage.REARRANGING if state.stage in PLANNING else state.stage
    return replace(state, window_start=event.window_start, window_end=event.window_end, moved=True, stage=stage)


def _tell(told: _Told, line: Line) -> bool:
    """Takes in what the tenant was told. True when the event was of that sort."""
    match line.event:
        case ev.NoticeRecorded() as event:
            if event.usable:
                told.notices[event.notice] = as_notice(event)
        case ev.NoticeFailed(notice=notice, delivery=delivery) if notice in told.notices:
            told.notices[notice] = replace(told.notices[notice], delivery=delivery, delivered_at=None)
        case ev.NoticeWithdrawn(notice=notice):
            told.notices.pop(notice, None)
        case ev.EmergencyAuthorised() as event:
            told.emergency = event
        case ev.EmergencyDowngraded():
            told.emergency = None
        case ev.InvestigationAuthorised() as event:
            told.investigation = event
        case ev.TimeAgreed() as event:
            told.agreed = (event, line.at)
        case ev.NoticeFailed():
            pass
        case _:
            return False
    return True


def as_notice(event: ev.NoticeRecorded) -> notice_rules.Notice:
    return notice_rules.Notice(
        channel=event.channel,
        sent_at=event.sent_at,
        delivery=event.delivery,
        delivered_at=event.delivered_at,
        despatched_at=event.despatched_at,
        window_start=event.window_start,
        window_end=event.window_end,
        programme_start=event.programme_start,
        programme_end=event.programme_end,
        spoke_to=event.spoke_to,
        recipient_age=event.recipient_age,
        states_who=event.states_who,
        states_why=event.states_why,
    )


def _replan(state: VisitState, told: _Told, policy: Policy) -> VisitState:
    """D1 before setting off: draft, notice pending, notified; rearranging until the new time is told or agreed."""
    if state.stage not in PLANNING:
        return state
    now = answer(state, told, state.window_start, policy)
    if now.may_proceed:
        stage = Stage.CONFIRMED if state.stage is Stage.CONFIRMED else Stage.NOTIFIED
    elif now.given_at and not state.moved:
        stage = Stage.NOTIFIED  # told, but too late: notified and `short`
    elif state.moved or state.stage is Stage.REARRANGING:
        stage = Stage.REARRANGING
    else:
        stage = Stage.NOTICE_PENDING if told.notices else Stage.DRAFT
    return replace(state, stage=stage)


def _note_facts(state: VisitState, told: _Told, line: Line, policy: Policy) -> VisitState:
    match line.event:
        case ev.VisitLate(minutes=minutes):
            return replace(state, late_minutes=minutes)
        case ev.VisitSetOff() | ev.HomeEntered() if state.two_people and not state.others:
            state = state.marked(line.uuid, "alone")
            return replace(state, entered_at=_entered(state, line))
        case ev.VisitArrived():
            state = replace(state, arrived_at=state.arrived_at or line.at)
            return _judge_arrival(state, told, line, policy)
        case ev.DoorAnswered(who=who):
            return replace(state, answered_by=who)
        case ev.DoorIntroduced() | ev.DoorReasonGiven() | ev.DoorIdShown():
            return replace(state, steps=(*state.steps, ev.name_of(line.event)))
        case ev.ConsentGiven() as given if _agrees(given, state, policy):
            return replace(state, consent=Consent(given.who, given.how, given.scope, given.trusted_adult, line.at))
        case ev.ConsentRefused(reason=reason):
            return replace(state, refusal=reason)
        case ev.DoorChildAnswered(adult_coming=False):
            return replace(state, answered_by="child", refusal="no-suitable-adult")
        case ev.ConsentWithdrawn():
            return replace(state, consent_withdrawn=True)
        case ev.EntryAuthorised(basis=basis, authorised_by=by):
            return replace(state, basis=basis, authorised_by=by)
        case ev.HomeEntered():
            return replace(state, entered_at=_entered(state, line))
        case ev.VisitClosed() as closed:
            return replace(
                state,
                further_visit=closed.further_visit,
                further_on=closed.further_on,
                unhappy=closed.unhappy,
                wants_no_complaint=closed.wants_no_complaint,
                hazard_seen=closed.hazard_seen,
            )
        case ev.VisitNoted(code="confirmed") if state.stage is Stage.NOTIFIED:
            return replace(state, stage=Stage.CONFIRMED)
        case ev.VisitNoted(code="asks_other_time") if state.stage in PLANNING:
            return replace(state, stage=Stage.REARRANGING, moved=True)
    return state


def _entered(state: VisitState, line: Line) -> datetime | None:
    return state.entered_at or (line.at if isinstance(line.event, ev.HomeEntered) else None)


def _agrees(given: ev.ConsentGiven, state: VisitState, policy: Policy) -> bool:
    return bool(
        may_agree(
            who=given.who,
            adult=given.adult,
            able=given.able,
            trusted_adult_asked_for=state.trusted_adult,
            trusted_adult=given.trusted_adult,
            policy=policy,
        )
    )


def _judge_arrival(state: VisitState, told: _Told, line: Line, policy: Policy) -> VisitState:
    verdict = answer(state, told, line.at, policy)
    if not verdict.may_proceed:
        state = state.marked(line.uuid, "short-notice")
    exempt = verdict.result.startswith("exempt") or verdict.result == "agreed"
    assert state.window_start and state.window_end
    early = timedelta(minutes=policy.notice.early_tolerance_min.value)
    if not exempt and not state.window_start - early <= line.at <= state.window_end:
        state = state.marked(line.uuid, "outside-window")
    return state


def _allowed(state: VisitState, line: Line, kind: str, policy: Policy) -> Stage | None:
    """D1's next stage, or None where its order or a guard was not met."""
    match line.event:
        case ev.DoorAnswered() if state.stage is Stage.NO_ACCESS and state.basis:
            return Stage.AT_DOOR  # D3: they were tried once more, and answered
        case ev.DoorIdShown() if state.stage is Stage.AT_DOOR:
            ready = steps_in_order(state.steps) and state.answered_by not in (None, "child")
            return Stage.IDENTIFIED if ready else Stage.AT_DOOR
        case ev.DoorAnswered(who=who) if (
            state.stage is Stage.AT_DOOR and who != "child" and steps_in_order(state.steps)
        ):
            return Stage.IDENTIFIED  # introduced through the door, then it opened
        case ev.DoorChildAnswered(adult_coming=True) if state.stage is Stage.AT_DOOR:
            return Stage.AT_DOOR
        case ev.ConsentGiven() as given if state.stage is Stage.IDENTIFIED and not _agrees(given, state, policy):
            return None
        case ev.EntryLawful() if not state.basis:
            return None
        case ev.PhotoTaken(what="hazard"):
            return state.stage  # with a report, which may be made at any moment
    return TRANSITIONS.get((state.stage, kind))


def _mark(state: VisitState, told: _Told, line: Line, kind: str, policy: Policy) -> VisitState:
    sets_off = kind == "visit.set_off" and state.stage in PLANNING
    if sets_off and not answer(state, told, None, policy).may_proceed:
        return state  # the arrival is judged: one shortfall is one mark
    if kind == "consent.given" and state.stage in (*PLANNING, Stage.EN_ROUTE, Stage.AT_DOOR):
        return state.marked(line.uuid, "no-id-step")
    if kind == "home.entered" and state.stage not in ENDED and not steps_in_order(state.steps):
        return state.marked(line.uuid, "no-id-step", "out-of-order")
    return state.marked(line.uuid, "out-of-order")


def _arrive_at(state: VisitState, line: Line, to: Stage, kind: str, policy: Policy) -> VisitState:
    if to is Stage.CONSENTED and state.consent is None and kind == "consent.given":
        return state.marked(line.uuid, "out-of-order")  # not theirs to give: the stage does not move
    moved = replace(state, stage=to)
    if to in ENDED and state.stage not in ENDED:
        moved = replace(moved, ended_at=line.at, outcome=_outcome(moved, policy))
    elif to not in ENDED and state.stage in ENDED:
        moved = replace(moved, ended_at=None, outcome="")
    return moved


def _outcome(state: VisitState, policy: Policy) -> str:
    match state.stage:
        case Stage.REFUSED:
            return "refused_valid" if is_valid_refusal(state.refusal, policy) else "refused"
        case Stage.CLOSED if state.consent_withdrawn:
            return "consent_withdrawn"
        case Stage.CLOSED:
            return "further_visit" if state.further_visit else "done"
        case stage:
            return stage.value


def _clock_mark(state: VisitState, line: Line, policy: Policy) -> VisitState:
    off = abs(line.skew_s) > policy.clock.device_skew_min.value * 60
    return state.marked(line.uuid, "clock") if off else state
