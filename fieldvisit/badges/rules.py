"""May this badge be believed, and what may the door page say? Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

MELTON = "Melton"
HAVE_A_BADGE = Clause(MELTON, "ME-2b")
CARRY_IT = Clause(MELTON, "ME-3.2a")
SIGN_THE_CODE = Clause(MELTON, "ME-Ack1")
TRAINED = Clause(MELTON, "ME-6.2a")
INSURED = Clause("Housing staff (draft)", "HS-3.2.5")
CHECKED = Clause("Milton Keynes officers", "MO-1f")
MANAGEMENT_DECISION = Clause("Milton Keynes officers", "MO-1e")


class Answer(StrEnum):
    """The five answers of the public page, and there is no sixth (security.md section 3)."""

    FRESH = "fresh"
    OLD = "old"
    STATIC = "static"
    NO = "no"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Freshness:
    """Ruling R12: the length of a step in seconds, and how many steps early or late a code is still fresh."""

    step_s: int = 30
    steps_ahead: int = 1
    steps_old: int = 2


@dataclass(frozen=True, slots=True)
class TypedLimit:
    """Ruling R12: this many wrong typed codes in so many minutes close typing for as many minutes."""

    tries: int = 5
    minutes: int = 10


@dataclass(frozen=True, slots=True)
class BadgeStanding:
    """What the register knows of a badge. Every date is a London date and its last good day.

    state: 'active', 'suspended' or 'revoked'; anything else is a badge that nobody knows. A date that is needed and
    absent refuses: nobody is let in on a date that no one has written down.
    needs_insurance is false for the council's own officers, whom the council insures.
    visit_check: may they visit, as HR said: "yes", "no", or nothing. Of why, nothing is known here (ruling R21).
    """

    state: str
    issued_on: date | None = None
    expires_on: date | None = None
    code_signed: bool = False
    training_until: date | None = None
    insurance_until: date | None = None
    person_active: bool = False
    needs_training: bool = True
    needs_insurance: bool = True
    visit_check: str = ""
    visit_check_until: date | None = None


UNKNOWN = BadgeStanding("unknown")


@dataclass(frozen=True, slots=True)
class Code:
    """What was shown with the badge. offset: steps from now that a matching code was made for; None, no match."""

    kind: Literal["none", "well-formed", "malformed"]
    offset: int | None = None


PRINTED = Code("none")
MALFORMED = Code("malformed")


def what_is_wrong(standing: BadgeStanding, at: datetime) -> tuple[Refused, ...]:
    """Everything that stops this badge at `at`, gravest first. at: aware."""
    if standing.state not in ("active", "suspended", "revoked"):
        return (Refused("badge-unknown", "This person has no badge. Issue one before they visit.", HAVE_A_BADGE),)
    found = (
        _withdrawn(standing),
        _left(standing),
        _not_allowed(standing, at),
        _not_yet(standing, at),
        _run_out(standing, at),
        _unsigned(standing),
        _untrained(standing, at),
        _uninsured(standing, at),
    )
    return tuple(refused for refused in found if refused is not None)


def is_good(standing: BadgeStanding, at: datetime) -> Verdict:
    """May a visit be given to, or started by, the bearer of this badge at `at`? ME-2b, ME-3.2a."""
    wrong = what_is_wrong(standing, at)
    return wrong[0] if wrong else Allowed()


def is_fresh(code: Code, freshness: Freshness) -> bool:
    return code.offset is not None and -freshness.steps_old <= code.offset <= freshness.steps_ahead


def answer(standing: BadgeStanding, code: Code, at: datetime, freshness: Freshness) -> Answer:
    """What the public page says. Ruling R12: NO never tells why, and everything that is not good is NO."""
    if code.kind == "malformed" or not is_good(standing, at):
        return Answer.NO
    if code.kind == "none":
        return Answer.STATIC
    return Answer.FRESH if is_fresh(code, freshness) else Answer.OLD


def typing_closed_until(wrong_at: Iterable[datetime], limit: TypedLimit) -> datetime | None:
    """When typed digits for one badge open again after the last run of wrong ones; None if they never closed.

    A try while typing is closed was not looked at, so it neither counts nor prolongs: nobody can keep a badge closed
    more cheaply than by five new wrong tries each time.
    """
    span = timedelta(minutes=limit.minutes)
    closed: datetime | None = None
    run: list[datetime] = []
    for tried in sorted(wrong_at):
        if closed is not None and tried < closed:
            continue
        run = [earlier for earlier in run if tried - earlier <= span] + [tried]
        if len(run) >= limit.tries:
            closed, run = tried + span, []
    return closed


def typing_is_closed(wrong_at: Iterable[datetime], at: datetime, limit: TypedLimit) -> bool:
    closed = typing_closed_until((tried for tried in wrong_at if tried <= at), limit)
    return closed is not None and at < closed


def name_shown(name: str, style: str) -> str:
    """A person's name as the setting `badge_name` says: 'full', or anything else for 'Asha K.' (ruling R13)."""
    words = name.split()
    if style == "full" or len(words) < 2:
        return " ".join(words)
    return f"{words[0]} {words[-1][0].upper()}."


def _withdrawn(standing: BadgeStanding) -> Refused | None:
    if standing.state == "revoked":
        return Refused("badge-revoked", "This badge has been withdrawn for good. A new one must be issued.", CARRY_IT)
    if standing.state == "suspended":
        sentence = "This badge is suspended. Two officers must restore it before its holder visits."
        return Refused("badge-suspended", sentence, CARRY_IT)
    return None


def _left(standing: BadgeStanding) -> Refused | None:
    if standing.person_active:
        return None
    sentence = "The holder of this badge no longer works here. Only an active person may visit."
    return Refused("person-inactive", sentence, MANAGEMENT_DECISION)


def _not_allowed(standing: BadgeStanding, at: datetime) -> Refused | None:
    if standing.visit_check == "no":
        return Refused("may-not-visit", "The council has said that this person may not visit homes.", CHECKED)
    if standing.visit_check == "yes" and not _covers(standing.visit_check_until, at):
        sentence = (
            f"The check that this person may visit homes {_ended(standing.visit_check_until)}. Check again first."
        )
        return Refused("check-lapsed", sentence, CHECKED)
    return None


def _not_yet(standing: BadgeStanding, at: datetime) -> Refused | None:
    begins = standing.issued_on
    if begins is None:
        return Refused("badge-not-yet", "This badge has no date of issue. Record it first.", HAVE_A_BADGE)
    if london_date(at) >= begins:
        return None
    return Refused("badge-not-yet", f"This badge starts on {_day(begins)}.", HAVE_A_BADGE, london_instant(begins))


def _run_out(standing: BadgeStanding, at: datetime) -> Refused | None:
    if _covers(standing.expires_on, at):
        return None
    return Refused("badge-expired", f"This badge {_ended(standing.expires_on)}. Issue a new one.", CARRY_IT)


def _unsigned(standing: BadgeStanding) -> Refused | None:
    if standing.code_signed:
        return None
    sentence = "The holder has not signed the code of conduct that binds them. They can visit once they sign it."
    return Refused("code-unsigned", sentence, SIGN_THE_CODE)


def _untrained(standing: BadgeStanding, at: datetime) -> Refused | None:
    if not standing.needs_training or _covers(standing.training_until, at):
        return None
    sentence = f"The holder's training {_ended(standing.training_until)}. Record new training first."
    return Refused("training-lapsed", sentence, TRAINED)


def _uninsured(standing: BadgeStanding, at: datetime) -> Refused | None:
    if not standing.needs_insurance or _covers(standing.insurance_until, at):
        return None
    sentence = f"The firm's insurance {_ended(standing.insurance_until)}. Record the new certificate first."
    return Refused("insurance-lapsed", sentence, INSURED)


def _covers(last_day: date | None, at: datetime) -> bool:
    return last_day is not None and london_date(at) <= last_day


def _ended(last_day: date | None) -> str:
    return "has no end date on record" if last_day is None else f"ran out at the end of {_day(last_day)}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"
