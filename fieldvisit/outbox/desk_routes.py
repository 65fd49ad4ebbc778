"""`/office/held`: what a phone sent that waits for a person, rescue files, and phones that have gone silent."""

from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from fieldvisit.audit.service import note_access
from fieldvisit.ground.roles import INTAKE
from fieldvisit.ground.verdict import Refused, Verdict
from fieldvisit.outbox import held as service
from fieldvisit.outbox.forms import read_rescue, read_why
from fieldvisit.outbox.gaps import recount
from fieldvisit.outbox.intake import Result
from fieldvisit.outbox.models import Held
from fieldvisit.outbox.routes import attachments_folder, intake_key
from fieldvisit.outbox.rules import WAYS_IN, WHY_HELD, say_gap
from fieldvisit.outbox.wire import MOST_RESCUE, Rescue
from fieldvisit.register.models import Person
from fieldvisit.visits.models import Visit
from fieldvisit.web.access import access, at, database, policy, principal
from fieldvisit.web.render import page

blueprint = Blueprint("held", __name__)
Answer = str | Response | tuple[str, int]
ROOM_FOR_THE_FORM = 64 * 1024


@blueprint.url_value_preprocessor
def make_room(endpoint: str | None, _values: Any) -> None:
    """A rescue file is larger than any form. Said before anything reads the request."""
    if endpoint == "held.rescue":
        request.max_content_length = MOST_RESCUE + ROOM_FOR_THE_FORM


def _note(action: str, object_id: str = "", reason: str = "") -> None:
    """In a transaction of its own, before anything is opened (N6), and kept whatever the answer is."""
    with database().writing(None) as own:
        note_access(own, principal(), "held", action, object_id=object_id, reason=reason, at=at())


@blueprint.get("/office/held")
@access("held", "list")
def waiting() -> Answer:
    return _list_page({})


def _list_page(errors: dict[str, str]) -> str:
    _note("list")
    with database().reading(principal()) as reading:
        rows, later = service.waiting(reading, request.args.get("after"))
        phones = service.phones_to_ask_after(reading, principal(), at())
    return page(
        "outbox/held_list.html",
        rows=[(held, service.read(held, intake_key())) for held in rows],
        later=later,
        first="after" not in request.args,
        phones=[(phone, say_gap(phone.missing + phone.queued, phone.heard_at, at())) for phone in phones],
        why_held=WHY_HELD,
        errors=errors,
    )


@blueprint.get("/office/held/<id:held_id>")
@access("held", "read")
def one(held_id: str) -> Answer:
    return _one_page(held_id, {}, "")


def _one_page(held_id: str, errors: dict[str, str], why: str) -> str:
    with database().reading(principal()) as reading:
        held = service.find(reading, held_id) or abort(404)
        by = reading.get(Person, held.settled_by) if held.settled_by else None
        visit = reading.get(Visit, held.visit_id) if held.visit_id else None
    _note("read", held.id)
    return page(
        "outbox/held_one.html",
        held=held,
        inside=service.read(held, intake_key()),
        why_held=WHY_HELD[held.code],
        way_in=WAYS_IN.get(held.code) if held.settled_at is None else None,
        visit=visit,
        settled_by=by.name if by else "",
        errors=errors,
        why=why,
    )


@blueprint.post("/office/held/<id:held_id>/taken-in")
@access("held", "settle")
def taken_in(held_id: str) -> Answer:
    return _settle(held_id, "taken")


@blueprint.post("/office/held/<id:held_id>/set-aside")
@access("held", "settle")
def put_aside(held_id: str) -> Answer:
    return _settle(held_id, "aside")


def _settle(held_id: str, how: str) -> Answer:
    with database().reading(principal()) as reading:  # through the person asking; what follows is the intake's
        mine = service.find(reading, held_id) or abort(404)
    why, errors = read_why(request.form)
    if errors:
        return _one_page(held_id, errors, why), 422
    if mine.settled_how == how and mine.settled_by == principal().person_id:
        return redirect(url_for("held.one", held_id=held_id), 303)  # pressed twice
    with database().writing(INTAKE) as own:
        held = own.get_one(Held, held_id, with_for_update=True)
        verdict = _decide(own, held, how, why)
        outcome = how if verdict else f"not {how}: {verdict.code}"
        note_access(own, principal(), "held", "settle", object_id=held.id, reason=outcome, at=at())
    if isinstance(verdict, Refused):
        return _one_page(held_id, {"why": verdict.message}, why), 409
    return redirect(url_for("held.one", held_id=held_id), 303)


def _decide(own: Any, held: Held, how: str, why: str) -> Verdict:
    by = principal().person_id
    if how == "aside":
        return service.set_aside(own, held, by=by, why=why, at=at())
    return service.take_in(own, held, by=by, why=why, at=at(), key=intake_key(), policy=policy())


# --- rescue files -------------------------------------------------------------------------------------------------


@blueprint.post("/office/held/rescue")
@access("held", "rescue")
def rescue() -> Answer:
    file = request.files.get("file")
    found, errors = read_rescue(file.read(MOST_RESCUE + 1) if file else b"")
    if found is None:
        return _list_page(errors), 422
    results = _take(found)
    with database().writing(INTAKE) as own:
        photos = service.take_photos(own, found, attachments_folder(), at())
        recount(own, found.device, at(), policy())
        note_access(own, principal(), "held", "rescue", object_id="", reason=f"{len(results)} entries", at=at())
    return page(
        "outbox/held_rescued.html",
        results=results,
        why_held=WHY_HELD,
        photos=photos,
        photos_in_file=len(found.blobs),
    )


def _take(found: Rescue) -> list[tuple[int, Result]]:
    """Each part commits by itself: what was taken in stays taken in, and the same file again changes nothing."""
    results: list[tuple[int, Result]] = []
    for part in service.in_parts(found.items):
        with database().writing(INTAKE) as own:
            answers = service.take_entries(own, part, found.device, at=at(), key=intake_key(), policy=policy())
        results += [(item.seq, answer) for item, answer in zip(part, answers, strict=True)]
    return results
