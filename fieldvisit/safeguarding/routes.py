"""Reporting from a desk; and, for phone and desk, asking whether the vault has signed. Nobody can list or read anything.

The page seals in the browser, to the vault: what is posted here is ciphertext, and who posted it is not kept.
"""

from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from fieldvisit.ground.roles import BOXES
from fieldvisit.safeguarding import service
from fieldvisit.safeguarding.rules import DESK, LARGEST_POST, is_box
from fieldvisit.visits.door_page import shared
from fieldvisit.web.access import access, at, database, no_cookie, policy
from fieldvisit.web.render import page

field = Blueprint("entries", __name__)
desk = Blueprint("matter", __name__)
PROTO = "1"


class Posted(BaseModel):
    """uuid: made with the form, so that the same report sent twice is one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    uuid: str = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    sealed: str


def _receipts(device: str, uuid: UUID) -> Response:
    """Of a number that nobody sent: none, as for one that waits."""
    with database().reading(BOXES) as session:
        found = service.receipts_of(session, device, str(uuid))
    told = [
        {"number": one.number, "sha256": one.sha256, "received_at": one.received_at, "signature": one.signature}
        for one in found
    ]
    response = jsonify({"receipts": told})
    response.headers["X-FieldVisit-Proto"] = PROTO
    return response


@field.get("/entries/<uuid:entry_id>")
@access("matter", "follow")
@no_cookie
def entry(entry_id: UUID) -> Response:
    """`device`: of the phone that sent it. Without signal for weeks, it may still ask."""
    return _receipts(request.args.get("device", "")[:64], entry_id)


@desk.get("/concern")
@access("matter", "write")
def form() -> str:
    told = shared(policy())
    return page("safeguarding/concern.html", danger=told.danger, help=told.help)


@desk.post("/concern")
@access("matter", "write")
def take() -> Response:
    """JSON of the page's own script. It is larger than other forms, so its token is checked here (faces.py)."""
    request.max_content_length = LARGEST_POST
    try:
        current_app.extensions["csrf"].protect()
        posted = Posted.model_validate_json(request.get_data(cache=False))
    except RequestEntityTooLarge:
        return _refused(413)
    except ValidationError:
        return _refused(422)
    if not is_box(posted.sealed):
        return _refused(422)
    digest = service.digest_of(posted.sealed)
    with database().writing(BOXES) as session:
        if not service.seen(session, DESK, posted.uuid, digest):
            service.take(
                session, device=DESK, uuid=posted.uuid, seq=None, envelope_sha256=digest, box=posted.sealed, at=at()
            )  # fmt: skip
    return jsonify({"taken": True})


def _refused(status: int) -> Response:
    response = jsonify({"taken": False})
    response.status_code = status
    return response


@desk.get("/concern/<uuid:entry_id>")
@access("matter", "write")
def followed(entry_id: UUID) -> Response:
    return _receipts(DESK, entry_id)
