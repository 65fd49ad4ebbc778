"""Entry without consent in several states (D3): what waits for a duty officer, for a review, and what is over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from fieldvisit.demo.drive import DAY, HOUR, MINUTE, Driven, Stage, Step, a_visit
from fieldvisit.demo.homes import Place
from fieldvisit.demo.people import DUTY_OFFICER, SCHEDULER
from fieldvisit.demo.rounds import AT_DOOR, NOBODY, from_start
from fieldvisit.ground.clock import london_instant
from fieldvisit.visits import lawful_entry_rules as rules
from fieldvisit.visits import lawful_entry_service as service
from fieldvisit.visits import lawful_entry_steps as steps
from fieldvisit.visits.lawful_entry_models import LawfulEntry
from fieldvisit.visits.pressed import Pressed

MANAGER = "rafe"
WATER = {
    "danger": "Water runs through the ceiling of the flat below, onto its lights.",
    "why_now": "The lights below are wet, and nobody answers on any number that we have.",
    "inside": "Nobody knows. The tenant was last seen on Sunday.",
}
PHOTO: Step = ("photo.taken", {"what": "before", "asked": "nobody_there"})
WENT_IN: Step = (
    "entry.lawful",
    {"contact_methods": ["knocked", "called"], "second_person": "colleague", "words": "Ben Okafor"},
)
LEFT: Step = (
    "entry.secured",
    {"lock": "changed", "keys": "office", "only_made_safe": True, "notice_left": True,
     "inventory": "The stopcock is shut. The hall carpet is wet. Nothing else was touched."},
)  # fmt: skip


@dataclass
class Case:
    """One visit at whose door nobody answered, and what the office does about it from then on."""

    driven: Driven
    at: datetime

    def does(self, step: Callable[..., object], by: str, *given: object, after: timedelta, **how: object) -> None:
        stage, self.at = self.driven.stage, self.at + after
        visit = self.driven.locked()
        case: LawfulEntry = service.of_visit(stage.session, visit.id)[0]
        with_visit = step in (steps.authorise, steps.say_told)
        first = (stage.session, visit, case) if with_visit else (stage.session, case)
        step(*first, *given, Pressed(stage.form_key(), stage.principal(by, self.at), stage.policy), **how)

    def phones(self, *said: Step) -> None:
        times = [self.at + 2 * MINUTE * number for number in range(1, len(said) + 1)]
        self.driven.walk(said, times)
        self.at = times[-1]


def play_entries(stage: Stage, home: Callable[[str], Place]) -> None:
    waits = min(stage.at - 4 * MINUTE, london_instant(stage.day, time(17)))
    _asked(stage, home("Town"), "ben", "Water from the flat above", max(waits, london_instant(stage.day)))
    ten = london_instant(stage.day, time(10))
    not_reviewed = _done(stage, home("North"), "asha", ten - DAY)
    not_reviewed.does(steps.say_told, SCHEDULER["North"], "no_reply", "Rang twice.", after=HOUR, notice_left=True)
    _reviewed(_done(stage, home("Town"), "cleo", ten - 8 * DAY), SCHEDULER["Town"])
    declined = _asked(stage, home("Vale"), "dev", "The gutter runs over", ten - 3 * DAY)
    why = "The water runs outside, and nobody below is harmed. Come back tomorrow."
    declined.does(steps.decline, DUTY_OFFICER["Vale"], why, after=6 * MINUTE)


def _asked(stage: Stage, place: Place, lead: str, reason: str, at: datetime) -> Case:
    """The worker at the door rings in, and the scheduler writes it down."""
    start = at - HOUR
    driven = a_visit(stage, place, lead, kind="responsive_repair", reason=reason, start=start).told("handed", hours=50)
    said = (*AT_DOOR, NOBODY)
    driven.walk(said, from_start(start, len(said), at - MINUTE))
    verdict = rules.may_propose(read_first=True, life=False, rung_999=False, **WATER)
    pressed = Pressed(stage.form_key(), stage.principal(driven.scheduler, at), stage.policy)
    proposer = stage.cast.people[driven.lead]
    service.propose(stage.session, driven.locked(), proposer, WATER, verdict, pressed.made, life=False)
    return Case(driven, at)


def _done(stage: Stage, place: Place, lead: str, at: datetime) -> Case:
    case = _asked(stage, place, lead, "Water from the flat above", at)
    basis = stage.policy.door.lawful_entry_bases[0].code
    case.does(steps.authorise, DUTY_OFFICER[place.area], basis, "The lights below are wet.", after=5 * MINUTE)
    for method in ("knocked", "called"):
        case.does(steps.try_contact, case.driven.scheduler, method, "no_reply", case.at, "", after=2 * MINUTE)
    case.phones(WENT_IN, PHOTO, LEFT)
    return case


def _reviewed(case: Case, told_by: str) -> None:
    case.does(steps.say_told, told_by, "reached", "She asks for the new keys today.", after=HOUR, notice_left=True)
    case.does(
        steps.review, MANAGER, "The lights below were wet and live.", "Nobody could be reached in any other way.",
        "Ask for a second number of every home above another.", after=2 * DAY, necessary=True, proportionate=True,
    )  # fmt: skip
