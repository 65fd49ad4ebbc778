"""What a phone takes along for the day: the steps that all visits share, and each page of the round. No rule is made here."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.visits import shift, steps
from fieldvisit.visits.door_page import Door, door_of, shared, visit_at_the_door
from fieldvisit.visits.round_page import Round, begun_today, todays_round
from fieldvisit.visits.seen import AT_RISK, AT_THE_DOOR
from fieldvisit.web.render import block, page

MAIN = "main"


@dataclass(frozen=True, slots=True)
class SharedSteps:
    """outbox: the page of what waits, which is the same for everybody too."""

    version: str
    html: str
    outbox: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page's title, which names nobody, and the markup of its main part."""

    title: str
    html: str

    @property
    def stamp(self) -> str:
        """Changes with the page. Keyed: it lies in clear on a phone, and nobody may guess a page and compare."""
        key = current_app.config["SECRET_KEY"]
        return hmac.digest(key, f"pack\n{self.title}\n{self.html}".encode(), "sha256").hex()[:16]


def shared_steps(policy: Policy) -> SharedSteps:
    """Written once in the life of an app: policy and templates do not change under it."""
    kept: dict[str, SharedSteps] = current_app.extensions.setdefault("fv_shared_steps", {})
    if "" not in kept:
        template = current_app.jinja_env.get_template("visits/steps.html")
        html = template.render(
            door=shared(policy), steps=steps.SHARED, labels=steps.LABELS, clause=steps.say_clause, htmx=False,
            do_first=AT_THE_DOOR, at_risk=AT_RISK,
        )  # fmt: skip
        outbox = block("outbox/waiting.html", MAIN)
        kept[""] = SharedSteps(hashlib.sha256(f"{html}\n{outbox}".encode()).hexdigest()[:12], html, outbox)
    return kept[""]


def matter_page() -> str:
    """With no vault to seal to (`vault_keys`) it has numbers alone."""
    told = shared(current_app.extensions["fv_policy"])
    return page("safeguarding/matter.html", danger=told.danger, help=told.help)


def round_values(found: Round, at: datetime) -> dict[str, Any]:
    told = shared(current_app.extensions["fv_policy"])
    contacts = told.danger + told.help
    return {
        "page_id": "today",
        "round": found,
        "now": at,
        "clause": steps.say_clause,
        "contacts": contacts,
        "letter": False,
    }


def door_values(door: Door, policy: Policy) -> dict[str, Any]:
    return {
        "door": door, "labels": steps.LABELS, "clause": steps.say_clause, "steps_version": shared_steps(policy).version,
    }  # fmt: skip


def pages_of(
    session: Session, person_id: str, at: datetime, agent: str, policy: Policy
) -> tuple[Page, dict[str, Page], datetime]:
    """The round, each visit on it by its id, and when the phone must have forgotten them (aware UTC)."""
    found = todays_round(session, person_id, at, agent)
    ids = [stop.id for stop in found.all]
    if not found.badge:
        ids = begun_today(session, person_id, at)  # whoever stands in a home must be able to finish the record
    visits = {}
    for visit_id in ids:
        visit = visit_at_the_door(session, visit_id)
        if visit is not None:
            door = door_of(session, visit, person_id, at, agent, policy)
            html = block("visits/doorstep.html", MAIN, **door_values(door, policy))
            visits[visit_id] = Page(f"Visit {door.stop.ref}", html)
    today = Page("Today", block("visits/today.html", MAIN, **round_values(found, at)))
    return today, visits, shift.wipe_at(london_date(at), _ends(found))


def _ends(found: Round) -> Iterable[datetime]:
    return (stop.window[1] for stop in found.today)


def as_sent(visits: dict[str, Page], have: frozenset[str]) -> list[dict[str, str]]:
    """In the order of the round. A page that the phone has is named and not sent again. have: `<id>.<stamp>`."""
    sent = []
    for visit_id, one in visits.items():
        row = {"id": visit_id, "stamp": one.stamp}
        sent.append(row if f"{visit_id}.{one.stamp}" in have else row | {"title": one.title, "html": one.html})
    return sent
