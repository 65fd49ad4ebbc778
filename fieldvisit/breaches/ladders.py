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


def may_take(
    procedure: Procedure, ladder: Ladder, sanction: str, before: Sequence[str], preset: Preset | None
) -> Verdict:
    """before: sanctions that stand from earlier cases of this person on this ladder. A milder rung is always open."""
    rung, said = ladder.rung_of(sanction), procedure.sanction(sanction)
    if rung is None or said is None:
        return Refused("not-on-ladder", f"That is not a step of ‘{ladder.label}’.", Clause("", ladder.clause))
    top = top_rung(ladder, before, preset)
    if rung > top:
        highest = " or ".join(_label(procedure, code).lower() for code in ladder.rungs[top])
        why = "This is the first time" if highest_rung(ladder, before) < 0 else "The step before was taken last time"
        return Refused(
            "ladder-skipped",
            f"{said.label} comes later: {why.lower()}, so the highest step now is {highest}. "
            "A step may be skipped only for a breach that the code itself calls very serious.",
            Clause("", ladder.clause),
        )
    return Allowed()


def _label(procedure: Procedure, code: str) -> str:
    found = procedure.sanction(code)
    return found.label if found else code
