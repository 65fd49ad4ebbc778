"""The duty officer's acts: an emergency, a tenancy investigation, lawful entry without consent (NR-8, NR-10, D3)."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, request
from sqlalchemy import or_, select

from fieldvisit.ground.roles import Duty, Role
from fieldvisit.ground.verdict import Refused, RefusedError, Verdict
from fieldvisit.register.models import Person, PersonArea
from fieldvisit.visits import events as ev
from fieldvisit.visits import lawful_entry_rules, lawful_entry_service, notifying, plan_page, planning, rules, telling
from fieldvisit.visits import plan_forms as forms
from fieldvisit.visits.door_page import DANGER, contacts
from fieldvisit.visits.models import Visit
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.visits.plan_views import DONE, Answer, in_page_order, with_them
from fieldvisit.visits.service import lines_of, lock
from fieldvisit.visits.state import VisitState
from fieldvisit.web.access import access, at, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("entry", __name__)

MOST_OFFICERS = 100


@blueprint.get("/office/visits/<id:visit_id>/authorise")
@access("emergency", "authorise")
def authorise_form(visit_id: str) -> str:
    return _page(_visit(visit_id), done=request.args.get("done", ""))


@blueprint.post("/office/visits/<id:visit_id>/emergency")
@access("emergency", "authorise")
def emergency(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    hazard = typed.choice("hazard", [each.code for each in policy().door.emergency_types], "Choose the hazard.")
    reason = typed.words("emergency_reason", "Write down why it cannot wait.", most=1000)
    if typed.errors or hazard is None:
        return _page(visit, "emergency", typed), 422
    me = principal().person_id
    event = ev.EmergencyAuthorised(authorised_by=me, authorised_at=at(), hazard=hazard, reason=ev.Words(reason))
    verdict = rules.may_authorise_emergency(_state(visit), authoriser=me, hazard=hazard, reason=reason)
    return _carry_out(visit, "emergency", typed, event, verdict)


@blueprint.post("/office/visits/<id:visit_id>/emergency/downgraded")
@access("emergency", "authorise")
def downgraded(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    reason = typed.words("downgrade_reason", "Write down why it is not an emergency now.", most=1000)
    if typed.errors:
        return _page(visit, "downgraded", typed), 422
    event = ev.EmergencyDowngraded(by=principal().person_id, reason=ev.Words(reason))
    return _carry_out(visit, "downgraded", typed, event, telling.may_downgrade(_state(visit), _lines(visit)))


@blueprint.post("/office/visits/<id:visit_id>/investigation")
@access("investigation", "authorise")
def investigation(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    reason = typed.words("investigation_reason", "Write down why notice cannot be given.", most=1000)
    if typed.errors:
        return _page(visit, "investigation", typed), 422
    event = ev.InvestigationAuthorised(authorised_by=principal().person_id, reason=ev.Words(reason))
    return _carry_out(visit, "investigation", typed, event, _may_investigate(_state(visit), reason))


@blueprint.post("/office/visits/<id:visit_id>/entry")
@access("entry", "authorise")
def entry(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    form = forms.read_entry(typed)
    if form.proposed_by and form.proposed_by not in dict(_proposers(visit, _state(visit))):
        typed.wrong("proposed_by", "Choose somebody from the list.")
    if typed.errors:
        return _page(visit, "entry", typed), 422
    me = principal().person_id
    event = ev.EntryAuthorised(
        basis=form.basis,
        authorised_by=me,
        proposed_by=form.proposed_by,
        contact_methods=form.contact_methods,
        life_at_risk=form.life_at_risk,
        reason=ev.Words(form.reason),
    )
    said_no = lawful_entry_service.tenant_said_no(session(), visit.id, policy())
    now = _state(visit)
    known = lawful_entry_service.as_known_there(session(), me, (form.proposed_by, now.lead, *now.others))
    verdict = lawful_entry_rules.may_use(form.basis, said_no=said_no) and rules.may_authorise_entry(
        now,
        authoriser=known,
        proposer=known if lawful_entry_service.asked_by(session(), visit.id, me) else form.proposed_by,
        basis=form.basis,
        contact_methods=len(form.contact_methods),
        life_at_risk=form.life_at_risk,
        policy=policy(),
    )
    return _carry_out(visit, "entry", typed, event, verdict)


def _may_investigate(state: VisitState, reason: str) -> Verdict:
    return telling.first_refusal(
        telling.may_authorise_for_others(state, principal().person_id),
        rules.may_authorise_investigation(state, reason=reason, policy=policy()),
    )


def _carry_out(visit: Visit, form: str, typed: Typed, event: ev.Event, verdict: Verdict) -> Answer:
    key = typed.key or abort(400)
    try:
        planning.command(session(), visit, event, verdict, by=principal(), at=at(), policy=policy(), form_key=key)
    except RefusedError as refused:
        return _page(visit, form, typed, refused=refused.verdict), 409
    notifying.follow(session(), visit, event, by=principal().person_id, at=at(), policy=policy(), key=key)
    return redirect(f"/office/visits/{visit.id}/authorise?done={form}", 303)


# --- the page -----------------------------------------------------------------------------------------------------

_ENOUGH = "x" * 10  # words that stand for a reason, where the page asks whether anything else would refuse


def _page(
    visit: Visit, form: str = "", typed: Typed | None = None, *, refused: Refused | None = None, done: str = ""
) -> str:
    state, lines = _state(visit), _lines(visit)
    in_force, listed = telling.emergency_in_force(lines), policy().door.lawful_entry_bases
    return page(
        "visits/entry/authorise.html",
        visit=visit,
        state=state,
        answer=plan_page.said_of_answer(planning.answer_for_page(session(), visit, state, at(), policy())),
        form=plan_page.forms_on_page(form, typed),
        errors=in_page_order(typed.errors) if typed else {},
        refused=plan_page.said_of_verdict(refused),
        done=DONE.get(done, ""),
        needs=plan_page.needs_in_words(planning.household_of(session(), visit.home_id)),
        lead=visit.lead,
        with_them=with_them(state),
        first_call=contacts(DANGER, policy()),
        hazards=[(each.code, each.label) for each in policy().door.emergency_types],
        bases=[(each.code, each.label, plan_page.where_written(each.clause)) for each in listed],
        basis=next((each.label for each in listed if each.code == state.basis), ""),
        methods=plan_page.METHOD_LABELS,
        proposers=_proposers(visit, state),
        emergency=_emergency(in_force),
        may=_may(state, in_force is not None),
        now=at(),
    )


def _emergency(found: ev.EmergencyAuthorised | None) -> dict[str, Any] | None:
    if found is None:
        return None
    labels = {each.code: each.label for each in policy().door.emergency_types}
    by = plan_page.names_of(session(), [found.authorised_by]).get(found.authorised_by, "")
    authorised_at: datetime = found.authorised_at
    return {"hazard": labels.get(found.hazard, found.hazard), "by": by, "at": authorised_at}


def _may(state: VisitState, in_force: bool) -> dict[str, Any]:
    """For each authorisation, why this person may not give it; None where the form is offered."""
    me = principal().person_id
    emergency = rules.may_authorise_emergency(state, authoriser=me, hazard="any", reason=_ENOUGH)
    basis = policy().door.lawful_entry_bases[0].code
    without = rules.may_authorise_entry(
        state, authoriser=me, proposer="", basis=basis, contact_methods=0, life_at_risk=True, policy=policy()
    )
    verdicts = {"emergency": emergency, "investigation": _may_investigate(state, _ENOUGH), "entry": without}
    return {name: plan_page.said_of_verdict(verdict) for name, verdict in verdicts.items()} | {"downgrade": in_force}


def _proposers(visit: Visit, state: VisitState) -> list[tuple[str, str]]:
    """Who may have asked: the workers of the visit, and the officers of its area."""
    workers = planning.workers_of(session(), state)
    officers = session().execute(
        select(Person.id, Person.name)
        .join(PersonArea, PersonArea.person_id == Person.id)
        .where(Person.role == Role.OFFICER, Person.disabled_at.is_(None), PersonArea.area_id == visit.area_id)
        .where(or_(PersonArea.ends.is_(None), PersonArea.ends > at()))
        .order_by(Person.name, Person.id)
        .distinct()
        .limit(MOST_OFFICERS)
    )
    found = {worker.id: f"{worker.name}, on this visit" for worker in workers}
    return list(({row.id: row.name for row in officers} | found).items())


def _visit(visit_id: str) -> Visit:
    """Locked where something is to be written. Outside the areas of one's duty it is not there."""
    if request.method == "POST":
        found = lock(session(), visit_id)
    else:
        found = session().scalars(select(Visit).where(Visit.id == visit_id)).first()
    if found is None or found.area_id not in principal().areas or not principal().holds(Duty.DUTY, found.area_id):
        abort(404)
    return found


def _state(visit: Visit) -> VisitState:
    return planning.state_of(session(), visit, policy())


def _lines(visit: Visit) -> Any:
    return lines_of(session(), visit.id)
