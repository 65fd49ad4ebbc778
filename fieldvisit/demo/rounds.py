"""One day's rounds: a visit in every state of D1 and with every result of the notice rules, and last week's visits.

What is under way happens in the minutes before `at`; what is over happened earlier in the day, what is to come is
later, all of it within the same London day. At night the times crowd towards midnight, and a few arrivals then stand
outside their windows and are marked so.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from fieldvisit.demo.drive import DAY, HOUR, MINUTE, Driven, Stage, Step, a_visit
from fieldvisit.demo.homes import ASKING, NO_TEXTS, PROTECTED, TRUSTED_ADULT, Place
from fieldvisit.ground.clock import london_instant
from fieldvisit.register.models import Person
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.sight import AT_THE_DOOR

WORK_STARTS, WORK_ENDS = time(8, 0), time(18, 0)
SETTLED = 40 * MINUTE  # a window that is open now has been open for so long, so that much can have happened in it

SET_OFF: Step = ("visit.set_off", {})
ARRIVED: Step = ("visit.arrived", {})
ANSWERED: Step = ("door.answered", {"who": "tenant"})
WHO_AND_WHY: tuple[Step, ...] = (
    ("door.introduced", {}), ("door.reason_given", {}), ("door.id_shown", {"how": "both"}),
)  # fmt: skip
AGREED: Step = (
    "consent.given",
    {"who": "tenant", "adult": True, "able": True, "how": "spoken", "scope": ["enter", "work"]},
)
WENT_IN: Step = ("home.entered", {"shoe_covers": True})
CHECKED: Step = ("home.checked", {"done": ["asked_before_moving", "dust_sheets", "way_clear"]})
WORK_DONE: Step = ("visit.closing", {"why": "done"})
NOBODY: Step = ("door.no_answer", {"waited_min": 10, "called": True, "card_left": True, "texted": True})
UNWELL: Step = ("consent.refused", {"reason": "unwell", "words": "Everybody here has a bad stomach. Come next week."})
DOG: Step = ("visit.withdrew", {"reason": "danger", "words": "A large dog was loose and nobody could hold it."})
CLOSED: dict[str, Any] = {
    "tidy": True, "rubbish_removed": True, "left_as_found": True, "further_visit": False, "unhappy": False,
    "hazard_seen": False, "welfare_prompt_shown": True,
}  # fmt: skip

AT_DOOR = (SET_OFF, ARRIVED)
KNOWN = (*AT_DOOR, ANSWERED, *WHO_AND_WHY)
INSIDE = (*KNOWN, AGREED, WENT_IN)
DONE: tuple[Step, ...] = (*INSIDE, WORK_DONE, ("visit.closed", CLOSED))


SOOT: Step = (
    "hazard.reported",
    {"hazard": "indoor_air_pollutants", "at_risk": ["child"], "emergency": True, "first_read": True,
     "where": "Kitchen, behind the boiler", "seen": "Soot round the flue. They say that they all have headaches."},
)  # fmt: skip
SAW_SOOT: tuple[Step, ...] = (*INSIDE, SOOT, WORK_DONE, ("visit.closed", CLOSED | {"hazard_seen": True}))


def closed(**facts: Any) -> tuple[Step, ...]:
    return (*INSIDE, WORK_DONE, ("visit.closed", CLOSED | facts))


@dataclass(frozen=True)
class Day:
    """The windows of one day as they look at `at`: open now, over, and to come. All aware UTC."""

    midnight: datetime
    at: datetime
    now: datetime
    over: tuple[datetime, ...]
    later: tuple[datetime, ...]

    @property
    def hours_now(self) -> int:
        """Long enough to be open for two hours more."""
        return -(-(self.at - self.now + 2 * HOUR) // HOUR)

    def hours_before(self, start: datetime, hours: int) -> int:
        """So many hours before that window, or more where that is still to come."""
        return max(hours, -(-(start - self.at) // HOUR))


def look_at_day(stage: Stage) -> Day:
    midnight, at = london_instant(stage.day), stage.at
    tomorrow = london_instant(stage.day + timedelta(days=1))  # 23 or 25 hours on, when the clocks change
    opening = [start for hour in range(25) if (start := midnight + hour * HOUR) < tomorrow]
    last = max(start for start in opening if start <= at)
    now = max(midnight, last if at - last >= SETTLED else last - HOUR)
    shift = [start for start in opening if london_instant(stage.day, WORK_STARTS) <= start < _end_of_work(stage)]
    over = tuple(start for start in shift if start + 90 * MINUTE <= at)
    later = tuple(start for start in shift if start >= at + HOUR)
    return Day(midnight, at, now, over or (now,), later or (min(now + HOUR, opening[-1]),))


def _end_of_work(stage: Stage) -> datetime:
    return london_instant(stage.day, WORK_ENDS)


def just_before(at: datetime, count: int, since: datetime) -> list[datetime]:
    """The last so many steps before `at`, two minutes apart, or closer when the window has only just opened."""
    gap = max(min(2 * MINUTE, (at - since) / (count + 1)), timedelta(seconds=10))
    gap -= timedelta(microseconds=gap.microseconds)
    return [at - gap * (count - step) for step in range(count)]


def from_start(start: datetime, count: int, at: datetime) -> list[datetime]:
    """So many steps from the window's start on, five minutes apart, or closer so that all are over by `at`."""
    gap = min(5 * MINUTE, (at - start) / (count + 1))
    if gap < timedelta(seconds=10):
        return just_before(at, count, start)
    gap -= timedelta(microseconds=gap.microseconds)
    return [start + gap * (step + 1) for step in range(count)]


def homes_in_turn(stage: Stage, places: Sequence[Place]) -> Callable[[str], Place]:
    """Ordinary homes of an area, each once a day, in an order that the seed and the day decide."""
    queues: dict[str, list[Place]] = {}
    for place in places:
        if (place.area, place.number) not in ASKING:
            queues.setdefault(place.area, []).append(place)
    for area, queue in queues.items():
        random.Random(f"{stage.seed} {stage.day} {area}").shuffle(queue)  # noqa: S311 - an order, not a secret
    return lambda area: queues[area].pop()


def play_today(stage: Stage, places: Sequence[Place]) -> None:
    day, home = look_at_day(stage), homes_in_turn(stage, places)
    asking = {(place.area, place.number): place for place in places}
    _under_way(stage, day, home, asking)
    _over(stage, day, home)
    _to_come(stage, day, home, asking)


# --- under way ----------------------------------------------------------------------------------------------------


def _under_way(stage: Stage, day: Day, home: Callable[[str], Place], asking: dict[tuple[str, int], Place]) -> None:
    def now(lead: str, place: Place, reason: str, kind: str = "responsive_repair", **facts: Any) -> Driven:
        return a_visit(stage, place, lead, kind=kind, reason=reason, start=day.now, hours=day.hours_now, **facts)

    def walk(driven: Driven, steps: Sequence[Step], ago: int = 0) -> Driven:
        before = day.at - min(ago * MINUTE, (day.at - day.now) / 2)
        return driven.walk(steps, just_before(before, len(steps), day.now))

    now("asha", home("North"), "The boiler does not heat").told("handed", hours=50)
    walk(now("ben", home("Town"), "The kitchen tap drips").told("sms", hours=52), (SET_OFF,), ago=4)
    walk(now("carl", home("Vale"), "A fence panel is down").told("email", hours=60), AT_DOOR)
    trusted = now("dev", asking[TRUSTED_ADULT], "The back door does not lock").told("handed", hours=49)
    walk(trusted, KNOWN, ago=1)
    tenancy = now("vera", home("North"), "A report that the home is let to somebody else", "tenancy_visit")
    tenancy.investigation(day.now - 20 * HOUR, "Notice would let the tenancy breach be hidden before the visit.")
    walk(tenancy, (*AT_DOOR, _watched(30, device_on=True), *KNOWN[2:], AGREED))
    late = now("finn", home("Town"), "The bathroom fan is loud").told("sms", hours=51)
    walk(late, (*AT_DOOR, _watched(10), *INSIDE[2:], CHECKED), ago=3)  # and he has not checked in since
    _gas(stage, day, home)


def _watched(minutes: int, **facts: Any) -> Step:
    """The worker asked the office to watch: a check-in every so many minutes."""
    return "safety.started", {"minutes": minutes, "stay_min": 60} | facts


def _gas(stage: Stage, day: Day, home: Callable[[str], Place]) -> None:
    """An emergency, and nobody answers: entered on a lawful basis that a duty officer authorised."""
    gas = a_visit(
        stage, home("North"), "cleo", kind="responsive_repair", reason="A smell of gas in the hall", start=day.now,
        hours=day.hours_now, planned=45 * MINUTE, others=("dev",),
    )  # fmt: skip
    gas.emergency(day.now - 40 * MINUTE, "Gas can be smelt at the front door.")
    set_off, arrived, authorised, entered = just_before(day.at, 4, day.now)
    gas.walk(AT_DOOR, (set_off, arrived))
    gas.entry_authorised(authorised)
    lawful: Step = ("entry.lawful", {"contact_methods": ["knocked", "called"], "second_person": "colleague"})
    gas.walk((lawful,), (entered,))


# --- over ---------------------------------------------------------------------------------------------------------


def _over(stage: Stage, day: Day, home: Callable[[str], Place]) -> None:
    turn = 0

    def over(
        lead: str, area: str, reason: str, steps: Sequence[Step], hours: float = 50, *, no_signal: bool = False,
        **facts: Any,
    ) -> None:  # fmt: skip
        nonlocal turn
        start = day.over[turn % len(day.over)]
        turn += 1
        driven = a_visit(stage, home(area), lead, reason=reason, start=start, **({"kind": "responsive_repair"} | facts))
        driven.told("handed", hours=hours).walk(steps, from_start(start, len(steps), day.at), no_signal=no_signal)

    over("asha", "North", "The radiator in the bedroom leaks", SAW_SOOT)
    over("cleo", "Vale", "Clear the gutter at the back", (*KNOWN, UNWELL), no_signal=True)
    over("dev", "Town", "Yearly gas check", (*AT_DOOR, NOBODY), kind="safety_check")
    over("finn", "North", "The gate does not close", (*AT_DOOR, ANSWERED, DOG))
    later = stage.day + timedelta(days=7)
    over("carl", "Vale", "The shed roof leaks", closed(further_visit=True, further_on=later.isoformat(), note="Felt"))
    over("vera", "North", "Settling in: the first six weeks", DONE, kind="tenancy_visit")
    unhappy = closed(unhappy=True, unhappy_words="I was told of this only last night.")
    over("ben", "Town", "The hall light flickers", unhappy, hours=11)  # short, and it went ahead: an exception
    over("ben", "North", "Fit a grab rail", (*INSIDE, WORK_DONE), hours=70)


# --- to come ------------------------------------------------------------------------------------------------------


def _to_come(stage: Stage, day: Day, home: Callable[[str], Place], asking: dict[tuple[str, int], Place]) -> None:
    turn = 0

    def later(lead: str, place: Place, reason: str, kind: str = "responsive_repair", **facts: Any) -> Driven:
        nonlocal turn
        start = day.later[turn % len(day.later)]
        turn += 1
        return a_visit(stage, place, lead, kind=kind, reason=reason, start=start, **facts)

    later("asha", home("North"), "Check the new boiler").told("sms", hours=55).confirmed(day.midnight - 20 * HOUR)
    later("ben", home("Town"), "A slate has slipped")  # draft: nobody has been told
    later("cleo", home("Vale"), "The stair rail is loose").told("email", hours=49, arrived=False)  # notice pending
    later("dev", home("North"), "Damp behind the wardrobe", "inspection").told("handed", hours=60).asked_other_time(
        day.midnight - 15 * HOUR
    )
    by_letter = later("carl", asking[NO_TEXTS], "The window does not shut")
    by_letter.told("sms", hours=50).told("letterbox", hours=30)  # the text does not count here: `minimum`
    late = later("ben", asking[PROTECTED], "Change the front door lock")
    late.told("handed", hours=day.hours_before(late.start, 14))  # `short`
    soon = later("cleo", home("Town"), "The toilet does not flush")
    soon.agreed(soon.start - day.hours_before(soon.start, 11) * HOUR)
    _works(later("dev", home("Town"), "New kitchen: first day", "planned_works", planned=22 * DAY))
    later("carl", home("Vale"), "Mend the side path").told("handed", hours=50).cancelled(day.at - 5 * MINUTE)
    _tomorrow(stage, home)


def _works(works: Driven) -> None:
    day = works.stage.day
    works.told("handed", hours=20 * 24, programme_start=day, programme_end=day + timedelta(days=4))


def _tomorrow(stage: Stage, home: Callable[[str], Place]) -> None:
    nine = london_instant(stage.day + timedelta(days=1), time(9, 0))
    for lead, area, reason in (
        ("asha", "North", "The boiler pressure drops"),
        ("ben", "Town", "Rehang the bathroom door"),
        ("vera", "North", "Settling in: the first six weeks"),
    ):
        a_visit(stage, home(area), lead, kind="other", reason=reason, start=nine).told("handed", hours=50)


# --- the days before ----------------------------------------------------------------------------------------------

FURTHER = closed(further_visit=True)  # on a day that depends on the visit's own

# Lead, area, kind, reason, what happened, the share of all past visits that went like it.
PAST: tuple[tuple[str, str, str, str, tuple[Step, ...], int], ...] = (
    ("asha", "North", "responsive_repair", "No hot water", DONE, 24),
    ("ben", "Town", "responsive_repair", "The sink is blocked", DONE, 22),
    ("eve", "Vale", "inspection", "A look at the damp in the bathroom", DONE, 14),
    ("finn", "Town", "responsive_repair", "Rewire the extractor fan", FURTHER, 8),
    ("carl", "Vale", "responsive_repair", "The gutter is loose", DONE, 16),
    ("cleo", "North", "safety_check", "Smoke alarm test", (*AT_DOOR, NOBODY), 8),
    ("dev", "North", "responsive_repair", "The cistern runs on", (*KNOWN, UNWELL), 5),
    ("vera", "North", "tenancy_visit", "Yearly tenancy visit", DONE, 3),
)
PAST_DAYS = 9  # how many days before today the earliest of them was


def play_last_week(stage: Stage, places: Sequence[Place]) -> list[Driven]:
    """One visit of each sort on the days before, at ten in the morning."""
    home, played = homes_in_turn(stage, places), []
    for back, (lead, area, kind, reason, steps, _share) in enumerate(PAST, start=PAST_DAYS - len(PAST) + 1):
        start = london_instant(stage.day - timedelta(days=back), time(10, 0))
        driven = a_visit(stage, home(area), lead, kind=kind, reason=reason, start=start)
        driven.told("handed", hours=52)
        if steps is FURTHER:
            steps = closed(further_visit=True, further_on=(stage.day + timedelta(days=5)).isoformat())
        played.append(driven.walk(steps, from_start(start, len(steps), start + 2 * HOUR)))
    return played


# --- what an earlier day left open --------------------------------------------------------------------------------

_GOES_ON: dict[str, tuple[Step, ...]] = {
    "en_route": (ARRIVED, NOBODY),
    "at_door": (NOBODY,),
    "identified": (UNWELL,),
    "consented": (WENT_IN, WORK_DONE, ("visit.closed", CLOSED)),
    "lawful_entry": (WENT_IN, WORK_DONE, ("visit.closed", CLOSED)),
    "in_home": (WORK_DONE, ("visit.closed", CLOSED)),
    "closing": (("visit.closed", CLOSED),),
}


def finish_earlier(stage: Stage) -> None:
    """The demo's own visits of earlier days come to their end, so that nobody stands at a door for ever."""
    midnight = london_instant(stage.day)
    for visit, ref, last in list(_left_open(stage, midnight)):
        steps = _GOES_ON[visit.stage]
        place = Place(visit.home_id, "North", 0)
        times = from_start(last, len(steps), max(min(midnight, stage.at), last + HOUR))
        if max(times) <= stage.at:
            Driven(stage, visit, place, ref, "olive", "dora").walk(steps, times)


def _left_open(stage: Stage, midnight: datetime) -> Iterator[tuple[Visit, str, datetime]]:
    """Begun by a phone of the demo, by somebody whom the office would still send."""
    session = stage.session
    open_still = select(Visit).where(Visit.stage.in_(AT_THE_DOOR), Visit.window_start < midnight).order_by(Visit.id)
    for visit in session.scalars(open_still.limit(100)):
        entries = list(session.scalars(select(Entry).where(Entry.visit_id == visit.id)))
        lead = session.get_one(Person, visit.lead_id)
        ours = all(entry.device == "desk" or entry.device.startswith("demo-") for entry in entries)
        if ours and stage.still_goes(lead):
            yield visit, lead.ref, max(entry.corrected_time for entry in entries)
