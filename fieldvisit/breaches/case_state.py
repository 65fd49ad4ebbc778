"""What the steps of a case add up to (D7). Pure: the state is the fold of the steps, and nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Stage(StrEnum):
    REPORTED = "reported"
    SCREENED = "screened"
    INTERIM_MEASURE = "interim_measure"
    NOTIFIED = "notified"
    AWAITING_RESPONSE = "awaiting_response"
    INVESTIGATING = "investigating"
    DECIDED = "decided"
    COMMUNICATED = "communicated"
    APPEAL_REQUESTED = "appeal_requested"
    APPEAL_DECIDED = "appeal_decided"
    ACTIONS_OPEN = "actions_open"
    CLOSED = "closed"
    NOT_A_BREACH = "not_a_breach"


S = Stage
ENDED = frozenset({S.CLOSED, S.NOT_A_BREACH})
OPEN = frozenset(Stage) - ENDED
LOOKED_AT = OPEN - {S.REPORTED}
AFTER_DECISION = frozenset({S.COMMUNICATED, S.APPEAL_REQUESTED, S.APPEAL_DECIDED, S.ACTIONS_OPEN})

# What may be done from where, and where it leads; None: the case stays where it is.
TABLE: Mapping[str, tuple[frozenset[Stage], Stage | None]] = {
    "reported": (frozenset(), S.REPORTED),
    "seated": (OPEN | {S.CLOSED}, None),
    "identified": (frozenset({S.REPORTED}), None),
    "screened": (frozenset({S.REPORTED}), S.SCREENED),
    "not_a_breach": (frozenset({S.REPORTED, S.SCREENED, S.INTERIM_MEASURE}), S.NOT_A_BREACH),
    "suspended": (LOOKED_AT, None),  # from `screened` it leads to `interim_measure`
    "lifted": (frozenset(Stage), None),
    "notified": (frozenset({S.SCREENED, S.INTERIM_MEASURE}), S.NOTIFIED),
    "notice_given": (frozenset({S.NOTIFIED}), S.AWAITING_RESPONSE),
    # From `notified` by their own page alone: the e-mail came back, and they found the letter all the same.
    "answered": (frozenset({S.NOTIFIED, S.AWAITING_RESPONSE, S.INVESTIGATING}), S.INVESTIGATING),
    "time_up": (frozenset({S.AWAITING_RESPONSE}), S.INVESTIGATING),
    "visit": (OPEN, None),
    "evidence": (LOOKED_AT, None),
    "note": (OPEN, None),
    "vote": (frozenset({S.SCREENED, S.INTERIM_MEASURE, S.NOTIFIED, S.AWAITING_RESPONSE, S.INVESTIGATING}), None),
    "decided": (frozenset({S.INVESTIGATING}), S.DECIDED),
    "communicated": (frozenset({S.DECIDED}), S.COMMUNICATED),
    "appealed": (frozenset({S.COMMUNICATED, S.APPEAL_DECIDED, S.ACTIONS_OPEN, S.CLOSED}), S.APPEAL_REQUESTED),
    "appeal_decided": (frozenset({S.APPEAL_REQUESTED}), S.APPEAL_DECIDED),
    "actions": (frozenset({S.COMMUNICATED, S.APPEAL_DECIDED}), S.ACTIONS_OPEN),
    "outcome_given": (AFTER_DECISION, None),
    # The e-mail, or the letter by post; a notice leads back to `notified`.
    "came_back": (frozenset(Stage), None),
    "action_done": (AFTER_DECISION, None),
    "told_firm": (LOOKED_AT, None),
    "told_cih": (AFTER_DECISION, None),
    "reporter_told": (AFTER_DECISION, None),
    "closed": (frozenset({S.COMMUNICATED, S.APPEAL_DECIDED, S.ACTIONS_OPEN}), S.CLOSED),
    "linked": (OPEN, None),
    "unlinked": (frozenset(Stage), None),
    # What `two_people.py` asks two for. The act itself is a step of its proposer's, and names who confirmed it.
    "proposed": (frozenset(Stage), None),
    "sent_back": (frozenset(Stage), None),
    "taken_back": (frozenset(Stage), None),
}

# What may be recorded later than it was done answers one of these: it is never before the last of them.
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "notice_given": ("notified",),
    "answered": ("notice_given",),
    "vote": ("screened",),
    "outcome_given": ("communicated", "appeal_decided"),
    "appealed": ("communicated", "appeal_decided"),
    "reporter_told": ("communicated", "appeal_decided"),
    "action_done": ("actions",),
}
BY_HAND = ("post", "handed")  # they have it later than it is written
DECIDING = frozenset({"screened", "decided", "appeal_decided"})
# By what it is known that they have a letter which could not be delivered, or that somebody saw to it.
REACHED: Mapping[str, frozenset[str]] = {
    "notice": frozenset({"notice_given", "answered"}),
    "outcome": frozenset({"outcome_given", "appealed"}),
    "appeal_outcome": frozenset({"outcome_given", "appealed"}),
}
# Of any other letter.
SEEN_TO = frozenset({"note", "suspended", "lifted", "notified", "communicated", "appeal_decided"})


class Done(Protocol):
    kind: Any
    at: Any


def not_before(done: Sequence[Done], kind: str) -> datetime:
    """The earliest instant of such a step now. Whatever was noted, or who was seated, since what it answers is no bar."""
    answers = ANSWERS.get(kind, ())
    found: datetime = next((each.at for each in reversed(done) if each.kind in answers), done[-1].at)
    return found


@dataclass(frozen=True, slots=True)
class Deed:
    """at: when it happened, aware UTC. by: a person's id, "" for the system or the person named."""

    kind: str
    at: datetime
    by: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """What is to be done, and by whom, stands in the words of its step."""

    id: str
    due_on: str  # ISO date
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Appeal:
    """level: counted from 0. result: "", upheld (the decision stands), changed, quashed."""

    level: int
    asked_at: datetime
    result: str = ""
    decided_at: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An act that waits for a second person. what: its kind. position: of the step that proposes it, with its words."""

    what: str
    by: str
    at: datetime
    position: int
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """seats: part -> person's id. involved: whoever did anything in it; deciders: whoever screened or decided in it;
    decided_by: whoever took the last decision. waiting: what one person proposed and nobody has confirmed; returned: what
    was sent back to them, until they propose it again or leave it.
    unreached: letters that could not be delivered, each with the position of the step that says so, until they have them.
    told_due: the last day that the notice named. outcome_waits: it is written, and they do not have it yet.

    subject_kind, subject_id: of the case, not of its steps: who is meant must be forgotten, and a step never is.
    """

    stage: Stage = S.REPORTED
    heard_at: datetime | None = None
    screened_at: datetime | None = None
    subject_kind: str = ""
    subject_id: str = ""
    document: str = ""
    ladder: str = ""
    clauses: tuple[str, ...] = ()
    preset: str = ""
    coordinates: bool = False
    seats: Mapping[str, str] = field(default_factory=dict)
    involved: frozenset[str] = frozenset()
    deciders: frozenset[str] = frozenset()
    decided_by: str = ""
    unreached: tuple[tuple[str, int], ...] = ()
    waiting: tuple[Waiting, ...] = ()
    returned: tuple[Waiting, ...] = ()
    suspended: bool = False
    suspended_at: datetime | None = None
    notified_at: datetime | None = None
    told_due: str = ""
    answered_at: datetime | None = None
    vote_carried: bool | None = None
    evidence: int = 0
    finding: str = ""
    sanction: str = ""
    skipped: bool = False  # a step of the ladder was left out, for a reason that a second person confirmed
    decided_at: datetime | None = None
    outcome_waits: bool = False
    communicated_at: datetime | None = None  # when they first had the outcome
    appeal_from: datetime | None = None  # since when the next appeal may be made
    told_appeal_by: str = ""
    appeals: tuple[Appeal, ...] = ()
    actions: tuple[Action, ...] = ()
    firm_told_at: datetime | None = None
    cih_told_at: datetime | None = None
    reporter_told_at: datetime | None = None
    closed_at: datetime | None = None
    linked_to: str = ""
    steps: int = 0

    @property
    def open(self) -> bool:
        return self.stage in OPEN

    @property
    def outstanding(self) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if action.done_at is None)

    def waits(self, what: str) -> Waiting | None:
        return next((each for each in self.waiting if each.what == what), None)

    def came_back(self, what: str) -> Waiting | None:
        return next((each for each in self.returned if each.what == what), None)

    @property
    def stands(self) -> bool:
        """A finding against the person that no appeal has taken away."""
        return self.finding == "upheld" and not any(appeal.result == "quashed" for appeal in self.appeals)


def fold(deeds: Iterable[Deed]) -> State:
    state = State()
    for deed in deeds:
        state = _after(state, deed)
        waiting, returned = (
            tuple(each for each in listed if _still_waits(each, state, deed))
            for listed in (state.waiting, state.returned)
        )
        unreached = tuple(one for one in state.unreached if deed.kind not in REACHED.get(one[0], SEEN_TO))
        state = replace(state, waiting=waiting, returned=returned, unreached=unreached)
    return state


def _but(listed: tuple[Waiting, ...], what: str) -> tuple[Waiting, ...]:
    return tuple(each for each in listed if each.what != what)


def _still_waits(waiting: Waiting, state: State, deed: Deed) -> bool:
    """Not what has been done, or cannot be done any more from where the case is now: that has fallen by itself."""
    return (
        waiting.what != deed.kind
        and state.stage in TABLE[waiting.what][0]
        and (waiting.what != "lifted" or state.suspended)
    )


def _after(state: State, deed: Deed) -> State:
    body, to = deed.body, TABLE[deed.kind][1]
    if deed.kind == "suspended" and state.stage is S.SCREENED:
        to = S.INTERIM_MEASURE
    took_part = {deed.by, body.get("second", "")} - {""} if deed.kind != "seated" else set()
    involved = state.involved | took_part
    deciders = state.deciders | {deed.by} if deed.by and deed.kind in DECIDING else state.deciders
    state = replace(state, stage=to or state.stage, involved=involved, deciders=deciders, steps=state.steps + 1)
    match deed.kind:
        case "reported":
            kind, who = body.get("subject_kind", ""), body.get("subject") or ""
            return replace(state, heard_at=deed.at, subject_kind=kind if who else "", subject_id=who)
        case "identified":
            return replace(state, subject_kind=body.get("subject_kind", ""), subject_id=body.get("subject", ""))
        case "proposed":
            said = {name: value for name, value in body.items() if name != "what"}
            new = Waiting(body["what"], deed.by, deed.at, state.steps, said)
            return replace(state, waiting=(*state.waiting, new), returned=_but(state.returned, new.what))
        case "sent_back":
            back = [each for each in state.waiting if each.what == body["what"]]
            return replace(state, waiting=_but(state.waiting, body["what"]), returned=(*state.returned, *back))
        case "taken_back":
            waiting, returned = _but(state.waiting, body["what"]), _but(state.returned, body["what"])
            return replace(state, waiting=waiting, returned=returned)
        case "seated":
            return replace(state, seats={**state.seats, body["part"]: body["person"]})
        case "screened":
            said = {name: body.get(name, "") for name in ("document", "ladder", "preset")}
            clauses, coordinates = tuple(body.get("clauses", ())), bool(body.get("coordinates"))
            return replace(state, **said, clauses=clauses, coordinates=coordinates, screened_at=deed.at)
        case "suspended":
            return replace(state, suspended=True, suspended_at=deed.at)
        case "lifted":
            return replace(state, suspended=False)
        case "notice_given":
            return replace(state, notified_at=deed.at, told_due=body.get("answer_by", ""))
        case "answered":
            told = state.notified_at or deed.at
            return replace(state, answered_at=state.answered_at or deed.at, notified_at=told)
        case "came_back":
            return _came_back(state, deed)
        case "vote":
            return replace(state, vote_carried=body["for"] > body["against"])
        case "evidence":
            return replace(state, evidence=state.evidence + len(body.get("items", ())))
    return _ending(state, deed)


def _came_back(state: State, deed: Deed) -> State:
    """Nobody told them: the letter waits to be given by hand, and no day is counted until they have it."""
    letter = deed.body["letter"]
    state = replace(state, unreached=(*state.unreached, (letter, state.steps)))
    if letter == "notice" and state.stage in (S.AWAITING_RESPONSE, S.INVESTIGATING) and state.answered_at is None:
        return replace(state, stage=S.NOTIFIED, notified_at=None, told_due="")
    newest = "appeal_outcome" if any(appeal.decided_at for appeal in state.appeals) else "outcome"
    if letter == newest and state.stage in AFTER_DECISION - {S.APPEAL_REQUESTED}:
        first = state.communicated_at if letter == "appeal_outcome" else None
        return replace(_told(state, deed, waits=True), communicated_at=first)
    return state


def _told(state: State, deed: Deed, *, waits: bool) -> State:
    """The days to appeal are counted from when they have it, not from when it is written."""
    if waits:
        return replace(state, outcome_waits=True, appeal_from=None, told_appeal_by="")
    first = state.communicated_at or deed.at
    until = deed.body.get("appeal_by", "")
    return replace(state, outcome_waits=False, communicated_at=first, appeal_from=deed.at, told_appeal_by=until)


def _ending(state: State, deed: Deed) -> State:
    """From the decision on."""
    body = deed.body
    match deed.kind:
        case "decided":
            said = {
                "finding": body["finding"],
                "sanction": body.get("sanction", ""),
                "skipped": bool(body.get("skipped")),
            }
            return replace(state, decided_at=deed.at, decided_by=deed.by, **said)
        case "communicated":
            return _told(state, deed, waits=body.get("how") in BY_HAND)
        case "outcome_given":
            return _told(state, deed, waits=False)
        case "appealed":
            return replace(state, appeals=(*state.appeals, Appeal(len(state.appeals), deed.at)), closed_at=None)
        case "appeal_decided":
            last = replace(state.appeals[-1], result=body["result"], decided_at=deed.at, by=deed.by)
            sanction = body.get("sanction") or ("" if body["result"] == "quashed" else state.sanction)
            actions = state.actions
            if body["result"] == "quashed":  # what it asked for falls with it
                actions = tuple(action for action in actions if action.done_at)
            appeals = (*state.appeals[:-1], last)
            state = replace(state, appeals=appeals, sanction=sanction, actions=actions, decided_by=deed.by)
            return _told(state, deed, waits=body.get("how") in BY_HAND)
        case "actions":
            new = tuple(Action(**{name: one[name] for name in ("id", "due_on")}) for one in body["list"])
            return replace(state, actions=(*state.actions, *new))
        case "action_done":
            done = tuple(replace(one, done_at=deed.at) if one.id == body["id"] else one for one in state.actions)
            return replace(state, actions=done)
        case "told_firm":
            return replace(state, firm_told_at=deed.at)
        case "told_cih":
            return replace(state, cih_told_at=deed.at)
        case "reporter_told":
            return replace(state, reporter_told_at=deed.at)
        case "closed" | "not_a_breach":
            return replace(state, closed_at=deed.at)
        case "linked":
            return replace(state, linked_to=body["to"])
        case "unlinked":
            return replace(state, linked_to="")
    return state
