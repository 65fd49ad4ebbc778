"""Where finished pictures lie: a folder and a bucket keep the same promises."""

import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from fieldvisit.config import Config, ConfigError
from fieldvisit.evidence.service import path_of
from fieldvisit.evidence.store import Folder, NotThereError, Store, StoreAwayError, name_of, store_of

BLOB = os.urandom(40_000)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return Folder(tmp_path / "evidence")
    return store_of(request.getfixturevalue("bucket_server"))


def test_what_is_put_there_comes_back_by_its_name(store: Store) -> None:
    name = store.put(BLOB)
    assert (name, store.get(name), store.has(name)) == (name_of(BLOB), BLOB, True)


def test_the_same_again_is_the_same_and_nothing_is_written_over(store: Store) -> None:
    assert store.put(BLOB) == store.put(BLOB)
    assert store.get(name_of(BLOB)) == BLOB


def test_many_at_once_leave_one(store: Store) -> None:
    said: list[str] = []
    crowd = [threading.Thread(target=lambda: said.append(store.put(BLOB + b"!"))) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert set(said) == {name_of(BLOB + b"!")} and store.get(said[0]) == BLOB + b"!"


def test_what_is_removed_is_gone_and_may_be_removed_again(store: Store) -> None:
    name = store.put(BLOB + b"gone")
    for _ in range(2):
        store.remove(name)
        with pytest.raises(NotThereError):
            store.get(name)
        assert not store.has(name)


def test_what_was_never_there_is_not_there(store: Store) -> None:
    with pytest.raises(NotThereError):
        store.get("0" * 64)


def test_what_was_changed_there_is_not_what_its_name_says(store: Store, tmp_path: Path) -> None:
    name = store.put(BLOB + b"changed")
    if isinstance(store, Folder):
        path_of(tmp_path / "evidence", name).write_bytes(BLOB)
    else:
        store._client.put_object(Bucket="evidence", Key=f"{name[:2]}/{name[2:4]}/{name}", Body=BLOB)
    with pytest.raises(NotThereError):
        store.get(name)
    store.remove(name)


def test_in_a_folder_it_is_readable_by_nobody_else_and_nothing_half_written_stays(tmp_path: Path) -> None:
    name = Folder(tmp_path / "evidence").put(BLOB)
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert path == tmp_path / "evidence" / name[:2] / name[2:4] / name
    assert {stat.S_IMODE(one.stat().st_mode) & 0o027 for one in (path, path.parent, path.parent.parent)} == {0}


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("fieldvisit.evidence.store.os.fsync", full)
    with pytest.raises(OSError):
        Folder(tmp_path).put(BLOB)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_bucket_that_is_away_or_says_no_is_one_error_that_names_no_picture(bucket_server: Config) -> None:
    away = bucket_server.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})
    other = bucket_server.model_copy(update={"s3_bucket": "somebody-elses"})
    name = name_of(BLOB)
    for store in (store_of(away), store_of(other)):
        for does, about in ((store.put, BLOB), (store.get, name), (store.remove, name)):
            with pytest.raises(StoreAwayError) as away_error:
                does(about)
            assert name not in str(away_error.value)
    with pytest.raises(StoreAwayError):
        store_of(away).has(name)


def test_half_a_pair_of_settings_stops_the_start_in_words() -> None:
    half = Config(s3_bucket="b", s3_key_id="a key", _env_file=None)
    with pytest.raises(ConfigError, match="go together"):
        store_of(half)
