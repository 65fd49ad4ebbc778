"""The word and the word under duress: known however they are written, kept nowhere, and alike to whoever looks on."""

from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, WATCHING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.jobs import Work
from fieldvisit.safety import service
from fieldvisit.safety.models import SafetyWord, Watch, WatchStep, WatchWords
from fieldvisit.tasks import Task
from fieldvisit.visits.models import Entry, Words
from tests.services.test_safety import (
    DURESS,
    MINUTE,
    SAFE,
    WHY,
    acts,
    judged,
    open_tasks,
    rows,
    the_watch,
    ticked,
    watched,
    with_words,
)
from tests.world import World


def test_a_word_is_known_however_it_was_written_and_kept_nowhere(world: World) -> None:
    assert judged(world, SAFE) == "none"
    with_words(world)
    assert [judged(world, word) for word in ("Blue-Kettle", "grey  HERON", "blue heron", "")] == [
        "right", "duress", "wrong", "wrong",
    ]  # fmt: skip
    [row] = rows(world, SafetyWord)
    assert row.safe_hash.startswith("$argon2id$")
    assert "kettle" not in row.safe_hash


def test_every_word_takes_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_words(world)
    counted: list[str] = []
    monkeypatch.setattr(service, "_matches", lambda digest, said: bool(counted.append(said)))
    for person, word in (("asha", SAFE), ("asha", DURESS), ("asha", "nonsense"), ("ben", SAFE)):
        judged(world, word, person)
    assert len(counted) == 8


def phone_says(world: World, word: str, minutes: float, key: str = "") -> None:
    watch_id = the_watch(world).id
    with world.database.writing(WATCHING) as session:
        watch = service.lock(session, watch_id)
        assert watch
        service.said_by_phone(session, watch, word, key or new_id(), world.now + minutes * MINUTE, world.policy)


def phone_sees(world: World, minutes: float) -> Any:
    with world.database.reading(WATCHING) as session:
        watches = session.scalars(select(Watch)).all()
        [seen] = service.phone_sees(session, watches, world.now + minutes * MINUTE, world.policy).values()
        return seen


def everything(world: World) -> str:
    """All text of all tables that could hold something of it."""
    with world.database.reading(CHECKING) as session:
        parts = [row.__dict__ for model in (Watch, WatchStep, WatchWords, SafetyWord, Entry, Words, Task, Work)
                 for row in session.scalars(select(model))]  # fmt: skip
    return str(parts)


@pytest.mark.parametrize("minutes", [10, 37])
def test_the_word_under_duress_is_an_alarm_here_and_nothing_there(world: World, minutes: float) -> None:
    with_words(world)
    watched(world)
    ticked(world, minutes)
    phone_says(world, DURESS, minutes)
    assert the_watch(world).stage == "alarm"
    assert phone_sees(world, minutes).due_at == world.now + (minutes + 30) * MINUTE
    assert phone_sees(world, minutes).stage.value in ("active", "safe")
    assert open_tasks(world) == []
    assert "heron" not in everything(world).lower()


def judged_words(world: World) -> list[str]:
    return [step.body["word"] for step in rows(world, WatchStep) if step.kind == "spoke"]


def test_another_word_in_the_same_form_is_heard_and_the_same_one_is_kept_once(world: World) -> None:
    with_words(world)
    watched(world)
    for word in ("nonsense", "nonsense", SAFE, DURESS, DURESS):
        phone_says(world, word, 10, key="p" * 32)
    assert judged_words(world) == ["wrong", "right", "duress"]
    assert the_watch(world).stage == "alarm"


def test_another_word_in_the_same_form_of_the_desk_is_heard_too(world: World) -> None:
    watched(world)
    for word in ("right", "right", "duress"):
        acts(world, "spoke", 10, word=word, reason=WHY, key="d" * 32)
    assert judged_words(world) == ["right", "duress"]
    assert the_watch(world).stage == "alarm"


def test_a_word_from_a_phone_whose_worker_has_set_none_is_refused(world: World) -> None:
    watched(world)
    with pytest.raises(RefusedError, match="no words"):
        phone_says(world, "anything", 36)
    assert judged_words(world) == []


def test_both_words_leave_the_same_tasks_and_the_same_work(world: World) -> None:
    with_words(world)
    watched(world)
    ticked(world, 36)
    phone_says(world, SAFE, 36)
    left = ([(task.kind, task.done_at) for task in rows(world, Task)], len(rows(world, Work)))
    phone_says(world, DURESS, 36)
    assert ([(task.kind, task.done_at) for task in rows(world, Task)], len(rows(world, Work)) - 1) == left


def test_a_word_can_be_asked_for_by_the_desk_and_no_line_holds_it(world: World) -> None:
    watched(world)
    acts(world, "called", 36)
    acts(world, "spoke", 37, word="right", reason=WHY)
    assert the_watch(world).stage == "safe"
    assert rows(world, WatchWords)[0].text == WHY
