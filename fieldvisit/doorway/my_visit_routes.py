"""`/t/<token>`: the tenant's own page of one visit, and `/rights`. No account, no cookie, no script.

Looking (GET) says the half-day and consumes nothing, however often a scanner of links opens it. The tenant's own word,
sent with every form, opens the rest: the page after a form is the answer to that form, and nothing is kept between them.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from fieldvisit.breaches.receipts import receipt_key
from fieldvisit.breaches.rules import in_fours
from fieldvisit.doorway import calendar_file, my_visit, my_visit_page
from fieldvisit.doorway.my_visit import Knock, Opened
from fieldvisit.doorway.my_visit_forms import Typed, read
from fieldvisit.doorway.my_visit_page import Asking, Said
from fieldvisit.doorway.routes import send
from fieldvisit.doorway.verify_page import Page
from fieldvisit.ground.roles import TENANT
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.notices.links import link_key, token_of
from fieldvisit.web import languages
from fieldvisit.web.access import access, at, database, no_cookie, policy

log = structlog.get_logger()
blueprint = Blueprint("my_visit", __name__)
METHODS = ["GET", "HEAD", "POST"]


def never_blank(view: Callable[..., Response]) -> Callable[..., Response]:
    """Whatever breaks, the tenant is told to ring, and that nothing was kept."""

    @wraps(view)
    def shown(**parts: Any) -> Response:
        try:
            return view(**parts)
        except Exception as error:
            log.error("my-visit-down", error=type(error).__name__)
            return send(my_visit_page.broken(current_app.jinja_env, asking()))

    return shown


@blueprint.route("/t", methods=METHODS)
@access("my-visit", "open")
@no_cookie
@never_blank
def typed_reference() -> Response:
    """For whoever has the reference and no link."""
    if request.method != "POST":
        return send(my_visit_page.ask_reference(current_app.jinja_env, asking()))
    typed = form_sent().get("reference", "")
    if not my_visit.is_whole(typed):
        problem = _("Type the whole reference. It has 8 letters and numbers.")
        return send(my_visit_page.ask_reference(current_app.jinja_env, asking(), typed, problem))
    with database().writing(TENANT) as session:
        opened = my_visit.by_reference(session, typed, at())
    if opened is Knock.WAIT:
        return send(my_visit_page.wait(current_app.jinja_env, asking()))
    return _call_us() if opened is None or isinstance(opened, Knock) else _ask_word(opened)


@blueprint.route("/t/<code:token>", methods=METHODS)
@access("my-visit", "open")
@no_cookie
@never_blank
def show(token: str) -> Response:
    if request.method != "POST":
        with database().reading(TENANT) as session:
            opened = my_visit.by_token(session, token, _key(), at())
        return _ask_word(opened) if opened else _call_us()
    form = form_sent()
    word, typed = form.get("word", "")[:100], read(form)
    with database().writing(TENANT) as session:
        opened = my_visit.by_token(session, token, _key(), at())
        if opened is None:
            return _call_us()
        knocked = my_visit.knock(session, opened, word, at())
        if knocked is not Knock.OPEN:
            return _not_open(opened, knocked)
        languages.use(opened.language)
        said = _does(session, opened, typed)
        view = my_visit.view_of(session, opened, at(), policy())
        may = my_visit.verdicts(view, at(), policy())
        # Written before the transaction ends: an answer that breaks keeps nothing, as the page then says.
        return send(my_visit_page.details(current_app.jinja_env, asking(), _here(opened), word, view, may, said))


@blueprint.route("/t/<code:token>/visit.ics", methods=["POST"])
@access("my-visit", "open")
@no_cookie
@never_blank
def calendar(token: str) -> Response:
    with database().writing(TENANT) as session:
        opened = my_visit.by_token(session, token, _key(), at())
        knocked = my_visit.knock(session, opened, form_sent().get("word", "")[:100], at()) if opened else Knock.WRONG
        view = my_visit.view_of(session, opened, at(), policy()) if opened and knocked is Knock.OPEN else None
    if opened is None:
        return _call_us()
    if view is None:
        return _not_open(opened, knocked)
    languages.use(opened.language)
    council = policy().council
    summary = _("Visit from %(council)s", council=council.name)
    advice = _("Questions? Ring us on %(phone)s.", phone=council.office_line.value)
    page = my_visit_page.call_us(current_app.jinja_env, asking())
    headers = dict(page.headers) | {
        "Content-Type": "text/calendar; charset=utf-8", "Content-Disposition": 'attachment; filename="visit.ics"'
    }  # fmt: skip
    return send(Page(200, calendar_file.of_visit(view, summary, advice, policy()), headers))


@blueprint.route("/t/<anything:rest>", methods=METHODS, merge_slashes=False)
@access("my-visit", "open")
@no_cookie
@never_blank
def anything_else(rest: str) -> Response:
    """What was never an address of ours looks like a link that is over."""
    return typed_reference() if not rest.strip("/") else _call_us()


@blueprint.route("/rights", methods=["GET", "HEAD"])
@access("my-visit", "open")
@no_cookie
@never_blank
def rights() -> Response:
    return send(my_visit_page.rights(current_app.jinja_env, asking()))


def _does(session: Any, opened: Opened, typed: Typed) -> Said:
    if not typed.act:
        return Said(typed)
    if typed.problem:
        return Said(typed, problem=typed.problem)
    try:
        with session.begin_nested():
            key = receipt_key(current_app.config["SECRET_KEY"])
            taken = my_visit.do(session, opened, typed, at(), policy(), key)
    except RefusedError as error:
        return Said(typed, refused=error.verdict)
    session.refresh(opened.visit)
    if taken is None:
        return Said(typed, done=True)
    then = my_visit_page.what_then(taken, languages.offered(languages.chosen()))
    return Said(typed, done=True, reference=taken.reference, receipt=in_fours(taken.receipt), then=then)


def _not_open(opened: Opened, knocked: Knock) -> Response:
    if knocked is Knock.WAIT:
        return send(my_visit_page.wait(current_app.jinja_env, asking()))
    languages.use(opened.language)
    if knocked is Knock.NO_WORD:
        return _ask_word(opened, _("Type your word. It is in our message to you."))
    return _ask_word(opened, _("That is not your word. Look at our message again, or ring us."))


def _ask_word(opened: Opened, problem: str = "") -> Response:
    languages.use(opened.language)
    window = opened.visit.window_start, opened.visit.window_end
    return send(my_visit_page.ask_word(current_app.jinja_env, asking(), _here(opened), window, problem))


def _call_us() -> Response:
    return send(my_visit_page.call_us(current_app.jinja_env, asking()))


def asking() -> Asking:
    asked = request.args.get(languages.ARGUMENT, "")
    asked = asked if asked in languages.LANGUAGES else ""
    return Asking(policy(), languages.offered(languages.chosen()), asked, request.args.get("easy") == "1")


def _here(opened: Opened) -> str:
    return f"/t/{token_of(opened.link, _key())}"


def _key() -> bytes:
    return link_key(current_app.config["SECRET_KEY"])


def form_sent() -> MultiDict[str, str]:
    try:
        return request.form
    except HTTPException:  # too long, or not a form: nothing was typed that could be a word
        return MultiDict()
