"""The phone's pages: today's round, the door of one visit, the call that shows no number, and what installs the app."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from sqlalchemy.orm import Session

from fieldvisit.ground.roles import Role
from fieldvisit.visits import steps
from fieldvisit.visits.door_page import door_of, visit_at_the_door
from fieldvisit.visits.round_page import phone_of, todays_round
from fieldvisit.web.access import access, at, database, log_access, no_cookie, policy, principal
from fieldvisit.web.render import asset_version, page, static_url

blueprint = Blueprint("doorstep", __name__)

# The next issue fills it. Until then a worker that somehow got onto a phone takes itself off again.
WORKER = """\
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(registration.unregister()));
"""


@contextmanager
def at_the_door() -> Iterator[Session]:
    """An officer who visits is under the operative's column (ruling R9): their own round, and not their whole area."""
    with database().reading(replace(principal(), role=Role.OPERATIVE)) as session:
        yield session


def door_page(template: str, **values: Any) -> str:
    return page(template, app_version=asset_version(), clause=steps.say_clause, **values)


def _agent() -> str:
    return request.headers.get("User-Agent", "")


@blueprint.get("/today")
@access("round", "read")
def today() -> str:
    with at_the_door() as session:
        found = todays_round(session, principal().person_id, at(), _agent())
    return door_page("visits/today.html", page_id="today", round=found, now=at())


@blueprint.get("/visits/<id:visit_id>")
@access("doorstep", "read")
def doorstep(visit_id: str) -> str:
    me = principal().person_id
    with at_the_door() as session:
        visit = visit_at_the_door(session, visit_id)
        if visit is None:
            abort(404)
        door = door_of(session, visit, me, at(), _agent(), policy())
    return door_page("visits/doorstep.html", door=door, labels=steps.LABELS)


@blueprint.get("/visits/<id:visit_id>/call")
@access("doorstep", "read")
def call(visit_id: str) -> Response:
    """Rings the tenant without a number on any page. Each call is written down first."""
    with at_the_door() as session:
        visit = visit_at_the_door(session, visit_id)
        number = visit and phone_of(visit.home)
    if not number:
        abort(404)
    log_access(visit_id, "call")
    return Response(status=302, headers={"Location": f"tel:{number.replace(' ', '')}"})


@blueprint.get("/manifest.webmanifest")
@access("site", "open")
@no_cookie
def manifest() -> Response:
    council = policy().council
    icons = [
        {"src": static_url(f"icons/{name}-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": use}
        for name, use in (("icon", "any"), ("maskable", "maskable"))
        for size in (192, 512)
    ]
    response = jsonify(
        {
            "id": "/today",
            "name": f"FieldVisit, {council.name}",
            "short_name": "FieldVisit",
            "lang": "en-GB",
            "start_url": "/today",
            "scope": "/",
            "display": "standalone",
            "orientation": "portrait",
            "background_color": "#ffffff",
            "theme_color": council.colour,
            "icons": icons,
        }
    )
    response.mimetype = "application/manifest+json"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/sw.js")
@access("site", "open")
@no_cookie
def worker() -> Response:
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return Response(WORKER, mimetype="text/javascript", headers=headers)
