"""The phone's end of the road, on the server: `POST /devices`, `POST /events`, the list of what waits."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import ValidationError

from fieldvisit.badges.codes import day_key
from fieldvisit.badges.service import badge_of, with_secret
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import INTAKE
from fieldvisit.outbox.envelope import IntakeKey, is_usable_public_jwk
from fieldvisit.outbox.intake import Result, receive
from fieldvisit.outbox.wire import MOST_BYTES, Batch, Enrol, Sent
from fieldvisit.register import service as register
from fieldvisit.web.access import access, at, database, no_cookie, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("outbox", __name__)
PROTO = 1
EPOCH = "1"  # changes when a backup has been restored; backups come with their issue


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    response = jsonify({"proto": PROTO, "server_time": at().isoformat().replace("+00:00", "Z"), "epoch": EPOCH} | body)
    response.status_code = status
    response.headers["X-FieldVisit-Proto"] = str(PROTO)
    return response


def _intake_key() -> IntakeKey:
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
    grant = register.enrol(session(), principal().person_id, wanted.device, wanted.public_jwk, wanted.label, at())
    return _answer(
        {
            "grant": grant.id,
            "server_jwk": _intake_key().public_jwk,
            "vault_jwk": None,
            "badge": _badge_keys(wanted.device),
        }
    )


def _badge_keys(device: str) -> dict[str, Any] | None:
    badge = badge_of(session(), principal().person_id)
    held = badge and with_secret(session(), badge.id)
    if held is None:
        return None
    today = london_date(at())
    days = [today, today + timedelta(days=1)]
    keys = [{"day": day.isoformat(), "key": day_key(held.secret, held.id, device, day).hex()} for day in days]
    return {"id": held.id, "day_keys": keys}


@blueprint.post("/events")
@access("event", "add")
@no_cookie
def events() -> Response:
    """No cookie is read and no token asked for: a device's signature is the right to append, and to nothing else."""
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
            writing, sent, device=batch.device, phone_now=batch.sent_at, at=at(), key=_intake_key(), policy=policy()
        )
    return _answer({"durable_up_to": None, "results": [_told(result) for result in results]})


def _told(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {"uuid": result.uuid, "status": result.status, "server_seq": result.server_seq}
    told |= {name: value for name, value in (("code", result.code), ("message", result.message)) if value}
    return told | {"attachments_missing": []}
