"""Sending a visit's notice: which way, and the very words, before anything goes out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, abort, current_app, redirect, request
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import Duty
from fieldvisit.ground.verdict import Refused, RefusedError
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.parties import Party, each_once
from fieldvisit.messages.rules import Way
from fieldvisit.messages.texts import fill_link
from fieldvisit.notices.facts import CHANNELS
from fieldvisit.visits import joint, notifying, plan_page, planning, telling, whom
from fieldvisit.visits.models import Visit
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.visits.plan_views import Answer, in_page_order
from fieldvisit.visits.service import lock
from fieldvisit.visits.state import VisitState
from fieldvisit.web.access import access, at, log_access, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("send", __name__)
THE_LINK = "[the tenant’s own link]"


NONE = "none"  # of several tenants: not this one, not now


@dataclass(frozen=True, slots=True)
class Asked:
    """One who is to be told, as the page asks for them. name: whose, of several; else empty. field: of the form.
    told: a code of `joint.py`, of several. text: what would be sent, or None."""

    party: Party
    field: str
    name: str
    chosen: Way | None
    options: Sequence[tuple[str, str, str]]
    told: str
    text: notifying.Text | None
    never_proved: bool
    worth: plan_page.Said | None
    why_not: plan_page.Said | None


@blueprint.get("/office/visits/<id:visit_id>/send")
@access("message", "send")
def form(visit_id: str) -> Answer:
    visit = _visit(visit_id)
    log_access(visit.id)
    asked = {name: request.args.get(name, "") for name in ("channel", "to")}
    return _page(visit, Typed.nothing(**asked))


@blueprint.post("/office/visits/<id:visit_id>/send")
@access("message", "send")
def send(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    if typed.text("do") == "preview":
        return _page(visit, typed, fragment="preview" if "HX-Request" in request.headers else None)
    parties = whom.parties_of(session(), visit.home, at())
    chosen = [(one, typed.text(field, 32)) for one, field in _fields(parties)]
    for (_, code), (one, field) in zip(chosen, _fields(parties), strict=True):
        if not code:
            typed.wrong(field, f"Choose how to send it to {one.name}." if one.resident else "Choose how to send it.")
    if all(code == NONE for _, code in chosen):
        typed.wrong("channel", "Choose how to send it to one of them at least.")
    programme = _programme(visit, typed)
    if typed.errors:
        return _page(visit, typed), 422
    key = typed.key or abort(400)
    state = planning.state_of(session(), visit, policy())
    ways = [(one, one.way(code)) for one, code in chosen if code != NONE or one.resident is None]
    verdict = telling.first_refusal(*(telling.may_send(state, way) for _, way in ways))
    if isinstance(verdict, Refused):
        return _page(visit, typed, refused=verdict), 409
    by = principal().person_id
    try:
        for one, way in each_once((one, way) for one, way in ways if way):
            text = notifying.text_for(session(), visit, "notice", way, policy(), one)
            own = notifying.key_for(key, one)
            notifying.give_notice(session(), visit, text, by=by, at=at(), policy=policy(), key=own, programme=programme)
    except RefusedError as used:
        return _page(visit, typed, refused=used.verdict), 409
    _do_not_forget(visit, parties, key)
    return redirect(f"/office/visits/{visit.id}/plan?done=sent", 303)


def _do_not_forget(visit: Visit, parties: Sequence[Party], key: str) -> None:
    """Whoever of several tenants got no message, or one that says nothing of the visit: a person is asked to tell them."""
    told = whom.told_each(session(), visit, parties, planning.state_of(session(), visit, policy()))
    if any(not one.is_told for _, one in told):
        notifying.ask_a_person(session(), visit, planning.also(key, "by hand"), at(), policy())


def _fields(parties: Sequence[Party]) -> list[tuple[Party, str]]:
    """The first one's box is the one that a home with one tenant has."""
    return [(one, f"channel_{one.resident}" if number else "channel") for number, one in enumerate(parties)]


def _programme(visit: Visit, typed: Typed) -> tuple[date, date] | None:
    """NR-4: a notice of planned works names its first and last day."""
    if visit.kind != "planned_works":
        return None
    first = typed.day("programme_start", "Say on which day the works start.")
    last = typed.day("programme_end", "Say on which day the works end.")
    if first is None or last is None:
        return None
    told = telling.Told("email", programme_start=first, programme_end=last)
    if backwards := telling.wrong_with(told, at()).get("programme_end"):
        typed.wrong("programme_end", backwards)
    return first, last


def _page(visit: Visit, typed: Typed, *, refused: Refused | None = None, fragment: str | None = None) -> str:
    state = planning.state_of(session(), visit, policy())
    parties = whom.parties_of(session(), visit.home, at())
    told = {one.resident: stands for one, stands in whom.told_each(session(), visit, parties, state)}
    return page(
        "visits/plan/send.html",
        fragment=fragment,
        visit=visit,
        kind=visit.kind,
        typed=typed,
        errors=in_page_order(typed.errors),
        refused=plan_page.said_of_verdict(refused),
        key=typed.key or new_id(),
        asked=[_asked(visit, state, one, field, typed, told.get(one.resident)) for one, field in _fields(parties)],
    )


def _asked(
    visit: Visit, state: VisitState, one: Party, field: str, typed: Typed, told: joint.ToldOne | None
) -> Asked:  # fmt: skip
    chosen = _chosen(visit, one, field, typed, told)
    text = notifying.text_for(session(), visit, "notice", chosen, policy(), one) if chosen else None
    needs = planning.needs_of(planning.household_of(session(), visit.home_id))
    options = [(way.channel, _label(way), _hint(way)) for way in one.ways]
    if told:
        options.append((NONE, "Not now", "If nobody has told them, a task asks somebody to."))
    return Asked(
        party=one,
        field=field,
        name=one.name if one.resident else "",
        chosen=chosen,
        options=options,
        told=told.state if told else "",
        text=text and replace(text, subject=fill_link(text.subject, THE_LINK), body=fill_link(text.body, THE_LINK)),
        never_proved=chosen is not None and _sending().provider_of(chosen.channel) == "smtp",
        worth=_worth(visit, chosen, needs) if chosen else None,
        why_not=plan_page.said_of_verdict(telling.may_send(state, chosen)) if chosen else None,
    )


def _chosen(visit: Visit, one: Party, field: str, typed: Typed, told: joint.ToldOne | None) -> Way | None:
    """As typed; else the way to offer. Of several tenants none for whoever is told already, or was not asked for."""
    code, asked_for = typed.text(field, 32), typed.text("to", 32)
    if told and asked_for:
        code = typed.text("channel", 32) if asked_for == one.resident else NONE
    if told and (code == NONE or (not code and told.is_told)):
        return None
    offered, _ = whom.next_to_offer(session(), visit, one)
    return one.way(code) or offered or next(iter(one.ways), None)


def _sending() -> Sending:
    found: Sending = current_app.extensions["fv_config"].sending
    return found


def _worth(visit: Visit, way: Way, needs: Any) -> plan_page.Said | None:
    """What the notice rule would say, were it delivered, or posted, now. None: it says neither who nor why."""
    if way.safety != "safe":
        return None
    planned = plan_page.as_planned(planning.state_of(session(), visit, policy()))
    ways = telling.if_told_now(planned, needs, plan_page.to_the_minute(at()) or at(), policy())
    return next((plan_page.said_of_answer(one.answer) for one in ways if one.channel == way.channel), None)


def _label(way: Way) -> str:
    name = CHANNELS[way.channel]
    where = way.to.replace("\n", ", ")
    return f"{name[0].upper()}{name[1:]} to {where}"


def _hint(way: Way) -> str:
    if not way.usable:
        return "This household has told us that it cannot use this: it would not count as notice."
    return {
        "safe": "May say what the visit is.",
        "content_free": "Not marked safe: it would say only ‘please call us about your home’, and give no notice.",
        "never": "The household asked us never to use this.",
    }[way.safety]


def _visit(visit_id: str) -> Visit:
    """Locked where something is to be written. Outside the areas that one schedules it is not there."""
    wanted = select(Visit).where(Visit.id == visit_id)
    found = lock(session(), visit_id) if request.method == "POST" else session().scalars(wanted).first()
    if found is None or not principal().holds(Duty.SCHEDULER, found.area_id):
        abort(404)
    return found
