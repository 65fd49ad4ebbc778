"""`/p/<token>/letters`: an involved resident or a panel member reads what they were told, answers, and appeals (R8).

No account, no cookie, no script: each form carries the person's own word, and the page after it is the answer to it.
Whoever made that word at the office may know it, so a letter opens with the six characters printed on itself, and the page
that asks for them is there for everybody: it says nothing of whether anybody was written to (N3).
"""

from datetime import datetime

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from fieldvisit.breaches import case_acts, own_view
from fieldvisit.breaches.case_models import BreachTold
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CONDUCT
from fieldvisit.register import involved as register
from fieldvisit.register.involved import InvolvedPerson, Line
from fieldvisit.register.involved_routes import entered, key, send
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, no_cookie, policy

blueprint = Blueprint("involved_letters", __name__)
NOT_OURS = "No letter to you bears those six characters. Look at the paper again, or ring us."


@register.adds_lines_always
def lines(_session: Session, _involved: InvolvedPerson, _when: datetime) -> list[Line]:
    """One and the same for everybody, letter or none."""
    says = "If we wrote to you about conduct, you can read that letter here, and answer it."
    return [Line("A letter that you got from us", says, "letters", "Type its six characters", is_done=False)]


@blueprint.post("/p/<code:token>/letters")
@access("involved", "open")
@no_cookie
def letter(token: str) -> Response:
    typed = Typed(request.form)
    code, kind, done = typed.text("code", 20), request.form.get("do", ""), False
    with entered(token, although_stopped=True) as (session, found):
        if isinstance(found, Response):
            return found
        told_id = _opened(session, found, code)
        if code and told_id is None:
            register.note_wrong(session, found, at())
    if told_id is None:
        return _ask(token, found, NOT_OURS if code else "")
    if kind in own_view.FIELDS and typed.key:
        words = typed.text("words", own_view.LONG).replace("\r\n", "\n")
        with database().writing(CONDUCT) as own:
            told = own.get_one(BreachTold, told_id)
            wrong = own_view.say(own, told, kind, words, key=typed.key, at=at(), policy=policy())
        if wrong:
            typed.wrong("words", wrong)
        done = not wrong
    with database().reading(CONDUCT) as own:
        it = own_view.own(own, own.get_one(BreachTold, told_id), at(), policy())
        return send(
            "breaches/involved_letter.html", token, found, status=422 if typed.errors else 200, it=it, now=at(),
            typed=typed if typed.errors else Typed.nothing(), errors=typed.errors, key=new_id(), done=done,
            phone=policy().council.conduct_line.value, code=code,
        )  # fmt: skip


def _opened(session: Session, found: InvolvedPerson, code: str) -> str | None:
    """The letter of theirs that bears those six characters."""
    theirs = case_acts.letters_to(session, "involved", found.id) if code else ()
    return next((told.id for told in theirs if register.is_code_of(code, told.id, key())), None)


def _ask(token: str, found: InvolvedPerson, problem: str) -> Response:
    return send(
        "breaches/involved_letter_code.html", token, found, status=422 if problem else 200, problem=problem,
        phone=policy().council.conduct_line.value,
    )  # fmt: skip
