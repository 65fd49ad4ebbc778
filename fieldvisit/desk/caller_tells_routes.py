"""`/office/intake/hazard`, `/office/intake/complaint`: what else somebody rings about, from the phone line's first page.

Write only: a home is named exactly, and what is shown of it afterwards is a reference (security 2: CH, 'W'). What is typed is
kept as a draft of its writer's, like that of the first page (breaches/draft_pages.py), until it is written down.
"""

from collections.abc import Sequence
from typing import Any

from flask import abort, current_app, request
from werkzeug.wrappers import Response

from fieldvisit.audit.service import note_access
from fieldvisit.breaches import draft_pages, drafts
from fieldvisit.breaches.drafts import Draft
from fieldvisit.db import new_id
from fieldvisit.desk import caller_tells, caller_told, household
from fieldvisit.desk import caller_tells_forms as forms
from fieldvisit.desk.blueprint import blueprint
from fieldvisit.ground.references import Kind, typed_as
from fieldvisit.ground.roles import TAKING
from fieldvisit.hazards.words import AT_RISK, DO_FIRST
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, policy, principal
from fieldvisit.web.render import page

Answer = str | Response | tuple[str, int] | tuple[Response, int]
HAZARD, COMPLAINT = "/office/intake/hazard", "/office/intake/complaint"


@blueprint.get(HAZARD)
@access("hazard", "tell")
def tell_of_a_hazard() -> Answer:
    """kept: the reference of one that was written down just now. draft: one of their own, to go on with."""
    if kept := _kept(Kind.HAZARD):
        with database().reading(TAKING) as own:
            it = caller_told.of_hazard(own, kept, principal(), policy(), _ways_out())
        return page(
            "desk/caller_hazard_taken.html", kept=kept, do_first=_do_first(), task=policy().task,
            deadline=policy().deadline, it=it,
        )  # fmt: skip
    waiting = draft_pages.waiting()
    if draft := draft_pages.chosen(waiting, drafts.HAZARD):
        return _hazard_page(forms.gone_on_with(draft.typed, draft.began_at), draft=draft)
    return _hazard_page(Typed.nothing(), waiting=waiting)


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
        if kept:
            draft_pages.drop(own, key)
    if not kept:
        typed.wrong("new_postcode", forms.NO_HOME)
        return _hazard_page(typed, nowhere=True), 422
    return draft_pages.filed(f"{HAZARD}?kept={kept}")


@blueprint.post(f"{HAZARD}/draft")
@access("hazard", "tell")
def save_hazard_draft() -> Answer:
    typed = Typed(request.form)
    return draft_pages.keep(forms.typed_in(typed, forms.HAZARD_KEPT, typed.key or abort(400)), drafts.HAZARD)


@blueprint.get(COMPLAINT)
@access("complaint", "tell")
def tell_of_a_complaint() -> Answer:
    if kept := _kept(Kind.COMPLAINT):
        with database().reading(TAKING) as own:
            it = caller_told.of_complaint(own, kept, principal(), policy(), _ways_out())
        return page("desk/caller_complaint_taken.html", kept=kept, deadline=policy().deadline, it=it)
    waiting = draft_pages.waiting()
    if draft := draft_pages.chosen(waiting, drafts.COMPLAINT):
        return _complaint_page(forms.gone_on_with(draft.typed, draft.began_at), draft=draft)
    return _complaint_page(Typed.nothing(), waiting=waiting)


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
        if kept:
            draft_pages.drop(own, key)
    if not kept:
        typed.wrong("new_postcode", f"{forms.NO_HOME} Or leave the home empty, and write the address into their words.")
        return _complaint_page(typed), 422
    return draft_pages.filed(f"{COMPLAINT}?kept={kept}")


@blueprint.post(f"{COMPLAINT}/draft")
@access("complaint", "tell")
def save_complaint_draft() -> Answer:
    typed = Typed(request.form)
    return draft_pages.keep(forms.typed_in(typed, forms.COMPLAINT_KEPT, typed.key or abort(400)), drafts.COMPLAINT)


def _hazard_page(typed: Typed, *, nowhere: bool = False, **drafted: Any) -> str:
    return page(
        "desk/caller_hazard.html", do_first=_do_first(), at_risk=list(AT_RISK.items()), nowhere=nowhere,
        calls=bool(_ways_out()),
        hazards=[(each.name, each.seen_as or each.label) for each in policy().hazards], **_of(typed, **drafted),
    )  # fmt: skip


def _complaint_page(typed: Typed, **drafted: Any) -> str:
    hazards = [(each.name, each.seen_as or each.label) for each in policy().hazards]
    return page(
        "desk/caller_complaint.html", hazards=[*hazards, ("unknown", "Not known yet which")],
        danger=policy().contact("danger"), **_of(typed, **drafted),
    )  # fmt: skip


def _of(typed: Typed, *, waiting: Sequence[Draft] = (), draft: Draft | None = None) -> dict[str, Any]:
    line = draft_pages.line(draft)
    return {"typed": typed, "errors": typed.errors, "key": typed.key or new_id(), "waiting": waiting} | line


def _do_first() -> list[tuple[Any, str]]:
    return [(policy().contact(code), what) for code, what in DO_FIRST.items()]


def _ways_out() -> tuple[str, ...]:
    found: tuple[str, ...] = current_app.extensions["fv_config"].sending.ways_out
    return found


def _names() -> tuple[str, ...]:
    return tuple(each.name for each in policy().hazards)


def _kept(kind: Kind) -> str:
    return "".join(typed_as(kind, request.args.get("kept", "")[:20])[:1])
