"""The scheduler's pages, filled: each is asked for by the routes with what was typed and what was refused."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from werkzeug.wrappers import Response

from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.roles import Duty, may_ever
from fieldvisit.ground.verdict import Refused
from fieldvisit.ground.working_days import BankHolidaysMissing
from fieldvisit.notices.facts import CHANNELS
from fieldvisit.notices.rules import PlannedVisit, outside_reasonable_hours
from fieldvisit.register.models import Home
from fieldvisit.visits import job_clocks, job_service, plan_page, planning, rules, telling, told_page, whom
from fieldvisit.visits.models import Job, Visit
from fieldvisit.visits.plan_forms import CANCEL_REASONS, MOVE_REASONS, Typed, Window, read_day
from fieldvisit.visits.service import lines_of
from fieldvisit.visits.state import VisitState
from fieldvisit.web.access import at, policy, principal, session
from fieldvisit.web.render import page

Answer = str | tuple[str, int] | Response

DONE = {
    "planned": "The visit is planned. Now tell the tenant: send the notice, or record how you told them.",
    "sent": "The notice is on its way. It counts when it has been delivered, and you will see that here.",
    "told": "It is recorded how the tenant was told.",
    "unusable": "It is recorded, but it does not count: this household has told us that it cannot use this.",
    "failed": "It is recorded that the notice failed. Tell the tenant another way today.",
    "withdrawn": "The notice is withdrawn. It counts for nothing now.",
    "agreed": "It is recorded that the tenant agreed to this time.",
    "confirmed": "It is recorded that the tenant confirmed this time.",
    "asks-other-time": "It is recorded that the tenant wants another time. Move the visit when you have agreed one.",
    "moved": "The visit is moved. See below what the tenant has been told of the new time.",
    "cancelled": "The visit is cancelled.",
    "reassigned": "Somebody else will visit now.",
    "set-off": "It is recorded that the worker has set off.",
    "at-the-door": "It is recorded that the worker is at the door.",
    "emergency": "The emergency is authorised. Tell the tenant as early as you can: what we sent is below.",
    "downgraded": "This is not an emergency any more.",
    "investigation": "The visit may go without notice. The tenant must still agree to let the officer in.",
    "entry": "Entry without consent is authorised. Make safe only, then leave a notice.",
}


# A list of what is wrong follows the page, top to bottom.
_ON_PAGE = (
    "postcode", "house", "uprn", "job", "clock", "clock_on", "kind", "works_started", "reason", "day", "start", "end",
    "lead", "others",
    "channel", "sent", "sent_time", "delivery", "delivered", "delivered_time", "despatched", "spoke_to", "age",
    "programme_start", "programme_end", "proof", "failure", "why", "agreed_by", "asked_words", "move_by", "move_reason",
    "move_day", "move_start", "move_end", "new_lead", "new_others", "cancel_by", "cancel_reason", "cancel_words",
    "hazard", "emergency_reason", "downgrade_reason", "investigation_reason", "basis", "proposed_by", "methods",
    "entry_reason",
)  # fmt: skip


def in_page_order(errors: dict[str, str]) -> dict[str, str]:
    return {name: errors[name] for name in (*_ON_PAGE, *errors) if name in errors}


def find_page(typed: Typed, found: Sequence[tuple[Home, Job | None]] | None = None) -> str:
    return page(
        "visits/plan/find.html", typed=typed, errors=in_page_order(typed.errors), found=found,
        cut=found is not None and len(found) >= plan_page.MOST_HOMES,
    )  # fmt: skip


def new_page(
    home: Home, typed: Typed, window: Window | None = None, *, refused: Refused | None = None,
    fragment: str | None = None,
) -> str:  # fmt: skip
    household = planning.household_of(session(), home.id)
    window = window or Window(None, None)
    chosen = {typed.text("lead", 32), *typed.many("others")} - {""}
    return page(
        "visits/plan/new.html",
        fragment=fragment,
        home=home,
        typed=typed,
        errors=in_page_order(typed.errors),
        refused=plan_page.said_of_verdict(refused),
        key=typed.key or new_id(),
        needs=plan_page.needs_in_words(household),
        residents=home.residents,
        jobs=[(job.id, _job_in_words(job)) for job in plan_page.open_jobs(session(), home.id)],
        clocks=[(code, label) for code, (_, _, label) in job_clocks.offered(policy()).items()],
        clock=(clock := _clock_typed(home, typed)),
        too_late=bool(clock and window.start and window.start > clock.due),
        kinds=plan_page.KIND_LABELS,
        firms=plan_page.firm_options(session()),
        firm=typed.text("firm", 32),
        people=plan_page.candidates(session(), typed.text("firm", 32), window.start, at(), chosen, home_id=home.id),
        window=window,
        told_now=_told_now(typed, window, planning.needs_of(household)),
        late_or_early=bool(window.both) and outside_reasonable_hours(*(window.both or (at(), at())), policy()),
        now=_now(),
    )


def _job_in_words(job: Job) -> str:
    clock = job_service.clock_of_job(session(), job, policy())
    left = f" ({clock.label}: {clock.due_in(at())})" if clock and clock.runs else ""
    return f"{job.ref}: {job.reason}{left}"


def _clock_typed(home: Home, typed: Typed) -> job_clocks.JobClock | None:
    """That of the chosen job, or the one that was chosen for this visit: its due time stands beside the notice (B1.6)."""
    wanted = select(Job).where(Job.id == typed.text("job", 32), Job.home_id == home.id)
    clock = job_service.clock_of_job(session(), session().scalars(wanted).first(), policy())
    chosen = job_clocks.offered(policy()).get(typed.text("clock", 32))
    if clock or chosen is None:
        return clock
    day = read_day(parts) if (parts := typed.parts("clock_on")) else london_date(at())
    if isinstance(day, str):
        return None
    began = london_instant(day) if typed.parts("clock_on") else at()
    try:
        return job_clocks.clock_of(chosen[0], chosen[1], began, None, policy())
    except BankHolidaysMissing:
        return None  # said when the form is sent


def _now() -> datetime:
    """The minute that begins next: what is promised of telling the tenant now is true when they are told."""
    return plan_page.to_the_minute(at()) or at()


def _told_now(typed: Typed, window: Window, needs: Any) -> dict[str, Any] | None:
    """What the rule would say by each channel, as soon as there is a kind and a window: first those that are in time."""
    kind = typed.text("kind", 24)
    if kind not in rules.KINDS or window.both is None or window.both[1] < window.both[0]:
        return None
    start, end = window.both
    visit = PlannedVisit(kind, start, end, start, works_started=typed.ticked("works_started"))
    ways = telling.if_told_now(visit, needs, _now(), policy())
    return {
        "enough": [_told_row(way) for way in ways if way.answer.may_proceed],
        "others": [_told_row(way) for way in ways if not way.answer.may_proceed],
        "soonest": plan_page.to_the_minute(min((way.opens for way in ways if way.opens), default=None)),
    }


def _told_row(one: telling.IfToldNow) -> dict[str, Any]:
    return {
        "channel": CHANNELS[one.channel],
        "said": plan_page.said_of_answer(one.answer),
        "opens": plan_page.to_the_minute(one.opens),
        "never": "Known when it is delivered" if one.channel == "signed_for" else "None: this does not count",
    }


def show_page(
    visit: Visit, form: str = "", typed: Typed | None = None, *, refused: Refused | None = None,
    fragment: str | None = None, done: str = "",
) -> str:  # fmt: skip
    """form: the form that was sent, which keeps what was typed. done: a code of DONE."""
    state = planning.state_of(session(), visit, policy())
    household = planning.household_of(session(), visit.home_id)
    forms = plan_page.forms_on_page(form, typed)
    parties = whom.parties_of(session(), visit.home, at())
    offered, failed = whom.next_to_offer(session(), visit, parties[0])
    return page(
        "visits/plan/show.html",
        fragment=fragment,
        visit=visit,
        state=state,
        answer=plan_page.said_of_answer(planning.answer_for_page(session(), visit, state, at(), policy())),
        form=forms,
        errors=in_page_order(typed.errors) if typed else {},
        refused=plan_page.said_of_verdict(refused),
        done=DONE.get(done, ""),
        needs=plan_page.needs_in_words(household),
        residents=visit.home.residents,
        tenants=[(one.resident, one.name) for one in parties if one.resident],
        job=(job := session().get(Job, visit.job_id) if visit.job_id else None),
        clock=job_service.clock_of_job(session(), job, policy()),
        lead=visit.lead,
        with_them=with_them(state),
        notices=told_page.notices_of(session(), visit, state, policy()),
        knows_who=telling.tenant_knows_who(lines_of(session(), visit.id)),
        each_told=told_page.each_told(session(), visit, parties, state),
        offered=offered.channel if failed and offered else "",
        offered_label=CHANNELS[offered.channel] if offered else "",
        told=_told_form(forms("told").typed, planning.needs_of(household)),
        may=_may(visit, state),
        people=_people(visit, forms("reassigned").typed),
        firm=_firm(visit, forms("reassigned").typed),
        firms=plan_page.firm_options(session()),
        labels=plan_page,
        move_reasons=plan_page.reasons(MOVE_REASONS),
        cancel_reasons=plan_page.reasons(CANCEL_REASONS),
        may_authorise=_may_authorise(visit),
        now=at(),
    )


def _firm(visit: Visit, typed: Typed) -> str:
    """The lead's own firm, until another is chosen."""
    return typed.text("firm", 32) if typed.text("do") else visit.lead.firm_id or plan_page.COUNCIL_OWN


def _people(visit: Visit, typed: Typed) -> plan_page.Candidates:
    chosen = {typed.text("new_lead", 32), *typed.many("new_others")} - {""}
    return plan_page.candidates(session(), _firm(visit, typed), visit.window_start, at(), chosen, home_id=visit.home_id)


def with_them(state: VisitState) -> str:
    names = plan_page.names_of(session(), state.others)
    return ", ".join(names.get(each, "") for each in state.others)


def _told_form(typed: Typed, needs: Any) -> dict[str, Any]:
    """Which boxes the chosen channel asks for; all of them before one is chosen, so that the page needs no script."""
    channel = typed.text("channel", 32)
    every = ("sent", "delivery", "delivered", "despatched", "spoke_to", "age")
    asked, unusable = telling.ASKS_FOR.get(channel), telling.cannot_use(channel, needs, policy())
    return {
        "asked": asked or every,
        "kept": _typed_into(typed, [box for box in every if box not in (asked or every)]),
        "chosen": channel if asked else "",
        "channels": [(code, _channel_label(code, needs)) for code in telling.ASKS_FOR],
        "unusable": plan_page.said_of_verdict(unusable),
    }


def _typed_into(typed: Typed, boxes: Sequence[str]) -> list[tuple[str, str]]:
    """What was typed into boxes that are not shown now: kept, for when another channel is chosen."""
    names = [f"{box}{part}" for box in boxes for part in ("", "-day", "-month", "-year", "_time")]
    return [(name, text) for name in names if (text := typed.text(name, 64))]


def _channel_label(code: str, needs: Any) -> str:
    label = f"{CHANNELS[code][0].upper()}{CHANNELS[code][1:]}"
    return f"{label} (this household cannot use it)" if code in needs.unusable_channels else label


def _may(visit: Visit, state: VisitState) -> dict[str, Any]:
    """For each form, why it is not offered; None where it is (D1: a guard must be true or the button is not there)."""
    me = principal().person_id
    verdicts = {
        "told": rules.may_record_notice(state),
        "agreed": rules.may_agree_time(state, recorder=me, at=at(), policy=policy()),
        "confirmed": telling.may_confirm(state),
        "asks_other_time": telling.may_ask_other_time(state),
        "moved": rules.may_move(state, by="tenant", apologised=True),
        "reassigned": rules.may_reassign(state),
        "cancelled": rules.may_cancel(state, by="tenant", apologised=True, offered_new_time=True),
        "set_off": planning.may_leave(session(), visit, state, at(), policy()),
        "at_the_door": planning.may_be_at_the_door(session(), visit, state, at(), policy()),
    }
    return {name: plan_page.said_of_verdict(verdict) for name, verdict in verdicts.items()}


def _may_authorise(visit: Visit) -> bool:
    return bool(may_ever(principal(), "emergency", "authorise")) and principal().holds(Duty.DUTY, visit.area_id)
