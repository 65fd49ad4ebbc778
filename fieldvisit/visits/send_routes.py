"""Sending a visit's notice: which way, and the very words, before anything goes out."""

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, abort, current_app, redirect, request
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import Duty
from fieldvisit.ground.verdict import Refused, RefusedError
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.rules import Way
from fieldvisit.messages.texts import fill_link
from fieldvisit.notices.facts import CHANNELS
from fieldvisit.visits import notifying, plan_page, planning, telling
from fieldvisit.visits.models import Visit
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.visits.plan_views import Answer, in_page_order
from fieldvisit.visits.service import lock
from fieldvisit.web.access import access, at, log_access, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("send", __name__)
THE_LINK = "[the tenant’s own link]"


@blueprint.get("/office/visits/<id:visit_id>/send")
@access("message", "send")
def form(visit_id: str) -> Answer:
    visit = _visit(visit_id)
    log_access(visit.id)
    return _page(visit, Typed.nothing(channel=request.args.get("channel", "")))


@blueprint.post("/office/visits/<id:visit_id>/send")
@access("message", "send")
def send(visit_id: str) -> Answer:
    visit, typed = _visit(visit_id), Typed(request.form)
    if typed.text("do") == "preview":
        return _page(visit, typed, fragment="preview" if "HX-Request" in request.headers else None)
    channel = typed.text("channel", 32)
    way = _way(notifying.ways(session(), visit, at()), channel)
    if not channel:
        typed.wrong("channel", "Choose how to send it.")
    programme = _programme(visit, typed)
    if typed.errors:
        return _page(visit, typed), 422
    key = typed.key or abort(400)
    verdict = telling.may_send(planning.state_of(session(), visit, policy()), way)
    if isinstance(verdict, Refused) or way is None:
        return _page(visit, typed, refused=verdict if isinstance(verdict, Refused) else None), 409
    text = notifying.text_for(session(), visit, "notice", way, policy())
    try:
        notifying.give_notice(
            session(), visit, text, by=principal().person_id, at=at(), policy=policy(), key=key, programme=programme
        )
    except RefusedError as used:
        return _page(visit, typed, refused=used.verdict), 409
    return redirect(f"/office/visits/{visit.id}/plan?done=sent", 303)


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
    found = notifying.ways(session(), visit, at())
    offered, _ = notifying.next_to_offer(session(), visit, at())
    chosen = _way(found, typed.text("channel", 32)) or offered or (found[0] if found else None)
    needs = planning.needs_of(planning.household_of(session(), visit.home_id))
    state = planning.state_of(session(), visit, policy())
    text = notifying.text_for(session(), visit, "notice", chosen, policy()) if chosen else None
    return page(
        "visits/plan/send.html",
        fragment=fragment,
        visit=visit,
        kind=visit.kind,
        typed=typed,
        errors=in_page_order(typed.errors),
        refused=plan_page.said_of_verdict(refused),
        key=typed.key or new_id(),
        ways=[(way.channel, _label(way), _hint(way)) for way in found],
        chosen=chosen,
        text=text and replace(text, subject=fill_link(text.subject, THE_LINK), body=fill_link(text.body, THE_LINK)),
        never_proved=chosen is not None and _sending().provider_of(chosen.channel) == "smtp",
        worth=_worth(visit, chosen, needs) if chosen else None,
        why_not=plan_page.said_of_verdict(telling.may_send(state, chosen)) if chosen else None,
    )


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


def _way(ways: list[Way], channel: str) -> Way | None:
    return next((way for way in ways if way.channel == channel), None)


def _visit(visit_id: str) -> Visit:
    """Locked where something is to be written. Outside the areas that one schedules it is not there."""
    wanted = select(Visit).where(Visit.id == visit_id)
    found = lock(session(), visit_id) if request.method == "POST" else session().scalars(wanted).first()
    if found is None or not principal().holds(Duty.SCHEDULER, found.area_id):
        abort(404)
    return found
