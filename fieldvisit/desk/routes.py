"""The council's desk: its front page, the visit log, one visit's timeline, the file for a spreadsheet, the tasks."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from flask import abort, current_app, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from fieldvisit.db import new_id
from fieldvisit.desk import csv_export, forms, start, start_counts, task_list, task_rows, visit_log
from fieldvisit.desk.blueprint import blueprint
from fieldvisit.desk.messages_page import told_of
from fieldvisit.desk.photos_page import shots_of
from fieldvisit.desk.rules import exceptions_in_words, note_code, reads_words
from fieldvisit.desk.timeline import people_in, timeline_of
from fieldvisit.desk.wording import KINDS, NOTICES, OUTCOMES, sayer
from fieldvisit.ground.roles import Role, may_ever
from fieldvisit.ground.verdict import Allowed, RefusedError
from fieldvisit.tasks import FOR_ASKED, Task
from fieldvisit.visits.events import VisitNoted, Words
from fieldvisit.visits.job_service import clock_of_job
from fieldvisit.visits.models import Job, Visit
from fieldvisit.visits.planning import command, notice_answer
from fieldvisit.visits.service import entries_of, lock, refold
from fieldvisit.visits.tenant_acts import said_of
from fieldvisit.web.access import access, at, log_access, log_read_again, policy, principal, right, session
from fieldvisit.web.render import page

Answer = str | Response | tuple[str, int]


@blueprint.get("/office")
@access("desk", "open")
def front() -> Answer:
    tasks: Any = []
    if lists := may_ever(principal(), "task", "list"):
        tasks, _ = task_list.open_tasks(session(), principal(), None, most=5)
    waiting = start_counts.waiting(session(), principal(), start.counted(start.WORK, _opens))
    return page(
        "desk/front.html", tasks=_shown(tasks), say=sayer(policy()), lists=bool(lists),
        work=start.offers(start.WORK, _opens, waiting), for_all=start.offers(start.FOR_ALL, _opens, {}), **_asked(tasks),
    )  # fmt: skip


def _opens(place: start.Place) -> bool:
    served = current_app.extensions["fv_served"]
    return place.href in served and may_ever(principal(), *place.right) is not None


# --- the visit log ------------------------------------------------------------------------------------------------


@blueprint.get("/office/visits")
@access("visit", "list")
def visits() -> Answer:
    wanted = forms.read_filter(request.args)
    if right().logged:
        log_access(reason=f"filters: {wanted.names or 'none'}")
    words = reads_words(principal().role)
    found = None if wanted.errors else visit_log.page_of(session(), wanted, words=words)
    shown = page(
        "desk/visits.html",
        fragment="results",
        wanted=wanted,
        words=words,
        errors=wanted.errors,
        found=found,
        here=wanted.query(**{way: wanted.typed[way] for way in ("after", "before") if wanted.typed[way]}),
        firms=_firms() if principal().role is Role.OFFICER else [],
        firm_names=visit_log.firm_names(session(), found.visits) if found else {},
        choices=SimpleNamespace(kind=KINDS.items(), outcome=OUTCOMES.items(), notice=NOTICES.items()),
        counted=visit_log.COUNTED,
        homes=visit_log.HOMES,
        say=sayer(policy()),
        may_export=may_ever(principal(), "visit", "export"),
    )
    return (shown, 422) if wanted.errors else shown


def _firms() -> list[tuple[str, str]]:
    named = [(firm.id, firm.name) for firm in visit_log.firms(session())]
    return [(forms.COUNCIL_ITSELF, "The council’s own officers"), *named]


@blueprint.get("/office/visits.csv")
@access("visit", "export")
def visits_csv() -> Answer:
    """Exactly the rows of the page with the same address, without words for whoever may not read them."""
    wanted = forms.read_filter(request.args)
    if wanted.errors:
        return redirect("/office/visits?" + request.query_string.decode("ascii", "replace"), 303)
    log_access(reason=f"filters: {wanted.names or 'none'}")
    words = reads_words(principal().role)
    rows = visit_log.page_of(session(), wanted, words=words).visits
    file = csv_export.as_csv(rows, visit_log.firm_names(session(), rows), sayer(policy()), words=words)
    name = csv_export.file_name(at())
    return Response(file, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


# --- one visit ----------------------------------------------------------------------------------------------------


@blueprint.get("/office/visits/<id:visit_id>")
@access("visit", "read")
def visit(visit_id: str) -> Answer:
    return _visit_page(visit_id, {}, "")


@blueprint.get("/office/visits/<id:visit_id>/photos")
@access("evidence", "open")
def visit_photos(visit_id: str) -> Answer:
    """Their pictures come one by one by the route of a photo, which writes down each look."""
    wanted = select(Visit).where(Visit.id == visit_id).options(joinedload(Visit.home))
    found = session().scalars(wanted).first() or abort(404)
    log_access(found.id)
    say, state, entries = sayer(policy()), refold(session(), found.id, policy()), entries_of(session(), found.id)
    shots = shots_of(timeline_of(session(), entries, state, policy(), say))
    over = sum(shot.standing == "over" for taken in shots.values() for shot in taken)
    return page("desk/visit_photos.html", visit=found, shots=shots, over=over, say=say)


@blueprint.post("/office/visits/<id:visit_id>/notes")
@access("visit", "note")
def note(visit_id: str) -> Answer:
    words, errors = forms.read_note(request.form)
    if errors:
        return _note_again(visit_id, errors, words), 422
    found = lock(session(), visit_id) or abort(404)
    event = VisitNoted(code=note_code(found.stage), words=Words(words))
    key = forms.read_form_key(request.form)
    try:
        command(session(), found, event, Allowed(), by=principal(), at=at(), policy=policy(), form_key=key)
    except RefusedError as refused:
        session().rollback()
        return _note_again(visit_id, {"words": refused.verdict.message}, words), 409
    return redirect(url_for("desk.visit", visit_id=visit_id), 303)


def _note_again(visit_id: str, errors: dict[str, str], words: str) -> str:
    log_read_again("visit", visit_id)
    return _visit_page(visit_id, errors, words)


def _visit_page(visit_id: str, errors: dict[str, str], words: str) -> str:
    found = (
        session()
        .scalars(select(Visit).where(Visit.id == visit_id).options(joinedload(Visit.home), joinedload(Visit.lead)))
        .first()
    )
    if found is None:
        abort(404)
    if right().logged:
        log_access(found.id)
    say, state, entries = sayer(policy()), refold(session(), found.id, policy()), entries_of(session(), found.id)
    return page(
        "desk/visit.html",
        visit=found,
        state=state,
        firm=visit_log.firm_names(session(), [found])[found.firm_id],
        notice=notice_answer(session(), found, policy()),
        exceptional=exceptions_in_words(state.exceptions, found.kind, policy()),
        timeline=timeline_of(session(), entries, state, policy(), say),
        people=people_in(session(), entries),
        told=told_of(session(), found.id, say) if reads_words(principal().role) else [],
        said=said_of(session(), found.id) if reads_words(principal().role) else [],
        clock=clock_of_job(session(), session().get(Job, found.job_id) if found.job_id else None, policy()),
        now=at(),
        say=say,
        may=_may(found.area_id),
        whole=reads_words(principal().role),
        errors=errors,
        words=words,
        key=new_id(),
    )


MAY = (
    ("visit", "plan"),
    ("visit", "note"),
    ("household", "read"),
    ("emergency", "authorise"),
    ("entry", "propose"),
)


def _may(area_id: str | None = None) -> dict[str, bool]:
    """What the person asking may ever do beside this page, with the duty of that area: links, not promises."""
    found = {}
    for record, action in MAY:
        known = may_ever(principal(), record, action)
        on_duty = known and (known.duty is None or principal().holds(known.duty, area_id))
        found[f"{record} {action}"] = bool(on_duty)
    return found


# --- tasks --------------------------------------------------------------------------------------------------------


@blueprint.get("/office/tasks")
@access("task", "list")
def tasks() -> Answer:
    return _tasks_page()


def _tasks_page(first: str = "") -> str:
    """first: why a press did nothing: a colleague was first, or something else ends it."""
    after = forms.read_place(request.args.get("after", ""))
    rows, later = task_list.open_tasks(session(), principal(), after)
    return page(
        "desk/tasks.html", fragment="tasks", tasks=_shown(rows), later=later, first=not after, told=first,
        say=sayer(policy()), **_asked(rows),
    )  # fmt: skip


def _asked(rows: Any) -> dict[str, Any]:
    """Of what asks for several: who has it, and what one of them did lately."""
    stands, done = task_list.standings(session(), rows), task_list.done_lately(session(), principal())
    unheard = task_list.unheard(session(), [one.task for one in done])
    return {"asked": stands, "done": done, "me": principal().person_id, "unheard": unheard}


@blueprint.post("/office/tasks/<id:task_id>/done")
@access("task", "list")
def task_done(task_id: str) -> Answer:
    return _do(task_id, "done", lambda task: task_list.mark_done(session(), task, principal(), _seen()))


@blueprint.post("/office/tasks/<id:task_id>/take")
@access("task", "list")
def task_take(task_id: str) -> Answer:
    return _do(task_id, "taken", lambda task: task_list.take(session(), task, principal(), _seen()), several=True)


@blueprint.post("/office/tasks/<id:task_id>/again")
@access("task", "list")
def task_again(task_id: str) -> Answer:
    return _do(task_id, "open again", lambda task: task_list.open_again(session(), task, principal()), several=True)


def _do(task_id: str, what: str, deed: Callable[[Task], bool], *, several: bool = False) -> Answer:
    """several: may be done to what asks for several people alone."""
    task = task_list.find(session(), principal(), task_id) or abort(404)
    if several and task.about != FOR_ASKED:
        abort(404)
    try:
        if deed(task):
            log_access(task.id, reason=f"{what}: {task.kind}")
    except RefusedError as refused:
        return _tasks_page(refused.verdict.message), 409
    return redirect(url_for("desk.tasks"), 303)


def _seen() -> str:
    return request.form.get("seen", "")[:32]


def _shown(rows: Any) -> list[task_rows.Row]:
    return task_rows.rows_of(session(), rows, principal(), at())
