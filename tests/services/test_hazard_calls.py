"""A hazard calls those who answer for it: an emergency at once, each clock before and when it ran out."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit import worker
from fieldvisit.config import Config
from fieldvisit.desk.check import _of_hazards
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CHECKING, DEMO, SENDING, Duty
from fieldvisit.hazards import calling
from fieldvisit.hazards.models import Hazard
from fieldvisit.messages import desk_calls
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Person, PersonDuty
from fieldvisit.visits.models import Job
from tests.services.test_hazards import DAMP, acts, reported, rows, triaged
from tests.telling import Provider
from tests.web.test_job_clocks import imported
from tests.world import World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def at_once(world: World, *minutes: float, channels: tuple[str, ...] = ("email",)) -> None:
    for minute in minutes:
        calling.call_at_once(world.database, world.now + minute * MINUTE, world.policy, channels)


def clocks_at(world: World, *after: timedelta, at_desk: bool = True) -> None:
    for each in after:
        calling.call(world.database, world.now + each, world.policy, set(), at_desk=at_desk)


def called(world: World) -> dict[str, int]:
    with world.database.reading(SENDING) as session:
        found = session.scalars(select(Message).where(Message.kind == desk_calls.KIND, Message.state != "withdrawn"))
        return dict(Counter(message.to.partition("@")[0] for message in found))


def holds(world: World, name: str, duty: Duty) -> None:
    with world.database.writing(DEMO) as session:
        session.add(PersonDuty(person_id=world.ids[name], duty=duty, area_id=None, starts=world.now - DAY, ends=None))


def nobody_holds(world: World, duty: Duty) -> None:
    with world.database.writing(DEMO) as session:
        for row in session.scalars(select(PersonDuty).where(PersonDuty.duty == duty)):
            row.ends = world.now


# --- an emergency -------------------------------------------------------------------------------------------------


def test_one_that_is_ticked_calls_those_on_duty_at_once_and_again_until_an_officer_decides(world: World) -> None:
    case = reported(world, emergency=True)
    at_once(world, 0, 0.5, 14.9)
    assert called(world) == {"dora": 1}
    at_once(world, 15, 20)
    assert called(world) == {"dora": 2}
    triaged(world, case, "significant", "dora")
    at_once(world, 30, 45, 500)
    assert called(world) == {"dora": 2}


def test_one_that_an_officer_finds_urgent_calls_until_somebody_is_named_who_goes(world: World) -> None:
    case = reported(world)
    at_once(world, 0)
    assert called(world) == {}
    triaged(world, case, "emergency", "olive")
    at_once(world, 1, 20)
    assert called(world) == {"dora": 2}
    acts(world, case, "investigating", "olive", how="in_person")
    at_once(world, 60, 120)
    assert called(world) == {"dora": 2}


def test_who_has_decided_so_is_not_called_the_first_time(world: World) -> None:
    triaged(world, reported(world), "emergency", "dora")
    at_once(world, 1)
    assert called(world) == {}
    at_once(world, 16)
    assert called(world) == {"dora": 1}


def test_where_nobody_is_on_duty_whoever_answers_for_repairs_is_called_and_else_every_officer_there(
    world: World,
) -> None:
    reported(world, emergency=True)
    nobody_holds(world, Duty.DUTY)
    at_once(world, 1)
    everybody = called(world)
    assert {"olive", "dora"} <= set(everybody) and "otto" not in everybody
    holds(world, "olive", Duty.REPAIRS_MANAGER)
    at_once(world, 16)
    assert called(world) == everybody | {"olive": 2}


def test_it_goes_by_every_way_that_there_is(world: World) -> None:
    reported(world, emergency=True)
    at_once(world, 0, channels=Sending().ways_out)
    assert called(world) == {}
    at_once(world, 1, channels=Sending(sms="notify", email="smtp").ways_out)
    with world.database.reading(SENDING) as session:
        dora = session.get_one(Person, world.ids["dora"])
    assert called(world) == {"dora": 1, dora.phone: 1}


def test_a_call_says_nothing_of_the_home_or_of_what_was_seen(world: World) -> None:
    reported(world, emergency=True)
    at_once(world, 1)
    with world.database.reading(SENDING) as session:
        [message] = session.scalars(select(Message).where(Message.kind == desk_calls.KIND))
        [case] = session.scalars(select(Hazard))
    text = f"{message.subject} {message.body}".lower()
    assert not any(word in text for word in ("larch", "mould", "damp", "hazard", "emergency", "baby", case.ref.lower()))
    assert (message.visit_id, message.home_id) == (None, None)


def test_it_is_the_worker_process_that_calls_and_goes_on_where_that_breaks(
    world: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported(world, emergency=True)
    monkeypatch.setattr(worker, "now", lambda: world.now)
    monkeypatch.setattr(worker, "_one", lambda *_: False)
    monkeypatch.setattr(worker.watch_calls, "call", lambda *_: 1 / 0)
    config = Config(home=tmp_path, email="smtp", smtp_host="mail.example", smtp_from="desk@council.example")
    worker.run(world.database, config, world.policy, once=True)
    worker.run(world.database, config, world.policy, once=True)
    assert called(world) == {"dora": 1}


# --- clocks -------------------------------------------------------------------------------------------------------


def test_an_emergencys_clock_calls_whoever_has_it_and_those_on_duty_at_any_hour(world: World) -> None:
    case = reported(world, emergency=True)  # known an hour ago: it has 23 hours
    triaged(world, case, "emergency", "olive")
    acts(world, case, "investigating", "olive", how="in_person")
    clocks_at(world, 18 * HOUR, at_desk=False)
    assert called(world) == {}
    clocks_at(world, 19 * HOUR, 20 * HOUR, 23 * HOUR, at_desk=False)
    assert called(world) == {"olive": 1, "dora": 1}
    clocks_at(world, 23 * HOUR + MINUTE, 30 * HOUR, at_desk=False)
    assert called(world) == {"olive": 2, "dora": 2}


def test_a_clock_of_days_calls_whoever_has_it_in_hand_once_before_and_once_when_it_is_over(world: World) -> None:
    holds(world, "dora", Duty.REPAIRS_MANAGER)
    triaged(world, reported(world), "significant", "olive")  # DR-2: Tuesday 22 December
    clocks_at(world, 10 * DAY)
    assert called(world) == {}
    clocks_at(world, 13 * DAY, 13 * DAY, at_desk=False)
    assert called(world) == {}, "nobody is at the desk"
    clocks_at(world, 13 * DAY, 13 * DAY, 14 * DAY)
    assert called(world) == {"olive": 1}
    clocks_at(world, 15 * DAY, 16 * DAY)
    assert called(world) == {"olive": 2, "dora": 1}, "whoever answers for repairs hears that it is over"


def test_what_nobody_has_looked_at_calls_whoever_answers_for_repairs_and_else_those_on_duty(world: World) -> None:
    reported(world)
    clocks_at(world, HOUR)
    assert called(world) == {"dora": 1}, "it is to be looked at today"
    holds(world, "olive", Duty.REPAIRS_MANAGER)
    clocks_at(world, DAY)
    assert called(world) == {"dora": 1, "olive": 1}


def test_who_has_left_the_area_is_not_called_for_it(world: World) -> None:
    triaged(world, reported(world), "significant", "olive")
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["olive"]).disabled_at = world.now
    clocks_at(world, 13 * DAY)
    assert called(world) == {"dora": 1}


def test_a_jobs_clock_calls_once_before_and_once_when_it_is_over(world: World) -> None:
    imported(world, clock="Right to repair", clock_days="3")  # reported on Monday 7: Thursday 10
    clocks_at(world, HOUR)
    assert called(world) == {}
    clocks_at(world, DAY, 2 * DAY)
    assert called(world) == {"dora": 1}
    clocks_at(world, 3 * DAY, 4 * DAY)
    assert called(world) == {"dora": 2}
    with world.database.writing(CHECKING) as session:
        session.scalars(select(Job)).one().clock_done_at = world.now
    imported(world, "JOB-B", clock="Right to repair", clock_days="1")
    clocks_at(world, 4 * DAY)
    assert called(world) == {"dora": 3}


def test_the_worker_calls_in_the_morning_in_one_round_and_not_at_night(
    world: World, works: Any, provider: Provider, clock: Any
) -> None:
    triaged(world, reported(world), "significant", "olive")
    clock.move_to(world.now + 13 * DAY - 3 * HOUR)  # six in the morning
    works()
    assert not provider.ledger
    clock.move_to(world.now + 13 * DAY)
    works()
    works()
    assert [each.to for each in provider.ledger.values()] == ["olive@council.example"]


def test_the_worker_calls_at_night_for_a_clock_of_hours_and_in_the_day_for_one_that_began_today(
    world: World, works: Any, provider: Provider, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sending, "ways_out", ("email",))
    case = reported(world, emergency=True)
    triaged(world, case, "emergency", "olive")
    acts(world, case, "investigating", "olive", how="in_person")
    clock.move_to(world.now + 19 * HOUR)  # four in the morning
    works()
    assert {each.to for each in provider.ledger.values()} == {"olive@council.example", "dora@council.example"}
    clock.move_to(world.now + 6 * DAY)  # Monday, at nine
    works()
    before = len(provider.ledger)
    world.now += 6 * DAY + HOUR
    clock.move_to(world.now)
    reported(world)
    works()
    assert len(provider.ledger) == before + 1, "it is to be looked at today, and the morning's round has been"


# --- a bank holiday that came later -------------------------------------------------------------------------------


def with_a_holiday(policy: Policy, day: date) -> Policy:
    days = replace(policy.working_days, bank_holidays=policy.working_days.bank_holidays | {day})
    return replace(policy, working_days=days)


def test_a_bank_holiday_that_is_proclaimed_later_moves_hazards_and_jobs_the_same_day(world: World) -> None:
    triaged(world, reported(world), "significant")
    imported(world, clock="Right to repair", clock_days="3")
    later = with_a_holiday(world.policy, date(2026, 12, 9))
    before = [rows(world, Hazard)[0].runs_out_at, rows(world, Job)[0].clock_due_at]
    with world.database.reading(CHECKING) as session:
        assert len(list(_of_hazards(session, later))) == 1, "until then the check finds it"
    with world.database.writing(SENDING) as session:
        assert calling.count_anew(session, later) == 2
        assert calling.count_anew(session, later) == 0
    assert [rows(world, Hazard)[0].runs_out_at, rows(world, Job)[0].clock_due_at] == [each + DAY for each in before]
    with world.database.reading(CHECKING) as session:
        assert list(_of_hazards(session, later)) == []


def test_the_worker_counts_anew_every_day(world: World, works: Any, provider: Provider) -> None:
    triaged(world, reported(world, hazard=DAMP), "significant")
    with world.database.writing(SENDING) as session:
        case = session.scalars(select(Hazard)).one()
        right, case.runs_out_at = case.runs_out_at, None
    works()
    assert rows(world, Hazard)[0].runs_out_at == right
