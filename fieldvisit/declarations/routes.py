"""`/declare`: what somebody was offered or has an interest in, and what became of it. For everybody who signs in.

What is written is written as the declaring itself (`DECLARING`), once it is known that whoever asks may.
"""

from collections.abc import Callable

from flask import Blueprint, abort, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldvisit.audit.service import note_access
from fieldvisit.db import new_id
from fieldvisit.declarations import board, forms, interests, rules, service, ties, words
from fieldvisit.declarations.models import Declaration
from fieldvisit.declarations.service import Gift
from fieldvisit.declarations.ties import Interest
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import DECLARING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.visits.models import Visit
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, policy, principal
from fieldvisit.web.render import page

field = Blueprint("declare", __name__)
Answer = str | Response | tuple[str, int]
STEPS = ("given_back", "same", "changed", "over")


@field.get("/declare")
@access("declaration", "own")
def own_list() -> Answer:
    visit = request.args.get("visit", "")[:32]
    with database().reading(principal()) as session:
        found = board.own(session, principal().person_id)
        visit_id = visit if _visit_of(session, visit) else ""
    done = request.args.get("done", "")
    return page(
        "declarations/own.html", found=found, words=words, visit=visit_id, today=london_date(at()), policy=policy(),
        done=words.OUTCOMES.get(done) or ("It is on record." if done == "interest" else ""), is_due=interests.is_due,
    )  # fmt: skip


# --- a gift -------------------------------------------------------------------------------------------------------


@field.get("/declare/gift")
@access("declaration", "own")
def gift_form() -> Answer:
    with database().reading(principal()) as session:
        visit = _visit_of(session, request.args.get("visit", "")[:32])
        already = {"visit": visit.id, "giver": "tenant"} if visit else {}
        return _gift_page(session, Typed.nothing(**already))


@field.post("/declare/gift")
@access("declaration", "own")
def gift() -> Answer:
    typed = Typed(request.form)
    form = forms.read_gift(typed, at())
    if form is None:
        return _again(_gift_page, typed), 422
    key, who = typed.key or abort(400), principal().person_id
    with database().reading(principal()) as seeing:
        visit = _visit_of(seeing, typed.text("visit", 32))
        firm = form.firm_id if form.firm_id in dict(board.firms(seeing)) else None
    given = Gift(
        offer=form.offer, what=form.what, offered_at=form.offered_at, giver_name=form.giver_name,
        giver_firm_id=firm if form.offer.giver == "supplier" else None, visit_id=visit.id if visit else None,
        home_id=visit.home_id if visit and form.offer.giver == "tenant" else None,
    )  # fmt: skip
    try:
        with database().writing(DECLARING) as session:
            subject = service.subject_of(session, who, given.visit_id, at())
            made = service.declare_gift(session, subject, given, key=key, by=who, at=at(), policy=policy())
            note_access(session, principal(), "declaration", "own", object_id=made.id, reason="gift", at=at())
    except RefusedError as refused:
        typed.wrong(forms.BOXES.get(refused.verdict.code, ""), refused.verdict.message)
        return _again(_gift_page, typed), 422
    return redirect(f"/declare?done={rules.outcome_of(form.offer, policy()).why}", 303)


def _gift_page(session: Session, typed: Typed) -> str:
    return page(
        "declarations/gift.html", typed=typed, errors=typed.errors, key=typed.key or new_id(), words=words,
        firms=board.firms(session), rule=policy().gifts, limit=rules.say_pence(policy().gifts.limit_pence.value),
    )  # fmt: skip


# --- an interest --------------------------------------------------------------------------------------------------


@field.get("/declare/interest")
@access("declaration", "own")
def interest_form() -> Answer:
    with database().reading(principal()) as session:
        visit = _visit_of(session, request.args.get("visit", "")[:32])
        return _interest_page(session, Typed.nothing(**({"visit": visit.id} if visit else {})))


@field.post("/declare/interest")
@access("declaration", "own")
def interest() -> Answer:
    typed = Typed(request.form)
    form = forms.read_interest(typed)
    if form is None:
        return _again(_interest_page, typed), 422
    key, who = typed.key or abort(400), principal().person_id
    with database().reading(principal()) as seeing:
        visit = _visit_of(seeing, typed.text("visit", 32))
        firm = form.firm_id if form.firm_id in dict(board.firms(seeing)) else None
    # A tie to the household of the visit keeps the worker from it at once; any other interest that came up there does not.
    home_id = visit.home_id if visit and typed.ticked("this_home") else None
    declared = Interest(
        type=form.type, who=form.who, what=form.what, begins_on=form.begins_on, firm_id=firm, home_id=home_id,
        visit_id=visit.id if visit else None,
    )  # fmt: skip
    try:
        with database().writing(DECLARING) as session:
            subject = service.subject_of(session, who, declared.visit_id, at())
            made = ties.declare(session, subject, declared, key=key, by=who, at=at(), policy=policy())
            note_access(session, principal(), "declaration", "own", object_id=made.id, reason="interest", at=at())
    except RefusedError as refused:
        typed.wrong(forms.BOXES.get(refused.verdict.code, ""), refused.verdict.message)
        return _again(_interest_page, typed), 422
    return redirect("/declare?done=interest", 303)


def _interest_page(session: Session, typed: Typed) -> str:
    return page(
        "declarations/interest.html", typed=typed, errors=typed.errors, key=typed.key or new_id(), words=words,
        firms=board.firms(session),
    )  # fmt: skip


# --- one of one's own ---------------------------------------------------------------------------------------------


@field.get("/declare/<id:declaration_id>")
@access("declaration", "own")
def own_one(declaration_id: str) -> Answer:
    with database().reading(principal()) as session:
        return _own_page(session, declaration_id, Typed.nothing())


@field.post("/declare/<id:declaration_id>/<word:step>")
@access("declaration", "own")
def own_step(declaration_id: str, step: str) -> Answer:
    with database().reading(principal()) as seeing:
        if step not in STEPS or _own(seeing, declaration_id) is None:
            abort(404)
    typed, who = Typed(request.form), principal().person_id
    text = typed.words("evidence" if step == "given_back" else "what", most=forms.LONG)
    if step == "changed" and not text:
        typed.wrong("what", "Say what has changed.")
    how = (typed.choice("how", rules.GIVEN_BACK, "Say what became of it.") or "") if step == "given_back" else ""
    if typed.errors:
        return _again(lambda session, again: _own_page(session, declaration_id, again, step), typed), 422
    key = typed.key or abort(400)
    try:
        with database().writing(DECLARING) as session:
            declared = service.lock(session, declaration_id) or abort(404)
            if step == "given_back":
                service.give_back(session, declared, how, text, key=key, by=who, at=at(), policy=policy())
            else:
                ties.say_again(session, declared, step, text, key=key, by=who, at=at(), policy=policy())
            note_access(session, principal(), "declaration", "own", object_id=declaration_id, reason=step, at=at())
    except RefusedError as refused:
        typed.wrong(forms.BOXES.get(refused.verdict.code, ""), refused.verdict.message)
        return _again(lambda session, again: _own_page(session, declaration_id, again, step), typed), 409
    return redirect(f"/declare/{declaration_id}", 303)


def _own_page(session: Session, declaration_id: str, typed: Typed, step: str = "") -> str:
    found = _own(session, declaration_id) or abort(404)
    return page(
        "declarations/own_one.html", it=board.case_of(session, found, principal()), typed=typed, errors=typed.errors,
        step=step, key=typed.key or new_id(), words=words, say_pence=rules.say_pence, today=london_date(at()),
        is_due=interests.is_due,
    )  # fmt: skip


def _own(session: Session, declaration_id: str) -> Declaration | None:
    found = board.find(session, declaration_id)
    return found if found and found.person_id == principal().person_id else None


def _again(show: Callable[[Session, Typed], str], typed: Typed) -> str:
    with database().reading(principal()) as session:
        return show(session, typed)


def _visit_of(session: Session, visit_id: str) -> Visit | None:
    """The visit that this came up at, where whoever asks may see it."""
    return session.scalars(select(Visit).where(Visit.id == visit_id)).first() if visit_id else None
