"""Who must sign or renew something is called before its last day and after it, and then who answers for them too."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.codes import training
from fieldvisit.codes.models import Acknowledgement
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import SENDING
from fieldvisit.messages import code_calls, desk_calls
from fieldvisit.messages.models import Message
from fieldvisit.register import involved
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Firm, Person
from tests.services.test_codes import DAY, a_version, day_of_the_worker, signs, tasks
from tests.telling import Provider
from tests.web.desk_forms import said
from tests.world import World

BOTH = ("sms", "email")
OWN, MANAGED = (words[1].partition("\n")[0] for words in (code_calls.OWN, code_calls.MANAGED))


def mornings(world: World, *days: int, channels: tuple[str, ...] = BOTH) -> None:
    for day in days:
        day_of_the_worker(world, world.now + day * DAY)
        code_calls.call(world.database, world.now + day * DAY, world.policy, channels)


def called(world: World, words: str = OWN, after: int = -1) -> list[str]:
    """Who was called with these words, later than so many days from now; each as often as that."""
    with world.database.reading(SENDING) as session:
        query = select(Message).where(
            Message.kind.in_((desk_calls.KIND, code_calls.KIND)), Message.state != "withdrawn",
            Message.written_at > world.now + after * DAY,
        )  # fmt: skip
        found = [message for message in session.scalars(query) if words in message.body]
        return sorted(message.to.partition("@")[0] for message in found)


def has(world: World, name: str, **facts: Any) -> None:
    with world.database.writing(None) as session:
        for field, value in facts.items():
            setattr(session.get_one(Person, world.ids[name]), field, value)


@pytest.fixture
def nobody_else(world: World) -> None:
    """Of those whom the code binds, asha and olive alone are here."""
    with world.database.writing(None) as session:
        for person in session.scalars(select(Person)):
            if person.visits_homes and person.ref not in ("asha", "olive"):
                person.disabled_at = world.now


# --- codes --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("nobody_else")
def test_a_new_version_calls_when_it_comes_before_the_grace_ends_and_after_it(world: World) -> None:
    a_version(world)
    for day, found in (
        (0, ["asha", "olive"]), (8, []), (9, ["asha", "olive"]), (14, []), (15, ["asha", "olive"]), (28, []), (29, ["olive"]),
        (60, []),
    ):  # fmt: skip
        mornings(world, day, day)
        assert called(world, after=day - 1) == found, day
    assert len(tasks(world, "code_overdue")) == 2


@pytest.mark.usefixtures("nobody_else")
def test_who_has_signed_is_called_no_more(world: World) -> None:
    new = a_version(world)
    mornings(world, 0)
    signs(world, "asha", new)
    mornings(world, 9, 15, 29)
    assert called(world, after=1) == ["olive", "olive", "olive"]


@pytest.mark.usefixtures("nobody_else")
def test_two_codes_are_one_message_in_a_morning(world: World) -> None:
    a_version(world)
    a_version(world, "1", document="AL", binds=("operative", "officer"))
    mornings(world, 0, 1)
    assert called(world) == ["asha", "olive"]


@pytest.mark.usefixtures("nobody_else")
def test_a_small_change_calls_nobody(world: World) -> None:
    a_version(world, significant=False)
    mornings(world, 0, 20, 40)
    assert called(world) == []


@pytest.mark.usefixtures("nobody_else")
def test_once_they_are_late_whoever_answers_for_them_is_called_too(world: World) -> None:
    has(world, "olive", manager_id=world.ids["ines"])
    a_version(world)
    mornings(world, 0, 9, 14)
    assert called(world, MANAGED) == []
    mornings(world, 15)
    assert called(world, MANAGED) == ["ines", "mona"], "the firm's manager, of asha; and whom olive answers to"
    mornings(world, 16, 29, 29)
    assert called(world, MANAGED, after=15) == ["ines"]


@pytest.mark.usefixtures("nobody_else")
def test_who_comes_later_is_asked_at_once_and_once_more(world: World) -> None:
    with world.database.writing(None) as session:
        session.add(Person(ref="nina", role="operative", name="Nina", email="nina@council.example", phone="07700900999",
                           firm_id=world.ids["Brightwater Heating"]))  # fmt: skip
    mornings(world, 0, 4)
    assert called(world) == ["nina"] and called(world, MANAGED) == []
    mornings(world, 5, 6, 90)
    assert called(world) == ["nina", "nina"] and called(world, MANAGED) == ["mona"]
    assert tasks(world, "code_overdue") == []


@pytest.mark.usefixtures("nobody_else")
def test_nothing_that_is_sent_says_of_whom_it_is_which_code_or_that_anybody_is_late(world: World) -> None:
    a_version(world)
    mornings(world, 0, 9, 15, 29)
    with world.database.reading(SENDING) as session:
        sent = list(session.scalars(select(Message).where(Message.kind == desk_calls.KIND)))
    assert {message.subject for message in sent} == {"Please sign in"} and len(sent) > 6
    for message in sent:
        text = f"{message.subject} {message.body}".lower()
        assert not any(
            word in text for word in ("asha", "olive", "late", "overdue", "melton code", "2.0", "block", "visit")
        )


@pytest.mark.usefixtures("nobody_else")
@pytest.mark.parametrize(("facts", "channels", "to"), [
    ({"email": None}, BOTH, "07700900555"), ({}, ("sms",), "07700900555"), ({}, ("email",), "asha"),
    ({"email": None}, ("email",), None), ({"email": None, "phone": "01664 502502"}, BOTH, None),
])  # fmt: skip
def test_it_goes_by_the_ways_that_they_have(
    world: World, facts: dict[str, Any], channels: tuple[str, ...], to: str | None
) -> None:
    has(world, "asha", **({"phone": "07700900555"} | facts))
    has(world, "olive", disabled_at=world.now)
    a_version(world)
    mornings(world, 0, 0, channels=channels)
    assert called(world) == ([to] if to else [])


# --- involved people ----------------------------------------------------------------------------------------------


@pytest.fixture
def rosa(world: World) -> str:
    with world.database.writing(None) as session:
        return involved.take_in(
            session, "panel", "Rosa Quist", starts_on=date(2026, 1, 1), email="rosa@panel.example", phone="07700900777"
        ).id


@pytest.mark.usefixtures("nobody_else")
def test_an_involved_person_is_told_of_their_own_page_and_neither_link_nor_word(world: World, rosa: str) -> None:
    a_version(world, "1", document="AL", binds=("panel",))
    mornings(world, 0, 0, 4)
    with world.database.reading(SENDING) as session:
        [message] = session.scalars(select(Message).where(Message.kind == code_calls.KIND))
        person = session.get_one(InvolvedPerson, rosa)
        assert (message.to, message.channel, message.visit_id, message.home_id) == (person.email, "email", None, None)
        assert person.handle not in message.body and "/p/" not in message.body
        assert "your own page" in message.body and world.policy.council.office_line.value in message.body
    mornings(world, 5)
    assert called(world, "your own page") == ["rosa", "rosa"]


@pytest.mark.usefixtures("nobody_else")
def test_who_takes_no_part_now_is_left_in_peace(world: World, rosa: str) -> None:
    a_version(world, "1", document="AL", binds=("panel",))
    with world.database.writing(None) as session:
        involved.stop(session, rosa, "paused", "case", world.now)
    mornings(world, 0, 5)
    assert called(world, "your own page") == []


@pytest.mark.usefixtures("nobody_else")
def test_an_involved_person_who_is_late_is_a_task_for_whoever_rings_them(world: World, rosa: str) -> None:
    first = a_version(world, "1", document="AL", binds=("panel",))
    with world.database.writing(None) as session:
        session.add(Acknowledgement(involved_id=rosa, code_version_id=first, signed_on=london_date(world.now),
                                    recorded_at=world.now, name="Rosa Quist", how="typed"))  # fmt: skip
    world.now += DAY
    a_version(world, "2", document="AL", binds=("panel",))
    mornings(world, 14)
    assert tasks(world, "code_overdue") == []
    mornings(world, 15, 16)
    [task] = tasks(world, "code_overdue")
    assert (task.about, task.about_id) == ("involved", rosa)
    assert called(world, "your own page") == ["rosa", "rosa"]


# --- what runs out ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("nobody_else")
def test_training_calls_thirty_days_before_five_days_before_and_after_and_its_page_says_what(world: World) -> None:
    last = london_date(world.now) + 40 * DAY
    has(world, "asha", training_until=last)
    assert "What runs out" not in said(world.client("asha").get("/codes"))
    for day, found in ((9, 0), (10, 1), (34, 0), (35, 1), (40, 0), (41, 1), (90, 0)):
        mornings(world, day, day)
        assert called(world, after=day - 1) == ["asha"] * found, day
    assert called(world, MANAGED) == ["mona"], "once it has run out"
    has(world, "asha", training_until=london_date(world.now) + 3 * DAY)
    shown = said(world.client("asha").get("/codes"))
    assert "Safeguarding training" in shown and "until the end of Friday 11 December 2026" in shown


@pytest.mark.usefixtures("nobody_else")
def test_a_check_and_a_card_that_run_out_call_whose_they_are(world: World) -> None:
    last = london_date(world.now)
    has(world, "asha", visit_check="yes", visit_check_until=last)
    with world.database.writing(None) as session:
        training.record(session, session.get_one(Person, world.ids["olive"]), "qualification", "Gas card", last, last,
                        by=world.ids["mona"], at=world.now, key="k" * 32)  # fmt: skip
    mornings(world, 0)
    assert called(world) == ["asha", "olive"]
    assert "Gas card" in said(world.client("olive").get("/codes"))
    assert "The check that you may visit homes" in said(world.client("asha").get("/codes"))


@pytest.mark.usefixtures("nobody_else")
def test_a_firms_insurance_calls_its_managers(world: World) -> None:
    with world.database.writing(None) as session:
        session.get_one(Firm, world.ids["Brightwater Heating"]).insurance_until = london_date(world.now) + 30 * DAY
    mornings(world, 0, 1, 24)
    assert called(world, MANAGED) == ["mona"] and called(world) == []
    mornings(world, 25, 30, 31, 32)
    assert called(world, MANAGED) == ["mona", "mona", "mona"]


# --- the worker ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("nobody_else")
def test_the_worker_calls_in_the_morning_of_a_working_day(
    world: World, works: Any, provider: Provider, clock: Any
) -> None:
    a_version(world)
    clock.move_to(world.now + 4 * DAY)  # a Saturday
    works()
    assert called(world) == []
    clock.move_to(world.now + 6 * DAY)
    works()
    works()
    assert called(world) == ["asha", "olive"]
    assert {each.to for each in provider.ledger.values()} == {"asha@council.example", "olive@council.example"}


@pytest.mark.usefixtures("nobody_else")
def test_a_worker_that_dies_half_way_leaves_the_rest_to_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    a_version(world)
    calls, sent = desk_calls.call, []

    def breaks(*args: Any, **named: Any) -> None:
        if sent:
            raise RuntimeError
        sent.append(1)
        calls(*args, **named)

    monkeypatch.setattr(desk_calls, "call", breaks)
    with pytest.raises(RuntimeError):
        mornings(world, 0)
    monkeypatch.setattr(desk_calls, "call", calls)
    mornings(world, 0)
    assert called(world) == ["asha", "olive"]
