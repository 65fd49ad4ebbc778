"""What a council settles about conduct: gifts, complaints, codes and cases. As `policy_types.py`, which is full."""

# ruff: noqa: RUF009 - number(), words() and the rest make dataclass fields: that is how a setting is declared here.

from dataclasses import dataclass

from fieldvisit.ground.settings import Setting, number, rows, words
from fieldvisit.ground.verdict import Clause


@dataclass(frozen=True, slots=True)
class ComplaintGround:
    """One of the few reasons for which a complaint may be turned away (D6): the list is closed."""

    code: str
    label: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class ComplaintPolicy:
    """warn_wd: so long before a clock runs out somebody is asked to look. update_wd: while a promise is not kept, whoever
    complained is told so often how it stands. keep_years: after the complaint came.
    Its clocks, DR-8 to DR-11, are with the other deadlines."""

    warn_wd: Setting[int] = number("working days", most=10)
    update_wd: Setting[int] = number("working days", least=1, most=60)
    keep_years: Setting[int] = number("years", least=1, most=20)
    grounds: tuple[ComplaintGround, ...] = rows("code", "label")


GIFT_RULES = ("none", "under_limit_with_approval", "exception_with_reason")


@dataclass(frozen=True, slots=True)
class GiftPolicy:
    """What a council's code says of gifts (reading Q12). tenants, others: the rule for what tenants, and what anybody
    else, offers. never: what is passed on whatever it is
    worth, in words. limit_pence: below it something may be kept, at it no more. Money is refused under every rule.

    log_within_wd: after the day of the offer. pattern_count in pattern_months warns. approver: the council's own title
    of who decides. read_with: what else the council's people must
    read, by its name. renew_months: how often interests, agreements and forms are gone through again."""

    tenants: Setting[str] = words(*GIFT_RULES)
    others: Setting[str] = words(*GIFT_RULES)
    never: Setting[str] = words()
    limit_pence: Setting[int] = number("pence", most=10_000)
    approver: Setting[str] = words()
    read_with: Setting[str] = words()
    log_within_wd: Setting[int] = number("working days", most=10)
    decide_within_wd: Setting[int] = number("working days", most=20)
    pattern_count: Setting[int] = number("times", least=2, most=20)
    pattern_months: Setting[int] = number("months", least=1, most=60)
    renew_months: Setting[int] = number("months", least=1, most=24)
    keep_years: Setting[int] = number("years", least=3, most=12)


@dataclass(frozen=True, slots=True)
class CodePolicy:
    """chase_days: how long an officer's manager has, after the days of grace, before the officer is not sent any more.
    review_months, review_warn_months: when a code is looked at again, and how long before somebody is told.
    warn_days: how long before training, insurance or the check runs out. remind_days: how long before the last day of one
    of them, or of the days of grace, whoever must act is called once more; and after how long whoever has none.
    check_months: how long 'may visit: yes' holds after the day of the check."""

    chase_days: Setting[int] = number("days", most=90)
    review_months: Setting[int] = number("months", least=1, most=60)
    review_warn_months: Setting[int] = number("months", most=12)
    warn_days: Setting[int] = number("days", most=120)
    remind_days: Setting[int] = number("days", least=1, most=30)
    check_months: Setting[int] = number("months", least=1, most=60)


@dataclass(frozen=True, slots=True)
class ConductPolicy:
    """keep_years: how long after a breach case was closed its words are kept; numbers stay. report_delay_days: a case
    is counted for the board so long after it was heard. small_number: a count below it is not said.
    warn_wd: so long before a clock of a case, or of a declaration, runs out, whoever must beat it is called."""

    warn_wd: Setting[int] = number("working days", most=10)
    keep_years: Setting[int] = number("years", least=1, most=20)
    report_delay_days: Setting[int] = number("days", kinder="more", least=1, most=365)
    small_number: Setting[int] = number("cases", kinder="more", least=2, most=50)
