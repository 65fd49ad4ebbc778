"""`/safety/buddy`: a worker names their buddy; `/office/safety/buddies`: a firm's manager does, for the firm's workers (D10)."""

from flask import abort, redirect, request
from sqlalchemy.orm import Session

from fieldvisit.audit.service import note_access
from fieldvisit.ground.roles import WATCHING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.models import Person
from fieldvisit.safety import buddies
from fieldvisit.safety.routes import Answer, _own_page, _ways_out, desk, field
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, log_access, principal
from fieldvisit.web.render import page


@field.post("/safety/buddy")
@access("watch", "own")
def name_own() -> Answer:
    typed = Typed(request.form)
    if not _named(principal().person_id, typed):
        return _own_page(typed), 409
    return redirect("/safety?done=buddy", 303)


@desk.get("/office/safety/buddies")
@access("watch", "buddies")
def list_buddies() -> Answer:
    log_access(reason="buddies")
    return _list(Typed.nothing())


@desk.post("/office/safety/buddies/<id:person_id>")
@access("watch", "buddies")
def name_for(person_id: str) -> Answer:
    with database().reading(WATCHING) as seeing:
        if person_id not in {worker.id for worker in _workers(seeing)}:
            abort(404)
    typed = Typed(request.form)
    if not _named(person_id, typed):
        return _list(typed, person_id), 409
    return redirect("/office/safety/buddies?done=yes", 303)


def _workers(of: Session) -> list[Person]:
    firm_id = principal().firm_id
    return list(buddies.workers_of(of, firm_id)) if firm_id else []


def _named(person_id: str, typed: Typed) -> bool:
    """False where a rule refused; why is said beside the box."""
    try:
        with database().writing(WATCHING) as writing:
            worker = writing.get_one(Person, person_id)
            buddies.name_buddy(writing, worker, typed.text("buddy", 32), principal().person_id, at())
            note_access(writing, principal(), "watch", "buddies", object_id=person_id, reason="named", at=at())
    except RefusedError as refused:
        typed.wrong("buddy", refused.verdict.message)
        return False
    return True


def _list(typed: Typed, whose: str = "") -> str:
    with database().reading(WATCHING) as reading:
        workers = _workers(reading)
        named = {worker_id: one.id for worker_id, one in buddies.named_by(reading, [one.id for one in workers]).items()}
        rows = [
            (worker.id, worker.name, named.get(worker.id, ""), _choices(reading, worker)) for worker in workers
        ]  # fmt: skip
    return page(
        "safety/buddies.html", rows=rows, whose=whose, errors=typed.errors, done=request.args.get("done") == "yes",
        called=bool(_ways_out()),
    )  # fmt: skip


def _choices(of: Session, worker: Person) -> list[tuple[str, str]]:
    return [(one.id, one.name) for one in buddies.who_may_be(of, worker, at())]
