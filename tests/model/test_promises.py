"""Whatever happens, in whatever order: saved is stored, or on the phone, or reported missing; and nothing happens twice."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from fieldvisit import create_app
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from fieldvisit.tasks import Task
from fieldvisit.web import access
from tests.model.world_of_faults import FACTS, Council, Promises
from tests.world import World

SET_OFF, PHOTO, REFUSED = ("visit.set_off", {}), ("photo.taken", {"what": "before"}), FACTS[4]
UNHEARD_OF: tuple[str, dict[str, Any]] = ("visit.unheard_of", {})
LONG = bool(os.environ.get("FV_LONG"))
PHASES = (Phase.generate, Phase.shrink) if LONG else (Phase.generate,)  # making a failure small takes minutes


@pytest.fixture
def council(sqlite_server: Any, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Council]:
    with tempfile.TemporaryDirectory(prefix="fv-model-", dir=sqlite_server.template.parent) as folder:
        home = Path(folder) / "home"
        config = Config(home=home, database_url="", policy="melton")
        make_keys(config)
        shutil.copy(sqlite_server.template, home / "fieldvisit.db")
        database = Database(config.url)
        app = create_app(config, database=database)
        app.testing = True
        world = World(app, database, policy, sqlite_server.ids)

        def set_clock(at: datetime) -> None:
            monkeypatch.setattr(access, "now", lambda: at)

        yield Council(app, database, world, home, sqlite_server.template, set_clock)
        database.dispose()


def machine(council: Council) -> type[Promises]:
    return type("Ours", (Promises,), {"council": council})


def all_holds(run: Promises) -> None:
    run.what_was_saved_is_stored_or_on_the_phone_or_was_wiped()
    run.nothing_takes_effect_twice()
    run.what_is_held_goes_by_a_persons_act_alone()


def a_morning(council: Council) -> Promises:
    run = machine(council)()
    run.a_morning()
    return run


def test_what_was_sent_after_the_backup_that_was_put_back_is_brought_again(council: Council) -> None:
    run = a_morning(council)
    run.a_visit_goes_on(0, 0, [SET_OFF, PHOTO, UNHEARD_OF], "well")
    run.a_backup_is_made()
    run.a_visit_goes_on(0, 0, [REFUSED, PHOTO], "well")
    run.a_visit_goes_on(1, 1, [SET_OFF], "answer lost")
    run.everybody_has_signal()
    all_holds(run)
    run.the_last_backup_is_put_back()
    all_holds(run)
    run.everybody_has_signal()
    all_holds(run)
    run.teardown()


def test_a_phone_that_had_more_to_send_and_was_wiped_is_known_when_its_worker_has_another(council: Council) -> None:
    run = a_morning(council)
    run.a_visit_goes_on(2, 2, [SET_OFF, REFUSED, PHOTO], "no signal")
    run.something_goes_wrong("entries come in any order", 2, 0, 0, 5)
    run.something_goes_wrong("a phone's storage is wiped", 2, 0, 0, 0)
    all_holds(run)
    assert [task.kind for task in run.rows(Task) if task.kind == "phone_gap"] == ["phone_gap"]
    run.teardown()


def test_a_phone_that_heard_of_the_restore_and_then_broke_is_known_the_next_day(council: Council) -> None:
    run = a_morning(council)
    run.a_visit_goes_on(1, 1, [SET_OFF], "well")
    run.a_backup_is_made()
    run.a_visit_goes_on(1, 1, [REFUSED, PHOTO], "well")
    run.the_last_backup_is_put_back()
    run.phones[1].heartbeat(run.at)
    run.breaks(1)
    run.teardown()


def test_saved_is_stored_or_on_the_phone_or_reported_missing_and_nothing_happens_twice(council: Council) -> None:
    run_state_machine_as_test(
        machine(council),
        settings=settings(
            max_examples=300 if LONG else 12, stateful_step_count=50 if LONG else 30, deadline=None,
            phases=PHASES, derandomize=not LONG, suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
