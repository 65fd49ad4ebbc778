"""May this be done to the case now? D4's table, one verdict for each step. Pure: nothing here reads a clock.

A guard is asked by the page, which then does not offer the form, and again by the service under the case's lock.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict
from fieldvisit.hazards import clocks
from fieldvisit.hazards.state import CONCLUDED, REASONS, TRIAGED, Deed, Stage, State
from fieldvisit.messages.rules import CARRIED, Standing

LAW = "Hazards in Social Housing (Prescribed Requirements) (England) Regulations 2025"
OUR_TABLE = Clause("", "D4")
LEAST_REASON = 10  # letters: fewer say nothing to whoever reads the case in a year

# What a written summary must hold (B2), by what was found. The order is the page's.
SAYS = {
    "found": "Which hazard was found, and whether it is significant or an emergency",
    "action": "What will be done",
    "times": "The day by which each piece of work is to begin and to end",
    "none_why": "That no significant or emergency hazard was found, and why",
    "contact": "How to get in touch with us about it",
    "complain": "How to complain",
}
_OF_A_FINDING = ("found", "action", "times", "contact", "complain")
_OF_NONE = ("none_why", "contact", "complain")


def content_of(state: State) -> tuple[str, ...]:
    """The codes of SAYS that this case's summary must hold."""
    return _OF_NONE if state.now.finding == "none" else _OF_A_FINDING


# --- each step of the table ---------------------------------------------------------------------------------------


def may_describe(state: State) -> Verdict:
    return _in(state, (Stage.LOGGED, *TRIAGED, Stage.INVESTIGATING), "It was looked into as it stands here.")


def may_triage(state: State, as_: str, *, me: Collection[str], reason: str, household_read: bool) -> Verdict:
    """me: the accounts of whoever decides. What a worker ticked, any officer may decide (D4); what an officer decided,
    another one alone."""
    if not (found := _in(state, (Stage.LOGGED, *TRIAGED), "The investigation has begun: record what it finds.")):
        return found
    if not state.hazard:
        return Refused("not-described", "Say which hazard it is first. Then decide how urgent it is.", OUR_TABLE)
    if not household_read:
        return Refused(
            "household-not-read",
            "Read what we know of this household: how much harm it can do depends on who lives there.",
            Clause(LAW, "relevant knowledge"),
        )
    if not _said(reason):
        return _no_reason("Say why you decide so.")
    if state.stage is Stage.TRIAGED_EMERGENCY and as_ != "emergency" and state.now.triaged_by in me:
        return _same_officer()
    return Allowed()


def may_investigate(state: State, *, investigator: str, how: str) -> Verdict:
    if state.stage is Stage.LOGGED:
        return Refused("not-triaged", "Nobody has decided yet how urgent it is. Do that first.", OUR_TABLE)
    if state.stage is Stage.TRIAGED_OTHER:
        return Refused("other", "It was decided that this is neither an emergency nor significant.", OUR_TABLE)
    if not (found := _in(state, TRIAGED, "It is looked into already.")):
        return found
    if not investigator.strip():
        return Refused("no-investigator", "Name who looks into it, and who knows how.", Clause(LAW, "investigation"))
    if state.now.renewed and how != "in_person":
        return Refused(
            "in-person", "The tenant asked for somebody to come. This time it is in person.", Clause("", "DR-3")
        )
    return Allowed()


def may_conclude(state: State, *, reason: str) -> Verdict:
    """Whoever has looked says what is there, also less than was decided before anybody went (D4): with reasons."""
    if not (found := _in(state, (Stage.INVESTIGATING,), "Nobody is looking into it now.")):
        return found
    return Allowed() if _said(reason) else _no_reason("Say what was found, or why nothing was.")


def may_send_summary(state: State, *, checked: Collection[str], at: datetime) -> Verdict:
    """at: the day it was sent, which is what counts (DR-4)."""
    concluded = state.now.done.get("concluded")
    if concluded is None:
        return Refused("not-concluded", "The investigation has not ended: there is nothing to sum up.", OUR_TABLE)
    if state.stage is Stage.CLOSED:
        return _closed()
    if "summary_sent" in state.now.done:
        return Refused("sent-already", "The summary of this investigation is recorded as sent.", OUR_TABLE)
    if missing := [SAYS[code] for code in content_of(state) if code not in checked]:
        said = "; ".join(words[:1].lower() + words[1:] for words in missing)
        return Refused("incomplete", f"The summary must say: {said}.", Clause(LAW, "written summary"))
    if at < concluded:
        return Refused("too-early", "That is before the investigation ended.", Clause("", "DR-4"))
    return Allowed()


def may_write_summary(state: State, *, checked: Collection[str], at: datetime) -> Verdict:
    """The same, to be sent by our own messages: one at a time."""
    if "summary_written" in state.now.done and "summary_sent" not in state.now.done:
        return Refused("waits", "The summary waits for its provider. You will see here when it has gone.", OUR_TABLE)
    return may_send_summary(state, checked=checked, at=at)


def may_advise(state: State) -> Verdict:
    """B2: safety information, as long as it is not safe."""
    wanted = (Stage.LOGGED, *TRIAGED, Stage.INVESTIGATING, Stage.CONCLUDED_SIGNIFICANT, Stage.CONCLUDED_EMERGENCY)
    return _in(state, wanted, "It is safe, or nothing was found.")


def sent_at(provider: str, channel: str, taken_at: datetime | None, heard: Standing) -> datetime | None:
    """When a summary was sent, which is what counts (DR-4); None while nobody knows, and when it came back.

    A letter: the day it left. An e-mail: when its provider took it, or, where no provider ever says, what a person said.
    """
    if heard.delivery not in ("pending", "delivered"):
        return None
    if channel.startswith("letter"):
        return heard.despatched_at
    return heard.delivered_at if provider in CARRIED else taken_at


def sent_to_all(moments: Sequence[datetime | None]) -> datetime | None:
    """DR-4 for joint tenants: the day sent counts, and each is owed it; so when the last of them was sent theirs."""
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


def may_make_safe(state: State) -> Verdict:
    wanted = (Stage.CONCLUDED_SIGNIFICANT, Stage.CONCLUDED_EMERGENCY)
    return _in(state, wanted, "Record first what the investigation found.")


def may_offer_alternative(state: State) -> Verdict:
    """Late is better than never: it is offered whatever the clock says, and the record says when."""
    wanted = (Stage.CONCLUDED_SIGNIFICANT, Stage.CONCLUDED_EMERGENCY)
    return _in(state, wanted, "It is offered where a hazard was found that is not safe yet.")


def may_downgrade(state: State, *, me: Collection[str], reason: str) -> Verdict:
    """me: the accounts of whoever says so (`register/same.py`): one person with two of them is no second officer."""
    if not (found := _in(state, (Stage.CONCLUDED_EMERGENCY,), "It was not found to be an emergency.")):
        return found
    if {state.now.found_by, state.now.triaged_by} & set(me):
        return _same_officer()
    return Allowed() if _said(reason) else _no_reason("Say why it is no emergency.")


def may_ask_in_person(state: State) -> Verdict:
    if not (found := _in(state, CONCLUDED, "The investigation has not ended, or the work has begun.")):
        return found
    if state.now.how != "remote":
        return Refused("was-in-person", "Somebody was there in person already.", Clause("", "DR-3"))
    return Allowed()


def may_prevent(state: State) -> Verdict:
    return _in(state, (Stage.MADE_SAFE,), "Make it safe first.")


def may_take_steps(state: State, kind: str) -> Verdict:
    if not (found := _in(state, (Stage.PREVENTATIVE,), "Record first that preventative work is needed.")):
        return found
    if kind in state.now.done:
        return Refused("recorded-already", "That is recorded already.", OUR_TABLE)
    return Allowed()


def may_complete(state: State, *, told: bool) -> Verdict:
    if not (found := _in(state, (Stage.MADE_SAFE, Stage.PREVENTATIVE), "It is not safe yet.")):
        return found
    return Allowed() if told else _not_told()


def may_close(state: State, *, told: bool, policy: Policy) -> Verdict:
    wanted = (Stage.COMPLETED, Stage.CONCLUDED_NONE, Stage.TRIAGED_OTHER)
    if not (found := _in(state, wanted, "It is closed when the work is finished, or when nothing was found.")):
        return found
    if owed := clocks.before_closing(state, policy):
        said = "; ".join(dict.fromkeys(clock.label[:1].lower() + clock.label[1:] for clock in owed))
        return Refused("outstanding", f"This is still to be done: {said}.", Clause("", owed[0].rule))
    return Allowed() if told else _not_told()


def may_report_again(state: State, at: datetime) -> Verdict:
    """From any stage, a closed case too: what comes back is the same case."""
    if at <= state.now.aware_at:
        return Refused("known-already", "We knew of it then already. Say when it was reported once more.", OUR_TABLE)
    return Allowed()


def may_note(state: State, *, code: str, why: str, note: str, policy: Policy) -> Verdict:
    """code: of the clock that it is about (`Clock.code`). Of a closed case too: its month is reported afterwards."""
    if not any(clock.code == code for clock in clocks.clocks(state, policy) if clock.due):
        return Refused("no-such-clock", "Choose the clock that it is about.", OUR_TABLE)
    if why not in REASONS:
        return Refused("no-such-reason", "Choose why.", OUR_TABLE)
    return Allowed() if _said(note) else _no_reason("Say what happened.")


def may_have_happened(state: State, at: datetime, now: datetime) -> Verdict:
    """Of every step that a person dates: not in the future, and not before we knew of the hazard."""
    if at > now:
        return Refused("future", "That is in the future. Record it when it has happened.", OUR_TABLE)
    if at < state.rounds[0].aware_at - timedelta(minutes=1):
        return Refused("too-early", "That is before we knew of the hazard.", OUR_TABLE)
    return Allowed()


def may(
    state: State, deed: Deed, words: Mapping[str, str], policy: Policy, me: Collection[str] = ()
) -> Verdict:  # fmt: skip
    """The verdict on any step of the table, as a page or the service holds it. me: the accounts of whoever does it."""
    if deed.kind in _SECOND:
        return _SECOND[deed.kind](state, deed, words, {deed.by, *me})
    return _VERDICTS[deed.kind](state, deed, words, policy)


_SECOND: Mapping[str, Callable[[State, Deed, Mapping[str, str], Collection[str]], Verdict]] = {
    "triaged": lambda state, deed, words, me: may_triage(
        state, deed.body["as"], me=me, reason=words.get("reason", ""),
        household_read=deed.body.get("household_read") is True,
    ),
    "downgraded": lambda state, deed, words, me: may_downgrade(state, me=me, reason=words.get("reason", "")),
}  # fmt: skip
_Asked = Callable[[State, Deed, Mapping[str, str], Policy], Verdict]
_VERDICTS: Mapping[str, _Asked] = {
    "described": lambda state, deed, words, policy: may_describe(state),
    "investigating": lambda state, deed, words, policy: may_investigate(
        state, investigator=words.get("investigator", ""), how=deed.body["how"]
    ),
    "concluded": lambda state, deed, words, policy: may_conclude(state, reason=words.get("reason", "")),
    "summary_sent": lambda state, deed, words, policy: may_send_summary(
        state, checked=deed.body.get("says", ()), at=deed.at
    ),
    "summary_written": lambda state, deed, words, policy: may_write_summary(
        state, checked=deed.body.get("says", ()), at=deed.at
    ),
    "advised": lambda state, deed, words, policy: may_advise(state),
    "made_safe": lambda state, deed, words, policy: may_make_safe(state),
    "alternative_offered": lambda state, deed, words, policy: may_offer_alternative(state),
    "asked_in_person": lambda state, deed, words, policy: may_ask_in_person(state),
    "preventative": lambda state, deed, words, policy: may_prevent(state),
    "steps_taken": lambda state, deed, words, policy: may_take_steps(state, deed.kind),
    "work_started": lambda state, deed, words, policy: may_take_steps(state, deed.kind),
    "completed": lambda state, deed, words, policy: may_complete(state, told=deed.body.get("told") is True),
    "closed": lambda state, deed, words, policy: may_close(state, told=deed.body.get("told") is True, policy=policy),
    "reported": lambda state, deed, words, policy: may_report_again(state, deed.at),
    "noted": lambda state, deed, words, policy: may_note(
        state, code=f"{deed.body.get('round')}:{deed.body.get('clock')}", why=deed.body.get("why", ""),
        note=words.get("note", ""), policy=policy,
    ),
}  # fmt: skip


STEPS = (*_SECOND, *_VERDICTS)


def offered(state: State, policy: Policy, by: str, me: Collection[str] = ()) -> tuple[str, ...]:
    """Which steps a page offers: those that nothing but what is typed into their forms stands against."""
    best: dict[str, Any] = {
        "as": "emergency", "household_read": True, "how": "in_person", "told": True, "says": tuple(SAYS), "why": "other",
    }  # fmt: skip
    if noted := next((clock for clock in clocks.clocks(state, policy) if clock.due), None):
        best |= {"clock": noted.clock, "round": noted.round}
    words = {"reason": "x" * LEAST_REASON, "note": "x" * LEAST_REASON, "investigator": "x"}
    latest = max([state.now.aware_at, *state.now.done.values()]) + timedelta(microseconds=1)
    return tuple(kind for kind in STEPS if may(state, Deed(kind, latest, by, best), words, policy, me))


# --- what they share ----------------------------------------------------------------------------------------------


def _in(state: State, stages: Collection[Stage], otherwise: str) -> Verdict:
    if state.stage in stages:
        return Allowed()
    return _closed() if state.stage is Stage.CLOSED else Refused("wrong-stage", otherwise, OUR_TABLE)


def _closed() -> Refused:
    return Refused("closed", "This case is closed. If the hazard is back, report it once more.", OUR_TABLE)


def _said(reason: str) -> bool:
    return len(reason.strip()) >= LEAST_REASON


def _no_reason(sentence: str) -> Refused:
    return Refused("no-reason", f"{sentence} Use at least {LEAST_REASON} letters.", OUR_TABLE)


def _not_told() -> Refused:
    return Refused("not-told", "Tell the tenant first.", Clause(LAW, "keep the tenant informed"))


def _same_officer() -> Refused:
    return Refused(
        "second-officer", "Another officer must say that this is no emergency: not whoever found that it is.", OUR_TABLE
    )
