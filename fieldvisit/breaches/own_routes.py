"""`/conduct`: whoever works here tells how a colleague behaved, or they themselves. Written once, and never read back."""

from flask import Blueprint, current_app, request

from fieldvisit.breaches import forms, receipts, rules, service
from fieldvisit.breaches.routes import Answer
from fieldvisit.db import new_id
from fieldvisit.ground.roles import TAKING
from fieldvisit.web.access import access, database, policy, principal
from fieldvisit.web.render import page

blueprint = Blueprint("conduct", __name__)
EMPTY = {"whose": ""}
LEADS_BACK = (
    "Something you wrote may lead to you, such as a phone number or an address. Take it out, or send it as it is."
)


@blueprint.get("/conduct")
@access("concern", "tell")
def form() -> Answer:
    return _form(forms.blank() | EMPTY | {"anonymous": ""}, {})


@blueprint.post("/conduct")
@access("concern", "tell")
def tell() -> Answer:
    """The answer to the form itself says what is to be kept of it: nothing can be looked up afterwards (N4)."""
    typed, errors = forms.read_own(request.form)
    if not errors and forms.leads_back(typed):
        typed["points_checked"], errors["what"] = "yes", LEADS_BACK
    if errors:
        return _form(typed, errors), 422
    by = principal()
    told = forms.told_by_staff(typed, by.person_id)
    try:
        with database().writing(TAKING) as own:
            taken = service.take(
                own, told, form_key=typed["k"], by=by, policy=policy(),
                key=receipts.receipt_key(current_app.config["SECRET_KEY"]),
            )  # fmt: skip
    except service.ReferenceTaken:
        return _form(typed | {"k": new_id()}, {"": "This was not sent yet. Press ‘Send’ once more."}), 409
    return page(
        "breaches/told.html",
        groups=rules.in_groups(taken.reference),
        receipt=rules.in_fours(taken.receipt),
        looked_at_by=taken.looked_at_by,
    )


def _form(typed: forms.Typed, errors: dict[str, str]) -> str:
    return page(
        "breaches/own.html", typed=typed, errors=errors, danger=policy().contact("danger"),
        line=policy().council.conduct_line.value,
    )  # fmt: skip
