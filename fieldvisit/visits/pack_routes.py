"""What the phone needs to go on without signal: the day's pages, the shared steps, and the shell that shows them."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask_wtf.csrf import generate_csrf

from fieldvisit.badges.routes import verify_base, verify_host
from fieldvisit.badges.service import pack_badge
from fieldvisit.deployment import deployment
from fieldvisit.visits.pack_page import SharedSteps, as_sent, matter_page, pages_of, shared_steps
from fieldvisit.visits.routes import agent, at_the_door
from fieldvisit.web.access import access, at, for_script, no_cookie, policy, principal, session
from fieldvisit.web.light import light, without_comments
from fieldvisit.web.render import APP, STATIC, asset_version, is_packed, page, static_url
from fieldvisit.web.shell_files import kept_later, precached, shell_version

blueprint = Blueprint("packs", __name__)
PROTO = 1
YEAR = "max-age=31536000, immutable"

# For a phone that has our worker, from a server that wants none: it takes itself off, and what it kept with it.
TAKES_ITSELF_OFF = """\
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("fv-")) await caches.delete(name);
  await registration.unregister();
})()));
"""


@blueprint.get("/packs")
@access("pack", "read")
@for_script
@light
def packs() -> Response:
    """`device`: of this phone, for its badge; `have`: what it has, `<visit>.<stamp>` with commas; `have_steps`."""
    me = principal().person_id
    with at_the_door() as asking:
        today, visits, wipe_at = pages_of(asking, me, at(), agent(), policy())
    steps = shared_steps(policy())
    here = deployment(session())
    response = jsonify(
        {
            "proto": PROTO,
            "server_time": _iso(at()),
            "epoch": here.epoch,
            "durable_up_to": here.durable_up_to,
            "wipe_at": _iso(wipe_at),
            "person": _person(),
            "csrf": generate_csrf(),
            "app": asset_version(),
            "steps": _unless_there(steps, request.args.get("have_steps")),
            "today": {"title": today.title, "html": today.html},
            "visits": as_sent(visits, frozenset(request.args.get("have", "").split(","))),
            "badge": pack_badge(
                session(), me, request.args.get("device", "")[:64], at(), policy(), verify_base(), f"{verify_host()}/v"
            ),
        }
    )
    response.headers["X-FieldVisit-Proto"] = str(PROTO)
    return response


def _unless_there(steps: SharedSteps, have: str | None) -> dict[str, str]:
    if have == steps.version:
        return {"version": steps.version}
    return {"version": steps.version, "html": steps.html, "outbox": steps.outbox}


def _iso(instant: Any) -> str:
    return str(instant.isoformat()).replace("+00:00", "Z")


def _person() -> dict[str, str]:
    person = current_app.extensions["fv_context"]()["person"]
    return {"id": person.id, "name": person.name, "role_label": person.role_label, "role": person.role}


@blueprint.get("/steps")
@access("pack", "read")
@for_script
@light
def static_steps() -> Response:
    """The same for every visit and every worker, so a phone may keep it for as long as it is this version."""
    steps = shared_steps(policy())
    response = Response(steps.html, mimetype="text/html", headers={"X-FieldVisit-Proto": str(PROTO)})
    if request.args.get("v") == steps.version:
        response.headers["Cache-Control"] = f"private, {YEAR}"
    return response


@blueprint.get("/shell")
@access("site", "open")
@no_cookie
@light
def shell() -> Response:
    """The page in which the phone shows its own copies. Nothing on it is about anybody."""
    return Response(page("visits/shell.html"), mimetype="text/html")


@blueprint.get("/matter")
@access("matter", "open")
@no_cookie
@light
def matter() -> Response:
    """Another matter: whom to ring, and a form that is sealed on the phone. The same for everybody, so it may be kept."""
    return Response(matter_page(), mimetype="text/html", headers={"X-FieldVisit-Proto": str(PROTO)})


@blueprint.get("/sw.js")
@access("site", "open")
@no_cookie
@light
def worker() -> Response:
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return Response(_worker(), mimetype="text/javascript", headers=headers)


def _worker() -> str:
    if not current_app.extensions["fv_config"].offline:
        return TAKES_ITSELF_OFF
    text = (APP / "sw.js").read_text() if is_packed() else without_comments((STATIC / "sw.js").read_text())
    version = shell_version(page("visits/shell.html"), matter_page(), text)
    return f'const VERSION = "{version}";\nconst FILES = {precached()!r};\nconst LATER = {kept_later()!r};\n{text}'


@blueprint.get("/manifest.webmanifest")
@access("site", "open")
@no_cookie
@light
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
