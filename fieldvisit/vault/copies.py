"""A verified copy of the vault, and its way back. The keys go into a file of their own beside it; the backup of the main
home never holds either.

On PostgreSQL the copy is the council's own pg_dump of the vault's database: here only SQLite's file is copied.
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

from sqlalchemy import func, select

from fieldvisit.config import Config, make_private
from fieldvisit.ground.clock import now
from fieldvisit.vault import record, setup
from fieldvisit.vault.keys import NAMES, VaultKeys, public_bytes
from fieldvisit.vault.models import Box
from fieldvisit.vault.store import DEMO, Store, VaultError, file_of, prepare

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
    store, keys = setup.open_for_upkeep(config)
    if not store.is_sqlite:
        raise VaultError(
            "This vault is on PostgreSQL: copy its database with pg_dump, and its keys folder apart from it."
        )
    if folder.exists() or keys_beside(folder).exists():
        raise VaultError(f"{folder} or {keys_beside(folder)} is there already. A backup goes into a folder of its own.")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        _copy(Path(str(store.url.database)), partial / COPY)
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
            for jwe in session.scalars(select(Box.jwe)):
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
    """Where no vault is. Raises VaultError, and then nothing was changed."""
    if setup.is_there(config) or file_of(config).exists():
        raise VaultError(f"{config.vault_folder} holds a vault. A backup is brought back only where there is none.")
    told, bundle = _json(folder / MANIFEST), _json(keys_file)
    if told.get("v") != VERSION or bundle.get("v") != VERSION:
        raise VaultError("This backup is of another release: nothing was restored.")
    if not (folder / COPY).exists() or _digest(folder / COPY) != told.get("sha256"):
        raise VaultError(f"{folder / COPY} was changed or cut short: nothing was restored.")
    home, was_there = config.vault_folder, config.vault_folder.exists()
    written: list[Path] = []
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in NAMES:
            written.append(home / "keys" / name)
            make_private(written[-1], bytes.fromhex(bundle["keys"][name]))
        if not config.vault_public_key.exists():
            seal, sign = (json.loads((home / "keys" / name).read_bytes()) for name in NAMES[:2])
            written.append(config.vault_public_key)
            make_private(config.vault_public_key, public_bytes(seal, sign))
            os.chmod(config.vault_public_key, 0o644)
        written.append(file_of(config))
        make_private(file_of(config), (folder / COPY).read_bytes())
        if told.get("demo"):
            written.append(home / DEMO)
            make_private(home / DEMO, b"")
        _insist_on_pair(config)
    except BaseException as error:
        for path in reversed(written):
            path.unlink(missing_ok=True)
        if not was_there:
            shutil.rmtree(home, ignore_errors=True)
        if isinstance(error, KeyError | ValueError):
            raise VaultError(f"{keys_file} holds no keys of a vault: nothing was restored.") from None
        raise


def _insist_on_pair(config: Config) -> None:
    keys = VaultKeys(config.vault_folder / "keys", config.vault_public_key)
    store = Store(f"sqlite:///{file_of(config)}")
    try:
        prepare(store, keys, now())
        if trouble := next(record.problems(store, keys), None):
            raise VaultError(trouble)
    finally:
        store.dispose()


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
