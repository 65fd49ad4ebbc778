"""Interests: whoever has one is kept apart from that home or firm, from that moment."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.declarations import service, ties
from fieldvisit.declarations.interests import Control
from fieldvisit.declarations.models import Declaration, DeclarationWords
from fieldvisit.declarations.ties import Apart
from fieldvisit.ground.roles import DECLARING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.models import Person
from fieldvisit.visits.planning import may_send
from tests.services.test_declarations import WHY, between, row_of, tasks, tie
from tests.stories import FIRST_HOME, a_visit
from tests.world import World


def settle(
    world: World, declared: Declaration, follows: Apart, *, read_by: tuple[str, ...] = ("manager",), **more: Any
) -> None:
    with world.database.writing(DECLARING) as session:
        row = service.lock(session, declared.id)
        assert row
        how: dict[str, Any] = {"by": world.ids["dora"], "at": world.now, "policy": world.policy}
        for role in read_by:  # two people, where two are needed
            reader = world.ids["otto" if role == "contact" else "dora"]
            ties.acknowledge(session, row, role, key=new_id(), **how | {"by": reader})
        control = Control(
            homes=len(follows.homes), firms=len(follows.firms), people=len(follows.people), reason=WHY, **more
        )
        ties.manage(session, row, follows, control, key=new_id(), **how)


def may_go(world: World, who: str, home: str = FIRST_HOME, by: str = "olive", others: tuple[str, ...] = ()) -> str:
    with world.database.reading(world.principal(by)) as session:
        people = tuple(session.get_one(Person, world.ids[each]) for each in (who, *others))
        verdict = may_send(session, people, world.now, world.now, home_id=world.ids[home], by=world.ids[by])
        return verdict.code


def test_whoever_declares_a_tie_to_the_home_of_a_visit_is_not_sent_there_from_that_moment(world: World):
    story = a_visit(world, starts=world.now + timedelta(days=3))
    assert may_go(world, "asha") == "allowed"
    tie(world, visit_id=story.visit_id, home_id=world.ids[FIRST_HOME])
    assert may_go(world, "asha") == "kept-apart"
    assert may_go(world, "ben") == "allowed"
    assert tasks(world, "apart_reassign") == [("apart_reassign", False)]  # the visit that was planned before


def test_nobody_plans_that_visit_and_the_refusal_says_no_reason(world: World):
    settle(world, tie(world), Apart(homes=(world.ids[FIRST_HOME],)), read_by=("manager", "contact"))
    with pytest.raises(RefusedError) as refused:
        a_visit(world, planned_at=world.now, starts=world.now + timedelta(days=3))
    assert refused.value.verdict.code == "kept-apart"
    assert "sister" not in refused.value.verdict.message.lower()
    a_visit(world, lead="ben", planned_at=world.now, starts=world.now + timedelta(days=3))


def test_a_tie_to_a_firm_keeps_somebody_from_going_with_it_and_a_scheduler_from_handing_it_visits(world: World):
    tie(world, "olive", "financial", firm_id=world.ids["Oakline Repairs"])
    assert may_go(world, "carl", by="olive") == "kept-apart"
    assert may_go(world, "asha", by="olive") == "allowed"
    assert may_go(world, "carl", by="otto") == "allowed"
    assert may_go(world, "olive", others=("carl",), by="otto") == "kept-apart"


def test_what_the_manager_says_takes_the_place_of_what_held_before_and_ends_with_the_interest(world: World):
    declared = tie(world, "olive", "financial", firm_id=world.ids["Oakline Repairs"])
    settle(world, declared, Apart(people=(("person", world.ids["ben"]),)))
    assert may_go(world, "carl", by="olive") == "allowed"
    assert between(world, "olive", "ben") and between(world, "ben", "olive")
    with world.database.writing(DECLARING) as session:
        row = service.lock(session, declared.id)
        assert row
        how: dict[str, Any] = {"by": world.ids["olive"], "at": world.now, "policy": world.policy}
        ties.say_again(session, row, "over", "I sold the shares.", key=new_id(), **how)
    assert not between(world, "olive", "ben")
    assert row_of(world, declared).keep_until == date(2032, 12, 8)


def test_an_interest_in_a_firm_stands_between_somebody_and_its_workers(world: World):
    tie(world, "ines", "financial", firm_id=world.ids["Oakline Repairs"])
    assert between(world, "ines", "carl")
    assert not between(world, "ines", "asha")


def test_a_contractors_tie_must_be_read_by_the_manager_and_the_council_before_anything_follows(world: World):
    declared = tie(world)
    with pytest.raises(RefusedError) as refused:
        settle(world, declared, Apart(homes=(world.ids[FIRST_HOME],)))
    assert refused.value.verdict.code == "not-acknowledged"
    settle(world, declared, Apart(homes=(world.ids[FIRST_HOME],)), read_by=("manager", "contact"))
    assert row_of(world, declared).stage == "managed"
    assert tasks(world, "interest_read", "interest_manage") == [("interest_manage", True), ("interest_read", True)]


def test_what_belongs_to_hr_is_refused_before_a_word_is_stored(world: World):
    with pytest.raises(RefusedError, match="stay with HR"):
        tie(world, what="I was convicted of theft")
    with world.database.reading(DECLARING) as session:
        assert session.scalars(select(DeclarationWords)).all() == []


def test_a_change_is_read_and_managed_anew_and_no_change_only_moves_the_year(world: World):
    declared = tie(world, "olive")
    settle(world, declared, Apart(homes=(world.ids[FIRST_HOME],)))
    how: dict[str, Any] = {"by": world.ids["olive"], "at": world.now + timedelta(days=300), "policy": world.policy}
    for what, stage in (("same", "managed"), ("changed", "updated")):
        with world.database.writing(DECLARING) as session:
            row = service.lock(session, declared.id)
            assert row
            ties.say_again(session, row, what, "She moved to number 3.", key=new_id(), **how)
        after = row_of(world, declared)
        assert (after.stage, after.review_on) == (stage, date(2028, 10, 4))
    assert not after.by_manager
    assert may_go(world, "olive") == "kept-apart"  # until somebody says otherwise
