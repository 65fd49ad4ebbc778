"""`/office/verify-caller`: somebody rings and asks whether the person at their door is ours."""

import base64

from flask import request

from fieldvisit.desk import forms
from fieldvisit.desk.blueprint import blueprint
from fieldvisit.desk.caller import Checked, check_caller
from fieldvisit.web.access import access, at, database, log_access, policy, principal
from fieldvisit.web.render import page

Answer = str | tuple[str, int]


@blueprint.get("/office/verify-caller")
@access("caller", "verify")
def verify_caller() -> Answer:
    return _page({}, request.args.get("badge", "")[:20])


@blueprint.post("/office/verify-caller")
@access("caller", "verify")
def check() -> Answer:
    """A question, and yet not a GET: an address and a badge in one line must not stand in a browser's history."""
    asked, errors = forms.read_caller_question(request.form)
    if errors:
        return _page(errors), 422
    checked = check_caller(database(), asked, principal(), policy())
    log_access(checked.badge_id, reason=checked.reason)
    return _page({}, checked=checked)


@blueprint.post("/office/verify-caller/failed")
@access("caller", "verify")
def failed() -> Answer:
    """T18: the caller is not who they say, or cannot show it. Only that it happened is written down."""
    log_access(reason="caller failed checks")
    return page("desk/caller_failed.html", checked_at=at(), danger=policy().contact("danger"))


def _page(errors: dict[str, str], badge: str = "", checked: Checked | None = None) -> str:
    typed = {name: request.form.get(name, "").strip() for name in ("badge", "postcode", "house", "uprn")}
    typed["badge"] = typed["badge"] or badge
    typed["word"] = request.form.get("word", "").strip() if errors else ""  # after an answer it stands on no page
    return page(
        "desk/verify_caller.html",
        errors=errors,
        typed=typed,
        checked=checked,
        photo=_photo(checked),
        checked_at=at(),
        danger=policy().contact("danger"),
    )


def _photo(checked: Checked | None) -> str | None:
    if checked is None or checked.photo is None:
        return None
    return "data:image/jpeg;base64," + base64.b64encode(checked.photo).decode()
