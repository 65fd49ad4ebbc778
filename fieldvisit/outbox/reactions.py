"""What an event of a visit sets off besides its own line: for now, dated tasks for the desk (ruling R16)."""

from sqlalchemy.orm import Session

from fieldvisit.breaches.from_tasks import report_no_id
from fieldvisit.complaints import service as complaints
from fieldvisit.complaints.rules import Heard
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import INTAKE
from fieldvisit.hazards import service as hazards
from fieldvisit.jobs import want
from fieldvisit.tasks import raise_task
from fieldvisit.visits import access_service, lawful_entry_service
from fieldvisit.visits import events as ev
from fieldvisit.visits.consent import is_valid_refusal
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.seen import AT_RISK

NO_WORDS = "They were not content with the visit. Whoever was there wrote down no words of theirs."


def _task(session: Session, kind: str, visit: Visit, entry: Entry, working_days: int, policy: Policy) -> None:
    """Dated from when it happened, not from when the phone found a signal."""
    happened = entry.corrected_time
    raise_task(
        session,
        kind,
        cause=f"{kind}:{entry.id}",
        about="visit",
        about_id=visit.id,
        area_id=visit.area_id,
        at=happened,
        due=end_of_london_day(policy.working_days.after(london_date(happened), working_days)),
    )


def tenant_unhappy(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """ME-8.1d2: always a complaint, unless the tenant says no; then their words are kept. Received when it was said (DR-8)."""
    if not (isinstance(event, ev.VisitClosed) and event.unhappy):
        return
    heard = Heard(
        cause=f"tenant_unhappy:{entry.id}", channel="door", heard_at=entry.corrected_time,
        words=event.unhappy_words or NO_WORDS,
        put_right=event.put_right or "", home_id=visit.home_id, visit_id=visit.id,
        wanted=not event.wants_no_complaint, handler_is=entry.recorded_by,
    )  # fmt: skip
    complaints.receive(session, heard, by=INTAKE, at=entry.received_at, policy=policy)


def hazard_seen(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """Awareness began when it was seen (B2), offline too: a case to be described, and a task for the same day."""
    if isinstance(event, ev.VisitClosed) and event.hazard_seen and not hazards.has_case(session, visit.id):
        _task(session, "hazard_seen", visit, entry, policy.task.hazard_wd.value, policy)
        opening = hazards.Opening(
            home=visit.home, cause=f"hazard_seen:{entry.id}", aware_at=entry.corrected_time, visit_id=visit.id,
            by=entry.recorded_by, source="visit",
        )  # fmt: skip
        hazards.open_case(session, opening, entry.received_at, policy)


def hazard_reported(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """The same, with what it is and whom it can harm. Of a kind that no list of ours has, an officer says which it is."""
    if not isinstance(event, ev.HazardReported):
        return
    known = any(one.name == event.hazard for one in policy.hazards)
    opening = hazards.Opening(
        home=visit.home, cause=f"hazard_seen:{entry.id}", aware_at=entry.corrected_time, visit_id=visit.id,
        by=entry.recorded_by, source="visit", hazard=event.hazard if known else "",
        at_risk=tuple(code for code in event.at_risk if code in AT_RISK), emergency=event.emergency, entry=entry.id,
    )  # fmt: skip
    if hazards.report_from_visit(session, opening, entry.received_at, policy):
        _task(session, "hazard_seen", visit, entry, policy.task.hazard_wd.value, policy)


def access_failed(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """D4: kept with the home's open hazards as evidence of what we tried, whether it counts against the tenant or is ours
    (`access_rules.counts` says, whenever it is read). No clock stops for it."""
    if isinstance(event, ev.DoorChildAnswered) and event.adult_coming:
        return
    happened, now = entry.corrected_time, entry.received_at
    hazards.access_failed(session, visit.home_id, visit.id, entry.id, happened, now, policy)


def refusal_to_follow_up(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """D2: soon for a valid refusal, whose condition we must meet; a little later to ask again about another."""
    if isinstance(event, ev.ConsentRefused):
        valid = is_valid_refusal(event.reason, policy)
        wait = policy.door.valid_refusal_contact_wd if valid else policy.door.other_refusal_contact_wd
        _task(session, "refusal", visit, entry, wait.value, policy)


def no_id_shown(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """ME-3.2b2, D2: a refusal because no ID was shown opens a case of conduct; and the tenant hears from somebody."""
    if isinstance(event, ev.ConsentRefused) and event.reason == "no-id":
        _task(session, "no_id", visit, entry, policy.door.valid_refusal_contact_wd.value, policy)
        report_no_id(session, visit, f"no_id:{entry.id}", entry.corrected_time)


def child_alone(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """D2: consider safeguarding the same day."""
    if isinstance(event, ev.DoorChildAnswered) and not event.adult_coming:
        _task(session, "child_alone", visit, entry, policy.task.child_alone_wd.value, policy)


def no_access_to_follow_up(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    _task(session, "no_access", visit, entry, policy.door.other_refusal_contact_wd.value, policy)


def case_of_no_access(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """D2: the attempt opens the case of that home and job, or joins it. The dated tasks stand beside it."""
    access_service.attempt_recorded(session, visit, entry, event, policy)


def access_was_given(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    access_service.access_given(session, visit, entry, policy)


def entry_without_consent(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """D3: its case hears of it. Without one, a fact that somebody went in opens one, which says that nobody allowed it."""
    lawful_entry_service.from_log(session, visit, entry, event, policy)


def worker_withdrew(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """ME-7a: withdraw and report. The manager follows up the same day."""
    _task(session, "withdrew", visit, entry, policy.task.withdrew_wd.value, policy)


def tell_the_tenant(session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy) -> None:
    """On the way, running late, what was done. Wished here and written by the worker: a text never holds up a fact."""
    want(session, "tell", entry.id, due=entry.received_at)
