"""Who is asking, and may they ever: the gate at the start and at each request. Deny by default (ruling R23).

A view says what it does with `@access("visit", "read")`; the attribute sits on the function, so neither the order of
decorators nor the text of the source matters. What a person may not see is not there: 404, byte for byte the same.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.routing import Rule, UnicodeConverter

from fieldvisit.db import Database
from fieldvisit.ground.clock import now
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import RIGHTS, Principal, Right, may_ever
from fieldvisit.web import carried
from fieldvisit.web.render import page

View = TypeVar("View", bound=Callable[..., Any])
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class RouteWithoutRuleError(RuntimeError):
    """A route that nobody decided about. The app does not start with one."""


def access(record: str, action: str) -> Callable[[View], View]:
    if (record, action) not in RIGHTS:
        raise RouteWithoutRuleError(f"({record!r}, {action!r}) is not in ground/roles.py RIGHTS")

    def mark(view: View) -> View:
        view.access = (record, action)  # type: ignore[attr-defined]
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> tuple[str, str] | None:
    rule: tuple[str, str] | None = getattr(app.view_functions.get(endpoint), "access", None)
    return rule


def refuse_to_start_without_rules(app: Flask) -> None:
    bare = sorted({str(rule) for rule in app.url_map.iter_rules() if rule_of(app, rule.endpoint) is None})
    if bare:
        raise RouteWithoutRuleError(f"no access rule: {', '.join(bare)}. Put @access(record, action) on the view.")
    loose = sorted({str(rule) for rule in app.url_map.iter_rules() if _is_untyped(rule)})
    if loose:
        raise RouteWithoutRuleError(f"untyped part of an address: {', '.join(loose)}. Use <id:...>, or a converter.")


def _is_untyped(rule: Rule) -> bool:
    return any(type(part) is UnicodeConverter for part in rule._converters.values())


def install(
    app: Flask,
    database: Database,
    policy: Policy,
    who: Callable[[datetime], Principal | None],
    lately: Callable[[datetime], str | None],
) -> None:
    """`who` tells who asks, at that instant, and `lately` whose sign-in in this browser has run out by itself, by id: given
    by `create_app`, so that `web` need not know the register."""
    app.extensions["fv_who"] = who
    app.extensions["fv_database"] = database
    app.extensions["fv_policy"] = policy

    @app.before_request
    def gate() -> Any:
        g.at = now()
        if isinstance(request.routing_exception, BadRequest):
            raise request.routing_exception  # a host that is not ours
        if any("\x00" in value for _, value in request.args.items(multi=True)):
            abort(400)  # no person types it, and PostgreSQL keeps none
        rule = rule_of(app, request.endpoint) if request.endpoint else None
        public = rule is not None and may_ever(None, *rule)
        # Asked for an address that is not there as well: that 404 is the one of an address that one may not open.
        g.principal = None if (public and _needs_nobody(request.endpoint)) or not _has_sign_in() else who(g.at)
        g.right = may_ever(g.principal, *rule) if rule else None
        if g.right is None:
            if rule and g.principal is None and (answer := _to_nobody(lately)):
                return answer
            abort(404)
        return None

    @app.after_request
    def settle(response: Any) -> Any:
        session: Session | None = g.get("session")
        if session is not None and request.method in WRITING and response.status_code < 400:
            session.commit()
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        session: Session | None = g.pop("session", None)
        if session is not None:
            session.rollback()
            session.close()


def _to_nobody(lately: Callable[[datetime], str | None]) -> Any:
    """What is told to whoever is not signed in, and asks for what needs that. None: what everybody is told, 404."""
    if _is_for_script(request.endpoint) or (_has_sign_in() and _is_json()):
        # Marked as ours: a Wi-Fi network's own sign-in page answers 401 as well.
        return Response(status=401, headers={"X-FieldVisit-Proto": "1"})
    if not _has_sign_in() or not _is_page():
        return None
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("sign_in.form", next=request.path))
    return _late_form(lately(g.at))


def _late_form(person_id: str | None) -> Any:
    """The page to sign in on, which holds what was typed. None: nobody had signed in here, or no person sees the answer."""
    if person_id is None or request.method != "POST" or request.headers.get("HX-Request"):
        return None
    late = carried.of_this_request(person_id)
    sealed = carried.seal(late, g.at) if late.fields else ""
    if not sealed:
        return redirect(url_for("sign_in.form"), 303)
    return Response(page("register/sign_in.html", errors={}, email="", next="", carried=sealed), status=401)


def stale_form() -> str | None:
    """Of a form that was made before somebody signed in anew, in this tab or another: what was typed, to be sent again.

    Asked where its token is not right: so only of a page of ours, by what the browser says, and nothing is done yet."""
    rule = rule_of(current_app, request.endpoint) if request.endpoint else None
    if rule is None or not _has_sign_in() or not _is_page() or not carried.is_from_our_page():
        return None
    g.at = now()
    found: Principal | None = current_app.extensions["fv_who"](g.at)
    if found is None or may_ever(None, *rule) or not may_ever(found, *rule):
        return None
    g.principal = found
    return page("register/carried.html", kept=carried.of_this_request(found.person_id))


def _has_sign_in() -> bool:
    """The verify face alone knows nobody: it reads no cookie and has no page to sign in."""
    return "sign_in.form" in current_app.view_functions


def _needs_nobody(endpoint: str | None) -> bool:
    """Faces that read no cookie: the verify page, and the intake, whose right is a signature."""
    view = current_app.view_functions.get(endpoint or "")
    return bool(getattr(view, "no_cookie", False))


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie, but never on an answer of a face that reads no cookie: no Set-Cookie, no Vary."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not _needs_nobody(request.endpoint):
            super().save_session(app, session, response)


def no_cookie(view: View) -> View:
    view.no_cookie = True  # type: ignore[attr-defined]
    return view


def for_script(view: View) -> View:
    """Fetched by the phone's script, which must tell "sign in" from no signal: 401 where a page would be redirected."""
    view.for_script = True  # type: ignore[attr-defined]
    return view


def _is_for_script(endpoint: str | None) -> bool:
    return bool(getattr(current_app.view_functions.get(endpoint or ""), "for_script", False))


def _is_json() -> bool:
    """Fetched by a script that said so: it must tell "sign in" from a lost line."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _is_page() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "text/html"


def right() -> Right:
    found: Right = g.right
    return found


def principal() -> Principal:
    """The person asking. Aborts with 404 where nobody is: a view that asks has a rule that needs somebody."""
    if g.principal is None:
        abort(404)
    found: Principal = g.principal
    return found


def at() -> datetime:
    """The instant of this request (aware UTC): one reading of the clock for everything that it does."""
    instant: datetime = g.at
    return instant


def database() -> Database:
    found: Database = current_app.extensions["fv_database"]
    return found


def policy() -> Policy:
    found: Policy = current_app.extensions["fv_policy"]
    return found


def session() -> Session:
    """This request's session, asking as the person signed in. Committed after a POST that succeeded, never a GET."""
    if "session" not in g:
        g.session = database().session(g.principal, write=request.method in WRITING)
    found: Session = g.session
    return found


def log_access(object_id: str = "", reason: str = "") -> None:
    """Writes the access record of this request and commits it, before anything is shown (N6)."""
    note_access = current_app.extensions["fv_note_access"]  # given by `faces`, so that `web` need not know the audit
    rule = rule_of(current_app, request.endpoint or "")
    assert rule, "the gate let a route without a rule through"
    if request.method in WRITING:
        note_access(session(), principal(), *rule, object_id=object_id, reason=reason, at=at())
        return
    with database().writing(None) as own:
        note_access(own, principal(), *rule, object_id=object_id, reason=reason, at=at())


def log_read_again(record: str, object_id: str = "") -> None:
    """What a form that was refused shows again is a read again. An answer of 400 or more keeps nothing of its own
    transaction, so this is written, and committed, in another."""
    note_access = current_app.extensions["fv_note_access"]
    with database().writing(None) as own:
        note_access(own, principal(), record, "read", object_id=object_id, at=at())
