"""Whom a code binds, and how each person stands with it (domain D9). Pure. What may become of a version: version_rules.py."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from fieldvisit.codes.version_rules import SIGN, Stage
from fieldvisit.ground.roles import Role
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

CHECKED = Clause("Milton Keynes", "MO-1f")

# --- whom a code binds --------------------------------------------------------------------------------------------

BINDS = MappingProxyType(
    {
        "operative": "Contractors who visit homes",
        "contractor_manager": "Contractors' managers",
        "officer": "Council officers",
        "employee": "Everybody who works for the council",
        "housing": "Council staff who spend half their hours or more on housing",
        "resident": "Involved residents",
        "panel": "Members of the panel",
    }
)
CONTRACTORS = frozenset({Role.OPERATIVE.value, Role.CONTRACTOR_MANAGER.value})


@dataclass(frozen=True, slots=True)
class Who:
    """role: of a person who signs in, else empty. involved: resident or panel, else empty. of_a_firm: the employer."""

    role: str = ""
    involved: str = ""
    of_a_firm: bool = False
    half_housing: bool = False

    @property
    def is_contractor(self) -> bool:
        return self.of_a_firm or self.role in CONTRACTORS

    @property
    def is_employee(self) -> bool:
        return bool(self.role) and not self.is_contractor


def is_bound(binds: Sequence[str], who: Who) -> bool:
    """Computed from role, employer, involvement and the half of the hours (HS-2.1)."""
    mine = {who.role, who.involved}
    if who.is_employee:
        mine.add("employee")
        if who.half_housing:
            mine.add("housing")
    return bool((mine - {""}) & set(binds))


# --- how one person stands with one code --------------------------------------------------------------------------


class Standing(StrEnum):
    NOT_REQUIRED = "not_required"
    ISSUED = "issued"
    READ = "read"
    QUESTIONED = "questioned"
    SIGNED = "signed"
    DUE_AGAIN = "due_again"
    OVERDUE_BLOCKED = "overdue_blocked"
    SUPERSEDED = "superseded"  # of a signature: the person has signed a newer version


GOOD = frozenset({Standing.SIGNED, Standing.DUE_AGAIN})
TO_DO = frozenset(set(Standing) - {Standing.SIGNED, Standing.NOT_REQUIRED, Standing.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class InForce:
    """A version that was live at some time. until: the first day on which it was no longer; None, it still is.

    binds: whether it binds the person whom it is asked of.
    """

    id: str
    live_from: date
    until: date | None = None
    significant: bool = True
    grace_days: int = 14
    chase_days: int = 14
    binds: bool = True


@dataclass(frozen=True, slots=True)
class Stands:
    """due_on: the last day to sign the new version in time. blocked_from: the first day without new visits.

    in_grace: they never signed this code, but were at work here before it came.
    chase: an officer's grace is over, and the manager is asked first.
    """

    standing: Standing
    version: str = ""  # id of the version to sign or that is signed
    due_on: date | None = None
    blocked_from: date | None = None
    chase: bool = False
    told: bool = False  # a minor version came since: nothing to sign, but it is said
    in_grace: bool = False

    @property
    def is_good(self) -> bool:
        return self.standing in GOOD or self.in_grace


def current(lines: Sequence[InForce], on: date) -> InForce | None:
    """The version that binds on that day: one at a time."""
    there = [line for line in lines if line.live_from <= on and (line.until is None or on < line.until)]
    return max(there, key=lambda line: line.live_from) if there else None


def stands(
    lines: Sequence[InForce],
    signed: Set[str],
    on: date,
    *,
    contractor: bool,
    read: bool = False,
    questioned: bool = False,
    here_since: date | None = None,
) -> Stands:
    """Of somebody whom this code binds. signed: ids of versions that they had signed by that day.

    here_since: the first day on which they signed any code here. Whoever was at work before a code first bound them has
    its days of grace, so that a new code darkens nobody overnight; whoever joins later signs before visits (ME-Ack1).
    """
    now = current(lines, on)
    if now is None:
        return Stands(Standing.NOT_REQUIRED)
    if now.id in signed:
        return Stands(Standing.SIGNED, now.id)
    line = sorted((each for each in lines if each.live_from <= now.live_from), key=lambda each: each.live_from)
    known = [place for place, each in enumerate(line) if each.id in signed]
    if not known:
        first = Standing.QUESTIONED if questioned else Standing.READ if read else Standing.ISSUED
        came = next((each for each in line if each.binds), None)
        if came is None or here_since is None or here_since >= came.live_from:
            return Stands(first, now.id)
        return _in_time(came, now.id, first, on, contractor=contractor, in_grace=True)
    significant = [each for each in line[known[-1] + 1 :] if each.significant]
    if not significant:
        return Stands(Standing.SIGNED, now.id, told=True)
    return _in_time(significant[0], now.id, Standing.DUE_AGAIN, on, contractor=contractor)


def _in_time(
    asks: InForce, now: str, meanwhile: Standing, on: date, *, contractor: bool, in_grace: bool = False
) -> Stands:
    due_on = asks.live_from + timedelta(days=asks.grace_days)
    last_good = due_on if contractor else due_on + timedelta(days=asks.chase_days)
    late = on > last_good
    return Stands(
        Standing.OVERDUE_BLOCKED if late else meanwhile, now, due_on, last_good + timedelta(days=1),
        chase=not contractor and on > due_on, in_grace=in_grace and not late,
    )  # fmt: skip


def furthest(kept: int, part: int, parts: int, *, whole: bool) -> int:
    """How many sections somebody has read, once they send that they have read `part`: none is left out on the way to the end."""
    return max(kept, min(part, parts)) if whole or part == kept + 1 else kept


# --- signing ------------------------------------------------------------------------------------------------------

SAYS = "I have read this code. I understand it and I agree to keep it."
WANTED = {"name": "Type your full name.", "position": "Type your position.", "organisation": "Type your organisation."}
TICK = "Tick the box to say that you have read and understood the code and agree to it."
OPEN_FIRST = "Open the document itself and read it to its end: it is what you sign. Then come back here and go on."
LONGEST = 200
WAYS = MappingProxyType({"typed": "Name typed", "drawn": "Drawn", "paper": "On paper", "file": "From a file"})


@dataclass(frozen=True, slots=True)
class Signing:
    """What a person writes under a code. sha256: of the text that was on the page when they signed."""

    name: str
    position: str
    organisation: str
    agrees: bool
    sha256: str
    drawn: bool = False
    has_read: bool = True
    has_opened: bool = True


def must_be_opened(pages: Collection[bool]) -> bool:
    """pages: of each text that was uploaded, whether our own pages show it. A file that none shows is opened before it is
    signed: a summary of ours beside it is not what is signed. Where nothing was uploaded there is nothing to open."""
    return bool(pages) and not any(pages)


def may_sign(signing: Signing, sha256: str, stage: Stage) -> Verdict:
    """Typed is enough (house: a signature that only a hand can make shuts people out)."""
    if stage is Stage.RETIRED:
        return Refused("retired", "A newer version has come. Read and sign that one.", SIGN)
    if signing.sha256 != sha256:
        return Refused("other-text", "The text has changed since this page was made. Read it again, then sign.", SIGN)
    if not signing.has_opened:
        return Refused("not-opened", OPEN_FIRST, SIGN)
    if not signing.has_read:
        return Refused("not-read", "Read the code to its end first. The last page has the form.", SIGN)
    for field, sentence in WANTED.items():
        if not getattr(signing, field).strip():
            return Refused(f"no-{field}", sentence, SIGN)
    if not signing.agrees:
        return Refused("no-tick", TICK, SIGN)
    return Allowed()


def may_countersign(scanned_by: Set[str], signer: Set[str], by: str) -> Verdict:
    """A paper signature counts once a second human being has looked at the scan: not whoever scanned it, nor the signer.

    scanned_by, signer: ids of every account of that one human being.
    """
    if by in scanned_by:
        return Refused("same-person", "You added this scan. Somebody else must look at it.", SIGN)
    if by in signer:
        return Refused("own-signature", "This is your own signature. Somebody else must look at it.", SIGN)
    return Allowed()


def may_record_of(whose: Set[str], by: str) -> Verdict:
    """What decides whether somebody may visit is never written by themselves. whose: ids of every account of theirs."""
    if by in whose:
        return Refused("own-file", "This is your own file. Somebody else must record this in it.", CHECKED)
    return Allowed()


def paper_day(signed_on: date, live_from: date | None, today: date) -> Verdict:
    if signed_on > today:
        return Refused("future", "The day of signing cannot be still to come.", SIGN)
    if live_from is not None and signed_on < live_from:
        return Refused("too-early", "That is before this version came into force. It may be an older version's.", SIGN)
    return Allowed()


# --- what runs out ------------------------------------------------------------------------------------------------


def reminds_from(last_day: date, days: int) -> date:
    """The first day on which somebody is asked to renew what holds until `last_day`."""
    return last_day - timedelta(days=days)


def should_remind(last_day: date | None, days: int, on: date) -> bool:
    """Also when it has run out already: nothing is renewed by being late."""
    return last_day is not None and on >= reminds_from(last_day, days)


def months_on(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
