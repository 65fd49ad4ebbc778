"""`/office/breaches`: the cases that one sits in, each with its clocks, its steps, and a form for each step that is open.

A case is there for whoever has a seat in it. For everybody else its address is one that was never made (N3).
"""

from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from fieldvisit.breaches import (
    case_acts,
    case_evidence,
    case_forms,
    case_letters,
    case_page,
    case_readers,
    case_words,
    cases,
    evidence_words,
    links,
    receipts,
    totals,
)
from fieldvisit.breaches.case_models import BreachCase, BreachEvidence, BreachTold
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CONDUCT
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.messages.outgoing import NeverError, Outgoing
from fieldvisit.messages.printing import as_pdf
from fieldvisit.register import involved as register
from fieldvisit.register.models import Person
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, log_access, log_read_again, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("breach_cases", __name__)
Answer = str | BaseResponse | tuple[str, int]
SECOND = ("confirmed", "sent_back", "taken_back")  # what is done to what waits for a second person


@blueprint.get("/office/breaches")
@access("breach", "list")
def list_cases() -> Answer:
    case_readers.settle(database(), at(), policy())
    with database().writing(CONDUCT) as own:
        case_readers.seat_outside(own, own.get_one(Person, principal().person_id), at(), policy())
    log_access()
    every, after = request.args.get("show") == "all", request.args.get("after", "")[:32]
    rows, later = case_page.mine(session(), principal().person_id, every, after, policy())
    return page(
        "breaches/cases.html", rows=rows, later=later, first=not after, every=every, now=at(), words=case_words
    )  # fmt: skip


@blueprint.get("/office/breaches/report")
@access("breach", "totals")
def report() -> Answer:
    """A quarter that cannot be read, or that is too young to be counted, is the newest that can."""
    log_access(reason="report")
    newest = totals.newest(at(), policy())
    quarter = totals.quarter_typed(request.args.get("quarter", "")[:8]) or newest
    quarter = min(quarter, newest)
    with database().reading(CONDUCT) as own:
        made = totals.report(totals.counted(own, quarter, principal().person_id), quarter, policy())
    return page("breaches/report.html", report=made, newest=newest, policy=policy())


@blueprint.get("/office/breaches/<id:breach_id>")
@access("breach", "read")
def case(breach_id: str) -> Answer:
    found = cases.find(session(), breach_id) or abort(404)
    log_access(found.id)
    return _page(found.id)


@blueprint.get("/office/breaches/<id:breach_id>/letters/<id:told_id>")
@access("breach", "read")
def letter(breach_id: str, told_id: str) -> Answer:
    found = cases.find(session(), breach_id) or abort(404)
    told = session().get(BreachTold, told_id)
    if told is None or told.case_id != found.id:
        abort(404)
    log_access(found.id, reason="letter")
    try:
        return pdf(told, _address(found, told))
    except NeverError as refused:
        typed = Typed.nothing()
        typed.wrong("", f"This letter cannot be printed here: {refused}")
        return _page(found.id, "", typed), 409


def _address(found: BreachCase, told: BreachTold) -> str:
    with database().reading(CONDUCT) as own:
        who = case_readers.named(own, found.subject_kind, found.subject_id)
    if told.letter == "firm" and who:
        return f"{who.firm}\nBy hand"
    if told.letter == "cih":
        return "Chartered Institute of Housing\nBy hand"
    return f"{who.name}\n{who.address or 'By hand'}" if who else "By hand\nBy hand"


def pdf(told: BreachTold, to: str) -> Response:
    """Raises NeverError where there is no font for it."""
    body = told.body
    if told.involved_id:  # they have no sign-in, and whoever made their word at the office has not this paper
        key = register.key_of_links(current_app.config["SECRET_KEY"])
        body = register.fill_code(f"{body}\n\n{case_acts.BY_LINK}", told.id, key)
    outgoing = Outgoing(told.id, "letter_first_class", to, told.subject, body)
    return as_pdf(outgoing, "letter", told.given_at or at())


@blueprint.get("/office/breaches/<id:breach_id>/evidence/<id:evidence_id>")
@access("breach", "read")
def evidence(breach_id: str, evidence_id: str) -> Answer:
    """Logged, and the record committed, before it is shown (N6)."""
    found = cases.find(session(), breach_id) or abort(404)
    row = session().get(BreachEvidence, evidence_id)
    if row is None or row.case_id != found.id:
        abort(404)
    log_access(found.id, reason=f"evidence {row.kind}")
    with database().reading(CONDUCT) as own:
        shown = case_evidence.show(own, row)
    return page("breaches/evidence.html", case=found, it=shown, evidence_title=evidence_words.title)


@blueprint.post("/office/breaches/<id:breach_id>/<word:step>")
@access("breach", "work")
def work(breach_id: str, step: str) -> Answer:
    """One step. What a rule refuses stands beside the box that can lift it; nothing that was typed is lost.

    Not in the request's own session: two that write would wait for each other.
    """
    if step not in case_forms.STEPS:
        abort(404)
    with database().reading(principal()) as own:
        found = cases.find(own, breach_id) or abort(404)
        state = cases.state_of(own, found.id)
    typed, status = Typed(request.form), 422
    act = case_forms.read(step, typed, state, at(), principal().person_id)
    if act:
        key = typed.key or abort(400)
        try:
            case_acts.do(database(), found.id, act, key=key, by=principal(), policy=policy())
        except RefusedError as refused:
            box = case_forms.BOXES.get(refused.verdict.code, "")
            typed.wrong(f"{step}_{box}" if box else "", refused.verdict.message)
            status = 409
            if step == "seated" and refused.verdict.code == "apart":
                case_acts.note_asked(database(), found.id, principal())
    if typed.errors:
        log_read_again("breach", breach_id)
        return _page(found.id, step, typed), status
    if not _still_there(breach_id):  # the step took the reader's own seat away
        return redirect("/office/breaches", 303)
    with database().reading(CONDUCT) as own:
        done = "proposed" if cases.state_of(own, breach_id).waits(step) else step
    return redirect(f"/office/breaches/{breach_id}?done={done}", 303)


def _still_there(case_id: str) -> bool:
    with database().reading(principal()) as own:
        return cases.find(own, case_id) is not None


def _page(case_id: str, sent: str = "", typed: Typed | None = None) -> str:
    with database().reading(principal()) as own:
        others = [(each.id, each.ref) for each in _others(own, case_id)]
        behind = _behind(own, case_id)
    with database().reading(CONDUCT) as own:
        found = cases.find(own, case_id) or abort(404)
        it = case_page.of_case(own, found, principal().person_id, at(), policy())
        offered = [*it.offered]
        if sent and sent not in offered and sent not in SECOND:
            offered.insert(0, sent)  # somebody was first: what was typed is still there to be read
        done = request.args.get("done", "")
        return page(
            "breaches/case.html", it=it, now=at(), offered=offered, sent=sent, typed=typed or Typed.nothing(),
            nothing=Typed.nothing(), errors=typed.errors if typed else {}, others=others, words=case_words,
            keys=_keys(it, offered, sent, typed),
            done=f"Recorded: {case_words.STEPS[done]}." if done in case_words.STEPS else "",
            evidence_title=evidence_words.title, hows=case_acts.hows_to(it.who),
            actions=range(1, case_forms.ACTIONS + 1),
            asks_when=case_forms.ASKS_WHEN,
            words_of_letter=case_letters.LETTERS, **behind,
        )  # fmt: skip


def _keys(it: case_page.Page, offered: list[str], sent: str, typed: Typed | None) -> dict[str, str]:
    """One for each form; that which was sent keeps its own."""
    kept = typed.key if typed and typed.key else new_id()
    about = typed.text("what", 20) if typed else ""
    keys = {step: kept if step == sent else new_id() for step in offered}
    return keys | {
        act + one.what: kept if (act, one.what) == (sent, about) else new_id()
        for act in SECOND
        for one in (*it.waiting, *it.returned)
    }


def _behind(own: Session, case_id: str) -> dict[str, Any]:
    """What became of the reports behind it, as far as whoever asks reads them too."""
    found = cases.find(own, case_id) or abort(404)
    unread = receipts.unread(own, found.concern_id, principal().person_id) if found.concern_id else []
    reports = links.cases_to_link(own, found)
    return {
        "unread": sorted({one.added_on for one in unread}),
        "reports": reports,
        "report_keys": [new_id() for _ in reports.offers],
    }


def _others(own: Session, case_id: str) -> list[BreachCase]:
    """Of those that whoever asks may see: no more is told of any other."""
    rows, _later = case_page.mine(own, principal().person_id, True, "", policy())
    return [row.case for row in rows if row.case.id != case_id]
