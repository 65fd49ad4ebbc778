"""The phone's pages: today's round, the door of one visit, the call that shows no number."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Blueprint, Response, abort, request
from sqlalchemy.orm import Session

from fieldvisit import conduct
from fieldvisit.ground.roles import Role
from fieldvisit.visits.door_page import door_of, visit_at_the_door
from fieldvisit.visits.pack_page import door_values, round_values
from fieldvisit.visits.round_page import phone_of, todays_round
from fieldvisit.web.access import access, at, database, log_access, policy, principal
from fieldvisit.web.light import light
from fieldvisit.web.render import page

blueprint = Blueprint("doorstep", __name__)


@contextmanager
def at_the_door() -> Iterator[Session]:
    """An officer who visits is under the operative's column (ruling R9): their own round, and not their whole area."""
    with database().reading(replace(principal(), role=Role.OPERATIVE)) as session:
        yield session


def agent() -> str:
    return request.headers.get("User-Agent", "")


@blueprint.get("/today")
@access("round", "read")
@light
def today() -> str:
    """`letter` is said on this page alone: what the phone keeps of it says nothing of any letter."""
    with at_the_door() as session:
        found = todays_round(session, principal().person_id, at(), agent())
        letter = conduct.has_unread(session, principal().person_id, at())
    return page("visits/today.html", **round_values(found, at()) | {"letter": letter})


@blueprint.get("/visits/<id:visit_id>")
@access("doorstep", "read")
@light
def doorstep(visit_id: str) -> str:
    me = principal().person_id
    with at_the_door() as session:
        visit = visit_at_the_door(session, visit_id)
        if visit is None:
            abort(404)
        door = door_of(session, visit, me, at(), agent(), policy())
    return page("visits/doorstep.html", **door_values(door, policy()))


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
