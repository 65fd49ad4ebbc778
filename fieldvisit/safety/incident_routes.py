"""`/office/incidents`: what happened to somebody at work, what the law may ask, and by when. Nothing is sent from here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import abort, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from werkzeug.wrappers import Response

from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import Role
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.models import Area, Person
from fieldvisit.safety import incident_words as words
from fieldvisit.safety import incidents, riddor
from fieldvisit.safety.models import Incident
from fieldvisit.safety.riddor import Deed
from fieldvisit.safety.routes import desk
from fieldvisit.visits.models import Visit, VisitWorker
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, log_access, log_read_again, policy, principal, session
from fieldvisit.web.render import page

Answer = str | Response | tuple[str, int]
LONG, MOST_DAYS, MOST_PEOPLE = 4000, 366, 500


@desk.get("/office/incidents")
@access("incident", "read")
def list_incidents() -> Answer:
    log_access()
    return page("safety/incidents.html", incidents=incidents.open_ones(session(), at()), words=words, now=at())


@desk.get("/office/incidents/new")
@access("incident", "work")
def new_incident() -> Answer:
    visit = _visit(request.args.get("visit", "")[:32])
    log_access(visit.id if visit else "", reason="new")
    return _new_page(visit, Typed.nothing())


@desk.post("/office/incidents/new")
@access("incident", "work")
def report() -> Answer:
    typed = Typed(request.form)
    visit = _visit(typed.text("visit", 32))
    person_id = typed.choice("person", [each.id for each in _people(visit)], "Choose who it happened to.") or ""
    area = visit.area_id if visit else typed.choice("area", [each.id for each in _areas()], "Choose the area.")
    body = _read_facts(typed)
    said = typed.words("words", "Write down what happened.", LONG)
    if typed.errors:
        return _new_page(visit, typed), 422
    person = session().get_one(Person, person_id)
    made = incidents.report(
        session(), person, area or abort(404), visit.id if visit else None, body, said, key=typed.key or abort(400),
        by=principal(), at=at(), policy=policy(),
    )  # fmt: skip
    log_access(made.id, reason="reported")
    return redirect(f"/office/incidents/{made.id}?done=reported", 303)


@desk.get("/office/incidents/<id:incident_id>")
@access("incident", "read")
def one_incident(incident_id: str) -> Answer:
    found = incidents.find(session(), incident_id) or abort(404)
    log_access(found.id)
    return _page(session(), found)


@desk.post("/office/incidents/<id:incident_id>/<word:deed>")
@access("incident", "work")
def work_incident(incident_id: str, deed: str) -> Answer:
    found, typed, status = incidents.lock(session(), incident_id) or abort(404), Typed(request.form), 422
    step = deed
    if step not in words.OFFERS:
        abort(404)
    said = typed.words(f"{step}_words", most=LONG)
    body = _read_facts(typed) if step == "more_known" else _read_told(typed) if step == "told" else {}
    if not typed.errors:
        done = Deed(step, at(), principal().person_id, body)
        try:
            incidents.act(session(), found, done, said, key=typed.key or abort(400), policy=policy())
        except RefusedError as refused:
            typed.wrong("closed_words" if refused.verdict.code == "no-reason" else "", refused.verdict.message)
            status = 409
    if typed.errors:
        session().rollback()
        log_read_again("incident", incident_id)
        return _page(session(), incidents.find(session(), incident_id) or abort(404), step, typed), status
    log_access(incident_id, reason=step)
    return redirect(f"/office/incidents/{incident_id}?done={step}", 303)


# --- what is typed ------------------------------------------------------------------------------------------------


def _read_facts(typed: Typed) -> dict[str, Any]:
    kind = typed.choice("kind", riddor.KINDS, "Choose what it was.")
    hurt = typed.choice("hurt", riddor.HURT, "Say who was hurt.")
    injury = typed.choice("injury", riddor.INJURIES, "Say how badly.") if hurt != "nobody" else "none"
    return {
        "kind": kind, "happened_at": _happened(typed), "hurt": hurt, "injury": injury,
        "hospital": typed.ticked("hospital"), "days_off": _days(typed), "police": typed.ticked("police"),
        "dangerous_gas": typed.ticked("dangerous_gas"),
    }  # fmt: skip


def _happened(typed: Typed) -> str:
    day = typed.day("on", "Say on which day it happened.")
    instant = typed.instant(day, "time", "Say at what time it happened.") if day else None
    if instant and instant > at():
        typed.wrong("on", "That is in the future. Say when it happened.")
    return instant.isoformat() if instant else ""


def _days(typed: Typed) -> int:
    said = typed.text("days_off", 4)
    if said and not (said.isascii() and said.isdecimal() and int(said) <= MOST_DAYS):
        typed.wrong("days_off", "Write a number of days, such as 3. Leave it empty if there were none.")
        return 0
    return int(said or 0)


def _read_told(typed: Typed) -> dict[str, Any]:
    return {"code": typed.choice("told_code", words.PROMPTS, "Choose which of these was reported.")}


# --- pages --------------------------------------------------------------------------------------------------------


def _visit(visit_id: str) -> Visit | None:
    if not visit_id:
        return None
    sent = selectinload(Visit.workers).joinedload(VisitWorker.person)
    wanted = select(Visit).where(Visit.id == visit_id, Visit.area_id.in_(principal().areas))
    return session().scalars(wanted.options(joinedload(Visit.home), sent)).first() or abort(404)


def _people(visit: Visit | None) -> Sequence[Person]:
    if visit:
        return list({row.person_id: row.person for row in visit.workers}.values())
    visiting = select(Person).where(Person.role.in_((Role.OPERATIVE, Role.OFFICER)), Person.disabled_at.is_(None))
    return session().scalars(visiting.order_by(Person.name, Person.id).limit(MOST_PEOPLE)).all()


def _areas() -> Sequence[Area]:
    return session().scalars(select(Area).where(Area.id.in_(principal().areas)).order_by(Area.name)).all()


def _new_page(visit: Visit | None, typed: Typed) -> str:
    return page(
        "safety/incident_new.html", visit=visit, typed=typed, errors=typed.errors, key=typed.key or new_id(),
        words=words, people=[(each.id, each.name) for each in _people(visit)],
        areas=[] if visit else [(each.id, each.name) for each in _areas()], danger=policy().contact("danger"),
    )  # fmt: skip


def _page(of: Session, found: Incident, sent: str = "", typed: Typed | None = None) -> str:
    it = incidents.case_of(of, found, policy())
    done = request.args.get("done", "")
    known = it.state.facts
    shown = typed if typed and sent == "more_known" else None
    return page(
        "safety/incident.html", it=it, now=at(), words=words, hse=_hse(), sent=sent, typed=typed or Typed.nothing(),
        shown=shown, known=known, errors=typed.errors if typed else {}, done=words.DONE.get(done, ""),
        keys={step: typed.key if typed and step == sent and typed.key else new_id() for step in words.OFFERS},
        standing=_standing, nothing=Typed.nothing(), on=london_date(known.happened_at),
        to_tell=[(prompt.code, words.PROMPTS[prompt.code]) for prompt in it.owed],
    )  # fmt: skip


def _hse() -> Any:
    """Only a number that somebody has confirmed is printed."""
    return next((each for each in policy().contacts if each.code == "hse" and each.confirmed), None)


def _standing(by: datetime, told: bool) -> str:
    if told:
        return "met"
    return "overdue" if at() > by else "running"
