"""What one person proposes in a case and another confirms, and who that other may be. Pure.

The matrix of permissions asks for two people where a case is closed, a decision goes out and a badge is restored. It is a
document of our own design (security 2), and no law and no clause of a code. That a report is called no breach closes its
case as well, so that it is there for two; a suspension is one person's and at once, because safety comes first.

Until it is confirmed nothing takes effect: no letter, no badge, no end. The second person does not decide anew: they see
that it is as it was decided and that the letter is complete, and confirm it or send it back with a reason.
"""

from collections.abc import Mapping
from dataclasses import replace

from fieldvisit.breaches import case_rules, decision_rules
from fieldvisit.breaches.case_facts import Facts, Words, of, said, written_in
from fieldvisit.breaches.case_state import Deed, State, Waiting
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

OF_TWO: Mapping[str, Clause] = {
    "not_a_breach": Clause("our matrix of permissions (security 2)", "Breach case, close"),
    "closed": Clause("our matrix of permissions (security 2)", "Breach case, close"),
    "communicated": Clause("our matrix of permissions (security 2)", "Council decision, publish"),
    "appeal_decided": Clause("our matrix of permissions (security 2)", "Council decision, publish"),
    "lifted": Clause("our matrix of permissions (security 2)", "Badge, restore"),
}
# A decision that leaves out a step of Milton Keynes' ladders: who looked at the case confirms it (the team leader, MR-7b);
# so does Alliance's co-ordinator what the manager decides (AL-6d, AL-6g).
SKIPPING = Clause("the ladder’s own rule for a step that is left out", "MR-7.T1")
ASKS_WHY = frozenset({"closed", "lifted"})  # the others have their reasons in what they are
OVER = "This waits for a second person no longer."
CHANGED = "It was proposed by somebody who could not do it any more. Send it back: whoever has the part now proposes it again."


def clause_of_two(state: State, deed: Deed, facts: Facts) -> Clause | None:
    """Where it is written that this act needs two people. None: one is enough."""
    if decision_rules.skips_a_step(state, deed, facts):
        return SKIPPING
    return _jointly(state) if decision_rules.is_joint(state, deed) else OF_TWO.get(deed.kind)


def _jointly(state: State) -> Clause:
    procedure = of(state.document)
    return written_in(procedure.people["decider"].clause if procedure else "")


def may(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    """As `case_rules.may`, where an act of two is proposed, confirmed ("what" in its body), sent or taken back.

    words: of what is confirmed, those that were proposed with it.
    """
    if written := clause_of_two(state, deed, facts):
        return _proposed(state, deed, words, facts, written)
    if deed.kind not in ("confirmed", "sent_back", "taken_back"):
        return case_rules.may(state, deed, words, facts)
    what = deed.body.get("what", "")
    waiting = state.waits(what)
    if deed.kind == "taken_back":
        waiting = waiting or state.came_back(what)  # it was sent back, and is left so
    if waiting is None:
        return Refused("moved-on", OVER)
    if deed.kind == "taken_back":
        own = facts.same(deed.by, waiting.by)
        return (
            Allowed()
            if own
            else Refused("not-yours", "Only whoever proposed it takes it back. Send it back, with why.")
        )
    second = may_be_second(state, waiting, deed.by, facts)
    if not second:
        return second
    if deed.kind == "sent_back":
        return said(words, "why", "Write down what is to change, so that whoever proposed it can follow it.")
    return _confirmed(state, replace(deed, kind=waiting.what, by=waiting.by, body=waiting.body), words, facts)


def may_be_second(state: State, waiting: Waiting, person: str, facts: Facts) -> Verdict:
    """Another person, by whatever account, who takes part in cases and is not kept apart from this one (N1, N2)."""
    if person in facts.apart or person not in facts.readers:
        return Refused("apart", "You take no part in this case.")
    if facts.same(person, waiting.by):
        own = "You proposed it yourself: another person confirms it."
        return Refused("own-hand", own, _written(state, waiting))
    procedure = of(state.document)
    if procedure and waiting.what == "decided" and not facts.same(person, state.seats.get("screener")):
        called = procedure.people["screener"].called(state.coordinates).label
        return Refused("not-theirs", f"That is for the screener of this case, {called}.", _written(state, waiting))
    if waiting.what == "appeal_decided" and facts.same(person, state.decided_by):
        return Refused(
            "decided-before",
            "It is your decision that was appealed: another person confirms what became of it.",
            written_in("AL-6j"),
        )
    return Allowed()


def _written(state: State, waiting: Waiting) -> Clause:
    if waiting.what == "decided":
        return SKIPPING if waiting.body.get("skipped") else _jointly(state)
    return OF_TWO[waiting.what]


def _proposed(state: State, deed: Deed, words: Words, facts: Facts, written: Clause) -> Verdict:
    if state.waits(deed.kind):
        return Refused("waits", "This waits for a second person already, who confirms it or sends it back.", written)
    verdict = case_rules.may(state, deed, words, facts)
    if not verdict or deed.kind not in ASKS_WHY:
        return verdict
    return said(words, "why", "Write down why, for whoever is to confirm it.")


def _confirmed(state: State, deed: Deed, words: Words, facts: Facts) -> Verdict:
    """Is it still right, as it was proposed?"""
    wanted = case_rules.DONE_BY.get(deed.kind)
    if deed.by in facts.apart or (wanted and state.seats.get(wanted) != deed.by):
        return Refused("no-longer", CHANGED)
    verdict = case_rules.may(state, deed, words, facts)
    if isinstance(verdict, Refused):
        return Refused("no-longer", f"It cannot be confirmed as it stands. {verdict.message} Send it back, with why.")
    return Allowed()
