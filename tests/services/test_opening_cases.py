"""A breach case is opened by whoever says so, once for each cause, and read by nobody who is named in it."""

import pytest
from sqlalchemy import select

from fieldvisit import conduct
from fieldvisit.breaches import cases
from fieldvisit.breaches.case_models import BreachApart, BreachCase, BreachStep, BreachWords
from fieldvisit.ground.roles import CONDUCT, INTAKE
from tests.world import World


def reported(world: World, cause: str = "gift:1", **more) -> conduct.Reported:
    said = {"words": "He took twenty pounds.", "subject_id": world.ids["asha"], "told_by_id": world.ids["olive"]}
    return conduct.Reported(cause=cause, heard_at=world.now, **(said | more))


@pytest.mark.parametrize("who", ["asha", "olive", "ines", "intake"])
def test_anybody_may_say_that_a_code_was_broken_and_reads_nothing_of_it(world: World, who: str):
    asking = INTAKE if who == "intake" else world.principal(who)
    with world.database.writing(asking) as session:
        conduct.report(session, reported(world))
    if who != "intake":
        with world.database.reading(asking) as session:
            assert [session.scalars(select(model)).all() for model in (BreachCase, BreachStep, BreachWords)] == [
                [],
                [],
                [],
            ]
    with world.database.reading(CONDUCT) as session:
        case = session.scalars(select(BreachCase)).one()
        assert (case.stage, case.subject_id, case.heard_at) == ("reported", world.ids["asha"], world.now)
        assert [words.text for words in session.scalars(select(BreachWords))] == ["He took twenty pounds."]
        apart = {(row.person_id, row.why) for row in session.scalars(select(BreachApart))}
        assert apart == {(world.ids["asha"], "accused"), (world.ids["olive"], "reporter")}


def test_one_cause_opens_one_case_and_the_rest_of_the_transaction_is_kept(world: World):
    for _ in range(2):
        with world.database.writing(world.principal("olive")) as session:
            conduct.report(session, reported(world))
            conduct.report(session, reported(world, "gift:2"))
    with world.database.writing(world.principal("olive")) as session:
        assert cases.open_case(session, reported(world), at=world.now) is None
    with world.database.reading(CONDUCT) as session:
        found = session.scalars(select(BreachCase)).all()
        assert sorted(case.cause for case in found) == ["gift:1", "gift:2"]
        assert all(len(case.ref) == 11 for case in found)
