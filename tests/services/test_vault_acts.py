"""The vault's people: their second factor, what they do with a case, and whom it calls."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from fieldvisit.ground.verdict import RefusedError
from fieldvisit.vault import doors, service, watch
from fieldvisit.vault.models import ADDED_ONLY, NEVER_DELETED, Page, Reader
from tests.services.test_vault import MIN, seen_by
from tests.vault_house import SECRET, STEP, WHY, House
from tests.world import NOW

# --- the second factor ----------------------------------------------------------------------------------------------


def test_a_code_works_once(house: House):
    house.enrol("lena")
    case, staying = house.case_of(house.send()), house.staying("lena")
    house.open(staying, "lena", case)
    with pytest.raises(RefusedError, match="used before"):
        house.open(staying, "lena", case)


def test_an_earlier_code_than_the_last_that_was_used_works_no_more(house: House):
    house.enrol("lena")
    case, staying = house.case_of(house.send()), house.staying("lena")
    house.open(staying, "lena", case, NOW + STEP)
    with pytest.raises(RefusedError, match="used before"):
        service.open_report(house.vault, staying, case, "new", WHY, house.code("lena", NOW), NOW + STEP)


@pytest.mark.parametrize(("steps", "works"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_early_or_late_is_taken(house: House, steps: int, works: bool):
    house.enrol("lena")
    code = house.code("lena", NOW + steps * STEP)
    if works:
        assert doors.come_in(house.vault, "person-lena", code, NOW)
    else:
        with pytest.raises(RefusedError):
            doors.come_in(house.vault, "person-lena", code, NOW)


def test_after_five_wrong_codes_the_right_one_waits_ten_minutes(house: House):
    house.enrol("lena")
    for _ in range(5):
        with pytest.raises(RefusedError):
            doors.come_in(house.vault, "person-lena", "000000", NOW)
    for after, says in ((timedelta(0), True), (10 * MIN - timedelta(seconds=1), True), (10 * MIN, False)):
        at = NOW + after
        if says:
            with pytest.raises(RefusedError, match="Too many"):
                doors.come_in(house.vault, "person-lena", house.code("lena", at), at)
        else:
            assert doors.come_in(house.vault, "person-lena", house.code("lena", at), at)


def test_another_person_cannot_use_a_readers_browser(house: House):
    house.enrol("lena", "luca")
    secret = doors.come_in(house.vault, "person-lena", house.code("lena", NOW), NOW)
    assert doors.staying(house.vault, "person-luca", secret, NOW) is None


@pytest.mark.parametrize(("after", "there"), [(10 * MIN - STEP, True), (10 * MIN, False)])
def test_a_browser_that_is_left_alone_is_out_after_ten_minutes(house: House, after: timedelta, there: bool):
    house.enrol("lena")
    secret = doors.come_in(house.vault, "person-lena", house.code("lena", NOW), NOW)
    assert (doors.staying(house.vault, "person-lena", secret, NOW + after) is not None) is there


def test_whose_enrolment_ended_is_out_at_once(house: House):
    house.enrol("lena")
    secret = doors.come_in(house.vault, "person-lena", house.code("lena", NOW), NOW)
    with house.vault.store.writing() as session:
        doors.end(session, session.get_one(Reader, house.readers["lena"]), NOW)
    assert doors.staying(house.vault, "person-lena", secret, NOW) is None


# --- acts ---------------------------------------------------------------------------------------------------------


def act(house: House, staying: doors.Staying, case: str, kind: str, at: Any = NOW, key: str = "", **facts: Any) -> None:
    from fieldvisit.db import new_id

    service.act(house.vault, staying, case, kind, facts, {"why": SECRET + " again"}, key or new_id(), at)


def test_two_people_take_a_case_to_its_end(house: House):
    house.enrol("lena", "luca")
    case = house.case_of(house.send())
    lena, luca = house.staying("lena"), house.staying("luca")
    house.open(lena, "lena", case)
    house.open(luca, "luca", case)
    act(house, lena, case, "triaged", about="child", worker=False)
    act(house, lena, case, "referred_child", written="sent")
    with pytest.raises(RefusedError, match="does not come now"):
        act(house, lena, case, "asked_close", told="told")
    act(house, lena, case, "feedback", of="child", agrees=True)
    act(house, lena, case, "asked_close", told="told")
    with pytest.raises(RefusedError, match="somebody else"):
        act(house, lena, case, "agreed_close")
    act(house, luca, case, "agreed_close")
    with house.vault.store.reading() as session:
        found = service.find(session, house.vault, lena.reader, case)
    assert found and found.state.stage == "closed" and found.clocks == ()


def test_a_form_sent_twice_is_one_act(house: House):
    house.enrol("lena")
    case, lena = house.case_of(house.send()), house.staying("lena")
    house.open(lena, "lena", case)
    for _ in range(2):
        act(house, lena, case, "note", key="a" * 32)
    with house.vault.store.reading() as session:
        found = service.find(session, house.vault, lena.reader, case)
    assert found and len(found.acts) == 1


@pytest.mark.parametrize(("after", "may"), [(15 * MIN - STEP, True), (15 * MIN, False), (16 * MIN, False)])
def test_an_opening_lasts_a_quarter_of_an_hour(house: House, after: timedelta, may: bool):
    house.enrol("lena")
    case, lena = house.case_of(house.send()), house.staying("lena")
    house.open(lena, "lena", case)
    if may:
        act(house, lena, case, "note", at=NOW + after)
    else:
        with pytest.raises(RefusedError, match="15 minutes"):
            act(house, lena, case, "note", at=NOW + after)


def test_an_investigator_sees_what_was_shared_and_can_do_nothing_with_it(house: House):
    house.enrol("lena", "ines")
    case, lena = house.case_of(house.send()), house.staying("lena")
    assert seen_by(house, "ines") == []
    house.open(lena, "lena", case)
    act(house, lena, case, "shared", reader=house.readers["ines"])
    assert seen_by(house, "ines") == [case]
    ines = house.staying("ines")
    assert house.open(ines, "ines", case).reports[0][1]["facts"] == SECRET
    with pytest.raises(LookupError):
        act(house, ines, case, "note")
    act(house, lena, case, "unshared", reader=house.readers["ines"])
    assert seen_by(house, "ines") == []


def test_a_lead_is_not_shared_with_as_an_investigator_is(house: House):
    house.enrol("lena", "opal")
    case, lena = house.case_of(house.send()), house.staying("lena")
    house.open(lena, "lena", case)
    with pytest.raises(RefusedError, match="Choose one of the names"):
        act(house, lena, case, "shared", reader=house.readers["opal"])


def everything_once(house: House) -> None:
    """A row in every table: also of a case that was destroyed when its time was over."""
    house.enrol("lena", "luca")
    case, lena = house.case_of(house.send(named_staff="Luca")), house.staying("lena")
    house.open(lena, "lena", case)
    act(house, lena, case, "note")
    with pytest.raises(RefusedError):
        doors.come_in(house.vault, "person-lena", "000000", NOW)
    watch.watch(house.vault, NOW + 20 * MIN)
    house.send()
    watch.watch(house.vault, NOW + 40 * MIN)
    house.enrol("lena", "luca")
    house.destroyed_case()


@pytest.mark.parametrize("model", NEVER_DELETED, ids=lambda model: model.__tablename__)
def test_nothing_is_ever_deleted(house: House, model: Any):
    everything_once(house)
    with pytest.raises(DBAPIError, match="only added"), house.vault.store.writing() as session:
        session.execute(text(f"DELETE FROM {model.__tablename__}"))


@pytest.mark.parametrize("model", ADDED_ONLY, ids=lambda model: model.__tablename__)
def test_what_was_written_stays_as_it_was_written(house: House, model: Any):
    everything_once(house)
    column = model.__table__.columns.keys()[0]
    with pytest.raises(DBAPIError, match="only added"), house.vault.store.writing() as session:
        session.execute(text(f"UPDATE {model.__tablename__} SET {column} = {column}"))


# --- calling ------------------------------------------------------------------------------------------------------


def called(house: House) -> list[str]:
    names = {key: ref for ref, key in house.readers.items()} | {"": "the contact outside"}
    with house.vault.store.reading() as session:
        return [names[page.reader_id] for page in session.scalars(select(Page).order_by(Page.made_at, Page.id))]


def test_an_unopened_report_calls_lead_deputy_and_director_in_turn(house: House):
    house.enrol("lena", "dina", "dirk")
    house.send()
    for minutes, expected in ((14, []), (15, ["lena"]), (59, ["lena"]), (60, ["lena", "dina"]), (239, ["lena", "dina"]),
                              (240, ["lena", "dina", "dirk"])):  # fmt: skip
        watch.watch(house.vault, NOW + minutes * MIN)
        watch.watch(house.vault, NOW + minutes * MIN)
        assert called(house) == expected, minutes


def test_an_opened_report_calls_nobody(house: House):
    house.enrol("lena", "dina")
    house.open(house.staying("lena"), "lena", house.case_of(house.send()))
    watch.watch(house.vault, NOW + 70 * MIN)
    assert called(house) == []


def test_nobody_who_is_named_is_called_and_the_next_one_takes_their_turn(house: House):
    house.enrol("lena", "dina", "dirk")
    house.send(named_staff="Lena")
    watch.watch(house.vault, NOW + 15 * MIN)
    assert called(house) == ["dina"]


def test_where_everybody_is_named_the_contact_outside_is_called(house: House):
    house.enrol("lena", "dina")
    house.send(named_staff="Lena and Dina")
    watch.watch(house.vault, NOW + 15 * MIN)
    assert called(house) == ["the contact outside"]


def test_a_triage_that_is_late_calls_the_lead(house: House):
    house.enrol("lena")
    house.open(house.staying("lena"), "lena", house.case_of(house.send()))
    watch.watch(house.vault, NOW + timedelta(days=1))
    assert called(house) == ["lena"]


def test_a_call_by_mail_says_nothing_of_what_waits(house: House, monkeypatch: pytest.MonkeyPatch):
    sent: list[Any] = []
    monkeypatch.setattr("fieldvisit.vault.watch.smtp.send", lambda outgoing, sending, at: sent.append(outgoing))
    house.vault.config.vault_pager = "smtp"
    house.enrol("lena")
    number = house.send().number
    watch.watch(house.vault, NOW + 15 * MIN)
    watch.watch(house.vault, NOW + 16 * MIN)
    assert [one.to for one in sent] == ["lena@council.example"]
    said = json.dumps([sent[0].subject, sent[0].body]).lower()
    assert not any(word in said for word in ("safeguard", "report", "child", "adult", number.lower(), "lena"))


def test_a_mail_server_that_is_away_is_asked_again(house: House, monkeypatch: pytest.MonkeyPatch):
    from fieldvisit.messages.outgoing import NotNowError

    tries: list[int] = []

    def away(*_: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise NotNowError("away")

    monkeypatch.setattr("fieldvisit.vault.watch.smtp.send", away)
    house.vault.config.vault_pager = "smtp"
    house.enrol("lena")
    house.send()
    counts = [watch.watch(house.vault, NOW + minutes * MIN) for minutes in (15, 16, 17, 18)]
    assert counts == [0, 0, 1, 0] and len(tries) == 3
