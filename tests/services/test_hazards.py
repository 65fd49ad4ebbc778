"""Cases of hazards in the database: opened by a phone's close-out, worked on by officers, added to and never changed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from fieldvisit import schema
from fieldvisit.db import Database, new_id
from fieldvisit.ground.roles import CHECKING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.hazards import service
from fieldvisit.hazards.models import Hazard, HazardStep, HazardWords
from fieldvisit.hazards.state import Deed
from fieldvisit.register.models import Home
from fieldvisit.tasks import Task
from tests.stories import FIRST_HOME, a_visit
from tests.world import World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DAMP, WET = "damp_and_mould_growth", "Black mould above the cot"


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(model)))


def reported(world: World, by: str = "olive", home: str = FIRST_HOME, cause: str = "", **facts: Any) -> str:
    asking = world.principal(by)
    with world.database.writing(asking) as session:
        opening = service.Opening(
            home=session.get_one(Home, world.ids[home]), cause=cause or f"desk:{new_id()}",
            aware_at=world.now - HOUR, at_risk=("baby",), seen=WET, by=asking.person_id, **({"hazard": DAMP} | facts),
        )  # fmt: skip
        return service.open_case(session, opening, world.now, world.policy).id


def acts(world: World, case: str, kind: str, by: str = "olive", key: str = "", **body: Any) -> None:
    words = {"reason": "The wall is wet through.", "investigator": "Ida Rook"}
    asking = world.principal(by)
    with world.database.writing(asking) as session:
        hazard = service.lock(session, case)
        assert hazard
        deed = Deed(kind, world.now, asking.person_id, body)
        service.act(session, hazard, deed, words, key=key or new_id(), at=world.now, policy=world.policy)


def triaged(world: World, case: str, as_: str, by: str = "olive") -> None:
    acts(world, case, "triaged", by, **{"as": as_, "household_read": True})


# --- from the door ------------------------------------------------------------------------------------------------


def seen_at_the_door(world: World) -> Any:
    story = a_visit(world, starts=world.now - 3 * HOUR).in_the_home().closing()
    return story.closed(hazard_seen=True)


def test_what_a_worker_saw_is_a_case_with_the_phones_own_time(world: World) -> None:
    story = seen_at_the_door(world)
    [case] = rows(world, Hazard)
    assert (case.hazard, case.stage, case.visit_id) == ("", "logged", story.visit_id)
    assert (case.home_id, case.reported_by) == (world.ids[FIRST_HOME], world.ids["asha"])
    assert case.aware_at == story.at
    [task] = [task for task in rows(world, Task) if task.kind == "hazard_seen"]
    assert (task.raised_at, task.due_at) == (case.aware_at, case.runs_out_at)


def test_a_close_out_that_waited_for_signal_began_its_clock_when_it_was_seen(world: World) -> None:
    story = a_visit(world, starts=world.now - 3 * HOUR).in_the_home().closing()
    saw = story.at + MINUTE
    body = {
        "tidy": True, "rubbish_removed": True, "left_as_found": True, "further_visit": False, "unhappy": False,
        "hazard_seen": True, "welfare_prompt_shown": True,
    }  # fmt: skip
    story.phone.save("visit.closed", story.visit_id, body, saw)
    for _ in range(2):  # and sent twice, it is one case
        story.phone.send(world.now)
    [case] = rows(world, Hazard)
    assert (case.aware_at, case.opened_at) == (saw, world.now)


def test_no_case_is_opened_where_none_was_seen(world: World) -> None:
    a_visit(world, starts=world.now - 3 * HOUR).done()
    assert rows(world, Hazard) == []


def test_a_door_that_stays_shut_is_evidence_and_stops_no_clock(world: World) -> None:
    case = reported(world)
    reported(world, home="100030000002")
    [before] = [row.runs_out_at for row in rows(world, Hazard) if row.id == case]
    story = (
        a_visit(world, starts=world.now)
        .at_the_door()
        .says("door.no_answer", waited_min=10, called=True, card_left=True)
    )
    assert story.results[-1]["status"] == "accepted", story.results[-1]
    [step] = [step for step in rows(world, HazardStep) if step.kind == "access_failed"]
    assert (step.hazard_id, step.body, step.by) == (case, {"visit": story.visit_id}, None)
    [after] = [row for row in rows(world, Hazard) if row.id == case]
    assert (after.runs_out_at, after.stage) == (before, "logged")


# --- at the desk --------------------------------------------------------------------------------------------------


def test_a_case_is_opened_once_whatever_is_pressed(world: World) -> None:
    assert reported(world, cause="desk:1") == reported(world, cause="desk:1")
    assert len(rows(world, Hazard)) == len(rows(world, HazardStep)) == 1


def test_words_stand_beside_the_steps_and_never_in_them(world: World) -> None:
    case = reported(world)
    triaged(world, case, "significant")
    assert all(WET not in str(step.body) and "wet through" not in str(step.body) for step in rows(world, HazardStep))
    assert {(row.field, row.subject_id) for row in rows(world, HazardWords)} == {
        (field, world.ids[FIRST_HOME]) for field in ("seen", "reason", "investigator")
    }


def test_a_whole_case_from_report_to_close(world: World) -> None:
    case = reported(world)
    triaged(world, case, "significant")
    acts(world, case, "investigating", how="in_person")
    acts(world, case, "concluded", finding="significant")
    acts(world, case, "summary_sent", says=["found", "action", "times", "contact", "complain"], how="email")
    acts(world, case, "made_safe")
    acts(world, case, "completed", told=True)
    acts(world, case, "closed", told=True)
    [row] = rows(world, Hazard)
    assert (row.stage, row.runs_out_at) == ("closed", None)
    steps = sorted(rows(world, HazardStep), key=lambda step: step.position)
    assert [step.position for step in steps] == list(range(1, 9))
    assert [one.stage_after for one in steps[:-1]] == [one.stage_before for one in steps[1:]]


def test_the_first_thing_to_run_out_is_kept_for_the_board(world: World) -> None:
    case = reported(world)
    triaged(world, case, "emergency")
    assert rows(world, Hazard)[0].runs_out_at == world.now - HOUR + DAY


def test_pressed_twice_is_done_once(world: World) -> None:
    case = reported(world)
    for _ in range(2):
        acts(world, case, "triaged", key="k" * 32, **{"as": "other", "household_read": True})
    assert [step.kind for step in rows(world, HazardStep)].count("triaged") == 1


def test_an_emergency_is_downgraded_by_another_officer_alone(world: World) -> None:
    case = reported(world)
    triaged(world, case, "emergency")
    acts(world, case, "investigating", how="in_person")
    acts(world, case, "concluded", finding="emergency")
    with pytest.raises(RefusedError, match="Another officer"):
        acts(world, case, "downgraded")
    acts(world, case, "downgraded", by="dora")
    assert rows(world, Hazard)[0].stage == "concluded_significant"


def test_the_task_of_what_was_seen_is_done_when_somebody_has_decided(world: World) -> None:
    seen_at_the_door(world)
    case = rows(world, Hazard)[0].id
    acts(world, case, "described", hazard=DAMP, at_risk=["baby"])
    assert [task.done_at for task in rows(world, Task) if task.kind == "hazard_seen"] == [None]
    triaged(world, case, "significant")
    assert [task.done_at for task in rows(world, Task) if task.kind == "hazard_seen"] == [world.now]


def test_a_step_is_never_changed(world: World, database: Database) -> None:
    reported(world)
    for statement in ("UPDATE hazard_step SET kind = 'closed'", "DELETE FROM hazard_step"):
        with pytest.raises(DBAPIError), database.as_owner(write=True).begin() as connection:
            connection.execute(text(statement))


def test_an_officer_of_another_area_sees_no_case_and_locks_none(world: World) -> None:
    case = reported(world)
    with world.database.writing(world.principal("otto")) as session:
        assert service.lock(session, case) is None
        assert session.scalars(select(HazardWords)).all() == []


# --- the migration ------------------------------------------------------------------------------------------------


def test_every_open_task_of_the_first_issue_is_a_hazard_with_its_original_time(
    world: World, database: Database
) -> None:
    first, second = seen_at_the_door(world), a_visit(world, home="100030000002", starts=world.now - 3 * HOUR)
    second.in_the_home().closing().closed(hazard_seen=True)
    with database.writing(CHECKING) as session:
        tasks = session.scalars(select(Task).where(Task.kind == "hazard_seen")).all()
        [task] = [each for each in tasks if each.about_id == first.visit_id]
        [done] = [each for each in tasks if each.about_id == second.visit_id]
        done.done_at = world.now
    schema.downgrade(database, "0006_tenant_said")
    schema.upgrade(database)
    [case] = rows(world, Hazard)
    assert (case.cause, case.visit_id, case.aware_at) == (task.cause, first.visit_id, task.raised_at)
    assert (case.stage, case.hazard, case.runs_out_at) == ("logged", "", task.due_at)
    with database.reading(CHECKING) as session:
        assert service.state_of(session, case.id).now.aware_at == first.at
    acts(world, case.id, "described", hazard=DAMP, at_risk=[])
    triaged(world, case.id, "significant")
    assert rows(world, Hazard)[0].stage == "triaged_significant"
