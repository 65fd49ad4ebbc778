"""May this be done in this case now, and by this person? (D7) Pure: every no is a sentence, with its clause.

The screener, the decider and each officer of an appeal are different people. None of them is the person named, near to
that person (same firm, line manager, the same telephone or address), the reporter, or has an interest declared (MR-5h,
MO-11e, N1, N2): who is kept apart is `Facts.apart`.
"""

from collections.abc import Callable

from fieldvisit.breaches import decision_rules as later
from fieldvisit.breaches.case_clocks import response_due
from fieldvisit.breaches.case_facts import PARTS, Facts, Words, letter, of, said, written_in
from fieldvisit.breaches.case_state import TABLE, Deed, Stage, State
from fieldvisit.breaches.ladders import ladders_for, needs_vote
from fieldvisit.codes.own import clause, say_procedure
from fieldvisit.ground.clock import london_date, say_date
from fieldvisit.ground.verdict import Allowed, Refused, Verdict

DECISIVE = ("screener", "decider", "appeal")
DONE_BY = {
    "identified": "screener", "screened": "screener", "not_a_breach": "screener", "notified": "screener",
    "decided": "decider", "communicated": "decider", "actions": "decider", "appeal_decided": "appeal",
}  # fmt: skip
# What goes on though the file of a council's own code was taken away; the rest waits until it is back.
WITHOUT_PROCEDURE = frozenset(
    {"seated", "note", "visit", "evidence", "linked", "unlinked", "lifted", "not_a_breach", "answered"}
)
KNOWN_FIRST = frozenset({"actions", "told_cih", "reporter_told", "closed"})  # once the person has the outcome
SENTENCES = {
    "screened": "This has been looked at already.",
    "notified": "The person can be told once somebody has looked at it, and only once.",
    "notice_given": "There is no letter that waits to be handed over.",
    "answered": "Nobody has asked the person for an answer, or it has been decided.",
    "time_up": "No answer is waited for.",
    "decided": "A decision follows once the person has answered, or their time is up.",
    "communicated": "There is no decision that waits to be told.",
    "outcome_given": "There is no letter with an outcome that waits to be handed over.",
    "appealed": "There is no decision that could be appealed.",
    "appeal_decided": "There is no appeal that waits for a decision.",
    "actions": "Actions are set once the person knows the outcome.",
    "closed": "A case is closed once the person knows the outcome and every action is done.",
    "reporter_told": "Whoever reported it is told once the person knows the outcome.",
}


def may(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    allowed, _to = TABLE[deed.kind]
    if state.stage not in allowed:
        sentence = SENTENCES.get(deed.kind, "This case has moved on, and that cannot be done in it now.")
        return Refused("moved-on", f"{sentence} It stands at ‘{say_stage(state.stage)}’.")
    if state.document and deed.kind not in WITHOUT_PROCEDURE and of(state.document) is None:
        return Refused("no-procedure", say_procedure(state.document))
    if deed.at > facts.at:
        return Refused("future", "That is in the future. Say when it was done.")
    if deed.by and deed.by in facts.apart:
        return Refused("apart", "You take no part in this case.")
    wanted = DONE_BY.get(deed.kind)
    if wanted and state.seats.get(wanted) != deed.by:
        return Refused("not-your-part", f"That is for the {PARTS[wanted]} of this case.")
    if state.outcome_waits and deed.kind in KNOWN_FIRST:
        return Refused("outcome-waits", "The letter with the outcome waits. Say first when the person had it.")
    if deed.body.get("how") == "page" and not facts.has_email:
        return Refused(
            "no-email",
            "We have no e-mail address of this person, so nothing would tell them that there is a letter. Hand it over, or "
            "post it: what they must do by a certain day is counted from when they have it.",
        )
    guard = _GUARDS.get(deed.kind)
    return guard(state, deed, words, facts) if guard else Allowed()


def say_stage(stage: str) -> str:
    return stage.replace("_", " ")


# --- who takes part -----------------------------------------------------------------------------------------------


def _seated(state: State, deed: Deed, _words: Words, facts: Facts) -> Verdict:
    part, person = deed.body["part"], deed.body["person"]
    if part not in PARTS:
        return Refused("no-part", "Choose what this person does in the case.")
    if facts.same(person, deed.by):
        return Refused("own-hand", "Nobody gives themselves a part in a case. Ask another investigator, or a lead.")
    if person in facts.apart or person not in facts.readers:
        return Refused("apart", "Choose somebody else: this person cannot take part in this case.")  # and never why
    if part in DECISIVE:
        held = next((other for other in DECISIVE if other != part and facts.same(state.seats.get(other), person)), None)
        if held:
            return Refused(
                "same-person",
                f"This person is the {PARTS[held]} of this case. Screener, decider and officer of an appeal are three "
                "different people.",
                written_in("MR-5h"),
            )
    if part == "appeal" and any(facts.same(each, person) for each in state.involved):
        return Refused(
            "involved-before",
            "An appeal is decided by somebody who had no part in the case before.",
            written_in("AL-6j"),
        )
    holder = state.seats.get("screener")
    can = holder in facts.readers and holder not in facts.apart and not state.waits("decided")
    if part == "screener" and state.screened_at and can:
        return Refused("moved-on", "This has been looked at already.")
    return Allowed()


def _identified(_state: State, deed: Deed, _words: Words, facts: Facts) -> Verdict:
    if not deed.body.get("subject"):
        return Refused("nobody", "Choose the person whom this is about.")
    if facts.same(deed.body["subject"], deed.by):
        return Refused("own-case", "You cannot look into what you are said to have done.")
    return Allowed()


# --- looking at it ------------------------------------------------------------------------------------------------


def _screened(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    body = deed.body
    if not state.subject_id:
        return Refused(
            "nobody", "Say first whom this is about. Where nobody can find out, close it as no case, with why."
        )
    if not facts.binding:
        return Refused(
            "nobody-bound", "No code of conduct bound this person on that day, so none can have been broken."
        )
    document, procedure = body["document"], of(body["document"])
    if document not in facts.binding:
        bound = ", ".join(sorted(facts.binding))
        return Refused("not-bound", f"That code did not bind this person on that day. These did: {bound}.")
    if procedure is None:
        also = " Or cite another code that bound the person." if len(facts.binding) > 1 else ""
        return Refused("no-procedure", f"{say_procedure(document)}{also}")
    if unknown := [each for each in body["clauses"] if not _is_clause(each)]:
        return Refused("no-clause", f"There is no clause {', '.join(unknown)} in the codes. Choose from the list.")
    cited = {each.partition("-")[0] for each in body["clauses"]}
    if document not in cited:
        return Refused("no-clause", "Choose at least one clause of that code which may have been broken.")
    if loose := sorted(cited - set(facts.binding)):
        return Refused("not-bound", f"These codes did not bind this person on that day: {', '.join(loose)}.")
    if nobodys := [each for each in body["clauses"] if not clause(each).can_be_broken(of_a_firm=facts.of_a_firm)]:
        said = f"{', '.join(nobodys)}: nobody in this person’s place can break that. Choose what they are said to have broken."
        return Refused("not-theirs-to-break", said)
    if drafts_alone(facts):
        return Refused("draft-alone", drafts_alone(facts), written_in("Q24"))
    if all(facts.binding[each] == "draft" for each in cited):
        return Refused(
            "draft-alone",
            "This code is a draft. A case may name a draft, but may not rest on it alone: cite a clause of a code "
            "that is in force as well.",
            written_in("Q24"),
        )
    ladder = procedure.ladder(body["ladder"])
    if ladder is None or ladder not in ladders_for(procedure, body["clauses"]):
        return Refused("no-ladder", "Choose the kind of breach that these clauses lead to.")
    preset = procedure.preset(body.get("preset", ""))
    if body.get("preset") and preset is None:
        return Refused("no-preset", "This code has no such very serious breach. Choose from the list.")
    if preset and (preset.ladder != ladder.name or not words.get("why", "").strip()):
        return Refused(
            "preset-why", "Say why this breach is one that the code calls very serious.", written_in(preset.clause)
        )
    if body.get("coordinates") is None and procedure.people["screener"].if_coordinator:
        where = written_in(procedure.people["screener"].if_coordinator_clause)
        return Refused("coordinator", "Say whether the person is a co-ordinator of the panel.", where)
    return Allowed()


def drafts_alone(facts: Facts) -> str:
    """What to do where nothing but drafts bound the person on the day. Empty: a code in force did, or none at all."""
    if not facts.binding or "live" in facts.binding.values():
        return ""
    codes = " and ".join(sorted(facts.binding))
    return (
        f"No code in force bound this person on that day: {codes} is a draft, and no case may rest on a draft alone. Talk to the "
        "person, and close this as no breach of a code, with why. An administrator may put the code in force under ‘Codes’: "
        "it counts for what happens from then on, and not for this."
    )


def _is_clause(clause_id: str) -> bool:
    try:
        return bool(clause(clause_id))
    except LookupError:
        return False


def _not_a_breach(_state: State, _deed: Deed, words: Words, _facts: Facts) -> Verdict:
    return said(words, "why", "Write down why this is no breach of a code, so that others can follow it.")


def _suspended(state: State, deed: Deed, words: Words, _facts: Facts) -> Verdict:
    if state.suspended:
        return Refused("twice", "This person is suspended already.")
    because = deed.body.get("because")
    if because == "at_once" and not is_at_once(state):
        return Refused(
            "not-serious", "This code suspends nobody at once for that. Choose another reason, or wait for the answer."
        )
    if not (state.preset or because in ("safety", "serious") or is_at_once(state)):
        return Refused(
            "not-serious",
            "Suspend somebody before they have answered only for safety, for a very serious breach, or where the code "
            "says at once.",
            written_in("D7"),
        )
    why = said(words, "why", "Write down why it cannot wait until the person has answered. It is not a finding.")
    return letter(words) if why else why


def is_at_once(state: State) -> bool:
    """Does this row of the code suspend before anybody has answered?"""
    procedure = of(state.document)
    ladder = procedure.ladder(state.ladder) if procedure else None
    return bool(ladder and ladder.at_once)


def _lifted(state: State, _deed: Deed, words: Words, _facts: Facts) -> Verdict:
    return letter(words) if state.suspended else Refused("not-suspended", "This person is not suspended.")


# --- telling them, and hearing them -------------------------------------------------------------------------------


def _notified(state: State, _deed: Deed, words: Words, _facts: Facts) -> Verdict:
    if is_at_once(state) and not state.suspended:
        procedure = of(state.document)
        ladder = procedure.ladder(state.ladder) if procedure else None
        return Refused(
            "suspend-first",
            "Where the landlord takes legal action the code suspends at once: suspend first, and then tell them.",
            written_in(ladder.clause if ladder else "MR-7.T4"),
        )
    return letter(words)


def _answered(state: State, deed: Deed, words: Words, _facts: Facts) -> Verdict:
    if state.stage is Stage.NOTIFIED and deed.body.get("from") != "page":
        return Refused("not-given", "Say first when the person had the letter.")
    return said(words, "answer", "Write down what the person says, in their own words.")


def _time_up(state: State, _deed: Deed, _words: Words, facts: Facts) -> Verdict:
    procedure = of(state.document)
    ends = response_due(state, procedure, facts.policy) if procedure else None
    if procedure and ends and facts.at <= ends:
        until = f"The person may answer until the end of {say_date(london_date(ends))}. Until then nothing is decided."
        return Refused("time-runs", until, written_in(procedure.limits["respond"].clause), not_before=ends)
    return Allowed()


def _evidence(_state: State, deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    return Allowed() if deed.body.get("items") else Refused("nothing", "Choose what the case rests on.")


def is_voted_on(state: State) -> bool:
    """Has the row that this case is on a step that the members present vote on?"""
    procedure = of(state.document)
    ladder = procedure.ladder(state.ladder) if procedure else None
    return bool(procedure and ladder and needs_vote(procedure, ladder))


def _visit(state: State, deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    if not state.subject_id:
        return Refused("nobody", "Say first whom this is about: the visits of that person are offered then.")
    if state.subject_kind != "person":
        return Refused("no-visits", "Whoever takes part, and does not work here, makes no visits.")
    named = bool(deed.body.get("visit"))
    return Allowed() if named else Refused("no-visit", "Choose the visit, or write its reference.")


def _vote(state: State, deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    if not is_voted_on(state):
        return Refused("no-vote", "No step of this kind of breach needs a vote of the members.", written_in("AL-6b"))
    counts = [deed.body.get(name) for name in ("for", "against", "abstain")]
    if not all(isinstance(count, int) and 0 <= count <= 200 for count in counts) or not any(counts):
        return Refused(
            "vote", "Say how many voted for, how many against, and how many did not vote.", written_in("AL-6b")
        )
    return Allowed()


_GUARDS: dict[str, Callable[[State, Deed, Words, Facts], Verdict]] = {
    "seated": _seated, "identified": _identified, "screened": _screened, "not_a_breach": _not_a_breach,
    "suspended": _suspended, "lifted": _lifted, "notified": _notified, "answered": _answered, "time_up": _time_up,
    "visit": _visit, "evidence": _evidence, "vote": _vote, "decided": later.decided, "communicated": later.communicated,
    "appealed": later.appealed, "appeal_decided": later.appeal_decided, "actions": later.actions,
    "action_done": later.action_done, "told_firm": later.told_firm,
    "told_cih": later.told_cih, "outcome_given": later.outcome_given, "closed": later.closed, "linked": later.linked,
    "unlinked": later.unlinked, "note": lambda _s, _d, words, _f: said(words, "note", "Write the note."),
}  # fmt: skip
assert set(_GUARDS) <= set(TABLE) and Stage.REPORTED
