"""The phone's end of the road, on the server: enrolling, entries, photos, and the page of what waits.

Whatever a phone's script reads is JSON with X-FieldVisit-Proto, refusals too: an answer without it is somebody else's.
"""

import errno
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from fieldvisit.badges.routes import verify_base, verify_host
from fieldvisit.badges.service import pack_badge
from fieldvisit.deployment import deployment
from fieldvisit.failpoints import reach
from fieldvisit.ground.roles import INTAKE
from fieldvisit.outbox.blobs import LARGEST_PIECE, Piece, signer_of, take_piece
from fieldvisit.outbox.envelope import IntakeKey, is_usable_public_jwk
from fieldvisit.outbox.gaps import a_new_phone, hear
from fieldvisit.outbox.intake import Result, receive
from fieldvisit.outbox.wire import MOST_BYTES, Batch, Enrol, Sent
from fieldvisit.register import service as register
from fieldvisit.register.models import Grant
from fieldvisit.web.access import access, at, database, no_cookie, policy, principal, session
from fieldvisit.web.render import page

log = structlog.get_logger()
blueprint = Blueprint("outbox", __name__)
PROTO = 1
TRY_AGAIN_S = "5"


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    response = jsonify({"proto": PROTO, "server_time": at().isoformat().replace("+00:00", "Z")} | body)
    response.status_code = status
    response.headers["X-FieldVisit-Proto"] = str(PROTO)
    return response


def _marks(asked: Any) -> dict[str, Any]:
    """What every believed answer carries (offline.md, amendment 4)."""
    here = deployment(asked)
    return {"epoch": here.epoch, "durable_up_to": here.durable_up_to}


@blueprint.errorhandler(OperationalError)
@blueprint.errorhandler(NoConnectionFree)
@blueprint.errorhandler(OSError)
def busy(error: Exception) -> Response | tuple[str, int]:
    """The database is gone, full or locked, or the disk is: nothing was kept, and the phone keeps everything."""
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, OSError) and not is_full:
        raise error
    log.error("outbox", endpoint=request.endpoint, error=type(getattr(error, "orig", error)).__name__)
    if request.endpoint == "outbox.waiting":
        return page("errors/broken.html"), 503
    photo = is_full and request.endpoint == "outbox.piece"
    response = _answer({"code": "disk-full" if is_full else "busy"}, 507 if photo else 503)
    response.headers["Retry-After"] = TRY_AGAIN_S
    return response


def intake_key() -> IntakeKey:
    key: IntakeKey = current_app.extensions["fv_intake_key"]
    return key


@blueprint.get("/outbox")
@access("outbox", "read")
def waiting() -> str:
    return page("outbox/waiting.html", page_id="outbox")


@blueprint.post("/devices")
@access("device", "enrol")
def devices() -> Response:
    try:
        wanted = Enrol.model_validate(request.get_json(silent=True))
    except ValidationError:
        return _answer({"code": "not-a-device", "message": "This phone could not be enrolled. Call the office."}, 422)
    if not is_usable_public_jwk(wanted.public_jwk):
        return _answer({"code": "not-a-key", "message": "This phone's key cannot be used. Call the office."}, 422)
    person_id = principal().person_id
    grant = register.enrol(session(), person_id, wanted.device, wanted.public_jwk, wanted.label, at())
    a_new_phone(session(), wanted.device, person_id, at(), policy())
    return _answer(
        _marks(session())
        | {
            "grant": grant.id,
            "server_jwk": intake_key().public_jwk,
            "vault_jwk": None,
            "badge": _badge(wanted.device),
        }
    )


def _badge(device: str) -> dict[str, Any] | None:
    where = verify_base(), f"{verify_host()}/v"
    return pack_badge(session(), principal().person_id, device, at(), policy(), *where)


@blueprint.post("/events")
@access("event", "add")
@no_cookie
def events() -> Response:
    """No cookie is read and no token asked for: a device's signature is the right to append, and to nothing else.

    An empty list is a heartbeat: the phone says how much it has not sent, and hears epoch and time.
    """
    request.max_content_length = MOST_BYTES
    raw = request.get_data(cache=False) if (request.content_length or 0) <= MOST_BYTES else b""
    try:
        batch = Batch.model_validate_json(raw)
        sent = [Sent.model_validate(item) for item in batch.events]
    except ValidationError:
        too_big = (request.content_length or 0) > MOST_BYTES
        return _answer({"code": "unreadable-batch"}, 413 if too_big else 422)
    if batch.proto != PROTO:
        return _answer({"code": "update-needed"}, 426)
    with database().writing(INTAKE) as writing:
        results = receive(
            writing, sent, device=batch.device, phone_now=batch.sent_at, at=at(), key=intake_key(), policy=policy()
        )
        _hear(writing, batch, sent, results)
        marks = _marks(writing)
        reach("before_commit")
    reach("after_commit")
    return _answer(marks | {"results": [_told(result) for result in results]})


def _hear(writing: Any, batch: Batch, sent: list[Sent], results: list[Result]) -> None:
    """What the phone says of itself is believed with a signed entry, and in a heartbeat of a phone that we know."""
    signed = [item.grant for item, result in zip(sent, results, strict=True) if result.code != "bad-signature"]
    if sent and not signed:
        return
    person_id = writing.get_one(Grant, signed[0]).person_id if signed else None
    hear(
        writing,
        batch.device,
        person_id=person_id,
        queued=batch.queued,
        last_seq=batch.last_seq,
        delivered=sum(result.is_delivered for result in results),
        at=at(),
        policy=policy(),
    )


def _told(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {"uuid": result.uuid, "status": result.status, "server_seq": result.server_seq}
    told |= {name: value for name, value in (("code", result.code), ("message", result.message)) if value}
    return told | {"attachments_missing": list(result.attachments_missing)}


# --- photos and signatures ----------------------------------------------------------------------------------------


def attachments_folder() -> Path:
    folder: Path = current_app.extensions["fv_config"].attachments
    return folder


@blueprint.put("/attachments/<uuid:blob_id>")
@access("event", "add")
@no_cookie
def piece(blob_id: UUID) -> Response:
    """One piece of a photo's ciphertext, under a signature of its own. X-FieldVisit-Piece: <grant> <signature>."""
    if (request.content_length or 0) > LARGEST_PIECE:
        return _answer({"code": "piece-too-big"}, 413)
    request.max_content_length = LARGEST_PIECE
    sent = _piece(str(blob_id), request.get_data(cache=False))
    if sent is None:
        return _answer({"code": "no-place"}, 422)
    with database().reading(INTAKE) as reading:  # before any lock: whoever signs nothing holds up nobody
        grant = signer_of(reading, request.headers.get("X-FieldVisit-Piece", ""), sent)
    if grant is None:
        return _answer({"code": "bad-signature"}, 401)
    with database().writing(INTAKE) as writing:
        answer = take_piece(writing, grant, sent, attachments_folder(), at())
        marks = _marks(writing)
    reach("blob_row")
    told: dict[str, Any] = {name: value for name, value in (("code", answer.code),) if value}
    if answer.received is not None:
        told |= {"received": answer.received, "complete": answer.complete}
    return _answer(marks | told, answer.status)


def _piece(blob: str, data: bytes) -> Piece | None:
    """Where it belongs, from the address. None where that is not two plain numbers."""
    numbers = [request.args.get(name, "") for name in ("offset", "total")]
    if not all(number.isascii() and number.isdecimal() and len(number) <= 9 for number in numbers):
        return None
    return Piece(blob, int(numbers[0]), int(numbers[1]), data)
