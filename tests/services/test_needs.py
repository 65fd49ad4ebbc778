"""Changing what a household asked for: once, kindly refused, told to its open visits; warnings and their reviews."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from fieldvisit import schema
from fieldvisit.db import Database
from fieldvisit.ground.roles import CHECKING, DEMO, TENANT
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register import needs_service as needs
from fieldvisit.register.models import Household, HouseholdContact, Resident
from fieldvisit.register.needs_service import Named
from fieldvisit.tasks import Task
from fieldvisit.visits.round_page import todays_round
from tests.importing import HOMES, PEOPLE, Importing
from tests.stories import FIRST_HOME, a_visit
from tests.world import NOW, World

TODAY = NOW.date()
OTHER_HOME = "100030000002"
DAY = timedelta(days=1)
NEIGHBOUR = Named("Ida  Rook", "+44 1632 960123", "after 5pm", agreed=True)


def change(world: World, act: Callable[..., Any], *args: Any, asking: Any = None, **named: Any) -> Any:
    """`act(session, household, ..., at)` on the first home, as the scheduler unless somebody else asks."""
    with world.database.writing(asking or world.principal("olive")) as session:
        return act(session, needs.household_at(session, world.ids[FIRST_HOME]), *args, world.now, **named)


def household(world: World, home: str = FIRST_HOME) -> Household:
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(Household).where(Household.home_id == world.ids[home])).one()


def tasks(world: World, kind: str) -> list[Task]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(Task).where(Task.kind == kind, Task.done_at.is_(None))))


def refused(world: World, act: Callable[..., Any], *args: Any, **named: Any) -> str:
    with pytest.raises(RefusedError) as error:
        change(world, act, *args, **named)
    return error.value.verdict.code


# --- what a tenant or an officer sets -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "value", "column", "kept"),
    [
        (needs.set_language, "ur", "language", "ur"),
        (needs.set_word_style, "picture", "word_style", "picture"),
        (needs.set_letter_look, "large_print", "letter_look", "large_print"),
        (needs.set_password, " blue   kettle ", "password", "blue kettle"),
        (needs.set_needs, ["bsl", "bsl", "dog"], "needs", ["bsl", "dog"]),
        (needs.set_channels, ["phone", "sms"], "unusable_channels", ["sms", "phone"]),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_it_is_kept_and_twice_is_once(
    world: World, act: Callable[..., Any], value: Any, column: str, kept: Any
) -> None:
    assert change(world, act, value) is True
    assert change(world, act, value) is False
    assert getattr(household(world), column) == kept


@pytest.mark.parametrize(
    ("act", "value", "code"),
    [
        (needs.set_language, "klingon", "unknown"), (needs.set_word_style, "smell", "unknown"),
        (needs.set_letter_look, "", "unknown"), (needs.set_password, "1234", "like-a-pin"),
        (needs.set_needs, ["bsl", "gold"], "unknown"), (needs.set_channels, ["sms", "pigeon"], "unknown"),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)  # fmt: skip
def test_what_is_on_no_list_is_refused_and_nothing_is_kept(
    world: World, act: Callable[..., Any], value: Any, code: str
) -> None:
    assert refused(world, act, value) == code
    assert (household(world).language, household(world).needs, household(world).password) == ("en", [], "")


def test_the_tenants_own_page_may_set_all_of_it(world: World) -> None:
    for act, value in (
        (needs.set_language, "pl"),
        (needs.set_password, "blue kettle"),
        (needs.ask_trusted_adult, True),
    ):
        assert change(world, act, value, asking=TENANT)
    assert household(world).trusted_adult


def test_a_need_that_this_release_does_not_know_stays_where_it_was_written_down(world: World) -> None:
    with world.database.writing(DEMO) as session:
        session.get_one(Household, household(world).id).needs = ["ring_twice"]
    change(world, needs.set_needs, ["ring_twice", "dog"])
    assert household(world).needs == ["ring_twice", "dog"]
    assert refused(world, needs.set_needs, ["sing"]) == "unknown"


def test_a_home_where_nobody_asked_anything_gets_its_household_when_somebody_does(world: World) -> None:
    with world.database.writing(DEMO) as session:
        session.delete(session.get_one(Household, household(world).id))
    change(world, needs.set_language, "pl")
    assert household(world).language == "pl"
    assert household(world).contact_safety == {}, "and nothing is safe that nobody marked"


# --- how much may be said where -----------------------------------------------------------------------------------


def test_protecting_a_home_closes_every_way_and_no_safe_mark_is_taken_while_it_is(world: World) -> None:
    change(world, needs.set_contact_safety, {"sms": "safe", "email": "never"})
    change(world, needs.protect, True)
    assert household(world).contact_safety == {
        "sms": "content_free", "email": "never", "phone": "content_free", "letter": "content_free"
    }  # fmt: skip
    assert refused(world, needs.set_contact_safety, {"sms": "safe"}) == "protected-home"
    change(world, needs.protect, False)
    assert household(world).contact_safety["sms"] == "content_free", "what was safe once is not opened again by itself"


def test_a_new_number_says_nothing_until_somebody_marks_it(world: World) -> None:
    with world.database.writing(world.principal("olive")) as session:
        it = needs.household_at(session, world.ids[FIRST_HOME])
        resident = session.scalars(select(Resident).where(Resident.home_id == it.home_id)).one()
        assert needs.set_numbers(session, it, resident, "07700 900 555", "", world.now)
        assert not needs.set_numbers(session, it, resident, "+447700900555", "", world.now)
        assert resident.phone == "07700900555"
    assert household(world).contact_safety == {"letter": "safe", "phone": "content_free", "sms": "content_free"}


@pytest.mark.parametrize(
    "number", ["12", "hello", "07700 9", "960123", "07700 900 12x", "0770090010111213", "+44", "٠٧٧٠٠"]
)
def test_what_cannot_be_a_telephone_number_is_refused_kindly(number: str) -> None:
    with pytest.raises(RefusedError) as error:
        needs.read_phone(number)
    assert error.value.verdict.message == (
        "This is not a telephone number. Write it with its area code, such as 01632 960123."
    )


@pytest.mark.parametrize("number", ["07700 900 123", "01632 960123", "020 7946 0018", "0808 157 0101", "0113 496 0000"])
def test_the_numbers_that_dramas_use_pass(number: str) -> None:
    assert needs.read_phone(number) == number.replace(" ", "")


def test_letters_rest_from_the_day_that_somebody_leaves(world: World) -> None:
    until = TODAY + 14 * DAY
    change(world, lambda s, it, at: needs.hold_letters(s, it, until, at, world.policy))
    it = household(world)
    assert [it.marks_on(day)["letter"] for day in (TODAY, until - DAY, until)] == ["never", "never", "safe"]


def test_a_tenant_whom_a_file_moves_leaves_an_address_on_hold(world: World, importing: Importing) -> None:
    moved = f"T-1,tenant,Terry Moss,,,,,,,,,{OTHER_HOME},,\n"
    assert importing("people", PEOPLE + moved) == ["2 changed"]
    assert household(world).no_letters_until == TODAY + 14 * DAY
    assert household(world, OTHER_HOME).no_letters_until is None


def test_a_file_marks_the_numbers_that_it_brings_as_safe_and_opens_nothing_closed(
    world: World, importing: Importing
) -> None:
    importing("homes", HOMES + "70,7 Larch Close,LE13 9AA,,North\n71,8 Larch Close,LE13 9AA,,North\n")
    change(world, needs.set_contact_safety, {"sms": "never"})
    rows = ("T-70,tenant,A Moss,,a@b.example,07700900170,,,,,,70,,\nR-71,representative,B Moss,,,07700900171,,,,,,71,,\n"
            f"T-1,tenant,Terry Moss,,t@b.example,07700900101,,,,,,{FIRST_HOME},,\n")  # fmt: skip
    importing("people", PEOPLE + rows)
    with world.database.reading(CHECKING) as session:
        marks = {row.home.uprn: row.contact_safety for row in session.scalars(select(Household))}
    assert marks["70"] == {"letter": "safe", "sms": "safe", "phone": "safe", "email": "safe"}
    assert "71" not in marks, "a representative's number is not the tenant's"
    assert marks[FIRST_HOME] == {"letter": "safe", "phone": "safe", "sms": "never", "email": "safe"}


def test_a_file_opens_nothing_of_a_protected_home(world: World, importing: Importing) -> None:
    change(world, needs.protect, True)
    importing("people", PEOPLE + f"T-1,tenant,Terry Moss,,t@b.example,07700900101,,,,,,{FIRST_HOME},,\n")
    assert "safe" not in household(world).contact_safety.values()


# --- whom they trust ----------------------------------------------------------------------------------------------


def test_a_trusted_adult_is_kept_with_how_to_reach_them_and_forgotten_when_not_wanted(world: World) -> None:
    change(world, needs.ask_trusted_adult, True, named=NEIGHBOUR)
    with world.database.reading(CHECKING) as session:
        kept = session.scalars(select(HouseholdContact)).one()
        assert (kept.kind, kept.name, kept.reach, kept.agreed_on) == ("trusted_adult", "Ida Rook", "01632960123", TODAY)
    change(world, needs.ask_trusted_adult, True)
    change(world, needs.ask_trusted_adult, False)
    with world.database.reading(CHECKING) as session:
        assert session.scalars(select(HouseholdContact)).all() == []


def test_nobody_is_written_down_who_may_not_be_asked(world: World) -> None:
    unasked = Named("Ida Rook", "01632 960123")
    assert refused(world, needs.ask_trusted_adult, True, named=unasked) == "not-agreed"
    assert not household(world).trusted_adult


def test_a_neighbours_number_that_cannot_be_one_is_refused(world: World) -> None:
    def name(session: Any, it: Household, at: Any) -> Any:
        return needs.name_neighbour(session, it, Named("Ida", "12", agreed=True), at)

    assert refused(world, name) == "not-a-phone"


def test_a_worker_sees_no_number_of_anybody_whom_the_tenant_named(world: World) -> None:
    a_visit(world).told()
    change(world, needs.ask_trusted_adult, True, named=NEIGHBOUR)
    with world.database.reading(world.principal("asha")) as session:
        assert session.scalars(select(HouseholdContact)).all() == []
        [stop] = todays_round(session, world.ids["asha"], world.now, "").today
        assert stop.trusted_adult
        assert "Ida" not in repr(stop)


# --- open visits hear of it ---------------------------------------------------------------------------------------


def test_each_open_visit_gets_one_task_however_much_changes(world: World) -> None:
    open_one, over = a_visit(world).told(), a_visit(world, starts=world.now - DAY).done()
    other = a_visit(world, home=OTHER_HOME).told()
    change(world, needs.ask_trusted_adult, True)
    change(world, needs.set_language, "pl")
    [task] = tasks(world, "needs_changed")
    assert (task.about, task.about_id, task.area_id) == ("visit", open_one.visit_id, world.ids["North"])
    assert task.about_id not in (over.visit_id, other.visit_id)


def test_a_task_that_was_done_does_not_silence_the_next_change(world: World) -> None:
    a_visit(world).told()
    change(world, needs.ask_trusted_adult, True)
    with world.database.writing(world.principal("olive")) as session:
        session.scalars(select(Task).where(Task.kind == "needs_changed")).one().done_at = world.now
    change(world, needs.set_language, "pl")
    assert len(tasks(world, "needs_changed")) == 1


def test_what_changes_nothing_raises_nothing(world: World) -> None:
    a_visit(world).told()
    change(world, needs.set_language, "en")
    change(world, needs.ask_trusted_adult, False)
    assert tasks(world, "needs_changed") == []


def test_a_file_that_changes_a_language_tells_the_open_visit_too(world: World, importing: Importing) -> None:
    a_visit(world).told()
    importing("people", PEOPLE + f"T-1,tenant,Terry Moss,,,,,,,,,{FIRST_HOME},pl,\n")
    assert len(tasks(world, "needs_changed")) == 1


# --- the migration ------------------------------------------------------------------------------------------------


def test_what_was_used_before_stays_in_use_and_a_protected_home_stays_closed(world: World, database: Database) -> None:
    schema.downgrade(database, "0004_telling")
    homes = [world.ids[f"10003000000{number}"] for number in (1, 2, 3)]
    with database.as_owner(write=True).begin() as connection:
        for statement in (
            "UPDATE household SET precautions = '[\"dog\"]' WHERE home_id = :first",
            "UPDATE resident SET email = 'a@b.example' WHERE home_id = :first",
            "UPDATE household SET protected = true WHERE home_id = :second",
            "DELETE FROM household WHERE home_id = :third",
        ):
            names = {"first": homes[0], "second": homes[1], "third": homes[2]}
            connection.execute(text(statement), {name: at for name, at in names.items() if f":{name}" in statement})
    schema.upgrade(database)
    with database.reading(CHECKING) as session:
        found = {row.home_id: row for row in session.scalars(select(Household))}
        assert found[homes[0]].needs == ["dog"]
        assert found[homes[0]].contact_safety == dict.fromkeys(("letter", "phone", "sms", "email"), "safe")
        assert found[homes[1]].contact_safety == {}
        assert found[homes[2]].contact_safety == dict.fromkeys(("letter", "phone", "sms"), "safe")
        assert (found[homes[2]].word_style, found[homes[2]].password) == ("words", "")
