"""A refusal or no access, until somebody gets in or the case is closed (D2): what counts, and what may be done next. Pure.

No rule here may be overridden: there is no 'count it all the same'. Clauses ME-3.1e to ME-3.1g, ME-3.2b; D2; ruling R4.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fieldvisit.ground.clock import end_of_london_day, london_date, whole_minute
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict
from fieldvisit.messages.rules import Way

RESPECT = Clause("Melton", "ME-3.1e")
TRUSTED_ADULT = Clause("Melton", "ME-3.1f")
CHILD = Clause("Melton", "ME-3.1g")
NO_ID = Clause("Melton", "ME-3.2b2")
D2 = Clause("Our own rule", "D2")

METHODS = ("phone", "text", "email", "letter", "card", "calling_round", "trusted_person", "support_worker")
OUTCOMES = ("reached", "no_reply", "did_not_arrive")
TOLD_BY = ("phone", "in_person", "letter", "email", "text", "somebody_else")  # how we heard that a record is wrong
NEEDS = ("gas", "electric", "awaab")  # what alone makes an access plan (B4, B2)


class Stage(StrEnum):
    RECORDED = "recorded"
    TENANT_CONTACTED = "tenant_contacted"
    SUPPORT_ARRANGED = "support_arranged"
    REBOOKED = "rebooked"
    COUNCIL_REVIEW = "council_review"
    ACCESS_PLAN = "access_plan"
    LEGAL_CONSIDERED = "legal_considered"
    CLOSED = "closed"


BEFORE_REVIEW = (Stage.RECORDED, Stage.TENANT_CONTACTED, Stage.SUPPORT_ARRANGED, Stage.REBOOKED)
REFUSED, NO_ANSWER, CHILD_ALONE = "refused", "no_answer", "child_alone"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One door that said no or stayed shut. Instants are aware UTC.

    notice: the result of the notice rules for that visit. arrived_at: None where no arrival was recorded.
    disputed: the tenant says that the record is wrong, and nobody has looked at it. wrong: somebody has, and it is.
    struck: the worker's own line was struck out of the log.
    """

    kind: str
    valid: bool
    notice: str
    window_start: datetime
    window_end: datetime
    happened_at: datetime
    arrived_at: datetime | None = None
    waited_min: int = 0
    called: bool = False
    card_left: bool = False
    reason: str = ""
    disputed: bool = False
    wrong: bool = False
    struck: bool = False


TOLD = ("full", "minimum", "agreed")  # an agreed time is one that the tenant knew: it has its own window (NR-7, NR-11)


def counts(attempt: Attempt, policy: Policy) -> Verdict:
    """Is this an attempt that may lead to a review? A valid refusal never is; no access is, where our side was right.

    Refuses: child-alone, valid-refusal, struck-out, disputed, record-wrong, no-notice, short-notice, outside-window,
    not-waited, not-called, no-card.
    """
    if attempt.kind == CHILD_ALONE:
        return Refused("child-alone", "A child answered and no adult was there. That is a valid reason.", CHILD)
    if attempt.valid:
        return Refused("valid-refusal", "The tenant had a valid reason to say no. It is never counted.", _of(attempt))
    if attempt.struck:
        return Refused("struck-out", "This line was struck out of the visit’s log.", D2)
    if attempt.wrong:
        return Refused("record-wrong", "An officer found that the record was wrong.", D2)
    if attempt.disputed:
        return Refused("disputed", "The tenant says that the record is wrong. An officer must look at it first.", D2)
    return _our_side(attempt, policy)


def _of(attempt: Attempt) -> Clause:
    if attempt.reason == "no-id":
        return NO_ID
    return TRUSTED_ADULT if attempt.reason == "trusted-adult" else RESPECT


def _our_side(attempt: Attempt, policy: Policy) -> Verdict:
    """An emergency or an investigation may come unannounced (NR-8, NR-10), and nobody need be in for it: a knock is no
    appointment that was offered (B1.7)."""
    if attempt.notice.startswith("exempt"):
        return Refused("no-notice", "This visit needed no notice, so nobody had to be in. Only appointments count.", D2)
    if not _inside_the_window(attempt, policy):
        return Refused("outside-window", "We were there outside the time that the tenant was told.", Clause("", "NR-7"))
    if attempt.notice not in TOLD:
        return Refused("short-notice", "We did not tell the tenant in time.", Clause("", policy.clause_id("NR-1")))
    if attempt.kind != NO_ANSWER:
        return Allowed("counts", "The tenant said no. We had given notice and came inside the time told.", RESPECT)
    wait = policy.door.no_answer_wait_min
    if attempt.waited_min < wait.value:
        return Refused("not-waited", f"The worker waited {attempt.waited_min} minutes. {wait.value} are needed.", D2)
    if not attempt.called:
        return Refused("not-called", "The worker did not call the tenant from the door.", D2)
    if not attempt.card_left:
        return Refused("no-card", "No card was left.", D2)
    return Allowed("counts", "We gave notice, came inside the time told, waited, called and left a card.", D2)


def _inside_the_window(attempt: Attempt, policy: Policy) -> bool:
    early = timedelta(minutes=policy.notice.early_tolerance_min.value)
    came = attempt.arrived_at or attempt.happened_at
    return attempt.window_start - early <= came <= attempt.window_end


# --- deadlines ----------------------------------------------------------------------------------------------------


def contact_by(happened_at: datetime, *, valid: bool, policy: Policy) -> datetime:
    """D2: soon where we have a condition to meet; a little later to try another way. The last second of that day."""
    wait = policy.door.valid_refusal_contact_wd if valid else policy.door.other_refusal_contact_wd
    return end_of_london_day(policy.working_days.after(london_date(happened_at), wait.value))


def safeguarding_by(happened_at: datetime, policy: Policy) -> datetime:
    """D2: the same day."""
    return end_of_london_day(policy.working_days.after(london_date(happened_at), policy.task.child_alone_wd.value))


def next_step_by(at: datetime, policy: Policy) -> datetime:
    """D2 sets no day for the later steps. A case without one would be forgotten, so the longer of its two holds."""
    return contact_by(at, valid=False, policy=policy)


# --- steps --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """What the steps of a case are judged by. methods: of all contacts so far. counted: attempts that count."""

    stage: Stage
    valid: bool  # the last attempt was a valid refusal
    child_unasked: bool = False  # a child was alone, and nobody has said that they thought about safeguarding
    methods: frozenset[str] = frozenset()
    reached: bool = False  # somebody spoke with the tenant since the last attempt
    counted: int = 0
    disputed: bool = False


def stage_after_contact(case: Case, method: str, outcome: str) -> Stage:
    """A valid refusal waits until its condition is met. Any other wants a way that was not used before, or an answer."""
    waits = case.stage is Stage.RECORDED and not case.valid
    if waits and (outcome == "reached" or (outcome == "no_reply" and method not in case.methods)):
        return Stage.TENANT_CONTACTED
    return case.stage


def may_record_contact(case: Case, happened_at: datetime, since: datetime, at: datetime) -> Verdict:
    """happened_at is typed to the minute. Refuses: closed, future, too-early."""
    if case.stage is Stage.CLOSED:
        return _CLOSED
    if happened_at > at:
        return Refused("future", "That is in the future. Write it down when it has happened.")
    if happened_at < whole_minute(since):
        return Refused("too-early", "That was before the visit that this is about.")
    return Allowed()


def may_answer_safeguarding(case: Case, answer: str | None) -> Verdict:
    """Which answer is given is nobody's to keep (ruling R4): here only that there is one."""
    if not case.child_unasked:
        return Refused("asked-already", "This was answered before.")
    if answer not in ("yes", "no"):
        return Refused("no-answer", "Say yes or no: a child was alone at the door.", CHILD)
    return Allowed()


def may_arrange_support(case: Case) -> Verdict:
    """Refuses: closed, safeguarding-first, not-here, not-valid, not-reached."""
    if (wrong := _not_before_review(case)) is not None:
        return wrong
    if not case.valid:
        return Refused("not-valid", "There is no condition to meet: the last refusal was not a valid one.", D2)
    if not case.reached:
        return Refused("not-reached", "Speak with the tenant first, and write down the contact.", D2)
    return Allowed()


def may_rebook(case: Case, notice: str) -> Verdict:
    """notice: the result of the notice rules for the new visit. Refuses: closed, safeguarding-first, not-here,
    contact-first, short-notice."""
    if (wrong := _not_before_review(case, later=True)) is not None:
        return wrong
    if case.stage is Stage.RECORDED:
        return Refused("contact-first", "Get in touch with the tenant first: they must accept the new time.", D2)
    if notice == "short":
        return Refused(
            "short-notice", "The tenant has not been told of that visit in time. Tell them, or agree the time with them.",
            Clause("", "NR-1"),
        )  # fmt: skip
    return Allowed()


def may_review(case: Case, *, vulnerability: str, equality: str, policy: Policy) -> Verdict:
    """D2: a third counted attempt, three different ways of getting in touch, both checks in words.

    Refuses: closed, safeguarding-first, not-here, disputed, contact-first, attempts, methods, vulnerability, equality.
    """
    if (wrong := _not_before_review(case)) is not None:
        return wrong
    if case.disputed:
        return Refused("disputed", "The tenant says that a record is wrong. Look at that first.", D2)
    if case.stage is not Stage.TENANT_CONTACTED:
        return Refused("contact-first", "Try to reach the tenant another way first.", D2)
    needed, ways = policy.door.no_access_attempts.value, policy.door.no_access_methods.value
    if case.counted < needed:
        return Refused("attempts", f"{case.counted} of {needed} attempts that count. A review needs {needed}.", D2)
    used = len(case.methods)
    if used < ways:
        return Refused("methods", f"{used} of {ways} different ways of getting in touch were tried.", D2)
    if not vulnerability.strip():
        return Refused("vulnerability", "Write what you found about what the tenant needs, and who asked.", D2)
    if not equality.strip():
        return Refused(
            "equality", "Write how you thought about disability and the other protected characteristics.", D2
        )
    return Allowed()


def may_close(case: Case, why: str) -> Verdict:
    """D2: a person closes after a review that found the risk low. Access closes a case by itself."""
    if case.stage is Stage.CLOSED:
        return _CLOSED
    if case.child_unasked:
        return _CHILD_FIRST
    if case.stage is not Stage.COUNCIL_REVIEW:
        return Refused("not-reviewed", "Only a review may close a case without access.", D2)
    if not why.strip():
        return Refused("why", "Write why the risk is low, and how the door is left open.", D2)
    return Allowed()


def may_plan(case: Case, need: str | None, why: str) -> Verdict:
    """D2: a plan to get in is made for a safety need alone. Refuses: closed, not-reviewed, no-safety-need, why."""
    if case.stage is Stage.CLOSED:
        return _CLOSED
    if case.child_unasked:
        return _CHILD_FIRST
    if case.stage is not Stage.COUNCIL_REVIEW:
        return Refused("not-reviewed", "A plan follows a review. Review the case first.", D2)
    if need not in NEEDS:
        return Refused("no-safety-need", "Only gas, electrical safety or a hazard under Awaab’s Law makes a plan.", D2)
    if not why.strip():
        return Refused("why", "Write what will be tried, by whom, and by when.", D2)
    return Allowed()


def may_consider_legal(case: Case, *, manager: bool, since_plan: int, why: str) -> Verdict:
    """since_plan: contacts and attempts since the plan was made. Refuses: closed, no-plan, needs-manager, no-endeavour,
    why."""
    if case.stage is Stage.CLOSED:
        return _CLOSED
    if case.child_unasked:
        return _CHILD_FIRST
    if case.stage is not Stage.ACCESS_PLAN:
        return Refused("no-plan", "An access plan comes first.", D2)
    if not manager:
        return Refused("needs-manager", "Only a repairs manager may sign this off. Ask one to open this page.", D2)
    if since_plan < 1:
        return Refused("no-endeavour", "Nothing has been tried since the plan was made. Try it, and write it down.", D2)
    if not why.strip():
        return Refused("why", "Write why the plan did not work.", D2)
    return Allowed()


ASK, ASK_AGAIN, SAY_WHAT_MAY_FOLLOW = "access_ask", "access_again", "access_legal"  # kinds of message


def chase_kinds(case: Case, sent: int) -> tuple[str, ...]:
    """Which words may be sent now. The first never threatens; a court is named after a manager signed that off, by letter.

    sent: messages that asked again, so far.
    """
    if case.stage is Stage.CLOSED:
        return ()
    asks = ASK_AGAIN if sent else ASK
    return (SAY_WHAT_MAY_FOLLOW, asks) if case.stage is Stage.LEGAL_CONSIDERED and sent else (asks,)


def may_chase(case: Case, kind: str, channel: str, sent: int) -> Verdict:
    """Refuses: closed, first-asks, needs-sign-off, by-letter."""
    if case.stage is Stage.CLOSED:
        return _CLOSED
    if kind == SAY_WHAT_MAY_FOLLOW and case.stage is not Stage.LEGAL_CONSIDERED:
        return Refused("needs-sign-off", "A court is named only after a plan, and a manager’s sign-off.", D2)
    if kind not in chase_kinds(case, sent):
        return Refused("first-asks", "The first letter asks, and no more.", D2)
    if kind == SAY_WHAT_MAY_FOLLOW and not channel.startswith("letter"):
        return Refused("by-letter", "This goes by letter, so that they can show it to somebody who helps them.", D2)
    return Allowed()


def way_to_chase(channel: str, ways: Sequence[Way]) -> Way | None:
    """To one of the tenants, by ways that may carry these words: as it was chosen, else the next of theirs."""
    same = (way for way in ways if way.channel == channel)
    return next(same, next(iter(ways), None))


def may_say_disputed(attempt: Attempt, told_by: str | None, words: str) -> Verdict:
    """Somebody of ours heard it from the tenant: also of a closed case, and whoever was at the door may write it down.

    Refuses: disputed, record-wrong, told-by, words.
    """
    if attempt.disputed:
        return Refused("disputed", "It is written down already that the tenant says so. Somebody must look at it.")
    if attempt.wrong or attempt.struck:
        return Refused("record-wrong", "This record was found to be wrong already. It does not count.")
    if told_by not in TOLD_BY:
        return Refused("told-by", "Say how the tenant told us.")
    if not words.strip():
        return Refused("words", "Write what the tenant says, in their own words.")
    return Allowed()


def may_settle_dispute(*, disputed: bool, was_there: bool, finding: str | None, why: str) -> Verdict:
    """N1: whoever was at that door does not judge the record of it. Refuses: not-disputed, was-there, finding, why."""
    if not disputed:
        return Refused("not-disputed", "The tenant does not dispute this record, or somebody has looked at it.")
    if was_there:
        return Refused("was-there", "You were sent to this visit. Somebody else must look at it.", Clause("", "N1"))
    if finding not in ("right", "wrong"):
        return Refused("finding", "Say whether the record is right or wrong.")
    if not why.strip():
        return Refused("why", "Write what you looked at and what you found.")
    return Allowed()


_CLOSED = Refused("closed", "This case is closed.")
_CHILD_FIRST = Refused("safeguarding-first", "A child was alone. Say first that you thought about safeguarding.", CHILD)


def _not_before_review(case: Case, *, later: bool = False) -> Refused | None:
    """later: also once there is a plan, whose whole aim is a visit."""
    if case.stage is Stage.CLOSED:
        return _CLOSED
    if case.child_unasked:
        return _CHILD_FIRST
    open_here: Collection[Stage] = BEFORE_REVIEW if not later else (*BEFORE_REVIEW, *_AFTER_REVIEW)
    return None if case.stage in open_here else Refused("not-here", "This case has gone beyond that step.", D2)


_AFTER_REVIEW: Sequence[Stage] = (Stage.COUNCIL_REVIEW, Stage.ACCESS_PLAN, Stage.LEGAL_CONSIDERED)
