"""Pictures in backups, back from them, and in a bucket."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from fieldvisit.backup import backup, restore
from fieldvisit.badges.portraits import portrait
from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.evidence import keys
from fieldvisit.evidence.kek import KekError
from fieldvisit.evidence.store import NotThereError, StoreAwayError
from fieldvisit.ground.roles import CHECKING
from fieldvisit.outbox import pictures, purging
from fieldvisit.outbox.models import Attachment
from tests.pictures import (
    PHOTO,
    blob_file,
    came,
    make_all_ready,
    room_in,
    row,
    rows,
)
from tests.services.test_backup import elsewhere  # noqa: F401 - a fixture
from tests.world import NOW, World

YEAR, HOUR, MINUTE = timedelta(days=365), timedelta(hours=1), timedelta(minutes=1)
LONG_AFTER = NOW + 2 * YEAR


# --- backup and restore ---------------------------------------------------------------------------------------------


def test_what_was_not_made_ready_yet_is_in_the_backup_as_the_phone_sealed_it(world: World, tmp_path: Path) -> None:
    came(world, PHOTO, portrait(5))
    first, second = sorted(rows(world), key=lambda one: one.id)
    pictures.make_ready(room_in(world), first.id, NOW)
    config = world.app.extensions["fv_config"]
    made = backup(config, world.database, tmp_path / "b", NOW)
    assert (made.photos, made.missing) == (2, ())
    assert [path.name for path in (tmp_path / "b" / "attachments").rglob("*") if path.is_file()] == [second.id]
    assert len([path for path in (tmp_path / "b" / "evidence").rglob("*") if path.is_file()]) == 1


def test_a_picture_that_is_gone_from_the_store_is_named_by_the_backup_and_the_check(
    world: World, tmp_path: Path
) -> None:
    from fieldvisit.desk.check import problems

    came(world, PHOTO)
    make_all_ready(world)
    config, one = world.app.extensions["fv_config"], row(world)
    assert not [said for said in problems(config, world.database, world.policy, NOW.date()) if "photo" in said]
    shutil.rmtree(config.evidence)
    made = backup(config, world.database, tmp_path / "b", NOW)
    assert (made.missing, made.durable_up_to) == ((one.id,), None)
    found = [said for said in problems(config, world.database, world.policy, NOW.date()) if "photo" in said]
    assert found == [f"The photo {one.id} cannot be opened: its file is not here."]


def test_a_restored_home_shows_its_pictures_once_the_council_put_its_own_key_back(
    world: World, tmp_path: Path, elsewhere: tuple[Config, Database]
) -> None:
    came(world, PHOTO)
    make_all_ready(world)
    old, (config, database) = world.app.extensions["fv_config"], elsewhere
    shown = pictures.ready_bytes(room_in(world), row(world))
    backup(old, world.database, tmp_path / "b", NOW)
    restore(config, database, tmp_path / "b", NOW)
    room = pictures.room_of(config, database)
    with database.reading(CHECKING) as session:
        [one] = session.scalars(select(Attachment))
    with pytest.raises(KekError, match="is missing"):
        pictures.ready_bytes(room, one)
    shutil.copy2(old.evidence_kek, config.evidence_kek)
    assert pictures.ready_bytes(room, one) == shown
    assert list(keys.faults(database, config.evidence_kek)) == []


# --- a bucket -------------------------------------------------------------------------------------------------------


def in_the_bucket(world: World, bucket_server: Config) -> Config:
    """The world's settings, with a bucket."""
    said = {name: getattr(bucket_server, name) for name in Config.model_fields if name.startswith("s3_")}
    config: Config = world.app.extensions["fv_config"].model_copy(update=said)
    world.app.extensions["fv_config"] = config
    return config


def test_in_a_bucket_too_a_picture_is_put_away_shown_copied_brought_back_and_erased(
    world: World, bucket_server: Config, tmp_path: Path, elsewhere: tuple[Config, Database]
) -> None:
    config = in_the_bucket(world, bucket_server)
    story = came(world, PHOTO)
    assert make_all_ready(world) == ["cleaned"]
    one, store = row(world), room_in(world).store
    assert not blob_file(world, one).exists()
    address = f"/office/visits/{story.visit_id}/photos/{one.id}"
    shown = world.client("olive").get(address)
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert backup(config, world.database, tmp_path / "b", NOW).missing == ()
    story.closing().closed()
    purged = purging.purge_some(world.database, room_in(world).sealed, store, world.policy, LONG_AFTER)
    assert (purged.deleted, purged.stuck) == (1, 0)
    with pytest.raises(NotThereError):
        store.get(one.stored or "")
    new, database = elsewhere
    new = new.model_copy(update={name: getattr(config, name) for name in Config.model_fields if name.startswith("s3_")})
    restore(new, database, tmp_path / "b", NOW)
    shutil.copy2(config.evidence_kek, new.evidence_kek)
    assert not new.evidence.exists()
    assert pictures.ready_bytes(pictures.room_of(new, database), one) == shown.data
    store.remove(one.stored or "")


def test_while_the_bucket_is_away_the_page_says_so_and_pictures_wait(world: World, bucket_server: Config) -> None:
    in_the_bucket(world, bucket_server)
    story = came(world, PHOTO, portrait(5))
    first, second = rows(world)
    pictures.make_ready(room_in(world), first.id, NOW)
    config = world.app.extensions["fv_config"]
    world.app.extensions["fv_config"] = config.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})
    answer = world.client("olive").get(f"/office/visits/{story.visit_id}/photos/{first.id}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Nothing is lost." in answer.text
    with pytest.raises(StoreAwayError):
        pictures.make_ready(room_in(world), second.id, NOW)
    assert sorted(one.picture for one in rows(world)) == ["cleaned", "wanted"]
