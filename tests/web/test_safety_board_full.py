"""More workers out than the board has room for: whoever is late is on it, and it says how many are not."""

from typing import Any

import pytest

from fieldvisit.safety import board
from tests.services.test_safety import MINUTE, ticked, watched
from tests.stories import a_visit
from tests.web.desk_forms import said
from tests.world import World


def out(world: World, lead: str, minutes: int, heard: float) -> Any:
    """Somebody is watched since then, and must be heard every so many minutes."""
    story = a_visit(world, lead=lead, starts=world.now - 60 * MINUTE).in_the_home()
    return story.says("safety.started", at=world.now + heard * MINUTE, minutes=minutes, stay_min=minutes)


def test_whoever_is_latest_is_on_the_board_however_many_are_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "MOST", 2)
    out(world, "asha", 30, heard=0)  # out longest, due at 30
    out(world, "ben", 120, heard=10)
    out(world, "carl", 120, heard=11)
    world.clock.move_to(world.now + 34 * MINUTE)
    shown = said(world.client("dora").get("/office/safety"))
    assert "Asha Kaur" in shown and "The board shows 2. 1 more is not on it" in shown


def test_an_alarm_is_on_it_before_what_has_run_out_since(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watched(world)
    ticked(world, 45)
    out(world, "ben", 5, heard=46)
    out(world, "carl", 240, heard=47)
    at = world.now + 60 * MINUTE
    for most, expected in ((1, {"asha"}), (2, {"asha", "ben"}), (3, {"asha", "ben", "carl"})):
        monkeypatch.setattr(board, "MOST", most)
        with world.database.reading(world.principal("dora")) as session:
            found = board.board_of(world.database, session, world.principal("dora"), at, world.policy)
            assert {row.watch.person.ref for row in found} == expected
            assert board.more_than_shown(session, world.principal("dora"), at) == 3 - most
