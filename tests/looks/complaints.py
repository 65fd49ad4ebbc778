"""Complaints for the pages that show them: see `busy_council.py`."""

from datetime import date

from tests import complaints
from tests.world import World


def some_complaints(world: World) -> dict[str, str]:
    """One that is new, one that is to be decided with a promise, one at stage 2."""
    complaints.officers(world)
    new = complaints.received(
        world, channel="representative", representative="Ida Rook", authority="Said on the telephone by the tenant",
        complainant_contact="Through Ida Rook, after 6pm", heard_at=world.now - 6 * complaints.DAY,
    )  # fmt: skip
    found = complaints.received(world, hazard="damp_and_mould_growth", hazard_seen="Black mould above the skirting")
    complaints.logged(world, found)
    complaints.writes(world, found, "ack1")
    complaints.acts(world, found, "action", {"what": "The wall is treated again."}, owner=world.ids["dora"],
                    due=date(2026, 12, 18).isoformat())  # fmt: skip
    return {"new_complaint": new, "open_complaint": found, "second_complaint": complaints.at_stage_2(world)}
