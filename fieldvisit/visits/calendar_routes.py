"""`/calendar`: a worker's own round for their own calendar, by an address that they can take back."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, redirect

from fieldvisit.badges.routes import verify_base
from fieldvisit.ground.roles import Role
from fieldvisit.register.service import principal_by_id
from fieldvisit.visits import calendar
from fieldvisit.web.access import access, at, database, log_access, no_cookie, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("calendar", __name__)


@blueprint.get("/calendar")
@access("calendar", "manage")
def mine() -> str:
    return page("visits/calendar.html", there=calendar.has_feed(session(), principal().person_id), address="")


@blueprint.post("/calendar")
@access("calendar", "manage")
def make() -> str:
    token = calendar.new_feed(session(), principal().person_id, at())
    log_access(reason="calendar made")
    return page("visits/calendar.html", there=True, address=f"{verify_base()}/calendar/{token}.ics")


@blueprint.post("/calendar/stop")
@access("calendar", "manage")
def stop() -> Any:
    calendar.stop_feeds(session(), principal().person_id, at())
    log_access(reason="calendar stopped")
    return redirect("/calendar", 303)


@blueprint.get("/calendar/<code:token>.ics")
@access("calendar", "read")
@no_cookie
def feed(token: str) -> Response:
    """Whoever has the address: a calendar program can show no cookie and sign nothing."""
    with database().reading(None) as asked:
        person_id = calendar.whose(asked, token)
        worker = principal_by_id(asked, person_id, at()) if person_id else None
    if worker is None or worker.role not in (Role.OPERATIVE, Role.OFFICER):
        abort(404)
    with database().reading(replace(worker, role=Role.OPERATIVE)) as own:
        file = calendar.as_calendar(calendar.visits_of(own), at(), verify_base())
    return Response(file, mimetype="text/calendar", headers={"Cache-Control": "no-store"})
