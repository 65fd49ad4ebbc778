"""Hazards for the pages that show them: see `screens.py`."""

from datetime import timedelta

from fieldvisit.db import new_id
from fieldvisit.hazards import service as hazards
from fieldvisit.hazards.state import Deed
from fieldvisit.register.models import Home
from tests.stories import FIRST_HOME
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
    return ids
