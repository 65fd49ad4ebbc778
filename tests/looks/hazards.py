"""Hazards for the pages that show them: see `busy_council.py`."""

from datetime import timedelta

from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, IMPORTING
from fieldvisit.hazards import service as hazards
from fieldvisit.hazards.models import Hazard
from fieldvisit.hazards.state import Deed
from fieldvisit.register.models import Home
from fieldvisit.visits import job_service
from fieldvisit.visits.models import Job, Visit
from tests.stories import FIRST_HOME, a_visit
from tests.world import World

DAY = timedelta(days=1)
SECOND_HOME, THIRD_HOME = "100030000002", "100030000003"


def some_hazards(world: World) -> dict[str, str]:
    """One that a worker saw, one where the clock runs out, one whose investigation has ended."""
    ids: dict[str, str] = {}
    olive, said = world.ids["olive"], {"reason": "The wall is wet through.", "investigator": "Ida Rook, surveyor"}
    steps = (
        Deed("triaged", world.now - 5 * DAY, olive, {"as": "significant", "household_read": True}),
        Deed("investigating", world.now - 4 * DAY, olive, {"how": "remote"}),
        Deed("concluded", world.now - 3 * DAY, olive, {"finding": "significant"}),
        Deed("alternative_offered", world.now - DAY, olive, {"answer": "declined"}),
    )
    with world.database.writing(world.principal("olive")) as session:
        for name, uprn, hazard, days in (
            ("seen_hazard", SECOND_HOME, "", 0), ("late_hazard", THIRD_HOME, "electrical_hazards", 2),
            ("found_hazard", FIRST_HOME, "damp_and_mould_growth", 5),
        ):  # fmt: skip
            opening = hazards.Opening(
                session.get_one(Home, world.ids[uprn]), f"looks {name}", world.now - days * DAY, hazard,
                ("baby", "breathing") if hazard else (), name == "late_hazard", "Black mould above the cot", by=olive,
            )  # fmt: skip
            case = hazards.open_case(session, opening, world.now, world.policy)
            ids[name] = case.id
        for deed in steps:
            hazards.act(session, case, deed, said, key=new_id(), at=world.now, policy=world.policy)
    _jobs(world)
    return ids | _from_the_door(world)


def _jobs(world: World) -> None:
    """One that has run out, one that runs out today with a door that stayed shut, one with weeks to go."""
    with world.database.writing(IMPORTING) as session:
        for ref, uprn, clock, days, ago in (
            ("R-2201", SECOND_HOME, "right_to_repair", 1, 6), ("R-2207", THIRD_HOME, "eicr_remedial", None, 28),
            ("G-118", FIRST_HOME, "gas_record", None, 3),
        ):  # fmt: skip
            home = session.get_one(Home, world.ids[uprn])
            job = job_service.new_job(session, home, "responsive_repair", "The consumer unit", ref, world.now)
            job_service.set_clock(job, clock, days, world.now - ago * DAY, world.policy)
    story = a_visit(world, home=THIRD_HOME, starts=world.now - 2 * DAY, reason="The consumer unit")
    with world.database.writing(CHECKING) as session:
        job = session.scalars(select(Job).where(Job.ref == "R-2207")).one()
        session.get_one(Visit, story.visit_id).job_id = job.id
    story.at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)


def _from_the_door(world: World) -> dict[str, str]:
    story = a_visit(world, home=SECOND_HOME, starts=world.now - 4 * DAY, reason="A leak under the sink").in_the_home()
    story.says(
        "hazard.reported", hazard="indoor_air_pollutants", at_risk=["child", "breathing"], emergency=True,
        first_read=True, where="Kitchen, behind the boiler", seen="Soot round the flue, and everybody has a headache.",
    )  # fmt: skip
    story.phone.photo(story.visit_id, b"not looked at", story.at, "hazard")
    story.phone.send(story.at)
    with world.database.reading(CHECKING) as session:
        wanted = select(Hazard.id).where(Hazard.visit_id == story.visit_id)
        return {"door_hazard": session.scalars(wanted).one()}
