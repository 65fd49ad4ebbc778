"""Those seated are called when a clock of their case runs out, and when more was said: once, with no word of what it is,
and nobody whom it is about, or near, sees that anybody was."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.breaches import case_calls, case_readers
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import CONDUCT, DEMO
from fieldvisit.messages import desk_calls
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Person
from tests.cases import Case, a_case, a_code, an_involved, with_investigators
from tests.census.test_no_trace import pages
from tests.services.test_breach_readers import EVERYBODY, seen
from tests.stories import a_visit
from tests.telling import Provider
from tests.web.test_behaviour import NAMED, asks, reports, the_receipt
from tests.web.test_intake_line import every_row
from tests.world import World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def goes(world: World, at: datetime | None = None) -> None:
    case_calls.call(world.database, at or world.now, world.policy, set())


def sent(world: World) -> dict[str, int]:
    """To whom an e-mail went out, and how many."""
    with world.database.reading(CONDUCT) as session:
        found = session.scalars(select(Message).where(Message.kind == desk_calls.KIND, Message.state != "withdrawn"))
        return dict(Counter(message.to.partition("@")[0] for message in found))


def test_whoever_has_the_part_is_called_once_before_and_once_when_it_ran_out(world: World):
    a_case(world).seated("screener", "ines")  # it is to be looked at by the end of tomorrow
    for _ in range(2):
        goes(world)
    goes(world, world.now + DAY)
    assert sent(world) == {"ines": 1}
    for days in (2, 2, 3, 40):
        goes(world, world.now + days * DAY)
    assert sent(world) == {"ines": 2}


def test_the_decider_is_called_for_what_is_the_deciders(world: World):
    case = a_case(world).screened().told(at=world.now).answered(at=world.now + HOUR)
    goes(world, world.now + 2 * HOUR)
    assert sent(world) == {"ivan": 1}, "an answer came"
    case.decided(at=world.now + 3 * HOUR)
    goes(world, world.now + DAY)
    assert sent(world) == {"ivan": 1}, "Melton sets no day for telling"


def test_an_appeal_calls_everybody_who_reads_it_until_somebody_else_is_to_decide_it(world: World):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    case = a_case(world, "Pia Lund", kind="involved", heard_at=world.now - 3 * DAY)
    case.screened("AL", ("AL-2.1",), "regular", coordinates=False).told().answered()
    case.decided("", considered=["aware_warned"]).communicated()
    before = Counter(sent(world))
    case.act("appealed", words={"appeal": "I did not do it."})
    goes(world)
    assert Counter(sent(world)) - before == {"ines": 1, "ivan": 1, "lena": 1}
    case.seated("appeal", "iris")
    goes(world)
    assert sent(world)["iris"] == 1


def test_what_waits_for_a_second_person_calls_the_others_and_what_came_back_whoever_proposed_it(world: World):
    case = a_case(world).screened()
    case.proposed("not_a_breach", "ines", words={"why": "It was somebody else."})
    for _ in range(2):
        goes(world)
    assert sent(world) == {"ivan": 1, "lena": 1}
    case.says("sent_back", "lena", words={"why": "Who was it?"}, what="not_a_breach")
    goes(world)
    assert sent(world) == {"ines": 1, "ivan": 1, "lena": 1}


def test_where_nobody_is_seated_everybody_who_may_read_it_is_called(world: World):
    a_case(world, "ines")
    goes(world)
    assert sent(world) == dict.fromkeys(EVERYBODY - {"ines"}, 1), "and never whom it is about"


def test_one_e_mail_of_a_round_is_enough_whatever_else_waits(world: World):
    for _ in range(3):
        a_case(world).seated("screener", "ines")
    goes(world)
    assert sent(world) == {"ines": 1}
    goes(world)
    assert sent(world) == {"ines": 1}, "the two others have called as well"
    a_case(world).seated("screener", "ines")
    goes(world)
    assert sent(world) == {"ines": 2}


def test_what_it_says_leads_nowhere(world: World):
    case = a_case(world).seated("screener", "ines")
    goes(world)
    with world.database.reading(CONDUCT) as session:
        [message] = session.scalars(select(Message).where(Message.kind == desk_calls.KIND))
        said = f"{message.subject} {message.body}".lower()
        assert not any(word in said for word in ("case", "conduct", "breach", "asha", "b-", "concern", "code"))
        assert (message.visit_id, message.home_id, case.id in said) == (None, None, False)
        assert message.id not in str(every_row(world.database, "breach_case"))


def test_whoever_has_come_near_is_not_called_though_their_seat_has_not_ended_yet(world: World):
    a_case(world).seated("screener", "ines")
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["asha"]).manager_id = world.ids["ines"]
    goes(world)
    assert sent(world) == {"lena": 1}, "who seats another"


@pytest.mark.parametrize("accused", ["asha", "ines"])
def test_nobody_near_sees_that_anybody_was_called(world: World, accused: str):
    story = a_visit(world).in_the_home()
    addresses = [each for each in pages(world, story) if not each.startswith("/static")]
    a_case(world, accused, visit_id=story.visit_id, home_id=world.ids["100030000001"], told_by_id=world.ids["hana"])
    ask = {"mona", "olive", "aud", accused} if accused == "asha" else {"aud", accused}
    without = seen(world, addresses, ask)
    goes(world)
    goes(world, world.now + 3 * DAY)
    assert sent(world)
    assert seen(world, addresses, ask) == without


def test_of_two_linked_cases_the_first_calls_and_who_sits_in_the_other_alone_is_called_too(world: World):
    first, again = a_case(world).seated("screener", "ines"), a_case(world).seated("screener", "ivan")
    again.act("linked", "lena", to=first.id)
    goes(world)
    assert sent(world) == {"ines": 1, "ivan": 1}, "lena sits in both"


# --- the worker ---------------------------------------------------------------------------------------------------


def test_a_worker_that_dies_half_way_calls_nobody_twice_and_forgets_nobody(
    world: World, works: Any, provider: Provider, monkeypatch: pytest.MonkeyPatch, clock: Any
):
    a_case(world).seated("screener", "ines")
    a_case(world).seated("screener", "ivan")
    whole, calls = desk_calls.call, []

    def dies(*given: Any, **more: Any) -> None:
        if calls:
            raise KeyboardInterrupt
        calls.append(1)
        whole(*given, **more)

    monkeypatch.setattr(desk_calls, "call", dies)
    with pytest.raises(KeyboardInterrupt):
        works()
    monkeypatch.setattr(desk_calls, "call", whole)
    clock.move_to(world.now + timedelta(minutes=6))  # its lease is over
    works()
    works()
    gone = [each.to for each in provider.ledger.values()]
    assert sorted(gone) == ["ines@council.example", "ivan@council.example"]
    assert {each.body for each in provider.ledger.values()} == {
        desk_calls.BODY.format(council=world.policy.council.name)
    }


def test_nobody_is_called_at_night_or_at_a_weekend(world: World, works: Any, provider: Provider, clock: Any):
    a_case(world).seated("screener", "ines")
    clock.move_to(world.now.replace(hour=2))
    works()
    assert provider.ledger == {}
    clock.move_to(world.now)
    works()
    assert len(provider.ledger) == 1
    clock.move_to(world.now + 4 * DAY)  # Saturday: it has run out
    works()
    assert len(provider.ledger) == 1
    clock.move_to(world.now + 6 * DAY)
    works()
    assert len(provider.ledger) == 2


# --- words that are added -----------------------------------------------------------------------------------------


def _a_report(world: World, said: dict[str, str] | None = None) -> str:
    """Its receipt, or its reference; ines alone is to look at it, and lena chose her."""
    with_investigators(world)
    answer = reports(world.client(), 1, said) if said else reports(world.client(), 1)
    case_readers.settle(world.database, world.now, world.policy)
    (case,) = every_row(world.database, "breach_case")
    found = Case(world, case["id"], world.now)
    found.seated("screener", "ines")
    goes(world)
    return the_receipt(answer) if said is None else every_row(world.database, "concern")[0]["ref"]


def test_words_of_somebody_who_gave_a_name_call_within_ten_minutes(world: World, works: Any, clock: Any):
    reference = _a_report(world, NAMED)
    works()
    before = Counter(sent(world))
    hana = world.client("hana")
    for _ in range(2):
        hana.post("/office/intake/more", data={"number": reference, "words": "He was here again", "k": "1" * 32})
    clock.move_to(world.now + timedelta(minutes=11))
    works()
    assert Counter(sent(world)) - before == {"ines": 1, "lena": 1}
    clock.move_to(world.now + DAY)
    works()
    after = Counter(sent(world))
    clock.move_to(world.now + DAY + timedelta(minutes=20))
    works()
    assert Counter(sent(world)) == after


def test_words_of_an_anonymous_caller_call_in_the_morning_after(world: World, works: Any, clock: Any):
    receipt = _a_report(world)
    works()
    before = Counter(sent(world))
    asks(world.client(), receipt, words="He was here again", k="5" * 32)
    for later in (timedelta(minutes=11), 5 * HOUR):
        clock.move_to(world.now + later)
        works()
    assert Counter(sent(world)) == before, "its minute would tell when they rang"
    clock.move_to(world.now + DAY)
    works()
    assert Counter(sent(world)) - before == {"ines": 1, "lena": 1}
    with world.database.reading(CONDUCT) as session:
        written = session.scalars(select(Message.written_at).where(Message.kind == desk_calls.KIND)).all()
    assert {london_date(each) for each in written if each > world.now} == {london_date(world.now + DAY)}
