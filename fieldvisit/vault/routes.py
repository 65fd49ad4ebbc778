"""`/safe`: the vault's pages, and `/boxes`, where sealed reports come in.

Whoever is not in, or may not see a case, gets what they would get if there were none. Nothing here is kept by a browser.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import wraps
from types import SimpleNamespace
from typing import Any

import structlog
from flask import Blueprint, abort, current_app, jsonify, redirect, request
from flask import session as cookie
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldvisit.db import new_id
from fieldvisit.ground.roles import Role
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.vault import doors, forms, record, rules, service, state, watch, words
from fieldvisit.vault.doors import Staying
from fieldvisit.vault.forms import Typed
from fieldvisit.vault.intake import LARGEST_BOX, BoxRefusedError, take_in
from fieldvisit.vault.models import Reader
from fieldvisit.vault.service import Opened, Seen
from fieldvisit.vault.store import Vault
from fieldvisit.web.access import access, at, no_cookie, principal
from fieldvisit.web.render import page

log = structlog.get_logger()
blueprint = Blueprint("vault", __name__)
Answer = str | Response | tuple[str, int]
IN = "safe"  # where the browser's own cookie holds the secret of its stay
OLDEST_RECEIVED = timedelta(days=60)


def vault() -> Vault:
    found: Vault = current_app.extensions["fv_vault"]
    return found


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
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
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
    return doors.staying(vault(), principal().person_id, cookie.get(IN, ""), at())


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
        seen = service.cases_of(session, vault(), staying.reader)
        return page(
            "vault/front.html",
            rows=[_row(one) for one in seen],
            calls=watch.calls_of(session, staying.reader, seen),
            nobody_looks=watch.nobody_looks(session, at()),
            reader=staying.reader,
            until=staying.stay.made_at + rules.STAY,
            **_about(),
        )


def _door(errors: dict[str, str]) -> str:
    with vault().store.reading() as session:
        enrolled = doors.reader_of(session, principal().person_id) is not None
    return page("vault/door.html", errors=errors, enrolled=enrolled, **_about())


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
        names = _numbers(service.cases_of(session, vault(), staying.reader))
    return page("vault/record.html", lines=lines, numbers=names, words=words, reasons=rules.REASONS, **_about())


# --- a case -------------------------------------------------------------------------------------------------------


@blueprint.get("/safe/<id:case_id>")
@access("safe", "read")
@inside
def case(staying: Staying, case_id: str) -> Answer:
    with vault().store.reading() as session:
        seen = service.find(session, vault(), staying.reader, case_id) or abort(404)
        done = request.args.get("done", "")
        return _page(session, staying, seen, done=words.KINDS.get(done, ""))


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
            seen = service.find(session, vault(), staying.reader, case_id) or abort(404)
            return _page(session, staying, seen, asked=sent, errors={box: refused.verdict.message}), 422
    with vault().store.reading() as session:
        return _page(session, staying, opened.seen, opened=opened)


@blueprint.post("/safe/<id:case_id>/<word:step>")
@access("safe", "act")
@inside
def act(staying: Staying, case_id: str, step: str) -> Answer:
    """One step. What is wrong stands beside its box, on the opened page again, which is recorded again."""
    if step not in forms.ASKS:
        abort(404)
    with vault().store.reading() as session:
        seen = service.find(session, vault(), staying.reader, case_id) or abort(404)
        typed, facts, said = forms.read_step(step, request.form, _choices(session, seen))
    status = 422
    if not typed.errors:
        try:
            service.act(vault(), staying, case_id, step, facts, said, _key(), at())
            return redirect(f"/safe/{case_id}?done={step}", 303)
        except LookupError:
            abort(404)
        except RefusedError as refused:
            typed.errors[""], status = refused.verdict.message, 409
    try:
        opened: Opened | None = service.open_again(vault(), staying, case_id, at())
    except LookupError:
        opened = None
    with vault().store.reading() as session:
        now_seen = service.find(session, vault(), staying.reader, case_id) or abort(404)
        return _page(session, staying, now_seen, opened=opened, typed=typed, errors=typed.errors), status


def _key() -> str:
    key = request.form.get("k", "")
    return key if len(key) == 32 and key.isalnum() and key.isascii() else abort(400)


def _page(
    session: Session,
    staying: Staying,
    seen: Seen,
    *,
    opened: Opened | None = None,
    asked: Mapping[str, str] | None = None,
    typed: Typed | None = None,
    errors: Mapping[str, str] | None = None,
    done: str = "",
) -> str:
    choices, names = _choices(session, seen), _names(session)
    may_act = staying.reader.rank != rules.Rank.INVESTIGATOR
    still = may_act and (opened is not None or service.is_open(session, staying, seen.case.id, at()))
    offered = state.offered(seen.state, staying.reader.id) if still else ()
    if typed and typed.step not in offered:
        offered = (typed.step, *offered)  # somebody was quicker: what was typed is still there to be read
    return page(
        "vault/case.html",
        row=_row(seen),
        seen=seen,
        steps=[_step(one, names, opened) for one in seen.acts],
        reports=[(box, list(words.rows_of(said))) for box, said in opened.reports] if opened else [],
        opened=opened is not None,
        still=still,
        may_act=may_act,
        offered=offered,
        forms=[
            SimpleNamespace(
                step=kind,
                title=words.OFFERS[kind],
                asks=[(ask, forms.options(ask, choices)) for ask in forms.ASKS[kind]],
                key=request.form.get("k", "") if typed and typed.step == kind else new_id(),
            )
            for kind in offered
            if all(choices[ask.of] for ask in forms.ASKS[kind] if ask.of) or (typed and typed.step == kind)
        ],
        typed=typed or Typed(),
        asked=asked or {},
        errors=errors or {},
        done=done,
        reasons=list(rules.REASONS.items()),
        kept_until=state.kept_until(seen.state, vault().policy),
        words=words,
        contacts=_contacts(),
        **_about(),
    )


def _row(seen: Seen) -> SimpleNamespace:
    return SimpleNamespace(
        id=seen.case.id,
        number=seen.boxes[0].number,
        received_at=seen.case.received_at,
        stage=words.STAGES[seen.state.stage],
        unopened=len(seen.unopened),
        reports=len(seen.boxes),
        clocks=[
            SimpleNamespace(label=words.CLOCKS[clock.name], due=clock.due, rule=clock.rule, late=clock.due < at())
            for clock in seen.clocks
        ],
        second="nothing" if seen.state.nothing_by else "close" if seen.state.close_by else "",
    )


def _step(one: Any, names: Mapping[str, str], opened: Opened | None) -> SimpleNamespace:
    said = opened.words.get(one.id, {}) if opened else {}
    return SimpleNamespace(
        what=words.KINDS[one.kind],
        who=names.get(one.by_id, "Somebody"),
        at=one.at,
        facts=list(words.facts_of(one.facts, names)),
        words=list(said.values()),
        locked=one.words is not None and opened is None,
    )


def _choices(session: Session, seen: Seen) -> dict[str, dict[str, str]]:
    there = service.readers(session)
    excluded = service.excluded_from(session, seen.case.id)
    investigators = {one.id: one.name for one in there if one.rank == rules.Rank.INVESTIGATOR}
    return {
        "waiting": {kind: words.FACTS[kind] for kind in seen.state.waiting},
        "readers": {one.id: _who(one) for one in there if one.id not in excluded},
        "investigators": {key: name for key, name in investigators.items() if key not in excluded | seen.state.shared},
        "shared": {key: name for key, name in investigators.items() if key in seen.state.shared},
    }


def _names(session: Session) -> dict[str, str]:
    return {one.id: one.name for one in session.query(Reader)}


def _who(one: Reader) -> str:
    return f"{one.name}, {words.RANKS[one.rank].lower()}"


def _numbers(seen: list[Seen]) -> dict[str, str]:
    return {one.case.id: one.boxes[0].number for one in seen}


def _contacts() -> list[tuple[str, str, str]]:
    """To whom a referral goes, by the council's settings: which is often another council (B5)."""
    settings, policy = vault().policy.safeguarding, vault().policy
    adult, child = policy.contact("safeguarding-adult"), policy.contact("safeguarding-child")
    return [
        ("An adult", settings.adult_authority.value, _number(adult)),
        ("A child", settings.child_authority.value, _number(child)),
    ]


def _number(contact: Any) -> str:
    return f"{contact.number}, {contact.hours}" if contact.confirmed else "number not confirmed: ask your council"


def _about() -> dict[str, Any]:
    """What every page of the vault says about itself."""
    alone = current_app.extensions["fv_vault_alone"]
    return {"alone": alone, "demo": vault().demo, "is_lead": principal().role is Role.SAFEGUARDING_LEAD}
