"""Watches in the database: armed by a phone, run by the server, worked on by the desk, and silent where they must be."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, INTAKE, WATCHING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.jobs import Work
from fieldvisit.outbox import held as held_entries
from fieldvisit.outbox import intake
from fieldvisit.outbox.models import Held
from fieldvisit.register.models import Grant
from fieldvisit.safety import service
from fieldvisit.safety.models import Watch, WatchStep
from fieldvisit.safety.state import Deed
from fieldvisit.tasks import Task
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Visit
from tests.stories import Story, a_visit
from tests.world import World

MINUTE = timedelta(minutes=1)
SAFE, DURESS = "blue kettle", "grey heron"
WHY = "I know her voice, and she is at her van."


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(model)))


def watched(world: World, **said: Any) -> Story:
    """Asha is in a home, and the office watches: the next check-in is due in half an hour."""
    story = a_visit(world, starts=world.now - 60 * MINUTE).in_the_home()
    story.at = world.now
    return story.says("safety.started", at=world.now, **said)


def the_watch(world: World) -> Watch:
    [watch] = rows(world, Watch)
    return watch


def kinds(world: World) -> list[str]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(WatchStep.kind).order_by(WatchStep.position)))


def ticked(world: World, minutes: float) -> Watch:
    """As the worker process does it, at that time."""
    with world.database.writing(WATCHING) as session:
        service.tick(session, the_watch(world).id, world.now + minutes * MINUTE, world.policy)
    return the_watch(world)


def open_tasks(world: World) -> list[str]:
    return [task.kind for task in rows(world, Task) if task.done_at is None and task.kind.startswith("watch")]


def acts(
    world: World, kind: str, minutes: float, by: str = "olive", reason: str = "", key: str = "", **body: Any
) -> None:
    asking, at = world.principal(by), world.now + minutes * MINUTE
    watch_id = the_watch(world).id
    with world.database.writing(asking) as session:
        watch = service.lock(session, watch_id)
        assert watch
        service.act(
            session, watch, Deed(kind, at, at, asking.person_id, body), reason=reason, has_words=False,
            word_said=bool(body.get("word")), key=key or new_id(), policy=world.policy, sure=True,
        )  # fmt: skip


def with_words(world: World, ref: str = "asha") -> None:
    with world.database.writing(WATCHING) as session:
        service.choose_words(session, world.ids[ref], SAFE, DURESS, world.now)


def judged(world: World, word: str, ref: str = "asha") -> str:
    with world.database.reading(WATCHING) as session:
        return service.judge_word(session, world.ids[ref], word)


# --- armed by the phone, run by the server ------------------------------------------------------------------------


def test_a_phone_arms_it_and_then_it_runs_here_without_the_phone(world: World) -> None:
    watched(world, minutes=20, stay_min=30, device_on=True)
    assert (the_watch(world).stage, the_watch(world).due_at) == ("active", world.now + 20 * MINUTE)
    [work] = [work for work in rows(world, Work) if work.kind == service.TICK]
    assert work.due_at == world.now + 20 * MINUTE
    assert [ticked(world, minutes).stage for minutes in (19, 20, 24, 25, 34, 35)] == [
        "active", "due", "due", "overdue", "overdue", "alarm",
    ]  # fmt: skip
    assert kinds(world) == ["started", "due", "overdue", "alarm_by_time"]
    assert open_tasks(world) == ["watch_overdue", "watch_alarm"]


def test_a_worker_process_that_was_away_catches_up_with_the_true_times(world: World) -> None:
    watched(world)
    assert ticked(world, 300).stage == "alarm"
    assert [step.at - world.now for step in rows(world, WatchStep)] == [
        0 * MINUTE,
        30 * MINUTE,
        35 * MINUTE,
        45 * MINUTE,
    ]
    ticked(world, 301)
    assert len(kinds(world)) == 4


def test_each_line_wishes_the_next_tick(world: World) -> None:
    story = watched(world)
    story.says("safety.checked_in", at=world.now + 10 * MINUTE)
    due = {work.due_at - world.now for work in rows(world, Work) if work.kind == service.TICK}
    assert due == {30 * MINUTE, 40 * MINUTE}


@pytest.mark.parametrize(
    ("end", "facts"),
    [
        ("visit.closed", None), ("visit.withdrew", {"reason": "smoke"}), ("door.no_answer", None),
        ("consent.refused", {"reason": "unwell"}), ("safety.ended", {}),
    ],
)  # fmt: skip
def test_whatever_ends_the_visit_ends_the_watch(world: World, end: str, facts: dict[str, Any] | None) -> None:
    story = watched(world)
    if end == "visit.closed":
        story.closing().closed()
    elif end == "door.no_answer":
        story.says(end, waited_min=10, called=True, card_left=True)
    else:
        story.says(end, **(facts or {}))
    assert the_watch(world).stage == "ended"
    assert ticked(world, 500).stage == "ended"


def test_leaving_because_of_aggression_is_an_alarm_also_when_it_is_said_later(world: World) -> None:
    story = a_visit(world, starts=world.now - 60 * MINUTE).in_the_home()
    story.says("visit.withdrew", reason="not_said")
    assert rows(world, Watch) == []
    story.says("safety.left_because", reason="aggression", words="He had a knife")
    assert (the_watch(world).stage, kinds(world)) == ("alarm", ["aggression"])
    assert "knife" not in str([step.body for step in rows(world, WatchStep)])


def test_a_panic_needs_no_watch(world: World) -> None:
    a_visit(world, starts=world.now - 60 * MINUTE).in_the_home().says("safety.panicked")
    assert the_watch(world).stage == "alarm"
    assert open_tasks(world) == ["watch_alarm"]


def after_the_phone_was_withdrawn(world: World) -> Story:
    story = watched(world)
    with world.database.writing(INTAKE) as session:
        session.scalars(select(Grant).where(Grant.person_id == world.ids["asha"])).one().revoked_at = world.now
    return story


def test_a_call_for_help_from_a_phone_that_was_withdrawn_is_heard_at_once(world: World) -> None:
    story = after_the_phone_was_withdrawn(world).says("safety.panicked", at=world.now + MINUTE)
    assert story.results[-1]["code"] == "after-revoke"
    assert (the_watch(world).stage, kinds(world)) == ("alarm", ["started", "panicked"])


def test_what_else_such_a_phone_says_waits_for_a_person(world: World) -> None:
    story = after_the_phone_was_withdrawn(world).says("safety.checked_in", at=world.now + MINUTE)
    assert story.results[-1]["code"] == "after-revoke"
    assert (the_watch(world).stage, kinds(world)) == ("active", ["started"])


def test_a_call_for_help_is_heard_although_something_else_that_it_sets_off_breaks(world: World, monkeypatch) -> None:
    story = watched(world)

    def breaks(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setitem(intake.REACTIONS, ev.VisitWithdrew, (*intake.REACTIONS[ev.VisitWithdrew], breaks))
    story.says("visit.withdrew", at=world.now + MINUTE, reason="aggression")
    assert story.results[-1]["code"] == "reaction-failed"
    assert the_watch(world).stage == "alarm"


def test_nobody_sees_or_ends_the_watch_over_themselves(world: World) -> None:
    watched(world)
    with world.database.writing(INTAKE) as session:
        session.scalars(select(Watch)).one().person_id = world.ids["dora"]
    for ref, sees in (("dora", 0), ("olive", 1)):
        with world.database.reading(world.principal(ref)) as session:
            assert [len(session.scalars(select(model)).all()) for model in (Watch, WatchStep)] == [sees, sees]


def test_the_same_call_taken_in_later_is_no_second_alarm(world: World) -> None:
    after_the_phone_was_withdrawn(world).says("safety.panicked", at=world.now + MINUTE)
    with world.database.writing(INTAKE) as session:
        held = session.scalars(select(Held)).one()
        assert held_entries.take_in(
            session, held, by=world.ids["olive"], why="I rang her", at=world.now + 9 * MINUTE,
            key=world.app.extensions["fv_intake_key"], policy=world.policy,
        )  # fmt: skip
    assert kinds(world) == ["started", "panicked"]


# --- taken in by a person, later ----------------------------------------------------------------------------------


def held_wish(world: World, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Asha asked to be watched, and a fault of ours kept it from being filed."""

    def breaks(*_: object) -> None:
        raise RuntimeError("ours")

    story = a_visit(world, starts=world.now - 60 * MINUTE).in_the_home()
    story.at = world.now
    with monkeypatch.context() as broken:
        broken.setattr(intake.safety, "hear", breaks)
        story.says("safety.started", at=world.now)
    assert story.results[-1]["code"] == "reaction-failed"
    return story


def taken_in(world: World, later: timedelta) -> None:
    with world.database.writing(INTAKE) as session:
        assert held_entries.take_in(
            session, session.scalars(select(Held)).one(), by=world.ids["olive"], why="Mended", at=world.now + later,
            key=world.app.extensions["fv_intake_key"], policy=world.policy,
        )  # fmt: skip
    with world.database.writing(WATCHING) as session:
        service.tick(session, the_watch(world).id, world.now + later, world.policy)


@pytest.mark.parametrize(
    ("later", "stage", "tasks"),
    [
        (44 * MINUTE, "active", []), (45 * MINUTE, "planned", ["watch_unanswered"]),
        (timedelta(days=3), "planned", ["watch_unanswered"]),
    ],
)  # fmt: skip
def test_what_is_taken_in_late_is_no_alarm_and_is_asked_after(
    world: World, monkeypatch: pytest.MonkeyPatch, later: timedelta, stage: str, tasks: list[str]
) -> None:
    held_wish(world, monkeypatch)
    taken_in(world, later)
    assert (the_watch(world).stage, open_tasks(world), kinds(world)) == (stage, tasks, ["started"])
    assert the_watch(world).due_at == (world.now + later + 30 * MINUTE if stage == "active" else None)


@pytest.mark.parametrize("end", ["safety.ended", "door.no_answer"])
def test_a_visit_that_has_ended_since_is_not_watched_and_nobody_is_asked_after(
    world: World, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    story = held_wish(world, monkeypatch)
    story.says(end, **({"waited_min": 10, "called": True, "card_left": True} if end == "door.no_answer" else {}))
    taken_in(world, 10 * MINUTE)
    assert (the_watch(world).stage, open_tasks(world)) == ("planned", [])


def test_whoever_was_heard_of_since_is_not_asked_after(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    held_wish(world, monkeypatch).says("safety.checked_in", at=world.now + MINUTE)
    taken_in(world, timedelta(days=3))
    assert (the_watch(world).stage, open_tasks(world)) == ("planned", [])


def test_two_workers_of_one_visit_have_two_watches(world: World) -> None:
    story = watched(world)
    assert the_watch(world).person_id == world.ids[story.lead]


# --- the desk -----------------------------------------------------------------------------------------------------


def test_ringing_settles_the_task_and_deciding_the_other(world: World) -> None:
    watched(world)
    ticked(world, 35)
    assert open_tasks(world) == ["watch_overdue"]
    acts(world, "called", 36, answered=False)
    assert (open_tasks(world), the_watch(world).stage) == ([], "contacting")
    ticked(world, 45)
    assert open_tasks(world) == ["watch_alarm"]
    acts(world, "decided", 46, reason="Nobody has seen her since noon.", what="999")
    assert open_tasks(world) == []


def test_found_safe_asks_what_happened(world: World) -> None:
    watched(world).says("safety.panicked")
    acts(world, "found_safe", 5, reason=WHY)
    assert the_watch(world).stage == "safe"
    assert [task.kind for task in rows(world, Task) if task.kind == "incident"] == ["incident"]


def test_one_form_is_one_line(world: World) -> None:
    watched(world)
    for _ in range(2):
        acts(world, "called", 3, key="k" * 32)
    assert kinds(world) == ["started", "called"]


def test_what_the_rule_refuses_leaves_no_line(world: World) -> None:
    watched(world)
    with pytest.raises(RefusedError, match="no alarm"):
        acts(world, "decided", 1, reason=WHY, what="999")
    assert kinds(world) == ["started"]


def test_lines_are_never_changed(world: World) -> None:
    watched(world)
    for statement in ("UPDATE watch_step SET kind = 'ended'", "DELETE FROM watch_step"):
        with (
            pytest.raises(DBAPIError, match=r"append-only|permission denied"),
            world.database.writing(WATCHING) as session,
        ):
            session.execute(text(statement))


def test_the_worker_sees_no_row_of_it(world: World) -> None:
    watched(world)
    with world.database.reading(world.principal("asha")) as session:
        assert session.scalars(select(Watch)).all() == []
        assert session.scalars(select(WatchStep)).all() == []
        assert session.scalars(select(Visit)).all()


def test_it_is_kept_for_a_year(world: World) -> None:
    watched(world)
    assert (the_watch(world).keep_until - world.now.date()).days in (364, 365)
