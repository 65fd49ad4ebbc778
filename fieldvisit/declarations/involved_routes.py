"""What an involved resident or a panel member signs or declares by their own link: `/p/<token>/declare/...` (R8).

No account, no cookie, no script: each form carries the person's own word, and the page after it is the answer to it.
"""

from datetime import datetime

from flask import Blueprint, Response, current_app, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import abort

from fieldvisit.db import new_id
from fieldvisit.declarations import board, forms, rules, service, undertakings, words
from fieldvisit.declarations.service import Gift, subject_of_involved
from fieldvisit.declarations.ties import Interest
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import DECLARING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register import involved as register
from fieldvisit.register.involved import InvolvedPerson, Line
from fieldvisit.register.involved_routes import entered, send
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, no_cookie, policy

blueprint = Blueprint("involved_declare", __name__)
WHAT = (*undertakings.KINDS, "gift")


@register.adds_lines
def lines(session: Session, involved: InvolvedPerson, when: datetime) -> list[Line]:
    today = london_date(when)
    found = []
    for standing in undertakings.standings(session, involved.id):
        title, says = words.UNDERTAKINGS[standing.kind]
        due = standing.is_due(today)
        again = "Look at it again" if not due else "Read and sign"
        found.append(
            Line(
                title, says, f"declare/{standing.kind}", again, standing.renew_on or involved.starts_on, is_done=not due
            )
        )
    gift = "Say what you were offered because of this work, also what you refused."
    return [*found, Line("Gifts and hospitality", gift, "declare/gift", "Tell us")]


@blueprint.post("/p/<code:token>/declare/<word:what>")
@access("involved", "open")
@no_cookie
def declare(token: str, what: str) -> Response:
    if what not in WHAT:
        abort(404)
    with entered(token) as (session, found):
        if isinstance(found, Response):
            return found
        typed = Typed(request.form)
        if typed.text("do") != "sign":
            return _form(session, token, found, what, Typed.nothing())
        read = _read_gift(typed) if what == "gift" else _read_signed(session, typed)
        if typed.errors or typed.key is None:
            return _form(session, token, found, what, typed, 422)
    try:
        with database().writing(DECLARING) as writing:
            if isinstance(read, Gift):
                service.declare_gift(
                    writing, subject_of_involved(found), read, key=typed.key, by=None, at=at(), policy=policy()
                )
            else:
                undertakings.sign(
                    writing, found, what, typed.text("name", forms.NAME), agrees=typed.ticked("agrees"), key=typed.key,
                    at=at(), policy=policy(), declared=(read or ()) if what == "conflicts" else (),
                )  # fmt: skip
    except RefusedError as refused:
        typed.wrong(forms.BOXES.get(refused.verdict.code, ""), refused.verdict.message)
        with database().reading(DECLARING) as again:
            return _form(again, token, found, what, typed, 422)
    said = words.OUTCOMES[rules.outcome_of(read.offer, policy()).why] if isinstance(read, Gift) else ""
    return send("declarations/involved_done.html", token, found, what=what, said=said, words=words)


def _read_gift(typed: Typed) -> Gift | None:
    form = forms.read_gift(typed, at())
    if form is None:
        return None
    return Gift(offer=form.offer, what=form.what, offered_at=form.offered_at, giver_name=form.giver_name)


def _read_signed(session: Session, typed: Typed) -> tuple[Interest, ...]:
    """One interest a time is enough for the form; another is another form, and so is what has changed."""
    if not typed.text("type"):
        return ()
    form = forms.read_interest(typed)
    if form is None:
        return ()
    firm = form.firm_id if form.firm_id in dict(board.firms(session)) else None
    return (Interest(type=form.type, who=form.who, what=form.what, begins_on=form.begins_on, firm_id=firm),)


def _form(session: Session, token: str, found: InvolvedPerson, what: str, typed: Typed, status: int = 200) -> Response:
    return send(
        f"declarations/involved_{'gift' if what == 'gift' else 'sign'}.html", token, found, status=status, what=what,
        typed=typed, errors=typed.errors, key=typed.key or new_id(), words=words, text=undertakings.TEXTS.get(what, ""),
        standing=next((each for each in undertakings.standings(session, found.id) if each.kind == what), None),
        interests=undertakings.open_interests(session, found.id), firms=board.firms(session), today=london_date(at()),
        rule=current_app.extensions["fv_policy"].gifts,
    )  # fmt: skip
