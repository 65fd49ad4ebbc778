"""An alarm calls those on duty to look at the board, until somebody has taken it; and the phone shows nothing of it."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit import worker
from fieldvisit.config import Config
from fieldvisit.desk.check_calls import of_calls
from fieldvisit.ground.roles import CHECKING, DEMO, SENDING, Duty
from fieldvisit.messages import desk_calls
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Person, PersonDuty
from fieldvisit.safety import calling, words
from fieldvisit.visits.models import VisitWorker
from tests.services.test_safety import DURESS, MINUTE, SAFE, WHY, acts, ticked, watched, with_words
from tests.services.test_safety_words import everything, phone_says, phone_sees
from tests.world import World


def rounds(world: World, *minutes: float, channels: tuple[str, ...] = ("email",)) -> None:
    for minute in minutes:
        calling.call(world.database, world.now + minute * MINUTE, world.policy, channels)


def called(world: World) -> dict[str, int]:
    with world.database.reading(SENDING) as session:
        found = session.scalars(select(Message).where(Message.kind == desk_calls.KIND, Message.state != "withdrawn"))
        return dict(Counter(message.to.partition("@")[0] for message in found))


def test_nobody_is_called_before_it_is_an_alarm(world: World) -> None:
    watched(world)
    for minutes in (10, 30, 36, 44):
        ticked(world, minutes)
        rounds(world, minutes)
    assert called(world) == {}


def test_silence_that_is_an_alarm_calls_those_on_duty_at_once_and_every_five_minutes(world: World) -> None:
    watched(world)
    ticked(world, 45)
    rounds(world, 45, 45.5, 49.9)
    assert called(world) == {"dora": 1}
    rounds(world, 50, 54)
    assert called(world) == {"dora": 2}
    rounds(world, 90)
    assert called(world) == {"dora": 3}, "a worker process that was away makes up for none"
    rounds(world, 106, 130, 164, 166)
    assert called(world) == {"dora": 5}, "after an hour, once an hour"


@pytest.mark.parametrize("act", ["called", "decided", "found_safe"])
def test_whoever_takes_it_ends_the_calls(world: World, act: str) -> None:
    watched(world)
    ticked(world, 45)
    rounds(world, 45)
    acts(world, act, 46, reason=WHY, what="not_now")
    rounds(world, 50, 55, 120)
    assert called(world) == {"dora": 1}


def test_a_call_for_help_and_a_word_under_duress_call_at_once(world: World) -> None:
    with_words(world)
    watched(world)
    phone_says(world, SAFE, 5)
    rounds(world, 5)
    assert called(world) == {}
    phone_says(world, DURESS, 10)
    rounds(world, 10)
    assert called(world) == {"dora": 1}


def test_a_word_under_duress_calls_again_although_the_alarm_was_taken(world: World) -> None:
    watched(world)
    ticked(world, 45)
    acts(world, "decided", 46, reason=WHY, what="not_now")
    rounds(world, 46)
    assert called(world) == {}
    acts(world, "spoke", 50, word="duress", reason=WHY)
    rounds(world, 50)
    assert called(world) == {"dora": 1}, "whoever heard the word does not see what it was"


def test_the_call_names_nobody_and_leaves_nothing_that_the_phone_or_the_visit_could_show(world: World) -> None:
    with_words(world)
    watched(world)
    phone_says(world, DURESS, 10)
    before, seen = everything(world), phone_sees(world, 10)
    rounds(world, 10)
    assert phone_sees(world, 10) == seen
    with world.database.reading(SENDING) as session:
        [message] = session.scalars(select(Message).where(Message.kind == desk_calls.KIND))
    text = f"{message.subject} {message.body}".lower()
    assert not any(word in text for word in ("asha", "alarm", "duress", "watch", "larch", "worker", "help"))
    assert (message.visit_id, message.home_id) == (None, None)
    assert everything(world).count("'stage_after'") == before.count("'stage_after'")


def test_nobody_who_may_stand_beside_them_is_called(world: World) -> None:
    story = watched(world)
    with world.database.writing(DEMO) as session:
        session.add(PersonDuty(person_id=world.ids["olive"], duty=Duty.DUTY, area_id=None, starts=world.now, ends=None))
        session.add(
            VisitWorker(visit_id=story.visit_id, person_id=world.ids["dora"], lead=False, starts=world.now, ends=None)
        )
    ticked(world, 45)
    rounds(world, 45)
    assert called(world) == {"olive": 1}


def test_with_nobody_on_duty_the_firms_managers_are_called(world: World) -> None:
    watched(world)
    with world.database.writing(DEMO) as session:
        for row in session.scalars(select(PersonDuty).where(PersonDuty.duty == Duty.DUTY)):
            row.ends = world.now
    ticked(world, 45)
    rounds(world, 45)
    assert called(world) == {"mona": 1}


def test_a_text_goes_to_their_telephone_and_nothing_where_nothing_leaves(world: World) -> None:
    watched(world)
    ticked(world, 45)
    rounds(world, 45, channels=Sending().ways_out)
    assert called(world) == {}
    rounds(world, 45, channels=Sending(sms="notify", email="smtp").ways_out)
    with world.database.reading(SENDING) as session:
        dora = session.get_one(Person, world.ids["dora"])
    assert called(world) == {"dora": 1, dora.phone: 1}


def test_the_page_and_the_check_say_when_nobody_is_called(world: World, tmp_path: Any) -> None:
    assert "Nobody is called" in words.say_who_is_called((), world.policy)
    assert "by e-mail" in words.say_who_is_called(("email",), world.policy)
    config = Config(home=tmp_path, pilot=True)
    with world.database.reading(CHECKING) as session:
        said = list(of_calls(session, config, world.now))
        assert any("calls nobody: set FIELDVISIT_EMAIL" in one for one in said)
        assert list(of_calls(session, Config(home=tmp_path), world.now)) == []


def test_it_is_the_worker_process_that_calls_and_goes_on_where_that_breaks(
    world: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched(world)
    ticked(world, 45)
    monkeypatch.setattr(worker, "now", lambda: world.now + 45 * MINUTE)
    monkeypatch.setattr(worker, "_one", lambda *_: False)
    config = Config(home=tmp_path, email="smtp", smtp_host="mail.example", smtp_from="desk@council.example")
    worker.run(world.database, config, world.policy, once=True)
    assert called(world) == {"dora": 1}
    monkeypatch.setattr(calling, "call", lambda *_: 1 / 0)
    worker.run(world.database, config, world.policy, once=True)
