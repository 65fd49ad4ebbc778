"""From what a phone sealed to a picture that may be shown: cleaned once, by the worker, and put away under its home's key.

Each step may be killed and run again: the key is made, the ciphertext is safe, and only then the row names it. A file
that no row names was left by a kill and is swept. What the phone sealed stays until an hour after, and never goes while
a backup is being made.
"""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.evidence import keys
from fieldvisit.evidence import service as files
from fieldvisit.evidence.apart import CleaningBroke, clean_apart
from fieldvisit.evidence.clean import PhotoRefused
from fieldvisit.evidence.kek import NotOursError, lock, unlock
from fieldvisit.evidence.store import NotThereError, Store, store_of
from fieldvisit.evidence.strokes import NotStrokes, draw
from fieldvisit.failpoints import reach
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import OPENING, PICTURES
from fieldvisit.jobs import want
from fieldvisit.outbox.envelope import IntakeKey
from fieldvisit.outbox.models import Attachment
from fieldvisit.outbox.photos import SIGNATURE, NotAsSealed, plain_bytes
from fieldvisit.outbox.rules import CLEANED, OVER, REFUSED, WANTED, photos_over
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits.models import Entry, Visit

WORK, FORGET = "picture", "forget-sealed"  # kinds of work
TASK = "photos_over"
SEALED_STAYS = timedelta(hours=1)  # after the picture is safe
MOST_TRIES = 5  # of a photo whose cleaning ends without an answer: then it is refused
_NOT_STROKES = "This signature could not be drawn from what the phone sent."


class NotYetError(Exception):
    """It is to be tried again later. The text is short and names nobody."""


@dataclass(frozen=True, slots=True)
class Room:
    """What is needed to make pictures and to show them. sealed: the folder of what phones sent."""

    database: Database
    sealed: Path
    store: Store
    kek: Path
    key: IntakeKey


def room_of(config: Config, database: Database) -> Room:
    """Raises ConfigError."""
    return Room(database, config.attachments, store_of(config), config.evidence_kek, _key(config.keys / "intake.jwk"))


@lru_cache(maxsize=8)
def _key(path: Path) -> IntakeKey:
    return IntakeKey.from_file(path)


# --- wishing ------------------------------------------------------------------------------------------------------


def wish(session: Session, row: Attachment, at: datetime) -> None:
    """In the transaction in which it became whole, or its entry was filed, whichever was last."""
    if row.completed_at and row.entry_id and not row.purged_at and row.picture == "":
        _want(session, row, at)


def _want(session: Session, row: Attachment, at: datetime) -> None:
    row.picture = WANTED
    want(session, WORK, row.id, due=at, dedupe=f"{WORK}:{row.id}:{row.entry_id}")


def wish_all(session: Session, at: datetime) -> int:
    """The next thousand that are whole and filed and were never wished for: they came in before there was a store."""
    waiting = select(Attachment).where(
        Attachment.picture == "", Attachment.completed_at.is_not(None), Attachment.entry_id.is_not(None),
        Attachment.purged_at.is_(None),
    )  # fmt: skip
    rows = session.scalars(waiting.order_by(Attachment.named_at, Attachment.id).limit(1000)).all()
    for row in rows:
        wish(session, row, at)
    return len(rows)


def named(session: Session, visit: Visit, entry: Entry, at: datetime, policy: Policy) -> None:
    """An entry was filed. More photos than one visit may have are kept as they were sealed, and a person says whether they
    are shown; the others are wished for, where they are here already."""
    mine = select(Attachment).where(Attachment.entry_id == entry.id, Attachment.picture == "").order_by(Attachment.id)
    new = session.scalars(mine).all()
    if not new:
        return
    is_photo = Attachment.type != SIGNATURE
    of_visit = select(func.count(Attachment.id)).join(Entry, Entry.id == Attachment.entry_id)
    every = session.scalar(of_visit.where(Entry.visit_id == visit.id, is_photo)) or 0
    photos = [row for row in new if row.type != SIGNATURE]
    over = photos[len(photos) - photos_over(every - len(photos), len(photos)) :]
    for row in over:
        row.picture, row.picture_at = OVER, at
    for row in new:
        wish(session, row, at)
    if over and not session.scalars(_open_tasks(visit.id)).first():
        due = end_of_london_day(policy.working_days.after(london_date(at), 1))
        raise_task(
            session,
            TASK,
            cause=f"{TASK}:{entry.id}",
            about="visit",
            about_id=visit.id,
            area_id=visit.area_id,
            at=at,
            due=due,
        )


def _open_tasks(visit_id: str) -> Select[Task]:
    return select(Task).where(Task.kind == TASK, Task.about_id == visit_id, Task.done_at.is_(None))


def let_in(session: Session, visit_id: str, at: datetime) -> int:
    """An officer has said so: they are made ready like all others. How many."""
    lines = select(Entry.id).where(Entry.visit_id == visit_id)
    over = select(Attachment).where(Attachment.entry_id.in_(lines), Attachment.picture == OVER)
    rows = session.scalars(over.where(Attachment.purged_at.is_(None)).order_by(Attachment.id)).all()
    for row in rows:
        row.picture, row.picture_at = "", None
        wish(session, row, at)
    for task in session.scalars(_open_tasks(visit_id)):
        task.done_at = at
    return len(rows)


# --- making -------------------------------------------------------------------------------------------------------


def make_ready(room: Room, attachment_id: str, at: datetime, tries: int = 1) -> str:
    """What became of it: cleaned, refused, or "" where nothing is to be done. Raises NotYetError, KekError, StoreAwayError,
    OSError: nothing was changed, and it is tried again."""
    with room.database.reading(PICTURES) as session:
        found = _wanted(session, attachment_id)
        if found is None:
            return ""
        row, entry, visit = found
        try:
            plain = plain_bytes(session, row, entry, room.sealed, room.key)
        except NotAsSealed as error:
            return _refuse(room, row.id, f"It could not be opened from what the phone sent: {error}.", at)
    try:
        picture = draw(plain) if row.type == SIGNATURE else clean_apart(plain)
    except CleaningBroke as error:
        if tries < MOST_TRIES:
            raise NotYetError(error.code) from None
        return _refuse(room, row.id, error.sentence, at)
    except PhotoRefused as refused:
        return _refuse(room, row.id, refused.sentence, at)
    except NotStrokes:
        return _refuse(room, row.id, _NOT_STROKES, at)
    return _put_away(room, row.id, visit.home_id, picture, at)


def _wanted(session: Session, attachment_id: str) -> tuple[Attachment, Entry, Visit] | None:
    query = (
        select(Attachment, Entry, Visit)
        .join(Entry, Entry.id == Attachment.entry_id)
        .join(Visit, Visit.id == Entry.visit_id)
        .where(Attachment.id == attachment_id, Attachment.picture == WANTED, Attachment.purged_at.is_(None))
    )
    found = session.execute(query).first()
    return (found[0], found[1], found[2]) if found else None


def _refuse(room: Room, attachment_id: str, why: str, at: datetime) -> str:
    with room.database.writing(PICTURES) as session:
        row = _locked(session, attachment_id)
        if row:
            row.picture, row.picture_at, row.refused_why = REFUSED, at, why[:200]
    return REFUSED


def _locked(session: Session, attachment_id: str) -> Attachment | None:
    mine = select(Attachment).where(
        Attachment.id == attachment_id, Attachment.picture == WANTED, Attachment.purged_at.is_(None)
    )
    return session.scalars(mine.with_for_update()).first()


def _put_away(room: Room, attachment_id: str, home_id: str, picture: bytes, at: datetime) -> str:
    digest = hashlib.sha256(picture).hexdigest()
    with room.database.writing(PICTURES) as session:
        key_id, key = keys.key_of(session, room.kek, home_id, at)
    blob = lock(key, picture, _about(attachment_id, home_id, key_id, digest))
    name = room.store.put(blob)
    reach("picture_stored")
    with room.database.writing(PICTURES) as session:
        row = _locked(session, attachment_id)
        if row is not None and not keys.hold(session, key_id):
            raise NotYetError("key-gone")  # this home's last picture went in this moment, and its key with it
        if row is not None:
            row.picture, row.picture_at, row.plain_sha256 = CLEANED, at, digest
            row.stored, row.stored_size, row.key_id = name, len(blob), key_id
            want(session, FORGET, row.id, due=at + SEALED_STAYS)
    if row is None:
        room.store.remove(name)
        return ""
    reach("picture_named")
    return CLEANED


def _about(attachment_id: str, home_id: str, key_id: str, digest: str) -> str:
    """What the ciphertext is bound to: moved to another row, home or key, it does not open."""
    return f"fv1|attachment|{attachment_id}|{home_id}|{key_id}|{digest}"


# --- showing ------------------------------------------------------------------------------------------------------


def ready_bytes(room: Room, row: Attachment) -> bytes:
    """Of one that is cleaned. Raises NotAsSealed, KekError, StoreAwayError."""
    try:
        with room.database.reading(OPENING) as session:
            home_id, key = keys.open_key(session, room.kek, row.key_id or "")
        digest = row.plain_sha256 or ""
        plain = unlock(key, room.store.get(row.stored or ""), _about(row.id, home_id, row.key_id or "", digest))
    except NotOursError:
        raise NotAsSealed("it was not put away as this photo") from None
    except (keys.KeyGoneError, NotThereError) as error:
        raise NotAsSealed(str(error)) from None
    if hashlib.sha256(plain).hexdigest() != digest:
        raise NotAsSealed("it is not the picture that was made")
    return plain


# --- forgetting what the phone sealed -----------------------------------------------------------------------------


@contextmanager
def standing_still(sealed: Path, *, wait: bool) -> Iterator[bool]:
    """While it is held nothing that a phone sealed is removed. wait: until it is free; otherwise False where it is not."""
    sealed.mkdir(mode=0o750, exist_ok=True)
    with (sealed / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def forget_sealed(room: Room, attachment_id: str, at: datetime) -> bool:
    """Opens the picture once more, and only then removes what it was made of. Raises NotYetError, and as `ready_bytes`."""
    with standing_still(room.sealed, wait=False) as still:
        if not still:
            raise NotYetError("a backup is being made")
        with room.database.reading(PICTURES) as session:
            row = session.get(Attachment, attachment_id)
        if row is None or row.picture != CLEANED or row.purged_at or row.sealed_gone_at:
            return False
        try:
            ready_bytes(room, row)
        except NotAsSealed:
            _make_again(room, row, at)
            return False
        with room.database.writing(PICTURES) as session:
            mine = select(Attachment).where(Attachment.id == attachment_id, Attachment.purged_at.is_(None))
            ours = session.scalars(mine.with_for_update()).first()
            if ours is None:
                return False
            files.remove(room.sealed, ours.id)
            reach("sealed_removed")
            ours.sealed_gone_at = at
    return True


def _make_again(room: Room, row: Attachment, at: datetime) -> None:
    """It does not open from the store: what it was made of is still here."""
    with room.database.writing(PICTURES) as session:
        ours = session.get(Attachment, row.id, with_for_update=True)
        if ours is not None and ours.purged_at is None and ours.stored == row.stored:
            ours.picture, ours.picture_at, ours.stored, ours.key_id = WANTED, None, None, None
            want(session, WORK, ours.id, due=at, dedupe=f"{WORK}:{ours.id}:{ours.entry_id}:{at:%Y%m%dT%H%M%S}")
