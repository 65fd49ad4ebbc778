"""One envelope opened and read: what is inside, or why a person must look. Knows no database."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fieldvisit.failpoints import reach
from fieldvisit.outbox.envelope import IntakeKey, Sealed
from fieldvisit.outbox.wire import Sent
from fieldvisit.safeguarding.rules import is_box
from fieldvisit.visits import events as ev
from fieldvisit.visits.wire import Unreadable, parse

BOX = ev.name_of(ev.SealedBox)
MOST_BLOBS = 50  # of one event; a visit's own quota is a matter of the desk
LARGEST_BLOB = 12 * 1024 * 1024 + 16  # bytes of ciphertext: a photo's limit (security.md 5.2) and the seal's tag

# What only the office may say. A phone that says it is not believed: it is held and a person looks.
DESK_ONLY = frozenset({
    "visit.planned", "visit.cancelled", "visit.moved", "visit.reassigned", "notice.failed", "notice.withdrawn",
    "emergency.authorised", "emergency.downgraded", "investigation.authorised", "time.agreed", "entry.authorised",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blob:
    """A photo or a signature that the seal names: sizes and hashes of the plain and of the cipher bytes."""

    id: str
    type: str
    size: int
    csize: int
    sha256: str
    csha256: str
    key: str
    iv: str


@dataclass(frozen=True, slots=True)
class Opened:
    """wall: the phone's clock, aware. offset: how far it was behind ours at the last contact before, or None."""

    event: ev.Event
    visit_id: str | None
    wall: datetime
    offset: timedelta | None
    blobs: Sequence[Blob]


@dataclass(frozen=True, slots=True)
class Boxed:
    """No line of any log: a report for the vault (ruling R4). sealed: None where the app was too old to seal one."""

    sealed: str | None


class NotReadYetError(Exception):
    """A box that this release cannot read: the phone keeps it. Nobody is shown it, so that it is never held."""


class HeldBackError(Exception):
    """This event is for a person. code: of ruling R1's closed list."""

    def __init__(self, code: str, visit_id: str | None = None, blobs: Sequence[Blob] = ()) -> None:
        super().__init__(code)
        self.code, self.visit_id, self.blobs = code, visit_id, blobs


def unseal(jwe: str, uuid: str, grant: str, key: IntakeKey) -> dict[str, Any]:
    """What is inside, if it is of this item. Raises HeldBackError."""
    try:
        inside = key.open(jwe)
    except Sealed:
        raise HeldBackError("unreadable") from None
    if inside.get("v") != 1 or inside.get("uuid") != uuid or inside.get("grant") != grant:
        raise HeldBackError("unreadable", text_of(inside.get("visit")))
    return inside


def open_item(item: Sent, key: IntakeKey) -> Opened | Boxed:
    """Raises HeldBackError, NotReadYetError; anything else that it raises is a reader of ours that broke."""
    inside = unseal(item.jwe, item.uuid, item.grant, key)
    if inside.get("kind") == BOX:
        return _box(inside)
    visit_id = text_of(inside.get("visit"))
    blobs = blobs_in(inside, visit_id)
    reach("parse")
    try:
        event = _event(inside)
        wall = _wall(inside)
    except Unreadable:
        raise HeldBackError("unreadable", visit_id, blobs) from None
    return Opened(event, visit_id, wall, _offset(inside.get("offset_ms")), blobs)


def _box(inside: dict[str, Any]) -> Boxed:
    version = inside.get("kv")
    try:
        event = parse(BOX, version if isinstance(version, int) else 0, inside.get("body"))
    except Unreadable:
        raise NotReadYetError from None
    if isinstance(event, ev.SealedBox) and not is_box(event.sealed):
        raise NotReadYetError
    return Boxed(event.sealed if isinstance(event, ev.SealedBox) else None)


def _event(inside: dict[str, Any]) -> ev.Event:
    kind, version = inside.get("kind"), inside.get("kv")
    if not isinstance(kind, str) or not isinstance(version, int) or kind in DESK_ONLY:
        raise Unreadable("not an event of a phone")
    return parse(kind, version, inside.get("body"))


def _wall(inside: dict[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(inside["wall"])
    except (KeyError, ValueError, TypeError):
        raise Unreadable("no time") from None
    if moment.tzinfo is None:
        raise Unreadable("a time without its zone")
    return moment


def _offset(value: Any) -> timedelta | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10**12
    return timedelta(milliseconds=value) if known else None


def text_of(value: Any) -> str | None:
    """A visit's id as the phone wrote it; None for what no id is, and for letters that no database keeps."""
    return value if isinstance(value, str) and len(value) <= 64 and value.isprintable() else None


_BLOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HASH = re.compile(r"[0-9a-f]{64}")
_TYPE = re.compile(r"[a-z]{1,12}/[a-z0-9.+-]{1,24}")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def blobs_in(inside: dict[str, Any], visit_id: str | None) -> tuple[Blob, ...]:
    """Strict, so that what the phone will send can be checked against it byte for byte."""
    rows = inside.get("blobs")
    if rows is None:
        return ()
    if not isinstance(rows, list) or len(rows) > MOST_BLOBS:
        raise HeldBackError("unreadable", visit_id)
    found = tuple(_blob(row) for row in rows)
    if None in found or len({blob.id for blob in found if blob}) != len(found):
        raise HeldBackError("unreadable", visit_id)
    return tuple(blob for blob in found if blob)


def _blob(row: Any) -> Blob | None:
    patterns = {"id": _BLOB_ID, "type": _TYPE, "sha256": _HASH, "csha256": _HASH, "key": _WORD, "iv": _WORD}
    if not isinstance(row, dict):
        return None
    for name, pattern in patterns.items():
        if not isinstance(row.get(name), str) or not pattern.fullmatch(row[name]):
            return None
    for name in ("size", "csize"):
        if type(row.get(name)) is not int or not 0 < row[name] <= LARGEST_BLOB:
            return None
    return Blob(**{name: row[name] for name in (*patterns, "size", "csize")})
