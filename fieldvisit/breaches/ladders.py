"""Which step of a ladder comes next, and which may be taken. Pure."""

from collections.abc import Iterable, Sequence

from fieldvisit.breaches.procedure import Ladder, Preset, Procedure, Sanction
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict


def ladders_for(procedure: Procedure, clauses: Iterable[str]) -> tuple[Ladder, ...]:
    """The ladders that these clauses lead to: the special ones that one of them begins, else those that any may take."""
    cited = [clause for clause in clauses if clause.startswith(f"{procedure.document}-")]
    special = [ladder for ladder in procedure.ladders if any(_leads(ladder, clause) for clause in cited)]
    rest = [clause for clause in cited if not any(_leads(ladder, clause) for ladder in special)]
    general = [ladder for ladder in procedure.ladders if not ladder.clauses]
    return (*special, *(general if rest or not special else []))


def _leads(ladder: Ladder, clause: str) -> bool:
    """'MR-3.1' leads to MR-3.1, never to MR-3.10."""
    return any(
        clause == begins or (clause.startswith(begins) and not clause[len(begins)].isdigit())
        for begins in ladder.clauses
    )


def sanctions_for(procedure: Procedure, ladder: Ladder, *, of_a_firm: bool) -> tuple[Sanction, ...]:
    """In the ladder's order. of_a_firm: the person works for a contractor."""
    found = [procedure.sanction(code) for rung in ladder.rungs for code in rung]
    return tuple(each for each in found if each and (not each.only_for or of_a_firm))


def needs_vote(procedure: Procedure, ladder: Ladder) -> bool:
    """Is there a step on this ladder that the members present vote on?"""
    return any(each.needs == "vote" for each in sanctions_for(procedure, ladder, of_a_firm=True))


def highest_rung(ladder: Ladder, before: Iterable[str]) -> int:
    """The highest rung that was taken before on this ladder; -1 where there was none."""
    rungs = [ladder.rung_of(sanction) for sanction in before]
    return max((rung for rung in rungs if rung is not None), default=-1)


def top_rung(ladder: Ladder, before: Sequence[str], preset: Preset | None) -> int:
    """The highest rung that may be taken now: one above the last, or where a preset begins."""
    last = len(ladder.rungs) - 1
    if not ladder.strict:
        return last
    starts = preset.rung if preset and preset.ladder == ladder.name else 0
    return min(last, max(highest_rung(ladder, before) + 1, starts))


def skips(ladder: Ladder, sanction: str, before: Sequence[str], preset: Preset | None) -> bool:
    """Is a step of this ladder left out?"""
    rung = ladder.rung_of(sanction)
    return rung is not None and rung > top_rung(ladder, before, preset)


def may_take(
    procedure: Procedure,
    ladder: Ladder,
    sanction: str,
    before: Sequence[str],
    preset: Preset | None,
    why_skipped: str = "",
) -> Verdict:
    """before: sanctions that stand from earlier cases of this person on this ladder. A milder rung is always open.

    why_skipped: the reason for leaving a step out. Whether somebody confirms it is for `two_people`.
    """
    rung, said = ladder.rung_of(sanction), procedure.sanction(sanction)
    if rung is None or said is None:
        return Refused("not-on-ladder", f"That is not a step of ‘{ladder.label}’.", Clause("", ladder.clause))
    if not skips(ladder, sanction, before, preset) or (ladder.skip and why_skipped.strip()):
        return Allowed()
    highest = " or ".join(_label(procedure, code).lower() for code in ladder.rungs[top_rung(ladder, before, preset)])
    why = "this is the first time" if highest_rung(ladder, before) < 0 else "the step before was taken last time"
    sentence = f"{said.label} comes later: {why}, so the highest step now is {highest}."
    if ladder.skip:
        label = procedure.people[ladder.skip].label
        sentence += (
            f" A step may be left out for a reason, which somebody else confirms: the {label}. Write the reason down."
        )
        return Refused("skip-why", sentence, Clause("", ladder.clause))
    if any(each.ladder == ladder.name for each in procedure.presets):
        sentence += " A step may be skipped only for a breach that the code itself calls very serious."
    return Refused("ladder-skipped", sentence, Clause("", ladder.clause))


def _label(procedure: Procedure, code: str) -> str:
    found = procedure.sanction(code)
    return found.label if found else code
