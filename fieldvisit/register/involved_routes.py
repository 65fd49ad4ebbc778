"""`/p/<token>`: what an involved resident or a panel member must sign, declare or answer. No account, no cookie, no script.

Looking (GET) says nothing of anybody. Their own word, sent with every form, opens the rest, as on `/t`: the page after a
form is the answer to that form. A slice whose lines lead to a page of its own serves it under `/p/<token>/...`, and asks
`entered` first: what comes back is the person, or the answer that turns whoever asks away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, current_app, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import INVOLVED
from fieldvisit.register import involved
from fieldvisit.register.involved import InvolvedPerson, Knock
from fieldvisit.web.access import access, at, database, no_cookie
from fieldvisit.web.render import page

blueprint = Blueprint("involved", __name__)
LONGEST_WORD = 100
_PROBLEMS = {
    Knock.NO_WORD: "Type your word. It is on the paper that we gave you.",
    Knock.WRONG: "That is not your word. Look at our paper again, or ring us.",
}


@blueprint.route("/p/<code:token>", methods=["GET", "HEAD", "POST"])
@access("involved", "open")
@no_cookie
def show(token: str) -> Response:
    if request.method != "POST":
        with database().reading(INVOLVED) as session:
            known = involved.behind(session, token, key(), at()) is not None
        return ask_word(token) if known else call_us()
    with entered(token, although_stopped=True) as (session, found):
        return found if isinstance(found, Response) else _lines(session, token, found)


@contextmanager
def entered(token: str, *, although_stopped: bool = False) -> Iterator[tuple[Session, InvolvedPerson | Response]]:
    """The person whose link and word these are, in a transaction that is kept; or the answer for whoever they are not.

    although_stopped: also whoever takes no part now; they have nothing to sign or to declare, and find their list instead.
    """
    with database().writing(INVOLVED) as session:
        found = involved.knock(session, token, word(), key(), at())
        if not isinstance(found, InvolvedPerson):
            yield session, _turned_away(token, found)
        elif not although_stopped and involved.is_stopped(session, found.id, at()):
            yield session, _lines(session, token, found)
        else:
            yield session, found


def _lines(session: Session, token: str, found: InvolvedPerson) -> Response:
    lines = involved.lines_of(session, found, at())
    stopped = involved.is_stopped(session, found.id, at())
    shown = page(
        "register/involved.html", involved=found, lines=lines, today=london_date(at()), here=here(token), word=word(),
        stopped=stopped,
    )  # fmt: skip
    return _send(shown)


def here(token: str) -> str:
    return f"/p/{token}"


def key() -> bytes:
    return involved.key_of_links(current_app.config["SECRET_KEY"])


def word() -> str:
    return typed().get("word", "")[:LONGEST_WORD]


def typed() -> MultiDict[str, str]:
    try:
        return request.form
    except HTTPException:  # too long, or not a form: nothing was typed that could be a word
        return MultiDict()


def send(template: str, token: str, found: InvolvedPerson, *, status: int = 200, **facts: Any) -> Response:
    """A page of another slice for this person. It carries the word on: `ui.forms.hidden("word", word)` in each form."""
    return _send(page(template, involved=found, here=here(token), word=word(), **facts), status)


def ask_word(token: str, problem: str = "", status: int = 200) -> Response:
    return _send(page("register/involved_word.html", here=here(token), problem=problem), status)


def call_us(status: int = 200) -> Response:
    """Guessed, over, never made: one page, whatever the reason."""
    return _send(page("register/involved_call_us.html", wait=status == 429), status)


def _turned_away(token: str, why: Knock) -> Response:
    if why is Knock.WAIT:
        return call_us(429)
    return call_us() if why is Knock.NOBODY else ask_word(token, _PROBLEMS[why], 422)


def _send(body: str, status: int = 200) -> Response:
    return Response(body, status, mimetype="text/html")
