"""The scheduler's desk: find the home, plan the visit, record how the tenant was told, move, cancel, reassign."""

from typing import Any

from flask import Blueprint, abort, redirect, request
from sqlalchemy import select

from fieldvisit.ground.clock import london_instant
from fieldvisit.ground.references import Kind, reference
from fieldvisit.ground.roles import Duty
from fieldvisit.ground.verdict import Refused, RefusedError, Verdict
from fieldvisit.ground.working_days import BankHolidaysMissing
from fieldvisit.notices.models import Notice
from fieldvisit.register.models import Home, Person
from fieldvisit.visits import events as ev
from fieldvisit.visits import job_clocks, job_service, notifying, plan_page, planning, rules, telling, whom
from fieldvisit.visits import plan_forms as forms
from fieldvisit.visits.models import Job, Visit
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.visits.plan_views import Answer, find_page, new_page, show_page
from fieldvisit.visits.service import lock
from fieldvisit.visits.state import PLANNING, VisitState
from fieldvisit.web.access import access, at, log_access, policy, principal, session

blueprint = Blueprint("plan", __name__)

# Which box of the form a refusal to plan belongs to; any other is about the people.
_BOX = {"window-backwards": "end", "window-too-short": "end", "past": "day", "too-far": "day"}


# --- step 1: the home ---------------------------------------------------------------------------------------------


@blueprint.get("/office/plan")
@access("visit", "plan")
def find_form() -> str:
    return find_page(Typed.nothing())


@blueprint.post("/office/plan")
@access("visit", "plan")
def find() -> Answer:
    """A POST, so that no address of anybody stands in an address of ours."""
    typed = Typed(request.form)
    wanted = forms.read_search(typed)
    if typed.errors:
        return find_page(typed), 422
    found = plan_page.find_homes(session(), wanted, plan_page.areas_of(principal(), Duty.SCHEDULER))
    if len(found) == 1:
        home, job = found[0]
        return redirect(f"/office/plan/{home.id}" + (f"?job={job.id}" if job else ""), 303)
    return find_page(typed, found)


# --- step 2: the visit --------------------------------------------------------------------------------------------


@blueprint.get("/office/plan/<id:home_id>")
@access("visit", "plan")
def new_form(home_id: str) -> str:
    home = _home(home_id)
    log_access(home.id)  # needs, a name and a number are on the page
    job = _job(home, request.args.get("job", ""))
    return new_page(home, Typed.nothing(**({"job": job.id, "kind": job.kind, "reason": job.reason} if job else {})))


@blueprint.post("/office/plan/<id:home_id>")
@access("visit", "plan")
def new(home_id: str) -> Answer:
    home, typed = _home(home_id), Typed(request.form)
    if typed.text("do") in ("check", "people"):
        # Nothing is asked of a form that is half filled in: only what was typed wrongly is said.
        window = forms.read_window(typed, asked=False)
        return new_page(home, typed, window, fragment="people" if typed.text("do") == "people" else "answer")
    clocks = job_clocks.offered(policy())
    form = forms.read_visit(typed, clocks)
    lead, others = _person(form.lead_id), tuple(filter(None, map(_person, form.others)))
    job = _job(home, form.job_id)
    if form.lead_id and lead is None:
        typed.wrong("lead", "Choose somebody from the list.")
    if form.job_id and job is None:
        typed.wrong("job", "Choose a job from the list, or none.")
    if form.clock_on and london_instant(form.clock_on) > at():
        typed.wrong("clock_on", "That is in the future. Say since which day it runs.")
    if typed.errors or lead is None or form.window.both is None or form.kind is None:
        return new_page(home, typed, form.window), 422
    if form.clock and not (job and job.clock):
        clock, days, _ = clocks[form.clock]
        began = london_instant(form.clock_on) if form.clock_on else at()
        try:
            job_clocks.clock_of(clock, days, began, None, policy())
        except BankHolidaysMissing as missing:
            typed.wrong("clock_on", str(missing))
            return new_page(home, typed, form.window), 422
        ref = reference(Kind.JOB, _key(typed)[:12])
        job = job or job_service.new_job(session(), home, form.kind, form.reason, ref, at())
        job_service.set_clock(job, clock, days, began, policy())
    wanted = planning.Plan(
        home=home,
        kind=form.kind,
        reason=form.reason,
        lead=lead,
        others=others,
        job=job,
        window_start=form.window.both[0],
        window_end=form.window.both[1],
        works_started=form.works_started,
        two_people=form.two_people,
        form_key=_key(typed),
    )
    try:
        visit = planning.plan(session(), wanted, principal(), at(), policy())
    except RefusedError as refused:
        typed.wrong(_BOX.get(refused.verdict.code, "lead"), refused.verdict.message)
        return new_page(home, typed, form.window, refused=refused.verdict), 409
    return redirect(f"/office/visits/{visit.id}/plan?done=planned", 303)


# --- the visit as planned -----------------------------------------------------------------------------------------


@blueprint.get("/office/visits/<id:visit_id>/plan")
@access("visit", "plan")
def show(visit_id: str) -> str:
    visit = _visit(visit_id)
    log_access(visit.id)
    return show_page(visit, done=request.args.get("done", ""))


@blueprint.post("/office/visits/<id:visit_id>/notices")
@access("notice", "record")
def record_notice(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    if typed.text("do") == "fields":
        return show_page(visit, "told", typed, fragment="told_fields")
    tenants = [one.id for one in whom.tenants_of(session(), visit.home_id)]
    form = forms.read_notice(typed, tenants if len(tenants) > 1 else ())
    if form.told:
        for name, sentence in telling.wrong_with(form.told, at()).items():
            if f"{name}_time" not in typed.errors:
                typed.wrong(name, sentence)
    if typed.errors or form.told is None:
        return show_page(visit, "told", typed), 422
    needs = planning.needs_of(planning.household_of(session(), visit.home_id))
    unusable = telling.cannot_use(form.told.channel, needs, policy())
    event = _notice(visit, form, form.told, _key(typed), usable=unusable is None)
    done = "told" if unusable is None else "unusable"
    return _carry_out(visit, "told", typed, event, rules.may_record_notice(_state(visit)), done)


def _notice(visit: Visit, form: forms.NoticeForm, told: telling.Told, key: str, *, usable: bool) -> ev.NoticeRecorded:
    return ev.NoticeRecorded(
        notice=key,
        channel=told.channel,
        window_start=visit.window_start,
        window_end=visit.window_end,
        sent_at=told.sent_at,
        delivery=told.delivery,
        delivered_at=told.delivered_at,
        despatched_at=london_instant(told.despatched_on) if told.despatched_on else None,
        programme_start=told.programme_start,
        programme_end=told.programme_end,
        spoke_to=told.spoke_to,
        recipient_age=form.recipient_age,
        states_who=form.states_who,
        states_why=form.states_why,
        usable=usable,
        proof=ev.Words(form.proof),
        resident=form.resident,
    )


@blueprint.post("/office/visits/<id:visit_id>/notices/<id:notice_id>/failed")
@access("notice", "record")
def notice_failed(visit_id: str, notice_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    notice = _notice_of(visit, notice_id)
    failure: Any = typed.choice("failure", forms.FAILED_AS, "Say how it failed.")
    if failure is None:
        return show_page(visit, "notice", typed), 422
    verdict = telling.may_mark_failed(withdrawn=notice.withdrawn_at is not None, delivery=notice.delivery)
    return _carry_out(visit, "notice", typed, ev.NoticeFailed(notice=notice.id, delivery=failure), verdict, "failed")


@blueprint.post("/office/visits/<id:visit_id>/notices/<id:notice_id>/withdrawn")
@access("notice", "record")
def notice_withdrawn(visit_id: str, notice_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    notice = _notice_of(visit, notice_id)
    why: Any = typed.choice("why", forms.WITHDRAWN_FOR, "Say why it is withdrawn.")
    if why is None:
        return show_page(visit, "notice", typed), 422
    verdict = telling.may_withdraw(_state(visit), withdrawn=notice.withdrawn_at is not None)
    return _carry_out(visit, "notice", typed, ev.NoticeWithdrawn(notice=notice.id, reason=why), verdict, "withdrawn")


@blueprint.post("/office/visits/<id:visit_id>/agreed")
@access("visit", "agree-time")
def agreed(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    by: Any = typed.choice("agreed_by", forms.AGREED_BY, "Say who asked for this time, or accepted it.")
    if by is None:
        return show_page(visit, "agreed", typed), 422
    event = ev.TimeAgreed(by=by, recorded_by="scheduler", window_start=visit.window_start, window_end=visit.window_end)
    verdict = rules.may_agree_time(_state(visit), recorder=principal().person_id, at=at(), policy=policy())
    return _carry_out(visit, "agreed", typed, event, verdict, "agreed")


@blueprint.post("/office/visits/<id:visit_id>/confirmed")
@access("visit", "move")
def confirmed(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    event = ev.VisitNoted(code="confirmed")
    return _carry_out(visit, "confirmed", typed, event, telling.may_confirm(_state(visit)), "confirmed")


@blueprint.post("/office/visits/<id:visit_id>/asks-other-time")
@access("visit", "move")
def asks_other_time(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    words = typed.words("asked_words", most=1000)
    if typed.errors:
        return show_page(visit, "asks_other_time", typed), 422
    event = ev.VisitNoted(code="asks_other_time", words=ev.Words(words) if words else None)
    verdict = telling.may_ask_other_time(_state(visit))
    return _carry_out(visit, "asks_other_time", typed, event, verdict, "asks-other-time")


@blueprint.post("/office/visits/<id:visit_id>/moved")
@access("visit", "move")
def moved(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    change: Any = forms.read_change(typed, "move_", forms.MOVE_REASONS)
    window = forms.read_window(typed, "move_").both
    if typed.errors or window is None:
        return show_page(visit, "moved", typed), 422
    start, end = window
    event = ev.VisitMoved(
        by=change.by, window_start=start, window_end=end, apologised=change.apologised, reason=change.reason
    )
    state = _state(visit)
    verdict = telling.first_refusal(
        rules.may_move(state, by=change.by, apologised=change.apologised),
        planning.may_have_window(start, end, at(), policy()),
        planning.may_send(session(), planning.workers_of(session(), state), start, at(), home_id=visit.home_id),
    )
    return _carry_out(visit, "moved", typed, event, verdict, "moved")


@blueprint.post("/office/visits/<id:visit_id>/cancelled")
@access("visit", "cancel")
def cancelled(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    change: Any = forms.read_change(typed, "cancel_", forms.CANCEL_REASONS)
    if typed.errors:
        return show_page(visit, "cancelled", typed), 422
    event = ev.VisitCancelled(
        by=change.by,
        reason=change.reason,
        apologised=change.apologised,
        offered_new_time=change.offered_new_time,
        words=ev.Words(change.words) if change.words else None,
    )
    verdict = rules.may_cancel(
        _state(visit), by=change.by, apologised=change.apologised, offered_new_time=change.offered_new_time
    )
    return _carry_out(visit, "cancelled", typed, event, verdict, "cancelled")


def _two_must_go(visit: Visit, state: VisitState) -> bool:
    return state.two_people or planning.two_must_go(planning.household_of(session(), visit.home_id))


@blueprint.post("/office/visits/<id:visit_id>/reassigned")
@access("visit", "assign")
def reassigned(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    if typed.text("do") == "people":
        return show_page(visit, "reassigned", typed, fragment="people")
    lead = _person(typed.words("new_lead", "Choose who will visit.", most=32))
    if lead is None:
        typed.wrong("new_lead", "Choose somebody from the list.")
        return show_page(visit, "reassigned", typed), 422
    others = tuple(person for person in map(_person, typed.many("new_others")) if person and person is not lead)
    state = _state(visit)
    verdict = telling.first_refusal(
        rules.may_reassign(state),
        planning.may_send(
            session(), (lead, *others), visit.window_start, at(), home_id=visit.home_id, by=principal().person_id
        ),
        rules.may_go(two_people=_two_must_go(visit, state), others=len(others)),
    )
    try:
        event = planning.reassign(
            session(), visit, (lead, *others), verdict, tenant_told=typed.ticked("tenant_told"), by=principal(),
            at=at(), policy=policy(), form_key=_key(typed),
        )  # fmt: skip
    except RefusedError as refused:
        return show_page(visit, "reassigned", typed, refused=refused.verdict), 409
    _follow(visit, event, _key(typed))
    return redirect(f"/office/visits/{visit.id}/plan?done=reassigned", 303)


# --- the worker rang in -------------------------------------------------------------------------------------------


@blueprint.post("/office/visits/<id:visit_id>/set-off")
@access("visit", "to-the-door")
def set_off(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id, or_any_officer=True), Typed(request.form)
    verdict = planning.may_leave(session(), visit, _state(visit), at(), policy())
    return _carry_out(visit, "set_off", typed, ev.VisitSetOff(), verdict, "set-off")


@blueprint.post("/office/visits/<id:visit_id>/at-the-door")
@access("visit", "to-the-door")
def at_the_door(visit_id: str) -> Answer:
    """Who rings from the door has set off: where nobody wrote that down, both lines are written."""
    visit, typed = _visit(visit_id, or_any_officer=True), Typed(request.form)
    state = _state(visit)
    verdict = planning.may_be_at_the_door(session(), visit, state, at(), policy())
    if state.stage in PLANNING and verdict:
        planning.command(
            session(), visit, ev.VisitSetOff(), verdict, by=principal(), at=at(), policy=policy(),
            form_key=planning.also(_key(typed), "set off"),
        )  # fmt: skip
    return _carry_out(visit, "at_the_door", typed, ev.VisitArrived(), verdict, "at-the-door")


# --- what every route does ----------------------------------------------------------------------------------------


def _carry_out(visit: Visit, form: str, typed: Typed, event: ev.Event, verdict: Verdict, done: str) -> Answer:
    try:
        planning.command(
            session(), visit, event, verdict, by=principal(), at=at(), policy=policy(), form_key=_key(typed)
        )
    except RefusedError as refused:
        return _refused(visit, form, typed, refused.verdict)
    _follow(visit, event, _key(typed))
    return redirect(_after(visit, done), 303)


def _follow(visit: Visit, event: ev.Event, key: str) -> None:
    """What the tenant is told of it, in the same transaction."""
    notifying.follow(session(), visit, event, by=principal().person_id, at=at(), policy=policy(), key=key)


def _refused(visit: Visit, form: str, typed: Typed, verdict: Refused) -> Answer:
    """Beside the form, where the person has that page; alone, where they have not."""
    if not principal().holds(Duty.SCHEDULER, visit.area_id):
        raise RefusedError(verdict)
    return show_page(visit, form, typed, refused=verdict), 409


def _after(visit: Visit, done: str) -> str:
    if principal().holds(Duty.SCHEDULER, visit.area_id):
        return f"/office/visits/{visit.id}/plan?done={done}"
    return f"/office/visits/{visit.id}"


def _home(home_id: str) -> Home:
    areas = plan_page.areas_of(principal(), Duty.SCHEDULER)
    found = session().scalars(select(Home).where(Home.id == home_id, Home.area_id.in_(areas))).first()
    return found or abort(404)


def _job(home: Home, job_id: str) -> Job | None:
    return session().scalars(select(Job).where(Job.id == job_id, Job.home_id == home.id)).first() if job_id else None


def _person(person_id: str) -> Person | None:
    return session().get(Person, person_id) if person_id else None


def _visit(visit_id: str, *, or_any_officer: bool = False) -> Visit:
    """The visit, locked where something is to be written. Outside the areas that one schedules it is not there."""
    if request.method == "POST":
        found = lock(session(), visit_id)
    else:
        found = session().scalars(select(Visit).where(Visit.id == visit_id)).first()
    if found is None or found.area_id not in principal().areas:
        abort(404)
    if not (or_any_officer or principal().holds(Duty.SCHEDULER, found.area_id)):
        abort(404)
    return found


def _notice_of(visit: Visit, notice_id: str) -> Notice:
    wanted = select(Notice).where(Notice.id == notice_id, Notice.visit_id == visit.id)
    return session().scalars(wanted).first() or abort(404)


def _state(visit: Visit) -> VisitState:
    return planning.state_of(session(), visit, policy())


def _key(typed: Typed) -> str:
    return typed.key or abort(400)
