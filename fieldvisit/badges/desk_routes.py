"""The office's badge pages: printing the cards, and stopping a badge that someone rang about."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, current_app, redirect, request
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from fieldvisit.badges import service
from fieldvisit.badges.codes import badge_id_in, printed_address
from fieldvisit.badges.models import Badge
from fieldvisit.badges.routes import verify_base, verify_host
from fieldvisit.badges.rules import name_shown, what_is_wrong
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import Scope
from fieldvisit.ground.verdict import insist
from fieldvisit.web.access import access, at, log_access, policy, principal, right, session
from fieldvisit.web.render import page

blueprint = Blueprint("badge_desk", __name__)
NOT_KNOWN = "We know no badge with that number. Check the number and type it again."


@blueprint.get("/office/people/<id:person_id>/card.pdf")
@access("badge", "print")
def card(person_id: str) -> Response:
    from fieldvisit.badges.cards import printed_card_pdf

    return _card(person_id, "card", printed_card_pdf)


@blueprint.get("/office/people/<id:person_id>/doorstep-card.pdf")
@access("badge", "print")
def doorstep_card(person_id: str) -> Response:
    from fieldvisit.badges.cards import doorstep_card_pdf

    return _card(person_id, "doorstep-card", doorstep_card_pdf)


@blueprint.get("/office/badges")
@access("badge", "suspend")
def find() -> str | Answer:
    number = request.args.get("number", "").strip()[:40]
    badge = service.by_number(session(), number) if number else None
    if badge and _in_reach(badge):
        return redirect(f"/office/badges/{badge.id}", 303)
    errors = {"number": NOT_KNOWN} if number else {}
    return page("badges/find.html", number=number, errors=errors)


@blueprint.get("/office/badges/<badge:badge_id>")
@access("badge", "suspend")
def show(badge_id: str) -> str:
    badge = _badge(badge_id)
    wrong = what_is_wrong(service.standing(session(), badge.person, badge, london_date(at())), at())
    return page("badges/suspend.html", badge=badge, wrong=wrong)


@blueprint.post("/office/badges/<badge:badge_id>/suspend")
@access("badge", "suspend")
def suspend(badge_id: str) -> Answer:
    badge = _badge(badge_id)
    service.suspend(badge, at())
    log_access(badge.id)
    return redirect(f"/office/badges/{badge.id}", 303)


def _badge(badge_id: str) -> Badge:
    wanted = select(Badge).where(Badge.id == (badge_id_in(badge_id) or "")).options(service.bearer())
    badge = session().scalars(wanted).first()
    return badge if badge and _in_reach(badge) else abort(404)


def _in_reach(badge: Badge) -> bool:
    """A firm's manager stops the badges of the firm, and learns of no other one that it is there."""
    return right().scope is not Scope.FIRM or badge.person.firm_id == principal().firm_id


def _card(person_id: str, kind: str, draw: Callable[..., bytes]) -> Response:
    from fieldvisit.badges.cards import CardFacts, Fonts

    badge = service.badge_of(session(), person_id, service.bearer())
    if badge is None or not badge.person.visits_homes:
        abort(404)
    log_access(person_id, reason=kind)
    insist(service.may_print(session(), badge, at()))
    facts = CardFacts(
        name=name_shown(badge.person.name, policy().badge.name_style.value),
        company=badge.person.firm.name if badge.person.firm else "",
        council=policy().council.name,
        badge_number=badge.number,
        expires_on=badge.expires_on,
        qr_address=printed_address(verify_base(), badge.id),
        typed_address=f"{verify_host()}/v",
    )
    font = current_app.extensions["fv_config"].font
    pdf = draw(facts, badge.person.photo, at(), Fonts(font, font) if font else None)
    name = f'inline; filename="{kind}-{"".join(c for c in badge.number if c.isalnum() or c == "-")}.pdf"'
    return Response(pdf, mimetype="application/pdf", headers={"Content-Disposition": name})
