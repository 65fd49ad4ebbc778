"""Involved residents and panel members: a link that a copy of the database does not open, and a word of their own (R8)."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.declarations import interests, undertakings
from fieldvisit.declarations.models import Undertaking
from fieldvisit.ground.roles import INVOLVED
from fieldvisit.register import involved
from fieldvisit.register.involved import InvolvedPerson, InvolvedTry, Knock
from tests.world import World

KEY = involved.key_of_links(b"this home's secret")
OTHERS = involved.key_of_links(b"another home's")
HOUR = timedelta(hours=1)


@pytest.fixture
def rosa(world: World) -> str:
    with world.database.writing(None) as session:
        return involved.take_in(
            session, "resident", "Rosa Quist", starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1)
        ).id


def knocks(world: World, id_: str, word: str | None = None, *, token: str | None = None, at=None, key: bytes = KEY):
    """word: None, the right one."""
    with world.database.writing(None) as session:
        person = session.get_one(InvolvedPerson, id_)
        token = involved.token_of(person, key) if token is None else token
        word = involved.word_of(person, KEY) if word is None else word
        found = involved.knock(session, token, word, KEY, at or world.now)
        return found if isinstance(found, Knock) else found.name


def test_link_and_word_together_open_and_neither_alone(world: World, rosa: str):
    assert knocks(world, rosa) == "Rosa Quist"
    assert knocks(world, rosa, "") is Knock.NO_WORD
    assert knocks(world, rosa, "KKKK KKKK") is Knock.WRONG
    assert knocks(world, rosa, token="AAAAAAAAAAAAAAAA") is Knock.NOBODY
    assert knocks(world, rosa, key=OTHERS) is Knock.NOBODY


def test_the_word_is_forgiven_its_blanks_and_small_letters(world: World, rosa: str):
    with world.database.reading(None) as session:
        word = involved.word_of(session.get_one(InvolvedPerson, rosa), KEY)
    assert len(word) == 9
    assert knocks(world, rosa, word.lower().replace(" ", "-")) == "Rosa Quist"


def test_nothing_of_the_word_or_the_link_is_in_the_database(world: World, rosa: str):
    with world.database.reading(None) as session:
        person = session.get_one(InvolvedPerson, rosa)
        kept = " ".join(str(value) for value in vars(person).values())
        assert involved.word_of(person, KEY) not in kept
        assert involved.token_of(person, KEY) not in kept


@pytest.mark.parametrize(("wrong", "then"), [(4, "Rosa Quist"), (5, Knock.WAIT), (6, Knock.WAIT)])
def test_five_wrong_words_close_this_link_for_an_hour_and_no_other(world: World, rosa: str, wrong, then):
    with world.database.writing(None) as session:
        other = involved.take_in(session, "panel", "Paul Ames", starts_on=date(2026, 1, 1)).id
    for _ in range(wrong):
        knocks(world, rosa, "WRNG WRNG")
    assert knocks(world, rosa) == then
    assert knocks(world, other) == "Paul Ames"
    assert knocks(world, rosa, at=world.now + HOUR) == "Rosa Quist"


def test_a_new_link_makes_the_old_one_and_its_word_open_nothing(world: World, rosa: str):
    with world.database.writing(None) as session:
        person = session.get_one(InvolvedPerson, rosa)
        old_link, old_word = involved.token_of(person, KEY), involved.word_of(person, KEY)
        involved.renew_link(session, person, by=world.ids["olive"], at=world.now, policy=world.policy)
    assert knocks(world, rosa, token=old_link) is Knock.NOBODY
    assert knocks(world, rosa, old_word) is Knock.WRONG
    assert knocks(world, rosa) == "Rosa Quist"


@pytest.mark.parametrize(("days", "opens"), [(179, True), (180, True), (181, False)])
def test_a_link_lives_for_half_a_year_after_the_last_day_so_that_somebody_may_appeal(
    world: World, rosa: str, days, opens
):
    at = world.now.replace(year=2027, month=1, day=1) + timedelta(days=days)
    assert (knocks(world, rosa, at=at) == "Rosa Quist") is opens


@pytest.mark.parametrize(
    ("day", "is_involved"),
    [(date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2027, 1, 1), True), (date(2027, 1, 2), False)],
)
def test_somebody_is_involved_from_the_first_day_to_the_last(world: World, rosa: str, day, is_involved):
    with world.database.reading(None) as session:
        assert session.get_one(InvolvedPerson, rosa).is_involved(day) is is_involved
        assert bool(involved.involved_now(session, day)) is is_involved


def test_wrong_words_of_more_than_an_hour_ago_are_forgotten(world: World, rosa: str):
    knocks(world, rosa, "WRNG WRNG")
    knocks(world, rosa, at=world.now + HOUR)
    with world.database.reading(None) as session:
        assert session.scalars(select(InvolvedTry)).all() == []


def test_another_kind_of_involvement_is_our_own_mistake(world: World):
    with world.database.writing(None) as session, pytest.raises(ValueError, match="resident, panel"):
        involved.take_in(session, "tenant", "Nobody", starts_on=date(2026, 1, 1))


def test_of_two_who_press_sign_at_once_under_an_agreement_the_first_stands(
    world: World, rosa: str, monkeypatch: pytest.MonkeyPatch
):
    usual = interests.review_on
    how = {"agrees": True, "key": new_id(), "at": world.now, "policy": world.policy}
    with world.database.writing(INVOLVED) as session:
        person = session.get_one(InvolvedPerson, rosa)

        def the_other_press(today: date, policy: Any) -> date:
            monkeypatch.setattr(interests, "review_on", usual)
            undertakings.sign(session, person, "confidentiality", "Rosa Quist", **how)
            return usual(today, policy)

        monkeypatch.setattr(interests, "review_on", the_other_press)
        undertakings.sign(session, person, "confidentiality", "Somebody Else", **how)
        rows = session.scalars(select(Undertaking).where(Undertaking.involved_id == rosa))
        assert [row.name for row in rows] == ["Rosa Quist"]
