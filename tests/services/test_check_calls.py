"""`fieldvisit check` names every call that nobody would get."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.config import Config
from fieldvisit.desk.check_calls import CALLS, of_calls
from fieldvisit.ground.roles import CHECKING, DEMO, Duty, Role
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.register.models import Person, PersonDuty
from tests.world import World

MAIL = {"email": "smtp", "smtp_host": "mail.example", "smtp_from": "desk@council.example"}
TEXT = {"ways": ("sms",)}


def said(world: World, home: Path, ways: tuple[str, ...] = (), **settings: Any) -> list[str]:
    """ways: in the place of those that the settings make, which need the keys of a provider."""
    config = Config(home=home, **({"pilot": True} | settings))
    with world.database.reading(CHECKING) as session, pytest.MonkeyPatch.context() as patch:
        if ways:
            patch.setattr(Sending, "ways_out", ways)
        return list(of_calls(session, config, world.now))


def ends(world: World, *duties: Duty) -> None:
    with world.database.writing(DEMO) as session:
        for row in session.scalars(select(PersonDuty).where(PersonDuty.duty.in_(duties))):
            row.ends = world.now


def nobody_has(world: World, **facts: Any) -> None:
    with world.database.writing(DEMO) as session:
        for person in session.scalars(select(Person).where(Person.role == Role.OFFICER)):
            for field, value in facts.items():
                setattr(person, field, value)


def test_where_nothing_goes_out_each_call_is_named(world: World, tmp_path: Path) -> None:
    found = said(world, tmp_path)
    for what in (
        "alarm about a worker",
        "emergency hazard",
        "Danger at the phone line",
        "A clock of a hazard",
        "A code",
    ):
        assert [
            one for one in found if what in one and "calls nobody: set FIELDVISIT_EMAIL or FIELDVISIT_SMS" in one
        ], what
    assert said(world, tmp_path, pilot=False) == [], "on somebody's own computer nobody relies on it"


@pytest.mark.parametrize("settings", [MAIL, TEXT])
def test_one_way_is_enough(world: World, tmp_path: Path, settings: dict[str, Any]) -> None:
    assert not [one for one in said(world, tmp_path, **settings) if "calls nobody" in one or "No message" in one]


def test_without_a_duty_officer_anywhere_danger_at_the_line_calls_nobody(world: World, tmp_path: Path) -> None:
    ends(world, Duty.DUTY)
    found = said(world, tmp_path, **MAIL)
    assert "Nobody holds the duty anywhere: danger at the phone line calls nobody." in found
    assert len([one for one in found if one.startswith("Nobody holds the duty in ")]) > 1
    assert not [one for one in found if "emergency hazard" in one], "every officer of the area is called"
    nobody_has(world, disabled_at=world.now)
    found = said(world, tmp_path, **MAIL)
    assert [one for one in found if one.startswith("An emergency hazard in North calls nobody")]


@pytest.mark.parametrize(
    ("facts", "settings"),
    [({"phone": ""}, TEXT), ({"phone": "01664 502502"}, TEXT), ({"email": None}, MAIL)],
)
def test_those_on_duty_whom_no_message_reaches_are_nobody(
    world: World, tmp_path: Path, facts: dict[str, Any], settings: dict[str, Any]
) -> None:
    nobody_has(world, **facts)
    found = said(world, tmp_path, **settings)
    assert [
        one for one in found if one.startswith("No message reaches anybody who holds the duty in North: somebody needs")
    ]
    assert [one for one in found if one.startswith("Danger at the phone line calls nobody: no message")]
    ends(world, Duty.DUTY)
    assert [
        one for one in said(world, tmp_path, **settings) if "emergency hazard in North calls nobody: no message" in one
    ]


def test_those_behind_whom_nobody_stands_are_named_by_their_reference(world: World, tmp_path: Path) -> None:
    assert not [one for one in said(world, tmp_path, **MAIL) if "nobody is told" in one]
    ends(world, Duty.DUTY)
    [found] = [one for one in said(world, tmp_path, **MAIL) if "nobody is told" in one]
    assert "ines" in found and "asha" not in found


def test_no_call_is_left_out_of_the_list() -> None:
    """Whatever calls by messages of this home stands in a module that says so: a new one is named in CALLS too."""
    root = Path(__file__).parents[2] / "fieldvisit"
    callers = {str(path.relative_to(root)) for path in root.rglob("*.py") if "desk_calls.call(" in path.read_text()}
    assert callers == {
        "safety/calling.py", "hazards/calling.py", "breaches/danger.py", "breaches/case_calls.py", "complaints/calling.py",
        "declarations/calling.py", "messages/code_calls.py",
    }  # fmt: skip
    assert len(CALLS) == 5
