"""A call to the desk that does not arrive goes by text; what arrives by neither, whoever looks after its receiver is told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.ground.roles import DEMO, SENDING, Duty
from fieldvisit.jobs import Work
from fieldvisit.messages import desk_calls
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.models import Message
from fieldvisit.messages.outgoing import NeverError
from fieldvisit.register.models import Person, PersonDuty
from fieldvisit.tasks import FOR_ASKED, Task, TaskAsked
from tests.telling import Provider, hears, rows
from tests.web.desk_forms import said
from tests.world import LONG_AGO, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOTH = ("sms", "email")


@pytest.fixture(autouse=True)
def goes_out(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """By texts and e-mails; dora alone is on duty."""
    monkeypatch.setattr(Sending, "ways_out", BOTH)
    with world.database.writing(DEMO) as session:
        for row in session.scalars(select(PersonDuty).where(PersonDuty.person_id == world.ids["otto"])):
            row.ends = world.now


def calls(
    world: World, *names: str, cause: str = "complaint:1", channels: tuple[str, ...] = ("email",), **how: Any
) -> None:
    with world.database.writing(SENDING) as session:
        people = session.scalars(select(Person).where(Person.id.in_([world.ids[name] for name in names]))).all()
        for channel in channels:
            desk_calls.call(
                session, people, cause if channel == "email" else f"{cause}:{channel}", told=set(), at=world.now,
                policy=world.policy, channel=channel, **how,
            )  # fmt: skip


def sent(world: World, channel: str) -> list[Message]:
    with world.database.reading(SENDING) as session:
        query = select(Message).where(Message.kind == desk_calls.KIND, Message.channel == channel)
        return list(session.scalars(query.order_by(Message.written_at, Message.id)))


def comes_back(world: World, works: Any, *messages: Message, status: str = "permanent-failure") -> None:
    for message in messages:
        hears(world, message.id, status, world.now)
    works()


def has(world: World, name: str, **facts: Any) -> None:
    with world.database.writing(DEMO) as session:
        for field, value in facts.items():
            setattr(session.get_one(Person, world.ids[name]), field, value)


def holds(world: World, name: str, duty: Duty) -> None:
    with world.database.writing(DEMO) as session:
        session.add(PersonDuty(person_id=world.ids[name], duty=duty, area_id=None, starts=LONG_AGO))


def told(world: World) -> list[tuple[str, str]]:
    """Of whom, and who is asked to see to it."""
    names = {person_id: name for name, person_id in world.ids.items()}
    with world.database.reading(SENDING) as session:
        query = select(Task, TaskAsked.person_id).join(TaskAsked, TaskAsked.task_id == Task.id)
        found = session.execute(query.where(Task.kind == desk_calls.UNHEARD)).all()
        assert all((task.about, task.area_id) == (FOR_ASKED, None) for task, _ in found)
        return sorted((names[task.about_id], names[asked]) for task, asked in found)


@pytest.mark.parametrize("status", ["permanent-failure", "temporary-failure", "technical-failure"])
def test_one_that_comes_back_goes_by_text_with_the_same_words(
    world: World, works: Any, provider: Provider, status: str
) -> None:
    calls(world, "ines")
    works()
    [mail] = sent(world, "email")
    comes_back(world, works, mail, status=status)
    [text] = sent(world, "sms")
    assert (text.body, text.to.startswith("07700900")) == (mail.body, True)
    assert provider.ledger[text.id].to == text.to and "Please sign in" in text.body
    comes_back(world, works, mail, status=status)
    assert len(sent(world, "sms")) == 1 and told(world) == []


def test_one_that_is_refused_at_once_does_too(world: World, works: Any, provider: Provider) -> None:
    provider.fails = NeverError("permanent-failure", "no such mailbox")
    calls(world, "ines")
    works()
    assert len(sent(world, "email")) == len(sent(world, "sms")) == 1 and told(world) == [("ines", "dora")]


def test_one_that_arrives_or_is_still_on_its_way_goes_by_nothing_else(
    world: World, works: Any, provider: Provider
) -> None:
    calls(world, "ines")
    works()
    assert sent(world, "sms") == []
    comes_back(world, works, *sent(world, "email"), status="delivered")
    assert sent(world, "sms") == [] and told(world) == []


def test_in_the_night_one_that_can_wait_waits_for_the_morning(
    world: World, works: Any, provider: Provider, clock: Any
) -> None:
    calls(world, "ines")
    calls(world, "dora", cause="emergency:1", words=desk_calls.AT_ONCE)
    works()
    world.now += 17 * HOUR  # two at night
    clock.move_to(world.now)
    comes_back(world, works, *sent(world, "email"))
    assert [text.to for text in sent(world, "sms")] == [phone_of(world, "dora")], "hers cannot wait"
    clock.move_to(world.now + 6 * HOUR - timedelta(seconds=1))
    works()
    assert len(sent(world, "sms")) == 1
    clock.move_to(world.now + 6 * HOUR)
    works()
    assert [text.to for text in sent(world, "sms")] == [phone_of(world, "dora"), phone_of(world, "ines")]


def phone_of(world: World, name: str) -> str:
    with world.database.reading(SENDING) as session:
        return session.get_one(Person, world.ids[name]).phone


def test_what_went_by_both_at_once_goes_by_neither_again(world: World, works: Any, provider: Provider) -> None:
    calls(world, "dora", channels=BOTH, words=desk_calls.AT_ONCE)
    works()
    [mail], [text] = sent(world, "email"), sent(world, "sms")
    comes_back(world, works, mail)
    assert [one.id for one in sent(world, "sms")] == [text.id] and told(world) == []
    comes_back(world, works, text)
    assert told(world) == [], "nobody else is there to be told of the one who has the duty"
    holds(world, "olive", Duty.DUTY)
    calls(world, "dora", channels=BOTH, words=desk_calls.AT_ONCE, cause="again")
    works()
    comes_back(world, works, *sent(world, "email"), *sent(world, "sms"))
    assert told(world) == [("dora", "olive")]


@pytest.mark.parametrize(
    ("name", "facts", "asked"),
    [
        ("ines", {}, "dora"),
        ("ines", {"manager_id": "olive"}, "olive"),
        ("ines", {"manager_id": "mona"}, "dora"),  # a firm's manager has no tasks
        ("ines", {"phone": "01664 502502"}, "dora"),
        ("ines", {"phone": ""}, "dora"),
    ],
)
def test_by_neither_is_a_task_of_whoever_looks_after_them(
    world: World, works: Any, provider: Provider, name: str, facts: dict[str, str], asked: str
) -> None:
    has(world, name, **{field: world.ids.get(value, value) for field, value in facts.items()})
    calls(world, name)
    works()
    comes_back(world, works, *sent(world, "email"))
    comes_back(world, works, *sent(world, "sms"))
    assert told(world) == [(name, asked)]


@pytest.mark.parametrize(("name", "duty"), [("ines", Duty.COMPLAINTS_SENIOR), ("mona", Duty.REPAIRS_MANAGER)])
def test_without_a_manager_it_is_who_stands_in_or_the_contact_of_contractors(
    world: World, works: Any, provider: Provider, monkeypatch: pytest.MonkeyPatch, name: str, duty: Duty
) -> None:
    monkeypatch.setattr(Sending, "ways_out", ("email",))
    holds(world, "olive", duty)
    calls(world, name)
    works()
    comes_back(world, works, *sent(world, "email"))
    assert told(world) == [(name, "olive")] and sent(world, "sms") == [], "no text goes out here"


def test_it_is_one_task_in_a_month_seen_by_whom_it_asks_alone_and_it_says_who(
    world: World, works: Any, provider: Provider, clock: Any
) -> None:
    has(world, "ines", manager_id=world.ids["olive"], phone="")
    for number in range(3):
        calls(world, "ines", cause=f"complaint:{number}")
    works()
    comes_back(world, works, *sent(world, "email"))
    assert len(told(world)) == 1 and not [
        work for work in rows(world, Work) if work.kind == "hear" and not work.done_at
    ]
    office = said(world.client("olive").get("/office/tasks"))
    assert "reached by neither e-mail nor text" in office and "Ines" in office and "have both put right" in office
    assert "complaint" not in office
    assert "neither e-mail" not in said(world.client("dora").get("/office/tasks"))
    world.now += 31 * DAY
    clock.move_to(world.now)
    calls(world, "ines", cause="complaint:4")
    works()
    comes_back(world, works, sent(world, "email")[-1])
    assert len(told(world)) == 2


def test_whose_address_was_put_right_or_who_has_left_is_let_be(world: World, works: Any, provider: Provider) -> None:
    calls(world, "ines", "olive")
    works()
    has(world, "ines", email="ines@new.example")
    has(world, "olive", disabled_at=world.now)
    comes_back(world, works, *sent(world, "email"))
    assert sent(world, "sms") == [] and told(world) == []


def test_nobody_is_told_of_themselves_by_another_account(world: World, works: Any, provider: Provider) -> None:
    has(world, "ines", phone="01664 502502")
    has(world, "dora", phone="01664502502")
    calls(world, "ines")
    works()
    comes_back(world, works, *sent(world, "email"))
    assert told(world) == []
