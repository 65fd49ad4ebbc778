"""What may become of a version of a code, whom it binds, and how each person stands with it (domain D9). Pure."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from fieldvisit.ground.clock import say_date
from fieldvisit.ground.roles import Role
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

HOUSING = "Housing staff (draft)"
KEPT_FACTS = Clause(HOUSING, "HS-4")  # owner, approval and the next review are written down
ASK_TENANTS = Clause(HOUSING, "HS-2.4b")
COPY_THEY_CAN_USE = Clause(HOUSING, "HS-2.2a")
SIGN = Clause("Melton", "ME-Ack1")
CHECKED = Clause("Milton Keynes", "MO-1f")


class Stage(StrEnum):
    DRAFT = "draft"
    CONSULTING = "consulting"
    APPROVED = "approved"
    LIVE = "live"
    RETIRED = "retired"


class Act(StrEnum):
    CONSULT = "consult"
    APPROVE = "approve"
    GO_BACK = "go_back"
    GO_LIVE = "go_live"


# A version retires when the next one goes live, and in no other way: without a live code nobody could be sent anywhere.
MOVES = MappingProxyType(
    {
        (Stage.DRAFT, Act.CONSULT): Stage.CONSULTING,
        (Stage.DRAFT, Act.APPROVE): Stage.APPROVED,
        (Stage.CONSULTING, Act.APPROVE): Stage.APPROVED,
        (Stage.CONSULTING, Act.GO_BACK): Stage.DRAFT,
        (Stage.APPROVED, Act.GO_BACK): Stage.DRAFT,
        (Stage.APPROVED, Act.GO_LIVE): Stage.LIVE,
    }
)
OPEN_TO_CHANGE = frozenset({Stage.DRAFT, Stage.CONSULTING})  # afterwards the text is what was approved, and stays
SEEN_BY_TWO = "Somebody else must see that the change is small: not who began this version or uploaded its text."
BINDING = frozenset({Stage.LIVE})
ACCESSIBLE = frozenset({"html", "large_print"})


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """formats: of ACCESSIBLE, those that are there. consulted: what people were asked, who answered, what came of it.
    small_said: a second person said of this very text that its change is small."""

    stage: Stage
    significant: bool = True
    has_text: bool = False
    formats: frozenset[str] = frozenset()
    owner: str = ""
    review_on: date | None = None
    live_from: date | None = None
    approved_on: date | None = None
    approved_by: str = ""
    change: str = ""
    consulted: str = ""
    consulted_from: date | None = None
    consulted_until: date | None = None
    small_said: bool = False


def may(act: Act, version: VersionFacts, on: date) -> Verdict:
    """May this be done with the version on that London date?"""
    if (version.stage, act) not in MOVES:
        return Refused("not-now", f"This version is {version.stage.value} now. Look at it again: somebody was faster.")
    if act is Act.GO_BACK:
        return Allowed()
    if not version.has_text:
        return Refused("no-text", "Upload the council's document first: it is what people sign.")
    if act is Act.APPROVE:
        return _may_approve(version, on)
    return _may_go_live(version, on) if act is Act.GO_LIVE else Allowed()


def _may_approve(version: VersionFacts, on: date) -> Verdict:
    if not version.change:
        return Refused("no-change", "Say what this version changes: people are told it when they are asked to sign.")
    if version.significant and not version.consulted:
        sentence = "A big change needs a consultation first. Write down whom you asked, when, and what they said."
        return Refused("not-consulted", sentence, ASK_TENANTS)
    if version.significant and (version.consulted_until is None or version.consulted_until > on):
        return Refused("still-consulting", "The consultation is not over. Approve the code when it is.", ASK_TENANTS)
    asked_on = version.consulted_from
    if version.consulted_until and asked_on and version.consulted_until < asked_on:
        return Refused(
            "ended-before", f"It began on {say_date(asked_on)}: it cannot have ended before that.", ASK_TENANTS
        )
    if not version.approved_by or version.approved_on is None or version.approved_on > on:
        return Refused(
            "no-approval", "Say who approved it and on which day. That day cannot be still to come.", KEPT_FACTS
        )
    return Allowed()


def _may_go_live(version: VersionFacts, on: date) -> Verdict:
    if not version.owner:
        return Refused("no-owner", "Name the owner of this code first.", KEPT_FACTS)
    if version.live_from is None:
        return Refused("no-day", "Choose the day from which it binds.", KEPT_FACTS)
    if version.live_from < on:
        return Refused("past", "Choose today or a later day: nobody is bound by what they could not know.", KEPT_FACTS)
    if version.review_on is None or version.review_on <= version.live_from:
        return Refused("no-review", "Choose the day of its next review, after the day from which it binds.", KEPT_FACTS)
    if not version.formats & ACCESSIBLE:
        sentence = "Nobody can go live with a PDF alone. Add the text as a plain page (HTML) or in large print."
        return Refused("not-accessible", sentence, COPY_THEY_CAN_USE)
    if not (version.significant or version.small_said):
        return Refused("not-small", SEEN_BY_TWO, ASK_TENANTS)
    return Allowed()


def may_say_small(version: VersionFacts, made_by: Set[str], by: str) -> Verdict:
    """Nobody is asked and nobody signs after a small change. made_by: ids of every account of who began it or uploaded it."""
    if version.stage is not Stage.APPROVED or version.significant:
        return Refused("not-now", "That is asked of a small change, once it is approved.", ASK_TENANTS)
    return Refused("same-person", SEEN_BY_TWO, ASK_TENANTS) if by in made_by else Allowed()


def may_upload(stage: Stage, kind: str, *, signed: bool, there: bool) -> Verdict:
    """May this text be put to a version? signed: somebody has signed it. there: it has a text of that kind."""
    if kind == "large_print" and not there and stage is not Stage.RETIRED:
        return Allowed()  # somebody needs it now, and it changes nothing that anybody signed
    if stage not in OPEN_TO_CHANGE:
        return Refused("approved", "This version is approved, so its text stays. Make a new version.")
    if signed:
        return Refused("signed", "Somebody has signed this draft, so its text stays. Make a new version.", SIGN)
    return Allowed()


def furthest(kept: int, part: int, parts: int, *, whole: bool) -> int:
    """How many sections somebody has read, once they send that they have read `part`: none is left out on the way to the end."""
    return max(kept, min(part, parts)) if whole or part == kept + 1 else kept


def is_ripe(version: VersionFacts, on: date) -> bool:
    """Has the day come from which an approved version binds? Until then the old one stays live."""
    return version.live_from is not None and version.live_from <= on


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
