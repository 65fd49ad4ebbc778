"""`/badge`: a worker's own live badge, held up at the door; and the button for the day it is lost."""

import base64
from typing import Any

from flask import Blueprint, current_app, jsonify, redirect, request
from flask import Response as Answer
from markupsafe import Markup
from werkzeug.wrappers import Response

from fieldvisit.badges import service
from fieldvisit.badges.codes import live_address
from fieldvisit.badges.draw import qr_svg
from fieldvisit.badges.rules import name_shown
from fieldvisit.badges.service import OwnBadge
from fieldvisit.web.access import access, at, log_access, policy, principal, session
from fieldvisit.web.render import asset_version, page

blueprint = Blueprint("badge", __name__)


def verify_host() -> str:
    """Where badges are checked, as a person types it: as this deployment says, or where we are now."""
    set_here: str = current_app.extensions["fv_config"].verify_host
    return set_here or request.host


def verify_base() -> str:
    scheme = "https" if current_app.extensions["fv_config"].https else "http"
    return f"{scheme}://{verify_host()}"


@blueprint.get("/badge")
@access("badge", "show")
def show() -> str:
    own = _own()
    name = name_shown(own.person.name, policy().badge.name_style.value)
    return _page("badges/show.html", own, name=name, photo=_photo(own))


@blueprint.get("/badge/code")
@access("badge", "show")
def code() -> Answer:
    """What the page asks for while it is shown. badge: as in the day's pack; drawn: for a phone that has no keys."""
    device = request.args.get("device", "")[:64]
    badge = service.pack_badge(
        session(), principal().person_id, device, at(), policy(), verify_base(), f"{verify_host()}/v"
    )
    drawn = _page("badges/_code.html", _own()) if badge and badge["valid"] and not badge["day_keys"] else None
    if badge:
        badge["photo"] = None  # it stands in the page already
    answer = jsonify({"badge": badge, "drawn": drawn})
    answer.headers["X-FieldVisit-Proto"] = "1"
    return answer


@blueprint.get("/badge/lost")
@access("badge", "report-lost")
def lost_form() -> str:
    return _page("badges/lost.html", _own())


@blueprint.post("/badge/lost")
@access("badge", "report-lost")
def lost() -> Response:
    badge = service.report_lost(session(), principal().person_id, at())
    log_access(badge.id if badge else "")
    return redirect("/badge", 303)


def _own() -> OwnBadge:
    return service.own_badge(session(), principal().person_id, at(), policy())


def _page(template: str, own: OwnBadge, **values: Any) -> str:
    return page(
        template,
        page_id="badge",
        app_version=asset_version(),
        own=own,
        qr=_qr(own),
        verify_at=f"{verify_host()}/v",
        **values,
    )


def _photo(own: OwnBadge) -> str | None:
    if own.shown is None or own.person.photo is None:
        return None
    return "data:image/jpeg;base64," + base64.b64encode(own.person.photo).decode()


def _qr(own: OwnBadge) -> Markup | None:
    if own.badge is None or own.shown is None:
        return None
    address = live_address(verify_base(), own.badge.id, own.shown.code)
    return Markup(qr_svg(address, f"Moving code of badge {own.badge.number}"))  # noqa: S704 - our own drawing, escaped
