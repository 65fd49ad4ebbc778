"""The vault says nothing by how long it takes, nor between two steps; and danger now has its hour (N1, N3, DR-20)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from fieldvisit.vault import doors, watch
from fieldvisit.vault.models import Box, Case, Page, Reader
from fieldvisit.vault.seeing import cases_of
from tests.services.test_vault import seen_by
from tests.services.test_vault_acts import act
from tests.services.test_vault_ends import seen
from tests.vault_house import House
from tests.world import NOW

MIN = timedelta(minutes=1)


# --- between two steps ----------------------------------------------------------------------------------------------


def test_who_is_named_between_the_record_and_the_words_is_not_shown_them(house: House, monkeypatch: pytest.MonkeyPatch):
    house.enrol("lena", "luca")
    case, lena, luca = house.case_of(house.send()), house.staying("lena"), house.staying("luca")
    house.open(luca, "luca", case)

    def meanwhile(name: str) -> None:
        if name == "vault_recorded":
            act(house, luca, case, "named", reader=house.readers["lena"], near="named")

    monkeypatch.setattr("fieldvisit.vault.service.reach", meanwhile)
    with pytest.raises(LookupError):
        house.open(lena, "lena", case)


def test_nobody_is_enrolled_beside_a_report_that_names_them(house: House, monkeypatch: pytest.MonkeyPatch):
    """The enrolment has looked through what is there, and is not committed; now a report comes that names them."""
    looked, go_on, real = threading.Event(), threading.Event(), doors._lose_sight

    def slowly(*asked: Any) -> None:
        real(*asked)
        looked.set()
        go_on.wait(1)

    monkeypatch.setattr(doors, "_lose_sight", slowly)
    enrolling = threading.Thread(target=lambda: house.enrol("luca"))
    enrolling.start()
    assert looked.wait(10)
    sending = threading.Thread(target=lambda: house.send(named_staff="Luca Ferrante"))
    sending.start()
    sending.join(0.5)
    go_on.set()
    enrolling.join()
    sending.join()
    house.enrol("lena")
    assert len(seen_by(house, "lena")) == 1 and seen_by(house, "luca") == []


# --- N3: nothing takes longer for what is not shown -----------------------------------------------------------------


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    for engine in (house.vault.store.reader, house.vault.store.writer):
        event.listen(engine, "before_cursor_execute", note)
    yield said
    for engine in (house.vault.store.reader, house.vault.store.writer):
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("ref", ["lena", "dirk", "opal", "ines"])
def test_a_page_asks_as_much_with_one_hidden_case_as_with_thirty(house: House, ref: str):
    house.enrol("lena", "luca", "dina", "dirk", "opal", "ines")
    house.send()

    def asks() -> tuple[int, int]:
        with counted(house) as said:
            seen_by(house, ref)
        with counted(house) as found:
            assert seen(house, ref, case) is None
        return len(said), len(found)

    case = house.case_of(house.send(named_staff="Lena Osei"))
    one = asks()
    for number in range(29):
        house.send(named_staff="Lena Osei", facts=f"Report {number}")
    assert asks() == one
    with counted(house) as never:
        assert seen(house, ref, "f" * 32) is None
    assert len(never) == one[1]


def test_what_is_hidden_is_left_out_before_anything_of_it_is_read(house: House):
    house.enrol("lena", "luca")
    house.send()
    for number in range(5):
        house.send(named_staff="Lena Osei", facts=f"Report {number}")
    loaded: list[Any] = []
    listen = [(model, lambda target, _context: loaded.append(target)) for model in (Case, Box)]
    for model, hear in listen:
        event.listen(model, "load", hear)
    seen_by(house, "lena")
    for model, hear in listen:
        event.remove(model, "load", hear)
    assert len(loaded) == 2


def test_the_watch_asks_as_much_for_thirty_cases_as_for_one(house: House):
    house.enrol("lena", "luca")
    house.send()

    def asks(minutes: int) -> int:
        with counted(house) as said:
            watch.watch(house.vault, NOW + minutes * MIN)
        return len([one for one in said if one.startswith("SELECT")])

    one = asks(1)
    for number in range(29):
        house.send(facts=f"Report {number}")
    assert asks(2) == one


# --- danger now (DR-20) ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("danger", "name"), [("yes", "triage_danger"), ("no", "triage"), (None, "triage")])
def test_a_report_that_says_danger_now_has_an_hour(house: House, danger: str | None, name: str):
    house.enrol("lena")
    case = house.case_of(house.send(**({"danger": danger} if danger else {})))
    [clock] = seen(house, "lena", case).clocks
    assert clock.name == name and (danger != "yes" or clock.due == NOW + 60 * MIN)


def test_an_hour_that_ran_out_calls_the_lead_though_it_was_opened(house: House):
    house.enrol("lena")
    house.open(house.staying("lena"), "lena", house.case_of(house.send(danger="yes")))
    for minutes, calls in ((59, 0), (74, 0), (75, 1)):
        watch.watch(house.vault, NOW + minutes * MIN)
        with house.vault.store.reading() as session:
            assert len(session.scalars(select(Page)).all()) == calls, minutes


def test_the_list_is_in_the_order_of_whose_clock_runs_out_first_with_what_is_over_last(house: House):
    house.enrol("lena", "luca")
    closed = house.closed_case(NOW - timedelta(hours=2))
    calm, urgent = house.case_of(house.send()), house.case_of(house.send(danger="yes"))
    with house.vault.store.reading() as session:
        reader = session.get_one(Reader, house.readers["lena"])
        assert [one.case.id for one in cases_of(session, house.vault, reader)] == [urgent, calm, closed]
