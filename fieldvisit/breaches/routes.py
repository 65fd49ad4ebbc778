"""`/office/intake`: the phone line writes down a concern about conduct, and reads the reference back once."""

from datetime import datetime

from flask import Blueprint, abort, redirect, request, url_for
from flask import session as browser
from werkzeug.wrappers import Response

from fieldvisit.breaches import forms, rules, service
from fieldvisit.db import new_id
from fieldvisit.ground.roles import may_ever
from fieldvisit.web.access import access, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("breaches", __name__)
Answer = str | Response | tuple[str, int]
READ_BACK = "concern_taken"  # in the browser's own session until it has been shown


@blueprint.get("/office/intake")
@access("concern", "take")
def intake() -> Answer:
    return _form(forms.blank(), {})


@blueprint.post("/office/intake")
@access("concern", "take")
def take() -> Answer:
    typed, errors = forms.read(request.form)
    if errors:
        return _form(typed, errors), 422
    try:
        taken = service.take(session(), forms.told(typed), form_key=typed["k"], by=principal(), policy=policy())
    except service.ReferenceTaken:
        return _form(typed | {"k": new_id()}, {"": "This was not saved yet. Press ‘Save’ once more."}), 409
    # Write only (N4): the server reads nothing back, so what is to be shown once travels with the browser.
    dates = [taken.looked_at_by.isoformat(), taken.answered_by.isoformat() if taken.answered_by else None]
    browser[READ_BACK] = [taken.id, taken.reference, *dates]
    return redirect(url_for("breaches.read_back", taken_id=taken.id), 303)


@blueprint.get("/office/intake/<id:taken_id>/taken")
@access("concern", "take")
def read_back(taken_id: str) -> Answer:
    held = browser.get(READ_BACK)
    if not held or held[0] != taken_id:
        abort(404)
    del browser[READ_BACK]
    _, reference, looked_at, answered = held
    return page(
        "breaches/taken.html",
        groups=rules.in_groups(reference),
        looked_at_by=datetime.fromisoformat(looked_at),
        answered_by=datetime.fromisoformat(answered) if answered else None,
        written_in=policy().task.concern_wd.written_in,
    )


def _form(typed: dict[str, str], errors: dict[str, str]) -> str:
    return page(
        "breaches/intake.html",
        typed=typed,
        errors=errors,
        danger=policy().contact("danger"),
        may_verify=may_ever(principal(), "caller", "verify") is not None,
    )
