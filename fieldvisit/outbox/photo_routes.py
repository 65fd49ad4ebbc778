"""A visit's photos and signatures, opened one at a time by an officer of the area. Each look is written down first."""

from flask import Blueprint, abort, current_app, redirect
from werkzeug.wrappers import Response

from fieldvisit.evidence.kek import KekError
from fieldvisit.evidence.store import StoreAwayError
from fieldvisit.outbox import photos, pictures
from fieldvisit.outbox.models import Attachment
from fieldvisit.outbox.photos import SIGNATURE, NotAsSealed
from fieldvisit.visits.models import Visit
from fieldvisit.web.access import access, at, database, log_access, session
from fieldvisit.web.render import page

blueprint = Blueprint("photos", __name__)

_ALONE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
SOON_S = "60"


@blueprint.get("/office/visits/<id:visit_id>/photos/<id:attachment_id>")
@access("evidence", "open")
def photo(visit_id: str, attachment_id: str) -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    row, _entry = photos.find(session(), visit_id, attachment_id) or abort(404)
    log_access(row.id)
    standing, why = photos.standing_of(row), row.refused_why
    if standing != "ready":
        status = 422 if standing == "refused" else 202
        return page("outbox/photo_not_shown.html", visit_id=visit_id, standing=standing, why=why), status
    try:
        plain = pictures.ready_bytes(_room(), row)
    except NotAsSealed as error:
        return page("outbox/photo_not_shown.html", visit_id=visit_id, standing="lost", why=f"{error}."), 422
    except (StoreAwayError, KekError):
        away = page("outbox/photo_not_shown.html", visit_id=visit_id, standing="away", why="")
        return away, 503, {"Retry-After": SOON_S}
    return _alone(row, plain)


def _alone(row: Attachment, plain: bytes) -> Response:
    """Ours, either way: pixels painted anew, or strokes drawn from numbers."""
    is_signature = row.type == SIGNATURE
    response = Response(plain, mimetype="image/png" if is_signature else "image/jpeg", headers=_ALONE)
    name = "signature-1.png" if is_signature else "photo-1.jpg"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@blueprint.post("/office/visits/<id:visit_id>/photos/over")
@access("evidence", "let-in")
def let_in(visit_id: str) -> Response:
    """Photos above a visit's quota are shown from now on: they are made ready like the others."""
    found = session().get(Visit, visit_id) or abort(404)
    log_access(found.id)
    pictures.let_in(session(), found.id, at())
    return redirect(f"/office/visits/{found.id}/photos", 303)


def _room() -> pictures.Room:
    return pictures.room_of(current_app.extensions["fv_config"], database())
