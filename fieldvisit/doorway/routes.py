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
from fieldvisit.db import Database
from fieldvisit.doorway import service
from fieldvisit.doorway.service import Asked, Checked
from fieldvisit.doorway.verify_page import Door, Page, render, render_down, render_typed
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
    return _answer(Asked(badge_id, code))


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
        return _send(render_typed(current_app.jinja_env, _door()))
    form = _form()
    number, digits = form.get("badge", ""), form.get("digits", "")
    problem = _problem(number, digits)
    if problem:
        return _send(render_typed(current_app.jinja_env, _door(), number, problem))
    return _answer(Asked(number, digits, by_hand=True))


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
        return _send(render_down(current_app.jinja_env, _door()))
    response = _send(shown)
    # After the last byte has gone: what is kept of a check neither delays nor changes its answer.
    response.call_on_close(partial(_keep, database(), checked, at()))
    return response


def _check(asked: Asked) -> tuple[Checked, Page]:
    with database().reading(None) as session:
        checked = service.check(session, asked, at(), policy())
    if checked.wrong_digits:  # counted before it is answered: a guess that cannot be counted is not answered
        with database().writing(None) as writing:
            service.count_wrong_digits(writing, checked.badge_id, at())
    return checked, render(current_app.jinja_env, _door(), checked.answer, at(), checked.bearer)


def _keep(kept_in: Database, checked: Checked, instant: datetime) -> None:
    try:
        with kept_in.writing(None) as session:
            service.keep_scan(session, checked, instant)
    except Exception as error:
        log.error("verify-not-kept", error=type(error).__name__)


def _door() -> Door:
    council = policy().council
    return Door(council.name, council.office_line.value, name_style=policy().badge.name_style.value)


def _send(shown: Page) -> Response:
    response = Response(shown.body, shown.status)
    response.headers.clear()
    response.headers.update(shown.headers)
    response.headers["Content-Length"] = str(len(shown.body))
    return response
