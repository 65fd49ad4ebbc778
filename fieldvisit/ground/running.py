"""How a clock that somebody must beat stands at an instant, and how that is said. Pure. All instants aware UTC."""

from datetime import date, datetime, timedelta

from fieldvisit.ground.clock import london_date, say_length

SOON = timedelta(hours=24)
OFTEN_FOR = timedelta(hours=1)  # after that, once an hour: whoever did not come by then is not at their desk
MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds


def standing(due: datetime | None, done_at: datetime | None, at: datetime) -> str:
    """A code of `templates/ui/deadlines.html`. due None: the law does not hold."""
    if due is None:
        return "not_applying"
    if done_at is not None:
        return "met" if done_at <= due else "late"
    if at > due:
        return "overdue"
    return "soon" if due - at <= SOON else "running"


def due_in(due: datetime | None, done_at: datetime | None, at: datetime) -> str:
    """'5 hours 12 minutes left', 'ran out 2 hours ago'; empty when it does not run."""
    if due is None or done_at is not None:
        return ""
    said = say_span(due - at)
    return f"ran out {said} ago" if at > due else f"{said} left"


def say_span(span: timedelta) -> str:
    """Either way. Hours and minutes on the last day, days and hours before it, whole days where ten or more are left:
    nobody plans by more, and two clocks that stand side by side are said in the same units."""
    seconds = int(abs(span.total_seconds()))
    days, rest = divmod(seconds, DAY)
    if days >= 10:
        return say_length(days * DAY)
    if seconds >= DAY + HOUR:
        hours = rest // HOUR * HOUR
        return " ".join([f"{days} day{'' if days == 1 else 's'}", *([say_length(hours)] if hours else [])])
    size = HOUR if days else MINUTE
    whole = seconds // size * size
    return say_length(whole) if whole else "less than a minute"


def day_calls(due: datetime, at: datetime, soon: date) -> str:
    """Must somebody come now? "over"; "soon" when its London day is that one or an earlier one; "" while there is time."""
    return "over" if at > due else "soon" if london_date(due) <= soon else ""


def times_called(since: datetime, at: datetime, again: timedelta) -> int:
    """How many times somebody must have been called: at once, then so often for an hour, and then once an hour."""
    passed = at - since
    return 1 + min(passed, OFTEN_FOR) // again + max(timedelta(0), passed - OFTEN_FOR) // timedelta(hours=1)


class Owed:
    """What every clock of a case can say of itself. Its fields are those of whoever is one."""

    __slots__ = ()
    due: datetime | None
    done_at: datetime | None

    @property
    def runs(self) -> bool:
        return self.due is not None and self.done_at is None

    def standing(self, at: datetime) -> str:
        """A code of `templates/ui/deadlines.html`."""
        return standing(self.due, self.done_at, at)

    def due_in(self, at: datetime) -> str:
        return due_in(self.due, self.done_at, at)
