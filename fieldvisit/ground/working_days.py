"""Working days in England: Monday to Friday, not a bank holiday, substitute days included.

The dates are the list in statute.toml. A year that the list does not hold is never guessed at.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


class BankHolidaysMissing(LookupError):
    """A date was asked for in a year whose bank holidays we do not have. The message says what to do."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Source of the day's definition: A4, the GOV.UK list for England and Wales."""

    bank_holidays: frozenset[date]
    years: frozenset[int] = field(default=frozenset())

    @classmethod
    def from_dates(cls, dates: Iterable[date]) -> "WorkingDays":
        holidays = frozenset(dates)
        return cls(holidays, frozenset(day.year for day in holidays))

    def is_working_day(self, day: date) -> bool:
        if day.year not in self.years:
            raise BankHolidaysMissing(
                f"The bank holidays of {day.year} are not in our list. Add them to [bank_holidays] in statute.toml "
                "from the GOV.UK list for England and Wales, then ask again."
            )
        return day.weekday() < 5 and day not in self.bank_holidays

    def after(self, day: date, count: int) -> date:
        """wd(count): `day` is day zero, whether or not it is a working day itself; wd(0) is `day`."""
        while count > 0:
            day += ONE_DAY
            count -= self.is_working_day(day)
        return day

    def on_or_after(self, day: date) -> date:
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def warning(self, today: date) -> str | None:
        """What to tell the office when this year or the next is missing from the list, or None."""
        missing = [str(year) for year in (today.year, today.year + 1) if year not in self.years]
        if not missing:
            return None
        return (
            f"The bank holidays of {' and '.join(missing)} are missing. Add them to [bank_holidays] in statute.toml "
            "from the GOV.UK list for England and Wales: without them, deadlines in that year cannot be worked out."
        )
