"""People from another system's file: firm, areas, badge, signed code; tenants are found by the UPRN of their home."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import badge_of, standing
from fieldvisit.codes.models import Acknowledgement
from fieldvisit.db import Database
from fieldvisit.desk.import_badges import months_on
from fieldvisit.ground.roles import CHECKING
from fieldvisit.register.models import Area, Firm, Home, Household, Person, PersonArea, Resident
from tests.importing import FILES, OPERATIVE, PEOPLE, Importing
from tests.world import NOW


def test_an_operative_comes_with_firm_areas_badge_and_signed_code(
    importing: Importing, database: Database, find: Callable[..., Any]
) -> None:
    assert importing("people", PEOPLE + OPERATIVE) == ["2 imported"]
    with database.reading(CHECKING) as session:
        person = session.scalars(select(Person).where(Person.ref == "P-1")).one()
        facts = standing(session, person, badge_of(session, person.id), date(2026, 12, 8))
        assert len(person.areas) == 2
    assert (facts.state, facts.code_signed) == ("active", True)
    assert (facts.training_until, facts.insurance_until) == (date(2027, 3, 31), date(2027, 5, 31))
    assert (person.email, person.phone, person.password_hash) == ("nia@fenwick.example", "07700900555", None)
    assert find(Badge, number="FG-1").issued_on == date(2026, 12, 8)


def test_a_badge_lasts_as_many_months_as_the_policy_says() -> None:
    assert months_on(date(2026, 8, 30), 6) == date(2027, 2, 28)
    assert months_on(date(2026, 12, 8), 12) == date(2027, 12, 8)


def test_a_new_badge_number_suspends_the_old_badge(importing: Importing, find: Callable[..., Any]) -> None:
    importing("people", PEOPLE + OPERATIVE)
    assert importing("people", PEOPLE + OPERATIVE.replace("fg-1", "fg-2")) == ["2 changed"]
    assert (find(Badge, number="FG-1").state, find(Badge, number="FG-2").state) == ("suspended", "active")


@pytest.mark.parametrize("number", ["mb-1001", "MB1001"])
def test_somebody_elses_badge_number_is_refused(number: str, importing: Importing, find: Callable[..., Any]) -> None:
    assert importing("people", PEOPLE + OPERATIVE.replace("fg-1", number)) == ["2 refused badge_number"]
    assert find(Person, ref="P-1") is None


@pytest.mark.parametrize("signed", ["2025-06-01", ""])
def test_a_code_signed_before_it_came_into_force_is_not_signed(signed: str, importing: Importing, count: Any) -> None:
    before = count(Acknowledgement)
    assert importing("people", PEOPLE + OPERATIVE.replace("2026-11-02", signed)) == ["2 imported"]
    assert count(Acknowledgement) == before


def test_a_code_signed_tomorrow_is_refused(importing: Importing) -> None:
    assert importing("people", PEOPLE + OPERATIVE.replace("2026-11-02", "09/12/2026")) == ["2 refused code_signed_on"]


def test_an_area_that_the_file_no_longer_names_ends(importing: Importing, database: Database) -> None:
    importing("people", PEOPLE + OPERATIVE)
    importing("people", PEOPLE + OPERATIVE.replace("North|South", "South"))
    with database.reading(CHECKING) as session:
        rows = session.execute(
            select(Area.name, PersonArea.ends).join(Area, Area.id == PersonArea.area_id)
            .join(PersonArea.person).where(Person.ref == "P-1")
        )  # fmt: skip
        assert dict(rows.all()) == {"North": NOW, "South": None}


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("operative", "plumber", "role"),
        ("Fenwick Gas", "", "company"),
        ("Nia@Fenwick.Example", "asha@council.example", "email"),
        ("Nia@Fenwick.Example", "nia at fenwick", "email"),
        ("7700 900555", "7.70E+09", "phone"),
        ("fg-1", "a number far too long", "badge_number"),
        ("2027-03-31", "31/02/2027", "training_until"),
        ("31/05/2027", "5/31/2027", "insurance_until"),
        ("31/05/2027", "46538", "insurance_until"),
        ("P-1", "T-1", "ref"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_of_its_row_is_kept(
    old: str, new: str, column: str, importing: Importing, count: Callable[..., int]
) -> None:
    before = (count(Person), count(Firm))
    assert importing("people", PEOPLE + OPERATIVE.replace(old, new)) == [f"2 refused {column}"]
    assert (count(Person), count(Firm)) == before


def test_one_e_mail_address_is_one_person(importing: Importing) -> None:
    second = OPERATIVE.replace("P-1", "P-2").replace("fg-1", "fg-2")
    assert importing("people", PEOPLE + OPERATIVE + second) == ["2 imported", "3 refused email"]


def test_one_firm_has_one_insurance_date_in_one_file(importing: Importing) -> None:
    second = "P-2,operative,Joe Pike,FENWICK GAS,joe@fenwick.example,,,,,,2027-01-01,,,\n"
    assert importing("people", PEOPLE + OPERATIVE + second) == ["2 imported", "3 refused insurance_until"]


def test_a_tenant_is_found_by_uprn_and_their_needs_are_the_households(importing: Importing, database: Database) -> None:
    assert importing("people", FILES["people"])[1] == "3 imported"
    with database.reading(CHECKING) as session:
        home = select(Home.id).where(Home.uprn == "100030000001").scalar_subquery()
        needs = session.scalars(select(Household).where(Household.home_id == home)).one()
        assert (needs.language, needs.unusable_channels) == ("pl", ["email", "sms"])
        assert session.scalars(select(Resident).where(Resident.ref == "T-9")).one().phone == "01632960123"


def test_a_household_that_can_use_every_channel_again_says_none(importing: Importing, find: Callable[..., Any]) -> None:
    importing("people", FILES["people"])
    importing("people", FILES["people"].replace("sms|email", "none"))
    home = find(Home, uprn="100030000001")
    assert find(Household, home_id=home.id).unusable_channels == []


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("T-9,tenant,Ida Croft,,,,,,,,,,,", "uprn"),
        ("T-9,tenant,Ida Croft,,,,,,,,,999,,", "uprn"),
        ("T-9,tenant,Ida Croft,,,,,MB-9,,,,100030000001,,", "badge_number"),
        ("T-9,tenant,Ida Croft,,,,,,,,,100030000001,,pigeon", "unusable_channels"),
        ("asha,tenant,Ida Croft,,,,,,,,,100030000001,,", "ref"),
    ],
)
def test_a_tenant_row_that_cannot_be_is_refused(row: str, column: str, importing: Importing) -> None:
    assert importing("people", f"{PEOPLE}{row}\n") == [f"2 refused {column}"]
