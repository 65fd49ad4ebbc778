"""What the steps of a complaint add up to (D6). Pure: steps are only ever added, and this is read from them.

A letter takes effect on the day it is sent, which a receipt, or whoever posted it, says. Until then the complaint waits
where it stood, and its clock runs on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    RECEIVED = "received"
    LOGGED = "logged"
    ACKNOWLEDGED = "acknowledged"
    STAGE1_OPEN = "stage1_open"
    STAGE1_EXTENDED = "stage1_extended"
    STAGE1_ANSWERED = "stage1_answered"
    STAGE2_REQUESTED = "stage2_requested"
    STAGE2_ACKNOWLEDGED = "stage2_acknowledged"
    STAGE2_OPEN = "stage2_open"
    STAGE2_EXTENDED = "stage2_extended"
    STAGE2_ANSWERED = "stage2_answered"
    ACTIONS_OUTSTANDING = "actions_outstanding"
    CLOSED = "closed"
    NOT_ACCEPTED = "not_accepted"


OPEN1 = (Stage.STAGE1_OPEN, Stage.STAGE1_EXTENDED)
OPEN2 = (Stage.STAGE2_OPEN, Stage.STAGE2_EXTENDED)
ANSWERED = (Stage.STAGE1_ANSWERED, Stage.STAGE2_ANSWERED, Stage.ACTIONS_OUTSTANDING)
ENDED = (Stage.CLOSED, Stage.NOT_ACCEPTED)
# Each letter, and the stage of the process that it is of.
LETTERS: Mapping[str, int] = {
    "ack1": 1, "refusal": 1, "extension1": 1, "answer1": 1, "ack2": 2, "extension2": 2, "answer2": 2,
}  # fmt: skip
CHANNELS = ("phone", "door", "form", "letter", "social", "representative", "email")
OUTCOMES = ("upheld", "partly_upheld", "not_upheld")
REMEDIES = ("apology", "work", "money", "change", "explanation", "none")
THEMES = ("repairs", "visit", "staff", "communication", "damp", "neighbours", "charges", "other")
CARRIED_BY = ("email", "letter_first_class")  # by our own messages
HANDED_BY = ("by_hand", "own_post", "read_out")  # by a person, who says so


@dataclass(frozen=True, slots=True)
class Deed:
    """One step. at: when it happened (aware UTC). by: a person's id; "" for what the system saw. body: codes and ids."""

    kind: str
    at: datetime
    by: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Action:
    """Something that an answer promised. due: a London date. owner: a person's id. promised_at: when it was recorded."""

    number: int
    owner: str
    due: date
    promised_at: datetime
    done_at: datetime | None = None


@dataclass(slots=True)
class State:
    """received_at: when it was said; again, where a service request became a complaint. handlers, decided_by, outcomes,
    until: by stage of the process, 1 or 2. answers: stage -> point -> outcome. waiting: a letter that nobody has sent yet.
    sent: letter -> when. before: letter -> where it stood. came_back: the last
    letter that did not arrive. pending: what was decided with the one that waits. named: whom it is about; kept: who
    else reads nothing of it. parts: by stage, everybody who ever looked into it, decided, extended or wrote there."""

    stage: Stage
    received_at: datetime
    channel: str
    points: int = 0
    theme: str = ""
    handlers: dict[int, str] = field(default_factory=dict)
    decided_by: dict[int, str] = field(default_factory=dict)
    parts: dict[int, frozenset[str]] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)
    answers: dict[int, Mapping[str, str]] = field(default_factory=dict)
    remedies: dict[int, tuple[str, ...]] = field(default_factory=dict)
    waiting: str = ""
    before: dict[str, Stage] = field(default_factory=dict)
    message: str = ""
    pending: Mapping[str, Any] = field(default_factory=dict)
    came_back: str = ""
    sent: dict[str, datetime] = field(default_factory=dict)
    until: dict[int, date] = field(default_factory=dict)
    ground: str = ""
    escalated_at: datetime | None = None
    actions: list[Action] = field(default_factory=list)
    told_at: list[datetime] = field(default_factory=list)  # each time that they were told how a promise stands
    learned: bool = False
    wanted: bool = True
    ended_at: datetime | None = None
    named: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    hazard: str = ""
    conduct: bool = False

    @property
    def open(self) -> bool:
        return self.stage not in ENDED

    @property
    def process(self) -> int:
        """Which of the two stages it is at."""
        return 2 if self.escalated_at else 1

    @property
    def outstanding(self) -> list[Action]:
        return [action for action in self.actions if action.done_at is None]

    def had_part_in(self, process: int) -> frozenset[str]:
        """Also whoever had it and handed it on."""
        found = (self.handlers.get(process, ""), self.decided_by.get(process, ""), *self.parts.get(process, ()))
        return frozenset(person for person in found if person)

    def takes_part(self, process: int, person: str) -> None:
        self.parts[process] = self.parts.get(process, frozenset()) | {person}


def fold(deeds: Iterable[Deed]) -> State:
    """Raises ValueError when the first step does not say that it was received."""
    steps = iter(deeds)
    first = next(steps, None)
    if first is None or first.kind != "received":
        raise ValueError("a complaint begins with its being received")
    state = State(Stage.RECEIVED, first.at, first.body.get("from", "phone"))
    state.named, state.kept = tuple(first.body.get("named", ())), tuple(first.body.get("kept", ()))
    for deed in steps:
        _FOLDS[deed.kind](state, deed)
    return state


def _not_wanted(state: State, deed: Deed) -> None:
    state.wanted = False
    _ends(state, Stage.CLOSED, deed.at)


def _complained(state: State, deed: Deed) -> None:
    """B3: a service request becomes a complaint when dissatisfaction is then expressed; its clock begins there."""
    state.wanted, state.received_at, state.ended_at = True, deed.at, None
    state.stage = Stage.RECEIVED


def _logged(state: State, deed: Deed) -> None:
    state.points, state.theme = deed.body["points"], deed.body["theme"]
    state.handlers[1] = deed.body["handler"]
    state.takes_part(1, deed.body["handler"])
    if state.stage is Stage.RECEIVED:
        state.stage = Stage.LOGGED


def _handler(state: State, deed: Deed) -> None:
    state.handlers[deed.body["stage"]] = deed.body["handler"]
    state.takes_part(deed.body["stage"], deed.body["handler"])


def _named(state: State, deed: Deed) -> None:
    state.named = tuple(dict.fromkeys((*state.named, deed.body["person"])))


def _kept(state: State, deed: Deed) -> None:
    state.kept = tuple(dict.fromkeys((*state.kept, *deed.body["people"])))


def _written(state: State, deed: Deed) -> None:
    letter = deed.body["letter"]
    state.waiting, state.message, state.came_back = letter, deed.body["message"], ""
    state.before[letter], state.pending = state.stage, deed.body
    state.takes_part(LETTERS[letter], deed.by)
    if letter == "ack1":
        state.stage = Stage.ACKNOWLEDGED
    elif letter == "ack2":
        state.stage = Stage.STAGE2_ACKNOWLEDGED
    _keep_typed(state, deed)


def _handed(state: State, deed: Deed) -> None:
    state.came_back = ""
    state.before[deed.body["letter"]] = state.stage
    state.takes_part(LETTERS[deed.body["letter"]], deed.by)
    _keep_typed(state, deed)
    _takes_effect(state, deed.body["letter"], deed.at, deed.body)


def _sent(state: State, deed: Deed) -> None:
    state.waiting, state.message = "", ""
    _takes_effect(state, deed.body["letter"], deed.at, state.pending)


def _failed(state: State, deed: Deed) -> None:
    """It stands where it stood before that letter, unless it has moved on since: then the clock alone runs again."""
    letter = deed.body["letter"]
    state.came_back = letter
    if state.waiting == letter or state.stage in _LEADS_TO[letter]:
        state.stage, state.ended_at = state.before[letter], None
    if state.waiting == letter:
        state.waiting, state.message = "", ""
    state.sent.pop(letter, None)
    if letter.startswith("extension"):
        state.until.pop(LETTERS[letter], None)


_LEADS_TO: Mapping[str, tuple[Stage, ...]] = {
    "ack1": (Stage.STAGE1_OPEN,),
    "refusal": (Stage.NOT_ACCEPTED,),
    "extension1": (Stage.STAGE1_EXTENDED,),
    "answer1": (Stage.STAGE1_ANSWERED, Stage.ACTIONS_OUTSTANDING),
    "ack2": (Stage.STAGE2_OPEN,),
    "extension2": (Stage.STAGE2_EXTENDED,),
    "answer2": (Stage.STAGE2_ANSWERED, Stage.ACTIONS_OUTSTANDING),
}


def _keep_typed(state: State, deed: Deed) -> None:
    if deed.body["letter"] == "refusal":
        state.ground = deed.body.get("ground", "")


def _takes_effect(state: State, letter: str, at: datetime, body: Mapping[str, Any]) -> None:
    state.sent[letter] = at
    match letter:
        case "ack1":
            state.stage = Stage.STAGE1_OPEN
        case "ack2":
            state.stage = Stage.STAGE2_OPEN
        case "extension1" | "extension2":
            state.until[LETTERS[letter]] = date.fromisoformat(body["until"])
            state.stage = Stage.STAGE1_EXTENDED if letter == "extension1" else Stage.STAGE2_EXTENDED
        case "answer1" | "answer2":
            answered = Stage.STAGE1_ANSWERED if letter == "answer1" else Stage.STAGE2_ANSWERED
            state.stage = Stage.ACTIONS_OUTSTANDING if state.outstanding else answered
        case "refusal":
            _ends(state, Stage.NOT_ACCEPTED, at)


def _decided(state: State, deed: Deed) -> None:
    process = deed.body["stage"]
    state.outcomes[process], state.decided_by[process] = deed.body["outcome"], deed.by
    state.takes_part(process, deed.by)
    state.answers[process] = dict(deed.body["answers"])
    state.remedies[process] = tuple(deed.body["remedies"])


def _action(state: State, deed: Deed) -> None:
    due = date.fromisoformat(deed.body["due"])
    state.actions.append(Action(len(state.actions) + 1, deed.body["owner"], due, deed.at))
    if state.stage in (Stage.STAGE1_ANSWERED, Stage.STAGE2_ANSWERED):
        state.stage = Stage.ACTIONS_OUTSTANDING


def _action_done(state: State, deed: Deed) -> None:
    action = state.actions[deed.body["number"] - 1]
    action.done_at = action.done_at or deed.at


def _updated(state: State, deed: Deed) -> None:
    state.told_at.append(deed.at)


def _escalated(state: State, deed: Deed) -> None:
    state.escalated_at, state.ended_at, state.learned = deed.at, None, False
    state.stage = Stage.STAGE2_REQUESTED


def _learned(state: State, deed: Deed) -> None:
    state.learned = True


def _closed(state: State, deed: Deed) -> None:
    _ends(state, Stage.CLOSED, deed.at)


def _ends(state: State, stage: Stage, at: datetime) -> None:
    state.stage, state.ended_at = stage, at


def _hazard_opened(state: State, deed: Deed) -> None:
    state.hazard = deed.body["hazard"]


def _conduct(state: State, deed: Deed) -> None:
    state.conduct = True


def _nothing(state: State, deed: Deed) -> None:
    """It stands in the record, and moves nothing."""


_FOLDS: Mapping[str, Any] = {
    "not_wanted": _not_wanted,
    "complained": _complained,
    "placed": _nothing,
    "noted": _nothing,
    "reach": _nothing,
    "updated": _updated,
    "named": _named,
    "kept": _kept,
    "logged": _logged,
    "handler": _handler,
    "written": _written,
    "handed": _handed,
    "sent": _sent,
    "failed": _failed,
    "decided": _decided,
    "action": _action,
    "action_done": _action_done,
    "escalated": _escalated,
    "learned": _learned,
    "closed": _closed,
    "hazard_opened": _hazard_opened,
    "conduct_reported": _conduct,
}
