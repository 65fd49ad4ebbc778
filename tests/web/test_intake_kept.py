"""At the phone line nothing that is said is lost to a clash, and nobody learns of a concern by asking or by a gap."""

import contextlib
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit import conduct
from fieldvisit.breaches import cases, links
from fieldvisit.breaches.rules import LIKELY_AN_HOUR
from fieldvisit.db import new_id
from fieldvisit.ground.roles import DEMO, Role
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.apart import KeptApart
from fieldvisit.register.models import Person
from tests.cases import a_case
from tests.stories import a_visit
from tests.web.test_behaviour import NAMED, asks, reports, seats, the_receipt
from tests.web.test_intake_helps import HERE, HTMX, is_warned
from tests.web.test_intake_line import SAID, every_row, take
from tests.world import NOW, World

AGAIN = SAID | HERE | {"k": "c" * 32}


@pytest.fixture
def hana(world: World) -> FlaskClient:
    return world.client("hana")


# --- said later ---------------------------------------------------------------------------------------------------


def test_other_words_on_the_same_form_or_to_another_concern_are_kept_too(world: World):
    anybody = world.client()
    first, second = the_receipt(reports(anybody, 1)), the_receipt(reports(anybody, 2))
    for receipt, words in (
        (first, "He came back"),
        (first, "He came back"),
        (first, "And a cup"),
        (second, "And a cup"),
    ):
        assert "We kept what you added." in asks(anybody, receipt, words=words, k="b" * 32).text
    kept = [row["words"] for row in every_row(world.database, "concern_added")]
    assert sorted(kept) == ["And a cup", "And a cup", "He came back"]


def test_those_seated_see_on_their_list_that_more_was_said_and_not_when(world: World):
    anybody = world.client()
    receipt = the_receipt(reports(anybody, 1))
    seats(world, "ines")
    reports(anybody, 2)
    assert "More was said later" not in world.client("ines").get("/office/breaches").text
    asks(anybody, receipt, words="He came back", k="b" * 32)
    listed = world.client("ines").get("/office/breaches").text
    assert listed.count("More was said later") == 1 and "He came back" not in listed


# --- clashes ------------------------------------------------------------------------------------------------------


def test_a_reference_that_another_case_has_costs_no_case(world: World, hana: FlaskClient, monkeypatch: Any):
    made = iter(["B-222222222", "B-222222222", "B-333333333"])
    monkeypatch.setattr(cases, "_new_ref", lambda: next(made))
    take(hana)
    assert take(hana, SAID | {"k": "d" * 32, "what": "Something else", "same": "no"}).status_code == 303
    assert {row["ref"] for row in every_row(world.database, "breach_case")} == {"B-222222222", "B-333333333"}


def test_the_same_cause_opens_one_case_and_what_is_wrong_is_said_and_not_swallowed(world: World):
    told = {"cause": "gift:1", "heard_at": NOW}
    for _ in range(2):
        with world.database.writing(world.principal("hana")) as session:
            cases.open_case(session, conduct.Reported(**told))
    assert len(every_row(world.database, "breach_case")) == 1
    with pytest.raises(Exception, match=r"(?i)foreign key"), world.database.writing(world.principal("hana")) as session:
        cases.open_case(session, conduct.Reported(cause="gift:2", heard_at=NOW, firm_id=new_id()))


def test_somebody_who_is_not_there_is_asked_for_again_and_what_was_typed_can_be_saved(world: World, hana: FlaskClient):
    answer = take(hana, SAID | {"about_id": "0" * 32})
    assert answer.status_code == 422
    assert "Look this person up once more" in answer.text and SAID["what"] in answer.text
    assert "0" * 32 not in answer.text and every_row(world.database, "concern") == []
    assert take(hana, SAID).status_code == 303


def test_merged_both_ways_at_once_is_merged_once_and_the_other_is_told_so(world: World, monkeypatch: Any):
    anybody = world.client()
    reports(anybody, 1, NAMED)
    reports(anybody, 2, NAMED | {"what": "He swore twice"})
    seats(world, "ines")
    one, other = every_row(world.database, "concern")
    both_look, look, came = threading.Barrier(2), links._pairs, []

    def looks(session: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):  # the other one waits for its turn, as it should
            both_look.wait(0.5)
        return look(session)

    def merge(concern_id: str, reference: str) -> None:
        try:
            with world.database.writing(ines) as session:
                links.merge(session, concern_id, reference, "Both tell of Tuesday", ines)
            came.append("merged")
        except RefusedError as error:
            came.append(error.verdict.code)
        except Exception as error:
            came.append(type(error).__name__)

    monkeypatch.setattr(links, "_pairs", looks)
    ines = world.principal("ines")
    pressed = [threading.Thread(target=merge, args=(a["id"], b["ref"])) for a, b in ((one, other), (other, one))]
    for each in pressed:
        each.start()
    for each in pressed:
        each.join(20)
    assert sorted(came) in (["into-merged", "merged"], ["has-merged", "merged"])


# --- who is meant -------------------------------------------------------------------------------------------------


def test_everybody_is_offered_as_who_is_meant_so_that_nobody_who_is_missing_is_the_reporter(world: World):
    with world.database.writing(DEMO) as session:
        session.add(Person(ref="nomail", role=Role.OPERATIVE, name="Noor Adair", email=None))
    case = a_case(world, subject=None, told_by_id=world.ids["asha"])
    case.seated("screener", "ines")
    page = world.client("ines").get(f"/office/breaches/{case.id}").text
    with world.database.reading(None) as session:
        people = session.scalars(
            select(Person).where(Person.role != Role.TENANT_LINK, Person.disabled_at.is_(None))
        ).all()
    offered = {one.ref for one in people if f'"person:{one.id}"' in page}
    assert offered == {one.ref for one in people} - {"ines"} and {"asha", "nomail"} <= offered


# --- asking whether it is told already ----------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["nothing", "manages", "firm", "interest", "badge", "telephone"])
def test_whoever_is_near_is_told_of_none(world: World, hana: FlaskClient, why: str):
    about = {} if why == "badge" else {"about_id": world.ids["carl"]}
    take(hana, SAID | HERE | about)
    with world.database.writing(DEMO) as session:
        olive, carl = (session.get_one(Person, world.ids[ref]) for ref in ("olive", "carl"))
        match why:
            case "manages" | "badge":
                carl.manager_id = olive.id
            case "firm":
                olive.firm_id = carl.firm_id
            case "telephone":
                carl.phone = olive.phone = "07700 900555"
            case "interest":
                session.add(
                    KeptApart(person_id=olive.id, subject_kind="person", subject_id=carl.id, cause="test",
                              starts=NOW - timedelta(days=1))
                )  # fmt: skip
    assert is_warned(world.client("olive"), AGAIN | about) is (why == "nothing")
    assert is_warned(hana, AGAIN | about)


def test_that_somebody_asked_is_recorded_by_the_hour_and_of_whom_is_not(world: World, clock: Any):
    world.now = NOW + timedelta(minutes=17)
    clock.move_to(world.now)
    hana = world.client("hana")
    take(hana, SAID | HERE)
    for _ in range(3):
        is_warned(hana, AGAIN)
    is_warned(hana, AGAIN | {"badge_number": ""})
    rows = [row for row in every_row(world.database, "access_record") if row["action"] == "search"]
    assert [(row["person_id"], row["object_id"], row["reason"]) for row in rows] == 2 * [
        (world.ids["hana"], "", "is it told already")
    ]
    assert "09:17" not in str(rows[0]["at"])
    assert "MB-1003" not in str(rows) + str(every_row(world.database, "link_try"))


def test_whoever_asks_too_often_within_an_hour_is_answered_no_more_and_may_file_all_the_same(
    world: World, hana: FlaskClient, clock: Any
):
    take(hana, SAID | HERE)
    for number in range(LIKELY_AN_HOUR - 2):
        is_warned(hana, AGAIN | {"happened_where": f"{number} Elm Row, LE13 9AA"})
    assert is_warned(hana, AGAIN), "asked before"
    assert is_warned(hana, AGAIN | {"badge_number": "mb 1003"}), "the same once more"
    assert not is_warned(hana, AGAIN | {"happened_where": "77 Elm Row, LE13 9AA"})
    take(world.client("olive"), SAID | {"happened_where": "78 Elm Row, LE13 9AA", "k": "e" * 32, "what": "Another"})
    new = AGAIN | {"happened_where": "78 Elm Row, LE13 9AA"}
    assert not is_warned(hana, new)
    assert is_warned(world.client("ines"), new), "counted for each person"
    assert take(hana, new).status_code == 303
    world.now = NOW + timedelta(hours=1)
    clock.move_to(world.now)
    assert is_warned(world.client("hana"), new | {"k": "f" * 32})


# --- told twice by people who know no name ------------------------------------------------------------------------

NOBODY = {"badge_number": "", "firm": "Oakline", "about_whom": "a tall man, ginger"}


def test_two_calls_of_one_home_by_people_who_know_no_name_and_no_badge_are_warned_of(world, hana):
    take(hana, SAID | HERE | NOBODY)
    again = SAID | HERE | NOBODY | {"k": "c" * 32}
    assert is_warned(hana, again)
    assert is_warned(hana, again | {"about_whom": "", "firm": "", "what": "He was rude"})
    assert not is_warned(hana, again | {"happened_where": "4 Mill House, LE13 9AB"})
    shown = hana.post("/office/intake/likely", data=again | {"about_whom": "", "what": ""}, headers=HTMX).text
    assert "ginger" not in shown and "Oakline" not in shown and SAID["what"] not in shown


def test_of_somebody_unknown_whoever_was_at_that_home_or_bears_the_name_hears_of_none(world, hana):
    there = SAID | NOBODY | {"happened_where": "4 Quarry Row, LE14 9BA"}
    take(hana, there | {"about_whom": "Somebody called Ines"})
    again = there | {"k": "c" * 32}
    assert is_warned(world.client("otto"), again)
    assert not is_warned(world.client("ines"), again), "she has that name"
    a_visit(world, home="100030000004", lead="otto", by="otto")
    assert not is_warned(world.client("otto"), again), "he was there"
    assert is_warned(hana, again)
