"""Hazards in several states, and jobs that carry a clock of the law: what the boards of the demo show."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from fieldvisit.demo.drive import DAY, HOUR, Stage
from fieldvisit.demo.homes import Place
from fieldvisit.demo.people import DUTY_OFFICER, SCHEDULER
from fieldvisit.hazards import service
from fieldvisit.hazards.state import Deed
from fieldvisit.register.models import Home
from fieldvisit.visits import job_service

Done = tuple[str, timedelta, dict[str, Any]]  # what, how long after we knew of it, its codes

WORDS = {
    "reason": "Seen in the home, with whoever lives there in mind.",
    "investigator": "Ida Rook, surveyor",
    "what": "The outlet is repaired and the wall is treated.",
    "summary": "We found what is written here. This is what we do about it, and by when.",
}
URGENT: Done = ("triaged", HOUR, {"as": "emergency", "household_read": True})
SERIOUS: Done = ("triaged", 2 * HOUR, {"as": "significant", "household_read": True})
LOOKED: Done = ("investigating", DAY, {"how": "in_person"})
AT_ONCE: Done = ("investigating", 2 * HOUR, {"how": "in_person"})
FOUND: Done = ("concluded", 2 * DAY, {"finding": "significant"})
FOUND_URGENT: Done = ("concluded", 3 * HOUR, {"finding": "emergency"})
SAYS = ["found", "action", "times", "contact", "complain"]
SUMMED: Done = ("summary_sent", 3 * DAY, {"says": SAYS, "how": "by_hand"})
SAFE: Done = ("made_safe", 4 * DAY, {})
SAFE_AT_ONCE: Done = ("made_safe", 5 * HOUR, {})
MORE: Done = ("preventative", 4 * DAY + HOUR, {})
FINISHED: Done = ("completed", 5 * DAY, {"told": True})
ENDED: Done = ("closed", 6 * DAY, {"told": True})

# Area, hazard, days ago, who is at risk, what was seen, what was done.
CASES: tuple[tuple[str, str, int, tuple[str, ...], str, tuple[Done, ...]], ...] = (
    ("North", "damp_and_mould_growth", 9, ("baby", "breathing"), "Black mould above the cot and behind the wardrobe",
     (SERIOUS, LOOKED, FOUND)),
    ("North", "electrical_hazards", 3, ("child",), "A socket in the hall is loose and scorched",
     (URGENT, AT_ONCE, FOUND_URGENT, SAFE_AT_ONCE)),
    ("Town", "damp_and_mould_growth", 25, ("older",), "The bedroom wall is wet after rain",
     (SERIOUS, LOOKED, FOUND, SUMMED, SAFE, MORE)),
    ("Town", "excess_cold", 2, ("older", "heart"), "No heating for two days", (SERIOUS,)),
    ("Vale", "damp_and_mould_growth", 40, ("nobody_known",), "Mould round the bathroom window",
     (SERIOUS, LOOKED, FOUND, SUMMED, SAFE, FINISHED, ENDED)),
    ("Vale", "falling_on_stairs", 1, ("disabled",), "The rail of the outside steps has come away", ()),
)  # fmt: skip
# Area, reference, clock, days of the defect, how many days ago it began, what it is about.
JOBS: tuple[tuple[str, str, str, int | None, int, str], ...] = (
    ("North", "R-2201", "right_to_repair", 1, 1, "No power in half of the kitchen"),
    ("Town", "R-2207", "eicr_remedial", None, 24, "The consumer unit, after the electrical report"),
    ("Vale", "R-2210", "right_to_repair", 7, 3, "The roof leaks over the landing"),
    ("Town", "G-118", "gas_record", None, 30, "Yearly gas check: the record to the tenant"),
)


def play_hazards(stage: Stage, home: Callable[[str], Place]) -> None:
    for number, (area, hazard, ago, at_risk, seen, done) in enumerate(CASES):
        aware = stage.at - ago * DAY
        by = stage.cast.people[SCHEDULER[area]]
        opening = service.Opening(
            stage.session.get_one(Home, home(area).home_id), f"demo:{stage.day}:{number}", aware, hazard, at_risk,
            hazard == "electrical_hazards", seen, by=by,
        )  # fmt: skip
        case = service.open_case(stage.session, opening, aware, stage.policy)
        _works_on(stage, case.id, aware, done, stage.cast.people[DUTY_OFFICER[area]])
    for area, ref, clock, days, ago, reason in JOBS:
        job = job_service.new_job(
            stage.session, stage.session.get_one(Home, home(area).home_id), "responsive_repair", reason, ref, stage.at
        )
        job_service.set_clock(job, clock, days, stage.at - ago * DAY, stage.policy)


def _works_on(stage: Stage, case_id: str, aware: datetime, done: Sequence[Done], by: str) -> None:
    for kind, after, body in done:
        at = aware + after
        case = service.lock(stage.session, case_id)
        assert case
        key = stage.form_key()
        service.act(stage.session, case, Deed(kind, at, by, body), WORDS, key=key, at=at, policy=stage.policy)
