"""What the steps of a hazard's case add up to (D4). Pure: steps are only ever added, and this is read from them.

A case has rounds. The first begins when the landlord became aware; a report of it once more begins another with a new
awareness, and so does a tenant who asks for somebody to come after a remote investigation (DR-3). What a round before
still owes is not forgiven: a deed of a later round pays for it, late or not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from fieldvisit.ground.deed import Deed as Deed


class Stage(StrEnum):
    LOGGED = "logged"
    TRIAGED_EMERGENCY = "triaged_emergency"
    TRIAGED_SIGNIFICANT = "triaged_significant"
    TRIAGED_OTHER = "triaged_other"
    INVESTIGATING = "investigating"
    CONCLUDED_NONE = "concluded_none"
    CONCLUDED_SIGNIFICANT = "concluded_significant"
    CONCLUDED_EMERGENCY = "concluded_emergency"
    MADE_SAFE = "made_safe"
    PREVENTATIVE = "preventative"
    COMPLETED = "completed"
    CLOSED = "closed"


TRIAGED = (Stage.TRIAGED_EMERGENCY, Stage.TRIAGED_SIGNIFICANT, Stage.TRIAGED_OTHER)
CONCLUDED = (Stage.CONCLUDED_NONE, Stage.CONCLUDED_SIGNIFICANT, Stage.CONCLUDED_EMERGENCY)
TRIAGES = ("emergency", "significant", "other")
FINDINGS = ("emergency", "significant", "none")
WAYS = ("in_person", "remote")
AT_RISK = ("baby", "child", "older", "pregnant", "breathing", "heart", "disabled", "mental", "other", "nobody_known")
ANSWERS = ("accepted", "declined", "no_answer")
# Why something took as long as it did: what nobody but an officer can say (B2: a record of all reasonable endeavours).
REASONS = ("contractor", "parts", "specialist", "tenant_asked", "others_agree", "weather", "ours", "other")
CARRIED_BY = ("email", "letter_first_class")  # by our own messages
SENT_BY = ("email", "by_hand", "left_at_home", "letter_first_class")

KINDS = (
    "reported", "described", "triaged", "investigating", "concluded", "summary_sent", "made_safe",
    "alternative_offered", "asked_in_person", "preventative", "steps_taken", "work_started", "completed", "downgraded",
    "access_failed", "closed", "joined", "summary_written", "summary_failed", "advised", "noted",
)  # fmt: skip


@dataclass(slots=True)
class Round:
    """aware_at: when the landlord knew, this time. begins: of the investigation's clock (DR-2, or DR-3 when renewed).

    done: the first time of each kind of deed in this round. identified_at: when it was first found to be an emergency;
    found_late: at the end of an investigation that had begun as something less.
    """

    aware_at: datetime
    begins: datetime
    renewed: bool = False
    triage: str | None = None  # None until an officer has decided
    emergency_at_once: bool = False  # whoever reported it ticked 'emergency': so it is, until an officer decides
    triaged_by: str = ""
    finding: str | None = None
    found_by: str = ""
    how: str = ""
    identified_at: datetime | None = None
    found_late: bool = False
    downgraded_at: datetime | None = None
    done: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """alternative: the tenant's answer to other accommodation, "" when it was not offered."""

    stage: Stage
    hazard: str
    at_risk: tuple[str, ...]
    rounds: list[Round]
    alternative: str = ""

    @property
    def now(self) -> Round:
        return self.rounds[-1]

    @property
    def open(self) -> bool:
        return self.stage is not Stage.CLOSED


def fold(deeds: Iterable[Deed]) -> State:
    """Raises ValueError when the first step is not the report of it."""
    steps = iter(deeds)
    first = next(steps, None)
    if first is None or first.kind != "reported":
        raise ValueError("a case begins with its report")
    state = State(Stage.LOGGED, "", (), [])
    for deed in (first, *steps):
        _FOLDS[deed.kind](state, deed)
    return state


def _reported(state: State, deed: Deed) -> None:
    """The first time, or once more: then everything begins again, and an officer looks at it again."""
    _described(state, deed)
    emergency = deed.body.get("emergency") is True
    state.rounds.append(Round(deed.at, deed.at, emergency_at_once=emergency))
    state.stage = Stage.LOGGED


def _described(state: State, deed: Deed) -> None:
    state.hazard = deed.body.get("hazard") or state.hazard
    state.at_risk = tuple(deed.body.get("at_risk") or state.at_risk)


def _joined(state: State, deed: Deed) -> None:
    """Said of the same hazard from the same visit, in whatever order it reached us: the earlier time is awareness."""
    state.hazard = state.hazard or deed.body.get("hazard", "")
    more = (code for code in deed.body.get("at_risk", ()) if code not in state.at_risk)
    state.at_risk = (*state.at_risk, *more)
    this = state.rounds[0]
    this.begins = min(this.begins, deed.at)
    this.aware_at = min(this.aware_at, deed.at)
    state.now.emergency_at_once = state.now.emergency_at_once or deed.body.get("emergency") is True


def _triaged(state: State, deed: Deed) -> None:
    said = deed.body["as"]
    was = state.now.triage or ("emergency" if state.now.emergency_at_once else None)
    if was == "emergency" and said != "emergency":
        state.now.downgraded_at = deed.at
    if said == "emergency":
        state.now.identified_at = state.now.identified_at or deed.at
    state.now.triage, state.now.triaged_by = said, deed.by
    state.now.done.setdefault("triaged", deed.at)
    state.stage = Stage(f"triaged_{said}")


def _investigating(state: State, deed: Deed) -> None:
    state.now.how = deed.body["how"]
    state.now.done.setdefault("investigating", deed.at)
    state.stage = Stage.INVESTIGATING


def _concluded(state: State, deed: Deed) -> None:
    state.now.finding, state.now.found_by = deed.body["finding"], deed.by
    if state.now.finding == "emergency":
        state.now.found_late = state.now.triage != "emergency"
        state.now.identified_at = deed.at if state.now.found_late else state.now.identified_at or deed.at
    state.now.done.setdefault("concluded", deed.at)
    state.stage = Stage(f"concluded_{state.now.finding}")


def _downgraded(state: State, deed: Deed) -> None:
    state.now.finding, state.now.downgraded_at = "significant", deed.at
    state.stage = Stage.CONCLUDED_SIGNIFICANT


def _asked_in_person(state: State, deed: Deed) -> None:
    before = state.now
    triage = before.finding if before.finding in ("emergency", "significant") else before.triage
    again = Round(before.aware_at, deed.at, renewed=True, triage=triage, triaged_by=before.triaged_by)
    again.identified_at = before.identified_at
    state.rounds.append(again)
    state.stage = Stage(f"triaged_{triage}")


def _moves(stage: Stage) -> Any:
    def step(state: State, deed: Deed) -> None:
        _stays(state, deed)
        state.stage = stage

    return step


def _stays(state: State, deed: Deed) -> None:
    state.now.done.setdefault(deed.kind, deed.at)


def _alternative(state: State, deed: Deed) -> None:
    state.alternative = deed.body["answer"]
    _stays(state, deed)


def _summary(state: State, deed: Deed) -> None:
    """Of the round that it sums up, whichever is the newest when a receipt comes."""
    done = state.rounds[deed.body.get("round", len(state.rounds) - 1)].done
    if deed.kind == "summary_failed":
        done.pop("summary_written", None)
        done.pop("summary_sent", None)
    else:
        done.setdefault(deed.kind, deed.at)


def _changes_nothing(state: State, deed: Deed) -> None:
    """Evidence, or a reason: it stands beside the clocks and stops none."""


_FOLDS: Mapping[str, Any] = {
    "reported": _reported,
    "described": _described,
    "triaged": _triaged,
    "investigating": _investigating,
    "concluded": _concluded,
    "summary_written": _summary,
    "summary_sent": _summary,
    "summary_failed": _summary,
    "made_safe": _moves(Stage.MADE_SAFE),
    "alternative_offered": _alternative,
    "asked_in_person": _asked_in_person,
    "preventative": _moves(Stage.PREVENTATIVE),
    "steps_taken": _stays,
    "work_started": _stays,
    "completed": _moves(Stage.COMPLETED),
    "downgraded": _downgraded,
    "access_failed": _changes_nothing,
    "joined": _joined,
    "advised": _stays,
    "noted": _changes_nothing,
    "closed": _moves(Stage.CLOSED),
}
