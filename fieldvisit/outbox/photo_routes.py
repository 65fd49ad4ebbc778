"""A visit's photos and signatures, opened one at a time by an officer of the area. Each look is written down first."""

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from fieldvisit.evidence.apart import clean_apart
from fieldvisit.evidence.clean import PhotoRefused
from fieldvisit.evidence.strokes import NotStrokes, draw
from fieldvisit.ground.roles import OPENING
from fieldvisit.outbox import photos
from fieldvisit.outbox.photos import SIGNATURE, NotAsSealed
from fieldvisit.outbox.routes import attachments_folder, intake_key
from fieldvisit.web.access import access, database, log_access, session
from fieldvisit.web.render import page

blueprint = Blueprint("photos", __name__)

_ALONE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@blueprint.get("/office/visits/<id:visit_id>/photos/<id:attachment_id>")
@access("evidence", "open")
def photo(visit_id: str, attachment_id: str) -> Response | tuple[str, int]:
    row, entry = photos.find(session(), visit_id, attachment_id) or abort(404)
    log_access(row.id)
    try:
        with database().reading(OPENING) as opening:
            plain = photos.plain_bytes(opening, row, entry, attachments_folder(), intake_key())
        shown, mimetype, name = _picture(plain, row.type)
    except (NotAsSealed, NotStrokes) as error:
        return page("outbox/photo_not_shown.html", visit_id=visit_id, why=str(error)), 422
    except PhotoRefused as refused:
        return page("outbox/photo_not_shown.html", visit_id=visit_id, why=refused.sentence), 422
    response = Response(shown, mimetype=mimetype, headers=_ALONE)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _picture(plain: bytes, type: str) -> tuple[bytes, str, str]:
    """Ours, either way: pixels painted anew, or strokes drawn from numbers."""
    if type == SIGNATURE:
        return draw(plain), "image/png", "signature-1.png"
    return clean_apart(plain), "image/jpeg", "photo-1.jpg"
