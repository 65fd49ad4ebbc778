"""The visit's log: one writer, append-only, and a cache that is nothing but the fold."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from fieldvisit.ground.roles import CHECKING
from fieldvisit.visits.models import Entry, Visit, Words
from fieldvisit.visits.service import cached_state, chain_hash
from fieldvisit.visits.words import seal_for
from tests.stories import a_visit
from tests.world import World


def test_a_whole_visit_is_closed_with_nothing_marked(world: World) -> None:
    story = a_visit(world).done()
    visit = story.row()
    assert (visit.stage, visit.outcome, visit.exceptions) == ("closed", "done", [])
    assert {result["status"] for result in story.results} == {"accepted"}


def test_the_cached_columns_are_nothing_but_the_fold(world: World) -> None:
    for story in (a_visit(world).done(), a_visit(world, lead="ben").at_the_door().answered().refused()):
        visit = story.row()
        assert {name: getattr(visit, name) for name in cached_state(story.state())} == cached_state(story.state())


def test_every_line_is_chained_to_the_line_before(world: World) -> None:
    story = a_visit(world).at_the_door()
    with world.database.reading(CHECKING) as session:
        entries = session.scalars(select(Entry).order_by(Entry.position)).all()
        visit = session.get_one(Visit, story.visit_id)
    assert [entry.position for entry in entries] == list(range(1, visit.entries + 1))
    assert [entry.prev_hash for entry in entries] == ["", *(entry.hash for entry in entries[:-1])]
    assert all(entry.hash == chain_hash(entry) for entry in entries)
    assert visit.head == entries[-1].hash


@pytest.mark.parametrize(
    ("said_on", "until"), [(date(2026, 12, 8), date(2032, 12, 8)), (date(2028, 2, 29), date(2034, 2, 28))]
)
def test_words_are_kept_as_long_as_the_councils_policy_says(world: World, said_on: date, until: date) -> None:
    at = datetime(said_on.year, said_on.month, said_on.day, 9, tzinfo=UTC)
    story = a_visit(world)
    with world.database.writing(CHECKING) as session:
        entry = session.scalars(select(Entry).where(Entry.visit_id == story.visit_id)).one()
        seal_for(session, "home", entry, {"note": "Ring twice"}, at, world.policy)
        session.flush()
        assert session.scalars(select(Words.keep_until).where(Words.field == "note")).one() == until


@pytest.mark.parametrize("act", ["UPDATE entry SET kind = 'visit.noted'", "DELETE FROM entry"])
def test_nobody_can_change_or_delete_a_line_of_the_log(world: World, act: str) -> None:
    a_visit(world)
    with pytest.raises(DBAPIError, match="append-only"), world.database.as_owner(write=True).begin() as connection:
        connection.execute(text(act))


def test_nobody_can_delete_from_the_access_record(world: World) -> None:
    with pytest.raises(DBAPIError, match="append-only"), world.database.as_owner(write=True).begin() as connection:
        connection.execute(
            text(
                "INSERT INTO access_record (id, at, person_id, role, record, action, object_id, reason) "
                "VALUES ('1', '2026-12-08T09:00:00.000000Z', 'p', 'officer', 'visit', 'read', '', '')"
            )
        )
        connection.execute(text("DELETE FROM access_record"))


def test_what_people_said_is_beside_the_log_and_never_in_it(world: World) -> None:
    story = a_visit(world).at_the_door().answered().refused("unwell", words="I have the flu, come back on Friday")
    with world.database.reading(CHECKING) as session:
        bodies = [str(entry.body) for entry in session.scalars(select(Entry).where(Entry.visit_id == story.visit_id))]
        words = [word.text for word in session.scalars(select(Words))]
    assert not any("flu" in body for body in bodies)
    assert "I have the flu, come back on Friday" in words


def test_arriving_without_notice_is_kept_and_marked(world: World) -> None:
    story = a_visit(world).told(hours_before=3).set_off().arrived()
    assert story.results[-1]["status"] == "accepted"
    assert story.row().exceptions == ["short-notice"]


def test_arriving_after_the_window_is_kept_and_marked(world: World) -> None:
    story = a_visit(world).told().set_off()
    story.arrived(story.ends + timedelta(seconds=1))
    assert "outside-window" in story.row().exceptions


def test_arriving_at_the_windows_last_second_is_not_marked(world: World) -> None:
    story = a_visit(world).told().set_off()
    story.arrived(story.ends)
    assert story.row().exceptions == []


def test_consent_without_the_id_step_is_kept_and_marked(world: World) -> None:
    story = a_visit(world).at_the_door().answered().consented()
    assert story.row().exceptions == ["no-id-step"]
    assert story.row().stage == "consented"
