"""`/office/intake/hazard`, `/office/intake/complaint`: what else somebody rings about, from the phone line's first page.

Write only: a home is named exactly, and what is shown of it afterwards is a reference (security 2: CH, 'W').
"""

from typing import Any

from flask import abort, redirect, request
from werkzeug.wrappers import Response

from fieldvisit.audit.service import note_access
from fieldvisit.db import new_id
from fieldvisit.desk import caller_tells, household
from fieldvisit.desk import caller_tells_forms as forms
from fieldvisit.desk.blueprint import blueprint
from fieldvisit.ground.references import Kind, typed_as
from fieldvisit.ground.roles import TAKING
from fieldvisit.hazards.words import AT_RISK, DO_FIRST
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, policy, principal
from fieldvisit.web.render import page

Answer = str | Response | tuple[str, int]
HAZARD, COMPLAINT = "/office/intake/hazard", "/office/intake/complaint"


@blueprint.get(HAZARD)
@access("hazard", "tell")
def tell_of_a_hazard() -> Answer:
    """kept: the reference of one that was written down just now."""
    if kept := _kept(Kind.HAZARD):
        return page(
            "desk/caller_hazard_taken.html", kept=kept, do_first=_do_first(), task=policy().task,
            deadline=policy().deadline,
        )  # fmt: skip
    return _hazard_page(Typed.nothing())


@blueprint.post(HAZARD)
@access("hazard", "tell")
def hazard_told() -> Answer:
    typed = Typed(request.form)
    told = forms.read_hazard(typed, _names(), at())
    if typed.errors:
        return _hazard_page(typed), 422
    key = typed.key or abort(400)
    with database().writing(TAKING) as own:
        home = household.home_named(own, told.home)
        made = (
            caller_tells.hazard_told(own, home, told, form_key=key, by=principal(), policy=policy()) if home else None
        )
        reason, object_id = ("by phone", made.id) if made else ("no such home", "")
        note_access(own, principal(), "hazard", "tell", object_id=object_id, reason=reason, at=at())
        kept = made.ref if made else ""
    if not kept:
        typed.wrong("new_postcode", forms.NO_HOME)
        return _hazard_page(typed, nowhere=True), 422
    return redirect(f"{HAZARD}?kept={kept}", 303)


@blueprint.get(COMPLAINT)
@access("complaint", "tell")
def tell_of_a_complaint() -> Answer:
    if kept := _kept(Kind.COMPLAINT):
        return page("desk/caller_complaint_taken.html", kept=kept, deadline=policy().deadline)
    return _complaint_page(Typed.nothing())


@blueprint.post(COMPLAINT)
@access("complaint", "tell")
def complaint_told() -> Answer:
    typed = Typed(request.form)
    read, wanted = forms.read_complaint(typed, _names(), at())
    if typed.errors:
        return _complaint_page(typed), 422
    key = typed.key or abort(400)
    with database().writing(TAKING) as own:
        home = household.home_named(own, wanted) if wanted else None
        made = None
        if home or wanted is None:
            made = caller_tells.complaint_told(own, home, read, form_key=key, by=principal(), policy=policy())
        reason, object_id = ("by phone", made.id) if made else ("no such home", "")
        note_access(own, principal(), "complaint", "tell", object_id=object_id, reason=reason, at=at())
        kept = made.ref if made else ""
    if not kept:
        typed.wrong("new_postcode", f"{forms.NO_HOME} Or leave the home empty, and write the address into their words.")
        return _complaint_page(typed), 422
    return redirect(f"{COMPLAINT}?kept={kept}", 303)


def _hazard_page(typed: Typed, *, nowhere: bool = False) -> str:
    return page(
        "desk/caller_hazard.html", do_first=_do_first(), at_risk=list(AT_RISK.items()), nowhere=nowhere,
        hazards=[(each.name, each.seen_as or each.label) for each in policy().hazards], **_of(typed),
    )  # fmt: skip


def _complaint_page(typed: Typed) -> str:
    hazards = [(each.name, each.seen_as or each.label) for each in policy().hazards]
    return page(
        "desk/caller_complaint.html", hazards=[*hazards, ("unknown", "Not known yet which")],
        danger=policy().contact("danger"), **_of(typed),
    )  # fmt: skip


def _of(typed: Typed) -> dict[str, Any]:
    return {"typed": typed, "errors": typed.errors, "key": typed.key or new_id()}


def _do_first() -> list[tuple[Any, str]]:
    return [(policy().contact(code), what) for code, what in DO_FIRST.items()]


def _names() -> tuple[str, ...]:
    return tuple(each.name for each in policy().hazards)


def _kept(kind: Kind) -> str:
    return "".join(typed_as(kind, request.args.get("kept", "")[:20])[:1])
