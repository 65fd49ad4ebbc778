"""`/conduct/letters`: what somebody was told of a case about themselves, their answer, and their appeal. Nobody else's.

Before a letter was given there is nothing here, and afterwards nothing of who said it. A firm's manager finds what the
firm was told, and has nothing to answer.
"""

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from fieldvisit.breaches import own_view, unread
from fieldvisit.breaches.case_models import BreachTold
from fieldvisit.breaches.case_routes import pdf
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CONDUCT, Role
from fieldvisit.messages.outgoing import NeverError
from fieldvisit.register.models import Person
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, log_access, policy, principal
from fieldvisit.web.render import page

blueprint = Blueprint("conduct_letters", __name__)
Answer = str | Response | tuple[str, int]


@blueprint.get("/conduct/letters")
@access("breach", "own")
def letters() -> Answer:
    who = principal()
    with database().reading(CONDUCT) as own:
        mine = own_view.letters_of(own, "person", who.person_id, at(), policy())
        manages = who.role is Role.CONTRACTOR_MANAGER and who.firm_id
        firms = own_view.firms_letters(own, who.firm_id or "", who.person_id) if manages else ()
        return page("breaches/letters.html", mine=mine, firms=firms, manages=manages, now=at())


@blueprint.get("/conduct/letters/<id:told_id>")
@access("breach", "own")
def letter(told_id: str) -> Answer:
    told = _mine(told_id)
    log_access(told.id, reason=unread.OPENED)
    return _page(told.id, Typed.nothing())


@blueprint.get("/conduct/letters/<id:told_id>/pdf")
@access("breach", "own")
def printed(told_id: str) -> Answer:
    told = _mine(told_id)
    log_access(told.id, reason=unread.OPENED)
    with database().reading(CONDUCT) as own:
        name = own.get_one(Person, principal().person_id).name
    try:
        return pdf(told, f"{name}\nBy hand")
    except NeverError as refused:
        typed = Typed.nothing()
        typed.wrong("", f"This letter cannot be printed here: {refused}")
        return _page(told.id, typed), 409


@blueprint.post("/conduct/letters/<id:told_id>/<word:saying>")
@access("breach", "own")
def say(told_id: str, saying: str) -> Answer:
    """An answer, or an appeal. What is wrong stands beside the box, and what was typed stands in it."""
    told = _mine(told_id)
    if saying not in own_view.FIELDS or told.person_id != principal().person_id:
        abort(404)
    typed = Typed(request.form)
    words, key = typed.text("words", own_view.LONG).replace("\r\n", "\n"), typed.key or new_id()
    with database().writing(CONDUCT) as own:
        wrong = own_view.say(own, own.get_one(BreachTold, told.id), saying, words, key=key, at=at(), policy=policy())
    if wrong:
        typed.wrong("words", wrong)
        return _page(told.id, typed), 422
    return redirect(f"/conduct/letters/{told.id}?done={saying}", 303)


def _mine(told_id: str) -> BreachTold:
    """Through the wall of whoever asks: anybody else's is not there, and neither is one that was not given yet."""
    with database().reading(principal()) as own:
        told = own.get(BreachTold, told_id)
    who = principal()
    mine = told is not None and told.given_at is not None and told.person_id == who.person_id
    firms = told is not None and told.firm_id is not None and told.firm_id == who.firm_id
    if told is None or not (mine or (firms and who.role is Role.CONTRACTOR_MANAGER)):
        abort(404)
    return told


def _page(told_id: str, typed: Typed) -> str:
    with database().reading(CONDUCT) as own:
        found = own_view.own(own, own.get_one(BreachTold, told_id), at(), policy())
        return page(
            "breaches/letter.html", it=found, now=at(), typed=typed, errors=typed.errors, key=typed.key or new_id(),
            mine=found.told.person_id is not None, done=request.args.get("done", "") in own_view.FIELDS,
            phone=policy().council.conduct_line.value,
        )  # fmt: skip
