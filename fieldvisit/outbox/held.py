"""Entries that wait for a person: read, taken in through the one door, or set aside with a reason. Never deleted."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import or_, select, tuple_
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, joinedload

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal
from fieldvisit.ground.verdict import Allowed, Refused, Verdict
from fieldvisit.outbox.arrivals import number
from fieldvisit.outbox.blobs import take_whole
from fieldvisit.outbox.envelope import IntakeKey
from fieldvisit.outbox.intake import Intake, Result, fold_in, receive, spool
from fieldvisit.outbox.models import Held, Phone
from fieldvisit.outbox.opening import BOX, Boxed, HeldBackError, NotReadYetError, open_item, unseal
from fieldvisit.outbox.rules import (
    SILENT_AFTER,
    WAYS_IN,
    WHY_HELD,
    WHY_STILL,
    may_set_aside,
    may_take_in,
)
from fieldvisit.outbox.wire import Rescue, Sent
from fieldvisit.register.models import Grant
from fieldvisit.tasks import Task
from fieldvisit.visits.steps import LABELS

log = structlog.get_logger()
PAGE = 50
AT_ONCE = 50  # entries of a rescue file in one transaction


@dataclass(frozen=True, slots=True)
class Readable:
    """What stands inside the seal, as far as it opens. said: (name, value) of its body, in words."""

    kind: str
    visit: str
    wall: datetime | str  # as the phone's clock had it
    said: Sequence[tuple[str, str]]
    photos: int


def waiting(session: Session, after: str | None, most: int = PAGE) -> tuple[Sequence[Held], str | None]:
    """Oldest first, and after which one the next page begins."""
    query = (
        select(Held)
        .where(Held.settled_at.is_(None))
        .options(joinedload(Held.grant).joinedload(Grant.person))
        .order_by(Held.received_at, Held.id)
        .limit(most + 1)
    )
    if after and (last := session.get(Held, after)):
        query = query.where(tuple_(Held.received_at, Held.id) > (last.received_at, last.id))
    rows = session.scalars(query).all()
    return rows[:most], rows[most - 1].id if len(rows) > most else None


def find(session: Session, held_id: str) -> Held | None:
    one = select(Held).where(Held.id == held_id).options(joinedload(Held.grant).joinedload(Grant.person))
    return session.scalars(one).first()


def read(held: Held, key: IntakeKey) -> Readable | None:
    try:
        inside = unseal(held.jwe.decode("ascii", "replace"), held.uuid, held.grant_id, key)
    except HeldBackError:
        return None
    kind, body, blobs = inside.get("kind"), inside.get("body"), inside.get("blobs")
    if kind == BOX:  # R4: its seal would not open when it came, and does now; it is an entry like any other
        kind, body = "entry", {}
    return Readable(
        kind=LABELS.get(_plain(kind)) or _plain(kind).replace(".", ": ").replace("_", " ").capitalize(),
        visit=_plain(inside.get("visit")),
        wall=_moment(inside.get("wall")),
        said=_said(body),
        photos=len(blobs) if isinstance(blobs, list) else 0,
    )


def _moment(value: Any) -> datetime | str:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return _plain(value)
    return moment if moment.tzinfo else _plain(value)


def _said(body: Any) -> list[tuple[str, str]]:
    if not isinstance(body, dict):
        return [("It says", _plain(body))]
    return [
        (_plain(name)[:64].replace("_", " ").capitalize(), _plain(value)) for name, value in islice(body.items(), 60)
    ]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value[:50])
    return "" if value is None else str(value)[:4000]


# --- what a person decides ----------------------------------------------------------------------------------------


def take_in(
    session: Session, held: Held, *, by: str, why: str, at: datetime, key: IntakeKey, policy: Policy
) -> Verdict:
    """Through the same door as ever. Where another guard objects now, the entry stays held under that code."""
    verdict = may_take_in(held.code, held.settled_at)
    if not verdict:
        return verdict
    skew = timedelta(seconds=held.skew_s or 0)
    waives = WAYS_IN[held.code].waives
    intake = Intake(session, held.device, skew, held.received_at, key, policy, waives, taken_in_at=at)
    sent = Sent(grant=held.grant_id, uuid=held.uuid, seq=held.seq, jwe=held.jwe.decode("ascii"), sig=held.sig)
    try:
        opened = open_item(sent, key)
        if isinstance(opened, Boxed):
            spool(intake, sent, opened, held.envelope_sha256)
            _settle(session, held, "taken", by, why, at)
            return Allowed()
        with session.begin_nested():
            entry = fold_in(intake, sent, opened, held.grant, held.envelope_sha256)
    except HeldBackError as back:
        return _still_held(held, back)
    except NotReadYetError:
        return Refused("unreadable", WHY_STILL["unreadable"])
    except (OperationalError, OSError):
        raise
    except IntegrityError:
        return Refused("conflict", WHY_STILL["conflict"])
    except Exception:
        log.exception("held entry not taken in", held=held.id)
        return Refused("reaction-failed", "Something broke here again. Tell whoever runs this service.")
    number(session, [(entry.id, None)])
    _settle(session, held, "taken", by, why, at)
    return Allowed()


def _still_held(held: Held, back: HeldBackError) -> Refused:
    was, held.code, held.visit_id = held.code, back.code, back.visit_id or held.visit_id
    if back.code == was or back.code in WHY_STILL:
        return Refused(back.code, WHY_STILL.get(back.code, WHY_HELD[back.code]))
    return Refused(back.code, f"{WHY_HELD[back.code]} Decide about that too.")


def set_aside(session: Session, held: Held, *, by: str, why: str, at: datetime) -> Verdict:
    verdict = may_set_aside(held.settled_at)
    if verdict:
        _settle(session, held, "aside", by, why, at)
    return verdict


def _settle(session: Session, held: Held, how: str, by: str, why: str, at: datetime) -> None:
    held.settled_at, held.settled_by, held.settled_how, held.settled_why = at, by, how, why
    for task in session.scalars(select(Task).where(Task.cause == f"held:{held.id}", Task.done_at.is_(None))):
        task.done_at = at


# --- phones that are silent ---------------------------------------------------------------------------------------


def phones_to_ask_after(session: Session, who: Principal, at: datetime, most: int = PAGE) -> Sequence[Phone]:
    silent = (Phone.queued > 0) & (Phone.heard_at <= at - SILENT_AFTER)
    mine = or_(Phone.area_id.is_(None), Phone.area_id.in_(who.areas))
    query = select(Phone).where(mine, or_(silent, Phone.missing > 0, Phone.told > 0)).options(joinedload(Phone.person))
    return session.scalars(query.order_by(Phone.heard_at, Phone.id).limit(most)).all()


# --- a rescue file ------------------------------------------------------------------------------------------------


def take_entries(
    session: Session, items: Sequence[Sent], device: str, *, at: datetime, key: IntakeKey, policy: Policy
) -> list[Result]:
    """By no clock but the phone's own: how wrong it was when it wrote the file, nobody knows."""
    return receive(session, items, device=device, phone_now=at, at=at, key=key, policy=policy)


def in_parts(items: Sequence[Sent]) -> Iterable[Sequence[Sent]]:
    ordered = sorted(items, key=lambda item: item.seq)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))


def take_photos(session: Session, rescue: Rescue, folder: Path, at: datetime) -> int:
    """How many of its photos are whole here now."""
    return sum(
        take_whole(session, rescue.device, blob.id, data, folder, at)
        for blob in rescue.blobs
        if (data := _bytes(blob.data)) is not None
    )


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
