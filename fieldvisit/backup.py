"""A verified copy of a home, and its way back into an empty one. The mark of what phones may forget moves only then.

A backup is one folder: manifest.json with the SHA-256 of everything beside it, the database (SQLite's own online copy,
or pg_dump's), the pictures' ciphertext (of the store, and what phones sealed where no picture was made of it yet), the
council's name, and keys/ but for the one that opens the store: whoever holds the folder alone opens no picture there.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldvisit import schema
from fieldvisit.backup_databases import BackupError, Copier, copier_of
from fieldvisit.config import Config
from fieldvisit.db import Database, new_id
from fieldvisit.deployment import deployment, move_durable
from fieldvisit.evidence.service import files_in, path_of, sha256_of, sweep_orphans
from fieldvisit.evidence.store import NotThereError, StoreAwayError, store_of
from fieldvisit.ground.roles import CHECKING, INTAKE
from fieldvisit.outbox.blobs import adopt
from fieldvisit.outbox.models import Arrival, Attachment
from fieldvisit.outbox.pictures import standing_still
from fieldvisit.outbox.rules import CLEANED, may_move_durable

__all__ = ["BackupError", "backup", "restore"]
VERSION = 1
MANIFEST, SEAL = "manifest.json", "manifest.sha256"


@dataclass(frozen=True, slots=True)
class Made:
    """durable_up_to: the mark after this backup, or None where it did not move; missing: photos whose files are gone."""

    folder: Path
    entries: int
    photos: int
    durable_up_to: int | None
    missing: tuple[str, ...]


# --- making one ---------------------------------------------------------------------------------------------------


def backup(config: Config, database: Database, folder: Path, at: datetime) -> Made:
    """Raises BackupError, and then leaves nothing where the backup was to be."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{folder} is not empty. A backup goes into a folder of its own.")
    if not schema.is_current(database):
        raise BackupError("The database is behind this release. Start the server once, or run: fieldvisit migrate")
    _tidy(config, database, at)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        with standing_still(config.attachments, wait=True):
            made = _write(config, database, partial, at)
        _read_back(partial, copier_of(database))
        os.replace(partial, folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync(folder.parent)
    return Made(folder, made["entries"], made["photos"], _mark(database, made, at), tuple(made["photos_missing"]))


def _tidy(config: Config, database: Database, at: datetime) -> None:
    """Files that a kill left without their row: those that are whole are adopted, old ones that nobody knows go (F05)."""
    with database.writing(INTAKE) as session:
        adopt(session, config.attachments, at)
    with database.reading(CHECKING) as session:
        sweep_orphans(config.attachments, lambda name: _is_kept(session, name), at)
        stored = set(session.scalars(select(Attachment.stored).where(Attachment.stored.is_not(None))))
        sweep_orphans(config.evidence, lambda name: name in stored, at)


def _is_kept(session: Session, name: str) -> bool:
    """A row knows this file, and it was not deleted on its day."""
    row = session.get(Attachment, name)
    return row is not None and row.purged_at is None


def _write(config: Config, database: Database, into: Path, at: datetime) -> dict[str, Any]:
    # The numbers first: whatever has one now is committed, and so is inside the copy that is made after (amendment 4).
    up_to, photos = _what_is_there(database)
    copier = copier_of(database)
    copied = copier.copy(into)
    missing = list(_copy_photos(config, photos, into))
    stored = _what_is_stored(database)  # after the database was copied: it knows of none that is not here
    missing = _not_purged(database, missing + list(_copy_stored(config, stored, into)))
    _write_file(into / "council", f"{config.policy_name}\n".encode())
    for key in sorted(config.keys.iterdir()):
        if not key.name.startswith(
            ("evidence.kek", config.evidence_kek.name)
        ):  # its copy is the council's to keep, apart from this one
            _copy_file(key, into / "keys" / key.name)
    manifest = {
        "v": VERSION,
        "made": at.isoformat(),
        "database": copier.kind,
        "revision": schema.current(database),
        "durable_up_to": up_to,
        "entries": copied.entries,
        "photos": len({row.id for row in (*photos, *stored)} - set(missing)),
        "photos_missing": missing,
        "files": {name: _print_of(into / name) for name in _files_under(into)},
    }
    text = json.dumps(manifest, indent=1, sort_keys=True).encode()
    _write_file(into / MANIFEST, text)
    _write_file(into / SEAL, hashlib.sha256(text).hexdigest().encode())
    return manifest


def _what_is_there(database: Database) -> tuple[int, list[Attachment]]:
    with database.reading(CHECKING) as session:
        up_to = session.scalar(select(func.max(Arrival.seq))) or 0
        here = select(Attachment).where(Attachment.received > 0, Attachment.purged_at.is_(None))
        return up_to, list(session.scalars(here.where(Attachment.picture != CLEANED)))


def _what_is_stored(database: Database) -> list[Attachment]:
    with database.reading(CHECKING) as session:
        here = select(Attachment).where(Attachment.stored.is_not(None), Attachment.purged_at.is_(None))
        return list(session.scalars(here))


def _copy_stored(config: Config, rows: list[Attachment], into: Path) -> Iterator[str]:
    """Answers those that are not there, or are not what their names say. Raises BackupError where the store is away."""
    store = store_of(config)
    for row in rows:
        target = path_of(into / "evidence", row.stored or "")
        try:
            blob = store.get(row.stored or "")
        except NotThereError:
            yield row.id
            continue
        except StoreAwayError as error:
            raise BackupError(f"The photos cannot be copied: {error}.") from None
        _make_private_folder(target.parent)
        _write_file(target, blob)


def _copy_photos(config: Config, photos: list[Attachment], into: Path) -> Iterator[str]:
    """Answers those that should be whole and are not: the backup is kept, but it vouches for nothing."""
    for row in photos:
        source, target = path_of(config.attachments, row.id), path_of(into / "attachments", row.id)
        whole = row.completed_at is not None
        if not source.exists() or (whole and sha256_of(source, row.csize) != row.csha256):
            if whole:
                yield row.id
            continue
        try:
            _copy_file(source, target)
        except FileNotFoundError:  # it was deleted in this moment; if its day had not come, it is missing
            if whole:
                yield row.id


def _not_purged(database: Database, names: list[str]) -> list[str]:
    """Those of them that were not deleted on their day while the others were copied."""
    with database.reading(CHECKING) as session:
        return [name for name in names if _is_kept(session, name)]


def _read_back(folder: Path, copier: Copier) -> None:
    """From the disk, every byte: what was written is what was meant."""
    manifest = check_files(folder)
    copier.check(folder, manifest["entries"])


def _mark(database: Database, made: dict[str, Any], at: datetime) -> int | None:
    with database.writing(None) as session:
        if made["photos_missing"] or not may_move_durable(deployment(session).restored_at, at):
            return None
        move_durable(session, made["durable_up_to"])
        session.flush()
        return deployment(session).durable_up_to


# --- and its way back ---------------------------------------------------------------------------------------------


def restore(config: Config, database: Database, folder: Path, at: datetime) -> str:
    """Into an empty home only. Answers the new epoch. Raises BackupError, and then the home is as it was."""
    home, was_there = config.home, config.home.exists()
    if was_there and any(home.iterdir()):
        raise BackupError(f"{home} is not empty. A backup is restored into an empty home only; nothing was changed.")
    manifest = check_files(folder)
    copier = copier_of(database)
    if manifest["database"] != copier.kind:
        raise BackupError(f"This backup is of {manifest['database']}, and this home is set up for {copier.kind}.")
    if manifest["revision"] not in schema.revisions(database):
        raise BackupError("This backup was made by a newer release. Install that release first; nothing was changed.")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = home / ".restoring"
    try:
        _copy_tree(folder, staged)
        check_files(staged)
        epoch = new_id()
        _fill_the_bucket(config, staged)
        copier.bring_back(staged, home, manifest["entries"], epoch, at)
        _move_in(staged, home)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        if not was_there:
            shutil.rmtree(home, ignore_errors=True)
        raise
    return epoch


def _copy_tree(folder: Path, into: Path) -> None:
    into.mkdir(mode=0o700)
    for name in (*_files_under(folder), MANIFEST, SEAL):
        _copy_file(folder / name, into / name)


def _fill_the_bucket(config: Config, staged: Path) -> None:
    """Where a bucket keeps the pictures. What is there already stays as it is."""
    if not config.s3_bucket:
        return
    store = store_of(config)
    try:
        for path in files_in(staged / "evidence"):
            store.put(path.read_bytes())
    except StoreAwayError as error:
        raise BackupError(f"The photos cannot be brought back: {error}.") from None
    shutil.rmtree(staged / "evidence", ignore_errors=True)


def _move_in(staged: Path, home: Path) -> None:
    """Keys before the database: a home that has one without the others does not start."""
    for name in ("keys", "attachments", "evidence", "council", "fieldvisit.db"):
        if (staged / name).exists():
            os.replace(staged / name, home / name)
    shutil.rmtree(staged)
    _sync(home)


# --- files --------------------------------------------------------------------------------------------------------


def check_files(folder: Path) -> dict[str, Any]:
    """The manifest, when every file is the one that it names. Raises BackupError."""
    try:
        text = (folder / MANIFEST).read_bytes()
        seal = (folder / SEAL).read_text()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        raise BackupError(f"{folder} holds no backup: {MANIFEST} or {SEAL} is missing.") from None
    if hashlib.sha256(text).hexdigest() != seal:
        raise BackupError(f"{folder / MANIFEST} was changed or cut short. This backup cannot be used.")
    manifest: dict[str, Any] = json.loads(text)
    if manifest["v"] != VERSION:
        raise BackupError(f"This backup is of version {manifest['v']}; this release reads version {VERSION}.")
    named = manifest["files"]
    for name in sorted(set(named) ^ set(_files_under(folder))):
        raise BackupError(f"{folder / name} is {'missing' if name in named else 'not of this backup'}.")
    for name, wanted in named.items():
        if _print_of(folder / name) != wanted:
            raise BackupError(f"{folder / name} was changed or cut short. This backup cannot be used.")
    return manifest


def _files_under(folder: Path) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if name not in (MANIFEST, SEAL))


def _print_of(path: Path) -> list[Any]:
    size = path.stat().st_size
    return [size, sha256_of(path, size)]


def _copy_file(source: Path, target: Path) -> None:
    _make_private_folder(target.parent)
    with source.open("rb") as read, _new(target) as write:
        shutil.copyfileobj(read, write, 1 << 20)
        write.flush()
        os.fsync(write.fileno())


def _make_private_folder(folder: Path) -> None:
    if not folder.exists():
        _make_private_folder(folder.parent)
        folder.mkdir(mode=0o700)


def _write_file(target: Path, content: bytes) -> None:
    with _new(target) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _new(path: Path) -> Any:
    """Nobody but its owner reads any file of a backup: the keys are in it."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
