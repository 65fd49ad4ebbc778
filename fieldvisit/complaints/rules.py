"""May this be done to the complaint now? D6's table, one verdict for each step. Pure: nothing here reads a clock.

A guard is asked by the page, which then does not offer the form, and again by the service under the complaint's lock.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fieldvisit.complaints.clocks import extension_days
from fieldvisit.complaints.heard import Heard as Heard
from fieldvisit.complaints.letters import PARTS
from fieldvisit.complaints.reaching import may_say_how
from fieldvisit.complaints.state import ANSWERED, LETTERS, OPEN1, OPEN2, Deed, Stage, State
from fieldvisit.ground.clock import say_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

CODE = "Housing Ombudsman Complaint Handling Code (1 April 2024)"
OUR_TABLE = Clause("", "D6")
LEAST_REASON = 10  # letters: fewer say nothing to whoever reads it in a year
WORKS, SENIOR = "complaints", "complaints_senior"  # duties


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Whose hands it is in. duties: of whoever acts. kept_from: whom it is about. at_visit: who was at the visit.
    apart: who has declared an interest there. handlers: person -> duties there, of everybody who may look into it.
    at_stage_1: of stage 2, who had a part in stage 1, by any of their accounts. missing: of the letter, what it lacks."""

    duties: frozenset[str] = frozenset()
    kept_from: frozenset[str] = frozenset()
    at_visit: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    at_stage_1: frozenset[str] = frozenset()
    handlers: Mapping[str, frozenset[str]]
    missing: tuple[str, ...] = ()
    until: date | None = None


# --- each step of the table ---------------------------------------------------------------------------------------


def may_log(state: State, handler: str, points: int, hands: Hands) -> Verdict:
    if not (found := _in(state, (Stage.RECEIVED, Stage.LOGGED), "It is acknowledged as it stands here.")):
        return found
    if points < 1:
        return Refused("no-points", "Write down at least one point that is to be answered.", OUR_TABLE)
    return may_handle(state, handler, 1, hands)


def may_handle(state: State, handler: str, process: int, hands: Hands) -> Verdict:
    """Not whom it is about, not who was at the visit; at stage 2, nobody who had a part in stage 1 (D6)."""
    if not handler:
        return Refused("no-handler", "Choose who looks into it.", OUR_TABLE)
    if handler in hands.at_visit:
        return Refused("was-there", "This person was at the visit that it is about. Choose somebody else.", OUR_TABLE)
    if handler in hands.apart:
        return Refused("interest", "This person has declared an interest there. Choose somebody else.", OUR_TABLE)
    if handler in hands.kept_from:
        said = "It is about this person, or about somebody near them. Choose somebody else."
        return Refused("complained-of", said, OUR_TABLE)
    wanted = {SENIOR} if process == 2 else {WORKS, SENIOR}
    if not hands.handlers.get(handler, frozenset()) & wanted:
        return Refused("no-duty", f"This person has no duty to look into complaints at stage {process}.", OUR_TABLE)
    if process == 2 and handler in state.had_part_in(1) | hands.at_stage_1:
        return _same_person()
    return Allowed()


def may_hand_on(state: State, handler: str, process: int, hands: Hands) -> Verdict:
    if not state.open or process != state.process or process not in state.handlers:
        if process == 2 and state.open and state.escalated_at:
            return may_handle(state, handler, 2, hands)
        return Refused("wrong-stage", "Nobody looks into it at that stage now.", OUR_TABLE)
    return may_handle(state, handler, process, hands)


def may_turn_away(state: State, ground: str, hands: Hands, policy: Policy) -> Verdict:
    """Only on a ground of the closed list, with reasons and the Ombudsman's details."""
    if not (found := _in(state, (Stage.RECEIVED,), "It was taken on: it is answered.")):
        return found
    if ground not in {one.code for one in policy.complaint.grounds}:
        return Refused("no-ground", "Choose one of the grounds: there are no others.", OUR_TABLE)
    return _complete(hands)


def may_acknowledge(state: State, process: int, by: str, hands: Hands) -> Verdict:
    where, otherwise = (
        (Stage.LOGGED, "Write down first what the complaint is and who looks into it.")
        if process == 1
        else (Stage.STAGE2_REQUESTED, "Nobody has asked for stage 2, or it is acknowledged.")
    )
    if not (found := _in(state, (where,), otherwise)):
        return found
    if process == 2 and not (found := _of_stage_2(state, by, hands)):
        return found
    return _complete(hands)


def may_extend(state: State, process: int, by: str, until: date | None, hands: Hands, policy: Policy) -> Verdict:
    """Once, by a senior officer, with a reason, to a day within the most that the code allows (DR-9, DR-11)."""
    rule = Clause(CODE, "DR-9" if process == 1 else "DR-11")
    if process in state.until:
        return Refused("extended-already", "It was extended once. There is no second time.", rule)
    if not (
        found := _in(state, (_open(process)[0],), "It is extended while we look into it, and not before or after.")
    ):
        return found
    if SENIOR not in hands.duties:
        return _not_senior("Only a senior complaints officer extends it.")
    if process == 2 and not (found := _of_stage_2(state, by, hands)):
        return found
    now, most = extension_days(state, process, policy)
    if until is None:
        return Refused("no-day", f"Say by which day we answer, {say_date(most)} at the latest.", rule)
    if until <= now:
        return Refused("no-longer", f"That is no later than {say_date(now)}, by which we answer anyway.", rule)
    if until > most:
        return Refused("too-long", f"That is too long. {say_date(most)} is the latest day.", rule)
    return _complete(hands)


def may_decide(state: State, by: str, outcome: str, answers: Mapping[str, str], words: Mapping[str, str],
               hands: Hands) -> Verdict:  # fmt: skip
    process = state.process
    if not (found := _in(state, _open(process), "It is decided after it was acknowledged, and before it is answered.")):
        return found
    if by in hands.at_visit | hands.kept_from | hands.apart:
        return Refused("was-there", "Somebody decides who had no part in what it is about.", OUR_TABLE)
    if process == 2 and not (found := _of_stage_2(state, by, hands)):
        return found
    for number in range(1, state.points + 1):
        if not answers.get(str(number)) or not words.get(f"answer:{number}", "").strip():
            return Refused("unanswered", f"Point {number} has no answer yet. Each point is answered.", OUR_TABLE)
    if not (found := may_sum_up(outcome, tuple(answers.values()))):
        return found
    if not _said(words.get(f"reasons{process}", "")):
        return _no_reason("Say why you decide so.", "reasons")
    if not _said(words.get(f"remedy{process}", "")):
        return _no_reason("Say what puts it right, or why nothing is needed.", "remedy")
    return Allowed()


def may_sum_up(outcome: str, findings: Collection[str]) -> Verdict:
    """The decision on the whole says no less and no more than those on its points."""
    if set(findings) == {"upheld"} and outcome != "upheld":
        return Refused("not-the-sum", "Each point is upheld: so is the whole.", OUR_TABLE)
    if set(findings) == {"not_upheld"} and outcome != "not_upheld":
        return Refused("not-the-sum", "No point is upheld: so the whole is not.", OUR_TABLE)
    if len(set(findings)) > 1 and outcome != "partly_upheld":
        return Refused("not-the-sum", "Some is upheld and some is not: the whole is partly upheld.", OUR_TABLE)
    return Allowed()


def may_answer(state: State, process: int, by: str, hands: Hands) -> Verdict:
    if not (found := _in(state, _open(process), "It is answered after it was acknowledged, and once.")):
        return found
    if process == 2 and not (found := _of_stage_2(state, by, hands)):
        return found
    if process not in state.outcomes:
        return Refused("not-decided", "Decide first, and answer each point.", OUR_TABLE)
    return _complete(hands)


def may_send(state: State, letter: str, by: str, hands: Hands, policy: Policy, ground: str) -> Verdict:
    """hands.missing: what its content list lacks. One letter at a time."""
    if state.waiting:
        return Refused("waits", "Another letter waits to be sent. Say first what became of it.", OUR_TABLE)
    process = LETTERS[letter]
    match letter:
        case "refusal":
            return may_turn_away(state, ground, hands, policy)
        case "ack1" | "ack2":
            return may_acknowledge(state, process, by, hands)
        case "extension1" | "extension2":
            return may_extend(state, process, by, hands.until, hands, policy)
    return may_answer(state, process, by, hands)


def may_hear(state: State, letter: str) -> Verdict:
    if state.waiting != letter or not letter:
        return Refused("not-waiting", "No such letter waits to be sent.", OUR_TABLE)
    return Allowed()


def may_escalate(state: State) -> Verdict:
    """No reason may be asked (B3). Also after it was closed at stage 1: nobody loses stage 2 by our closing a case."""
    if state.escalated_at:
        return Refused("stage2-already", "It was at stage 2, which is the last. There is the Ombudsman.", OUR_TABLE)
    if "answer1" not in state.sent:
        return Refused("not-answered", "Stage 1 is not answered yet.", OUR_TABLE)
    return Allowed()


def may_promise(state: State, owner: str, due: date | None, today: date, what: str) -> Verdict:
    stages = (*OPEN1, *OPEN2, *ANSWERED)
    if not (found := _in(state, stages, "Something is promised with an answer, or after it.")):
        return found
    if not owner or due is None:
        return Refused("no-owner", "Say who sees to it, and by which day.", OUR_TABLE)
    if due < today:
        return Refused("past", "That day is over. Choose one that is still to come.", OUR_TABLE)
    return Allowed() if _said(what) else _no_reason("Say what is to be done.", "what")


def may_keep_promise(state: State, number: int) -> Verdict:
    if number not in {one.number for one in state.outstanding}:
        return Refused("no-such-promise", "That promise is kept already, or there is none such.", OUR_TABLE)
    return Allowed()


def may_update(state: State, words: str) -> Verdict:
    """The code: while something that we promised is not done, they are told how it stands."""
    if not state.open or not state.outstanding:
        return Refused("nothing-owed", "Nothing that we promised is still to be done.", OUR_TABLE)
    return Allowed() if _said(words) else _no_reason("Write what they were told.", "told")


def may_learn(state: State, words: str) -> Verdict:
    if not (found := _in(state, ANSWERED, "What we learned is recorded when it is answered.")):
        return found
    return Allowed() if _said(words) else _no_reason("Say what we learned from it, or why nothing changes.", "learning")


def may_close(state: State) -> Verdict:
    if not (found := _in(state, ANSWERED, "It is closed when it is answered.")):
        return found
    if open_ones := state.outstanding:
        said = ", ".join(str(one.number) for one in open_ones)
        return Refused("outstanding", f"We promised something that is not done yet: {said}.", OUR_TABLE)
    if not state.learned:
        return Refused("nothing-learned", "Record first what we learned from it.", OUR_TABLE)
    return Allowed()


def may_drop(state: State) -> Verdict:
    if state.waiting:
        return Refused("waits", "A letter about it waits to be sent.", OUR_TABLE)
    return _in(state, (Stage.RECEIVED,), "It was taken on as a complaint. It is answered.")


def may_complain(state: State) -> Verdict:
    if state.stage is Stage.CLOSED and not state.wanted:
        return Allowed()
    return Refused("is-complaint", "It is a complaint already.", OUR_TABLE)


def may_name(state: State, person: str, by: str) -> Verdict:
    """Whoever names somebody as the one it is about must not be that one; who looks into it gives it to another first."""
    if not person:
        return Refused("no-person", "Choose whom it is about.", OUR_TABLE)
    if person in (by, *state.handlers.values()) and state.open:
        return Refused("handler-named", "This person deals with it. Give it to somebody else first.", OUR_TABLE)
    return Allowed()


def may_note(words: str) -> Verdict:
    return Allowed() if words.strip() else Refused("no-words", "Write the note.", OUR_TABLE)


def may_have_happened(state: State, at: datetime, now: datetime) -> Verdict:
    """Of every step that a person dates: not in the future, and not before it was received."""
    if at > now:
        return Refused("future", "That is in the future. Record it when it has happened.", OUR_TABLE)
    if at < state.received_at - timedelta(minutes=1):
        return Refused("too-early", "That is before we were told of it.", OUR_TABLE)
    return Allowed()


def unchanged(seen: int, last: int) -> Verdict:
    """seen: the position of the last step when the form was made."""
    if seen == last:
        return Allowed()
    return Refused(
        "changed",
        "Somebody else has recorded something since you opened this page. Nothing of yours is lost: read what is new "
        "below, then press once more.",
        OUR_TABLE,
    )


def near_left_out(near: frozenset[str], must: frozenset[str], readers: frozenset[str]) -> frozenset[str]:
    """Whoever is near is kept out like whom it is about (N2), unless nobody would be left to see that it waits: then those
    read it and may do nothing to it but find somebody."""
    return near if readers - must - near else near - readers


def may(state: State, deed: Deed, words: Mapping[str, str], hands: Hands, policy: Policy, today: date) -> Verdict:
    """The verdict on any step of the table, as a page or the service holds it."""
    if deed.by and deed.by in hands.kept_from:
        return Refused("complained-of", "It is about you, or about somebody near you.", OUR_TABLE)
    if deed.by and deed.by in hands.at_visit:
        return Refused("was-there", "You were at the visit that it is about. Somebody else deals with it.", OUR_TABLE)
    if deed.by and deed.by in hands.apart:
        return Refused("interest", "You have declared an interest there. Somebody else deals with it.", OUR_TABLE)
    if deed.by and not hands.duties & {WORKS, SENIOR}:
        return Refused("no-duty", "You have no duty to deal with complaints.", OUR_TABLE)
    return _VERDICTS[deed.kind](state, deed, words, hands, policy, today)


_Asked = Callable[[State, Deed, Mapping[str, str], Hands, Policy, date], Verdict]


def _due(body: Mapping[str, object]) -> date | None:
    return date.fromisoformat(str(body["due"])) if body.get("due") else None


_VERDICTS: Mapping[str, _Asked] = {
    "logged": lambda state, deed, words, hands, policy, today: may_log(
        state, deed.body["handler"], deed.body["points"], hands
    ),
    "handler": lambda state, deed, words, hands, policy, today: may_hand_on(
        state, deed.body["handler"], deed.body["stage"], hands
    ),
    "written": lambda state, deed, words, hands, policy, today: may_send(
        state, deed.body["letter"], deed.by, hands, policy, deed.body.get("ground", "")
    ),
    "handed": lambda state, deed, words, hands, policy, today: may_send(
        state, deed.body["letter"], deed.by, hands, policy, deed.body.get("ground", "")
    ),
    "sent": lambda state, deed, words, hands, policy, today: may_hear(state, deed.body["letter"]),
    "failed": lambda state, deed, words, hands, policy, today: may_hear(state, deed.body["letter"]),
    "decided": lambda state, deed, words, hands, policy, today: may_decide(
        state, deed.by, deed.body["outcome"], deed.body["answers"], words, hands
    ),
    "action": lambda state, deed, words, hands, policy, today: may_promise(
        state, deed.body["owner"], _due(deed.body), today, words.get("what", "")
    ),
    "action_done": lambda state, deed, words, hands, policy, today: may_keep_promise(state, deed.body["number"]),
    "escalated": lambda state, deed, words, hands, policy, today: may_escalate(state),
    "learned": lambda state, deed, words, hands, policy, today: may_learn(state, words.get("learning", "")),
    "closed": lambda state, deed, words, hands, policy, today: may_close(state),
    "not_wanted": lambda state, deed, words, hands, policy, today: may_drop(state),
    "complained": lambda state, deed, words, hands, policy, today: may_complain(state),
    "named": lambda state, deed, words, hands, policy, today: may_name(state, deed.body["person"], deed.by),
    "noted": lambda state, deed, words, hands, policy, today: may_note(words.get("note", "")),
    "updated": lambda state, deed, words, hands, policy, today: may_update(state, words.get("told", "")),
    "reach": lambda state, deed, words, hands, policy, today: may_say_how(words),
}  # fmt: skip


# --- what they share ----------------------------------------------------------------------------------------------


def _open(process: int) -> tuple[Stage, ...]:
    return OPEN1 if process == 1 else OPEN2


def _in(state: State, stages: Collection[Stage], otherwise: str) -> Verdict:
    if state.stage in stages:
        return Allowed()
    if not state.open:
        return Refused("closed", "This complaint has ended.", OUR_TABLE)
    return Refused("wrong-stage", otherwise, OUR_TABLE)


def _of_stage_2(state: State, by: str, hands: Hands) -> Verdict:
    """D6: a senior officer, who had no part in stage 1; and somebody has it in hand."""
    if SENIOR not in hands.duties:
        return _not_senior("Only a senior complaints officer deals with stage 2.")
    if by in state.had_part_in(1) | hands.at_stage_1:
        return _same_person()
    if 2 not in state.handlers:
        return Refused("nobody-yet", "Say first who looks into it at stage 2.", OUR_TABLE)
    return Allowed()


def _complete(hands: Hands) -> Verdict:
    if not hands.missing:
        return Allowed()
    said = "; ".join(PARTS[part][:1].lower() + PARTS[part][1:] for part in hands.missing)
    return Refused("incomplete", f"The letter does not say yet: {said}.", Clause(CODE, "content of letters"))


def _not_senior(sentence: str) -> Refused:
    return Refused("not-senior", sentence, OUR_TABLE)


def _same_person() -> Refused:
    return Refused(
        "same-person",
        "Somebody who had no part in stage 1 deals with stage 2.",
        Clause(CODE, "stage 2: another person"),
    )


def _said(words: str) -> bool:
    return len(words.strip()) >= LEAST_REASON


def _no_reason(sentence: str, box: str) -> Refused:
    return Refused(f"no-{box}", f"{sentence} Use at least {LEAST_REASON} letters.", OUR_TABLE)
