"""A letter as the answer to a request: the one way in which a page hands out a PDF."""

from datetime import datetime

from flask import Response, current_app

from fieldvisit.messages.letter import letter_pdf
from fieldvisit.messages.outgoing import Outgoing


def as_pdf(outgoing: Outgoing, name: str, at: datetime, *, by_post: bool = True) -> Response:
    """name: of the file, without a word about anybody. by_post: as `letter_pdf`. Raises NeverError where there is no font
    for it."""
    made = letter_pdf(outgoing, current_app.extensions["fv_config"].sending.head, at, by_post=by_post)
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "private, no-store"}
    return Response(made, mimetype="application/pdf", headers=headers)
