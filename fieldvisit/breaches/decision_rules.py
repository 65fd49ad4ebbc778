"""May it be decided, told, appealed and closed so? (D7) Pure: every no is a sentence, with its clause."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fieldvisit.breaches.case_clocks import appeal_due, may_be_appealed
from fieldvisit.breaches.case_facts import FINDINGS, RESULTS, Facts, Words, letter, of, said, written_in
from fieldvisit.breaches.case_state import Deed, State
from fieldvisit.breaches.ladders import may_take, skips
from fieldvisit.breaches.procedure import Deciding, Procedure
from fieldvisit.ground.clock import london_date, say_date
from fieldvisit.ground.verdict import Allowed, Refused, Verdict

# --- the decision -------------------------------------------------------------------------------------------------


def decided(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    body, procedure = deed.body, of(state.document)
    ladder = procedure.ladder(state.ladder) if procedure else None
    if procedure is None or ladder is None:
        return Refused("moved-on", "A decision follows once the person has answered, or their time is up.")
    if facts.same(deed.by, state.seats.get("screener")):
        return Refused("same-person", "Whoever looked at it first does not decide it.", written_in("MR-5h"))
    if body.get("finding") not in FINDINGS:
        return Refused("finding", "Say whether the code was broken.")
    if not words.get("reasons", "").strip():
        return Refused("reasons", "Write down the reasons, so that the person can follow them.")
    deciding = procedure.people["decider"]
    not_alone = _joined(deciding, words, facts)
    if not not_alone:
        return not_alone
    if not words.get("learning", "").strip():
        return Refused("learning", "Write down what we learn from it. ‘Nothing new’ is an answer.")
    if body["finding"] == "not_upheld":
        none = not body.get("sanction")
        return Allowed() if none else Refused("sanction", "Where the code was not broken there is no sanction.")
    return sanction(state, body, words, procedure, facts)


def _joined(deciding: Deciding, words: Words, facts: Facts) -> Verdict:
    """Where the code names who decides too; somebody with a part in the case confirms it instead (`two_people`)."""
    if not deciding.joined_by or deciding.joined_part:
        return Allowed()
    typed = words.get("joined_by", "")
    if not typed.strip():
        said = f"This is decided together with {deciding.joined_by}: name them."
        return Refused("joined-by", said, written_in(deciding.clause))
    if facts.name and set(_words(facts.name)) <= set(_words(typed)):
        return Refused("joined-by", "Whom it is about decides nothing in it: name somebody else.", written_in("MR-5h"))
    return Allowed()


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()


def sanction(state: State, body: Mapping[str, Any], words: Words, procedure: Procedure, facts: Facts) -> Verdict:
    ladder, sanction = procedure.ladder(state.ladder), body.get("sanction", "")
    considered = set(body.get("considered", ()))
    assert ladder
    musts = [each for each in procedure.sanctions if each.must_consider]
    missing = [each.label.lower() for each in musts if each.code not in considered]
    if sanction is None:
        return Refused(
            "sanction",
            "Choose what follows. ‘Nothing more’ is an answer, and no other is given for you.",
            written_in(ladder.clause),
        )
    if missing or not considered or not words.get("considered", "").strip():
        which = " and ".join(missing) or "the sanctions"
        clause = musts[0].clause if musts else ladder.clause
        return Refused(
            "not-considered",
            f"Say that {which} {'were' if len(missing) != 1 else 'was'} considered, and what speaks for and against.",
            written_in(clause),
        )
    if not sanction:
        return Allowed()  # considered, and none chosen: the reasons say why
    if sanction not in considered:
        return Refused(
            "not-considered", "What was chosen must be among what was considered.", written_in(ladder.clause)
        )
    chosen = procedure.sanction(sanction)
    if chosen and chosen.only_for == "firm" and not facts.of_a_firm:
        return Refused("only-firms", f"{chosen.label} is for somebody who works for a firm.", written_in(chosen.clause))
    why_skipped = words.get("skip_why", "")
    taken = may_take(procedure, ladder, sanction, facts.before, procedure.preset(state.preset), why_skipped)
    if not taken:
        return taken
    if chosen and chosen.needs == "vote" and not state.vote_carried:
        return Refused(
            "vote", "That needs a vote of the members present that was carried: record it first.", written_in("AL-6b")
        )
    return Allowed()


def skips_a_step(state: State, deed: Deed, facts: Facts) -> bool:
    """Does this decision leave out a step of a ladder that allows it for a reason?"""
    procedure = of(state.document)
    ladder = procedure.ladder(state.ladder) if procedure else None
    if deed.kind != "decided" or procedure is None or ladder is None or not ladder.skip:
        return False
    return skips(ladder, deed.body.get("sanction") or "", facts.before, procedure.preset(state.preset))


def is_joint(state: State, deed: Deed) -> bool:
    """Is it decided together with whoever has another part in the case? (AL-6d, AL-6g)"""
    procedure = of(state.document)
    return deed.kind == "decided" and procedure is not None and bool(procedure.people["decider"].joined_part)


def communicated(_state: State, _deed: Deed, words: Words, _facts: Facts) -> Verdict:
    return letter(words)


def appealed(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    procedure = of(state.document)
    if procedure is None or not procedure.appeals.levels:
        return Refused("no-appeal", procedure.appeals.route if procedure else "There is no appeal in this code.")
    if not may_be_appealed(state, procedure):
        why = "There is no finding against you." if not state.stands else "That was the last appeal."
        return Refused(
            "no-appeal", f"{why} It cannot be appealed any further.", written_in(procedure.appeals.levels[-1].clause)
        )
    ends = appeal_due(state, procedure, facts.policy)
    if ends and deed.at > ends:
        late = f"An appeal could be made until the end of {say_date(london_date(ends))}, so this one comes too late."
        return Refused("late", late, written_in(procedure.appeals.clause))
    return said(words, "appeal", "Write down why the decision is wrong.")


def appeal_decided(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    if any(facts.same(deed.by, each) for each in state.deciders):
        return Refused(
            "decided-before",
            "Whoever decided anything in this case decides no appeal in it. Ask for another officer of the appeal.",
            written_in("AL-6j"),
        )
    result, sanction = deed.body.get("result"), deed.body.get("sanction", "")
    if result not in RESULTS:
        return Refused("result", "Say what becomes of the decision.")
    if not words.get("reasons", "").strip():
        return Refused("reasons", "Write down the reasons, so that the person can follow them.")
    procedure = of(state.document)
    ladder = procedure.ladder(state.ladder) if procedure else None
    if result == "changed" and procedure and ladder:
        if not sanction or sanction == state.sanction:
            return Refused("sanction", "Choose the step that takes the place of the first.")
        now, then = ladder.rung_of(sanction), ladder.rung_of(state.sanction)
        if now is None or (then is not None and now > then):
            return Refused(
                "harder", "An appeal never ends in a harder step.", written_in(procedure.appeals.levels[-1].clause)
            )
    return letter(words)


# --- what follows -------------------------------------------------------------------------------------------------


def actions(_state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    listed = deed.body.get("list", ())
    if not listed:
        return Refused("no-actions", "Write down at least one action.")
    for one in listed:
        if not (words.get(f"what_{one['id']}") and words.get(f"owner_{one['id']}") and one.get("due_on")):
            return Refused("action", "Each action needs what is done, who does it, and by when.")
        if date.fromisoformat(one["due_on"]) < london_date(facts.at):
            return Refused("action-date", "An action is due today or later.")
    return Allowed()


def action_done(state: State, deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    open_ones = {action.id for action in state.outstanding}
    return Allowed() if deed.body.get("id") in open_ones else Refused("done", "That action is done already.")


def outcome_given(state: State, _deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    waits = "There is no letter with an outcome that waits to be handed over."
    return Allowed() if state.outcome_waits else Refused("nothing-waits", waits)


def told_cih(state: State, deed: Deed, words: Words, _facts: Facts) -> Verdict:
    """Of its member, of a breach of the code that asks for it, and only one that was found and stands."""
    if not any(each.startswith("HS-") for each in state.clauses):
        return Refused(
            "not-theirs", "The CIH is told of a breach of the code for housing staff.", written_in("HS-3.1.12")
        )
    if not state.stands:
        return Refused(
            "no-finding", "The CIH is told of what was found, and nothing is found.", written_in("HS-3.1.12")
        )
    if not deed.body.get("member"):
        return Refused("no-member", "Only a member of the CIH is reported to it: say that this person is one.")
    return letter(words)


def told_firm(state: State, _deed: Deed, words: Words, facts: Facts) -> Verdict:
    if not facts.of_a_firm:
        return Refused("no-firm", "This person works for no firm.")
    if state.notified_at is None and not state.suspended:
        return Refused(
            "tell-them-first", "Tell the person first. Their firm hears of it afterwards, or when they are suspended."
        )
    return letter(words)


def closed(state: State, _deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    return may_be_closed(state)


def may_be_closed(state: State) -> Verdict:
    """Is everything done that comes first?"""
    if state.outcome_waits:
        return Refused("outcome-waits", "The letter with the outcome waits. Say first when the person had it.")
    if left := state.outstanding:
        return Refused(
            "actions-open", f"Not every action is done: {len(left)} {'is' if len(left) == 1 else 'are'} open."
        )
    if state.stands and state.sanction and not state.actions:
        return Refused("no-actions", "Set down the action that the decision asks for, with who does it and by when.")
    if not state.reporter_told_at:
        return Refused(
            "reporter", "Tell whoever reported it that it was dealt with. It says nothing of what was found."
        )
    if state.suspended and not state.stands:
        return Refused("suspended", "The person is still suspended, and nothing was found against them: lift it first.")
    if state.waits("lifted"):
        return Refused("suspended", "The end of the suspension waits for a second person: that comes first.")
    return Allowed()


def linked(_state: State, deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    return Allowed() if deed.body.get("to") else Refused("nothing", "Choose the case that tells of the same thing.")


def unlinked(state: State, _deed: Deed, _words: Words, _facts: Facts) -> Verdict:
    return Allowed() if state.linked_to else Refused("not-linked", "This case is linked to no other.")
