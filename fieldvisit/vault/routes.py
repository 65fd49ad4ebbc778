"""`/safe`: the vault's pages, and `/boxes`, where sealed reports come in.

Whoever is not in, or may not see a case, gets what they would get if there were none. Nothing here is kept by a browser.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

import structlog
from flask import Blueprint, abort, g, jsonify, redirect, request
from flask import session as cookie
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldvisit.ground.verdict import RefusedError
from fieldvisit.vault import doors, forms, kept, record, rules, service, state, watch, words
from fieldvisit.vault.doors import Staying
from fieldvisit.vault.intake import LARGEST_BOX, BoxRefusedError, take_in
from fieldvisit.vault.pages import about, case_page, choices_of, copy_page, numbers, row, vault
from fieldvisit.vault.seeing import Seen, cases_of, find
from fieldvisit.vault.service import Opened
from fieldvisit.web import carried
from fieldvisit.web.access import access, at, for_script, no_cookie, principal
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
    """Nor does it stay on the screen: when the fresh code is no longer one, the page goes to the door by itself. From a page
    where somebody types, with what they typed (static/desk/safe.js); without script, by the page's own word."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    if "safe_until" in g and response.status_code != 303:
        until = g.safe_ends if g.get("safe_typing") else g.safe_until
        left = max(0, int((until - at()).total_seconds()))
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
        g.safe_ends = found.stay.made_at + rules.STAY
    return found


def inside(view: Any) -> Any:
    """The view gets the reader who is in; everybody else is shown the door, with what they typed sealed in it. `access`
    stands outside of it. keep: the page closes by itself, and whoever typed there is out."""

    @wraps(view)
    def wrapped(**parts: Any) -> Answer:
        staying = _inside()
        if staying and not request.form.get("keep"):
            shown: Answer = view(staying, **parts)
            return shown
        if staying:
            doors.leave(vault(), staying, at())
            cookie.pop(IN, None)
            g.pop("safe_until")
        sealed = _sealed(parts, principal().person_id)
        return _door({}, sealed) if sealed else redirect("/safe", 303)

    return carried.as_its_own_door_does(_late)(wrapped)


def _late(person_id: str) -> tuple[str, list[tuple[str, str]]]:
    """Where the sign-in itself has run out: by the vault's own seal, so that the page between shows and holds no word."""
    sealed = request.form.get(kept.FIELD, "") or _sealed(request.view_args or {}, person_id)
    return "/safe/come-in", [(kept.FIELD, sealed)] if sealed else []


def _sealed(parts: Mapping[str, Any], person_id: str) -> str:
    """What this request brings of one form of a case."""
    if "case_id" not in parts or request.method != "POST":
        return ""
    step = parts.get("step", request.endpoint.removeprefix("vault.").removesuffix("_case") if request.endpoint else "")
    typed = request.form.items(multi=True)
    return kept.seal(vault().keys, person_id, parts["case_id"], step, typed, at())


def _kept() -> kept.Kept | None:
    return kept.opened(vault().keys, principal().person_id, request.form.get(kept.FIELD, ""), at())


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


def _door(errors: dict[str, str], sealed: str = "") -> str:
    with vault().store.reading() as session:
        enrolled = doors.reader_of(session, principal().person_id) is not None
    return page("vault/door.html", errors=errors, enrolled=enrolled, kept=sealed, **about())


@blueprint.post("/safe/come-in")
@access("safe", "open")
@carried.as_its_own_door_does(_late)
def come_in() -> Answer:
    sealed = request.form.get(kept.FIELD, "")[: kept.LONGEST]
    if sealed and not request.form.get("code"):  # from the page of somebody who has just signed in anew
        return _door({}, sealed)
    try:
        secret = doors.come_in(vault(), principal().person_id, request.form.get("code", "")[:20], at())
    except LookupError:
        return _door({}, sealed), 422
    except RefusedError as refused:
        return _door({"code": refused.verdict.message}, sealed), 422
    cookie[IN] = secret
    staying, found = _inside(), _kept()
    if staying and found:
        with vault().store.reading() as session:
            if seen := find(session, vault(), staying.reader, found.case_id):
                return _case_page_with(session, staying, seen, found, sealed)
    return redirect("/safe", 303)


def _case_page_with(session: Session, staying: Staying, seen: Seen, found: kept.Kept, sealed: str) -> str:
    """The words are not shown before it has been opened again; but why somebody opens it, or stands aside, needs none."""
    if found.step in ("open", *state.UNREAD):
        return case_page(session, staying, seen, **_filled(session, seen, found))
    return case_page(session, staying, seen, kept=sealed)


def _filled(session: Session, seen: Seen, found: kept.Kept) -> dict[str, Any]:
    """As `case_page` wants what was typed, with nothing called wrong: it was never sent."""
    if found.step in forms.ASKS:
        typed, _, _ = forms.read_step(found.step, found.typed(), choices_of(session, seen))
        typed.errors.clear()
        return {"typed": typed}
    return {"asked": {name: text[:2000] for name, text in found.fields}}


@blueprint.post("/safe/here")
@access("safe", "open")
@for_script
def here() -> Response:
    """Somebody types, or pressed 'Stay': how many seconds are left until the page closes. 401: they are out."""
    if _inside() is None:
        return Response(status=401)
    left = int((g.pop("safe_until") - at()).total_seconds())
    answer = jsonify({"left": left})
    answer.headers["X-FieldVisit-Proto"] = "1"
    return answer


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
            sealed = request.form.get(kept.FIELD, "")[: kept.LONGEST]
            return case_page(
                session, staying, seen, asked=sent, errors={box: refused.verdict.message}, kept=sealed
            ), 422
    found = _kept()
    with vault().store.reading() as session:
        filled = _filled(session, opened.seen, found) if found and found.case_id == case_id else {}
        return case_page(session, staying, opened.seen, opened=opened, **filled)


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
        sealed = "" if opened else _sealed({"case_id": case_id, "step": step}, principal().person_id)
        return case_page(
            session, staying, now_seen, opened=opened, typed=typed, errors=typed.errors, kept=sealed
        ), status


def _key() -> str:
    key = request.form.get("k", "")
    return key if len(key) == 32 and key.isalnum() and key.isascii() else abort(400)
