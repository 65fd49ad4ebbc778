"""A badge that a case suspends stays dark until no case suspends its bearer, whichever ends first, and whatever is imported."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from fieldvisit.badges.models import Badge
from fieldvisit.breaches.case_models import BreachCase, BreachTold
from fieldvisit.desk.imports import run
from fieldvisit.ground.roles import CHECKING, CONDUCT
from fieldvisit.register.models import Person
from tests.cases import LETTER, Case, a_case
from tests.world import World

DAY = timedelta(days=1)
WORDS = {"why": "She has a key.", "letter": LETTER}


def suspended(world: World) -> Case:
    return a_case(world).screened().act("suspended", "ines", words=WORDS, because="safety", how="page")


def badges(world: World) -> dict[str, str]:
    with world.database.reading(CHECKING) as session:
        found = session.scalars(select(Badge).where(Badge.person_id == world.ids["asha"]))
        return {badge.number: badge.state for badge in found}


def end(case: Case) -> None:
    case.act("not_a_breach", "ines", words={"why": "It was somebody else."})


@pytest.mark.parametrize("first", ["the earlier", "the later"])
def test_a_badge_comes_back_when_the_last_of_two_suspensions_ends(world: World, first: str):
    cases = [suspended(world), suspended(world)]
    if first == "the later":
        cases.reverse()
    end(cases[0])
    assert set(badges(world).values()) == {"suspended"}, "the other case still suspends her"
    end(cases[1])
    assert set(badges(world).values()) == {"active"}


def test_lifted_by_hand_it_stays_dark_while_another_case_suspends(world: World):
    one, other = suspended(world), suspended(world)
    one.act("lifted", "ines", words={"letter": LETTER}, how="page")
    assert set(badges(world).values()) == {"suspended"}
    end(other)
    assert set(badges(world).values()) == {"active"}


def test_a_letter_that_a_suspension_ended_is_true_and_the_same_whether_or_not_another_case_suspends(world: World):
    def ended(case: Case) -> str:
        with world.database.reading(CONDUCT) as session:
            letter = select(BreachTold.body).where(BreachTold.case_id == case.id, BreachTold.letter == "lifted")
            return session.scalars(letter).one().replace(session.get_one(BreachCase, case.id).ref, "REF")

    one, other = suspended(world), suspended(world)
    end(one)
    assert set(badges(world).values()) == {"suspended"}
    end(other)
    assert set(badges(world).values()) == {"active"}
    assert ended(one) == ended(other), "nothing in it tells that there is another case"
    assert "The suspension that we wrote to you about under this reference has ended." in ended(one)
    assert "If another letter from us says that it does not, that letter still holds." in ended(one)


def test_a_new_number_is_no_way_round_a_suspension_and_brings_back_no_second_badge(world: World, tmp_path: Path):
    case = suspended(world)
    with world.database.reading(CHECKING) as session:
        ref = session.get_one(Person, world.ids["asha"]).ref
        [old] = badges(world)
        person = session.get_one(Person, world.ids["asha"])
        facts = {
            "ref": ref,
            "role": person.role,
            "name": person.name,
            "company": person.firm.name,
            "email": person.email,
        }
    facts["badge_number"] = "NEW-1"
    path = tmp_path / "people.csv"
    path.write_text(",".join(facts) + "\n" + ",".join(facts.values()) + "\n")
    said = [one.result for one in run("people", path, world.database, world.policy, world.now)]
    assert [(one.word, one.note) for one in said] == [("changed", "")], "and not a word of why"
    assert badges(world) == {old: "suspended", "NEW-1": "suspended"}
    end(case)
    assert badges(world) == {old: "suspended", "NEW-1": "active"}
