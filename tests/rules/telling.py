"""The words that the notice tests are written in: a visit, a text, a card handed over, and what the rule says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fieldvisit.ground.clock import LONDON
from fieldvisit.ground.policy import Policy, load_policy
from fieldvisit.notices.rules import Notice, NoticeAnswer, PlannedVisit, decide

MELTON = load_policy("melton")
MILTON_KEYNES = load_policy("milton-keynes")
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TOLD = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)
STARTS = datetime(2027, 2, 10, 9, 0, tzinfo=UTC)
REPAIR = "responsive_repair"


def london(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON)


def a_visit(
    starts: datetime = STARTS, kind: str = REPAIR, length: timedelta = 2 * HOUR, **more: object
) -> PlannedVisit:
    values = {"arrival": starts, **more}
    return PlannedVisit(kind, starts, starts + length, **values)  # type: ignore[arg-type]


def a_text(delivered_at: datetime, **more: object) -> Notice:
    return Notice("sms", delivery="delivered", delivered_at=delivered_at, **more)  # type: ignore[arg-type]


def handed(at: datetime, **more: object) -> Notice:
    return Notice("handed", sent_at=at, **more)  # type: ignore[arg-type]


def with_notice(policy: Policy, **values: object) -> Policy:
    """The policy with some of its notice settings changed."""
    changed: dict[str, Any] = {}
    for name, value in values.items():
        changed[name] = replace(getattr(policy.notice, name), value=value)
    return replace(policy, notice=replace(policy.notice, **changed))


def told(visit: PlannedVisit, *notices: Notice, policy: Policy = MELTON, **more: object) -> NoticeAnswer:
    return decide(visit, notices, policy=policy, **more)  # type: ignore[arg-type]
