"""`/office/codes/people/<person>`: one person's training file, and what is recorded in it. Of the office's code pages."""

from flask import abort, redirect, request
from sqlalchemy import or_, select, true

from fieldvisit.codes import forms, roll, rules, service, training
from fieldvisit.codes.forms import Typed
from fieldvisit.codes.models import Acknowledgement, CodeQuestion
from fieldvisit.codes.office_routes import Answer, _may, blueprint
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import Role, may_ever
from fieldvisit.ground.verdict import Refused, RefusedError, insist
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Firm, Person
from fieldvisit.register.same import same_ids
from fieldvisit.web.access import access, at, log_access, policy, principal, session
from fieldvisit.web.render import page


@blueprint.get("/office/codes/people/<id:person_id>")
@access("code", "file")
def file(person_id: str) -> Answer:
    person = _person(person_id)
    log_access(person.id)
    return file_page(person)


@blueprint.post("/office/codes/people/<id:person_id>/training")
@access("code", "record")
def add_training(person_id: str) -> Answer:
    person, typed = _person(person_id), Typed(request.form)
    kind, title, done_on, expires_on = forms.read_training(typed, london_date(at()))
    if typed.errors or done_on is None or _is_own(person, typed):
        return file_page(person, typed), 422
    key = typed.key or abort(400)
    training.record(
        session(), person, kind, title, done_on, expires_on, by=principal().person_id, at=at(), key=key
    )  # fmt: skip
    log_access(person.id, reason="training")
    return redirect(f"/office/codes/people/{person.id}?done=training", 303)


@blueprint.post("/office/codes/people/<id:person_id>/check")
@access("code", "record")
def set_check(person_id: str) -> Answer:
    """Yes or no, and the day. Why is not asked, and there is no box for it (ruling R21)."""
    person, typed = _person(person_id), Typed(request.form)
    may, checked_on = forms.read_check(typed, london_date(at()))
    if typed.errors or checked_on is None or _is_own(person, typed):
        return file_page(person, typed), 422
    training.set_visit_check(person, may, checked_on, policy())
    log_access(person.id, reason="may visit" if may else "may not visit")
    return redirect(f"/office/codes/people/{person.id}?done=check", 303)


@blueprint.post("/office/codes/people/<id:person_id>/about")
@access("code", "record")
def set_about(person_id: str) -> Answer:
    """What somebody does, and whether half of their hours are for housing: decides which codes bind them (HS-2.1)."""
    person, typed = _person(person_id), Typed(request.form)
    if _is_own(person, typed):
        return file_page(person, typed), 422
    person.position, person.half_housing = typed.text("position", 200), typed.ticked("half_housing")
    log_access(person.id, reason="about")
    return redirect(f"/office/codes/people/{person.id}?done=about", 303)


@blueprint.post("/office/codes/firms/<id:firm_id>/insurance")
@access("code", "record")
def set_insurance(firm_id: str) -> Answer:
    firm, typed = session().get(Firm, firm_id) or abort(404), Typed(request.form)
    until = typed.day("until", "Say until which day the certificate holds.")
    if until is None:
        return redirect("/office/codes?done=no-day", 303)
    firm.insurance_until = until
    log_access(firm.id, reason="insurance")
    return redirect("/office/codes?done=insurance", 303)


@blueprint.post("/office/codes/questions/<id:question_id>/answer")
@access("code", "scan")
def answer(question_id: str) -> Answer:
    """By an officer, or by the firm's manager: of those who are in their reach."""
    question = session().get(CodeQuestion, question_id, with_for_update=True) or abort(404)
    about = _person(question.person_id).id if question.person_id else involved_in_reach(question.involved_id or "").id
    said = Typed(request.form).text("answer", 2000)
    if not said:
        return redirect("/office/codes?done=nothing-written", 303)
    service.answer(session(), question, said, by=principal().person_id, at=at())
    log_access(about, reason="answered")
    return redirect("/office/codes?done=answered", 303)


@blueprint.post("/office/codes/signatures/<id:signature_id>/countersign")
@access("code", "countersign")
def countersign(signature_id: str) -> Answer:
    """A second person has looked at the paper; or the landlord signs its side of a panel member's agreement (AL-7c)."""
    row = session().get(Acknowledgement, signature_id, with_for_update=True) or abort(404)
    if row.involved_id:
        involved_in_reach(row.involved_id)
    else:
        _person(row.person_id or "")
    try:
        insist(rules.may_countersign(_accounts(row.scanned_by), _accounts(row.person_id), principal().person_id))
    except RefusedError as refused:
        session().rollback()
        typed = Typed()
        typed.wrong("", refused.verdict.message)
        return (file_page(_person(row.person_id or ""), typed), 409) if row.person_id else abort(404)
    if row.countersigned_at is None:  # the first one stands
        row.countersigned_by, row.countersigned_at = principal().person_id, at()
        log_access(row.id, reason="countersigned")
    where = f"people/{row.person_id}" if row.person_id else f"involved/{row.involved_id}"
    return redirect(f"/office/codes/{where}?done=countersigned", 303)


def involved_in_reach(involved_id: str) -> InvolvedPerson:
    """Those of an officer's areas and of the whole council; an administrator sees all, and a firm's manager nobody."""
    asking = principal()
    if not may_ever(asking, "involved", "list"):
        abort(404)
    mine = or_(InvolvedPerson.area_id.is_(None), InvolvedPerson.area_id.in_(asking.areas))
    here = true() if asking.role is Role.ADMINISTRATOR else mine
    return session().scalars(select(InvolvedPerson).where(InvolvedPerson.id == involved_id, here)).first() or abort(404)


def _is_own(person: Person, typed: Typed) -> bool:
    """Says so in the form: nobody records in their own file."""
    verdict = rules.may_record_of(_accounts(person.id), principal().person_id)
    if isinstance(verdict, Refused):
        typed.wrong("", verdict.message)
    return isinstance(verdict, Refused)


def _accounts(person_id: str | None) -> frozenset[str]:
    return same_ids(session(), [person_id] if person_id else [])


def _person(person_id: str) -> Person:
    return roll.person(session(), principal(), person_id) or abort(404)


def file_page(person: Person, typed: Typed | None = None) -> str:
    typed = typed or Typed()
    held = service.standings(session(), [person], london_date(at()))[person.id]
    own = {} if rules.may_record_of(_accounts(person.id), principal().person_id) else {"record": False}
    return page(
        "codes/file.html", subject=person, signatures=service.signatures(session(), person), words=rules, now=at(),
        training=training.records_of(session(), person.id), kinds=training.KINDS, own=False, held=held,
        standings=roll.STANDINGS, typed=typed, errors=typed.errors, may=_may() | own, key=new_id,
        questions=service.questions_of(session(), person),
        paper_versions=[(each.version.id, each.version.called) for each in held], done=request.args.get("done", ""),
    )  # fmt: skip
