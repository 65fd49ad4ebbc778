"""What the lines of a watch over one worker add up to (D10). Pure: lines are only ever added, and this is read from them.

Time moves a watch as well as people do: `fold` lets it pass between the lines and up to the instant that is asked for,
so that a board tells the truth even where the worker process is late.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from fieldvisit.ground.policy import Policy


class Stage(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    DUE = "due"
    OVERDUE = "overdue"
    CONTACTING = "contacting"
    ALARM = "alarm"
    SAFE = "safe"
    ENDED = "ended"


LIVE = (Stage.ACTIVE, Stage.DUE, Stage.OVERDUE, Stage.CONTACTING, Stage.ALARM, Stage.SAFE)
LATE = (Stage.DUE, Stage.OVERDUE, Stage.CONTACTING, Stage.ALARM)
FIRST = (Stage.ALARM, Stage.CONTACTING, Stage.OVERDUE, Stage.DUE, Stage.ACTIVE, Stage.SAFE, Stage.PLANNED, Stage.ENDED)

FROM_PHONE = ("started", "checked_in", "extended", "ended", "visit_ended", "panicked", "aggression")
BY_TIME = ("due", "overdue", "alarm_by_time")
AT_DESK = ("called", "spoke", "no_contact", "alarm", "decided", "found_safe", "closed")
KINDS = (*FROM_PHONE, *BY_TIME, *AT_DESK)
WORDS = ("right", "duress", "wrong", "none")  # what a word that was said turned out to be; none: nobody asked for one


@dataclass(frozen=True, slots=True)
class Lengths:
    interval: timedelta
    beyond_stay: timedelta
    warn: timedelta
    overdue: timedelta
    alarm: timedelta


def lengths_of(policy: Policy) -> Lengths:
    said = policy.safety
    minutes = (said.interval_min, said.beyond_stay_min, said.warn_min, said.overdue_min, said.alarm_min)
    return Lengths(*(timedelta(minutes=each.value) for each in minutes))


@dataclass(frozen=True, slots=True)
class Deed:
    """One line. at: when it happened, as a phone's corrected clock says; heard: when it reached us. Both aware UTC.

    by: a person's id; "" for what the clock did."""

    kind: str
    at: datetime
    heard: datetime
    by: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """since: when this stage began. due_at: when something must be heard by; None where no timer runs. why: of an alarm.

    going_home: the visit is over, and due_at is when they mean to be home. over: the phone has said that it is over."""

    stage: Stage = Stage.PLANNED
    since: datetime | None = None
    due_at: datetime | None = None
    interval: timedelta = timedelta(0)
    heard_at: datetime | None = None  # the last time the worker, or their phone, said anything
    home_by: datetime | None = None
    going_home: bool = False
    over: bool = False
    why: str = ""
    called: int = 0
    wrong_words: int = 0
    decided: str = ""  # "999" or "not_now", by a named person

    @property
    def live(self) -> bool:
        return self.stage in LIVE

    def next_at(self, lengths: Lengths) -> datetime | None:
        """When time alone moves it next."""
        match self.stage:
            case Stage.ACTIVE | Stage.SAFE:
                return self.due_at
            case Stage.DUE:
                return self.since and self.since + lengths.overdue
            case Stage.OVERDUE | Stage.CONTACTING:
                return self.due_at and self._overdue_at(lengths) + lengths.alarm
        return None

    def _overdue_at(self, lengths: Lengths) -> datetime:
        assert self.due_at
        return self.due_at if self.going_home else self.due_at + lengths.overdue


def fold(deeds: Iterable[Deed], lengths: Lengths, at: datetime) -> State:
    """As of that instant (aware UTC): lines in the order in which they reached us, and time between them."""
    state = State()
    for deed in deeds:
        state, _ = let_pass(state, lengths, deed.heard)
        state = _FOLDS[deed.kind](state, deed, lengths) if deed.kind in _FOLDS else state
    return let_pass(state, lengths, at)[0]


def let_pass(state: State, lengths: Lengths, at: datetime) -> tuple[State, list[tuple[str, datetime]]]:
    """And what the clock did meanwhile: (kind, when), in its order."""
    did: list[tuple[str, datetime]] = []
    while (when := state.next_at(lengths)) is not None and at >= when:
        state, kind = _by_time(state, when)
        did.append((kind, when))
    return state, did


def _by_time(state: State, when: datetime) -> tuple[State, str]:
    match state.stage:
        case Stage.ACTIVE | Stage.SAFE if not state.going_home:
            return replace(state, stage=Stage.DUE, since=when), "due"
        case Stage.OVERDUE | Stage.CONTACTING:
            return replace(state, stage=Stage.ALARM, since=when, why="no_contact"), "alarm_by_time"
    return replace(state, stage=Stage.OVERDUE, since=when), "overdue"  # D10: not home by then is overdue at once


# --- what the phone said ------------------------------------------------------------------------------------------


def _started(state: State, deed: Deed, lengths: Lengths) -> State:
    """The office watches from when it has heard of it, never from before; of what is long over, it only takes note."""
    if deed.body.get("long_over") is True:
        return state
    interval = timedelta(minutes=int(deed.body.get("interval_min") or 0)) or lengths.interval
    home_by = _instant(deed.body.get("home_by"))
    state = replace(state, interval=interval, home_by=home_by or state.home_by, over=False, going_home=False)
    if state.stage in (Stage.CONTACTING, Stage.ALARM):
        return _heard(state, deed)
    return _heard(_to(state, Stage.ACTIVE, deed, due_at=deed.heard + interval), deed)


def _checked_in(state: State, deed: Deed, lengths: Lengths) -> State:
    """A tap: in an alarm, or while somebody rings, it moves nothing. Anybody may hold a phone."""
    due_at = deed.at + (state.interval or lengths.interval)
    return _put_off(state, deed, due_at)


def _extended(state: State, deed: Deed, lengths: Lengths) -> State:
    return _put_off(state, deed, deed.at + timedelta(minutes=int(deed.body["minutes"])))


def _put_off(state: State, deed: Deed, due_at: datetime) -> State:
    found_before = state.stage is Stage.SAFE and state.due_at is None  # out of an alarm: nothing has run since
    if found_before and (state.over or (state.since and deed.at <= state.since)):
        return _heard(state, deed)
    state = _heard(state, deed)
    if state.stage not in (Stage.ACTIVE, Stage.DUE, Stage.OVERDUE, Stage.SAFE):
        return state
    later = max(state.due_at or due_at, due_at, state.home_by if state.going_home and state.home_by else due_at)
    return _to(state, Stage.ACTIVE, deed, due_at=later) if later > deed.heard else state


def _visit_ended(state: State, deed: Deed, lengths: Lengths) -> State:
    """Closed, refused, left: over, unless they asked to be watched until they are home."""
    if state.stage is Stage.PLANNED or state.stage is Stage.ENDED:
        return state
    if state.home_by and state.home_by > deed.heard and state.stage in (Stage.ACTIVE, Stage.DUE, Stage.SAFE):
        going = replace(state, going_home=True)
        return _heard(_to(going, Stage.ACTIVE, deed, due_at=state.home_by), deed)
    return _ended(state, deed, lengths)


def _ended(state: State, deed: Deed, lengths: Lengths) -> State:
    state = replace(_heard(state, deed), over=True)
    if state.stage in (Stage.PLANNED, Stage.CONTACTING, Stage.ALARM):
        return state
    return _to(state, Stage.ENDED, deed, due_at=None)


def _alarm(why: str) -> Any:
    def step(state: State, deed: Deed, lengths: Lengths) -> State:
        if deed.kind in FROM_PHONE:
            state = _heard(state, deed)
        return _raise(state, deed, why)

    return step


def _raise(state: State, deed: Deed, why: str) -> State:
    if state.stage is Stage.ALARM:
        return replace(state, why=why if why == "duress" else state.why)
    return replace(_to(state, Stage.ALARM, deed, due_at=state.due_at), why=why, decided="")


# --- what the desk did --------------------------------------------------------------------------------------------


def _called(state: State, deed: Deed, lengths: Lengths) -> State:
    state = replace(state, called=state.called + 1)
    if state.stage not in (Stage.DUE, Stage.OVERDUE):
        return state
    return replace(state, stage=Stage.CONTACTING, since=deed.at)


def _spoke(state: State, deed: Deed, lengths: Lengths) -> State:
    """A word by the phone or on a call. The wrong one moves nothing: the clock runs on, and somebody rings."""
    word = deed.body.get("word")
    if word == "duress":
        return _raise(_heard(state, deed), deed, "duress")
    if word == "wrong" or (word == "none" and deed.body.get("from") == "phone"):  # nobody set one: it proves nothing
        return replace(state, wrong_words=state.wrong_words + 1)
    state = _heard(state, deed)
    if state.stage is Stage.ALARM:
        return state  # only somebody who found them safe ends an alarm
    if state.over:
        return _to(state, Stage.ENDED, deed, due_at=None)
    if not state.live:
        return state
    stage = Stage.SAFE if state.stage in (Stage.OVERDUE, Stage.CONTACTING) else Stage.ACTIVE
    due_at = deed.heard + (state.interval or lengths.interval)
    if state.going_home:
        due_at = max(due_at, state.due_at or due_at)
    return _to(state, stage, deed, due_at=due_at)


def _decided(state: State, deed: Deed, lengths: Lengths) -> State:
    return replace(state, decided=str(deed.body["what"]))


def _found_safe(state: State, deed: Deed, lengths: Lengths) -> State:
    return _to(state, Stage.SAFE, deed, due_at=None) if state.live else state


def _closed(state: State, deed: Deed, lengths: Lengths) -> State:
    return _to(state, Stage.ENDED, deed, due_at=None)


def _to(state: State, stage: Stage, deed: Deed, *, due_at: datetime | None) -> State:
    why = state.why if stage is Stage.ALARM else ""
    return replace(state, stage=stage, since=max(deed.at, state.since or deed.at), due_at=due_at, why=why)


def _heard(state: State, deed: Deed) -> State:
    return replace(state, heard_at=max(deed.at, state.heard_at or deed.at))


def _instant(said: Any) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


_FOLDS: Mapping[str, Any] = {
    "started": _started,
    "checked_in": _checked_in,
    "extended": _extended,
    "visit_ended": _visit_ended,
    "ended": _ended,
    "panicked": _alarm("panic"),
    "aggression": _alarm("aggression"),
    "called": _called,
    "spoke": _spoke,
    "no_contact": _alarm("no_contact"),
    "alarm": _alarm("desk"),
    "decided": _decided,
    "found_safe": _found_safe,
    "closed": _closed,
}


# --- what the worker is shown -------------------------------------------------------------------------------------

_SILENT = ("panicked", "alarm", "decided", *BY_TIME)


def as_the_phone_sees_it(deeds: Iterable[Deed], lengths: Lengths, at: datetime) -> State:
    """As if every word under duress had been the right one and nobody had raised an alarm: whoever forces a worker to
    show the phone learns nothing from it."""
    return fold([_calm(deed) for deed in deeds if deed.kind not in _SILENT], lengths, at)


def _calm(deed: Deed) -> Deed:
    if deed.kind == "aggression":
        return replace(deed, kind="ended")  # they left: that is all that the phone knows
    return replace(deed, body={**deed.body, "word": "right"}) if deed.body.get("word") == "duress" else deed
