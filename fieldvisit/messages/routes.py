"""Where GOV.UK Notify tells us what became of a message. Its token is the right: no cookie is read, nobody is signed in.

A receipt that is forged or cannot be read changes nothing. One of a message that is not ours is answered like any
other: who knows the token learns nothing by guessing references. Nothing about people is logged, or read.
"""

import hmac
import re
from datetime import UTC, datetime
from typing import Literal

from flask import Blueprint, Response, abort, current_app, request
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from fieldvisit.ground.roles import SENDING
from fieldvisit.messages.adapters.statuses import status_of
from fieldvisit.messages.service import receive_by_reference
from fieldvisit.web.access import access, at, database, no_cookie

blueprint = Blueprint("receipts", __name__)
BEFORE_NOTIFY = datetime(2016, 1, 1, tzinfo=UTC)
OURS = re.compile(r"[0-9a-f]{32}")


class Receipt(BaseModel):
    """What we read of Notify's receipt. The address that it was sent to is in it too, and is not read."""

    id: str = Field(max_length=80, pattern=r"^[0-9A-Za-z-]*$")
    reference: str | None = Field(default=None, max_length=1000)
    status: str = Field(max_length=80)
    completed_at: AwareDatetime | None = Field(default=None, ge=BEFORE_NOTIFY)
    notification_type: Literal["sms", "email", "letter"]


@blueprint.post("/messages/notify")
@access("receipt", "give")
@no_cookie
def notify() -> Response:
    token = current_app.extensions["fv_config"].sending.notify.callback_token
    if not token:
        abort(404)
    said = request.headers.get("Authorization", "")
    if not hmac.compare_digest(said.encode(), f"Bearer {token}".encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    try:
        receipt = Receipt.model_validate_json(request.get_data())
    except ValidationError:
        return Response(status=400)
    status = status_of(receipt.status, receipt.notification_type)
    if status and OURS.fullmatch(receipt.reference or ""):
        happened = (receipt.completed_at or at()).astimezone(UTC)
        with database().writing(SENDING) as session:
            receive_by_reference(
                session, str(receipt.reference), receipt.id, status, happened, by="callback", at=at()
            )  # fmt: skip
    return Response(status=204)
