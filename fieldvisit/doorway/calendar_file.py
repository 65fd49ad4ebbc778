"""One visit as an .ics file: the council's name, the day and the window. Never who comes, why, or to which home (T17)."""

import hashlib

from icalendar import Calendar, Event

from fieldvisit.ground.policy import Policy
from fieldvisit.visits.state import Stage
from fieldvisit.visits.tenant_view import TenantView


def of_visit(view: TenantView, summary: str, description: str, policy: Policy) -> bytes:
    """The same visit is the same UID for ever, so that a calendar which has it changes it and makes no second one."""
    calendar = Calendar()
    calendar.add("prodid", "-//FieldVisit//My visit//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = Event()
    event.add("uid", f"{hashlib.sha256(view.visit_id.encode()).hexdigest()[:32]}@{policy.council.verify_host}")
    event.add("dtstamp", view.changed_at)
    event.add("last-modified", view.changed_at)
    event.add("sequence", view.changes)
    start, end = view.window
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", summary)
    event.add("description", description)
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if view.state.stage is Stage.CANCELLED else "CONFIRMED")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
