"""`/p/<token>/letters/...`: an involved resident or a panel member reads what they were told, answers, and appeals (R8).

No account, no cookie, no script: each form carries the person's own word, and the page after it is the answer to it.
"""

from datetime import datetime

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import abort

from fieldvisit.breaches import case_acts, case_letters, own_view
from fieldvisit.breaches.case_models import BreachTold
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import CONDUCT
from fieldvisit.register import involved as register
from fieldvisit.register.involved import InvolvedPerson, Line
from fieldvisit.register.involved_routes import entered, send
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, no_cookie, policy

blueprint = Blueprint("involved_letters", __name__)


@register.adds_lines
def lines(session: Session, involved: InvolvedPerson, _when: datetime) -> list[Line]:
    """One for each letter that they were given. Before the first there is none, and nothing that would tell of a case."""
    return [
        Line(
            case_letters.LETTERS[told.letter], "A letter about conduct. You can answer it here.", f"letters/{told.id}",
            "Read it", london_date(told.given_at) if told.given_at else None, is_done=told.letter != "notice",
        )
        for told in case_acts.letters_to(session, "involved", involved.id)
    ]  # fmt: skip


@blueprint.post("/p/<code:token>/letters/<id:told_id>")
@access("involved", "open")
@no_cookie
def letter(token: str, told_id: str) -> Response:
    with entered(token) as (_session, found):
        if isinstance(found, Response):
            return found
    typed, kind, done = Typed(request.form), request.form.get("do", ""), False
    if kind in own_view.FIELDS and typed.key:
        words = typed.text("words", own_view.LONG).replace("\r\n", "\n")
        with database().writing(CONDUCT) as own:
            told = _theirs(own, found, told_id)
            wrong = own_view.say(own, told, kind, words, key=typed.key, at=at(), policy=policy())
        if wrong:
            typed.wrong("words", wrong)
        done = not wrong
    with database().reading(CONDUCT) as own:
        it = own_view.own(own, _theirs(own, found, told_id), at(), policy())
        return send(
            "breaches/involved_letter.html", token, found, status=422 if typed.errors else 200, it=it, now=at(),
            typed=typed if typed.errors else Typed.nothing(), errors=typed.errors, key=new_id(), done=done,
            phone=policy().council.conduct_line.value,
        )  # fmt: skip


def _theirs(own: Session, found: InvolvedPerson, told_id: str) -> BreachTold:
    told = own.get(BreachTold, told_id)
    if told is None or told.given_at is None or told.involved_id != found.id:
        abort(404)
    return told
