"""Who reads a case and who never does (N1, N2, N3): the pages of whoever is named or near are the same, byte by byte."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from fieldvisit.breaches import case_check, case_purge, case_readers, cases
from fieldvisit.breaches.case_models import BreachCase, BreachSeat, BreachStep, BreachTold, BreachWords
from fieldvisit.ground.roles import CONDUCT, DEMO
from fieldvisit.messages.models import Message
from fieldvisit.register.apart import KeptApart
from fieldvisit.register.models import Person
from tests.cases import INVESTIGATORS, LETTER, Case, a_case, with_investigators
from tests.census.test_no_trace import OWN, pages
from tests.stories import a_visit
from tests.world import LONG_AGO, World

EVERYBODY = {*INVESTIGATORS, "lena"}


def sees(world: World, case: Case) -> set[str]:
    found = set()
    for ref in EVERYBODY:
        with world.database.reading(world.principal(ref)) as session:
            if cases.find(session, case.id):
                found.add(ref)
    return found


def test_whoever_reads_cases_may_look_until_one_is_seated_and_then_only_who_needs_to_know(world: World):
    case = a_case(world)
    assert sees(world, case) == EVERYBODY
    case.seated("screener", "ines", by="iris")
    assert sees(world, case) == {"ines", "iris", "lena"}
    case.seated("decider", "ivan")
    assert sees(world, case) == {"ines", "lena", "ivan"}


def test_nobody_named_sees_it_the_accused_the_reporter_and_who_shares_their_telephone(world: World):
    with_investigators(world)
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["ivor"]).phone = session.get_one(Person, world.ids["iris"]).phone
    case = a_case(world, "ines", told_by_id=world.ids["iris"])
    assert sees(world, case) == {"ivan", "lena"}


@pytest.mark.parametrize("why", ["manages", "is managed", "interest", "other's interest", "home"])
def test_nobody_near_sees_it(world: World, why: str):
    with_investigators(world)
    home = world.ids["100030000001"]
    with world.database.writing(DEMO) as session:
        ivan, olive = session.get_one(Person, world.ids["ivan"]), session.get_one(Person, world.ids["olive"])
        apart = {"cause": "interest:1", "starts": LONG_AGO}
        match why:
            case "manages":
                olive.manager_id = ivan.id
            case "is managed":
                ivan.manager_id = olive.id
            case "interest":
                session.add(KeptApart(person_id=ivan.id, subject_kind="person", subject_id=olive.id, **apart))
            case "other's interest":
                session.add(KeptApart(person_id=olive.id, subject_kind="person", subject_id=ivan.id, **apart))
            case "home":
                session.add(KeptApart(person_id=ivan.id, home_id=home, **apart))
    found = a_case(world, "olive", home_id=home)
    assert sees(world, found) == EVERYBODY - {"ivan"}
    with pytest.raises(Exception, match="cannot take part"):
        found.seated("screener", "ivan")


def test_when_it_is_found_out_who_is_meant_whoever_is_near_loses_it_at_once(world: World):
    case = a_case(world, subject=None)
    assert "ivan" in sees(world, case)
    case.seated("screener", "ines").seated("investigator", "ivan")
    case.act("identified", "ines", subject_kind="person", subject=world.ids["ivan"])
    assert sees(world, case) == {"ines", "lena"}


def test_where_everybody_is_named_or_near_the_outside_contact_is_asked_to_ring_and_finds_it_when_given_a_sign_in(
    world: World,
):
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["lena"]).manager_id = world.ids["ines"]
    with_one = {"ines", "lena"}
    reported_by = world.ids["hana"]
    from fieldvisit import conduct

    with world.database.writing(world.principal("hana")) as session:
        cases.open_case(
            session,
            conduct.Reported(cause="all", heard_at=world.now, subject_id=world.ids["ines"], told_by_id=reported_by),
        )
    case_readers.settle(world.database, world.now, world.policy)
    case_readers.settle(world.database, world.now, world.policy)
    with world.database.reading(CONDUCT) as session:
        [case] = session.scalars(select(BreachCase)).all()
        assert session.scalars(select(BreachSeat)).all() == []
        [message] = session.scalars(select(Message).where(Message.kind == "call_us")).all()
        assert (message.to, "ines" in message.body.lower()) == (world.policy.safeguarding.outside_email.value, False)
    assert not any(world.client(ref).get(f"/office/breaches/{case.id}").status_code == 200 for ref in with_one)
    with world.database.writing(DEMO) as session:
        outside = Person(ref="outside", role="investigator", name="Ola Berg", email=message.to)
        session.add(outside)
        session.flush()
        world.ids["outside"] = outside.id
    assert case.ref in world.client("outside").get("/office/breaches").text


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
@pytest.mark.parametrize("accused", ["asha", "ines"])
def test_the_pages_of_everybody_named_and_near_are_the_same_with_a_case_and_without(
    world: World, accused: str, home: Any
):
    with_investigators(world)
    story = a_visit(world).in_the_home()
    addresses = pages(world, story)
    assert {"/office/breaches", "/office/breaches/report", "/conduct/letters"} <= set(addresses)
    ask = {"mona", "olive", "aud", accused} if accused == "asha" else {"aud", accused}
    without = seen(world, addresses, ask)
    case = a_case(
        world, accused, visit_id=story.visit_id, home_id=world.ids["100030000001"], told_by_id=world.ids["hana"]
    )
    screener = "iris" if accused == "ines" else "lena"
    case.act("seated", "iris" if screener == "lena" else "lena", part="screener", person=world.ids[screener])
    case.act("note", screener, words={"note": "Rang the firm."})
    assert seen(world, addresses, ask) == without, "before the person is told, nothing is anywhere"
    if accused == "asha":
        case.act("screened", screener, document="ME", clauses=["ME-2d"], ladder="conduct")
        case.act("notified", screener, words={"letter": LETTER}, how="page")
        after = seen(world, addresses, ask)
        changed = {key for key in without if without[key] != after[key]}
        theirs = {(accused, "/conduct/letters"), (accused, "/today")}
        assert changed == theirs, "and afterwards their own letter, and on their round that there is one"
        assert (
            after[accused, "/today"][1].count(b"/conduct/letters") == 2
            and b"onduct case" not in after[accused, "/today"][1]
        )
        assert b"hana" not in after[accused, "/conduct/letters"][1].lower()


def seen(world: World, addresses: list[str], people: set[str]) -> dict[tuple[str, str], tuple[int, bytes]]:
    """As a crawl of `test_no_trace`, by these people alone."""
    found = {}
    for ref in sorted(people):
        browser = world.client(ref)
        for address in addresses:
            with browser.get(address) as answer:
                found[ref, address] = answer.status_code, OWN.sub(b"", answer.data)
    return found


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_the_database_itself_keeps_one_case_from_who_sits_in_another(world: World):
    mine, other = a_case(world), a_case(world, "ben")
    for case, who in ((mine, "ines"), (other, "ivan")):
        case.seated("screener", who).seated("decider", "iris" if who == "ines" else "ivor")
        case.act("screened", who, document="ME", clauses=["ME-2d"], ladder="conduct")
        case.act("notified", who, words={"letter": LETTER}, how="page")
    tables = (
        "breach_case",
        "breach_step",
        "breach_words",
        "breach_told",
        "breach_seat",
        "breach_apart",
        "breach_evidence",
    )

    def rows(ref: str) -> dict[str, int]:
        engine = world.database.reader.execution_options(asking=world.principal(ref))
        with engine.connect() as connection:
            return {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables}

    nothing = dict.fromkeys(tables, 0)
    assert rows("ines") == nothing | {
        "breach_case": 1, "breach_step": 6, "breach_words": 1, "breach_told": 1, "breach_seat": 1,
    }  # fmt: skip
    assert rows("asha") == nothing | {"breach_told": 1}
    assert [rows(ref) for ref in ("olive", "mona", "hana", "adam", "aud")] == [nothing] * 5


def test_case_numbers_do_not_count(world: World):
    made = [a_case(world) for _ in range(3)]
    with world.database.reading(CONDUCT) as session:
        refs = [session.get_one(BreachCase, case.id).ref for case in made]
    assert len({ref[:4] for ref in refs}) > 1 and len(set(refs)) == 3


def test_six_years_after_it_was_closed_its_words_go_and_its_numbers_stay(world: World):
    case = a_case(world).screened().told().answered().decided("", considered=["apology", "training"]).communicated()
    case.act("reporter_told", "ivan", how="receipt").act("closed", "ivan")
    closed = case.at
    six_years = closed.replace(year=closed.year + 6)
    day_before = six_years - timedelta(days=1)
    assert case_purge.redact(world.database, day_before, world.policy) == 0
    assert case_purge.redact(world.database, six_years, world.policy) == 1
    assert case_purge.redact(world.database, six_years, world.policy) == 0
    with world.database.reading(CONDUCT) as session:
        row = session.get_one(BreachCase, case.id)
        assert (row.subject_id, row.firm_id, row.document, row.stage) == (None, None, "ME", "closed")
        assert [session.scalars(select(model)).all() for model in (BreachWords, BreachTold)] == [[], []]
        steps = session.scalars(select(BreachStep).where(BreachStep.case_id == case.id)).all()
        assert len(steps) == 13 and not any(world.ids["asha"] in str(step.body) for step in steps)


def test_a_case_that_is_not_what_its_steps_say_is_found(world: World):
    case = a_case(world).screened()
    assert list(case_check.faults(world.database)) == []
    with world.database.writing(CONDUCT) as session:
        session.get_one(BreachCase, case.id).stage = "closed"
    assert list(case_check.faults(world.database)) == [
        f"Conduct case {case.id}: its stage is not what its steps add up to."
    ]


def test_what_told_of_the_same_thing_goes_with_it(world: World):
    case, twin = a_case(world), a_case(world)
    twin.act("linked", "lena", to=case.id)
    case.seated("screener", "ines").act("not_a_breach", "ines", words={"why": "Nobody was there."})
    assert case_purge.redact(world.database, case.at.replace(year=case.at.year + 6), world.policy) == 1
    with world.database.reading(CONDUCT) as session:
        assert session.get_one(BreachCase, twin.id).redacted_at and not session.scalars(select(BreachWords)).all()


def test_an_open_case_is_kept_however_old(world: World):
    a_case(world).screened()
    assert case_purge.redact(world.database, world.now.replace(year=2050), world.policy) == 0
