"""For `fieldvisit check`: is each breach case what its steps add up to? Says which by its id, and nothing of what it is."""

from collections.abc import Iterator

from sqlalchemy import select

from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.case_state import ENDED
from fieldvisit.breaches.cases import cached, state_from, steps_of
from fieldvisit.breaches.procedure import procedure_of
from fieldvisit.codes.own import say_procedure
from fieldvisit.db import Database
from fieldvisit.ground.roles import CONDUCT

AT_A_TIME = 200


def faults(database: Database) -> Iterator[str]:
    after = ""
    with database.reading(CONDUCT) as session:
        query = select(BreachCase).order_by(BreachCase.id).limit(AT_A_TIME)
        while cases := session.scalars(query.where(BreachCase.id > after)).all():
            steps = steps_of(session, [case.id for case in cases])
            for case in cases:
                yield from _of(case, [step.position for step in steps[case.id]], cached(state_from(steps[case.id])))
            after = cases[-1].id


def _of(case: BreachCase, positions: list[int], folded: dict[str, object]) -> Iterator[str]:
    if positions != list(range(1, len(positions) + 1)) or not positions:
        yield f"Conduct case {case.id}: a step is missing."
    for column, value in folded.items():
        if getattr(case, column) != value:
            yield f"Conduct case {case.id}: its {column.replace('_', ' ')} is not what its steps add up to."
    if case.document and case.stage not in ENDED:
        procedure = procedure_of(case.document)
        if procedure is None:
            yield f"Conduct case {case.id} waits: {say_procedure(case.document)}"
        elif procedure.ladder(case.ladder) is None:
            yield (
                f"Conduct case {case.id} waits: the procedure of {case.document} has no ladder {case.ladder!r} any more. "
                "Put it back until the case is closed."
            )
