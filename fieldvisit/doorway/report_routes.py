"""`/behaviour`: anybody reports how somebody behaved; `/behaviour/status`: how it stands, by its receipt. No cookie is read.

From one network a few reports in an hour, then the phone line (T40); and so many wrong receipts, then none is looked up.
"""

from flask import Response, current_app, request
from flask_babel import gettext as _

from fieldvisit.breaches import forms, receipts, rules, service
from fieldvisit.breaches.receipts import Followed
from fieldvisit.db import new_id
from fieldvisit.doorway import my_visit_page, reports, scans, tries
from fieldvisit.doorway.my_visit_forms import plain
from fieldvisit.doorway.my_visit_routes import METHODS, asking, blueprint, form_sent, never_blank
from fieldvisit.doorway.routes import send
from fieldvisit.ground.roles import TAKING, Principal, Role
from fieldvisit.messages.saying import say_day
from fieldvisit.register.service import tenants_stand_in
from fieldvisit.web.access import access, at, database, no_cookie, policy

REPORT, RECEIPT, LINKED = "report", "receipt", "linked"


@blueprint.route("/behaviour", methods=METHODS)
@access("concern", "report")
@no_cookie
@never_blank
def behaviour() -> Response:
    if request.method != "POST":
        return _form(forms.blank() | {"is_complaint": ""}, "")
    typed, errors = forms.read_report(form_sent())
    if errors:
        return _form(typed, _sentence(errors), 422)
    if forms.leads_back(typed):
        return _form(
            typed | {"points_checked": "yes"},
            _(
                "Something that you wrote may lead to you, such as a phone number or where you live. "
                "Take it out, or send it as it is."
            ),
            422,
        )
    net = _counted(LINKED)[: len(_network())]
    try:
        with database().writing(TAKING) as session:
            by = Principal(tenants_stand_in(session).id, Role.TENANT_LINK, at())
            taken = reports.take(
                session, forms.told_by_public(typed), form_key=typed["k"], net=net, counted=_counted(REPORT), by=by,
                policy=policy(), key=_receipt_key(),
            )  # fmt: skip
        if taken is None:
            return _form(typed, _("Several reports came from where you are in the last hour. Please ring us."), 429)
    except service.ReferenceTaken:
        return _form(typed | {"k": new_id()}, _("This was not sent yet. Press the button once more."), 409)
    shown = rules.in_fours(taken.receipt)
    page = my_visit_page.plain(
        current_app.jinja_env, asking(), "behaviour_sent", reference=taken.reference, receipt=shown,
        then=my_visit_page.what_then(taken, asking().language),
    )  # fmt: skip
    return send(page)


@blueprint.route("/behaviour/status", methods=METHODS)
@access("concern", "follow")
@no_cookie
@never_blank
def status() -> Response:
    """A wrong number is told the same whyever it is wrong; too many of one network, and no number is looked up there."""
    if request.method != "POST":
        return _status(None)
    form = form_sent()
    typed, words = form.get("receipt", "")[:40], plain(form.get("words", ""))
    if len(words) > forms.LONG:
        too_long = _("That is too long. Please make it shorter, or ring us.")
        return _status(Followed(rules.Standing.OPEN), typed, words, problem=too_long)
    key, added = _counted(RECEIPT), False
    with database().writing(TAKING) as session:
        if not rules.may_look_up(reports.recent(session, key, at()), at()):
            return send(my_visit_page.wait(current_app.jinja_env, asking()))
        found = receipts.follow(session, typed, _receipt_key(), at(), policy())
        if found.standing is rules.Standing.NONE:
            tries.count_hour(session, key, at())
        elif words:
            added = receipts.add_words(session, typed, words, form_key=forms.key_of(form), at=at(), key=_receipt_key())
    return _status(found, typed, "" if added else words, added=added)


def _status(
    found: Followed | None, typed: str = "", words: str = "", *, added: bool = False, problem: str = ""
) -> Response:
    code, due = 422 if problem else 200, found.looked_at_by if found else None
    return send(
        my_visit_page.plain(
            current_app.jinja_env, asking(), "behaviour_status", code, standing=found.standing.value if found else "",
            looked_at_by=say_day(due, asking().language) if due else "",
            typed=typed if rules.receipt_typed(typed) else "", words=words, added=added, problem=problem, key=new_id(),
        )
    )  # fmt: skip


def _form(typed: forms.Typed, problem: str, code: int = 200) -> Response:
    page = my_visit_page.plain(
        current_app.jinja_env, asking(), "behaviour", code, typed=typed, problem=problem,
        conduct_line=policy().council.conduct_line.value, danger=policy().contact("danger"),
    )  # fmt: skip
    return send(page)


def _sentence(errors: dict[str, str]) -> str:
    if "what" in errors and errors["what"].startswith("Write"):
        return _("Write what happened. A few words are enough.")
    return _("That is too long. Please make it shorter, or ring us.")


def _network() -> str:
    return scans.network(request.remote_addr or "", current_app.config["SECRET_KEY"], at())


def _counted(what: str) -> str:
    """Neither another of these, nor what is kept for an hour of whoever checks a badge, leads to it."""
    return tries.of_network(what, _network(), tries.network_key(current_app.config["SECRET_KEY"]))


def _receipt_key() -> bytes:
    return receipts.receipt_key(current_app.config["SECRET_KEY"])
