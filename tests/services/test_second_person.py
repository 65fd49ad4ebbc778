"""Closing a case, sending a decision and ending a suspension: one proposes, another confirms, and before that nothing is so."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.badges.models import Badge
from fieldvisit.breaches import case_check, case_page
from fieldvisit.breaches.case_models import BreachTold
from fieldvisit.ground.clock import say_date
from fieldvisit.ground.roles import CHECKING, CONDUCT, DEMO
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Person
from tests.cases import LETTER, Case, a_case, a_code, an_involved
from tests.services.test_suspensions import WORDS
from tests.world import World

WHY = {"why": "It was somebody else."}
POST = {"letter": LETTER}


def outside(world: World, case: Case) -> tuple[Any, ...]:
    """What anybody but who sits in it can see of it: letters, messages, badges, its end, and what the accused's page says."""
    with world.database.reading(CONDUCT) as session:
        told = session.scalars(select(BreachTold.id).where(BreachTold.case_id == case.id)).all()
        sent = session.scalars(select(Message.id)).all()
    with world.database.reading(CHECKING) as session:
        badges = session.scalars(select(Badge.state).where(Badge.person_id == world.ids["asha"])).all()
    return (
        len(told),
        len(sent),
        badges,
        case.state.closed_at,
        world.client("asha").get("/conduct/letters").text.count("<li"),
    )


def suspended(world: World) -> Case:
    return a_case(world).screened().act("suspended", "ines", words=WORDS, because="safety", how="page")


def told(world: World) -> Case:
    return a_case(world).screened().told().answered().decided("", considered=["apology", "training"]).communicated()


def ready(world: World, kind: str) -> tuple[Case, str, dict[str, str], dict[str, Any]]:
    """A case, whoever may propose it there, their words, and the rest."""
    match kind:
        case "not_a_breach":
            return suspended(world), "ines", WHY, {}
        case "lifted":
            return suspended(world), "ines", WHY | POST, {"how": "page"}
        case "communicated":
            return a_case(world).screened().told().answered().decided(), "ivan", POST, {"how": "page"}
        case "closed":
            return told(world).act("reporter_told", "ivan", how="receipt"), "ivan", WHY, {}
    a_code(world, "AL", ["operative"])
    case = a_case(world).screened("AL", ("AL-2.1",), "regular", coordinates=False).told().answered()
    case.decided("", considered=["aware_warned"]).communicated()
    case.act("appealed", words={"appeal": "No."}).seated("appeal", "iris")
    return case, "iris", POST | {"reasons": "We looked again."}, {"how": "page", "result": "quashed"}


KINDS = ("not_a_breach", "lifted", "communicated", "closed", "appeal_decided")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_so_until_another_person_confirms_it(world: World, kind: str):
    case, by, words, body = ready(world, kind)
    before = outside(world, case)
    case.proposed(kind, by, words=words, **body)
    assert (outside(world, case), [each.what for each in case.state.waiting]) == (before, [kind])
    with pytest.raises(RefusedError, match="another person confirms"):
        case.confirmed(kind, by)
    case.confirmed(kind, "lena")
    assert outside(world, case) != before and case.state.waiting == ()
    with world.database.reading(CONDUCT) as session:
        letters = session.scalars(select(BreachTold.body).where(BreachTold.case_id == case.id)).all()
    assert kind in ("not_a_breach", "closed") or LETTER in letters, "as it was proposed, word for word"
    assert list(case_check.faults(world.database)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_sent_back_with_a_reason_or_taken_back_and_what_was_typed_is_there_again(world: World, kind: str):
    case, by, words, body = ready(world, kind)
    before = outside(world, case)
    case.proposed(kind, by, words=words, **body)
    with pytest.raises(RefusedError, match="what is to change"):
        case.says("sent_back", "lena", what=kind)
    case.says("sent_back", "lena", words={"why": "The date is wrong."}, what=kind)
    assert page(world, case, by).before[kind].items() >= words.items()
    case.proposed(kind, by, words=words, **body).says("taken_back", by, what=kind)
    assert outside(world, case) == before
    case.proposed(kind, by, words=words, **body).confirmed(kind, "lena")
    assert kind not in page(world, case, by).before


def page(world: World, case: Case, who: str) -> case_page.Page:
    with world.database.reading(CONDUCT) as session:
        found = session.get_one(case_page.BreachCase, case.id)
        return case_page.of_case(session, found, world.ids[who], case.at, world.policy)


def test_of_two_who_confirm_at_once_the_second_is_told_who_was_first_and_one_letter_goes(world: World):
    case, by, words, body = ready(world, "communicated")
    case.proposed("communicated", by, words=words, **body)
    seen = case.state.steps
    case.says("confirmed", "ines", seen=seen, what="communicated")
    for late in ("confirmed", "sent_back"):
        with pytest.raises(RefusedError, match="While you wrote, Ines"):
            case.says(late, "lena", words=WHY, seen=seen, what="communicated")
    with world.database.reading(CONDUCT) as session:
        outcome = select(BreachTold).where(BreachTold.case_id == case.id, BreachTold.letter == "outcome")
        assert len(session.scalars(outcome).all()) == 1


def test_an_appeal_letter_that_waited_names_the_day_that_is_counted_from_its_leaving(world: World):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    case = a_case(world, "Pia Lund", kind="involved", heard_at=datetime.fromisoformat("2027-04-26T09:00:00+00:00"))
    case.screened("AL", ("AL-2.1",), "regular", coordinates=False).told().answered()
    case.decided("aware_warned", considered=["aware_warned"])
    text = page(world, case, "ivan").texts["communicated"].replace("[say ", "").replace("]", "")
    case.proposed("communicated", "ivan", words={"letter": text}, how="page")
    case.confirmed("communicated", "ines", case.at + timedelta(days=3))
    until = say_date(datetime.fromisoformat(case.state.told_appeal_by).date())
    with world.database.reading(CONDUCT) as session:
        letter = select(BreachTold.body).where(BreachTold.case_id == case.id, BreachTold.letter == "outcome")
        sent = session.scalars(letter).one()
    assert f"until the end of {until}" in sent and f"until the end of {until}" not in text


def test_what_waits_in_a_case_that_is_over_stands_on_the_list_until_it_is_confirmed(world: World):
    case = (
        a_case(world).screened().act("suspended", "ines", words=WORDS, because="safety", how="page").told().answered()
    )
    case.decided("", considered=["apology", "training"]).communicated().act("reporter_told", "ivan", how="receipt")
    case.act("closed", "ivan")

    def listed(who: str) -> list[tuple[tuple[str, bool], ...]]:
        with world.database.reading(world.principal(who)) as session:
            return [row.waits for row in case_page.mine(session, world.ids[who], False, "", world.policy)[0]]

    assert (case.state.stage, case.state.suspended, listed("ines")) == ("closed", True, [])
    assert "seated" in page(world, case, "ivan").offered, "or where nobody else reads it, nobody could confirm"
    case.proposed("lifted", "ivan", words=WHY | POST, how="page")
    assert listed("ines") == [(("End the suspension", False),)]
    assert listed("ivan") == [(("End the suspension", True),)]
    assert listed("iris") == []
    case.says("sent_back", "ines", words=WHY, what="lifted")
    assert listed("ines") == listed("ivan") == [()], "and ivan learns that it came back"
    with pytest.raises(RefusedError, match="Only whoever proposed it"):
        case.says("taken_back", "ines", what="lifted")
    case.says("taken_back", "ivan", what="lifted")
    assert listed("ivan") == [], "he leaves it"
    case.act("lifted", "ivan", words=WHY | POST, how="page")
    assert listed("ines") == [] and not case.state.suspended


def test_where_whoever_proposed_it_has_come_near_another_sends_it_back_and_the_case_goes_on(world: World):
    case = a_case(world).screened().proposed("not_a_breach", "ines", words=WHY)
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["asha"]).manager_id = world.ids["ines"]
    with pytest.raises(RefusedError, match="could not do it any more"):
        case.confirmed("not_a_breach", "ivan")
    case.says("sent_back", "ivan", words=WHY, what="not_a_breach").seated("screener", "iris")
    case.proposed("not_a_breach", "iris", words=WHY).confirmed("not_a_breach", "lena")
    assert case.state.stage == "not_a_breach"


def test_where_one_alone_reads_the_case_another_is_given_a_part_and_confirms_it(world: World):
    case = a_case(world).seated("screener", "ines")
    case.proposed("not_a_breach", "ines", words=WHY)
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["lena"]).disabled_at = world.now
    with pytest.raises(RefusedError):
        case.confirmed("not_a_breach", "ines")
    case.seated("investigator", "ivor", by="ines").confirmed("not_a_breach", "ivor")
    assert case.state.stage == "not_a_breach"
