"""Telling the tenant, as a desk writes it down: what may be recorded, what telling them now would be worth. Pure.

What a notice is worth is decided in `notices/rules.py`; what the office may do with a visit, in `visits/rules.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict
from fieldvisit.messages.rules import Way
from fieldvisit.notices.facts import CHANNELS, FAILURES
from fieldvisit.notices.rules import Household, Notice, NoticeAnswer, PlannedVisit, decide
from fieldvisit.visits import events as ev
from fieldvisit.visits.fold import Line
from fieldvisit.visits.rules import may_record_notice
from fieldvisit.visits.state import ENDED, PLANNING, Stage, VisitState

CLOCKS_AGREE = timedelta(minutes=5)  # a desk's clock and ours may differ by so much
MOST_AHEAD = timedelta(days=731)  # two years: further ahead is a slip of the finger

# The order in which a desk thinks of them; what each channel's record must say (NR-5, NR-14).
_WHOM = ("sent", "spoke_to", "age")
ASKS_FOR: dict[str, tuple[str, ...]] = {
    "sms": ("sent", "delivery", "delivered"),
    "email": ("sent", "delivery", "delivered"),
    "phone": _WHOM,
    "in_person": _WHOM,
    "handed": _WHOM,
    "letterbox": ("sent",),
    "letter_first_class": ("despatched",),
    "letter_second_class": ("despatched",),
    "signed_for": ("delivered", "spoke_to", "age"),
    "voicemail": ("sent",),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a desk says about one notice. Instants are aware; despatched_on and the programme are London dates."""

    channel: str
    sent_at: datetime | None = None
    delivery: str | None = None
    delivered_at: datetime | None = None
    despatched_on: date | None = None
    spoke_to: str | None = None
    programme_start: date | None = None
    programme_end: date | None = None


def may_record_notice_at(told_at: datetime, at: datetime) -> Verdict:
    """A notice is recorded once it has happened, never before. Refuses: future."""
    if told_at > at + CLOCKS_AGREE:
        sentence = "That is in the future. Record it when it has happened."
        return Refused("future", sentence, Clause("Notice rule", "NR-16"))
    return Allowed()


def may_send(state: VisitState, way: Way | None) -> Verdict:
    """May this visit's notice go out this way? Refuses: under-way, no-way, never."""
    if way is None or not way.to:
        return Refused("no-way", "We have no number or address for that. Choose another way, or tell them yourself.")
    if way.safety == "never":
        return Refused(
            "never", "This household asked us never to use that. Choose another way.", Clause("Security", "T17")
        )
    return may_record_notice(state)


def wrong_with(told: Told, at: datetime) -> dict[str, str]:
    """Each fact that this channel's record lacks or that cannot be: name of the fact, and a sentence."""
    asked = ASKS_FOR[told.channel]
    wrong = {name: sentence for name, sentence in _missing(told) if name in asked}
    for name, moment in (("sent", told.sent_at), ("delivered", told.delivered_at)):
        if name in asked and moment and isinstance(verdict := may_record_notice_at(moment, at), Refused):
            wrong[name] = verdict.message
    if told.despatched_on and "despatched" in asked and told.despatched_on > london_date(at):
        wrong["despatched"] = "That day has not come yet. Record the letter when it has gone out."
    if told.sent_at and told.delivered_at and "sent" in asked and told.delivered_at < told.sent_at:
        wrong.setdefault("delivered", "It cannot have been delivered before it was sent.")
    return wrong | _wrong_programme(told)


def _missing(told: Told) -> Iterable[tuple[str, str]]:
    if told.sent_at is None:
        yield "sent", "Say on which day and at what time this was."
    if told.despatched_on is None:
        yield "despatched", "Say on which day the letter left the building."
    if told.delivered_at is None and (told.channel == "signed_for" or told.delivery == "delivered"):
        yield "delivered", "Say when it was delivered. If there is no receipt yet, choose that instead."
    if told.spoke_to is None:
        yield "spoke_to", "Say who was told, or who took it."


def _wrong_programme(told: Told) -> dict[str, str]:
    if told.programme_start and told.programme_end and told.programme_end < told.programme_start:
        return {"programme_end": "The works cannot end before they start."}
    if told.programme_start and not told.programme_end:
        return {"programme_end": "Say on which day the works end: a notice of planned works names both."}
    if told.programme_end and not told.programme_start:
        return {"programme_start": "Say on which day the works start: a notice of planned works names both."}
    return {}


def may_plan_at(window_start: datetime, window_end: datetime, at: datetime) -> Verdict:
    """A window that has begun may still be planned: an emergency is now. Refuses: past, too-far."""
    if window_end <= at:
        return Refused("past", "That time has passed. Choose a later day or time.")
    if window_start > at + MOST_AHEAD:
        return Refused("too-far", "That is more than two years ahead. Check the year.")
    return Allowed()


# --- what it would be worth to tell the tenant now ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IfToldNow:
    """opens: aware UTC, the earliest window that telling them now this way would allow; None, it never counts."""

    channel: str
    answer: NoticeAnswer
    opens: datetime | None


def if_told_now(visit: PlannedVisit, household: Household, at: datetime, policy: Policy) -> tuple[IfToldNow, ...]:
    """What the notice rules would say of each channel, were the tenant told at this instant."""
    return tuple(_if_told(channel, visit, household, at, policy) for channel in ASKS_FOR)


def _if_told(channel: str, visit: PlannedVisit, household: Household, at: datetime, policy: Policy) -> IfToldNow:
    posted, receipt = channel.startswith("letter_"), channel in ("sms", "email")
    notice = Notice(
        channel=channel,
        sent_at=None if posted else at,
        delivery="delivered" if receipt else None,
        delivered_at=at if receipt else None,
        despatched_at=at if posted else None,
        spoke_to="tenant",
    )
    soonest = replace(visit, window_start=at, window_end=at, arrival=at)
    return IfToldNow(
        channel,
        decide(visit, [notice], household, policy=policy),
        decide(soonest, [notice], household, policy=policy).not_before,
    )


# --- what was said of this visit before ---------------------------------------------------------------------------


def not_struck(lines: Iterable[Line]) -> list[Line]:
    """The log without the lines that a later line corrected."""
    kept = list(lines)
    struck = {(line.event.device, line.event.uuid) for line in kept if isinstance(line.event, ev.EntryCorrected)}
    return [line for line in kept if (line.device, line.uuid) not in struck]


def tenant_knows_who(lines: Iterable[Line]) -> bool:
    """NR-15: a change of worker is told to the tenant before arrival, with the change or by a notice after it."""
    said, names, stale = True, dict[str, bool](), set[str]()  # names: has each notice since the change told who comes?
    for line in not_struck(lines):
        match line.event:
            case ev.VisitReassigned(tenant_told=told):
                said, names, stale = told, {}, stale | names.keys()  # a receipt that comes now is of the one before
            case ev.NoticeRecorded(notice=notice) as event if notice not in stale:
                names[notice] = event.states_who and event.usable and has_gone(event)
            case ev.NoticeFailed(notice=notice) | ev.NoticeWithdrawn(notice=notice) if notice in names:
                names[notice] = False
    return said or any(names.values())


def has_gone(notice: ev.NoticeRecorded) -> bool:
    """Sent, as far as anybody can tell: what still waits for its receipt, or for the post, has told nobody (NR-16)."""
    if notice.channel in ("sms", "email"):
        return notice.delivery == "delivered"
    if notice.channel.startswith("letter_"):
        return notice.despatched_at is not None
    return notice.delivery not in FAILURES


def may_arrive_unannounced(lines: Iterable[Line], answer: NoticeAnswer, policy: Policy) -> Verdict:
    """NR-15. An emergency does not wait for it. Refuses: new-worker."""
    if answer.result == "exempt_emergency" or tenant_knows_who(lines):
        return Allowed()
    return Refused(
        "new-worker",
        "The worker was changed and the tenant has not been told who is coming. Tell them, and record it here, first.",
        Clause("", policy.clause_id("NR-15")),
    )


def may_arrive_at(state: VisitState, answer: NoticeAnswer, at: datetime, policy: Policy) -> Verdict:
    """NR-7: `answer` is what the rules say of an arrival at this instant. Refuses: early, short."""
    if answer.may_proceed:
        return Allowed()
    if state.window_start and at < state.window_start:
        sentence = "The tenant was told a later time. The worker must wait outside until the window opens."
        return Refused("early", sentence, Clause("", policy.clause_id("NR-7")), state.window_start)
    return Refused("short", answer.reason, Clause("", answer.clause), answer.not_before)


def emergency_in_force(lines: Iterable[Line]) -> ev.EmergencyAuthorised | None:
    found: ev.EmergencyAuthorised | None = None
    for line in not_struck(lines):
        if isinstance(line.event, ev.EmergencyAuthorised):
            found = line.event
        elif isinstance(line.event, ev.EmergencyDowngraded):
            found = None
    return found


# --- what else a desk may do --------------------------------------------------------------------------------------


def may_downgrade(state: VisitState, lines: Iterable[Line]) -> Verdict:
    """NR-9: what is in force when the visit starts decides."""
    if state.stage in ENDED:
        return Refused("ended", "This visit has ended.")
    if emergency_in_force(lines) is None:
        return Refused("no-emergency", "This visit is not an emergency now.", Clause("Notice rule", "NR-9"))
    return Allowed()


def may_authorise_for_others(state: VisitState, authoriser: str) -> Verdict:
    """NR-10 asks for a named person who authorised it. We read: not the visitor, as NR-8 says of emergencies."""
    if state.stage in ENDED:
        return Refused("ended", "This visit has ended.")
    if authoriser in (state.lead, *state.others):
        sentence = "You are on this visit. Another duty officer must authorise it."
        return Refused("own-visit", sentence, Clause("Notice rule", "NR-10"))
    return Allowed()


def may_confirm(state: VisitState) -> Verdict:
    if state.stage is Stage.NOTIFIED:
        return Allowed()
    if state.stage is Stage.CONFIRMED:
        return Refused("confirmed", "The tenant has already confirmed this time.")
    if state.stage in PLANNING:
        return Refused("not-told", "The tenant has not been told of this time yet. Record how they were told first.")
    return Refused("under-way", "The worker has set off, or the visit has ended.")


def may_ask_other_time(state: VisitState) -> Verdict:
    if state.stage in PLANNING:
        return Allowed()
    return Refused("under-way", "The worker has set off, or the visit has ended. Plan a new visit instead.")


def may_mark_failed(*, withdrawn: bool, delivery: str | None) -> Verdict:
    """NR-5: a later bounce withdraws a notice, whenever it becomes known."""
    if withdrawn:
        return Refused("withdrawn", "This notice was withdrawn, so it counts for nothing already.")
    if delivery in FAILURES:
        return Refused("failed", "This notice is already marked as failed.")
    return Allowed()


def may_withdraw(state: VisitState, *, withdrawn: bool) -> Verdict:
    if withdrawn:
        return Refused("withdrawn", "This notice was withdrawn already.")
    if state.stage not in PLANNING:
        return Refused(
            "under-way", "The worker has set off, or the visit has ended: what the tenant was told stays as it is."
        )
    return Allowed()


def cannot_use(channel: str, household: Household, policy: Policy) -> Refused | None:
    """NR-13: said at once, though it may still be recorded that it was tried."""
    if channel not in household.unusable_channels:
        return None
    sentence = f"This household has told us that it cannot use: {CHANNELS[channel]}. It does not count as notice."
    return Refused("unusable-channel", sentence, Clause("", policy.clause_id("NR-13")))


def first_refusal(*verdicts: Verdict) -> Verdict:
    return next((verdict for verdict in verdicts if not verdict), verdicts[-1])
