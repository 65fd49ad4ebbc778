"""`/office/complaints`: what runs out first, receiving one, one complaint with a form for each step, and the figures."""

from dataclasses import replace

from flask import Blueprint, Response, abort, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from fieldvisit import conduct
from fieldvisit.complaints import board, forms, offers, report, sending, service, words
from fieldvisit.complaints.forms import Read
from fieldvisit.complaints.heard import identity
from fieldvisit.complaints.letters import PARTS, SET_AS_HEADINGS, subject_of
from fieldvisit.complaints.models import Complaint, deals_with_some
from fieldvisit.complaints.rules import Heard
from fieldvisit.complaints.sending import Typed as TypedLetter
from fieldvisit.complaints.state import HANDED_BY, Deed
from fieldvisit.complaints.whom import reach_of
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.references import Kind, typed_as
from fieldvisit.ground.sheet import sheet
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.messages.outgoing import NeverError, Outgoing
from fieldvisit.messages.printing import as_pdf
from fieldvisit.register.models import Home
from fieldvisit.visits.plan_forms import Typed, spaced_postcode
from fieldvisit.web.access import access, at, log_access, log_read_again, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("complaints", __name__)
Answer = str | BaseResponse | tuple[str, int]


@blueprint.get("/office/complaints")
@access("complaint", "list")
def list_complaints() -> Answer:
    called = request.args.get("called", "")[:24].strip()
    if called and (found := board.called(session(), called)):
        return redirect(f"/office/complaints/{found.id}")
    log_access()
    show, after = request.args.get("show", "open"), request.args.get("after", "")[:32]
    if show not in board.FILTERS:
        show = "open"
    rows, later = board.page_of(session(), show, after, policy())
    return page(
        "complaints/board.html", rows=rows, later=later, first=not after, show=show, filters=board.FILTERS,
        counts=board.counts(session()), now=at(), words=words, called=called,
    )  # fmt: skip


# --- receiving one ------------------------------------------------------------------------------------------------


@blueprint.get("/office/complaints/new")
@access("complaint", "make")
def new() -> Answer:
    """From a home's page, that home is filled in."""
    home = board.home_of(session(), principal(), request.args.get("home", "")[:32])
    if home is None:
        return _new_page(Typed.nothing())
    log_access(home.id, reason="new")
    return _new_page(Typed.nothing(new_postcode=home.postcode, new_house=home.address_line))


@blueprint.post("/office/complaints/new")
@access("complaint", "make")
def receive() -> Answer:
    """Any officer who hears of one writes it down; who has no duty for it never reads it again (ME-8.1d2)."""
    typed = Typed(request.form)
    read = forms.read_new(typed, tuple(each.name for each in policy().hazards), at())
    home = _home_typed(typed, read)
    visit = board.visit_called(session(), read.visit) if read.visit else None
    if read.visit and visit is None:
        typed.wrong("new_visit", "There is no such visit. Check its letters, or leave this empty.")
    if read.hazard and home is None:
        typed.wrong("new_postcode", "A hazard is in a home: say in which.")
    if typed.errors:
        return _new_page(typed), 422
    key = typed.key or abort(400)
    heard = Heard(
        cause="", channel=read.channel, heard_at=read.heard_at, words=read.words, wants=read.wants,
        complainant_name=read.name, complainant_contact=read.contact, safe_to_contact=read.safe,
        representative=read.representative, authority=read.authority,
        home_id=home.id if home else None, visit_id=visit.id if visit else None,
        about_conduct=read.conduct, hazard=read.hazard, hazard_seen=read.hazard_seen, wanted=read.wanted,
        handler_is=principal().person_id, about_person_id=_person(typed, read.person),
    )  # fmt: skip
    if typed.errors:
        return _new_page(typed), 422
    heard = replace(heard, cause=f"desk:{identity(key, heard)}")
    made = service.receive(session(), heard, by=principal(), at=at(), policy=policy())
    if read.conduct:
        conduct.report(session(), _reported(made, heard, home))
    log_access(made.id, reason="received")
    if deals_with_some(principal()) and board.find(session(), made.id):
        return redirect(f"/office/complaints/{made.id}?done=received", 303)
    return redirect(f"/office/complaints/new?kept={made.ref}", 303)


def _reported(made: Complaint, heard: Heard, home: Home | None) -> conduct.Reported:
    return conduct.Reported(
        cause=f"complaint:{made.id}", heard_at=heard.heard_at, words=heard.words, subject_id=heard.about_person_id,
        home_id=heard.home_id, visit_id=heard.visit_id, area_id=home.area_id if home else None, told_by_id=principal().person_id,
    )  # fmt: skip


def _home_typed(typed: Typed, read: forms.NewForm) -> Home | None:
    """One that can be told from others, or none. What is ambiguous is asked again."""
    if not (read.postcode or read.house):
        return None
    found = board.home_at(session(), principal(), spaced_postcode(read.postcode), read.house)
    if len(found) == 1:
        return found[0]
    said = (
        "There is no such home in your areas."
        if not found
        else "More than one home fits. Write its first line as well."
    )
    typed.wrong("new_house" if found else "new_postcode", said)
    return None


def _person(typed: Typed, chosen: str) -> str | None:
    if chosen and chosen not in dict(board.everybody(session())):
        typed.wrong("new_person", "Choose one from the list.")
    return chosen or None


def _new_page(typed: Typed) -> str:
    kept = request.args.get("kept", "")
    return page(
        "complaints/new.html", typed=typed, errors=typed.errors, key=typed.key or new_id(), words=words,
        hazards=[*((each.name, each.label) for each in policy().hazards), ("unknown", "Not known yet which")],
        people=board.everybody(session()), kept="".join(typed_as(Kind.COMPLAINT, kept)[:1]),
        danger=policy().contact("danger"), reads=deals_with_some(principal()),
    )  # fmt: skip


# --- one complaint ------------------------------------------------------------------------------------------------


@blueprint.get("/office/complaints/<id:complaint_id>")
@access("complaint", "read")
def case(complaint_id: str) -> Answer:
    found = board.find(session(), complaint_id) or abort(404)
    log_access(found.id)
    return _page(session(), found)


@blueprint.get("/office/complaints/<id:complaint_id>/letters/<id:step_id>.pdf")
@access("complaint", "read")
def letter(complaint_id: str, step_id: str) -> Answer:
    """A letter that is on record, word for word."""
    found = board.find(session(), complaint_id) or abort(404)
    log_access(found.id, reason="letter")
    text = service.words_of(session(), found.id).get(step_id, {}).get("letter") or abort(404)
    step = next(each for each in service.steps_of(session(), [found.id])[found.id] if each.id == step_id)
    try:
        return _pdf(session(), found, step.body.get("letter", ""), text)
    except NeverError as refused:
        typed = Typed.nothing()
        typed.wrong("", f"This letter cannot be printed here: {refused}")
        return _page(session(), found, "", typed), 409


def _pdf(of: Session, found: Complaint, letter: str, text: str) -> Response:
    """Raises NeverError where there is no font for it."""
    to = sending.letter_to(of, found, at())
    look = sending.look_of(of, found, "letter")
    subject = subject_of(letter, found.ref, policy(), "letter")
    outgoing = Outgoing(found.id, "letter_first_class", to, subject, text, look=look, headings=SET_AS_HEADINGS)
    # To be read here; where there is no address, to be handed over.
    return as_pdf(outgoing, found.ref, at(), by_post=False)


@blueprint.post("/office/complaints/<id:complaint_id>/<word:step>")
@access("complaint", "work")
def work(complaint_id: str, step: str) -> Answer:
    """One step. A refusal stands beside the box that can lift it; nothing that was typed is lost."""
    found = service.lock(session(), complaint_id) or abort(404)
    if step not in forms.STEPS:
        abort(404)
    typed, status = Typed(request.form), 422
    state = service.state_of(session(), complaint_id)
    read = forms.read_step(step, typed, state, tuple(one.code for one in policy().complaint.grounds), at())
    if typed.text("do", 8) == "pdf" and read.letter and not typed.errors:
        return _look_first(found, step, typed, read)
    if not typed.errors:
        key, seen = typed.key or abort(400), typed.text("seen", 6)
        try:
            _does(found, step, read, typed, key, int(seen) if seen.isdecimal() else -1)
        except RefusedError as refused:
            box = forms.BOXES.get(refused.verdict.code, "")
            typed.wrong(f"{step}_{box}" if box else "", refused.verdict.message)
            status = 409
    if typed.errors:
        return _again(complaint_id, step, typed), status
    log_access(complaint_id, reason=step)
    if step == "named" and read.body["person"] == principal().person_id:
        return redirect("/office/complaints", 303)
    return redirect(f"/office/complaints/{complaint_id}?done={step}", 303)


def _does(found: Complaint, step: str, read: Read, typed: Typed, key: str, seen: int) -> None:
    """Raises RefusedError."""
    if read.letter:
        said = TypedLetter(read.words, read.until, read.ground)
        sending.send(
            session(), found, read.letter, read.how, said, by=principal(), key=key, seen=seen, at=at(), happened=read.at,
            policy=policy(),
        )  # fmt: skip
        return
    if step == "placed":
        home = board.home_by_uprn(session(), principal(), read.body["uprn"])
        if home is None:
            typed.wrong("placed_uprn", "There is no such home in your areas.")
            return
        service.place(session(), found, home, by=principal(), key=key, seen=seen, at=at(), policy=policy())
        return
    hands = service.hands_of(session(), found, principal())
    deed = Deed(step, read.at, principal().person_id, read.body)
    service.act(session(), found, deed, read.words, hands=hands, key=key, seen=seen, at=at(), policy=policy())


def _look_first(found: Complaint, step: str, typed: Typed, read: Read) -> Answer:
    """What was typed, as it will be printed. Nothing is recorded."""
    said = TypedLetter(read.words, read.until, read.ground)
    made = sending.draft(session(), found, read.letter, said, at(), policy())
    try:
        return _pdf(session(), found, read.letter, made.text)
    except NeverError as refused:
        typed.wrong("", f"This cannot be printed here: {refused}")
    return _again(found.id, step, typed), 422


def _again(complaint_id: str, step: str, typed: Typed) -> str:
    session().rollback()
    log_read_again("complaint", complaint_id)
    return _page(session(), board.find(session(), complaint_id) or abort(404), step, typed)


def _page(of: Session, found: Complaint, sent: str = "", typed: Typed | None = None) -> str:
    it = board.case_of(of, found, at(), policy())
    hands, person = service.hands_of(of, found, principal()), principal().person_id
    offered = list(offers.offered(it.state, person, hands, policy(), at(), london_date(at())))
    if found.home_id and "placed" in offered:
        offered.remove("placed")
    if sent and sent not in offered:
        offered.insert(0, sent)  # another officer was first: what was typed is still there to be read
    drafts = {
        step: sending.draft(of, found, letter, sending.NOTHING_TYPED, at(), policy(), it.state)
        for step in offered
        if (letter := offers.letter_of(step, it.state))
    }
    reach = reach_of(of, found, at())
    ways = sending.ways(of, found, at(), reach)
    done, (newest, promises) = request.args.get("done", ""), sending.newest_words(of, found.id)
    return page(
        "complaints/case.html",
        it=it,
        now=at(),
        offered=offered,
        sent=sent,
        typed=typed or Typed.nothing(),
        nothing=Typed.nothing(),
        errors=typed.errors if typed else {},
        keys={step: (typed.key if typed and step == sent and typed.key else new_id()) for step in offered},
        done=words.DONE.get(done, ""),
        words=words,
        drafts=drafts,
        parts=PARTS,
        limits=offers.days_left(it.state, policy()),
        newest=newest,
        points="\n".join(newest.get(f"point:{number}", "") for number in range(1, it.state.points + 1)),
        promises=[(str(one.number), promises.get(one.number, "")) for one in it.state.outstanding],
        promised=promises,
        handlers=offers.who_may(it.state, hands, dict(it.people) | dict(board.colleagues(of, found.area_id, at()))),
        colleagues=board.colleagues(of, found.area_id, at()),
        workers=board.people(of, found),
        grounds=[(one.code, one.label) for one in policy().complaint.grounds],
        carried=len(ways),
        why_not=reach.why_not,
        ways=[
            *((way.channel, words.SENT_BY[way.channel], way.to.replace("\n", ", ")) for way in ways),
            *((how, words.SENT_BY[how]) for how in HANDED_BY),
        ],
    )


# --- the figures --------------------------------------------------------------------------------------------------


@blueprint.get("/office/complaints/report")
@access("complaint", "list")
def figures() -> Answer:
    """A period that cannot be read is the year that runs."""
    log_access(reason="report")
    return page("complaints/report.html", report=_report(), now=at(), words=words)


@blueprint.get("/office/complaints/report.csv")
@access("complaint", "list")
def figures_csv() -> Answer:
    log_access(reason="report.csv")
    made = _report()
    headers = {"Content-Disposition": f'attachment; filename="complaints-{made.period}.csv"'}
    return Response(sheet(report.rows_of(made)), mimetype="text/csv", headers=headers)


def _report() -> report.Report:
    wanted = report.period_typed(request.args.get("period", "")[:10]) or report.period_of(at())
    return report.report(board.known_in(session(), wanted), wanted, at(), policy())
