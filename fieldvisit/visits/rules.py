"""What the office may do with a visit, and what the page at the door offers. Pure; each answer carries its clause.

These judge commands and buttons. A signed fact from a phone is never refused by them (ruling R1).
"""

from datetime import datetime

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict
from fieldvisit.notices.rules import NoticeAnswer
from fieldvisit.visits.state import BEFORE_ENTRY, DOORSTEP, ENDED, PLANNING, READY, Stage, VisitState, steps_in_order

KINDS = ("responsive_repair", "planned_works", "inspection", "safety_check", "tenancy_visit", "follow_up", "other")

_ID_FIRST = Clause("Melton", "ME-3.2b")
_CONSENT = Clause("Melton", "ME-3.1d")
_REFUSAL = Clause("Melton", "ME-3.1e")
_LAWFUL = Clause("Melton", "ME-3.1d-x")
_ALONE = Clause("Melton", "ME-6.1c2")
_KEPT_APART = Clause("Melton", "ME-5.3b2")
_HANDS_OUT = Clause("Milton Keynes", "MO-7g")
_TELL_QUICKLY = Clause("Melton", "ME-3.2d")


def clause_of(answer: NoticeAnswer) -> Clause:
    return Clause("", answer.clause)


def may_set_off(state: VisitState, answer: NoticeAnswer) -> Verdict:
    """May the worker set off? Refuses: ended, under-way, short."""
    if state.stage in ENDED:
        return Refused("ended", "This visit has ended. Ask the office to plan a new one.")
    if state.stage not in PLANNING:
        return Refused("under-way", "This visit is already under way.")
    if not answer.may_proceed:
        return Refused("short", answer.reason, clause_of(answer), answer.not_before)
    if state.stage is Stage.REARRANGING:
        return Refused(
            "rearranging", "The tenant has asked for another time. Wait until a new time is agreed.", _TELL_QUICKLY
        )
    return may_go(two_people=state.two_people, others=len(state.others))


def may_go(*, two_people: bool, others: int) -> Verdict:
    """D10: a home, or a visit, to which nobody goes alone. A second worker is named before anybody is sent."""
    if two_people and not others:
        return Refused(
            "two-people",
            "Two people must go there. Ask the office to name the second one, and do not go alone.",
            _ALONE,
        )
    return Allowed()


def may_be_sent_to(name: str, *, kept_apart: bool) -> Verdict:
    """Somebody who declared an interest is not sent to that home, or with that firm. Why is not said here."""
    if kept_apart:
        sentence = (
            f"{name} must not be sent on this visit: a declaration keeps them apart from it. Choose somebody else."
        )
        return Refused("kept-apart", sentence, _KEPT_APART)
    return Allowed()


def may_hand_out(*, kept_apart: bool) -> Verdict:
    """Whoever declared an interest in a firm gives it no visit."""
    if kept_apart:
        return Refused(
            "kept-apart",
            "Your own declaration keeps you apart from this firm. Another scheduler must do this.",
            _HANDS_OUT,
        )
    return Allowed()


def may_be_put_at_the_door(state: VisitState, answer: NoticeAnswer) -> Verdict:
    """May the office record an arrival that a worker phoned in? A `short` visit cannot be moved to the door (A3)."""
    if state.stage not in (*READY, Stage.EN_ROUTE):
        return may_set_off(state, answer) or Refused("under-way", "This visit is already at the door or beyond it.")
    if not answer.may_proceed:
        return Refused("short", answer.reason, clause_of(answer), answer.not_before)
    return Allowed()


def may_ask_consent(state: VisitState) -> Verdict:
    if state.stage is Stage.REFUSED:
        return Refused(
            "refused",
            "They said no. Do not ask again today: only a new visit may ask again. Thank them and leave.",
            _REFUSAL,
        )
    if state.stage not in DOORSTEP:
        return Refused("not-at-the-door", "Record that you are at the door first.")
    if not steps_in_order(state.steps):
        return Refused(
            "no-id-step", "Say who you are, say why you have come, and show your ID, in that order.", _ID_FIRST
        )
    if state.answered_by in (None, "child"):
        return Refused("no-adult", "Ask for an adult first.", Clause("Melton", "ME-3.1g"))
    return Allowed()


def may_enter(state: VisitState) -> Verdict:
    if state.stage in (Stage.CONSENTED, Stage.LAWFUL_ENTRY):
        return Allowed()
    if state.stage is Stage.REFUSED:
        return Refused("refused", "They said no. You may not go in.", _REFUSAL)
    return Refused("no-consent", "You need the tenant's consent before you go in.", _CONSENT)


def may_cancel(state: VisitState, *, by: str, apologised: bool, offered_new_time: bool) -> Verdict:
    """D1: any time before entry, with a reason, an apology, and new times offered unless the tenant cancels."""
    if state.stage not in BEFORE_ENTRY:
        return Refused("too-late", "The worker is inside, or the visit has ended. It cannot be cancelled now.")
    if by != "tenant" and not apologised:
        return Refused("no-apology", "Tell the tenant you are sorry, then record that you did.", _TELL_QUICKLY)
    if by != "tenant" and not offered_new_time:
        return Refused("no-new-time", "Offer the tenant a new time, then record that you did.", _TELL_QUICKLY)
    return Allowed()


def may_move(state: VisitState, *, by: str, apologised: bool) -> Verdict:
    if state.stage not in PLANNING:
        return Refused("under-way", "The visit is under way or has ended. Plan a new visit instead.")
    if by != "tenant" and not apologised:
        return Refused("no-apology", "Tell the tenant you are sorry, then record that you did.", _TELL_QUICKLY)
    return Allowed()


def may_reassign(state: VisitState) -> Verdict:
    if state.stage not in PLANNING:
        return Refused("under-way", "The worker has set off, or the visit has ended. Plan a new visit instead.")
    return Allowed()


def may_record_notice(state: VisitState) -> Verdict:
    if state.stage not in PLANNING:
        return Refused("under-way", "The worker has set off, or the visit has ended: a notice changes nothing now.")
    return Allowed()


def may_authorise_emergency(state: VisitState, *, authoriser: str, hazard: str, reason: str) -> Verdict:
    """NR-8: somebody other than the visiting worker, with a reason and the kind of hazard."""
    if state.stage in ENDED:
        return Refused("ended", "This visit has ended.")
    if authoriser in (state.lead, *state.others):
        return Refused(
            "own-visit", "You are on this visit. Another duty officer must authorise it.", Clause("", "NR-8")
        )
    if not hazard or len(reason.strip()) < 10:
        return Refused("no-reason", "Say which hazard it is, and why it cannot wait.", Clause("Melton", "ME-3.1a-x1"))
    return Allowed()


def may_authorise_investigation(state: VisitState, *, reason: str, policy: Policy) -> Verdict:
    """NR-10: a council officer's visit only, never a contractor's. Consent is still needed."""
    clause = Clause("Melton", "ME-3.1a-x2")
    if not policy.notice.breach_investigation_exempt.value:
        return Refused("not-here", "This council gives notice of breach investigations too.", clause)
    if state.visitor != "officer":
        return Refused(
            "contractor", "Only a council officer may visit without notice to look into a tenancy breach.", clause
        )
    if len(reason.strip()) < 10:
        return Refused("no-reason", "Write down why notice cannot be given.", clause)
    return Allowed()


def may_agree_time(state: VisitState, *, recorder: str, at: datetime, policy: Policy) -> Verdict:
    """NR-11: recorded before the start by somebody who is not visiting."""
    if not policy.notice.waiver_allowed.value:
        return Refused("not-here", "This council does not shorten notice by agreement.", Clause("", "NR-11"))
    if state.stage not in PLANNING:
        return Refused("under-way", "The agreement must be recorded before the worker sets off.", Clause("", "NR-11"))
    if recorder in (state.lead, *state.others):
        return Refused(
            "own-visit", "You are on this visit. Somebody else must record the agreement.", Clause("", "NR-11")
        )
    if state.window_end and at >= state.window_end:
        return Refused("too-late", "That time has passed.", Clause("", "NR-11"))
    return Allowed()


def may_authorise_entry(
    state: VisitState,
    *,
    authoriser: str,
    proposer: str,
    basis: str,
    contact_methods: int,
    life_at_risk: bool,
    policy: Policy,
) -> Verdict:
    """Asked and authorised in one call: what D3 wants before the door is opened has been tried already."""
    if not (verdict := may_open_the_door(state, authoriser=authoriser, proposer=proposer, basis=basis, policy=policy)):
        return verdict
    if contact_methods < (least := policy.door.entry_contact_methods.value) and not life_at_risk:
        ways = "two" if least == 2 else least
        return Refused(
            "no-contact", f"Try to reach the tenant in at least {ways} ways first, unless a life is at risk.", _LAWFUL
        )
    return Allowed()


def may_open_the_door(state: VisitState, *, authoriser: str, proposer: str, basis: str, policy: Policy) -> Verdict:
    """D3: a duty officer who is not the proposer, on a basis of the closed list."""
    if state.stage not in (*PLANNING, Stage.EN_ROUTE, *DOORSTEP, Stage.NO_ACCESS):
        code = "refused" if state.stage is Stage.REFUSED else "not-at-the-door"
        return Refused(code, "Only the police, the fire service or a court can open this door now.", _LAWFUL)
    if authoriser == proposer or authoriser in (state.lead, *state.others):
        return Refused("own-proposal", "Whoever asks for entry cannot authorise it. Ask another duty officer.", _LAWFUL)
    if basis not in {listed.code for listed in policy.door.lawful_entry_bases}:
        return Refused("no-basis", "Choose one of the legal grounds on this council's list.", _LAWFUL)
    return Allowed()
