"""`/sign-in` and `/sign-out`: every face with people has them."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from fieldvisit.ground.roles import Principal, Role
from fieldvisit.ground.verdict import Refused
from fieldvisit.register import service
from fieldvisit.register.models import Person
from fieldvisit.web import carried
from fieldvisit.web.access import access, at, database
from fieldvisit.web.render import page

blueprint = Blueprint("sign_in", __name__)
UNKNOWN = "We do not know that e-mail address and password. Check both and try again."
KNOWN_FOR_S = 400 * 24 * 3600  # how long a phone is remembered as known: as long as browsers keep a cookie


class SignedIn(UserMixin):
    """flask-login's user: known to the browser by the secret of its sign-in, never by the person's id."""

    def __init__(self, secret: str, person: Person) -> None:
        self.secret, self.person = secret, person

    def get_id(self) -> str:
        return self.secret


def install(login: LoginManager) -> None:
    @login.user_loader  # type: ignore[untyped-decorator]
    def load(secret: str) -> SignedIn | None:
        with database().reading(None) as reading:
            found = service.person_of(reading, secret, at())
        if found is None:
            return None
        person, sign_in = found
        if service.should_touch(sign_in, at()):
            with database().writing(None) as writing:
                service.touch(writing, sign_in.id, at())
        return SignedIn(secret, person)


def who_asks(moment: datetime) -> Principal | None:
    person = signed_in_person()
    return service.principal_of(person, moment) if person else None


def who_was_here(moment: datetime) -> str | None:
    """The id of whoever was signed in in this browser until their sign-in ran out by itself."""
    with database().reading(None) as reading:
        return service.ran_out(reading, str(session.get("_user_id", "")), moment)


def signed_in_person() -> Person | None:
    found = current_user._get_current_object()  # the person behind flask-login's stand-in
    return found.person if isinstance(found, SignedIn) else None


def home_of(role: str) -> str:
    if "/office" not in current_app.extensions["fv_served"]:
        return "/safe" if "/safe" in current_app.extensions["fv_served"] else "/today"
    return "/today" if role == Role.OPERATIVE else "/office"


def safe_next(wanted: str | None) -> str | None:
    """A path of ours, or None: never another host, never a control character that would split a header."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return None
    if any(ord(c) < 32 or c in "\\\x7f" for c in wanted) or urlsplit(wanted).netloc:
        return None
    return wanted


@blueprint.get("/sign-in")
@access("site", "open")
def form() -> str | Response:
    if person := signed_in_person():
        return redirect(safe_next(request.args.get("next")) or home_of(person.role), 303)
    wanted = safe_next(request.args.get("next")) or ""
    return page("register/sign_in.html", errors={}, email="", next=wanted, carried="")


@blueprint.post("/sign-in")
@access("site", "open")
def sign_in() -> tuple[str, int] | Response:
    email, password = request.form.get("email", "")[:254], request.form.get("password", "")[:1024]
    email = email.replace("\x00", "")  # PostgreSQL keeps no NUL
    wanted = safe_next(request.form.get("next"))
    if empty := _empty(email, password):
        return _again(email, wanted, empty), 422
    device = _known_device(email)
    key = current_app.config["SECRET_KEY"]
    who = service.counted_as(key, email, device)
    with database().reading(None) as reading:
        verdict = service.may_try_password(reading, who, device is not None, at())
        claim = service.claim_of(reading, email)
    # Between two transactions: checking takes a tenth of a second, and SQLite has one writer.
    right = bool(verdict) and service.is_right(claim, password)
    with database().writing(None) as writing:
        # Asked again where only one can write: of many guesses at one instant, no more count than of as many in turn.
        verdict = service.may_try_password(writing, who, device is not None, at())
        person = service.claimant(writing, claim) if right and verdict else None
        if person is None and verdict:
            service.note_failed(writing, who, at())
        secret = service.sign_in(writing, person, at()) if person else ""
    if isinstance(verdict, Refused):
        return _again(email, wanted, {"password": verdict.message}), 429
    if person is None:
        return _again(email, wanted, {"password": UNKNOWN}), 422
    session.clear()  # a new id at every sign-in: what the browser held before opens nothing
    with database().reading(None) as reading:
        found = service.person_of(reading, secret, at())
    assert found, "a sign-in that was just made is live"
    login_user(SignedIn(secret, found[0]))
    kept = carried.opened(request.form.get(carried.FIELD, ""), person.id, at())
    g.principal = service.principal_of(found[0], at()) if kept else g.principal
    response = current_app.make_response(
        page("register/carried.html", kept=kept) if kept else redirect(wanted or home_of(person.role), 303)
    )
    _remember_device(response, email, device)
    return response


def _empty(email: str, password: str) -> dict[str, str]:
    asked = {"email": (email.strip(), "Type your e-mail address."), "password": (password, "Type your password.")}
    return {box: sentence for box, (typed, sentence) in asked.items() if not typed}


def _again(email: str, wanted: str | None, errors: dict[str, str]) -> str:
    kept = request.form.get(carried.FIELD, "")[: carried.LONGEST]
    return page("register/sign_in.html", errors=errors, email=email, next=wanted or "", carried=kept)


@blueprint.get("/sign-out")
@access("site", "sign-out")
def sign_out_form() -> str:
    return page("register/sign_out.html")


@blueprint.post("/sign-out")
@access("site", "sign-out")
def sign_out() -> Response:
    if isinstance(found := current_user._get_current_object(), SignedIn):
        with database().writing(None) as writing:
            service.sign_out(writing, found.secret, at())
    logout_user()
    session.clear()
    g.principal = None
    response = redirect(url_for("sign_in.form"), 303)
    # Never "storage": it would wipe what this phone has not sent yet (D9).
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


# --- devices that have signed in before ---------------------------------------------------------------------------


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="known-device")


def _cookie() -> str:
    name: str = current_app.config["KNOWN_DEVICE_COOKIE"]
    return name


def _known() -> dict[str, Any]:
    try:
        known = _serializer().loads(request.cookies.get(_cookie(), ""))
    except BadSignature:
        return {}
    return known if isinstance(known, dict) else {}


def _known_device(email: str) -> str | None:
    known = _known()
    account = service.counted_as(current_app.config["SECRET_KEY"], email, None)
    return known.get("device") if account in known.get("accounts", []) else None


def _remember_device(response: Response, email: str, device: str | None) -> None:
    from secrets import token_hex

    known = _known()
    account = service.counted_as(current_app.config["SECRET_KEY"], email, None)
    accounts = [account, *(a for a in known.get("accounts", []) if a != account)][:8]
    value = _serializer().dumps({"device": device or known.get("device") or token_hex(16), "accounts": accounts})
    response.set_cookie(
        _cookie(), value, max_age=KNOWN_FOR_S, httponly=True, samesite="Lax", path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )  # fmt: skip
