"""`/office/hazards`: the board of hazards, a case with its clocks and steps, and a form for each step that is open."""

from flask import Blueprint, Response, abort, current_app, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from fieldvisit.db import new_id
from fieldvisit.ground.roles import may_ever
from fieldvisit.ground.sheet import sheet
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.hazards import board, forms, report, rules, sending, service, words
from fieldvisit.hazards.clocks import clocks
from fieldvisit.hazards.models import Hazard
from fieldvisit.hazards.summary import advice_on, first_text, headings_of
from fieldvisit.messages.outgoing import NeverError, Outgoing
from fieldvisit.messages.printing import as_pdf
from fieldvisit.register.models import Home
from fieldvisit.register.same import same_ids
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, log_access, log_read_again, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("hazards", __name__)
Answer = str | BaseResponse | tuple[str, int]
SUMMARIES = ("summary_written", "summary_sent")


@blueprint.get("/office/hazards")
@access("hazard", "list")
def list_hazards() -> Answer:
    log_access()
    every, after = request.args.get("show") == "all", request.args.get("after", "")[:32]
    rows, later = board.page_of(session(), every, after, policy())
    return page(
        "hazards/board.html", rows=rows, later=later, first=not after, every=every, now=at(), words=words,
        label=_label, may_tell=may_ever(principal(), "hazard", "tell"),
    )  # fmt: skip


@blueprint.get("/office/hazards/report")
@access("hazard", "list")
def month() -> Answer:
    """A month that cannot be read is this one."""
    log_access(reason="report")
    made = _report()
    return page(
        "hazards/report.html", report=made, now=at(), label=_label, results=report.RESULTS,
    )  # fmt: skip


@blueprint.get("/office/hazards/report.csv")
@access("hazard", "list")
def month_csv() -> Answer:
    log_access(reason="report.csv")
    made = _report()
    headers = {"Content-Disposition": f'attachment; filename="hazards-{made.month}.csv"'}
    return Response(sheet(report.rows_of(made, _label)), mimetype="text/csv", headers=headers)


def _report() -> report.Report:
    wanted = report.month_typed(request.args.get("month", "")[:10]) or report.month_of(at())
    return report.report(board.known_in(session(), wanted, policy()), wanted, at(), policy())


@blueprint.get("/office/hazards/<id:hazard_id>")
@access("hazard", "read")
def case(hazard_id: str) -> Answer:
    found = board.find(session(), hazard_id) or abort(404)
    log_access(found.id)
    return _page(session(), found)


@blueprint.get("/office/homes/<id:home_id>/hazards/new")
@access("hazard", "work")
def new(home_id: str) -> Answer:
    home = board.home_of(session(), principal(), home_id) or abort(404)
    log_access(home.id, reason="new")
    return _new_page(session(), home, Typed.nothing())


@blueprint.post("/office/homes/<id:home_id>/hazards/new")
@access("hazard", "work")
def open_one(home_id: str) -> Answer:
    home = board.home_of(session(), principal(), home_id) or abort(404)
    typed = Typed(request.form)
    body, said, aware_at = forms.read_report(typed, _names(), at())
    if aware_at > at():
        typed.wrong("new_on", "That is in the future. Say when it was seen or reported.")
    if typed.errors:
        return _new_page(session(), home, typed), 422
    key = typed.key or abort(400)
    opening = service.Opening(
        home=home, cause=f"desk:{key}", aware_at=aware_at, hazard=body["hazard"], at_risk=tuple(body["at_risk"]),
        emergency=body["emergency"], seen=said["seen"], by=principal().person_id,
    )  # fmt: skip
    made = service.open_case(session(), opening, at(), policy())
    log_access(made.id, reason="opened")
    return redirect(f"/office/hazards/{made.id}?done=opened", 303)


@blueprint.get("/office/hazards/<id:hazard_id>/summary.pdf")
@access("hazard", "read")
def summary_pdf(hazard_id: str) -> Answer:
    """The newest summary that is on record, to be printed and handed over."""
    found = board.find(session(), hazard_id) or abort(404)
    log_access(found.id, reason="summary")
    text = board.last_summary(session(), found.id) or abort(404)
    try:
        return _pdf(session(), found, text)
    except NeverError as refused:
        typed = Typed.nothing()
        typed.wrong("", f"This summary cannot be printed here: {refused}")
        return _page(session(), found, "", typed), 409


def _pdf(of: Session, found: Hazard, text: str) -> Response:
    """Raises NeverError where there is no font for it."""
    to, subject = sending.letter_to(of, found, at()), sending.subject_of(found, policy())
    look, headings = sending.look_of(of, found, "letter"), headings_of(text)
    outgoing = Outgoing(found.id, "letter_first_class", to, subject, text, look=look, headings=headings)
    return as_pdf(outgoing, f"summary-{found.ref}", at())


@blueprint.post("/office/hazards/<id:hazard_id>/<word:step>")
@access("hazard", "work")
def work(hazard_id: str, step: str) -> Answer:
    """One step of the case. A refusal stands beside the box that can lift it; nothing that was typed is lost."""
    found = service.lock(session(), hazard_id) or abort(404)
    if step not in forms.STEPS:
        abort(404)
    typed, status = Typed(request.form), 422
    if typed.text("do") == "pdf" and step in SUMMARIES:
        return _look_first(found, step, typed)
    read = forms.read_step(step, typed, _names(), at(), principal().person_id)
    if read:
        key = typed.key or abort(400)
        try:
            does = sending.send if step == "summary_written" else service.act
            does(session(), found, *read, key=key, at=at(), policy=policy())
        except RefusedError as refused:
            box = forms.BOXES.get(refused.verdict.code, "")
            typed.wrong(f"{step}_{box}" if box else "", refused.verdict.message)
            status = 409
    if typed.errors:
        session().rollback()
        return _page_again(hazard_id, step, typed), status
    log_access(hazard_id, reason=step)
    return redirect(f"/office/hazards/{hazard_id}?done={step}", 303)


def _look_first(found: Hazard, step: str, typed: Typed) -> Answer:
    """What was typed, as it will be printed. Nothing is recorded."""
    text = forms.read_summary(typed, step)
    if not typed.errors:
        try:
            return _pdf(session(), found, text)
        except NeverError as refused:
            typed.wrong(f"{step}_summary", f"This cannot be printed here: {refused}")
    hazard_id = found.id
    session().rollback()
    return _page_again(hazard_id, step, typed), 422


def _page_again(hazard_id: str, step: str, typed: Typed) -> str:
    log_read_again("hazard", hazard_id)
    return _page(session(), board.find(session(), hazard_id) or abort(404), step, typed)


def _page(of: Session, found: Hazard, sent: str = "", typed: Typed | None = None) -> str:
    it = board.case_of(of, found, policy())
    mine = same_ids(of, [principal().person_id])
    may_do = rules.offered(it.state, policy(), principal().person_id, mine)
    offered = [step for step in words.OFFERS if step in may_do]
    if sent and sent not in offered:
        offered.insert(0, sent)  # another officer was first: what was typed is still there to be read
    done = request.args.get("done", "")
    return page(
        "hazards/case.html",
        it=it,
        photos=board.photos_of(of, found.visit_id, current_app.extensions["fv_enclosed"]),
        now=at(),
        offered=offered,
        sent=sent,
        typed=typed or Typed.nothing(),
        nothing=Typed.nothing(),
        errors=typed.errors if typed else {},
        keys={step: (typed.key if typed and step == sent and typed.key else new_id()) for step in offered},
        done="The case is open."
        if done == "opened"
        else words.STEPS.get(done, "") and f"Recorded: {words.STEPS[done]}.",
        words=words,
        label=_label,
        hazards=[(each.name, each.label) for each in policy().hazards],
        says=[(code, rules.SAYS[code]) for code in rules.content_of(it.state)],
        ways=[
            (way.channel, words.SENT_BY[way.channel], sending.goes_to(of, found, way.channel, at()))
            for way in sending.ways(of, found, at())
        ],
        by_hand=[one.name for one in sending.by_hand(of, found, at())],
        advice=advice_on(found.hazard),
        has_summary=board.last_summary(of, found.id) is not None,
        first_text=first_text(it.state, found.ref, found.home.address, clocks(it.state, policy()), policy()),
    )


def _new_page(of: Session, home: Home, typed: Typed) -> str:
    return page(
        "hazards/new.html",
        home=home,
        typed=typed,
        errors=typed.errors,
        key=typed.key or new_id(),
        words=words,
        hazards=[(each.name, each.label) for each in policy().hazards],
        do_first=[(policy().contact(code), what) for code, what in words.DO_FIRST.items()],
    )


def _names() -> tuple[str, ...]:
    return tuple(each.name for each in policy().hazards)


def _label(name: str) -> str:
    return policy().hazard(name).label if name else "A hazard to be described"
