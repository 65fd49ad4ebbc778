"""Signing in: how long a sign-in lasts, and when a guess must wait. Pure. Figures: ASVS 6.1.1, Cyber Essentials."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldvisit.ground.roles import Role
from fieldvisit.ground.verdict import Allowed, Refused, Verdict

SHORTEST_PASSWORD = 15  # characters (ruling R10)


@dataclass(frozen=True, slots=True)
class SignInLife:
    whole: timedelta
    idle: timedelta


_DOOR = SignInLife(timedelta(hours=12), timedelta(hours=12))  # a shift; the phone's own lock comes between (R11)
_OFFICE = SignInLife(timedelta(hours=10), timedelta(minutes=30))
_FIRM = SignInLife(timedelta(hours=8), timedelta(minutes=30))
_SENSITIVE = SignInLife(timedelta(minutes=60), timedelta(minutes=10))

LIFE = {
    Role.OPERATIVE: _DOOR,
    Role.OFFICER: _DOOR,
    Role.CONTRACTOR_MANAGER: _FIRM,
    Role.SAFEGUARDING_LEAD: _SENSITIVE,
    Role.INVESTIGATOR: _SENSITIVE,
}


def is_live(role: Role, created_at: datetime, seen_at: datetime, at: datetime) -> bool:
    life = LIFE.get(role, _OFFICE)
    return at - created_at < life.whole and at - seen_at < life.idle


def seen_every(role: Role) -> timedelta:
    """How exactly it is kept when somebody was last seen: a tenth of what may pass, so that nobody is out early."""
    return min(timedelta(minutes=5), LIFE.get(role, _OFFICE).idle / 10)


@dataclass(frozen=True, slots=True)
class Guesses:
    """most: wrong passwords within `within` before the next must wait."""

    most: int
    within: timedelta


KNOWN_DEVICE = Guesses(5, timedelta(minutes=10))
STRANGERS = Guesses(10, timedelta(minutes=5))  # all unknown devices together, for one account


def may_try(failed_at: Sequence[datetime], at: datetime, limit: Guesses) -> Verdict:
    """A known phone is counted apart: a flood of guesses by strangers never locks a worker out at the door (D8)."""
    recent = sorted(moment for moment in failed_at if moment > at - limit.within)
    if len(recent) < limit.most:
        return Allowed()
    again = recent[-limit.most] + limit.within
    minutes = max(1, -(-int((again - at).total_seconds()) // 60))
    return Refused(
        "too-many-tries",
        f"Too many wrong passwords. Wait {minutes} minute{'s' if minutes > 1 else ''}, then try again.",
        not_before=again,
    )
