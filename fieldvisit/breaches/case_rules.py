"""May this be done in this case now, and by this person? (D7) Pure: every no is a sentence, with its clause.

The screener, the decider and each officer of an appeal are different people. None of them is the person named, near to
that person (same firm, line manager, the same telephone or address), the reporter, or has an interest declared (MR-5h,
MO-11e, N1, N2): who is kept apart is `Facts.apart`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from fieldvisit.breaches.case_clocks import appeal_due, may_be_appealed, response_due
from fieldvisit.breaches.case_state import TABLE, Deed, Stage, State
from fieldvisit.breaches.ladders import ladders_for, may_take
from fieldvisit.breaches.procedure import Procedure, procedure_of
from fieldvisit.ground.clock import london_date, say_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

Words = Mapping[str, str]
PARTS = {"screener": "screener", "decider": "decider", "appeal": "officer of the appeal", "investigator": "investigator"}
DECISIVE = ("screener", "decider", "appeal")
FINDINGS = {"upheld": "The code was broken", "not_upheld": "It could not be shown that the code was broken"}
RESULTS = {"upheld": "The decision stands", "changed": "Another step takes its place", "quashed": "The decision falls"}
DONE_BY = {
    "identified": "screener", "screened": "screener", "not_a_breach": "screener", "notified": "screener",
    "decided": "decider", "communicated": "decider", "actions": "decider", "appeal_decided": "appeal",
}  # fmt: skip
SENTENCES = {
    "screened": "This has been looked at already.",
    "notified": "The person can be told once somebody has looked at it, and only once.",
    "notice_given": "There is no letter that waits to be handed over.",
    "answered": "Nobody has asked the person for an answer, or it has been decided.",
    "time_up": "No answer is waited for.",
    "decided": "A decision follows once the person has answered, or their time is up.",
    "communicated": "There is no decision that waits to be told.",
    "appealed": "There is no decision that could be appealed.",
    "appeal_decided": "There is no appeal that waits for a decision.",
    "actions": "Actions are set once the person knows the outcome.",
    "closed": "A case is closed once the person knows the outcome and every action is done.",
    "reporter_told": "Whoever reported it is told once the person knows the outcome.",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules must know beside the state. apart: who takes no part. binding: code document -> "live" or "draft" of
    what bound the person on the day. before: sanctions that stand from earlier cases on the ladder that is asked about."""

    policy: Policy
    at: datetime
    apart: frozenset[str] = frozenset()
    readers: frozenset[str] = frozenset()
    binding: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    of_a_firm: bool = False
    anonymous: bool = False


def may(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    allowed, _to = TABLE[deed.kind]
    if state.stage not in allowed:
        said = SENTENCES.get(deed.kind, "This case has moved on, and that cannot be done in it now.")
        return Refused("moved-on", f"{said} It stands at ‘{say_stage(state.stage)}’.")
    if deed.at > facts.at:
        return Refused("future", "That is in the future. Say when it was done.")
    if deed.by and deed.by in facts.apart:
        return Refused("apart", "You take no part in this case.")
    wanted = DONE_BY.get(deed.kind)
    if wanted and state.seats.get(wanted) != deed.by:
        return Refused("not-your-part", f"That is for the {PARTS[wanted]} of this case.")
    guard = _GUARDS.get(deed.kind)
    return guard(state, deed, words, facts) if guard else Allowed()


def say_stage(stage: str) -> str:
    return stage.replace("_", " ")


def _of(document: str) -> Procedure | None:
    return procedure_of(document) if document else None


def _code(clause: str) -> Clause:
    return Clause("", clause)


# --- who takes part -----------------------------------------------------------------------------------------------


def _seated(state: State, deed: Deed, _words: Words, facts: Facts) -> Verdict:
    part, person = deed.body["part"], deed.body["person"]
    if part not in PARTS:
        return Refused("no-part", "Choose what this person does in the case.")
    if person == deed.by:
        return Refused("own-hand", "Nobody gives themselves a part in a case. Ask another investigator, or a lead.")
    if person in facts.apart or person not in facts.readers:
        return Refused("apart", "Choose somebody else: this person cannot take part in this case.")  # and never why
    if part in DECISIVE:
        held = next((other for other in DECISIVE if other != part and state.seats.get(other) == person), None)
        if held:
            return Refused(
                "same-person",
                f"This person is the {PARTS[held]} of this case. Screener, decider and officer of an appeal are three "
                "different people.",
                _code("MR-5h"),
            )
    if part == "appeal" and person in state.involved:
        return Refused(
            "involved-before", "An appeal is decided by somebody who had no part in the case before.", _code("AL-6j")
        )
    if part == "screener" and state.screened_at:
        return Refused("moved-on", "This has been looked at already.")
    return Allowed()


def _identified(_state: State, deed: Deed, _words: Words, facts: Facts) -> Verdict:
    if not deed.body.get("subject"):
        return Refused("nobody", "Choose the person whom this is about.")
    if deed.body["subject"] == deed.by:
        return Refused("own-case", "You cannot look into what you are said to have done.")
    return Allowed()


# --- looking at it ------------------------------------------------------------------------------------------------


def _screened(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    body = deed.body
    if not state.subject_id:
        return Refused("nobody", "Say first whom this is about. Where nobody can find out, close it as no case, with why.")
    if not facts.binding:
        return Refused("nobody-bound", "No code of conduct bound this person on that day, so none can have been broken.")
    document, procedure = body["document"], _of(body["document"])
    if document not in facts.binding:
        bound = ", ".join(sorted(facts.binding))
        return Refused("not-bound", f"That code did not bind this person on that day. These did: {bound}.")
    if procedure is None:
        return Refused("no-procedure", "This code has no procedure for breaches yet. Choose another that bound the person.")
    cited = {clause.partition("-")[0] for clause in body["clauses"]}
    if document not in cited:
        return Refused("no-clause", "Choose at least one clause of that code which may have been broken.")
    if loose := sorted(cited - set(facts.binding)):
        return Refused("not-bound", f"These codes did not bind this person on that day: {', '.join(loose)}.")
    if all(facts.binding[each] == "draft" for each in cited):
        return Refused(
            "draft-alone",
            "This code is a draft. A case may name a draft, but may not rest on it alone: cite a clause of a code "
            "that is in force as well.",
            _code("Q24"),
        )
    ladder = procedure.ladder(body["ladder"])
    if ladder is None or ladder not in ladders_for(procedure, body["clauses"]):
        return Refused("no-ladder", "Choose the row of the code's table that these clauses lead to.")
    preset = procedure.preset(body.get("preset", ""))
    if preset and (preset.ladder != ladder.name or not words.get("why", "").strip()):
        return Refused(
            "preset-why", "Say why this breach is one that the code calls very serious.", _code(preset.clause)
        )
    if body.get("coordinates") is None and procedure.people["screener"].if_coordinator:
        clause = procedure.people["screener"].if_coordinator_clause
        return Refused("coordinator", "Say whether the person is a co-ordinator of the panel.", _code(clause))
    return Allowed()


def _not_a_breach(_state: State, _deed: Deed, words: Words, _facts: Facts) -> Verdict:
    return _said(words, "why", "Write down why this is no breach of a code, so that others can follow it.")


def _suspended(state: State, deed: Deed, words: Words, _facts: Facts) -> Verdict:
    if state.suspended:
        return Refused("twice", "This person is suspended already.")
    serious = state.preset or deed.body.get("because") in ("safety", "serious") or _at_once(state)
    if not serious:
        return Refused(
            "not-serious",
            "Suspend somebody before they have answered only for safety, for a very serious breach, or where the code "
            "says at once.",
            _code("D7"),
        )
    return _said(words, "why", "Write down why it cannot wait until the person has answered. It is not a finding.")


def _at_once(state: State) -> bool:
    procedure = _of(state.document)
    ladder = procedure.ladder(state.ladder) if procedure else None
    return bool(ladder and ladder.at_once)


def _lifted(state: State, _deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    return Allowed() if state.suspended else Refused("not-suspended", "This person is not suspended.")


# --- telling them, and hearing them -------------------------------------------------------------------------------


def _notified(state: State, _deed: Deed, words: Words, _facts: Facts) -> Verdict:
    if _at_once(state) and not state.suspended:
        procedure = _of(state.document)
        ladder = procedure.ladder(state.ladder) if procedure else None
        return Refused(
            "suspend-first",
            "Where the landlord takes legal action the code suspends at once: suspend first, and then tell them.",
            _code(ladder.clause if ladder else "MR-7.T4"),
        )
    return _letter(words)


def _letter(words: Words) -> Verdict:
    text = words.get("letter", "")
    if not text.strip():
        return Refused("no-letter", "Write the letter first.")
    if "[say " in text:
        return Refused("unfinished", "The letter is not finished: something in [square brackets] is still to be written.")
    return Allowed()


def _answered(_state: State, _deed: Deed, words: Words, _facts: Facts) -> Verdict:
    return _said(words, "answer", "Write down what the person says, in their own words.")


def _time_up(state: State, _deed: Deed, _words: Words, facts: Facts) -> Verdict:
    procedure = _of(state.document)
    ends = response_due(state, procedure, facts.policy) if procedure else None
    if procedure and ends and facts.at <= ends:
        said = f"The person may answer until the end of {say_date(london_date(ends))}. Until then nothing is decided."
        return Refused("time-runs", said, _code(procedure.limits["respond"].clause), not_before=ends)
    return Allowed()


def _evidence(_state: State, deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    return Allowed() if deed.body.get("items") else Refused("nothing", "Choose what the case rests on.")


def _vote(_state: State, deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    counts = [deed.body.get(name) for name in ("for", "against", "abstain")]
    if not all(isinstance(count, int) and 0 <= count <= 200 for count in counts) or not any(counts):
        return Refused("vote", "Say how many voted for, how many against, and how many did not vote.", _code("AL-6b"))
    return Allowed()


# --- the decision -------------------------------------------------------------------------------------------------


def _decided(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    body, procedure = deed.body, _of(state.document)
    ladder = procedure.ladder(state.ladder) if procedure else None
    if procedure is None or ladder is None:
        return Refused("moved-on", SENTENCES["decided"])
    if deed.by == state.seats.get("screener"):
        return Refused("same-person", "Whoever looked at it first does not decide it.", _code("MR-5h"))
    if body.get("finding") not in FINDINGS:
        return Refused("finding", "Say whether the code was broken.")
    if not words.get("reasons", "").strip():
        return Refused("reasons", "Write down the reasons, so that the person can follow them.")
    deciding = procedure.people["decider"]
    if deciding.joined_by and not words.get("joined_by", "").strip():
        return Refused("joined-by", f"This is decided together with {deciding.joined_by}: name them.", _code(deciding.clause))
    if not words.get("learning", "").strip():
        return Refused("learning", "Write down what we learn from it. ‘Nothing new’ is an answer.")
    if body["finding"] == "not_upheld":
        none = not body.get("sanction")
        return Allowed() if none else Refused("sanction", "Where the code was not broken there is no sanction.")
    return _sanction(state, body, words, procedure, facts)


def _sanction(state: State, body: Mapping[str, Any], words: Words, procedure: Procedure, facts: Facts) -> Verdict:
    ladder, sanction = procedure.ladder(state.ladder), body.get("sanction", "")
    considered = set(body.get("considered", ()))
    assert ladder
    musts = [each for each in procedure.sanctions if each.must_consider]
    missing = [each.label.lower() for each in musts if each.code not in considered]
    if missing or not considered or not words.get("considered", "").strip():
        which = " and ".join(missing) or "the sanctions"
        clause = musts[0].clause if musts else ladder.clause
        return Refused(
            "not-considered",
            f"Say that {which} {'were' if len(missing) != 1 else 'was'} considered, and what speaks for and against.",
            _code(clause),
        )
    if not sanction:
        return Allowed()  # considered, and none chosen: the reasons say why
    if sanction not in considered:
        return Refused("not-considered", "What was chosen must be among what was considered.", _code(ladder.clause))
    chosen = procedure.sanction(sanction)
    if chosen and chosen.only_for == "firm" and not facts.of_a_firm:
        return Refused("only-firms", f"{chosen.label} is for somebody who works for a firm.", _code(chosen.clause))
    taken = may_take(procedure, ladder, sanction, facts.before, procedure.preset(state.preset))
    if not taken:
        return taken
    if chosen and chosen.needs == "vote" and not state.vote_carried:
        return Refused("vote", "That needs a vote of the members present that was carried: record it first.", _code("AL-6b"))
    return Allowed()


def _communicated(_state: State, _deed: Deed, words: Words, _facts: Facts) -> Verdict:
    return _letter(words)


def _appealed(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    procedure = _of(state.document)
    if procedure is None or not procedure.appeals.levels:
        return Refused("no-appeal", procedure.appeals.route if procedure else "There is no appeal in this code.")
    if not may_be_appealed(state, procedure):
        said = "There was no finding against you." if state.finding != "upheld" else "That was the last appeal."
        return Refused("no-appeal", f"{said} It cannot be appealed any further.", _code(procedure.appeals.levels[-1].clause))
    ends = appeal_due(state, procedure, facts.policy)
    if ends and deed.at > ends:
        late = f"An appeal could be made until the end of {say_date(london_date(ends))}, so this one comes too late."
        return Refused("late", late, _code(procedure.appeals.clause))
    return _said(words, "appeal", "Write down why the decision is wrong.")


def _appeal_decided(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    result, sanction = deed.body.get("result"), deed.body.get("sanction", "")
    if result not in RESULTS:
        return Refused("result", "Say what becomes of the decision.")
    if not words.get("reasons", "").strip():
        return Refused("reasons", "Write down the reasons, so that the person can follow them.")
    procedure = _of(state.document)
    ladder = procedure.ladder(state.ladder) if procedure else None
    if result == "changed" and procedure and ladder:
        if not sanction or sanction == state.sanction:
            return Refused("sanction", "Choose the step that takes the place of the first.")
        now, then = ladder.rung_of(sanction), ladder.rung_of(state.sanction)
        if now is None or (then is not None and now > then):
            return Refused("harder", "An appeal never ends in a harder step.", _code(procedure.appeals.levels[-1].clause))
    return _letter(words)


# --- what follows -------------------------------------------------------------------------------------------------


def _actions(_state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    listed = deed.body.get("list", ())
    if not listed:
        return Refused("no-actions", "Write down at least one action.")
    for one in listed:
        if not (words.get(f"what_{one['id']}") and words.get(f"owner_{one['id']}") and one.get("due_on")):
            return Refused("action", "Each action needs what is done, who does it, and by when.")
        if date.fromisoformat(one["due_on"]) < london_date(facts.at):
            return Refused("action-date", "An action is due today or later.")
    return Allowed()


def _action_done(state: State, deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    open_ones = {action.id for action in state.outstanding}
    return Allowed() if deed.body.get("id") in open_ones else Refused("done", "That action is done already.")


def _told_firm(state: State, _deed: Deed, words: Words, facts: Facts) -> Verdict:
    if not facts.of_a_firm:
        return Refused("no-firm", "This person works for no firm.")
    if state.notified_at is None and not state.suspended:
        return Refused("tell-them-first", "Tell the person first. Their firm hears of it afterwards, or when they are suspended.")
    return _letter(words)


def _closed(state: State, _deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    if left := state.outstanding:
        return Refused("actions-open", f"Not every action is done: {len(left)} {'is' if len(left) == 1 else 'are'} open.")
    if state.stands and state.sanction and not state.actions:
        return Refused("no-actions", "Set down the action that the decision asks for, with who does it and by when.")
    if not state.reporter_told_at:
        return Refused("reporter", "Tell whoever reported it that it was dealt with. It says nothing of what was found.")
    if state.suspended and not state.stands:
        return Refused("suspended", "The person is still suspended, and nothing was found against them: lift it first.")
    return Allowed()


def _linked(_state: State, deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    return Allowed() if deed.body.get("to") else Refused("nothing", "Choose the case that tells of the same thing.")


def _unlinked(state: State, _deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    return Allowed() if state.linked_to else Refused("not-linked", "This case is linked to no other.")


def _said(words: Words, name: str, sentence: str) -> Verdict:
    return Allowed() if words.get(name, "").strip() else Refused(f"no-{name}", sentence)


_GUARDS: dict[str, Callable[[State, Deed, Words, Facts], Verdict]] = {
    "seated": _seated, "identified": _identified, "screened": _screened, "not_a_breach": _not_a_breach,
    "suspended": _suspended, "lifted": _lifted, "notified": _notified, "answered": _answered, "time_up": _time_up,
    "evidence": _evidence, "vote": _vote, "decided": _decided, "communicated": _communicated, "appealed": _appealed,
    "appeal_decided": _appeal_decided, "actions": _actions, "action_done": _action_done, "told_firm": _told_firm,
    "closed": _closed, "linked": _linked, "unlinked": _unlinked,
    "note": lambda _s, _d, words, _f: _said(words, "note", "Write the note."),
}  # fmt: skip
assert set(_GUARDS) <= set(TABLE) and Stage.REPORTED
