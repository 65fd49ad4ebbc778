"""A signature that was made on paper: scanned by a supervisor, cleaned as every picture is, and looked at by a second person."""

from flask import Response, abort, current_app, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import undefer
from werkzeug.exceptions import RequestEntityTooLarge

from fieldvisit.codes import roll, rules, service, versions
from fieldvisit.codes.file_routes import file_page
from fieldvisit.codes.forms import Typed
from fieldvisit.codes.models import Acknowledgement
from fieldvisit.codes.office_routes import Answer, blueprint
from fieldvisit.evidence.apart import clean_apart
from fieldvisit.evidence.clean import MAX_BYTES, PhotoRefused
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.verdict import RefusedError, insist
from fieldvisit.register.models import Person
from fieldvisit.web.access import access, at, database, log_access, principal, session

AROUND_THE_SCAN = 16 * 1024  # bytes of the form that are not the picture


@blueprint.post("/office/codes/people/<id:person_id>/paper")
@access("code", "scan")
def add_paper(person_id: str) -> Answer:
    """The picture is cleaned before anything is locked: that takes longer than a write may."""
    typed = Typed()
    try:
        raw, typed = _sent()
        with database().reading(principal()) as reading:
            if roll.person(reading, principal(), person_id) is None:
                abort(404)
        signed_on = typed.day("signed_on", "Say on which day it was signed.")
        jpeg = clean_apart(raw) if not typed.errors else b""
    except PhotoRefused as refused:
        typed.wrong("scan", refused.sentence)
        return file_page(_person(person_id), typed), 422
    person = _person(person_id)
    version = versions.find(session(), typed.text("version", 32))
    if version is None or version.id not in {
        one.id for one in service.codes_binding(session(), person, london_date(at()))
    }:
        typed.wrong("version", "Choose which version was signed.")
    if version and signed_on:
        try:
            insist(rules.paper_day(signed_on, version.live_from, london_date(at())))
        except RefusedError as no:
            typed.wrong("signed_on", no.verdict.message)
    if typed.errors or version is None or signed_on is None:
        return file_page(person, typed), 422
    service.keep_paper(session(), person, version, jpeg, signed_on, by=principal().person_id, at=at())
    log_access(person.id, reason="paper signature")
    return redirect(f"/office/codes/people/{person.id}?done=paper", 303)


@blueprint.get("/office/codes/signatures/<id:signature_id>/scan")
@access("code", "file")
def scan(signature_id: str) -> Answer:
    wanted = select(Acknowledgement).where(Acknowledgement.id == signature_id).options(undefer(Acknowledgement.paper))
    row = session().scalars(wanted).first() or abort(404)
    if row.paper is None or row.person_id is None:
        abort(404)
    _person(row.person_id)
    log_access(row.id, reason="scan")
    return Response(row.paper, mimetype="image/jpeg", headers={"Cache-Control": "private, no-store"})


def _person(person_id: str) -> Person:
    return roll.person(session(), principal(), person_id) or abort(404)


def _sent() -> tuple[bytes, Typed]:
    """Raises PhotoRefused. No bytes are read before it is known who asks; the token is checked here (faces.py)."""
    request.max_content_length = MAX_BYTES + AROUND_THE_SCAN
    try:
        current_app.extensions["csrf"].protect()
        chosen = request.files.get("scan")
        raw: bytes = chosen.read() if chosen else b""
    except RequestEntityTooLarge:
        raise PhotoRefused("photo-too-heavy", "This picture is over 12 MB. Please choose a smaller one.") from None
    if not (chosen and chosen.filename):
        raise PhotoRefused("photo-missing", "Choose the picture of the page first.")
    return raw, Typed(request.form)
