"""One sealed, signed envelope explained: who signed it, what is inside, and is it in the log as the phone wrote it?"""

import json
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import say_instant
from fieldvisit.outbox.envelope import IntakeKey, digest_of, is_well_signed, signed_text
from fieldvisit.outbox.models import Held
from fieldvisit.outbox.opening import BOX, HeldBackError, unseal
from fieldvisit.outbox.rules import WHY_HELD
from fieldvisit.outbox.wire import Sent
from fieldvisit.register.models import Grant
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.service import chain_hash


class NoEnvelope(ValueError):
    """The file is none. The message says what it lacks."""


def read_envelope(raw: bytes) -> Sent:
    """JSON with grant, uuid, seq, jwe and sig; other names beside them are left alone."""
    try:
        return Sent.model_validate_json(raw)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"])) or "it"
        raise NoEnvelope(f"this is no envelope ({where}: {wrong['msg'].lower()}).") from None


def explain(session: Session, sent: Sent, key: IntakeKey) -> tuple[list[str], list[str]]:
    """What can be said, line by line, and what is wrong."""
    digest = digest_of(sent.jwe)
    said, wrong = [f"Sealed bytes:  {len(sent.jwe):,}, SHA-256 {digest}"], list[str]()
    grant = session.get(Grant, sent.grant)
    if grant is None:
        return said, [f"Signature:     nobody can say: no phone was ever given the grant {sent.grant} here."]
    signed = is_well_signed(grant.public_jwk, sent.sig, signed_text(sent.grant, sent.uuid, sent.seq, sent.jwe))
    said += _of_grant(grant, sent)
    if signed:
        said.append("Signature:     good. This phone wrote exactly this at this point of its sequence.")
    else:
        wrong.append("Signature:     NOT good. This phone did not write this, or not here in its sequence.")
    try:
        inside = unseal(sent.jwe, sent.uuid, sent.grant, key)
        if inside.get("kind") == BOX:  # R4: an entry, and that is all that is said of it
            return [*said, "Inside:        an entry"], wrong
        said += _of_inside(inside)
    except HeldBackError:
        wrong.append("Inside:        it does not open with this home's key, or is of another entry.")
    there, fault = _where_it_is(session, grant.device, sent, digest)
    return said + there, wrong + fault


def _of_grant(grant: Grant, sent: Sent) -> list[str]:
    until = f", withdrawn {say_instant(grant.revoked_at)}" if grant.revoked_at else ", not withdrawn"
    return [
        f"Person:        {grant.person.name}",
        f"Phone:         {grant.label or 'not named'}, {grant.device}",
        f"Grant:         {grant.id}, given {say_instant(grant.created_at)}{until}",
        f"Entry:         {sent.uuid}, number {sent.seq} of this phone",
    ]


def _of_inside(inside: dict[str, Any]) -> list[str]:
    blobs = inside.get("blobs")
    return [
        f"Inside:        {inside.get('kind')} version {inside.get('kv')}, by app {inside.get('app')}",
        f"Phone's time:  {inside.get('wall')}, clock off by {inside.get('offset_ms')} ms as it knew",
        f"Visit:         {inside.get('visit')}",
        f"Body:          {json.dumps(inside.get('body'), sort_keys=True, ensure_ascii=False)}",
        f"Photos:        {len(blobs) if isinstance(blobs, list) else 0}",
    ]


def _where_it_is(session: Session, device: str, sent: Sent, digest: str) -> tuple[list[str], list[str]]:
    entry = session.scalars(select(Entry).where(Entry.device == device, Entry.uuid == sent.uuid)).first()
    if entry is not None:
        visit = session.get_one(Visit, entry.visit_id)
        where = f"visit {visit.ref}, line {entry.position}, reached us {say_instant(entry.received_at)}"
        if entry.envelope_sha256 != digest:
            return [], [f"In the log:    {where}, with OTHER bytes under the same number."]
        if entry.hash != chain_hash(entry):
            return [], [f"In the log:    {where}, but that line was CHANGED since."]
        return [f"In the log:    {where}, the same bytes."], []
    same = select(Held).where(Held.device == device, Held.uuid == sent.uuid, Held.envelope_sha256 == digest)
    if held := session.scalars(same).first():
        state = {"taken": "taken in", "aside": "set aside"}.get(held.settled_how or "", "waits for a person")
        return [f"Held:          {WHY_HELD[held.code]} It {state if held.settled_how is None else 'was ' + state}."], []
    return ["In the log:    it is not here. It may never have been sent."], []
