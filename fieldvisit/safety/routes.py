"""`/office/safety`: who is where and who is late, one watch and what may be done; `/safety`: a worker's own page (D10).

Whatever word is given, by a phone or to the desk, the answer is one page, made of the same bytes.
"""

from typing import Any

from flask import Blueprint, abort, current_app, jsonify, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldvisit.audit.service import note_access
from fieldvisit.db import new_id
from fieldvisit.ground.roles import WATCHING, Role, may_ever
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.models import Person
from fieldvisit.safety import board, buddies, incidents, rules, service, words
from fieldvisit.safety.models import Watch
from fieldvisit.safety.state import LIVE, Deed, Stage, lengths_of
from fieldvisit.visits.models import Visit
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.visits.state import ENDED
from fieldvisit.web.access import (
    access,
    at,
    database,
    for_script,
    log_access,
    log_read_again,
    policy,
    principal,
    session,
)
from fieldvisit.web.render import page

desk = Blueprint("safety", __name__)
field = Blueprint("own_safety", __name__)
Answer = str | Response | tuple[str, int]
LONG = 1000  # letters of a reason

# Where the refusal of a rule is shown: beside the box that can lift it.
_BOXES = {"no-reason": "reason", "no-word": "word"}


# --- the board ----------------------------------------------------------------------------------------------------


@desk.get("/office/safety")
@access("watch", "list")
def list_watches() -> Answer:
    log_access()
    rows = board.board_of(database(), session(), principal(), at(), policy())
    owed = incidents.open_ones(session(), at()) if principal().role is Role.OFFICER else []
    return page(
        "safety/board.html", fragment="watches", rows=rows,
        more=board.more_than_shown(session(), principal(), at()), now=at(), words=words, late_for=board.late_for,
        incidents=owed, calls=words.say_who_is_called(_ways_out(), policy()),
        done=words.DONE.get(request.args.get("done", ""), ""),
        names_buddies=may_ever(principal(), "watch", "buddies") is not None,
    )  # fmt: skip


def _ways_out() -> tuple[str, ...]:
    found: tuple[str, ...] = current_app.extensions["fv_config"].ways_of_sending().ways_out
    return found


@desk.get("/office/safety/<id:watch_id>")
@access("watch", "read")
def one(watch_id: str) -> Answer:
    watch = board.watch_of(session(), principal(), watch_id) or abort(404)
    log_access(watch.id)
    return _page(session(), watch, done=words.DONE.get(request.args.get("done", ""), ""))


@desk.post("/office/safety/<id:watch_id>/<word:act>")
@access("watch", "work")
def work(watch_id: str, act: str) -> Answer:
    """Who may see it is asked as the person; what is done is written as the watch itself, which may settle its tasks."""
    with database().reading(principal()) as seeing:
        if act not in words.OFFERS or board.watch_of(seeing, principal(), watch_id) is None:
            abort(404)
    typed = Typed(request.form)
    reason = typed.words(f"{act}_reason", most=LONG)
    body = _read(act, typed)
    if typed.errors:
        return _again(watch_id, act, typed), 422
    try:
        _act(watch_id, act, typed, reason, body)
    except RefusedError as refused:
        if refused.verdict.code == "not-sure":  # asked once more, which is no mistake
            return _again(watch_id, act, typed, sure=True)
        box = _BOXES.get(refused.verdict.code, "")
        typed.wrong(f"{act}_{box}" if box else "", refused.verdict.message)
        return _again(watch_id, act, typed), 409
    if act == "spoke":
        return redirect(f"/office/safety/{watch_id}/word", 303)
    return redirect(f"/office/safety/{watch_id}?done={act}", 303)


def _read(act: str, typed: Typed) -> dict[str, Any]:
    if act == "called":
        whom = typed.choice("called_whom", words.WHOM, "Choose whom you rang.")
        answered = typed.choice("called_answered", ("yes", "no"), "Say whether they answered.")
        return {"whom": whom, "answered": answered == "yes"}
    if act == "decided":
        return {"what": typed.choice("decided_what", words.DECISIONS, "Choose one.")}
    return {}


def _act(watch_id: str, act: str, typed: Typed, reason: str, body: dict[str, Any]) -> None:
    """The word that was said is compared here and goes no further."""
    key, word = typed.key or abort(400), typed.text("spoke_word", rules.LONGEST_WORD)
    with database().writing(WATCHING) as writing:
        watch, has_words = service.lock(writing, watch_id) or abort(404), True
        if act == "spoke":
            judged = service.judge_word(writing, watch.person_id, word)
            has_words, body = judged != "none", {"word": judged, "from": "desk"}
        deed = Deed(act, at(), at(), principal().person_id, body)
        service.act(
            writing, watch, deed, reason=reason, has_words=has_words, word_said=bool(word), key=key, policy=policy(),
            sure=typed.ticked("sure"),
        )  # fmt: skip
        note_access(writing, principal(), "watch", "work", object_id=watch_id, reason=act, at=at())


@desk.get("/office/safety/<id:watch_id>/word")
@access("watch", "read")
def heard(watch_id: str) -> Answer:
    """After a word was given. It says nothing of the word: somebody may be listening, at either end."""
    watch = board.watch_of(session(), principal(), watch_id) or abort(404)
    log_access(watch.id, reason="word")
    return page("safety/heard.html", watch_id=watch.id)


def _again(watch_id: str, act: str, typed: Typed, *, sure: bool = False) -> str:
    log_read_again("watch", watch_id)
    watch = board.watch_of(session(), principal(), watch_id) or abort(404)
    return _page(session(), watch, act, typed, sure=sure)


def _page(
    of: Session, watch: Watch, sent: str = "", typed: Typed | None = None, *, sure: bool = False, done: str = ""
) -> str:
    it = board.one_of(database(), of, watch, principal(), at(), policy())
    offered = [act for act in words.OFFERS if _could(act, it) or act == sent]
    return page(
        "safety/watch.html", it=it, ways=_ways_out(), now=at(), words=words, late_for=board.late_for, offered=offered, sent=sent,
        typed=typed or Typed.nothing(), nothing=Typed.nothing(), errors=typed.errors if typed else {}, sure=sure,
        done=done, may_report=principal().role is Role.OFFICER,
        keys={act: (typed.key if typed and act == sent and typed.key else new_id()) for act in offered},
    )  # fmt: skip


_ENOUGH = "x" * rules.LEAST_REASON  # stands for a reason, where the page asks whether anything else would refuse


def _could(act: str, it: board.One) -> bool:
    verdict = rules.may(act, it.row.state, reason=_ENOUGH, has_words=it.has_words, word="said", sure=True)
    return bool(verdict) or verdict.code == "not-called"


_CALM = (Stage.ACTIVE, Stage.DUE, Stage.SAFE)


# --- a worker's own page ------------------------------------------------------------------------------------------


@field.get("/safety")
@access("watch", "own")
def own() -> Answer:
    return _own_page(Typed.nothing())


@field.get("/safety/<id:visit_id>/watching")
@access("watch", "own")
@for_script
def watching(visit_id: str) -> Response:
    """What the phone may say, and only because this answered: a sentence, and whether somebody watches."""
    me = principal().person_id
    with database().reading(WATCHING) as reading:
        mine = reading.scalars(select(Watch).where(Watch.person_id == me, Watch.visit_id == visit_id)).all()
        seen = list(service.phone_sees(reading, mine, at(), policy()).values())
        buddy = buddies.named_by(reading, [me]).get(me)
        over = _is_over(reading.get(Visit, visit_id))
    state = seen[0] if seen and seen[0].live else None
    says = words.to_the_phone(state, over=over)
    if state is not None and buddy is not None:
        says += " " + words.say_buddy(buddy.name, called=words.reaches(_ways_out(), buddy.email, buddy.phone))
    answer = jsonify({"watched": state is not None and state.stage in _CALM, "says": says})
    answer.headers["X-FieldVisit-Proto"] = "1"
    return answer


def _is_over(visit: Visit | None) -> bool:
    return visit is not None and visit.stage in ENDED


@field.post("/safety/words")
@access("watch", "own")
def choose() -> Answer:
    typed = Typed(request.form)
    safe = typed.words("safe", "Choose your word for: I am all right.", rules.LONGEST_WORD)
    duress = typed.words("duress", "Choose your word for: I am not free to speak.", rules.LONGEST_WORD)
    if not typed.errors:
        try:
            with database().writing(WATCHING) as writing:
                service.choose_words(writing, principal().person_id, safe, duress, at())
        except RefusedError as refused:
            typed.wrong("safe", refused.verdict.message)
    if typed.errors:
        return _own_page(typed), 422
    log_access(principal().person_id, reason="words")
    return redirect("/safety?done=words", 303)


@field.post("/safety/<id:watch_id>/word")
@access("watch", "own")
def say(watch_id: str) -> Answer:
    """One answer to every word, in the same time: two digests are worked out, one line is written, one tick wished."""
    typed = Typed(request.form)
    word = typed.text(f"w{watch_id}", rules.LONGEST_WORD)
    try:
        with database().writing(WATCHING) as writing:
            watch = service.lock(writing, watch_id)
            if watch is None or watch.person_id != principal().person_id:
                abort(404)
            service.said_by_phone(writing, watch, word, typed.key or abort(400), at(), policy())
    except RefusedError as refused:
        typed.wrong("safe", refused.verdict.message)
        return _own_page(typed), 409
    log_access(watch_id, reason="word")
    return redirect("/safety?done=word", 303)


@field.post("/safety/<id:watch_id>/out")
@access("watch", "own")
def out(watch_id: str) -> Answer:
    """Each worker of a visit says it for themselves: whoever closed it has seen the other or has not."""
    with database().writing(WATCHING) as writing:
        watch = service.lock(writing, watch_id)
        if watch is None or watch.person_id != principal().person_id:
            abort(404)
        service.out_by_phone(writing, watch, Typed(request.form).key or new_id(), at(), policy())
    log_access(watch_id, reason="out")
    return redirect("/safety?done=out", 303)


_OWN_DONE = {
    "out": "The office knows that you are out.",
    "words": "Your words are set. Tell nobody, and write them nowhere.",
    "word": "The office has your word. If it is not one of yours, they ring you.",
    "buddy": "Saved. Tell your buddy that you have named them.",
}


def _own_page(typed: Typed) -> str:
    me = principal().person_id
    with database().reading(WATCHING) as reading:
        live = Watch.stage.in_((*LIVE, Stage.ENDED))
        mine = reading.scalars(
            select(Watch).where(Watch.person_id == me, live).order_by(Watch.opened_at.desc()).limit(5)
        ).all()
        seen = service.phone_sees(reading, mine, at(), policy())
        visits = reading.scalars(select(Visit).where(Visit.id.in_({watch.visit_id for watch in mine})))
        there = {visit.id: (visit.ref, _is_over(visit)) for visit in visits}
        set_at = service.words_set_at(reading, [me]).get(me)
        myself, named = reading.get_one(Person, me), buddies.named_by(reading, [me]).get(me)
        choices = [(one.id, one.name) for one in buddies.who_may_be(reading, myself, at())]
        wards = [(one.person.name, one.person.phone, one.late) for one in buddies.wards_of(reading, me, at(), policy())]
    return page(
        "safety/own.html", page_id="safety", buddy=named.id if named else "", buddy_name=named.name if named else "",
        choices=choices, wards=wards, called=bool(_ways_out()),
        watches=[(watch.id, *there[watch.visit_id], seen[watch.id]) for watch in mine if seen[watch.id].live],
        keys={watch.id: new_id() for watch in mine}, now=at(), warn=lengths_of(policy()).warn, set_at=set_at,
        says=words.to_the_phone,
        typed=typed, errors=typed.errors, done=_OWN_DONE.get(request.args.get("done", ""), ""),
    )  # fmt: skip
