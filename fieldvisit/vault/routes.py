"""`/safe`: the vault's pages, and `/boxes`, where sealed reports come in.

Whoever is not in, or may not see a case, gets what they would get if there were none. Nothing here is kept by a browser.
"""

import hmac
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

import structlog
from flask import Blueprint, abort, g, jsonify, redirect, request
from flask import session as cookie
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from fieldvisit.ground.verdict import RefusedError
from fieldvisit.vault import doors, forms, record, rules, service, state, watch, words
from fieldvisit.vault.doors import Staying
from fieldvisit.vault.intake import LARGEST_BOX, BoxRefusedError, take_in
from fieldvisit.vault.pages import about, case_page, choices_of, copy_page, numbers, row, vault
from fieldvisit.vault.seeing import cases_of, find
from fieldvisit.vault.service import Opened
from fieldvisit.web.access import access, at, no_cookie, principal
from fieldvisit.web.render import page

log = structlog.get_logger()
blueprint = Blueprint("vault", __name__)
Answer = str | Response | tuple[str, int]
IN = "safe"  # where the browser's own cookie holds the secret of its stay
OLDEST_RECEIVED = timedelta(days=60)


@blueprint.errorhandler(SQLAlchemyError)
@blueprint.errorhandler(OSError)
def cannot(error: Exception) -> Answer:
    """The vault's database is away or full: what cannot be written down is not shown (F48)."""
    log.error("vault", endpoint=request.endpoint, error=type(getattr(error, "orig", error)).__name__)
    if request.endpoint == "vault.boxes":
        return _json({"code": "not-now"}, 503)
    return page("vault/cannot.html"), 503


@blueprint.after_request
def nothing_is_kept(response: Response) -> Response:
    """Nor does it stay on the screen: when the fresh code is no longer one, the page goes to the door by itself."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    if "safe_until" in g and response.status_code != 303:
        left = max(0, int((g.safe_until - at()).total_seconds()))
        response.headers["Refresh"] = f"{left + 1}; url=/safe"
    return response


# --- boxes --------------------------------------------------------------------------------------------------------


@blueprint.post("/boxes")
@access("box", "take")
@no_cookie
def boxes() -> Response:
    """Body: the sealed report alone. Authorization: Bearer, and the token. X-FieldVisit-Received: when it reached whoever
    passes it on, ISO. Answers the receipt as JSON; 422 {code} for what this vault cannot open, 413, 503."""
    request.max_content_length = LARGEST_BOX
    token, said = vault().config.vault_says(), request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(said.encode(), f"Bearer {token}".encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    try:
        receipt = take_in(vault(), request.get_data(cache=False).decode("ascii", "replace"), _received())
    except BoxRefusedError as error:
        return _json({"code": error.code}, 413 if error.code == "too-large" else 422)
    return _json(receipt.as_json(), 200)


def _received() -> datetime:
    """As the sender says, for the clocks began there: but not in the future, and not of long ago."""
    try:
        said = datetime.fromisoformat(request.headers.get("X-FieldVisit-Received", ""))
    except ValueError:
        return at()
    return said if said.tzinfo and at() - OLDEST_RECEIVED < said <= at() else at()


def _json(body: dict[str, str], status: int) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


# --- the door -----------------------------------------------------------------------------------------------------


def _inside() -> Staying | None:
    found = doors.staying(vault(), principal().person_id, cookie.get(IN, ""), at())
    if found:
        g.safe_until = rules.out_at(found.stay.made_at, at())
    return found


def inside(view: Any) -> Any:
    """The view gets the reader who is in; everybody else is shown the door. `access` stands outside of it."""

    @wraps(view)
    def wrapped(**parts: Any) -> Answer:
        staying = _inside()
        shown: Answer = view(staying, **parts) if staying else redirect("/safe", 303)
        return shown

    return wrapped


@blueprint.get("/safe")
@access("safe", "open")
def front() -> Answer:
    staying = _inside()
    if staying is None:
        return _door({})
    with vault().store.reading() as session:
        seen = cases_of(session, vault(), staying.reader)
        return page(
            "vault/front.html",
            rows=[row(one) for one in seen if one.state.stage != "destroyed"],
            destroyed=[row(one) for one in seen if one.state.stage == "destroyed"],
            calls=watch.say_calls(watch.calls_of(session, staying.reader, seen)),
            nobody_looks=watch.nobody_looks(session, at()),
            reader=staying.reader,
            until=staying.stay.made_at + rules.STAY,
            **about(),
        )


def _door(errors: dict[str, str]) -> str:
    with vault().store.reading() as session:
        enrolled = doors.reader_of(session, principal().person_id) is not None
    return page("vault/door.html", errors=errors, enrolled=enrolled, **about())


@blueprint.post("/safe/come-in")
@access("safe", "open")
def come_in() -> Answer:
    try:
        secret = doors.come_in(vault(), principal().person_id, request.form.get("code", "")[:20], at())
    except LookupError:
        return _door({}), 422
    except RefusedError as refused:
        return _door({"code": refused.verdict.message}), 422
    cookie[IN] = secret
    return redirect("/safe", 303)


@blueprint.post("/safe/leave")
@access("safe", "open")
@inside
def leave(staying: Staying) -> Answer:
    doors.leave(vault(), staying, at())
    cookie.pop(IN, None)
    return redirect("/safe", 303)


@blueprint.get("/safe/record")
@access("safe", "record")
@inside
def own_record(staying: Staying) -> Answer:
    with vault().store.reading() as session:
        lines = record.own_lines(session, staying.reader)
        names = numbers(cases_of(session, vault(), staying.reader))
    return page("vault/record.html", lines=lines, numbers=names, words=words, reasons=rules.REASONS, **about())


# --- a case -------------------------------------------------------------------------------------------------------


@blueprint.get("/safe/<id:case_id>")
@access("safe", "read")
@inside
def case(staying: Staying, case_id: str) -> Answer:
    with vault().store.reading() as session:
        seen = find(session, vault(), staying.reader, case_id) or abort(404)
        done = request.args.get("done", "")
        return case_page(session, staying, seen, done=words.KINDS.get(done, ""))


@blueprint.post("/safe/<id:case_id>/open")
@access("safe", "read")
@inside
def open_case(staying: Staying, case_id: str) -> Answer:
    sent = {name: request.form.get(name, "").replace("\x00", "")[:2000] for name in ("reason", "why", "code")}
    try:
        opened = service.open_report(vault(), staying, case_id, sent["reason"], sent["why"], sent["code"][:20], at())
    except LookupError:
        abort(404)
    except RefusedError as refused:
        box = {"reason": "reason", "words": "why"}.get(refused.verdict.code, "code")
        with vault().store.reading() as session:
            seen = find(session, vault(), staying.reader, case_id) or abort(404)
            return case_page(session, staying, seen, asked=sent, errors={box: refused.verdict.message}), 422
    with vault().store.reading() as session:
        return case_page(session, staying, opened.seen, opened=opened)


@blueprint.post("/safe/<id:case_id>/copy")
@access("safe", "copy")
@inside
def copy(staying: Staying, case_id: str) -> Answer:
    """All of one case, to print or to read out. What is wrong stands beside its box; nothing is opened then."""
    sent = {name: request.form.get(name, "").replace("\x00", "")[:2000] for name in forms.COPY}
    key = _key()
    try:
        opened = service.copy_out(
            vault(),
            staying,
            case_id,
            sent["copy_for"],
            sent["copy_to"],
            sent["copy_why"],
            sent["copy_code"][:20],
            key,
            at(),
        )
    except LookupError:
        abort(404)
    except RefusedError as refused:
        box = {"reason": "copy_for", "to": "copy_to", "words": "copy_why"}.get(refused.verdict.code, "copy_code")
        with vault().store.reading() as session:
            seen = find(session, vault(), staying.reader, case_id) or abort(404)
            return case_page(session, staying, seen, asked=sent, errors={box: refused.verdict.message}), 422
    with vault().store.reading() as session:
        return copy_page(session, staying, opened, sent["copy_to"])


@blueprint.post("/safe/<id:case_id>/<word:step>")
@access("safe", "act")
@inside
def act(staying: Staying, case_id: str, step: str) -> Answer:
    """One step. What is wrong stands beside its box, on the opened page again, which is recorded again."""
    if step not in forms.ASKS:
        abort(404)
    with vault().store.reading() as session:
        seen = find(session, vault(), staying.reader, case_id) or abort(404)
        typed, facts, said = forms.read_step(step, request.form, choices_of(session, seen))
    status = 422
    if not typed.errors:
        try:
            service.act(vault(), staying, case_id, step, facts, said, _key(), at())
            return redirect("/safe" if step in state.UNREAD else f"/safe/{case_id}?done={step}", 303)
        except LookupError:
            abort(404)
        except RefusedError as refused:
            typed.errors[""], status = refused.verdict.message, 409
    try:
        opened: Opened | None = service.open_again(vault(), staying, case_id, at())
    except LookupError:
        opened = None
    with vault().store.reading() as session:
        now_seen = find(session, vault(), staying.reader, case_id) or abort(404)
        return case_page(session, staying, now_seen, opened=opened, typed=typed, errors=typed.errors), status


def _key() -> str:
    key = request.form.get("k", "")
    return key if len(key) == 32 and key.isalnum() and key.isascii() else abort(400)
