"""`/v`: is this badge current? For anybody, without a cookie; whatever is asked, one of five answers (ruling R13).

A QR holds capitals, so every address is there in both cases; and what is no address of a badge is a badge that we
cannot confirm, never a 404 that would tell the one from the other.
"""

from datetime import datetime
from functools import partial

import structlog
from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from fieldvisit.badges.codes import digits_readable, number_typed
from fieldvisit.badges.rules import Answer
from fieldvisit.db import Database
from fieldvisit.doorway import scans, service
from fieldvisit.doorway.rules import Booked
from fieldvisit.doorway.service import Asked, Checked
from fieldvisit.doorway.verify_page import Door, Page, render, render_down, render_typed
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import VERIFYING
from fieldvisit.web.access import access, at, database, no_cookie, policy

log = structlog.get_logger()
blueprint = Blueprint("verify", __name__)
EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
NO_NUMBER = "Type the badge number. It is on their badge."
HALF_DIGITS = "Type all six numbers, or leave them out."


class AnythingConverter(BaseConverter):
    """What is left of an address, slashes and all."""

    regex = ".*"
    part_isolating = False


@blueprint.record
def _anything(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["anything"] = AnythingConverter


@blueprint.route("/v/<badge:badge_id>/<code:code>", methods=EVERY_METHOD)
@blueprint.route("/V/<badge:badge_id>/<code:code>", methods=EVERY_METHOD)
@access("badge", "verify")
@no_cookie
def live(badge_id: str, code: str) -> Response:
    reference = _form().get("reference", "") if request.method == "POST" else ""
    return _answer(Asked(badge_id, code, reference=reference))


@blueprint.route("/v/<badge:badge_id>", methods=EVERY_METHOD)
@blueprint.route("/V/<badge:badge_id>", methods=EVERY_METHOD)
@access("badge", "verify")
@no_cookie
def printed(badge_id: str) -> Response:
    return _answer(Asked(badge_id))


@blueprint.route("/v", methods=EVERY_METHOD)
@blueprint.route("/V", methods=EVERY_METHOD)
@access("badge", "verify")
@no_cookie
def typed() -> Response:
    if request.method != "POST":
        return send(render_typed(current_app.jinja_env, _door()))
    form = _form()
    number, digits, reference = (form.get(name, "") for name in ("badge", "digits", "reference"))
    problem = _problem(number, digits)
    if problem:
        return send(render_typed(current_app.jinja_env, _door(), number, problem, reference))
    return _answer(Asked(number, digits, by_hand=True, reference=reference))


@blueprint.route("/v/<anything:rest>", methods=EVERY_METHOD, merge_slashes=False)
@blueprint.route("/V/<anything:rest>", methods=EVERY_METHOD, merge_slashes=False)
@access("badge", "verify")
@no_cookie
def anything_else(rest: str) -> Response:
    """A slash too many is no reason to call a good badge bad; anything else is a badge that nobody knows."""
    match rest.strip("/").split("/"):
        case [""]:
            return typed()
        case [badge_id]:
            return _answer(Asked(badge_id))
        case [badge_id, code]:
            return _answer(Asked(badge_id, code))
    return _answer(Asked(""))


def _form() -> MultiDict[str, str]:
    try:
        return request.form
    except HTTPException:  # too long or not a form: nothing was typed that could be a badge number
        return MultiDict()


def _problem(number: str, digits: str) -> str:
    if not number_typed(number):
        return NO_NUMBER
    return "" if digits_readable(digits) else HALF_DIGITS


def _answer(asked: Asked) -> Response:
    try:
        checked, shown = _check(asked)
    except Exception as error:  # whatever it is, the person at the door is told to ring: never a blank, never green
        log.error("verify-down", error=type(error).__name__)
        return send(render_down(current_app.jinja_env, _door()))
    response = send(shown)
    # After the last byte has gone: what is kept of a check neither delays nor changes its answer.
    net = scans.network(request.remote_addr or "", current_app.config["SECRET_KEY"], at())
    response.call_on_close(partial(_keep, database(), checked, net, at(), policy()))
    return response


def _check(asked: Asked) -> tuple[Checked, Page]:
    with database().reading(None) as session:
        checked = service.check(session, asked, at(), policy())
    if checked.wrong_digits:  # counted before it is answered: a guess that cannot be counted is not answered
        with database().writing(None) as writing:
            service.count_wrong_digits(writing, checked.badge_id, at())
    if checked.answer is Answer.FRESH and asked.reference.strip():
        with database().writing(VERIFYING) as writing:
            checked = service.with_reference(writing, checked, asked.reference, at())
    shown = render(
        current_app.jinja_env, _door(), checked.answer, at(), checked.bearer, checked.booked,
        asks=not asked.by_hand and checked.booked in (None, Booked.CANNOT_SAY),
    )  # fmt: skip
    return checked, shown


def _keep(kept_in: Database, checked: Checked, net: str, instant: datetime, policy: Policy) -> None:
    try:
        with kept_in.writing(VERIFYING) as session:
            service.keep_scan(session, checked, instant)
            if checked.answer is Answer.FRESH:
                scans.look_at(session, checked.badge_id, checked.person_id, net, instant, policy)
    except Exception as error:
        log.error("verify-not-kept", error=type(error).__name__)


def _door() -> Door:
    council = policy().council
    return Door(council.name, council.office_line.value, name_style=policy().badge.name_style.value)


def send(shown: Page) -> Response:
    response = Response(shown.body, shown.status)
    response.headers.clear()
    response.headers.update(shown.headers)
    response.headers["Content-Length"] = str(len(shown.body))
    return response
