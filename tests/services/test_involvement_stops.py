"""A suspension pauses, and a removal ends, the part of an involved resident or a panel member; an appeal gives it back (D7)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fieldvisit.declarations import reviews
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import DEMO
from fieldvisit.register import involved
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.tasks import Task
from tests.cases import LETTER, Case, a_case, a_code, an_involved
from tests.world import World

SUSPENDED = {"letter": LETTER, "why": "Others are afraid."}


@pytest.fixture
def pia(world: World) -> World:
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    return world


def screened(world: World, preset: str = "prejudice") -> Case:
    case = a_case(world, "Pia Lund", kind="involved")
    return case.screened("AL", ("AL-2.1",), "regular", coordinates=False, preset=preset, why="AL-6i names it.")


def ended(case: Case, sanction: str) -> Case:
    return case.told().answered().decided(sanction, considered=[sanction]).communicated()


def part(case: Case) -> tuple[str, str | None]:
    """How they are stopped, and their last day."""
    with case.world.database.reading(DEMO) as session:
        person = session.get_one(InvolvedPerson, case.world.ids["Pia Lund"])
        last = person.ends_on.isoformat() if person.ends_on else None
        return involved.stopped(session, [person.id], case.at).get(person.id, ""), last


def opens(case: Case) -> str:
    with case.world.database.reading(DEMO) as session:
        person = session.get_one(InvolvedPerson, case.world.ids["Pia Lund"])
        key = involved.key_of_links(case.world.app.config["SECRET_KEY"])
        address, word = f"/p/{involved.token_of(person, key)}", involved.word_of(person, key)
    return case.world.client().post(address, data={"word": word}).text


def appealed(case: Case, result: str, **more: str) -> Case:
    case.act("appealed", words={"appeal": "It is too hard."})
    case.seated("appeal", "iris")
    words = {"reasons": "We looked again.", "letter": LETTER}
    return case.act("appeal_decided", "iris", None, words, result=result, how="page", **more)


def test_a_suspension_for_now_pauses_at_once_and_ends_with_it(pia: World):
    case = screened(pia)
    assert part(case) == ("", None)
    case.act("suspended", "ines", None, SUSPENDED, because="safety", how="page")
    assert part(case) == ("paused", None)
    case.act("lifted", "ines", None, {"letter": LETTER}, how="page")
    assert part(case) == ("", None)


def test_removal_ends_it_from_the_day_on_which_they_know_and_an_appeal_gives_it_back(pia: World):
    case = screened(pia).told().answered()
    case.decided("removal", considered=["removal"])
    assert part(case) == ("", None), "nobody was told yet"
    case.act("communicated", "ivan", None, {"letter": LETTER}, how="handed")
    assert part(case) == ("", None), "the letter waits"
    case.act("outcome_given", "ivan")
    assert part(case) == ("ended", london_date(case.at).isoformat())
    appealed(case, "quashed")
    assert part(case) == ("", None)


@pytest.mark.parametrize("milder", ["suspension", "verbal_warning"])
def test_an_appeal_that_ends_in_a_milder_step_gives_back_as_much(pia: World, milder: str):
    case = ended(screened(pia), "removal")
    appealed(case, "changed", sanction=milder)
    assert part(case) == (("paused" if milder == "suspension" else ""), None)


def test_a_suspension_as_a_sanction_goes_on_until_two_people_end_it_or_an_appeal_does(pia: World):
    case = ended(screened(pia), "suspension")
    assert (part(case), case.state.suspended) == (("paused", None), True)
    case.act("lifted", "ines", None, {"letter": LETTER}, how="page")
    assert (part(case), case.state.suspended) == (("", None), False)
    other = ended(screened(pia), "suspension")
    appealed(other, "changed", sanction="verbal_warning")
    assert (part(other), other.state.suspended) == (("", None), False)


def test_a_second_case_keeps_them_stopped_when_the_first_ends(pia: World):
    one, other = screened(pia), screened(pia)
    for case in (one, other):
        case.act("suspended", "ines", None, SUSPENDED, because="safety", how="page")
    one.act("not_a_breach", "ines", words={"why": "It was somebody else."})
    assert part(one) == ("paused", None)
    other.act("not_a_breach", "ines", words={"why": "It was somebody else."})
    assert part(other) == ("", None)


def test_their_link_then_opens_their_letters_and_nothing_to_sign_or_to_declare(pia: World):
    case = screened(pia)
    assert "Gifts and hospitality" in opens(case)
    case.act("suspended", "ines", None, SUSPENDED, because="safety", how="page")
    page = opens(case)
    assert "Gifts and hospitality" not in page and "/declare/" not in page and "/code/" not in page
    assert "A letter that you got from us" in page and "nothing for you to sign or to declare" in page
    with pia.database.reading(DEMO) as session:
        person = session.get_one(InvolvedPerson, pia.ids["Pia Lund"])
        key = involved.key_of_links(pia.app.config["SECRET_KEY"])
        address, form = f"/p/{involved.token_of(person, key)}", {"word": involved.word_of(person, key)}
    assert "nothing for you to sign or to declare" in pia.client().post(f"{address}/declare/gift", data=form).text
    assert "six characters" in pia.client().post(f"{address}/letters", data=form).text


def test_a_last_day_that_the_office_recorded_meanwhile_stands(pia: World):
    case = ended(screened(pia), "removal")
    last = london_date(case.at) + timedelta(days=30)
    with pia.database.writing(DEMO) as session:
        session.get_one(InvolvedPerson, pia.ids["Pia Lund"]).ends_on = last
    appealed(case, "quashed")
    assert part(case) == ("", last.isoformat())


def test_nobody_rings_somebody_to_sign_who_takes_no_part_now(pia: World):
    def asked(case: Case) -> int:
        with pia.database.writing(DEMO) as session:
            reviews.daily(session, case.at + timedelta(days=400))
            return len(session.scalars(select(Task.id).where(Task.about_id == pia.ids["Pia Lund"])).all())

    case = screened(pia)
    case.act("suspended", "ines", None, SUSPENDED, because="safety", how="page")
    assert asked(case) == 0
    case.act("lifted", "ines", None, {"letter": LETTER}, how="page")
    assert asked(case) > 0
