"""Jobs that carry a clock of the law: from a file or the plan form, beside the notice, on the visit, on their own board."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.ground.clock import end_of_london_day
from fieldvisit.ground.roles import CHECKING, IMPORTING
from fieldvisit.visits.imports import read_job, store_jobs
from fieldvisit.visits.models import Job, Visit
from tests.stories import FIRST_HOME, Story, a_visit
from tests.web.desk_forms import SOUTH_HOME, SignedIn, a_plan, day, new_address, said
from tests.world import World

DAY = timedelta(days=1)
REPORTED = "2026-12-07T15:00:00Z"  # a Monday; the world's clock says Tuesday, 9:00


@pytest.fixture
def olive(signed_in: SignedIn) -> FlaskClient:
    return signed_in("olive")


def imported(world: World, ref: str = "JOB-A", home: str = FIRST_HOME, **cells: str) -> Any:
    row = {"ref": ref, "uprn": home, "kind": "responsive_repair", "reason": "No power", "reported_at": REPORTED} | cells
    hazards, days = tuple(one.name for one in world.policy.hazards), tuple(world.policy.deadline.right_to_repair.value)
    with world.database.writing(IMPORTING) as session:
        [result] = store_jobs(session, [read_job(row, hazards, days)], world.policy)
    return result


def job(world: World, ref: str = "JOB-A") -> Job:
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(Job).where(Job.ref == ref)).one()


def planned_for(world: World, ref: str = "JOB-A", **facts: Any) -> Story:
    story = a_visit(world, **facts)
    with world.database.writing(CHECKING) as session:
        wanted = session.scalars(select(Job.id).where(Job.ref == ref)).one()
        session.get_one(Visit, story.visit_id).job_id = wanted
    return story


def board(olive: FlaskClient) -> str:
    return said(olive.get("/office/clocks"))


# --- from a file --------------------------------------------------------------------------------------------------


def test_a_file_says_which_clock_and_when_it_began(world: World, olive: FlaskClient) -> None:
    imported(world, clock="Right to repair", clock_days="1")
    imported(world, "JOB-B", clock="gas_record", clock_from="2026-12-01")
    assert job(world).clock_due_at == end_of_london_day(date(2026, 12, 8))
    assert job(world, "JOB-B").clock_due_at == end_of_london_day(date(2026, 12, 29))
    page = board(olive)
    assert page.index("JOB-A: No power") < page.index("JOB-B: No power"), "what runs out first stands first"
    assert "Right to Repair, 1 working day" in page and "(14 hours 59 minutes left)" in page and "DR-18" in page


def test_the_same_file_again_changes_nothing_and_one_without_a_clock_takes_none_away(world: World) -> None:
    assert str(imported(world, clock="gas_record")) != str(imported(world, clock="gas_record"))
    imported(world)
    assert job(world).clock == "gas_record"


@pytest.mark.parametrize(
    ("cells", "column"),
    [({"clock": "right_to_repair"}, "clock_days"), ({"clock": "right_to_repair", "clock_days": "2"}, "clock_days"),
     ({"clock": "leak"}, "clock"), ({"clock": "gas_record", "reported_at": ""}, "clock_from")],
)  # fmt: skip
def test_a_row_that_does_not_say_enough_is_refused_by_its_column(world: World, cells: Any, column: str) -> None:
    from fieldvisit.register.cells import BadCell

    with pytest.raises(BadCell) as bad:
        imported(world, **cells)
    assert bad.value.column == column


def test_a_year_that_we_cannot_count_in_is_refused_and_nothing_is_kept(world: World) -> None:
    result = imported(world, clock="right_to_repair", clock_days="3", clock_from="2019-01-07")
    assert "clock_from" in str(result)
    with world.database.reading(CHECKING) as session:
        assert session.scalars(select(Job).where(Job.ref == "JOB-A")).first() is None


# --- planned by the scheduler -------------------------------------------------------------------------------------


def test_a_scheduler_says_that_a_clock_runs_and_sees_it_beside_the_notice(world: World, olive: FlaskClient) -> None:
    clock = {"clock": "right_to_repair_1"} | day("clock_on", date(2026, 12, 7))
    looked = said(olive.post(new_address(world), data=a_plan(world, do="check", **clock)))
    assert "Right to Repair, 1 working day" in looked and "This visit would be after the clock runs out" in looked
    form = a_plan(world, **clock)
    for _ in range(2):
        answer = olive.post(new_address(world), data=form)
        assert answer.status_code == 303, said(answer)
    with world.database.reading(CHECKING) as session:
        [made] = session.scalars(select(Job)).all()
        [visit] = session.scalars(select(Visit)).all()
    assert (made.clock, made.clock_days, visit.job_id) == ("right_to_repair", 1, made.id)
    for address in (f"/office/visits/{visit.id}", f"/office/visits/{visit.id}/plan"):
        assert "Right to Repair, 1 working day" in said(olive.get(address)), address
    assert "That is after the clock runs out." in board(olive)


@pytest.mark.parametrize(
    ("typed", "box"), [({"clock": "luck"}, "clock"), ({"clock": "gas_record"} | day("clock_on", date(2026, 12, 9)), "clock_on"),
                       ({"clock": "right_to_repair_3"} | day("clock_on", date(2019, 1, 7)), "clock_on")],
)  # fmt: skip
def test_what_is_wrong_with_a_clock_stands_beside_its_box(
    world: World, olive: FlaskClient, typed: Any, box: str
) -> None:
    answer = olive.post(new_address(world), data=a_plan(world, **typed))
    assert answer.status_code == 422
    assert f'id="{box}-error"' in answer.text


# --- what ends it, and what does not ------------------------------------------------------------------------------


def test_a_door_that_stays_shut_stops_no_clock_and_is_evidence(world: World, olive: FlaskClient) -> None:
    imported(world, clock="eicr_remedial")
    planned_for(world).at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)
    page = board(olive)
    assert "Nobody let us in once" in page and "What was done about it" in page


def test_a_repair_is_done_when_its_visit_is(world: World, olive: FlaskClient) -> None:
    imported(world, clock="eicr_remedial")
    story = planned_for(world, starts=world.now - 3 * timedelta(hours=1)).done()
    assert "JOB-A" not in board(olive)
    assert "Met" in said(olive.get(f"/office/visits/{story.visit_id}"))


def test_that_the_tenant_has_the_record_a_person_says(world: World, olive: FlaskClient) -> None:
    imported(world, clock="gas_record")
    story = planned_for(world, starts=world.now - 3 * timedelta(hours=1)).done()
    assert "JOB-A" in board(olive), "the check was made; nobody has said that the tenant has the record"
    here = f"/office/clocks/{job(world).id}/done"
    box = f"done_{job(world).id}"
    early = olive.post(here, data=day(f"{box}_on", date(2026, 12, 6)) | {f"{box}_at": "9am"})
    assert early.status_code == 409 and "before the clock began" in said(early)
    assert olive.post(here).status_code == 303
    assert "JOB-A" not in board(olive)
    again = olive.post(here)
    assert again.status_code == 409
    assert job(world).clock_done_by == world.ids["olive"]
    assert story.row().job_id == job(world).id


def test_another_area_sees_and_settles_none_of_them(world: World, signed_in: SignedIn) -> None:
    imported(world, clock="gas_record")
    imported(world, "JOB-B", SOUTH_HOME, clock="gas_record")
    otto = signed_in("otto")
    page = said(otto.get("/office/clocks"))
    assert "JOB-A" not in page and "JOB-B" in page
    assert otto.post(f"/office/clocks/{job(world).id}/done").status_code == 404


def test_whoever_may_not_plan_is_told_whom_to_ask_and_offered_no_page_that_is_not_there(world: World) -> None:
    imported(world, clock="right_to_repair", clock_days="1")
    shown = {who: world.client(who).get("/office/clocks") for who in ("olive", "dora")}
    assert "/office/plan/" in shown["olive"].text and "Ask a scheduler" not in shown["olive"].text
    assert "/office/plan/" not in shown["dora"].text and "Ask a scheduler: Olive Marsh." in said(shown["dora"])
