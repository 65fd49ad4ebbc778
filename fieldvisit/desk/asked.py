"""Several people on duty were asked to do one thing: who has it in hand, who did it, and may this one take it? Pure.

Whoever takes it says so first, and the others see it: nobody rings a second time what a colleague has settled. A page
that is older than what a colleague did since does nothing but say so: nothing goes from a list that nobody did.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldvisit.ground.clock import in_london, say_time
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

P1 = Clause("", "P1")  # 'is anyone in danger now?': the phone line's call for whoever has the duty
SHOWN_DONE = timedelta(hours=24)  # what was done stays on the page of those who were asked, and may be opened again


@dataclass(frozen=True, slots=True)
class Asked:
    """One of those who were asked. Instants are aware UTC."""

    person_id: str
    name: str
    taken_at: datetime | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """holder: who took it last, or None. done: who did it, or None while it is open."""

    holder: Asked | None = None
    done: Asked | None = None


def standing(asked: Iterable[Asked]) -> Standing:
    those = list(asked)
    taken = [one for one in those if one.taken_at]
    done = [one for one in those if one.done_at]
    return Standing(
        max(taken, key=lambda one: (one.taken_at, one.person_id), default=None),
        min(done, key=lambda one: (one.done_at, one.person_id), default=None),
    )


def may_take(now: Standing, me: str, seen: str) -> Verdict:
    """seen: who had it in hand on the page that was pressed, "" for nobody. Taking what one has is taking it once."""
    found = _since(now, me, seen, "Ring only if they ask you to. If they cannot, press ‘I do it instead’.")
    return Allowed() if found is None else found


def may_mark_done(now: Standing, me: str, seen: str) -> Verdict:
    found = _since(now, me, seen, "Ask them. If it is done, press ‘Done’ once more.")
    return Allowed() if found is None else found


def may_open_again(now: Standing, at: datetime) -> Verdict:
    if now.done is None:
        return Refused("open", "It is open: somebody opened it again before you.", P1)
    if not shows_done(now, at):
        return Refused("long-ago", "It was done more than a day ago. Ring the phone line and ask.", P1)
    return Allowed()


def shows_done(now: Standing, at: datetime) -> bool:
    return bool(now.done and now.done.done_at and at - now.done.done_at < SHOWN_DONE)


def _since(now: Standing, me: str, seen: str, then: str) -> Refused | None:
    """What somebody else did after the page was opened."""
    if now.done and now.done.person_id != me:
        return Refused("done", f"{now.done.name} has done it, at {_time(now.done.done_at)}. Nothing is left to do.", P1)
    holder = now.holder
    if holder and holder.person_id not in (me, seen):
        return Refused("taken", f"{holder.name} took it first, at {_time(holder.taken_at)}. {then}", P1)
    return None


def _time(at: datetime | None) -> str:
    return say_time(in_london(at).time()) if at else ""
