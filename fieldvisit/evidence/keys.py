"""The keys of homes: made with a home's first picture, wrapped anew when the council changes its own key, destroyed with
the last picture. Every change of them is made under one lock, so that no key is ever wrapped under one that is going."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from fieldvisit.config import ConfigError
from fieldvisit.db import Database, new_id
from fieldvisit.evidence import kek
from fieldvisit.evidence.kek import KekError, NotOursError, Ring
from fieldvisit.evidence.models import SubjectKey
from fieldvisit.failpoints import reach
from fieldvisit.ground.roles import KEYS

_LOCK = 5_261_003


class KeyGoneError(Exception):
    """This home's key was destroyed, or cannot be unwrapped with the file that is here."""


def key_of(session: Session, path: Path, subject_id: str, at: datetime) -> tuple[str, bytes]:
    """The id of that home's key, and the key; made where there is none. Raises KekError, KeyGoneError."""
    _alone(session)
    ring = kek.read(path)  # after the lock: what is in it now stays in it until this transaction ends
    row = session.scalars(select(SubjectKey).where(SubjectKey.subject_id == subject_id)).first()
    if row is not None:
        return row.id, _unwrapped(ring, row)
    key = secrets.token_bytes(kek.LENGTH)
    row = SubjectKey(id=new_id(), subject_id=subject_id, made_at=at)
    row.kek, row.wrapped = ring.wrap(key, row.about)
    session.add(row)
    session.flush()
    return row.id, key


def open_key(session: Session, path: Path, key_id: str) -> tuple[str, bytes]:
    """Whose key it is, and the key. Raises KekError, KeyGoneError."""
    row = session.scalars(select(SubjectKey).where(SubjectKey.id == key_id)).first()
    if row is None:
        raise KeyGoneError("its home’s key was destroyed")
    return row.subject_id, _unwrapped(kek.read(path), row)


def _unwrapped(ring: Ring, row: SubjectKey) -> bytes:
    try:
        return ring.unwrap(row.kek, row.wrapped, row.about)
    except NotOursError:
        raise KeyGoneError("its home’s key cannot be opened with the key file of this server") from None


def hold(session: Session, key_id: str) -> bool:
    """Keeps the key from being destroyed until this transaction ends. False where it is gone."""
    mine = select(SubjectKey).where(SubjectKey.id == key_id).with_for_update()
    return session.scalars(mine).first() is not None


def destroy(session: Session, key_id: str) -> None:
    if row := session.get(SubjectKey, key_id):
        session.delete(row)


def _alone(session: Session) -> None:
    """One at a time: on SQLite every transaction that writes is alone already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


# --- the council's own key ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rotated:
    """mark: of the key that is in force now; wrapped: how many homes' keys were wrapped anew; older: what retire forgets."""

    mark: str
    wrapped: int
    older: tuple[str, ...]


def rotate(database: Database, path: Path) -> Rotated:
    """A new key for everything, in one transaction; the old one stays in the file until it is retired. One that was
    interrupted is finished, and makes no third key. Raises KekError."""
    with database.writing(KEYS) as session:
        _alone(session)
        ring = kek.read(path)
        rows = session.scalars(select(SubjectKey)).all()
        opened = [(row, _opened(ring, path, row)) for row in rows]
        if not ring.older or all(row.kek == ring.current for row in rows):
            ring = ring.with_a_new_one()
            kek.replace(path, ring)
            reach("kek_written")
        changed = [_wrapped(ring, row, key) for row, key in opened if row.kek != ring.current]
        if changed:
            session.execute(update(SubjectKey), changed)
        reach("keys_wrapped")
    return Rotated(ring.current, len(changed), ring.older)


def _opened(ring: Ring, path: Path, row: SubjectKey) -> bytes:
    try:
        return ring.unwrap(row.kek, row.wrapped, row.about)
    except NotOursError:
        raise KekError(f"{path} does not open every home’s key. Nothing was changed. {_OWN_COPY}") from None


def _wrapped(ring: Ring, row: SubjectKey, key: bytes) -> dict[str, str | bytes]:
    mark, wrapped = ring.wrap(key, row.about)
    return {"id": row.id, "kek": mark, "wrapped": wrapped}


def retire(database: Database, path: Path) -> tuple[str, ...]:
    """Forgets the keys that open nothing any more; their marks. Raises KekError where one still does."""
    with database.writing(KEYS) as session:
        _alone(session)
        ring = kek.read(path)
        left = session.scalar(select(func.count(SubjectKey.id)).where(SubjectKey.kek != ring.current)) or 0
        if left:
            raise KekError(f"{left} homes’ keys still need an older key. Run: fieldvisit keys rotate")
        if ring.older:
            kek.replace(path, ring.current_alone())
    return ring.older


_OWN_COPY = "Put the council’s own copy of it there."


def faults(database: Database, path: Path) -> Iterator[str]:
    """One sentence for what is wrong with the file; none where it opens every home's key."""
    try:
        ring = kek.read(path)
    except KekError as error:
        yield str(error)
        return
    with database.reading(KEYS) as session:
        wanted = dict(session.execute(select(SubjectKey.kek, func.count(SubjectKey.id)).group_by(SubjectKey.kek)).all())
        samples = [session.scalars(select(SubjectKey).where(SubjectKey.kek == mark).limit(1)).one() for mark in wanted]
    if lost := sum(count for mark, count in wanted.items() if mark not in ring.keys):
        yield f"{path} is not the one that {lost} homes’ photos and signatures need. {_OWN_COPY}"
    for row in samples:
        if row.kek in ring.keys and not _opens(ring, row):
            yield f"The key of the home {row.subject_id} was changed in the database: its photos cannot be opened."


def _opens(ring: Ring, row: SubjectKey) -> bool:
    try:
        return bool(ring.unwrap(row.kek, row.wrapped, row.about))
    except NotOursError:
        return False


def make_first(database: Database, path: Path) -> Ring | None:
    """The file of a home of before there was one: made where it is missing and nothing was ever put away under it."""
    if path.exists():
        return None
    with database.reading(KEYS) as session:
        if session.scalar(select(func.count(SubjectKey.id))):
            return None
    try:
        return kek.make(path)
    except FileExistsError:  # another process of this home was first by a moment
        return None


def refuse_to_start(database: Database, path: Path) -> None:
    """For whoever opens pictures or puts them away. Raises ConfigError."""
    for fault in faults(database, path):
        raise ConfigError(
            f"{fault} Until then doors can be answered without it: fieldvisit serve --face verify --face field"
        )
