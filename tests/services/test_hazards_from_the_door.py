"""A worker reports a hazard from the phone: one case of one hazard, whatever else the visit says, and when it was seen."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.desk.check import problems
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import CHECKING
from fieldvisit.hazards import board, service
from fieldvisit.hazards.models import Hazard, HazardStep, HazardWords
from fieldvisit.tasks import Task
from fieldvisit.visits.models import Words
from tests.services.test_hazards import DAMP, HOUR, MINUTE, rows
from tests.stories import Story, a_visit
from tests.world import World

DAY = timedelta(days=1)
REPORT = {
    "hazard": DAMP, "at_risk": ["baby"], "emergency": True, "first_read": True, "where": "The small bedroom",
    "seen": "Black mould above the cot",
}  # fmt: skip
CLOSE = {
    "tidy": True, "rubbish_removed": True, "left_as_found": True, "further_visit": False, "unhappy": False,
    "hazard_seen": True, "welfare_prompt_shown": True,
}  # fmt: skip


def inside(world: World) -> Story:
    return a_visit(world, starts=world.now - 3 * HOUR).in_the_home()


def reports(story: Story, **facts: Any) -> Story:
    return story.says("hazard.reported", **(REPORT | facts))


def tasks(world: World) -> list[Task]:
    return [task for task in rows(world, Task) if task.kind == "hazard_seen"]


def test_what_it_is_where_and_who_is_at_risk_open_the_case(world: World) -> None:
    story = reports(inside(world))
    assert story.results[-1]["status"] == "accepted", story.results[-1]
    [case] = rows(world, Hazard)
    assert (case.hazard, case.at_risk, case.stage, case.visit_id) == (DAMP, ["baby"], "logged", story.visit_id)
    assert (case.aware_at, case.runs_out_at) == (story.at, min(story.at + DAY, tasks(world)[0].due_at))
    assert case.reported_by == world.ids["asha"]
    assert {(one.field, one.text) for one in rows(world, Words)} >= {
        ("where", REPORT["where"]),
        ("seen", REPORT["seen"]),
    }
    assert rows(world, HazardWords) == [], "they are kept once, with the visit"
    with world.database.reading(world.principal("olive")) as session:
        [step] = board.case_of(session, session.get_one(Hazard, case.id), world.policy).steps
        assert (step.words["where"], step.words["seen"]) == (REPORT["where"], REPORT["seen"])
    assert story.state().exceptions == ()


def test_awareness_begins_when_it_was_seen_however_long_the_phone_had_no_signal(world: World) -> None:
    story = inside(world)
    saw = story.at + MINUTE
    story.phone.save("hazard.reported", story.visit_id, REPORT, saw)
    for _ in range(2):
        story.phone.send(world.now)
    [case] = rows(world, Hazard)
    assert (case.aware_at, case.opened_at) == (saw, world.now)
    assert len(rows(world, HazardStep)) == 1


def test_a_phone_with_a_wrong_clock_is_corrected(world: World) -> None:
    story = inside(world)
    saw, story.phone.slow_by = story.at + MINUTE, 20 * MINUTE
    story.phone.save("hazard.reported", story.visit_id, REPORT, saw)
    story.phone.send(world.now)
    assert rows(world, Hazard)[0].aware_at == saw


def test_reported_and_then_seen_at_the_close_out_is_one_case(world: World) -> None:
    reports(inside(world)).closing().closed(hazard_seen=True)
    assert len(rows(world, Hazard)) == len(tasks(world)) == 1


def test_the_report_after_the_close_out_says_what_the_case_is(world: World) -> None:
    story = inside(world).closing().closed(hazard_seen=True)
    closed = story.at
    reports(story)
    [case] = rows(world, Hazard)
    assert (case.hazard, case.at_risk, case.aware_at) == (DAMP, ["baby"], closed)
    assert [step.kind for step in rows(world, HazardStep)] == ["reported", "joined"]
    with world.database.reading(CHECKING) as session:
        assert service.state_of(session, case.id).now.emergency_at_once, "the tick counts at once, whenever it comes"
    assert (story.state().stage, story.state().exceptions) == ("closed", ())
    assert len(tasks(world)) == 1


@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
def test_in_whatever_order_they_reach_us_it_is_one_case_from_the_first_sight(
    world: World, order: tuple[int, ...]
) -> None:
    story = inside(world).closing()
    began = story.at
    said = (("hazard.reported", REPORT), ("hazard.reported", REPORT | {"at_risk": ["older"]}), ("visit.closed", CLOSE))
    for place, (kind, body) in enumerate(said, start=1):
        story.phone.save(kind, story.visit_id, body, began + place * MINUTE)
    items = list(story.phone.waiting)
    for place in order:
        story.phone.waiting = [items[place]]
        story.phone.send(world.now)
    [case] = rows(world, Hazard)
    assert (case.hazard, sorted(case.at_risk), case.aware_at) == (DAMP, ["baby", "older"], began + MINUTE)
    assert len(tasks(world)) == 1


def test_two_hazards_of_one_visit_are_two_cases(world: World) -> None:
    reports(reports(inside(world)), hazard="electrical_hazards")
    assert sorted(case.hazard for case in rows(world, Hazard)) == [DAMP, "electrical_hazards"]


def test_a_second_report_of_a_case_that_is_closed_opens_another(world: World) -> None:
    story = reports(inside(world))
    with world.database.writing(CHECKING) as session:
        session.scalars(select(Hazard)).one().stage = "closed"
    reports(story)
    assert len(rows(world, Hazard)) == 2


def test_a_hazard_that_no_list_of_ours_has_is_a_case_all_the_same(world: World) -> None:
    story = reports(inside(world), hazard="dragons", at_risk=["baby", "knights"])
    assert story.results[-1]["status"] == "accepted"
    [case] = rows(world, Hazard)
    assert (case.hazard, case.at_risk) == ("", ["baby"])
    [step] = rows(world, HazardStep)
    assert step.body["emergency"] is True


@pytest.mark.parametrize("end", [lambda s: s.at_the_door(), lambda s: s.at_the_door().answered().refused()])
def test_it_may_be_reported_at_the_door_and_after_a_refusal_and_marks_nothing(world: World, end: Any) -> None:
    story = end(a_visit(world, starts=world.now - 3 * HOUR))
    before = story.state()
    reports(story)
    assert len(rows(world, Hazard)) == 1
    assert (story.state().stage, story.state().exceptions) == (before.stage, before.exceptions)


def test_a_photo_of_it_is_on_the_cases_page_and_out_of_no_order(world: World) -> None:
    story = inside(world).closing().closed(hazard_seen=True)
    reports(story)
    for what in ("hazard", "damage"):
        story.phone.photo(story.visit_id, b"a picture", story.at + MINUTE, what)
    story.phone.send(world.now)
    assert list(story.state().marks) == [story.phone.kept[-1]["uuid"]], "only what no report asked for"
    with world.database.reading(world.principal("olive")) as session:
        from fieldvisit.outbox.photos import of_visit

        found = board.photos_of(session, story.visit_id, of_visit)
        assert [(photo.at, photo.standing) for photo in found] == [(story.at + MINUTE, "phone")] * 2
        assert board.photos_of(session, None, of_visit) == []


# --- is it whole? -------------------------------------------------------------------------------------------------


def test_check_folds_the_cases_anew(world: World) -> None:
    reports(inside(world))

    def found() -> list[str]:
        return [
            one
            for one in problems(world.app.extensions["fv_config"], world.database, world.policy, london_date(world.now))
            if "H-" in one
        ]

    assert found() == []
    with world.database.writing(CHECKING) as session:
        case = session.scalars(select(Hazard)).one()
        case.stage, case.runs_out_at = "closed", None
        ref = case.ref
    assert [one.split(" says ")[0] for one in found()] == [f"Hazard {ref}: stage", f"Hazard {ref}: runs_out_at"]
