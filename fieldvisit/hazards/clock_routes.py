"""`/office/clocks`: jobs that carry a clock of the law (DR-18, DR-19), what runs out first on top, and what stood in the way."""

from collections.abc import Sequence

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from fieldvisit.ground.roles import Duty, may_ever
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.hazards.forms import read_when
from fieldvisit.register.duties import holding
from fieldvisit.visits import job_service
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, log_access, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("job_clocks", __name__)
Answer = str | Response | tuple[str, int]


@blueprint.get("/office/clocks")
@access("job-clock", "list")
def list_clocks() -> Answer:
    log_access()
    return _page("", Typed.nothing())


@blueprint.post("/office/clocks/<id:job_id>/done")
@access("job-clock", "settle")
def done(job_id: str) -> Answer:
    """That it is done, and when: of a record that the tenant has in the hand, nobody else can say."""
    job, typed = job_service.lock(session(), job_id) or abort(404), Typed(request.form)
    happened = read_when(typed, f"done_{job_id}", at())
    status = 422
    if not typed.errors:
        try:
            job_service.done(session(), job, happened, principal().person_id, at(), policy())
        except RefusedError as refused:
            typed.wrong(f"done_{job_id}_on", refused.verdict.message)
            status = 409
    if typed.errors:
        log_access(job_id, reason="again")
        return _page(job_id, typed), status
    log_access(job_id, reason="done")
    return redirect("/office/clocks?done=1", 303)


def _page(sent: str, typed: Typed) -> str:
    after = request.args.get("after", "")[:32]
    rows, later = job_service.running(session(), after, policy())
    return page(
        "hazards/clocks.html", rows=rows, later=later, first=not after, now=at(), sent=sent, typed=typed,
        nothing=Typed.nothing(), errors=typed.errors, done="done" in request.args, planners=_planners(rows),
    )  # fmt: skip


def _planners(rows: Sequence[job_service.Running]) -> dict[str, list[str] | None]:
    """By area: None where whoever looks plans visits there themselves, and who does where they do not."""
    areas = {row.job.home.area_id for row in rows if row.visit is None}
    plans = may_ever(principal(), "visit", "plan")
    mine = {area for area in areas if plans and principal().holds(Duty.SCHEDULER, area)}
    return {
        area: None if area in mine else [person.name for person in holding(session(), Duty.SCHEDULER, area, at())]
        for area in areas
    }
