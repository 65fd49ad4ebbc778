"""Gifts and hospitality (D8): what becomes of an offer, who decides, what is late, what looks like a pattern. Pure.

Money is whole pence, never a fraction. Each answer carries the clause that it rests on.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.running import day_calls
from fieldvisit.ground.settings import Setting
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

SHORTEST_REASON = 10  # letters: fewer explain nothing

# What is offered. The first four are never a matter of value or leave: they are passed on, whatever the council (Q12).
FORMS = ("cash", "voucher", "favour", "discount", "thing", "hospitality")
ALWAYS_PASSED_ON = frozenset(FORMS[:4])
GIVERS = ("tenant", "supplier", "other")
PURPOSES = ("work_event", "training", "meeting", "social")
GIVEN_BACK = ("returned", "donated", "shared")

_BRIBE = Clause("Milton Keynes", "MO-6a")
_NO_GIFTS = Clause("Melton", "ME-5.3a")
_UNDER_LIMIT = Clause("Milton Keynes", "MO-6b2")
_WORK_EVENTS = Clause("Milton Keynes", "MO-6c")
_EXCEPTIONS = Clause("Alliance", "AL-2.13")


class Stage(StrEnum):
    OFFERED = "offered"
    DECLINED = "declined"
    REFERRED = "referred"  # somebody must decide
    APPROVED_KEEP = "approved_keep"
    REFUSED_RETURN = "refused_return"  # it must go back, or to others
    RETURNED_OR_DONATED = "returned_or_donated"
    ESCALATED = "escalated"
    CLOSED = "closed"


WAITS = frozenset({Stage.REFERRED, Stage.REFUSED_RETURN, Stage.ESCALATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """form: of FORMS. giver: of GIVERS. value_pence: as the receiver reckons it; None: they could not say.
    purpose: of hospitality alone. in_return: something was wanted for it."""

    form: str
    giver: str
    accepted: bool
    value_pence: int | None = None
    in_return: bool = False
    purpose: str = ""
    reason: str = ""

    @property
    def from_supplier(self) -> bool:
        return self.form == "hospitality" and self.giver != "tenant"


@dataclass(frozen=True, slots=True)
class Outcome:
    """stages: what it goes through at once, the last being where it stands. must_return: it was taken, and may not be
    kept. why: short and stable, with its clause; words.py has its sentence."""

    stages: tuple[Stage, ...]
    why: str
    clause: Clause | None = None
    must_return: bool = False

    @property
    def escalated(self) -> bool:
        return Stage.ESCALATED in self.stages

    @property
    def stands(self) -> Stage:
        return self.stages[-1]


def rule_for(offer: Offer, policy: Policy) -> Setting[str]:
    return policy.gifts.tenants if offer.giver == "tenant" else policy.gifts.others


def outcome_of(offer: Offer, policy: Policy) -> Outcome:
    """What becomes of an offer as soon as it is written down (D8). Refused offers are written down too."""
    if offer.form in ALWAYS_PASSED_ON or offer.in_return:
        return Outcome((Stage.OFFERED, Stage.ESCALATED), "never", policy.gifts.never.clause, must_return=offer.accepted)
    if not offer.accepted:
        return Outcome((Stage.OFFERED, Stage.DECLINED, Stage.CLOSED), "declined")
    rule = rule_for(offer, policy)
    if rule.value == "none":
        return Outcome((Stage.OFFERED, Stage.ESCALATED), "none", rule.clause, must_return=True)
    if offer.from_supplier:
        return Outcome((Stage.OFFERED, Stage.REFERRED), "hospitality", _WORK_EVENTS)
    if rule.value == "under_limit_with_approval" and not may_be_kept(offer, policy):
        return Outcome((Stage.OFFERED, Stage.REFUSED_RETURN), "over-limit", rule.clause, must_return=True)
    return Outcome((Stage.OFFERED, Stage.REFERRED), "asked", rule.clause)


def may_be_kept(offer: Offer, policy: Policy) -> Verdict:
    """By its kind and value; whether the approver agrees is another question. Refuses: never, none, no-value, over-limit,
    social, no-reason."""
    rule = rule_for(offer, policy)
    if offer.form in ALWAYS_PASSED_ON or offer.in_return:
        return Refused(
            "never", "Money, vouchers, favours, discounts and anything for something in return: never.", _BRIBE
        )
    if rule.value == "none":
        return Refused("none", "Nothing from a tenant may be kept. It must go back.", _NO_GIFTS)
    if offer.from_supplier:
        if offer.purpose == "social":
            return Refused(
                "social", "Hospitality for its own sake is never all right, only a work event.", _WORK_EVENTS
            )
        return Allowed()
    if rule.value == "under_limit_with_approval":
        limit = policy.gifts.limit_pence
        if offer.value_pence is None:
            return Refused(
                "no-value", "Nobody has said what it is worth. Without that it may not be kept.", limit.clause
            )
        if offer.value_pence >= limit.value:
            return Refused(
                "over-limit", f"Only what is worth less than {say_pence(limit.value)} may be kept.", limit.clause
            )
        return Allowed()
    if len(offer.reason.strip()) < SHORTEST_REASON:
        return Refused("no-reason", "An exception needs a reason. Nobody has written one.", _EXCEPTIONS)
    return Allowed()


def may_be_logged(offer: Offer, policy: Policy) -> Verdict:
    """What the form still lacks. A late entry is never refused. Refuses: no-value, no-purpose, no-reason."""
    if offer.form == "hospitality" and offer.giver != "tenant" and offer.purpose not in PURPOSES:
        return Refused("no-purpose", "Say what the hospitality was for.", _WORK_EVENTS)
    if not offer.accepted or outcome_of(offer, policy).escalated:
        return Allowed()
    rule = rule_for(offer, policy).value
    if rule == "under_limit_with_approval" and not offer.from_supplier and offer.value_pence is None:
        return Refused("no-value", "Say about how much it is worth, such as 12.50.", _UNDER_LIMIT)
    if rule == "exception_with_reason" and len(offer.reason.strip()) < SHORTEST_REASON:
        return Refused("no-reason", "Say why an exception should be made this time.", _EXCEPTIONS)
    return Allowed()


# --- deciding -----------------------------------------------------------------------------------------------------

Decision = Literal["keep", "return"]


def may_decide(
    stage: Stage,
    offer: Offer,
    decision: Decision,
    *,
    decider_is_receiver: bool,
    pattern: bool,
    reason: str,
    policy: Policy,
) -> Verdict:
    """Refuses: own, decided, what `may_be_kept` refuses, no-reason (an exception, hospitality, or a pattern)."""
    if decider_is_receiver:
        return Refused("own", "You received this. Somebody else must decide.", _UNDER_LIMIT)
    if stage is not Stage.REFERRED:
        return Refused("decided", "Somebody has decided this already. What you wrote was not kept: read theirs first.")
    if decision == "return":
        return Allowed()
    if not (verdict := may_be_kept(offer, policy)):
        return verdict
    exception = rule_for(offer, policy).value == "exception_with_reason" or offer.form == "hospitality"
    if (exception or pattern) and len(reason.strip()) < SHORTEST_REASON:
        why = "this is not the first" if pattern else "it is an exception"
        return Refused("no-reason", f"Write down why it may be kept: {why}.", rule_for(offer, policy).clause)
    return Allowed()


def may_give_back(stage: Stage, *, must_return: bool, evidence: str) -> Verdict:
    """D8: returned, donated or shared, and how we know. Refuses: not-open, no-evidence."""
    if stage is Stage.REFUSED_RETURN or (stage is Stage.ESCALATED and must_return):
        if len(evidence.strip()) < SHORTEST_REASON:
            return Refused("no-evidence", "Say to whom, when, and who saw it or what receipt there is.")
        return Allowed()
    return Refused("not-open", "There is nothing to give back here, or it was given back already.")


def may_close(stage: Stage, *, must_return: bool, decider_is_receiver: bool) -> Verdict:
    """What was passed on, and has nothing to give back, is put away by whoever manages. Refuses: own, not-open."""
    if decider_is_receiver:
        return Refused("own", "You received this offer. Somebody else must close it.", _BRIBE)
    if stage is not Stage.ESCALATED or must_return:
        return Refused(
            "not-open", "This cannot be closed: it is closed already, or something must still be given back."
        )
    return Allowed()


# --- time ---------------------------------------------------------------------------------------------------------


def log_by(offered_at: datetime, policy: Policy) -> datetime:
    """D8: within one working day of the offer. The end of that London day, aware UTC."""
    return _after(offered_at, policy.gifts.log_within_wd.value, policy)


def calls(due_at: datetime, at: datetime, policy: Policy) -> str:
    """Must somebody come now? "soon", "over", or "" while there is time."""
    return day_calls(due_at, at, policy.working_days.after(london_date(at), policy.conduct.warn_wd.value))


def decide_by(logged_at: datetime, policy: Policy) -> datetime:
    return _after(logged_at, policy.gifts.decide_within_wd.value, policy)


def _after(instant: datetime, days: int, policy: Policy) -> datetime:
    return end_of_london_day(policy.working_days.after(london_date(instant), days))


def is_late(offered_at: datetime, logged_at: datetime, policy: Policy) -> bool:
    """Recorded all the same, and marked: a late word is worth more than none."""
    return logged_at > log_by(offered_at, policy)


def months_after(day: date, months: int) -> date:
    """The same day of the month, or its last: 29 February 2028 and 12 months is 28 February 2029."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def keep_until(closed_on: date, policy: Policy) -> date:
    """R24: gifts six years."""
    return months_after(closed_on, 12 * policy.gifts.keep_years.value)


# --- patterns -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """One offer on record, taken or not. giver: a key that is the same for the same giver; "" for one unknown."""

    id: str
    day: date
    giver: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """same: "giver" or "receiver". ids: the offers that make it, oldest first."""

    same: Literal["giver", "receiver"]
    key: str
    ids: tuple[str, ...]


def patterns(known: Sequence[Known], policy: Policy) -> list[Pattern]:
    """Three within twelve months of one giver, or to one receiver. The same day a year later is still within."""
    found: list[Pattern] = []
    sides: tuple[Literal["giver", "receiver"], ...] = ("giver", "receiver")
    for side in sides:
        by_key: dict[str, list[Known]] = {}
        for one in sorted(known, key=lambda each: (each.day, each.id)):
            if key := getattr(one, side):
                by_key.setdefault(key, []).append(one)
        for key, offers in sorted(by_key.items()):
            if ids := _close_together(offers, policy):
                found.append(Pattern(side, key, ids))
    return found


def _close_together(offers: list[Known], policy: Policy) -> tuple[str, ...]:
    """Of all offers that stand in some stretch of as many months as make a pattern."""
    count, months = policy.gifts.pattern_count.value, policy.gifts.pattern_months.value
    ids: dict[str, None] = {}
    for start in range(len(offers) - count + 1):
        some = offers[start : start + count]
        if some[-1].day <= months_after(some[0].day, months):
            ids |= dict.fromkeys(each.id for each in some)
    return tuple(ids)


def of_one(found: Iterable[Pattern], declaration_id: str) -> list[Pattern]:
    return [pattern for pattern in found if declaration_id in pattern.ids]


# --- money --------------------------------------------------------------------------------------------------------

MOST_PENCE = 100_000_00


def read_pence(text: str) -> int | str:
    """'12.50', '£12', '1,200' as whole pence; or a sentence that says what is wrong. Never through a fraction."""
    tidy = text.strip().removeprefix("£").replace(",", "").replace(" ", "")
    pounds, dot, pence = tidy.partition(".")
    figures = pounds.isascii() and pounds.isdigit() and (not dot or (pence.isascii() and pence.isdigit()))
    if not figures or (dot and len(pence) != 2):
        return "Write the sum in pounds and pence, such as 12.50."
    worth = int(pounds) * 100 + (int(pence) if dot else 0) if len(pounds) < 9 else MOST_PENCE + 1
    return worth if worth <= MOST_PENCE else "That is more than this form can hold. Check the sum."


def say_pence(pence: int) -> str:
    return f"£{pence // 100:,}.{pence % 100:02}"
