"""Entry without consent (D3): what its steps add up to, what is due, and what the office may do next. Pure.

Steps are only ever added. A fact from a door is never refused (ruling R1): it is folded, and what was not as it should
be is a mark. The rules judge the office's commands alone. Clause ME-3.1d-x.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fieldvisit.ground.clock import end_of_london_day, london_date, whole_minute
from fieldvisit.ground.deed import Deed as Deed
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

LAWFUL = Clause("Melton", "ME-3.1d-x")

# What goes on without the tenant's yes once they have said no (D3): others open the door then, not we.
NOT_OURS = frozenset({"police", "fire-service", "court-order", "housing-act-warrant"})
METHODS = ("knocked", "called", "texted", "neighbour", "next_of_kin")
_SAME_WAY = {"knock": "knocked", "call": "called", "rang": "called", "text": "texted"}  # as phones of before say it
OUTCOMES = ("no_reply", "agreed", "refused")
SECOND = ("colleague", "police", "other")
LOCKS = ("as_it_was", "changed", "repaired", "boarded")
KEYS = ("not_needed", "office", "police", "neighbour", "key_safe")
CALLS = ("reached", "no_reply", "no_number")


class Stage(StrEnum):
    PROPOSED = "proposed"
    AUTHORISED = "authorised"
    ATTEMPTING_CONTACT = "attempting_contact"
    ENTERED = "entered"
    SECURED = "secured"
    TENANT_TOLD = "tenant_told"
    REVIEWED = "reviewed"
    DECLINED = "declined"
    CONSENTED = "consented"  # they answered and agreed: D1 goes on


WAITING = (Stage.AUTHORISED, Stage.ATTEMPTING_CONTACT)
INSIDE = (Stage.ENTERED, Stage.SECURED, Stage.TENANT_TOLD)
OVER = (Stage.REVIEWED, Stage.DECLINED, Stage.CONSENTED)
KINDS = ("proposed", "declined", "authorised", "tried", "entered", "photo", "secured", "told", "reviewed", "stood_down")

MARKS = (
    "not-authorised", "authority-over", "self-authorised", "after-refusal", "not-tried", "no-witness", "no-photo-before",
    "other-work", "told-late", "reviewed-late",
)  # fmt: skip


@dataclass(slots=True)
class State:
    """ended: why nobody went in. methods: the different ways in which the tenant was tried."""

    stage: Stage = Stage.PROPOSED
    proposer: str = ""
    authoriser: str = ""
    basis: str = ""
    life: bool = False
    methods: frozenset[str] = frozenset()
    refused: bool = False
    ended: str = ""
    second: str = ""
    proposed_at: datetime | None = None
    authorised_at: datetime | None = None
    entered_at: datetime | None = None
    secured_at: datetime | None = None
    told_at: datetime | None = None
    reviewed_at: datetime | None = None
    notice_left: bool = False
    marks: tuple[str, ...] = ()
    due_at: datetime | None = None
    photos_before: int = 0

    def mark(self, code: str) -> None:
        if code not in self.marks:
            self.marks = (*self.marks, code)


def fold(deeds: Iterable[Deed], policy: Policy) -> State:
    """In the order in which things happened, whatever the order in which they reached us."""
    state, ordered = State(), sorted(deeds, key=_order)
    if not ordered:
        state.stage, state.ended = Stage.DECLINED, "struck_out"  # every line of it was a mistake
    for deed in ordered:
        _FOLDS[deed.kind](state, deed, policy)
    if state.secured_at and not state.photos_before:
        state.mark("no-photo-before")
    state.due_at = due(state, policy)
    return state


def ways(codes: Iterable[str]) -> frozenset[str]:
    """The different ones: two words for one way are one way."""
    return frozenset(_SAME_WAY.get(code, code) for code in codes)


def _order(deed: Deed) -> tuple[datetime, int]:
    """At one instant: in the order of D3."""
    return deed.at, KINDS.index(deed.kind)


def _proposed(state: State, deed: Deed, _policy: Policy) -> None:
    state.proposer = deed.body.get("proposer", deed.by)
    state.life = deed.body.get("life") is True
    state.proposed_at = state.proposed_at or deed.at


def _declined(state: State, deed: Deed, _policy: Policy) -> None:
    if state.stage not in INSIDE:
        state.stage, state.ended = Stage.DECLINED, "declined"


def _stood_down(state: State, deed: Deed, _policy: Policy) -> None:
    if state.stage not in INSIDE:
        state.stage, state.ended = Stage.DECLINED, "stood_down"


def _authorised(state: State, deed: Deed, _policy: Policy) -> None:
    state.authoriser, state.basis = deed.body.get("authoriser", deed.by), deed.body["basis"]
    state.proposer = state.proposer or deed.body.get("proposer", "")
    state.life = state.life or deed.body.get("life") is True
    state.methods |= ways(deed.body.get("methods", ()))
    state.authorised_at = deed.at
    if deed.body.get("same_person", state.authoriser == state.proposer):  # of before: two accounts were two people
        state.mark("self-authorised")
    if state.stage not in INSIDE:
        state.stage, state.ended = Stage.AUTHORISED, ""


def _tried(state: State, deed: Deed, _policy: Policy) -> None:
    if method := deed.body.get("method"):
        state.methods |= ways((method,))
    if state.stage in (*INSIDE, Stage.REVIEWED):
        return
    outcome = deed.body.get("outcome", "no_reply")
    if outcome == "agreed" and not state.refused:
        state.stage, state.ended = Stage.CONSENTED, "agreed"
    elif outcome == "refused":
        state.refused = True
        if state.basis not in NOT_OURS:
            state.stage, state.ended = Stage.DECLINED, "tenant_refused"
    elif state.stage is Stage.AUTHORISED:
        state.stage = Stage.ATTEMPTING_CONTACT


def _entered(state: State, deed: Deed, policy: Policy) -> None:
    state.methods |= ways(deed.body.get("methods", ()))
    state.second = deed.body.get("second", "")
    state.entered_at = state.entered_at or deed.at
    if not state.basis:
        state.mark("not-authorised")
    elif state.authorised_at and deed.at > used_by(state.authorised_at, policy):
        state.mark("authority-over")
    if state.refused and not (state.basis in NOT_OURS and state.basis):
        state.mark("after-refusal")
    if len(state.methods) < policy.door.entry_contact_methods.value and not state.life:
        state.mark("not-tried")
    if state.second != "police" and not deed.body.get("named"):
        state.mark("no-witness")
    if state.stage not in (Stage.SECURED, Stage.TENANT_TOLD, Stage.REVIEWED):
        state.stage, state.ended = Stage.ENTERED, ""


def _photo(state: State, deed: Deed, _policy: Policy) -> None:
    state.photos_before += deed.body.get("what") == "before"


def _secured(state: State, deed: Deed, _policy: Policy) -> None:
    """Also without a line that they went in: what the phone says is so."""
    state.secured_at = state.secured_at or deed.at
    if state.entered_at is None:
        state.entered_at = deed.at
        if not state.basis:
            state.mark("not-authorised")
        state.mark("no-witness")
    state.notice_left = state.notice_left or deed.body.get("notice_left") is True
    if deed.body.get("only_made_safe") is not True:
        state.mark("other-work")
    if state.stage not in (Stage.TENANT_TOLD, Stage.REVIEWED):
        state.stage, state.ended = Stage.SECURED, ""


def _told(state: State, deed: Deed, policy: Policy) -> None:
    state.told_at = state.told_at or deed.at
    state.notice_left = state.notice_left or deed.body.get("notice_left") is True
    if state.entered_at and state.told_at > tell_by(state.entered_at, policy):
        state.mark("told-late")
    state.stage = Stage.TENANT_TOLD


def _reviewed(state: State, deed: Deed, policy: Policy) -> None:
    state.reviewed_at = deed.at
    if state.entered_at and deed.at > review_by(state.entered_at, policy):
        state.mark("reviewed-late")
    state.stage = Stage.REVIEWED


_FOLDS = {
    "proposed": _proposed, "declined": _declined, "authorised": _authorised, "tried": _tried, "entered": _entered,
    "photo": _photo, "secured": _secured, "told": _told, "reviewed": _reviewed, "stood_down": _stood_down,
}  # fmt: skip


# --- deadlines ----------------------------------------------------------------------------------------------------


def answer_by(proposed_at: datetime, policy: Policy) -> datetime:
    """D3: minutes, for whoever asked stands at the door."""
    return proposed_at + timedelta(minutes=policy.door.entry_answer_min.value)


def used_by(authorised_at: datetime, policy: Policy) -> datetime:
    """D3 sets no end. It was given for a danger of that hour, and must not lie there for another; midnight ends no danger."""
    return authorised_at + timedelta(hours=policy.door.entry_authority_h.value)


def tell_by(entered_at: datetime, policy: Policy) -> datetime:
    """D3: the same day; late in the evening some hours, for nobody can tell the tenant before they have left."""
    return max(end_of_london_day(london_date(entered_at)), entered_at + timedelta(hours=policy.door.entry_tell_h.value))


def review_by(entered_at: datetime, policy: Policy) -> datetime:
    """Counted from the day of the entry: telling the tenant late gives nobody more time."""
    return end_of_london_day(policy.working_days.after(london_date(entered_at), policy.door.entry_review_wd.value))


def due(state: State, policy: Policy) -> datetime | None:
    """The end of the next step; None once nothing is owed."""
    if state.stage is Stage.PROPOSED and state.proposed_at:
        return answer_by(state.proposed_at, policy)
    if state.stage in WAITING and state.authorised_at:
        return used_by(state.authorised_at, policy)
    if state.stage in (Stage.ENTERED, Stage.SECURED) and state.entered_at:
        return tell_by(state.entered_at, policy)
    if state.stage is Stage.TENANT_TOLD and (state.entered_at or state.told_at):
        return review_by(state.entered_at or state.told_at or datetime.max, policy)
    return None


# --- commands of the office ---------------------------------------------------------------------------------------


def may_propose(*, read_first: bool, life: bool, rung_999: bool, danger: str, why_now: str, inside: str) -> Verdict:
    """Refuses: read-first, life-in-danger, danger, why-now, inside."""
    if not read_first:
        return Refused(
            "read-first", "Ring 999, the gas line or 105 first, where it is their matter. Then tick this.", LAWFUL
        )
    if life and not rung_999:
        return Refused(
            "life-in-danger", "A life is in danger: ring 999 now. The police or the fire service go in, not us.", LAWFUL
        )
    if not danger.strip():
        return Refused("danger", "Write what the danger is.", LAWFUL)
    if not why_now.strip():
        return Refused("why-now", "Write why it cannot wait.", LAWFUL)
    if not inside.strip():
        return Refused("inside", "Write who may be inside, or that nobody knows.", LAWFUL)
    return Allowed()


def may_use(basis: str, *, said_no: bool) -> Verdict:
    """said_no: the tenant answered at this visit, in this case or an earlier one, and refused. Refuses: tenant-refused."""
    if said_no and basis not in NOT_OURS:
        return Refused(
            "tenant-refused", "They answered and said no. Only the police, the fire service or a court can open this door.",
            LAWFUL,
        )  # fmt: skip
    return Allowed()


def may_decide(state: State, me: Collection[str], *, on_duty: bool) -> Verdict:
    """me: the accounts of whoever decides (`register/same.py`). on_duty: holds that duty in the area of the home.
    Refuses: not-here, own-proposal, no-duty."""
    if state.stage is not Stage.PROPOSED:
        return Refused("not-here", "This was decided already.", LAWFUL)
    if state.proposer in me:
        return Refused("own-proposal", "Whoever asks for entry cannot authorise it. Ask another duty officer.", LAWFUL)
    if not on_duty:
        return Refused("no-duty", "Only a duty officer may decide this. Ask one to open this page.", LAWFUL)
    return Allowed()


def may_decline(state: State, me: Collection[str], why: str, *, on_duty: bool) -> Verdict:
    if not (verdict := may_decide(state, me, on_duty=on_duty)):
        return verdict
    return Allowed() if why.strip() else Refused("why", "Write why nobody may go in.", LAWFUL)


def may_stand_down(state: State, why: str) -> Verdict:
    if state.stage not in WAITING:
        return Refused("not-here", "There is no authorised entry to give up.", LAWFUL)
    return Allowed() if why.strip() else Refused("why", "Write why nobody goes in.", LAWFUL)


def may_try(state: State, happened_at: datetime, at: datetime) -> Verdict:
    """happened_at is typed to the minute: the minute of the authority itself is not before it."""
    if state.stage not in WAITING:
        return Refused(
            "not-here", "The tenant is tried after the entry was authorised, and before anybody goes in.", LAWFUL
        )
    if happened_at > at:
        return Refused("future", "That is in the future. Write it down when it has happened.")
    if state.authorised_at and happened_at < whole_minute(state.authorised_at):
        return Refused("too-early", "That was before this was authorised.")
    return Allowed()


def time_of_try(state: State, today: datetime, day_before: datetime, at: datetime) -> datetime:
    """A time of day alone was typed. Shortly after midnight 23:55 is that of the evening before, if the authority is."""
    given = state.authorised_at
    before = today > at and given is not None and day_before >= whole_minute(given)
    return day_before if before else today


def may_go_in(
    state: State, happened_at: datetime, *, second: str, name: str, photos_before: bool, policy: Policy
) -> Verdict:
    """Refuses: tenant-refused, not-here, authority-over, no-contact, no-witness, no-photos."""
    if not (verdict := may_use(state.basis, said_no=state.refused)):
        return verdict
    if state.stage not in WAITING:
        return Refused("not-here", "Nobody may go in: this is not authorised, or it is over.", LAWFUL)
    if state.authorised_at and happened_at > used_by(state.authorised_at, policy):
        hours = policy.door.entry_authority_h.value
        said = f"This authority held for {hours} hours. Ask for it again, if it must still be."
        return Refused("authority-over", said, LAWFUL)
    least = policy.door.entry_contact_methods.value
    if len(state.methods) < least and not state.life:
        return Refused(
            "no-contact", f"{len(state.methods)} of {least} ways were tried. Try the tenant another way first.", LAWFUL
        )
    if second not in SECOND or (second != "police" and not name.strip()):
        return Refused(
            "no-witness", "Nobody goes in alone. Write who goes in too, or that the police are there.", LAWFUL
        )
    if not photos_before:
        return Refused(
            "no-photos", "Photos come first: of the door, and of each room before anything is touched.", LAWFUL
        )
    return Allowed()


def may_secure(state: State, *, lock: str | None, keys: str | None, inventory: str) -> Verdict:
    """Refuses: not-here, lock, keys, inventory."""
    if state.stage is not Stage.ENTERED:
        return Refused("not-here", "Nobody is in there under this authority.", LAWFUL)
    if lock not in LOCKS:
        return Refused("lock", "Say how the door was left.", LAWFUL)
    if keys not in KEYS or (lock == "changed" and keys == "not_needed"):
        return Refused("keys", "A new lock has new keys. Say where they are.", LAWFUL)
    if not inventory.strip():
        return Refused("inventory", "Write what was moved, broken or taken away, or that nothing was.", LAWFUL)
    return Allowed()


def may_say_told(state: State, *, notice_left: bool, call: str | None) -> Verdict:
    """The message is written with it. Refuses: not-here, notice, call."""
    if state.stage is not Stage.SECURED:
        return Refused("not-here", "First the home is made safe and locked. Then the tenant is told.", LAWFUL)
    if not (notice_left or state.notice_left):
        return Refused("notice", "Leave a notice at the home, and say so here.", LAWFUL)
    if call not in CALLS:
        return Refused("call", "Call the tenant, and say what came of it.", LAWFUL)
    return Allowed()


def may_review(
    state: State, me: Collection[str], *, manager: bool, was_there: bool, necessity: str, proportionality: str
) -> Verdict:
    """me: the accounts of whoever reviews: one person with two of them is not somebody else.
    Refuses: not-here, needs-manager, own-entry, was-there, necessity, proportionality."""
    if state.stage is not Stage.TENANT_TOLD:
        return Refused("not-here", "A review follows when the tenant has been told.", LAWFUL)
    if not manager:
        return Refused("needs-manager", "Only a repairs manager may review this. Ask one to open this page.", LAWFUL)
    if {state.authoriser, state.proposer} & set(me):
        return Refused("own-entry", "You asked for this entry, or authorised it. Somebody else must review it.", LAWFUL)
    if was_there:
        return Refused("was-there", "You were sent to this visit. Somebody else must review it.", LAWFUL)
    if not necessity.strip():
        return Refused("necessity", "Write whether it was necessary, and how you know.", LAWFUL)
    if not proportionality.strip():
        return Refused("proportionality", "Write whether less would have done, and how you know.", LAWFUL)
    return Allowed()
