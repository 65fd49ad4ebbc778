"""Which blueprints make which face, what stands in everybody's pages, and the small routes that every face has."""

from collections.abc import Sequence
from datetime import timedelta
from mimetypes import guess_type
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, g, redirect, request
from flask_wtf import CSRFProtect
from sqlalchemy import text

from fieldvisit.audit.service import note_access
from fieldvisit.config import Config, Face
from fieldvisit.deployment import deployment
from fieldvisit.ground.roles import RIGHTS, Role, may_ever
from fieldvisit.office_bar import bar
from fieldvisit.register import sign_in_routes
from fieldvisit.web.access import access, database, no_cookie, policy, rule_of
from fieldvisit.web.render import asset_version
from fieldvisit.web.shell_files import served, wanted_at_once

site = Blueprint("site", __name__)
WORKER_SILENT = timedelta(minutes=5)


def blueprints_of_faces() -> dict[Face, tuple[Blueprint, ...]]:
    from fieldvisit.badges.desk_routes import blueprint as badge_desk
    from fieldvisit.badges.routes import blueprint as badge
    from fieldvisit.breaches import concern_routes, own_routes
    from fieldvisit.breaches.case_routes import blueprint as breach_cases
    from fieldvisit.breaches.involved_routes import blueprint as involved_letters
    from fieldvisit.breaches.letters_routes import blueprint as letters
    from fieldvisit.breaches.routes import blueprint as breaches
    from fieldvisit.codes import file_routes, involved_routes
    from fieldvisit.codes.office_routes import blueprint as code_desk
    from fieldvisit.codes.routes import blueprint as codes
    from fieldvisit.complaints.routes import blueprint as complaints
    from fieldvisit.declarations import desk_routes as declarations
    from fieldvisit.declarations import involved_routes as involved_declare
    from fieldvisit.declarations.routes import field as declare
    from fieldvisit.desk import (  # all of one blueprint
        caller_routes,
        caller_tells_routes,
        code_papers_routes,
        household_routes,
        lawful_entries_routes,
        messages_routes,
        people_routes,
        refusals_routes,
        routes,
        texts_routes,
    )
    from fieldvisit.desk.blueprint import blueprint as desk
    from fieldvisit.doorway import codes_routes, report_routes
    from fieldvisit.doorway.my_visit_routes import blueprint as my_visit
    from fieldvisit.doorway.routes import blueprint as verify
    from fieldvisit.hazards.clock_routes import blueprint as job_clocks
    from fieldvisit.hazards.routes import blueprint as hazards
    from fieldvisit.messages.routes import blueprint as receipts
    from fieldvisit.outbox.desk_routes import blueprint as held_desk
    from fieldvisit.outbox.photo_routes import blueprint as photos
    from fieldvisit.outbox.routes import blueprint as outbox
    from fieldvisit.register.involved_routes import blueprint as involved
    from fieldvisit.safeguarding import routes as matter
    from fieldvisit.safety import buddy_routes, incident_routes
    from fieldvisit.safety import routes as safety
    from fieldvisit.vault.routes import blueprint as vault
    from fieldvisit.visits.calendar_routes import blueprint as calendar
    from fieldvisit.visits.entry_routes import blueprint as entry
    from fieldvisit.visits.pack_routes import blueprint as packs
    from fieldvisit.visits.plan_routes import blueprint as plan
    from fieldvisit.visits.routes import blueprint as doorstep
    from fieldvisit.visits.send_routes import blueprint as send

    assert caller_routes and caller_tells_routes
    assert household_routes and lawful_entries_routes and messages_routes and people_routes
    assert codes_routes and concern_routes and report_routes
    assert code_papers_routes and file_routes and involved_routes
    assert buddy_routes and incident_routes and refusals_routes and routes and texts_routes
    return {
        "verify": (verify, my_visit, involved_letters, involved_declare.blueprint, involved),
        "field": (
            doorstep, packs, outbox, badge, calendar, matter.field, own_routes.blueprint, letters, safety.field, declare,
            codes,
        ),
        "office": (
            desk, plan, send, entry, hazards, job_clocks, complaints, breaches, breach_cases, badge_desk, held_desk, photos,
            receipts, matter.desk, safety.desk, declarations.desk, code_desk,
        ),
        "vault": (vault,),
    }  # fmt: skip


def register(app: Flask, faces: Sequence[Face], csrf: CSRFProtect) -> None:
    from fieldvisit.outbox.photos import of_visit

    faces = _with_a_vault(app.extensions["fv_config"], faces)
    from fieldvisit.vault.opening import open_vault
    from fieldvisit.vault.store import was_made

    blueprints, config = blueprints_of_faces(), app.extensions["fv_config"]
    if set(faces) != {"vault"} and not was_made(config):
        faces = tuple(face for face in faces if face != "vault")  # nobody made one yet: `fieldvisit serve` says so
    app.extensions["fv_note_access"] = note_access
    app.extensions["fv_enclosed"] = of_visit  # a hazard's page shows photos, and its slice knows nothing of phones
    app.register_blueprint(site)
    if set(faces) - {"verify"}:
        app.register_blueprint(sign_in_routes.blueprint)
    for face in faces:
        for blueprint in blueprints[face]:
            app.register_blueprint(blueprint)
    app.extensions["fv_served"] = frozenset(rule.rule for rule in app.url_map.iter_rules())
    for blueprint in blueprints["verify"]:  # no cookie is read there, so there is nothing to forge
        csrf.exempt(blueprint)
    if "vault" in faces:
        app.extensions["fv_vault"] = open_vault(config, app.extensions["fv_policy"])
        app.extensions["fv_vault_alone"] = set(faces) == {"vault"}
    csrf.exempt("fieldvisit.vault.routes.boxes")
    csrf.exempt("fieldvisit.messages.routes.notify")
    csrf.exempt("fieldvisit.outbox.routes.events")
    csrf.exempt("fieldvisit.outbox.routes.piece")
    csrf.exempt("fieldvisit.safeguarding.routes.take")  # it checks the token itself, as its form is larger than others
    csrf.exempt("fieldvisit.desk.code_papers_routes.add_paper")  # the same
    csrf.exempt("fieldvisit.codes.office_routes.upload")  # the same
    csrf.exempt("fieldvisit.desk.people_routes.set_photo")  # it checks the token itself, once it knows who asks


def _with_a_vault(config: Config, faces: Sequence[Face]) -> Sequence[Face]:
    """Doors must be answered where there is no vault, or not yet again: a home without its folder serves the others, and
    reports wait. A folder that lacks a key stops the start. Where the vault is elsewhere, this process is none."""
    here = config.vault_folder.exists() and not config.vault_is_elsewhere
    return faces if here or set(faces) == {"vault"} else [face for face in faces if face != "vault"]


def context() -> dict[str, Any]:
    """What every page may say: who is signed in, and where that person may go."""
    principal = g.get("principal")
    signed_in = sign_in_routes.signed_in_person() if principal else None
    person = signed_in and SimpleNamespace(
        id=signed_in.id, name=signed_in.name, role_label=Role(signed_in.role).label, role=signed_in.role
    )
    served = current_app.extensions["fv_served"]
    nav = (
        bar(request.path, lambda place: bool(may_ever(principal, *place[2])) and place[1] in served) if person else None
    )
    goes_out = person is None or bool(may_ever(principal, "round", "read"))
    return {
        "person": person,
        "goes_out": goes_out,
        "nav": nav,
        "wanted_at_once": wanted_at_once,
        "offline": _keeps_pages(),
    }


def _keeps_pages() -> bool:
    return bool(current_app.extensions["fv_config"].offline)


@site.get("/")
@access("site", "open")
def index() -> Any:
    if "sign_in.form" not in current_app.view_functions:  # the verify face alone: it knows nobody, and reads no cookie
        return redirect("/v", 303)
    person = sign_in_routes.signed_in_person()
    return redirect(sign_in_routes.home_of(person.role) if person else "/sign-in", 303)


@site.get("/council.css")
@access("site", "open")
@no_cookie
def council_css() -> Response:
    colour = policy().council.colour
    sheet = f":root{{--council:{colour};--council-ink:#fff}}"
    return Response(sheet, mimetype="text/css", headers={"Cache-Control": "public, max-age=3600"})


@site.get("/app/<code:version>/<path:filename>")
@access("site", "open")
@no_cookie
def app_file(version: str, filename: str) -> Response:
    """A script or sheet of the phone's app, in a folder named after their content, so that it may be kept for ever."""
    found = served(filename)
    if found is None:
        abort(404)
    plain, packed = found
    accepts = bool(request.accept_encodings["gzip"])
    response = Response(packed if accepts else plain, mimetype=guess_type(filename)[0])
    response.vary.add("Accept-Encoding")
    if accepts:
        response.headers["Content-Encoding"] = "gzip"
    if version == asset_version():  # to a page of last week that finds these files: today's, and not to be kept
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@site.get("/robots.txt")
@access("site", "open")
@no_cookie
def robots() -> Response:
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")


@site.get("/healthz")
@access("site", "open")
@no_cookie
def healthz() -> Response:
    return Response("ok\n", mimetype="text/plain")


@site.get("/readyz")
@access("site", "open")
@no_cookie
def readyz() -> Response:
    from fieldvisit.schema import is_current

    with database().reading(None) as session:
        session.execute(text("SELECT 1"))
        seen = deployment(session).worker_seen_at
    if not is_current(database()):
        return Response("migrations wanted\n", 503, mimetype="text/plain")
    # Without a worker nothing is sent, and doors are still answered: so it is said, and this server goes on serving.
    here = seen is not None and g.at - seen < WORKER_SILENT
    return Response("ready\n" if here else "ready, but no worker is running\n", mimetype="text/plain")


def route_rows(app: Flask) -> list[dict[str, Any]]:
    """Every address with its methods, its face, who may ever use it, and the right that says so."""
    owner = {blueprint.name: face for face, blueprints in blueprints_of_faces().items() for blueprint in blueprints}
    rows = []
    for rule in app.url_map.iter_rules():
        right = rule_of(app, rule.endpoint)
        assert right, "the app does not start with a route without a rule"
        rows.append(
            {
                "url": rule.rule,
                "methods": sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"}),
                "face": owner.get(rule.endpoint.split(".")[0], "every"),
                "who": [role.value for role in RIGHTS[right]],
                "right": " ".join(right),
            }
        )
    return sorted(rows, key=lambda row: (row["face"], row["url"], row["methods"]))
