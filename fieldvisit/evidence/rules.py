"""On which day a photo or a signature goes (security.md 5.3). Pure."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from fieldvisit.ground.clock import london_date, years_on
from fieldvisit.ground.policy import Policy

PHOTO, SIGNATURE = "photo", "signature"
KINDS = (PHOTO, SIGNATURE)


def kept_to(kind: str, ended_at: datetime | None, cases: Iterable[datetime | None], policy: Policy) -> date | None:
    """The last London day on which it is kept; None while the visit has not ended or a case of it is open.

    cases: when each case of the visit was closed, None for one that is open. Instants are aware UTC. Whatever ends
    later counts: the council's time after the visit, or the last case.
    """
    closed = list(cases)
    if ended_at is None or None in closed:
        return None
    visit = london_date(ended_at)
    if kind == SIGNATURE:
        kept = years_on(visit, policy.keep.signature_years.value)
    else:
        kept = visit + timedelta(days=policy.keep.photo_days.value)
    return max([kept, *(london_date(instant) for instant in closed if instant)])


def goes_on(kind: str, ended_at: datetime | None, cases: Iterable[datetime | None], policy: Policy) -> date | None:
    """The London day on which it is deleted: the one after the last on which it is kept. None: not yet known."""
    last = kept_to(kind, ended_at, cases, policy)
    return None if last is None else last + timedelta(days=1)


def ended_by(today: date, policy: Policy) -> date:
    """Nothing of a visit that ended after this London day can go today: a search need not look at it."""
    shortest = min(policy.keep.photo_days.value, policy.keep.signature_years.value * 365)
    return today - timedelta(days=shortest)
