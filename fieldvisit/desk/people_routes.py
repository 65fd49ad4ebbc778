"""`/office/people`: who visits homes in my areas, whether their badge is good and why not, and the photo on it."""

import base64

from flask import abort, current_app, redirect, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from fieldvisit.badges.service import may_print
from fieldvisit.desk import forms, people
from fieldvisit.desk.blueprint import blueprint
from fieldvisit.evidence.clean import MAX_BYTES, PhotoRefused, for_verify
from fieldvisit.ground.roles import Role, may_ever
from fieldvisit.ground.verdict import Refused
from fieldvisit.register.service import may_manage
from fieldvisit.web.access import access, at, database, log_access, principal, session
from fieldvisit.web.render import page

Answer = str | Response | tuple[str, int]
AROUND_THE_PHOTO = 16 * 1024  # bytes of the form that are not the photo


@blueprint.get("/office/people")
@access("worker", "read")
def list_people() -> Answer:
    q, errors = forms.read_search(request.args)
    after = forms.read_id(request.args.get("after", ""))
    found, later = ([], None) if errors else people.page_of(session(), principal(), q, after)
    shown = page(
        "desk/people.html", q=q, errors=errors, people=found, later=later, first=not after, page_size=people.PAGE
    )
    return (shown, 422) if errors else shown


@blueprint.get("/office/people/<id:person_id>")
@access("worker", "read")
def person(person_id: str) -> Answer:
    return _page(person_id, {})


@blueprint.post("/office/people/<id:person_id>/photo")
@access("worker", "change")
def set_photo(person_id: str) -> Answer:
    """The photo is cleaned before anything is locked: that takes longer than a write may."""
    try:
        raw = _sent()
        with database().reading(principal()) as reading:
            if people.find(reading, principal(), person_id) is None:
                abort(404)
        portrait = people.portrait_of(raw)
    except PhotoRefused as refused:
        return _page(person_id, {"photo": refused.sentence}), 422
    worker = people.find(session(), principal(), person_id) or abort(404)
    worker.person.photo = portrait
    log_access(person_id, reason="photo replaced" if worker.has_photo else "photo added")
    return redirect(url_for("desk.person", person_id=person_id), 303)


@blueprint.post("/office/people/<id:person_id>/manager")
@access("worker", "change")
def set_manager(person_id: str) -> Answer:
    """Whom they answer to: decides what they declare, and knows of no case about them (security N2)."""
    worker = people.find(session(), principal(), person_id) or abort(404)
    typed = request.form.get("manager", "").strip()[:200]
    manager = people.called(session(), typed) if typed else None
    if typed and manager is None:
        return _page(person_id, {"manager": "Nobody here has this e-mail address or reference."}), 422
    if isinstance(refused := may_manage(worker.person, manager), Refused):
        return _page(person_id, {"manager": refused.message}), 422
    worker.person.manager_id = manager.id if manager else None
    log_access(person_id, reason="manager set" if manager else "manager taken away")
    return redirect(url_for("desk.person", person_id=person_id), 303)


def _sent() -> bytes:
    """The one form of the desk that is larger than others: no bytes are read before it is known who asks."""
    request.max_content_length = MAX_BYTES + AROUND_THE_PHOTO
    try:
        current_app.extensions["csrf"].protect()
        chosen = request.files.get("photo")
        raw: bytes = chosen.read() if chosen else b""
    except RequestEntityTooLarge:
        raise PhotoRefused("photo-too-heavy", "This photo is over 12 MB. Please choose a smaller one.") from None
    if not (chosen and chosen.filename):
        raise PhotoRefused("photo-missing", "Choose a photo first.")
    return raw


def _page(person_id: str, errors: dict[str, str]) -> str:
    worker = people.find(session(), principal(), person_id) or abort(404)
    photo = worker.person.photo
    return page(
        "desk/person.html",
        worker=worker,
        role=Role(worker.person.role).label,
        areas=people.area_names(session(), principal(), worker.person),
        photo="data:image/jpeg;base64," + base64.b64encode(for_verify(photo)).decode() if photo else None,
        manager=people.manager_of(session(), worker.person),
        errors=errors,
        may_change=may_ever(principal(), "worker", "change"),
        may_print=may_ever(principal(), "badge", "print"),
        may_stop=may_ever(principal(), "badge", "suspend"),
        card=may_print(session(), worker.badge, at()) if worker.badge else None,
    )
