"""Pictures under keys: a home's last one takes its key with it, and the council changes its own (security 5.1)."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from fieldvisit import failpoints
from fieldvisit.backup import backup
from fieldvisit.badges.portraits import portrait
from fieldvisit.evidence import keys
from fieldvisit.evidence.kek import KekError, NotOursError, unlock
from fieldvisit.evidence.models import SubjectKey
from fieldvisit.evidence.service import path_of
from fieldvisit.failpoints import FailedOnPurposeError
from fieldvisit.ground.roles import KEYS
from fieldvisit.outbox import pictures, purging
from fieldvisit.outbox.photos import NotAsSealed
from tests.pictures import (
    PHOTO,
    SECOND_HOME,
    blob_file,
    came,
    home_keys,
    make_all_ready,
    room_in,
    row,
    rows,
)
from tests.world import NOW, World

YEAR, HOUR, MINUTE = timedelta(days=365), timedelta(hours=1), timedelta(minutes=1)
LONG_AFTER = NOW + 2 * YEAR


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    def at(place: str) -> Any:
        monkeypatch.setitem(failpoints.WANTED, place, ("raise", ""))
        return pytest.raises(FailedOnPurposeError)

    return at


# --- erasure --------------------------------------------------------------------------------------------------------


def purge(world: World, at: Any = LONG_AFTER) -> int:
    room = room_in(world)
    return purging.purge_some(world.database, room.sealed, room.store, world.policy, at).deleted


def test_on_its_day_the_blob_goes_and_with_a_homes_last_one_its_key(world: World, tmp_path: Path) -> None:
    first, other = came(world, PHOTO, portrait(5)), came(world, PHOTO, home=SECOND_HOME)
    make_all_ready(world)
    first.closing().closed()
    elsewhere = {key.id for key in home_keys(world) if key.subject_id == world.ids[SECOND_HOME]}
    config, before = world.app.extensions["fv_config"], sorted(rows(world), key=lambda one: one.key_id in elsewhere)
    backup(config, world.database, tmp_path / "b", NOW)
    [gone] = [key for key in home_keys(world) if key.id == before[0].key_id]
    assert purge(world) == 2
    assert [blob_file(world, one).exists() for one in before] == [False, False, True]
    assert {one.stored for one in rows(world)} == {None, before[2].stored}
    assert [key.subject_id for key in home_keys(world)] == [world.ids[SECOND_HOME]]
    assert pictures.ready_bytes(room_in(world), before[2])
    # The backup still has the bytes; what is left here opens them with no key that there is.
    kept = path_of(tmp_path / "b" / "evidence", before[0].stored or "").read_bytes()
    with pytest.raises(NotAsSealed, match="key was destroyed"):
        pictures.ready_bytes(room_in(world), before[0])
    about = pictures._about(before[0].id, gone.subject_id, gone.id, before[0].plain_sha256 or "")
    with world.database.reading(KEYS) as session:
        _, others = keys.open_key(session, config.evidence_kek, before[2].key_id or "")
    for key in (others, bytes(32)):
        with pytest.raises(NotOursError):
            unlock(key, kept, about)
    if world.database.is_sqlite:  # and the wrapped key is in the database's bytes no more, nor in its journal's
        file = Path(world.database.url.database or "")
        left = b"".join(path.read_bytes() for path in file.parent.glob(file.name + "*"))
        assert gone.wrapped not in left
    other.closing().closed()
    assert (purge(world), home_keys(world)) == (1, [])


def test_while_one_picture_of_a_home_is_kept_its_key_is_kept_too(world: World) -> None:
    came(world, PHOTO).closing().closed()
    came(world, portrait(5))  # of a visit that has not ended
    make_all_ready(world)
    assert purge(world) == 1
    [kept] = [one for one in rows(world) if one.purged_at is None]
    assert (len(home_keys(world)), bool(pictures.ready_bytes(room_in(world), kept))) == (1, True)


def test_killed_after_its_row_was_marked_the_blob_goes_the_next_time(world: World, fails: Any) -> None:
    came(world, PHOTO).closing().closed()
    make_all_ready(world)
    one = row(world)
    with fails("blob_removed"):
        purge(world)
    failpoints.WANTED.pop("blob_removed")
    assert (row(world).purged_at, row(world).stored, home_keys(world)) == (LONG_AFTER, one.stored, [])
    assert (purge(world), row(world).stored, blob_file(world, one).exists()) == (0, None, False)


def test_a_store_that_is_away_keeps_no_key_and_is_emptied_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from fieldvisit.evidence.store import Folder, StoreAwayError

    came(world, PHOTO).closing().closed()
    make_all_ready(world)
    one = row(world)

    def away(*_: Any) -> None:
        raise StoreAwayError("away")

    with monkeypatch.context() as broken:
        broken.setattr(Folder, "remove", away)
        room = room_in(world)
        assert purging.purge_some(world.database, room.sealed, room.store, world.policy, LONG_AFTER).stuck
    assert (home_keys(world), blob_file(world, one).exists()) == ([], True)
    purge(world)
    assert not blob_file(world, one).exists()


def test_a_key_that_goes_while_a_picture_is_put_away_is_missed_and_a_new_one_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    came(world, PHOTO)
    room = room_in(world)
    put = room.store.put

    def meanwhile(blob: bytes) -> str:
        with world.database.writing(KEYS) as session:
            for key in session.scalars(select(SubjectKey)):
                session.delete(key)
        return put(blob)

    monkeypatch.setattr(room.store, "put", meanwhile)
    with pytest.raises(pictures.NotYetError):
        pictures.make_ready(room, row(world).id, NOW)
    monkeypatch.undo()
    assert make_all_ready(world) == ["cleaned"]
    assert pictures.ready_bytes(room_in(world), row(world))


# --- the council's own key --------------------------------------------------------------------------------------------


@pytest.fixture
def own_key(world: World, home: Path, tmp_path: Path) -> Path:
    """A key file of this test alone, in place of the session's."""
    path = tmp_path / "own" / "evidence.kek"
    path.parent.mkdir()
    shutil.copy2(home / "keys" / "evidence.kek", path)
    config = world.app.extensions["fv_config"]
    world.app.extensions["fv_config"] = config.model_copy(update={"evidence_kek_file": path})
    return path


def test_a_new_key_wraps_every_homes_anew_and_pictures_open_as_before(world: World, own_key: Path) -> None:
    came(world, PHOTO)
    came(world, PHOTO, home=SECOND_HOME)
    make_all_ready(world)
    before, shown = {key.id: key for key in home_keys(world)}, [one.stored for one in rows(world)]
    done = keys.rotate(world.database, own_key)
    after = {key.id: key for key in home_keys(world)}
    assert (done.wrapped, {key.kek for key in after.values()}) == (2, {done.mark})
    assert all(before[name].wrapped != after[name].wrapped for name in before)
    assert [one.stored for one in rows(world)] == shown
    assert all(pictures.ready_bytes(room_in(world), one) for one in rows(world))
    assert keys.retire(world.database, own_key) == done.older
    assert all(pictures.ready_bytes(room_in(world), one) for one in rows(world))
    assert list(keys.faults(world.database, own_key)) == []


@pytest.mark.parametrize("place", ["kek_written", "keys_wrapped"])
def test_a_rotation_that_is_killed_leaves_all_readable_and_the_next_one_finishes_it(
    world: World, own_key: Path, fails: Any, place: str
) -> None:
    came(world, PHOTO)
    make_all_ready(world)
    [before] = home_keys(world)
    with fails(place):
        keys.rotate(world.database, own_key)
    failpoints.WANTED.pop(place)
    assert pictures.ready_bytes(room_in(world), row(world))
    with pytest.raises(KekError, match="1 homes’ keys still need an older key"):
        keys.retire(world.database, own_key)
    done = keys.rotate(world.database, own_key)
    assert (done.wrapped, done.older) == (1, (before.kek,))
    keys.retire(world.database, own_key)
    assert pictures.ready_bytes(room_in(world), row(world))


def test_the_wrong_file_is_named_in_a_sentence_and_changes_nothing(world: World, own_key: Path) -> None:
    from fieldvisit.evidence import kek

    came(world, PHOTO)
    make_all_ready(world)
    kek.replace(own_key, kek.new_ring())
    [said] = keys.faults(world.database, own_key)
    assert f"{own_key} is not the one that 1 homes’ photos and signatures need." in said
    with pytest.raises(KekError, match="does not open every home’s key"):
        keys.rotate(world.database, own_key)
    assert kek.read(own_key).older == ()
    with pytest.raises(NotAsSealed, match="key file of this server"):
        pictures.ready_bytes(room_in(world), row(world))
    with pytest.raises(Exception, match=r"fieldvisit serve --face verify --face field"):
        keys.refuse_to_start(world.database, own_key)


def test_a_home_of_before_there_was_a_key_gets_one_and_one_that_lost_its_own_does_not(
    world: World, own_key: Path
) -> None:
    own_key.unlink()
    assert keys.make_first(world.database, own_key)
    assert keys.make_first(world.database, own_key) is None
    came(world, PHOTO)
    make_all_ready(world)
    own_key.unlink()
    assert keys.make_first(world.database, own_key) is None
    [said] = keys.faults(world.database, own_key)
    assert "is missing" in said


def test_a_homes_key_that_was_moved_to_another_home_does_not_open(world: World, own_key: Path) -> None:
    came(world, PHOTO)
    make_all_ready(world)
    with world.database.writing(KEYS) as session:
        session.execute(update(SubjectKey).values(subject_id=world.ids[SECOND_HOME]))
    with pytest.raises(NotAsSealed):
        pictures.ready_bytes(room_in(world), row(world))
    assert any("was changed in the database" in said for said in keys.faults(world.database, own_key))
