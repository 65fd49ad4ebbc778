"""What a tenant does on her own page, under the visit's lock: once, in the log or beside it, and the desk wakes up."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, TENANT
from fieldvisit.ground.verdict import Allowed, Refused, RefusedError
from fieldvisit.register.service import TENANTS_PAGE
from fieldvisit.tasks import Task
from fieldvisit.visits import tenant_acts as acts
from fieldvisit.visits.models import Entry, Words
from fieldvisit.visits.service import lock
from fieldvisit.visits.tenant_acts import TenantSaid
from tests.stories import Story, a_visit
from tests.world import NOW, World

YES = Allowed()
NO = Refused("no", "Not now.")


@pytest.fixture
def story(world: World) -> Story:
    return a_visit(world, starts=NOW + timedelta(days=1)).told()


def does(story: Story, act, *given, key: str = "", verdict=YES) -> None:
    world = story.world
    with world.database.writing(TENANT) as session:
        visit = lock(session, story.visit_id)
        act(session, visit, *given, verdict, form_key=key or new_id(), at=NOW, policy=world.policy)


def tasks(world: World) -> list[str]:
    with world.database.reading(TENANT) as session:
        return sorted(session.scalars(select(Task.kind)))


def last_entry(story: Story) -> Entry:
    with story.world.database.reading(CHECKING) as session:
        wanted = select(Entry).where(Entry.visit_id == story.visit_id).order_by(Entry.position.desc()).limit(1)
        return session.scalars(wanted).one()


def test_a_line_that_the_tenant_wrote_is_recorded_by_her_own_page_and_at_no_phone(story, world):
    from fieldvisit.register.models import Person

    does(story, acts.confirm)
    entry = last_entry(story)
    with world.database.reading(None) as session:
        assert session.get_one(Person, entry.recorded_by).ref == TENANTS_PAGE
    assert (entry.device, entry.grant_id) == ("desk", None)


def test_her_words_are_beside_the_log_and_never_in_it(story, world):
    does(story, acts.ask_other_time, "Not on Wednesdays")
    entry = last_entry(story)
    assert entry.body == {"code": "asks_other_time"}
    with world.database.reading(CHECKING) as session:
        assert session.scalars(select(Words.text).where(Words.entry_id == entry.id)).all() == ["Not on Wednesdays"]


ACTS = {
    "another time": (acts.ask_other_time, ("x",), "asks_other_time"),
    "no": (acts.say_no, ("x",), "tenant_said_no"),
    "who": (acts.say_who, (["interpreter"], "x"), "tenant_asks"),
    "not good": (acts.say_how_it_went, (False, "x"), "not_good"),
    "complaint": (acts.complain, ("x",), "complaint"),
    "dispute": (acts.dispute, ("x",), "no_access_disputed"),
}


@pytest.mark.parametrize("name", ACTS)
def test_each_act_wakes_the_desk_once_however_often_its_form_is_sent(name, story, world):
    act, given, task = ACTS[name]
    key = new_id()
    for _ in range(3):
        does(story, act, *given, key=key)
    assert tasks(world) == [task]


@pytest.mark.parametrize("name", ACTS)
def test_what_a_rule_refuses_leaves_nothing_behind(name, story, world):
    act, given, _ = ACTS[name]
    with pytest.raises(RefusedError):
        does(story, act, *given, verdict=NO)
    assert tasks(world) == []
    assert last_entry(story).kind == "notice.recorded"
    with world.database.reading(TENANT) as session:
        assert session.scalars(select(TenantSaid)).all() == []


@pytest.mark.parametrize("name", ACTS)
def test_a_form_sent_again_is_done_whatever_the_rule_says_by_now(name, story):
    act, given, _ = ACTS[name]
    key = new_id()
    does(story, act, *given, key=key)
    does(story, act, *given, key=key, verdict=NO)


def test_the_same_form_with_other_words_is_refused(story):
    key = new_id()
    does(story, acts.complain, "He never came", key=key)
    with pytest.raises(RefusedError, match="with other words"):
        does(story, acts.complain, "He came late", key=key)


def test_one_form_pressed_twice_at_one_instant_is_one_complaint(story, world):
    key, errors = new_id(), []

    def press() -> None:
        try:
            does(story, acts.complain, "He never came", key=key)
        except Exception as error:
            errors.append(error)

    presses = [threading.Thread(target=press) for _ in range(4)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    assert errors == []
    assert tasks(world) == ["complaint"]


def test_good_asks_nothing_of_the_desk(story, world):
    does(story, acts.say_how_it_went, True, "")
    assert tasks(world) == []
    with world.database.reading(TENANT) as session:
        said = session.scalars(select(TenantSaid)).one()
    assert (said.kind, said.made_at, said.subject_id) == ("good", NOW, world.ids["100030000001"])


def test_what_she_said_is_kept_as_long_as_the_visit(story, world):
    does(story, acts.complain, "He never came \x00 \ud83d")
    with world.database.reading(TENANT) as session:
        said = session.scalars(select(TenantSaid)).one()
    assert said.keep_until == date(2032, 12, 8)
    assert said.words == "He never came  ?"


def test_the_database_itself_keeps_what_she_said_from_workers_and_firms(story, world):
    """PostgreSQL's own wall, asked for the bare table behind the query wall."""
    if world.database.is_sqlite:
        return
    does(story, acts.complain, "He never came")
    seen = {}
    for ref in ("olive", "otto", "asha", "mona", "hana"):
        with world.database.reader.execution_options(asking=world.principal(ref)).connect() as connection:
            seen[ref] = connection.scalar(text("SELECT count(*) FROM tenant_said"))
    assert seen == {"olive": 1, "otto": 0, "asha": 0, "mona": 0, "hana": 0}
