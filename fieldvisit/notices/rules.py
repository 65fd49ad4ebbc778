"""Was the tenant told in time? Notice rules NR-1 to NR-16: facts in, one answer out.

Every instant is aware. Hours are elapsed time; dates are London's. Nothing here reads a clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fieldvisit.ground.clock import ends_a_day, in_utc, london_date, london_instant, say_date, say_instant, say_length
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.settings import DEFAULT_NOTE, Setting
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict
from fieldvisit.notices.exemptions import why_no_agreement, why_no_emergency, why_no_investigation
from fieldvisit.notices.facts import (
    CHANNELS,
    Agreement,
    Emergency,
    Household,
    Investigation,
    Notice,
    NoticeAnswer,
    PlannedVisit,
    Result,
)
from fieldvisit.notices.given import given_at
from fieldvisit.notices.measure import Found, Measured, find, planned_days_needed

__all__ = [
    "Agreement",
    "Emergency",
    "Household",
    "Investigation",
    "Notice",
    "NoticeAnswer",
    "PlannedVisit",
    "decide",
    "given_at",
    "may_plan_window",
    "outside_reasonable_hours",
    "verdict",
]

NO_HOUSEHOLD_NEEDS = Household()


def decide(
    visit: PlannedVisit,
    notices: Iterable[Notice],
    household: Household = NO_HOUSEHOLD_NEEDS,
    emergency: Emergency | None = None,
    investigation: Investigation | None = None,
    agreed: Agreement | None = None,
    *,
    policy: Policy,
) -> NoticeAnswer:
    """Was the tenant told in time for this arrival? The order of the notices does not matter.

    An exemption decides before any notice; an agreement only mends an answer that would be `short`.
    """
    found = find(visit, notices, household, policy)
    unmet: list[str] = []
    if emergency is not None:
        if (why := why_no_emergency(emergency, visit)) is None:
            return _exempt("exempt_emergency", "NR-8", f"An emergency: {emergency.hazard}.", found, policy)
        unmet.append(f"Not exempt as an emergency: {why}.")
    if investigation is not None:
        if (why := why_no_investigation(investigation, visit, policy)) is None:
            said = "An investigation of the tenancy: the tenant must still agree to let you in."
            return _exempt("exempt_investigation", "NR-10", said, found, policy)
        unmet.append(f"Not exempt as an investigation: {why}.")
    answer = _by_notice(found, policy)
    if answer.result == "short" and agreed is not None:
        if (why := why_no_agreement(agreed, visit, policy)) is None:
            return _by_agreement(answer, agreed, policy)
        unmet.append(f"Agreeing to less notice does not count: {why}.")
    return replace(answer, reason=" ".join([answer.reason, *unmet]))


def verdict(answer: NoticeAnswer) -> Verdict:
    """The same answer as Allowed, or Refused("short-notice"), for guards and pages."""
    clause = Clause("Notice rule" if answer.clause.startswith("NR-") else "Code of conduct", answer.clause)
    if answer.may_proceed:
        return Allowed(answer.result, answer.reason, clause)
    return Refused("short-notice", answer.reason, clause, answer.not_before)


def may_plan_window(window_start: datetime, window_end: datetime, policy: Policy) -> Verdict:
    """May the office promise this window? R15: one that is too short is a promise that traffic breaks.

    Refuses: window-backwards, window-too-short.
    """
    least = policy.notice.window_min_minutes
    window_start, window_end = in_utc(window_start), in_utc(window_end)
    if window_end < window_start:
        return Refused("window-backwards", "The window ends before it starts. Change one of the times.", least.clause)
    if window_end - window_start < timedelta(minutes=least.value):
        sentence = f"A window is at least {least} minutes long. Make it start earlier or end later."
        return Refused("window-too-short", _noting_defaults(sentence, least), least.clause)
    return Allowed()


def outside_reasonable_hours(window_start: datetime, window_end: datetime, policy: Policy) -> bool:
    """True warns the scheduler; it refuses nothing (A5). The hours are London wall times."""
    day = london_date(window_start)
    opens = london_instant(day, policy.door.reasonable_from.value)
    closes = london_instant(day, policy.door.reasonable_to.value)
    return window_start < opens or window_end > closes


def _by_notice(found: Found, policy: Policy) -> NoticeAnswer:
    counted = found.counted
    if counted is None:
        return _nothing_counts(found, policy)
    return NoticeAnswer(
        result=counted.result,
        may_proceed=counted.result != "short",
        given_at=counted.given_at,
        notice_seconds=counted.seconds,
        notice_days=counted.days,
        reason=_noting_defaults(_told_sentence(counted, policy), *_rests_on(found.rule, counted.result, policy)),
        clause=policy.clause_id(found.rule),
        not_before=counted.not_before if counted.result == "short" else None,
    )


def _nothing_counts(found: Found, policy: Policy) -> NoticeAnswer:
    # Sorted and without repeats, so that the order in which notices are listed changes nothing.
    why = sorted({(refused.clause.where if refused.clause else "", refused.message) for refused in found.objections})
    said = " ".join(message for _, message in why) or "The tenant has not been told of this visit."
    clauses = {where for where, _ in why}
    return NoticeAnswer(
        result="short",
        may_proceed=False,
        given_at=None,
        notice_seconds=None,
        notice_days=None,
        reason=_noting_defaults(f"No notice counts. {said}", *_rests_on(found.rule, "short", policy)),
        clause=clauses.pop() if len(clauses) == 1 else policy.clause_id(found.rule),
    )


def _exempt(result: Result, rule: str, said: str, found: Found, policy: Policy) -> NoticeAnswer:
    counted, clause = found.counted, policy.clause_id(rule)
    reason = f"{said} No notice is needed, but tell the tenant as early as you can."
    return NoticeAnswer(
        result=result,
        may_proceed=True,
        given_at=counted.given_at if counted else None,
        notice_seconds=counted.seconds if counted else None,
        notice_days=counted.days if counted else None,
        reason=f"{reason} (This is {DEFAULT_NOTE}: {rule}.)" if clause == rule else reason,
        clause=clause,
    )


def _by_agreement(short: NoticeAnswer, agreed: Agreement, policy: Policy) -> NoticeAnswer:
    whom = "The tenant" if agreed.by == "tenant" else "The person who speaks for the tenant"
    reason = _noting_defaults(f"{whom} asked for or accepted this sooner time.", policy.notice.waiver_allowed)
    return replace(
        short,
        result="agreed",
        may_proceed=True,
        reason=reason,
        clause=policy.clause_id("NR-11"),
        not_before=None,
    )


def _rests_on(rule: str, result: Result, policy: Policy) -> Sequence[Setting[int]]:
    if rule == "NR-3":
        return [policy.notice.planned_days]
    return [policy.notice.floor_h] if result == "short" else [policy.notice.floor_h, policy.notice.target_h]


def _noting_defaults(reason: str, *settings: Setting[int] | Setting[bool]) -> str:
    """R18: an answer that rests on our own number says so."""
    defaults = sorted({setting.where for setting in settings if setting.default})
    return f"{reason} (This is {DEFAULT_NOTE}: {', '.join(defaults)}.)" if defaults else reason


def _told_sentence(counted: Measured, policy: Policy) -> str:
    when = f"{'by' if ends_a_day(counted.given_at) else 'on'} {say_instant(counted.given_at)}"
    told = f"The tenant was told by {CHANNELS[counted.notice.channel]} {when}"
    if counted.days is not None:
        return f"{told}, {_days_sentence(counted.days, counted, policy)}"
    seconds = counted.seconds or 0
    floor, target = policy.notice.floor_h, policy.notice.target_h
    length = f"{say_length(seconds)} before" if seconds >= 0 else f"{say_length(-seconds)} after"
    enough = {
        "short": f"At least {floor} hours are needed, so the window can start from {say_instant(counted.not_before)}.",
        "minimum": f"That is enough, though less than the {target} hours we aim for.",
        "full": f"That meets the {target} hours we aim for.",
    }
    return f"{told}, {length} the window starts. {enough[counted.result]}"


def _days_sentence(days: int, counted: Measured, policy: Policy) -> str:
    length = f"{days} day{'' if days == 1 else 's'} before work starts."
    needed = planned_days_needed(policy)
    if counted.result == "full":
        return f"{length} That meets the {needed} days needed."
    return f"{length} At least {needed} are needed, so work can start from {say_date(london_date(counted.not_before))}."
