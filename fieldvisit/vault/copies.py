"""A verified copy of the vault, and its way back. The keys go into a file of their own beside it; the backup of the main
home never holds either.

The copy is an SQLite file, also where the vault lives on PostgreSQL: the same rows, read in one snapshot, checked the same
way, and brought back to either.
"""

import hashlib
import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import DBAPIError

from fieldvisit.config import Config, make_private
from fieldvisit.ground.clock import now
from fieldvisit.vault import record
from fieldvisit.vault.keys import NAMES, VaultKeys, public_bytes
from fieldvisit.vault.models import About, Box, VaultBase
from fieldvisit.vault.opening import open_for_upkeep
from fieldvisit.vault.store import DEMO, Store, VaultError, file_of, url_of
from fieldvisit.vault.tables import make_tables, prepare, said

VERSION = 1
MANIFEST, COPY = "manifest.json", "vault.db"


@dataclass(frozen=True, slots=True)
class Made:
    folder: Path
    keys: Path
    boxes: int


def keys_beside(folder: Path) -> Path:
    return folder.with_name(folder.name + ".keys.json")


def backup(config: Config, folder: Path, at: datetime) -> Made:
    """Raises VaultError, and then leaves nothing."""
    store, keys = open_for_upkeep(config)
    if folder.exists() or keys_beside(folder).exists():
        raise VaultError(f"{folder} or {keys_beside(folder)} is there already. A backup goes into a folder of its own.")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        if store.is_sqlite:
            _copy(Path(str(store.url.database)), partial / COPY)
        else:
            _copy_into_a_file(store, partial / COPY)
        boxes = _insist_on_whole(partial / COPY, keys)
        digest = _digest(partial / COPY)
        told = {"v": VERSION, "made": at.isoformat(), "boxes": boxes, "sha256": digest, "demo": _is_demo(config)}
        make_private(partial / MANIFEST, json.dumps(told, indent=1).encode())
        make_private(keys_beside(folder), _bundle(config, digest))
        os.replace(partial, folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    finally:
        store.dispose()
    return Made(folder, keys_beside(folder), boxes)


def _copy(source: Path, target: Path) -> None:
    """SQLite's own online copy: what is half written stays out."""
    make_private(target, b"")
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as write:
        read.backup(write)
        write.execute("PRAGMA journal_mode=DELETE")


def _copy_into_a_file(source: Store, target: Path) -> None:
    make_private(target, b"")
    copy = Store(f"sqlite:///{target.resolve()}")
    try:
        snapshot = source.reader.connect().execution_options(isolation_level="REPEATABLE READ")
        with snapshot as read, copy.writer.begin() as write:
            make_tables(write)
            _copy_rows(read, write)
    finally:
        copy.dispose()
    _close(target)


def _copy_rows(read: Connection, write: Connection) -> None:
    """Into tables that are empty, in the order in which rows name each other."""
    for table in VaultBase.metadata.sorted_tables:
        for rows in read.execute(select(table)).mappings().partitions(200):
            write.execute(table.insert(), [dict(row) for row in rows])


def _insist_on_whole(file: Path, keys: VaultKeys) -> int:
    """Reads everything back: the database's own check, the record's chain, and every box with the key. How many boxes."""
    with closing(sqlite3.connect(file)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise VaultError(f"{file} is damaged. No backup was made.")
    store = Store(f"sqlite:///{file.resolve()}")
    try:
        if trouble := next(record.problems(store, keys), None):
            raise VaultError(trouble)
        with store.reading() as session:
            for jwe in session.scalars(select(Box.jwe).where(Box.jwe != "")):  # empty: destroyed on its day
                keys.open(jwe)
            return session.scalar(select(func.count()).select_from(Box)) or 0
    finally:
        store.dispose()
        _close(file)


def _close(file: Path) -> None:
    """Folds the write-ahead log in, so that the file is all there is."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _bundle(config: Config, digest: str) -> bytes:
    folder = config.vault_folder / "keys"
    return json.dumps(
        {"v": VERSION, "of": digest, "keys": {n: (folder / n).read_bytes().hex() for n in NAMES}}
    ).encode()


def restore(config: Config, folder: Path, keys_file: Path) -> None:
    """Where no vault is, or where its keys are and its database was lost. Raises VaultError, and then nothing was changed."""
    told, bundle = _json(folder / MANIFEST), _json(keys_file)
    if told.get("v") != VERSION or bundle.get("v") != VERSION:
        raise VaultError("This backup is of another release: nothing was restored.")
    _insist_on_room(config, bundle)
    if not (folder / COPY).exists() or _digest(folder / COPY) != told.get("sha256"):
        raise VaultError(f"{folder / COPY} was changed or cut short: nothing was restored.")
    home, was_there = config.vault_folder, config.vault_folder.exists()
    written: list[Path] = []

    def write(path: Path, content: bytes) -> None:
        written.append(path)
        make_private(path, content)

    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in NAMES:
            if not (home / "keys" / name).exists():
                write(home / "keys" / name, bytes.fromhex(bundle["keys"][name]))
        if not config.vault_public_key.exists():
            seal, sign = (json.loads((home / "keys" / name).read_bytes()) for name in NAMES[:2])
            write(config.vault_public_key, public_bytes(seal, sign))
            os.chmod(config.vault_public_key, 0o644)
        if told.get("demo") and not (home / DEMO).exists():
            write(home / DEMO, b"")
        write(file_of(config), (folder / COPY).read_bytes())
        keys = VaultKeys(home / "keys", config.vault_public_key)
        _insist_on_pair(file_of(config), keys)
        if config.vault_database_url:
            _load(file_of(config), url_of(config))
            _remove(written.pop())
    except BaseException as error:
        for path in reversed(written):
            _remove(path)
        if not was_there:
            shutil.rmtree(home, ignore_errors=True)
        if isinstance(error, KeyError | ValueError):
            raise VaultError(f"{keys_file} holds no keys of a vault: nothing was restored.") from None
        raise


def _insist_on_room(config: Config, bundle: dict[str, Any]) -> None:
    folder = config.vault_folder / "keys"
    here = [name for name in NAMES if (folder / name).exists()]
    same = all((folder / name).read_bytes().hex() == bundle.get("keys", {}).get(name) for name in here)
    if file_of(config).exists() or not same or not _is_empty(config):
        raise VaultError(f"{config.vault_folder} holds a vault. A backup is brought back only where there is none.")


def _is_empty(config: Config) -> bool:
    if not config.vault_database_url:
        return True
    store = Store(config.vault_database_url)
    try:
        if store.is_sqlite and not Path(str(store.url.database)).exists():
            return True
        return not inspect(store.reader).has_table(About.__tablename__)
    finally:
        store.dispose()


def _insist_on_pair(file: Path, keys: VaultKeys) -> None:
    """Brings the copy up to this release, and looks whether these are its keys and its record is whole."""
    store = Store(f"sqlite:///{file}")
    try:
        prepare(store, keys, now())
        if trouble := next(record.problems(store, keys), None):
            raise VaultError(trouble)
    finally:
        store.dispose()


def _load(file: Path, url: str) -> None:
    """From the checked file into the database of the setting, all in one transaction."""
    source, target = Store(f"sqlite:///{file}"), Store(url)
    try:
        with source.reader.connect() as read, target.writer.begin() as write:
            make_tables(write)
            _copy_rows(read, write)
    except DBAPIError as error:
        why = type(error.orig).__name__
        raise VaultError(f"The backup could not be written to {said(target)}: {why}. Nothing was restored.") from None
    finally:
        source.dispose()
        target.dispose()


def _remove(path: Path) -> None:
    for each in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        each.unlink(missing_ok=True)


def _is_demo(config: Config) -> bool:
    return (config.vault_folder / DEMO).exists()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise VaultError(f"{path} is missing, or is no part of a backup: nothing was restored.") from None
    if not isinstance(found, dict):
        raise VaultError(f"{path} is no part of a backup: nothing was restored.")
    return found
