"""What the pages of the phone line share: the drafts that wait, saving at every keystroke, and filing over a lost line.

Each of them has a form that static/desk/intake.js watches, and the two parts of templates/desk/_draft.html.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import current_app, jsonify, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldvisit.breaches import drafts
from fieldvisit.breaches.drafts import Draft
from fieldvisit.ground.clock import in_london
from fieldvisit.web.access import at, policy, principal, session


def waiting() -> Sequence[Draft]:
    """Own ones, of every page."""
    return drafts.waiting(session(), at(), key())


def chosen(among: Sequence[Draft], page: str) -> Draft | None:
    """The one that somebody goes on with on this page."""
    return next((one for one in among if one.id == request.args.get("draft") and one.page == page), None)


def keep(typed: Mapping[str, Any], page: str) -> tuple[Response, int]:
    """For the page's script, at every keystroke. n: how many there have been."""
    kept = drafts.save(
        session(), principal().person_id, typed, keystrokes(), at=at(), policy=policy(), key=key(), page=page
    )
    return (jsonify({"saved": f"{in_london(at()):%H:%M}"}), 200) if kept else (jsonify({"saved": ""}), 409)


def drop(own: Session, form_key: str) -> None:
    drafts.drop(own, principal().person_id, form_key, at=at(), policy=policy())


def filed(there: str) -> Response:
    """The page's script must tell 'filed' from a lost line, so it is answered in JSON."""
    return jsonify({"to": there}) if _wants_json() else redirect(there, 303)


def line(draft: Draft | None = None) -> dict[str, Any]:
    """For the page: how many keystrokes there have been, and since when they are kept."""
    saved_at: datetime | None = draft.saved_at if draft else None
    return {"number": draft.number if draft else keystrokes(), "saved_at": saved_at, "opened_at": at()}


def keystrokes() -> int:
    """n: how many the page's script has counted. A page that comes back counts on from there, or its saves were old."""
    count = request.form.get("n", "")
    return int(count) if count.isascii() and count.isdecimal() and len(count) < 9 else 0


def key() -> bytes:
    return drafts.draft_key(current_app.config["SECRET_KEY"])


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
