"""A backup that was read back and checked, a restore that touches nothing unless it is whole, and phones that fill the rest."""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from fieldvisit import create_app
from fieldvisit.backup import BackupError, backup, restore
from fieldvisit.backup_databases import Postgres
from fieldvisit.cli import main
from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.deployment import deployment
from fieldvisit.evidence.service import path_of
from fieldvisit.ground.roles import CHECKING
from fieldvisit.outbox.models import Attachment, Held
from fieldvisit.outbox.rules import PHONES_KEEP
from fieldvisit.visits.models import Entry
from tests.stories import Story, a_visit
from tests.world import NOW, World

PHOTO = os.urandom(9_000)


def config_of(world: World) -> Config:
    found: Config = world.app.extensions["fv_config"]
    return found


def count(database: Database, model: Any) -> int:
    with database.reading(CHECKING) as session:
        return session.scalar(select(func.count(model.id))) or 0


def here(database: Database) -> Any:
    with database.reading(None) as session:
        return deployment(session)


@pytest.fixture
def elsewhere(world: World, server: Any, tmp_path: Path) -> Iterator[tuple[Config, Database]]:
    """An empty home on another machine, with an empty database of the same kind."""
    home, url = tmp_path / "new-home", ""
    if not world.database.is_sqlite:
        _as_admin(server, "CREATE DATABASE restored")
        url = world.database.url.set(database="restored").render_as_string(hide_password=False)
    config = config_of(world).model_copy(update={"home": home, "database_url": url})
    database = Database(config.url)
    yield config, database
    database.dispose()
    if not world.database.is_sqlite:
        _as_admin(server, "DROP DATABASE restored WITH (FORCE)")


def _as_admin(server: Any, statement: str) -> None:
    with server.admin.connect() as connection:
        connection.execute(text(statement))


@pytest.fixture
def story(world: World) -> Story:
    """Three entries of a phone, one of them with a photo that is whole."""
    story = a_visit(world).told().set_off().arrived()
    blob = story.phone.photo(story.visit_id, PHOTO, NOW)
    story.phone.send(NOW)
    story.phone.put_whole(blob)
    return story


def made(world: World, tmp_path: Path) -> Path:
    folder = tmp_path / "backup"
    backup(config_of(world), world.database, folder, NOW)
    return folder


# --- making one ------------------------------------------------------------------------------------------------------


def test_what_is_safe_moves_when_the_backup_was_read_back(world: World, story: Story, tmp_path: Path) -> None:
    assert here(world.database).durable_up_to is None
    found = backup(config_of(world), world.database, tmp_path / "backup", NOW)
    assert (found.durable_up_to, found.photos, found.missing) == (3, 1, ())
    assert story.phone.heartbeat(NOW)["durable_up_to"] == 3


def test_a_backup_is_for_its_owners_eyes_and_holds_the_keys(world: World, story: Story, tmp_path: Path) -> None:
    folder = made(world, tmp_path)
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]} == {0}
    assert not list(folder.rglob("*.kek*"))
    assert (folder / "keys" / "intake.jwk").read_bytes() == (config_of(world).keys / "intake.jwk").read_bytes()


def test_a_backup_never_goes_over_another(world: World, story: Story, tmp_path: Path) -> None:
    folder = made(world, tmp_path)
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(BackupError, match="not empty"):
        backup(config_of(world), world.database, folder, NOW)
    assert (folder / "manifest.json").read_bytes() == before


def test_a_backup_that_fails_leaves_nothing_and_marks_nothing(
    world: World, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fieldvisit.backup as module

    def breaks(*_: Any) -> None:
        raise BackupError("The disk lied.")

    monkeypatch.setattr(module, "_read_back", breaks)
    with pytest.raises(BackupError, match="lied"):
        backup(config_of(world), world.database, tmp_path / "backup", NOW)
    assert list(tmp_path.iterdir()) == []
    assert here(world.database).durable_up_to is None


def test_a_lost_photo_does_not_stop_the_backup_but_vouches_for_nothing(
    world: World, story: Story, tmp_path: Path
) -> None:
    with world.database.reading(CHECKING) as session:
        name = session.scalars(select(Attachment.id)).one()
    path_of(config_of(world).home / "attachments", name).write_bytes(b"not it")
    found = backup(config_of(world), world.database, tmp_path / "backup", NOW)
    assert (found.missing, found.durable_up_to) == ((name,), None)


def test_what_a_kill_left_on_the_disk_is_tidied_after_seven_days(world: World, story: Story, tmp_path: Path) -> None:
    folder = config_of(world).attachments
    for name, days in (("ab" * 16, 6.9), ("cd" * 16, 7.1)):
        path_of(folder, name).parent.mkdir(parents=True, exist_ok=True)
        path_of(folder, name).write_bytes(b"x")
        written = (NOW - timedelta(days=days)).timestamp()
        os.utime(path_of(folder, name), (written, written))
    made(world, tmp_path)
    assert (path_of(folder, "ab" * 16).exists(), path_of(folder, "cd" * 16).exists()) == (True, False)


def test_without_a_dump_tool_it_says_what_to_install(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from fieldvisit import backup_databases

    monkeypatch.setattr(backup_databases, "_places", lambda _name: [])
    if not world.database.is_sqlite:
        with pytest.raises(BackupError, match="postgresql-client"):
            Postgres(world.database)._tool("pg_dump")


# --- restoring ---------------------------------------------------------------------------------------------------------


def test_a_restored_home_is_as_it_was_under_a_new_epoch(
    world: World, story: Story, tmp_path: Path, elsewhere: tuple[Config, Database]
) -> None:
    folder, (config, database) = made(world, tmp_path), elsewhere
    epoch = restore(config, database, folder, NOW)
    assert here(database).epoch == epoch != here(world.database).epoch
    assert here(database).durable_up_to == 3
    assert count(database, Entry) == count(world.database, Entry)
    with database.reading(CHECKING) as session:
        name = session.scalars(select(Attachment.id)).one()
    assert len(path_of(config.home / "attachments", name).read_bytes()) == len(PHOTO) + 16
    assert {path.stat().st_mode & 0o077 for path in (config.home / "keys").iterdir()} == {0}
    assert (
        sorted(path.name for path in config.home.iterdir() if not path.name.startswith("fieldvisit.db-"))[-1] == "keys"
    )


def served(config: Config, compiled: Any) -> Flask:
    app = create_app(config)
    app.testing = True
    app.jinja_env.bytecode_cache = compiled
    return app


def test_phones_bring_back_what_the_backup_lacked(
    world: World, story: Story, tmp_path: Path, elsewhere: tuple[Config, Database], compiled: Any
) -> None:
    """F35: restored from last night's, then every phone reconnects: nothing is lost, nothing is twice."""
    folder, (config, database), phone = made(world, tmp_path), elsewhere, story.phone
    phone.heartbeat(NOW)
    story.answered().identified()
    blob = phone.photo(story.visit_id, PHOTO, NOW, "after")
    phone.send(NOW)
    phone.put_whole(blob)
    phone.save("visit.noted", "f" * 32, {}, NOW)
    phone.send(NOW)
    wanted = [count(world.database, model) for model in (Entry, Held, Attachment)]
    restore(config, database, folder, NOW)
    phone.app = served(config, compiled)
    phone.heartbeat(NOW)
    statuses = [result["status"] for result in phone.send(NOW)]
    assert statuses == ["duplicate"] * 3 + ["accepted"] * 5 + ["held"]
    assert phone.put_whole(blob).get_json()["complete"]
    assert [count(database, model) for model in (Entry, Held, Attachment)] == wanted
    phone.app.extensions["fv_database"].dispose()


def test_after_a_restore_the_mark_stands_still_while_phones_may_hold_old_numbers(
    world: World, story: Story, tmp_path: Path, elsewhere: tuple[Config, Database]
) -> None:
    folder, (config, database) = made(world, tmp_path), elsewhere
    restore(config, database, folder, NOW)
    soon = backup(config, database, tmp_path / "soon", NOW + PHONES_KEEP - timedelta(seconds=1))
    later = backup(config, database, tmp_path / "later", NOW + PHONES_KEEP)
    assert (soon.durable_up_to, later.durable_up_to) == (None, 3)


def untouched(config: Config, database: Database) -> bool:
    if not database.is_sqlite:
        from sqlalchemy import inspect

        with database.as_owner(write=False).connect() as connection:
            return not inspect(connection).get_table_names() and not config.home.exists()
    return not config.home.exists()


def spoil_a_bit(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("spoil", [spoil_a_bit, cut, os.unlink], ids=["a bit", "cut short", "gone"])
def test_a_backup_that_is_not_whole_is_refused_and_touches_nothing(
    world: World, story: Story, tmp_path: Path, elsewhere: tuple[Config, Database], spoil: Any
) -> None:
    good, (config, database) = made(world, tmp_path), elsewhere
    files = [path.relative_to(good) for path in sorted(good.rglob("*")) if path.is_file()]
    assert len(files) >= 6
    for file in files:
        bad = tmp_path / "bad"
        shutil.copytree(good, bad)
        spoil(bad / file)
        with pytest.raises(BackupError):
            restore(config, database, bad, NOW)
        assert untouched(config, database), file
        shutil.rmtree(bad)


def test_a_file_that_is_not_of_the_backup_is_noticed(
    world: World, story: Story, tmp_path: Path, elsewhere: tuple[Config, Database]
) -> None:
    folder, (config, database) = made(world, tmp_path), elsewhere
    (folder / "keys" / "more.key").write_text("x")
    with pytest.raises(BackupError, match="not of this backup"):
        restore(config, database, folder, NOW)
    assert untouched(config, database)


def test_a_home_with_something_in_it_is_never_restored_into(
    world: World, story: Story, tmp_path: Path, elsewhere: tuple[Config, Database]
) -> None:
    folder, (config, database) = made(world, tmp_path), elsewhere
    config.home.mkdir()
    (config.home / "council").write_text("melton\n")
    with pytest.raises(BackupError, match="not empty"):
        restore(config, database, folder, NOW)
    assert [path.name for path in config.home.iterdir()] == ["council"]


def test_a_backup_of_a_newer_release_is_refused(
    world: World, story: Story, tmp_path: Path, elsewhere: tuple[Config, Database]
) -> None:
    import hashlib

    folder, (config, database) = made(world, tmp_path), elsewhere
    manifest = json.loads((folder / "manifest.json").read_text()) | {"revision": "0999_far_ahead"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "manifest.sha256").write_text(hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest())
    with pytest.raises(BackupError, match="newer release"):
        restore(config, database, folder, NOW)
    assert untouched(config, database)


# --- as somebody types them ----------------------------------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run(home: str, *words: str) -> tuple[int, str, str]:
        monkeypatch.setenv("FIELDVISIT_HOME", str(tmp_path / home))
        code = main(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_the_commands_make_and_restore_a_home_that_is_whole(typed: Any, tmp_path: Path) -> None:
    typed("old", "init", "--council", "alliance")
    code, said, _ = typed("old", "backup", str(tmp_path / "b"))
    assert (code, "read back and checked" in said, "keys" in said) == (0, True, True)
    code, said, _ = typed("new", "restore", str(tmp_path / "b"))
    assert (code, "own copy of" in said) == (0, True)
    code, _, said = typed("new", "check")
    assert (code, "evidence.kek is missing" in said) == (1, True)
    shutil.copy(tmp_path / "old" / "keys" / "evidence.kek", tmp_path / "new" / "keys")
    assert typed("new", "check")[0] == 0
    assert (tmp_path / "new" / "council").read_text() == "alliance\n"


def test_a_refused_backup_or_restore_answers_one_and_says_why(typed: Any, tmp_path: Path) -> None:
    typed("old", "init")
    assert typed("old", "backup", str(tmp_path / "old"))[::2][0] == 1
    code, _, said = typed("new", "restore", str(tmp_path / "nowhere"))
    assert (code, "Nothing was restored" in said, "Traceback" in said) == (1, True, False)
    code, _, said = typed("none", "backup", str(tmp_path / "b"))
    assert (code, "fieldvisit init" in said) == (1, True)
