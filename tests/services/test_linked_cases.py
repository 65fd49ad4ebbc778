"""Two cases that tell of one thing: linked only by who reads both, seen only by who reads both, and lost to nobody."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from fieldvisit.breaches import case_purge, case_readers, cases
from fieldvisit.breaches.case_acts import BY_LINK
from fieldvisit.breaches.case_models import BreachCase, BreachSeat
from fieldvisit.ground.roles import CONDUCT, DEMO
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Person
from tests.cases import LETTER, Case, a_case, a_code, an_involved
from tests.world import World


def ref(world: World, case: Case) -> str:
    with world.database.reading(CONDUCT) as session:
        return session.get_one(BreachCase, case.id).ref


def test_a_case_is_linked_only_to_one_that_the_same_person_reads(world: World):
    unseen = a_case(world).seated("screener", "ivan")  # lena and ivan alone
    mine = a_case(world).seated("screener", "ines")
    with pytest.raises(RefusedError, match="Choose another case"):
        mine.act("linked", "ines", to=unseen.id)
    mine.act("linked", "lena", to=unseen.id)
    assert mine.state.linked_to == unseen.id


def test_a_linked_case_leaks_to_nobody_and_is_lost_to_nobody(world: World):
    first, again = a_case(world).seated("screener", "ines"), a_case(world).seated("screener", "ivan")
    again.act("linked", "lena", to=first.id)
    assert ref(world, again) in world.client("lena").get(f"/office/breaches/{first.id}").text
    assert ref(world, again) not in world.client("ines").get(f"/office/breaches/{first.id}").text
    assert ref(world, again) in world.client("ivan").get("/office/breaches").text, "he does not read the first"
    assert ref(world, again) not in world.client("lena").get("/office/breaches").text


def test_six_years_on_a_posted_letter_says_nothing_any_more(world: World):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    case = a_case(world, "Pia Lund", kind="involved")
    other = a_case(world, "Pia Lund", kind="involved")
    for each in (case, other):
        each.screened("AL", ("AL-2.1",), "regular", coordinates=False).act(
            "suspended", "ines", words={"why": "Harm.", "letter": LETTER}, because="safety", how="post"
        )
    case.act("not_a_breach", "ines", words={"why": "It was somebody else."})
    assert case_purge.redact(world.database, case.at.replace(year=case.at.year + 6), world.policy) == 1
    with world.database.reading(CONDUCT) as session:
        letters = session.scalars(select(Message).where(Message.channel == "letter_first_class")).all()
        kept = {letter.subject[-11:]: (letter.to, letter.body) for letter in letters}
    assert kept[ref(world, case)] == ("", "")
    assert kept[ref(world, other)] == ("Pia Lund\n7 Elm Row\nMK9 1AA", f"{LETTER}\n\n{BY_LINK}")


@pytest.mark.parametrize("over", ["closed", "redacted"])
def test_the_outside_contact_is_seated_in_no_case_that_is_over(world: World, over: str):
    case = a_case(world).seated("screener", "ines")
    case.act("not_a_breach", "ines", words={"why": "It was somebody else."})
    with world.database.writing(DEMO) as session:
        for seat in session.scalars(select(BreachSeat).where(BreachSeat.case_id == case.id)):
            seat.ends = world.now
        outside = Person(
            ref="outside", role="investigator", name="Ola Berg", email=world.policy.safeguarding.outside_email.value
        )
        session.add(outside)
        if over == "redacted":
            row = session.get_one(BreachCase, case.id)  # one that told of the same thing goes without being closed
            row.closed_at, row.redacted_at = None, world.now
        session.flush()
        world.ids["outside"] = outside.id
    with world.database.writing(CONDUCT) as session:
        case_readers.seat_outside(session, session.get_one(Person, world.ids["outside"]), world.now, world.policy)
    with world.database.reading(world.principal("outside")) as session:
        assert cases.find(session, case.id) is None


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
@pytest.mark.parametrize("who", ["ines", "asha", "olive"])
def test_nobody_gives_themselves_a_seat_or_a_letter_past_the_program(world: World, who: str):
    case = a_case(world, "ben").seated("screener", "ivan")
    me = world.ids[who]
    with world.database.reading(CONDUCT) as session:
        step = cases.steps_of(session, [case.id])[case.id][0].id
    seat = "INSERT INTO breach_seat (id, case_id, person_id, part, starts) VALUES ('1', :case, :me, 'lead', now())"
    told = (
        "INSERT INTO breach_told (id, case_id, step_id, letter, person_id, about_id, subject, body, given_at) "
        "VALUES ('1', :case, :step, 'notice', :me, :me, '', '', now())"
    )
    engine = world.database.writer.execution_options(asking=world.principal(who))
    for statement in (seat, told):
        with pytest.raises(DBAPIError, match="row-level security"), engine.begin() as connection:
            connection.execute(text(statement), {"case": case.id, "me": me, "step": step})
