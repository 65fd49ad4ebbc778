"""`/office/entries`: entry without consent (D3), from the proposal to the review, and a quarter's report."""

from collections.abc import Callable
from datetime import timedelta

from flask import Response as FlaskResponse
from flask import abort, redirect, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from fieldvisit.desk import lawful_entries as pages
from fieldvisit.desk import lawful_entries_words as words
from fieldvisit.desk.blueprint import blueprint
from fieldvisit.desk.forms import read_place
from fieldvisit.desk.household import forms_on_page
from fieldvisit.desk.one_step import carry_out
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.visits import lawful_entry_rules as rules
from fieldvisit.visits import lawful_entry_service as service
from fieldvisit.visits import lawful_entry_steps as steps
from fieldvisit.visits.door_page import DANGER, contacts
from fieldvisit.visits.lawful_entry_models import LawfulEntry
from fieldvisit.visits.models import Visit
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.visits.pressed import Pressed
from fieldvisit.visits.service import lock
from fieldvisit.web.access import access, at, log_access, policy, principal, session
from fieldvisit.web.render import page

Answer = str | Response | tuple[str, int]
Act = Callable[[Visit, LawfulEntry, Typed, Pressed], object]
LONG = 2000  # letters


@blueprint.get("/office/entries")
@access("entry", "list")
def entries() -> Answer:
    log_access()
    after = read_place(request.args.get("after", ""))
    listed, later = pages.board(session(), principal(), after)
    return page("desk/lawful_entries.html", listed=listed, later=later, first=after is None, words=words)


@blueprint.get("/office/entries/report")
@access("entry", "list")
def entries_report() -> Answer:
    found = _report()
    log_access(reason=f"report {found.quarter.of}")
    return page("desk/lawful_entries_report.html", it=found, words=words)


@blueprint.get("/office/entries/report.csv")
@access("entry", "list")
def entries_report_csv() -> Answer:
    found = _report()
    log_access(reason=f"report {found.quarter.of}, as a file")
    name = f"entries-without-consent-{found.quarter.of}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return FlaskResponse(pages.as_csv(found), mimetype="text/csv", headers=headers)


def _report() -> pages.Report:
    quarter = pages.quarter_of(request.args.get("quarter", "")[:8], at())
    return pages.report(session(), quarter, at(), policy())


# --- asking for it ------------------------------------------------------------------------------------------------


@blueprint.get("/office/visits/<id:visit_id>/entry/new")
@access("entry", "propose")
def entry_new(visit_id: str) -> Answer:
    visit = _visit(visit_id)
    log_access(visit.id, reason="new")
    return _new_page(visit, Typed.nothing())


@blueprint.post("/office/visits/<id:visit_id>/entry/new")
@access("entry", "propose")
def entry_propose(visit_id: str) -> Answer:
    visit, typed = lock(session(), visit_id) or abort(404), Typed(request.form)
    names = dict(pages.proposers(session(), visit, principal()))
    life = typed.choice("life", ("yes", "no"), "Say whether a life is in danger now.") == "yes"
    proposer = typed.choice("proposed_by", names, "Say who asks to go in.")
    said = {
        "danger": typed.words("danger", "Write what the danger is.", most=LONG),
        "why_now": typed.words("why_now", "Write why it cannot wait.", most=LONG),
        "inside": typed.words("inside", "Write who may be inside, or that nobody knows.", most=LONG),
    }
    status = 422
    if not typed.errors and proposer:
        verdict = rules.may_propose(
            read_first=typed.ticked("read_first"), life=life, rung_999=typed.ticked("rung_999"), **said
        )
        made = Pressed(typed.key or abort(400), principal(), policy()).made
        try:
            case = service.propose(session(), visit, proposer, said, verdict, made, life=life)
        except RefusedError as refused:
            box = {"read-first": "read_first", "life-in-danger": "rung_999"}.get(refused.verdict.code, "")
            typed.wrong(box, refused.verdict.message)
            status = 409
        else:
            log_access(case.id, reason="proposed")
            return redirect(f"/office/entries/{case.id}?done=proposed", 303)
    session().rollback()
    return _new_page(_visit(visit_id), typed), status


def _new_page(visit: Visit, typed: Typed) -> str:
    return page(
        "desk/lawful_entry_new.html",
        visit=visit,
        form=forms_on_page("new", typed if typed.key or typed.errors else None),
        errors=typed.errors,
        proposers=pages.proposers(session(), visit, principal()),
        me=principal().person_id,
        first_call=contacts(DANGER, policy()),
    )


def _visit(visit_id: str) -> Visit:
    return session().scalars(select(Visit).where(Visit.id == visit_id)).first() or abort(404)


# --- one case -----------------------------------------------------------------------------------------------------


@blueprint.get("/office/entries/<id:lawful_entry_id>")
@access("entry", "read")
def entry_case(lawful_entry_id: str) -> Answer:
    case = _case(lawful_entry_id)
    log_access(case.id)
    return _page(case)


@blueprint.post("/office/entries/<id:lawful_entry_id>/authorise")
@access("entry", "authorise")
def entry_authorise(lawful_entry_id: str) -> Answer:
    def act(visit: Visit, case: LawfulEntry, typed: Typed, pressed: Pressed) -> None:
        bases = [each.code for each in policy().door.lawful_entry_bases]
        basis = typed.choice("basis", bases, "Choose the legal ground.")
        reason = typed.words("authorise_words", "Write why you authorise it.", most=LONG)
        if basis and not typed.errors:
            steps.authorise(session(), visit, case, basis, reason, pressed)

    return _step(lawful_entry_id, "authorise", act, box="basis")


@blueprint.post("/office/entries/<id:lawful_entry_id>/decline")
@access("entry", "authorise")
def entry_decline(lawful_entry_id: str) -> Answer:
    def act(visit: Visit, case: LawfulEntry, typed: Typed, pressed: Pressed) -> None:
        why = typed.words("decline_words", "Write why nobody may go in.", most=LONG)
        if why and not typed.errors:
            steps.decline(session(), case, why, pressed)

    return _step(lawful_entry_id, "decline", act)


@blueprint.post("/office/entries/<id:lawful_entry_id>/stand-down")
@access("entry", "work")
def entry_stand_down(lawful_entry_id: str) -> Answer:
    def act(visit: Visit, case: LawfulEntry, typed: Typed, pressed: Pressed) -> None:
        why = typed.words("stand_down_words", "Write why nobody goes in.", most=LONG)
        if why and not typed.errors:
            steps.stand_down(session(), case, why, pressed)

    return _step(lawful_entry_id, "stand-down", act)


@blueprint.post("/office/entries/<id:lawful_entry_id>/try")
@access("entry", "work")
def entry_try(lawful_entry_id: str) -> Answer:
    def act(visit: Visit, case: LawfulEntry, typed: Typed, pressed: Pressed) -> None:
        method = typed.choice("method", rules.METHODS, "Say how the tenant was tried.")
        outcome = typed.choice("outcome", rules.OUTCOMES, "Say what came of it.")
        today = london_date(at())
        happened = typed.instant(today, "tried_time", "Say at what time.")
        if happened and happened > at() and (before := typed.instant(today - timedelta(days=1), "tried_time")):
            happened = rules.time_of_try(steps.state_now(session(), case, policy()), happened, before, at())
        said = typed.words("try_words", most=LONG)
        if method and outcome and happened and not typed.errors:
            steps.try_contact(session(), case, method, outcome, happened, said, pressed)

    return _step(lawful_entry_id, "try", act, box="tried_time")


@blueprint.post("/office/entries/<id:lawful_entry_id>/enter")
@access("entry", "work")
def entry_enter(lawful_entry_id: str) -> Answer:
    def act(visit: Visit, case: LawfulEntry, typed: Typed, pressed: Pressed) -> None:
        second = typed.choice("second", rules.SECOND, "Say who goes in with the worker. Nobody goes in alone.")
        name = typed.words("second_name", most=200)
        if second and not typed.errors:
            steps.go_in(session(), visit, case, second, name, typed.ticked("photos_before"), pressed)

    return _step(lawful_entry_id, "enter", act, box="second_name")


@blueprint.post("/office/entries/<id:lawful_entry_id>/secure")
@access("entry", "work")
def entry_secure(lawful_entry_id: str) -> Answer:
    def act(visit: Visit, case: LawfulEntry, typed: Typed, pressed: Pressed) -> None:
        left = typed.choice("lock", rules.LOCKS, "Say how the door was left.")
        keys = typed.choice("keys", rules.KEYS, "Say where the keys are.")
        missing = "Write what was moved, broken or taken away, or that nothing was."
        inventory = typed.words("inventory", missing, most=LONG)
        if left and keys and not typed.errors:
            steps.secure(
                session(), visit, case, left, keys, inventory, pressed,
                only_made_safe=typed.ticked("only_made_safe"), notice_left=typed.ticked("secure_notice"),
            )  # fmt: skip

    return _step(lawful_entry_id, "secure", act, box="keys")


@blueprint.post("/office/entries/<id:lawful_entry_id>/told")
@access("entry", "work")
def entry_told(lawful_entry_id: str) -> Answer:
    def act(visit: Visit, case: LawfulEntry, typed: Typed, pressed: Pressed) -> None:
        call = typed.choice("call", rules.CALLS, "Call the tenant, and say what came of it.")
        said = typed.words("told_words", most=LONG)
        if call and not typed.errors:
            steps.say_told(session(), visit, case, call, said, pressed, notice_left=typed.ticked("told_notice"))

    return _step(lawful_entry_id, "told", act, box="told_notice")


@blueprint.post("/office/entries/<id:lawful_entry_id>/review")
@access("entry", "review")
def entry_review(lawful_entry_id: str) -> Answer:
    def act(visit: Visit, case: LawfulEntry, typed: Typed, pressed: Pressed) -> None:
        answers = {
            name: typed.choice(name, ("yes", "no"), sentence)
            for name, sentence in (
                ("necessary", "Say whether it was necessary."),
                ("proportionate", "Say whether it was proportionate."),
            )
        }
        necessity = typed.words("necessity", "Write how you know whether it was necessary.", most=LONG)
        proportionality = typed.words("proportionality", "Write whether less would have done.", most=LONG)
        learnt = typed.words("learnt", most=LONG)
        if not typed.errors:
            steps.review(
                session(), case, necessity, proportionality, learnt, pressed,
                necessary=answers["necessary"] == "yes", proportionate=answers["proportionate"] == "yes",
            )  # fmt: skip

    return _step(lawful_entry_id, "review", act)


# --- what every form does -----------------------------------------------------------------------------------------


def _step(case_id: str, form: str, act: Act, *, box: str = "") -> Answer:
    """box: where a refusal is shown. Nothing typed is lost, nothing half is kept."""
    case = _case(case_id)
    visit, typed = lock(session(), case.visit_id) or abort(404), Typed(request.form)
    session().refresh(case)  # as it stands under the lock
    pressed = Pressed(typed.key or abort(400), principal(), policy())
    if again := carry_out(lambda: act(visit, case, typed, pressed), typed, "entry", case_id, box=box):
        return _page(_case(case_id), form, typed), again
    log_access(case_id, reason=form)
    return redirect(f"/office/entries/{case_id}?done={form}", 303)


def _page(case: LawfulEntry, form: str = "", typed: Typed | None = None) -> str:
    return page(
        "desk/lawful_entry.html",
        it=pages.page_of(session(), case, principal(), policy()),
        form=forms_on_page(form, typed),
        errors=typed.errors if typed else {},
        done=words.DONE.get(request.args.get("done", ""), "") if typed is None else "",
        words=words,
        bases=[(each.code, each.label) for each in policy().door.lawful_entry_bases],
        first_call=contacts(DANGER, policy()),
        ways_needed=policy().door.entry_contact_methods.value,
    )


def _case(case_id: str) -> LawfulEntry:
    return service.find(session(), case_id) or abort(404)
