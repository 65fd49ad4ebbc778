"""`/office/concerns/<id>`: what was told, for those who have a seat in its case. Who told it is asked for by itself."""

from collections.abc import Collection

from flask import abort, current_app, redirect, request, url_for
from sqlalchemy import select

from fieldvisit.audit.service import note_access
from fieldvisit.breaches import forms, links, receipts, rules
from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.models import Concern
from fieldvisit.breaches.routes import Answer, blueprint
from fieldvisit.ground.verdict import Refused, RefusedError
from fieldvisit.register import service as people
from fieldvisit.register.models import Person
from fieldvisit.web.access import access, at, database, log_access, principal, session
from fieldvisit.web.render import page

STEP_UP = "who told it"  # tries of a password here are counted apart from those of signing in
SHORTEST_REASON = 10  # characters, N6
HOW = {
    "phone": "on the phone", "letter": "by letter", "email": "by e-mail", "social": "on social media",
    "own_page": "on the tenant’s page of a visit", "form": "on the public form", "staff": "by somebody who works here",
}  # fmt: skip


@blueprint.get("/office/concerns/<id:concern_id>")
@access("concern", "read")
def concern(concern_id: str) -> Answer:
    found = _concern(concern_id)
    log_access(found.id)
    new = [one.id for one in receipts.unread(session(), found.id, principal().person_id)]
    with database().writing(None) as own:  # each by itself, so that it is known which words have been read (N6)
        for added_id in new:
            note_access(own, principal(), "concern", "read", object_id=added_id, reason="words added", at=at())
    return _page(found, {}, new=new)


@blueprint.post("/office/concerns/<id:concern_id>/who")
@access("concern", "identity")
def identity(concern_id: str) -> Answer:
    """Step-up: the password once more, and why. It is written down, and committed, before anything is shown (N6)."""
    with database().reading(principal()) as reading:
        if reading.get(Concern, concern_id) is None:
            abort(404)
    why, password = request.form.get("why", "").strip()[:120], request.form.get("password", "")[:1024]
    errors = {}
    if len(why) < SHORTEST_REASON:
        errors["why"] = f"Write why you need to know, in at least {SHORTEST_REASON} letters."
    elif refused := _is_not_them(password):  # before this request's own transaction: it counts wrong ones in another
        errors["password"] = refused
    found = _concern(concern_id)
    if errors:
        return _page(found, errors, why=why), 422
    log_access(found.id, why)
    session().commit()
    told_by = session().get(Person, found.told_by_id) if found.told_by_id else None
    taken_by = session().get(Person, found.taken_by) if found.taken_by else None
    return page("breaches/concern_who.html", concern=found, told_by=told_by, taken_by=taken_by)


def _is_not_them(password: str) -> str:
    """A sentence where this is not the password of whoever is signed in; empty where it is."""
    with database().reading(None) as reading:
        email = reading.get_one(Person, principal().person_id).email or ""
        who = people.counted_as(current_app.config["SECRET_KEY"], email, STEP_UP)
        verdict = people.may_try_password(reading, who, True, at())
        claim = people.claim_of(reading, email)
    if isinstance(verdict, Refused):
        return verdict.message
    if password and people.is_right(claim, password):
        return ""
    with database().writing(None) as writing:
        people.note_failed(writing, who, at())
    return "That is not your password. Type it once more."


@blueprint.post("/office/concerns/<id:concern_id>/merge")
@access("concern", "merge")
def merge(concern_id: str) -> Answer:
    found = _concern(concern_id)
    log_access(found.id, "merge")
    try:
        links.merge(session(), found.id, request.form.get("other", "")[:40], _why(), principal())
    except RefusedError as refused:
        return _refused(found, "other", refused.verdict)
    return redirect(url_for("breaches.concern", concern_id=found.id), 303)


@blueprint.post("/office/concerns/<id:concern_id>/apart")
@access("concern", "merge")
def apart(concern_id: str) -> Answer:
    found = _concern(concern_id)
    log_access(found.id, "take apart")
    try:
        links.take_apart(session(), request.form.get("link", "")[:32], _why(), principal())
    except RefusedError as refused:
        return _refused(found, "apart_why", refused.verdict)
    return redirect(url_for("breaches.concern", concern_id=found.id), 303)


def _why() -> str:
    return forms.words_added({"words": request.form.get("why", "")})[: forms.LONG]


def _refused(found: Concern, box: str, verdict: Refused) -> Answer:
    session().rollback()
    session().add(found)
    return _page(found, {box: verdict.message}, why=_why()), 409


def _concern(concern_id: str) -> Concern:
    found = session().get(Concern, concern_id)
    if found is None:
        abort(404)
    return found


def _page(found: Concern, errors: dict[str, str], why: str = "", new: Collection[str] = ()) -> str:
    about = session().get(Person, found.about_id) if found.about_id else None
    linked = links.links_of(session(), found.id)
    case = session().scalars(select(BreachCase).where(BreachCase.concern_id == found.id)).first()
    return page(
        "breaches/concern.html",
        concern=found,
        groups=rules.in_groups(found.ref),
        how=HOW[found.channel],
        about=about,
        added=receipts.added(session(), found.id),
        linked=linked,
        merged=any(one.merges and one.link.kind == links.MERGED and one.link.undone_at is None for one in linked),
        errors=errors,
        why=why,
        new=new,
        case=case,
        cases=links.cases_to_link(session(), case) if case else links.Cases(),
    )
